//! Minting: tokens without a request, by the code that answers requests.

use std::sync::Arc;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::authority::{Authority, scope};
use crate::clock::Timestamp;
use crate::fault::Defect;
use crate::json::Object;
use crate::json::invalid::Invalid;
use crate::oauth::client::Client;
use crate::oauth::grant::Grant;
use crate::oauth::grant_type::GrantType;
use crate::oauth::leniency::Tolerance;
use crate::oauth::response::TokenResponse;
use crate::oauth::token_kind::TokenKind;
use crate::oauth::user::User;
use crate::registry::Registry;
use crate::seed::FixtureTime;
use crate::shape::{Altered, Issue, RefreshTokenOrder};

/// Which tokens to mint. The command line, the control plane and the library have the same members, which combine freely.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct MintOrder {
    /// The grant that the tokens are issued for. Default: `refresh_token`, the grant of a user.
    pub(crate) grant_type: GrantType,
    /// The client. Default: the first.
    pub(crate) client_id: Option<String>,
    /// The user. Default: the first. A `client_credentials` grant has none.
    pub(crate) sub: Option<String>,
    /// The scope. Default: the scope that the client is registered for.
    pub(crate) scope: Option<String>,
    /// When the user logged in; here the start is the time of the minting. Default: the time of the minting.
    pub(crate) auth_time: Option<FixtureTime>,
    /// Seconds that the access token lives; 0: it has just expired. Default: as client or profile say.
    pub(crate) access_token_lifetime: Option<u32>,
    /// Seconds that the ID token lives; 0: it has just expired. Default: as client or profile say.
    pub(crate) id_token_lifetime: Option<u32>,
    /// Seconds that the refresh token lives; 0: it has just expired. Default: as client or profile say.
    pub(crate) refresh_token_lifetime: Option<u32>,
    /// Claims that are set in the token of `kind`, or in the access token of a response. They replace claims of the same
    /// name, also those of the defect. Default: none.
    pub(crate) claims: Object,
    /// What is wrong with the same token. Default: nothing.
    pub(crate) defect: Option<Defect>,
    /// What to answer. Default: `response`.
    pub(crate) kind: MintKind,
}

/// What minting answers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MintKind {
    AccessToken,
    RefreshToken,
    IdToken,
    /// Everything that the token endpoint would have answered.
    #[default]
    Response,
}

impl MintKind {
    /// Returns the kind of the one token; `None` for a response.
    const fn token(self) -> Option<TokenKind> {
        match self {
            Self::AccessToken => Some(TokenKind::AccessToken),
            Self::RefreshToken => Some(TokenKind::RefreshToken),
            Self::IdToken => Some(TokenKind::IdToken),
            Self::Response => None,
        }
    }
}

impl From<TokenKind> for MintKind {
    fn from(kind: TokenKind) -> Self {
        match kind {
            TokenKind::AccessToken => Self::AccessToken,
            TokenKind::RefreshToken => Self::RefreshToken,
            TokenKind::IdToken => Self::IdToken,
        }
    }
}

impl MintOrder {
    /// Checks what the types cannot exclude.
    fn check(&self) -> Result<(), Invalid> {
        if let Some(time) = self.auth_time {
            time.check()
                .map_err(|problem| Invalid::member("auth_time", problem))?;
        }
        match &self.defect {
            Some(defect) => defect.check().map_err(|why| why.within("defect")),
            None => Ok(()),
        }
    }

    /// How the token of `kind`, or else the access token, differs from a good one.
    fn altered(&self) -> Option<Altered<'_>> {
        let changes = self.defect.is_some() || !self.claims.is_empty();
        changes.then(|| Altered {
            token: self.kind.token().unwrap_or(TokenKind::AccessToken),
            defect: self.defect.as_ref(),
            claims: Some(&self.claims),
        })
    }
}

/// What was minted.
#[derive(Debug)]
pub(crate) struct Minted {
    pub(crate) response: TokenResponse,
    /// The token of the order's kind, or the response as JSON.
    pub(crate) text: String,
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
    /// A user was named for a grant that has none (RFC 6749 §4.4).
    #[error("a client_credentials grant has no user; leave the user out")]
    NoUser,
    /// The response has no token of that kind.
    #[error(
        "a response for this grant and the scope `{scope}` has no {kind}; an ID token needs openid"
    )]
    NoToken {
        /// The kind of token.
        kind: TokenKind,
        /// The scope of the response.
        scope: String,
    },
    /// A member of the order has a value that is not possible.
    #[error("{}: {problem}", pointer.trim_start_matches('/'))]
    Invalid {
        /// The JSON Pointer of the value (RFC 6901).
        pointer: String,
        /// What is wrong with it.
        problem: String,
    },
}

impl MintError {
    /// Returns the JSON Pointer of the member of the order that is wrong.
    pub(crate) fn pointer(&self) -> &str {
        match self {
            Self::ClientUnknown { .. } => "/client_id",
            Self::UserUnknown { .. } | Self::NoUser => "/sub",
            Self::Scope(_) => "/scope",
            Self::NoToken { .. } => "/kind",
            Self::Invalid { pointer, .. } => pointer,
        }
    }
}

impl From<Invalid> for MintError {
    fn from(invalid: Invalid) -> Self {
        Self::Invalid {
            pointer: invalid.pointer,
            problem: invalid.problem,
        }
    }
}

impl Authority {
    /// Mints a whole response, as the token endpoint would have answered, or one token of it.
    pub(crate) fn mint(&self, order: &MintOrder, now: Timestamp) -> Result<Minted, MintError> {
        order.check()?;
        let response = self.response(order, now)?;
        let text = match order.kind.token() {
            None => response.as_json(),
            Some(kind) => response.token(kind).ok_or_else(|| MintError::NoToken {
                kind,
                scope: response.scope().to_string(),
            })?,
        };
        let text = text.to_owned();
        Ok(Minted { response, text })
    }

    fn response(&self, order: &MintOrder, now: Timestamp) -> Result<TokenResponse, MintError> {
        let client = &*self
            .registry
            .pick::<Client>(order.client_id.as_deref())
            .map_err(|none| MintError::ClientUnknown {
                asked: none.asked,
                known: none.known,
            })?;
        let user = user(order, &self.registry)?;
        let user = user.as_deref();
        let scope = scope::limit(
            order.scope.as_deref(),
            client,
            None,
            &mut Tolerance::default(),
        )
        .map_err(|refusal| MintError::Scope(refusal.to_string()))?;
        let profile = &self.settings.profile;
        let mut lifetimes = profile.lifetimes_of(client);
        let or = |ordered: Option<u32>, usual: Duration| {
            ordered.map_or(usual, |seconds| Duration::from_secs(seconds.into()))
        };
        lifetimes.access_token = or(order.access_token_lifetime, lifetimes.access_token);
        lifetimes.id_token = or(order.id_token_lifetime, lifetimes.id_token);
        lifetimes.refresh_token = or(order.refresh_token_lifetime, lifetimes.refresh_token);
        let random = self.random.fork();
        let grant = Grant {
            id: profile.draw_grant_id(&random),
            client_id: client.client_id.clone(),
            subject: user.map(|user| user.sub.clone()),
            scope: scope.clone(),
            auth_time: user.map(|_| {
                order
                    .auth_time
                    .map_or(now, |auth_time| auth_time.since(now))
            }),
        };
        let issue = Issue {
            issuer: &self.settings.issuer,
            grant_type: order.grant_type,
            client,
            user,
            grant: &grant,
            scope: &scope,
            lifetimes: &lifetimes,
            refresh_token: match user {
                Some(_) => RefreshTokenOrder::New,
                None => RefreshTokenOrder::None,
            },
            authentication: None,
            claims: None,
            presented: None,
            altered: order.altered(),
            now,
        };
        Ok(profile.issue(&issue, self.keys().signing(), &random))
    }
}

/// The user of the order; a client that acts for itself has none.
fn user(order: &MintOrder, registry: &Registry) -> Result<Option<Arc<User>>, MintError> {
    match (order.grant_type, &order.sub) {
        (GrantType::ClientCredentials, None) => Ok(None),
        (GrantType::ClientCredentials, Some(_)) => Err(MintError::NoUser),
        (GrantType::RefreshToken | GrantType::AuthorizationCode, sub) => {
            let user = registry.pick::<User>(sub.as_deref());
            user.map(Some).map_err(|none| MintError::UserUnknown {
                asked: none.asked,
                known: none.known,
            })
        }
    }
}
