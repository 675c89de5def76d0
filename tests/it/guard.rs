//! Who may drive the control plane, and where it is.

use std::net::SocketAddr;

use oauth_mimic::TokenServer;
use serde_json::json;

use crate::drive::{Plane, assert_problem, fetch, refresh, request};

#[test]
fn a_web_page_and_a_strange_host_are_refused_everywhere_but_at_the_health() {
    let server = TokenServer::start();
    let sandbox = server.sandbox();
    let port = server.address().port();
    let own = format!("127.0.0.1:{port}");
    let local = format!("localhost:{port}");
    let rebound = format!("127.0.0.1.evil.example:{port}");
    for (headers, allowed) in [
        (&[("Host", own.as_str())][..], true),
        (&[("Host", local.as_str())], true),
        (&[("Host", "[::1]:1")], true),
        (&[("Host", "mimic.localhost")], true),
        (
            &[
                ("Host", local.as_str()),
                ("Origin", "http://localhost:3000"),
            ],
            true,
        ),
        (
            &[("Host", local.as_str()), ("Origin", "http://127.0.0.1")],
            true,
        ),
        (&[("Host", "evil.example")], false),
        (&[("Host", rebound.as_str())], false),
        (&[("Host", "192.0.2.1")], true),
        (
            &[("Host", own.as_str()), ("Origin", "http://192.0.2.1")],
            false,
        ),
        (&[("Host", "localhost.evil.example")], false),
        (&[("Host", "")], false),
        (
            &[("Host", own.as_str()), ("Origin", "https://evil.example")],
            false,
        ),
        (
            &[
                ("Host", own.as_str()),
                ("Origin", "https://localhost.evil.example"),
            ],
            false,
        ),
        (
            &[
                ("Host", own.as_str()),
                ("Origin", "https://evil.example/localhost"),
            ],
            false,
        ),
        (&[("Host", own.as_str()), ("Origin", "null")], false),
        (&[("Host", own.as_str()), ("Origin", "file://")], false),
        (&[("Host", own.as_str()), ("Origin", "")], false),
    ] {
        for mimic in [&server as &oauth_mimic::Mimic, &sandbox] {
            let plane = Plane::of(mimic).with(headers);
            let case = format!("{headers:?} at {}", mimic.base_url());
            for (answer, status) in [
                (plane.get("/clock"), 200),
                (plane.post("/clock/advance", &json!({ "seconds": 1 })), 200),
                (plane.get("/nothing"), 404),
            ] {
                if allowed {
                    assert_eq!(answer.status, status, "{case}: {}", answer.text());
                } else {
                    assert_problem(&case, &answer, 403, None);
                }
            }
            assert_eq!(plane.get("/health").status, 200, "{case}");
        }
    }
}

#[test]
fn the_host_of_the_base_url_is_the_servers_own() {
    let server = TokenServer::builder().base_url("http://mimic:8080").start();
    let own = format!("http://{}", server.address());
    for (host, status) in [
        ("mimic:8080", 200),
        ("mimic", 200),
        ("mimic2:8080", 403),
        ("localhost", 200),
    ] {
        let plane = Plane::at(&own).with(&[("Host", host)]);
        assert_eq!(plane.get("/clock").status, status, "{host}");
    }
    assert_eq!(
        server.control_url().as_deref(),
        Some("http://mimic:8080/_mimic")
    );
}

/// Asks for the clock at that URL's path, with that URL's host, wherever the server really listens.
#[track_caller]
fn status_at(server: &TokenServer, listens: SocketAddr, url: &str) -> u16 {
    let authority = url.split('/').nth(2).expect("a host");
    let plane = Plane::at(&format!("http://{listens}")).with(&[("Host", authority)]);
    let status = plane.get("/clock").status;
    assert!(matches!(status, 200 | 403), "{}", server.base_url());
    status
}

#[test]
fn the_url_that_the_server_advertises_is_never_refused() {
    let everywhere = "0.0.0.0:0".parse().expect("an address");
    for (builder, control) in [
        (TokenServer::builder(), "http://127.0.0.1:"),
        (
            TokenServer::builder().address(everywhere),
            "http://localhost:",
        ),
        (
            TokenServer::builder().base_url("http://MIMIC:8080"),
            "http://MIMIC:",
        ),
        (
            TokenServer::builder()
                .address(everywhere)
                .base_url("https://auth.example.test"),
            "http://auth.example.test:",
        ),
    ] {
        let server = builder.control_port(0).start();
        let url = server.control_url().expect("a control plane");
        assert!(url.starts_with(control), "{url}");
        let port = url
            .split(':')
            .nth(2)
            .and_then(|rest| rest.split('/').next());
        let port = port.and_then(|port| port.parse().ok()).expect("a port");
        let listens = SocketAddr::from(([127, 0, 0, 1], port));
        assert_eq!(status_at(&server, listens, &url), 200, "{url}");
        // Clients write the host of a URL in lower case.
        assert_eq!(
            status_at(&server, listens, &url.to_lowercase()),
            200,
            "{url}"
        );
        let sandbox = server.sandbox().control_url().expect("a control plane");
        assert!(
            sandbox.starts_with(url.trim_end_matches("/_mimic")),
            "{sandbox}"
        );
    }
}

#[test]
fn a_host_that_is_allowed_by_name_is_known_and_the_refusal_of_another_says_how_to_allow_it() {
    let server = TokenServer::builder()
        .allow_host("mimic.test")
        .allow_host("OTHER.test:8080")
        .start();
    let own = format!("http://{}", server.address());
    let at = |host: &str| Plane::at(&own).with(&[("Host", host)]).get("/clock");
    for host in ["mimic.test", "MIMIC.test:1", "other.test", "LocalHost"] {
        assert_eq!(at(host).status, 200, "{host}");
    }
    let refused = at("third.test:8080");
    assert_problem("third.test", &refused, 403, None);
    assert_eq!(refused.member("code"), "host_refused");
    assert!(
        refused.member("detail").contains("--allow-host third.test"),
        "{}",
        refused.text()
    );
}

#[test]
fn the_protocol_is_guarded_by_nothing_of_this() {
    let server = TokenServer::builder().control_token("s3cret").start();
    let headers = "Origin: https://app.example\r\n";
    let answer = request("GET", &server.jwks_url(), headers, "");
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    assert_eq!(refresh(&server, "REFRESH_TOKEN", "").status, 200);
}

#[test]
fn with_a_token_only_who_presents_it_is_let_in() {
    let server = TokenServer::builder().control_token("s3cret").start();
    let sandbox = server.sandbox();
    let host = server.address().to_string();
    for mimic in [&server as &oauth_mimic::Mimic, &sandbox] {
        for (authorization, allowed) in [
            (None, false),
            (Some("Bearer s3cret"), true),
            (Some("bearer s3cret"), true),
            (Some("Bearer s3cre"), false),
            (Some("Bearer s3cret2"), false),
            (Some("Bearer"), false),
            (Some("s3cret"), false),
            (Some("Basic czNjcmV0"), false),
        ] {
            let mut headers = vec![("Host", host.as_str())];
            headers.extend(authorization.map(|value| ("Authorization", value)));
            let plane = Plane::of(mimic).with(&headers);
            let case = format!("{authorization:?} at {}", mimic.base_url());
            for path in ["", "/clock", "/openapi.json", "/sandboxes", "/nothing"] {
                let answer = plane.get(path);
                if allowed {
                    assert_ne!(answer.status, 401, "{case}: {path}");
                    continue;
                }
                assert_problem(&case, &answer, 401, None);
                let challenge = answer.header("www-authenticate").unwrap_or_default();
                assert!(
                    challenge.starts_with("Bearer realm="),
                    "{case}: {challenge}"
                );
                assert!(!answer.text().contains("s3cret"), "{case}");
            }
            assert_eq!(
                plane.get("/health").status,
                200,
                "{case}: no token is asked for"
            );
        }
    }
}

#[test]
fn an_empty_token_lets_nobody_in() {
    let server = TokenServer::builder().control_token("").start();
    let host = server.address().to_string();
    for authorization in [None, Some("Bearer "), Some("Bearer"), Some("")] {
        let mut headers = vec![("Host", host.as_str())];
        headers.extend(authorization.map(|value| ("Authorization", value)));
        let answer = Plane::of(&server).with(&headers).get("/clock");
        assert_problem(&format!("{authorization:?}"), &answer, 401, None);
    }
}

#[test]
fn left_out_it_answers_as_any_unknown_path_does_and_the_health_stays() {
    let server = TokenServer::builder().no_control().start();
    let sandbox = server.sandbox();
    assert_eq!(server.control_url(), None);
    for mimic in [&server as &oauth_mimic::Mimic, &sandbox] {
        let plane = Plane::of(mimic);
        for (method, path) in [
            ("GET", ""),
            ("POST", "/reset"),
            ("GET", "/clock"),
            ("GET", "/openapi.json"),
            ("POST", "/sandboxes"),
            ("POST", "/tokens"),
        ] {
            let answer = plane.send(method, path, "");
            let told = format!("{method} {path}: {}", answer.text());
            assert_eq!(answer.status, 404, "{told}");
            assert_eq!(
                answer.error(),
                fetch(&format!("{}/x", mimic.base_url())).error(),
                "{told}"
            );
        }
        assert_eq!(plane.get("/health").status, 200);
        assert_eq!(refresh(mimic, "REFRESH_TOKEN", "").status, 200);
    }
}

#[test]
fn at_a_port_of_its_own_it_is_alone() {
    let server = TokenServer::builder().control_port(0).start();
    let sandbox = server.sandbox();
    let url = server.control_url().expect("a control plane");
    let base = url.strip_suffix("/_mimic").expect("its prefix");
    assert_ne!(base, server.base_url());
    for (mimic, path) in [
        (&server as &oauth_mimic::Mimic, ""),
        (&sandbox, sandbox_path(&sandbox)),
    ] {
        let plane = Plane::at(&format!("{base}{path}"));
        plane.post("/clock/advance", &json!({ "seconds": 7200 }));
        let ahead = mimic
            .clock()
            .now()
            .seconds_since(oauth_mimic::Clock::real().now());
        assert!((7100..7300).contains(&ahead), "{ahead}");
        // The protocol is not there, and the control plane is not where the protocol is.
        let token = mimic.token_url().replace(server.base_url(), base);
        assert_problem(&token, &fetch(&token), 404, None);
        assert_eq!(Plane::of(mimic).get("/clock").status, 404);
        assert_eq!(plane.get("/health").status, 200);
        assert_eq!(Plane::of(mimic).get("/health").status, 200);
        assert_eq!(refresh(mimic, "REFRESH_TOKEN", "").status, 200);
        // The list of endpoints names the control plane's address.
        let told = plane.read("")["endpoints"].clone();
        assert_eq!(told["control"], format!("{base}{path}/_mimic"));
        assert_eq!(told["token"], mimic.token_url());
    }
    let made = Plane::at(base).post("/sandboxes", &json!({})).json();
    let control = made["endpoints"]["control"].as_str().expect("a URL");
    assert_eq!(fetch(&format!("{control}/clock")).status, 200);
}

fn sandbox_path(sandbox: &oauth_mimic::Mimic) -> &str {
    let at = sandbox.base_url().find("/s/").expect("a sandbox's path");
    &sandbox.base_url()[at..]
}

#[test]
fn at_a_port_of_its_own_it_is_guarded_too() {
    let server = TokenServer::builder()
        .control_port(0)
        .control_token("s3cret")
        .start();
    let plane = Plane::at(&server.control_url().expect("a control plane"));
    assert_problem("no token", &plane.get("/clock"), 401, None);
    let foreign = plane
        .clone()
        .with(&[("Host", "evil.example"), ("Authorization", "Bearer s3cret")]);
    assert_problem("another host", &foreign.get("/clock"), 403, None);
    let right = plane.with(&[("Host", "localhost"), ("Authorization", "Bearer s3cret")]);
    assert_eq!(right.get("/clock").status, 200);
}

#[test]
fn beside_the_protocol_it_is_at_the_servers_own_address() {
    let server = TokenServer::start();
    let url = server.control_url().expect("a control plane");
    assert_eq!(url, format!("{}/_mimic", server.base_url()));
    assert_eq!(fetch(&url).json()["endpoints"]["control"], url);
}

#[test]
fn a_control_port_that_is_taken_is_reported() {
    let taken = TokenServer::start();
    let why = TokenServer::builder()
        .control_port(taken.address().port())
        .try_start()
        .expect_err("the port is taken");
    let address = taken.address();
    assert!(
        why.to_string()
            .starts_with(&format!("cannot listen on {address}: ")),
        "{why}"
    );
}
