//! The types of fixture files, from which their JSON schema is generated.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::fault::Fault;
use crate::oauth::client::Client;
use crate::oauth::leniency::Leniency;
use crate::oauth::refusal::ErrorDialect;
use crate::oauth::scope::Scope;
use crate::oauth::user::{AutoLogin, User};
use crate::seed::time::FixtureTime;

/// The content of one fixture file: the profile, clients, users and tokens that a server starts with.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Fixtures {
    /// The schema of this document, for editors.
    #[serde(default, rename = "$schema")]
    _schema: Option<String>,
    /// The profile, which says which provider is imitated: `connect` (the default), `standard`, or the path of a profile file,
    /// relative to this file.
    #[serde(default)]
    #[schemars(
        example = &"connect",
        example = &"standard",
        example = &"profiles/mine.json"
    )]
    pub profile: Option<String>,
    /// The issuer in the tokens and in the metadata (RFC 8414 §2): a URL without a query and without a final slash. Default: the
    /// server's address followed by the profile's prefix.
    #[serde(default)]
    #[schemars(regex(pattern = r#"^https?://[^\s?\x23@"\\<>]*[^\s?\x23@"\\<>/]$"#))]
    pub issuer: Option<String>,
    /// How requests are read and errors are written: `rfc` or `spring`. Default: as in the profile.
    #[serde(default)]
    pub error_dialect: Option<ErrorDialect>,
    /// Refusals that are tolerated for every client: a list of names, or `anything`. Default: none.
    #[serde(default)]
    pub leniency: Leniency,
    /// Whether users are logged in without a page: `true` for the first user, or the `sub` of a user. Default: `false`.
    #[serde(default)]
    pub auto_login: Option<AutoLogin>,
    /// The registered clients. Default: none.
    #[serde(default)]
    pub clients: Vec<Client>,
    /// The users (resource owners, RFC 6749 §1.1). Default: none.
    #[serde(default)]
    pub users: Vec<User>,
    /// Refresh tokens with chosen names, which a test can contain as constants. Default: none.
    #[serde(default)]
    pub refresh_tokens: Vec<NamedRefreshToken>,
}

/// A refresh token with a chosen name instead of a signature, which a test can contain as a constant.
///
/// It can be used any number of times, unless its client's refresh policy is `rotate`. Each client can have a token of the same name.
///
/// ```
/// use oauth_mimic::NamedRefreshToken;
/// let seeded = NamedRefreshToken::new("REFRESH_TOKEN", "reports", "alice").scope("openid read");
/// # assert_eq!(seeded.client_id, "reports");
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(
    description = "A refresh token with a chosen name instead of a signature, which a test can contain as a constant. It can be used any number of times, unless its client's refresh policy is `rotate`. Each client can have a token of the same name."
)]
#[non_exhaustive]
pub struct NamedRefreshToken {
    /// The value of the parameter `refresh_token`: printable ASCII (RFC 6749 Appendix A.17).
    #[schemars(regex(pattern = r"^[\x20-\x7E]+$"))]
    pub token: String,
    /// The id of the client that the token is issued to; it must be registered.
    pub client_id: String,
    /// The `sub` of the user whose grant it is; the user must be registered.
    pub sub: String,
    /// The granted scope, a subset of the client's scope. Default: none.
    #[serde(default)]
    pub scope: Scope,
    /// The time at which the user logged in (claim `auth_time`). Default: the start of the server.
    #[serde(default)]
    pub auth_time: FixtureTime,
    /// The time of issue, from which the client's `refresh_token_lifetime` counts. Default: none, so that only `expires_at` and the
    /// client's `refresh_token_absolute_lifetime` end the token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issued_at: Option<FixtureTime>,
    /// The time of expiry. Default: never, or as follows from `issued_at` if that is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<FixtureTime>,
    /// The fault of every refresh that presents it. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<Fault>,
}

impl NamedRefreshToken {
    /// Makes a token with an empty scope, whose user logged in at the start of the server, and which never expires.
    #[must_use]
    pub fn new(
        token: impl Into<String>,
        client_id: impl Into<String>,
        sub: impl Into<String>,
    ) -> Self {
        Self {
            token: token.into(),
            client_id: client_id.into(),
            sub: sub.into(),
            scope: Scope::default(),
            auth_time: FixtureTime::START,
            issued_at: None,
            expires_at: None,
            fault: None,
        }
    }

    /// Sets the granted scope, which must be a subset of the client's. Default: empty.
    ///
    /// # Panics
    /// The text is not a scope (RFC 6749 §3.3).
    #[must_use]
    #[track_caller]
    pub fn scope(mut self, scope: &str) -> Self {
        match scope.parse() {
            Ok(scope) => self.scope = scope,
            Err(why) => panic!("`{scope}` is not a scope: {why}"),
        }
        self
    }

    /// Sets the time at which the user logged in (claim `auth_time`). Default: the start of the server.
    #[must_use]
    pub fn auth_time(mut self, time: impl Into<FixtureTime>) -> Self {
        self.auth_time = time.into();
        self
    }

    /// Sets the time of issue, from which the client's `refresh_token_lifetime` counts. Default: none.
    #[must_use]
    pub fn issued_at(mut self, time: impl Into<FixtureTime>) -> Self {
        self.issued_at = Some(time.into());
        self
    }

    /// Sets the time of expiry. Default: never, or as follows from the time of issue if that is set.
    #[must_use]
    pub fn expires_at(mut self, time: impl Into<FixtureTime>) -> Self {
        self.expires_at = Some(time.into());
        self
    }

    /// Sets the fault of every refresh that presents it. Default: none.
    #[must_use]
    pub fn fault(mut self, fault: impl Into<Fault>) -> Self {
        self.fault = Some(fault.into());
        self
    }
}
