//! Faults and rules that are refused when they are set.

use std::panic::{AssertUnwindSafe, catch_unwind};

use oauth_mimic::{Endpoint, Fault, Rule, TokenServer};
use serde_json::{Value, json};

use crate::drive::Plane;
use crate::faults::control;

/// Rules that are refused: the endpoint, the fault, the path to the mistake below the rule, and words of the message.
#[rustfmt::skip] // One rule, one line.
fn refused() -> Vec<(&'static str, Value, &'static str, &'static str)> {
    let kind = |kind: &str| json!({ "kind": kind });
    vec![
        ("token", json!({ "kind": "status", "status": 99 }), "/fault/status", "200 to 599"),
        ("token", json!({ "kind": "status", "status": 600 }), "/fault/status", "200 to 599"),
        ("token", json!({ "kind": "status", "status": 204, "body": "x" }), "/fault/body", "status 204 has no body"),
        ("token", json!({ "kind": "status", "status": 205, "body": "x" }), "/fault/body", "status 205 has no body"),
        ("jwks", json!({ "kind": "status", "status": 304, "body": "x" }), "/fault/body", "status 304 has no body"),
        ("token", json!({ "kind": "error", "error": "a", "status": 204 }), "/fault/status", "status 204 has no body"),
        ("token", json!({ "kind": "error", "error": "a", "status": 99 }), "/fault/status", "200 to 599"),
        ("token", json!({ "kind": "error", "error": "" }), "/fault/error", "printable ASCII"),
        ("token", json!({ "kind": "error", "error": "a", "description": "\"" }), "/fault/description", "printable ASCII"),
        ("token", json!({ "kind": "status", "status": 500, "headers": { "a b": "" } }), "/fault/headers/a b", "name of a header"),
        ("token", json!({ "kind": "status", "status": 500, "headers": { "a": "\n" } }), "/fault/headers/a", "printable ASCII"),
        ("token", json!({ "kind": "status", "status": 500, "headers": { "Content-Length": "9" } }), "/fault/headers/Content-Length", "set by the server"),
        ("token", json!({ "kind": "delay", "seconds": -1.0 }), "/fault/seconds", "0 to 3600"),
        ("token", json!({ "kind": "delay", "seconds": 1, "jitter": 3601 }), "/fault/jitter", "0 to 3600"),
        ("token", json!({ "kind": "drip", "bytes_per_second": 0 }), "/fault/bytes_per_second", "at least 1"),
        ("token", json!({ "kind": "content_type", "content_type": "\n" }), "/fault/content_type", "printable ASCII"),
        ("token", json!({ "kind": "token", "defect": { "kind": "oversized", "bytes": 1_048_577 } }), "/fault/defect/bytes", "at most 1048576"),
        // A fault that could not happen would count down, and a test that waits for it would pass.
        ("token", json!({ "kind": "keys", "keys": "empty" }), "/fault/kind", "only at jwks"),
        ("metadata", json!({ "kind": "keys", "keys": "empty" }), "/fault/kind", "only at jwks"),
        ("jwks", json!({ "kind": "token", "defect": { "kind": "expired" } }), "/fault/kind", "only at token"),
        // The form.
        ("token", kind("explode"), "/fault/kind", "unknown value `explode`"),
        ("token", json!({}), "/fault", "the member `kind` is missing"),
        ("token", json!("close"), "/fault", "must be an object with a \"kind\""),
        ("token", json!(["close"]), "/fault", "must be an object with a \"kind\""),
        ("token", json!({ "kind": "close", "status": 503 }), "/fault", "unknown member `status`"),
        ("token", json!({ "kind": "status", "status": 503, "colour": 1 }), "/fault/colour", "unknown member `colour`"),
        ("token", json!({ "kind": "status", "status": "503" }), "/fault/status", "must be a whole number"),
        ("token", json!({ "kind": "status" }), "/fault", "the member `status` is missing"),
        ("token", json!({ "kind": "status", "status": 503, "headers": [] }), "/fault/headers", "must be an object"),
        ("token", json!({ "kind": "token", "defect": ["expired"] }), "/fault/defect", "must be an object with a \"kind\""),
        ("token", json!({ "kind": "token", "defect": { "kind": "missing_claim" } }), "/fault/defect", "the member `claim` is missing"),
        ("token", json!({ "kind": "token", "defect": { "kind": "expired", "claim": "exp" } }), "/fault/defect", "unknown member `claim`"),
    ]
}

/// The JSON of a fault with its kind first: members before it are kept until the kind is read, and lose their place.
fn text_of(fault: &Value) -> String {
    let Some(members) = fault.as_object() else {
        return fault.to_string();
    };
    let mut members: Vec<_> = members.iter().collect();
    members.sort_by_key(|(name, _)| *name != "kind");
    let members = members
        .into_iter()
        .map(|(name, value)| format!("{}:{}", json!(name), text_of(value)));
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}

#[test]
fn a_fault_that_cannot_be_carried_out_is_refused_over_http() {
    let server = TokenServer::start();
    for (on, fault, path, words) in refused() {
        let rule = format!(r#"{{"on":"{on}","fault":{}}}"#, text_of(&fault));
        let answer = Plane::of(&server).send("POST", "/faults", &rule);
        let case = format!("{rule}: {}", answer.text());
        assert_eq!(answer.status, 400, "{case}");
        assert_eq!(answer.json()["pointer"], path, "{case}");
        let detail = answer.member("detail");
        assert!(detail.contains(words), "{case}");
    }
    assert_eq!(server.faults().list(), []);
}

#[test]
fn a_fault_that_cannot_be_carried_out_is_refused_by_the_library() {
    let server = TokenServer::start();
    for (on, fault, path, words) in refused() {
        let rule = json!({ "on": on, "fault": fault });
        // What is not a rule cannot be written in Rust.
        let Ok(rule) = serde_json::from_value::<Rule>(rule.clone()) else {
            continue;
        };
        let case = format!("{rule:?}");
        let refused = catch_unwind(AssertUnwindSafe(|| server.faults().add(rule)));
        let message = *refused
            .expect_err(&case)
            .downcast::<String>()
            .expect("text");
        assert!(message.contains(path), "{case}: {message}");
        assert!(message.contains(words), "{case}: {message}");
    }
    assert_eq!(server.faults().list(), []);
}

#[test]
fn a_fault_that_cannot_be_carried_out_is_refused_in_fixtures() {
    for (on, fault, path, words) in refused() {
        if on != "token" {
            continue;
        }
        let fixtures = format!(
            r#"{{"clients":[{{"client_id":"a"}}],"users":[{{"sub":"b"}}],
                "refresh_tokens":[{{"token":"T","client_id":"a","sub":"b","fault":{}}}]}}"#,
            text_of(&fault)
        );
        let why = match TokenServer::builder()
            .fixtures_json("the test", &fixtures)
            .try_start()
        {
            Err(why) => why.to_string(),
            Ok(_) => panic!("{fixtures} was accepted"),
        };
        let place = format!(": /refresh_tokens/0{path}: ");
        assert!(why.contains(&place), "{fixtures}: {why}");
        assert!(why.contains(words), "{fixtures}: {why}");
    }
}

#[test]
fn the_kind_may_come_after_the_other_members() {
    let text = r#"{"on":"token","fault":{"status":503,"headers":{"a":"b"},"kind":"status"}}"#;
    let rule: Rule = serde_json::from_str(text).expect("a rule");
    let fault = Fault::status(503).header("a", "b");
    assert_eq!(rule, Rule::on(Endpoint::Token, fault));
    let text = r#"{"on":"token","fault":{"status":"503","kind":"status"}}"#;
    let why = serde_json::from_str::<Rule>(text).expect_err("a text is not a status");
    assert!(
        why.to_string().contains("status: must be a whole number"),
        "{why}"
    );
}

#[test]
fn a_rule_that_makes_no_sense_is_refused() {
    let server = TokenServer::start();
    for (rule, path) in [
        (
            json!({ "on": "token", "probability": 2.0, "fault": { "kind": "close" } }),
            "/probability",
        ),
        (
            json!({ "on": "tokens", "fault": { "kind": "close" } }),
            "/on",
        ),
        (
            json!({ "on": "token", "fault": { "kind": "close" }, "time": 1 }),
            "/time",
        ),
        (
            json!({ "on": "token", "fault": { "kind": "close" }, "when": [] }),
            "/when",
        ),
    ] {
        let answer = control(&server, "POST", "/faults", &rule);
        assert_eq!(answer.status, 400, "{rule}: {}", answer.text());
        assert_eq!(answer.json()["pointer"], path, "{rule}: {}", answer.text());
    }
    assert_eq!(server.faults().list(), []);
}
