//! The readers of what strangers send, for `fuzz/`. Only there with `--cfg fuzzing`, which cargo-fuzz sets.

use serde_json::Value;

use crate::clock::Timestamp;
use crate::json::Object;
use crate::keys::jws::{self, Jws, Malformed, Members};
use crate::keys::{Alg, KeySet};
use crate::oauth::credentials;
use crate::oauth::form;
use crate::oauth::scope::Scope;

/// Reads a form into its pairs.
#[must_use]
pub fn form(bytes: &[u8]) -> Option<Vec<(String, String)>> {
    form::decode_pairs(bytes).ok()
}

/// Reads an `Authorization` header into id and secret, both halves form-urlencoded (RFC 6749 §2.3.1).
#[must_use]
pub fn basic(header: &[u8]) -> Option<(String, String)> {
    credentials::basic_form_encoded(header).ok()
}

/// Reads a scope.
#[must_use]
pub fn scope(bytes: &[u8]) -> Option<Scope> {
    std::str::from_utf8(bytes).ok()?.parse().ok()
}

/// Takes a token apart into header and claims, its signature not looked at.
#[must_use]
pub fn token(bytes: &[u8]) -> Option<[Value; 2]> {
    let jws = parse(bytes)?.ok()?;
    Some([value(&jws.header), value(&jws.claims)])
}

/// Whether the built-in key signed a token.
#[must_use]
pub fn believes(bytes: &[u8]) -> bool {
    parse(bytes).is_some_and(|read| {
        read.is_ok_and(|jws| {
            let keys = KeySet::built_in();
            jws.verify(keys.published(Timestamp::from_unix(0)), Alg::ALL)
                .is_ok()
        })
    })
}

/// A token that is good.
#[must_use]
pub fn good_token() -> String {
    jws::sign(
        r#"{"alg":"RS256"}"#,
        r#"{"sub":"alice"}"#,
        KeySet::built_in().signing(),
    )
}

fn parse(bytes: &[u8]) -> Option<Result<Jws<'_>, Malformed>> {
    std::str::from_utf8(bytes).ok().map(Jws::parse)
}

fn value(members: &Members) -> Value {
    let members: Object = members
        .iter()
        .map(|(name, value)| (name, value.clone()))
        .collect();
    serde_json::to_value(members).unwrap_or_default()
}
