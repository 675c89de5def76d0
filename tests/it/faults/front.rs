//! Faults of the authorization response, and ID tokens that a client must refuse.

use std::collections::BTreeMap;

use oauth_mimic::{
    Client, Defect, DefectKind, Endpoint, Fault, FaultKind, Login, Rule, TokenKind, TokenServer,
    User, WrongRedirect,
};
use serde_json::{Value, json};

use crate::faults::{WAYS, once};
use crate::front::{self, CALLBACK, exchange};
use crate::support::{Request, basic, part, post};

/// The kinds that change an authorization response, which the answer of the table's request is not.
pub(super) const KINDS: [FaultKind; 1] = [FaultKind::Redirect];

const CHALLENGE: &str =
    "code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// A server of two clients and two users; `web` is the client that asks.
fn server() -> TokenServer {
    TokenServer::builder()
        .profile("standard")
        .client(
            Client::confidential("web", "web-secret")
                .redirect_uri(CALLBACK)
                .response_types(["code", "code id_token", "code id_token token"])
                .scope("openid email"),
        )
        .client(Client::confidential("other", "other-secret"))
        .user(User::new("alice"))
        .user(User::new("bob"))
        .start()
}

fn wrong(name: &str) -> Value {
    json!({ "kind": "redirect", "redirect": name })
}

/// The parameters of the response that the fault changes, set in both ways, on a server of its own each.
fn responses(name: &str, query: &str) -> Vec<(TokenServer, Vec<(String, String)>)> {
    WAYS.iter()
        .map(|(way, set)| {
            let server = server();
            once(*set, &server, "authorization", &wrong(name));
            let answer = front::ask(&server, query);
            let journal = server.requests();
            let exchange = journal.last().expect("a request");
            assert_eq!(exchange.faults, [FaultKind::Redirect], "{name}, {way}");
            let next = front::ask(&server, "response_type=code&state=xyz");
            assert!(
                server
                    .requests()
                    .last()
                    .expect("a request")
                    .faults
                    .is_empty()
            );
            let next = front::members(&next);
            assert_eq!(next["state"], "xyz", "{name}, {way}: only once");
            assert_eq!(next["iss"], server.issuer(), "{name}, {way}: only once");
            let location = answer.header("location").expect("a redirect");
            let (_, encoded) = location.split_once('?').expect("a query");
            let pairs = form_urlencoded::parse(encoded.as_bytes());
            let pairs = pairs.into_owned().collect();
            (server, pairs)
        })
        .collect()
}

fn value<'p>(pairs: &'p [(String, String)], name: &str) -> Option<&'p str> {
    let mut values = pairs.iter().filter(|(held, _)| held == name);
    let value = values.next().map(|(_, value)| value.as_str());
    assert_eq!(values.next(), None, "{name} is there twice");
    value
}

#[test]
fn a_state_or_an_issuer_is_wrong_or_missing_and_the_code_works() {
    let rows = [
        ("wrong_state", Some("another-state"), true),
        ("missing_state", None, true),
        ("wrong_iss", Some("xyz"), false),
        ("missing_iss", Some("xyz"), false),
    ];
    for (name, state, iss_is_right) in rows {
        for (server, pairs) in responses(name, "response_type=code&state=xyz") {
            assert_eq!(value(&pairs, "state"), state, "{name}");
            let iss = value(&pairs, "iss");
            assert_eq!(iss == Some(server.issuer()), iss_is_right, "{name}");
            assert_eq!(iss.is_none(), name == "missing_iss", "{name}");
            let code = value(&pairs, "code").expect("a code");
            assert_eq!(exchange(&server, code).status, 200, "{name}");
        }
    }
    for (_, pairs) in responses("wrong_state", "response_type=code") {
        assert_eq!(value(&pairs, "state"), Some("another-state"));
    }
}

#[test]
fn an_error_response_has_the_wrong_state_or_issuer_too() {
    for (name, member) in [("wrong_state", "state"), ("wrong_iss", "iss")] {
        for (server, pairs) in responses(name, "response_type=code&state=xyz&scope=unregistered") {
            assert_eq!(value(&pairs, "error"), Some("invalid_scope"));
            let right = [
                ("state", "xyz".to_owned()),
                ("iss", server.issuer().to_owned()),
            ];
            for (held, right) in right {
                let is_right = value(&pairs, held) == Some(&right);
                assert_eq!(is_right, held != member, "{name}: {held}");
            }
        }
    }
}

#[test]
fn a_code_of_another_client_a_used_one_and_an_expired_one_are_refused() {
    let rows = [
        ("foreign_code", "code_wrong_client"),
        ("used_code", "code_replayed"),
        ("expired_code", "code_expired"),
    ];
    for (name, refusal) in rows {
        for (server, pairs) in responses(name, "response_type=code&state=xyz") {
            let answer = exchange(&server, value(&pairs, "code").expect("a code"));
            assert_eq!(answer.status, 400, "{name}");
            assert_eq!(answer.error(), "invalid_grant", "{name}");
            let refused = server.requests().pop().expect("a request").refusal;
            assert_eq!(refused.expect("a refusal").as_str(), refusal, "{name}");
        }
    }
}

#[test]
fn an_injected_code_logs_another_user_in_unless_the_client_uses_pkce_or_nonce() {
    for (server, pairs) in responses("injected_code", "response_type=code&scope=openid") {
        let answer = exchange(&server, value(&pairs, "code").expect("a code"));
        let claims = part(&answer.member("id_token"), 1);
        assert_eq!(claims["sub"], "bob", "alice logged in");
        assert_eq!(claims.get("nonce"), None);
    }
    let query = "response_type=code&scope=openid&nonce=n-1";
    for (server, pairs) in responses("injected_code", query) {
        let answer = exchange(&server, value(&pairs, "code").expect("a code"));
        let nonce = &part(&answer.member("id_token"), 1)["nonce"];
        assert!(nonce.is_string() && nonce != "n-1", "{nonce}");
    }
    for (server, pairs) in responses("injected_code", &format!("response_type=code&{CHALLENGE}")) {
        let code = value(&pairs, "code").expect("a code");
        let form = format!(
            "grant_type=authorization_code&code={code}&redirect_uri={CALLBACK}&code_verifier={VERIFIER}"
        );
        let answer = post(&server, Some(&basic("web", "web-secret")), &form);
        assert_eq!(answer.error(), "invalid_grant");
        assert!(answer.text().contains("code_verifier"), "{}", answer.text());
    }
}

#[test]
fn a_duplicated_code_is_one_code_in_two_parameters() {
    for (server, pairs) in responses("duplicated_code", "response_type=code&state=xyz") {
        let codes: Vec<&str> = pairs
            .iter()
            .filter_map(|(name, value)| (name == "code").then_some(value.as_str()))
            .collect();
        assert_eq!(codes.len(), 2);
        assert_eq!(codes[0], codes[1]);
        assert_eq!(exchange(&server, codes[0]).status, 200);
    }
}

#[test]
fn the_error_of_a_fault_comes_by_the_redirect_or_on_a_page_where_no_redirect_uri_is_right() {
    let server = server();
    let fault = Fault::error("server_error").description("The database is away");
    let rule = Rule::on(Endpoint::Authorization, fault);
    server.faults().add(rule);
    server.next_login(Login::new());
    let answer = front::page(&server, "response_type=code&state=xyz");
    assert_eq!(answer.status, 303);
    let members = front::members(&answer);
    let expected = [
        ("error", "server_error"),
        ("error_description", "The database is away"),
        ("iss", server.issuer()),
        ("state", "xyz"),
    ];
    let expected: BTreeMap<String, String> = expected
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
    assert_eq!(members, expected);
    let url = format!(
        "{}?client_id=web&redirect_uri=https://evil.test",
        server.authorization_url()
    );
    let page = Request::get("").send_to(&url);
    assert_eq!(page.status, 500);
    assert_eq!(page.header("location"), None);
    assert!(page.text().contains("The database is away"), "{page:?}");
    let logout = Rule::on(Endpoint::EndSession, Fault::error("invalid_request"));
    server.faults().add(logout);
    let page = Request::get("").send_to(&server.end_session_url());
    assert_eq!(page.status, 400);
    assert!(page.text().contains("invalid_request"), "{page:?}");
    // The next login still waits: nothing was processed.
    server.faults().clear();
    assert_eq!(front::page(&server, "response_type=code").status, 303);
}

#[test]
fn a_fault_that_needs_a_response_waits_behind_a_page_and_behind_an_answer_that_it_does_not_fit() {
    let server = server();
    let left = |server: &TokenServer| server.faults().list()[0].times_left;
    server.faults().add(
        Rule::on(
            Endpoint::Authorization,
            Fault::redirect(WrongRedirect::UsedCode),
        )
        .times(1),
    );
    assert_eq!(front::page(&server, "response_type=code").status, 200);
    assert_eq!(left(&server), Some(1), "a login page");
    front::ask(&server, "response_type=code&scope=unregistered");
    assert_eq!(left(&server), Some(1), "an error has no code");
    front::ask(&server, "response_type=code");
    assert_eq!(left(&server), Some(0));
    server.faults().clear();
    let missing = Fault::redirect(WrongRedirect::MissingState);
    server
        .faults()
        .add(Rule::on(Endpoint::Authorization, missing).times(1));
    front::ask(&server, "response_type=code");
    assert_eq!(left(&server), Some(1), "there is no state");
    server.faults().clear();
    let altered = Fault::token(TokenKind::IdToken, Defect::WrongNonce);
    server
        .faults()
        .add(Rule::on(Endpoint::Authorization, altered).times(1));
    front::ask(&server, "response_type=code&scope=openid");
    assert_eq!(left(&server), Some(1), "the response has no ID token");
    front::ask(&server, "response_type=code+id_token&scope=openid&nonce=n");
    assert_eq!(left(&server), Some(0));
}

/// The defects of ID tokens, each with the claim that it changes.
const OF_ID_TOKENS: [(Defect, DefectKind, &str); 4] = [
    (Defect::WrongNonce, DefectKind::WrongNonce, "nonce"),
    (Defect::WrongAtHash, DefectKind::WrongAtHash, "at_hash"),
    (Defect::WrongCHash, DefectKind::WrongCHash, "c_hash"),
    (Defect::WrongAzp, DefectKind::WrongAzp, "azp"),
];

#[test]
fn an_id_token_in_the_response_has_one_wrong_claim() {
    let server = server();
    let query = "response_type=code+id_token+token&scope=openid&nonce=n-1";
    let claims = |server: &TokenServer| part(&front::response(server, query)["id_token"], 1);
    for (defect, kind, claim) in OF_ID_TOKENS {
        let good = claims(&server);
        let fault = Fault::token(TokenKind::IdToken, defect);
        server
            .faults()
            .add(Rule::on(Endpoint::Authorization, fault).times(1));
        let wrong = claims(&server);
        assert!(wrong[claim].is_string(), "{kind}");
        assert_eq!(
            wrong[claim].as_str().map(str::len),
            match kind {
                DefectKind::WrongAtHash | DefectKind::WrongCHash => Some(22),
                _ => wrong[claim].as_str().map(str::len),
            },
            "{kind}: a hash like any other"
        );
        let same = |name: &str| wrong[name] == good[name];
        for name in ["nonce", "azp", "sub", "aud", "iss"] {
            assert_eq!(same(name), name != claim, "{kind}: {name}");
        }
        assert!(!same(claim), "{kind}");
    }
}

#[test]
fn an_id_token_of_the_token_endpoint_has_one_wrong_claim_in_both_profiles() {
    for profile in oauth_mimic::profiles() {
        let server = TokenServer::builder().profile(profile).start();
        for (defect, kind, claim) in OF_ID_TOKENS {
            let code = front::code(&server, "scope=openid&nonce=n-1");
            server.fail_next(1, Fault::token(TokenKind::IdToken, defect));
            let answer = exchange(&server, &code);
            assert_eq!(answer.status, 200, "{profile}, {kind}");
            let wrong = part(&answer.member("id_token"), 1);
            let right = [
                ("nonce", "n-1"),
                ("azp", "web"),
                ("at_hash", ""),
                ("c_hash", ""),
            ];
            for (name, right) in right {
                if name == claim {
                    assert!(
                        wrong[name].is_string() && wrong[name] != right,
                        "{profile}, {kind}"
                    );
                } else if name == "nonce" {
                    assert_eq!(wrong[name], right, "{profile}, {kind}");
                }
            }
        }
    }
}

#[test]
fn a_fault_of_the_body_waits_behind_a_redirect_which_has_none() {
    let server = server();
    for fault in [
        Fault::Malformed,
        Fault::truncate(1).into(),
        Fault::drip(1).into(),
    ] {
        server
            .faults()
            .add(Rule::on(Endpoint::Authorization, fault.clone()).times(1));
        front::ask(&server, "response_type=code");
        let left = server.faults().list()[0].times_left;
        assert_eq!(left, Some(1), "{fault:?}");
        server.faults().clear();
    }
}
