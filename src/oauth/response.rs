//! The answer to a good token request.

use std::fmt;

use crate::clock::Timestamp;
use crate::oauth::scope::Scope;

/// A token response, as the endpoint would send it (RFC 6749 §5.1).
#[derive(Clone, PartialEq, Eq)]
pub struct TokenResponse {
    pub(crate) body: String,
    pub(crate) access_token: String,
    pub(crate) refresh_token: String,
    pub(crate) id_token: Option<String>,
    pub(crate) scope: Scope,
    pub(crate) lineage: Lineage,
}

/// The ids of what was issued, and of what it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lineage {
    pub(crate) presented: Option<String>,
    pub(crate) access_token: String,
    pub(crate) refresh_token: String,
    pub(crate) id_token: Option<String>,
    pub(crate) issued_at: Timestamp,
    pub(crate) access_token_ends: Timestamp,
}

impl TokenResponse {
    /// The JSON body, byte for byte what goes over the wire.
    #[must_use]
    pub fn as_json(&self) -> &str {
        &self.body
    }

    /// The access token.
    #[must_use]
    pub fn access_token(&self) -> &str {
        &self.access_token
    }

    /// The refresh token.
    #[must_use]
    pub fn refresh_token(&self) -> &str {
        &self.refresh_token
    }

    /// The ID token, where the scope calls for one.
    #[must_use]
    pub fn id_token(&self) -> Option<&str> {
        self.id_token.as_deref()
    }

    /// The scope of the access token.
    #[must_use]
    pub fn scope(&self) -> &Scope {
        &self.scope
    }
}

impl fmt::Debug for TokenResponse {
    /// Shows the scope alone: tokens do not belong into a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenResponse")
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}
