//! The part of an authority that requests do not change, and the state that it starts with.

use std::sync::Arc;

use crate::keys::KeySet;
use crate::oauth::endpoint::Endpoint;
use crate::oauth::leniency::Leniency;
use crate::oauth::refusal::ErrorDialect;
use crate::oauth::user::AutoLogin;
use crate::registry::Entries;
use crate::seed::Seed;
use crate::shape::Profile;
use crate::shape::errors::ErrorTable;

/// The paths of the built-in client, below the prefix of the control plane.
const TRY: &str = "/try";
const TRY_CALLBACK: &str = "/try/callback";
const TRY_LOGGED_OUT: &str = "/try/logged-out";

/// The part of a server that no request and no reset changes.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) profile: Arc<Profile>,
    pub(crate) issuer: String,
    /// The URL of the server, without the profile's prefix.
    pub(crate) base_url: String,
    /// The URL of the control plane, with its prefix; `None` if there is none.
    pub(crate) control_url: Option<String>,
    /// How requests are read.
    pub(crate) reading: ErrorDialect,
    /// How refusals are answered.
    pub(crate) errors: Arc<ErrorTable>,
    /// The refusals that are tolerated for every client.
    pub(crate) leniency: Leniency,
    /// Whether users are logged in without a page.
    pub(crate) auto_login: AutoLogin,
}

/// The initial state of an authority; a reset makes a new authority from it.
#[derive(Debug, Clone)]
pub(crate) struct InitialState {
    profile: Arc<Profile>,
    issuer: Option<String>,
    reading: ErrorDialect,
    errors: Arc<ErrorTable>,
    leniency: Leniency,
    auto_login: AutoLogin,
    pub(super) entries: Arc<Entries>,
    pub(super) keys: Arc<KeySet>,
    /// The seed of the ids; without one, ids come from the operating system.
    pub(super) seed: Option<u64>,
}

impl InitialState {
    pub(crate) fn new(seed: Seed, keys: KeySet, random: Option<u64>) -> Self {
        let Seed {
            profile,
            issuer,
            error_dialect,
            errors,
            leniency,
            auto_login,
            clients,
            users,
            refresh_tokens,
            // Only sandboxes ask for it.
            named_dialect: _,
        } = seed;
        let entries = Entries::new(clients, users, refresh_tokens, &profile);
        Self {
            profile,
            issuer,
            reading: error_dialect,
            errors: Arc::new(errors),
            leniency,
            auto_login,
            entries: Arc::new(entries),
            keys: Arc::new(keys),
            seed: random,
        }
    }

    /// Returns the settings of a server with this initial state at `base_url`, with a control plane at `control_url`.
    pub(crate) fn settings(&self, base_url: String, control_url: Option<String>) -> Settings {
        let own = format!("{base_url}{}", self.profile.paths.prefix);
        Settings {
            profile: Arc::clone(&self.profile),
            issuer: self.issuer.clone().unwrap_or(own),
            base_url,
            control_url,
            reading: self.reading,
            errors: Arc::clone(&self.errors),
            leniency: self.leniency,
            auto_login: self.auto_login.clone(),
        }
    }

    /// Returns a copy of the keys.
    pub(crate) fn keys(&self) -> KeySet {
        KeySet::clone(&self.keys)
    }

    /// Returns the same state with another seed, if one is given, and with a leniency added.
    pub(crate) fn varied(&self, seed: Option<u64>, leniency: Leniency) -> Self {
        Self {
            seed: seed.or(self.seed),
            leniency: self.leniency.union(leniency),
            ..self.clone()
        }
    }
}

impl Settings {
    /// Returns the URL of an endpoint.
    pub(crate) fn url(&self, endpoint: Endpoint) -> String {
        let path = self.profile.paths.all(endpoint).into_iter().next();
        format!("{}{}", self.base_url, path.unwrap_or_default())
    }

    /// Returns the URL of the built-in client's page; `None` without a control plane.
    pub(crate) fn try_url(&self) -> Option<String> {
        Some(format!("{}{TRY}", self.control_url.as_ref()?))
    }

    /// Returns the redirect URI of the built-in client, which acts in the name of any client.
    pub(crate) fn try_callback(&self) -> Option<String> {
        Some(format!("{}{TRY_CALLBACK}", self.control_url.as_ref()?))
    }

    /// Returns the URI to which the built-in client lets the browser come back after a logout.
    pub(crate) fn try_logged_out(&self) -> Option<String> {
        Some(format!("{}{TRY_LOGGED_OUT}", self.control_url.as_ref()?))
    }

    /// Returns the path that all paths of this sandbox begin with, for cookies.
    pub(crate) fn base_path(&self) -> &str {
        match path_of(&self.base_url) {
            "" => "/",
            path => path,
        }
    }

    /// Returns the same without scheme and host, for messages.
    pub(crate) fn path(&self, endpoint: Endpoint) -> String {
        path_of(&self.url(endpoint)).to_owned()
    }
}

/// Returns a URL without scheme and host.
fn path_of(url: &str) -> &str {
    let (_, after_scheme) = url.split_once("://").unwrap_or(("", url));
    after_scheme
        .find('/')
        .map_or("", |slash| &after_scheme[slash..])
}
