//! Profiles of one's own: extending another one, conditions on members, shapes per grant.

use oauth_mimic::{GrantType, TokenServer};
use serde_json::{Value, json};

use crate::support::{get, part, path_of};

/// Writes a profile into a directory of its own and returns its path.
fn profile(name: &str, document: &Value) -> String {
    let directory = std::env::temp_dir().join(format!("oauth-mimic-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&directory).expect("a directory");
    let path = directory.join("profile.json");
    std::fs::write(&path, document.to_string()).expect("a file");
    path.display().to_string()
}

fn start(name: &str, document: &Value) -> TokenServer {
    TokenServer::builder()
        .profile(profile(name, document))
        .start()
}

#[test]
fn a_profile_extends_another_one_and_says_only_what_differs() {
    let server = start(
        "extends",
        &json!({
            "extends": "standard",
            "name": "mine",
            "paths": { "prefix": "/realms/mine", "token": "/token" },
            "lifetimes": { "access_token": 60 },
            "errors": { "refusals": { "client_unknown": { "status": 400, "error": "unauthorized_client" } } },
        }),
    );
    assert!(server.token_url().ends_with("/realms/mine/token"));
    let response = server.mint().response();
    let claims = part(response.access_token(), 1);
    assert_eq!(
        claims["exp"]
            .as_i64()
            .zip(claims["iat"].as_i64())
            .map(|(exp, iat)| exp - iat),
        Some(60)
    );
    assert_eq!(
        part(response.access_token(), 0)["typ"],
        "at+jwt",
        "as in the profile it extends"
    );
    let answer = crate::support::Request::form(
        "",
        "grant_type=refresh_token&client_id=nobody&client_secret=x",
    )
    .send_to(&server.token_url());
    assert_eq!(
        (answer.status, answer.error()),
        (400, "unauthorized_client".to_owned())
    );
}

#[test]
fn profiles_that_extend_one_another_in_a_cycle_are_refused() {
    let path = profile(
        "cycle",
        &json!({ "extends": "profile.json", "name": "mine" }),
    );
    let why = TokenServer::builder()
        .profile(path)
        .try_start()
        .expect_err("a cycle")
        .to_string();
    assert!(why.contains("/extends") && why.contains("cycle"), "{why}");
    let path = profile(
        "nowhere",
        &json!({ "extends": "no-such-profile", "name": "mine" }),
    );
    let why = TokenServer::builder()
        .profile(path)
        .try_start()
        .expect_err("no base")
        .to_string();
    assert!(
        why.contains("/extends") && why.contains("no-such-profile"),
        "{why}"
    );
}

#[test]
fn a_member_is_written_only_where_its_condition_holds() {
    let server = start(
        "conditions",
        &json!({
            "extends": "standard",
            "name": "mine",
            "response": {
                "access_token": "{access_token}",
                "refresh_token": "{refresh_token}",
                "email_granted": { "when": { "scope": "email" }, "value": true },
                "machine": { "when": { "grant": "client_credentials" }, "value": "{grant_type}" },
            },
        }),
    );
    let body = |scope: &str, grant: GrantType| -> Value {
        let response = server
            .mint()
            .client("client-default")
            .scope(scope)
            .grant_type(grant)
            .response();
        serde_json::from_str(response.as_json()).expect("JSON")
    };
    let (with, without) = (
        body("openid email", GrantType::RefreshToken),
        body("openid", GrantType::RefreshToken),
    );
    assert_eq!(with["email_granted"], true);
    assert_eq!(without.get("email_granted"), None);
    assert_eq!(without.get("machine"), None);
    let machine = body("openid", GrantType::ClientCredentials);
    assert_eq!(machine["machine"], "client_credentials");
    assert_eq!(machine.get("refresh_token"), None);
}

#[test]
fn an_alias_serves_the_metadata_too() {
    let server = TokenServer::start();
    let url = server.metadata_url();
    let path = path_of(&server, &url);
    let by_alias = path.replacen("/connect/", "/connect-re7/", 1);
    assert_ne!(path, by_alias);
    let (own, alias) = (
        get(server.address(), path),
        get(server.address(), &by_alias),
    );
    assert_eq!((alias.status, alias.json()), (200, own.json()));
}

#[test]
fn client_credentials_have_the_claims_that_their_profile_documents() {
    for (profile, claims, members) in [
        (
            "connect",
            &["scope", "iss", "exp", "iat", "jti", "client_id"][..],
            &["access_token", "token_type", "expires_in", "scope", "jti"][..],
        ),
        (
            "standard",
            &[
                "iss",
                "sub",
                "aud",
                "client_id",
                "scope",
                "iat",
                "exp",
                "jti",
                "grant_id",
            ],
            &["access_token", "token_type", "expires_in", "scope"],
        ),
    ] {
        let server = TokenServer::builder().profile(profile).start();
        let response = server
            .mint()
            .client("client-default")
            .grant_type(GrantType::ClientCredentials)
            .response();
        let names = |object: &Value| -> Vec<String> {
            object
                .as_object()
                .expect("an object")
                .keys()
                .cloned()
                .collect()
        };
        let sorted = |mut names: Vec<String>| {
            names.sort();
            names
        };
        let expected =
            |names: &[&str]| sorted(names.iter().map(|name| (*name).to_owned()).collect());
        let token = part(response.access_token(), 1);
        assert_eq!(sorted(names(&token)), expected(claims), "{profile}");
        let body: Value = serde_json::from_str(response.as_json()).expect("JSON");
        assert_eq!(sorted(names(&body)), expected(members), "{profile}");
        assert_eq!(
            (response.refresh_token(), response.id_token()),
            (None, None),
            "{profile}"
        );
    }
}
