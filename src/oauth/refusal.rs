//! Why a request is refused: one case for every reason.
//!
//! A refusal tells the whole truth, for the log and the test's author; how much of it goes over the wire, and in
//! which words, is a dialect's business. It never holds a secret or a token, and whatever of the request it quotes
//! went through [`excerpt`].

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::oauth::client::AuthMethod;
use crate::oauth::credentials::Via;
use crate::oauth::scope::{InvalidScope, Scope};

/// Everything a request can be refused for.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum Refusal {
    // --- the request as HTTP has it -------------------------------------------------------------------------
    #[error("nothing answers at {path}; {endpoints}")]
    NoSuchEndpoint { path: String, endpoints: String },
    #[error("{method} is not allowed here; use {allow}")]
    MethodNotAllowed { method: String, allow: &'static str },
    #[error("the request's headers are larger than {limit} bytes together")]
    HeadersTooLarge { limit: usize },
    #[error("the request's target is longer than {limit} bytes")]
    TargetTooLong { limit: usize },
    #[error(
        "the body must be application/x-www-form-urlencoded (RFC 6749 Appendix B), not {found}"
    )]
    ContentType { found: String },
    #[error("the body must be UTF-8 (RFC 6749 Appendix B), not {charset}")]
    Charset { charset: String },
    #[error("a Content-Encoding is not accepted here: {encoding}")]
    ContentEncoding { encoding: String },
    #[error("the body is larger than {limit} bytes")]
    BodyTooLarge { limit: usize },
    #[error("the body did not arrive within {seconds} s")]
    BodyTooSlow { seconds: u64 },
    #[error("the body broke off")]
    BodyBrokeOff,

    // --- its parameters ---------------------------------------------------------------------------------------
    #[error("the {part} cannot be read: {why}")]
    Unreadable { part: &'static str, why: String },
    #[error(
        "{name} stands in the request's URI; parameters go into the body (RFC 6749 section 2.3.1)"
    )]
    ParameterInUri { name: &'static str },
    #[error("{name} is repeated (RFC 6749 section 3.2)")]
    ParameterRepeated { name: &'static str },
    #[error("{name} is missing")]
    ParameterMissing { name: &'static str },

    // --- who sends it -----------------------------------------------------------------------------------------
    #[error(
        "no client authentication: send HTTP Basic, or client_id and client_secret in the form"
    )]
    AuthenticationMissing,
    #[error("the Authorization scheme {scheme} is not one of this endpoint's; use Basic")]
    SchemeUnsupported { scheme: String },
    #[error("the Basic credentials are malformed: {why}")]
    BasicMalformed { why: String },
    #[error("more than one authentication method in one request (RFC 6749 section 2.3)")]
    SeveralAuthenticationMethods,
    #[error("client assertions are not supported; use HTTP Basic or the form")]
    AssertionUnsupported,
    #[error("client_id {named} in the form is not the client that authenticated, {authenticated}")]
    ClientIdMismatch {
        named: String,
        authenticated: String,
    },
    #[error("there is no client {client_id}")]
    ClientUnknown { client_id: String, via: Via },
    #[error("the secret of client {client_id} is wrong")]
    SecretWrong { client_id: String, via: Via },
    #[error("client {client_id} is confidential and sent no secret")]
    SecretMissing { client_id: String, via: Via },
    #[error("client {client_id} is public and has no secret to send")]
    SecretUnexpected { client_id: String, via: Via },
    #[error("client {client_id} used {used}, but is registered for {registered}")]
    AuthMethodNotRegistered {
        client_id: String,
        used: AuthMethod,
        registered: AuthMethod,
        via: Via,
    },

    // --- what it asks for -------------------------------------------------------------------------------------
    #[error("the grant type {grant_type} is not supported; this server has refresh_token")]
    GrantTypeUnsupported { grant_type: String },
    #[error("client {client_id} is not registered for the grant type {grant_type}")]
    GrantTypeNotAllowed {
        client_id: String,
        grant_type: String,
    },
    #[error("the refresh token is neither a fixture's nor a token of this server: {why}")]
    RefreshTokenMalformed { why: String },
    #[error("the refresh token's signature is wrong: {why}")]
    RefreshTokenForged { why: String },
    #[error("this is {kind}, not a refresh token")]
    NotARefreshToken { kind: &'static str },
    #[error("the refresh token was issued by {issued_by}, and this server is {issuer}")]
    IssuerMismatch { issued_by: String, issuer: String },
    #[error("the refresh token's {member} is {found}, not {expected} (RFC 8725 section 3.11)")]
    RefreshTokenWrongType {
        member: String,
        found: String,
        expected: String,
    },
    #[error("the refresh token's audience is {found}, not {expected} (RFC 7519 section 4.1.3)")]
    RefreshTokenWrongAudience { found: String, expected: String },
    #[error("the refresh token is not valid before {at} (RFC 7519 section 4.1.5); it is {now} now")]
    RefreshTokenNotYetValid { at: Timestamp, now: Timestamp },
    #[error("the refresh token was issued at {at}, and it is {now} now")]
    RefreshTokenIssuedInFuture { at: Timestamp, now: Timestamp },
    #[error("the refresh token belongs to client {owner}, not to {presenter}")]
    ClientMismatch { owner: String, presenter: String },
    #[error("the refresh token expired at {at}; it is {now} now")]
    RefreshTokenExpired { at: Timestamp, now: Timestamp },
    #[error("the refresh token is of a revoked family: one of its refresh tokens was used twice")]
    FamilyRevoked,
    #[error(
        "the refresh token was used before; its whole family is revoked now (RFC 9700 section 4.14.2)"
    )]
    RefreshTokenReplayed,
    #[error("there is no user {subject} any more")]
    UserUnknown { subject: String },
    #[error("the scope is malformed: {why}")]
    ScopeMalformed { why: InvalidScope, granted: Scope },
    #[error(
        "scope {asked} was asked for, but client {client_id} is registered for {registered} only"
    )]
    ScopeNotRegistered {
        client_id: String,
        asked: String,
        registered: Scope,
    },
    #[error("scope {asked} was asked for, but {granted} was granted")]
    ScopeNotGranted { asked: String, granted: Scope },
    #[error("client {client_id} has no registered scope and asked for none")]
    ScopeEmpty { client_id: String },
}

/// How refusals are told, and how forgivingly requests are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorDialect {
    /// By the letter of RFC 6749 §5.2.
    #[default]
    Rfc,
    /// As the legacy Spring Security OAuth 2.5.2 does, leniency and all.
    Spring,
}

/// What RFC 6749 §5.2 forbids in an `error_description`, besides all that is not ASCII.
const INDESCRIBABLE: &AsciiSet = &CONTROLS.add(b'"').add(b'\\');

/// What a text of the request may not hold when it is quoted. `%` itself too, so that what was escaped can be told
/// from what was sent.
const UNQUOTABLE: &AsciiSet = &INDESCRIBABLE.add(b'%');

/// The most characters of a request's text that are quoted.
const EXCERPT: usize = 64;

/// Makes a text of the request fit to be quoted: percent-encoded where it must be, and cut.
pub(crate) fn excerpt(text: &str) -> String {
    let plain = |byte: &u8| matches!(byte, 0x20..=0x7E) && !matches!(byte, b'"' | b'\\' | b'%');
    if (1..=EXCERPT).contains(&text.len()) && text.as_bytes().iter().all(plain) {
        // Nearly always, and on the path of every request.
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

/// Makes a whole description fit for RFC 6749 §5.2: what fixtures name, a client with a `"` in its id, is not quoted as
/// an excerpt and may hold more than a description may.
pub(crate) fn description(refusal: &Refusal) -> String {
    utf8_percent_encode(&refusal.to_string(), INDESCRIBABLE).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_quoted_of_a_request_fits_an_error_description() {
        for (text, quoted) in [
            ("urn:x:y", "urn:x:y"),
            ("a\"b\\c", "a%22b%5Cc"),
            ("\r\nX-Evil: 1", "%0D%0AX-Evil: 1"),
            ("é%", "%C3%A9%25"),
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
