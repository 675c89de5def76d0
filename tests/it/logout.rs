//! Logout that a client asks for (OpenID Connect RP-Initiated Logout 1.0), and the sessions that it ends.

use oauth_mimic::{Client, Leniency, Login, Mimic, RefusalName, TokenServer, User};
use serde_json::Value;

use crate::support::http::{Answer, Request};
use crate::support::{basic, encoded, post};

const BACK: &str = "https://app.test/goodbye";

fn server(profile: &str) -> TokenServer {
    let app = |id: &str| {
        Client::confidential(id, "s3cret")
            .redirect_uri("https://app.test/cb")
            .post_logout_redirect_uri(BACK)
            .scope("openid")
    };
    TokenServer::builder()
        .profile(profile)
        .client(app("app"))
        .client(app("other"))
        .user(User::new("alice"))
        .user(User::new("bob"))
        .start()
}

/// What a browser has after a login: its session cookie, and what the client got.
struct LoggedIn {
    cookie: String,
    tokens: Value,
}

impl LoggedIn {
    fn id_token(&self) -> &str {
        self.tokens["id_token"].as_str().expect("an ID token")
    }
}

/// Logs a user in as a browser, and exchanges the code.
fn log_in(server: &TokenServer, client_id: &str, sub: &str) -> LoggedIn {
    server.next_login(Login::new().user(sub));
    let url = format!(
        "{}?response_type=code&client_id={client_id}&scope=openid",
        server.authorization_url()
    );
    let answer = Request::get("").send_to(&url);
    assert_eq!(answer.status, 303, "{answer:?}");
    let location = answer.header("location").expect("a location");
    let code = location.split("code=").nth(1).expect("a code");
    let code = code.split('&').next().expect("a value");
    let tokens = post(
        server,
        Some(&basic(client_id, "s3cret")),
        &format!("grant_type=authorization_code&code={code}"),
    );
    assert_eq!(tokens.status, 200, "{tokens:?}");
    LoggedIn {
        cookie: cookie_of(&answer, "oauth_mimic_session"),
        tokens: tokens.json(),
    }
}

/// The name and the value of a cookie that an answer sets.
fn cookie_of(answer: &Answer, name: &str) -> String {
    let set = answer
        .headers
        .iter()
        .filter(|(header, _)| header == "set-cookie");
    let mut values = set.map(|(_, value)| value.split(';').next().unwrap_or_default());
    values
        .find(|value| value.starts_with(name))
        .unwrap_or_else(|| panic!("no cookie {name}: {answer:?}"))
        .to_owned()
}

fn end_session_url(mimic: &Mimic) -> String {
    let metadata = Request::get("").send_to(&mimic.metadata_url()).json();
    metadata["end_session_endpoint"]
        .as_str()
        .expect("a URL")
        .to_owned()
}

#[track_caller]
fn log_out(server: &TokenServer, query: &str, cookie: &str) -> Answer {
    Request::get("")
        .header("Cookie", cookie)
        .send_to(&format!("{}?{query}", end_session_url(server)))
}

#[track_caller]
fn refreshes(server: &TokenServer, client_id: &str, logged_in: &LoggedIn) -> bool {
    let token = logged_in.tokens["refresh_token"].as_str().expect("a token");
    let form = format!("grant_type=refresh_token&refresh_token={}", encoded(token));
    post(server, Some(&basic(client_id, "s3cret")), &form).status == 200
}

fn is_logged_in(server: &TokenServer, cookie: &str) -> bool {
    let url = format!(
        "{}?response_type=code&client_id=app&scope=openid&prompt=none",
        server.authorization_url()
    );
    let answer = Request::get("").header("Cookie", cookie).send_to(&url);
    answer
        .header("location")
        .is_some_and(|location| location.contains("code="))
}

#[test]
fn a_logout_with_an_id_token_ends_the_session_and_its_refresh_tokens_and_goes_back_with_the_state()
{
    for (profile, location) in [
        // The documented provider appends the state by an ampersand, whether or not there is a query.
        ("connect", "https://app.test/goodbye&state=a%20b"),
        ("standard", "https://app.test/goodbye?state=a%20b"),
    ] {
        let server = server(profile);
        let alice = log_in(&server, "app", "alice");
        assert!(is_logged_in(&server, &alice.cookie), "{profile}");
        let query = format!(
            "id_token_hint={}&post_logout_redirect_uri={BACK}&state=a%20b",
            alice.id_token()
        );
        let answer = log_out(&server, &query, &alice.cookie);
        assert_eq!(answer.status, 302, "{profile}: {answer:?}");
        assert_eq!(answer.header("location"), Some(location));
        assert!(
            answer
                .header("set-cookie")
                .is_some_and(|set| set.contains("Max-Age=0"))
        );
        assert!(!is_logged_in(&server, &alice.cookie), "{profile}");
        assert!(!refreshes(&server, "app", &alice), "{profile}");
    }
}

#[test]
fn an_expired_id_token_is_accepted_as_a_hint_and_a_form_may_carry_it() {
    let server = server("standard");
    let alice = log_in(&server, "app", "alice");
    server.clock().advance(7200);
    let form = format!(
        "id_token_hint={}&post_logout_redirect_uri={BACK}",
        alice.id_token()
    );
    let answer = Request::form("", form)
        .header("Cookie", &alice.cookie)
        .send_to(&end_session_url(&server));
    assert_eq!(answer.status, 302, "{answer:?}");
    assert_eq!(answer.header("location"), Some(BACK));
}

#[test]
fn nobody_is_sent_to_an_address_that_is_not_registered_or_that_no_id_token_vouches_for() {
    let server = server("standard");
    let alice = log_in(&server, "app", "alice");
    let hint = alice.id_token();
    let forged = format!("{}AAAA", &hint[..hint.len() - 4]);
    let access_token = alice.tokens["access_token"].as_str().expect("a token");
    let none = format!(
        "{}.{}.",
        "eyJhbGciOiJub25lIn0",
        hint.split('.').nth(1).expect("claims")
    );
    for query in [
        format!("id_token_hint={hint}&post_logout_redirect_uri=https://evil.test/"),
        format!("id_token_hint={hint}&post_logout_redirect_uri={BACK}?x=1"),
        format!("id_token_hint={hint}&post_logout_redirect_uri={BACK}/"),
        format!("id_token_hint={hint}&client_id=other&post_logout_redirect_uri={BACK}"),
        format!("id_token_hint={forged}&post_logout_redirect_uri={BACK}"),
        format!("id_token_hint={none}&post_logout_redirect_uri={BACK}"),
        format!("id_token_hint={access_token}&post_logout_redirect_uri={BACK}"),
        format!("post_logout_redirect_uri={BACK}"),
        format!("client_id=app&post_logout_redirect_uri={BACK}"),
    ] {
        let answer = log_out(&server, &query, &alice.cookie);
        assert_eq!(answer.header("location"), None, "{query}: {answer:?}");
        assert!(is_logged_in(&server, &alice.cookie), "{query}");
    }
}

#[test]
fn without_an_id_token_the_user_is_asked_and_the_form_must_be_ours() {
    let server = server("standard");
    let alice = log_in(&server, "app", "alice");
    let page = log_out(&server, "", &alice.cookie);
    assert_eq!(page.status, 200);
    assert!(page.text().contains("alice"), "{page:?}");
    assert!(
        is_logged_in(&server, &alice.cookie),
        "a page changes nothing"
    );

    let csrf = cookie_of(&page, "oauth_mimic_csrf");
    let (_, value) = csrf.split_once('=').expect("a value");
    let url = end_session_url(&server);
    let submit = |cookies: &str, form: String| {
        Request::form("", form)
            .header("Cookie", cookies)
            .send_to(&url)
    };
    let forged = submit(
        &alice.cookie,
        format!("mimic_action=logout&mimic_csrf={value}"),
    );
    assert_eq!(forged.status, 403, "{forged:?}");
    let both = format!("{}; {csrf}", alice.cookie);
    let stays = submit(&both, format!("mimic_action=stay&mimic_csrf={value}"));
    assert_eq!(stays.status, 200);
    assert!(is_logged_in(&server, &alice.cookie));
    let ended = submit(&both, format!("mimic_action=logout&mimic_csrf={value}"));
    assert_eq!(ended.status, 200, "{ended:?}");
    assert!(!is_logged_in(&server, &alice.cookie));
}

#[test]
fn another_users_id_token_does_not_log_anybody_out_unasked() {
    let server = server("standard");
    let alice = log_in(&server, "app", "alice");
    let bob = log_in(&server, "app", "bob");
    let answer = log_out(
        &server,
        &format!("id_token_hint={}", bob.id_token()),
        &alice.cookie,
    );
    assert_eq!(answer.status, 200, "the user is asked: {answer:?}");
    assert!(is_logged_in(&server, &alice.cookie));
    assert!(is_logged_in(&server, &bob.cookie));
}

#[test]
fn a_client_without_a_browser_logs_out_its_own_user_only() {
    let server = server("standard");
    let alice = log_in(&server, "app", "alice");
    let elsewhere = log_in(&server, "other", "alice");
    let bob = log_in(&server, "app", "bob");
    let query = format!(
        "id_token_hint={}&post_logout_redirect_uri={BACK}",
        alice.id_token()
    );
    let url = format!("{}?{query}", end_session_url(&server));
    assert_eq!(Request::get("").send_to(&url).status, 302);
    assert!(!refreshes(&server, "app", &alice));
    assert!(refreshes(&server, "other", &elsewhere));
    assert!(refreshes(&server, "app", &bob));
}

#[test]
fn a_code_of_a_session_that_has_ended_gets_nothing() {
    let server = server("standard");
    server.next_login(Login::new().user("alice"));
    let url = format!(
        "{}?response_type=code&client_id=app&scope=openid",
        server.authorization_url()
    );
    let code = server.authorize(&url).code().to_owned();
    let control = server.control_url().expect("a control plane");
    let ended = Request::new("DELETE", "").send_to(&format!("{control}/sessions"));
    assert_eq!(ended.status, 204);
    let form = format!("grant_type=authorization_code&code={code}");
    let answer = post(&server, Some(&basic("app", "s3cret")), &form);
    assert_eq!(
        (answer.status, answer.error().as_str()),
        (400, "invalid_grant")
    );
    let last = server.requests().pop().expect("a request");
    assert_eq!(last.refusal, Some(RefusalName::CodeRevoked));
}

#[test]
fn a_logout_ends_what_refreshes_got_since_the_login_for_as_long_as_it_lives() {
    let server = server("standard");
    let mut alice = log_in(&server, "app", "alice");
    // A refresh token of this profile lives for a day, as the session does.
    server.clock().advance(80_000);
    let token = alice.tokens["refresh_token"].as_str().expect("a token");
    let form = format!("grant_type=refresh_token&refresh_token={}", encoded(token));
    alice.tokens = post(&server, Some(&basic("app", "s3cret")), &form).json();
    let control = server.control_url().expect("a control plane");
    let ended = Request::new("DELETE", "").send_to(&format!("{control}/sessions"));
    assert_eq!(ended.status, 204);
    server.clock().advance(80_000);
    assert!(!refreshes(&server, "app", &alice));
}

#[test]
fn a_test_lists_sessions_and_ends_them() {
    let server = server("standard");
    let alice = log_in(&server, "app", "alice");
    let bob = log_in(&server, "other", "bob");
    let control = server.control_url().expect("a control plane");
    let list = || {
        Request::get("")
            .send_to(&format!("{control}/sessions"))
            .json()
    };
    let subs: Vec<String> = list()["sessions"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|session| session["sub"].as_str().expect("a sub").to_owned())
        .collect();
    assert_eq!(subs.len(), 2);
    let ended = Request::new("DELETE", "").send_to(&format!("{control}/sessions?sub=alice"));
    assert_eq!(ended.status, 204);
    assert!(!refreshes(&server, "app", &alice));
    assert!(refreshes(&server, "other", &bob));
    let sid = list()["sessions"][0]["sid"]
        .as_str()
        .expect("a sid")
        .to_owned();
    let end = || Request::new("DELETE", "").send_to(&format!("{control}/sessions/{sid}"));
    assert_eq!(end().status, 204);
    assert!(!is_logged_in(&server, &bob.cookie));
    assert_eq!(end().status, 404);
}

/// A client's endpoint that answers each request with the next of these statuses, and returns the bodies it got.
fn listen(statuses: &[u16]) -> (String, std::thread::JoinHandle<Vec<String>>) {
    use std::io::{Read as _, Write as _};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let uri = format!(
        "http://{}/logout",
        listener.local_addr().expect("an address")
    );
    let statuses = statuses.to_vec();
    let received = std::thread::spawn(move || {
        let answer = |status: u16| {
            let (mut stream, _) = listener.accept().expect("a request");
            let (mut read, mut buffer) = (Vec::new(), [0; 4096]);
            let whole = |read: &[u8]| {
                let text = String::from_utf8_lossy(read).into_owned();
                let (head, body) = text.split_once("\r\n\r\n")?;
                let length = head.to_ascii_lowercase();
                let length = length
                    .split("content-length: ")
                    .nth(1)?
                    .lines()
                    .next()?
                    .parse::<usize>();
                (body.len() == length.ok()?).then(|| body.to_owned())
            };
            loop {
                let count = stream.read(&mut buffer).expect("a request");
                read.extend_from_slice(&buffer[..count]);
                if let Some(body) = whole(&read) {
                    let head = format!(
                        "HTTP/1.1 {status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                    );
                    stream.write_all(head.as_bytes()).expect("an answer");
                    return body;
                }
            }
        };
        statuses.into_iter().map(answer).collect()
    });
    (uri, received)
}

/// A server with one client that gets notices of logouts, and what its user got at the login.
fn notified(back: Option<&str>, front: Option<&str>) -> (TokenServer, LoggedIn) {
    let mut app = Client::confidential("app", "s3cret")
        .redirect_uri("https://app.test/cb")
        .post_logout_redirect_uri(BACK)
        .scope("openid");
    app.backchannel_logout_uri = back.map(str::to_owned);
    app.frontchannel_logout_uri = front.map(str::to_owned);
    let server = TokenServer::builder()
        .profile("standard")
        .client(app)
        .user(User::new("alice"))
        .start();
    let alice = log_in(&server, "app", "alice");
    (server, alice)
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the tests choose one backend")]
fn a_client_gets_a_signed_logout_token_and_the_journal_has_an_entry_for_it() {
    let (uri, received) = listen(&[503, 200]);
    let (server, alice) = notified(Some(&uri), None);
    log_out(
        &server,
        &format!("id_token_hint={}", alice.id_token()),
        &alice.cookie,
    );
    let bodies = received.join().expect("the client");
    assert_eq!(
        bodies.len(),
        2,
        "an answer of 503 is followed by a second attempt"
    );
    assert_eq!(bodies[0], bodies[1]);
    let token = bodies[1]
        .strip_prefix("logout_token=")
        .expect("a logout token");

    let jwks = Request::get("").send_to(&server.jwks_url()).json();
    let key = serde_json::from_value(jwks["keys"][0].clone()).expect("a key");
    let key = jsonwebtoken::DecodingKey::from_jwk(&key).expect("a key");
    let mut checks = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::RS256);
    checks.set_audience(&["app"]);
    checks.set_issuer(&[server.issuer()]);
    let decoded = jsonwebtoken::decode::<Value>(token, &key, &checks).expect("a good token");
    assert_eq!(decoded.header.typ.as_deref(), Some("logout+jwt"));
    assert_eq!(decoded.claims["sub"], "alice");
    assert_eq!(
        decoded.claims["sid"],
        crate::support::part(alice.id_token(), 1)["sid"]
    );
    let time = |name: &str| decoded.claims[name].as_i64().expect("a time");
    assert_eq!(time("exp") - time("iat"), 120);
    assert!(
        decoded.claims["events"]["http://schemas.openid.net/event/backchannel-logout"].is_object()
    );
    assert!(
        decoded.claims.get("nonce").is_none(),
        "a logout token has no nonce"
    );

    let sent = oauth_mimic::Filter::endpoint(oauth_mimic::Endpoint::BackchannelLogout);
    let entry = server
        .wait_for(&sent, 1, std::time::Duration::from_secs(10))
        .remove(0);
    assert_eq!(
        (entry.client_id.as_deref(), entry.path.as_str()),
        (Some("app"), uri.as_str())
    );
}

#[test]
fn a_logout_token_that_the_client_refuses_is_not_sent_again() {
    let (uri, received) = listen(&[400]);
    let (server, _) = notified(Some(&uri), None);
    let control = server.control_url().expect("a control plane");
    Request::new("DELETE", "").send_to(&format!("{control}/sessions"));
    assert_eq!(received.join().expect("the client").len(), 1);
}

#[test]
fn the_logout_page_loads_the_clients_page_in_a_frame_and_then_goes_on() {
    let (server, alice) = notified(None, Some("https://app.test/logout?x=1"));
    let query = format!(
        "id_token_hint={}&post_logout_redirect_uri={BACK}",
        alice.id_token()
    );
    let page = log_out(&server, &query, &alice.cookie);
    assert_eq!(page.status, 200, "{page:?}");
    let source = format!(
        "https://app.test/logout?x=1&amp;iss={}&amp;sid=",
        encoded(server.issuer())
    );
    assert!(page.text().contains(&source), "{page:?}");
    assert!(page.text().contains(&format!("url={BACK}")), "{page:?}");
    let policy = page.header("content-security-policy").expect("a policy");
    assert!(policy.contains("frame-src https://app.test"), "{policy}");
}

#[test]
fn the_page_of_a_client_without_a_query_gets_one() {
    let (server, alice) = notified(None, Some("https://app.test/logout"));
    let query = format!("id_token_hint={}", alice.id_token());
    let page = log_out(&server, &query, &alice.cookie);
    let source = format!(
        "https://app.test/logout?iss={}&amp;sid=",
        encoded(server.issuer())
    );
    assert!(page.text().contains(&source), "{page:?}");
}

#[test]
fn a_logout_that_the_user_confirms_leads_nowhere_that_no_id_token_vouches_for() {
    let server = server("standard");
    let alice = log_in(&server, "app", "alice");
    let query = format!("post_logout_redirect_uri={BACK}&client_id=app");
    let page = log_out(&server, &query, &alice.cookie);
    let csrf = cookie_of(&page, "oauth_mimic_csrf");
    let (_, value) = csrf.split_once('=').expect("a value");
    let form = format!("{query}&mimic_action=logout&mimic_csrf={value}");
    let ended = Request::form("", form)
        .header("Cookie", format!("{}; {csrf}", alice.cookie))
        .send_to(&end_session_url(&server));
    assert_eq!((ended.status, ended.header("location")), (200, None));
    assert!(!is_logged_in(&server, &alice.cookie));
}

#[test]
fn a_client_whose_user_is_logged_out_already_is_sent_back_all_the_same() {
    let server = server("standard");
    let alice = log_in(&server, "app", "alice");
    let hint = alice.id_token();
    let query = format!("id_token_hint={hint}&post_logout_redirect_uri={BACK}");
    for _ in 0..2 {
        let answer = log_out(&server, &query, &alice.cookie);
        assert_eq!(answer.header("location"), Some(BACK), "{answer:?}");
    }
}

#[test]
fn a_hint_ends_the_session_that_it_names_and_no_other_one_of_its_user() {
    let server = server("standard");
    let (first, second) = (
        log_in(&server, "app", "alice"),
        log_in(&server, "app", "alice"),
    );
    let url = end_session_url(&server);
    let ended = Request::get("").send_to(&format!("{url}?id_token_hint={}", first.id_token()));
    assert_eq!(ended.status, 200);
    assert!(!refreshes(&server, "app", &first));
    assert!(refreshes(&server, "app", &second));
}

#[test]
fn a_client_may_be_lenient_to_its_addresses_after_a_logout_but_a_browser_executes_none() {
    let server = server("standard");
    let tolerated = [RefusalName::PostLogoutRedirectUriUnregistered];
    let lenient = Leniency::of(tolerated).expect("a tolerable name");
    let app = Client::confidential("app", "s3cret").redirect_uri("https://app.test/cb");
    server.put_client(app.scope("openid").leniency(lenient));
    for (uri, location) in [
        ("https://elsewhere.test/", Some("https://elsewhere.test/")),
        ("javascript:alert(1)", None),
    ] {
        let alice = log_in(&server, "app", "alice");
        let hint = alice.id_token();
        let query = format!("id_token_hint={hint}&post_logout_redirect_uri={uri}");
        let answer = log_out(&server, &query, &alice.cookie);
        assert_eq!(answer.header("location"), location, "{answer:?}");
        assert!(!is_logged_in(&server, &alice.cookie), "{uri}");
    }
}
