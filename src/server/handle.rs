//! A running server, held by a test.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::sandbox::Sandbox;
use crate::server::builder::TokenServerBuilder;
use crate::server::mint::Mint;
use crate::server::run::Running;

/// A token server on a free port and a thread of its own. It stops when it is dropped.
///
/// Nothing here is async: it serves `#[test]`, `#[tokio::test]` and `#[actix_web::test]` alike.
///
/// ```
/// let server = oauth_mimic::TokenServer::start();
/// let answer = ureq::post(server.token_url())
///     .header("Authorization", "Basic Y2xpZW50LWRlZmF1bHQ6Y2xpZW50LWRlZmF1bHQtc2VjcmV0")
///     .send_form([("grant_type", "refresh_token"), ("refresh_token", "REFRESH_TOKEN")])?;
/// assert_eq!(answer.status(), 200);
/// # Ok::<(), ureq::Error>(())
/// ```
#[derive(Debug)]
pub struct TokenServer {
    pub(super) sandbox: Arc<Sandbox>,
    pub(super) running: Running,
}

impl TokenServer {
    /// Starts a server with the default fixtures, on a free port of 127.0.0.1.
    ///
    /// # Panics
    /// The system has no port or thread to give.
    #[must_use = "the server stops when it is dropped"]
    #[track_caller]
    pub fn start() -> Self {
        Self::builder().start()
    }

    /// Describes another server than the default one.
    pub fn builder() -> TokenServerBuilder {
        TokenServerBuilder::default()
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.running.address
    }

    /// Where clients reach it: scheme, host and port, without a path.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.sandbox.authority.base_url
    }

    /// What its tokens name as their issuer (RFC 7519 §4.1.1).
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.sandbox.authority.issuer
    }

    /// The token endpoint (RFC 6749 §3.2).
    #[must_use]
    pub fn token_url(&self) -> String {
        self.sandbox
            .authority
            .url(&self.sandbox.authority.profile.paths.token)
    }

    /// The published keys (RFC 7517 §5).
    #[must_use]
    pub fn jwks_url(&self) -> String {
        self.sandbox
            .authority
            .url(&self.sandbox.authority.profile.paths.jwks)
    }

    /// The metadata (OpenID Connect Discovery §4).
    #[must_use]
    pub fn metadata_url(&self) -> String {
        self.sandbox
            .authority
            .url("/.well-known/openid-configuration")
    }

    /// Mints tokens as the endpoint would have issued them, to start a test with.
    ///
    /// ```
    /// let server = oauth_mimic::TokenServer::start();
    /// let refresh_token = server.mint().client("client-default").scope("openid").refresh_token();
    /// let answer = ureq::post(server.token_url())
    ///     .send_form([
    ///         ("grant_type", "refresh_token"),
    ///         ("refresh_token", &refresh_token),
    ///         ("client_id", "client-default"),
    ///         ("client_secret", "client-default-secret"),
    ///     ])?;
    /// assert_eq!(answer.status(), 200);
    /// # Ok::<(), ureq::Error>(())
    /// ```
    pub fn mint(&self) -> Mint<'_> {
        Mint::new(&self.sandbox)
    }
}
