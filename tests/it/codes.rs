//! The exchange of authorization codes: what it gives, what it costs, and what fails beside it.

use oauth_mimic::{
    Client, Endpoint, ErrorDialect, Fault, Login, Outcome, RefusalName, Rule, TokenServer, User,
};
use serde_json::Value;

use crate::drive::USER;
use crate::front::{self, Browser, CALLBACK, exchange};
use crate::support::{self, Answer, Request, basic, part, path_of, post, token_request};

fn names(object: &Value) -> Vec<&str> {
    let object = object.as_object().expect("an object");
    object.keys().map(String::as_str).collect()
}

/// A server whose client `web` is as given.
fn with(client: impl Fn(Client) -> Client) -> TokenServer {
    let web = Client::confidential("web", "web-secret").redirect_uri(CALLBACK);
    TokenServer::builder()
        .client(client(web))
        .user(User::new("alice"))
        .start()
}

#[test]
fn the_answer_has_the_members_that_a_refresh_has() {
    for profile in oauth_mimic::profiles() {
        let server = TokenServer::builder().profile(profile).start();
        let code = front::code(&server, "scope=openid+email");
        let answer = exchange(&server, &code);
        assert_eq!(answer.status, 200, "{profile}: {}", answer.text());
        let refresh_token = answer.member("refresh_token");
        let form = format!("grant_type=refresh_token&refresh_token={refresh_token}");
        let refreshed = post(&server, Some(&basic("web", "web-secret")), &form);
        assert_eq!(names(&answer.json()), names(&refreshed.json()), "{profile}");
        assert_eq!(answer.member("scope"), "openid email", "{profile}");
        for token in ["access_token", "id_token"] {
            let (first, second) = (answer.member(token), refreshed.member(token));
            let (first, second) = (part(&first, 1), part(&second, 1));
            assert_eq!(first["sub"], USER, "{profile}: {token}");
            assert_eq!(first["iss"], server.issuer(), "{profile}: {token}");
            // A refresh says nothing of the session.
            let mut first_names = names(&first);
            first_names.retain(|name| *name != "sid");
            assert_eq!(first_names, names(&second), "{profile}: {token}");
            assert_eq!(
                first["auth_time"], second["auth_time"],
                "one login: {profile}"
            );
        }
    }
}

#[test]
fn a_second_use_revokes_whatever_else_is_wrong_with_it() {
    for wrong in [
        "&redirect_uri=http://localhost:3000/other",
        "",
        "&code_verifier=short",
    ] {
        let server = TokenServer::start();
        let code = front::code(&server, "scope=openid");
        let first = exchange(&server, &code);
        let form = format!("grant_type=authorization_code&code={code}{wrong}");
        let second = post(&server, Some(&basic("web", "web-secret")), &form);
        assert_eq!(second.error(), "invalid_grant", "{wrong}");
        let userinfo = Request::get("")
            .authorization(format!("Bearer {}", first.member("access_token")))
            .send_to(&server.userinfo_url());
        assert_eq!(userinfo.status, 401, "{wrong}");
    }
}

#[test]
fn tokens_that_were_not_granted_are_not_issued() {
    let server = with(|web| web.grant_types(["authorization_code"]).scope("openid a"));
    let answer = exchange(&server, &front::code(&server, "scope=a")).json();
    assert_eq!(
        answer.get("refresh_token"),
        None,
        "the grant is not registered"
    );
    assert_eq!(answer.get("id_token"), None, "openid was not requested");
    let server = with(|web| web.grant_types(["refresh_token"]));
    let response = front::response(&server, "response_type=code");
    assert_eq!(response["error"], "unauthorized_client");
}

#[test]
fn the_scope_is_the_registered_one_where_the_request_has_none() {
    let server = with(|web| web.scope("openid a"));
    let answer = exchange(&server, &front::code(&server, ""));
    assert_eq!(answer.member("scope"), "openid a");
    for scope in ["scope=a+b", "scope=a++b", "scope=%22"] {
        let response = front::response(&server, &format!("response_type=code&{scope}"));
        assert_eq!(response["error"], "invalid_scope", "{scope}");
    }
}

/// An exchange with a token endpoint's usual mistakes.
fn refused(server: &TokenServer, code: &str) -> Vec<Answer> {
    let url = server.token_url();
    let path = path_of(server, &url);
    let form = format!("grant_type=authorization_code&code={code}&redirect_uri={CALLBACK}");
    let good = Request::form(path, &form).basic("web", "web-secret");
    let requests = [
        good.clone().by("web", "wrong"),
        good.clone().by("nobody", "web-secret"),
        good.clone().without("Authorization"),
        good.clone().content_type("application/json"),
        good.clone().method("PUT"),
        good.clone().body(format!("{form}&code={code}")),
        good.clone().body(format!("{form}&x=%zz")),
        good.clone()
            .body(form.replace("authorization_code", "refresh_token")),
        good.query("scope=a"),
    ];
    let sent = requests
        .iter()
        .map(|request| request.send(server.address()));
    sent.collect()
}

#[test]
fn a_refused_exchange_costs_nothing() {
    let server = TokenServer::start();
    let code = front::code(&server, "");
    for answer in refused(&server, &code) {
        assert!((400..500).contains(&answer.status), "{answer:?}");
    }
    for fault in [
        Fault::error("invalid_grant").into(),
        Fault::status(503).into(),
        Fault::GatewayPage,
    ] {
        server.fail_next(1, fault);
        assert_ne!(exchange(&server, &code).status, 200);
    }
    assert_eq!(exchange(&server, &code).status, 200);
}

#[test]
fn a_code_is_valid_strictly_before_its_end() {
    let server = crate::drive::frozen();
    let (first, second) = (front::code(&server, ""), front::code(&server, ""));
    server.clock().advance(59);
    assert_eq!(exchange(&server, &first).status, 200);
    server.clock().advance(1);
    assert_eq!(exchange(&server, &second).error(), "invalid_grant");
    let last = server.requests().pop().expect("a request");
    assert_eq!(last.refusal, Some(RefusalName::CodeExpired));
}

#[test]
fn a_lost_response_costs_the_code() {
    let server = TokenServer::start();
    let code = front::code(&server, "");
    server.fail_next(1, Fault::LostResponse);
    let form = format!("grant_type=authorization_code&code={code}&redirect_uri={CALLBACK}");
    let request = token_request(&server, Some(&basic("web", "web-secret")), &form);
    assert!(support::exchange(server.address(), &request, 1).is_empty());
    assert_eq!(exchange(&server, &code).error(), "invalid_grant");
}

#[test]
fn a_user_who_was_removed_gets_no_tokens_and_keeps_the_code() {
    let server = with(|web| web);
    let code = front::code(&server, "");
    server.remove_user("alice");
    assert_eq!(exchange(&server, &code).error(), "invalid_grant");
    let last = server.requests().pop().expect("a request");
    assert_eq!(last.refusal, Some(RefusalName::UserUnknown));
    server.put_user(User::new("alice"));
    assert_eq!(exchange(&server, &code).status, 200);
}

#[test]
fn the_journal_follows_a_login_to_its_tokens() {
    let server = TokenServer::start();
    front::page(&server, "response_type=code");
    let code = front::code(&server, "scope=email");
    exchange(&server, &code);
    exchange(&server, &code);
    let requests = server.requests();
    let outcomes: Vec<(Outcome, u16)> = requests
        .iter()
        .map(|entry| (entry.outcome, entry.status))
        .collect();
    assert_eq!(
        outcomes[1..3],
        [(Outcome::Issued, 303), (Outcome::Issued, 200)]
    );
    assert_eq!(outcomes[0].1, 200, "the login page");
    assert_eq!(requests[3].refusal, Some(RefusalName::CodeReplayed));
    assert_eq!(requests[1].client_id.as_deref(), Some("web"));
    assert_eq!(requests[1].scope.as_deref(), Some("email"));
    assert_eq!(requests[1].sub.as_deref(), Some(USER));
    assert!(requests[1].grant_id.is_some());
    assert_eq!(requests[1].grant_id, requests[2].grant_id, "one grant");
    assert_eq!(
        requests[2].grant_type.as_deref(),
        Some("authorization_code")
    );
    server.next_login(Login::new().deny());
    front::page(&server, "response_type=code");
    let denied = server.requests().pop().expect("a request");
    assert_eq!(denied.error.as_deref(), Some("access_denied"));
    assert_eq!(denied.refusal, Some(RefusalName::AccessDenied));
}

#[test]
fn a_fault_rule_can_be_for_this_grant_alone() {
    let server = TokenServer::start();
    let rule = Rule::on(Endpoint::Token, Fault::status(418));
    server.faults().add(rule.grant_type("authorization_code"));
    let code = front::code(&server, "");
    assert_eq!(exchange(&server, &code).status, 418);
    assert_eq!(
        crate::drive::refresh(&server, "REFRESH_TOKEN", "").status,
        200
    );
}

#[test]
fn a_code_works_in_its_own_sandbox_only() {
    let server = TokenServer::start();
    let sandbox = server.sandbox();
    let code = front::code(&sandbox, "");
    assert_eq!(exchange(&server, &code).error(), "invalid_grant");
    let form = format!("grant_type=authorization_code&code={code}&redirect_uri={CALLBACK}");
    let answer = crate::drive::post_form(&sandbox.token_url(), Some(("web", "web-secret")), &form);
    assert_eq!(answer.status, 200, "{}", answer.text());
}

#[test]
fn codes_are_drawn_from_the_seed() {
    let draw = |seed: u64| front::code(&TokenServer::builder().seed(seed).start(), "");
    assert_eq!(draw(1), draw(1));
    assert_ne!(draw(1), draw(2));
}

/// Row 37 of the wire specification.
#[test]
fn the_laxer_dialect_refuses_codes_in_its_own_words() {
    let server = TokenServer::builder()
        .error_dialect(ErrorDialect::Spring)
        .start();
    let send = |form: &str| {
        let form = format!("grant_type=authorization_code&{form}");
        post(&server, Some(&basic("web", "web-secret")), &form)
    };
    let callback = format!("redirect_uri={CALLBACK}");
    let used = front::code(&server, "");
    assert_eq!(exchange(&server, &used).status, 200);
    for (form, status, error, description) in [
        (
            callback.clone(),
            400,
            "invalid_request",
            "An authorization code must be supplied.",
        ),
        (
            format!("{callback}&code=x"),
            400,
            "invalid_grant",
            "Invalid authorization code",
        ),
        (
            format!("{callback}&code={used}"),
            400,
            "invalid_grant",
            "Invalid authorization code",
        ),
        (
            format!("{callback}/&code={}", front::code(&server, "")),
            400,
            "invalid_grant",
            "Redirect URI mismatch.",
        ),
    ] {
        let answer = send(&form);
        assert_eq!(
            (answer.status, answer.error().as_str()),
            (status, error),
            "{form}"
        );
        assert_eq!(answer.member("error_description"), description, "{form}");
    }
}

#[test]
fn the_laxer_dialect_answers_an_unknown_client_with_401_and_a_page() {
    let server = TokenServer::builder()
        .error_dialect(ErrorDialect::Spring)
        .start();
    let endpoint = server.authorization_url();
    for (query, status) in [
        ("client_id=nobody&response_type=code", 401),
        ("response_type=code", 401),
        (
            "client_id=web&response_type=code&redirect_uri=https%3A%2F%2Fevil.example",
            400,
        ),
    ] {
        let answer = Browser::default().get(&format!("{endpoint}?{query}"));
        assert_eq!(answer.status, status, "{query}: {answer:?}");
        let media_type = answer.header("content-type");
        assert_eq!(media_type, Some("text/html; charset=utf-8"), "{query}");
    }
    server.next_login(Login::new().deny());
    let denied = front::members(&front::page(&server, "response_type=code"));
    assert_eq!(denied["error_description"], "User denied access");
}

#[test]
fn the_laxer_dialect_has_short_codes_and_lets_parameters_be_added_to_a_redirect_uri() {
    let server = TokenServer::builder()
        .error_dialect(ErrorDialect::Spring)
        .client(
            Client::confidential("web", "web-secret")
                .redirect_uri("http://localhost:3000/cb?a=1")
                .scope("read"),
        )
        .user(User::new("alice"))
        .start();
    let endpoint = server.authorization_url();
    for (query, good) in [
        ("?a=1", true),
        ("?a=1&b=2", true),
        ("?b=2&a=1", true),
        ("", false),
        ("?a=2", false),
        ("?a=1&a=2", false),
        ("/?a=1", false),
    ] {
        server.next_login(Login::new());
        let uri = support::encoded(&format!("http://localhost:3000/cb{query}"));
        let url = format!("{endpoint}?response_type=code&client_id=web&redirect_uri={uri}&state=s");
        let answer = Browser::default().get(&url);
        server.clear_logins();
        if !good {
            assert_eq!(answer.status, 400, "{query}: {answer:?}");
            continue;
        }
        assert_eq!(answer.status, 303, "{query}: {answer:?}");
        let code = &front::members(&answer)["code"];
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        assert!(code.len() == 6 && code.bytes().all(plain), "{code}");
        let form = format!("grant_type=authorization_code&code={code}&redirect_uri={uri}");
        let tokens = post(&server, Some(&basic("web", "web-secret")), &form);
        assert_eq!(tokens.status, 200, "{query}: {}", tokens.text());
    }
}
