//! A running server, held by a test.

use std::fmt;
use std::net::SocketAddr;
use std::ops::Deref;
use std::sync::Arc;

use crate::sandbox::{SandboxError, Sandboxes};
use crate::server::builder::TokenServerBuilder;
use crate::server::mimic::Mimic;
use crate::server::run::Running;
use crate::server::sandbox_guard::SandboxGuard;
use crate::server::sandbox_options::SandboxOptions;

/// A token server on a free port and a thread of its own. It stops when it is dropped.
///
/// Nothing here is async: it serves `#[test]`, `#[tokio::test]` and `#[actix_web::test]` alike. Its verbs are those of
/// [`Mimic`].
///
/// ```
/// let server = oauth_mimic::TokenServer::start();
/// let answer = ureq::post(server.token_url())
///     .header("Authorization", "Basic Y2xpZW50LWRlZmF1bHQ6Y2xpZW50LWRlZmF1bHQtc2VjcmV0")
///     .send_form([("grant_type", "refresh_token"), ("refresh_token", "REFRESH_TOKEN")])?;
/// assert_eq!(answer.status(), 200);
/// # Ok::<(), ureq::Error>(())
/// ```
pub struct TokenServer {
    pub(super) mimic: Mimic,
    pub(super) sandboxes: Arc<Sandboxes>,
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

    /// Where the control plane is, for tests of other languages and processes: at the server's own port, at the one of
    /// [`TokenServerBuilder::control_port`], or nowhere.
    ///
    /// ```
    /// use oauth_mimic::TokenServer;
    /// let server = TokenServer::builder().control_port(0).start();
    /// let control = server.control_url().expect("a control plane");
    /// assert!(!control.starts_with(server.base_url()));
    /// ureq::post(format!("{control}/clock/advance")).send(r#"{"seconds": 900}"#)?;
    /// # assert!(TokenServer::builder().no_control().start().control_url().is_none());
    /// # Ok::<(), ureq::Error>(())
    /// ```
    #[must_use]
    pub fn control_url(&self) -> Option<String> {
        self.sandboxes.default.settings.control_url.clone()
    }

    /// Makes a sandbox: another server at the same port, made of the same fixtures, with its own clock, faults, journal,
    /// clients and spent tokens. It is gone when it is dropped.
    ///
    /// # Panics
    /// There are as many sandboxes as [`TokenServerBuilder::max_sandboxes`] allows.
    ///
    /// ```
    /// let server = oauth_mimic::TokenServer::start();
    /// let (a, b) = (server.sandbox(), server.sandbox());
    /// a.clock().advance(3600);
    /// ureq::get(a.jwks_url()).call()?;
    /// assert_eq!((a.requests().len(), b.requests().len(), server.requests().len()), (1, 0, 0));
    /// # Ok::<(), ureq::Error>(())
    /// ```
    #[must_use = "the sandbox is gone when it is dropped"]
    #[track_caller]
    pub fn sandbox(&self) -> SandboxGuard {
        self.sandbox_with(SandboxOptions::new())
    }

    /// Makes a sandbox as the options describe it. It is removed when the guard is dropped.
    ///
    /// # Panics
    /// Where [`TokenServer::try_sandbox_with`] returns an error.
    #[must_use = "the sandbox is gone when it is dropped"]
    #[track_caller]
    pub fn sandbox_with(&self, options: SandboxOptions) -> SandboxGuard {
        match self.try_sandbox_with(options) {
            Ok(sandbox) => sandbox,
            Err(why) => panic!("the sandbox cannot be made: {why}"),
        }
    }

    /// Makes a sandbox as the options describe it. It is removed when the guard is dropped.
    ///
    /// # Errors
    /// The fixtures, the id, the label or the time to live are wrong, the id is taken, or there are as many sandboxes as
    /// [`TokenServerBuilder::max_sandboxes`] allows.
    pub fn try_sandbox_with(&self, options: SandboxOptions) -> Result<SandboxGuard, SandboxError> {
        let inner = self.sandboxes.create(options.order()?)?;
        Ok(SandboxGuard {
            mimic: Mimic { inner },
            sandboxes: Arc::clone(&self.sandboxes),
        })
    }
}

impl Deref for TokenServer {
    type Target = Mimic;

    /// A server is the default one of its mimics.
    fn deref(&self) -> &Mimic {
        &self.mimic
    }
}

impl fmt::Debug for TokenServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenServer")
            .field("base_url", &self.base_url())
            .finish_non_exhaustive()
    }
}
