//! [`Mimic`]: one imitated provider, a running server or a sandbox of it. Its methods for one subject, such as the journal, are
//! with that subject.

use std::fmt;
use std::sync::Arc;

use crate::clock::Clock;
use crate::oauth::endpoint::Endpoint;
use crate::sandbox::Sandbox;
use crate::server::faults::Faults;
use crate::server::keys::Keys;
use crate::server::mint::Mint;

/// One imitated provider: the default one of a [`TokenServer`](crate::TokenServer), or a sandbox of it. Both have the
/// same methods. Clones refer to the same provider, so that a task or a thread can have one.
///
/// ```
/// let server = oauth_mimic::TokenServer::start();
/// let mimic = oauth_mimic::Mimic::clone(&server);
/// std::thread::spawn(move || mimic.clock().advance(60)).join().unwrap();
/// ```
#[derive(Clone)]
pub struct Mimic {
    pub(super) inner: Arc<Sandbox>,
}

impl Mimic {
    /// Returns the URL at which clients reach the provider, without the profile's prefix.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.inner.settings.base_url
    }

    /// Returns the issuer: the `iss` claim of the issued tokens (RFC 7519 §4.1.1) and the `issuer` of the metadata.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.inner.settings.issuer
    }

    /// Returns the URL of the token endpoint (RFC 6749 §3.2).
    #[must_use]
    pub fn token_url(&self) -> String {
        self.inner.settings.url(Endpoint::Token)
    }

    /// Returns the URL of the userinfo endpoint (OpenID Connect Core §5.3).
    #[must_use]
    pub fn userinfo_url(&self) -> String {
        self.inner.settings.url(Endpoint::Userinfo)
    }

    /// Returns the URL of the introspection endpoint (RFC 7662 §2).
    #[must_use]
    pub fn introspection_url(&self) -> String {
        self.inner.settings.url(Endpoint::Introspection)
    }

    /// Returns the URL of the revocation endpoint (RFC 7009 §2).
    #[must_use]
    pub fn revocation_url(&self) -> String {
        self.inner.settings.url(Endpoint::Revocation)
    }

    /// Returns the URL of the end session endpoint (OpenID Connect RP-Initiated Logout §2).
    #[must_use]
    pub fn end_session_url(&self) -> String {
        self.inner.settings.url(Endpoint::EndSession)
    }

    /// Returns the URL of the authorization endpoint (RFC 6749 §3.1).
    #[must_use]
    pub fn authorization_url(&self) -> String {
        self.inner.settings.url(Endpoint::Authorization)
    }

    /// Returns the URL of the JWK Set with the published keys (RFC 7517 §5).
    #[must_use]
    pub fn jwks_url(&self) -> String {
        self.inner.settings.url(Endpoint::Jwks)
    }

    /// Returns the URL of the metadata (OpenID Connect Discovery 1.0 §4).
    #[must_use]
    pub fn metadata_url(&self) -> String {
        self.inner.settings.url(Endpoint::Metadata)
    }

    /// Mints tokens without a request: the same tokens as the token endpoint would issue. The journal has no entry for them.
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
        Mint::new(&self.inner)
    }

    /// Returns the clock, which can be frozen, moved and released. Issuing and checking of tokens use its time.
    ///
    /// ```
    /// let server = oauth_mimic::TokenServer::start();
    /// let before = server.clock().now();
    /// server.clock().advance(3600);
    /// assert!(server.clock().now().seconds_since(before) >= 3600);
    /// ```
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.inner.clock
    }

    /// Returns the fault rules: add, list and remove them.
    ///
    /// ```
    /// use oauth_mimic::{Endpoint, Fault, Rule, TokenServer};
    /// let server = TokenServer::start();
    /// server.faults().add(Rule::on(Endpoint::Jwks, Fault::status(503)).times(1));
    /// assert!(ureq::get(server.jwks_url()).call().is_err());
    /// assert!(ureq::get(server.jwks_url()).call().is_ok());
    /// ```
    #[must_use]
    pub fn faults(&self) -> Faults<'_> {
        Faults(&self.inner)
    }

    /// Returns the signing keys: list, rotate and retire them.
    ///
    /// ```
    /// let server = oauth_mimic::TokenServer::start();
    /// let old = server.keys().signing();
    /// let new = server.keys().rotate();
    /// assert_ne!(old, new);
    /// assert_eq!(server.keys().published(), [new, old]);
    /// ```
    #[must_use]
    pub fn keys(&self) -> Keys<'_> {
        Keys(&self.inner)
    }

    /// Resets the provider to its initial state: clients, users, named tokens, keys, clock, faults, journal and spent tokens. A
    /// request that is being answered finishes in the old state.
    ///
    /// ```
    /// let server = oauth_mimic::TokenServer::start();
    /// server.clock().advance(3600);
    /// server.reset();
    /// assert!(server.requests().is_empty());
    /// ```
    pub fn reset(&self) {
        self.inner.reset();
    }
}

impl fmt::Debug for Mimic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mimic")
            .field("base_url", &self.base_url())
            .finish_non_exhaustive()
    }
}
