//! The resource owner.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::json::Object;

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
    #[serde(default, skip_serializing_if = "Object::is_empty")]
    pub(crate) claims: Object,
}

impl User {
    /// A user without claims.
    #[must_use]
    pub fn new(sub: impl Into<String>) -> Self {
        Self {
            sub: sub.into(),
            claims: Object::default(),
        }
    }

    /// Adds a claim, or replaces it. The members of an object keep the order that they have in `value`: sorted by name,
    /// unless your build turns on the feature `preserve_order` of `serde_json`. Claims from fixtures keep their written order.
    #[must_use]
    pub fn claim(mut self, name: impl Into<String>, value: impl Into<serde_json::Value>) -> Self {
        self.claims.insert_given(name, value);
        self
    }
}
