//! Tokens with a defect: written by the same templates as good ones, with one thing wrong. Claims can be set on top of it.

use std::time::Duration;

use crate::fault::{Defect, TokenFault};
use crate::json::{Object, Value};
use crate::keys::{SigningKey, forge, jws};
use crate::oauth::token_kind::TokenKind;
use crate::shape::template::{Placeholder, Template, TokenFacts, half_hash};

/// Beyond the leeway of any verifier.
const FAR: Duration = Duration::from_secs(3600);

/// How one token of a response differs from a good one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Altered<'a> {
    pub(crate) token: TokenKind,
    pub(crate) defect: Option<&'a Defect>,
    /// Claims to set after the defect has changed the claims, and before the token is signed.
    pub(crate) claims: Option<&'a Object>,
}

impl<'a> From<&'a TokenFault> for Altered<'a> {
    fn from(fault: &'a TokenFault) -> Self {
        Self {
            token: fault.token,
            defect: Some(&fault.defect),
            claims: None,
        }
    }
}

/// What a defect changes; the default changes nothing.
#[derive(Default)]
struct Changes<'d> {
    times: Times,
    header: Option<(&'static str, &'static str)>,
    claims: Claims<'d>,
    signature: Signature,
}

#[derive(Default)]
enum Times {
    #[default]
    Usual,
    /// The token expired before now, and lived as long as a good one does.
    Past,
    /// The token is issued after now.
    Future,
}

#[derive(Default)]
enum Claims<'d> {
    #[default]
    Usual,
    Issuer,
    Audience,
    NotBefore,
    Nonce,
    AtHash,
    CHash,
    Azp,
    Without(&'d str),
    With(&'d Object),
    Larger(usize),
}

#[derive(Default)]
enum Signature {
    #[default]
    Usual,
    ByAnUnpublishedKey,
    Damaged,
    None,
    Hs256WithPublicKey,
}

impl<'d> Changes<'d> {
    fn of(defect: &'d Defect) -> Self {
        let usual = Self::default();
        let times = |times| Self {
            times,
            ..Self::default()
        };
        let header = |name, value| Self {
            header: Some((name, value)),
            ..Self::default()
        };
        let claims = |claims| Self {
            claims,
            ..Self::default()
        };
        match defect {
            Defect::Expired => times(Times::Past),
            Defect::IssuedInFuture => times(Times::Future),
            Defect::NotYetValid => claims(Claims::NotBefore),
            Defect::WrongIssuer => claims(Claims::Issuer),
            Defect::WrongAudience => claims(Claims::Audience),
            Defect::WrongNonce => claims(Claims::Nonce),
            Defect::WrongAtHash => claims(Claims::AtHash),
            Defect::WrongCHash => claims(Claims::CHash),
            Defect::WrongAzp => claims(Claims::Azp),
            Defect::MissingClaim(missing) => claims(Claims::Without(&missing.claim)),
            Defect::SetClaims(set) => claims(Claims::With(&set.claims)),
            Defect::Oversized(oversized) => claims(Claims::Larger(oversized.bytes)),
            Defect::WrongType => header("typ", "logout+jwt"),
            Defect::UnknownKid => header("kid", "no-such-key"),
            Defect::AlgNone => Self {
                signature: Signature::None,
                ..header("alg", "none")
            },
            Defect::Hs256WithPublicKey => Self {
                signature: Signature::Hs256WithPublicKey,
                ..header("alg", "HS256")
            },
            Defect::ForeignKey => Self {
                signature: Signature::ByAnUnpublishedKey,
                ..usual
            },
            Defect::DamagedSignature => Self {
                signature: Signature::Damaged,
                ..usual
            },
        }
    }
}

/// Writes an altered token. Everything else of it is as in a good one.
pub(super) fn write(
    header: &Template,
    claims: &Template,
    facts: &TokenFacts<'_>,
    key: &SigningKey,
    altered: &Altered<'_>,
) -> String {
    let changes = altered.defect.map(Changes::of).unwrap_or_default();
    let facts = shifted(facts, &changes.times);
    let mut header_members = object(&header.write(&facts));
    if let Some((name, value)) = changes.header {
        header_members.insert(name, value);
    }
    let mut claim_members = object(&claims.write(&facts));
    change(&mut claim_members, claims, &facts, &changes.claims);
    claim_members.extend(altered.claims.cloned().unwrap_or_default());
    let (header, claims) = (header_members.to_string(), claim_members.to_string());
    match changes.signature {
        Signature::Usual => jws::sign(&header, &claims, key),
        Signature::ByAnUnpublishedKey => forge::by_an_unpublished_key(&header, &claims),
        Signature::Damaged => forge::damaged(&header, &claims, key),
        Signature::None => forge::unsigned(&header, &claims),
        Signature::Hs256WithPublicKey => forge::hs256_with_public_key(&header, &claims, key),
    }
}

fn shifted<'a>(facts: &TokenFacts<'a>, times: &Times) -> TokenFacts<'a> {
    let facts = *facts;
    match times {
        Times::Usual => facts,
        Times::Past => {
            let life = facts.expires_at.seconds_since(facts.now).unsigned_abs();
            let expires_at = facts.now - FAR;
            TokenFacts {
                expires_at,
                now: expires_at - Duration::from_secs(life),
                ..facts
            }
        }
        Times::Future => TokenFacts {
            now: facts.now + FAR,
            expires_at: facts.expires_at + FAR,
            ..facts
        },
    }
}

fn change(members: &mut Object, template: &Template, facts: &TokenFacts<'_>, claims: &Claims<'_>) {
    let mut set = |name: &str, value: Value| members.insert(name, value);
    match claims {
        Claims::Usual => {}
        // Here, and not among the facts: an audience may be the issuer, too.
        Claims::Issuer => {
            let issuer = template.member_of(&Placeholder::Issuer).unwrap_or("iss");
            set(issuer, "https://issuer.invalid".into());
        }
        Claims::Audience => {
            let of = |placeholder| template.member_of(placeholder);
            let audience = of(&Placeholder::AccessTokenAudience)
                .or(of(&Placeholder::IdTokenAudience))
                .unwrap_or("aud");
            set(
                audience,
                Value::Array(vec!["https://audience.invalid".into()]),
            );
        }
        Claims::Nonce => {
            let nonce = template.member_of(&Placeholder::Nonce).unwrap_or("nonce");
            set(nonce, "another-nonce".into());
        }
        Claims::AtHash => {
            let hash = template.member_of(&Placeholder::AccessTokenHash);
            set(hash.unwrap_or("at_hash"), half_hash("another token").into());
        }
        Claims::CHash => {
            let hash = template.member_of(&Placeholder::CodeHash);
            set(hash.unwrap_or("c_hash"), half_hash("another code").into());
        }
        Claims::Azp => set("azp", "another-client".into()),
        Claims::NotBefore => set("nbf", (facts.now + FAR).as_unix().into()),
        Claims::Without(name) => {
            members.remove(name);
        }
        Claims::With(others) => {
            for (name, value) in *others {
                set(name, value.clone());
            }
        }
        Claims::Larger(bytes) => {
            let padding = padding(members.to_string().len(), *bytes);
            members.insert("padding", padding);
        }
    }
}

/// Text that makes a token that many bytes larger, if its claims have that length. Base64url has no text of every length.
fn padding(claims: usize, bytes: usize) -> String {
    let encoded = |length: usize| (length * 4).div_ceil(3);
    let wanted = encoded(claims) + bytes;
    let length = (wanted * 3).div_ceil(4);
    "x".repeat(length.saturating_sub(claims + r#","padding":"""#.len()))
}

/// What a template writes is an object.
fn object(json: &str) -> Object {
    serde_json::from_str(json).unwrap_or_default()
}
