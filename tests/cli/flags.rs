//! Flags, their environment variables, and what help says of them.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::{Process, Server, bad, directory, good, good_with, part, write};

/// The flags of each command, without those that all have.
const COMMANDS: &[(&str, &[&str])] = &[
    (
        "",
        &[
            "--host",
            "--port",
            "--base-url",
            "--fixtures",
            "--profile",
            "--issuer",
            "--error-dialect",
            "--leniency",
            "--auto-login",
            "--keys",
            "--clock",
            "--seed",
            "--workers",
            "--log",
            "--journal",
            "--scenario",
            "--control-port",
            "--control-token",
            "--allow-host",
            "--control-origin",
            "--journal-bytes",
            "--max-sandboxes",
            "--no-control",
            "--until-stdin-closes",
        ],
    ),
    (
        "mint",
        &[
            "--grant-type",
            "--client-id",
            "--sub",
            "--scope",
            "--auth-time",
            "--access-token-lifetime",
            "--id-token-lifetime",
            "--refresh-token-lifetime",
            "--claims",
            "--defect",
            "--kind",
            "--host",
            "--port",
            "--base-url",
            "--fixtures",
            "--profile",
            "--issuer",
            "--error-dialect",
            "--leniency",
            "--auto-login",
            "--keys",
            "--clock",
            "--seed",
        ],
    ),
    (
        "inspect",
        &[
            "[TOKEN]",
            "--fixtures",
            "--profile",
            "--issuer",
            "--error-dialect",
            "--leniency",
            "--auto-login",
            "--keys",
            "--clock",
            "--seed",
        ],
    ),
    (
        "check",
        &[
            "[PATH]",
            "--fixtures",
            "--profile",
            "--issuer",
            "--error-dialect",
            "--leniency",
            "--auto-login",
            "--keys",
            "--clock",
            "--seed",
        ],
    ),
    ("keygen", &["--bits", "--format"]),
    ("health", &["--host", "--port", "--timeout"]),
    ("schema", &["[DOCUMENT]"]),
];

fn help(command: &str) -> String {
    let args = [command, "--help"];
    good(if command.is_empty() {
        &args[1..]
    } else {
        &args
    })
}

/// The flags that a help text lists.
fn flags(help: &str) -> BTreeSet<&str> {
    help.lines()
        .filter_map(|line| {
            let first = line
                .trim_start()
                .trim_start_matches("-h, ")
                .trim_start_matches("-V, ");
            let indented = line.len() - line.trim_start().len() <= 6;
            (indented && first.starts_with("--"))
                .then(|| first.split(' ').next().unwrap_or_default())
        })
        .collect()
}

#[test]
fn help_names_each_flag_and_no_other_and_gives_an_example() {
    for (command, expected) in COMMANDS {
        let help = help(command);
        let mut listed = flags(&help);
        assert!(listed.remove("--help"), "{help}");
        assert_eq!(listed.remove("--version"), command.is_empty(), "{help}");
        let expected: BTreeSet<&str> = expected
            .iter()
            .copied()
            .filter(|flag| flag.starts_with("--"))
            .collect();
        assert_eq!(listed, expected, "{command}");
        assert!(help.contains("\nExample: "), "{help}");
    }
}

#[test]
fn help_names_each_argument_and_each_command() {
    for (command, expected) in COMMANDS {
        let help = help(command);
        for argument in expected.iter().filter(|argument| argument.starts_with('[')) {
            assert!(help.contains(argument), "{command}: {argument}");
        }
    }
    let whole = help("");
    for (command, _) in &COMMANDS[1..] {
        assert!(whole.contains(&format!("\n  {command} ")), "{command}");
    }
}

#[cfg(unix)]
#[test]
fn the_examples_of_help_that_end_by_themselves_work() {
    let directory = directory("examples_of_help");
    std::fs::create_dir(directory.join("fixtures")).expect("a directory");
    std::fs::copy(
        crate::support::root().join("fixtures/default.json"),
        directory.join("fixtures/default.json"),
    )
    .expect("a file");
    for command in ["mint", "inspect", "check", "schema"] {
        let help = help(command);
        let (_, example) = help.split_once("\nExample: ").expect("an example");
        let (example, _) = example.split_once("\n\n").expect("an end");
        let bin = std::path::Path::new(crate::support::BINARY)
            .parent()
            .expect("a directory");
        let status = std::process::Command::new("sh")
            .args(["-c", &example.replace('\n', " ")])
            .env("PATH", format!("{}:/usr/bin:/bin", bin.display()))
            .current_dir(&directory)
            .stdout(std::process::Stdio::null())
            .status()
            .expect("sh is there");
        assert!(status.success(), "{example}");
    }
    assert!(directory.join("fixtures.schema.json").exists());
}

/// A claim or header member of the access token that is minted in an environment.
fn minted(environment: &[(&str, &str)], index: usize, member: &str) -> Value {
    let token = good_with(&["mint", "--kind", "access_token"], environment);
    part(&token, index)[member].clone()
}

/// Every environment variable, and what shows that it counts.
#[expect(clippy::too_many_lines, reason = "one table: a row for each variable")]
#[test]
fn every_flag_of_the_server_has_an_environment_variable_that_counts() {
    let directory = directory("environment");
    let a = write(
        &directory,
        "a.json",
        r#"{ "clients": [{ "client_id": "a" }] }"#,
    );
    let b = write(&directory, "b.json", r#"{ "users": [{ "sub": "bob" }] }"#);
    let both = format!("{a}\n{b}\n");
    let shown: &[(&str, &str, usize, &str, Value)] = &[
        (
            "OAUTH_MIMIC_HOST",
            "127.0.0.2",
            1,
            "iss",
            "http://127.0.0.2:8080/connect".into(),
        ),
        (
            "OAUTH_MIMIC_PORT",
            "9000",
            1,
            "iss",
            "http://127.0.0.1:9000/connect".into(),
        ),
        (
            "OAUTH_MIMIC_BASE_URL",
            "http://mimic",
            1,
            "iss",
            "http://mimic/connect".into(),
        ),
        (
            "OAUTH_MIMIC_ISSUER",
            "http://issuer",
            1,
            "iss",
            "http://issuer".into(),
        ),
        ("OAUTH_MIMIC_PROFILE", "standard", 0, "typ", "at+jwt".into()),
        ("OAUTH_MIMIC_FIXTURES", &both, 1, "sub", "bob".into()),
        (
            "OAUTH_MIMIC_CLOCK",
            "2023-03-28T12:23:16Z",
            1,
            "iat",
            1_680_006_196.into(),
        ),
    ];
    let mut tried: BTreeSet<String> = BTreeSet::new();
    for (variable, value, index, member, expected) in shown {
        assert_eq!(
            minted(&[(variable, value)], *index, member),
            *expected,
            "{variable}"
        );
        tried.insert((*variable).to_owned());
    }

    let seeded = || minted(&[("OAUTH_MIMIC_SEED", "1")], 1, "jti");
    assert_eq!(seeded(), seeded());
    tried.insert("OAUTH_MIMIC_SEED".to_owned());

    let foreign = good_with(&["check"], &[("OAUTH_MIMIC_KEYS", "keys/unpublished.pem")]);
    assert_ne!(foreign, good(&["check"]));
    assert_eq!(foreign, good(&["check", "--keys", "keys/unpublished.pem"]));
    tried.insert("OAUTH_MIMIC_KEYS".to_owned());

    let mut server = Server::started(Process::start(
        &["--port", "0"],
        &[
            ("OAUTH_MIMIC_ERROR_DIALECT", "spring"),
            ("OAUTH_MIMIC_WORKERS", "1"),
            ("OAUTH_MIMIC_LOG", "json"),
        ],
        "",
    ));
    let refused = server.post(None, "grant_type=refresh_token");
    assert_eq!(refused.member("error"), "Unauthorized", "{}", refused.body);
    assert!(server.process.printed("\"outcome\":").contains('{'));
    tried.insert("OAUTH_MIMIC_ERROR_DIALECT".to_owned());
    tried.insert("OAUTH_MIMIC_LOG".to_owned());
    let told = Process::start(&["--port", "0"], &[("OAUTH_MIMIC_WORKERS", "0")], "").finish();
    assert_eq!(told.code, Some(2));
    assert!(
        told.stderr
            .contains("environment variable OAUTH_MIMIC_WORKERS"),
        "{}",
        told.stderr
    );
    tried.insert("OAUTH_MIMIC_WORKERS".to_owned());

    for (environment, path, status) in [
        (("OAUTH_MIMIC_NO_CONTROL", "true"), "/_mimic/clock", 404),
        (
            ("OAUTH_MIMIC_CONTROL_TOKEN", "s3cret"),
            "/_mimic/clock",
            401,
        ),
        (("OAUTH_MIMIC_CONTROL_PORT", "0"), "/_mimic/clock", 404),
        (("OAUTH_MIMIC_MAX_SANDBOXES", "0"), "/_mimic/sandboxes", 200),
        // The first of its rules.
        (
            ("OAUTH_MIMIC_SCENARIO", "flaky-gateway"),
            "/_mimic/faults/1",
            200,
        ),
        // Of a journal that keeps nothing, the first request is not to be had.
        (("OAUTH_MIMIC_JOURNAL", "0"), "/_mimic/requests/1", 404),
    ] {
        let mut server = Server::started(Process::start(&["--port", "0"], &[environment], ""));
        assert_eq!(server.get("/connect/.well-known/jwks.json").status, 200);
        assert_eq!(server.get(path).status, status, "{environment:?}");
        if environment.0 == "OAUTH_MIMIC_CONTROL_PORT" {
            server.process.printed("control plane on http://127.0.0.1:");
        }
        tried.insert(environment.0.to_owned());
    }

    let environment = [(
        "OAUTH_MIMIC_LENIENCY",
        "client_unknown,refresh_token_unknown",
    )];
    let server = Server::started(Process::start(&["--port", "0"], &environment, ""));
    let form = "grant_type=refresh_token&refresh_token=any&client_id=any";
    assert_eq!(server.post(None, form).status, 200);
    tried.insert("OAUTH_MIMIC_LENIENCY".to_owned());

    let environment = [("OAUTH_MIMIC_ALLOW_HOST", "a.test,b.test")];
    let server = Server::started(Process::start(&["--port", "0"], &environment, ""));
    for (host, status) in [("a.test", 200), ("b.test", 200), ("c.test", 403)] {
        let answer = server.get_as(host, "/_mimic/clock");
        assert_eq!(answer.status, status, "{host}: {}", answer.body);
    }
    tried.insert("OAUTH_MIMIC_ALLOW_HOST".to_owned());

    let environment = [("OAUTH_MIMIC_CONTROL_ORIGIN", "http://app.test")];
    let server = Server::started(Process::start(&["--port", "0"], &environment, ""));
    assert_eq!(server.get("/_mimic/clock").status, 200);
    tried.insert("OAUTH_MIMIC_CONTROL_ORIGIN".to_owned());
    let environment = [("OAUTH_MIMIC_AUTO_LOGIN", "bob")];
    let server = Server::started(Process::start(&["--port", "0"], &environment, ""));
    let path = "/connect/oauth/authorize?response_type=code&client_id=web&redirect_uri=http://localhost:3000/callback&response_mode=form_post";
    assert_eq!(server.get(path).status, 200);
    let sessions = server.get("/_mimic/sessions").json();
    assert_eq!(sessions["sessions"][0]["sub"], "bob");
    tried.insert("OAUTH_MIMIC_AUTO_LOGIN".to_owned());
    // Its standard input has ended before it starts.
    let environment = [("OAUTH_MIMIC_UNTIL_STDIN_CLOSES", "true")];
    let ended = Process::start(&["--port", "0"], &environment, "").finish();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    tried.insert("OAUTH_MIMIC_UNTIL_STDIN_CLOSES".to_owned());
    // A journal without room for an entry keeps none.
    let environment = [("OAUTH_MIMIC_JOURNAL_BYTES", "0")];
    let server = Server::started(Process::start(&["--port", "0"], &environment, ""));
    assert_eq!(server.get("/connect/.well-known/jwks.json").status, 200);
    assert_eq!(server.get("/_mimic/requests/1").status, 404);
    tried.insert("OAUTH_MIMIC_JOURNAL_BYTES".to_owned());

    // One for each flag, named after it.
    let help = help("");
    for flag in COMMANDS[0].1 {
        let variable = format!(
            "OAUTH_MIMIC_{}",
            flag[2..].replace('-', "_").to_ascii_uppercase()
        );
        assert!(help.contains(&format!("[env: {variable}")), "{variable}");
        assert!(tried.remove(&variable), "{variable} was not tried");
    }
    assert!(tried.is_empty(), "{tried:?}");
}

#[test]
fn a_flag_has_the_last_word_over_its_variable() {
    let token = good_with(
        &["mint", "--kind", "access_token", "--port", "9001"],
        &[("OAUTH_MIMIC_PORT", "9000")],
    );
    assert_eq!(part(&token, 1)["iss"], "http://127.0.0.1:9001/connect");
}

#[test]
fn the_variables_of_the_server_do_not_stand_in_the_way_of_a_command() {
    let environment = [
        ("OAUTH_MIMIC_PORT", "9000"),
        ("OAUTH_MIMIC_LOG", "json"),
        ("OAUTH_MIMIC_WORKERS", "3"),
    ];
    for command in ["mint", "check", "schema"] {
        good_with(&[command], &environment);
    }
}

#[test]
fn a_bad_flag_is_reported_with_its_possible_values() {
    for (args, problems) in [
        (
            &["--nope"][..],
            &["unexpected argument '--nope'", "--help"][..],
        ),
        (&["serve"], &["unrecognized subcommand 'serve'", "--help"]),
        (
            &["--port", "http"],
            &["--port", "give a whole number from 0 to 65535"],
        ),
        (
            &["--port", "65536"],
            &["--port", "give a whole number from 0 to 65535"],
        ),
        (
            &["--seed", "lucky"],
            &[
                "--seed",
                "give a whole number from 0 to 18446744073709551615",
            ],
        ),
        (&["--workers", "0"], &["--workers", "1..=65535"]),
        (&["--log", "xml"], &["--log", "pretty, json, off"]),
        (
            &["--error-dialect", "keycloak"],
            &["--error-dialect", "rfc, spring"],
        ),
        (
            &["--clock", "2023-03-28"],
            &["`2023-03-28` is not an RFC 3339 date and time such as 2023-03-28T12:23:16Z"],
        ),
        (
            &["--profile", "conect"],
            &[
                "there is no profile `conect`; there are connect, standard, or the path of a .json file",
            ],
        ),
        (&["keygen", "--bits", "1024"], &["--bits", "2048..=4096"]),
        (&["keygen", "--format", "der"], &["--format", "pem, jwk"]),
        (
            &["schema", "keys"],
            &["fixtures, profile, scenario, dialect, openapi"],
        ),
        (&["health", "--timeout", "-1"], &["-1"]),
    ] {
        let told = bad(args);
        for problem in problems {
            assert!(
                told.contains(problem),
                "{args:?}: `{problem}` is not in:\n{told}"
            );
        }
        assert!(!told.contains("environment"), "{told}");
    }
}

#[test]
fn a_bad_environment_variable_is_reported_by_its_name() {
    for (variable, value, problem) in [
        (
            "OAUTH_MIMIC_PORT",
            "http",
            "give a whole number from 0 to 65535",
        ),
        (
            "OAUTH_MIMIC_PORT",
            "",
            "give a whole number from 0 to 65535",
        ),
        (
            "OAUTH_MIMIC_CLOCK",
            "yesterday",
            "`yesterday` is not an RFC 3339 date and time",
        ),
        ("OAUTH_MIMIC_SEED", "-1", "give a whole number"),
        ("OAUTH_MIMIC_LOG", "xml", "pretty, json, off"),
        ("OAUTH_MIMIC_ERROR_DIALECT", "keycloak", "rfc, spring"),
        (
            "OAUTH_MIMIC_FIXTURES",
            "",
            "give the path of a file or of a directory",
        ),
    ] {
        let outcome = Process::start(&[], &[(variable, value)], "").finish();
        assert_eq!(
            (outcome.code, outcome.stdout.as_str()),
            (Some(2), ""),
            "{variable}"
        );
        let told = outcome.stderr;
        assert!(told.contains(problem), "{told}");
        let named = format!(
            "The value comes from the environment variable {variable}: correct it, or unset it."
        );
        assert!(told.contains(&named), "{told}");
    }
    // A flag takes precedence, so the variable is not read.
    let outcome = Process::start(&["--port=http"], &[("OAUTH_MIMIC_PORT", "9000")], "").finish();
    assert!(
        !outcome.stderr.contains("environment"),
        "{}",
        outcome.stderr
    );
}
