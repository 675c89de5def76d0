//! Faults of requests by another method than usual.

use oauth_mimic::TokenServer;
use serde_json::json;

use crate::faults::{LONG, ask, assert_no_answer, by_http, once, raw, request_to, wrong_answers};
use crate::support::{answers, send};

#[test]
fn options_never_fails_and_uses_up_nothing() {
    let server = TokenServer::start();
    for endpoint in ["token", "authorization", "jwks", "metadata"] {
        once(by_http, &server, endpoint, &json!({ "kind": "close" }));
        let text = String::from_utf8(request_to(&server, endpoint)).expect("text");
        let path = text.split(' ').nth(1).expect("a path");
        let options = format!(
            "OPTIONS {path} HTTP/1.1\r\nHost: {}\r\n\r\n",
            server.address()
        );
        let status = if endpoint == "unknown" { 404 } else { 204 };
        assert_eq!(
            send(server.address(), options.as_bytes()).status,
            status,
            "{endpoint}"
        );
        assert_no_answer(&ask(endpoint, &server, endpoint), None);
    }
}

#[test]
fn head_fails_as_get_does_without_a_body() {
    let of_the_body = [
        (json!({ "kind": "drip", "bytes_per_second": 1 }), 200),
        (json!({ "kind": "truncate", "bytes": 1 }), 200),
        (json!({ "kind": "answer", "set": { "a": 1 } }), 200),
    ];
    for (fault, status) in wrong_answers().into_iter().chain(of_the_body) {
        for endpoint in ["jwks", "metadata"] {
            let case = format!("{fault} at {endpoint}");
            let server = TokenServer::start();
            once(by_http, &server, endpoint, &fault);
            let text = String::from_utf8(request_to(&server, endpoint)).expect("text");
            let head = raw(
                &case,
                server.address(),
                text.replacen("GET", "HEAD", 1).as_bytes(),
            );
            assert!(head.text().ends_with("\r\n\r\n"), "{case}: {}", head.text());
            assert_eq!(answers(b"HEAD ", &head.bytes)[0].status, status, "{case}");
            // At a byte a second the body would take minutes.
            assert!(head.after < LONG, "{case}: {:?}", head.after);
            assert_eq!(server.faults().list()[0].times_left, Some(0), "{case}");
        }
    }
    let server = TokenServer::start();
    once(by_http, &server, "jwks", &json!({ "kind": "close" }));
    let text = String::from_utf8(request_to(&server, "jwks")).expect("text");
    let head = raw(
        "close",
        server.address(),
        text.replacen("GET", "HEAD", 1).as_bytes(),
    );
    assert_no_answer(&head, None);
}

#[test]
fn what_would_be_refused_fails_first() {
    let server = TokenServer::start();
    let address = server.address();
    let refused = |endpoint: &str, method: &str| {
        let text = String::from_utf8(request_to(&server, endpoint)).expect("text");
        let path = text.split(' ').nth(1).expect("a path").to_owned();
        let request =
            format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nContent-Length: 0\r\n\r\n");
        send(address, request.as_bytes()).status
    };
    for (endpoint, method, status) in [
        ("token", "GET", 405),
        ("token", "POST", 415),
        ("jwks", "POST", 405),
        ("metadata", "DELETE", 405),
        ("authorization", "PUT", 405),
        ("unknown", "GET", 404),
    ] {
        let case = format!("{method} {endpoint}");
        let plain = refused(endpoint, method);
        assert!([status, 400].contains(&plain), "{case}: {plain}");
        once(
            by_http,
            &server,
            endpoint,
            &json!({ "kind": "gateway_page" }),
        );
        assert_eq!(refused(endpoint, method), 502, "{case}");
        assert_eq!(refused(endpoint, method), plain, "{case}: once");
    }
}
