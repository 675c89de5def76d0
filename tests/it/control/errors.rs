//! Mistakes in requests of the control plane: problem details (RFC 9457) that name the place.

use std::time::Duration;

use oauth_mimic::TokenServer;
use serde_json::json;

use crate::drive::{Plane, assert_problem, frozen};
use crate::support::send;

#[test]
fn what_is_not_there_is_reported_with_where_to_look() {
    let server = frozen();
    let plane = Plane::of(&server);
    for path in [
        "/nothing",
        "/clock/back",
        "/clients/a/b",
        "/faults/1/2",
        "/sandboxes/a/b/c",
    ] {
        for method in ["GET", "POST", "PUT", "DELETE"] {
            let answer = plane.send(method, path, "");
            let case = format!("{method} {path}");
            assert_problem(&case, &answer, 404, None);
            assert!(answer.text().contains("/_mimic/openapi.json"), "{case}");
        }
    }
    assert_problem("/faults/9", &plane.delete("/faults/9"), 404, None);
    assert_problem("/faults/x", &plane.delete("/faults/x"), 404, None);
    assert_problem("/sandboxes/x", &plane.delete("/sandboxes/x"), 404, None);
    let scenario = plane.send("POST", "/scenarios/x", "");
    assert_problem("/scenarios/x", &scenario, 404, None);
}

#[test]
fn another_method_is_refused_with_those_there_are() {
    let server = frozen();
    let plane = Plane::of(&server);
    for (path, method, allow) in [
        ("", "POST", "GET, HEAD, OPTIONS"),
        ("/reset", "GET", "POST, OPTIONS"),
        ("/clock", "POST", "GET, HEAD, PUT, DELETE, OPTIONS"),
        ("/clock/advance", "PUT", "POST, OPTIONS"),
        ("/faults", "PUT", "GET, HEAD, POST, DELETE, OPTIONS"),
        ("/faults/1", "POST", "GET, HEAD, DELETE, OPTIONS"),
        ("/requests", "POST", "GET, HEAD, DELETE, OPTIONS"),
        ("/requests/1", "DELETE", "GET, HEAD, OPTIONS"),
        ("/requests/wait", "POST", "GET, HEAD, OPTIONS"),
        ("/verify", "GET", "POST, OPTIONS"),
        ("/tokens", "GET", "POST, OPTIONS"),
        ("/clients/a", "PATCH", "GET, HEAD, PUT, DELETE, OPTIONS"),
        ("/keys/a", "GET", "DELETE, OPTIONS"),
        ("/keys/rotate", "GET", "POST, OPTIONS"),
        ("/keys/rotate", "DELETE", "POST, OPTIONS"),
        ("/scenarios/a", "GET", "POST, OPTIONS"),
        ("/logins", "PUT", "GET, HEAD, POST, DELETE, OPTIONS"),
        ("/sessions", "POST", "GET, HEAD, DELETE, OPTIONS"),
        ("/sessions/a", "GET", "DELETE, OPTIONS"),
    ] {
        let case = format!("{method} {path}");
        let answer = plane.send(method, path, "");
        assert_problem(&case, &answer, 405, None);
        assert_eq!(answer.header("allow"), Some(allow), "{case}");
        let options = plane.send("OPTIONS", path, "");
        assert_eq!(options.status, 204, "{case}");
        assert_eq!(options.header("allow"), Some(allow), "{case}");
    }
}

#[test]
fn an_empty_name_is_not_the_whole_list() {
    let server = frozen();
    let plane = Plane::of(&server);
    for path in [
        "/faults/",
        "/requests/",
        "/clients/",
        "/users/",
        "//clients",
    ] {
        for method in ["GET", "DELETE"] {
            let case = format!("{method} {path}");
            assert_problem(&case, &plane.send(method, path, ""), 404, None);
        }
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table")]
fn a_body_that_is_not_json_of_its_type_is_refused_with_the_place() {
    let server = frozen();
    let plane = Plane::of(&server);
    let filter = r#"{"filter":{"endpoint":"token"}}"#;
    for (method, path, body, at) in [
        ("PUT", "/clock", "", ""),
        ("PUT", "/clock", "{", ""),
        ("PUT", "/clock", "[]", ""),
        ("PUT", "/clock", "{}", ""),
        ("PUT", "/clock", r#"{"now":1}"#, "/now"),
        ("PUT", "/clock", r#"{"now":"yesterday"}"#, "/now"),
        ("PUT", "/clock", r#"{"now":"2023-03-28T12:23:16Z"} x"#, ""),
        (
            "PUT",
            "/clock",
            r#"{"now":"2023-03-28T12:23:16Z","zone":"CET"}"#,
            "/zone",
        ),
        ("POST", "/clock/advance", r#"{"seconds":"900"}"#, "/seconds"),
        ("POST", "/clock/advance", r#"{"seconds":1.5}"#, "/seconds"),
        ("POST", "/clock/advance", r#"{"minutes":1}"#, "/minutes"),
        ("POST", "/faults", r#"{"on":"token"}"#, ""),
        (
            "POST",
            "/faults",
            r#"{"on":"tokens","fault":{"kind":"close"}}"#,
            "/on",
        ),
        (
            "POST",
            "/faults",
            r#"{"on":"token","fault":{"kind":"explode"}}"#,
            "/fault/kind",
        ),
        (
            "POST",
            "/faults",
            r#"{"on":"token","fault":{"kind":"close"},"times":-1}"#,
            "/times",
        ),
        (
            "POST",
            "/faults",
            r#"{"on":"token","fault":{"kind":"close"},"probability":2}"#,
            "/probability",
        ),
        (
            "POST",
            "/faults",
            r#"{"on":"token","fault":{"kind":"close"},"when":{"colour":"red"}}"#,
            "/when/colour",
        ),
        (
            "POST",
            "/faults",
            r#"{"on":"token","fault":{"kind":"status","status":1000}}"#,
            "/fault/status",
        ),
        (
            "POST",
            "/faults",
            r#"{"on":"token","fault":{"kind":"drip","bytes_per_second":0}}"#,
            "/fault/bytes_per_second",
        ),
        (
            "POST",
            "/verify",
            r#"{"filter":{"endpoint":"nowhere"}}"#,
            "/filter/endpoint",
        ),
        (
            "POST",
            "/verify",
            r#"{"filter":{"colour":"red"}}"#,
            "/filter/colour",
        ),
        ("POST", "/verify", r#"{"exactly":-1}"#, "/exactly"),
        (
            "POST",
            "/verify",
            r#"{"in_order":[{},{"status":"x"}]}"#,
            "/in_order/1/status",
        ),
        ("POST", "/verify", "nonsense", ""),
        ("POST", "/logins", r#"{"delay":61}"#, "/delay"),
        ("POST", "/logins", r#"{"times":0}"#, "/times"),
        ("POST", "/logins", r#"{"error":""}"#, "/error"),
        ("POST", "/logins", r#"{"error":"a\"b"}"#, "/error"),
        ("POST", "/logins", r#"{"scope":"a  b"}"#, "/scope"),
        ("POST", "/logins", r#"{"deny":"yes"}"#, "/deny"),
        ("POST", "/logins", r#"{"sub":"alice"}"#, "/sub"),
        ("POST", "/sandboxes", r#"{"ttl":0}"#, "/ttl"),
        ("POST", "/sandboxes", r#"{"ttl":-1}"#, "/ttl"),
        ("PUT", "/sandboxes/x", r#"{"ttl":0}"#, "/ttl"),
        ("POST", "/sandboxes", r#"{"clock":"noon"}"#, "/clock"),
        ("POST", "/sandboxes", r#"{"seed":"one"}"#, "/seed"),
        ("POST", "/sandboxes", r#"{"name":"a"}"#, "/name"),
    ] {
        let case = format!("{method} {path} {body}");
        assert_problem(&case, &plane.send(method, path, body), 400, Some(at));
    }
    // A filter alone expects nothing, and so could not fail.
    assert_problem(filter, &plane.send("POST", "/verify", filter), 400, None);
    assert_eq!(plane.list("/faults").len(), 0);
    assert_eq!(plane.list("/sandboxes").len(), 0);
}

#[test]
fn an_array_is_never_taken_for_an_object() {
    let server = frozen();
    let plane = Plane::of(&server);
    for (method, path, body, at) in [
        ("POST", "/keys/rotate", "[null]", ""),
        ("POST", "/tokens", "[]", ""),
        ("POST", "/sandboxes", "[null, null]", ""),
        ("POST", "/clock/advance", "[900]", ""),
        ("POST", "/users", r#"["alice"]"#, ""),
        ("POST", "/verify", r"[{},1]", ""),
        (
            "POST",
            "/verify",
            r#"{"filter":[null, null],"exactly":0}"#,
            "/filter",
        ),
        ("POST", "/verify", r#"{"in_order":[[]]}"#, "/in_order/0"),
        (
            "POST",
            "/sandboxes",
            r#"{"fixtures":{"users":[["alice"]]}}"#,
            "/fixtures/users/0",
        ),
        (
            "POST",
            "/faults",
            r#"{"on":"token","when":[],"fault":"close"}"#,
            "/when",
        ),
    ] {
        let case = format!("{method} {path} {body}");
        let answer = plane.send(method, path, body);
        assert_problem(&case, &answer, 400, Some(at));
        assert_eq!(
            answer.member("detail"),
            "must be an object, not an array",
            "{case}"
        );
    }
    assert_eq!(plane.list("/keys").len(), 1, "nothing was rotated");
}

#[test]
fn a_whole_number_may_be_written_with_a_fraction_of_zero() {
    let server = frozen();
    let plane = Plane::of(&server);
    let advance = |seconds: &str| {
        let body = format!(r#"{{"seconds":{seconds}}}"#);
        plane.send("POST", "/clock/advance", &body)
    };
    assert_eq!(advance("5.0").json()["unix"], 1_680_006_201);
    assert_eq!(advance("-5e0").json()["unix"], 1_680_006_196);
    let answer = advance("5.5");
    assert_problem("5.5", &answer, 400, Some("/seconds"));
    assert_eq!(answer.member("detail"), "must be a whole number, not 5.5");
}

#[test]
fn no_message_names_a_type_of_rust() {
    let server = frozen();
    let plane = Plane::of(&server);
    for (path, body) in [
        ("/faults", "1"),
        ("/faults", r#"{"on":1,"fault":"close"}"#),
        ("/faults", r#"{"on":"token","fault":1}"#),
        ("/faults", r#"{"on":"token","fault":"close","times":"x"}"#),
        ("/tokens", r#"{"kind":{}}"#),
        ("/tokens", r#"{"claims":[]}"#),
        ("/tokens", r#"{"defect":5}"#),
        ("/clients", r#"{"client_id":{}}"#),
        ("/clients", r#"{"client_id":"a","client_secret":[]}"#),
        ("/clients", r#"{"client_id":"a","refresh":[]}"#),
        ("/verify", r#"{"exactly":"x"}"#),
        ("/verify", r#"{"no_advice":1}"#),
        ("/sandboxes", r#"{"fixtures":[],"seed":-1}"#),
    ] {
        let answer = plane.send("POST", path, body);
        assert_eq!(answer.status, 400, "{path} {body}: {}", answer.text());
        let detail = answer.member("detail");
        for word in [
            "struct", "enum", "sequence", "variant", "field", "u16", "u32", "u64", "i64", "usize",
            "Option", "map",
        ] {
            assert!(!detail.contains(word), "{path} {body}: {detail}");
        }
    }
}

#[test]
fn a_query_with_an_unknown_or_impossible_member_is_refused_with_its_name() {
    let server = frozen();
    let plane = Plane::of(&server);
    for (path, at) in [
        ("/requests?colour=red", Some("colour")),
        ("/requests?endpoint=tokens", Some("endpoint")),
        ("/requests?status=ok", Some("status")),
        ("/requests?status=-200", Some("status")),
        ("/requests/stream?colour=red", Some("colour")),
        ("/requests/wait?colour=red", Some("colour")),
        ("/requests?client_id=%zz", None),
    ] {
        assert_problem(path, &plane.get(path), 400, at);
    }
    let twice = plane.get("/requests?status=200&status=400");
    assert_eq!(twice.status, 400, "{}", twice.text());
}

#[test]
fn a_body_that_is_too_large_is_refused_and_a_large_one_is_not() {
    let server = frozen();
    let plane = Plane::of(&server);
    let user = |length: usize| json!({ "sub": "large", "claims": { "text": "x".repeat(length) } });
    assert_eq!(plane.post("/users", &user(1024 * 1024)).status, 201);
    let answer = plane.post("/users", &user(4 * 1024 * 1024));
    assert_problem("more than 4 MiB", &answer, 413, None);
    assert_eq!(plane.list("/users").len(), 4);
}

#[test]
fn a_head_is_a_get_without_its_body() {
    let server = frozen();
    let plane = Plane::of(&server);
    for (path, status) in [
        ("", 200),
        ("/clock", 200),
        ("/nothing", 404),
        ("/reset", 405),
    ] {
        let answer = plane.send("HEAD", path, "");
        assert_eq!((answer.status, answer.body.len()), (status, 0), "{path}");
    }
}

#[test]
fn mistakes_in_a_sandbox_are_reported_the_same_way() {
    let server = frozen();
    let sandbox = server.sandbox();
    let plane = Plane::of(&sandbox);
    assert_problem("404", &plane.get("/nothing"), 404, None);
    assert_problem("405", &plane.send("PATCH", "/clock", ""), 405, None);
    let body = json!({ "seconds": "900" });
    assert_problem(
        "400",
        &plane.post("/clock/advance", &body),
        400,
        Some("/seconds"),
    );
}

#[test]
fn a_body_that_stalls_is_shown_out() {
    let server = TokenServer::builder()
        .request_timeout(Duration::from_secs(1))
        .start();
    let request = b"PUT /_mimic/clock HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\n{";
    let answer = send(server.address(), request);
    assert_problem("a stalled body", &answer, 408, None);
    assert_eq!(answer.header("connection"), Some("close"));
}
