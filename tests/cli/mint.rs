//! `mint`.

use serde_json::{Value, json};

use crate::support::{Server, USER, bad, directory, good, good_with, json, part, write};

const CLOCK: &str = "2023-03-28T12:23:16Z";
const NOW: i64 = 1_680_006_196;

#[test]
fn without_anything_it_prints_the_whole_response_of_the_first_client_and_user() {
    let response = json(&good(&["mint"]));
    let members: Vec<&str> = response
        .as_object()
        .expect("an object")
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(
        members,
        [
            "access_token",
            "token_type",
            "refresh_token",
            "id_token",
            "expires_in",
            "scope",
            "jti"
        ]
    );
    let claims = part(response["access_token"].as_str().expect("a token"), 1);
    assert_eq!(claims["client_id"], "client-default");
    assert_eq!(claims["sub"], USER);
    assert_eq!(claims["iss"], "http://127.0.0.1:8080/connect");
    assert_eq!(response["scope"], "openid email phone");
}

#[test]
fn only_prints_one_token_and_nothing_else() {
    let same = ["--clock", CLOCK, "--seed", "7"];
    let response = json(&good(&[&["mint"], &same[..]].concat()));
    for (only, member) in [
        ("access-token", "access_token"),
        ("refresh-token", "refresh_token"),
        ("id-token", "id_token"),
    ] {
        let printed = good(&[&["mint", "--only", only], &same[..]].concat());
        assert_eq!(response[member], printed, "{only}");
    }
}

#[test]
fn client_subject_scope_and_login_are_as_asked() {
    let directory = directory("mint_as_asked");
    let fixtures = json!({
        "clients": [{ "client_id": "a" }, { "client_id": "b", "client_secret": "s", "scope": "openid read write" }],
        "users": [{ "sub": "alice" }, { "sub": "bob" }],
    });
    let fixtures = write(&directory, "fixtures.json", &fixtures.to_string());
    let response = json(&good(&[
        "mint",
        "--fixtures",
        &fixtures,
        "--client",
        "b",
        "--subject",
        "bob",
        "--scope",
        "openid write",
        "--auth-time",
        "2023-03-28T12:21:05Z",
        "--clock",
        CLOCK,
    ]));
    for member in ["access_token", "refresh_token", "id_token"] {
        let claims = part(response[member].as_str().expect("a token"), 1);
        assert_eq!(claims["sub"], "bob", "{member}");
        assert_eq!(claims["auth_time"], NOW - 131, "{member}");
        if member != "id_token" {
            assert_eq!(claims["client_id"], "b", "{member}");
            assert_eq!(claims["scope"], json!(["openid", "write"]), "{member}");
        }
    }
    // A client that is registered for nothing may be given anything.
    let response = json(&good(&[
        "mint",
        "--fixtures",
        &fixtures,
        "--client",
        "a",
        "--scope",
        "x y",
    ]));
    assert_eq!(response["scope"], "x y");
}

#[test]
fn each_token_lives_as_long_as_asked() {
    let response = json(&good(&[
        "mint",
        "--clock",
        CLOCK,
        "--access-token-lifetime",
        "10",
        "--id-token-lifetime",
        "20",
        "--refresh-token-lifetime",
        "30",
    ]));
    for (member, seconds) in [
        ("access_token", 10),
        ("id_token", 20),
        ("refresh_token", 30),
    ] {
        let claims = part(response[member].as_str().expect("a token"), 1);
        assert_eq!(claims["exp"], NOW + seconds, "{member}");
    }
    assert_eq!(response["expires_in"], 9);
}

#[test]
fn the_issuer_is_that_of_the_server_it_is_minted_for() {
    for (args, environment, issuer) in [
        (
            &["--port", "9000"][..],
            &[][..],
            "http://127.0.0.1:9000/connect",
        ),
        (&["--host", "0.0.0.0"], &[], "http://localhost:8080/connect"),
        (&["--host", "::1"], &[], "http://[::1]:8080/connect"),
        (
            &["--base-url", "http://mimic:9000"],
            &[],
            "http://mimic:9000/connect",
        ),
        (
            &["--issuer", "https://login.example.test"],
            &[("OAUTH_MIMIC_PORT", "0")],
            "https://login.example.test",
        ),
        (
            &["--profile", "standard"],
            &[("OAUTH_MIMIC_PORT", "9000")],
            "http://127.0.0.1:9000",
        ),
    ] {
        let token = good_with(
            &[&["mint", "--only", "access-token"], args].concat(),
            environment,
        );
        assert_eq!(part(&token, 1)["iss"], issuer, "{args:?}");
    }
}

#[test]
fn the_same_clock_and_seed_mint_the_same_byte_for_byte() {
    let mint = |seed: &str| good(&["mint", "--clock", CLOCK, "--seed", seed]);
    assert_eq!(mint("1"), mint("1"));
    assert_ne!(mint("1"), mint("2"));
    assert_ne!(
        good(&["mint", "--clock", CLOCK]),
        good(&["mint", "--clock", CLOCK])
    );
}

#[test]
fn a_minted_refresh_token_is_good_at_a_server_with_the_same_issuer() {
    let issuer = "https://login.example.test";
    let token = good(&[
        "mint",
        "--only",
        "refresh-token",
        "--issuer",
        issuer,
        "--scope",
        "openid",
    ]);
    let server = Server::start(&["--issuer", issuer]);
    let answer = server.refresh(&token);
    assert_eq!(
        (answer.status, answer.member("scope").as_str()),
        (200, "openid"),
        "{}",
        answer.body
    );

    let elsewhere = Server::start(&["--issuer", "https://other.example.test"]);
    let refused = elsewhere.refresh(&token);
    assert_eq!(
        (refused.status, refused.member("error").as_str()),
        (400, "invalid_grant")
    );
    assert!(
        refused.member("error_description").contains(issuer),
        "{}",
        refused.body
    );
}

#[test]
fn a_token_minted_by_the_address_is_good_at_the_server_that_listens_there() {
    let server = Server::start(&[]);
    let port = server
        .base_url
        .rsplit(':')
        .next()
        .expect("a port")
        .to_owned();
    let token = good(&["mint", "--only", "refresh-token", "--port", &port]);
    assert_eq!(server.refresh(&token).status, 200);
}

#[test]
fn the_standard_profile_mints_its_own_shape() {
    let response = json(&good(&["mint", "--profile", "standard"]));
    let token = response["access_token"].as_str().expect("a token");
    assert_eq!(part(token, 0)["typ"], "at+jwt");
    assert!(part(token, 0)["kid"].is_string());
    assert_eq!(response["jti"], Value::Null);
}

#[test]
fn what_cannot_be_minted_is_told_with_what_there_is() {
    for (args, problems) in [
        (
            &["--client", "nobody"][..],
            &["there is no client `nobody`; there are: CLIENT_ID, client-default, "][..],
        ),
        (
            &["--subject", "nobody"],
            &["there is no user `nobody`; there are: ", USER],
        ),
        (
            &["--scope", "openid admin"],
            &[
                "scope: scope admin was asked for",
                "registered for openid email phone only",
            ],
        ),
        (
            &["--scope", "openid  email"],
            &["scope: the scope is malformed: ", "exactly one space"],
        ),
        (
            &["--scope", "email", "--only", "id-token"],
            &["--only id-token: scope `email` calls for none; add openid to --scope"],
        ),
        (
            &["--fixtures", "fixtures/bad/../../fixtures/profiles"],
            &["unknown field `name`"],
        ),
        (
            &["--auth-time", "yesterday"],
            &["`yesterday` is not an RFC 3339 date and time such as 2023-03-28T12:23:16Z"],
        ),
        (
            &["--access-token-lifetime", "soon"],
            &[
                "--access-token-lifetime",
                "give a whole number from 0 to 4294967295",
            ],
        ),
        (
            &["--port", "0"],
            &["--port 0: the tokens would name the server's address as their issuer"],
        ),
        (
            &["--only", "refresh_token"],
            &["access-token, refresh-token, id-token"],
        ),
    ] {
        let told = bad(&[&["mint"], args].concat());
        for problem in problems {
            assert!(
                told.contains(problem),
                "{args:?}: `{problem}` is not in:\n{told}"
            );
        }
    }
}

#[test]
fn fixtures_without_client_or_user_mint_nothing() {
    let directory = directory("mint_nothing");
    let empty = write(&directory, "empty.json", "{}");
    let told = bad(&["mint", "--fixtures", &empty]);
    assert!(told.contains("there is no client"), "{told}");
    assert!(told.contains("none; add one to the fixtures"), "{told}");
    let no_user = write(
        &directory,
        "no_user.json",
        r#"{ "clients": [{ "client_id": "c" }] }"#,
    );
    let told = bad(&["mint", "--fixtures", &no_user]);
    assert!(told.contains("there is no user"), "{told}");
}
