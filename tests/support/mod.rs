//! What the tests speak HTTP with: bytes over a socket, so that nothing repairs what a test sends or hides what came.

use std::fmt;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use oauth_mimic::TokenServer;
use serde_json::Value;

/// Longer than anything a server may take, shorter than a test may hang.
const PATIENCE: Duration = Duration::from_secs(20);

/// A response as it came over the wire.
#[derive(Clone)]
pub(crate) struct Answer {
    /// What was sent, for the messages of assertions.
    request: String,
    pub(crate) status: u16,
    /// Names in lower case, in order.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// The exchange as text: the request, then the answer.
impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n--- request\n{}", self.request)?;
        writeln!(f, "--- answer\n{}", self.status)?;
        for (name, value) in &self.headers {
            writeln!(f, "{name}: {value}")?;
        }
        writeln!(f, "\n{}\n---", excerpt(&self.body))
    }
}

/// The beginning of what was sent or received, as text.
pub(crate) fn excerpt(bytes: &[u8]) -> String {
    const LONGEST: usize = 2000;
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(LONGEST)]);
    match bytes.len().checked_sub(LONGEST) {
        Some(more) if more > 0 => format!("{text}... and {more} bytes more"),
        _ => text.into_owned(),
    }
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(held, _)| held == name)
            .map(|(_, value)| value.as_str())
    }

    #[track_caller]
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("the body is UTF-8")
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|why| panic!("{why}: {self:?}"))
    }

    /// The `error` member; empty where there is none.
    pub(crate) fn error(&self) -> String {
        serde_json::from_slice::<Value>(&self.body)
            .ok()
            .and_then(|body| Some(body.get("error")?.as_str()?.to_owned()))
            .unwrap_or_default()
    }

    /// A text member of the body.
    #[track_caller]
    pub(crate) fn member(&self, name: &str) -> String {
        self.json()[name]
            .as_str()
            .unwrap_or_else(|| panic!("no text member `{name}`: {}", self.text()))
            .to_owned()
    }
}

/// Sends bytes over a new connection and reads until the server closes it, or has answered `count` times.
pub(crate) fn exchange(address: SocketAddr, request: &[u8], count: usize) -> Vec<Answer> {
    let mut stream = TcpStream::connect(address).expect("the server listens");
    stream
        .set_read_timeout(Some(PATIENCE))
        .expect("a socket option");
    stream
        .set_write_timeout(Some(PATIENCE))
        .expect("a socket option");
    // A server that refuses early may close before it has read everything.
    let _ = stream.write_all(request);
    let mut received = Vec::new();
    let mut buffer = [0; 16 * 1024];
    loop {
        let answers = answers(request, &received);
        if answers.len() >= count {
            return answers;
        }
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return answers,
            Ok(read) => received.extend_from_slice(&buffer[..read]),
        }
    }
}

/// Sends one request and reads its one answer.
#[track_caller]
pub(crate) fn send(address: SocketAddr, request: &[u8]) -> Answer {
    exchange(address, request, 1)
        .into_iter()
        .next()
        .unwrap_or_else(|| panic!("no answer to:\n{}", excerpt(request)))
}

/// A connection that is kept for many requests, one after the other.
#[derive(Debug)]
pub(crate) struct Connection(TcpStream);

impl Connection {
    pub(crate) fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("the server listens");
        stream
            .set_read_timeout(Some(PATIENCE))
            .expect("a socket option");
        stream.set_nodelay(true).expect("a socket option");
        Self(stream)
    }

    /// Sends one request and reads its one answer.
    #[track_caller]
    pub(crate) fn send(&mut self, request: &[u8]) -> Answer {
        self.0
            .write_all(request)
            .expect("the connection is still open");
        let mut received = Vec::new();
        let mut buffer = [0; 16 * 1024];
        loop {
            if let Some(answer) = answers(request, &received).pop() {
                return answer;
            }
            let read = self.0.read(&mut buffer).expect("an answer in time");
            assert!(read > 0, "the server closed a connection that was in use");
            received.extend_from_slice(&buffer[..read]);
        }
    }
}

/// The complete answers at the beginning of what was received after that request; interim ones (1xx) count.
pub(crate) fn answers(request: &[u8], received: &[u8]) -> Vec<Answer> {
    let bodiless = request.starts_with(b"HEAD ");
    let mut answers = Vec::new();
    let mut rest = received;
    while let Some(end) = find(rest, b"\r\n\r\n") {
        let head = String::from_utf8_lossy(&rest[..end]).into_owned();
        let mut lines = head.split("\r\n");
        let status = lines
            .next()
            .and_then(|line| line.split(' ').nth(1)?.parse().ok())
            .unwrap_or(0);
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let length: usize = headers
            .iter()
            .find(|(name, _)| name == "content-length")
            .filter(|_| !bodiless && status >= 200 && status != 204 && status != 304)
            .map_or(0, |(_, length)| length.parse().expect("a length"));
        let Some(body) = rest[end + 4..].get(..length) else {
            break;
        };
        answers.push(Answer {
            request: excerpt(request),
            status,
            headers,
            body: body.to_vec(),
        });
        rest = &rest[end + 4 + length..];
    }
    answers
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len())
        .position(|window| window == needle)
}

/// `Basic` credentials as they stand in the header, with nothing encoded but the base64.
pub(crate) fn basic(client_id: &str, client_secret: &str) -> String {
    format!(
        "Basic {}",
        STANDARD.encode(format!("{client_id}:{client_secret}"))
    )
}

/// One name or value of a form, encoded.
pub(crate) fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// The path of a URL of this server.
pub(crate) fn path_of<'u>(server: &TokenServer, url: &'u str) -> &'u str {
    url.strip_prefix(server.base_url())
        .expect("a URL of this server")
}

/// A POST of a form to the token endpoint, as bytes. `form` is sent as it stands.
pub(crate) fn token_request(
    server: &TokenServer,
    authorization: Option<&str>,
    form: &str,
) -> Vec<u8> {
    let url = server.token_url();
    let authorization = authorization
        .map(|value| format!("Authorization: {value}\r\n"))
        .unwrap_or_default();
    format!(
        "POST {} HTTP/1.1\r\nHost: {}\r\n{authorization}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        path_of(server, &url),
        server.address(),
        form.len(),
    )
    .into_bytes()
}

/// Posts a form to the token endpoint.
#[track_caller]
pub(crate) fn post(server: &TokenServer, authorization: Option<&str>, form: &str) -> Answer {
    send(
        server.address(),
        &token_request(server, authorization, form),
    )
}

/// Refreshes with the default client, and whatever else the form is to hold.
#[track_caller]
pub(crate) fn refresh(server: &TokenServer, refresh_token: &str, more: &str) -> Answer {
    let form = format!(
        "grant_type=refresh_token&refresh_token={}{more}",
        encoded(refresh_token)
    );
    post(
        server,
        Some(&basic("client-default", "client-default-secret")),
        &form,
    )
}

#[track_caller]
pub(crate) fn get(address: SocketAddr, path: &str) -> Answer {
    send(
        address,
        format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n").as_bytes(),
    )
}

/// A part of a token, decoded: 0 the header, 1 the claims.
#[track_caller]
pub(crate) fn part(token: &str, index: usize) -> Value {
    let encoded = token.split('.').nth(index).expect("a part");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(encoded).expect("base64url")).expect("JSON")
}
