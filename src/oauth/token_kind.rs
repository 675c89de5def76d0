//! The kinds of token.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A kind of token that the token endpoint issues.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TokenKind {
    /// An access token (RFC 6749 §1.4).
    #[default]
    AccessToken,
    /// A refresh token (RFC 6749 §1.5).
    RefreshToken,
    /// An ID token (OpenID Connect Core §2).
    IdToken,
}

impl TokenKind {
    /// Every kind, in the order of this enum.
    pub const ALL: &'static [Self] = &[Self::AccessToken, Self::RefreshToken, Self::IdToken];

    /// Every kind, in the order in which claims are recognized: a refresh token has the most distinctive claims.
    pub(crate) const RECOGNIZED: &'static [Self] =
        &[Self::RefreshToken, Self::AccessToken, Self::IdToken];

    /// Returns the name of the kind, as in JSON: the member of the token response that carries it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AccessToken => "access_token",
            Self::RefreshToken => "refresh_token",
            Self::IdToken => "id_token",
        }
    }

    /// Returns the kind with its article, for messages: `an access token`.
    pub(crate) const fn described(self) -> &'static str {
        match self {
            Self::AccessToken => "an access token",
            Self::RefreshToken => "a refresh token",
            Self::IdToken => "an ID token",
        }
    }
}

impl fmt::Display for TokenKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
