//! `check`, `keygen` and `health`.

use std::net::TcpListener;

use serde_json::Value;

use crate::support::{Outcome, Process, Server, directory, good, json, part, run, write};

#[test]
fn check_says_what_there_is() {
    let told = good(&["check"]);
    let kid = crate::support::good(&["mint", "--profile", "standard", "--kind", "access_token"]);
    let kid = part(&kid, 0)["kid"].as_str().expect("a name").to_owned();
    assert_eq!(
        told,
        format!(
            "ok: profile connect, 7 clients, 3 users, 27 named refresh tokens, signing key {kid}"
        )
    );
    assert_eq!(good(&["check", "fixtures"]), told);
    assert!(
        good(&["check", "--profile", "fixtures/profiles/standard.json"])
            .contains("profile standard")
    );
}

#[test]
fn a_new_key_signs_and_is_published() {
    let directory = directory("keygen");
    for (format, name) in [("pem", "signing.pem"), ("jwk", "signing.jwk.json")] {
        let key = good(&["keygen", "--format", format]);
        let path = write(&directory, name, &key);
        let server = Server::start(&["--keys", &path, "--profile", "standard"]);
        let keys = server.get("/oauth2/jwks").json();
        assert_eq!(keys["keys"].as_array().map(Vec::len), Some(1));
        let kid = keys["keys"][0]["kid"].clone();
        assert!(kid.is_string());
        for private in ["d", "p", "q", "dp", "dq", "qi"] {
            assert_eq!(keys["keys"][0][private], Value::Null, "{private}");
        }
        let minted = good(&[
            "mint",
            "--keys",
            &path,
            "--profile",
            "standard",
            "--kind",
            "access_token",
        ]);
        assert_eq!(part(&minted, 0)["kid"], kid);
        let inspect =
            |more: &[&str]| run(&[&["inspect", "--profile", "standard", &minted], more].concat());
        assert_eq!(inspect(&["--keys", &path]).code, Some(0), "{format}");
        assert_eq!(inspect(&[]).code, Some(1), "{format}");
    }
}

#[test]
fn two_new_keys_are_two() {
    assert_ne!(good(&["keygen"]), good(&["keygen"]));
}

#[test]
fn a_key_has_the_bits_that_were_asked_for() {
    let jwk = json(&good(&["keygen", "--bits", "3072", "--format", "jwk"]));
    // 3072 bits are 384 bytes are 512 characters.
    assert_eq!(jwk["n"].as_str().map(str::len), Some(512));
    assert_eq!(
        (&jwk["kty"], &jwk["e"], &jwk["alg"]),
        (&"RSA".into(), &"AQAB".into(), &"RS256".into())
    );
}

#[test]
fn a_set_of_keys_signs_with_the_first_and_believes_all() {
    let directory = directory("key_set");
    let named = |kid: &str| {
        let mut jwk = json(&good(&["keygen", "--format", "jwk"]));
        jwk["kid"] = kid.into();
        jwk
    };
    let (old, new) = (named("old"), named("new"));
    let one = write(&directory, "old.json", &old.to_string());
    let both = write(
        &directory,
        "both.json",
        &serde_json::json!({ "keys": [new, old] }).to_string(),
    );
    let issuer = [
        "--issuer",
        "https://login.example.test",
        "--profile",
        "standard",
    ];
    let before = good(
        &[
            &["mint", "--keys", &one, "--kind", "refresh_token"],
            &issuer[..],
        ]
        .concat(),
    );
    let after = good(
        &[
            &["mint", "--keys", &both, "--kind", "refresh_token"],
            &issuer[..],
        ]
        .concat(),
    );
    assert_eq!(
        (&part(&before, 0)["kid"], &part(&after, 0)["kid"]),
        (&"old".into(), &"new".into())
    );
    let server = Server::start(&[&["--keys", &both], &issuer[..]].concat());
    let published = server.get("/oauth2/jwks").json();
    let kids: Vec<&Value> = published["keys"]
        .as_array()
        .expect("keys")
        .iter()
        .map(|key| &key["kid"])
        .collect();
    assert_eq!(kids, ["new", "old"]);
    for token in [&before, &after] {
        let outcome = run(&[&["inspect", "--keys", &both, token], &issuer[..]].concat());
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
    }
}

/// Asks for the health of the server at a URL without a path.
fn health(base_url: &str, environment: &[(&str, &str)]) -> Outcome {
    let (host, port) = base_url
        .trim_start_matches("http://")
        .rsplit_once(':')
        .expect("a port");
    Process::start(&["health", "--host", host, "--port", port], environment, "").finish()
}

#[test]
fn a_live_server_is_healthy() {
    let server = Server::start(&[]);
    let outcome = health(&server.base_url, &[]);
    assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(0), ""));
    let said = json(&outcome.stdout);
    assert_eq!(
        (&said["status"], &said["version"]),
        (&"ok".into(), &env!("CARGO_PKG_VERSION").into())
    );
    let port = server.base_url.rsplit(':').next().expect("a port");
    for args in [
        &["--port", port][..],
        &["--host", "0.0.0.0", "--port", port],
    ] {
        assert_eq!(run(&[&["health"], args].concat()).code, Some(0), "{args:?}");
    }
}

#[test]
fn a_health_check_in_the_servers_environment_asks_the_listener_and_not_the_base_url() {
    let server = Server::start_with(
        &[],
        &[("OAUTH_MIMIC_BASE_URL", "https://auth.example.test")],
    );
    let port = server.base_url.rsplit(':').next().expect("a port");
    for host in ["127.0.0.1", "0.0.0.0", "localhost"] {
        let environment = [
            ("OAUTH_MIMIC_HOST", host),
            ("OAUTH_MIMIC_PORT", port),
            ("OAUTH_MIMIC_BASE_URL", "https://auth.example.test"),
            ("OAUTH_MIMIC_LOG", "json"),
        ];
        let outcome = Process::start(&["health"], &environment, "").finish();
        assert_eq!(outcome.code, Some(0), "{host}: {outcome:?}");
    }
}

#[test]
fn a_server_that_listens_on_every_ipv6_address_is_healthy() {
    let server = Server::start(&["--host", "::"]);
    let port = server.base_url.rsplit(':').next().expect("a port");
    for host in ["::", "[::]", "::1", "[::1]"] {
        let outcome = run(&["health", "--host", host, "--port", port]);
        assert_eq!(outcome.code, Some(0), "{host}: {outcome:?}");
    }
}

#[test]
fn a_proxy_of_the_environment_is_not_asked_for_the_health_of_a_server() {
    let nobody = "http://127.0.0.1:9";
    let server = Server::start(&[]);
    let outcome = health(
        &server.base_url,
        &[
            ("HTTP_PROXY", nobody),
            ("http_proxy", nobody),
            ("ALL_PROXY", nobody),
        ],
    );
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
}

#[test]
fn a_dead_server_is_not() {
    // Nobody listens there, and no test is given that port.
    let url = "http://127.0.0.1:1";
    let outcome = health(url, &[]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(1), ""));
    assert!(
        outcome
            .stderr
            .contains(&format!("{url}/_mimic/health does not answer: ")),
        "{}",
        outcome.stderr
    );
}

#[test]
fn a_server_that_never_answers_is_not_healthy_either() {
    // It accepts, for the system does so in its name, and says nothing.
    let mute = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = mute.local_addr().expect("an address").port().to_string();
    let outcome = run(&["health", "--port", &port, "--timeout", "1"]);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
}
