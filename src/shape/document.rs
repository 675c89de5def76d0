//! A profile as it is written: the types behind `fixtures/profiles/*.json` and their schema.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::oauth::grant::RefreshPolicy;
use crate::oauth::refusal::ErrorDialect;
use crate::shape::object;

/// What an imitated token server looks like.
///
/// Claims, headers, ids and the response are templates: JSON in which a string may hold placeholders such as
/// `{subject}`. A string that is exactly one placeholder takes the placeholder's own type (number, array); a member
/// whose placeholder has no value for this user or token is left out. `{{` and `}}` are braces.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProfileDocument {
    /// The schema of this document, for editors.
    #[serde(default, rename = "$schema")]
    _schema: Option<String>,
    /// The profile's name.
    pub(crate) name: String,
    /// What it imitates, for people.
    #[serde(default, rename = "description")]
    _description: Option<String>,
    /// Where its endpoints are.
    #[serde(deserialize_with = "object::one")]
    pub(crate) paths: Paths,
    /// How long its tokens live, where a client does not say otherwise.
    #[serde(deserialize_with = "object::one")]
    pub(crate) lifetimes: LifetimesDocument,
    /// What becomes of a used refresh token, where a client does not say otherwise.
    pub(crate) refresh: RefreshPolicy,
    /// How refusals are told, where neither fixtures nor the command line say otherwise.
    #[serde(default)]
    pub(crate) error_dialect: ErrorDialect,
    /// The id of a grant, which all refresh tokens of one family carry; of `{random:N}` and `{uuid}`.
    pub(crate) grant_id: String,
    /// The three tokens.
    #[serde(deserialize_with = "object::one")]
    pub(crate) tokens: Tokens,
    /// The members of the token response, in order.
    pub(crate) response: Map<String, Value>,
}

/// Paths; each begins with `/`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Paths {
    /// What every path begins with, and the issuer's path; empty for none.
    #[serde(default)]
    pub(crate) prefix: String,
    /// Other prefixes under which the same endpoints answer.
    #[serde(default)]
    pub(crate) aliases: Vec<String>,
    /// The token endpoint (RFC 6749 §3.2), behind the prefix.
    pub(crate) token: String,
    /// The authorization endpoint (RFC 6749 §3.1), behind the prefix.
    pub(crate) authorization: String,
    /// The JWK Set (RFC 7517 §5), behind the prefix.
    pub(crate) jwks: String,
}

/// Lifetimes in seconds.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LifetimesDocument {
    #[schemars(range(min = 1))]
    pub(crate) access_token: u32,
    #[schemars(range(min = 1))]
    pub(crate) id_token: u32,
    #[schemars(range(min = 1))]
    pub(crate) refresh_token: u32,
}

/// The three tokens.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tokens {
    #[serde(deserialize_with = "object::one")]
    pub(crate) access_token: TokenDocument,
    /// Its claims must carry `{subject}`, `{client_id}`, `{scope}` or `{scopes}`, `{auth_time}`, `{expires_at}`, `{id}`
    /// and, there or in its id, `{grant_id}`: they are read back from it.
    #[serde(deserialize_with = "object::one")]
    pub(crate) refresh_token: TokenDocument,
    /// Omitted, there is none.
    #[serde(default, deserialize_with = "object::optional")]
    pub(crate) id_token: Option<TokenDocument>,
}

/// One token.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TokenDocument {
    /// Issue it only where the scope holds this token.
    #[serde(default)]
    pub(crate) when_scope: Option<String>,
    /// Its id; of `{random:N}`, `{uuid}` and, in a refresh token, `{grant_id}`.
    pub(crate) id: String,
    /// The JOSE header; `alg` must be `RS256`.
    pub(crate) header: Map<String, Value>,
    /// The claims, in order.
    pub(crate) claims: Map<String, Value>,
}
