//! The resource owner.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A resource owner: whom tokens are about.
///
/// ```
/// let alice = oauth_mimic::User::new("alice").claim("role", "admin");
/// assert_eq!(alice.sub, "alice");
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(description = "A resource owner: whom tokens are about.")]
#[non_exhaustive]
pub struct User {
    /// The `sub` of every token about this user (RFC 7519 §4.1.2).
    #[schemars(length(min = 1))]
    pub sub: String,
    /// What a profile's `{user.NAME}` placeholders stand for, of any type. A claim the user lacks is left out of the
    /// token.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub claims: Map<String, Value>,
}

impl User {
    /// A user without claims.
    #[must_use]
    pub fn new(sub: impl Into<String>) -> Self {
        Self {
            sub: sub.into(),
            claims: Map::new(),
        }
    }

    /// Adds a claim, or replaces it.
    #[must_use]
    pub fn claim(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.claims.insert(name.into(), value.into());
        self
    }
}
