//! Decoding and verifying a token for a person: every finding, not only the first reason to refuse.

use crate::authority::Authority;
use crate::clock::Timestamp;
use crate::json::Object;
use crate::keys::Alg;
use crate::keys::jws::{Jws, Members};
use crate::oauth::client::Client;
use crate::oauth::refusal::excerpt;
use crate::oauth::token_kind::TokenKind;
use crate::shape::Expected;

/// A longer life than any server gives a token. Seconds.
const YEAR: i64 = 366 * 24 * 3600;

/// The findings about a text that may be a token.
#[derive(Debug, Default)]
pub(crate) struct Inspection {
    /// The header and the claims; `None` if the text is not a signed token.
    pub(crate) decoded: Option<(Object, Object)>,
    /// When the token ends.
    pub(crate) expires_at: Option<Timestamp>,
    /// What was checked and is right.
    pub(crate) right: Vec<String>,
    /// Why the token must not be accepted.
    pub(crate) wrong: Vec<String>,
    /// What is unusual and not wrong.
    pub(crate) odd: Vec<String>,
}

impl Authority {
    /// Decodes a token and verifies it: the signature by the published keys, then type, audience and times. The issuer is
    /// checked if one is expected.
    pub(crate) fn inspect(
        &self,
        token: &str,
        expected_issuer: Option<&str>,
        now: Timestamp,
    ) -> Inspection {
        Inspection::of(token, self, expected_issuer, now)
    }
}

impl Inspection {
    /// Returns the header and the claims as indented JSON.
    pub(crate) fn indented(&self) -> Option<(String, String)> {
        let text = |object| serde_json::to_string_pretty(object).unwrap_or_default();
        let (header, claims) = self.decoded.as_ref()?;
        Some((text(header), text(claims)))
    }

    fn of(
        token: &str,
        authority: &Authority,
        expected_issuer: Option<&str>,
        now: Timestamp,
    ) -> Self {
        let mut report = Self::default();
        match Jws::parse(token) {
            Ok(jws) => report.jws(&jws, authority, expected_issuer, now),
            Err(_) if !authority.registry.owners_of(token).is_empty() => report
                .right
                .push("it is the name of a refresh token of the fixtures".to_owned()),
            Err(why) => report
                .wrong
                .push(format!("it is not a signed token: {why}")),
        }
        report
    }

    fn jws(
        &mut self,
        jws: &Jws<'_>,
        authority: &Authority,
        expected_issuer: Option<&str>,
        now: Timestamp,
    ) {
        self.decoded = Some((object(&jws.header), object(&jws.claims)));
        match jws.verify(authority.keys().published(now), Alg::ALL) {
            Ok(key) => self
                .right
                .push(format!("the signature is good, by key {}", key.kid)),
            Err(why) => self.wrong.push(format!("the signature is wrong: {why}")),
        }
        let kind = self.kind(&jws.claims, authority);
        let issuer = self.issuer(kind, &jws.claims, authority, expected_issuer);
        let client_id =
            kind.and_then(|kind| authority.settings.profile.client_of(kind, &jws.claims));
        let client = client_id.and_then(|id| authority.registry.get::<Client>(id));
        if let (Some(client_id), None) = (client_id, &client) {
            let client_id = excerpt(client_id);
            self.odd.push(format!(
                "its client {client_id} is not in the fixtures, so its audience is not checked"
            ));
        }
        let expected = Expected {
            issuer,
            client: client.as_deref(),
            now,
        };
        let invalid = authority.settings.profile.invalid(kind, jws, &expected);
        self.wrong.extend(invalid.iter().map(ToString::to_string));
        let (issued_at, expires_at) = authority.settings.profile.times_of(kind, &jws.claims);
        self.expires_at = expires_at;
        self.life(issued_at, expires_at, now);
    }

    fn kind(&mut self, claims: &Members, authority: &Authority) -> Option<TokenKind> {
        let profile = &authority.settings.profile;
        let kind = profile.kind_of(claims);
        match kind {
            Some(kind) => self.right.push(format!(
                "it is {} of profile {}",
                kind.described(),
                profile.name
            )),
            None => self.odd.push(format!(
                "it has the claims of none of the tokens of profile {}",
                profile.name
            )),
        }
        kind
    }

    /// Checks the issuer if one is expected; returns the one that audiences are compared with.
    fn issuer<'a>(
        &mut self,
        kind: Option<TokenKind>,
        claims: &'a Members,
        authority: &'a Authority,
        expected: Option<&'a str>,
    ) -> &'a str {
        let found = kind.and_then(|kind| authority.settings.profile.issuer_of(kind, claims));
        match (expected, found) {
            (Some(expected), Some(found)) if found != expected => {
                let found = excerpt(found);
                self.wrong
                    .push(format!("its issuer is {found}, not {expected}"));
                expected
            }
            (Some(expected), _) => expected,
            (None, Some(found)) => found,
            (None, None) => &authority.settings.issuer,
        }
    }

    fn life(
        &mut self,
        issued_at: Option<Timestamp>,
        expires_at: Option<Timestamp>,
        now: Timestamp,
    ) {
        let Some(expires_at) = expires_at else {
            self.wrong
                .push("it has no exp, so it never expires".to_owned());
            return;
        };
        let left = expires_at.seconds_since(now);
        if left > 0 {
            self.right
                .push(format!("it expires at {expires_at}, in {left} s"));
        } else {
            self.wrong.push(format!(
                "it expired at {expires_at}, {} s ago",
                left.unsigned_abs()
            ));
        }
        match issued_at.map(|at| expires_at.seconds_since(at)) {
            Some(life) if life <= 0 => self.odd.push("it expired before it was issued".to_owned()),
            Some(life) if life > YEAR => self
                .odd
                .push(format!("it lives {life} s, more than a year")),
            _ => {}
        }
    }
}

fn object(members: &Members) -> Object {
    let members = members.iter();
    members.map(|(name, value)| (name, value.clone())).collect()
}
