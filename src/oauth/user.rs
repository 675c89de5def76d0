//! The resource owner.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::json::Object;
use crate::oauth::client::Secret;

/// Whether users are logged in without a page. In JSON `true` (the first user), `false`, or the `sub` of a user.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "AutoLoginDocument", into = "AutoLoginDocument")]
#[non_exhaustive]
pub enum AutoLogin {
    /// The login page asks.
    #[default]
    Off,
    /// The first user is logged in at once, or the one that `login_hint` names.
    FirstUser,
    /// This user is logged in at once, or the one that `login_hint` names.
    User(String),
}

#[derive(Serialize, Deserialize)]
#[serde(untagged, expecting = "true, false, or the sub of a user")]
enum AutoLoginDocument {
    Switch(bool),
    User(String),
}

impl From<AutoLoginDocument> for AutoLogin {
    fn from(document: AutoLoginDocument) -> Self {
        match document {
            AutoLoginDocument::Switch(false) => Self::Off,
            AutoLoginDocument::Switch(true) => Self::FirstUser,
            AutoLoginDocument::User(sub) => Self::User(sub),
        }
    }
}

impl From<AutoLogin> for AutoLoginDocument {
    fn from(auto_login: AutoLogin) -> Self {
        match auto_login {
            AutoLogin::Off => Self::Switch(false),
            AutoLogin::FirstUser => Self::Switch(true),
            AutoLogin::User(sub) => Self::User(sub),
        }
    }
}

impl JsonSchema for AutoLogin {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "AutoLogin".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Whether users are logged in without a page: true (the first user), false, or the sub of a user.",
            "anyOf": [{ "type": "boolean" }, { "type": "string" }],
        })
    }
}

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
    /// The name to log in with. Default: the `sub`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub username: Option<String>,
    /// The password to log in with. Default: none, so that one click logs the user in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<Secret>,
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
            username: None,
            password: None,
            claims: Object::default(),
        }
    }

    /// Sets the name to log in with. The default is the `sub`.
    #[must_use]
    pub fn username(mut self, username: impl Into<String>) -> Self {
        self.username = Some(username.into());
        self
    }

    /// Sets the password to log in with. By default there is none, and one click logs the user in.
    #[must_use]
    pub fn password(mut self, password: impl Into<String>) -> Self {
        self.password = Some(Secret::new(password));
        self
    }

    /// Returns the name to log in with.
    pub(crate) fn login_name(&self) -> &str {
        self.username.as_deref().unwrap_or(&self.sub)
    }

    /// Adds a claim, or replaces it. The members of an object keep the order that they have in `value`: sorted by name,
    /// unless your build turns on the feature `preserve_order` of `serde_json`. Claims from fixtures keep their written order.
    #[must_use]
    pub fn claim(mut self, name: impl Into<String>, value: impl Into<serde_json::Value>) -> Self {
        self.claims.insert_given(name, value);
        self
    }
}
