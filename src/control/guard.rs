//! Who may drive the server: not a web page, and with a token only who has it.

use std::net::IpAddr;

use actix_web::HttpRequest;
use actix_web::http::header;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq as _;

use crate::control::{Problem, ProblemCode};

/// What a request of the control plane must show.
#[derive(Debug, Clone, Default)]
pub(crate) struct Guard {
    /// The digest of the bearer token it must carry.
    token: Option<[u8; 32]>,
    /// Host names besides those of loopback that it may be addressed to.
    hosts: Vec<String>,
}

impl Guard {
    /// `base_urls` are those under which the server is known.
    pub(crate) fn new<'u>(
        token: Option<&str>,
        base_urls: impl IntoIterator<Item = &'u str>,
    ) -> Self {
        let hosts = base_urls
            .into_iter()
            .map(|url| host_of(url.split("//").nth(1).unwrap_or(url)).to_owned());
        Self {
            token: token.map(|token| Sha256::digest(token).into()),
            hosts: hosts.collect(),
        }
    }

    pub(super) fn check(&self, request: &HttpRequest) -> Result<(), Problem> {
        let text = |name: header::HeaderName| {
            request
                .headers()
                .get(name)
                .map(|value| value.to_str().unwrap_or("?"))
        };
        // A page of another site can send requests to a developer's server, and a name it controls can lead here.
        if let Some(host) = text(header::HOST).map(host_of)
            && !self.is_ours(host)
        {
            let problem = "the Host is neither of this machine nor the server's --base-url";
            return Err(Problem::new(ProblemCode::HostRefused, problem));
        }
        if let Some(origin) = text(header::ORIGIN)
            && !origin
                .split("//")
                .nth(1)
                .is_some_and(|origin| self.is_ours(host_of(origin)))
        {
            return Err(Problem::new(
                ProblemCode::OriginRefused,
                "a web page of another origin may not drive this server",
            ));
        }
        let Some(token) = self.token else {
            return Ok(());
        };
        // A scheme's name has no case (RFC 9110 §11.1). Whoever presents nothing has no token, not the empty one.
        let presented = text(header::AUTHORIZATION)
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| <[u8; 32]>::from(Sha256::digest(token)));
        if presented.is_some_and(|presented| bool::from(token.ct_eq(&presented))) {
            Ok(())
        } else {
            Err(Problem::new(
                ProblemCode::Unauthorized,
                "send the --control-token as a bearer token",
            ))
        }
    }

    fn is_ours(&self, host: &str) -> bool {
        let address = host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .parse::<IpAddr>();
        address.is_ok_and(|address| address.is_loopback())
            || host == "localhost"
            || host.ends_with(".localhost")
            || self.hosts.iter().any(|ours| ours == host)
    }
}

/// A host without its port.
fn host_of(authority: &str) -> &str {
    let end = match authority.strip_prefix('[') {
        Some(_) => authority.find(']').map_or(authority.len(), |at| at + 1),
        None => authority.find([':', '/']).unwrap_or(authority.len()),
    };
    &authority[..end]
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn a_web_page_or_a_strange_name_is_refused_and_this_machine_is_not() {
        let guard = Guard::new(None, ["http://mimic:8080"]);
        for (host, origin, allowed) in [
            ("127.0.0.1:8080", None, true),
            ("[::1]:8080", None, true),
            ("localhost", Some("http://localhost:3000"), true),
            ("mimic:8080", None, true),
            ("evil.example", None, false),
            ("127.evil.example", None, false),
            ("127.0.0.1:8080", Some("https://evil.example"), false),
            ("127.0.0.1:8080", Some("null"), false),
        ] {
            let mut request = TestRequest::default().insert_header(("host", host));
            if let Some(origin) = origin {
                request = request.insert_header(("origin", origin));
            }
            assert_eq!(
                guard.check(&request.to_http_request()).is_ok(),
                allowed,
                "{host} {origin:?}"
            );
        }
    }

    #[test]
    fn with_a_token_only_who_has_it_is_let_in() {
        let guard = Guard::new(Some("s3cret"), []);
        for (authorization, allowed) in [
            ("Bearer s3cret", true),
            ("bearer s3cret", true),
            ("Bearer s3cre", false),
            ("Basic s3cret", false),
        ] {
            let request = TestRequest::default().insert_header(("authorization", authorization));
            assert_eq!(
                guard.check(&request.to_http_request()).is_ok(),
                allowed,
                "{authorization}"
            );
        }
    }

    #[test]
    fn a_token_that_is_empty_lets_nobody_in() {
        let guard = Guard::new(Some(""), []);
        assert!(
            guard
                .check(&TestRequest::default().to_http_request())
                .is_err()
        );
    }
}
