//! Response types with tokens in the authorization response (OAuth 2.0 Multiple Response Types, OpenID Connect Core §3.2, §3.3),
//! and what the ID token of a login says.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use oauth_mimic::{AutoLogin, Client, Login, TokenServer, User};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::support::http::Request;
use crate::support::{basic, encoded, part, post};

const ALL: [&str; 6] = [
    "code",
    "id_token",
    "id_token token",
    "code id_token",
    "code token",
    "code id_token token",
];

fn server(profile: &str) -> TokenServer {
    let app = Client::confidential("app", "s3cret")
        .redirect_uri("https://app.test/cb")
        .response_types(ALL)
        .scope("openid profile email");
    let alice = User::new("alice")
        .claim("name", "Alice Example")
        .claim("email", "alice@example.com");
    TokenServer::builder()
        .profile(profile)
        .client(app)
        .user(alice)
        .start()
}

/// The parameters of the response, and whether they are in the fragment.
fn respond(server: &TokenServer, more: &str) -> (BTreeMap<String, String>, bool) {
    server.next_login(Login::new().user("alice"));
    let url = format!(
        "{}?client_id=app&state=xyz&{more}",
        server.authorization_url()
    );
    let answer = Request::get("").send_to(&url);
    let location = answer
        .header("location")
        .unwrap_or_else(|| panic!("{answer:?}"));
    let (_, encoded) = location.split_once(['?', '#']).expect("parameters");
    let pairs = form_urlencoded::parse(encoded.as_bytes()).into_owned();
    (pairs.collect(), location.contains('#'))
}

fn claims(token: &str) -> Value {
    part(token, 1)
}

/// The left half of the hash (OpenID Connect Core §3.1.3.6).
fn half_hash(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(&Sha256::digest(text)[..16])
}

#[test]
fn each_response_type_returns_what_it_names_in_the_fragment_if_it_names_a_token() {
    let server = server("standard");
    for response_type in ALL {
        let query = format!(
            "response_type={}&scope=openid&nonce=n-1",
            response_type.replace(' ', "%20")
        );
        let (members, in_fragment) = respond(&server, &query);
        let has = |name: &str| response_type.split(' ').any(|part| part == name);
        assert_eq!(members.contains_key("code"), has("code"), "{response_type}");
        assert_eq!(
            members.contains_key("access_token"),
            has("token"),
            "{response_type}"
        );
        assert_eq!(
            members.contains_key("id_token"),
            has("id_token"),
            "{response_type}"
        );
        assert_eq!(
            in_fragment,
            has("token") || has("id_token"),
            "{response_type}"
        );
        assert!(!members.contains_key("refresh_token"));
        assert_eq!(members["state"], "xyz");
        assert_eq!(members["iss"], server.issuer());
        if let Some(id_token) = members.get("id_token") {
            let claims = claims(id_token);
            assert_eq!(claims["nonce"], "n-1");
            let hash = |of: &str| {
                members
                    .get(of)
                    .map_or(Value::Null, |text| json!(half_hash(text)))
            };
            assert_eq!(claims["at_hash"], hash("access_token"), "{response_type}");
            assert_eq!(claims["c_hash"], hash("code"), "{response_type}");
        }
        if let Some(access_token) = members.get("access_token") {
            let userinfo = Request::get("")
                .authorization(format!("Bearer {access_token}"))
                .send_to(&server.userinfo_url());
            assert_eq!(userinfo.status, 200, "{userinfo:?}");
        }
        if let Some(code) = members.get("code") {
            let form = format!("grant_type=authorization_code&code={code}");
            assert_eq!(
                post(&server, Some(&basic("app", "s3cret")), &form).status,
                200
            );
        }
    }
}

#[test]
fn claims_of_the_scope_are_in_the_id_token_only_where_no_access_token_is_issued() {
    let server = server("standard");
    let name = |response_type: &str| {
        let query = format!("response_type={response_type}&scope=openid%20profile&nonce=n");
        claims(&respond(&server, &query).0["id_token"])["name"].clone()
    };
    assert_eq!(name("id_token"), "Alice Example");
    assert_eq!(name("id_token%20token"), Value::Null);
    assert_eq!(name("code%20id_token"), Value::Null);
}

#[test]
fn what_a_response_type_needs_and_who_may_use_it_is_checked() {
    let server = server("standard");
    let plain = Client::confidential("plain", "s").redirect_uri("https://app.test/cb");
    server.put_client(plain);
    for (query, error) in [
        ("response_type=id_token&scope=openid", "invalid_request"),
        (
            "response_type=id_token&scope=email&nonce=n",
            "invalid_scope",
        ),
        (
            "response_type=code%20id_token&scope=openid&nonce=n&response_mode=query",
            "invalid_request",
        ),
        (
            "response_type=token&scope=openid",
            "unsupported_response_type",
        ),
    ] {
        let (members, in_fragment) = respond(&server, query);
        assert_eq!(members["error"], error, "{query}: {members:?}");
        // An error takes the place of the tokens.
        assert!(in_fragment, "{query}");
    }
    let url = format!(
        "{}?client_id=plain&response_type=id_token&nonce=n&scope=openid",
        server.authorization_url()
    );
    let answer = Request::get("").send_to(&url);
    let location = answer.header("location").expect("a location");
    assert!(
        location.contains("#error=unauthorized_client"),
        "{location}"
    );
}

#[test]
fn a_profile_without_other_response_types_refuses_them() {
    let server = server("connect");
    let (members, _) = respond(&server, "response_type=id_token&scope=openid&nonce=n");
    assert_eq!(members["error"], "unsupported_response_type");
}

#[test]
fn the_id_token_of_a_code_has_nonce_acr_and_sid_and_a_refreshed_one_has_neither() {
    for profile in oauth_mimic::profiles() {
        let server = server(profile);
        let metadata = Request::get("").send_to(&server.metadata_url()).json();
        let query = "response_type=code&scope=openid&nonce=n-2&acr_values=gold%20silver";
        let (members, _) = respond(&server, query);
        let exchange = |form: String| post(&server, Some(&basic("app", "s3cret")), &form).json();
        let tokens = exchange(format!(
            "grant_type=authorization_code&code={}",
            members["code"]
        ));
        let first = claims(tokens["id_token"].as_str().expect("a token"));
        assert_eq!(first["nonce"], "n-2", "{profile}");
        for channel in ["backchannel", "frontchannel"] {
            let supported = &metadata[format!("{channel}_logout_session_supported")];
            assert_eq!(
                *supported,
                first.get("sid").is_some(),
                "{profile}: {channel}"
            );
        }
        if profile == "standard" {
            assert_eq!(first["acr"], "gold");
            assert!(first["sid"].is_string());
            let access_token = tokens["access_token"].as_str().expect("a token");
            assert_eq!(first["at_hash"], half_hash(access_token));
        }
        let refresh_token = tokens["refresh_token"].as_str().expect("a token");
        let form = format!(
            "grant_type=refresh_token&refresh_token={}",
            encoded(refresh_token)
        );
        let second = claims(exchange(form)["id_token"].as_str().expect("a token"));
        assert_eq!(second.get("nonce"), None, "{profile}");
        assert_eq!(second["auth_time"], first["auth_time"]);
    }
}

#[test]
fn claims_that_are_requested_one_by_one_go_where_the_request_says() {
    let server = server("standard");
    let request =
        json!({ "id_token": { "email": null }, "userinfo": { "name": { "essential": true } } });
    let query = format!(
        "response_type=code&scope=openid&claims={}",
        encoded(&request.to_string())
    );
    let (members, _) = respond(&server, &query);
    let form = format!("grant_type=authorization_code&code={}", members["code"]);
    let tokens = post(&server, Some(&basic("app", "s3cret")), &form).json();
    let id_token = claims(tokens["id_token"].as_str().expect("a token"));
    assert_eq!(
        (&id_token["email"], &id_token["name"]),
        (&json!("alice@example.com"), &Value::Null)
    );
    let userinfo = Request::get("")
        .authorization(format!(
            "Bearer {}",
            tokens["access_token"].as_str().expect("a token")
        ))
        .send_to(&server.userinfo_url())
        .json();
    assert_eq!(
        (&userinfo["name"], &userinfo["email"]),
        (&json!("Alice Example"), &Value::Null)
    );
    let (refused, _) = respond(&server, "response_type=code&scope=openid&claims=%5B%5D");
    assert_eq!(refused["error"], "invalid_request");
}

#[test]
fn who_does_not_consent_to_openid_denies_an_id_token() {
    let server = server("standard");
    for response_type in ALL {
        server.next_login(Login::new().scope("email"));
        let query = format!(
            "response_type={}&nonce=n&scope=openid%20email",
            encoded(response_type)
        );
        let url = format!("{}?client_id=app&{query}", server.authorization_url());
        let response = server.authorize(&url);
        let denied = response_type
            .contains("id_token")
            .then_some("access_denied");
        assert_eq!(response.error(), denied, "{response_type}");
    }
}

#[test]
fn a_request_for_the_claim_sub_is_answered_for_that_user_alone() {
    let server = TokenServer::builder()
        .profile("standard")
        .client(Client::confidential("app", "s3cret").redirect_uri("https://app.test/cb"))
        .user(User::new("alice"))
        .user(User::new("bob"))
        .auto_login(AutoLogin::FirstUser)
        .start();
    let url = |request: Value| {
        let claims = json!({ "id_token": { "sub": request } }).to_string();
        let query = format!(
            "response_type=code&scope=openid&claims={}",
            encoded(&claims)
        );
        format!("{}?client_id=app&{query}", server.authorization_url())
    };
    let refused = |user: &str, request: &Value| {
        server.next_login(Login::new().user(user));
        let response = server.authorize(&url(request.clone()));
        response.error() == Some("login_required")
    };
    for (request, for_alice, for_bob) in [
        (json!({ "value": "bob" }), false, true),
        (json!({ "values": ["carol", "bob"] }), false, true),
        (json!({ "essential": true }), true, true),
        (json!(null), true, true),
    ] {
        assert_eq!(!refused("alice", &request), for_alice, "{request}");
        assert_eq!(!refused("bob", &request), for_bob, "{request}");
    }
    // The automatic login takes the user whom the request names.
    let answer = Request::get("").send_to(&url(json!({ "value": "bob" })));
    let location = answer.header("location").unwrap_or_default();
    assert!(location.contains("?code="), "{location}");
    assert_eq!(
        server.requests().pop().and_then(|last| last.sub),
        Some("bob".to_owned())
    );
}

#[test]
fn the_acr_is_the_one_that_is_requested_by_a_claim_or_by_acr_values() {
    for profile in oauth_mimic::profiles() {
        let server = server(profile);
        let acr = |query: String| {
            let query = format!("response_type=code&scope=openid&{query}");
            let (members, _) = respond(&server, &query);
            let form = format!("grant_type=authorization_code&code={}", members["code"]);
            let tokens = post(&server, Some(&basic("app", "s3cret")), &form);
            claims(&tokens.member("id_token")).get("acr").cloned()
        };
        let claim = |request: Value| {
            let claims = json!({ "id_token": { "acr": request } });
            format!("claims={}", encoded(&claims.to_string()))
        };
        let values = json!({ "essential": true, "values": ["gold", "silver"] });
        assert_eq!(acr(claim(values.clone())), Some(json!("gold")), "{profile}");
        assert_eq!(acr(claim(json!({ "value": "tin" }))), Some(json!("tin")));
        let both = format!("acr_values=iron&{}", claim(values));
        assert_eq!(acr(both), Some(json!("gold")));
        let none = claim(json!({ "essential": true }));
        assert_eq!(acr(format!("acr_values=iron&{none}")), Some(json!("iron")));
        assert_eq!(acr(none), None, "{profile}: no value is known");
    }
}

#[test]
fn an_id_token_of_the_authorization_response_has_the_claims_that_were_requested_for_it() {
    let server = server("standard");
    let request = encoded(&json!({ "id_token": { "email": null } }).to_string());
    for response_type in ["code%20id_token", "id_token%20token"] {
        let query = format!("response_type={response_type}&scope=openid&nonce=n&claims={request}");
        let claims = claims(&respond(&server, &query).0["id_token"]);
        assert_eq!(claims["email"], "alice@example.com", "{response_type}");
        assert_eq!(claims.get("name"), None, "{response_type}");
    }
}
