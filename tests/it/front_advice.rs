//! Advice on authorization requests, on codes, and on secrets of public clients.

use oauth_mimic::{Client, Expectation, Filter, Leniency, Login, RefusalName, TokenServer, User};

use crate::front::{self, Browser, CALLBACK, exchange};
use crate::support::{Request, basic, post};

const CHALLENGE: &str =
    "code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";

fn server() -> TokenServer {
    let web = Client::confidential("web", "web-secret")
        .redirect_uri(CALLBACK)
        .redirect_uri("https://*.app.test/callback")
        .response_types(["code", "id_token", "code token", "code id_token"])
        .scope("openid email");
    TokenServer::builder()
        .profile("standard")
        .client(web)
        .client(Client::public("spa").redirect_uri(CALLBACK))
        .user(User::new("alice"))
        .start()
}

/// The codes of the advice on the last request.
fn advised(server: &TokenServer) -> Vec<&'static str> {
    let exchange = server.requests().pop().expect("a request");
    let codes = exchange.advice.iter().map(|advice| advice.code.as_str());
    codes.collect()
}

#[test]
fn a_request_that_protects_itself_gets_no_advice() {
    let server = server();
    for query in [
        format!("response_type=code&{CHALLENGE}"),
        format!("response_type=code&state=s&{CHALLENGE}"),
        format!("response_type=code+id_token&scope=openid&nonce=n&state=s&{CHALLENGE}"),
        "response_type=id_token&scope=openid&nonce=n".to_owned(),
    ] {
        front::ask(&server, &query);
        assert_eq!(advised(&server), [""; 0], "{query}");
    }
    server.verify(&Expectation::no_advice(Filter::any()));
}

#[test]
fn a_request_without_pkce_state_or_nonce_gets_advice() {
    let server = server();
    let challenged = |query: &str| format!("{query}&{CHALLENGE}");
    for (query, codes) in [
        (
            "response_type=code".to_owned(),
            &["pkce_missing", "state_missing"][..],
        ),
        ("response_type=code&state=s".to_owned(), &["pkce_missing"]),
        (
            "response_type=code&nonce=n&scope=openid".to_owned(),
            &["pkce_missing"],
        ),
        (
            challenged("response_type=code+token&scope=email+openid&state=s"),
            &["nonce_missing"],
        ),
        (
            challenged("response_type=code+token&scope=email&state=s"),
            &[],
        ),
        (
            challenged("response_type=code+id_token&scope=openid"),
            &["nonce_missing"],
        ),
    ] {
        front::ask(&server, &query);
        assert_eq!(advised(&server), codes, "{query}");
    }
}

#[test]
fn the_form_of_a_page_gets_no_advice_again() {
    let server = server();
    let mut browser = Browser::default();
    let url = front::url(&server, "response_type=code");
    let page = browser.get(&url);
    assert_eq!(advised(&server), ["pkce_missing", "state_missing"]);
    let fields = [("mimic_action", "choose"), ("mimic_user", "alice")];
    let answer = browser.submit(&page, &url, &fields);
    assert_eq!(answer.status, 303, "{answer:?}");
    assert_eq!(advised(&server), [""; 0]);
}

#[test]
fn a_code_that_is_sent_twice_gets_advice_even_where_that_is_tolerated() {
    let server = server();
    let code = front::code(&server, "");
    exchange(&server, &code);
    assert_eq!(advised(&server), [""; 0]);
    assert_eq!(exchange(&server, &code).status, 400);
    assert_eq!(advised(&server), ["code_replay"]);
    let lenient = Leniency::of([RefusalName::CodeReplayed]).expect("it can be tolerated");
    let server = TokenServer::builder().leniency(lenient).start();
    let code = front::code(&server, "");
    for _ in 0..2 {
        assert_eq!(exchange(&server, &code).status, 200);
    }
    assert_eq!(advised(&server)[0], "code_replay");
}

#[test]
fn the_secret_of_a_public_client_gets_advice() {
    let server = server();
    post(
        &server,
        Some(&basic("spa", "s3cret")),
        "grant_type=authorization_code&code=x",
    );
    assert_eq!(advised(&server), ["secret_in_public_client"]);
    post(
        &server,
        Some(&basic("web", "wrong")),
        "grant_type=authorization_code&code=x",
    );
    assert_eq!(advised(&server), [""; 0]);
}

#[test]
fn a_wildcard_in_a_redirect_uri_gets_advice_whether_it_is_registered_or_requested() {
    let server = server();
    let ask = |uri: &str| {
        server.next_login(Login::new());
        let url = format!(
            "{}?client_id=web&response_type=code&redirect_uri={uri}&{CHALLENGE}",
            server.authorization_url()
        );
        let status = Request::get("").send_to(&url).status;
        server.clear_logins();
        status
    };
    assert_eq!(
        ask("https://one.app.test/callback"),
        400,
        "it matches nothing"
    );
    assert_eq!(advised(&server), ["redirect_uri_wildcard"]);
    assert_eq!(ask("https://*.app.test/callback"), 303, "it matches itself");
    assert_eq!(advised(&server), ["redirect_uri_wildcard"]);
    assert_eq!(ask(CALLBACK), 303);
    assert_eq!(advised(&server), [""; 0]);
}

#[test]
fn a_logout_request_is_not_judged_as_a_token_request() {
    let server = server();
    Request::get("").send_to(&server.end_session_url());
    assert_eq!(advised(&server), [""; 0]);
}
