//! What can be wrong with a token.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::json::Object;
use crate::json::invalid::Invalid;
use crate::json::tagged::tagged;

/// The most bytes that a token can be too large by.
const LARGEST: usize = 1_048_576;

tagged! {
    /// What is wrong with a token. The rest of the token is as without the defect.
    ///
    /// ```
    /// use oauth_mimic::{Defect, TokenServer};
    /// let server = TokenServer::start();
    /// let stale = server.mint().defect(Defect::Expired).access_token();
    /// let lacking = server.mint().defect(Defect::missing_claim("exp")).access_token();
    /// # let _ = (stale, lacking);
    /// ```
    pub enum Defect;
    /// A kind of [`Defect`], by its name in JSON.
    pub enum DefectKind;

    /// The token was issued, and expired an hour ago (RFC 7519 §4.1.4).
    Expired = "expired",
    /// The claim `nbf` is an hour from now (RFC 7519 §4.1.5).
    NotYetValid = "not_yet_valid",
    /// The token is issued an hour from now (RFC 7519 §4.1.6).
    IssuedInFuture = "issued_in_future",
    /// The token names another issuer (RFC 7519 §4.1.1).
    WrongIssuer = "wrong_issuer",
    /// The token names another audience, even if the profile names none (RFC 7519 §4.1.3).
    WrongAudience = "wrong_audience",
    /// The header `typ` is that of another kind of token (RFC 8725 §3.11).
    WrongType = "wrong_type",
    /// The header `kid` names a key that is not published (RFC 7515 §4.1.4).
    UnknownKid = "unknown_kid",
    /// A key that is not published made the signature, under the `kid` of a published key.
    ForeignKey = "foreign_key",
    /// One bit of the signature is flipped.
    DamagedSignature = "damaged_signature",
    /// The token has `alg` `none` and no signature (RFC 8725 §2.1).
    AlgNone = "alg_none",
    /// The token is signed with HS256 and the PEM of the public key as the secret (RFC 8725 §2.1).
    Hs256WithPublicKey = "hs256_with_public_key",
    /// The claim `nonce` is another than that of the authorization request, even if that has none (OpenID Connect Core
    /// §3.1.3.7). It is meant for ID tokens, as the three that follow are.
    WrongNonce = "wrong_nonce",
    /// The claim `at_hash` is that of another access token (OpenID Connect Core §3.1.3.8).
    WrongAtHash = "wrong_at_hash",
    /// The claim `c_hash` is that of another code (OpenID Connect Core §3.3.2.10).
    WrongCHash = "wrong_c_hash",
    /// The claim `azp` names another client (OpenID Connect Core §3.1.3.7).
    WrongAzp = "wrong_azp",
    /// The token lacks a claim.
    MissingClaim(MissingClaimDefect) = "missing_claim",
    /// The token has claims with the values that are given.
    SetClaims(SetClaimsDefect) = "set_claims",
    /// The token has a claim `padding` that makes it larger.
    Oversized(OversizedDefect) = "oversized",
}

/// The payload of [`Defect::MissingClaim`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct MissingClaimDefect {
    /// The name of the claim.
    pub claim: String,
}

/// The payload of [`Defect::SetClaims`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct SetClaimsDefect {
    /// The claims, which replace those of the same name.
    pub(crate) claims: Object,
}

/// The payload of [`Defect::Oversized`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct OversizedDefect {
    /// Bytes by which the token is larger, at most 1,048,576. It can be one more, for base64url has no text of every
    /// length, and up to 32 more if fewer are asked for.
    #[schemars(range(max = LARGEST))]
    pub bytes: usize,
}

impl Defect {
    /// The token without that claim.
    #[must_use]
    pub fn missing_claim(claim: impl Into<String>) -> MissingClaimDefect {
        let claim = claim.into();
        MissingClaimDefect { claim }
    }

    /// The token with that claim.
    #[must_use]
    pub fn set_claim(
        name: impl Into<String>,
        value: impl Into<serde_json::Value>,
    ) -> SetClaimsDefect {
        SetClaimsDefect::default().claim(name, value)
    }

    /// The token, that many bytes larger.
    #[must_use]
    pub fn oversized(bytes: usize) -> OversizedDefect {
        OversizedDefect { bytes }
    }

    /// Checks what the types cannot exclude.
    pub(crate) fn check(&self) -> Result<(), Invalid> {
        match self {
            Self::Oversized(defect) => defect.check(),
            Self::Expired
            | Self::NotYetValid
            | Self::IssuedInFuture
            | Self::WrongIssuer
            | Self::WrongAudience
            | Self::WrongType
            | Self::UnknownKid
            | Self::ForeignKey
            | Self::DamagedSignature
            | Self::AlgNone
            | Self::Hs256WithPublicKey
            | Self::WrongNonce
            | Self::WrongAtHash
            | Self::WrongCHash
            | Self::WrongAzp
            | Self::MissingClaim(_)
            | Self::SetClaims(_) => Ok(()),
        }
    }
}

impl SetClaimsDefect {
    /// Adds a claim, or replaces it. The members of an object keep the order that they have in `value`, as in
    /// [`User::claim`](crate::User::claim).
    #[must_use]
    pub fn claim(mut self, name: impl Into<String>, value: impl Into<serde_json::Value>) -> Self {
        self.claims.insert_given(name, value);
        self
    }
}

impl From<serde_json::Map<String, serde_json::Value>> for SetClaimsDefect {
    fn from(claims: serde_json::Map<String, serde_json::Value>) -> Self {
        let claims = claims.into();
        Self { claims }
    }
}

impl OversizedDefect {
    fn check(self) -> Result<(), Invalid> {
        if self.bytes > LARGEST {
            return Err(Invalid::member(
                "bytes",
                format!("must be at most {LARGEST}"),
            ));
        }
        Ok(())
    }
}
