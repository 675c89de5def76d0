//! What a resource owner granted, and what became of it.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::oauth::scope::Scope;

/// What a refresh token stands for. The token carries it, so the server need not remember it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Grant {
    /// Names the family: all refresh tokens that descend from one another.
    pub(crate) id: String,
    pub(crate) client_id: String,
    pub(crate) subject: String,
    /// The most that a refresh may ask for (RFC 6749 §6).
    pub(crate) scope: Scope,
    /// When the user proved who they are; unchanged by every refresh (OpenID Connect Core §12.2).
    pub(crate) auth_time: Timestamp,
}

/// A refresh token that was presented and proved good, not yet spent.
#[derive(Debug)]
pub(crate) struct Presented {
    /// The string itself.
    pub(crate) token: String,
    /// What the ledger knows it by.
    pub(crate) id: String,
    pub(crate) expires_at: Timestamp,
    /// How long the ledger must remember that it was spent.
    pub(crate) remember_until: Timestamp,
    pub(crate) grant: Grant,
}

/// What becomes of a refresh token that was used (RFC 6749 §6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RefreshPolicy {
    /// A new refresh token each time; the old one works until it expires. What the documented server does.
    Reissue,
    /// One use each. A replay revokes the whole family (RFC 9700 §4.14.2).
    Rotate,
    /// The same refresh token comes back.
    Reuse,
}

/// How long tokens live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lifetimes {
    pub(crate) access_token: Duration,
    pub(crate) id_token: Duration,
    /// From the last use: each refresh moves the end on.
    pub(crate) refresh_token: Duration,
    /// From `auth_time`: no refresh moves it.
    pub(crate) refresh_token_absolute: Option<Duration>,
}

impl Lifetimes {
    /// When a refresh token issued at `now` ends: the sliding end, but never past the absolute one.
    pub(crate) fn refresh_token_end(&self, auth_time: Timestamp, now: Timestamp) -> Timestamp {
        (now + self.refresh_token).min(self.absolute_end(auth_time))
    }

    /// When refreshing ends, however often it was done.
    pub(crate) fn absolute_end(&self, auth_time: Timestamp) -> Timestamp {
        self.refresh_token_absolute
            .map_or(Timestamp::NEVER, |absolute| auth_time + absolute)
    }
}
