//! Several faults of one request.

use std::time::Duration;

use oauth_mimic::{Endpoint, Fault, Rule, TokenServer};
use serde_json::json;

use crate::faults::{ask, assert_truncated, by_http, once, wrong_answers};

#[test]
fn the_next_request_fails_even_while_a_scenario_slows_all_of_them_down() {
    let server = TokenServer::start();
    server.faults().add(Rule::on(
        Endpoint::Token,
        Fault::delay(Duration::from_millis(200)),
    ));
    server
        .faults()
        .add(Rule::on(Endpoint::Token, Fault::GatewayPage).skip(1));
    server.fail_next(1, Fault::status(503));
    let slow = |case: &str, status: u16| {
        let came = ask(case, &server, "token");
        assert_eq!(came.answer().status, status, "{case}");
        assert!(
            came.after >= Duration::from_millis(200),
            "{case}: {:?}",
            came.after
        );
    };
    slow("the next request fails, late", 503);
    slow("the skipped one is late", 200);
    slow("then the rule for all of them", 502);
}

#[test]
fn modifiers_combine_with_another_fault_on_the_wire() {
    let answer = json!({ "kind": "answer", "remove": ["scope"] });
    for (fault, status) in wrong_answers().into_iter().chain([(answer, 200)]) {
        let server = TokenServer::start();
        once(
            by_http,
            &server,
            "token",
            &json!({ "kind": "content_type", "content_type": "text/x-odd" }),
        );
        once(
            by_http,
            &server,
            "token",
            &json!({ "kind": "delay", "seconds": 0.1 }),
        );
        once(
            by_http,
            &server,
            "token",
            &json!({ "kind": "drip", "bytes_per_second": 100_000 }),
        );
        once(by_http, &server, "token", &fault);
        let came = ask(&fault.to_string(), &server, "token");
        let answer = came.answer();
        assert_eq!(answer.status, status, "{fault}");
        assert_eq!(answer.header("content-type"), Some("text/x-odd"), "{fault}");
        assert!(
            came.after >= Duration::from_millis(100),
            "{fault}: {:?}",
            came.after
        );
        let left: Vec<_> = server
            .faults()
            .list()
            .iter()
            .map(|rule| rule.times_left)
            .collect();
        assert_eq!(left, [Some(0); 4], "{fault}");
    }
}

#[test]
fn a_truncated_answer_can_come_slowly() {
    let server = TokenServer::start();
    let good = ask("good", &server, "jwks").answer();
    once(
        by_http,
        &server,
        "jwks",
        &json!({ "kind": "drip", "bytes_per_second": 1000 }),
    );
    once(
        by_http,
        &server,
        "jwks",
        &json!({ "kind": "truncate", "bytes": 100 }),
    );
    let came = ask("slow and truncated", &server, "jwks");
    assert_truncated(&came, &good, 100);
    assert!(came.after >= Duration::from_millis(90), "{:?}", came.after);
}
