//! [`TokenServerBuilder`]: collects options and starts the server.

mod prepare;
mod start_error;
mod urls;

use std::fmt;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

pub use start_error::StartError;
#[cfg(feature = "cli")]
pub(crate) use urls::base_url_of;

use crate::clock::Clock;
use crate::control::Hosts;
use crate::http::limits::Patience;
use crate::oauth::client::Client;
use crate::oauth::leniency::Leniency;
use crate::oauth::refusal::ErrorDialect;
use crate::oauth::user::{AutoLogin, User};
use crate::seed::{Fixtures, NamedRefreshToken};
use crate::server::handle::TokenServer;
use crate::server::mimic::Mimic;
use crate::server::run;

/// Collects the options of a [`TokenServer`] and starts it.
///
/// Without options the server has the default fixtures. Your clients replace the default clients, and your users the default
/// users; the default refresh tokens are kept only if you set neither. With a fixture file there are no defaults.
///
/// ```
/// use oauth_mimic::{Client, NamedRefreshToken, TokenServer, User};
///
/// let server = TokenServer::builder()
///     .profile("standard")
///     .issuer("https://login.example.test")
///     .client(Client::confidential("reports", "s3cret").scope("openid read write"))
///     .user(User::new("alice").claim("email", "alice@example.test"))
///     .refresh_token(NamedRefreshToken::new("SEEDED", "reports", "alice").scope("openid read"))
///     .start();
/// assert_eq!(server.issuer(), "https://login.example.test");
/// ```
#[derive(Default)]
#[must_use = "a builder does nothing until `start()`"]
pub struct TokenServerBuilder {
    /// The first that can be bound is used.
    addresses: Vec<SocketAddr>,
    listener: Option<TcpListener>,
    base_url: Option<String>,
    workers: Option<usize>,
    fixture_paths: Vec<PathBuf>,
    fixture_texts: Vec<(String, String)>,
    code: Fixtures,
    keys: Option<KeySource>,
    clock: Clock,
    seed: Option<u64>,
    journal: Option<usize>,
    journal_bytes: Option<usize>,
    control: ControlPlace,
    control_token: Option<String>,
    patience: Patience,
    hosts: Hosts,
    max_sandboxes: Option<usize>,
    control_origins: Vec<String>,
}

/// The most sandboxes of a server, unless the caller sets another number.
pub(crate) const MOST_SANDBOXES: usize = 20_000;

#[derive(Debug, Default)]
enum ControlPlace {
    /// At the port of the server.
    #[default]
    Beside,
    /// At a port of its own.
    Port(u16),
    Nowhere,
}

impl fmt::Debug for TokenServerBuilder {
    /// Shows names and counts: fixtures and keys contain secrets and tokens.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts: Vec<&str> = self
            .fixture_texts
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        f.debug_struct("TokenServerBuilder")
            .field("addresses", &self.addresses)
            .field("listener", &self.listener)
            .field("base_url", &self.base_url)
            .field("workers", &self.workers)
            .field("fixture_paths", &self.fixture_paths)
            .field("fixture_texts", &texts)
            .field("clients", &self.code.clients.len())
            .field("users", &self.code.users.len())
            .field("refresh_tokens", &self.code.refresh_tokens.len())
            .field("clock", &self.clock)
            .field("seed", &self.seed)
            .finish_non_exhaustive()
    }
}

enum KeySource {
    File(PathBuf),
    Text(String),
}

impl TokenServerBuilder {
    /// Sets the address to listen on. Default: a free port of 127.0.0.1.
    pub fn address(mut self, address: SocketAddr) -> Self {
        self.addresses = vec![address];
        self
    }

    /// Sets the addresses to listen on: the first one that can be bound is used.
    #[cfg(feature = "cli")]
    pub(crate) fn addresses(mut self, addresses: Vec<SocketAddr>) -> Self {
        self.addresses = addresses;
        self
    }

    /// Listens on a socket that is already bound.
    pub fn listener(mut self, listener: TcpListener) -> Self {
        self.listener = Some(listener);
        self
    }

    /// Sets the URL, without a path, at which clients reach the server, if it differs from the address it listens on: the name of
    /// a container, a proxy. Default: the listening address.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self
    }

    /// Sets the number of worker threads. Default: 1.
    pub fn workers(mut self, workers: usize) -> Self {
        self.workers = Some(workers.max(1));
        self
    }

    /// Adds a fixture file, or all `*.json` of a directory in the order of their names. The default fixtures are not used.
    pub fn fixtures(mut self, path: impl Into<PathBuf>) -> Self {
        self.fixture_paths.push(path.into());
        self
    }

    /// Adds fixtures from JSON text. Error messages call them `name`. The default fixtures are not used.
    pub fn fixtures_json(mut self, name: impl Into<String>, json: impl Into<String>) -> Self {
        self.fixture_texts.push((name.into(), json.into()));
        self
    }

    /// Sets the profile: `connect`, `standard`, or the path of a profile file. Default: as in the fixtures, or else `connect`.
    pub fn profile(mut self, profile: impl Into<String>) -> Self {
        self.code.profile = Some(profile.into());
        self
    }

    /// Sets the issuer in tokens and metadata (RFC 8414 §2). Default: as in the fixtures, or else the server's URL followed by
    /// the profile's prefix.
    pub fn issuer(mut self, issuer: impl Into<String>) -> Self {
        self.code.issuer = Some(issuer.into());
        self
    }

    /// Sets how requests are read and errors are written. Default: as in the fixtures, or else as in the profile.
    pub fn error_dialect(mut self, dialect: ErrorDialect) -> Self {
        self.code.error_dialect = Some(dialect);
        self
    }

    /// Sets the refusals that are tolerated for every client. Default: none.
    ///
    /// ```
    /// use oauth_mimic::{Leniency, TokenServer};
    /// let server = TokenServer::builder().leniency(Leniency::anything()).start();
    /// let answer = ureq::post(server.token_url())
    ///     .send_form([("grant_type", "refresh_token"), ("refresh_token", "any"), ("client_id", "any")])?;
    /// assert_eq!(answer.status(), 200);
    /// # Ok::<(), ureq::Error>(())
    /// ```
    pub fn leniency(mut self, leniency: Leniency) -> Self {
        self.code.leniency = self.code.leniency.union(leniency);
        self
    }

    /// Logs users in without a page: the first user, or one by `sub`; or the one that `login_hint` names. By default the
    /// login page asks.
    ///
    /// ```
    /// use oauth_mimic::{AutoLogin, TokenServer};
    /// let server = TokenServer::builder().auto_login(AutoLogin::FirstUser).start();
    /// ```
    pub fn auto_login(mut self, auto_login: AutoLogin) -> Self {
        self.code.auto_login = Some(auto_login);
        self
    }

    /// Registers a client; it replaces the default clients.
    pub fn client(mut self, client: Client) -> Self {
        self.code.clients.push(client);
        self
    }

    /// Adds a user; it replaces the default users.
    pub fn user(mut self, user: User) -> Self {
        self.code.users.push(user);
        self
    }

    /// Adds a named refresh token; its client and user must be registered.
    pub fn refresh_token(mut self, token: NamedRefreshToken) -> Self {
        self.code.refresh_tokens.push(token);
        self
    }

    /// Sets the file of the signing key: PEM, JWK, or a JWK Set whose first key signs. Default: the built-in test key, which is
    /// public.
    pub fn keys(mut self, path: impl Into<PathBuf>) -> Self {
        self.keys = Some(KeySource::File(path.into()));
        self
    }

    /// Sets the signing key as text: PEM, JWK, or a JWK Set whose first key signs. Default: the built-in test key.
    pub fn keys_text(mut self, text: impl Into<String>) -> Self {
        self.keys = Some(KeySource::Text(text.into()));
        self
    }

    /// Sets the clock, which the caller can move later. Default: a clock of its own that shows the system's time.
    pub fn clock(mut self, clock: &Clock) -> Self {
        self.clock = clock.clone();
        self
    }

    /// Sets the seed of all ids. With a frozen clock, two servers give byte-identical answers to the same requests in the same
    /// order. Default: random ids.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Sets how many exchanges the journal of each sandbox keeps: the last ones. The default is 10,000; 0 keeps none.
    pub fn journal(mut self, exchanges: usize) -> Self {
        self.journal = Some(exchanges);
        self
    }

    /// Sets how many bytes the journals of all sandboxes together take. The default is 16 MiB. When there is no more room, the
    /// journal that holds most forgets its oldest exchanges.
    pub fn journal_bytes(mut self, bytes: usize) -> Self {
        self.journal_bytes = Some(bytes);
        self
    }

    /// Moves the control plane, `/_mimic`, to a port of its own; 0 is any free port. Default: the port of the server.
    pub fn control_port(mut self, port: u16) -> Self {
        self.control = ControlPlace::Port(port);
        self
    }

    /// Removes the control plane, except for `/_mimic/health`. Default: it is at the port of the server.
    pub fn no_control(mut self) -> Self {
        self.control = ControlPlace::Nowhere;
        self
    }

    /// Sets the bearer token (RFC 6750 §2.1) that every request to the control plane must have. Default: none is required.
    pub fn control_token(mut self, token: impl Into<String>) -> Self {
        self.control_token = Some(token.into());
        self
    }

    /// Sets how long the headers of a request may take to arrive, and then its body, in real time. Default: 5 s. A request
    /// that takes longer is answered with 408 (RFC 9110 §15.5.9), and its connection is closed.
    pub fn request_timeout(mut self, timeout: Duration) -> Self {
        self.patience = Patience(timeout);
        self
    }

    /// Sets how many sandboxes the server may hold besides the default one; one more is refused. The default is 20,000.
    pub fn max_sandboxes(mut self, most: usize) -> Self {
        self.max_sandboxes = Some(most);
        self
    }

    /// Lets clients reach the control plane by this host name, too. It is known by `localhost`, by the host of
    /// [`TokenServerBuilder::base_url`] and by the addresses it listens on; a request to another host is refused with 403,
    /// because a web page may have sent it (DNS rebinding). May be repeated.
    pub fn allow_host(mut self, host: impl AsRef<str>) -> Self {
        self.hosts.add(host.as_ref());
        self
    }

    /// Lets web pages of this origin, such as `http://localhost:3000`, drive the control plane and read its answers. Without it
    /// no page of another origin can read them. An origin is a scheme, a host and, unless it is the scheme's own, a port (RFC 6454
    /// §6.2), as browsers send it: in lower case. One that is not http or https, or has a path, does not start. May be repeated.
    pub fn control_origin(mut self, origin: impl Into<String>) -> Self {
        self.control_origins.push(origin.into());
        self
    }

    /// Starts the server on a thread of its own.
    ///
    /// # Panics
    /// [`TokenServerBuilder::try_start`] would return an error.
    #[must_use = "the server stops when it is dropped"]
    #[track_caller]
    pub fn start(self) -> TokenServer {
        match self.try_start() {
            Ok(server) => server,
            Err(why) => panic!("the token server cannot start: {why}"),
        }
    }

    /// Starts the server on a thread of its own, or returns why it cannot start.
    ///
    /// # Errors
    /// Fixtures, keys or URLs are invalid, or the address cannot be used.
    pub fn try_start(self) -> Result<TokenServer, StartError> {
        let prepared = self.prepare()?;
        let sandboxes = Arc::clone(&prepared.sandboxes);
        let running = run::spawn(prepared.listeners, prepared.workers)?;
        let mimic = Mimic {
            inner: Arc::clone(&sandboxes.default),
        };
        Ok(TokenServer {
            mimic,
            sandboxes,
            running,
        })
    }
}
