//! The JSON of a profile: the types of `fixtures/profiles/*.json` and their schema.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::json::Object;
use crate::oauth::authorization::ChallengeMethod;
use crate::oauth::endpoint::{Endpoint, METADATA_PATHS};
use crate::oauth::grant::RefreshPolicy;
use crate::oauth::grant_type::GrantType;
use crate::oauth::refusal::ErrorDialect;
use crate::oauth::token_kind::TokenKind;

/// The paths, lifetimes, tokens, responses, documents and error answers of an imitated provider.
///
/// Claims, headers, ids, the response and the documents are templates: JSON in which a text may contain placeholders such as
/// `{subject}`. A text that is exactly one placeholder takes the placeholder's own type (number, array); a member whose
/// placeholder has no value for this user, token or grant is left out. `{{` and `}}` are braces. A value of claims or
/// response may have a condition: `{"when": {"scope": "email", "grant": "refresh_token"}, "value": "{user.email}"}`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Profile")]
pub(crate) struct ProfileDocument {
    /// The schema of this document, for editors.
    #[serde(default, rename = "$schema")]
    _schema: Option<String>,
    /// The profile that this one extends: the name of a built-in profile, or a path relative to this file. Members of this
    /// profile are merged over it as RFC 7396 describes; `claims`, `header`, `response`, `introspection`, `metadata`, `jwk`,
    /// `headers` and `body` replace as a whole, because the order of their members counts.
    #[serde(default, rename = "extends")]
    _extends: Option<String>,
    /// The profile's name, for messages.
    pub(crate) name: String,
    /// What it imitates, for people.
    #[serde(default, rename = "description")]
    _description: Option<String>,
    /// Where its endpoints are.
    pub(crate) paths: Paths,
    /// How long its tokens live, where a client does not say otherwise.
    pub(crate) lifetimes: LifetimesDocument,
    /// What happens to a used refresh token, unless the client has a policy of its own.
    pub(crate) refresh: RefreshPolicy,
    /// How requests are read and refusals are answered, unless fixtures or the command line choose another dialect.
    #[serde(default)]
    pub(crate) error_dialect: ErrorDialect,
    /// Error answers that differ from those of the dialect: `styles`, `refusals` and `response_headers`, merged over the
    /// dialect's file (see the schema of dialects).
    #[serde(default)]
    pub(crate) errors: Object,
    /// The id of a grant, which all refresh tokens and access tokens of one family carry; of `{random:N}` and `{uuid}`.
    #[schemars(regex(pattern = r"\{(random:[0-9]+|uuid)\}"))]
    pub(crate) grant_id: String,
    /// An authorization code; of `{random:N}` and `{uuid}`. Default: `{random:43}`, 256 bits (RFC 6749 §10.10).
    #[serde(default = "usual_code")]
    #[schemars(regex(pattern = r"\{(random:[0-9]+|uuid)\}"))]
    pub(crate) code: String,
    /// The response types of the authorization endpoint (OAuth 2.0 Multiple Response Types §3, §5). A client must be registered
    /// for each that it uses. Default: `code`.
    #[serde(default = "usual_response_types")]
    #[schemars(length(min = 1))]
    pub(crate) response_types: Vec<String>,
    /// The methods of code challenges (RFC 7636 §4.2). Default: `S256`; with `plain`, who reads an authorization request can
    /// use its code.
    #[serde(default = "usual_code_challenge_methods")]
    #[schemars(length(min = 1))]
    pub(crate) code_challenge_methods: Vec<ChallengeMethod>,
    /// The three tokens.
    pub(crate) tokens: Tokens,
    /// The members of the token response (RFC 6749 §5.1), in order. Of `{access_token}`, `{refresh_token}`, `{id_token}`,
    /// `{access_token.id}`, `{refresh_token.id}`, `{id_token.id}`, `{issuer}`, `{client_id}`, `{subject}`, `{grant_id}`,
    /// `{grant_type}`, `{scope}` (a text) or `{scopes}` (an array), `{expires_in}` (the access token's lifetime), `{auth_time}`,
    /// `{now}` and `{user.NAME}`. A number may be moved by seconds: `{expires_in-1}`.
    pub(crate) response: Object,
    /// Deviations for single grants, by `grant_type`: other claims, another response.
    #[serde(default)]
    pub(crate) grants: BTreeMap<GrantType, GrantDocument>,
    /// How `state` follows the post-logout redirect URI. Default: `query`.
    #[serde(default)]
    pub(crate) post_logout_state: PostLogoutState,
    /// The metadata documents (RFC 8414 §2, OpenID Connect Discovery §3), in order. Of `{issuer}`,
    /// `{authorization_endpoint}`, `{token_endpoint}`, `{userinfo_endpoint}`, `{introspection_endpoint}`,
    /// `{revocation_endpoint}`, `{end_session_endpoint}`, `{jwks_uri}`, `{scopes_supported}`, `{response_types_supported}`,
    /// `{code_challenge_methods_supported}`, `{grant_types_supported}`, `{token_endpoint_auth_methods_supported}` and
    /// `{claims_supported}`. An empty list is left out.
    pub(crate) metadata: Object,
    /// The answers of the userinfo endpoint (OpenID Connect Core §5.3.2).
    pub(crate) userinfo: UserinfoDocument,
    /// The introspection response of an active token (RFC 7662 §2.2), in order; of its own values. Of `{issuer}`, `{client_id}`,
    /// `{subject}`, `{grant_id}`, `{scope}` (a text) or `{scopes}` (an array), `{auth_time}`, `{issued_at}`, `{expires_at}`,
    /// `{id}`, `{audience}` and `{user.NAME}`. A value may have the condition `{"when": {"token": "access_token"}, "value": "Bearer"}`.
    pub(crate) introspection: Object,
    /// One key of the JWK Set (RFC 7517 §4), in order. Of `{kid}`, `{n}` and `{e}`.
    pub(crate) jwk: Object,
}

fn usual_response_types() -> Vec<String> {
    vec!["code".to_owned()]
}

fn usual_code_challenge_methods() -> Vec<ChallengeMethod> {
    vec![ChallengeMethod::S256]
}

fn usual_code() -> String {
    "{random:43}".to_owned()
}

/// How `state` follows the post-logout redirect URI.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PostLogoutState {
    /// In the query: `?state=` or `&state=` (OpenID Connect RP-Initiated Logout §3).
    #[default]
    Query,
    /// Always as `&state=`, even if the URI has no query.
    Ampersand,
}

/// Deviations for one grant. A token with other claims keeps its id and header unless they are given, too.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct GrantDocument {
    /// The access token of this grant.
    pub(crate) access_token: Option<PartialTokenDocument>,
    /// The ID token of this grant.
    pub(crate) id_token: Option<PartialTokenDocument>,
    /// The response of this grant, in order.
    pub(crate) response: Option<Object>,
}

/// The parts of a token that differ for a grant.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct PartialTokenDocument {
    /// The id. Default: as in `tokens`.
    pub(crate) id: Option<String>,
    /// The JOSE header. Default: as in `tokens`.
    pub(crate) header: Option<Object>,
    /// The claims. Default: as in `tokens`.
    pub(crate) claims: Option<Object>,
}

/// A condition on a member; at least one of the three.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConditionDocument {
    /// The scope must contain this scope token.
    #[serde(default)]
    pub(crate) scope: Option<String>,
    /// The grant must be this one; in claims and token responses.
    #[serde(default)]
    pub(crate) grant: Option<GrantType>,
    /// The token must be of this kind; in introspection responses.
    #[serde(default)]
    pub(crate) token: Option<TokenKind>,
}

/// The answers of the userinfo endpoint.
///
/// The member `"...": "{claims}"` is replaced by the user's claims of the granted scope (OpenID Connect Core §5.4) and those that
/// the parameter `claims` requested (§5.5).
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UserinfoDocument {
    /// The members of the JSON answer, in order. Of `{issuer}`, `{client_id}`, `{subject}`, `{scope}` (a text) or `{scopes}` (an
    /// array), `{auth_time}`, `{now}`, `{user.NAME}` and `{claims}`.
    pub(crate) claims: Object,
    /// The signed answer, for clients with `userinfo_signed_response_alg`.
    pub(crate) signed: SignedUserinfoDocument,
}

/// The signed answer of the userinfo endpoint, a JWT.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignedUserinfoDocument {
    /// The JOSE header, in order; `alg` must be `RS256`. Of `{kid}`.
    #[schemars(extend("required" = ["alg"], "properties" = { "alg": { "const": "RS256" } }))]
    pub(crate) header: Object,
    /// The claims, in order, of the same placeholders as those of the JSON answer. They should have `iss` and `aud`.
    pub(crate) claims: Object,
}

/// Paths; each begins with `/`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Paths {
    /// What every path begins with, and the issuer's path; empty for none.
    #[serde(default)]
    #[schemars(regex(pattern = r"^(/[A-Za-z0-9._~-]+)*$"))]
    pub(crate) prefix: String,
    /// Other prefixes under which the same endpoints answer.
    #[serde(default)]
    #[schemars(inner(regex(pattern = r"^(/[A-Za-z0-9._~-]+)+$")))]
    pub(crate) aliases: Vec<String>,
    /// The token endpoint (RFC 6749 §3.2), after the prefix.
    #[schemars(regex(pattern = r"^(/[A-Za-z0-9._~-]+)+$"))]
    pub(crate) token: String,
    /// The authorization endpoint (RFC 6749 §3.1), after the prefix.
    #[schemars(regex(pattern = r"^(/[A-Za-z0-9._~-]+)+$"))]
    pub(crate) authorization: String,
    /// The userinfo endpoint (OpenID Connect Core §5.3), after the prefix.
    #[schemars(regex(pattern = r"^(/[A-Za-z0-9._~-]+)+$"))]
    pub(crate) userinfo: String,
    /// The introspection endpoint (RFC 7662 §2), after the prefix.
    #[schemars(regex(pattern = r"^(/[A-Za-z0-9._~-]+)+$"))]
    pub(crate) introspection: String,
    /// The revocation endpoint (RFC 7009 §2), after the prefix.
    #[schemars(regex(pattern = r"^(/[A-Za-z0-9._~-]+)+$"))]
    pub(crate) revocation: String,
    /// The end session endpoint (OpenID Connect RP-Initiated Logout §2), after the prefix.
    #[schemars(regex(pattern = r"^(/[A-Za-z0-9._~-]+)+$"))]
    pub(crate) end_session: String,
    /// The JWK Set (RFC 7517 §5), after the prefix.
    #[schemars(regex(pattern = r"^(/[A-Za-z0-9._~-]+)+$"))]
    pub(crate) jwks: String,
}

impl Paths {
    /// Returns the path of an endpoint that the profile chooses; the metadata documents have fixed ones.
    pub(crate) fn chosen(&self, endpoint: Endpoint) -> Option<&str> {
        match endpoint {
            Endpoint::Token => Some(&self.token),
            Endpoint::Authorization => Some(&self.authorization),
            Endpoint::Userinfo => Some(&self.userinfo),
            Endpoint::Introspection => Some(&self.introspection),
            Endpoint::Revocation => Some(&self.revocation),
            Endpoint::EndSession => Some(&self.end_session),
            Endpoint::Jwks => Some(&self.jwks),
            Endpoint::BackchannelLogout | Endpoint::Metadata | Endpoint::Unknown => None,
        }
    }

    /// Returns every path at which an endpoint answers: under the prefix, then under each alias. The first one is that of
    /// its URL.
    pub(crate) fn all(&self, endpoint: Endpoint) -> Vec<String> {
        let prefixes = || std::iter::once(&self.prefix).chain(&self.aliases);
        let below = |path: &str| prefixes().map(|prefix| format!("{prefix}{path}")).collect();
        match endpoint {
            Endpoint::Token
            | Endpoint::Authorization
            | Endpoint::Userinfo
            | Endpoint::Introspection
            | Endpoint::Revocation
            | Endpoint::EndSession
            | Endpoint::Jwks => self.chosen(endpoint).map(below).unwrap_or_default(),
            // OpenID Connect Discovery §4 puts the well-known part after the issuer's path, RFC 8414 §3.1 before it.
            Endpoint::Metadata => prefixes()
                .flat_map(|prefix| {
                    METADATA_PATHS.into_iter().flat_map(move |document| {
                        [format!("{prefix}{document}"), format!("{document}{prefix}")]
                    })
                })
                .collect(),
            Endpoint::BackchannelLogout | Endpoint::Unknown => Vec::new(),
        }
    }
}

/// Lifetimes in seconds.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LifetimesDocument {
    /// Of an access token, where its client does not say otherwise.
    #[schemars(range(min = 1))]
    pub(crate) access_token: u32,
    /// Of an ID token, where its client does not say otherwise.
    #[schemars(range(min = 1))]
    pub(crate) id_token: u32,
    /// Of a refresh token, where its client does not say otherwise.
    #[schemars(range(min = 1))]
    pub(crate) refresh_token: u32,
    /// Of an authorization code, at most 600 (RFC 6749 §4.1.2). Default: 60.
    #[serde(default = "usual_code_lifetime")]
    #[schemars(range(min = 1, max = 600))]
    pub(crate) code: u32,
}

const fn usual_code_lifetime() -> u32 {
    60
}

/// The three tokens.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tokens {
    /// Its claims must carry `{client_id}`, `{scope}` or `{scopes}`, `{expires_at}`, `{id}` and, there or in its id,
    /// `{grant_id}`: they are read back from it. They must differ from those of the other tokens, or the one could be taken
    /// for the other.
    pub(crate) access_token: TokenDocument,
    /// Its claims must carry the same, and `{subject}` and `{auth_time}`.
    pub(crate) refresh_token: TokenDocument,
    /// The ID token (OpenID Connect Core §2); omitted, there is none.
    #[serde(default)]
    pub(crate) id_token: Option<TokenDocument>,
}

/// One token.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TokenDocument {
    /// Issue it only where the scope holds this scope token; of the ID token alone.
    #[serde(default)]
    pub(crate) when_scope: Option<String>,
    /// Its id; of `{random:N}`, `{uuid}` and, in a refresh token or access token, `{grant_id}`. N characters of base64url; not one
    /// more than a multiple of 4.
    #[schemars(regex(pattern = r"\{(random:[0-9]+|uuid)\}"))]
    pub(crate) id: String,
    /// The JOSE header, in order; `alg` must be `RS256`. Of `{kid}`.
    #[schemars(extend("required" = ["alg"], "properties" = { "alg": { "const": "RS256" } }))]
    pub(crate) header: Object,
    /// The claims, in order. Of `{issuer}`, `{subject}`, `{client_id}`, `{scope}` (a text) or `{scopes}` (an array),
    /// `{grant_type}`, `{auth_time}`, `{now}`, `{expires_at}` (this token's end), `{expires_in}` (the access token's lifetime), `{id}` (this
    /// token's), `{access_token.id}`, `{refresh_token.id}`, `{id_token.id}`, `{grant_id}`, `{access_token_audience}`,
    /// `{id_token_audience}`, `{user.NAME}` and, in an ID token, `{nonce}`, `{acr}`, `{sid}`, `{at_hash}`, `{c_hash}` and
    /// `{claims}`: the member `"...": "{claims}"` is replaced by the claims of the user that belong into the ID token. A number may be moved by seconds: `{now-5}`.
    pub(crate) claims: Object,
}

#[cfg(test)]
mod tests {
    use schemars::schema_for;

    use crate::shape::document::{ProfileDocument, TokenDocument, UserinfoDocument};
    use crate::shape::template::{Place, placeholders};

    #[test]
    fn the_schema_lists_every_placeholder_of_each_place() {
        let (token, profile) = (schema_for!(TokenDocument), schema_for!(ProfileDocument));
        let userinfo = schema_for!(UserinfoDocument);
        for (schema, member, place) in [
            (&token, "header", Place::Header),
            (&token, "claims", Place::Claims),
            (&profile, "response", Place::Response),
            (&profile, "metadata", Place::Metadata),
            (&profile, "jwk", Place::Jwk),
            (&profile, "introspection", Place::Introspection),
            (&userinfo, "claims", Place::Userinfo),
        ] {
            let told = schema
                .pointer(&format!("/properties/{member}/description"))
                .and_then(serde_json::Value::as_str)
                .expect("a description");
            for placeholder in placeholders(place) {
                assert!(
                    told.contains(&format!("`{placeholder}`")),
                    "{member}: {placeholder}"
                );
            }
        }
    }
}
