//! Fixtures as they are written: the types behind `fixtures/*.json` and their schema.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::fault::Fault;
use crate::oauth::client::Client;
use crate::oauth::leniency::Leniency;
use crate::oauth::refusal::ErrorDialect;
use crate::oauth::scope::Scope;
use crate::oauth::user::User;
use crate::seed::time::FixtureTime;

/// One fixture file: what a server starts with.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Fixtures {
    /// The schema of this document, for editors.
    #[serde(default, rename = "$schema")]
    _schema: Option<String>,
    /// What the server looks like: `connect` (the default), `standard`, or the path of a profile, relative to this file.
    #[serde(default)]
    #[schemars(
        example = &"connect",
        example = &"standard",
        example = &"profiles/mine.json"
    )]
    pub profile: Option<String>,
    /// What tokens name as their issuer, a URL without query and without a slash at its end; omitted, the server's
    /// address and the profile's prefix.
    #[serde(default)]
    #[schemars(regex(pattern = r#"^https?://[^\s?\x23@"\\<>]*[^\s?\x23@"\\<>/]$"#))]
    pub issuer: Option<String>,
    /// How refusals are told; omitted, as the profile says.
    #[serde(default)]
    pub error_dialect: Option<ErrorDialect>,
    /// Refusals that are tolerated for every client: a list of names, or `anything`. Default: none.
    #[serde(default)]
    pub leniency: Leniency,
    /// The registered clients.
    #[serde(default)]
    pub clients: Vec<Client>,
    /// The resource owners.
    #[serde(default)]
    pub users: Vec<User>,
    /// Refresh tokens that a test can write down.
    #[serde(default)]
    pub refresh_tokens: Vec<NamedRefreshToken>,
}

/// A refresh token that is known by a name instead of a signature, so that a test can write it down.
///
/// Never spent, unless its client rotates. The same name may stand for a different grant of each client.
///
/// ```
/// use oauth_mimic::NamedRefreshToken;
/// let seeded = NamedRefreshToken::new("REFRESH_TOKEN", "reports", "alice").scope("openid read");
/// # assert_eq!(seeded.client_id, "reports");
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(
    description = "A refresh token that is known by a name instead of a signature, so that a test can write it down. Never spent, unless its client rotates. The same name may stand for a different grant of each client."
)]
#[non_exhaustive]
pub struct NamedRefreshToken {
    /// What is sent as `refresh_token`: printable ASCII (RFC 6749 Appendix A.17).
    #[schemars(regex(pattern = r"^[\x20-\x7E]+$"))]
    pub token: String,
    /// The client it was issued to.
    pub client_id: String,
    /// The user it is about.
    pub sub: String,
    /// The scope that was granted, within the client's; omitted, none.
    #[serde(default)]
    pub scope: Scope,
    /// When the user logged in. Omitted, the start.
    #[serde(default)]
    pub auth_time: FixtureTime,
    /// When it was issued; the client's `refresh_token_lifetime` then ends it. Omitted, only `expires_at` and the
    /// client's `refresh_token_absolute_lifetime` do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issued_at: Option<FixtureTime>,
    /// When it expires. Omitted, it never does, unless `issued_at` is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<FixtureTime>,
    /// What goes wrong with every refresh that presents it; omitted, nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<Fault>,
}

impl NamedRefreshToken {
    /// A token for a grant of no scope, whose user logged in at the start, and which never expires.
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

    /// Sets the scope that was granted.
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

    /// Sets when the user logged in; the default is the start.
    #[must_use]
    pub fn auth_time(mut self, time: impl Into<FixtureTime>) -> Self {
        self.auth_time = time.into();
        self
    }

    /// Sets when it was issued; the client's `refresh_token_lifetime` then ends it.
    #[must_use]
    pub fn issued_at(mut self, time: impl Into<FixtureTime>) -> Self {
        self.issued_at = Some(time.into());
        self
    }

    /// Sets when it expires; the default is never, unless it was issued at a given time.
    #[must_use]
    pub fn expires_at(mut self, time: impl Into<FixtureTime>) -> Self {
        self.expires_at = Some(time.into());
        self
    }

    /// Sets what goes wrong with every refresh that presents it.
    #[must_use]
    pub fn fault(mut self, fault: impl Into<Fault>) -> Self {
        self.fault = Some(fault.into());
        self
    }
}
