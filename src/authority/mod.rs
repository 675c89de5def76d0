//! The authorization server without HTTP: credentials and parameters in, tokens or a refusal out.
//!
//! [`Authority::token`] is the whole pipeline. Minting uses its second half, so a minted token and a granted one
//! cannot differ.

mod authenticate;
mod metadata;
mod mint;
#[cfg(feature = "cli")]
mod overview;

pub use mint::MintError;
pub(crate) use mint::MintOrder;

use std::sync::Arc;

use crate::authority::authenticate::same_client;
use crate::clock::Timestamp;
use crate::fault::TokenFault;
use crate::grant::GrantType;
use crate::grant::refresh_token::{self, Sources};
use crate::keys::{KeyRing, KeySet, NotRetired, SigningKey};
use crate::ledger::Ledger;
use crate::oauth::client::Client;
use crate::oauth::credentials::Credentials;
use crate::oauth::grant::{Lifetimes, Presented, RefreshPolicy};
use crate::oauth::params::Params;
use crate::oauth::refusal::{ErrorDialect, Refusal, excerpt};
use crate::oauth::response::TokenResponse;
use crate::random::Random;
use crate::registry::{Entries, Registry};
use crate::seed::{FixtureError, NamedRefreshToken, Seed};
use crate::shape::{Issue, Profile};

/// An authorization server: the registered clients and users, the keys, the spent tokens and the shape of tokens.
#[derive(Debug)]
pub(crate) struct Authority {
    pub(crate) settings: Arc<Settings>,
    pub(crate) random: Random,
    pub(crate) registry: Registry,
    keys: KeyRing,
    ledger: Ledger,
}

/// The part of a server that no request and no reset changes.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) profile: Arc<Profile>,
    pub(crate) issuer: String,
    /// The URL of the server, without the profile's prefix.
    pub(crate) base_url: String,
    pub(crate) error_dialect: ErrorDialect,
}

/// The initial state of an authority; a reset makes a new authority from it.
#[derive(Debug)]
pub(crate) struct InitialState {
    profile: Arc<Profile>,
    issuer: Option<String>,
    error_dialect: ErrorDialect,
    entries: Arc<Entries>,
    keys: Arc<KeySet>,
    /// The seed of the ids; without one, ids come from the operating system.
    seed: Option<u64>,
}

impl InitialState {
    pub(crate) fn new(seed: Seed, keys: KeySet, random: Option<u64>) -> Self {
        let Seed {
            profile,
            issuer,
            error_dialect,
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
            error_dialect,
            entries: Arc::new(entries),
            keys: Arc::new(keys),
            seed: random,
        }
    }

    /// Returns the settings of a server with this initial state at `base_url`.
    pub(crate) fn settings(&self, base_url: String) -> Settings {
        let own = format!("{base_url}{}", self.profile.paths.prefix);
        Settings {
            profile: Arc::clone(&self.profile),
            issuer: self.issuer.clone().unwrap_or(own),
            base_url,
            error_dialect: self.error_dialect,
        }
    }

    /// Returns a copy of the keys.
    pub(crate) fn keys(&self) -> KeySet {
        KeySet::clone(&self.keys)
    }

    /// The same, with ids drawn from another seed.
    pub(crate) fn reseeded(&self, seed: u64) -> Self {
        Self {
            profile: Arc::clone(&self.profile),
            issuer: self.issuer.clone(),
            error_dialect: self.error_dialect,
            entries: Arc::clone(&self.entries),
            keys: Arc::clone(&self.keys),
            seed: Some(seed),
        }
    }
}

/// What became of a token request.
#[derive(Debug)]
pub(crate) struct Attempt {
    /// The id of the refresh token that was presented, once it was proved.
    pub(crate) presented: Option<String>,
    pub(crate) result: Result<TokenResponse, Refusal>,
}

impl Authority {
    /// A server in its initial state, which starts at `now`.
    pub(crate) fn new(initial: &InitialState, settings: Arc<Settings>, now: Timestamp) -> Self {
        Self {
            registry: Registry::new(&initial.entries, &settings.profile, now),
            settings,
            random: Random::new(initial.seed),
            keys: KeyRing::new(Arc::clone(&initial.keys), initial.seed),
            ledger: Ledger::default(),
        }
    }

    /// Adds a named refresh token, or replaces the one of that name and client, which makes it usable again. Returns
    /// true if it replaced one.
    pub(crate) fn put_refresh_token(
        &self,
        token: NamedRefreshToken,
        now: Timestamp,
    ) -> Result<bool, FixtureError> {
        let replaced = self.registry.put_refresh_token(token, now)?;
        Ok(replaced.inspect(|id| self.ledger.forget(id)).is_some())
    }

    /// Removes a client's named refresh token; returns true if there was one.
    pub(crate) fn remove_refresh_token(&self, name: &str, client_id: &str) -> bool {
        let removed = self.registry.remove_refresh_token(name, client_id);
        removed.inspect(|id| self.ledger.forget(id)).is_some()
    }

    /// The keys as they are now.
    pub(crate) fn keys(&self) -> Arc<KeySet> {
        self.keys.current()
    }

    /// Signs with another key from now on, and returns it; the one before is published until `retires_at`. Takes up to
    /// a second of processor time: an async caller moves it to another thread.
    pub(crate) fn rotate_keys(
        &self,
        now: Timestamp,
        retires_at: Option<Timestamp>,
    ) -> Arc<SigningKey> {
        self.keys.rotate(now, retires_at)
    }

    pub(crate) fn retire_key(&self, kid: &str) -> Result<(), NotRetired> {
        self.keys.retire(kid)
    }

    /// Answers a token request; one of the tokens with a defect, where one is asked for.
    pub(crate) async fn token(
        &self,
        credentials: &Credentials,
        params: &Params,
        defect: Option<&TokenFault>,
        now: Timestamp,
    ) -> Attempt {
        let mut presented = None;
        let result = self
            .refresh(credentials, params, defect, now, &mut presented)
            .await;
        Attempt { presented, result }
    }

    async fn refresh(
        &self,
        credentials: &Credentials,
        params: &Params,
        defect: Option<&TokenFault>,
        now: Timestamp,
        seen: &mut Option<String>,
    ) -> Result<TokenResponse, Refusal> {
        let client = &*self.registry.authenticate(credentials)?;
        same_client(credentials, client)?;
        self.settings.error_dialect.screen(client, params)?;
        let GrantType::RefreshToken = grant_type(params, client)?;
        let token = params
            .get("refresh_token")
            .ok_or(Refusal::ParameterMissing {
                name: "refresh_token",
            })?;
        let keys = self.keys();
        let sources = Sources {
            profile: &self.settings.profile,
            issuer: &self.settings.issuer,
            keys: &keys,
            registry: &self.registry,
        };
        let presented = refresh_token::prove(token, client, &sources, now)?;
        *seen = Some(presented.id.clone());
        let user = &*self.registry.user(&presented.grant.subject)?;
        let scope = refresh_token::narrow(params.get("scope"), client, &presented.grant.scope)?;
        let scope = self.settings.error_dialect.arrange(scope, params);
        let lifetimes = self.settings.profile.lifetimes_of(client);
        let same_refresh_token = self.settle(&presented, client, &lifetimes, now).await?;
        let issue = Issue {
            issuer: &self.settings.issuer,
            client,
            user,
            grant: &presented.grant,
            scope: &scope,
            lifetimes: &lifetimes,
            presented: Some(&presented),
            same_refresh_token,
            defect,
            now,
        };
        Ok(self
            .settings
            .profile
            .issue(&issue, keys.signing(), &self.random))
    }

    /// Marks what was used as used, now that nothing else can refuse it. Answers whether the same refresh token is
    /// to return.
    async fn settle(
        &self,
        presented: &Presented,
        client: &Client,
        lifetimes: &Lifetimes,
        now: Timestamp,
    ) -> Result<bool, Refusal> {
        let family = &presented.grant.id;
        if self.ledger.is_revoked(family).await {
            return Err(Refusal::FamilyRevoked);
        }
        match self.settings.profile.refresh_of(client) {
            RefreshPolicy::Reissue => Ok(false),
            RefreshPolicy::Reuse => Ok(true),
            RefreshPolicy::Rotate => {
                if self
                    .ledger
                    .spend(&presented.id, presented.remember_until, now)
                    .await
                {
                    return Ok(false);
                }
                let last_successor = lifetimes.refresh_token_end(presented.grant.auth_time, now);
                // That a token without an end was used is remembered for as long as it is registered.
                let until = match presented.remember_until {
                    Timestamp::NEVER => last_successor,
                    end => end.max(last_successor),
                };
                self.ledger.revoke(family, until, now).await;
                Err(Refusal::RefreshTokenReplayed)
            }
        }
    }
}

impl Settings {
    /// Returns the URL of a path of the profile.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{}{path}", self.base_url, self.profile.paths.prefix)
    }

    /// Returns the same without scheme and host, for messages.
    pub(crate) fn path(&self, path: &str) -> String {
        let url = self.url(path);
        let after_scheme = url.find("://").map_or(0, |at| at + 3);
        let host_end = url[after_scheme..].find('/').unwrap_or_default();
        url[after_scheme + host_end..].to_owned()
    }
}

fn grant_type(params: &Params, client: &Client) -> Result<GrantType, Refusal> {
    let name = params
        .get("grant_type")
        .ok_or(Refusal::ParameterMissing { name: "grant_type" })?;
    let grant_type = GrantType::parse(name).ok_or_else(|| Refusal::GrantTypeUnsupported {
        grant_type: excerpt(name),
    })?;
    if !client.may_use(name) {
        let client_id = client.client_id.clone();
        return Err(Refusal::GrantTypeNotAllowed {
            client_id,
            grant_type: name.to_owned(),
        });
    }
    Ok(grant_type)
}
