//! Every kind of fault over a raw socket, at every endpoint, set over HTTP and by the library.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use oauth_mimic::{ErrorDialect, Fault, FaultKind, TokenServer};
use serde_json::{Value, json};

use crate::faults::front;
use crate::faults::{
    Came, ENDPOINTS, WAYS, ask, assert_as_good, assert_error, assert_no_answer, assert_truncated,
    form_of, once, request_to,
};
use crate::support::{Answer, basic, part, post, refresh};

/// A fault as JSON has it, what the client must see, and the status that the journal must show.
type Row = (Value, fn(&Came, &Answer), fn(u16) -> u16);

/// Every kind of fault.
#[expect(clippy::too_many_lines, reason = "one table")]
fn every_kind() -> Vec<Row> {
    const ASKED: &str = "injected fault";
    vec![
        (
            json!({ "kind": "error", "error": "invalid_grant" }),
            |came, _| assert_error(came, 400, "invalid_grant", ASKED),
            |_| 400,
        ),
        (
            json!({ "kind": "error", "error": "invalid_client" }),
            |came, _| assert_error(came, 401, "invalid_client", ASKED),
            |_| 401,
        ),
        (
            json!({ "kind": "error", "error": "server_error" }),
            |came, _| assert_error(came, 500, "server_error", ASKED),
            |_| 500,
        ),
        (
            json!({ "kind": "error", "error": "temporarily_unavailable" }),
            |came, _| assert_error(came, 503, "temporarily_unavailable", ASKED),
            |_| 503,
        ),
        (
            json!({ "kind": "error", "error": "slow_down", "description": "Not so fast", "status": 429 }),
            |came, _| assert_error(came, 429, "slow_down", "Not so fast"),
            |_| 429,
        ),
        (
            json!({ "kind": "status", "status": 503, "headers": { "Retry-After": "7", "X-Cause": "tea" }, "body": "later" }),
            |came, _| {
                let answer = came.answer();
                assert_eq!(
                    (answer.status, answer.text()),
                    (503, "later"),
                    "{}",
                    came.case
                );
                assert_eq!(answer.header("retry-after"), Some("7"), "{}", came.case);
                assert_eq!(answer.header("x-cause"), Some("tea"), "{}", came.case);
            },
            |_| 503,
        ),
        (
            json!({ "kind": "status", "status": 429 }),
            |came, _| {
                let answer = came.answer();
                assert_eq!((answer.status, answer.text()), (429, ""), "{}", came.case);
                assert_eq!(answer.header("retry-after"), None, "{}", came.case);
            },
            |_| 429,
        ),
        (
            json!({ "kind": "gateway_page" }),
            |came, _| {
                let answer = came.answer();
                assert_eq!(answer.status, 502, "{}", came.case);
                assert_eq!(
                    answer.header("content-type"),
                    Some("text/html; charset=utf-8"),
                    "{}",
                    came.case
                );
                assert!(
                    answer.text().starts_with("<html>"),
                    "{}: {}",
                    came.case,
                    answer.text()
                );
            },
            |_| 502,
        ),
        (
            json!({ "kind": "delay", "seconds": 0.3 }),
            |came, good| {
                assert_as_good(came, good);
                assert!(
                    came.after >= Duration::from_millis(300),
                    "{}: {:?}",
                    came.case,
                    came.after
                );
            },
            |good| good,
        ),
        (
            json!({ "kind": "drip", "bytes_per_second": 5000 }),
            |came, good| {
                assert_as_good(came, good);
                let length = u32::try_from(good.body.len()).expect("a length");
                let least = Duration::from_millis(200) * length / 1000;
                // The last piece may be a small one.
                assert!(
                    came.after >= least * 9 / 10,
                    "{}: {:?} for {length} bytes",
                    came.case,
                    came.after
                );
            },
            |good| good,
        ),
        (
            json!({ "kind": "truncate", "bytes": 1 }),
            |came, good| assert_truncated(came, good, 1),
            |good| good,
        ),
        (
            json!({ "kind": "truncate", "bytes": 0 }),
            |came, good| assert_truncated(came, good, 0),
            |good| good,
        ),
        (
            json!({ "kind": "malformed" }),
            |came, good| {
                let answer = came.answer();
                assert_eq!(answer.status, good.status, "{}", came.case);
                assert_eq!(
                    answer.header("content-type"),
                    good.header("content-type"),
                    "{}",
                    came.case
                );
                assert!(
                    serde_json::from_slice::<Value>(&answer.body).is_err(),
                    "{}",
                    came.case
                );
                assert_eq!(answer.body.first(), good.body.first(), "{}", came.case);
                assert_eq!(answer.header("etag"), None, "{}", came.case);
            },
            |good| good,
        ),
        (
            json!({ "kind": "content_type", "content_type": "text/plain" }),
            |came, good| {
                let mut answer = came.answer();
                assert_eq!(
                    answer.header("content-type"),
                    Some("text/plain"),
                    "{}",
                    came.case
                );
                answer.headers.retain(|(name, _)| name != "content-type");
                let of_good = good.headers.iter().find(|(name, _)| name == "content-type");
                answer.headers.extend(of_good.cloned());
                assert_eq!(form_of(&answer), form_of(good), "{}", came.case);
            },
            |good| good,
        ),
        (
            json!({ "kind": "close" }),
            |came, _| assert_no_answer(came, None),
            |_| 0,
        ),
        (
            json!({ "kind": "reset" }),
            |came, _| assert_no_answer(came, Some(ErrorKind::ConnectionReset)),
            |_| 0,
        ),
        (
            json!({ "kind": "lost_response" }),
            |came, _| assert_no_answer(came, Some(ErrorKind::ConnectionReset)),
            |_| 0,
        ),
        (
            json!({ "kind": "answer", "set": { "issuer": "https://elsewhere.test", "more": [1] }, "remove": ["keys", "scope"] }),
            |came, good| {
                let answer = came.answer();
                assert_eq!(answer.status, good.status, "{}", came.case);
                assert_eq!(
                    answer.json()["issuer"],
                    "https://elsewhere.test",
                    "{}",
                    came.case
                );
                assert_eq!(answer.json()["more"], json!([1]), "{}", came.case);
                assert_eq!(answer.json().get("keys"), None, "{}", came.case);
                assert_eq!(answer.json().get("scope"), None, "{}", came.case);
                assert_eq!(answer.header("etag"), None, "{}", came.case);
            },
            |good| good,
        ),
        (
            json!({ "kind": "token", "token": "id_token", "defect": { "kind": "missing_claim", "claim": "exp" } }),
            |came, good| {
                let claims =
                    |name: &str| part(came.answer().json()[name].as_str().expect("a token"), 1);
                assert_eq!(came.answer().status, good.status, "{}", came.case);
                assert_eq!(claims("id_token").get("exp"), None, "{}", came.case);
                assert!(claims("access_token")["exp"].is_i64(), "{}", came.case);
            },
            |good| good,
        ),
        (
            json!({ "kind": "keys", "keys": "empty" }),
            |came, good| {
                assert_eq!(came.answer().status, good.status, "{}", came.case);
                assert_eq!(came.answer().json(), json!({ "keys": [] }), "{}", came.case);
            },
            |good| good,
        ),
    ]
}

fn kind_of(fault: &Value) -> FaultKind {
    serde_json::from_value::<Fault>(fault.clone())
        .expect("a fault")
        .kind()
}

#[test]
fn the_table_has_every_kind_of_fault() {
    let tried: Vec<FaultKind> = every_kind()
        .iter()
        .map(|(fault, ..)| kind_of(fault))
        .collect();
    for kind in FaultKind::ALL {
        let is_tried = tried.contains(kind) || front::KINDS.contains(kind);
        assert!(is_tried, "{} is missing", kind.as_str());
    }
}

#[test]
fn every_fault_does_what_it_says_at_every_endpoint_however_it_was_set() {
    for (way, set) in WAYS {
        thread::scope(|scope| {
            for endpoint in ENDPOINTS {
                scope.spawn(move || {
                    let server = TokenServer::start();
                    let good = ask("before", &server, endpoint).answer();
                    for (fault, check, status) in every_kind() {
                        let places = kind_of(&fault).endpoints();
                        if places.iter().all(|place| place.as_str() != endpoint) {
                            continue; // refused there: `a_fault_that_cannot_be_carried_out_is_refused_*`
                        }
                        let kind = kind_of(&fault);
                        let of_bodies =
                            [FaultKind::Drip, FaultKind::Truncate, FaultKind::Malformed];
                        if endpoint == "revocation" && of_bodies.contains(&kind) {
                            continue; // its answer has no body: `front::a_fault_of_the_body_waits_*`
                        }
                        if endpoint == "authorization" && kind_of(&fault) == FaultKind::Token {
                            continue; // a page has no token: `front::*`
                        }
                        let case = format!("{fault} at {endpoint}, {way}");
                        once(set, &server, endpoint, &fault);
                        check(&ask(&case, &server, endpoint), &good);
                        let exchange = server.requests().pop().expect("a request");
                        let names: Vec<_> =
                            exchange.faults.iter().map(|kind| kind.as_str()).collect();
                        assert_eq!(names, [fault["kind"].as_str().expect("a kind")], "{case}");
                        let is_sent_back =
                            endpoint == "authorization" && kind_of(&fault) == FaultKind::Error;
                        let status = if is_sent_back {
                            303
                        } else {
                            status(good.status)
                        };
                        assert_eq!(exchange.status, status, "{case}");
                        assert_as_good(&ask(&format!("after {case}"), &server, endpoint), &good);
                    }
                });
            }
        });
    }
}

#[test]
fn the_next_requests_fail_by_one_line_of_rust() {
    type Check = fn(&Came);
    let rows: [(Fault, Check); 6] = [
        (Fault::error("invalid_grant").into(), |came| {
            assert_eq!(came.answer().error(), "invalid_grant");
        }),
        (
            Fault::status(503).header("Retry-After", "1").into(),
            |came| {
                assert_eq!(came.answer().header("retry-after"), Some("1"));
            },
        ),
        (Fault::GatewayPage, |came| {
            assert_eq!(came.answer().status, 502);
        }),
        (Fault::delay(Duration::from_millis(150)).into(), |came| {
            assert!(came.after >= Duration::from_millis(150));
        }),
        (Fault::set("expires_in", "899").into(), |came| {
            assert_eq!(came.answer().json()["expires_in"], "899");
        }),
        (Fault::remove("refresh_token").into(), |came| {
            assert_eq!(came.answer().json().get("refresh_token"), None);
        }),
    ];
    for (fault, check) in rows {
        let server = TokenServer::start();
        let case = fault.kind().as_str();
        server.fail_next(2, fault);
        check(&ask(case, &server, "token"));
        check(&ask(case, &server, "token"));
        let after = ask(case, &server, "token");
        assert_eq!(after.answer().status, 200, "{case}");
        assert!(after.answer().json()["expires_in"].is_number(), "{case}");
    }
}

#[test]
fn a_rule_that_is_added_later_resets_a_connection_that_is_open_already() {
    let server = TokenServer::start();
    let request = request_to(&server, "jwks");
    for (way, set) in WAYS {
        let mut stream = TcpStream::connect(server.address()).expect("the server listens");
        let mut buffer = [0; 16 * 1024];
        stream.write_all(&request).expect("the connection is open");
        let read = stream.read(&mut buffer).expect("an answer");
        assert!(buffer[..read].starts_with(b"HTTP/1.1 200 "), "{way}");
        once(set, &server, "jwks", &json!({ "kind": "reset" }));
        stream.write_all(&request).expect("the connection is open");
        let end = stream.read(&mut buffer).map_err(|why| why.kind());
        assert_eq!(end, Err(ErrorKind::ConnectionReset), "{way}");
    }
}

#[test]
fn an_error_that_is_asked_for_has_the_head_of_the_servers_dialect() {
    let server = TokenServer::builder()
        .error_dialect(ErrorDialect::Spring)
        .start();
    let refused = post(
        &server,
        Some(&basic("client-default", "client-default-secret")),
        "grant_type=refresh_token&refresh_token=REFRESH_TOKEN&scope=admin",
    );
    assert_eq!(refused.error(), "invalid_scope", "{}", refused.text());
    server.fail_next(1, Fault::error("invalid_scope"));
    let fault = ask("invalid_scope", &server, "token").answer();
    let head = |answer: &Answer| {
        let mut headers = answer.headers.clone();
        headers
            .retain(|(name, _)| !["content-length", "date", "connection"].contains(&name.as_str()));
        headers.sort();
        headers
    };
    assert_eq!(head(&fault), head(&refused));
    server.fail_next(1, Fault::error("invalid_client"));
    let fault = ask("invalid_client", &server, "token").answer();
    assert_eq!(fault.status, 401);
    assert_eq!(
        fault.header("www-authenticate"),
        Some(r#"Bearer error="invalid_client", error_description="injected fault""#)
    );
}

#[test]
fn an_answer_can_be_wrong_in_every_member() {
    type Check = fn(&Value, &Value);
    let rows: [(Value, Check); 5] = [
        (json!({ "remove": ["expires_in"] }), |answer, _| {
            assert_eq!(answer.get("expires_in"), None);
        }),
        (json!({ "set": { "expires_in": "899" } }), |answer, _| {
            assert_eq!(answer["expires_in"], "899");
        }),
        (json!({ "set": { "token_type": "mac" } }), |answer, _| {
            assert_eq!(answer["token_type"], "mac");
        }),
        (json!({ "set": { "scope": "email" } }), |answer, claims| {
            assert_eq!(answer["scope"], "email");
            assert_eq!(claims["scope"], json!(["openid", "email", "phone"]));
        }),
        (json!({ "remove": ["refresh_token"] }), |answer, _| {
            assert_eq!(answer.get("refresh_token"), None);
        }),
    ];
    for (change, check) in rows {
        for (way, set) in WAYS {
            let server = TokenServer::start();
            let good = refresh(&server, "REFRESH_TOKEN", "").json();
            let mut fault = change.clone();
            fault["kind"] = json!("answer");
            once(set, &server, "token", &fault);
            let answer = refresh(&server, "REFRESH_TOKEN", "").json();
            let case = format!("{change}, {way}");
            let token = answer["access_token"].as_str().expect("a token");
            check(&answer, &part(token, 1));
            // Whatever was not to change is as it was.
            for (member, value) in good.as_object().expect("an object") {
                let changed = change["set"].get(member).is_some()
                    || change["remove"][0].as_str() == Some(member);
                let drawn = member.ends_with("token") || member == "jti";
                if !changed && !drawn {
                    assert_eq!(answer.get(member), Some(value), "{case}: {member}");
                } else if !changed {
                    assert!(answer[member].is_string(), "{case}: {member}");
                }
            }
        }
    }
}

#[test]
fn an_error_fault_is_found_in_the_journal_by_its_code() {
    let server = TokenServer::start();
    server.fail_next(1, Fault::error("slow_down"));
    ask("slow_down", &server, "token");
    assert_eq!(server.requests()[0].error.as_deref(), Some("slow_down"));
}
