//! Makes a server of the options: reads fixtures and keys, checks URLs, and binds listeners.

use std::net::{IpAddr, SocketAddr, TcpListener};
use std::sync::Arc;

use crate::authority::InitialState;
use crate::control::Guard;
use crate::journal::Limits;
use crate::keys::{KeySet, load};
#[cfg(feature = "cli")]
use crate::sandbox::Sandbox;
use crate::sandbox::{Sandboxes, ServerDefaults};
use crate::seed::{Draft, FixtureError, Seed};
use crate::server::builder::urls::{base_url_of, check_without_path, reachable, with_port};
use crate::server::builder::{
    ControlPlace, KeySource, MOST_SANDBOXES, StartError, TokenServerBuilder,
};
use crate::server::front::{Control, Front};
use crate::server::run::Listeners;

/// A validated server with its listeners, ready to run.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) listeners: Listeners,
    pub(crate) workers: usize,
    pub(crate) sandboxes: Arc<Sandboxes>,
}

/// The place of the control plane, with its listener if it has one of its own.
enum OpenPlace {
    Beside,
    Alone(TcpListener),
    Nowhere,
}

impl ControlPlace {
    /// Binds the port of the control plane, if it has its own, and returns the plane's URL.
    fn open(
        &self,
        address: IpAddr,
        base_url: &str,
    ) -> Result<(OpenPlace, Option<String>), StartError> {
        Ok(match self {
            Self::Beside => (OpenPlace::Beside, Some(base_url.to_owned())),
            Self::Nowhere => (OpenPlace::Nowhere, None),
            Self::Port(port) => {
                let own = bind(SocketAddr::new(address, *port))?;
                let url = with_port(base_url, own.local_addr()?.port());
                (OpenPlace::Alone(own), Some(url))
            }
        })
    }
}

fn bind(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).map_err(|why| StartError::Listen { address, why })
}

impl TokenServerBuilder {
    /// Validates the options and binds the listeners.
    pub(crate) fn prepare(mut self) -> Result<Prepared, StartError> {
        // Fixtures come first, so that an error in them is reported even if the port is in use.
        let seed = self.seeded()?;
        let keys = self.key_set()?;
        let listener = self.listen()?;
        let address = listener.local_addr()?;
        let base_url = self.base_url_at(address)?;
        let guard = self.guard(&base_url, address.ip())?;
        let (place, control_url) = self.control.open(address.ip(), &base_url)?;
        let inherited = seed.inherited();
        let initial = Arc::new(InitialState::new(seed, keys, self.seed));
        let defaults = ServerDefaults {
            inherited,
            seed: self.seed,
            journal: Limits::new(
                self.journal.unwrap_or(Limits::ENTRIES),
                self.journal_bytes.unwrap_or(Limits::BYTES),
            ),
            most: self.max_sandboxes.unwrap_or(MOST_SANDBOXES),
            control: control_url,
            listener: reachable(address),
        };
        let sandboxes = Arc::new(Sandboxes::new(initial, base_url, self.clock, defaults));
        let front = |control| Front {
            sandboxes: Arc::clone(&sandboxes),
            control,
            patience: self.patience,
        };
        let (beside, own) = match place {
            OpenPlace::Beside => (Control::Beside(guard), None),
            OpenPlace::Alone(own) => (Control::Absent, Some((own, front(Control::Alone(guard))))),
            OpenPlace::Nowhere => (Control::Absent, None),
        };
        Ok(Prepared {
            listeners: Listeners {
                main: listener,
                front: front(beside),
                control: own,
            },
            workers: self.workers.unwrap_or(1),
            sandboxes,
        })
    }

    /// Makes an authority without a server, for `mint` and `inspect`. Its issuer is that of a server at `address`.
    #[cfg(feature = "cli")]
    pub(crate) fn authority(mut self, address: SocketAddr) -> Result<Sandbox, StartError> {
        let base_url = self.base_url_at(address)?;
        let (seed, keys) = (self.seeded()?, self.key_set()?);
        let initial = Arc::new(InitialState::new(seed, keys, self.seed));
        let journal = Limits::new(0, 0);
        Ok(Sandbox::new(initial, base_url, None, self.clock, journal))
    }

    /// Returns the listener of the options, or binds the first address that can be bound. If none can, the error is that of the
    /// first address.
    fn listen(&mut self) -> Result<TcpListener, StartError> {
        if let Some(listener) = self.listener.take() {
            return Ok(listener);
        }
        let Some((first, others)) = self.addresses.split_first() else {
            return bind(SocketAddr::from(([127, 0, 0, 1], 0)));
        };
        others.iter().fold(bind(*first), |bound, next| {
            bound.or_else(|why| bind(*next).map_err(|_| why))
        })
    }

    /// Returns the URL at which clients reach a server that listens on `address`.
    fn base_url_at(&mut self, address: SocketAddr) -> Result<String, StartError> {
        match self.base_url.take() {
            Some(url) => {
                check_without_path("base_url", &url, "the profile has one")?;
                Ok(url)
            }
            None => Ok(base_url_of(address)),
        }
    }

    /// Makes the guard of the control plane, which knows the server by its hosts.
    fn guard(&mut self, base_url: &str, address: IpAddr) -> Result<Guard, StartError> {
        for origin in &self.control_origins {
            check_without_path("control_origin", origin, "an Origin header has none")?;
        }
        let mut hosts = std::mem::take(&mut self.hosts);
        hosts.add_url(base_url);
        hosts.add_listener(address);
        let guard = Guard::new(self.control_token.as_deref(), hosts);
        Ok(guard.allow_origins(std::mem::take(&mut self.control_origins)))
    }

    fn seeded(&mut self) -> Result<Seed, FixtureError> {
        let mut draft = Draft::default();
        for path in &self.fixture_paths {
            draft.add_path(path)?;
        }
        for (name, text) in &self.fixture_texts {
            draft.add_text(text, name)?;
        }
        let mut code = std::mem::take(&mut self.code);
        if self.fixture_paths.is_empty() && self.fixture_texts.is_empty() {
            draft = Draft::built_in()?;
            if !code.clients.is_empty() || !code.users.is_empty() {
                draft.refresh_tokens.clear();
            }
            if !code.clients.is_empty() {
                draft.clients.clear();
            }
            if !code.users.is_empty() {
                draft.users.clear();
            }
        }
        // Code and flags override the settings of fixtures.
        draft.profile = draft.profile.filter(|_| code.profile.is_none());
        draft.issuer = draft.issuer.filter(|_| code.issuer.is_none());
        draft.error_dialect = draft.error_dialect.filter(|_| code.error_dialect.is_none());
        code.profile = code.profile.map(|profile| profile.trim().to_owned());
        draft.add(code, "the server's options")?;
        draft.check()
    }

    fn key_set(&self) -> Result<KeySet, StartError> {
        let (source_name, keys) = match &self.keys {
            None => return Ok(KeySet::built_in()),
            Some(KeySource::File(path)) => (path.display().to_string(), load::file(path)),
            Some(KeySource::Text(text)) => ("the given key".to_owned(), load::text(text)),
        };
        keys.map_err(|why| StartError::Keys {
            source_name,
            problem: why.to_string(),
        })
    }
}
