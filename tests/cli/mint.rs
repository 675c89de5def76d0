//! `mint`.

use indexmap::IndexMap;
use serde_json::{Value, json};

use crate::support::{Server, USER, bad, directory, good, good_with, json, part, write};

const CLOCK: &str = "2023-03-28T12:23:16Z";
const NOW: i64 = 1_680_006_196;

#[test]
fn without_anything_it_prints_the_whole_response_of_the_first_client_and_user() {
    let printed = good(&["mint"]);
    let members: IndexMap<String, Value> = serde_json::from_str(&printed).expect("an object");
    let names: Vec<&str> = members.keys().map(String::as_str).collect();
    let response = json(&printed);
    assert_eq!(
        names,
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
        ("access_token", "access_token"),
        ("refresh_token", "refresh_token"),
        ("id_token", "id_token"),
    ] {
        let printed = good(&[&["mint", "--kind", only], &same[..]].concat());
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
        "--client-id",
        "b",
        "--sub",
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
        "--client-id",
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
            &[&["mint", "--kind", "access_token"], args].concat(),
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
        "--kind",
        "refresh_token",
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
    let token = good(&["mint", "--kind", "refresh_token", "--port", &port]);
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
fn what_cannot_be_minted_is_reported_with_what_there_is() {
    for (args, problems) in [
        (
            &["--client-id", "nobody"][..],
            &["there is no client `nobody`; there are: CLIENT_ID, client-default, "][..],
        ),
        (
            &["--sub", "nobody"],
            &["there is no user `nobody`; there are: ", USER],
        ),
        (
            &["--scope", "openid admin"],
            &[
                "scope: scope admin was requested",
                "registered for openid email phone only",
            ],
        ),
        (
            &["--scope", "openid  email"],
            &["scope: the scope is malformed: ", "exactly one space"],
        ),
        (
            &["--scope", "email", "--kind", "id_token"],
            &["the scope `email` has no id_token; an ID token needs openid"],
        ),
        (
            &["--fixtures", "fixtures/bad/../../fixtures/profiles"],
            &["unknown member `name`"],
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
            &["--kind", "refresh-token"],
            &["access_token, refresh_token, id_token, response"],
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

/// What a defect changes: the part (0 the header, 1 the claims), the member, and what is there then.
type Change = (usize, &'static str, Value);

/// Each defect as it is written on the command line.
fn defects() -> Vec<(&'static str, Option<Change>)> {
    vec![
        ("expired", Some((1, "exp", json!(NOW - 3600)))),
        ("not_yet_valid", Some((1, "nbf", json!(NOW + 3600)))),
        ("issued_in_future", Some((1, "iat", json!(NOW + 3600)))),
        (
            "wrong_issuer",
            Some((1, "iss", json!("https://issuer.invalid"))),
        ),
        (
            "wrong_audience",
            Some((1, "aud", json!(["https://audience.invalid"]))),
        ),
        ("wrong_type", Some((0, "typ", json!("logout+jwt")))),
        ("unknown_kid", Some((0, "kid", json!("no-such-key")))),
        ("foreign_key", None),
        ("damaged_signature", None),
        ("alg_none", Some((0, "alg", json!("none")))),
        ("hs256_with_public_key", Some((0, "alg", json!("HS256")))),
        ("wrong_nonce", Some((1, "nonce", json!("another-nonce")))),
        ("wrong_azp", Some((1, "azp", json!("another-client")))),
        ("missing_claim=exp", Some((1, "exp", Value::Null))),
        ("missing_claim=sub", Some((1, "sub", Value::Null))),
        ("oversized=100", Some((1, "padding", json!("x".repeat(62))))),
        (
            r#"set_claims={"sub":"mallory","roles":["admin"]}"#,
            Some((1, "roles", json!(["admin"]))),
        ),
    ]
}

#[test]
fn a_defect_breaks_the_token_that_is_asked_for_and_no_other() {
    let same = ["mint", "--clock", CLOCK, "--seed", "7"];
    let right = json(&good(&same));
    let members = ["access_token", "refresh_token", "id_token"];
    for (defect, change) in defects() {
        let of_response = json(&good(&[&same[..], &["--defect", defect]].concat()));
        for member in members {
            let case = format!("{defect} in the {member}");
            let kept = of_response[member] == right[member];
            assert_eq!(kept, member != "access_token", "{case}");
            let args = [&same[..], &["--kind", member, "--defect", defect]].concat();
            let broken = good(&args);
            assert_ne!(right[member], broken, "{case}");
            if member == "access_token" {
                assert_eq!(of_response[member], broken, "{case}");
            }
            match &change {
                Some((index, name, value)) if !defect.starts_with("oversized") => {
                    assert_eq!(part(&broken, *index)[*name], *value, "{case}");
                }
                Some(_) => {
                    let grown = broken.len() - right[member].as_str().expect("a token").len();
                    assert!((100..=101).contains(&grown), "{case}: {grown}");
                }
                None => {
                    let (input, _) = broken.rsplit_once('.').expect("a signature");
                    let good = right[member].as_str().expect("a token");
                    assert!(good.starts_with(input), "{case}");
                }
            }
        }
    }
}

#[test]
fn claims_are_set_in_the_token_that_is_asked_for() {
    let claims = r#"{"sub":"mallory","roles":["admin"]}"#;
    for only in ["access_token", "refresh_token", "id_token"] {
        let token = good(&["mint", "--kind", only, "--claims", claims]);
        assert_eq!(part(&token, 1)["sub"], "mallory", "{only}");
        assert_eq!(part(&token, 1)["roles"], json!(["admin"]), "{only}");
    }
    let response = json(&good(&["mint", "--claims", claims]));
    let sub = |member: &str| part(response[member].as_str().expect("a token"), 1)["sub"].clone();
    assert_eq!(
        (sub("access_token"), sub("id_token")),
        (json!("mallory"), json!(USER))
    );
}

#[test]
fn help_and_messages_name_every_defect() {
    let help = good(&["mint", "--help"]);
    let unknown = bad(&["mint", "--defect", "exspired"]);
    for (defect, _) in defects() {
        let name = defect.split('=').next().expect("a name");
        assert!(help.contains(name), "{name} is not in:\n{help}");
        assert!(unknown.contains(name), "{name} is not in:\n{unknown}");
    }
    for (args, problem) in [
        (&["--defect", "missing_claim"][..], "missing_claim=exp"),
        (&["--defect", "expired=1"], "expired"),
        (&["--defect", "oversized=many"], "oversized=100000"),
        (&["--defect", "oversized=1048577"], "at most 1048576"),
        (&["--defect", "set_claims=[]"], "set_claims="),
        (&["--claims", "[]"], "give a JSON object"),
        (&["--claims", "{sub}"], "give a JSON object"),
    ] {
        let told = bad(&[&["mint"], args].concat());
        assert!(
            told.contains(problem),
            "{args:?}: `{problem}` is not in:\n{told}"
        );
    }
}
