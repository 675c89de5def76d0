//! The order of members: JSON that is read from text is written in the order of that text, at every depth.

use oauth_mimic::{Client, Defect, Fault, TokenServer, User};
use serde_json::json;

use crate::drive::Plane;
use crate::support::{Request, part_text, post, refresh};

const FIXTURES: &str = r#"{
    "profile": "standard",
    "clients": [{ "client_id": "app" }],
    "users": [{ "sub": "alice", "claims": { "email": { "work": "b", "home": ["a", { "z": 1, "y": 2 }] }, "name": "Alice" } }]
}"#;

/// The answer of userinfo for the scope `email`.
fn userinfo(server: &TokenServer) -> String {
    let token = server.mint().scope("openid email").access_token();
    let request = Request::get("").authorization(format!("Bearer {token}"));
    request.send_to(&server.userinfo_url()).text().to_owned()
}

#[test]
fn the_claims_of_a_user_in_fixtures_keep_their_written_order() {
    let server = TokenServer::builder()
        .fixtures_json("fixtures.json", FIXTURES)
        .start();
    let claims = userinfo(&server);
    let email = r#""email":{"work":"b","home":["a",{"z":1,"y":2}]}"#;
    assert!(claims.contains(email), "{claims}");
}

#[test]
fn the_claims_of_an_order_to_mint_keep_their_written_order() {
    let server = TokenServer::start();
    let plane = Plane::of(&server);
    let body = |before: &str, after: &str| {
        format!(
            r#"{{{before}"claims":{{"zone":{{"z":1,"y":[{{"x":2,"w":3}}]}},"area":4}}{after}}}"#
        )
    };
    for order in [
        body(r#""kind":"access_token","#, ""),
        format!(
            r#"{{"kind":"access_token","defect":{}}}"#,
            body(r#""kind":"set_claims","#, "")
        ),
        // The members before the kind of an object are kept until the kind is read.
        format!(
            r#"{{"kind":"access_token","defect":{}}}"#,
            body("", r#","kind":"set_claims""#)
        ),
    ] {
        let token = plane.send("POST", "/tokens", &order).member("token");
        let claims = part_text(&token, 1);
        let expected = r#","zone":{"z":1,"y":[{"x":2,"w":3}]},"area":4}"#;
        assert!(claims.ends_with(expected), "{order}: {claims}");
    }
}

#[test]
fn the_members_that_a_fault_sets_keep_their_written_order() {
    let server = TokenServer::start();
    let token = server.mint().refresh_token();
    for fault in [
        r#"{"kind":"answer","set":{"zone":{"z":1,"y":2},"area":4}}"#,
        r#"{"set":{"zone":{"z":1,"y":2},"area":4},"kind":"answer"}"#,
    ] {
        let rule = format!(r#"{{"on":"token","times":1,"fault":{fault}}}"#);
        let added = Plane::of(&server).send("POST", "/faults", &rule);
        assert_eq!(added.status, 201, "{}", added.text());
        assert!(
            added
                .text()
                .contains(r#""set":{"zone":{"z":1,"y":2},"area":4}"#)
        );
        let answer = refresh(&server, &token, "");
        let expected = r#","zone":{"z":1,"y":2},"area":4}"#;
        assert!(answer.text().ends_with(expected), "{}", answer.text());
    }
}

#[test]
fn a_member_that_appears_twice_in_a_claim_is_refused() {
    let server = TokenServer::start();
    let order = r#"{"claims":{"zone":{"a":1,"a":2}}}"#;
    let answer = Plane::of(&server).send("POST", "/tokens", order);
    assert_eq!(answer.status, 400, "{}", answer.text());
    let detail = answer.member("detail");
    assert!(detail.contains("`a`"), "{detail}");
}

/// No dependency of this library changes `serde_json`, neither for these tests nor for those of a user.
#[test]
fn the_users_own_serde_json_sorts_members_as_without_this_library() {
    let sorted = json!({ "b": 1, "a": 2 });
    assert_eq!(sorted.to_string(), r#"{"a":2,"b":1}"#);
    // A value from the user's code has lost its written order when the library gets it.
    let alice = User::new("alice").claim("email", sorted.clone());
    let server = TokenServer::builder()
        .profile("standard")
        .client(Client::public("app"))
        .user(alice)
        .start();
    let mint = || server.mint().scope("openid");
    let claims = userinfo(&server);
    assert!(claims.contains(r#""email":{"a":2,"b":1}"#), "{claims}");
    // Members that are set one after the other keep that order.
    let token = mint().claim("zone", sorted.clone()).claim("area", 4);
    let claims = part_text(&token.access_token(), 1);
    assert!(
        claims.ends_with(r#","zone":{"a":2,"b":1},"area":4}"#),
        "{claims}"
    );
    let defect = Defect::set_claim("zone", 1).claim("area", 2);
    let claims = part_text(&mint().defect(defect).access_token(), 1);
    assert!(claims.ends_with(r#","zone":1,"area":2}"#), "{claims}");
    let token = server.mint().refresh_token();
    server.fail_next(1, Fault::set("zone", sorted).set("area", 4));
    let answer = post(
        &server,
        None,
        &format!("grant_type=refresh_token&client_id=app&refresh_token={token}"),
    );
    let expected = r#","zone":{"a":2,"b":1},"area":4}"#;
    assert!(answer.text().ends_with(expected), "{}", answer.text());
}
