//! The endpoints of the provider.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An endpoint of the provider, by its name in rules, filters and the journal.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Endpoint {
    /// The token endpoint (RFC 6749 §3.2).
    Token,
    /// The authorization endpoint (RFC 6749 §3.1).
    Authorization,
    /// The userinfo endpoint (OpenID Connect Core §5.3).
    Userinfo,
    /// The introspection endpoint (RFC 7662 §2).
    Introspection,
    /// The revocation endpoint (RFC 7009 §2).
    Revocation,
    /// The end session endpoint (OpenID Connect RP-Initiated Logout §2).
    EndSession,
    /// A client's back-channel logout endpoint, to which the server sends logout tokens (OpenID Connect Back-Channel Logout
    /// §2.5).
    BackchannelLogout,
    /// The JWK Set document (RFC 7517 §5).
    Jwks,
    /// The metadata documents (RFC 8414 §3, OpenID Connect Discovery §4).
    Metadata,
    /// Any path that no endpoint answers.
    Unknown,
}

/// The paths of the metadata documents (OpenID Connect Discovery §4, RFC 8414 §3). The first is the one that URLs are made of.
pub(crate) const METADATA_PATHS: [&str; 2] = [
    "/.well-known/openid-configuration",
    "/.well-known/oauth-authorization-server",
];

impl Endpoint {
    /// Every endpoint, in the order of this enum.
    pub const ALL: &'static [Self] = &[
        Self::Token,
        Self::Authorization,
        Self::Userinfo,
        Self::Introspection,
        Self::Revocation,
        Self::EndSession,
        Self::BackchannelLogout,
        Self::Jwks,
        Self::Metadata,
        Self::Unknown,
    ];

    /// Returns the name of the endpoint, as in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Authorization => "authorization",
            Self::Userinfo => "userinfo",
            Self::Introspection => "introspection",
            Self::Revocation => "revocation",
            Self::EndSession => "end_session",
            Self::BackchannelLogout => "backchannel_logout",
            Self::Jwks => "jwks",
            Self::Metadata => "metadata",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
