//! The authorization server without HTTP: credentials and parameters in, tokens or a refusal out.
//!
//! [`Authority::token`] is the whole pipeline. Minting uses its second half, so a minted token and a granted one
//! cannot differ.

mod authenticate;
mod metadata;
mod mint;
#[cfg(feature = "cli")]
mod overview;
mod registry;

pub use mint::MintError;
pub(crate) use mint::MintOrder;

use crate::authority::authenticate::same_client;
use crate::authority::registry::Registry;
use crate::clock::Timestamp;
use crate::grant::GrantType;
use crate::grant::refresh_token::{self, NamedTokens, Sources};
use crate::keys::KeySet;
use crate::ledger::Ledger;
use crate::oauth::client::Client;
use crate::oauth::credentials::Credentials;
use crate::oauth::grant::{Lifetimes, Presented, RefreshPolicy};
use crate::oauth::params::Params;
use crate::oauth::refusal::{ErrorDialect, Refusal, excerpt};
use crate::oauth::response::TokenResponse;
use crate::oauth::user::User;
use crate::random::Random;
use crate::seed::Seed;
use crate::shape::{Issue, Profile};

/// An authorization server: who is registered, what was spent, and what tokens look like.
#[derive(Debug)]
pub(crate) struct Authority {
    pub(crate) profile: Profile,
    pub(crate) issuer: String,
    /// Where this server is reached, without a path.
    pub(crate) base_url: String,
    pub(crate) error_dialect: ErrorDialect,
    pub(crate) keys: KeySet,
    clients: Registry<Client>,
    users: Registry<User>,
    named: NamedTokens,
    ledger: Ledger,
    random: Random,
}

impl Authority {
    pub(crate) fn new(seed: Seed, keys: KeySet, base_url: String, random: Random) -> Self {
        let Seed {
            profile,
            issuer,
            error_dialect,
            clients,
            users,
            refresh_tokens,
        } = seed;
        Self {
            issuer: issuer.unwrap_or_else(|| format!("{base_url}{}", profile.paths.prefix)),
            base_url,
            error_dialect,
            keys,
            clients: Registry::new(clients, |client| &client.client_id),
            users: Registry::new(users, |user| &user.sub),
            named: NamedTokens::new(refresh_tokens, &profile),
            ledger: Ledger::default(),
            random,
            profile,
        }
    }

    /// Answers a token request.
    pub(crate) async fn token(
        &self,
        credentials: &Credentials,
        params: &Params,
        now: Timestamp,
    ) -> Result<TokenResponse, Refusal> {
        let client = self.authenticate(credentials)?;
        same_client(credentials, client)?;
        self.error_dialect.screen(client, params)?;
        let GrantType::RefreshToken = grant_type(params, client)?;
        let token = params
            .get("refresh_token")
            .ok_or(Refusal::ParameterMissing {
                name: "refresh_token",
            })?;
        let presented = refresh_token::prove(token, client, &self.sources(), now)?;
        let user = self.user(&presented.grant.subject)?;
        let scope = refresh_token::narrow(params.get("scope"), client, &presented.grant.scope)?;
        let scope = self.error_dialect.arrange(scope, params);
        let lifetimes = self.profile.lifetimes_of(client);
        let same = self.settle(&presented, client, &lifetimes, now).await?;
        Ok(self.issue(&Issue {
            issuer: &self.issuer,
            client,
            user,
            grant: &presented.grant,
            scope: &scope,
            lifetimes: &lifetimes,
            refresh_token: same,
            now,
        }))
    }

    /// Marks what was used as used, now that nothing else can refuse it. Hands back the refresh token where the same
    /// one is to return.
    async fn settle<'p>(
        &self,
        presented: &'p Presented,
        client: &Client,
        lifetimes: &Lifetimes,
        now: Timestamp,
    ) -> Result<Option<&'p str>, Refusal> {
        let family = &presented.grant.id;
        if self.ledger.is_revoked(family).await {
            return Err(Refusal::FamilyRevoked);
        }
        match self.profile.refresh_of(client) {
            RefreshPolicy::Reissue => Ok(None),
            RefreshPolicy::Reuse => Ok(Some(&presented.token)),
            RefreshPolicy::Rotate => {
                if self
                    .ledger
                    .spend(&presented.id, presented.remember_until, now)
                    .await
                {
                    return Ok(None);
                }
                let last_successor = lifetimes.refresh_token_end(presented.grant.auth_time, now);
                self.ledger
                    .revoke(family, presented.remember_until.max(last_successor), now)
                    .await;
                Err(Refusal::RefreshTokenReplayed)
            }
        }
    }

    fn issue(&self, issue: &Issue<'_>) -> TokenResponse {
        self.profile.issue(issue, self.keys.signing(), &self.random)
    }

    fn user(&self, subject: &str) -> Result<&User, Refusal> {
        self.users.get(subject).ok_or_else(|| Refusal::UserUnknown {
            subject: excerpt(subject),
        })
    }

    fn sources(&self) -> Sources<'_> {
        Sources {
            profile: &self.profile,
            issuer: &self.issuer,
            keys: &self.keys,
            named: &self.named,
        }
    }

    /// Whether a client of that name is registered.
    pub(crate) fn knows_client(&self, client_id: &str) -> bool {
        self.clients.get(client_id).is_some()
    }

    /// The URL of a path behind the profile's prefix.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{}{path}", self.base_url, self.profile.paths.prefix)
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
