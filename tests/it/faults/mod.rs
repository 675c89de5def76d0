//! What goes wrong on purpose.

mod combined;
mod costs;
mod front;
mod keys;
mod kinds;
mod methods;
mod refused;
mod rules;
mod time;

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use oauth_mimic::{Rule, TokenServer};
use serde_json::{Value, json};

use crate::front::members as front_members;
use crate::support::{Answer, Request, answers, basic, path_of, send, token_request};

/// Longer than any of these tests takes on a busy machine.
const LONG: Duration = Duration::from_secs(60);
const ENDPOINTS: [&str; 9] = [
    "token",
    "authorization",
    "userinfo",
    "introspection",
    "revocation",
    "end_session",
    "jwks",
    "metadata",
    "unknown",
];
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
        "authorization" => {
            "/connect/oauth/authorize?response_type=code&client_id=web&redirect_uri=http://localhost:3000/callback"
        }
        "userinfo" => {
            let token = server.mint().access_token();
            return Request::get(path_of(server, &server.userinfo_url()))
                .authorization(format!("Bearer {token}"))
                .bytes();
        }
        "introspection" => {
            let path = server.introspection_url();
            return Request::form(path_of(server, &path), "token=REFRESH_TOKEN")
                .basic("client-default", "client-default-secret")
                .bytes();
        }
        "revocation" => {
            // An unknown token: the answer is always the same.
            let path = server.revocation_url();
            return Request::form(path_of(server, &path), "token=UNKNOWN")
                .basic("client-default", "client-default-secret")
                .bytes();
        }
        "end_session" => "/connect/openid/logout",
        "jwks" => path_of(server, &jwks),
        "metadata" => path_of(server, &metadata),
        _ => "/nothing/here",
    };
    format!("GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", server.address()).into_bytes()
}

fn ask(case: &str, server: &TokenServer, endpoint: &str) -> Came {
    raw(case, server.address(), &request_to(server, endpoint))
}

/// The parts of an answer that are the same at every request: status, headers but for lengths and dates, names of the members. A page has none.
fn form_of(answer: &Answer) -> (u16, Vec<(String, String)>, Vec<String>) {
    let headers = answer.headers.iter().filter(|(name, _)| {
        !["content-length", "date", "etag", "connection", "set-cookie"].contains(&name.as_str())
    });
    let mut headers: Vec<_> = headers.cloned().collect();
    headers.sort();
    let body: Option<Value> = serde_json::from_slice(&answer.body).ok();
    let members = match &body {
        Some(body) => body
            .as_object()
            .expect("an object")
            .keys()
            .cloned()
            .collect(),
        None => Vec::new(),
    };
    (answer.status, headers, members)
}

#[track_caller]
fn assert_error(came: &Came, status: u16, error: &str, description: &str) {
    let answer = came.answer();
    if answer.header("location").is_some() {
        // The authorization endpoint sends the error to the client.
        let members = front_members(&answer);
        assert_eq!(answer.status, 303, "{}", came.case);
        assert_eq!(members["error"], error, "{}", came.case);
        assert_eq!(members["error_description"], description, "{}", came.case);
        return;
    }
    assert_eq!(answer.status, status, "{}", came.case);
    if answer.header("content-type") == Some("text/html; charset=utf-8") {
        // A person sees it.
        for text in [error, description] {
            assert!(answer.text().contains(text), "{}", came.case);
        }
        return;
    }
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

/// Faults that make an answer wrong at every endpoint, each with the status that the client sees.
fn wrong_answers() -> [(Value, u16); 4] {
    [
        (
            json!({ "kind": "status", "status": 503, "body": "later" }),
            503,
        ),
        (json!({ "kind": "gateway_page" }), 502),
        (json!({ "kind": "error", "error": "server_error" }), 500),
        (json!({ "kind": "malformed" }), 200),
    ]
}
