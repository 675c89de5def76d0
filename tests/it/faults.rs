//! What goes wrong on purpose: every kind of fault over a raw socket, at every endpoint, set over HTTP and by the library.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::{Duration, Instant};

use oauth_mimic::{
    Client, Endpoint, ErrorDialect, Fault, FaultKind, Outcome, RefreshPolicy, Rule, TokenServer,
    User, WrongKeys,
};
use serde_json::{Value, json};

use crate::support::{
    Answer, Connection, answers, basic, encoded, get, part, path_of, post, refresh, send,
    token_request,
};

/// Longer than any of these tests takes on a busy machine.
const LONG: Duration = Duration::from_secs(60);
const ENDPOINTS: [&str; 5] = ["token", "authorization", "jwks", "metadata", "unknown"];
/// How a rule is set, each by a name for messages.
const WAYS: [(&str, Set); 2] = [("over HTTP", by_http), ("by the library", by_library)];

type Set = fn(&TokenServer, &Value);

fn by_http(server: &TokenServer, rule: &Value) {
    let answer = control(server, "POST", "/faults", rule);
    assert_eq!(answer.status, 201, "{rule}: {}", answer.text());
}

fn by_library(server: &TokenServer, rule: &Value) {
    let rule: Rule = serde_json::from_value(rule.clone()).expect("a rule");
    server.faults().add(rule);
}

/// The next request to the endpoint goes wrong in that way.
fn once(set: Set, server: &TokenServer, endpoint: &str, fault: &Value) {
    set(
        server,
        &json!({ "on": endpoint, "times": 1, "fault": fault }),
    );
}

/// A request to the control plane.
#[track_caller]
pub(crate) fn control(server: &TokenServer, method: &str, path: &str, body: &Value) -> Answer {
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let request = format!(
        "{method} /_mimic{path} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        server.address(),
        body.len()
    );
    send(server.address(), request.as_bytes())
}

/// What came over a connection until its end.
pub(crate) struct Came {
    case: String,
    bytes: Vec<u8>,
    /// None for an end in good order.
    pub(crate) broken: Option<ErrorKind>,
    pub(crate) after: Duration,
}

impl Came {
    /// The whole answer.
    #[track_caller]
    pub(crate) fn answer(&self) -> Answer {
        assert_eq!(self.broken, None, "{}", self.case);
        let mut answers = answers(b"", &self.bytes);
        assert_eq!(answers.len(), 1, "{}: {}", self.case, self.text());
        answers.remove(0)
    }

    /// The head, where the body broke off, and what came of the body.
    #[track_caller]
    pub(crate) fn broken_off(&self) -> (Answer, &[u8]) {
        assert_eq!(answers(b"", &self.bytes).len(), 0, "{}", self.case);
        let head = answers(b"HEAD ", &self.bytes);
        assert_eq!(head.len(), 1, "{}: {}", self.case, self.text());
        let end = self.bytes.windows(4).position(|four| four == b"\r\n\r\n");
        (head[0].clone(), &self.bytes[end.expect("a head") + 4..])
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}

/// Sends a request over a connection of its own, and reads to the connection's end.
pub(crate) fn raw(case: &str, address: SocketAddr, request: &[u8]) -> Came {
    let text = String::from_utf8(request.to_vec()).expect("text");
    let request = text.replacen("\r\n", "\r\nConnection: close\r\n", 1);
    let start = Instant::now();
    let mut stream = TcpStream::connect(address).expect("the server listens");
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .expect("a socket option");
    stream
        .write_all(request.as_bytes())
        .expect("the connection is open");
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    let broken = loop {
        match stream.read(&mut buffer) {
            Ok(0) => break None,
            Ok(read) => bytes.extend_from_slice(&buffer[..read]),
            Err(why) => break Some(why.kind()),
        }
    };
    Came {
        case: case.to_owned(),
        bytes,
        broken,
        after: start.elapsed(),
    }
}

/// A request that is answered well where nothing goes wrong, and with 404 at the endpoint that is none.
fn request_to(server: &TokenServer, endpoint: &str) -> Vec<u8> {
    let (jwks, metadata) = (server.jwks_url(), server.metadata_url());
    let path = match endpoint {
        "token" => {
            let form = "grant_type=refresh_token&refresh_token=REFRESH_TOKEN";
            let authorization = basic("client-default", "client-default-secret");
            return token_request(server, Some(&authorization), form);
        }
        "authorization" => "/connect/oauth/authorize?response_type=none&client_id=client-default",
        "jwks" => path_of(server, &jwks),
        "metadata" => path_of(server, &metadata),
        _ => "/nothing/here",
    };
    format!("GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", server.address()).into_bytes()
}

fn ask(case: &str, server: &TokenServer, endpoint: &str) -> Came {
    raw(case, server.address(), &request_to(server, endpoint))
}

/// The parts of an answer that are the same at every request: status, headers but for lengths and dates, names of the members.
fn form_of(answer: &Answer) -> (u16, Vec<(String, String)>, Vec<String>) {
    let headers = answer.headers.iter().filter(|(name, _)| {
        !["content-length", "date", "etag", "connection"].contains(&name.as_str())
    });
    let mut headers: Vec<_> = headers.cloned().collect();
    headers.sort();
    let members = answer
        .json()
        .as_object()
        .expect("an object")
        .keys()
        .cloned()
        .collect();
    (answer.status, headers, members)
}

#[track_caller]
fn assert_error(came: &Came, status: u16, error: &str, description: &str) {
    let answer = came.answer();
    assert_eq!(answer.status, status, "{}", came.case);
    let body = json!({ "error": error, "error_description": description });
    assert_eq!(answer.json(), body, "{}", came.case);
    for (name, value) in [
        ("content-type", "application/json"),
        ("cache-control", "no-store"),
        ("pragma", "no-cache"),
    ] {
        assert_eq!(answer.header(name), Some(value), "{}", came.case);
    }
    let challenge = (status == 401).then_some(r#"Basic realm="oauth-mimic", charset="UTF-8""#);
    assert_eq!(
        answer.header("www-authenticate"),
        challenge,
        "{}",
        came.case
    );
}

#[track_caller]
fn assert_as_good(came: &Came, good: &Answer) {
    assert_eq!(form_of(&came.answer()), form_of(good), "{}", came.case);
}

#[track_caller]
fn assert_no_answer(came: &Came, broken: Option<ErrorKind>) {
    assert_eq!(came.text(), "", "{}", came.case);
    assert_eq!(came.broken, broken, "{}", came.case);
}

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
                assert_eq!((answer.status, answer.text()), (503, "later"));
                assert_eq!(answer.header("retry-after"), Some("7"));
                assert_eq!(answer.header("x-cause"), Some("tea"));
            },
            |_| 503,
        ),
        (
            json!({ "kind": "status", "status": 429 }),
            |came, _| {
                let answer = came.answer();
                assert_eq!((answer.status, answer.text()), (429, ""));
                assert_eq!(answer.header("retry-after"), None);
            },
            |_| 429,
        ),
        (
            json!({ "kind": "gateway_page" }),
            |came, _| {
                let answer = came.answer();
                assert_eq!(answer.status, 502);
                assert_eq!(
                    answer.header("content-type"),
                    Some("text/html; charset=utf-8")
                );
                assert!(answer.text().starts_with("<html>"), "{}", answer.text());
            },
            |_| 502,
        ),
        (
            json!({ "kind": "delay", "seconds": 0.3 }),
            |came, good| {
                assert_as_good(came, good);
                assert!(came.after >= Duration::from_millis(300), "{:?}", came.after);
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
                assert_eq!(answer.header("content-type"), good.header("content-type"));
                assert!(serde_json::from_slice::<Value>(&answer.body).is_err());
                assert_eq!(answer.body.first(), Some(&b'{'), "{}", came.case);
                assert_eq!(answer.header("etag"), None, "{}", came.case);
            },
            |good| good,
        ),
        (
            json!({ "kind": "content_type", "content_type": "text/plain" }),
            |came, good| {
                let mut answer = came.answer();
                assert_eq!(answer.header("content-type"), Some("text/plain"));
                for (name, value) in &mut answer.headers {
                    if name == "content-type" {
                        good.header(name).expect("a type").clone_into(value);
                    }
                }
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
                assert_eq!(answer.json()["issuer"], "https://elsewhere.test");
                assert_eq!(answer.json()["more"], json!([1]));
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

#[track_caller]
fn assert_truncated(came: &Came, good: &Answer, bytes: usize) {
    let (head, body) = came.broken_off();
    assert_eq!(head.status, good.status, "{}", came.case);
    assert_eq!(
        head.header("content-type"),
        good.header("content-type"),
        "{}",
        came.case
    );
    let length: usize = head
        .header("content-length")
        .and_then(|length| length.parse().ok())
        .expect("a length");
    // The token endpoint's answers differ by a few bytes.
    assert!(length.abs_diff(good.body.len()) < 8, "{}", came.case);
    assert_eq!(body, &good.body[..bytes], "{}", came.case);
    assert_eq!(came.broken, None, "{}", came.case);
}

#[test]
fn the_table_has_every_kind_of_fault() {
    let tried: Vec<FaultKind> = every_kind()
        .iter()
        .map(|(fault, ..)| kind_of(fault))
        .collect();
    for kind in FaultKind::ALL {
        assert!(tried.contains(kind), "{} is missing", kind.as_str());
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
                        let case = format!("{fault} at {endpoint}, {way}");
                        once(set, &server, endpoint, &fault);
                        check(&ask(&case, &server, endpoint), &good);
                        let exchange = server.requests().pop().expect("a request");
                        let names: Vec<_> =
                            exchange.faults.iter().map(|kind| kind.as_str()).collect();
                        assert_eq!(names, [fault["kind"].as_str().expect("a kind")], "{case}");
                        assert_eq!(exchange.status, status(good.status), "{case}");
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

// --- keys -------------------------------------------------------------------------------------------------------

/// The `kid`s and moduli that are shown.
fn shown(server: &TokenServer) -> Vec<(String, String)> {
    let jwks = ask("jwks", server, "jwks").answer().json();
    let text = |key: &Value, name: &str| key[name].as_str().expect("a text").to_owned();
    jwks["keys"]
        .as_array()
        .expect("keys")
        .iter()
        .map(|key| (text(key, "kid"), text(key, "n")))
        .collect()
}

/// What is shown with that fault, and right after it.
fn shown_wrong(set: Set, server: &TokenServer, fault: &str) -> Vec<(String, String)> {
    let right = shown(server);
    once(
        set,
        server,
        "jwks",
        &json!({ "kind": "keys", "keys": fault }),
    );
    let wrong = shown(server);
    assert_eq!(shown(server), right, "{fault} is over");
    wrong
}

#[test]
fn the_keys_can_be_missing_late_stale_and_wrong() {
    for (way, set) in WAYS {
        let server = TokenServer::start();
        let first = shown(&server);
        let kids = |keys: &[(String, String)]| {
            let kids = keys.iter().map(|(kid, _)| kid.clone());
            kids.collect::<Vec<_>>()
        };

        // Before a rotation the key that signs is the only one, and nothing can be stale.
        assert_eq!(shown_wrong(set, &server, "empty"), [], "{way}");
        assert_eq!(shown_wrong(set, &server, "late"), [], "{way}");
        assert_eq!(shown_wrong(set, &server, "stale"), first, "{way}");
        let wrong = shown_wrong(set, &server, "wrong_key");
        assert_eq!(kids(&wrong), kids(&first), "{way}");
        assert_ne!(wrong[0].1, first[0].1, "{way}: another modulus");

        // After one, the one that signed before is there as well.
        let second = server.keys().rotate();
        assert_eq!(kids(&shown(&server)), [second.clone(), first[0].0.clone()]);
        assert_eq!(shown_wrong(set, &server, "empty"), [], "{way}");
        assert_eq!(shown_wrong(set, &server, "late"), first, "{way}");
        assert_eq!(shown_wrong(set, &server, "stale"), first, "{way}");
        let right = shown(&server);
        let wrong = shown_wrong(set, &server, "wrong_key");
        assert_eq!(kids(&wrong), kids(&right), "{way}");
        assert_ne!(wrong[0], right[0], "{way}");
        assert_eq!(wrong[1], right[1], "{way}");

        // When it retires, what is late has none, and what is stale has not noticed.
        server.keys().retire(&first[0].0);
        assert_eq!(shown_wrong(set, &server, "late"), [], "{way}");
        assert_eq!(shown_wrong(set, &server, "stale"), first, "{way}");

        // Of several rotations the last counts, and what was published by then.
        let third = server
            .keys()
            .rotate_and_retire_after(Duration::from_secs(60));
        assert_eq!(
            kids(&shown_wrong(set, &server, "stale")),
            vec![second.clone()]
        );
        let fourth = server.keys().rotate();
        let both = [third.clone(), second.clone()];
        assert_eq!(
            kids(&shown(&server)),
            vec![fourth.clone(), third.clone(), second.clone()]
        );
        assert_eq!(kids(&shown_wrong(set, &server, "stale")), both, "{way}");
        server.clock().advance(61);
        assert_eq!(kids(&shown(&server)), [fourth, third.clone()], "{way}");
        assert_eq!(kids(&shown_wrong(set, &server, "late")), [third], "{way}");
        assert_eq!(kids(&shown_wrong(set, &server, "stale")), both, "{way}");

        // A reset forgets them.
        server.reset();
        assert_eq!(shown_wrong(set, &server, "stale"), first, "{way}");
    }
}

#[test]
fn a_wrong_document_has_another_tag_than_the_right_one() {
    for fault in [
        json!({ "kind": "keys", "keys": "late" }),
        json!({ "kind": "keys", "keys": "wrong_key" }),
        json!({ "kind": "answer", "remove": ["keys"] }),
        json!({ "kind": "malformed" }),
    ] {
        let server = TokenServer::start();
        let right = ask("right", &server, "jwks").answer();
        once(by_http, &server, "jwks", &fault);
        let wrong = ask("wrong", &server, "jwks").answer();
        assert_ne!(wrong.header("etag"), right.header("etag"), "{fault}");
    }
}

// --- time -------------------------------------------------------------------------------------------------------

/// Requests to the token endpoint, each on a connection of its own, all of which are being delayed.
fn unanswered(server: &TokenServer, count: u16) -> Vec<TcpStream> {
    let request = request_to(server, "token");
    let waiting = (0..count)
        .map(|_| {
            let mut stream = TcpStream::connect(server.address()).expect("the server listens");
            stream.write_all(&request).expect("the connection is open");
            stream
        })
        .collect();
    while server.faults().list()[0].times_left != Some(0) {
        thread::sleep(Duration::from_millis(1));
    }
    waiting
}

#[track_caller]
fn assert_still_waits(waiting: &[TcpStream]) {
    for stream in waiting {
        stream.set_nonblocking(true).expect("a socket option");
        let still = stream.peek(&mut [0]).map_err(|why| why.kind());
        assert_eq!(still, Err(ErrorKind::WouldBlock), "it still waits");
    }
}

#[test]
fn while_many_wait_the_others_are_served() {
    const COUNT: u16 = 60;
    let server = TokenServer::start();
    server.fail_next(COUNT.into(), Fault::delay(LONG));
    let waiting = unanswered(&server, COUNT);
    for endpoint in ENDPOINTS {
        ask("meanwhile", &server, endpoint).answer();
    }
    assert_still_waits(&waiting);
}

#[test]
fn a_delay_has_jitter() {
    let server = TokenServer::start();
    let fault = Fault::delay(Duration::from_millis(100)).jitter(Duration::from_millis(50));
    server.faults().add(Rule::on(Endpoint::Jwks, fault));
    for case in ["first", "second"] {
        let after = ask(case, &server, "jwks").after;
        assert!(after >= Duration::from_millis(100), "{case}: {after:?}");
    }
}

#[test]
fn a_server_stops_in_the_middle_of_a_long_delay() {
    let server = TokenServer::start();
    server.fail_next(10, Fault::delay(LONG));
    let waiting = unanswered(&server, 10);
    let start = Instant::now();
    drop(server);
    let after = start.elapsed();
    assert!(after < LONG / 2, "the delay is not waited for: {after:?}");
    for mut stream in waiting {
        assert_ne!(stream.read(&mut [0; 1]).ok(), Some(1), "no answer");
    }
}

// --- what it costs ----------------------------------------------------------------------------------------------

fn rotating() -> TokenServer {
    TokenServer::builder()
        .client(
            Client::confidential("app", "s3cret")
                .scope("openid")
                .refresh(RefreshPolicy::Rotate),
        )
        .user(User::new("alice"))
        .start()
}

fn rotate(server: &TokenServer, secret: &str, token: &str) -> Vec<u8> {
    let form = format!("grant_type=refresh_token&refresh_token={}", encoded(token));
    token_request(server, Some(&basic("app", secret)), &form)
}

/// Every kind of fault at the token endpoint, and whether a refresh token that rotates is spent by it.
fn costs() -> [(Value, bool); 13] {
    [
        // The answer not given: nothing happened.
        (json!({ "kind": "error", "error": "server_error" }), false),
        (json!({ "kind": "status", "status": 503 }), false),
        (json!({ "kind": "gateway_page" }), false),
        (json!({ "kind": "close" }), false),
        (json!({ "kind": "reset" }), false),
        // It is lost on the way: everything happened.
        (json!({ "kind": "lost_response" }), true),
        // The right answer, late, in pieces or in part; or a wrong one.
        (json!({ "kind": "delay", "seconds": 0.01 }), true),
        (json!({ "kind": "drip", "bytes_per_second": 100_000 }), true),
        (json!({ "kind": "truncate", "bytes": 10 }), true),
        (json!({ "kind": "malformed" }), true),
        (
            json!({ "kind": "content_type", "content_type": "text/html" }),
            true,
        ),
        (json!({ "kind": "answer", "remove": ["scope"] }), true),
        (
            json!({ "kind": "token", "defect": { "kind": "expired" } }),
            true,
        ),
    ]
}

#[test]
fn a_token_is_spent_where_tokens_were_issued_and_nowhere_else() {
    for (fault, spends) in costs() {
        let server = rotating();
        let token = server.mint().refresh_token();
        once(by_http, &server, "token", &fault);
        raw(
            "fault",
            server.address(),
            &rotate(&server, "s3cret", &token),
        );
        let outcome = server.requests()[0].outcome;
        assert_eq!(outcome == Outcome::Issued, spends, "{fault}: {outcome}");
        let again = send(server.address(), &rotate(&server, "s3cret", &token));
        let expected = if spends { "invalid_grant" } else { "" };
        assert_eq!(again.error(), expected, "{fault}: {}", again.text());
    }
}

#[test]
fn a_refused_request_costs_nothing_under_any_fault() {
    for (fault, _) in costs() {
        let server = rotating();
        let token = server.mint().refresh_token();
        once(by_http, &server, "token", &fault);
        raw(
            "refused",
            server.address(),
            &rotate(&server, "wrong", &token),
        );
        assert_eq!(server.faults().list()[0].times_left, Some(0), "{fault}");
        let again = send(server.address(), &rotate(&server, "s3cret", &token));
        assert_eq!(again.status, 200, "{fault}: {}", again.text());
    }
}

#[test]
fn after_a_lost_response_the_retry_is_a_replay_and_revokes_the_family() {
    for profile in oauth_mimic::profiles() {
        let server = TokenServer::builder()
            .profile(profile)
            .client(
                Client::confidential("app", "s3cret")
                    .scope("openid")
                    .refresh(RefreshPolicy::Rotate),
            )
            .user(User::new("alice"))
            .start();
        let first = server.mint().refresh_token();
        let second =
            send(server.address(), &rotate(&server, "s3cret", &first)).member("refresh_token");
        server.fail_next(1, Fault::LostResponse);
        let lost = raw(
            profile,
            server.address(),
            &rotate(&server, "s3cret", &second),
        );
        assert_no_answer(&lost, Some(ErrorKind::ConnectionReset));
        let journal = server.requests();
        let exchange = journal.last().expect("a request");
        assert_eq!((exchange.status, exchange.outcome), (0, Outcome::Issued));
        assert!(exchange.issued.is_some(), "{profile}: tokens nobody saw");

        let retry = send(server.address(), &rotate(&server, "s3cret", &second));
        assert_eq!(
            (retry.status, retry.error().as_str()),
            (400, "invalid_grant")
        );
        let words = retry.member("error_description");
        assert!(words.contains("used before"), "{profile}: {words}");
        // Nothing of that family is good any more; another login is.
        let revoked = send(server.address(), &rotate(&server, "s3cret", &second));
        let words = revoked.member("error_description");
        assert!(words.contains("revoked"), "{profile}: {words}");
        let other = server.mint().refresh_token();
        assert_eq!(
            send(server.address(), &rotate(&server, "s3cret", &other)).status,
            200
        );
    }
}

// --- rules ------------------------------------------------------------------------------------------------------

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
        &json!({ "on": "authorization", "when": { "client_id": "client-public" }, "fault": { "kind": "gateway_page" } }),
    );
    let status = |client: &str| {
        let path = format!("/connect/oauth/authorize?response_type=none&client_id={client}");
        get(server.address(), &path).status
    };
    assert_eq!(status("client-public"), 502);
    assert_eq!(status("client-default"), 200);
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
    for (fault, status) in [
        (
            json!({ "kind": "status", "status": 503, "body": "later" }),
            503,
        ),
        (json!({ "kind": "gateway_page" }), 502),
        (json!({ "kind": "error", "error": "server_error" }), 500),
        (json!({ "kind": "malformed" }), 200),
        (json!({ "kind": "answer", "remove": ["scope"] }), 200),
    ] {
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
fn an_error_fault_is_found_in_the_journal_by_its_code() {
    let server = TokenServer::start();
    server.fail_next(1, Fault::error("slow_down"));
    ask("slow_down", &server, "token");
    assert_eq!(server.requests()[0].error.as_deref(), Some("slow_down"));
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
    for (fault, status) in [
        (
            json!({ "kind": "status", "status": 503, "body": "later" }),
            503,
        ),
        (json!({ "kind": "gateway_page" }), 502),
        (json!({ "kind": "error", "error": "server_error" }), 500),
        (json!({ "kind": "malformed" }), 200),
        (json!({ "kind": "drip", "bytes_per_second": 1 }), 200),
        (json!({ "kind": "truncate", "bytes": 1 }), 200),
        (json!({ "kind": "answer", "set": { "a": 1 } }), 200),
    ] {
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

#[test]
fn a_fault_that_cannot_be_carried_out_is_refused_over_http() {
    let server = TokenServer::start();
    for (on, fault, path, words) in refused() {
        let rule = json!({ "on": on, "fault": fault });
        let answer = control(&server, "POST", "/faults", &rule);
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
        let fixtures = json!({
            "clients": [{ "client_id": "a" }],
            "users": [{ "sub": "b" }],
            "refresh_tokens": [{ "token": "T", "client_id": "a", "sub": "b", "fault": fault }],
        });
        let fixtures = fixtures.to_string();
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
