//! Introspection, revocation and userinfo beyond the obligations: the profile `connect`, named refresh tokens, the dialect
//! `spring`, the journal, and profiles of one's own.

use std::time::Duration;

use oauth_mimic::{
    AdviceCode, Client, Clock, Defect, Endpoint, ErrorDialect, Exchange, Expectation, Filter,
    Leniency, Outcome, RefreshPolicy, RefusalName, Timestamp, TokenServer, User,
};
use serde_json::{Value, json};

use crate::drive::Plane;
use crate::front::CALLBACK;
use crate::support::{Answer, Request, basic, encoded, get, part, post, refresh};

/// A request about a token, by the default client.
#[track_caller]
fn about(url: &str, token: &str) -> Answer {
    Request::form("", format!("token={}", encoded(token)))
        .basic("client-default", "client-default-secret")
        .send_to(url)
}

#[track_caller]
fn introspect(server: &TokenServer, token: &str) -> Answer {
    about(&server.introspection_url(), token)
}

#[track_caller]
fn is_active(server: &TokenServer, token: &str) -> bool {
    introspect(server, token).json()["active"] == true
}

#[track_caller]
fn userinfo(server: &TokenServer, token: &str) -> Answer {
    Request::get("")
        .authorization(format!("Bearer {token}"))
        .send_to(&server.userinfo_url())
}

#[track_caller]
fn last(server: &TokenServer) -> Exchange {
    server.requests().pop().expect("a request")
}

#[test]
fn an_access_token_of_the_documented_provider_carries_its_grant_in_its_id() {
    let server = TokenServer::start();
    let response = server.mint().response();
    let id = |token: &str| part(token, 1)["jti"].as_str().expect("a text").to_owned();
    let access_token = id(response.access_token());
    let refresh_token = id(response.refresh_token().expect("one"));
    assert_eq!((access_token.len(), refresh_token.len()), (27, 27));
    assert_eq!(access_token[..12], refresh_token[..12]);
    assert_ne!(access_token[12..], refresh_token[12..]);
}

#[test]
fn an_introspected_token_has_the_claims_of_the_documented_provider() {
    let server = TokenServer::start();
    let token = server.mint().access_token();
    let answer = introspect(&server, &token).json();
    let mut expected = part(&token, 1);
    expected["active"] = json!(true);
    // A text in this answer (RFC 7662 §2.2), an array in the token.
    expected["scope"] = json!("openid email phone");
    expected["token_type"] = json!("bearer");
    assert_eq!(answer, expected);
}

#[test]
fn a_named_refresh_token_can_be_introspected_and_revoked() {
    let server = TokenServer::start();
    let answer = introspect(&server, "REFRESH_TOKEN").json();
    assert_eq!(answer["active"], true);
    assert_eq!(answer["client_id"], "client-default");
    // It has no end.
    assert_eq!(answer.get("exp"), None);
    for token in ["EXPIRED", "NO_SUCH_TOKEN"] {
        assert!(!is_active(&server, token), "{token}");
    }
    let access_token = refresh(&server, "REFRESH_TOKEN", "").member("access_token");
    assert_eq!(about(&server.revocation_url(), "REFRESH_TOKEN").status, 200);
    assert!(!is_active(&server, "REFRESH_TOKEN"));
    assert!(!is_active(&server, &access_token));
    assert_eq!(
        refresh(&server, "REFRESH_TOKEN", "").error(),
        "invalid_grant"
    );
    // The name of another client's token stays valid.
    let foreign = introspect(&server, "ROTATING_REFRESH_TOKEN").json();
    assert_eq!(foreign["client_id"], "client-rotating");
    let refused = about(&server.revocation_url(), "ROTATING_REFRESH_TOKEN");
    assert_eq!(
        (refused.status, refused.error().as_str()),
        (400, "invalid_grant")
    );
    server.reset();
    assert!(is_active(&server, "REFRESH_TOKEN"));
}

#[test]
fn a_revocation_ends_the_tokens_of_its_grant_under_every_policy() {
    for policy in [
        RefreshPolicy::Reissue,
        RefreshPolicy::Rotate,
        RefreshPolicy::Reuse,
    ] {
        for profile in oauth_mimic::profiles() {
            let client = Client::confidential("client-default", "client-default-secret");
            let server = TokenServer::builder()
                .profile(profile)
                .client(client.refresh(policy))
                .user(User::new("alice"))
                .start();
            let first = server.mint().refresh_token();
            let answer = refresh(&server, &first, "");
            let (access, next) = (
                answer.member("access_token"),
                answer.member("refresh_token"),
            );
            assert!(is_active(&server, &access), "{profile} {policy:?}");
            about(&server.revocation_url(), &next);
            for token in [&access, &next, &first] {
                assert!(!is_active(&server, token), "{profile} {policy:?}");
            }
            assert_eq!(refresh(&server, &next, "").error(), "invalid_grant");
        }
    }
}

#[test]
fn a_revoked_grant_stays_revoked_until_its_access_tokens_expire() {
    let server = TokenServer::builder()
        .client(
            Client::confidential("client-default", "client-default-secret")
                .redirect_uri(CALLBACK)
                .refresh(RefreshPolicy::Rotate)
                .refresh_token_lifetime(Duration::from_secs(60))
                .access_token_lifetime(Duration::from_secs(600)),
        )
        .user(User::new("alice"))
        .start();
    let by_code = {
        let url = server.authorization_url();
        let url = format!("{url}?response_type=code&client_id=client-default&scope=openid");
        let code = server.authorize(&url).code().to_owned();
        let form = format!("grant_type=authorization_code&code={code}");
        let credentials = basic("client-default", "client-default-secret");
        let exchange = || post(&server, Some(&credentials), &form);
        let first = exchange();
        assert_eq!(exchange().error(), "invalid_grant");
        first.member("access_token")
    };
    let by_refresh_token = {
        let token = server.mint().refresh_token();
        let first = refresh(&server, &token, "");
        assert_eq!(refresh(&server, &token, "").error(), "invalid_grant");
        first.member("access_token")
    };
    server.clock().advance(300);
    for token in [by_code, by_refresh_token] {
        assert!(!is_active(&server, &token));
        assert_eq!(userinfo(&server, &token).error(), "invalid_token");
    }
}

#[test]
fn a_revocation_lasts_as_long_as_any_token_of_its_grant() {
    let server = TokenServer::start();
    let first = server.mint().refresh_token();
    server.clock().advance(3000);
    let second = refresh(&server, &first, "").member("refresh_token");
    for token in [first.as_str(), "REFRESH_TOKEN"] {
        assert_eq!(about(&server.revocation_url(), token).status, 200);
    }
    // The first one has expired, the second one has not, and the named one has no end.
    server.clock().advance(3000);
    for token in [second.as_str(), "REFRESH_TOKEN"] {
        assert_eq!(refresh(&server, token, "").error(), "invalid_grant");
        let refusal = last(&server).refusal;
        assert_eq!(refusal, Some(RefusalName::GrantRevoked), "{token}");
    }
    server.clock().advance(1_000_000);
    assert!(!is_active(&server, "REFRESH_TOKEN"));
}

#[test]
fn a_token_is_active_until_it_expires_by_the_clock_of_the_server() {
    let clock = Clock::frozen(Timestamp::from_unix(1_893_456_000));
    let server = TokenServer::builder().clock(&clock).start();
    let response = server.mint().response();
    clock.advance(899);
    assert!(is_active(&server, response.access_token()));
    clock.advance(1);
    assert!(!is_active(&server, response.access_token()));
    let answer = userinfo(&server, response.access_token());
    assert_eq!(
        (answer.status, answer.error().as_str()),
        (401, "invalid_token")
    );
    assert_eq!(last(&server).refusal, Some(RefusalName::AccessTokenExpired));
    assert!(is_active(&server, response.refresh_token().expect("one")));
}

#[test]
fn the_journal_says_why_a_token_is_not_active_although_the_answer_does_not() {
    let server = TokenServer::start();
    introspect(&server, "x");
    let exchange = last(&server);
    assert_eq!(exchange.endpoint, Endpoint::Introspection);
    assert_eq!(
        (exchange.status, exchange.outcome),
        (200, Outcome::Answered)
    );
    assert_eq!(exchange.error, None);
    assert_eq!(exchange.refusal, Some(RefusalName::TokenInactive));
    let reason = exchange.reason.expect("a reason");
    assert!(reason.contains("three parts"), "{reason}");
    let expired = server.mint().defect(Defect::Expired).access_token();
    introspect(&server, &expired);
    let reason = last(&server).reason.expect("a reason");
    assert!(reason.contains("expired at"), "{reason}");
    assert!(!reason.contains(&expired));
}

#[test]
fn requests_can_be_selected_by_their_grant_and_by_their_user() {
    let server = TokenServer::start();
    let answer = refresh(&server, "REFRESH_TOKEN", "");
    let token = answer.member("access_token");
    let issued = last(&server);
    let grant_id = issued.grant_id.expect("a grant");
    assert_eq!(
        part(&token, 1)["jti"].as_str().expect("a text")[..12],
        grant_id
    );
    introspect(&server, &token);
    let id = last(&server).presented;
    assert_eq!(id.as_deref(), part(&token, 1)["jti"].as_str());
    userinfo(&server, &token);
    about(&server.revocation_url(), &token);
    // Others: another grant of another user, and a request about no grant.
    userinfo(&server, &server.mint().subject("alice").access_token());
    get(server.address(), "/connect/.well-known/jwks.json");
    let sub = issued.sub.expect("a user");
    assert_eq!(answer.status, 200);
    for filter in [Filter::any().grant_id(&grant_id), Filter::any().user(&sub)] {
        server.verify(&Expectation::exactly(filter, 4));
    }
    let alice = Filter::endpoint(Endpoint::Userinfo).user("alice");
    server.verify(&Expectation::exactly(alice, 1));
    let plane = Plane::of(&server);
    let found = plane.get(&format!("/requests?grant_id={grant_id}&sub={sub}"));
    assert_eq!(found.json()["requests"].as_array().map(Vec::len), Some(4));
}

#[test]
fn introspecting_a_refresh_token_is_not_a_use_of_it() {
    let server = TokenServer::start();
    let token = server.mint().client("client-rotating").refresh_token();
    for _ in 0..2 {
        assert!(is_active(&server, &token));
        assert_eq!(last(&server).advice, []);
    }
    let answer = crate::support::refresh_as(&server, "client-rotating", &token, "");
    assert_eq!(answer.status, 200);
    assert_eq!(last(&server).advice, []);
    assert!(!is_active(&server, &token), "it is used up");
}

#[test]
fn a_token_in_a_query_is_advised_against_where_it_is_tolerated() {
    let tolerated = [RefusalName::BearerInQuery, RefusalName::ParameterInUri];
    let server = TokenServer::builder()
        .leniency(Leniency::of(tolerated).expect("tolerable"))
        .start();
    let token = server.mint().access_token();
    let answer =
        Request::get("").send_to(&format!("{}?access_token={token}", server.userinfo_url()));
    assert_eq!(answer.status, 200, "{answer:?}");
    let codes = || -> Vec<AdviceCode> {
        last(&server)
            .advice
            .iter()
            .map(|advice| advice.code)
            .collect()
    };
    assert_eq!(codes(), [AdviceCode::ParameterInUri, AdviceCode::Tolerated]);
    let answer = Request::form("", "")
        .basic("client-default", "client-default-secret")
        .send_to(&format!("{}?token={token}", server.introspection_url()));
    assert_eq!(answer.json()["active"], true);
    assert_eq!(codes(), [AdviceCode::ParameterInUri, AdviceCode::Tolerated]);
    let shown = format!("{:?}", server.requests());
    assert!(!shown.contains(&token), "a token is in the journal");
}

#[test]
fn a_server_that_tolerates_anything_knows_every_token() {
    let server = TokenServer::builder()
        .leniency(Leniency::anything())
        .start();
    let answers = [
        userinfo(&server, "whatever"),
        Request::get("").send_to(&server.userinfo_url()),
        userinfo(&server, &server.mint().id_token()),
    ];
    for answer in answers {
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.json()["email"], "camille.martin@example.com");
    }
    let answer = about(&server.revocation_url(), &server.mint().id_token());
    assert_eq!(answer.status, 200);
}

#[test]
fn the_framework_of_the_documented_provider_has_its_own_words() {
    let server = TokenServer::builder()
        .error_dialect(ErrorDialect::Spring)
        .start();
    let expired = server.mint().defect(Defect::Expired).access_token();
    for (token, description) in [
        ("x", "Cannot convert access token to JSON"),
        (&expired, "Token has expired"),
        ("EXPIRED", "Encoded token is a refresh token"),
    ] {
        let answer = introspect(&server, token);
        assert_eq!(answer.status, 400);
        assert_eq!(
            answer.json(),
            json!({ "error": "invalid_token", "error_description": description })
        );
        assert_eq!(last(&server).outcome, Outcome::Refused);
    }
    let refresh_token = server.mint().refresh_token();
    for (token, description) in [
        (expired.as_str(), "Access token expired"),
        (&refresh_token, "Encoded token is a refresh token"),
        ("REFRESH_TOKEN", "Encoded token is a refresh token"),
    ] {
        let answer = userinfo(&server, token);
        assert_eq!(answer.status, 401);
        assert_eq!(
            answer.header("www-authenticate"),
            Some(format!(r#"Bearer realm="oauth2-resource", error="invalid_token", error_description="{description}""#).as_str())
        );
    }
    let anonymous = Request::get("").send_to(&server.userinfo_url());
    assert_eq!(
        (anonymous.status, anonymous.error().as_str()),
        (401, "unauthorized")
    );
    // It reads an access token of the query, too.
    let token = server.mint().access_token();
    let url = format!("{}?access_token={token}", server.userinfo_url());
    assert_eq!(Request::get("").send_to(&url).status, 200);
    assert_eq!(last(&server).advice[0].code, AdviceCode::ParameterInUri);
}

#[test]
fn a_profile_decides_what_userinfo_and_introspection_answer() {
    let directory =
        std::env::temp_dir().join(format!("oauth-mimic-reading-{}", std::process::id()));
    std::fs::create_dir_all(&directory).expect("a directory");
    let path = directory.join("profile.json");
    let profile = json!({
        "extends": "standard",
        "name": "mine",
        "tokens": { "id_token": { "claims": { "tier": "gold" } } },
        "userinfo": { "claims": {
            "id": "{subject}",
            "roles": { "when": { "scope": "phone" }, "value": "{user.roles}" },
            "email": "hidden",
            "...": "{claims}",
        } },
        "introspection": {
            "active": true,
            "kind": { "when": { "token": "refresh_token" }, "value": "refresh" },
            "grant": "{grant_id}",
            "scopes": "{scopes}",
        },
    });
    std::fs::write(&path, profile.to_string()).expect("a file");
    let server = TokenServer::builder()
        .profile(path.display().to_string())
        .client(Client::confidential(
            "client-default",
            "client-default-secret",
        ))
        .user(
            User::new("alice")
                .claim("roles", json!(["a"]))
                .claim("email", "alice@example.com")
                .claim("phone_number", "1"),
        )
        .start();
    let tokens = server.mint().scope("openid email phone").response();
    assert_eq!(
        userinfo(&server, tokens.access_token()).json(),
        json!({ "id": "alice", "roles": ["a"], "email": "hidden", "phone_number": "1" })
    );
    let narrow = server.mint().scope("openid email").access_token();
    let answer = userinfo(&server, &narrow);
    assert_eq!(answer.json(), json!({ "id": "alice", "email": "hidden" }));
    let members = answer.text().matches(r#""email""#).count();
    assert_eq!(members, 1, "{}", answer.text());
    let metadata = Request::get("").send_to(&server.metadata_url()).json();
    let claims = metadata["claims_supported"].as_array().expect("a list");
    assert!(claims.contains(&json!("tier")), "{claims:?}");
    let grant = part(tokens.access_token(), 1)["grant_id"].clone();
    let scopes = json!(["openid", "email", "phone"]);
    for (token, kind) in [
        (tokens.access_token(), Value::Null),
        (tokens.refresh_token().expect("one"), json!("refresh")),
    ] {
        let answer = introspect(&server, token).json();
        assert_eq!(answer["grant"], grant);
        assert_eq!(answer["scopes"], scopes);
        assert_eq!(answer["kind"], kind);
    }
}

/// The access token of client credentials has the id of the client as its `sub`.
#[test]
fn a_user_who_has_the_name_of_the_client_is_a_user_all_the_same() {
    let server = TokenServer::builder()
        .profile("standard")
        .client(Client::confidential("same", "s").scope("openid"))
        .user(User::new("same"))
        .start();
    let answer = userinfo(&server, &server.mint().access_token());
    assert_eq!(answer.json(), json!({ "sub": "same" }));
}

#[test]
fn a_token_is_read_by_the_shape_that_lacks_the_fewest_members() {
    let directory = std::env::temp_dir().join(format!("oauth-mimic-shapes-{}", std::process::id()));
    std::fs::create_dir_all(&directory).expect("a directory");
    let path = directory.join("profile.json");
    let standard = include_str!("../../fixtures/profiles/standard.json");
    let standard: Value = serde_json::from_str(standard).expect("a profile");
    let mut of_code = standard["tokens"]["access_token"].clone();
    of_code["header"]["typ"] = json!("code+jwt");
    of_code["claims"]["level"] = json!("{user.level}");
    let profile = json!({
        "extends": "standard",
        "name": "mine",
        "grants": { "authorization_code": { "access_token": of_code } },
    });
    std::fs::write(&path, profile.to_string()).expect("a file");
    let server = TokenServer::builder()
        .profile(path.display().to_string())
        .start();
    let answer = userinfo(&server, &server.mint().access_token());
    assert_eq!(answer.status, 200, "{answer:?}");
}

#[test]
fn a_mistake_in_the_new_templates_is_reported_with_its_place() {
    let directory =
        std::env::temp_dir().join(format!("oauth-mimic-mistakes-{}", std::process::id()));
    std::fs::create_dir_all(&directory).expect("a directory");
    for (index, (change, place, problem)) in [
        (json!({ "userinfo": { "claims": { "...": "{subject}" } } }), "/userinfo/claims/...", "must be `{claims}`"),
        (json!({ "userinfo": { "claims": { "all": "{claims}" } } }), "/userinfo/claims/all", "has no value of its own"),
        (json!({ "response": { "...": "{claims}" } }), "/response/...", "only claims and userinfo"),
        (json!({ "introspection": { "a": "{now}" } }), "/introspection/a", "unknown placeholder"),
        (
            json!({ "introspection": { "a": { "when": { "grant": "refresh_token" }, "value": 1 } } }),
            "/introspection/a/when",
            "depend on a grant",
        ),
        (
            json!({ "response": { "a": { "when": { "token": "access_token" }, "value": 1 } } }),
            "/response/a/when",
            "only an introspection response",
        ),
        (json!({ "userinfo": { "signed": { "header": { "alg": "none" } } } }), "/userinfo/signed/header/alg", "must be RS256"),
    ]
    .into_iter()
    .enumerate()
    {
        let mut profile = json!({ "extends": "standard", "name": "mine" });
        for (name, value) in change.as_object().expect("an object") {
            profile[name] = value.clone();
        }
        let path = directory.join(format!("{index}.json"));
        std::fs::write(&path, profile.to_string()).expect("a file");
        let why = TokenServer::builder()
            .profile(path.display().to_string())
            .try_start()
            .expect_err("a mistake")
            .to_string();
        assert!(why.contains(place) && why.contains(problem), "{why}");
    }
}
