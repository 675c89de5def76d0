//! The OpenAPI document describes what the server does.

use std::collections::{BTreeMap, BTreeSet};

use oauth_mimic::Login;
use serde_json::{Value, json};

use crate::drive::{Plane, USER, frozen};

/// Method and path of every operation; names in the path are `{}`.
fn described(document: &Value) -> BTreeSet<(String, String)> {
    let paths = document["paths"].as_object().expect("paths");
    paths
        .iter()
        .flat_map(|(path, item)| {
            let methods = item.as_object().expect("operations").keys();
            methods.map(move |method| (method.to_ascii_uppercase(), unnamed(path)))
        })
        .collect()
}

fn unnamed(path: &str) -> String {
    let segments = path.split('/').map(|segment| {
        if segment.starts_with('{') {
            "{}"
        } else {
            segment
        }
    });
    segments.collect::<Vec<_>>().join("/")
}

#[test]
fn everything_that_is_described_is_there() {
    let server = frozen();
    let plane = Plane::of(&server);
    for (method, path) in described(&plane.read("/openapi.json")) {
        if path.ends_with("/stream") {
            plane.stream("/requests/stream");
            continue;
        }
        let path = path.replace("/_mimic", "").replace("{}", "unheard-of");
        let path = path.replace("/wait", "/wait?timeout=0");
        let answer = plane.send(&method, &path, "");
        let told = format!("{method} {path}: {} {}", answer.status, answer.text());
        assert_ne!(answer.status, 405, "{told}");
        assert!(!told.contains("nothing is at"), "{told}");
    }
}

#[test]
fn the_document_is_openapi_in_shape() {
    let document = Plane::of(&frozen()).read("/openapi.json");
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
    assert!(document["info"]["title"].is_string());
    let mut ids = BTreeMap::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        assert!(path.starts_with("/_mimic"), "{path}");
        for (method, operation) in item.as_object().expect("operations") {
            let case = format!("{method} {path}");
            let id = operation["operationId"].as_str().expect("an operationId");
            let other = ids.insert(id.to_owned(), case.clone());
            assert_eq!(other, None, "{case}: {id}");
            assert!(operation["summary"].is_string(), "{case}");
            // Each name in the path is a parameter (OpenAPI 3.1 §4.8.9).
            let parameters = operation["parameters"].as_array().expect("parameters");
            let in_path: Vec<String> = parameters
                .iter()
                .filter(|parameter| parameter["in"] == "path")
                .map(|parameter| {
                    assert_eq!(parameter["required"], true, "{case}");
                    format!("{{{}}}", parameter["name"].as_str().expect("a name"))
                })
                .collect();
            let named: Vec<&str> = path.split('/').filter(|s| s.starts_with('{')).collect();
            assert_eq!(in_path, named, "{case}");
            for parameter in parameters {
                assert!(parameter["schema"].is_object(), "{case}: {parameter}");
                let description = parameter["description"].as_str();
                assert!(
                    description.is_some_and(|text| !text.is_empty()),
                    "{case}: {parameter}"
                );
            }
            let responses = operation["responses"].as_object().expect("responses");
            assert!(
                responses.keys().any(|status| status.starts_with('2')),
                "{case}"
            );
            for (status, response) in responses {
                assert!(response["description"].is_string(), "{case}");
                if status.starts_with('4') || status.starts_with('5') {
                    let problem = &response["content"]["application/problem+json"];
                    assert!(problem["schema"]["$ref"].is_string(), "{case}: {status}");
                }
            }
            if let Some(body) = operation.get("requestBody") {
                assert!(body["required"].is_boolean(), "{case}");
            }
        }
    }
}

#[test]
fn every_reference_resolves() {
    fn walk(document: &Value, value: &Value, found: &mut usize) {
        if let Some(reference) = value.get("$ref").and_then(Value::as_str) {
            let pointer = reference.strip_prefix('#').expect("a reference inside");
            assert!(document.pointer(pointer).is_some(), "{reference}");
            *found += 1;
        }
        match value {
            Value::Array(items) => items.iter().for_each(|item| walk(document, item, found)),
            Value::Object(members) => members
                .values()
                .for_each(|item| walk(document, item, found)),
            _ => {}
        }
    }
    let document = Plane::of(&frozen()).read("/openapi.json");
    let mut found = 0;
    walk(&document, &document, &mut found);
    assert!(found > 50, "{found}");
}

/// The query parameters of each operation are those that its type takes.
#[test]
fn the_filter_is_in_every_query_of_the_journal() {
    let document = Plane::of(&frozen()).read("/openapi.json");
    let names = |path: &str| -> BTreeSet<String> {
        let parameters = &document["paths"][path]["get"]["parameters"];
        let names = parameters.as_array().expect("parameters").iter();
        names
            .filter(|parameter| parameter["in"] == "query")
            .map(|parameter| parameter["name"].as_str().expect("a name").to_owned())
            .collect()
    };
    let filter = [
        "advice",
        "auth_method",
        "client_id",
        "endpoint",
        "error",
        "fault",
        "grant_id",
        "grant_type",
        "outcome",
        "refusal",
        "scope",
        "status",
        "sub",
    ];
    let filter: BTreeSet<String> = filter.into_iter().map(str::to_owned).collect();
    let mut list = filter.clone();
    list.extend(["after".to_owned(), "limit".to_owned()]);
    assert_eq!(names("/_mimic/requests"), list);
    let mut stream = filter.clone();
    stream.insert("heartbeat".to_owned());
    assert_eq!(names("/_mimic/requests/stream"), stream);
    let mut wait = filter;
    wait.extend(["count".to_owned(), "timeout".to_owned()]);
    assert_eq!(names("/_mimic/requests/wait"), wait);
}

/// A schema of the document, with all the others behind its references.
fn schema(document: &Value, schema: &Value) -> jsonschema::Validator {
    let whole = json!({ "components": document["components"], "allOf": [schema] });
    jsonschema::draft202012::new(&whole).expect("a schema")
}

/// Bodies the server takes, for every operation that has one.
fn bodies() -> Vec<(&'static str, &'static str, Value)> {
    let client =
        json!({ "client_id": "a", "client_secret": "b", "scope": "openid", "refresh": "rotate" });
    let user = json!({ "sub": "a", "claims": { "level": 9 } });
    let token = json!({ "token": "a", "client_id": "client-default", "sub": USER, "scope": "openid", "fault": { "kind": "close" } });
    vec![
        ("put", "/clock", json!({ "now": "2023-03-28T12:23:16Z" })),
        ("post", "/clock/advance", json!({ "seconds": -900 })),
        (
            "post",
            "/faults",
            json!({ "on": "token", "fault": { "kind": "close" } }),
        ),
        (
            "post",
            "/faults",
            json!({
                "on": "jwks", "when": { "client_id": "a" }, "skip": 1, "times": 2, "probability": 0.3,
                "fault": { "kind": "status", "status": 503, "headers": { "Retry-After": "1" }, "body": "x" },
            }),
        ),
        (
            "post",
            "/faults",
            json!({ "on": "token", "fault": { "kind": "token", "defect": { "kind": "set_claims", "claims": { "a": 1 } } } }),
        ),
        (
            "post",
            "/faults",
            json!({ "on": "token", "fault": { "kind": "answer", "set": { "expires_in": "900" }, "remove": ["scope"] } }),
        ),
        (
            "post",
            "/scenarios",
            json!({ "description": "x", "advance": 1, "refresh": "rotate", "faults": [{ "on": "jwks", "fault": { "kind": "close" } }] }),
        ),
        ("post", "/verify", json!({ "at_least": 0 })),
        (
            "post",
            "/verify",
            json!({
                "filter": { "endpoint": "token", "status": 200 }, "exactly": 0, "at_most": 2, "no_advice": true,
            }),
        ),
        (
            "post",
            "/verify",
            json!({ "in_order": [], "no_advice": true }),
        ),
        ("post", "/tokens", json!({})),
        ("post", "/tokens/inspect", json!({ "token": "x.y.z" })),
        (
            "post",
            "/tokens",
            json!({ "client_id": "client-default", "sub": USER, "scope": "openid", "auth_time": -60, "id_token_lifetime": 60, "defect": { "kind": "expired" }, "claims": { "a": 1 }, "kind": "id_token" }),
        ),
        (
            "post",
            "/tokens",
            json!({ "defect": { "kind": "alg_none" }, "kind": "access_token" }),
        ),
        ("post", "/clients", client.clone()),
        ("put", "/clients/{client_id}", client),
        ("post", "/users", user.clone()),
        ("put", "/users/{sub}", user),
        ("post", "/refresh-tokens", token.clone()),
        ("put", "/clients/{client_id}/refresh-tokens/{token}", token),
        ("post", "/logins", json!({})),
        (
            "post",
            "/logins",
            json!({ "client_id": "web", "user": USER, "deny": true, "scope": "openid", "acr": "2", "delay": 1, "error": "server_error", "times": 2 }),
        ),
        ("post", "/keys/rotate", json!({})),
        ("post", "/keys/rotate", json!({ "retire_after": 60 })),
        ("post", "/sandboxes", json!({})),
        ("put", "/sandboxes/{id}", json!({ "label": "a test" })),
        (
            "post",
            "/sandboxes",
            json!({
                "fixtures": { "profile": "standard", "clients": [{ "client_id": "a" }] },
                "clock": "2023-03-28T12:23:16Z", "seed": 1, "ttl": 600,
            }),
        ),
    ]
}

#[test]
fn bodies_that_the_server_takes_are_valid_and_so_are_its_answers() {
    let server = frozen();
    let plane = Plane::of(&server);
    let document = plane.read("/openapi.json");
    let mut seen = BTreeSet::new();
    for (method, path, body) in bodies() {
        let operation = &document["paths"][format!("/_mimic{path}")][method];
        let case = format!("{method} {path} {body}");
        let content = &operation["requestBody"]["content"]["application/json"];
        let request = schema(&document, &content["schema"]);
        assert!(request.is_valid(&body), "{case}");
        let mut wrong = body.clone();
        wrong["colour"] = json!("red");
        assert!(!request.is_valid(&wrong), "{case}: and an unknown member");

        let real = path
            .replace("/{client_id}/r", "/client-default/r")
            .replace("{client_id}", "a")
            .replace("{sub}", "a")
            .replace("{token}", "a")
            .replace("{id}", "a");
        assert!(
            method != "put" || operation["responses"].get("201").is_some() || path == "/clock",
            "{case}"
        );
        let answer = plane.send(&method.to_ascii_uppercase(), &real, &body.to_string());
        assert!(
            answer.status < 300,
            "{case}: {} {}",
            answer.status,
            answer.text()
        );
        let described = &operation["responses"][answer.status.to_string()];
        assert!(
            described.is_object(),
            "{case}: {} is not described",
            answer.status
        );
        let due = schema(
            &document,
            &described["content"]["application/json"]["schema"],
        );
        assert!(due.is_valid(&answer.json()), "{case}: {}", answer.text());
        seen.insert((method.to_owned(), path.to_owned()));
    }
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let path = path.trim_start_matches("/_mimic").to_owned();
            if operation.get("requestBody").is_some() {
                assert!(
                    seen.contains(&(method.clone(), path.clone())),
                    "{method} {path} has no example"
                );
            }
        }
    }
}

#[test]
fn what_is_read_is_as_described() {
    let server = frozen();
    let _sandbox = server.sandbox();
    let plane = Plane::of(&server);
    crate::front::code(&server, "");
    server.next_login(Login::new().user(USER));
    crate::drive::refresh(&server, "REFRESH_TOKEN", "&scope=admin&colour=red");
    server.fail_next(
        1,
        oauth_mimic::Fault::status(503).header("Retry-After", "1"),
    );
    let document = plane.read("/openapi.json");
    for (path, example) in [
        ("", ""),
        ("/openapi.json", "/openapi.json"),
        ("/health", "/health"),
        ("/clock", "/clock"),
        ("/faults", "/faults"),
        ("/faults/{id}", "/faults/1"),
        ("/requests", "/requests"),
        ("/requests/wait", "/requests/wait"),
        ("/requests/{number}", "/requests/1"),
        ("/clients", "/clients"),
        ("/clients/{client_id}", "/clients/client-default"),
        ("/users", "/users"),
        (
            "/users/{sub}",
            "/users/b626dc6a-0940-44da-af69-04b411a1de56",
        ),
        ("/refresh-tokens", "/refresh-tokens"),
        (
            "/clients/{client_id}/refresh-tokens/{token}",
            "/clients/client-default/refresh-tokens/REFRESH_TOKEN",
        ),
        ("/keys", "/keys"),
        ("/logins", "/logins"),
        ("/sessions", "/sessions"),
        ("/sandboxes", "/sandboxes"),
        ("/scenarios", "/scenarios"),
    ] {
        let described = &document["paths"][format!("/_mimic{path}")]["get"]["responses"]["200"];
        let due = schema(
            &document,
            &described["content"]["application/json"]["schema"],
        );
        let answer = plane.read(example);
        let errors: Vec<String> = due.iter_errors(&answer).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{path}: {errors:?}");
    }
    let problem = schema(
        &document,
        &json!({ "$ref": "#/components/schemas/Problem" }),
    );
    let answer = plane.get("/requests?colour=red").json();
    assert!(problem.is_valid(&answer), "{answer}");
}

#[test]
fn members_that_may_be_left_out_have_no_default_of_null() {
    fn walk(value: &Value) {
        match value {
            Value::Array(items) => items.iter().for_each(walk),
            Value::Object(members) => {
                assert_ne!(members.get("default"), Some(&Value::Null), "{value}");
                members.values().for_each(walk);
            }
            _ => {}
        }
    }
    walk(&Plane::of(&frozen()).read("/openapi.json"));
}
