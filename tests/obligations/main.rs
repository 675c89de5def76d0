//! What a token server must answer, row by row: the RFCs, and what the tests of the most trusted servers require.
//!
//! A row is data: its id, a request, the expected answer. Each row is a test of its own, named by its id and its text:
//! `cargo test R08` runs the rows of R08. A row that needs several exchanges is a function with a server of its own; the
//! others share one. The rows use the profile `standard`, the dialect `rfc` and rotating refresh tokens, unless they say
//! otherwise.
//!
//! After every refusal the runner checks that the refresh token of the request still works: a refused refresh costs
//! nothing (R30).
//!
//! Rows that do not apply, because the server does not have what they test:
//! - J08: only RS256 is offered, so there is no ECDSA signature.
//! - R19: there is no grace period; a used refresh token is a replay.
//!
//! Rows that are tested in another target, `tests/it`: D12 in `rotation.rs`, C23 in `metadata.rs`, R20, R24 and R25 in
//! `policies.rs`, R21 and J05 in `independent_eyes.rs`.
//!
//! Rows that are tested as far as the server has the feature:
//! - R12: no device codes are issued, so only access tokens, ID tokens and authorization codes are tried.
//! - J09: one library verifies here; `tests/clients` has the libraries of other languages.
//! - D03, D05: there is no TLS mode, so `https` is not required.
//!
//! Smaller than in the list, because a debug build runs them beside everything else: R16 (rounds), R23 and J12 (how many
//! tokens are compared), H17 (how many connections stall).

#![expect(
    clippy::expect_used,
    reason = "in a test, a broken assumption is a failure"
)]
#![expect(
    clippy::too_many_lines,
    reason = "a table is as long as there are obligations"
)]

/// A table of rows: `id, what it is about, what is sent => what must come back;`.
macro_rules! table {
    ($($id:literal, $about:expr, $request:expr => $expected:expr;)*) => {
        vec![$(crate::row($id, $about, $request, $expected)),*]
    };
}

mod authorization;
mod client_authentication;
mod client_credentials;
mod discovery;
mod http_abuse;
mod jwt;
mod reading_back;
mod refresh_token;
mod scope;
#[path = "../support/mod.rs"]
#[expect(dead_code, reason = "the test target `it` uses the rest")]
mod support;
mod token_endpoint;

use std::collections::HashSet;
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::process::ExitCode;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use libtest_mimic::{Arguments, Trial};
use oauth_mimic::{
    AuthMethod, Client, Clock, RefreshPolicy, TokenServer, TokenServerBuilder, User,
};
use serde_json::Value;

use support::http::{FORM, excerpt};
use support::ordered::{self, Ordered};
use support::{Answer, Request, basic, encoded};

fn main() -> ExitCode {
    let rows = [
        token_endpoint::rows(),
        client_authentication::rows(),
        client_credentials::rows(),
        refresh_token::rows(),
        reading_back::rows(),
        scope::rows(),
        jwt::rows(),
        discovery::rows(),
        http_abuse::rows(),
        authorization::rows(),
    ]
    .concat();
    let names: HashSet<String> = rows.iter().map(Row::name).collect();
    assert_eq!(names.len(), rows.len(), "two rows have the same name");
    let trials = rows.into_iter().map(Row::into_trial).collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// The token endpoint of the profile `standard`.
const TOKEN: &str = "/oauth2/token";
const METADATA: &str = "/.well-known/openid-configuration";
const JWKS: &str = "/oauth2/jwks";
/// A good refresh.
const GOOD: &str = "grant_type=refresh_token&refresh_token={rt}";

/// The error codes a token endpoint may answer with (RFC 6749 §5.2).
const REGISTERED_ERRORS: [&str; 6] = [
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_scope",
];

/// Who is registered: id, secret, and whatever else.
const CLIENTS: [(&str, &str); 11] = [
    ("alpha", "alpha-secret"),
    ("beta", "beta-secret"),
    ("we:ird id", "p:w+%&="),
    ("colon", "p:w"),
    ("plus", "a+b"),
    ("long", LONG_SECRET),
    ("reuser", "reuser-secret"),
    ("reissuer", "reissuer-secret"),
    ("coder", "coder-secret"),
    ("poster", "poster-secret"),
    ("web", "web-secret"),
];
/// 80 characters, more than bcrypt looks at.
const LONG_SECRET: &str =
    "0123456789012345678901234567890123456789012345678901234567890123456789012345678z";

/// A server with everyone the rows are about.
struct World {
    server: TokenServer,
    clock: Clock,
}

impl World {
    fn new() -> Self {
        Self::with_workers(1)
    }

    fn with_workers(workers: usize) -> Self {
        Self::with(|builder| builder.workers(workers))
    }

    /// With other settings.
    fn with(settings: impl FnOnce(TokenServerBuilder) -> TokenServerBuilder) -> Self {
        let clock = Clock::real();
        let mut builder = settings(TokenServer::builder())
            .profile("standard")
            .clock(&clock)
            .user(User::new("alice").claim("name", "Alice"))
            .user(User::new("bob"));
        for (client_id, secret) in CLIENTS {
            let client = Client::confidential(client_id, secret).scope("openid a b c d");
            builder = builder.client(match client_id {
                "reuser" => client.refresh(RefreshPolicy::Reuse),
                "reissuer" => client.refresh(RefreshPolicy::Reissue),
                "coder" => client
                    .grant_types(["authorization_code"])
                    .redirect_uri(authorization::CALLBACK),
                "web" => client.redirect_uri(authorization::CALLBACK),
                "poster" => client.auth_method(AuthMethod::ClientSecretPost),
                _ => client,
            });
        }
        for client in authorization::clients() {
            builder = builder.client(client);
        }
        let server = builder
            .client(Client::public("app").scope("openid a b c d"))
            // Legal as a client_id, but not in an error_description.
            .client(Client::confidential(r#"quo"ted\"#, "quoted-secret").scope("a b c"))
            // What a public client says of its policy does not count.
            .client(
                Client::public("wishful-app")
                    .scope("a b c")
                    .refresh(RefreshPolicy::Reuse),
            )
            .start();
        Self { server, clock }
    }

    /// A fresh refresh token of that client, for scope `a b c`.
    fn refresh_token(&self, client_id: &str) -> String {
        self.server
            .mint()
            .client(client_id)
            .subject("alice")
            .scope("a b c")
            .refresh_token()
    }

    #[track_caller]
    fn send(&self, request: &Request) -> Answer {
        match request.owned_by() {
            Some(owner) => self.send_with(request, &self.refresh_token(&owner)),
            None => request.send(self.server.address()),
        }
    }

    /// Sends a request with that refresh token in place of `{rt}`.
    #[track_caller]
    fn send_with(&self, request: &Request, refresh_token: &str) -> Answer {
        request
            .with_token(refresh_token)
            .send(self.server.address())
    }

    /// Refreshes as the client does when all is well.
    #[track_caller]
    fn refresh(&self, client_id: &str, refresh_token: &str) -> Answer {
        let secret = CLIENTS.iter().find(|(held, _)| *held == client_id);
        let request = match secret {
            Some((_, secret)) if client_id != "poster" => {
                post(GOOD).basic(&encoded(client_id), &encoded(secret))
            }
            Some((_, secret)) => post(format!(
                "{GOOD}&client_id={client_id}&client_secret={secret}"
            )),
            None => post(format!("{GOOD}&client_id={client_id}")),
        };
        self.send_with(&request, refresh_token)
    }

    /// A good request is answered well, on a new connection.
    #[track_caller]
    fn still_serves(&self) {
        let answer = self.refresh("alpha", &self.refresh_token("alpha"));
        assert_eq!(answer.status, 200, "a good request afterwards: {answer:?}");
    }

    /// Sends bytes and reads until the server ends the connection: the answers, and whether it did.
    fn wire(&self, request: &[u8]) -> (Vec<Answer>, bool) {
        self.wire_then(request, |_| ())
    }

    /// The same, but says first that nothing more will come.
    fn wire_and_end(&self, request: &[u8]) -> (Vec<Answer>, bool) {
        self.wire_then(request, |stream| {
            let _ = stream.shutdown(Shutdown::Write);
        })
    }

    fn wire_then(&self, request: &[u8], then: impl Fn(&TcpStream)) -> (Vec<Answer>, bool) {
        let mut stream = self.connect();
        // A server that refuses early may close before it has read everything.
        let _ = stream.write_all(request);
        then(&stream);
        let (received, ended) = read_to_end(&mut stream);
        let answers = support::answers(request, &received);
        (answers, ended)
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.server.address()).expect("the server listens");
        stream
            .set_read_timeout(Some(Duration::from_secs(15)))
            .expect("a socket option");
        stream
    }
}

/// What comes until the other side ends it, and whether it did.
fn read_to_end(stream: &mut TcpStream) -> (Vec<u8>, bool) {
    let mut received = Vec::new();
    let mut buffer = [0; 16 * 1024];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return (received, true),
            Ok(read) => received.extend_from_slice(&buffer[..read]),
            Err(why) => {
                let waited = matches!(
                    why.kind(),
                    std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut
                );
                return (received, !waited);
            }
        }
    }
}

/// A POST of that form to the token endpoint, without authentication.
fn post(form: impl AsRef<[u8]>) -> Request {
    Request::form(TOKEN, form)
}

/// That POST by the client that most rows use.
fn alpha(form: impl AsRef<[u8]>) -> Request {
    post(form).basic("alpha", "alpha-secret")
}

/// The head of alpha's request, with these lines in place of its Content-Length.
fn head(lines: &str) -> String {
    let authorization = basic("alpha", "alpha-secret");
    let fixed =
        format!("Host: localhost\r\nAuthorization: {authorization}\r\nContent-Type: {FORM}\r\n");
    format!("POST {TOKEN} HTTP/1.1\r\n{fixed}{lines}\r\n")
}

/// In a request `{rt}` is a refresh token of alpha, `{rt of beta}` one of beta.
trait RefreshTokenIn: Sized {
    /// `{rt}` is a refresh token of that client.
    fn owner(self, client_id: &str) -> Self;
    /// Whose refresh token is in it.
    fn owned_by(&self) -> Option<String>;
    /// The same with that refresh token.
    fn with_token(&self, refresh_token: &str) -> Self;
    fn bytes_with(&self, refresh_token: &str) -> Vec<u8>;
}

impl RefreshTokenIn for Request {
    fn owner(self, client_id: &str) -> Self {
        self.replace("{rt}", &format!("{{rt of {client_id}}}"))
    }

    fn owned_by(&self) -> Option<String> {
        let bytes = self.bytes();
        let text = String::from_utf8_lossy(&bytes);
        let owner = text
            .split_once("{rt of ")
            .and_then(|(_, rest)| rest.split_once('}'));
        match owner {
            Some((owner, _)) => Some(owner.to_owned()),
            None => text.contains("{rt}").then(|| "alpha".to_owned()),
        }
    }

    fn with_token(&self, refresh_token: &str) -> Self {
        let token = encoded(refresh_token);
        match self.owned_by() {
            Some(owner) => self
                .clone()
                .replace(&format!("{{rt of {owner}}}"), &token)
                .replace("{rt}", &token),
            None => self.clone(),
        }
    }

    fn bytes_with(&self, refresh_token: &str) -> Vec<u8> {
        self.with_token(refresh_token).bytes()
    }
}

/// What must come back.
#[derive(Debug, Clone, Copy)]
enum Expected {
    /// Tokens, as they should be in every respect.
    Tokens,
    /// Tokens of that scope.
    Scope(&'static str),
    /// An OAuth error in JSON: one of these statuses, one of these codes.
    Refused(&'static [u16], &'static [&'static str]),
    /// One of these statuses; below 500 and not 200. In JSON where the server had a say, bare where the parser of
    /// the framework did not let it; the connection is then closed.
    Rejected(&'static [u16]),
    /// One of these statuses, whatever else.
    Status(&'static [u16]),
    /// One of these statuses, and no body.
    Bodiless(&'static [u16]),
    /// Whatever this asks.
    That(fn(&Answer)),
}

const INVALID_REQUEST: Expected = Expected::Refused(&[400], &["invalid_request"]);
const INVALID_CLIENT: Expected = Expected::Refused(&[401], &["invalid_client"]);
const INVALID_GRANT: Expected = Expected::Refused(&[400], &["invalid_grant"]);
const INVALID_SCOPE: Expected = Expected::Refused(&[400], &["invalid_scope"]);
const NOT_ALLOWED: Expected = Expected::Refused(&[405], &["invalid_request"]);

/// One row of a table.
#[derive(Clone)]
struct Row {
    id: &'static str,
    about: String,
    play: Play,
    /// Whether a good request follows.
    still_serves: bool,
}

#[derive(Clone)]
enum Play {
    Exchange(Box<Request>, Expected),
    /// What takes more than one exchange; it panics where it fails.
    Story(fn(&World)),
}

fn row(id: &'static str, about: impl Into<String>, request: Request, expected: Expected) -> Row {
    Row {
        id,
        about: about.into(),
        play: Play::Exchange(Box::new(request), expected),
        still_serves: false,
    }
}

fn story(id: &'static str, about: &str, story: fn(&World)) -> Row {
    Row {
        id,
        about: about.to_owned(),
        play: Play::Story(story),
        still_serves: false,
    }
}

impl Row {
    fn name(&self) -> String {
        format!("{} {}", self.id, self.about)
    }

    fn into_trial(self) -> Trial {
        Trial::test(self.name(), move || {
            self.run();
            Ok(())
        })
    }

    fn run(&self) {
        /// Rows of one exchange change nothing for each other.
        static SHARED: LazyLock<World> = LazyLock::new(World::new);
        let own;
        let world = match &self.play {
            Play::Exchange(request, expected) => {
                SHARED.play(request, *expected);
                &*SHARED
            }
            Play::Story(story) => {
                own = World::new();
                story(&own);
                &own
            }
        };
        if self.still_serves {
            world.still_serves();
        }
    }
}

impl World {
    fn play(&self, request: &Request, expected: Expected) {
        let Some(owner) = request.owned_by() else {
            self.refuses(request, expected);
            return;
        };
        let refresh_token = self.refresh_token(&owner);
        if self.refuses(&request.with_token(&refresh_token), expected) {
            let afterwards = self.refresh(&owner, &refresh_token);
            // The one client that may not refresh is refused for that.
            let due = if owner == "coder" { 400 } else { 200 };
            assert_eq!(
                afterwards.status, due,
                "the refresh token afterwards: {afterwards:?}"
            );
        }
    }

    /// Sends the request and checks the answer; returns true if it was not a success.
    fn refuses(&self, request: &Request, expected: Expected) -> bool {
        if let Expected::Rejected(statuses) = expected {
            let bytes = request.bytes();
            let (answers, closed) = self.wire(&bytes);
            assert_rejected(&bytes, &answers, closed, statuses);
            return true;
        }
        let answer = request.send(self.server.address());
        match expected {
            Expected::Tokens => assert_tokens(&answer),
            Expected::Scope(scope) => {
                assert_tokens(&answer);
                assert_scope(&answer, scope);
            }
            Expected::Refused(statuses, errors) => assert_refused(&answer, statuses, errors),
            Expected::Status(statuses) => {
                assert!(statuses.contains(&answer.status), "{answer:?}");
            }
            Expected::Bodiless(statuses) => {
                assert!(statuses.contains(&answer.status), "{answer:?}");
                assert!(answer.body.is_empty(), "{answer:?}");
            }
            Expected::That(check) => check(&answer),
            Expected::Rejected(_) => unreachable!("is played above"),
        }
        answer.status != 200
    }
}

/// What takes time that grows with the square of a request's size would take many seconds. The fastest of three counts,
/// because the machine may be busy.
#[track_caller]
fn in_no_time(send: impl Fn() -> Answer) -> Answer {
    let timed = || {
        let begun = Instant::now();
        (send(), begun.elapsed())
    };
    let [(_, first), (_, second), (answer, third)] = [timed(), timed(), timed()];
    let fastest = first.min(second).min(third);
    assert!(fastest < Duration::from_secs(1), "{fastest:?}");
    answer
}

/// A good answer of a token endpoint with a refresh token, in every respect (RFC 6749 §5.1).
#[track_caller]
fn assert_tokens(answer: &Answer) {
    assert_access_token(answer);
    assert_token_text(answer, "refresh_token");
}

/// A token in an answer is 1*VSCHAR (RFC 6749 Appendix A).
#[track_caller]
fn assert_token_text(answer: &Answer, name: &str) {
    let token = answer.member(name);
    assert!(!token.is_empty(), "{name} is empty");
    assert!(
        token.bytes().all(|byte| (0x20..=0x7E).contains(&byte)),
        "{name} is not VSCHAR: {token}"
    );
}

/// A good answer of a token endpoint, in every respect but a refresh token (RFC 6749 §5.1).
#[track_caller]
fn assert_access_token(answer: &Answer) {
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_never_stored(answer);
    let body = answer.json();
    let members = body.as_object().expect("one JSON object");
    // Written again it has each name once: a text that held one twice would differ.
    let again = Ordered::Object(ordered::members(answer.text())).to_string();
    assert_eq!(again, answer.text(), "a repeated member name");
    assert!(members.values().all(|value| !value.is_null()), "{body}");
    assert_eq!(body["token_type"], "Bearer");
    let expires_in = body["expires_in"].as_u64().expect("an integer");
    assert!((1..=31_536_000).contains(&expires_in), "{expires_in}");
    assert_token_text(answer, "access_token");
    let access_token = answer.member("access_token");
    let b64token = |c: char| c.is_ascii_alphanumeric() || "-._~+/".contains(c);
    assert!(
        access_token.trim_end_matches('=').chars().all(b64token),
        "not a b64token: {access_token}"
    );
    assert!(!answer.member("scope").is_empty());
}

/// The scope of the answer and of its access token.
#[track_caller]
fn assert_scope(answer: &Answer, scope: &str) {
    assert_eq!(answer.member("scope"), scope);
    let claims = support::part(&answer.member("access_token"), 1);
    assert_eq!(claims["scope"], scope, "the claim of the access token");
}

/// An OAuth error, in every respect (RFC 6749 §5.2).
#[track_caller]
fn assert_refused(answer: &Answer, statuses: &[u16], errors: &[&str]) {
    assert!(
        statuses.contains(&answer.status),
        "expected {statuses:?} {errors:?}: {answer:?}"
    );
    assert_error(answer);
    assert!(
        errors.contains(&answer.error().as_str()),
        "expected {errors:?}: {answer:?}"
    );
}

/// What every OAuth error is like, whichever it is.
#[track_caller]
fn assert_error(answer: &Answer) {
    assert_never_stored(answer);
    let body = answer.json();
    let members = body.as_object().expect("one JSON object");
    for name in members.keys() {
        assert!(
            ["error", "error_description", "error_uri"].contains(&name.as_str()),
            "a member `{name}`: {body}"
        );
    }
    assert!(
        REGISTERED_ERRORS.contains(&answer.error().as_str()),
        "not registered: {body}"
    );
    let described = members
        .get("error_description")
        .and_then(Value::as_str)
        .expect("an error_description");
    assert!(
        described
            .bytes()
            .all(|byte| matches!(byte, 0x20 | 0x21 | 0x23..=0x5B | 0x5D..=0x7E)),
        "error_description: {described:?}"
    );
    assert!(described.len() < 1000, "{} bytes", described.len());
    for (name, value) in &answer.headers {
        assert!(
            !name.contains("evil") && name != "set-cookie",
            "{name}: {value}"
        );
    }
    if answer.status == 401 {
        let challenge = answer.header("www-authenticate").unwrap_or_default();
        assert!(
            challenge.starts_with("Basic realm=\""),
            "no challenge in a 401: {challenge:?}"
        );
    }
    if answer.status == 405 {
        let allow = answer.header("allow").unwrap_or_default();
        assert!(!allow.is_empty(), "no Allow in a 405");
    }
}

#[track_caller]
fn assert_never_stored(answer: &Answer) {
    let is = |name: &str, value: &str| {
        let held = answer.header(name).unwrap_or_default();
        let first = held.split([';', ',']).next().unwrap_or_default();
        assert!(
            first.eq_ignore_ascii_case(value),
            "{name}: {held:?}; {answer:?}"
        );
    };
    is("content-type", "application/json");
    is("cache-control", "no-store");
    is("pragma", "no-cache");
}

/// Refused as HTTP: once, with nothing behind it, in JSON where the server had a say.
#[track_caller]
fn assert_rejected(request: &[u8], answers: &[Answer], closed: bool, statuses: &[u16]) {
    assert!(closed, "the connection is still open: {answers:?}");
    match answers {
        [] => assert!(
            statuses.contains(&0),
            "no answer, but {statuses:?} expected, to:\n{}",
            excerpt(request)
        ),
        [answer] => {
            assert!(
                statuses.contains(&answer.status),
                "expected {statuses:?}: {answer:?}"
            );
            if !answer.body.is_empty() {
                assert_error(answer);
            }
        }
        several => panic!("{} answers to one request: {several:?}", several.len()),
    }
}
