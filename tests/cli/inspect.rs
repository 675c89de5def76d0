//! `inspect`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::support::{Outcome, Process, directory, good, json, run, write};

const CLOCK: &str = "2023-03-28T12:23:16Z";

fn minted(only: &str, more: &[&str]) -> String {
    good(&[&["mint", "--clock", CLOCK, "--kind", only], more].concat())
}

fn inspected(args: &[&str], input: &str) -> Outcome {
    let clock: &[&str] = if args.contains(&"--clock") {
        &[]
    } else {
        &["--clock", CLOCK]
    };
    let outcome = Process::start(&[&["inspect"], clock, args].concat(), &[], input).finish();
    assert_eq!(outcome.stderr, "");
    outcome
}

/// Inspects a token that something is wrong with.
#[track_caller]
fn wrong(token: &str, args: &[&str], problem: &str) -> String {
    let outcome = inspected(&[args, &[token]].concat(), "");
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    let marked = outcome
        .stdout
        .lines()
        .any(|line| line.contains("WRONG") && line.contains(problem));
    assert!(marked, "`{problem}` is not said:\n{}", outcome.stdout);
    outcome.stdout
}

#[test]
fn a_good_token_is_decoded_and_everything_good_about_it_is_said() {
    for (only, kind, left) in [
        ("access_token", "an access token", 900),
        ("refresh_token", "a refresh token", 3600),
        ("id_token", "an ID token", 900),
    ] {
        let outcome = inspected(&[&minted(only, &[])], "");
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        for said in [
            "\"alg\": \"RS256\"",
            "\"iss\": \"http://127.0.0.1:8080/connect\"",
            "ok    the signature is good, by key ",
            &format!("ok    it is {kind} of profile connect"),
            &format!(", in {left} s"),
        ] {
            assert!(
                outcome.stdout.contains(said),
                "`{said}` is not in:\n{}",
                outcome.stdout
            );
        }
    }
}

#[test]
fn the_claims_are_shown_in_the_order_they_have() {
    let token = minted("access_token", &[]);
    let shown = inspected(&[&token], "").stdout;
    let at = |claim: &str| shown.find(&format!("\"{claim}\"")).expect(claim);
    assert!(
        at("sub") < at("auth_time") && at("auth_time") < at("scope") && at("scope") < at("iss")
    );
}

#[test]
fn it_reads_a_token_or_a_whole_response_from_standard_input() {
    let token = format!("{}\n", minted("access_token", &[]));
    for args in [&[][..], &["-"]] {
        let outcome = inspected(args, &token);
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        assert!(outcome.stdout.starts_with("token:\n"), "{}", outcome.stdout);
    }
    let response = good(&["mint", "--clock", CLOCK]);
    let outcome = inspected(&[], &response);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    for name in ["access_token", "refresh_token", "id_token"] {
        assert!(
            outcome.stdout.contains(&format!("{name}:\n")),
            "{}",
            outcome.stdout
        );
    }
    assert_eq!(inspected(&[&response], "").stdout, outcome.stdout);
}

#[test]
fn one_wrong_token_makes_a_whole_response_wrong() {
    let response = good(&["mint", "--clock", CLOCK, "--id-token-lifetime", "0"]);
    let outcome = inspected(&[], &response);
    assert_eq!(outcome.code, Some(1));
    assert_eq!(
        outcome.stdout.matches("WRONG").count(),
        1,
        "{}",
        outcome.stdout
    );
    // Signed with a key, a part of it could be anyone's.
    assert!(json(&response)["id_token"].is_string());
}

#[test]
fn an_expired_token_says_when_and_how_long_ago() {
    let token = minted("access_token", &["--access-token-lifetime", "60"]);
    wrong(
        &token,
        &["--clock", "2023-03-28T12:24:17Z"],
        "it expired at 2023-03-28T12:24:16Z, 1 s ago",
    );
    // At its very end it is no longer good (RFC 7519 §4.1.4).
    wrong(
        &token,
        &["--clock", "2023-03-28T12:24:16Z"],
        "it expired at 2023-03-28T12:24:16Z, 0 s ago",
    );
}

#[test]
fn a_token_of_the_future_says_when_it_was_issued() {
    let token = minted("access_token", &[]);
    wrong(
        &token,
        &["--clock", "2023-03-28T12:23:06Z"],
        "it was issued at 2023-03-28T12:23:16Z, 10 s from now",
    );
}

#[test]
fn a_damaged_token_is_reported_by_its_signature() {
    let token = minted("access_token", &[]);
    let (signing_input, signature) = token.rsplit_once('.').expect("three parts");
    let other = if signature.starts_with('A') { "B" } else { "A" };
    let damaged = format!("{signing_input}.{other}{}", &signature[1..]);
    wrong(
        &damaged,
        &[],
        "the signature is wrong: no published key verifies it",
    );

    // Claims that someone has changed.
    let (header, claims) = signing_input.split_once('.').expect("three parts");
    let claims = URL_SAFE_NO_PAD.decode(claims).expect("base64url");
    let claims = String::from_utf8(claims)
        .expect("UTF-8")
        .replace("\"openid\"", "\"admin\"");
    let forged = format!("{header}.{}.{signature}", URL_SAFE_NO_PAD.encode(claims));
    let shown = wrong(&forged, &[], "no published key verifies it");
    assert!(shown.contains("\"admin\""), "{shown}");
}

#[test]
fn a_token_that_claims_no_algorithm_or_another_is_wrong() {
    let token = minted("access_token", &[]);
    let (_, rest) = token.split_once('.').expect("three parts");
    let (claims, _) = rest.split_once('.').expect("three parts");
    for alg in ["none", "HS256"] {
        let header = URL_SAFE_NO_PAD.encode(format!(r#"{{"alg":"{alg}"}}"#));
        wrong(
            &format!("{header}.{claims}."),
            &[],
            &format!("its alg is {alg}, and only RS256 is accepted"),
        );
    }
}

#[test]
fn a_foreign_key_is_reported_and_with_it_the_token_is_good() {
    let keys = ["--keys", "keys/unpublished.pem"];
    let token = minted("access_token", &keys);
    wrong(&token, &[], "no published key verifies it");
    assert_eq!(
        inspected(&[&keys[..], &[&token]].concat(), "").code,
        Some(0)
    );
    // Where the token names its key, that it is unknown is what is wrong.
    let named = minted(
        "access_token",
        &[&keys[..], &["--profile", "standard"]].concat(),
    );
    wrong(
        &named,
        &["--profile", "standard"],
        "names none of the published keys",
    );
}

#[test]
fn a_token_of_another_shape_is_odd_but_not_wrong() {
    let token = minted("access_token", &["--profile", "standard"]);
    let outcome = inspected(&[&token], "");
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert!(
        outcome
            .stdout
            .contains("odd   it has the claims of none of the tokens of profile connect"),
        "{}",
        outcome.stdout
    );
}

/// Every defect, and what is reported of a token that has it; nothing if the defect is not a reason to refuse the token.
const DEFECTS: [(&str, Option<&str>); 14] = [
    (
        "expired",
        Some("it expired at 2023-03-28T11:23:16Z, 3600 s ago"),
    ),
    (
        "not_yet_valid",
        Some("it is not valid before 2023-03-28T13:23:16Z, 3600 s from now"),
    ),
    (
        "issued_in_future",
        Some("it was issued at 2023-03-28T13:23:16Z, 3600 s from now"),
    ),
    (
        "wrong_issuer",
        Some("its issuer is https://issuer.invalid, not"),
    ),
    (
        "wrong_audience",
        Some("its audience is [%22https://audience.invalid%22], not"),
    ),
    (
        "wrong_type",
        Some("its typ in the header is logout+jwt, not"),
    ),
    ("unknown_kid", Some("names none of the published keys")),
    ("foreign_key", Some("no published key verifies it")),
    ("damaged_signature", Some("no published key verifies it")),
    ("alg_none", Some("its alg is none")),
    ("hs256_with_public_key", Some("its alg is HS256")),
    ("missing_claim=exp", Some("it has no exp")),
    ("oversized=1000", None),
    (r#"set_claims={"roles":["admin"]}"#, None),
];

#[test]
fn every_defect_that_makes_a_token_unacceptable_is_reported_and_ends_with_1() {
    for profile in ["connect", "standard"] {
        for only in ["access_token", "refresh_token", "id_token"] {
            for (defect, problem) in DEFECTS {
                let profile = ["--profile", profile];
                let order = [&profile[..], &["--defect", defect]].concat();
                let token = minted(only, &order);
                let issuer = ["--issuer", "http://127.0.0.1:8080/connect"];
                let args = match (defect, profile[1]) {
                    ("wrong_issuer", "connect") => [&profile[..], &issuer].concat(),
                    ("wrong_issuer", _) => {
                        [&profile[..], &["--issuer", "http://127.0.0.1:8080"]].concat()
                    }
                    _ => profile.to_vec(),
                };
                if let Some(problem) = problem {
                    wrong(&token, &args, problem);
                    continue;
                }
                let outcome = inspected(&[&args[..], &[&token]].concat(), "");
                assert_eq!(outcome.code, Some(0), "{only}, {defect}: {outcome:?}");
            }
        }
    }
}

#[test]
fn a_token_of_an_unknown_client_is_odd_because_its_audience_is_not_checked() {
    let directory = directory("unknown-client");
    let fixtures = write(
        &directory,
        "other.json",
        r#"{ "clients": [{ "client_id": "other", "client_secret": "s" }], "users": [{ "sub": "alice" }] }"#,
    );
    let standard = ["--profile", "standard"];
    let token = minted("access_token", &standard);
    let outcome = inspected(
        &[&standard[..], &["--fixtures", &fixtures, &token]].concat(),
        "",
    );
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert!(
        outcome
            .stdout
            .contains("is not in the fixtures, so its audience is not checked"),
        "{}",
        outcome.stdout
    );
}

#[test]
fn another_issuer_is_wrong_where_one_is_asked_for() {
    let token = minted("access_token", &[]);
    wrong(
        &token,
        &["--issuer", "https://login.example.test"],
        "its issuer is http://127.0.0.1:8080/connect, not https://login.example.test",
    );
    let right = ["--issuer", "http://127.0.0.1:8080/connect", &token];
    assert_eq!(inspected(&right, "").code, Some(0));
}

#[test]
fn a_life_that_no_server_gives_is_odd() {
    let token = minted("refresh_token", &["--refresh-token-lifetime", "4294967295"]);
    let outcome = inspected(&[&token], "");
    assert_eq!(outcome.code, Some(0));
    assert!(
        outcome
            .stdout
            .contains("odd   it lives 4294967295 s, more than a year"),
        "{}",
        outcome.stdout
    );
}

#[test]
fn the_name_of_a_refresh_token_is_known_for_what_it_is() {
    let outcome = inspected(&["REFRESH_TOKEN"], "");
    assert_eq!(outcome.code, Some(0));
    assert!(
        outcome
            .stdout
            .contains("it is the name of a refresh token of the fixtures")
    );
}

#[test]
fn garbage_is_reported_with_the_format_that_it_lacks() {
    for (garbage, problem) in [
        (
            "garbage",
            "it is not a signed token: a token has three parts with a dot between them, this has 1",
        ),
        ("a.b.c", "its header is not"),
        (
            "é.é.é",
            "its header is not unpadded base64url (RFC 7515 section 2)",
        ),
        (
            "e30.W10.",
            "its claims is not a JSON object with unique names",
        ),
    ] {
        wrong(garbage, &[], problem);
    }
}

#[test]
fn what_is_not_even_there_to_inspect_is_a_mistake() {
    for (input, problem) in [
        (
            "",
            "there is nothing to inspect: give a token, or pipe one in",
        ),
        (" \n", "there is nothing to inspect"),
        ("{", "the response is not valid JSON"),
        (
            "{}",
            "the response holds no access_token, refresh_token or id_token",
        ),
        (
            r#"{ "error": "invalid_grant" }"#,
            "the response holds no access_token",
        ),
    ] {
        let outcome = Process::start(&["inspect"], &[], input).finish();
        assert_eq!(
            (outcome.code, outcome.stdout.as_str()),
            (Some(2), ""),
            "{input}"
        );
        assert!(outcome.stderr.contains(problem), "{}", outcome.stderr);
    }
    assert_eq!(run(&["inspect", "a", "b"]).code, Some(2));
}
