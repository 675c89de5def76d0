//! The URLs of a server: those that options name, and those that follow from a listener.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::seed::check_issuer;
use crate::server::builder::StartError;

/// Checks a URL of the option `name` that must end with its host or port. `why_no_path` says why it must.
pub(super) fn check_without_path(
    name: &'static str,
    url: &str,
    why_no_path: &str,
) -> Result<(), StartError> {
    check_issuer(url)
        .and_then(|()| {
            if url.split('/').count() > 3 {
                return Err(format!("`{url}` must have no path: {why_no_path}"));
            }
            Ok(())
        })
        .map_err(|problem| StartError::Url { name, problem })
}

/// Returns the URL of another port of the same host. It is always http, because that listener has no TLS, even if the first
/// one is behind a TLS proxy.
pub(super) fn with_port(base_url: &str, port: u16) -> String {
    let authority = base_url.split("//").nth(1).unwrap_or(base_url);
    // An IPv6 address has colons and ends with a bracket.
    let host = match authority.rsplit_once(':') {
        Some((host, _)) if !authority.ends_with(']') => host,
        _ => authority,
    };
    format!("http://{host}:{port}")
}

/// Returns the address at which this machine reaches a listener. One on all addresses is reached by loopback.
pub(super) fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}

/// Returns the URL at which a client on this machine reaches a listener.
pub(crate) fn base_url_of(address: SocketAddr) -> String {
    let port = address.port();
    match address.ip() {
        ip if ip.is_unspecified() => format!("http://localhost:{port}"),
        IpAddr::V4(ip) => format!("http://{ip}:{port}"),
        IpAddr::V6(ip) => format!("http://[{ip}]:{port}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_control_plane_is_at_the_host_of_the_base_url() {
        for (base_url, control) in [
            ("http://localhost:8080", "http://localhost:9090"),
            ("https://auth.example.test", "http://auth.example.test:9090"),
            ("http://mimic:8080", "http://mimic:9090"),
            ("http://[::1]:8080", "http://[::1]:9090"),
            ("http://[::1]", "http://[::1]:9090"),
        ] {
            assert_eq!(with_port(base_url, 9090), control);
        }
    }
}
