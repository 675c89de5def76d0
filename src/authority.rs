//! The authorization server without HTTP: credentials and parameters in, tokens or a refusal out.
//!
//! [`Authority::token`] is the whole pipeline. Minting uses its second half, so a minted token and a granted one
//! cannot differ.

use std::collections::HashMap;
use std::time::Duration;

use serde::Serialize;

use crate::clock::Timestamp;
use crate::grant::GrantType;
use crate::grant::refresh_token::{self, NamedTokens, Sources};
use crate::keys::KeySet;
use crate::ledger::Ledger;
use crate::oauth::client::{AuthMethod, Client, Secret};
use crate::oauth::credentials::{Claim, Credentials};
use crate::oauth::grant::{Grant, Lifetimes, Presented, RefreshPolicy};
use crate::oauth::params::Params;
use crate::oauth::refusal::{ErrorDialect, Refusal, excerpt};
use crate::oauth::response::TokenResponse;
use crate::oauth::scope::Scope;
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

/// Things by name, which remember the order they were written in.
#[derive(Debug)]
struct Registry<T> {
    items: Vec<T>,
    index: HashMap<String, usize>,
}

impl<T> Registry<T> {
    fn new(items: Vec<T>, name: impl Fn(&T) -> &str) -> Self {
        let index = items
            .iter()
            .enumerate()
            .map(|(at, item)| (name(item).to_owned(), at))
            .collect();
        Self { items, index }
    }

    fn get(&self, name: &str) -> Option<&T> {
        self.index.get(name).map(|at| &self.items[*at])
    }
}

/// What a minted response is to be; what is left open, the seed's first client and user decide.
#[derive(Debug, Clone, Default)]
pub(crate) struct MintOrder {
    pub(crate) client_id: Option<String>,
    pub(crate) subject: Option<String>,
    pub(crate) scope: Option<String>,
    pub(crate) auth_time: Option<Timestamp>,
    pub(crate) access_token_lifetime: Option<Duration>,
    pub(crate) id_token_lifetime: Option<Duration>,
    pub(crate) refresh_token_lifetime: Option<Duration>,
}

/// Why nothing can be minted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MintError {
    /// No client of that name is registered.
    #[error("there is no client `{asked}`; there are: {known}")]
    ClientUnknown {
        /// What was asked for.
        asked: String,
        /// What there is.
        known: String,
    },
    /// No user of that name is there.
    #[error("there is no user `{asked}`; there are: {known}")]
    UserUnknown {
        /// What was asked for.
        asked: String,
        /// What there is.
        known: String,
    },
    /// The scope is malformed, or more than the client is registered for.
    #[error("scope: {0}")]
    Scope(String),
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
        Ok(self.issue(
            client,
            user,
            &presented.grant,
            &scope,
            &lifetimes,
            same,
            now,
        ))
    }

    /// Finds out who sends the request. Whoever does not authenticate learns nothing else.
    pub(crate) fn authenticate(&self, credentials: &Credentials) -> Result<&Client, Refusal> {
        let mut authenticated: Option<&Client> = None;
        for claim in &credentials.claims {
            if authenticated.is_none_or(|client| client.client_id != claim.client_id) {
                authenticated = Some(self.verify(claim)?);
            }
        }
        match &credentials.unreadable {
            Some(refusal) => Err(refusal.clone()),
            None => authenticated.ok_or(Refusal::AuthenticationMissing),
        }
    }

    fn verify(&self, claim: &Claim) -> Result<&Client, Refusal> {
        let (client_id, via) = (excerpt(&claim.client_id), claim.via);
        let presented = claim.client_secret.as_deref();
        let Some(client) = self.clients.get(&claim.client_id) else {
            Secret::match_nothing(presented.unwrap_or_default());
            return Err(Refusal::ClientUnknown { client_id, via });
        };
        match (&client.client_secret, presented) {
            (None, None) => Ok(()),
            (None, Some(_)) => Err(Refusal::SecretUnexpected { client_id, via }),
            (Some(_), None) => Err(Refusal::SecretMissing { client_id, via }),
            (Some(secret), Some(presented)) if secret.matches(presented) => Ok(()),
            (Some(_), Some(_)) => Err(Refusal::SecretWrong {
                client_id: client_id.clone(),
                via,
            }),
        }?;
        let used = claim.method();
        match client.token_endpoint_auth_method {
            Some(registered) if registered != used => {
                let client_id = client.client_id.clone();
                Err(Refusal::AuthMethodNotRegistered {
                    client_id,
                    used,
                    registered,
                    via,
                })
            }
            _ => Ok(client),
        }
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
                    .spend(&presented.id, presented.expires_at, now)
                    .await
                {
                    return Ok(None);
                }
                let last_successor = lifetimes.refresh_token_end(presented.grant.auth_time, now);
                self.ledger
                    .revoke(family, presented.expires_at.max(last_successor), now)
                    .await;
                Err(Refusal::RefreshTokenReplayed)
            }
        }
    }

    /// Mints a whole response, as the endpoint would have answered it.
    pub(crate) fn mint(
        &self,
        order: &MintOrder,
        now: Timestamp,
    ) -> Result<TokenResponse, MintError> {
        let client = pick(&self.clients, order.client_id.as_deref())
            .map_err(|(asked, known)| MintError::ClientUnknown { asked, known })?;
        let user = pick(&self.users, order.subject.as_deref())
            .map_err(|(asked, known)| MintError::UserUnknown { asked, known })?;
        let ceiling = client.scope.clone().unwrap_or_default();
        let scope = match (order.scope.as_deref(), &client.scope) {
            (None, _) => ceiling,
            (Some(asked), None) => {
                asked
                    .parse()
                    .map_err(|why: crate::oauth::scope::InvalidScope| {
                        MintError::Scope(why.to_string())
                    })?
            }
            (Some(asked), Some(registered)) => {
                refresh_token::narrow(Some(asked), client, registered)
                    .map_err(|refusal| MintError::Scope(refusal.to_string()))?
            }
        };
        let mut lifetimes = self.profile.lifetimes_of(client);
        lifetimes.access_token = order
            .access_token_lifetime
            .unwrap_or(lifetimes.access_token);
        lifetimes.id_token = order.id_token_lifetime.unwrap_or(lifetimes.id_token);
        lifetimes.refresh_token = order
            .refresh_token_lifetime
            .unwrap_or(lifetimes.refresh_token);
        let grant = Grant {
            id: self.profile.draw_grant_id(&self.random),
            client_id: client.client_id.clone(),
            subject: user.sub.clone(),
            scope: scope.clone(),
            auth_time: order.auth_time.unwrap_or(now),
        };
        Ok(self.issue(client, user, &grant, &scope, &lifetimes, None, now))
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "each is one fact of what is issued; `Issue` names them"
    )]
    fn issue(
        &self,
        client: &Client,
        user: &User,
        grant: &Grant,
        scope: &Scope,
        lifetimes: &Lifetimes,
        refresh_token: Option<&str>,
        now: Timestamp,
    ) -> TokenResponse {
        let issue = Issue {
            issuer: &self.issuer,
            client,
            user,
            grant,
            scope,
            lifetimes,
            refresh_token,
            now,
        };
        self.profile
            .issue(&issue, self.keys.signing(), &self.random)
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

    /// Whether a refresh token of the fixtures goes by that name.
    #[cfg(feature = "cli")]
    pub(crate) fn names_token(&self, name: &str) -> bool {
        self.named.has(name)
    }

    /// What there is, in one line.
    #[cfg(feature = "cli")]
    pub(crate) fn summary(&self) -> String {
        format!(
            "profile {}, {} clients, {} users, {} named refresh tokens, signing key {}",
            self.profile.name,
            self.clients.items.len(),
            self.users.items.len(),
            self.named.len(),
            self.keys.signing().public.kid,
        )
    }

    /// The first seeded client that can be pasted into a curl: with a secret and a named refresh token.
    #[cfg(feature = "cli")]
    pub(crate) fn example(&self) -> Option<(&Client, &str)> {
        self.clients
            .items
            .iter()
            .find_map(|client| Some((client, self.named.first_of(&client.client_id)?)))
    }

    /// The URL of a path behind the profile's prefix.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{}{path}", self.base_url, self.profile.paths.prefix)
    }

    /// What this server can do, for clients to discover (RFC 8414 §2, OpenID Connect Discovery §3). Only what is true
    /// stands in it: what no client may use is left out.
    pub(crate) fn metadata(&self) -> Metadata<'_> {
        let paths = &self.profile.paths;
        let mut scopes = Vec::new();
        let mut methods = Vec::new();
        for client in &self.clients.items {
            for token in client.scope.iter().flat_map(Scope::iter) {
                if !scopes.contains(&token) {
                    scopes.push(token);
                }
            }
            for method in client.auth_methods() {
                if !methods.contains(method) {
                    methods.push(*method);
                }
            }
        }
        Metadata {
            issuer: &self.issuer,
            authorization_endpoint: self.url(&paths.authorization),
            token_endpoint: self.url(&paths.token),
            jwks_uri: self.url(&paths.jwks),
            scopes_supported: scopes,
            // Its honest name for "an authorization endpoint that hands out nothing".
            response_types_supported: &["none"],
            grant_types_supported: GrantType::ALL.iter().map(|grant| grant.as_str()).collect(),
            token_endpoint_auth_methods_supported: methods,
            subject_types_supported: &["public"],
            id_token_signing_alg_values_supported: &["RS256"],
            claims_supported: self.profile.id_token_claims().collect(),
        }
    }
}

/// Whoever authenticated must be the client that the form names, if it names one.
fn same_client(credentials: &Credentials, client: &Client) -> Result<(), Refusal> {
    match &credentials.named {
        Some(named) if *named != client.client_id => Err(Refusal::ClientIdMismatch {
            named: excerpt(named),
            authenticated: client.client_id.clone(),
        }),
        _ => Ok(()),
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

/// The one of that name, or the first; otherwise what was asked for and what there is.
fn pick<'r, T>(registry: &'r Registry<T>, name: Option<&str>) -> Result<&'r T, (String, String)> {
    let found = match name {
        Some(name) => registry.get(name),
        None => registry.items.first(),
    };
    found.ok_or_else(|| {
        let mut known: Vec<&str> = registry.index.keys().map(String::as_str).collect();
        known.sort_unstable();
        let known = if known.is_empty() {
            "none; add one to the fixtures".to_owned()
        } else {
            known.join(", ")
        };
        (name.unwrap_or("(the first)").to_owned(), known)
    })
}

/// Authorization server metadata. Lists that would be empty are left out (RFC 8414 §3.2).
#[derive(Debug, Serialize)]
pub(crate) struct Metadata<'a> {
    issuer: &'a str,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    scopes_supported: Vec<&'a str>,
    response_types_supported: &'static [&'static str],
    grant_types_supported: Vec<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    token_endpoint_auth_methods_supported: Vec<AuthMethod>,
    subject_types_supported: &'static [&'static str],
    id_token_signing_alg_values_supported: &'static [&'static str],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    claims_supported: Vec<&'a str>,
}
