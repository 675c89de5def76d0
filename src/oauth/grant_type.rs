//! The grant types of the token endpoint.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A grant type that the token endpoint supports (RFC 6749 §1.3).
///
/// `grant_types_supported` in the metadata, the check of `Client.grant_types` and the documents come from
/// [`GrantType::ALL`].
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum GrantType {
    /// Refreshing an access token (RFC 6749 §6).
    #[default]
    RefreshToken,
    /// A client that acts for itself (RFC 6749 §4.4).
    ClientCredentials,
    /// The code of an authorization response (RFC 6749 §4.1).
    AuthorizationCode,
}

impl GrantType {
    /// Every grant type, in the order of the metadata.
    pub const ALL: &'static [Self] = &[
        Self::RefreshToken,
        Self::ClientCredentials,
        Self::AuthorizationCode,
    ];

    /// Returns the value of the parameter `grant_type`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RefreshToken => "refresh_token",
            Self::ClientCredentials => "client_credentials",
            Self::AuthorizationCode => "authorization_code",
        }
    }

    /// Returns the grant type of that name. The comparison is case-sensitive (RFC 6749 §4).
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .find(|grant_type| grant_type.as_str() == name)
            .copied()
    }

    /// Returns the names of all grant types, for messages.
    pub(crate) fn names() -> String {
        let names: Vec<&str> = Self::ALL
            .iter()
            .map(|grant_type| grant_type.as_str())
            .collect();
        names.join(", ")
    }
}

impl fmt::Display for GrantType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_grant_type_is_displayed_by_the_name_that_it_is_parsed_from() {
        for grant_type in GrantType::ALL {
            assert_eq!(GrantType::parse(&grant_type.to_string()), Some(*grant_type));
        }
    }
}
