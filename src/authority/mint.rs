//! Tokens without a request, by the path on which requests get theirs.

use std::time::Duration;

use crate::authority::Authority;
use crate::clock::Timestamp;
use crate::fault::TokenFault;
use crate::grant::refresh_token;
use crate::oauth::client::Client;
use crate::oauth::grant::Grant;
use crate::oauth::response::TokenResponse;
use crate::oauth::scope::{InvalidScope, Scope};
use crate::oauth::user::User;
use crate::shape::Issue;

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
}

impl Authority {
    /// Mints a whole response, as the endpoint would have answered it.
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
        let user = &*self
            .registry
            .pick::<User>(order.subject.as_deref())
            .map_err(|none| MintError::UserUnknown {
                asked: none.asked,
                known: none.known,
            })?;
        let scope = scope(order.scope.as_deref(), client)?;
        let mut lifetimes = self.settings.profile.lifetimes_of(client);
        let or = |ordered: Option<Duration>, usual: Duration| ordered.unwrap_or(usual);
        lifetimes.access_token = or(order.access_token_lifetime, lifetimes.access_token);
        lifetimes.id_token = or(order.id_token_lifetime, lifetimes.id_token);
        lifetimes.refresh_token = or(order.refresh_token_lifetime, lifetimes.refresh_token);
        let grant = Grant {
            id: self.settings.profile.draw_grant_id(&self.random),
            client_id: client.client_id.clone(),
            subject: user.sub.clone(),
            scope: scope.clone(),
            auth_time: order.auth_time.unwrap_or(now),
        };
        let issue = Issue {
            issuer: &self.settings.issuer,
            client,
            user,
            grant: &grant,
            scope: &scope,
            lifetimes: &lifetimes,
            presented: None,
            same_refresh_token: false,
            defect: order.defect.as_ref(),
            now,
        };
        Ok(self
            .settings
            .profile
            .issue(&issue, self.keys().signing(), &self.random))
    }
}

/// All that the client is registered for, or what of it is asked for.
fn scope(asked: Option<&str>, client: &Client) -> Result<Scope, MintError> {
    match (asked, &client.scope) {
        (None, registered) => Ok(registered.clone().unwrap_or_default()),
        (Some(asked), None) => asked
            .parse()
            .map_err(|why: InvalidScope| MintError::Scope(why.to_string())),
        (Some(asked), Some(registered)) => refresh_token::narrow(Some(asked), client, registered)
            .map_err(|refusal| MintError::Scope(refusal.to_string())),
    }
}
