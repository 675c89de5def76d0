//! Driving a server by its control plane, as a test of another language would.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use oauth_mimic::{Mimic, TokenServer};
use serde_json::Value;

use crate::support::http::address_and_target;
use crate::support::{Answer, Request};
pub(crate) use crate::support::{refresh, refresh_as};

/// How long a stream may take to send what a test waits for.
const PATIENCE: Duration = Duration::from_secs(20);

/// Whom the default fixtures are about.
pub(crate) const USER: &str = "b626dc6a-0940-44da-af69-04b411a1de56";

/// The control plane of a server, or of a sandbox of it.
#[derive(Debug, Clone)]
pub(crate) struct Plane {
    address: SocketAddr,
    path: String,
    headers: Vec<(String, String)>,
}

impl Plane {
    /// At that base URL, with or without a path.
    #[track_caller]
    pub(crate) fn at(base_url: &str) -> Self {
        let (address, path) = address_and_target(base_url);
        let path = path.trim_end_matches('/');
        Self {
            address,
            path: path.strip_suffix("/_mimic").unwrap_or(path).to_owned(),
            headers: vec![("Host".to_owned(), address.to_string())],
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
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        self
    }

    /// Sends a body that may be no JSON.
    #[track_caller]
    pub(crate) fn send(&self, method: &str, path: &str, body: &str) -> Answer {
        self.request(method, path, body).send(self.address)
    }

    fn request(&self, method: &str, path: &str, body: &str) -> Request {
        let request = Request::new(method, &format!("{}/_mimic{path}", self.path))
            .content_type("application/json")
            .body(body);
        self.headers.iter().fold(request, |request, (name, value)| {
            request.header(name, value)
        })
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
            .set_read_timeout(Some(PATIENCE))
            .expect("a socket option");
        stream
            .write_all(&self.request("GET", path, "").bytes())
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
        let start = Instant::now();
        while !self.received.contains(text) {
            // Heartbeats would keep it from ending.
            assert!(start.elapsed() < PATIENCE, "not in time: {}", self.received);
            let read = self
                .stream
                .read(&mut buffer)
                .expect("something comes in time");
            assert!(read > 0, "the stream ended: {}", self.received);
            self.received
                .push_str(&String::from_utf8_lossy(&buffer[..read]));
        }
    }

    /// Whether it ends in time, whatever comes before.
    pub(crate) fn has_ended(&mut self) -> bool {
        let mut buffer = [0; 4096];
        let start = Instant::now();
        // Heartbeats would keep it from ending.
        while start.elapsed() < PATIENCE {
            match self.stream.read(&mut buffer) {
                Ok(0) => return true,
                Ok(_) => {}
                Err(why) => {
                    return !matches!(why.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut);
                }
            }
        }
        false
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

/// Sends a request to a URL of a server; `headers` are lines.
#[track_caller]
pub(crate) fn request(method: &str, url: &str, headers: &str, body: &str) -> Answer {
    let lines = headers.lines().filter_map(|line| line.split_once(": "));
    lines
        .fold(Request::new(method, ""), |request, (name, value)| {
            request.header(name, value)
        })
        .body(body)
        .send_to(url)
}

#[track_caller]
pub(crate) fn fetch(url: &str) -> Answer {
    Request::get("").send_to(url)
}

/// Posts a form to a token endpoint, with Basic credentials where there are any.
#[track_caller]
pub(crate) fn post_form(url: &str, credentials: Option<(&str, &str)>, form: &str) -> Answer {
    let request = Request::form("", form);
    match credentials {
        Some((client_id, client_secret)) => request.basic(client_id, client_secret).send_to(url),
        None => request.send_to(url),
    }
}

/// Whether an answer is problem details of that status, and where it says the mistake is.
#[track_caller]
pub(crate) fn assert_problem(case: &str, answer: &Answer, status: u16, place: Option<&str>) {
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
    assert!(problem["code"].is_string(), "{told}");
    // A JSON Pointer into the body, or the name of a parameter of the query.
    let pointer = problem.get("pointer").or(problem.get("parameter"));
    assert_eq!(pointer.and_then(Value::as_str), place, "{told}");
}

/// A server whose clock is frozen at the documented sample's instant.
pub(crate) fn frozen() -> TokenServer {
    let at = oauth_mimic::Timestamp::from_unix(1_680_006_196);
    TokenServer::builder()
        .clock(&oauth_mimic::Clock::frozen(at))
        .start()
}
