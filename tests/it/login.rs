//! Logging in at the authorization endpoint: by the page, by a script, automatically, and by a session.

use std::time::{Duration, Instant};

use oauth_mimic::{
    AutoLogin, Client, Endpoint, Fault, Login, RefusalName, Rule, TokenServer, User,
};
use serde_json::json;

use crate::drive::{Plane, USER, assert_problem};
use crate::front::{self, Browser, CALLBACK, exchange, hidden, members};
use crate::support::{Answer, Request, basic, encoded, part, post};

const CODE: &str = "response_type=code&state=s";

/// The `sub` of the access token that the code of an answer gets.
#[track_caller]
fn logged_in(server: &TokenServer, answer: &Answer) -> String {
    let members = members(answer);
    let code = members.get("code");
    let code = code.unwrap_or_else(|| panic!("no code: {members:?}"));
    let tokens = exchange(server, code);
    assert_eq!(tokens.status, 200, "{}", tokens.text());
    let claims = part(&tokens.member("access_token"), 1);
    claims["sub"].as_str().expect("a sub").to_owned()
}

/// A page with a form that failed, and why.
#[track_caller]
fn assert_failed(answer: &Answer, why: &str) {
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(
        answer.text().contains(r#"role="alert""#),
        "{}",
        answer.text()
    );
    assert!(answer.text().contains(why), "{}", answer.text());
}

#[test]
fn cookies_of_other_servers_on_the_same_host_change_nothing() {
    let server = TokenServer::start();
    let url = front::url(&server, CODE);
    let mut browser = Browser::default();
    server.next_login(Login::new());
    browser.get(&url);
    let session = &browser.cookies["oauth_mimic_session"];
    for other in [
        &b"theme=caf\xC3\xA9"[..],
        b"theme=caf\xE9",
        b"\xFF",
        b"=",
        b"",
    ] {
        let own = format!("; oauth_mimic_session={session}");
        let cookies = [other, own.as_bytes()].concat();
        let answer = Request::get("").header("Cookie", cookies).send_to(&url);
        let code = members(&answer).contains_key("code");
        assert!(code, "{}: {answer:?}", String::from_utf8_lossy(other));
    }
}

// --- the page ---------------------------------------------------------------------------------------------------

#[test]
fn one_click_logs_a_user_in_and_the_session_lasts() {
    let server = TokenServer::start();
    let url = front::url(&server, CODE);
    let mut browser = Browser::default();
    let page = browser.get(&url);
    assert_eq!(page.status, 200);
    assert!(page.text().contains("Camille Martin"), "{}", page.text());
    assert!(page.text().contains("web"), "the client");
    let click = [("mimic_action", "choose"), ("mimic_user", USER)];
    let answer = browser.submit(&page, &url, &click);
    assert_eq!(members(&answer)["state"], "s");
    assert_eq!(logged_in(&server, &answer), USER);
    let cookie = answer.header("set-cookie").expect("a cookie");
    for part in ["; Path=/", "; HttpOnly", "; SameSite=Lax"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(
        !cookie.contains("Secure"),
        "the server has no TLS: {cookie}"
    );
    assert_eq!(logged_in(&server, &browser.get(&url)), USER);
    let sessions = Plane::of(&server).list("/sessions");
    assert_eq!(sessions.len(), 1, "{sessions:?}");
    assert_eq!(sessions[0]["sub"], USER);
    assert_eq!(sessions[0]["clients"], json!(["web"]));
}

#[test]
fn a_user_who_has_a_password_needs_it() {
    let server = TokenServer::start();
    let url = front::url(&server, CODE);
    let mut browser = Browser::default();
    let page = browser.get(&url);
    let by = |browser: &mut Browser, username: &str, password: &str| {
        let fields = [
            ("mimic_action", "password"),
            ("mimic_username", username),
            ("mimic_password", password),
        ];
        browser.submit(&page, &url, &fields)
    };
    for (username, password) in [
        ("alice", "bob"),
        ("alice", ""),
        ("nobody", "nobody"),
        ("", ""),
        (USER, "x"),
    ] {
        assert_failed(&by(&mut browser, username, password), "wrong");
    }
    let click = [("mimic_action", "choose"), ("mimic_user", "alice")];
    assert_failed(&browser.submit(&page, &url, &click), "wrong");
    assert!(Plane::of(&server).list("/sessions").is_empty());
    let answer = by(&mut browser, "alice", "alice");
    assert_eq!(logged_in(&server, &answer), "alice");
    assert_eq!(
        logged_in(&server, &by(&mut browser, USER, "")),
        USER,
        "without a password"
    );
}

#[test]
fn who_denies_sends_the_client_an_error() {
    let server = TokenServer::start();
    let url = front::url(&server, CODE);
    let mut browser = Browser::default();
    let page = browser.get(&url);
    let answer = browser.submit(&page, &url, &[("mimic_action", "deny")]);
    let members = members(&answer);
    assert_eq!(members["error"], "access_denied");
    assert_eq!(members["state"], "s");
    assert_eq!(members["iss"], server.issuer());
}

#[test]
fn a_new_user_is_registered_and_logged_in() {
    let server = TokenServer::start();
    let url = front::url(&server, CODE);
    let mut browser = Browser::default();
    let page = browser.get(&url);
    let new = |browser: &mut Browser, sub: &str, claims: &str| {
        let fields = [
            ("mimic_action", "new"),
            ("mimic_new_sub", sub),
            ("mimic_new_claims", claims),
        ];
        browser.submit(&page, &url, &fields)
    };
    for (sub, claims, why) in [
        ("carol", "[]", "not a JSON object"),
        ("carol", "{", "not a JSON object"),
        ("", "{}", "1 to 255 bytes"),
        ("a\nb", "{}", "1 to 255 bytes"),
        ("alice", "{}", "a user of that sub"),
    ] {
        assert_failed(&new(&mut browser, sub, claims), why);
    }
    assert_failed(
        &new(
            &mut browser,
            "carol",
            &format!("{{\"a\":\"{}\"}}", "x".repeat(4096)),
        ),
        "4096",
    );
    let answer = new(&mut browser, "carol", r#"{"name": "Carol"}"#);
    assert_eq!(logged_in(&server, &answer), "carol");
    let carol = Plane::of(&server).read("/users/carol");
    assert_eq!(carol["claims"], json!({ "name": "Carol" }));
    server.reset();
    assert_eq!(Plane::of(&server).get("/users/carol").status, 404);
}

#[test]
fn a_form_that_is_not_from_a_page_of_this_browser_is_refused() {
    let server = TokenServer::start();
    let url = front::url(&server, CODE);
    let page = Browser::default().get(&url);
    let other = Browser::default().get(&url);
    assert_ne!(
        hidden(&page),
        hidden(&other),
        "each browser has its own value"
    );
    let click = [("mimic_action", "choose"), ("mimic_user", USER)];
    let with = |cookie: &str| {
        let mut browser = Browser::default();
        let cookies = &mut browser.cookies;
        cookies.insert("oauth_mimic_csrf".to_owned(), cookie.to_owned());
        browser
    };
    let foreign = hidden(&other).pop().expect("a value").1;
    for mut browser in [Browser::default(), with(""), with("x"), with(&foreign)] {
        let answer = browser.submit(&page, &url, &click);
        assert_eq!(answer.status, 403, "{answer:?}");
        assert_eq!(answer.header("location"), None);
    }
    // Nor does a link log in.
    let link = format!("{url}&mimic_action=choose&mimic_user={USER}");
    for mut browser in [Browser::default(), with("")] {
        assert_eq!(browser.get(&link).status, 403);
    }
    assert!(Plane::of(&server).list("/sessions").is_empty());
}

#[test]
fn consent_is_asked_once_and_can_be_narrowed() {
    let server = TokenServer::builder()
        .client(
            Client::confidential("web", "web-secret")
                .redirect_uri(CALLBACK)
                .scope("a b c")
                .consent(),
        )
        .user(User::new("alice"))
        .start();
    let url = |more: &str| front::url(&server, &format!("{CODE}&{more}"));
    let (all, some) = (url("scope=a+b"), url("scope=a"));
    let mut browser = Browser::default();
    let page = browser.get(&all);
    let click = [("mimic_action", "choose"), ("mimic_user", "alice")];
    let consent = browser.submit(&page, &all, &click);
    assert_eq!(consent.status, 200, "{consent:?}");
    for token in ["a", "b"] {
        let box_ = format!(r#"name="mimic_scope" value="{token}" checked"#);
        assert!(consent.text().contains(&box_), "{}", consent.text());
    }
    let denied = browser.submit(&consent, &all, &[("mimic_action", "deny")]);
    assert_eq!(members(&denied)["error"], "access_denied");
    let narrowed = [
        ("mimic_action", "consent"),
        ("mimic_scope", "a"),
        ("mimic_scope", "c"),
    ];
    let answer = browser.submit(&consent, &all, &narrowed);
    let tokens = exchange(&server, &members(&answer)["code"]);
    assert_eq!(tokens.member("scope"), "a", "c was not requested");
    assert!(
        members(&browser.get(&some)).contains_key("code"),
        "it is remembered"
    );
    for asks in [&all, &url("scope=a&prompt=consent")] {
        let again = browser.get(asks);
        assert!(again.text().contains("mimic_scope"), "{asks}: {again:?}");
    }
    let none = browser.get(&url("scope=a+b&prompt=none"));
    assert_eq!(members(&none)["error"], "consent_required");
    // Another session did not ask this user.
    let forged = [
        ("mimic_action", "consent"),
        ("mimic_scope", "a"),
        ("mimic_sid", "x"),
    ];
    let mut stranger = Browser::default();
    let page = stranger.get(&all);
    assert_eq!(stranger.submit(&page, &all, &forged).status, 403);
}

#[test]
fn a_new_consent_takes_the_place_of_the_former_one_of_that_client_alone() {
    let asking = |id: &str| {
        Client::confidential(id, "web-secret")
            .redirect_uri(CALLBACK)
            .scope("a b")
            .consent()
    };
    let server = TokenServer::builder()
        .client(asking("web"))
        .client(asking("other"))
        .user(User::new("alice"))
        .start();
    let url = |more: &str| front::url(&server, &format!("{CODE}&{more}"));
    let of_other = url("scope=a+b").replace("client_id=web", "client_id=other");
    let mut browser = Browser::default();
    let agree = |browser: &mut Browser, url: &str, scope: &[&str]| {
        let page = browser.get(url);
        let mut fields = vec![("mimic_action", "consent")];
        fields.extend(scope.iter().map(|token| ("mimic_scope", *token)));
        let answer = browser.submit(&page, url, &fields);
        assert!(members(&answer).contains_key("code"), "{answer:?}");
    };
    server.next_login(Login::new());
    assert!(members(&browser.get(&of_other)).contains_key("code"));
    agree(&mut browser, &url("scope=a+b"), &["a", "b"]);
    assert!(members(&browser.get(&url("scope=a+b"))).contains_key("code"));
    agree(&mut browser, &url("scope=a+b&prompt=consent"), &["a"]);
    assert_eq!(browser.get(&url("scope=a+b")).status, 200, "b is asked for");
    assert!(members(&browser.get(&url("scope=a"))).contains_key("code"));
    assert!(members(&browser.get(&of_other)).contains_key("code"));
}

#[test]
fn text_of_a_request_never_reaches_a_page_or_a_header_unescaped() {
    let server = TokenServer::start();
    let script = r#""><script>alert(1)</script><b a='"#;
    let long = format!("{script}{}", "x".repeat(20_000));
    for text in [script, "a\r\nX-Evil: 1", "a\0b", "\u{202e}é", long.as_str()] {
        let text = encoded(text);
        for request in [
            format!("{CODE}&login_hint={text}"),
            format!("response_type=code&state={text}"),
            format!("{CODE}&nonce={text}&acr_values={text}"),
            format!("{CODE}&scope={text}"),
            format!("{CODE}&ui_locales={text}"),
            format!("{CODE}&prompt={text}"),
            format!("{CODE}&{text}={text}"),
            format!("response_type=code&response_mode=form_post&state={text}"),
            format!("response_type=code&response_mode=form_post&scope={text}"),
        ] {
            for answer in [
                front::page(&server, &request),
                front::ask(&server, &request),
            ] {
                assert_harmless(&answer);
            }
        }
        let endpoint = server.authorization_url();
        for request in [
            format!("client_id={text}&{CODE}"),
            format!("client_id=web&redirect_uri={text}&{CODE}"),
            format!("client_id=web&redirect_uri={CALLBACK}%3F{text}&{CODE}"),
        ] {
            let answer = Browser::default().get(&format!("{endpoint}?{request}"));
            assert!((400..500).contains(&answer.status), "{answer:?}");
            assert_eq!(answer.header("location"), None);
            assert_harmless(&answer);
        }
    }
}

#[test]
fn a_request_that_cannot_be_decoded_is_refused_for_that_reason() {
    let server = TokenServer::start();
    for (text, why) in [
        ("%FF", "it is not UTF-8 when decoded"),
        ("%00", "it holds a NUL"),
        ("50%", "a % is not followed by two hexadecimal digits"),
    ] {
        let (endpoint, query) = (server.authorization_url(), format!("{CODE}{text}"));
        let all = format!("client_id=web&redirect_uri={CALLBACK}&{query}");
        for (part, answer) in [
            ("query", front::page(&server, &query)),
            ("form", Request::form("", &all).send_to(&endpoint)),
        ] {
            assert_eq!(answer.status, 400, "{answer:?}");
            let reason = format!("the {part} cannot be read: {why}");
            assert!(answer.text().contains(&reason), "{}", answer.text());
            assert!(answer.text().starts_with("<!DOCTYPE html>"), "{text}");
            assert_eq!(answer.header("location"), None);
        }
    }
    let names: Vec<_> = server.requests().iter().map(|last| last.refusal).collect();
    assert_eq!(names, vec![Some(RefusalName::Unreadable); 6]);
}

#[track_caller]
fn assert_harmless(answer: &Answer) {
    let text = String::from_utf8_lossy(&answer.body);
    assert!(
        !text.contains("<script>alert") && !text.contains("<b a"),
        "{text}"
    );
    for (name, value) in &answer.headers {
        assert!(name != "x-evil", "{name}: {value}");
        assert!(!value.contains("<script"), "{name}: {value}");
    }
    assert!(answer.status < 500, "{answer:?}");
}

#[test]
fn the_journal_shows_neither_passwords_nor_codes() {
    let server = TokenServer::start();
    let url = front::url(&server, CODE);
    let mut browser = Browser::default();
    let page = browser.get(&url);
    let csrf = browser.cookies["oauth_mimic_csrf"].clone();
    let fields = [
        ("mimic_action", "password"),
        ("mimic_username", "alice"),
        ("mimic_password", "no-such-password"),
        ("mimic_new_claims", r#"{"a":"personal"}"#),
    ];
    browser.submit(&page, &url, &fields);
    let code = front::code(
        &server,
        "code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256",
    );
    exchange(&server, &code);
    let journal = Plane::of(&server).get("/requests");
    let journal = journal.text();
    for secret in ["no-such-password", "personal", &csrf, &code] {
        assert!(!journal.contains(secret), "{secret}: {journal}");
    }
    assert!(
        journal.contains("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
        "a challenge is public"
    );
}

// --- scripted and automatic logins ------------------------------------------------------------------------------

#[test]
fn every_member_of_a_scripted_login_counts() {
    let server = TokenServer::start();
    let plane = Plane::of(&server);
    let script = |login: serde_json::Value| {
        let answer = plane.post("/logins", &login);
        assert_eq!(answer.status, 201, "{}", answer.text());
    };
    let ask = |more: &str| front::page(&server, &format!("{CODE}&{more}"));
    script(json!({ "client_id": "spa", "user": "bob" }));
    script(json!({}));
    assert_eq!(
        logged_in(&server, &ask("")),
        USER,
        "the first user, at any client"
    );
    assert_eq!(
        plane.list("/logins"),
        [json!({ "client_id": "spa", "user": "bob", "times": 1 })]
    );
    assert_eq!(ask("").status, 200, "the login of another client waits");
    assert_eq!(plane.delete("/logins").status, 204);
    script(json!({ "user": "alice", "times": 2 }));
    assert_eq!(logged_in(&server, &ask("")), "alice");
    assert_eq!(logged_in(&server, &ask("")), "alice");
    assert_eq!(ask("").status, 200);
    script(json!({ "deny": true }));
    assert_eq!(members(&ask(""))["error"], "access_denied");
    script(json!({ "error": "temporarily_unavailable" }));
    let failed = members(&ask(""));
    assert_eq!(
        (failed["error"].as_str(), failed["state"].as_str()),
        ("temporarily_unavailable", "s")
    );
    script(json!({ "scope": "email phone", "acr": "high" }));
    let code = members(&ask("scope=openid+email"))["code"].clone();
    assert_eq!(exchange(&server, &code).member("scope"), "email");
    script(json!({ "user": "nobody" }));
    let unknown = members(&ask(""));
    assert_eq!(unknown["error"], "server_error");
    assert!(
        unknown["error_description"].contains("nobody"),
        "{unknown:?}"
    );
    for (login, member) in [
        (json!({ "delay": 1 }), "code"),
        (json!({ "delay": 1, "error": "server_error" }), "error"),
    ] {
        script(login);
        let start = Instant::now();
        assert!(members(&ask("")).contains_key(member));
        assert!(start.elapsed() >= Duration::from_secs(1));
    }
    script(json!({}));
    server.reset();
    assert!(plane.list("/logins").is_empty(), "a reset ends them");
}

#[test]
fn at_most_a_thousand_logins_wait() {
    let server = TokenServer::start();
    for _ in 0..1000 {
        server.next_login(Login::new());
    }
    let answer = Plane::of(&server).post("/logins", &json!({}));
    assert_problem("1001", &answer, 503, None);
}

#[test]
fn users_are_logged_in_without_a_page_where_the_server_says_so() {
    for (auto_login, more, sub) in [
        (AutoLogin::FirstUser, "", USER),
        (AutoLogin::User("alice".to_owned()), "", "alice"),
        (AutoLogin::FirstUser, "login_hint=bob", "bob"),
        (
            AutoLogin::FirstUser,
            "login_hint=alice%40example.com",
            "alice",
        ),
        (AutoLogin::FirstUser, "login_hint=nobody", USER),
        (
            AutoLogin::User("alice".to_owned()),
            "login_hint=bob&prompt=none",
            "bob",
        ),
        (AutoLogin::User("alice".to_owned()), "prompt=login", "alice"),
    ] {
        let server = TokenServer::builder().auto_login(auto_login).start();
        let answer = front::page(&server, &format!("{CODE}&{more}"));
        assert_eq!(logged_in(&server, &answer), sub, "{more}");
        let hint = server
            .mint()
            .client("web")
            .subject("bob")
            .scope("openid")
            .id_token();
        let answer = front::page(&server, &format!("{CODE}&id_token_hint={hint}"));
        assert_eq!(logged_in(&server, &answer), "bob", "the ID token of a user");
        server.next_login(Login::new().deny());
        let answer = front::page(&server, CODE);
        assert_eq!(
            members(&answer)["error"],
            "access_denied",
            "a script comes first"
        );
    }
}

#[test]
fn the_hint_fills_in_the_user_name() {
    let server = TokenServer::start();
    for (hint, filled) in [
        ("alice%40example.com", "alice"),
        ("bob", "bob"),
        ("nobody", "nobody"),
    ] {
        let page = front::page(&server, &format!("{CODE}&login_hint={hint}"));
        let field = format!(r#"name="mimic_username" value="{filled}""#);
        assert!(page.text().contains(&field), "{hint}: {}", page.text());
    }
}

#[test]
fn a_rust_test_gets_from_a_url_to_tokens_in_two_lines() {
    let server = TokenServer::start();
    let response = server.authorize(&front::url(&server, CODE));
    assert_eq!(exchange(&server, response.code()).status, 200);
    assert_eq!(response.get("state"), Some("s"));
    assert_eq!(response.error(), None);
    server.next_login(Login::new().deny());
    let denied = server.authorize(&front::url(&server, CODE));
    assert_eq!(denied.error(), Some("access_denied"));
    assert!(denied.url().starts_with(CALLBACK), "{}", denied.url());
    let sandbox = server.sandbox();
    let response = sandbox.authorize(&front::url(&sandbox, CODE));
    assert!(!response.code().is_empty());
    assert!(
        !format!("{response:?}").contains(response.code()),
        "no code in a log"
    );
}

#[test]
fn a_request_that_is_refused_leaves_no_scripted_login_behind() {
    let server = TokenServer::start();
    let fault = Fault::error("server_error");
    let rule = Rule::on(Endpoint::Authorization, fault).times(1);
    server.faults().add(rule);
    let refused = server.authorize(&front::url(&server, CODE));
    assert_eq!(refused.error(), Some("server_error"));
    server.next_login(Login::new().user("bob"));
    let response = server.authorize(&front::url(&server, CODE));
    let tokens = exchange(&server, response.code());
    assert_eq!(part(&tokens.member("access_token"), 1)["sub"], "bob");
}

#[test]
fn the_acr_of_a_scripted_login_is_in_the_id_token_before_that_of_the_request() {
    for profile in oauth_mimic::profiles() {
        let server = TokenServer::builder().profile(profile).start();
        let acr = |login: Login| {
            server.next_login(login);
            let url = front::url(&server, &format!("{CODE}&scope=openid&acr_values=low+high"));
            let tokens = exchange(&server, server.authorize(&url).code());
            part(&tokens.member("id_token"), 1)["acr"].clone()
        };
        assert_eq!(acr(Login::new().acr("smartcard")), "smartcard", "{profile}");
        assert_eq!(acr(Login::new()), "low", "{profile}");
    }
}

#[test]
fn the_head_of_an_answer_changes_nothing() {
    let server = TokenServer::start();
    let url = front::url(&server, CODE);
    let mut browser = Browser::default();
    server.next_login(Login::new().user("alice"));
    let head = Request::get("").method("HEAD");
    assert_eq!(head.clone().send_to(&url).status, 200);
    let response = browser.get(&url);
    assert_eq!(logged_in(&server, &response), "alice", "the login waited");
    let code = members(&browser.get(&format!("{url}&scope=openid")))["code"].clone();
    let id_token = exchange(&server, &code).member("id_token");
    let logout = format!("{}?id_token_hint={id_token}", server.end_session_url());
    assert_eq!(head.send_to(&logout).status, 200);
    let plane = Plane::of(&server);
    assert_eq!(plane.list("/sessions").len(), 1, "nobody was logged out");
    browser.get(&logout);
    assert_eq!(plane.list("/sessions").len(), 0);
}

#[test]
#[should_panic(expected = "is not the authorization endpoint of this provider")]
fn a_url_of_another_provider_is_a_mistake() {
    TokenServer::start().authorize("http://login.example.test/authorize");
}

// --- sessions ---------------------------------------------------------------------------------------------------

#[test]
fn ending_a_session_logs_out_and_revokes() {
    let server = TokenServer::start();
    let plane = Plane::of(&server);
    let url = front::url(&server, CODE);
    let log_in = |sub: &str| {
        let mut browser = Browser::default();
        server.next_login(Login::new().user(sub));
        let code = members(&browser.get(&url))["code"].clone();
        let token = exchange(&server, &code).member("refresh_token");
        (browser, token)
    };
    let refreshes = |token: &str| {
        let form = format!("grant_type=refresh_token&refresh_token={token}");
        post(&server, Some(&basic("web", "web-secret")), &form).status
    };
    let (mut alice, of_alice) = log_in("alice");
    let (mut bob, of_bob) = log_in("bob");
    let (mut again, of_again) = log_in("bob");
    assert_eq!(plane.list("/sessions").len(), 3);
    let sessions = plane.list("/sessions");
    let first = sessions.iter().find(|session| session["sub"] == "alice");
    let sid = first.expect("a session")["sid"].as_str().expect("a sid");
    assert_eq!(plane.delete(&format!("/sessions/{sid}")).status, 204);
    assert_eq!(plane.delete(&format!("/sessions/{sid}")).status, 404);
    assert_eq!(alice.get(&url).status, 200, "the page");
    assert_eq!(refreshes(&of_alice), 400);
    assert_eq!(refreshes(&of_bob), 200);
    assert_eq!(plane.delete("/sessions?sub=alice").status, 204);
    assert_eq!(plane.list("/sessions").len(), 2);
    assert_eq!(plane.delete("/sessions?sub=bob").status, 204);
    for browser in [&mut bob, &mut again] {
        assert_eq!(browser.get(&url).status, 200, "the page");
    }
    assert_eq!(refreshes(&of_again), 400);
    assert!(plane.list("/sessions").is_empty());
}

#[test]
fn who_logs_in_again_keeps_the_session_and_a_logout_ends_what_was_granted_before_too() {
    let server = TokenServer::builder().profile("standard").start();
    let plane = Plane::of(&server);
    let url = front::url(&server, &format!("{CODE}&scope=openid"));
    let mut browser = Browser::default();
    let mut cookies = Vec::new();
    let tokens: Vec<Answer> = ["", "&prompt=login"]
        .map(|prompt| {
            server.next_login(Login::new().user("alice"));
            let answer = browser.get(&format!("{url}{prompt}"));
            cookies.push(browser.cookies["oauth_mimic_session"].clone());
            server.clock().advance(1);
            exchange(&server, &members(&answer)["code"])
        })
        .into();
    assert_ne!(cookies[0], cookies[1], "a new cookie for a new login");
    let claims: Vec<_> = tokens
        .iter()
        .map(|answer| part(&answer.member("id_token"), 1))
        .collect();
    assert_eq!(claims[0]["sid"], claims[1]["sid"]);
    assert!(claims[0]["auth_time"].as_i64() < claims[1]["auth_time"].as_i64());
    assert_eq!(plane.list("/sessions").len(), 1);
    let mut old = Browser::default();
    old.cookies
        .insert("oauth_mimic_session".to_owned(), cookies[0].clone());
    assert_eq!(
        old.get(&url).status,
        200,
        "the cookie of before is of no use"
    );
    let hint = tokens[0].member("id_token");
    browser.get(&format!(
        "{}?id_token_hint={hint}",
        server.end_session_url()
    ));
    assert_eq!(plane.list("/sessions").len(), 0);
    for answer in &tokens {
        let form = format!(
            "grant_type=refresh_token&refresh_token={}",
            answer.member("refresh_token")
        );
        let refused = post(&server, Some(&basic("web", "web-secret")), &form);
        assert_eq!(refused.error(), "invalid_grant", "{}", refused.text());
    }
    // Another user begins a session of another id.
    server.next_login(Login::new().user("alice"));
    browser.get(&url);
    server.next_login(Login::new().user("bob"));
    browser.get(&format!("{url}&prompt=login"));
    assert_eq!(plane.list("/sessions").len(), 2);
}

#[test]
fn the_form_for_a_consent_does_not_replace_a_login() {
    let server = TokenServer::builder().profile("standard").start();
    let mut browser = Browser::default();
    let url = front::url(&server, &format!("{CODE}&scope=openid"));
    server.next_login(Login::new().user("alice"));
    let code = members(&browser.get(&url))["code"].clone();
    let claims = part(&exchange(&server, &code).member("id_token"), 1);
    let sid = claims["sid"].as_str().expect("a sid");
    let consent = [
        ("mimic_action", "consent"),
        ("mimic_sid", sid),
        ("mimic_scope", "openid"),
    ];
    let demanding = format!("{url}&max_age=1");
    for (seconds, status) in [(2, 303), (599, 403)] {
        server.clock().advance(seconds);
        let page = browser.get(&demanding);
        assert_eq!(page.status, 200, "it asks for a login");
        let answer = browser.submit(&page, &demanding, &consent);
        assert_eq!(answer.status, status, "{seconds} s later: {answer:?}");
    }
}

#[test]
fn a_session_lasts_a_day_and_ends_with_its_user_and_with_a_reset() {
    let server = TokenServer::start();
    let url = front::url(&server, CODE);
    let log_in = || {
        let mut browser = Browser::default();
        server.next_login(Login::new());
        browser.get(&url);
        browser
    };
    let mut browser = log_in();
    server.clock().advance(24 * 60 * 60 - 5);
    assert!(members(&browser.get(&url)).contains_key("code"));
    server.clock().advance(6);
    assert_eq!(browser.get(&url).status, 200);
    let mut browser = log_in();
    server.remove_user(USER);
    assert_eq!(browser.get(&url).status, 200, "the user is gone");
    server.reset();
    let mut browser = log_in();
    let code = members(&browser.get(&url))["code"].clone();
    server.reset();
    assert_eq!(browser.get(&url).status, 200, "the session is gone");
    assert_eq!(
        exchange(&server, &code).error(),
        "invalid_grant",
        "and the code"
    );
}

#[test]
fn each_sandbox_has_its_own_sessions() {
    let server = TokenServer::start();
    let sandbox = server.sandbox();
    let (url, inner) = (front::url(&server, CODE), front::url(&sandbox, CODE));
    let log_in = |url: &str, mimic: &oauth_mimic::Mimic| {
        let mut browser = Browser::default();
        mimic.next_login(Login::new());
        let answer = browser.get(url);
        let cookie = answer.header("set-cookie").expect("a cookie").to_owned();
        (browser, cookie)
    };
    let (default, _) = log_in(&url, &server);
    let (own, cookie) = log_in(&inner, &sandbox);
    let (_, path) = sandbox.base_url().split_once("/s/").expect("a sandbox");
    assert!(cookie.contains(&format!("; Path=/s/{path}")), "{cookie}");
    assert_eq!(default.clone().get(&inner).status, 200, "the page");
    // A browser sends both, that of the longer path first.
    let name = "oauth_mimic_session";
    let both = format!("{}; {name}={}", own.cookies[name], default.cookies[name]);
    let mut browser = Browser::default();
    browser.cookies.insert(name.to_owned(), both);
    assert!(members(&browser.get(&inner)).contains_key("code"));
}
