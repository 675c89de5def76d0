//! Driving a server by its control plane, as a test of another language would.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use oauth_mimic::{Mimic, TokenServer};
use serde_json::Value;

use crate::support::{Answer, basic, encoded, send};

/// Whom the default fixtures are about.
pub(crate) const USER: &str = "b626dc6a-0940-44da-af69-04b411a1de56";

/// The control plane of a server, or of a sandbox of it.
#[derive(Debug, Clone)]
pub(crate) struct Plane {
    address: SocketAddr,
    path: String,
    headers: String,
}

impl Plane {
    /// At that base URL, with or without a path.
    #[track_caller]
    pub(crate) fn at(base_url: &str) -> Self {
        let rest = base_url.strip_prefix("http://").expect("an http URL");
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        Self {
            address: authority.parse().expect("an address and a port"),
            path: path.strip_suffix("/_mimic").unwrap_or(path).to_owned(),
            headers: format!("Host: {authority}\r\n"),
        }
    }

    #[track_caller]
    pub(crate) fn of(mimic: &Mimic) -> Self {
        Self::at(mimic.base_url())
    }

    /// With these headers, and no others.
    pub(crate) fn with(mut self, headers: &[(&str, &str)]) -> Self {
        self.headers = headers
            .iter()
            .map(|(name, value)| format!("{name}: {value}\r\n"))
            .collect::<Vec<_>>()
            .concat();
        self
    }

    /// Sends what may be no JSON.
    #[track_caller]
    pub(crate) fn send(&self, method: &str, path: &str, body: &str) -> Answer {
        send(self.address, self.request(method, path, body).as_bytes())
    }

    fn request(&self, method: &str, path: &str, body: &str) -> String {
        format!(
            "{method} {}/_mimic{path} HTTP/1.1\r\n{}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.path,
            self.headers,
            body.len(),
        )
    }

    #[track_caller]
    pub(crate) fn get(&self, path: &str) -> Answer {
        self.send("GET", path, "")
    }

    #[track_caller]
    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, &body.to_string())
    }

    #[track_caller]
    pub(crate) fn put(&self, path: &str, body: &Value) -> Answer {
        self.send("PUT", path, &body.to_string())
    }

    #[track_caller]
    pub(crate) fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, "")
    }

    /// The body of a GET that is answered with 200.
    #[track_caller]
    pub(crate) fn read(&self, path: &str) -> Value {
        let answer = self.get(path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.json()
    }

    /// What is listed at a path under its own name: clients at `/clients`.
    #[track_caller]
    pub(crate) fn list(&self, path: &str) -> Vec<Value> {
        let name = path.split('?').next().unwrap_or(path);
        let name = name.trim_start_matches('/').replace('-', "_");
        self.read(path)[name.as_str()]
            .as_array()
            .unwrap_or_else(|| panic!("no list of {name}"))
            .clone()
    }

    /// Opens a stream of events; it is open when this returns.
    #[track_caller]
    pub(crate) fn stream(&self, path: &str) -> Stream {
        let mut stream = TcpStream::connect(self.address).expect("the server listens");
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .expect("a socket option");
        stream
            .write_all(self.request("GET", path, "").as_bytes())
            .expect("the request is sent");
        let mut stream = Stream {
            stream,
            received: String::new(),
        };
        stream.until(":\n\n");
        stream
    }
}

/// A stream of server-sent events.
#[derive(Debug)]
pub(crate) struct Stream {
    stream: TcpStream,
    pub(crate) received: String,
}

impl Stream {
    /// Reads until that text has come.
    #[track_caller]
    pub(crate) fn until(&mut self, text: &str) {
        let mut buffer = [0; 4096];
        while !self.received.contains(text) {
            let read = self
                .stream
                .read(&mut buffer)
                .expect("something comes in time");
            assert!(read > 0, "the stream ended: {}", self.received);
            self.received
                .push_str(&String::from_utf8_lossy(&buffer[..read]));
        }
    }

    /// Whether it was ended, whatever came before.
    pub(crate) fn has_ended(&mut self) -> bool {
        let mut rest = Vec::new();
        let ended = self.stream.read_to_end(&mut rest);
        // What was not ended in time would block.
        !ended.is_err_and(|why| matches!(why.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut))
    }

    /// The exchanges that have come.
    pub(crate) fn events(&self) -> Vec<Value> {
        self.received
            .lines()
            .filter_map(|line| line.strip_prefix("data: "))
            .map(|data| serde_json::from_str(data).expect("an event is JSON"))
            .collect()
    }
}

/// Sends a request to a URL of a server.
#[track_caller]
pub(crate) fn request(method: &str, url: &str, headers: &str, body: &str) -> Answer {
    let rest = url.strip_prefix("http://").expect("an http URL");
    let (authority, path) = rest.split_at(rest.find('/').expect("a path"));
    let address: SocketAddr = authority.parse().expect("an address and a port");
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {authority}\r\n{headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    send(address, request.as_bytes())
}

#[track_caller]
pub(crate) fn fetch(url: &str) -> Answer {
    request("GET", url, "", "")
}

/// Posts a form to a token endpoint, with Basic credentials where there are any.
#[track_caller]
pub(crate) fn post_form(url: &str, credentials: Option<(&str, &str)>, form: &str) -> Answer {
    let authorization = credentials
        .map(|(id, secret)| format!("Authorization: {}\r\n", basic(id, secret)))
        .unwrap_or_default();
    let headers = format!("{authorization}Content-Type: application/x-www-form-urlencoded\r\n");
    request("POST", url, &headers, form)
}

/// Refreshes as that client, whose secret is its id with `-secret` behind it.
#[track_caller]
pub(crate) fn refresh_as(mimic: &Mimic, client_id: &str, token: &str, more: &str) -> Answer {
    let form = format!(
        "grant_type=refresh_token&refresh_token={}{more}",
        encoded(token)
    );
    let secret = format!("{client_id}-secret");
    post_form(&mimic.token_url(), Some((client_id, &secret)), &form)
}

/// Refreshes as the default client.
#[track_caller]
pub(crate) fn refresh(mimic: &Mimic, token: &str, more: &str) -> Answer {
    refresh_as(mimic, "client-default", token, more)
}

/// Whether an answer is problem details of that status, and where it says the mistake is.
#[track_caller]
pub(crate) fn assert_problem(case: &str, answer: &Answer, status: u16, path: Option<&str>) {
    let told = format!("{case}: {} {}", answer.status, answer.text());
    assert_eq!(answer.status, status, "{told}");
    let problem = answer.json();
    let kind = answer.header("content-type");
    assert_eq!(kind, Some("application/problem+json"), "{told}");
    assert_eq!(problem["status"], status, "{told}");
    assert!(problem["title"].is_string(), "{told}");
    assert!(
        problem["detail"].as_str().is_some_and(|d| !d.is_empty()),
        "{told}"
    );
    assert_eq!(problem.get("path").and_then(Value::as_str), path, "{told}");
}

/// A server whose clock stands at the documented sample's instant.
pub(crate) fn frozen() -> TokenServer {
    let at = oauth_mimic::Timestamp::from_unix(1_680_006_196);
    TokenServer::builder()
        .clock(&oauth_mimic::Clock::frozen(at))
        .start()
}
