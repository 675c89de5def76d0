//! Why a token with a good signature must not be accepted: its type, its audience, or the time.
//!
//! The refresh token grant refuses for the first reason; `inspect` reports all of them. There is no leeway, because the
//! server that checks a token reads the clock of the server that issued it.

use crate::clock::Timestamp;
use crate::json::Value;
use crate::keys::jws::{Jws, Members};
use crate::oauth::client::Client;
use crate::oauth::refusal::excerpt;
use crate::shape::template::{Template, audience};
use crate::shape::token::TokenShape;

/// What a token is checked against.
pub(crate) struct Expected<'a> {
    pub(crate) issuer: &'a str,
    /// The client that the token was issued to; if it is not known, the audience is not checked.
    pub(crate) client: Option<&'a Client>,
    pub(crate) now: Timestamp,
}

/// Why a token must not be accepted. Text of the token is quoted as an [`excerpt`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Invalid {
    #[error("its {member} in the header is {found}, not {expected}")]
    Type {
        member: String,
        found: String,
        expected: String,
    },
    #[error("its audience is {found}, not {expected}")]
    Audience { found: String, expected: String },
    #[error("its {claim} is not a number (RFC 7519 section 2)")]
    NotATime { claim: &'static str },
    #[error("it is not valid before {at}, {} s from now", at.seconds_since(*now))]
    NotYetValid { at: Timestamp, now: Timestamp },
    #[error("it was issued at {at}, {} s from now", at.seconds_since(*now))]
    IssuedInFuture { at: Timestamp, now: Timestamp },
}

impl TokenShape {
    /// Every reason not to accept a token of this shape, whose signature is good.
    pub(super) fn invalid(&self, jws: &Jws<'_>, expected: &Expected<'_>) -> Vec<Invalid> {
        wrong_type(&self.header, jws)
            .into_iter()
            .chain(foreign_audience(&self.claims, jws, expected))
            .chain(too_early(jws, expected.now))
            .collect()
    }
}

/// The header's literals must be those of the profile, and a `typ` must be there only if the profile has one (RFC 8725
/// §3.11). The verifier has checked `alg`.
fn wrong_type(header: &Template, jws: &Jws<'_>) -> Option<Invalid> {
    let literals = header
        .names()
        .filter(|name| *name != "alg" && header.literal(name).is_some());
    let absent = (!header.names().any(|name| name == "typ")).then_some("typ");
    literals
        .chain(absent)
        .find(|name| jws.header.get(name) != header.literal(name))
        .map(|member| Invalid::Type {
            member: member.to_owned(),
            found: shown(jws.header.get(member)),
            expected: shown(header.literal(member)),
        })
}

/// An audience must name one that this server writes into such a token, or this server itself (RFC 7519 §4.1.3).
fn foreign_audience(claims: &Template, jws: &Jws<'_>, expected: &Expected<'_>) -> Option<Invalid> {
    let found = jws.claims.get("aud")?;
    let mut known = claims.audiences(expected.issuer, expected.client?)?;
    if known.is_empty() {
        known.push(expected.issuer.to_owned());
    }
    let named = audience::texts(found).unwrap_or_default();
    (!named.iter().any(|audience| known.contains(audience))).then(|| Invalid::Audience {
        found: shown(Some(found)),
        expected: known.join(", "),
    })
}

/// RFC 7519 §4.1.5 (`nbf`) and §4.1.6 (`iat`).
pub(super) fn too_early(jws: &Jws<'_>, now: Timestamp) -> Vec<Invalid> {
    let early =
        |claim, invalid: fn(Timestamp, Timestamp) -> Invalid| match seconds(jws.claims.get(claim)?)
            .map(Timestamp::from_unix)
        {
            Some(at) if at <= now => None,
            Some(at) => Some(invalid(at, now)),
            None => Some(Invalid::NotATime { claim }),
        };
    [
        early("nbf", |at, now| Invalid::NotYetValid { at, now }),
        early("iat", |at, now| Invalid::IssuedInFuture { at, now }),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The time in a claim (RFC 7519 §2, `NumericDate`).
pub(super) fn time(claims: &Members, claim: &str) -> Option<Timestamp> {
    seconds(claims.get(claim)?).map(Timestamp::from_unix)
}

/// A number of seconds, rounded up.
fn seconds(value: &Value) -> Option<i64> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the cast of a float saturates"
    )]
    let rounded = || value.as_f64().map(|seconds| seconds.ceil() as i64);
    value.as_i64().or_else(rounded)
}

fn shown(value: Option<&Value>) -> String {
    match value {
        None => "missing".to_owned(),
        Some(Value::String(text)) => excerpt(text),
        Some(other) => excerpt(&other.to_string()),
    }
}
