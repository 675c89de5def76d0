//! Minting: tokens without a request, by the code that answers requests.

use std::sync::Arc;
use std::time::Duration;

use crate::authority::{Authority, scope};
use crate::clock::Timestamp;
use crate::fault::TokenFault;
use crate::oauth::client::Client;
use crate::oauth::grant::Grant;
use crate::oauth::grant_type::GrantType;
use crate::oauth::leniency::Tolerance;
use crate::oauth::response::TokenResponse;
use crate::oauth::user::User;
use crate::registry::Registry;
use crate::shape::{Issue, RefreshTokenOrder};

/// An order for a minted response. Omitted members: the first client, the first user, the client's scope and lifetimes.
#[derive(Debug, Clone, Default)]
pub(crate) struct MintOrder {
    pub(crate) grant_type: GrantType,
    pub(crate) client_id: Option<String>,
    pub(crate) subject: Option<String>,
    pub(crate) scope: Option<String>,
    pub(crate) auth_time: Option<Timestamp>,
    pub(crate) access_token_lifetime: Option<Duration>,
    pub(crate) id_token_lifetime: Option<Duration>,
    pub(crate) refresh_token_lifetime: Option<Duration>,
    /// Claims to set in the access token, or whatever else is to be wrong with one of the tokens.
    pub(crate) defect: Option<TokenFault>,
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
}

impl Authority {
    /// Mints a whole response, as the token endpoint would have answered.
    pub(crate) fn mint(
        &self,
        order: &MintOrder,
        now: Timestamp,
    ) -> Result<TokenResponse, MintError> {
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
        let or = |ordered: Option<Duration>, usual: Duration| ordered.unwrap_or(usual);
        lifetimes.access_token = or(order.access_token_lifetime, lifetimes.access_token);
        lifetimes.id_token = or(order.id_token_lifetime, lifetimes.id_token);
        lifetimes.refresh_token = or(order.refresh_token_lifetime, lifetimes.refresh_token);
        let random = self.random.fork();
        let grant = Grant {
            id: profile.draw_grant_id(&random),
            client_id: client.client_id.clone(),
            subject: user.map(|user| user.sub.clone()),
            scope: scope.clone(),
            auth_time: user.map(|_| order.auth_time.unwrap_or(now)),
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
            presented: None,
            defect: order.defect.as_ref(),
            now,
        };
        Ok(profile.issue(&issue, self.keys().signing(), &random))
    }
}

/// The user of the order; a client that acts for itself has none.
fn user(order: &MintOrder, registry: &Registry) -> Result<Option<Arc<User>>, MintError> {
    match (order.grant_type, &order.subject) {
        (GrantType::ClientCredentials, None) => Ok(None),
        (GrantType::ClientCredentials, Some(_)) => Err(MintError::NoUser),
        (GrantType::RefreshToken, subject) => {
            let user = registry.pick::<User>(subject.as_deref());
            user.map(Some).map_err(|none| MintError::UserUnknown {
                asked: none.asked,
                known: none.known,
            })
        }
    }
}
