//! Several fixture files: merged, and their conflicts, reported with both files.

use std::path::Path;

use crate::support::{bad, directory, good, good_with, json, write};

const CLIENT: &str =
    r#"{ "clients": [{ "client_id": "a", "client_secret": "s", "scope": "read" }] }"#;
const USER: &str = r#"{ "users": [{ "sub": "alice" }] }"#;
const TOKEN: &str = r#"{ "refresh_tokens": [{ "token": "T", "client_id": "a", "sub": "alice", "scope": "read" }] }"#;

/// Three files that only make sense together.
fn three(directory: &Path) -> [String; 3] {
    [
        write(directory, "1-token.json", TOKEN),
        write(directory, "2-client.json", CLIENT),
        write(directory, "3-user.json", USER),
    ]
}

#[test]
fn files_are_merged_however_they_are_named() {
    let directory = directory("merged");
    let [token, client, user] = three(&directory);
    let lines = format!("{token}\n{client}\n\n{user}\n");
    let whole = directory.display().to_string();
    for args in [
        &[
            "--fixtures",
            &token,
            "--fixtures",
            &client,
            "--fixtures",
            &user,
        ][..],
        &["--fixtures", &lines],
        &["--fixtures", &whole],
        &[&token, &client, &user],
        &["--fixtures", &token, &client, &user],
        &[&whole],
    ] {
        let told = good(&[&["check"], args].concat());
        assert!(
            told.contains("profile connect, 1 clients, 1 users, 1 named refresh tokens"),
            "{args:?}: {told}"
        );
    }
}

#[test]
fn a_path_may_hold_a_comma_a_colon_and_a_space() {
    let directory = directory("merged, all: of them");
    three(&directory);
    let path = directory.display().to_string();
    good(&["check", "--fixtures", &path]);
    good_with(&["check"], &[("OAUTH_MIMIC_FIXTURES", &path)]);
}

#[test]
fn a_part_of_them_alone_does_not_make_sense() {
    let directory = directory("a_part");
    let [token, client, _] = three(&directory);
    let told = bad(&["check", &token, &client]);
    assert!(
        told.contains(&format!(
            "{token}: /refresh_tokens/0/sub: there is no user `alice`"
        )),
        "{told}"
    );
}

#[test]
fn a_directory_is_read_in_the_order_of_names_and_other_files_are_left_alone() {
    let directory = directory("in_name_order");
    // The first client and user of all are who tokens are minted for.
    write(
        &directory,
        "20.json",
        r#"{ "clients": [{ "client_id": "second" }], "users": [{ "sub": "second" }] }"#,
    );
    write(
        &directory,
        "10.json",
        r#"{ "clients": [{ "client_id": "first" }], "users": [{ "sub": "first" }] }"#,
    );
    write(&directory, "30.json.off", "not JSON");
    write(&directory, "README.md", "not JSON");
    std::fs::create_dir(directory.join("05.json")).expect("a directory");
    let path = directory.display().to_string();
    let claims = |fixtures: &str| {
        let response = json(&good(&["mint", "--fixtures", fixtures]));
        crate::support::part(response["access_token"].as_str().expect("a token"), 1)
    };
    assert_eq!(claims(&path)["client_id"], "first");
    assert_eq!(claims(&path)["sub"], "first");
    // Files that are named one by one stay in that order.
    let turned = format!("{path}/20.json\n{path}/10.json");
    assert_eq!(claims(&turned)["client_id"], "second");
}

#[test]
fn an_empty_directory_is_a_mistake() {
    let directory = directory("nothing_in_it");
    let told = bad(&["check", &directory.display().to_string()]);
    assert!(
        told.contains("there is no *.json in this directory"),
        "{told}"
    );
}

#[test]
fn what_two_files_both_define_is_reported_with_both() {
    let directory = directory("conflicts");
    for (member, one, other, place) in [
        (
            "profile",
            r#"{ "profile": "connect" }"#,
            r#"{ "profile": "standard" }"#,
            "/profile",
        ),
        (
            "issuer",
            r#"{ "issuer": "https://a.test" }"#,
            r#"{ "issuer": "https://b.test" }"#,
            "/issuer",
        ),
        (
            "error_dialect",
            r#"{ "error_dialect": "rfc" }"#,
            r#"{ "error_dialect": "spring" }"#,
            "/error_dialect",
        ),
        ("client", CLIENT, CLIENT, "/clients/0/client_id"),
        ("user", USER, USER, "/users/0/sub"),
    ] {
        let one = write(&directory, &format!("{member}-1.json"), one);
        let other = write(&directory, &format!("{member}-2.json"), other);
        let told = bad(&["check", &one, &other]);
        // It is reported at its second place, and names the first.
        assert!(
            told.contains(&format!("oauth-mimic: {other}: {place}: ")),
            "{told}"
        );
        assert!(
            told[told.find(place).expect("the place")..].contains(&one),
            "{told}"
        );
        assert_eq!(told.lines().count(), 1, "{told}");
    }
}

#[test]
fn a_token_that_is_in_two_files_is_reported_with_both() {
    let directory = directory("same_token");
    let [token, client, user] = three(&directory);
    let again = write(&directory, "4-token.json", TOKEN);
    let told = bad(&["check", &token, &client, &user, &again]);
    let expected = format!(
        "{again}: /refresh_tokens/0/token: `T` is defined already for client `a`, at /refresh_tokens/0 of {token}"
    );
    assert!(told.contains(&expected), "{told}");
}

#[test]
fn what_two_files_agree_on_is_not_a_conflict() {
    let directory = directory("agreement");
    let one = write(
        &directory,
        "1.json",
        r#"{ "profile": "standard", "issuer": "https://a.test" }"#,
    );
    let other = write(
        &directory,
        "2.json",
        r#"{ "profile": "standard", "issuer": "https://a.test" }"#,
    );
    assert!(good(&["check", &one, &other]).contains("profile standard"));
}

#[test]
fn a_flag_has_the_last_word_over_every_file() {
    let directory = directory("last_word");
    let one = write(&directory, "1.json", r#"{ "profile": "standard" }"#);
    let both = [&one[..], "--profile", "connect"];
    assert!(good(&[&["check"], &both[..]].concat()).contains("profile connect"));
}

#[test]
fn a_profile_is_found_beside_the_file_that_names_it() {
    let directory = directory("profile_beside");
    std::fs::create_dir(directory.join("profiles")).expect("a directory");
    std::fs::copy(
        crate::support::root().join("fixtures/profiles/standard.json"),
        directory.join("profiles/mine.json"),
    )
    .expect("a file");
    let fixtures = write(
        &directory,
        "fixtures.json",
        r#"{ "profile": "profiles/mine.json" }"#,
    );
    assert!(good(&["check", &fixtures]).contains("profile standard"));
}
