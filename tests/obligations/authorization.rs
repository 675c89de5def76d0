//! A7: the authorization endpoint, and the exchange of its codes.

use std::collections::{BTreeMap, HashSet};
use std::sync::Barrier;
use std::thread;

use oauth_mimic::{Client, Defect, Login};

use super::{CLIENTS, Row, World, assert_access_token, assert_refused, assert_tokens, post, story};
use crate::support::{Answer, Request, encoded, part, path_of};

/// The redirect URI of the clients `coder`, `web` and `spa`.
pub(crate) const CALLBACK: &str = "https://client.example/callback";
/// The redirect URI of the client `native`.
const LOOPBACK: &str = "http://127.0.0.1:4000/callback?app=1";
/// The pair of RFC 7636 Appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const S256: &str =
    "code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";

/// The public clients of these rows.
pub(crate) fn clients() -> [Client; 2] {
    [
        Client::public("spa")
            .scope("openid a b c d")
            .redirect_uri(CALLBACK),
        Client::public("native")
            .scope("a")
            .redirect_uri(LOOPBACK)
            .require_pkce(false),
    ]
}

/// What the client gets at its redirect URI.
pub(crate) struct Response {
    location: String,
    members: BTreeMap<String, String>,
}

impl Response {
    /// Reads the redirect of an answer.
    #[track_caller]
    fn of(answer: &Answer) -> Self {
        assert_eq!(answer.status, 303, "{answer:?}");
        let location = answer.header("location").expect("a Location").to_owned();
        let (_, members) = location.split_once(['?', '#']).expect("parameters");
        let members = form_urlencoded::parse(members.as_bytes()).into_owned();
        Self {
            members: members.collect(),
            location,
        }
    }

    /// The member of that name; an empty text if there is none.
    pub(crate) fn get(&self, name: &str) -> String {
        self.members.get(name).cloned().unwrap_or_default()
    }

    pub(crate) fn code(&self) -> String {
        self.get("code")
    }

    pub(crate) fn error(&self) -> String {
        self.get("error")
    }
}

/// The target of an authorization request.
fn target(world: &World, query: &str) -> String {
    let url = world.server.authorization_url();
    format!("{}?{query}", path_of(&world.server, &url))
}

fn query(client_id: &str, more: &str) -> String {
    let uri = encoded(CALLBACK);
    format!("client_id={client_id}&redirect_uri={uri}&{more}")
}

/// Sends an authorization request without cookies.
#[track_caller]
fn ask(world: &World, query: &str) -> Answer {
    Request::get(&target(world, query)).send(world.server.address())
}

/// Sends the same, and the first user logs in.
#[track_caller]
fn ask_and_log_in(world: &World, query: &str) -> Answer {
    world.server.next_login(Login::new());
    let answer = ask(world, query);
    world.server.clear_logins();
    answer
}

/// Sends an authorization request of that client, at which the first user logs in.
#[track_caller]
pub(crate) fn authorize(world: &World, client_id: &str, more: &str) -> Response {
    Response::of(&ask_and_log_in(world, &query(client_id, more)))
}

/// A code of that client.
#[track_caller]
fn code(world: &World, client_id: &str, more: &str) -> String {
    let response = authorize(world, client_id, &format!("response_type=code&{more}"));
    assert!(!response.code().is_empty(), "{}", response.location);
    response.code()
}

/// The exchange of a code by that client.
pub(crate) fn exchange_of(client_id: &str, code: &str) -> Request {
    exchange_with(
        client_id,
        code,
        &format!("&redirect_uri={}", encoded(CALLBACK)),
    )
}

fn exchange_with(client_id: &str, code: &str, more: &str) -> Request {
    let form = format!("grant_type=authorization_code&code={}{more}", encoded(code));
    match CLIENTS.iter().find(|(held, _)| *held == client_id) {
        Some((_, secret)) => post(form).basic(client_id, &encoded(secret)),
        None => post(format!("{form}&client_id={client_id}")),
    }
}

/// The page of an error that the client must not get.
#[track_caller]
fn assert_page(answer: &Answer) {
    assert_eq!(answer.status, 400, "{answer:?}");
    assert_eq!(answer.header("location"), None, "{answer:?}");
    let media_type = answer.header("content-type");
    assert_eq!(media_type, Some("text/html; charset=utf-8"), "{answer:?}");
}

/// The error goes to the client, with `state` and `iss`.
#[track_caller]
fn assert_sent_back(world: &World, answer: &Answer, error: &str) {
    let response = Response::of(answer);
    assert_eq!(response.error(), error, "{answer:?}");
    assert_eq!(response.get("iss"), world.server.issuer(), "{answer:?}");
    assert_eq!(response.get("state"), "s", "{answer:?}");
    assert!(response.code().is_empty(), "{answer:?}");
}

/// The session cookie that an answer sets, as a browser sends it back.
#[track_caller]
fn cookie(answer: &Answer) -> String {
    let cookies = answer
        .headers
        .iter()
        .filter(|(name, _)| name == "set-cookie");
    let mut session = cookies.filter(|(_, value)| value.starts_with("oauth_mimic_session="));
    let (_, value) = session.next().expect("a session cookie");
    value.split(';').next().expect("a pair").to_owned()
}

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = request_rows();
    rows.extend(code_rows());
    rows.extend(proof_key_rows());
    rows.extend(login_rows());
    rows.extend(hint_rows());
    rows
}

fn request_rows() -> Vec<Row> {
    vec![
        story(
            "A01",
            "a code, the state as it was, and the issuer",
            |world| {
                let state = r#"a b&c=d%é"'<\"#;
                let more = format!("response_type=code&state={}", encoded(state));
                let response = authorize(world, "coder", &more);
                let begins = format!("{CALLBACK}?code=");
                assert!(
                    response.location.starts_with(&begins),
                    "{}",
                    response.location
                );
                assert_eq!(response.get("state"), state);
                assert_eq!(response.get("iss"), world.server.issuer());
                assert_eq!(response.members.len(), 3, "{}", response.location);
            },
        ),
        story(
            "A02",
            "an unknown client or redirect URI is answered on a page",
            |world| {
                for query in [
                    query("nobody", "response_type=code&state=s"),
                    format!("redirect_uri={}&response_type=code", encoded(CALLBACK)),
                    "client_id=coder&redirect_uri=https%3A%2F%2Fevil.example%2F&response_type=code"
                        .to_owned(),
                    "client_id=alpha&response_type=code".to_owned(),
                    "client_id=coder&redirect_uri=%2Fcallback&response_type=code".to_owned(),
                ] {
                    assert_page(&ask_and_log_in(world, &query));
                }
            },
        ),
        story(
            "A02",
            "a redirect URI may be left out if there is exactly one",
            |world| {
                let answer = ask_and_log_in(world, "client_id=coder&response_type=code");
                let code = Response::of(&answer).code();
                assert_access_token(&world.send(&exchange_with("coder", &code, "")));
            },
        ),
        story(
            "A03",
            "a redirect URI is compared character by character",
            |world| {
                for uri in [
                    "https://client.example/callback/",
                    "https://client.example/Callback",
                    "https://CLIENT.example/callback",
                    "HTTPS://client.example/callback",
                    "http://client.example/callback",
                    "https://client.example/callback?x=1",
                    "https://client.example/callback?",
                    "https://client.example:443/callback",
                    "https://client.example:8443/callback",
                    "https://client.example/%63allback",
                    "https://client.example/a/%2e%2e/callback",
                    "https://client.example/a/../callback",
                    "https://user@client.example/callback",
                    "https://client.example@evil.example/callback",
                    "https://client.example/callback#x",
                    "https://client.example/callback#",
                    "https://client.example\\callback",
                    "https://evil.example\\@client.example/callback",
                    "https://client.example/callback ",
                    " https://client.example/callback",
                    "https://client.example/callback\0",
                    "https://client.example/callback\r\nX-Evil: 1",
                ] {
                    let query = format!(
                        "client_id=coder&response_type=code&redirect_uri={}",
                        encoded(uri)
                    );
                    let answer = ask_and_log_in(world, &query);
                    assert_page(&answer);
                    assert!(
                        !answer.headers.iter().any(|(name, _)| name == "x-evil"),
                        "{uri}"
                    );
                }
            },
        ),
        story(
            "A03",
            "the port of a loopback address may differ, and nothing else",
            |world| {
                let send = |uri: &str| {
                    let uri = encoded(uri);
                    ask_and_log_in(
                        world,
                        &format!("client_id=native&response_type=code&redirect_uri={uri}"),
                    )
                };
                for uri in [
                    LOOPBACK,
                    "http://127.0.0.1:65535/callback?app=1",
                    "http://127.0.0.1/callback?app=1",
                ] {
                    let response = Response::of(&send(uri));
                    assert!(
                        response.location.starts_with(&format!("{uri}&code=")),
                        "{}",
                        response.location
                    );
                }
                for uri in [
                    "http://127.0.0.1:65536/callback?app=1",
                    "http://127.0.0.1:/callback?app=1",
                    "http://127.0.0.2:4000/callback?app=1",
                    "http://[::1]:4000/callback?app=1",
                    "http://localhost:4000/callback?app=1",
                    "https://127.0.0.1:4000/callback?app=1",
                    "http://127.0.0.1:4000@evil.example/callback?app=1",
                    "http://127.0.0.1.evil.example:4000/callback?app=1",
                    "http://127.0.0.1:4000/callback?app=2",
                    "http://127.0.0.1:4000/callback",
                ] {
                    assert_page(&send(uri));
                }
            },
        ),
        story(
            "A04",
            "a response type that is missing or unsupported goes to the client",
            |world| {
                let missing = ask_and_log_in(world, &query("coder", "state=s"));
                assert_sent_back(world, &missing, "invalid_request");
                let empty = ask_and_log_in(world, &query("coder", "state=s&response_type="));
                assert_sent_back(world, &empty, "invalid_request");
                for other in ["none", "Code", "code+code", "code+x", "%22%3E"] {
                    let more = format!("state=s&response_type={other}");
                    let answer = ask_and_log_in(world, &query("coder", &more));
                    assert_sent_back(world, &answer, "unsupported_response_type");
                }
            },
        ),
        story("A05", "a repeated parameter is refused", |world| {
            for name in [
                "response_type=code",
                "scope=a",
                "state=s",
                "nonce=n",
                "prompt=login",
                "code_challenge=x",
            ] {
                let query = query(
                    "coder",
                    &format!("state=s&response_type=code&{name}&{name}"),
                );
                let answer = ask_and_log_in(world, &query);
                assert_sent_back(world, &answer, "invalid_request");
            }
            let good = query("coder", "response_type=code");
            let uri = encoded(CALLBACK);
            for name in ["client_id=coder".to_owned(), format!("redirect_uri={uri}")] {
                assert_page(&ask_and_log_in(world, &format!("{good}&{name}")));
            }
            // Half in the query and half in the form is twice, too.
            let both = Request::form(&target(world, &good), "response_type=code");
            world.server.next_login(Login::new());
            let response = Response::of(&both.send(world.server.address()));
            assert_eq!(response.error(), "invalid_request");
        }),
        story(
            "A05",
            "an unknown parameter is ignored, and resource may be repeated",
            |world| {
                let more = "response_type=code&x=1&x=2&=&resource=https%3A%2F%2Fa&resource=https%3A%2F%2Fb";
                assert!(!authorize(world, "coder", more).code().is_empty());
            },
        ),
        story("A06", "a form is as good as a query", |world| {
            world.server.next_login(Login::new());
            let target = target(world, "");
            let form = query("coder", "response_type=code&state=s");
            let request = Request::form(target.trim_end_matches('?'), form);
            let response = Response::of(&request.send(world.server.address()));
            assert_eq!(response.get("state"), "s");
            assert_access_token(&world.send(&exchange_of("coder", &response.code())));
        }),
        story(
            "A20",
            "request objects and registrations are refused by their own codes",
            |world| {
                for (parameter, error) in [
                    ("request=e30.e30.", "request_not_supported"),
                    ("request_uri=https%3A%2F%2Fa", "request_uri_not_supported"),
                    ("registration=%7B%7D", "registration_not_supported"),
                ] {
                    let query = query("coder", &format!("response_type=code&state=s&{parameter}"));
                    assert_sent_back(world, &ask_and_log_in(world, &query), error);
                }
            },
        ),
        story(
            "A21",
            "form_post sends a page that posts the answer",
            |world| {
                let state = encoded(r#""><script>alert(1)</script>"#);
                let more = format!("response_type=code&response_mode=form_post&state={state}");
                let answer = ask_and_log_in(world, &query("coder", &more));
                assert_eq!(answer.status, 200, "{answer:?}");
                assert_eq!(answer.header("cache-control"), Some("no-store"));
                assert_eq!(answer.header("location"), None);
                let page = answer.text();
                assert!(
                    page.contains(&format!(r#"<form method="post" action="{CALLBACK}">"#)),
                    "{page}"
                );
                assert!(
                    page.contains("value=\"&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;\""),
                    "{page}"
                );
                assert!(!page.contains("<script>alert"), "{page}");
                let more = "response_type=code&response_mode=form_post&scope=nobody";
                let refused = ask_and_log_in(world, &query("coder", more));
                assert!(
                    refused
                        .text()
                        .contains(r#"name="error" value="invalid_scope""#),
                    "{refused:?}"
                );
            },
        ),
        story("A22", "codes are long and each is another", |world| {
            let codes: HashSet<String> = (0..50).map(|_| code(world, "coder", "")).collect();
            assert_eq!(codes.len(), 50);
            for code in codes {
                // 22 characters of base64url are 132 bits.
                assert!(
                    code.len() >= 22 && code.bytes().all(|byte| byte.is_ascii_graphic()),
                    "{code}"
                );
            }
        }),
        story("A22", "no page can be framed, cached or traced", |world| {
            let login = ask(world, &query("coder", "response_type=code"));
            assert_eq!(login.status, 200, "{login:?}");
            let sent = ask_and_log_in(world, &query("coder", "response_type=code"));
            for answer in [&login, &ask(world, "client_id=nobody"), &sent] {
                assert_eq!(
                    answer.header("referrer-policy"),
                    Some("no-referrer"),
                    "{answer:?}"
                );
                assert_eq!(answer.header("x-frame-options"), Some("DENY"), "{answer:?}");
                assert_eq!(
                    answer.header("cache-control"),
                    Some("no-store"),
                    "{answer:?}"
                );
                assert_eq!(
                    answer.header("access-control-allow-origin"),
                    None,
                    "{answer:?}"
                );
            }
            let policy = login.header("content-security-policy").expect("a policy");
            assert!(
                policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
                "{policy}"
            );
            assert!(
                !policy.contains("unsafe") && !policy.contains("script-src"),
                "{policy}"
            );
        }),
    ]
}

fn code_rows() -> Vec<Row> {
    vec![
        story("A07", "a code is used once", |world| {
            let code = code(world, "coder", "");
            assert_access_token(&world.send(&exchange_of("coder", &code)));
            let again = world.send(&exchange_of("coder", &code));
            assert_refused(&again, &[400], &["invalid_grant"]);
        }),
        story(
            "A08",
            "a second use revokes what the first one got",
            |world| {
                let code = code(world, "web", "");
                let first = world.send(&exchange_of("web", &code));
                assert_tokens(&first);
                assert_refused(
                    &world.send(&exchange_of("web", &code)),
                    &[400],
                    &["invalid_grant"],
                );
                let refreshed = world.refresh("web", &first.member("refresh_token"));
                assert_refused(&refreshed, &[400], &["invalid_grant"]);
            },
        ),
        story(
            "A08",
            "a second use ten minutes later still revokes",
            |world| {
                let code = code(world, "web", "");
                let first = world.send(&exchange_of("web", &code));
                world.clock.advance(600);
                assert_refused(
                    &world.send(&exchange_of("web", &code)),
                    &[400],
                    &["invalid_grant"],
                );
                let refreshed = world.refresh("web", &first.member("refresh_token"));
                assert_refused(&refreshed, &[400], &["invalid_grant"]);
            },
        ),
        story(
            "A09",
            "a code belongs to its client, and another costs it nothing",
            |world| {
                let code = code(world, "coder", "");
                let stolen = world.send(&exchange_of("web", &code));
                assert_refused(&stolen, &[400], &["invalid_grant"]);
                assert_access_token(&world.send(&exchange_of("coder", &code)));
                // Nor does a used one that another client presents.
                let of_web = self::code(world, "web", "");
                let first = world.send(&exchange_of("web", &of_web));
                assert_refused(
                    &world.send(&exchange_of("coder", &of_web)),
                    &[400],
                    &["invalid_grant"],
                );
                assert_tokens(&world.refresh("web", &first.member("refresh_token")));
            },
        ),
        story(
            "A10",
            "the redirect URI is repeated, and a mistake costs nothing",
            |world| {
                let code = code(world, "coder", "");
                let missing = world.send(&exchange_with("coder", &code, ""));
                assert_refused(&missing, &[400], &["invalid_request"]);
                for uri in ["https://client.example/callback/", "https://evil.example/"] {
                    let more = format!("&redirect_uri={}", encoded(uri));
                    let other = world.send(&exchange_with("coder", &code, &more));
                    assert_refused(&other, &[400], &["invalid_grant"]);
                }
                assert_access_token(&world.send(&exchange_of("coder", &code)));
            },
        ),
        story("A11", "a code lives for 60 seconds", |world| {
            world.clock.freeze(world.clock.now());
            let (early, late) = (code(world, "coder", ""), code(world, "coder", ""));
            world.clock.advance(59);
            assert_access_token(&world.send(&exchange_of("coder", &early)));
            world.clock.advance(1);
            assert_refused(
                &world.send(&exchange_of("coder", &late)),
                &[400],
                &["invalid_grant"],
            );
        }),
        story(
            "A11",
            "no code, an unknown one, and one that is nearly right",
            |world| {
                let code = code(world, "coder", "");
                assert_refused(
                    &world.send(&exchange_of("coder", "")),
                    &[400],
                    &["invalid_request"],
                );
                let flipped: String = code.chars().rev().collect();
                for wrong in [
                    "x".to_owned(),
                    format!("{code} "),
                    format!("{code}x"),
                    flipped,
                    code.to_uppercase(),
                ] {
                    assert_refused(
                        &world.send(&exchange_of("coder", &wrong)),
                        &[400],
                        &["invalid_grant"],
                    );
                }
                assert_access_token(&world.send(&exchange_of("coder", &code)));
            },
        ),
        story("A18", "of 16 redemptions at once one succeeds", |_| {
            race(16);
        }),
        story("A18", "of 256 redemptions at once one succeeds", |_| {
            race(256);
        }),
    ]
}

/// Several clients redeem one code at once.
fn race(racers: usize) {
    let world = World::with_workers(4);
    let code = code(&world, "web", "");
    let start = Barrier::new(racers);
    let answers: Vec<Answer> = thread::scope(|scope| {
        let threads: Vec<_> = (0..racers)
            .map(|_| {
                scope.spawn(|| {
                    let request = exchange_of("web", &code);
                    start.wait();
                    world.send(&request)
                })
            })
            .collect();
        let joined = threads.into_iter().map(thread::ScopedJoinHandle::join);
        joined.map(|answer| answer.expect("an answer")).collect()
    });
    let (won, lost): (Vec<&Answer>, Vec<&Answer>) =
        answers.iter().partition(|answer| answer.status == 200);
    assert_eq!(won.len(), 1);
    for answer in lost {
        assert_refused(answer, &[400], &["invalid_grant"]);
    }
    let refreshed = world.refresh("web", &won[0].member("refresh_token"));
    assert_refused(&refreshed, &[400], &["invalid_grant"]);
}

fn proof_key_rows() -> Vec<Row> {
    vec![
        story("A12", "the pair of RFC 7636 Appendix B", |world| {
            for client in ["web", "spa"] {
                let code = code(world, client, S256);
                let uri = encoded(CALLBACK);
                let more = format!("&redirect_uri={uri}&code_verifier={VERIFIER}");
                assert_access_token(&world.send(&exchange_with(client, &code, &more)));
            }
        }),
        story(
            "A13",
            "a wrong or missing verifier spends the code",
            |world| {
                let uri = encoded(CALLBACK);
                for verifier in [
                    "",
                    "&code_verifier=DBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
                ] {
                    let code = code(world, "spa", S256);
                    let more = format!("&redirect_uri={uri}{verifier}");
                    let wrong = world.send(&exchange_with("spa", &code, &more));
                    assert_refused(&wrong, &[400], &["invalid_grant"]);
                    let more = format!("&redirect_uri={uri}&code_verifier={VERIFIER}");
                    let right = world.send(&exchange_with("spa", &code, &more));
                    assert_refused(&right, &[400], &["invalid_grant"]);
                }
            },
        ),
        story("A14", "a verifier that cannot be one is refused", |world| {
            let code = code(world, "spa", S256);
            let uri = encoded(CALLBACK);
            for verifier in [
                VERIFIER[..42].to_owned(),
                "a".repeat(129),
                VERIFIER.replace('d', "+"),
                VERIFIER.replace('d', "="),
                VERIFIER.replace('d', " "),
                VERIFIER.replace('d', "é"),
            ] {
                let more = format!("&redirect_uri={uri}&code_verifier={}", encoded(&verifier));
                let answer = world.send(&exchange_with("spa", &code, &more));
                assert_refused(&answer, &[400], &["invalid_request"]);
            }
            let more = format!("&redirect_uri={uri}&code_verifier={VERIFIER}");
            assert_tokens(&world.send(&exchange_with("spa", &code, &more)));
        }),
        story(
            "A15",
            "a verifier without a challenge is refused",
            |world| {
                let code = code(world, "coder", "");
                let more = format!(
                    "&redirect_uri={}&code_verifier={VERIFIER}",
                    encoded(CALLBACK)
                );
                let answer = world.send(&exchange_with("coder", &code, &more));
                assert_refused(&answer, &[400], &["invalid_grant"]);
            },
        ),
        story(
            "A16",
            "plain, an unknown method, and a challenge that cannot be one",
            |world| {
                for more in [
                    format!("code_challenge={CHALLENGE}&code_challenge_method=plain"),
                    format!("code_challenge={CHALLENGE}"),
                    format!("code_challenge={CHALLENGE}&code_challenge_method=s256"),
                    "code_challenge_method=S256".to_owned(),
                    format!(
                        "code_challenge={}&code_challenge_method=S256",
                        &CHALLENGE[..42]
                    ),
                    format!("code_challenge={CHALLENGE}%3D&code_challenge_method=S256"),
                ] {
                    let query = query("spa", &format!("response_type=code&state=s&{more}"));
                    assert_sent_back(world, &ask_and_log_in(world, &query), "invalid_request");
                }
            },
        ),
        story("A17", "a public client sends a challenge", |world| {
            let query = query("spa", "response_type=code&state=s");
            assert_sent_back(world, &ask_and_log_in(world, &query), "invalid_request");
        }),
    ]
}

fn login_rows() -> Vec<Row> {
    vec![
        story("A19", "prompt=none needs a login", |world| {
            let asked = query("coder", "response_type=code&state=s&prompt=none");
            assert_sent_back(world, &ask(world, &asked), "login_required");
            let logged_in = ask_and_log_in(world, &query("coder", "response_type=code"));
            let request = Request::get(&target(world, &asked)).header("Cookie", cookie(&logged_in));
            assert!(!Response::of(&world.send(&request)).code().is_empty());
        }),
        story(
            "A19",
            "max_age and prompt=login ask for a new login, with its own time",
            |world| {
                world.clock.freeze(world.clock.now());
                let logged_in =
                    ask_and_log_in(world, &query("web", "response_type=code&scope=openid"));
                let auth_time = |answer: &Answer| {
                    let code = Response::of(answer).code();
                    let tokens = world.send(&exchange_of("web", &code));
                    part(&tokens.member("id_token"), 1)["auth_time"]
                        .as_i64()
                        .expect("a time")
                };
                let first = auth_time(&logged_in);
                let send = |more: &str| {
                    let query = query(
                        "web",
                        &format!("response_type=code&scope=openid&state=s&{more}"),
                    );
                    let request =
                        Request::get(&target(world, &query)).header("Cookie", cookie(&logged_in));
                    world.send(&request)
                };
                let page = send("max_age=0");
                assert_eq!(page.status, 200, "0 asks for a login in any case: {page:?}");
                world.clock.advance(1);
                assert_eq!(auth_time(&send("max_age=1")), first, "it is not older");
                world.clock.advance(1);
                assert_eq!(auth_time(&send("max_age=10")), first, "the login lasts");
                for more in [
                    "max_age=1",
                    "max_age=0",
                    "prompt=login",
                    "prompt=select_account",
                ] {
                    let page = send(more);
                    assert_eq!(page.status, 200, "{more}: {page:?}");
                    assert!(page.text().contains("mimic_username"), "{more}");
                }
                assert_sent_back(world, &send("max_age=1&prompt=none"), "login_required");
                world.server.next_login(Login::new());
                assert_eq!(auth_time(&send("prompt=login")), first + 2);
            },
        ),
        story(
            "A19",
            "prompt=none excludes every other value, and max_age is a number",
            |world| {
                for more in [
                    "prompt=none+login",
                    "prompt=create",
                    "max_age=-1",
                    "max_age=soon",
                    "max_age=%2B1",
                ] {
                    let query = query("coder", &format!("response_type=code&state=s&{more}"));
                    assert_sent_back(world, &ask_and_log_in(world, &query), "invalid_request");
                }
            },
        ),
    ]
}

/// A11 on the verifier of `id_token_hint`: no forged token names a user.
fn hint_rows() -> Vec<Row> {
    /// Sends a hint, and the first user would log in.
    fn hinted(world: &World, hint: &str) -> Answer {
        let hint = encoded(hint);
        let query = query(
            "web",
            &format!("response_type=code&state=s&id_token_hint={hint}"),
        );
        ask_and_log_in(world, &query)
    }
    fn refused(world: &World, hint: &str) {
        assert_sent_back(world, &hinted(world, hint), "invalid_request");
    }
    fn defective(world: &World, defect: Defect) {
        let mint = world.server.mint().client("web").scope("openid");
        refused(world, &mint.defect(defect).id_token());
    }
    fn good(world: &World) -> String {
        world.server.mint().client("web").scope("openid").id_token()
    }
    vec![
        story(
            "A19",
            "a hint of the user who logs in is accepted, also when it has expired",
            |world| {
                assert!(!Response::of(&hinted(world, &good(world))).code().is_empty());
                let mint = world.server.mint().client("web").scope("openid");
                let expired = mint.defect(Defect::Expired).id_token();
                assert!(!Response::of(&hinted(world, &expired)).code().is_empty());
            },
        ),
        story(
            "A19",
            "a hint of another user than the one who logs in",
            |world| {
                let mint = world
                    .server
                    .mint()
                    .client("web")
                    .subject("bob")
                    .scope("openid");
                assert_sent_back(world, &hinted(world, &mint.id_token()), "login_required");
            },
        ),
        story("X01", "a hint without a signature", |world| {
            defective(world, Defect::AlgNone);
            let token = good(world);
            let (signed, _) = token.rsplit_once('.').expect("a signature");
            refused(world, &format!("{signed}."));
        }),
        story(
            "X02",
            "a hint signed with the public key as a secret",
            |world| {
                defective(world, Defect::Hs256WithPublicKey);
            },
        ),
        story("X04", "a hint that names no key of this server", |world| {
            defective(world, Defect::UnknownKid);
            defective(world, Defect::ForeignKey);
        }),
        story("X09", "a hint from the future", |world| {
            defective(world, Defect::NotYetValid);
            defective(world, Defect::IssuedInFuture);
        }),
        story("X10", "a hint of another issuer", |world| {
            defective(world, Defect::WrongIssuer);
        }),
        story("X11", "a hint for another audience", |world| {
            defective(world, Defect::WrongAudience);
            refused(
                world,
                &world
                    .server
                    .mint()
                    .client("alpha")
                    .scope("openid")
                    .id_token(),
            );
        }),
        story("X12", "a hint of another type or kind", |world| {
            defective(world, Defect::WrongType);
            refused(world, &world.server.mint().client("web").access_token());
            refused(world, &world.server.mint().client("web").refresh_token());
        }),
        story("X13", "a hint with a damaged signature", |world| {
            defective(world, Defect::DamagedSignature);
            let token = good(world);
            refused(world, &token[..token.len() - 2]);
        }),
        story("X14", "a hint that is not three parts", |world| {
            let token = good(world);
            for garbage in [
                format!("{token}.x"),
                format!("{token}="),
                format!("{token} "),
                format!("{token}\n"),
                "a.b".to_owned(),
                "{}".to_owned(),
            ] {
                refused(world, &garbage);
            }
        }),
        story("X19", "a hint of a mebibyte", |world| {
            let query = query("web", "response_type=code&state=s");
            let form = format!("{query}&id_token_hint={}", "a".repeat(1 << 20));
            let answer = Request::form(target(world, "").trim_end_matches('?'), form);
            let answer = answer.send(world.server.address());
            assert!(
                (400..500).contains(&answer.status) || answer.status == 303,
                "{answer:?}"
            );
        }),
        story("X22", "a hint of a sandbox of the same server", |world| {
            let sandbox = world.server.sandbox();
            refused(
                world,
                &sandbox.mint().client("web").scope("openid").id_token(),
            );
        }),
    ]
}
