//! [`Mimic`]: the methods with which a test drives a running server or a sandbox of it.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::clock::Clock;
use crate::control;
use crate::fault::Fault;
use crate::fault::{ActiveRule, Rule};
use crate::journal::{Exchange, Expectation, Filter, block_on};
use crate::oauth::client::Client;
use crate::oauth::endpoint::Endpoint;
use crate::oauth::user::User;
use crate::sandbox::{Sandbox, Sandboxes};
use crate::seed::{FixtureError, NamedRefreshToken};
use crate::server::faults::Faults;
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

    /// Makes the next `count` token requests go wrong, before any rule without a number of times. Rules for other endpoints
    /// are added with [`Mimic::faults`], so that a client that fetches keys in the background does not use them up.
    ///
    /// ```
    /// use oauth_mimic::{Fault, TokenServer};
    /// let server = TokenServer::start();
    /// server.fail_next(1, Fault::status(503));
    /// let refresh = || ureq::post(server.token_url()).send_form([
    ///     ("grant_type", "refresh_token"),
    ///     ("refresh_token", "REFRESH_TOKEN"),
    ///     ("client_id", "client-default"),
    ///     ("client_secret", "client-default-secret"),
    /// ]);
    /// assert!(refresh().is_err());
    /// assert!(refresh().is_ok());
    /// ```
    ///
    /// # Panics
    /// The fault cannot be carried out, such as a status of 1000.
    #[track_caller]
    pub fn fail_next(&self, count: u64, fault: impl Into<Fault>) {
        self.faults()
            .add(Rule::on(Endpoint::Token, fault).times(count));
    }

    /// Plays your own scenario, in the JSON of `oauth-mimic schema scenario`, and returns the rules that it added.
    ///
    /// ```
    /// let server = oauth_mimic::TokenServer::start();
    /// let rules = server.play_scenario(r#"{
    ///     "description": "The keys cannot be fetched once.",
    ///     "faults": [{ "on": "jwks", "times": 1, "fault": { "kind": "status", "status": 503 } }]
    /// }"#);
    /// assert_eq!(rules.len(), 1);
    /// ```
    ///
    /// # Panics
    /// The text is not a scenario, or one of its rules cannot be carried out.
    #[track_caller]
    pub fn play_scenario(&self, json: &str) -> Vec<ActiveRule> {
        match control::Scenario::parse(json, "the scenario") {
            Ok(scenario) => scenario.play(&self.inner),
            Err(why) => panic!("{why}"),
        }
    }

    /// Plays a built-in scenario, and returns the rules that it added.
    ///
    /// ```
    /// let server = oauth_mimic::TokenServer::start();
    /// let rules = server.play("flaky-gateway");
    /// assert!(!rules.is_empty());
    /// ```
    ///
    /// # Panics
    /// There is no scenario of that name.
    #[track_caller]
    pub fn play(&self, scenario: &str) -> Vec<ActiveRule> {
        match control::scenario(scenario) {
            Ok(scenario) => scenario.play(&self.inner),
            Err(why) => panic!("{why}"),
        }
    }

    /// Returns all exchanges in the order of arrival. Those that are not answered yet have the outcome `pending`.
    ///
    /// ```
    /// let server = oauth_mimic::TokenServer::start();
    /// ureq::get(server.jwks_url()).call()?;
    /// assert_eq!(server.requests()[0].status, 200);
    /// # Ok::<(), ureq::Error>(())
    /// ```
    #[must_use]
    pub fn requests(&self) -> Vec<Exchange> {
        self.inner.epoch().journal.matching(&Filter::any())
    }

    /// Blocks this thread until `count` exchanges match, and returns those that do.
    ///
    /// Use it in a `#[test]` whose client runs on another thread. Where the client runs on the thread of the test, as in
    /// `#[tokio::test]`, use [`Mimic::wait_for_async`]: a blocked thread cannot run the client. A request matches as soon as it
    /// has arrived, with the outcome `pending`; add an outcome to the filter to wait for answers.
    ///
    /// ```
    /// use std::time::Duration;
    /// use oauth_mimic::{Endpoint, Filter, TokenServer};
    /// let server = TokenServer::start();
    /// let url = server.jwks_url();
    /// let client = std::thread::spawn(move || ureq::get(url).call().is_ok());
    /// server.wait_for(&Filter::endpoint(Endpoint::Jwks), 1, Duration::from_secs(5));
    /// # client.join().unwrap();
    /// ```
    ///
    /// # Panics
    /// They do not arrive within `patience` of real time; the message shows what did arrive.
    #[track_caller]
    pub fn wait_for(&self, filter: &Filter, count: usize, patience: Duration) -> Vec<Exchange> {
        match block_on(self.inner.arrived(filter, count), patience) {
            Some(Some(exchanges)) => exchanges,
            Some(None) => panic!("the sandbox was removed"),
            None => panic!("{}", in_vain(&self.inner, filter, count, patience)),
        }
    }

    /// Waits until `count` exchanges match, without blocking the thread, and returns those that do.
    ///
    /// It works on every runtime, also where the time of the runtime is paused: another thread measures `patience`. See
    /// [`Mimic::wait_for`] for what matches.
    ///
    /// ```
    /// use std::time::Duration;
    /// use oauth_mimic::{Endpoint, Filter, TokenServer};
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let server = TokenServer::start();
    /// let url = server.jwks_url();
    /// std::thread::spawn(move || ureq::get(url).call().is_ok());
    /// server.wait_for_async(&Filter::endpoint(Endpoint::Jwks), 1, Duration::from_secs(5)).await;
    /// # });
    /// ```
    ///
    /// # Panics
    /// They do not arrive within `patience` of real time; the message shows what did arrive.
    pub fn wait_for_async(
        &self,
        filter: &Filter,
        count: usize,
        patience: Duration,
    ) -> impl Future<Output = Vec<Exchange>> + Send + use<> {
        let (sandbox, filter) = (Arc::clone(&self.inner), filter.clone());
        let (send, receive) = oneshot::channel();
        let wait = {
            let (sandbox, filter) = (Arc::clone(&sandbox), filter.clone());
            move || send.send(block_on(sandbox.arrived(&filter, count), patience))
        };
        std::thread::spawn(wait);
        async move {
            match receive.await {
                Ok(Some(Some(exchanges))) => exchanges,
                Ok(Some(None)) => panic!("the sandbox was removed"),
                Ok(None) | Err(_) => panic!("{}", in_vain(&sandbox, &filter, count, patience)),
            }
        }
    }

    /// Compares the journal with an expectation.
    ///
    /// ```
    /// use oauth_mimic::{Endpoint, Expectation, Filter, TokenServer};
    /// let server = TokenServer::start();
    /// ureq::get(server.jwks_url()).call()?;
    /// server.verify(&Expectation::exactly(Filter::endpoint(Endpoint::Jwks), 1));
    /// # Ok::<(), ureq::Error>(())
    /// ```
    ///
    /// # Panics
    /// The journal does not meet the expectation; the message lists the exchanges, those that match best first.
    #[track_caller]
    pub fn verify(&self, expectation: &Expectation) {
        if let Err(report) = self.inner.epoch().journal.verify(expectation) {
            panic!("{report}");
        }
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

    /// Registers a client, or replaces the one of that id; returns true if it replaced one.
    ///
    /// ```
    /// use oauth_mimic::{Client, TokenServer};
    /// let server = TokenServer::start();
    /// let replaced = server.put_client(Client::confidential("late", "s3cret").scope("openid"));
    /// assert!(!replaced);
    /// assert_eq!(server.mint().client("late").response().scope().to_string(), "openid");
    /// ```
    ///
    /// # Panics
    /// [`Mimic::try_put_client`] returns an error.
    #[track_caller]
    pub fn put_client(&self, client: Client) -> bool {
        registered(self.try_put_client(client))
    }

    /// Registers a client, or replaces the one of that id; returns true if it replaced one.
    ///
    /// ```
    /// let server = oauth_mimic::TokenServer::start();
    /// let why = server.try_put_client(oauth_mimic::Client::public("")).unwrap_err();
    /// assert_eq!(why.pointer, "/client_id");
    /// ```
    ///
    /// # Errors
    /// The client is invalid by the rules of fixture files.
    pub fn try_put_client(&self, client: Client) -> Result<bool, FixtureError> {
        self.inner.epoch().authority.registry.put(client)
    }

    /// Returns the registered clients, in the order they were registered.
    #[must_use]
    pub fn clients(&self) -> Vec<Arc<Client>> {
        self.inner.epoch().authority.registry.list()
    }

    /// Removes a client; returns true if there was one.
    ///
    /// ```
    /// let server = oauth_mimic::TokenServer::start();
    /// assert!(server.remove_client("client-public"));
    /// ```
    pub fn remove_client(&self, client_id: &str) -> bool {
        let epoch = self.inner.epoch();
        epoch.authority.registry.remove::<Client>(client_id)
    }

    /// Adds a user, or replaces the one of that `sub`; returns true if it replaced one.
    ///
    /// ```
    /// use oauth_mimic::{TokenServer, User};
    /// let server = TokenServer::start();
    /// server.put_user(User::new("bob"));
    /// assert_eq!(server.mint().subject("bob").access_token().split('.').count(), 3);
    /// ```
    ///
    /// # Panics
    /// [`Mimic::try_put_user`] returns an error.
    #[track_caller]
    pub fn put_user(&self, user: User) -> bool {
        registered(self.try_put_user(user))
    }

    /// Adds a user, or replaces the one of that `sub`; returns true if it replaced one.
    ///
    /// # Errors
    /// The user is invalid by the rules of fixture files.
    pub fn try_put_user(&self, user: User) -> Result<bool, FixtureError> {
        self.inner.epoch().authority.registry.put(user)
    }

    /// Returns the users, in the order they were added.
    #[must_use]
    pub fn users(&self) -> Vec<Arc<User>> {
        self.inner.epoch().authority.registry.list()
    }

    /// Removes a user; returns true if there was one. Refresh tokens about them are refused from then on.
    ///
    /// ```
    /// let server = oauth_mimic::TokenServer::start();
    /// assert!(!server.remove_user("nobody"));
    /// ```
    pub fn remove_user(&self, sub: &str) -> bool {
        self.inner.epoch().authority.registry.remove::<User>(sub)
    }

    /// Adds a named refresh token, or replaces the one of that name and client; returns true if it replaced one. Its
    /// relative times count from the present time of [`Mimic::clock`].
    ///
    /// A token that was used up is usable again once it is put again: it is then another token, of another grant.
    ///
    /// ```
    /// use oauth_mimic::{NamedRefreshToken, TokenServer};
    /// let server = TokenServer::start();
    /// let user = "b626dc6a-0940-44da-af69-04b411a1de56";
    /// server.put_refresh_token(NamedRefreshToken::new("LATE", "client-default", user).scope("openid"));
    /// ```
    ///
    /// # Panics
    /// [`Mimic::try_put_refresh_token`] returns an error.
    #[track_caller]
    pub fn put_refresh_token(&self, token: NamedRefreshToken) -> bool {
        registered(self.try_put_refresh_token(token))
    }

    /// Adds a named refresh token, or replaces the one of that name and client; returns true if it replaced one.
    ///
    /// # Errors
    /// The token is invalid by the rules of fixture files: for example, its client or user is not registered.
    pub fn try_put_refresh_token(&self, token: NamedRefreshToken) -> Result<bool, FixtureError> {
        let (epoch, now) = self.inner.begin();
        epoch.authority.put_refresh_token(token, now)
    }

    /// Returns the named refresh tokens, in the order their names were added.
    #[must_use]
    pub fn refresh_tokens(&self) -> Vec<NamedRefreshToken> {
        let named = self.inner.epoch().authority.registry.refresh_tokens();
        named.iter().map(|named| named.token.clone()).collect()
    }

    /// Removes the named refresh token of a client; returns true if there was one.
    ///
    /// ```
    /// let server = oauth_mimic::TokenServer::start();
    /// assert!(server.remove_refresh_token("REFRESH_TOKEN", "client-default"));
    /// ```
    pub fn remove_refresh_token(&self, token: &str, client_id: &str) -> bool {
        let epoch = self.inner.epoch();
        epoch.authority.remove_refresh_token(token, client_id)
    }
}

#[track_caller]
fn registered(result: Result<bool, FixtureError>) -> bool {
    match result {
        Ok(replaced) => replaced,
        Err(why) => panic!("{why}"),
    }
}

/// Reports what arrived when a wait ended in vain.
fn in_vain(sandbox: &Sandbox, filter: &Filter, count: usize, patience: Duration) -> String {
    let expectation = Expectation::at_least(filter.clone(), count);
    let report = sandbox.epoch().journal.verify(&expectation).err();
    format!("after {patience:?}: {}", report.unwrap_or_default())
}

impl fmt::Debug for Mimic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mimic")
            .field("base_url", &self.base_url())
            .finish_non_exhaustive()
    }
}

/// The signing keys of a provider.
pub struct Keys<'m>(&'m Sandbox);

impl Keys<'_> {
    /// Returns the `kid` of the key that signs new tokens.
    #[must_use]
    pub fn signing(&self) -> String {
        self.0.epoch().authority.keys().signing().public.kid.clone()
    }

    /// Returns the `kid` of each key in the JWKS, the signing key first.
    #[must_use]
    pub fn published(&self) -> Vec<String> {
        let now = self.0.clock.now();
        self.0
            .epoch()
            .authority
            .keys()
            .published(now)
            .map(|key| key.kid.clone())
            .collect()
    }

    /// Rotates the signing key: new tokens are signed with a new key, and the previous one stays published until it is retired.
    /// Returns the `kid` of the new key.
    pub fn rotate(&self) -> String {
        self.0
            .epoch()
            .authority
            .rotate_keys(self.0.clock.now(), None)
            .public
            .kid
            .clone()
    }

    /// Rotates the signing key, and publishes the previous one for that time, by the server's clock. Returns the `kid` of the new
    /// key.
    pub fn rotate_and_retire_after(&self, overlap: Duration) -> String {
        let now = self.0.clock.now();
        self.0
            .epoch()
            .authority
            .rotate_keys(now, Some(now + overlap))
            .public
            .kid
            .clone()
    }

    /// Removes a key from the JWKS at once: verifiers no longer accept the tokens that it signed.
    ///
    /// # Panics
    /// There is no key with this `kid`, or it is the signing key.
    #[track_caller]
    pub fn retire(&self, kid: &str) {
        if let Err(why) = self.0.epoch().authority.retire_key(kid) {
            panic!("key `{kid}`: {why}");
        }
    }
}

/// A sandbox of a server, with the methods of [`Mimic`]. Dropping the guard removes the sandbox.
pub struct SandboxGuard {
    pub(super) mimic: Mimic,
    pub(super) sandboxes: Arc<Sandboxes>,
}

impl SandboxGuard {
    /// Returns the URL of the sandbox's control plane, as [`TokenServer::control_url`](crate::TokenServer::control_url) does
    /// for the server; none if the server has no control plane.
    #[must_use]
    pub fn control_url(&self) -> Option<String> {
        self.sandboxes.control_url(&self.mimic.inner)
    }
}

impl Deref for SandboxGuard {
    type Target = Mimic;

    fn deref(&self) -> &Mimic {
        &self.mimic
    }
}

impl Drop for SandboxGuard {
    fn drop(&mut self) {
        self.sandboxes.discard(&self.mimic.inner);
    }
}

impl fmt::Debug for Keys<'_> {
    /// Shows the `kid` of each published key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys")
            .field("published", &self.published())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for SandboxGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SandboxGuard")
            .field("base_url", &self.base_url())
            .finish_non_exhaustive()
    }
}
