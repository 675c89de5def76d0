//! The reasons for which a request is refused: one table with one entry per reason.
//!
//! An entry has the stable name of the reason, its data, the full message, the cause, the remedy, and what a server does
//! instead where the reason is tolerated. A message never contains a secret or a token, and it quotes text of the request
//! only through [`excerpt`]. Status, error code and headers of the answer are not here: they are data of the profile
//! (`shape::errors`).

use std::fmt;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::oauth::client::AuthMethod;
use crate::oauth::credentials::Via;
use crate::oauth::scope::{InvalidScope, Scope};

/// Declares [`Refusal`] and [`RefusalName`] from one table.
macro_rules! refusals {
    ($(
        $(#[doc = $cause:literal])+
        $name:ident: $variant:ident { $($field:ident: $type:ty),* $(,)? }
            message $message:literal;
            remedy $remedy:literal;
            tolerated $tolerated:expr;
    )+) => {
        /// A reason to refuse a request, with its data. `Display` renders the full message.
        #[derive(Debug, Clone, thiserror::Error)]
        pub(crate) enum Refusal {
            $(#[error($message)] $variant { $($field: $type),* },)+
        }

        /// The stable name of a reason for which a request is refused.
        ///
        /// The journal, filters, a profile's error table and `leniency` use these names.
        ///
        /// ```
        /// use oauth_mimic::RefusalName;
        /// assert_eq!(RefusalName::SecretWrong.as_str(), "secret_wrong");
        /// assert!(RefusalName::ALL.contains(&RefusalName::ScopeNotGranted));
        /// ```
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        #[non_exhaustive]
        pub enum RefusalName {
            $($(#[doc = $cause])+ $variant,)+
        }

        impl RefusalName {
            /// Every reason, in the order in which requests are checked.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Returns the name, as in JSON.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => stringify!($name),)+ }
            }

            /// Returns the cause: one or more sentences.
            #[must_use]
            pub fn cause(self) -> String {
                let lines: &[&str] = match self { $(Self::$variant => &[$($cause),+],)+ };
                lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ")
            }

            /// Returns what to change in the request or in the fixtures.
            #[must_use]
            pub const fn remedy(self) -> &'static str {
                match self { $(Self::$variant => $remedy,)+ }
            }

            /// Returns what the server does instead where `leniency` tolerates this reason; `None` where it cannot be
            /// tolerated.
            #[must_use]
            pub const fn tolerated(self) -> Option<&'static str> {
                match self { $(Self::$variant => $tolerated,)+ }
            }

            /// Returns the names of the reason's data, which a profile's error table can use as placeholders.
            #[must_use]
            pub const fn fields(self) -> &'static [&'static str] {
                match self { $(Self::$variant => &[$(stringify!($field)),*],)+ }
            }
        }

        impl Refusal {
            /// Returns the stable name of the reason.
            pub(crate) const fn name(&self) -> RefusalName {
                match self { $(Self::$variant { .. } => RefusalName::$variant,)+ }
            }

            /// Returns a field of the reason's data as text.
            pub(crate) fn field(&self, field: &str) -> Option<String> {
                match self {
                    $(Self::$variant { $($field),* } => match field {
                        $(stringify!($field) => Some($field.to_string()),)*
                        _ => None,
                    },)+
                }
            }
        }
    };
}

refusals! {
    // --- HTTP -------------------------------------------------------------------------------------------------
    /// No endpoint of the profile answers at the path.
    no_such_endpoint: NoSuchEndpoint { path: String, endpoints: String }
        message "no endpoint answers at {path}; there is {endpoints}";
        remedy "Use the URLs of the metadata document, or those of `GET /_mimic/`.";
        tolerated None;
    /// The endpoint does not take the request's method (RFC 9110 §15.5.6).
    method_not_allowed: MethodNotAllowed { method: String, allow: String }
        message "{method} is not allowed here; use {allow}";
        remedy "Use one of the methods of `Allow`; token, introspection and revocation requests are sent by POST.";
        tolerated Some("At the token, introspection and revocation endpoints, a request by another method is read as if it were a POST.");
    /// The names and values of all request headers together exceed the limit.
    headers_too_large: HeadersTooLarge { limit: usize }
        message "the request headers are larger than {limit} bytes in total";
        remedy "Send fewer or shorter headers; cookies and tokens of other services are the usual cause.";
        tolerated None;
    /// The request target exceeds the limit.
    target_too_long: TargetTooLong { limit: usize }
        message "the request target is longer than {limit} bytes";
        remedy "Send the parameters in the body.";
        tolerated None;
    /// The body is not declared as a form.
    content_type: ContentType { found: String }
        message "the body must be application/x-www-form-urlencoded (RFC 6749 Appendix B), not {found}";
        remedy "Set `Content-Type: application/x-www-form-urlencoded` and encode the parameters accordingly.";
        tolerated Some("A body of any other type is read as a form; a JSON object of texts is read as its members.");
    /// The form is declared in another character set than UTF-8.
    charset: Charset { charset: String }
        message "the body must be UTF-8 (RFC 6749 Appendix B), not {charset}";
        remedy "Encode the form as UTF-8 and leave the `charset` parameter out.";
        tolerated Some("The declared character set is ignored and the body is read as UTF-8.");
    /// The request has a `Content-Encoding`.
    content_encoding: ContentEncoding { encoding: String }
        message "a Content-Encoding is not accepted here: {encoding}";
        remedy "Send the body without compression.";
        tolerated Some("The header is ignored and the body is read as it is.");
    /// The body exceeds the limit.
    body_too_large: BodyTooLarge { limit: usize }
        message "the body is larger than {limit} bytes";
        remedy "Send a smaller body.";
        tolerated None;
    /// The body did not arrive within the time limit.
    body_too_slow: BodyTooSlow { seconds: u64 }
        message "the body did not arrive within {seconds} s";
        remedy "Send the whole body, with the length that `Content-Length` declares.";
        tolerated None;
    /// The connection ended, or the transfer coding broke, before the body was complete.
    body_broke_off: BodyBrokeOff {}
        message "the body broke off";
        remedy "Check `Content-Length` and the transfer coding.";
        tolerated None;

    // --- parameters -------------------------------------------------------------------------------------------
    /// A form or query has an invalid percent-encoding, is not UTF-8, or contains NUL; or a header that may appear once is
    /// repeated.
    unreadable: Unreadable { part: &'static str, why: String }
        message "the {part} cannot be read: {why}";
        remedy "Encode each name and value as application/x-www-form-urlencoded in UTF-8.";
        tolerated Some("Invalid percent-encodings are kept as they are and invalid UTF-8 is replaced by U+FFFD. A repeated header is refused all the same.");
    /// A parameter of the token request is in the request URI (RFC 6749 §2.3.1).
    parameter_in_uri: ParameterInUri { name: &'static str }
        message "{name} is in the request URI; parameters go into the body (RFC 6749 section 2.3.1)";
        remedy "Send all parameters in the body.";
        tolerated Some("Parameters of the query are read after those of the body.");
    /// A parameter that may appear once is repeated (RFC 6749 §3.2).
    parameter_repeated: ParameterRepeated { name: &'static str }
        message "{name} is repeated (RFC 6749 section 3.2)";
        remedy "Send each parameter once.";
        tolerated Some("The first value counts.");
    /// The request has no `grant_type`, or an empty one.
    grant_type_missing: GrantTypeMissing {}
        message "grant_type is missing";
        remedy "Send `grant_type`.";
        tolerated Some("The request is read as `refresh_token` if it has a refresh token, as `client_credentials` otherwise.");
    /// The refresh request has no `refresh_token`, or an empty one.
    refresh_token_missing: RefreshTokenMissing {}
        message "refresh_token is missing";
        remedy "Send `refresh_token`.";
        tolerated Some("The request stands for a new grant of the first user.");

    // --- client authentication --------------------------------------------------------------------------------
    /// The request names no client.
    authentication_missing: AuthenticationMissing {}
        message "no client authentication: send HTTP Basic, or client_id and client_secret in the form";
        remedy "Authenticate by HTTP Basic or in the form (RFC 6749 §2.3.1).";
        tolerated Some("The request is taken as the first registered client's.");
    /// The `Authorization` header has another scheme than Basic.
    scheme_unsupported: SchemeUnsupported { scheme: String }
        message "the Authorization scheme {scheme} is not supported at this endpoint; use Basic";
        remedy "Use `Authorization: Basic`.";
        tolerated Some("The header is ignored.");
    /// The Basic credentials cannot be decoded.
    basic_malformed: BasicMalformed { why: String }
        message "the Basic credentials are malformed: {why}";
        remedy "Form-urlencode client_id and client_secret, join them by a colon, and encode the result as base64 with padding (RFC 6749 §2.3.1).";
        tolerated Some("The header is ignored.");
    /// The request authenticates by more than one method (RFC 6749 §2.3).
    several_authentication_methods: SeveralAuthenticationMethods {}
        message "more than one authentication method in one request (RFC 6749 section 2.3)";
        remedy "Use either the header or the form.";
        tolerated Some("The `Authorization` header counts.");
    /// The request has a `client_assertion`.
    assertion_unsupported: AssertionUnsupported {}
        message "client assertions are not supported; use HTTP Basic or the form";
        remedy "Authenticate by HTTP Basic or in the form.";
        tolerated Some("The assertion is ignored.");
    /// The form names another client than the one that authenticated.
    client_id_mismatch: ClientIdMismatch { named: String, authenticated: String }
        message "client_id {named} in the form is not the client that authenticated, {authenticated}";
        remedy "Leave `client_id` out of the form, or send the same one.";
        tolerated Some("The client that authenticated counts.");
    /// No client of that id is registered.
    client_unknown: ClientUnknown { client_id: String, via: Via }
        message "there is no client {client_id}";
        remedy "Register the client in the fixtures, or by `PUT /_mimic/clients/{client_id}`.";
        tolerated Some("A client of that id is assumed that may use every grant and every scope.");
    /// The secret is not the client's.
    secret_wrong: SecretWrong { client_id: String, via: Via }
        message "the secret of client {client_id} is wrong";
        remedy "Compare the secret with the client's `client_secret` in the fixtures.";
        tolerated Some("Any secret is accepted.");
    /// The Basic credentials hold the right secret as it is, but RFC 6749 §2.3.1 demands that it is form-urlencoded first:
    /// decoded, it is another text.
    secret_not_encoded: SecretNotEncoded { client_id: String }
        message "the secret of client {client_id} is right only without form-urldecoding; form-urlencode it before base64 (RFC 6749 section 2.3.1), or tolerate secret_not_encoded";
        remedy "Form-urlencode client_id and client_secret before base64, or send the secret in the form, or set `leniency` to `secret_not_encoded`.";
        tolerated Some("A secret in Basic credentials is also compared without form-urldecoding.");
    /// The client has a secret and the request sent none.
    secret_missing: SecretMissing { client_id: String, via: Via }
        message "client {client_id} is confidential and sent no secret";
        remedy "Send the secret, or register the client without one.";
        tolerated Some("The client is accepted without its secret.");
    /// The client is public and the request sent a secret.
    secret_unexpected: SecretUnexpected { client_id: String, via: Via }
        message "client {client_id} is public and has no secret to send";
        remedy "Send `client_id` alone, or register the client with a secret.";
        tolerated Some("The secret is ignored.");
    /// The client is registered for another authentication method than it used (RFC 7591 §2).
    auth_method_not_registered: AuthMethodNotRegistered { client_id: String, used: AuthMethod, registered: AuthMethod, via: Via }
        message "client {client_id} used {used}, but is registered for {registered}";
        remedy "Use the registered method, or change the client's `token_endpoint_auth_method`.";
        tolerated Some("Every method is accepted.");

    // --- the grant --------------------------------------------------------------------------------------------
    /// The server does not support the grant type.
    grant_type_unsupported: GrantTypeUnsupported { grant_type: String, supported: String }
        message "the grant type {grant_type} is not supported; this server supports {supported}";
        remedy "Use a grant type of `grant_types_supported` in the metadata document.";
        tolerated Some("The request stands for a new grant of the first user.");
    /// The client is not registered for the grant type.
    grant_type_not_allowed: GrantTypeNotAllowed { client_id: String, grant_type: String }
        message "client {client_id} is not registered for the grant type {grant_type}";
        remedy "Add the grant type to the client's `grant_types`.";
        tolerated Some("The client may use every grant type.");
    /// A public client asks for the `client_credentials` grant, which is for confidential clients only (RFC 6749 §4.4).
    client_not_confidential: ClientNotConfidential { client_id: String }
        message "client {client_id} is public; the client_credentials grant is for confidential clients (RFC 6749 section 4.4)";
        remedy "Register the client with a secret.";
        tolerated Some("A public client may use the grant.");
    /// The refresh token is neither named in the fixtures nor a signed token.
    refresh_token_unknown: RefreshTokenUnknown { why: String }
        message "the refresh token is not named in the fixtures and is not a token of this server: {why}";
        remedy "Use a name of `refresh_tokens` in the fixtures, or a token that this server issued or minted.";
        tolerated Some("The token stands for a new grant of the first user, with the client's scope.");
    /// No published key verifies the refresh token's signature.
    refresh_token_forged: RefreshTokenForged { why: String }
        message "the signature of the refresh token is wrong: {why}";
        remedy "Check that the token was issued by this server and that its key has not retired.";
        tolerated Some("The claims are believed without a signature.");
    /// The token is of another kind, such as an access token.
    refresh_token_wrong_kind: RefreshTokenWrongKind { kind: &'static str }
        message "this is {kind}, not a refresh token";
        remedy "Send the member `refresh_token` of the token response.";
        tolerated Some("The token stands for a new grant of the first user, with the client's scope.");
    /// The refresh token names another issuer.
    refresh_token_wrong_issuer: RefreshTokenWrongIssuer { issued_by: String, issuer: String }
        message "the refresh token was issued by {issued_by}, and this server is {issuer}";
        remedy "Use one base URL for minting and refreshing, or pin the issuer with `--issuer`.";
        tolerated Some("Every issuer is accepted.");
    /// The refresh token was issued to another client.
    refresh_token_wrong_client: RefreshTokenWrongClient { owner: String, presenter: String }
        message "the refresh token belongs to client {owner}, not to {presenter}";
        remedy "Refresh with the client that the token was issued to (RFC 6749 §6).";
        tolerated Some("Every client may present it.");
    /// A literal of the refresh token's header, such as `typ`, is not the profile's (RFC 8725 §3.11).
    refresh_token_wrong_type: RefreshTokenWrongType { member: String, found: String, expected: String }
        message "the refresh token's {member} is {found}, not {expected} (RFC 8725 section 3.11)";
        remedy "Send a refresh token as this server writes it.";
        tolerated Some("Every header is accepted.");
    /// The refresh token has an `aud` that names neither an audience of this server's refresh tokens nor the server.
    refresh_token_wrong_audience: RefreshTokenWrongAudience { found: String, expected: String }
        message "the refresh token's audience is {found}, not {expected} (RFC 7519 section 4.1.3)";
        remedy "Send a refresh token that was issued for this server.";
        tolerated Some("Every audience is accepted.");
    /// The `nbf` of the refresh token is in the future (RFC 7519 §4.1.5).
    refresh_token_not_yet_valid: RefreshTokenNotYetValid { at: Timestamp, now: Timestamp }
        message "the refresh token is not valid before {at} (RFC 7519 section 4.1.5); it is {now} now";
        remedy "Wait, or move the server's clock.";
        tolerated Some("The token is accepted before its `nbf`.");
    /// The `iat` of the refresh token is in the future.
    refresh_token_issued_in_future: RefreshTokenIssuedInFuture { at: Timestamp, now: Timestamp }
        message "the refresh token was issued at {at}, and it is {now} now";
        remedy "Move the server's clock to the time at which the token was issued.";
        tolerated Some("The token is accepted before its `iat`.");
    /// The refresh token has expired.
    refresh_token_expired: RefreshTokenExpired { at: Timestamp, now: Timestamp }
        message "the refresh token expired at {at}; it is {now} now";
        remedy "Log in again, or move the server's clock back.";
        tolerated Some("Expired tokens are accepted.");
    /// The grant of the refresh token is revoked: a refresh token or the code was used twice, a token was revoked, or the session
    /// in which the user logged in has ended.
    grant_revoked: GrantRevoked {}
        message "the grant of the refresh token is revoked: its code or a refresh token was used twice, it was revoked, or its session has ended";
        remedy "Log in again. Find the cause in the journal: `GET /_mimic/requests`.";
        tolerated Some("Tokens of revoked grants are accepted.");
    /// The refresh token was used before and its client rotates (RFC 9700 §4.14.2).
    refresh_token_replayed: RefreshTokenReplayed {}
        message "the refresh token was used before; its grant is revoked now (RFC 9700 section 4.14.2)";
        remedy "Store the new refresh token of each response before the next refresh, and refresh once at a time.";
        tolerated Some("Used tokens are accepted, and nothing is revoked.");
    /// The user of the grant is not registered.
    user_unknown: UserUnknown { subject: String }
        message "there is no user {subject}";
        remedy "Add the user to the fixtures, or by `PUT /_mimic/users/{sub}`.";
        tolerated Some("A user of that `sub` without claims is assumed.");
    /// The scope does not follow RFC 6749 §3.3.
    scope_malformed: ScopeMalformed { why: InvalidScope, granted: Scope }
        message "the scope is malformed: {why}";
        remedy "Separate scope tokens by one space.";
        tolerated Some("Malformed scope tokens are dropped.");
    /// The client is not registered for a requested scope token.
    scope_not_registered: ScopeNotRegistered { client_id: String, asked: String, registered: Scope }
        message "scope {asked} was requested, but client {client_id} is registered for {registered} only";
        remedy "Request less, or add the scope token to the client's `scope`.";
        tolerated Some("Every requested scope token is granted.");
    /// A requested scope token was not granted originally (RFC 6749 §6).
    scope_not_granted: ScopeNotGranted { asked: String, granted: Scope }
        message "scope {asked} was requested, but {granted} was granted";
        remedy "Request a subset of the granted scope, or leave `scope` out.";
        tolerated Some("Every requested scope token is granted.");
    /// The client has no registered scope and requested none (`spring` only).
    scope_empty: ScopeEmpty { client_id: String }
        message "client {client_id} has no registered scope and requested none";
        remedy "Register a scope for the client.";
        tolerated Some("Tokens of an empty scope are issued.");

    // --- tokens that are presented ----------------------------------------------------------------------------
    /// The request to the introspection or revocation endpoint has no `token` (RFC 7662 §2.1, RFC 7009 §2.1).
    token_missing: TokenMissing {}
        message "token is missing";
        remedy "Send the token as the parameter `token` of the form.";
        tolerated None;
    /// The kind of token cannot be revoked (RFC 7009 §2.2.1): an ID token is not a credential.
    token_type_unsupported: TokenTypeUnsupported { kind: &'static str }
        message "this is {kind}, which cannot be revoked (RFC 7009 section 2.2.1)";
        remedy "Revoke the refresh token or the access token.";
        tolerated Some("The request is answered as if the token were revoked.");
    /// The client revokes a token that was issued to another client (RFC 7009 §2.1).
    token_wrong_client: TokenWrongClient { owner: String, presenter: String }
        message "the token belongs to client {owner}, not to {presenter} (RFC 7009 section 2.1)";
        remedy "Revoke the token with the client that it was issued to.";
        tolerated Some("Every client may revoke it.");
    /// The introspected token is not active (RFC 7662 §2.2); `reason` is the reason for which it would be refused.
    token_inactive: TokenInactive { reason: RefusalName, why: String }
        message "the token is not active: {why}";
        remedy "Read in the message why the token is not active.";
        tolerated None;
    /// The request to the userinfo endpoint has no access token (RFC 6750 §2).
    bearer_missing: BearerMissing {}
        message "there is no access token; send it as Authorization: Bearer";
        remedy "Send `Authorization: Bearer TOKEN`.";
        tolerated Some("The request stands for the first user.");
    /// The access token is sent more than once, or not in the form of RFC 6750 §2.
    bearer_malformed: BearerMalformed { why: String }
        message "the access token cannot be read: {why} (RFC 6750 section 2)";
        remedy "Send the access token once, as `Authorization: Bearer TOKEN`.";
        tolerated Some("The first access token counts; one that cannot be read counts as missing.");
    /// The access token is in the query (RFC 9700 §4.3.2).
    bearer_in_query: BearerInQuery {}
        message "the access token is in the query, where logs and browsers keep it (RFC 9700 section 4.3.2)";
        remedy "Send `Authorization: Bearer TOKEN`.";
        tolerated Some("An access token in the query is read, too.");
    /// The access token is not a token of this server.
    access_token_unknown: AccessTokenUnknown { why: String }
        message "this is not a token of this server: {why}";
        remedy "Send an access token that this server issued or minted.";
        tolerated Some("The token counts as an access token of the first user.");
    /// No published key verifies the access token's signature.
    access_token_forged: AccessTokenForged { why: String }
        message "the signature of the token is wrong: {why}";
        remedy "Check that the token was issued by this server and that its key has not retired.";
        tolerated Some("The claims are believed without a signature.");
    /// The token is of another kind, such as an ID token.
    access_token_wrong_kind: AccessTokenWrongKind { kind: &'static str }
        message "this is {kind}, not an access token";
        remedy "Send the member `access_token` of the token response.";
        tolerated Some("The token counts as an access token of the first user.");
    /// The access token names another issuer.
    access_token_wrong_issuer: AccessTokenWrongIssuer { issued_by: String, issuer: String }
        message "the token was issued by {issued_by}, and this server is {issuer}";
        remedy "Use one base URL for issuing and reading, or pin the issuer with `--issuer`.";
        tolerated Some("Every issuer is accepted.");
    /// The header, the audience or a time of the access token is not what this server writes (RFC 8725 §3.11, RFC 7519 §4.1).
    access_token_invalid: AccessTokenInvalid { why: String }
        message "the token is not valid: {why}";
        remedy "Send an access token as this server writes it, after its `nbf` and `iat`.";
        tolerated Some("Header, audience, `nbf` and `iat` are not checked.");
    /// The access token has expired.
    access_token_expired: AccessTokenExpired { at: Timestamp, now: Timestamp }
        message "the token expired at {at}; it is {now} now";
        remedy "Refresh the access token, or move the server's clock back.";
        tolerated Some("Expired tokens are accepted.");
    /// The access token or its grant was revoked.
    access_token_revoked: AccessTokenRevoked {}
        message "the token or its grant was revoked";
        remedy "Log in again. Find the revocation in the journal: `GET /_mimic/requests`.";
        tolerated Some("Revoked tokens are accepted.");
    /// The access token names no user that is registered, so there is nobody whose claims could be returned.
    access_token_without_user: AccessTokenWithoutUser { why: String }
        message "the access token is not for a user of this server: {why}";
        remedy "Use an access token that was issued for a registered user.";
        tolerated Some("A user of that `sub` without claims is assumed, or the first user.");
    /// The access token lacks a scope token that the endpoint needs (RFC 6750 §3.1).
    scope_insufficient: ScopeInsufficient { needed: &'static str, scope: String }
        message "the endpoint needs the scope {needed}; the access token has {scope}";
        remedy "Request the scope when the token is issued.";
        tolerated Some("Every scope is accepted.");

    // --- the authorization endpoint ---------------------------------------------------------------------------
    /// The authorization request names no client. The browser is not redirected (RFC 6749 §4.1.2.1).
    client_id_missing: ClientIdMissing {}
        message "client_id is missing";
        remedy "Send `client_id`.";
        tolerated Some("The request is taken as the first registered client's.");
    /// No client of that id is registered. The browser is not redirected (RFC 6749 §4.1.2.1).
    authorization_client_unknown: AuthorizationClientUnknown { client_id: String }
        message "there is no client {client_id}";
        remedy "Register the client in the fixtures, or by `PUT /_mimic/clients/{client_id}`.";
        tolerated Some("A client of that id is assumed that may use every grant, every scope and every redirect URI.");
    /// The authorization request has no redirect URI, and the client has not exactly one. The browser is not redirected.
    redirect_uri_missing: RedirectUriMissing { client_id: String, registered: usize }
        message "redirect_uri is missing, and client {client_id} has {registered} registered redirect URIs";
        remedy "Send `redirect_uri`.";
        tolerated None;
    /// The redirect URI is not absolute, has a fragment, or has characters that a URI cannot have (RFC 6749 §3.1.2). The
    /// browser is not redirected.
    redirect_uri_malformed: RedirectUriMalformed { uri: String, why: String }
        message "redirect_uri {uri} is malformed: {why}";
        remedy "Send an absolute URI without a fragment.";
        tolerated None;
    /// The redirect URI is not registered for the client (RFC 9700 §4.1.3). The browser is not redirected.
    redirect_uri_unregistered: RedirectUriUnregistered { uri: String, client_id: String, registered: String }
        message "redirect_uri {uri} is not registered for client {client_id}; registered: {registered}";
        remedy "Add the URI to the client's `redirect_uris`: it is compared character by character.";
        tolerated Some("Every well-formed redirect URI is accepted.");
    /// The authorization request has no `response_type` (RFC 6749 §4.1.1).
    response_type_missing: ResponseTypeMissing {}
        message "response_type is missing";
        remedy "Send `response_type=code`.";
        tolerated Some("The request is read as `code`.");
    /// The server does not support the response type.
    response_type_unsupported: ResponseTypeUnsupported { response_type: String, supported: String }
        message "the response type {response_type} is not supported; this server supports {supported}";
        remedy "Use a response type of `response_types_supported` in the metadata document.";
        tolerated Some("The request is read as `code`.");
    /// The client is not registered for the response type, or not for the grant that it needs.
    response_type_not_allowed: ResponseTypeNotAllowed { client_id: String, response_type: String }
        message "client {client_id} is not registered for the response type {response_type}";
        remedy "Add it to the client's `response_types`, and `authorization_code` to its `grant_types`.";
        tolerated Some("The client may use every response type.");
    /// The response mode is unknown, or cannot carry tokens (OAuth 2.0 Multiple Response Types §5).
    response_mode_unsupported: ResponseModeUnsupported { response_mode: String, why: &'static str }
        message "the response mode {response_mode} {why}";
        remedy "Leave `response_mode` out, or use one of `response_modes_supported` in the metadata document.";
        tolerated Some("The usual mode of the response type is used.");
    /// A parameter of the authorization request has a value that it cannot have.
    parameter_malformed: ParameterMalformed { name: &'static str, why: String }
        message "{name} is malformed: {why}";
        remedy "Correct the parameter, or leave it out.";
        tolerated Some("The parameter is ignored.");
    /// The request is a JWT (OpenID Connect Core §6.1), which the server does not support.
    request_not_supported: RequestNotSupported {}
        message "the parameter request is not supported";
        remedy "Send the parameters as they are.";
        tolerated Some("The parameter is ignored.");
    /// The request is at a URI (OpenID Connect Core §6.2), which the server does not support.
    request_uri_not_supported: RequestUriNotSupported {}
        message "the parameter request_uri is not supported";
        remedy "Send the parameters as they are.";
        tolerated Some("The parameter is ignored.");
    /// The request registers its client (OpenID Connect Core §7.2.1), which the server does not support.
    registration_not_supported: RegistrationNotSupported {}
        message "the parameter registration is not supported";
        remedy "Register the client in the fixtures.";
        tolerated Some("The parameter is ignored.");
    /// The client must send a code challenge and sent none (RFC 9700 §2.1.1).
    pkce_missing: PkceMissing { client_id: String }
        message "code_challenge is missing, and client {client_id} must send one (RFC 9700 section 2.1.1)";
        remedy "Send `code_challenge` and `code_challenge_method=S256`, or set the client's `require_pkce` to false.";
        tolerated Some("The request is accepted without a challenge.");
    /// The code challenge is not 43 to 128 unreserved characters, or there is a method without a challenge (RFC 7636 §4.2).
    pkce_malformed: PkceMalformed { why: &'static str }
        message "{why} (RFC 7636 section 4.2)";
        remedy "Send the base64url of the SHA-256 of the verifier, without padding.";
        tolerated Some("The request is accepted without a challenge.");
    /// The challenge method is `plain`, which the profile does not allow, or unknown (RFC 7636 §4.4.1).
    pkce_method_unsupported: PkceMethodUnsupported { method: String, supported: String }
        message "the code challenge method {method} is not supported; this server supports {supported}";
        remedy "Send `code_challenge_method=S256`.";
        tolerated Some("`plain` is accepted, and any other method is read as S256.");
    /// A request for an ID token has no scope token `openid` (OpenID Connect Core §3.1.2.1).
    openid_missing: OpenidMissing { response_type: String }
        message "the response type {response_type} has an ID token, and the scope has no openid";
        remedy "Request the scope token `openid`.";
        tolerated Some("An ID token is issued without it.");
    /// A request for an ID token from the authorization endpoint has no nonce (OpenID Connect Core §3.2.2.1).
    nonce_missing: NonceMissing { response_type: String }
        message "the response type {response_type} needs a nonce (OpenID Connect Core section 3.2.2.1)";
        remedy "Send a `nonce` that is new for each request, and compare it with the ID token's.";
        tolerated Some("The ID token has no nonce.");
    /// The ID token hint is not an ID token of this server (OpenID Connect Core §3.1.2.1).
    id_token_hint_invalid: IdTokenHintInvalid { why: String }
        message "id_token_hint is not an ID token of this server: {why}";
        remedy "Send an ID token as this server issued it; it may have expired.";
        tolerated Some("The hint is ignored.");
    /// `prompt=none` was requested, and no user is logged in; or another user logged in than the ID token hint names (OpenID
    /// Connect Core §3.1.2.1, §3.1.2.6).
    login_required: LoginRequired { why: &'static str }
        message "{why}";
        remedy "Send the request without `prompt=none`, or log in before it as the user of the hint.";
        tolerated None;
    /// `prompt=none` was requested, and the user has not consented (OpenID Connect Core §3.1.2.6).
    consent_required: ConsentRequired {}
        message "the user has not consented, and prompt=none allows no page";
        remedy "Send the request without `prompt=none`.";
        tolerated None;
    /// The user denied the request (RFC 6749 §4.1.2.1).
    access_denied: AccessDenied {}
        message "the user denied the request";
        remedy "Approve the request on the page, or script a login that does.";
        tolerated None;
    /// The scripted login names a user who is not registered, or no user is registered.
    scripted_user_unknown: ScriptedUserUnknown { user: String }
        message "a scripted login names the user {user}, who is not registered";
        remedy "Add the user to the fixtures, or by `PUT /_mimic/users/{sub}`, before the login.";
        tolerated None;
    /// A form of the login page came without the page's cookie, or from another page.
    form_not_ours: FormNotOurs {}
        message "the form does not belong to a page that this server sent to this browser; enable cookies and log in again";
        remedy "Allow cookies, and submit the form of the page that was loaded last.";
        tolerated None;
    /// The login form names a user that does not exist, or has a wrong password.
    login_failed: LoginFailed {}
        message "the user name or the password is wrong";
        remedy "Compare them with the `username` and `password` of the users in the fixtures.";
        tolerated None;
    /// A new user cannot be made of the login form.
    new_user_malformed: NewUserMalformed { why: String }
        message "a new user cannot be made: {why}";
        remedy "Give the user a `sub`, and claims as a JSON object.";
        tolerated None;

    /// The post-logout redirect URI is not registered for the client (OpenID Connect RP-Initiated Logout §3).
    post_logout_redirect_uri_unregistered: PostLogoutRedirectUriUnregistered { uri: String, client_id: String }
        message "post_logout_redirect_uri {uri} is not registered for client {client_id}";
        remedy "Add the URI to the client's `post_logout_redirect_uris`: it is compared character by character.";
        tolerated Some("Every well-formed URI is accepted.");

    // --- authorization codes ----------------------------------------------------------------------------------
    /// The token request has no `code`, or an empty one (RFC 6749 §4.1.3).
    code_missing: CodeMissing {}
        message "code is missing";
        remedy "Send the `code` of the authorization response.";
        tolerated Some("The request stands for a new grant of the first user.");
    /// The server did not issue the code, or has forgotten it.
    code_unknown: CodeUnknown {}
        message "the code was not issued by this server, or is long forgotten";
        remedy "Send the `code` of the authorization response, decoded from the URI.";
        tolerated Some("The code stands for a new grant of the first user, with the client's scope.");
    /// The code was issued to another client (RFC 6749 §4.1.3).
    code_wrong_client: CodeWrongClient { owner: String, presenter: String }
        message "the code was issued to client {owner}, not to {presenter}";
        remedy "Exchange the code with the client that requested it.";
        tolerated Some("Every client may present it.");
    /// The code has expired (RFC 6749 §4.1.2).
    code_expired: CodeExpired { at: Timestamp, now: Timestamp }
        message "the code expired at {at}; it is {now} now";
        remedy "Exchange the code at once, or move the server's clock back.";
        tolerated Some("Expired codes are accepted.");
    /// The code was used before (RFC 6749 §4.1.2).
    code_replayed: CodeReplayed {}
        message "the code was used before; the tokens that its first use got are revoked now (RFC 6749 section 4.1.2)";
        remedy "Exchange each code once. Find the two uses in the journal: `GET /_mimic/requests`.";
        tolerated Some("Used codes are accepted, and nothing is revoked.");
    /// The grant of the code was revoked before the code was used: its session has ended.
    code_revoked: CodeRevoked {}
        message "the grant of the code is revoked: the session in which the user logged in has ended";
        remedy "Log in again. Find the logout in the journal: `GET /_mimic/requests`.";
        tolerated Some("Codes of revoked grants are accepted.");
    /// The authorization request had a redirect URI, and the token request has none (RFC 6749 §4.1.3).
    redirect_uri_not_repeated: RedirectUriNotRepeated {}
        message "redirect_uri is missing, and the authorization request had one (RFC 6749 section 4.1.3)";
        remedy "Repeat the `redirect_uri` of the authorization request.";
        tolerated Some("The parameter may be left out.");
    /// The redirect URI is not that of the authorization request (RFC 6749 §4.1.3).
    redirect_uri_mismatch: RedirectUriMismatch { uri: String, authorized: String }
        message "redirect_uri {uri} is not that of the authorization request, {authorized}";
        remedy "Repeat the `redirect_uri` of the authorization request, character by character.";
        tolerated Some("Every redirect URI is accepted.");
    /// The authorization request had a code challenge, and the token request has no verifier (RFC 7636 §4.6). The code is
    /// spent.
    verifier_missing: VerifierMissing {}
        message "code_verifier is missing, and the authorization request had a code_challenge; the code is spent";
        remedy "Send the `code_verifier` that the challenge was made of.";
        tolerated Some("The verifier may be left out.");
    /// The code verifier is not 43 to 128 unreserved characters (RFC 7636 §4.1).
    verifier_malformed: VerifierMalformed {}
        message "code_verifier must be 43 to 128 unreserved characters (RFC 7636 section 4.1)";
        remedy "Make the verifier of 32 random bytes in base64url without padding.";
        tolerated Some("Every text is compared as a verifier.");
    /// The code verifier does not belong to the challenge (RFC 7636 §4.6). The code is spent.
    verifier_wrong: VerifierWrong {}
        message "code_verifier does not belong to the code_challenge of the authorization request (RFC 7636 section 4.6); the code is spent";
        remedy "Send the verifier of this very login: a second login in another tab may have replaced it.";
        tolerated Some("Every verifier is accepted.");
    /// There is a code verifier, and the authorization request had no challenge (RFC 9700 §4.8.2).
    verifier_unexpected: VerifierUnexpected {}
        message "there is a code_verifier, but the authorization request had no code_challenge (RFC 9700 section 4.8.2)";
        remedy "Send `code_challenge` in the authorization request.";
        tolerated Some("The verifier is ignored.");
}

impl fmt::Display for RefusalName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How requests are read, and in which words refusals are answered where a profile does not say otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorDialect {
    /// Strictly as RFC 6749 §5.2.
    #[default]
    Rfc,
    /// As Spring Security OAuth 2.5.2 does, including its lenient reading.
    Spring,
}

/// Bytes that RFC 6749 §5.2 forbids in an `error_description`, besides non-ASCII bytes.
const INDESCRIBABLE: &AsciiSet = &CONTROLS.add(b'"').add(b'\\');

/// Bytes that [`excerpt`] percent-encodes. Includes `%`, so the encoding is unambiguous.
const UNQUOTABLE: &AsciiSet = &INDESCRIBABLE.add(b'%');

/// The maximum number of characters that [`excerpt`] quotes.
const EXCERPT: usize = 64;

/// Makes text of a request fit for a message: percent-encoded where RFC 6749 §5.2 demands it, and cut.
pub(crate) fn excerpt(text: &str) -> String {
    let plain = |byte: &u8| matches!(byte, 0x20..=0x7E) && !matches!(byte, b'"' | b'\\' | b'%');
    if (1..=EXCERPT).contains(&text.len()) && text.as_bytes().iter().all(plain) {
        // The usual case, on the path of every request.
        return text.to_owned();
    }
    let cut: String = text.chars().take(EXCERPT).collect();
    let mut quoted = utf8_percent_encode(&cut, UNQUOTABLE).to_string();
    if text.chars().nth(EXCERPT).is_some() {
        quoted.push_str("...");
    }
    if quoted.is_empty() {
        quoted.push_str("(empty)");
    }
    quoted
}

/// Percent-encodes the bytes that RFC 6749 §5.2 forbids in an `error_description`.
///
/// Text of the request was encoded by [`excerpt`] already; names from fixtures (a client id containing `"`) were not.
pub(crate) fn describable(text: &str) -> String {
    utf8_percent_encode(text, INDESCRIBABLE).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_is_unique_and_serializes_as_it_is_displayed() {
        for name in RefusalName::ALL {
            assert_eq!(serde_json::json!(name), name.as_str());
            assert!(
                name.cause().ends_with('.') && name.remedy().ends_with('.'),
                "{name}"
            );
        }
    }

    #[test]
    fn text_of_a_request_that_is_quoted_fits_an_error_description() {
        for (text, quoted) in [
            ("urn:x:y", "urn:x:y"),
            ("a\"b\\c", "a%22b%5Cc"),
            ("\r\nX-Evil: 1", "%0D%0AX-Evil: 1"),
            ("é%", "%C3%A9%25"),
            ("%", "%25"),
            ("\"\\", "%22%5C"),
            ("", "(empty)"),
        ] {
            assert_eq!(excerpt(text), quoted);
        }
        assert_eq!(
            excerpt(&"x".repeat(1 << 20)),
            format!("{}...", "x".repeat(64))
        );
    }
}
