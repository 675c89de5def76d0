//! Grants, refresh policies and lifetimes.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::oauth::scope::Scope;

/// What was granted. A refresh token carries its grant, so that the server need not remember it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Grant {
    /// The id of the family: of all refresh tokens that descend from one another.
    pub(crate) id: String,
    pub(crate) client_id: String,
    /// The user; a client that acts for itself has none (RFC 6749 §4.4).
    pub(crate) subject: Option<String>,
    /// The most that a refresh may request (RFC 6749 §6).
    pub(crate) scope: Scope,
    /// When the user authenticated; no refresh changes it (OpenID Connect Core §12.2).
    pub(crate) auth_time: Option<Timestamp>,
}

/// What happens to a refresh token when it is used (RFC 6749 §6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RefreshPolicy {
    /// Each refresh issues a new refresh token; the old one works until it expires. The documented server does this.
    Reissue,
    /// Each refresh token can be used once. A second use revokes the grant with all its refresh tokens (RFC 9700 §4.14.2).
    Rotate,
    /// The response repeats the refresh token of the request; it works until it expires.
    Reuse,
}

/// The lifetimes of a client's tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lifetimes {
    pub(crate) access_token: Duration,
    pub(crate) id_token: Duration,
    /// From the last use: each refresh extends it.
    pub(crate) refresh_token: Duration,
    /// From `auth_time`: no refresh extends it.
    pub(crate) refresh_token_absolute: Option<Duration>,
}

impl Lifetimes {
    /// Returns the end of a refresh token issued at `now`: the sliding end, but never past the absolute one.
    pub(crate) fn refresh_token_end(
        &self,
        auth_time: Option<Timestamp>,
        now: Timestamp,
    ) -> Timestamp {
        (now + self.refresh_token).min(self.absolute_end(auth_time))
    }

    /// Returns when the last token has expired that was issued for a grant until `now`. A revocation must be remembered until
    /// then: an access token may outlive the refresh token.
    pub(crate) fn last_token_end(&self, auth_time: Option<Timestamp>, now: Timestamp) -> Timestamp {
        let refresh_token = self.refresh_token_end(auth_time, now);
        refresh_token.max(now + self.access_token)
    }

    /// Returns the time after which the grant cannot be refreshed.
    pub(crate) fn absolute_end(&self, auth_time: Option<Timestamp>) -> Timestamp {
        match (self.refresh_token_absolute, auth_time) {
            (Some(lifetime), Some(auth_time)) => auth_time + lifetime,
            _ => Timestamp::NEVER,
        }
    }
}
