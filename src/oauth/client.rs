//! The client and its secret.

use std::fmt;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::oauth::authorization::ResponseType;
use crate::oauth::grant::RefreshPolicy;
use crate::oauth::leniency::Leniency;
use crate::oauth::scope::Scope;

/// A registered client; the members carry their names of RFC 7591 §2 where it has one.
///
/// ```
/// use std::time::Duration;
/// use oauth_mimic::{Client, RefreshPolicy};
///
/// let reports = Client::confidential("reports", "s3cret")
///     .scope("openid read write")
///     .refresh(RefreshPolicy::Rotate)
///     .access_token_lifetime(Duration::from_secs(60));
/// let app = Client::public("app").scope("openid");
/// # assert_eq!(reports.client_id, "reports");
/// # assert!(app.client_secret.is_none());
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(
    description = "A registered client; the members carry their names of RFC 7591 §2 where it has one."
)]
#[non_exhaustive]
pub struct Client {
    /// The client's name: printable ASCII (RFC 6749 Appendix A.1).
    #[schemars(regex(pattern = r"^[\x20-\x7E]+$"))]
    pub client_id: String,
    /// Its secret; a client without one is public (RFC 6749 §2.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<Secret>,
    /// The one way it may authenticate; omitted, a confidential client may use Basic or the form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_endpoint_auth_method: Option<AuthMethod>,
    /// The grants it may use, by their registered names, whether or not this server has them; omitted, `refresh_token`,
    /// and `authorization_code` where it has redirect URIs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "grant_types_schema")]
    pub grant_types: Option<Vec<String>>,
    /// The scope it is registered for; omitted, whatever it was granted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Scope>,
    /// Where authorization responses may be sent: absolute URIs without a fragment, which requests must repeat character by
    /// character, except for the port of a loopback address (RFC 8252 §7.3). Default: none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub redirect_uris: Vec<String>,
    /// The response types that it may request, such as `code id_token`. Default: `code`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub response_types: Option<Vec<String>>,
    /// Whether its authorization requests must have a code challenge (RFC 7636). Default: true for a public client, false for
    /// one with a secret (RFC 9700 §2.1.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub require_pkce: Option<bool>,
    /// Whether users are asked to consent to its requests. Default: false.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub consent: bool,
    /// Where the browser may be sent after a logout (OpenID Connect RP-Initiated Logout §3.1). Default: none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub post_logout_redirect_uris: Vec<String>,
    /// Where the server posts a logout token when a session ends in which the client got a code (OpenID Connect Back-Channel
    /// Logout §2.2): an `http` URI, because the server sends no TLS requests. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backchannel_logout_uri: Option<String>,
    /// The page of the client that the logout page loads in a frame, with `iss` and `sid` (OpenID Connect Front-Channel Logout
    /// §2). Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frontchannel_logout_uri: Option<String>,
    /// What becomes of its used refresh tokens; omitted, the profile decides. Public clients always rotate
    /// (RFC 9700 §2.2.2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh: Option<RefreshPolicy>,
    /// Seconds an access token lives; omitted, the profile decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub access_token_lifetime: Option<u32>,
    /// Seconds an ID token lives; omitted, the profile decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub id_token_lifetime: Option<u32>,
    /// Seconds a refresh token lives after it was issued; omitted, the profile decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub refresh_token_lifetime: Option<u32>,
    /// Seconds after `auth_time` at which refreshing ends, however often it was done; omitted, never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub refresh_token_absolute_lifetime: Option<u32>,
    /// The `aud` of its access tokens where the profile has one; omitted, the issuer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1), inner(length(min = 1)))]
    pub access_token_audience: Option<Vec<String>>,
    /// The `aud` of its ID tokens, in order; omitted, the client alone. Must name the client
    /// (OpenID Connect Core §2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1), inner(length(min = 1)))]
    pub id_token_audience: Option<Vec<String>>,
    /// The algorithm with which userinfo responses are signed (OpenID Connect Registration §2); omitted, they are JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub userinfo_signed_response_alg: Option<SignedResponseAlg>,
    /// Refusals that are tolerated for this client, besides those that the server tolerates. Default: none.
    #[serde(default, skip_serializing_if = "Leniency::is_empty")]
    pub leniency: Leniency,
}

/// The registered grant types (RFC 7591 §2, RFC 7521, RFC 8628, RFC 8693, OpenID CIBA).
pub(crate) const GRANT_TYPES: &[&str] = &[
    "refresh_token",
    "client_credentials",
    "authorization_code",
    "implicit",
    "password",
    "urn:ietf:params:oauth:grant-type:jwt-bearer",
    "urn:ietf:params:oauth:grant-type:saml2-bearer",
    "urn:ietf:params:oauth:grant-type:device_code",
    "urn:ietf:params:oauth:grant-type:token-exchange",
    "urn:openid:params:grant-type:ciba",
];

fn grant_types_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "array", "items": { "type": "string", "enum": GRANT_TYPES } })
}

impl Client {
    /// A client with a secret.
    #[must_use]
    pub fn confidential(client_id: impl Into<String>, client_secret: impl Into<String>) -> Self {
        Self {
            client_secret: Some(Secret(client_secret.into())),
            ..Self::public(client_id)
        }
    }

    /// A client without a secret (RFC 6749 §2.1).
    #[must_use]
    pub fn public(client_id: impl Into<String>) -> Self {
        Self {
            client_id: client_id.into(),
            client_secret: None,
            token_endpoint_auth_method: None,
            grant_types: None,
            scope: None,
            redirect_uris: Vec::new(),
            response_types: None,
            require_pkce: None,
            consent: false,
            post_logout_redirect_uris: Vec::new(),
            backchannel_logout_uri: None,
            frontchannel_logout_uri: None,
            refresh: None,
            access_token_lifetime: None,
            id_token_lifetime: None,
            refresh_token_lifetime: None,
            refresh_token_absolute_lifetime: None,
            access_token_audience: None,
            id_token_audience: None,
            userinfo_signed_response_alg: None,
            leniency: Leniency::default(),
        }
    }

    /// Registers it for a space-separated scope; the default is any scope that it was granted.
    ///
    /// # Panics
    /// The text is not a scope (RFC 6749 §3.3).
    #[must_use]
    #[track_caller]
    pub fn scope(mut self, scope: &str) -> Self {
        match scope.parse() {
            Ok(scope) => self.scope = Some(scope),
            Err(why) => panic!("`{scope}` is not a scope: {why}"),
        }
        self
    }

    /// Adds a URI to which authorization responses may be sent (RFC 6749 §3.1.2). By default there is none.
    #[must_use]
    pub fn redirect_uri(mut self, uri: impl Into<String>) -> Self {
        self.redirect_uris.push(uri.into());
        self
    }

    /// Replaces the response types that it may request, such as `code id_token`. The default is `code` alone.
    #[must_use]
    pub fn response_types<T: Into<String>>(
        mut self,
        response_types: impl IntoIterator<Item = T>,
    ) -> Self {
        self.response_types = Some(response_types.into_iter().map(Into::into).collect());
        self
    }

    /// Sets whether its authorization requests must have a code challenge (RFC 7636). By default only those of a public
    /// client must.
    #[must_use]
    pub fn require_pkce(mut self, required: bool) -> Self {
        self.require_pkce = Some(required);
        self
    }

    /// Asks users to consent to its requests. By default they are not asked.
    #[must_use]
    pub fn consent(mut self) -> Self {
        self.consent = true;
        self
    }

    /// Adds a URI to which the browser may be sent after a logout. By default there is none.
    #[must_use]
    pub fn post_logout_redirect_uri(mut self, uri: impl Into<String>) -> Self {
        self.post_logout_redirect_uris.push(uri.into());
        self
    }

    /// Sets where the server posts a logout token when a session of the client ends. By default nowhere.
    #[must_use]
    pub fn backchannel_logout_uri(mut self, uri: impl Into<String>) -> Self {
        self.backchannel_logout_uri = Some(uri.into());
        self
    }

    /// Sets the page of the client that the logout page loads in a frame. By default there is none.
    #[must_use]
    pub fn frontchannel_logout_uri(mut self, uri: impl Into<String>) -> Self {
        self.frontchannel_logout_uri = Some(uri.into());
        self
    }

    /// Sets the one way it may authenticate; by default, a confidential client may use Basic or the form.
    #[must_use]
    pub fn auth_method(mut self, method: AuthMethod) -> Self {
        self.token_endpoint_auth_method = Some(method);
        self
    }

    /// Sets what becomes of its used refresh tokens; the profile has a default, and public clients always rotate.
    #[must_use]
    pub fn refresh(mut self, policy: RefreshPolicy) -> Self {
        self.refresh = Some(policy);
        self
    }

    /// Replaces the grants it may use, by their registered names (RFC 7591 §2); the default is `refresh_token` alone.
    #[must_use]
    pub fn grant_types<T: Into<String>>(
        mut self,
        grant_types: impl IntoIterator<Item = T>,
    ) -> Self {
        self.grant_types = Some(grant_types.into_iter().map(Into::into).collect());
        self
    }

    /// Sets how long its access tokens live, in whole seconds.
    #[must_use]
    pub fn access_token_lifetime(mut self, lifetime: Duration) -> Self {
        self.access_token_lifetime = Some(whole_seconds(lifetime));
        self
    }

    /// Sets how long its ID tokens live, in whole seconds.
    #[must_use]
    pub fn id_token_lifetime(mut self, lifetime: Duration) -> Self {
        self.id_token_lifetime = Some(whole_seconds(lifetime));
        self
    }

    /// Sets how long its refresh tokens live after they were issued, in whole seconds.
    #[must_use]
    pub fn refresh_token_lifetime(mut self, lifetime: Duration) -> Self {
        self.refresh_token_lifetime = Some(whole_seconds(lifetime));
        self
    }

    /// Sets after how many whole seconds from `auth_time` refreshing ends.
    #[must_use]
    pub fn refresh_token_absolute_lifetime(mut self, lifetime: Duration) -> Self {
        self.refresh_token_absolute_lifetime = Some(whole_seconds(lifetime));
        self
    }

    /// Sets the `aud` of its access tokens, in order, where the profile has one; the default is the issuer.
    #[must_use]
    pub fn access_token_audience<T: Into<String>>(
        mut self,
        audience: impl IntoIterator<Item = T>,
    ) -> Self {
        self.access_token_audience = Some(audience.into_iter().map(Into::into).collect());
        self
    }

    /// Sets the `aud` of its ID tokens, in order.
    #[must_use]
    pub fn id_token_audience<T: Into<String>>(
        mut self,
        audience: impl IntoIterator<Item = T>,
    ) -> Self {
        self.id_token_audience = Some(audience.into_iter().map(Into::into).collect());
        self
    }

    /// Sets the algorithm with which its userinfo responses are signed; by default, they are JSON.
    #[must_use]
    pub fn userinfo_signed_response_alg(mut self, alg: SignedResponseAlg) -> Self {
        self.userinfo_signed_response_alg = Some(alg);
        self
    }

    /// Sets the refusals that are tolerated for this client, besides those that the server tolerates.
    #[must_use]
    pub fn leniency(mut self, leniency: Leniency) -> Self {
        self.leniency = leniency;
        self
    }

    /// Returns true if it has no secret to authenticate with (RFC 6749 §2.1).
    #[must_use]
    pub fn is_public(&self) -> bool {
        self.client_secret.is_none()
    }

    /// Returns true if it is registered for that grant.
    pub(crate) fn may_use(&self, grant_type: &str) -> bool {
        match &self.grant_types {
            Some(registered) => registered.iter().any(|held| held == grant_type),
            None => match grant_type {
                "refresh_token" => true,
                "authorization_code" => !self.redirect_uris.is_empty(),
                _ => false,
            },
        }
    }

    /// Returns true if it is registered for that response type.
    pub(crate) fn may_request(&self, response_type: ResponseType) -> bool {
        match &self.response_types {
            Some(registered) => registered
                .iter()
                .any(|text| ResponseType::parse(text) == Some(response_type)),
            None => response_type.code && !response_type.has_token(),
        }
    }

    /// Returns true if its authorization requests must have a code challenge.
    pub(crate) fn needs_pkce(&self) -> bool {
        self.require_pkce.unwrap_or(self.is_public())
    }

    /// The ways it may authenticate.
    pub(crate) fn auth_methods(&self) -> &[AuthMethod] {
        match (&self.token_endpoint_auth_method, &self.client_secret) {
            (Some(pinned), _) => std::slice::from_ref(pinned),
            (None, Some(_)) => &[AuthMethod::ClientSecretBasic, AuthMethod::ClientSecretPost],
            (None, None) => &[AuthMethod::None],
        }
    }
}

/// Returns whole seconds, at most 136 years.
fn whole_seconds(lifetime: Duration) -> u32 {
    u32::try_from(lifetime.as_secs()).unwrap_or(u32::MAX)
}

/// How a client authenticates at the token endpoint (RFC 7591 §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AuthMethod {
    /// HTTP Basic (RFC 6749 §2.3.1).
    ClientSecretBasic,
    /// `client_id` and `client_secret` in the form (RFC 6749 §2.3.1).
    ClientSecretPost,
    /// A public client: `client_id` alone.
    None,
}

impl AuthMethod {
    /// Its name in the registry of RFC 7591.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::None => "none",
        }
    }
}

impl fmt::Display for AuthMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An algorithm with which a response is signed (RFC 7518 §3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub enum SignedResponseAlg {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    #[serde(rename = "RS256")]
    Rs256,
}

/// A client's secret. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(
    description = "A client's secret: printable ASCII (RFC 6749 Appendix A.2).",
    extend("pattern" = r"^[\x20-\x7E]+$")
)]
pub struct Secret(pub(super) String);

impl Secret {
    pub(crate) fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    /// The secret itself.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Returns true if `presented` is the secret, in a time that does not depend on where they differ: digests are
    /// compared, so that not even the length shows.
    pub(crate) fn matches(&self, presented: &str) -> bool {
        let digest = |text: &str| Sha256::digest(text.as_bytes());
        digest(&self.0)
            .as_slice()
            .ct_eq(digest(presented).as_slice())
            .into()
    }

    /// Does the work of [`Secret::matches`] where there is no secret to compare with, so that an unknown client takes no
    /// less time than a wrong secret.
    pub(crate) fn match_nothing(presented: &str) {
        // The result is thrown away, the work must not be.
        std::hint::black_box(Self("an unknown client".to_owned()).matches(presented));
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_matches_itself_whole_and_nothing_else() {
        let long = "x".repeat(72);
        for (secret, presented, same) in [
            ("s3cret", "s3cret", true),
            ("s3cret", "s3cret ", false),
            ("s3cret", "s3cre", false),
            ("s3cret", "S3cret", false),
            ("s3cret", "", false),
            (&format!("{long}a"), &format!("{long}b"), false),
        ] {
            assert_eq!(
                Secret(secret.to_owned()).matches(presented),
                same,
                "{secret} / {presented}"
            );
        }
    }

    #[test]
    fn the_leniency_of_a_client_is_written_if_it_has_one() {
        use crate::oauth::refusal::RefusalName;

        let strict = Client::public("c");
        let lenient = Leniency::of([RefusalName::SecretWrong]).expect("tolerable");
        let written = |client: &Client| serde_json::json!(client).get("leniency").cloned();
        assert_eq!(written(&strict), None);
        let written = written(&strict.leniency(lenient));
        assert_eq!(written, Some(serde_json::json!(["secret_wrong"])));
    }

    #[test]
    fn debug_does_not_show_the_secret() {
        assert!(!format!("{:?}", Client::confidential("c", "s3cret")).contains("s3cret"));
    }
}
