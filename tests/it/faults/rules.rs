//! Which requests a rule is for, in which order rules fire, and how often.

use oauth_mimic::{Endpoint, Fault, Rule, TokenServer, WrongKeys};
use serde_json::{Value, json};

use crate::faults::{WAYS, ask, by_http, control, request_to};
use crate::support::{Connection, basic, get, post};

/// Statuses of refreshes, one after the other; a teapot says that the rule was for this one.
fn statuses(server: &TokenServer, forms: &[(&str, &str)]) -> Vec<u16> {
    forms
        .iter()
        .map(|(client_id, form)| {
            let authorization = basic(client_id, &format!("{client_id}-secret"));
            post(server, Some(&authorization), form).status
        })
        .collect()
}

#[test]
fn a_rule_is_for_the_requests_it_names_and_no_others() {
    const DEFAULT: &str = "client-default";
    const ROTATING: &str = "client-rotating";
    let plain = "grant_type=refresh_token&refresh_token=REFRESH_TOKEN";
    let narrow = "grant_type=refresh_token&refresh_token=REFRESH_TOKEN&scope=email";
    let wide = "grant_type=refresh_token&refresh_token=REFRESH_TOKEN&scope=openid+email";
    let rotating = "grant_type=refresh_token&refresh_token=ROTATING_REFRESH_TOKEN";
    let password = "grant_type=password&username=a&password=b";
    let requests = [
        (DEFAULT, plain),
        (DEFAULT, narrow),
        (DEFAULT, wide),
        (ROTATING, rotating),
        (DEFAULT, password),
    ];
    for (when, expected) in [
        (json!({}), [418, 418, 418, 418, 418]),
        (json!({ "client_id": DEFAULT }), [418, 418, 418, 200, 418]),
        (json!({ "client_id": "nobody" }), [200, 200, 200, 200, 400]),
        (
            json!({ "grant_type": "refresh_token" }),
            [418, 418, 418, 418, 400],
        ),
        (
            json!({ "grant_type": "password" }),
            [200, 200, 200, 200, 418],
        ),
        (json!({ "scope": "email" }), [200, 418, 200, 200, 400]),
        (
            json!({ "scope": "openid email" }),
            [200, 200, 418, 200, 400],
        ),
        (
            json!({ "refresh_token": "ROTATING_REFRESH_TOKEN" }),
            [200, 200, 200, 418, 400],
        ),
        (
            json!({ "client_id": ROTATING, "scope": "email" }),
            [200, 200, 200, 200, 400],
        ),
        (
            json!({ "client_id": DEFAULT, "grant_type": "refresh_token", "scope": "email", "refresh_token": "REFRESH_TOKEN" }),
            [200, 418, 200, 200, 400],
        ),
    ] {
        for (way, set) in WAYS {
            let server = TokenServer::start();
            set(
                &server,
                &json!({ "on": "token", "when": when, "fault": { "kind": "status", "status": 418 } }),
            );
            assert_eq!(statuses(&server, &requests), expected, "{when}, {way}");
        }
    }
}

#[test]
fn rules_are_built_in_rust_as_they_are_written_in_json() {
    let built = Rule::on(Endpoint::Jwks, Fault::keys(WrongKeys::Late))
        .client("c")
        .grant_type("refresh_token")
        .scope("email")
        .refresh_token("t")
        .skip(1)
        .times(2)
        .probability(0.5);
    let written = json!({
        "on": "jwks",
        "when": { "client_id": "c", "grant_type": "refresh_token", "scope": "email", "refresh_token": "t" },
        "skip": 1,
        "times": 2,
        "probability": 0.5,
        "fault": { "kind": "keys", "keys": "late" },
    });
    assert_eq!(serde_json::to_value(&built).expect("JSON"), written);
    assert_eq!(
        serde_json::from_value::<Rule>(written).expect("a rule"),
        built
    );
}

#[test]
fn a_client_can_fail_at_the_authorization_endpoint_alone() {
    let server = TokenServer::start();
    by_http(
        &server,
        &json!({ "on": "authorization", "when": { "client_id": "spa" }, "fault": { "kind": "gateway_page" } }),
    );
    let status = |client: &str| {
        let path = format!(
            "/connect/oauth/authorize?response_type=code&client_id={client}&redirect_uri=http://localhost:3000/callback"
        );
        get(server.address(), &path).status
    };
    assert_eq!(status("spa"), 502);
    assert_eq!(status("web"), 200);
}

#[test]
fn rules_fire_in_order_after_what_they_skip_and_as_often_as_they_may() {
    for (way, set) in WAYS {
        let server = TokenServer::start();
        let status = |status: u16| json!({ "kind": "status", "status": status });
        set(
            &server,
            &json!({ "on": "token", "skip": 1, "times": 2, "fault": status(501) }),
        );
        set(
            &server,
            &json!({ "on": "token", "skip": 1, "times": 1, "fault": status(502) }),
        );
        set(&server, &json!({ "on": "jwks", "fault": status(503) }));
        let next = || ask(way, &server, "token").answer().status;
        let left = || {
            let listed = control(&server, "GET", "/faults", &Value::Null).json();
            let listed = listed["faults"].as_array().expect("rules").clone();
            let own = serde_json::to_value(server.faults().list()).expect("JSON");
            assert_eq!(Value::from(listed.clone()), own, "{way}");
            let left = |rule: &Value| (rule["skip_left"].as_u64(), rule["times_left"].as_u64());
            listed.iter().map(left).collect::<Vec<_>>()
        };
        let (some, none) = (Some, None::<u64>);
        assert_eq!(
            left(),
            [(some(1), some(2)), (some(1), some(1)), (some(0), none)]
        );
        // Both let the first one pass, for the first lets it go on to the second.
        assert_eq!(
            (next(), left()[..2].to_vec()),
            (200, vec![(some(0), some(2)), (some(0), some(1))])
        );
        assert_eq!(
            (next(), left()[..2].to_vec()),
            (501, vec![(some(0), some(1)), (some(0), some(1))])
        );
        assert_eq!(
            (next(), left()[..2].to_vec()),
            (501, vec![(some(0), some(0)), (some(0), some(1))])
        );
        assert_eq!(
            (next(), left()[..2].to_vec()),
            (502, vec![(some(0), some(0)), (some(0), some(0))])
        );
        assert_eq!(next(), 200, "{way}");

        // Taken away, one and then all.
        let id = server.faults().list()[2].id;
        assert_eq!(ask(way, &server, "jwks").answer().status, 503);
        assert_eq!(
            control(&server, "DELETE", &format!("/faults/{id}"), &Value::Null).status,
            204
        );
        assert_eq!(
            control(&server, "DELETE", &format!("/faults/{id}"), &Value::Null).status,
            404
        );
        assert_eq!(ask(way, &server, "jwks").answer().status, 200);
        set(&server, &json!({ "on": "jwks", "fault": status(503) }));
        assert_eq!(
            control(&server, "DELETE", "/faults", &Value::Null).status,
            204
        );
        assert_eq!(ask(way, &server, "jwks").answer().status, 200);
        assert_eq!(server.faults().list(), []);
    }
}

#[test]
fn a_guarded_rule_ends_with_its_guard() {
    let server = TokenServer::start();
    let status = || ask("jwks", &server, "jwks").answer().status;
    let guard = server
        .faults()
        .add_guarded(Rule::on(Endpoint::Jwks, Fault::status(503)));
    assert_eq!(server.faults().list()[0].id, guard.id());
    assert_eq!(status(), 503);
    drop(guard);
    assert_eq!(status(), 200);
    assert_eq!(server.faults().list(), []);

    // A rule that was added after a reset has the same number, and stays.
    let before = server
        .faults()
        .add_guarded(Rule::on(Endpoint::Jwks, Fault::status(503)));
    server.reset();
    let after = server
        .faults()
        .add(Rule::on(Endpoint::Jwks, Fault::status(502)));
    drop(before);
    assert_eq!(server.faults().list()[0].id, after);
    assert_eq!(status(), 502);
}

#[test]
fn chance_is_drawn_from_the_seed_and_as_likely_as_said() {
    let draw = |seed: u64, probability: f64| -> Vec<bool> {
        let server = TokenServer::builder().seed(seed).start();
        by_http(
            &server,
            &json!({ "on": "jwks", "probability": probability, "fault": { "kind": "status", "status": 503 } }),
        );
        let mut connection = Connection::open(server.address());
        let request = request_to(&server, "jwks");
        (0..300)
            .map(|_| connection.send(&request).status == 503)
            .collect()
    };
    let count = |drawn: &[bool]| drawn.iter().filter(|hit| **hit).count();
    let some = draw(1, 0.3);
    assert_eq!(draw(1, 0.3), some);
    assert_ne!(draw(2, 0.3), some);
    assert!((60..120).contains(&count(&some)), "{}", count(&some));
    assert_eq!(count(&draw(1, 0.0)), 0);
    assert_eq!(count(&draw(1, 1.0)), 300);
}
