//! Profiles of one's own: extending another one, conditions on members, shapes per grant.

use oauth_mimic::{Client, Defect, GrantType, TokenServer, User};
use serde_json::{Value, json};

use crate::front::{self, CALLBACK};
use crate::support::{Request, basic, get, part, path_of, post, refresh};

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

/// The refresh token of the profile `standard`, with changed claims; `null` removes one.
fn refresh_token(changed: &Value) -> Value {
    let mut claims = json!({
        "iss": "{issuer}",
        "sub": "{subject}",
        "client_id": "{client_id}",
        "scope": "{scope}",
        "auth_time": "{auth_time}",
        "iat": "{now}",
        "exp": "{expires_at}",
        "jti": "{id}",
        "grant_id": "{grant_id}",
        "token_use": "refresh",
    });
    let members = claims.as_object_mut().expect("an object");
    for (name, value) in changed.as_object().expect("an object") {
        if value.is_null() {
            members.remove(name);
        } else {
            members.insert(name.clone(), value.clone());
        }
    }
    claims
}

/// Claims of an access token that can be read back.
fn access_token() -> Value {
    json!({
        "iss": "{issuer}",
        "sub": "{subject}",
        "client_id": "{client_id}",
        "scope": "{scope}",
        "exp": "{expires_at}",
        "jti": "{id}",
        "grant_id": "{grant_id}",
    })
}

/// A profile in which the refresh token and the access token have these claims.
fn with_claims(refresh_token: &Value, access_token: &Value) -> Value {
    json!({
        "extends": "standard",
        "name": "mine",
        "tokens": {
            "refresh_token": { "header": { "alg": "RS256" }, "claims": refresh_token },
            "access_token": { "claims": access_token },
        },
    })
}

#[test]
fn a_refresh_token_with_placeholders_in_texts_is_read_back() {
    let claims = refresh_token(&json!({
        "sub": "user:{subject}",
        "client_id": "{client_id}@clients",
        "both": "{client_id} for {subject}",
    }));
    let server = start("texts", &with_claims(&claims, &access_token()));
    let token = server.mint().refresh_token();
    let claims = part(&token, 1);
    let subject = claims["sub"]
        .as_str()
        .and_then(|sub| sub.strip_prefix("user:"));
    let subject = subject.expect("a subject after the literal");
    assert_eq!(claims["both"], format!("client-default for {subject}"));
    let answer = refresh(&server, &token, "");
    assert_eq!(answer.status, 200, "{}", answer.text());
    let next = part(&answer.member("refresh_token"), 1);
    assert_eq!(next["sub"], claims["sub"]);
    assert_eq!(next["client_id"], "client-default@clients");
    for wrong in [
        json!({ "sub": format!("use:{subject}") }),
        json!({ "client_id": "client-default@clients and more" }),
        json!({ "client_id": "client-default" }),
    ] {
        let changed = wrong.as_object().expect("an object").clone();
        let token = changed
            .into_iter()
            .fold(server.mint(), |mint, (name, value)| mint.claim(name, value))
            .refresh_token();
        assert_eq!(refresh(&server, &token, "").status, 400, "{wrong}");
    }
}

#[test]
fn a_refresh_token_whose_claims_cannot_be_read_back_is_refused() {
    for (changed, missing) in [
        (
            json!({ "sub": "{subject} {client_id}" }),
            "must carry {subject}",
        ),
        (
            json!({ "client_id": "{subject}@clients" }),
            "must carry {client_id}",
        ),
        (json!({ "jti": ["{id}"] }), "must carry {id}"),
        (json!({ "grant_id": null }), "must carry {grant_id}"),
    ] {
        let claims = refresh_token(&changed);
        let path = profile("unreadable", &with_claims(&claims, &access_token()));
        let why = TokenServer::builder()
            .profile(path)
            .try_start()
            .expect_err("unreadable")
            .to_string();
        assert!(why.contains(missing), "{why}");
    }
}

#[test]
fn a_mandatory_claim_distinguishes_a_refresh_token_from_other_tokens() {
    let try_start = |refresh_token: &Value, access_token: &Value| {
        let path = profile("alike", &with_claims(refresh_token, access_token));
        TokenServer::builder().profile(path).try_start()
    };
    let other = refresh_token(&json!({ "token_use": "access" }));
    let server = try_start(&refresh_token(&json!({})), &other).expect("distinct tokens");
    let answer = refresh(&server, &server.mint().access_token(), "");
    assert!(
        answer
            .member("error_description")
            .contains("this is an access token"),
        "{}",
        answer.text()
    );
    let same = refresh_token(&json!({}));
    let optional = refresh_token(&json!({ "email": "{user.email}" }));
    for (refresh_token, access_token) in [(&same, &same), (&optional, &same)] {
        let why = try_start(refresh_token, access_token)
            .expect_err("tokens that are alike")
            .to_string();
        assert!(
            why.contains("an access token could be taken for a refresh token"),
            "{why}"
        );
    }
}

#[test]
fn a_refresh_token_has_a_type_only_if_its_profile_gives_it_one() {
    let claims = refresh_token(&json!({}));
    let server = start("untyped", &with_claims(&claims, &access_token()));
    let good = server.mint().refresh_token();
    assert_eq!(part(&good, 0).get("typ"), None);
    assert_eq!(refresh(&server, &good, "").status, 200);
    let typed = server.mint().defect(Defect::WrongType).refresh_token();
    let answer = refresh(&server, &typed, "");
    assert!(
        answer
            .member("error_description")
            .contains("typ is logout+jwt, not missing"),
        "{}",
        answer.text()
    );
}

#[test]
fn a_defect_changes_the_claim_that_the_profile_has_for_it() {
    let access_token = json!({
        "issuer": "{issuer}",
        "audience": "{access_token_audience}",
        "sub": "{subject}",
        "client_id": "{client_id}",
        "scope": "{scope}",
        "exp": "{expires_at}",
        "jti": "{id}",
        "grant_id": "{grant_id}",
    });
    let server = start(
        "renamed",
        &with_claims(&refresh_token(&json!({})), &access_token),
    );
    let claims = |defect| part(&server.mint().defect(defect).access_token(), 1);
    let wrong = claims(Defect::WrongIssuer);
    assert_eq!(wrong["issuer"], "https://issuer.invalid");
    assert_eq!(wrong.get("iss"), None);
    let wrong = claims(Defect::WrongAudience);
    assert_eq!(wrong["audience"], json!(["https://audience.invalid"]));
    assert_eq!(wrong.get("aud"), None);
}

#[test]
fn a_refresh_token_is_accepted_for_the_audience_that_its_profile_writes() {
    let plain = Client::confidential("client-default", "client-default-secret");
    let with_audiences = plain
        .clone()
        .access_token_audience(["api", "other"])
        .id_token_audience(["client-default", "web"]);
    for audience in [
        json!("{issuer}"),
        json!("{client_id}"),
        json!("{access_token_audience}"),
        json!("{id_token_audience}"),
        json!(["{client_id}", "fixed"]),
        json!(["{issuer}"]),
        json!("urn:{client_id}"),
        json!("fixed"),
    ] {
        let claims = refresh_token(&json!({ "aud": audience }));
        let path = profile("audience", &with_claims(&claims, &access_token()));
        for client in [&plain, &with_audiences] {
            let server = TokenServer::builder()
                .profile(path.clone())
                .client(client.clone())
                .user(User::new("alice"))
                .start();
            let token = server.mint().refresh_token();
            let answer = refresh(&server, &token, "");
            assert_eq!(answer.status, 200, "{audience}: {}", answer.text());
            // A profile that writes an array reads only an array back.
            let foreign = match &audience {
                Value::Array(_) => json!(["elsewhere"]),
                _ => json!("elsewhere"),
            };
            let foreign = server.mint().claim("aud", foreign).refresh_token();
            assert_eq!(refresh(&server, &foreign, "").status, 400, "{audience}");
        }
    }
}

#[test]
fn a_claim_of_another_type_is_not_read_back() {
    for (name, claim, value) in [
        ("standard", "iss", json!(5)),
        ("standard", "sub", json!(5)),
        ("standard", "exp", json!("soon")),
        ("standard", "iat", json!("soon")),
        ("standard", "scope", json!(["openid"])),
        ("connect", "scope", json!("openid")),
        ("connect", "scope", json!([5])),
    ] {
        let server = TokenServer::builder().profile(name).start();
        let token = server.mint().claim(claim, value).refresh_token();
        let answer = refresh(&server, &token, "");
        assert!(
            answer
                .member("error_description")
                .contains("not a refresh token"),
            "{name} {claim}: {}",
            answer.text()
        );
    }
}

#[test]
fn a_template_nests_arrays_and_objects_and_leaves_out_what_has_no_value() {
    let server = start(
        "nested",
        &json!({
            "extends": "standard",
            "name": "mine",
            "response": {
                "access_token": "{access_token}",
                "list": ["{user.no_such_claim}", "{client_id}", "for {user.no_such_claim}", 1, "{grant_type}"],
                "nested": { "missing": "{user.no_such_claim}", "deeper": { "issuer": "{issuer}", "fixed": [{ "a": 1 }] } },
            },
        }),
    );
    let response = server.mint().response();
    let body: Value = serde_json::from_str(response.as_json()).expect("JSON");
    assert_eq!(body["list"], json!(["client-default", 1, "refresh_token"]));
    let deeper = json!({ "issuer": server.issuer(), "fixed": [{ "a": 1 }] });
    assert_eq!(body["nested"], json!({ "deeper": deeper }));
}

#[test]
fn a_profile_may_support_plain_challenges_which_are_the_verifiers() {
    let server = start(
        "plain",
        &json!({ "extends": "standard", "name": "old", "code_challenge_methods": ["S256", "plain"] }),
    );
    let document = Request::get("").send_to(&server.metadata_url()).json();
    assert_eq!(
        document["code_challenge_methods_supported"],
        json!(["S256", "plain"])
    );
    let verifier = "a-verifier-of-at-least-forty-three-characters";
    let code = |method: &str| {
        let more = format!("response_type=code&code_challenge={verifier}{method}");
        front::response(&server, &more)["code"].clone()
    };
    let exchange = |code: &str, verifier: &str| {
        let form = format!(
            "grant_type=authorization_code&code={code}&redirect_uri={CALLBACK}&code_verifier={verifier}"
        );
        post(&server, Some(&basic("web", "web-secret")), &form)
    };
    // Without a method the challenge is plain (RFC 7636 §4.3).
    for method in ["&code_challenge_method=plain", ""] {
        assert_eq!(exchange(&code(method), verifier).status, 200, "{method}");
        let other = verifier.replace('a', "b");
        assert_eq!(exchange(&code(method), &other).error(), "invalid_grant");
    }
    let hashed = code("&code_challenge_method=S256");
    assert_eq!(exchange(&hashed, verifier).error(), "invalid_grant");
}
