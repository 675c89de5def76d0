//! What the README shows is true. Its Rust runs as a doctest, its console lines by `.ci/readme`; the rest is here.

use oauth_mimic::TokenServer;

const README: &str = include_str!("../README.md");

/// The fenced blocks of one language.
fn blocks(language: &str) -> Vec<&'static str> {
    README
        .split("\n```")
        .filter_map(|part| part.strip_prefix(language)?.strip_prefix('\n'))
        .collect()
}

/// The rows of every table, split into their cells.
fn rows() -> impl Iterator<Item = Vec<&'static str>> {
    README
        .lines()
        .filter(|line| line.starts_with("| "))
        .map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
}

fn code(cell: &str) -> Option<&str> {
    cell.strip_prefix('`')?.split('`').next()
}

#[test]
fn the_fixtures_it_shows_start_a_server() {
    let shown = blocks("json");
    assert!(!shown.is_empty(), "the README shows fixtures");
    for fixtures in shown {
        let server = TokenServer::builder()
            .fixtures_json("README.md", fixtures)
            .start();
        assert_eq!(
            server.mint().client("till").response().scope().to_string(),
            "openid"
        );
    }
}

#[test]
fn the_clients_and_tokens_it_lists_are_there() {
    let server = TokenServer::start();
    let mut tried = 0;
    for row in rows() {
        let [client, secret, token, _] = row[..] else {
            continue;
        };
        let (Some(client), Some(token)) = (code(client), code(token)) else {
            continue;
        };
        let mut form = vec![
            ("grant_type", "refresh_token"),
            ("refresh_token", token),
            ("client_id", client),
        ];
        form.extend(code(secret).map(|secret| ("client_secret", secret)));
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .build()
            .into();
        let answer = agent
            .post(server.token_url())
            .send_form(form)
            .expect("an answer");
        let due = if token.starts_with("EXPIRED") {
            400
        } else {
            200
        };
        assert_eq!(answer.status(), due, "{client} with {token}");
        tried += 1;
    }
    assert_eq!(tried, 6, "the table of clients");
}

#[test]
fn the_placeholders_it_lists_are_the_ones_there_are() {
    // An unknown placeholder is refused with the list of all.
    let profile = include_str!("../fixtures/profiles/standard.json");
    for (from, place) in [
        ("\"iss\": \"{issuer}\"", "claims"),
        ("\"typ\": \"JWT\"", "header"),
    ] {
        let path = std::env::temp_dir().join(format!("oauth-mimic-readme-{place}.json"));
        std::fs::write(&path, profile.replace(from, "\"x\": \"{nonesuch}\"")).expect("a file");
        let builder = TokenServer::builder().profile(path.display().to_string());
        let told = builder
            .try_start()
            .expect_err("an unknown placeholder")
            .to_string();
        std::fs::remove_file(&path).expect("the file");
        let listed = told
            .split("there are ")
            .nth(1)
            .expect("the list")
            .split(", ");
        for placeholder in listed {
            assert!(
                README.contains(&format!("`{placeholder}`")),
                "{placeholder} is not in the README"
            );
        }
    }
}

/// Each example for another language is a part of a file that `tests/clients/run` runs.
#[test]
fn the_examples_for_other_languages_are_those_that_are_run() {
    for (language, file) in [
        ("sh", include_str!("clients/examples/provider.sh")),
        ("python", include_str!("clients/examples/test_provider.py")),
        ("js", include_str!("clients/examples/provider.test.js")),
        ("go", include_str!("clients/examples/go/provider_test.go")),
        (
            "java",
            include_str!("clients/java/src/test/java/mimic/ProviderTest.java"),
        ),
    ] {
        let shown = blocks(language);
        assert_eq!(shown.len(), 1, "{language}");
        assert!(
            file.contains(shown[0].trim_end()),
            "{language}: not as it is run"
        );
    }
}

#[test]
fn the_tokens_that_fail_and_the_scenarios_are_all_listed() {
    let fixtures: serde_json::Value =
        serde_json::from_str(include_str!("../fixtures/default.json")).expect("JSON");
    let tokens = fixtures["refresh_tokens"].as_array().expect("a list");
    let failing = tokens.iter().filter(|token| token.get("fault").is_some());
    let names = failing.map(|token| token["token"].as_str().expect("a name").to_owned());
    let scenarios = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/scenarios"))
        .expect("scenarios")
        .map(|entry| entry.expect("a file").path())
        .map(|path| {
            path.file_stem()
                .expect("a name")
                .to_string_lossy()
                .into_owned()
        });
    let mut listed = 0;
    for name in names.chain(scenarios) {
        assert!(
            README.contains(&format!("`{name}`")),
            "{name} is not in the README"
        );
        listed += 1;
    }
    assert!(listed > 20, "{listed}");
}
