//! The answers of the token endpoint.

use std::fmt;

use crate::clock::Timestamp;
use crate::oauth::grant::Grant;
use crate::oauth::scope::Scope;
use crate::oauth::token_kind::TokenKind;

/// A token response (RFC 6749 §5.1).
#[derive(Clone, PartialEq, Eq)]
pub struct TokenResponse {
    pub(crate) body: String,
    pub(crate) tokens: Tokens,
    pub(crate) scope: Scope,
    pub(crate) lineage: Lineage,
}

/// The tokens of one response.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Tokens {
    pub(crate) access_token: String,
    pub(crate) refresh_token: Option<String>,
    pub(crate) id_token: Option<String>,
}

/// A token is a secret, and no part of a log.
impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokens").finish_non_exhaustive()
    }
}

impl Tokens {
    pub(crate) fn get(&self, kind: TokenKind) -> Option<&str> {
        match kind {
            TokenKind::AccessToken => Some(&self.access_token),
            TokenKind::RefreshToken => self.refresh_token.as_deref(),
            TokenKind::IdToken => self.id_token.as_deref(),
        }
    }

    /// Returns how many bytes all of them have.
    pub(crate) fn length(&self) -> usize {
        let all = TokenKind::ALL.iter().filter_map(|kind| self.get(*kind));
        all.map(str::len).sum()
    }
}

/// The grant that a request is about, and its user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct About {
    pub(crate) grant_id: String,
    /// The user; a client that acts for itself has none.
    pub(crate) sub: Option<String>,
}

impl From<&Grant> for About {
    fn from(grant: &Grant) -> Self {
        Self {
            grant_id: grant.id.clone(),
            sub: grant.subject.clone(),
        }
    }
}

/// The ids of the tokens of one response, and of the token they were issued for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lineage {
    /// The id of the refresh token that was presented.
    pub(crate) presented: Option<String>,
    pub(crate) ids: TokenIds,
    pub(crate) about: About,
    pub(crate) issued_at: Timestamp,
    pub(crate) access_token_ends: Timestamp,
}

/// The ids of the tokens of one response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TokenIds {
    pub(crate) access_token: String,
    pub(crate) refresh_token: Option<String>,
    pub(crate) id_token: Option<String>,
}

impl TokenIds {
    /// Returns true if the response has a token of that kind.
    pub(crate) fn has(&self, kind: TokenKind) -> bool {
        match kind {
            TokenKind::AccessToken => true,
            TokenKind::RefreshToken => self.refresh_token.is_some(),
            TokenKind::IdToken => self.id_token.is_some(),
        }
    }
}

impl TokenResponse {
    /// Returns the JSON body, byte for byte as the endpoint sends it.
    #[must_use]
    pub fn as_json(&self) -> &str {
        &self.body
    }

    /// Returns the access token.
    #[must_use]
    pub fn access_token(&self) -> &str {
        &self.tokens.access_token
    }

    /// Returns the refresh token; `None` where the grant issues none (RFC 6749 §4.4.3).
    #[must_use]
    pub fn refresh_token(&self) -> Option<&str> {
        self.tokens.refresh_token.as_deref()
    }

    /// Returns the ID token; `None` where the grant has no user, or the scope lacks the profile's scope token for it
    /// (`openid`).
    #[must_use]
    pub fn id_token(&self) -> Option<&str> {
        self.tokens.id_token.as_deref()
    }

    /// Returns the token of that kind; `None` where the response has none.
    #[must_use]
    pub fn token(&self, kind: TokenKind) -> Option<&str> {
        self.tokens.get(kind)
    }

    /// Returns the scope of the access token.
    #[must_use]
    pub fn scope(&self) -> &Scope {
        &self.scope
    }
}

impl fmt::Debug for TokenResponse {
    /// Shows the scope only: tokens do not belong into a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenResponse")
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}

/// An error response (RFC 6749 §5.2), as HTTP sends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ErrorResponse {
    pub(crate) status: u16,
    /// The error code, for the journal and the log.
    pub(crate) error: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}
