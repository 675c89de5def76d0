//! An HTTP client of bytes: nothing repairs what a test sends, and nothing hides what arrives.

use std::fmt;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

use super::basic;

pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

/// Longer than any answer takes, and the longest that a broken test hangs.
const PATIENCE: Duration = Duration::from_secs(20);

/// A request as data.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    method: String,
    target: String,
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
    /// Sent in place of everything else.
    raw: Option<Vec<u8>>,
}

impl Request {
    /// A request without headers (but `Host`, and `Content-Length` where there is a body).
    pub(crate) fn new(method: &str, target: &str) -> Self {
        Self {
            method: method.to_owned(),
            target: target.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
            raw: None,
        }
    }

    pub(crate) fn get(target: &str) -> Self {
        Self::new("GET", target)
    }

    /// A POST of that form, which is sent exactly as given.
    pub(crate) fn form(target: &str, form: impl AsRef<[u8]>) -> Self {
        Self::new("POST", target).content_type(FORM).body(form)
    }

    /// These bytes and no others.
    pub(crate) fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            raw: Some(bytes.into()),
            ..Self::new("", "")
        }
    }

    pub(crate) fn method(mut self, method: &str) -> Self {
        method.clone_into(&mut self.method);
        self
    }

    pub(crate) fn target(mut self, target: &str) -> Self {
        target.clone_into(&mut self.target);
        self
    }

    /// Adds a header, also where there is one of that name.
    pub(crate) fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers
            .push((name.to_owned(), value.as_ref().to_vec()));
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(held, _)| held != name);
        self
    }

    /// Replaces the `Content-Type`.
    pub(crate) fn content_type(self, value: impl AsRef<[u8]>) -> Self {
        self.without("Content-Type").header("Content-Type", value)
    }

    pub(crate) fn authorization(self, value: impl AsRef<[u8]>) -> Self {
        self.header("Authorization", value)
    }

    /// Basic credentials, with nothing encoded but the base64.
    pub(crate) fn basic(self, client_id: &str, client_secret: &str) -> Self {
        self.authorization(basic(client_id, client_secret))
    }

    /// Replaces the credentials.
    pub(crate) fn by(self, client_id: &str, client_secret: &str) -> Self {
        self.without("Authorization")
            .basic(client_id, client_secret)
    }

    pub(crate) fn query(mut self, query: impl AsRef<str>) -> Self {
        self.target = format!("{}?{}", self.target, query.as_ref());
        self
    }

    pub(crate) fn body(mut self, body: impl AsRef<[u8]>) -> Self {
        self.body = body.as_ref().to_vec();
        self
    }

    /// Replaces a text wherever it is: in the target, in the values of headers, in the body.
    pub(crate) fn replace(mut self, text: &str, with: &str) -> Self {
        let replace = |bytes: &[u8]| replaced(bytes, text.as_bytes(), with.as_bytes());
        self.raw = self.raw.as_deref().map(replace);
        self.target = self.target.replace(text, with);
        self.body = replace(&self.body);
        for (_, value) in &mut self.headers {
            *value = replace(value);
        }
        self
    }

    /// The message as it is sent.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        if let Some(raw) = &self.raw {
            return raw.clone();
        }
        let mut bytes = format!("{} {} HTTP/1.1\r\n", self.method, self.target).into_bytes();
        if !self.headers.iter().any(|(name, _)| name == "Host") {
            bytes.extend(b"Host: localhost\r\n");
        }
        for (name, value) in &self.headers {
            bytes.extend(name.as_bytes());
            bytes.extend(b": ");
            bytes.extend(value);
            bytes.extend(b"\r\n");
        }
        if !self.body.is_empty() || ["POST", "PUT"].contains(&self.method.as_str()) {
            bytes.extend(format!("Content-Length: {}\r\n", self.body.len()).as_bytes());
        }
        bytes.extend(b"\r\n");
        bytes.extend(&self.body);
        bytes
    }

    /// Sends it over a new connection.
    #[track_caller]
    pub(crate) fn send(&self, address: SocketAddr) -> Answer {
        send(address, &self.bytes())
    }

    /// Sends it to the server of that URL; the target is the URL's path.
    #[track_caller]
    pub(crate) fn send_to(self, url: &str) -> Answer {
        let (address, target) = address_and_target(url);
        let request = self.target(target);
        if request.headers.iter().any(|(name, _)| name == "Host") {
            request.send(address)
        } else {
            request.header("Host", address.to_string()).send(address)
        }
    }
}

/// The address of a URL's server, and the rest of the URL.
#[track_caller]
pub(crate) fn address_and_target(url: &str) -> (SocketAddr, &str) {
    let rest = url.strip_prefix("http://").expect("an http URL");
    let (authority, target) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    (
        authority.parse().expect("an address and a port"),
        if target.is_empty() { "/" } else { target },
    )
}

fn replaced(bytes: &[u8], text: &[u8], with: &[u8]) -> Vec<u8> {
    let mut result = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(at) = find(rest, text) {
        result.extend_from_slice(&rest[..at]);
        result.extend_from_slice(with);
        rest = &rest[at + text.len()..];
    }
    result.extend_from_slice(rest);
    result
}

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
