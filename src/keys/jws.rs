//! Writing and strict reading of signed tokens in compact form (RFC 7515 §7.1).
//!
//! A token has exactly one accepted encoding: three parts, unpadded base64url whose unused bits are zero, unique member names. So
//! every verifier reads an accepted token in the same way.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};

use crate::json::Value;
use crate::keys::{Alg, PublicKey, SigningKey};
use crate::oauth::refusal::excerpt;

/// The largest token in bytes; the server writes none that is longer, and refuses a longer one without parsing it.
const LONGEST: usize = 64 * 1024;

/// The most members of a header or claim set. There is a limit because each name is compared with all earlier ones.
const MOST_MEMBERS: usize = 256;

/// Signs a header and claims, both serialized as JSON.
pub(crate) fn sign(header: impl AsRef<[u8]>, claims: impl AsRef<[u8]>, key: &SigningKey) -> String {
    let (header, claims) = (header.as_ref(), claims.as_ref());
    let mut token = Vec::with_capacity((header.len() + claims.len()) * 4 / 3 + 360);
    encode(header, &mut token);
    token.push(b'.');
    encode(claims, &mut token);
    let signature = key.sign(&token);
    token.push(b'.');
    encode(&signature, &mut token);
    // Base64url and dots are UTF-8.
    String::from_utf8(token).unwrap_or_default()
}

/// Appends a part in base64url. [`base64::Engine::encode_string`] does it by way of a second buffer.
fn encode(part: &[u8], token: &mut Vec<u8>) {
    let start = token.len();
    token.resize(start + (part.len() * 4).div_ceil(3), 0);
    // The room is exactly that of the encoded part.
    let _ = URL_SAFE_NO_PAD.encode_slice(part, &mut token[start..]);
}

/// A parsed token whose signature is not verified yet.
#[derive(Debug)]
pub(crate) struct Jws<'a> {
    pub(crate) header: Members,
    pub(crate) claims: Members,
    signing_input: &'a [u8],
    signature: Vec<u8>,
}

/// Why a text is not a token. Quoted parts of the text went through [`excerpt`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Malformed {
    #[error("it is longer than {LONGEST} bytes")]
    TooLong,
    #[error("a token has three parts with a dot between them, this has {0}")]
    Parts(usize),
    #[error("its {0} is not unpadded base64url (RFC 7515 section 2)")]
    Base64(&'static str),
    #[error("its {0} is not a JSON object with unique names: {1}")]
    Json(&'static str, String),
}

/// Why a token's signature is not accepted. Quoted parts of the token went through [`excerpt`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Forged {
    #[error("its alg is {found}, and only {allowed} is accepted")]
    Algorithm { found: String, allowed: String },
    #[error(
        "its header has crit, and this server supports no critical extension (RFC 7515 section 4.1.11)"
    )]
    Critical,
    #[error("its kid {0} names none of the published keys")]
    UnknownKey(String),
    #[error("no published key verifies it")]
    Signature,
}

impl<'a> Jws<'a> {
    pub(crate) fn parse(token: &'a str) -> Result<Self, Malformed> {
        if token.len() > LONGEST {
            return Err(Malformed::TooLong);
        }
        let parts = token.split('.').count();
        let (Some((signing_input, signature)), 3) = (token.rsplit_once('.'), parts) else {
            return Err(Malformed::Parts(parts));
        };
        let (header, claims) = signing_input.split_once('.').unwrap_or_default();
        Ok(Self {
            header: object("header", header)?,
            claims: object("claims", claims)?,
            signing_input: signing_input.as_bytes(),
            signature: decode("signature", signature)?,
        })
    }

    /// Finds the key among `candidates` that signed this with one of the `allowed` algorithms (RFC 7515 §5.2).
    pub(crate) fn verify<'k>(
        &self,
        candidates: impl IntoIterator<Item = &'k PublicKey>,
        allowed: &[Alg],
    ) -> Result<&'k PublicKey, Forged> {
        let alg = self.alg(allowed)?;
        if self.header.get("crit").is_some() {
            return Err(Forged::Critical);
        }
        let kid = self.kid()?;
        let mut candidates = candidates
            .into_iter()
            .filter(|key| key.alg == alg && kid.is_none_or(|kid| kid == key.kid))
            .peekable();
        if let (Some(kid), None) = (kid, candidates.peek()) {
            return Err(Forged::UnknownKey(excerpt(kid)));
        }
        candidates
            .find(|key| key.verifies(self.signing_input, &self.signature))
            .ok_or(Forged::Signature)
    }

    fn alg(&self, allowed: &[Alg]) -> Result<Alg, Forged> {
        let refused = |found: String| Forged::Algorithm {
            found,
            allowed: allowed
                .iter()
                .map(|alg| alg.name())
                .collect::<Vec<_>>()
                .join(", "),
        };
        match self.header.get("alg") {
            Some(Value::String(name)) => Alg::parse(name)
                .filter(|alg| allowed.contains(alg))
                .ok_or_else(|| refused(excerpt(name))),
            Some(other) => Err(refused(excerpt(&other.to_string()))),
            None => Err(refused("missing".to_owned())),
        }
    }

    fn kid(&self) -> Result<Option<&str>, Forged> {
        match self.header.get("kid") {
            None => Ok(None),
            Some(Value::String(kid)) => Ok(Some(kid)),
            Some(other) => Err(Forged::UnknownKey(excerpt(&other.to_string()))),
        }
    }
}

fn decode(part: &'static str, encoded: &str) -> Result<Vec<u8>, Malformed> {
    URL_SAFE_NO_PAD
        .decode(encoded)
        .map_err(|_| Malformed::Base64(part))
}

fn object(part: &'static str, encoded: &str) -> Result<Members, Malformed> {
    let json = decode(part, encoded)?;
    // serde_json's error for a value that is not an object would quote the whole value, so it is refused before.
    if json.trim_ascii_start().first() != Some(&b'{') {
        return Err(Malformed::Json(part, "it is not an object".to_owned()));
    }
    serde_json::from_slice(&json).map_err(|why| {
        let problem = why.to_string();
        // An error about data quotes the name of a member; an error of syntax quotes nothing.
        let quoted = why.is_data().then(|| excerpt(&problem));
        Malformed::Json(part, quoted.unwrap_or(problem))
    })
}

/// The members of a JSON object, in order, each name once (RFC 7515 §4, RFC 7519 §4).
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Members(Vec<(String, Value)>);

impl Members {
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.0
            .iter()
            .find(|(held, _)| held == name)
            .map(|(_, value)| value)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Unique;

        impl<'de> Visitor<'de> for Unique {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Members(Vec::with_capacity(16));
                while let Some(name) = map.next_key::<String>()? {
                    if members.0.len() == MOST_MEMBERS {
                        return Err(A::Error::custom(format_args!(
                            "more than {MOST_MEMBERS} members"
                        )));
                    }
                    if members.get(&name).is_some() {
                        return Err(A::Error::custom(format_args!("duplicate field `{name}`")));
                    }
                    members.0.push((name, map.next_value()?));
                }
                Ok(members)
            }
        }

        deserializer.deserialize_map(Unique)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::clock::Timestamp;
    use crate::keys::{KeySet, load};

    fn token(header: &str, claims: &str) -> String {
        sign(header, claims, KeySet::built_in().signing())
    }

    fn verdict(token: &str) -> Result<(), String> {
        let jws = Jws::parse(token).map_err(|why| why.to_string())?;
        let keys = KeySet::built_in();
        jws.verify(keys.published(Timestamp::from_unix(0)), Alg::ALL)
            .map(drop)
            .map_err(|why| why.to_string())
    }

    #[test]
    fn what_is_signed_here_reads_back_in_order() {
        let token = token(r#"{"alg":"RS256","typ":"JWT"}"#, r#"{"b":1,"a":[2]}"#);
        let jws = Jws::parse(&token).expect("a token");
        let names: Vec<&str> = jws.claims.iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["b", "a"]);
        assert_eq!(verdict(&token), Ok(()));
    }

    #[test]
    fn a_token_of_sixty_thousand_bytes_is_read() {
        let claims = format!(r#"{{"a":"{}"}}"#, "x".repeat(45_000));
        let token = token(r#"{"alg":"RS256"}"#, &claims);
        assert!(token.len() > 60_000);
        assert_eq!(verdict(&token), Ok(()));
    }

    #[test]
    fn only_a_candidate_of_an_allowed_algorithm_verifies() {
        let (ours, theirs) = (KeySet::built_in(), load::unpublished());
        let token = token(r#"{"alg":"RS256"}"#, r#"{"sub":"a"}"#);
        let jws = Jws::parse(&token).expect("a token");
        let key = &ours.signing().public;
        assert!(jws.verify([&theirs.public, key], Alg::ALL).is_ok());
        let refused = |candidates: &[&PublicKey], allowed| {
            jws.verify(candidates.iter().copied(), allowed)
                .expect_err("forged")
        };
        assert_eq!(refused(&[&theirs.public], Alg::ALL), Forged::Signature);
        assert_eq!(refused(&[], Alg::ALL), Forged::Signature);
        assert!(matches!(refused(&[key], &[]), Forged::Algorithm { .. }));
    }

    #[test]
    fn every_other_spelling_of_a_token_is_refused() {
        let good = token(r#"{"alg":"RS256"}"#, r#"{"sub":"a"}"#);
        let (signing_input, signature) = good.rsplit_once('.').expect("three parts");
        let (header, claims) = signing_input.split_once('.').expect("three parts");
        let last = signature.chars().last().expect("a character");
        // 256 bytes leave two bits of the last character unused; with these set, it decodes to the same bytes.
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let index = alphabet.find(last).expect("base64url");
        let twin = &alphabet[index + 1..index + 2];
        for (spelling, why) in [
            (format!("{good}="), "base64url"),
            (format!("{good} "), "base64url"),
            (format!("{good}\n"), "base64url"),
            (format!("{}{twin}", &good[..good.len() - 1]), "base64url"),
            (format!("{good}.x"), "this has 4"),
            (signing_input.to_owned(), "this has 2"),
            (good[..good.len() - 2].to_owned(), "no published key"),
            (format!("{signing_input}."), "no published key"),
            (format!("{header}.{claims}A.{signature}"), "claims"),
            (format!("{header}..{signature}"), "claims"),
            (format!("x{}", "A".repeat(LONGEST)), "longer than"),
            ("A".repeat(LONGEST), "this has 1"),
        ] {
            let told = verdict(&spelling).expect_err(&spelling);
            assert!(told.contains(why), "{told} / {why}");
        }
    }

    #[test]
    fn a_header_that_asks_for_something_else_is_refused() {
        for (header, why) in [
            (r#"{"alg":"none"}"#, "alg is none"),
            (r#"{"alg":"nOnE"}"#, "alg is nOnE"),
            (r#"{"alg":"HS256"}"#, "alg is HS256"),
            (r#"{"typ":"JWT"}"#, "alg is missing"),
            (r#"{"alg":["RS256"]}"#, "alg is"),
            (r#"{"alg":"RS256","crit":[]}"#, "crit"),
            (
                r#"{"alg":"RS256","kid":"../../etc/passwd"}"#,
                "kid ../../etc/passwd",
            ),
            (r#"{"alg":"RS256","kid":1}"#, "kid 1"),
            (r#"{"alg":"RS256","alg":"RS256"}"#, "duplicate field"),
            (r#"{"alg":"RS256","x":{"a":1,"a":2}}"#, "duplicate field"),
            ("null", "JSON object"),
            ("[]", "JSON object"),
        ] {
            let told = verdict(&token(header, r#"{"sub":"a"}"#)).expect_err(header);
            assert!(told.contains(why), "{told} / {why}");
        }
    }

    #[test]
    fn what_is_said_of_a_token_quotes_it_as_an_error_description_may() {
        let long = "x".repeat(1000);
        for (header, claims) in [
            (r#""a\"b\\c\n""#.to_owned(), "{}".to_owned()),
            (
                r#"{"alg":"RS256"}"#.to_owned(),
                r#"{"a\"\n":1,"a\"\n":2}"#.to_owned(),
            ),
            (
                r#"{"alg":"RS256"}"#.to_owned(),
                r#"{"x":{"a\"\n":1,"a\"\n":2}}"#.to_owned(),
            ),
            (format!(r#"{{"{long}":1,"{long}":2}}"#), "{}".to_owned()),
            (
                format!(r#"{{"x":{{"{long}":1,"{long}":2}}}}"#),
                "{}".to_owned(),
            ),
            (r#"{"alg":"\"\n"}"#.to_owned(), "{}".to_owned()),
            (r#"{"alg":{"\n":"\""}}"#.to_owned(), "{}".to_owned()),
            (
                format!(r#"{{"alg":"RS256","kid":"{long}"}}"#),
                "{}".to_owned(),
            ),
            (
                r#"{"alg":"RS256","kid":["\"é"]}"#.to_owned(),
                "{}".to_owned(),
            ),
        ] {
            let told = verdict(&token(&header, &claims)).expect_err(&header);
            // RFC 6749 §5.2.
            let fit = |c: char| matches!(c, '\x20'..='\x7E') && !matches!(c, '"' | '\\');
            assert!(told.replace('§', "").chars().all(fit), "{told}");
            assert!(told.len() < 300, "{told}");
        }
    }

    #[test]
    fn deep_nesting_is_refused_and_not_climbed() {
        let deep = format!(r#"{{"a":{}{}}}"#, "[".repeat(10_000), "]".repeat(10_000));
        assert!(
            verdict(&token(r#"{"alg":"RS256"}"#, &deep))
                .expect_err("too deep")
                .contains("recursion")
        );
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[A-Za-z0-9_.-]{0,80}|\\PC*") {
            let _ = verdict(&text);
        }

        #[test]
        fn a_token_changed_in_one_byte_is_never_believed(at in any::<prop::sample::Index>(), byte in 0u8..128) {
            let good = token(r#"{"alg":"RS256"}"#, r#"{"sub":"a"}"#);
            let mut other = good.clone().into_bytes();
            let at = at.index(other.len());
            other[at] = byte;
            let other = String::from_utf8(other).expect("ASCII");
            prop_assert_eq!(verdict(&other).is_ok(), other == good);
        }
    }
}
