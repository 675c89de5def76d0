//! Broken tokens: written by the same templates as good ones, with one thing wrong.

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::fault::Defect;
use crate::keys::{SigningKey, forge};
use crate::shape::template::{Facts, Placeholder, Template};

/// Beyond the leeway of any verifier.
const FAR: Duration = Duration::from_secs(3600);

/// Writes a token with a defect. Everything else of it stays as it would be.
pub(super) fn write(
    header: &Template,
    claims: &Template,
    facts: &Facts<'_>,
    key: &SigningKey,
    defect: &Defect,
) -> String {
    let facts = Facts { ..*facts };
    let facts = match defect {
        Defect::Expired => {
            let life =
                Duration::from_secs(facts.expires_at.seconds_since(facts.now).unsigned_abs());
            let expires_at = facts.now - FAR;
            Facts {
                expires_at,
                now: expires_at - life,
                ..facts
            }
        }
        Defect::IssuedInFuture => Facts {
            now: facts.now + FAR,
            expires_at: facts.expires_at + FAR,
            ..facts
        },
        _ => facts,
    };
    let audience = [
        Placeholder::AccessTokenAudience,
        Placeholder::IdTokenAudience,
    ]
    .iter()
    .find_map(|placeholder| claims.member_of(placeholder))
    .unwrap_or("aud");
    let issuer = claims.member_of(&Placeholder::Issuer).unwrap_or("iss");
    let mut header = object(&header.write(&facts));
    let mut claims = object(&claims.write(&facts));
    let set = |members: &mut Map<String, Value>, name: &str, value: Value| {
        members.insert(name.to_owned(), value);
    };
    match defect {
        Defect::NotYetValid => set(&mut claims, "nbf", json!((facts.now + FAR).as_unix())),
        // Here, and not among the facts: an audience may be the issuer, too.
        Defect::WrongIssuer => set(&mut claims, issuer, json!("https://issuer.invalid")),
        Defect::WrongAudience => set(&mut claims, audience, json!(["https://audience.invalid"])),
        Defect::WrongType => set(&mut header, "typ", json!("logout+jwt")),
        Defect::UnknownKid => set(&mut header, "kid", json!("no-such-key")),
        Defect::MissingClaim(name) => {
            claims.shift_remove(name);
        }
        Defect::SetClaims(others) => others
            .iter()
            .for_each(|(name, value)| set(&mut claims, name, value.clone())),
        Defect::Oversized(bytes) => {
            let padding = padding(Value::Object(claims.clone()).to_string().len(), *bytes);
            set(&mut claims, "padding", json!(padding));
        }
        Defect::AlgNone => set(&mut header, "alg", json!("none")),
        Defect::Hs256WithPublicKey => set(&mut header, "alg", json!("HS256")),
        _ => {}
    }
    let (header, claims) = (
        Value::Object(header).to_string(),
        Value::Object(claims).to_string(),
    );
    match defect {
        Defect::ForeignKey => forge::by_an_unpublished_key(&header, &claims),
        Defect::DamagedSignature => forge::damaged(&header, &claims, key),
        Defect::AlgNone => forge::unsigned(&header, &claims),
        Defect::Hs256WithPublicKey => forge::hs256_with_public_key(&header, &claims, key),
        _ => crate::keys::jws::sign(&header, &claims, key),
    }
}

/// What makes a token so many bytes larger, whose claims have that length; base64 has no length for each number of them.
fn padding(claims: usize, bytes: usize) -> String {
    let encoded = |length: usize| (length * 4).div_ceil(3);
    let wanted = encoded(claims) + bytes;
    let length = (wanted * 3).div_ceil(4);
    "x".repeat(length.saturating_sub(claims + r#","padding":"""#.len()))
}

/// What a template wrote is an object.
fn object(json: &str) -> Map<String, Value> {
    serde_json::from_str(json).unwrap_or_default()
}
