//! The cheapest HTTP client that can be: it must not cost what is measured.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

/// A connection that is kept.
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub(crate) fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("the server listens");
        stream.set_nodelay(true).expect("a socket option");
        Self {
            stream,
            buffer: vec![0; 64 * 1024],
        }
    }

    /// Sends a request and reads its answer's body.
    pub(crate) fn exchange(&mut self, request: &[u8]) -> &[u8] {
        self.send(request);
        self.receive()
    }

    pub(crate) fn send(&mut self, request: &[u8]) {
        self.stream.write_all(request).expect("the server reads");
    }

    /// Reads the body of an answer that is a success.
    pub(crate) fn receive(&mut self) -> &[u8] {
        let (answer, start) = self.answer();
        assert!(
            answer.starts_with(b"HTTP/1.1 20"),
            "{}",
            String::from_utf8_lossy(answer)
        );
        &answer[start..]
    }

    /// Reads the URL to which an answer sends the browser.
    pub(crate) fn receive_location(&mut self) -> String {
        let (answer, start) = self.answer();
        let head = String::from_utf8_lossy(&answer[..start]);
        let location = head
            .lines()
            .find_map(|line| line.strip_prefix("location: "));
        location
            .unwrap_or_else(|| panic!("no redirect: {head}"))
            .to_owned()
    }

    /// Reads an answer. Returns it, and where its body begins.
    fn answer(&mut self) -> (&[u8], usize) {
        let mut received = 0;
        loop {
            let read = self
                .stream
                .read(&mut self.buffer[received..])
                .expect("the server answers");
            assert!(read > 0, "the server closed the connection");
            received += read;
            if let Some((start, length)) = body(&self.buffer[..received])
                && received >= start + length
            {
                return (&self.buffer[..start + length], start);
            }
        }
    }
}

/// Where the body begins, and its length.
fn body(answer: &[u8]) -> Option<(usize, usize)> {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&answer[..end]).ok()?;
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok())?;
    Some((end + 4, length))
}

/// The documented request.
pub(crate) fn refresh(refresh_token: &str) -> Vec<u8> {
    let form = format!("grant_type=refresh_token&refresh_token={refresh_token}");
    post(
        "/connect/oauth/token",
        "Y2xpZW50LWRlZmF1bHQ6Y2xpZW50LWRlZmF1bHQtc2VjcmV0",
        &form,
    )
}

/// A POST of a form, with these Basic credentials.
pub(crate) fn post(path: &str, credentials: &str, form: &str) -> Vec<u8> {
    format!(
        "POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Basic {credentials}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    )
    .into_bytes()
}

/// A text member of a token response.
pub(crate) fn member(body: &[u8], name: &str) -> String {
    let body: serde_json::Value = serde_json::from_slice(body).expect("JSON");
    body[name].as_str().expect("a text member").to_owned()
}
