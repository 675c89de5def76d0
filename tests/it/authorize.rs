//! Authorization requests beyond the obligations: what a request must not have, and what is tolerated in it.

use std::collections::HashSet;

use oauth_mimic::{AutoLogin, Client, Leniency, Login, RefusalName, TokenServer, User};
use serde_json::json;

use crate::drive::{Plane, assert_problem, frozen};
use crate::front::{self, Browser, CALLBACK, exchange, members};
use crate::support::{Answer, basic, encoded, part, post};

/// The example of RFC 7636 Appendix B, whose text can be a plain challenge, too.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// A server whose client `web` is as given.
fn with(client: impl Fn(Client) -> Client) -> TokenServer {
    let web = Client::confidential("web", "web-secret").redirect_uri(CALLBACK);
    TokenServer::builder()
        .client(client(web))
        .user(User::new("alice"))
        .start()
}

fn tolerates(names: &[RefusalName]) -> Leniency {
    Leniency::of(names.iter().copied()).expect("tolerable names")
}

/// A page of that status, which sends the browser nowhere.
#[track_caller]
fn assert_stays(answer: &Answer, status: u16) {
    assert_eq!(answer.status, status, "{answer:?}");
    assert_eq!(answer.header("location"), None, "{answer:?}");
}

#[test]
fn a_client_gets_the_response_types_that_it_is_registered_for_and_no_part_of_them() {
    let server = TokenServer::builder()
        .profile("standard")
        .client(
            Client::confidential("web", "web-secret")
                .redirect_uri(CALLBACK)
                .response_types(["code id_token"]),
        )
        .user(User::new("alice"))
        .start();
    for (response_type, error) in [
        ("code%20id_token", None),
        ("id_token", Some("unauthorized_client")),
        ("code", Some("unauthorized_client")),
    ] {
        let query = format!("response_type={response_type}&scope=openid&nonce=n");
        let response = front::response(&server, &query);
        let sent = response.get("error").map(String::as_str);
        assert_eq!(sent, error, "{response_type}");
    }
}

#[test]
fn a_challenge_method_needs_a_challenge() {
    let server = with(|web| web);
    let query = "response_type=code&code_challenge_method=S256";
    let response = front::response(&server, query);
    assert_eq!(response["error"], "invalid_request");
    let last = server.requests().pop().expect("a request");
    assert_eq!(last.refusal, Some(RefusalName::PkceMalformed));
}

#[test]
fn a_plain_challenge_that_is_tolerated_is_the_verifier_itself() {
    let plain = tolerates(&[RefusalName::PkceMethodUnsupported]);
    let server = with(|web| web.leniency(plain));
    for (verifier, status) in [(VERIFIER.to_lowercase(), 400), (VERIFIER.to_owned(), 200)] {
        let challenge = format!("code_challenge={VERIFIER}&code_challenge_method=plain");
        let code = front::code(&server, &challenge);
        let form = format!(
            "grant_type=authorization_code&code={code}&redirect_uri={CALLBACK}&code_verifier={verifier}"
        );
        let answer = post(&server, Some(&basic("web", "web-secret")), &form);
        assert_eq!(answer.status, status, "{verifier}: {answer:?}");
    }
}

#[test]
fn a_client_with_several_redirect_uris_must_name_one() {
    let server = with(|web| web.redirect_uri("https://app.test/other"));
    server.next_login(Login::new());
    let url = server.authorization_url();
    let answer = Browser::default().get(&format!("{url}?client_id=web&response_type=code"));
    assert_stays(&answer, 400);
    let last = server.requests().pop().expect("a request");
    assert_eq!(last.refusal, Some(RefusalName::RedirectUriMissing));
}

#[test]
fn a_redirect_uri_that_a_browser_would_execute_is_refused_where_any_other_is_tolerated() {
    let any = tolerates(&[RefusalName::RedirectUriUnregistered]);
    let server = with(|web| web.leniency(any));
    let url = server.authorization_url();
    let ask = |uri: &str| {
        server.next_login(Login::new());
        let uri = encoded(uri);
        let query = format!("client_id=web&response_type=code&redirect_uri={uri}");
        Browser::default().get(&format!("{url}?{query}"))
    };
    let answer = ask("https://elsewhere.test/");
    assert!(members(&answer).contains_key("code"), "{answer:?}");
    for uri in ["javascript:alert(1)", "/relative", "https://a.test/#f"] {
        assert_stays(&ask(uri), 400);
    }
}

#[test]
fn what_is_tolerated_for_a_client_is_tolerated_in_its_authorization_requests() {
    let lenient = tolerates(&[RefusalName::ParameterMalformed]);
    let server = with(|web| web.leniency(lenient));
    server.put_client(Client::confidential("strict", "s").redirect_uri(CALLBACK));
    for (client_id, member) in [("web", "code"), ("strict", "error")] {
        server.next_login(Login::new());
        let url = front::url(&server, "response_type=code&max_age=soon");
        let url = url.replace("client_id=web", &format!("client_id={client_id}"));
        let answer = Browser::default().get(&url);
        assert!(members(&answer).contains_key(member), "{answer:?}");
        server.clear_logins();
    }
}

#[test]
fn a_code_is_never_that_of_another_login() {
    let directory = std::env::temp_dir().join(format!("oauth-mimic-codes-{}", std::process::id()));
    std::fs::create_dir_all(&directory).expect("a directory");
    let path = directory.join("profile.json");
    // One byte: 256 codes.
    let profile = json!({ "extends": "standard", "name": "short", "code": "{random:2}" });
    std::fs::write(&path, profile.to_string()).expect("a file");
    let server = TokenServer::builder()
        .profile(path.display().to_string())
        .client(Client::confidential("web", "web-secret").redirect_uri(CALLBACK))
        .user(User::new("alice"))
        .start();
    let codes: HashSet<String> = (0..100).map(|_| front::code(&server, "")).collect();
    assert_eq!(codes.len(), 100);
    let first = codes.iter().next().expect("a code");
    assert_eq!(exchange(&server, first).status, 200);
}

#[test]
fn a_hint_names_a_user_by_sub_by_user_name_or_by_email_address() {
    let server = TokenServer::builder()
        .auto_login(AutoLogin::FirstUser)
        .client(Client::confidential("web", "web-secret").redirect_uri(CALLBACK))
        .user(User::new("alice"))
        .user(
            User::new("u-2")
                .username("bob")
                .claim("email", "bob@example.com"),
        )
        .start();
    for (hint, sub) in [
        ("u-2", "u-2"),
        ("bob", "u-2"),
        ("bob%40example.com", "u-2"),
        ("BOB", "alice"),
    ] {
        let query = format!("response_type=code&login_hint={hint}");
        let code = &members(&front::page(&server, &query))["code"];
        let token = exchange(&server, code).member("access_token");
        assert_eq!(part(&token, 1)["sub"], sub, "{hint}");
    }
}

#[test]
fn an_automatic_login_goes_on_in_the_session_of_the_browser() {
    let server = TokenServer::builder()
        .auto_login(AutoLogin::FirstUser)
        .start();
    let url = front::url(&server, "response_type=code");
    let mut browser = Browser::default();
    assert!(browser.get(&url).header("set-cookie").is_some());
    let cookies = browser.cookies.clone();
    assert_eq!(browser.get(&url).header("set-cookie"), None);
    assert_eq!(browser.cookies, cookies);
    assert_eq!(Plane::of(&server).list("/sessions").len(), 1);
    // A new login is a new session.
    browser.get(&format!("{url}&prompt=login"));
    assert_ne!(browser.cookies, cookies);
}

#[test]
fn a_browser_of_another_user_than_that_of_the_hint_gets_the_login_page() {
    let server = TokenServer::start();
    let url = front::url(&server, "response_type=code");
    let mut browser = Browser::default();
    server.next_login(Login::new().user("alice"));
    browser.get(&url);
    let hint = |sub: &str| {
        let mint = server.mint().client("web").scope("openid");
        mint.subject(sub).id_token()
    };
    let answer = browser.get(&format!("{url}&id_token_hint={}", hint("alice")));
    assert!(members(&answer).contains_key("code"), "{answer:?}");
    let page = browser.get(&format!("{url}&id_token_hint={}", hint("bob")));
    assert_stays(&page, 200);
}

#[test]
fn a_consent_page_sets_the_session_cookie_only_if_the_browser_lacks_it() {
    let server = with(|web| web.scope("a").consent());
    let url = front::url(&server, "response_type=code");
    let mut browser = Browser::default();
    let page = browser.get(&url);
    let click = [("mimic_action", "choose"), ("mimic_user", "alice")];
    let sets_session = |page: &Answer| {
        assert!(page.text().contains("mimic_scope"), "{page:?}");
        let mut headers = page.headers.iter();
        headers.any(|(name, value)| name == "set-cookie" && value.contains("oauth_mimic_session="))
    };
    assert!(sets_session(&browser.submit(&page, &url, &click)));
    assert!(!sets_session(&browser.get(&url)));
}

#[test]
fn sessions_are_listed_oldest_first() {
    let server = frozen();
    let url = front::url(&server, "response_type=code");
    for sub in ["bob", "alice", "alice"] {
        server.next_login(Login::new().user(sub));
        Browser::default().get(&url);
        server.clock().advance(1);
    }
    let sessions = Plane::of(&server).list("/sessions");
    let subs: Vec<&str> = sessions
        .iter()
        .filter_map(|session| session["sub"].as_str())
        .collect();
    assert_eq!(subs, ["bob", "alice", "alice"]);
}

#[test]
fn a_scripted_login_has_values_that_can_be_carried_out() {
    let server = TokenServer::start();
    let plane = Plane::of(&server);
    for (login, place) in [
        (json!({ "delay": 61 }), "/delay"),
        (json!({ "times": 0 }), "/times"),
        (json!({ "error": "" }), "/error"),
        (json!({ "error": "a\"b" }), "/error"),
        (json!({ "error": "a\\b" }), "/error"),
        (json!({ "error": "a\nb" }), "/error"),
        (json!({ "error": "\u{e9}" }), "/error"),
    ] {
        let answer = plane.post("/logins", &login);
        assert_problem(&login.to_string(), &answer, 400, Some(place));
    }
    for login in [
        json!({ "delay": 60 }),
        json!({ "error": "a b!#[]~", "times": 1 }),
    ] {
        assert_eq!(plane.post("/logins", &login).status, 201, "{login}");
    }
}

#[test]
fn a_consent_form_counts_in_the_session_that_it_was_made_for_alone() {
    let server = with(|web| web.scope("a").consent());
    server.put_user(User::new("bob"));
    let url = front::url(&server, "response_type=code");
    let mut browser = Browser::default();
    let page = browser.get(&url);
    let choose = |browser: &mut Browser, sub: &str| {
        let click = [("mimic_action", "choose"), ("mimic_user", sub)];
        browser.submit(&page, &url, &click)
    };
    let of_alice = choose(&mut browser, "alice");
    let of_bob = choose(&mut browser, "bob");
    let agree = [("mimic_action", "consent"), ("mimic_scope", "a")];
    assert_stays(&browser.submit(&of_alice, &url, &agree), 403);
    let answer = browser.submit(&of_bob, &url, &agree);
    assert!(members(&answer).contains_key("code"), "{answer:?}");
}

// --- forms ------------------------------------------------------------------------------------------------------

/// Submits the form of a new user.
fn submit_new_user(browser: &mut Browser, page: &Answer, url: &str, user: [&str; 2]) -> Answer {
    let fields = [
        ("mimic_action", "new"),
        ("mimic_new_sub", user[0]),
        ("mimic_new_claims", user[1]),
    ];
    browser.submit(page, url, &fields)
}

#[test]
fn a_new_user_has_at_most_255_bytes_of_sub_and_4096_of_claims() {
    let server = with(|web| web);
    let url = front::url(&server, "response_type=code");
    let mut browser = Browser::default();
    let page = browser.get(&url);
    let claims = |bytes: usize| format!(r#"{{"a":"{}"}}"#, "x".repeat(bytes - 8));
    for (sub, claims, status) in [
        ("s".repeat(255), claims(100), 303),
        ("s".repeat(256), claims(100), 200),
        ("of-4096".to_owned(), claims(4096), 303),
        ("of-4097".to_owned(), claims(4097), 200),
        ("without".to_owned(), String::new(), 303),
    ] {
        let answer = submit_new_user(&mut browser, &page, &url, [&sub, &claims]);
        assert_eq!(answer.status, status, "{sub}: {answer:?}");
    }
}

#[test]
fn login_pages_add_at_most_a_thousand_users() {
    let server = with(|web| web);
    let url = front::url(&server, "response_type=code");
    let mut browser = Browser::default();
    let page = browser.get(&url);
    for number in 0..1000 {
        let sub = number.to_string();
        let answer = submit_new_user(&mut browser, &page, &url, [&sub, ""]);
        assert_eq!(answer.status, 303, "{answer:?}");
    }
    let answer = submit_new_user(&mut browser, &page, &url, ["1000", ""]);
    assert_stays(&answer, 200);
    assert!(answer.text().contains("as many users as it may"));
    assert_eq!(server.users().len(), 1001);
}

#[test]
fn a_browser_keeps_its_value_against_forged_forms_if_the_server_can_have_made_it() {
    let server = with(|web| web);
    let url = front::url(&server, "response_type=code");
    let value_of = |page: &Answer| {
        let fields = front::hidden(page).into_iter();
        let mut values = fields.filter(|(name, _)| name == "mimic_csrf");
        values.next().expect("a value").1
    };
    let first = value_of(&Browser::default().get(&url));
    for (sent, is_kept) in [
        (first, true),
        ("x".repeat(43), true),
        ("x".repeat(42), false),
        ("x".repeat(44), false),
        ("!".repeat(43), false),
    ] {
        let mut browser = Browser::default();
        let cookies = &mut browser.cookies;
        cookies.insert("oauth_mimic_csrf".to_owned(), sent.clone());
        assert_eq!(value_of(&browser.get(&url)) == sent, is_kept, "{sent}");
    }
}
