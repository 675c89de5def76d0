//! Who may drive the server: no web page of another site, and with a token only its owner.

use std::net::{IpAddr, UdpSocket};

use actix_web::HttpRequest;
use actix_web::http::header;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq as _;

use crate::control::{Problem, ProblemCode};
use crate::oauth::refusal::excerpt;

/// What a request of the control plane must have.
#[derive(Debug, Clone, Default)]
pub(crate) struct Guard {
    /// The digest of the bearer token it must carry.
    token: Option<[u8; 32]>,
    hosts: Hosts,
    /// The origins whose web pages may drive the server.
    origins: Vec<String>,
}

/// The hosts that the server is known by, besides those of loopback.
///
/// A web page can make a name of its own lead to this machine (DNS rebinding). Its requests then carry that name as
/// `Host`. An address in its place cannot be made to lead elsewhere, so every one is accepted there: a container is reached
/// by addresses that it does not know.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hosts {
    addresses: Vec<IpAddr>,
    /// Names in lower case.
    names: Vec<String>,
    /// True if the server listens on every address of this machine.
    all_of_this_machine: bool,
}

impl Hosts {
    /// Adds a host, with or without a port.
    pub(crate) fn add(&mut self, authority: &str) {
        let host = host_of(authority);
        match address(host) {
            Some(address) => self.addresses.push(address),
            None => self.names.push(host.to_ascii_lowercase()),
        }
    }

    /// Adds the host of a URL.
    pub(crate) fn add_url(&mut self, url: &str) {
        self.add(authority_of(url).unwrap_or(url));
    }

    /// Adds the address of a listener.
    pub(crate) fn add_listener(&mut self, address: IpAddr) {
        if address.is_unspecified() {
            self.all_of_this_machine = true;
        } else {
            self.addresses.push(address);
        }
    }

    fn know(&self, host: &str) -> bool {
        if let Some(address) = address(host) {
            return address.is_loopback()
                || self.addresses.contains(&address)
                || self.all_of_this_machine && is_of_this_machine(address);
        }
        let name = host.to_ascii_lowercase();
        name == "localhost" || name.ends_with(".localhost") || self.names.contains(&name)
    }
}

impl Guard {
    pub(crate) fn new(token: Option<&str>, hosts: Hosts) -> Self {
        Self {
            token: token.map(|token| Sha256::digest(token).into()),
            hosts,
            origins: Vec::new(),
        }
    }

    /// Lets the web pages of these origins drive the server.
    pub(crate) fn allow_origins(mut self, origins: Vec<String>) -> Self {
        self.origins = origins;
        self
    }

    /// Returns the origin of the web page that sent a request, if it is one that may drive the server.
    pub(crate) fn page(&self, request: &HttpRequest) -> Option<header::HeaderValue> {
        let origin = request.headers().get(header::ORIGIN)?;
        let allowed = self
            .origins
            .iter()
            .any(|allowed| allowed.as_bytes() == origin.as_bytes());
        allowed.then(|| origin.clone())
    }

    /// Checks that the request comes from this machine's name, and not from a page of another site.
    pub(super) fn check_place(&self, request: &HttpRequest) -> Result<(), Problem> {
        let host = text(request, header::HOST);
        if let Some(host) = host {
            self.check_host(host_of(host))?;
        }
        match text(request, header::ORIGIN) {
            Some(origin) => self.check_origin(origin, host),
            None => Ok(()),
        }
    }

    fn check_host(&self, host: &str) -> Result<(), Problem> {
        if address(host).is_some() || self.hosts.know(host) {
            return Ok(());
        }
        let host = excerpt(host);
        let detail = format!(
            "this server is not known by the host `{host}`; use an IP address, localhost or the host of --base-url, or start the server with \
             --allow-host {host}"
        );
        Err(Problem::new(ProblemCode::HostRefused, detail))
    }

    fn check_origin(&self, origin: &str, host: Option<&str>) -> Result<(), Problem> {
        let is_named = self.origins.iter().any(|allowed| allowed == origin);
        let is_known = authority_of(origin).is_some_and(|authority| {
            // The page comes from the address that the request goes to: it is a page of this server.
            let is_own = Some(authority) == host && address(host_of(authority)).is_some();
            is_own || self.hosts.know(host_of(authority))
        });
        if is_named || is_known {
            return Ok(());
        }
        let detail = "a web page of another site may not drive this server; name its origin with --control-origin";
        Err(Problem::new(ProblemCode::OriginRefused, detail))
    }

    /// Checks the bearer token, if there must be one.
    pub(super) fn check_token(&self, request: &HttpRequest) -> Result<(), Problem> {
        let Some(token) = self.token else {
            return Ok(());
        };
        // The name of a scheme has no case (RFC 9110 §11.1). A request without a token has none, not the empty one.
        let presented = text(request, header::AUTHORIZATION)
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| <[u8; 32]>::from(Sha256::digest(token)));
        if presented.is_some_and(|presented| bool::from(token.ct_eq(&presented))) {
            return Ok(());
        }
        let detail = "send the --control-token as a bearer token";
        Err(Problem::new(ProblemCode::Unauthorized, detail))
    }
}

fn text(request: &HttpRequest, name: header::HeaderName) -> Option<&str> {
    let value = request.headers().get(name)?;
    Some(value.to_str().unwrap_or("?"))
}

/// Checks that a form was posted by a page of this origin: of the URL by which the server knows itself, or of the host that the
/// request names. A program that is not a browser sends neither of these headers.
pub(super) fn check_own_page(request: &HttpRequest, own_url: Option<&str>) -> Result<(), Problem> {
    let text = |name: &str| {
        let value = request.headers().get(name)?;
        Some(value.to_str().unwrap_or("?"))
    };
    let is_own = |origin: &str| {
        own_url.map(origin_of) == Some(origin)
            || authority_of(origin).is_some_and(|authority| Some(authority) == text("host"))
    };
    let is_sent_by_own_page = text("origin").is_none_or(is_own)
        && text("sec-fetch-site").is_none_or(|site| ["same-origin", "none"].contains(&site));
    if is_sent_by_own_page {
        return Ok(());
    }
    let detail = "a web page of another origin may not post this form";
    Err(Problem::new(ProblemCode::OriginRefused, detail))
}

/// Only an address of this machine can be bound.
fn is_of_this_machine(address: IpAddr) -> bool {
    UdpSocket::bind((address, 0)).is_ok()
}

fn address(host: &str) -> Option<IpAddr> {
    host.trim_start_matches('[')
        .trim_end_matches(']')
        .parse()
        .ok()
}

/// Returns the rest of a URL after its scheme: the host, the port, and what follows.
pub(super) fn authority_of(url: &str) -> Option<&str> {
    url.split_once("//").map(|(_, rest)| rest)
}

/// The scheme, the host and the port of a URL.
fn origin_of(url: &str) -> &str {
    let path = authority_of(url).and_then(|rest| rest.find('/').map(|at| rest.len() - at));
    &url[..url.len() - path.unwrap_or_default()]
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

    impl Guard {
        fn check(&self, request: &HttpRequest) -> Result<(), Problem> {
            self.check_place(request)?;
            self.check_token(request)
        }
    }

    #[test]
    fn a_web_page_or_a_strange_name_is_refused_and_this_machine_is_not() {
        let mut hosts = Hosts::default();
        hosts.add_url("http://MIMIC:8080");
        let guard = Guard::new(None, hosts);
        for (host, origin, allowed) in [
            ("127.0.0.1:8080", None, true),
            ("[::1]:8080", None, true),
            ("localhost", Some("http://localhost:3000"), true),
            ("LOCALHOST:1", None, true),
            ("mimic:8080", None, true),
            ("Mimic", None, true),
            ("192.0.2.1", None, true),
            ("[2001:db8::1]:8080", None, true),
            ("192.0.2.1:8080", Some("http://192.0.2.1:8080"), true),
            ("192.0.2.1:8080", Some("http://192.0.2.1"), false),
            ("127.0.0.1:8080", Some("http://192.0.2.1:8080"), false),
            ("192.0.2.1.evil.example", None, false),
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
    fn a_form_is_taken_from_a_page_of_the_same_origin_only() {
        for (origin, site, allowed) in [
            (None, None, true),
            (Some("http://localhost:8080"), Some("same-origin"), true),
            (Some("https://mimic.example"), None, true),
            (Some("http://localhost:8080"), Some("none"), true),
            (Some("http://localhost:8080"), Some("same-site"), false),
            (None, Some("cross-site"), false),
            (Some("http://localhost:3000"), None, false),
            (Some("http://localhost"), None, false),
            (Some("https://mimic.example.evil.example"), None, false),
            (Some("https://mimic.exampl"), None, false),
            (Some("https:/"), None, false),
            (Some("null"), None, false),
            (Some(""), None, false),
        ] {
            let mut request = TestRequest::default().insert_header(("host", "localhost:8080"));
            request = origin.into_iter().fold(request, |request, origin| {
                request.insert_header(("origin", origin))
            });
            request = site.into_iter().fold(request, |request, site| {
                request.insert_header(("sec-fetch-site", site))
            });
            let own_url = Some("https://mimic.example/_mimic");
            let checked = check_own_page(&request.to_http_request(), own_url);
            assert_eq!(checked.is_ok(), allowed, "{origin:?} {site:?}");
        }
    }

    #[test]
    fn a_server_on_all_addresses_is_known_by_each_of_them_and_no_other() {
        let mut hosts = Hosts::default();
        hosts.add_listener(IpAddr::from([0, 0, 0, 0]));
        assert!(hosts.know("0.0.0.0"));
        // Set aside for documentation (RFC 5737): no machine has it.
        assert!(!hosts.know("192.0.2.1"));
        assert!(!hosts.know("evil.example"));
        let socket = UdpSocket::bind("0.0.0.0:0").expect("a socket");
        // No packet is sent: the system chooses the address from which it would be.
        if socket.connect("192.0.2.1:9").is_ok() {
            let own = socket.local_addr().expect("an address").ip();
            assert!(hosts.know(&own.to_string()), "{own}");
            assert!(!Hosts::default().know(&own.to_string()) || own.is_loopback());
        }
    }

    #[test]
    fn a_concrete_listener_is_known_by_its_address() {
        let mut hosts = Hosts::default();
        hosts.add_listener(IpAddr::from([192, 0, 2, 1]));
        assert!(hosts.know("192.0.2.1"));
        assert!(!hosts.know("192.0.2.2"));
    }

    #[test]
    fn with_a_token_only_who_has_it_is_let_in() {
        let guard = Guard::new(Some("s3cret"), Hosts::default());
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
        let guard = Guard::new(Some(""), Hosts::default());
        assert!(
            guard
                .check(&TestRequest::default().to_http_request())
                .is_err()
        );
    }
}
