//! Reads signing keys from PEM or JWK, with an error that names the place and the remedy.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{KeyAlgorithm, KeyOperations, PublicKeyUse};
use rand::SeedableRng as _;
use rand::rngs::ChaCha12Rng;
use rsa::pkcs1::DecodeRsaPrivateKey;
use rsa::pkcs8::{self, DecodePrivateKey, EncodePrivateKey, SecretDocument, spki};
use rsa::traits::PublicKeyParts;
use rsa::{BoxedUint, PrivateKey};
use serde::Deserialize;
use serde::de::IgnoredAny;
use sha2::{Digest as _, Sha256};

use crate::json;
#[cfg(feature = "cli")]
use crate::json::Object;
use crate::json::invalid::Invalid;
use crate::keys::backend::Signer;
use crate::keys::{KeySet, SigningKey};
use crate::oauth::refusal::excerpt;

/// The built-in test key. It is public: anyone can sign with it.
const BUILT_IN: &str = include_str!("../../keys/signing.pem");
/// A key that no server publishes; it signs tokens that verifiers must refuse.
const UNPUBLISHED: &str = include_str!("../../keys/unpublished.pem");
/// The built-in keys of the first rotations, so that these need not generate a key.
const SUCCESSORS: [&str; 3] = [
    include_str!("../../keys/successor-1.pem"),
    include_str!("../../keys/successor-2.pem"),
    include_str!("../../keys/successor-3.pem"),
];

/// RFC 7518 §3.3.
const LEAST_BITS: u32 = 2048;
/// The largest size that the verifiers of common libraries accept.
const MOST_BITS: u32 = 8192;
const EXPONENT: u32 = 65_537;
/// The largest `kid` in bytes.
const LONGEST_KID: usize = 255;

/// Why a key cannot be used. Quoted parts of the file went through [`excerpt`].
#[derive(Debug, thiserror::Error)]
enum Unusable {
    #[error("cannot be read: {0}")]
    Unreadable(#[from] std::io::Error),
    #[error("is not text; turn DER into PEM with `openssl rsa -in FILE -out signing.pem`")]
    Binary,
    #[error(
        "is neither PEM (PKCS#8 `BEGIN PRIVATE KEY`, PKCS#1 `BEGIN RSA PRIVATE KEY`) nor a JWK: {0}"
    )]
    NoKey(String),
    #[error("is a public key; signing needs the private one")]
    Public,
    #[error("is encrypted; remove the passphrase with `openssl rsa -in FILE -out signing.pem`")]
    Encrypted,
    #[error("kty is {0}; only RSA keys can sign RS256, and `oauth-mimic keygen` makes one")]
    NotRsa(String),
    #[error("is not an unpadded base64url number (RFC 7518 §6.3)")]
    NotANumber,
    #[error("the RSA key is broken: {0}")]
    Broken(String),
    #[error(
        "the RSA key has {0} bits; RS256 needs {LEAST_BITS} to {MOST_BITS} (RFC 7518 §3.3), and `oauth-mimic keygen` makes one"
    )]
    Size(u32),
    #[error(
        "the RSA key's public exponent is not {EXPONENT}, the only one that all verifiers accept"
    )]
    Exponent,
    #[error("is empty; one key must sign, and `oauth-mimic keygen` makes one")]
    Empty,
    #[error("`{0}` names two keys; give each its own, or none")]
    SameKid(String),
    #[error("must be 1 to {LONGEST_KID} bytes without control characters")]
    Kid,
    #[error("names another purpose than `{0}`, so the key is not meant to sign (RFC 7517 §4)")]
    Purpose(&'static str),
}

impl From<Unusable> for Invalid {
    fn from(why: Unusable) -> Self {
        Self::new(why.to_string())
    }
}

/// The built-in key, from bytes that a test of this file checks in full.
pub(super) fn built_in() -> SigningKey {
    trusted(BUILT_IN)
}

/// The built-in key that no server publishes.
pub(super) fn unpublished() -> SigningKey {
    trusted(UNPUBLISHED)
}

/// The built-in keys that a server rotates through, in order.
pub(super) fn successors() -> Vec<SigningKey> {
    SUCCESSORS.iter().map(|pem| trusted(pem)).collect()
}

/// Reads a built-in key without the checks that a key of a user gets, because these take longer than the rest of the
/// start.
fn trusted(pem: &str) -> SigningKey {
    #[expect(clippy::expect_used, reason = "the bytes are compiled in and tested")]
    let (_, der) = SecretDocument::from_pem(pem).expect("a file of keys/ is PEM");
    #[expect(clippy::expect_used, reason = "the bytes are compiled in and tested")]
    Signer::from_pkcs8(der.as_bytes())
        .and_then(|signer| SigningKey::new(signer, None))
        .expect("a file of keys/ is an RSA key")
}

/// Reads the file of `--keys`: one PEM, one JWK, or a JWK Set whose first key signs.
pub(crate) fn file(path: &Path) -> Result<KeySet, Invalid> {
    let bytes = std::fs::read(path).map_err(Unusable::from)?;
    text(&String::from_utf8(bytes).map_err(|_| Unusable::Binary)?)
}

/// Reads the text of such a file. A mistake in a JWK has the JSON Pointer of its place.
pub(crate) fn text(text: &str) -> Result<KeySet, Invalid> {
    if text.trim_start().starts_with('{') {
        jwk_or_set(text.as_bytes())
    } else {
        Ok(KeySet::new(checked(&pem(text)?, None)?, []))
    }
}

fn pem(text: &str) -> Result<PrivateKey, Unusable> {
    let (label, block) = block(text)?;
    match label {
        "PRIVATE KEY" => PrivateKey::from_pkcs8_pem(block).map_err(|why| match why {
            pkcs8::Error::PublicKey(spki::Error::OidUnknown { oid }) => {
                Unusable::NotRsa(match oid.to_string().as_str() {
                    "1.2.840.10045.2.1" => "EC".to_owned(),
                    "1.3.101.112" | "1.3.101.113" => "OKP".to_owned(),
                    other => other.to_owned(),
                })
            }
            why => broken(why),
        }),
        "ENCRYPTED PRIVATE KEY" => Err(Unusable::Encrypted),
        "RSA PRIVATE KEY" if block.contains("Proc-Type: 4,ENCRYPTED") => Err(Unusable::Encrypted),
        "RSA PRIVATE KEY" => PrivateKey::from_pkcs1_pem(block).map_err(broken),
        "EC PRIVATE KEY" => Err(Unusable::NotRsa("EC".to_owned())),
        "PUBLIC KEY" | "RSA PUBLIC KEY" | "CERTIFICATE" => Err(Unusable::Public),
        other => Err(Unusable::NoKey(format!("it holds a `{}`", excerpt(other)))),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "`map_err` passes a value")]
fn broken(why: impl ToString) -> Unusable {
    Unusable::Broken(why.to_string())
}

/// The PEM block to read, with its label: the first private key, or else the first of all.
fn block(text: &str) -> Result<(&str, &str), Unusable> {
    let blocks: Vec<(&str, &str)> = text
        .match_indices("-----BEGIN ")
        .filter_map(|(at, begin)| {
            let label = text[at + begin.len()..].split("-----").next()?;
            Some((label, &text[at..]))
        })
        .collect();
    let (label, from) = blocks
        .iter()
        .find(|(label, _)| label.ends_with("PRIVATE KEY"))
        .or(blocks.first())
        .ok_or_else(|| Unusable::NoKey("it has no such block".to_owned()))?;
    let end = format!("-----END {label}-----");
    let at = from.find(&end).ok_or_else(|| {
        let label = excerpt(label);
        Unusable::Broken(format!(
            "`-----END {label}-----` is missing; is the file whole?"
        ))
    })?;
    Ok((*label, &from[..at + end.len()]))
}

/// A private RSA key of RFC 7518 §6.3.2; the CRT members follow from the others and are not read.
#[derive(Deserialize)]
struct PrivateJwk {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    public_key_use: Option<PublicKeyUse>,
    key_ops: Option<Vec<KeyOperations>>,
    alg: Option<KeyAlgorithm>,
    n: Option<String>,
    e: Option<String>,
    d: Option<String>,
    p: Option<String>,
    q: Option<String>,
    /// The primes beyond two (RFC 7518 §6.3.2.7).
    oth: Option<IgnoredAny>,
}

/// RFC 7517 §5.
#[derive(Deserialize)]
struct PrivateJwkSet {
    keys: Vec<PrivateJwk>,
}

/// Reads a JWK, or a JWK Set: an object with the member `keys`.
fn jwk_or_set(text: &[u8]) -> Result<KeySet, Invalid> {
    #[derive(Deserialize)]
    struct Form {
        keys: Option<IgnoredAny>,
    }

    let form: Form = json::read(text)?;
    if form.keys.is_some() {
        let set: PrivateJwkSet = json::read(text)?;
        jwk_set(set.keys).map_err(|why| why.within("keys"))
    } else {
        Ok(KeySet::new(jwk(json::read::<PrivateJwk>(text)?)?, []))
    }
}

fn jwk_set(jwks: Vec<PrivateJwk>) -> Result<KeySet, Invalid> {
    let mut keys: Vec<SigningKey> = Vec::new();
    for (index, read) in jwks.into_iter().enumerate() {
        let key = jwk(read).and_then(|key| {
            let is_taken = keys.iter().any(|other| other.public.kid == key.public.kid);
            if is_taken {
                let why = Unusable::SameKid(excerpt(&key.public.kid));
                return Err(Invalid::from(why).within("kid"));
            }
            Ok(key)
        });
        keys.push(key.map_err(|why| why.within(&index.to_string()))?);
    }
    let mut keys = keys.into_iter();
    let signing = keys.next().ok_or(Unusable::Empty)?;
    Ok(KeySet::new(signing, keys))
}

fn jwk(jwk: PrivateJwk) -> Result<SigningKey, Invalid> {
    let key = components(&jwk)?;
    check_purpose(&jwk)?;
    if !jwk.kid.as_deref().is_none_or(is_kid) {
        return Err(Invalid::from(Unusable::Kid).within("kid"));
    }
    Ok(checked(&key, jwk.kid)?)
}

/// Checks that the key is meant to sign by RS256, where it says what it is meant for (RFC 7517 §4.2 to §4.4).
fn check_purpose(jwk: &PrivateJwk) -> Result<(), Invalid> {
    let is_other = [
        (
            "use",
            "sig",
            jwk.public_key_use
                .as_ref()
                .is_some_and(|held| *held != PublicKeyUse::Signature),
        ),
        (
            "alg",
            "RS256",
            jwk.alg
                .as_ref()
                .is_some_and(|held| *held != KeyAlgorithm::RS256),
        ),
        (
            "key_ops",
            "sign",
            jwk.key_ops
                .as_ref()
                .is_some_and(|held| !held.contains(&KeyOperations::Sign)),
        ),
    ];
    match is_other.iter().find(|(_, _, is_other)| *is_other) {
        Some((member, wanted, _)) => Err(Invalid::from(Unusable::Purpose(wanted)).within(member)),
        None => Ok(()),
    }
}

/// A `kid` is part of every token, which has a size limit, and of a path of the control plane.
fn is_kid(kid: &str) -> bool {
    (1..=LONGEST_KID).contains(&kid.len()) && !kid.contains(char::is_control)
}

fn components(jwk: &PrivateJwk) -> Result<PrivateKey, Invalid> {
    if jwk.kty != "RSA" {
        return Err(Unusable::NotRsa(excerpt(&jwk.kty)).into());
    }
    if jwk.oth.is_some() {
        return Err(broken("it has more than two primes").into());
    }
    let number = |name: &str, member: &Option<String>| {
        let Some(text) = member else { return Ok(None) };
        match URL_SAFE_NO_PAD.decode(text) {
            Ok(bytes) if !bytes.is_empty() => Ok(Some(BoxedUint::from_be_slice_vartime(&bytes))),
            _ => Err(Invalid::from(Unusable::NotANumber).within(name)),
        }
    };
    let missing = |name: &str| Unusable::Broken(format!("`{name}` is missing"));
    let n = number("n", &jwk.n)?.ok_or_else(|| missing("n"))?;
    let e = number("e", &jwk.e)?.ok_or_else(|| missing("e"))?;
    let d = number("d", &jwk.d)?.ok_or(Unusable::Public)?;
    let primes = match (number("p", &jwk.p)?, number("q", &jwk.q)?) {
        (Some(p), Some(q)) => vec![p, q],
        _ => Vec::new(),
    };
    // Before `rsa` searches the primes: it takes hours for a huge modulus, and panics on an exponent of 0.
    check_public(&n, &e)?;
    if bool::from(d.is_zero()) {
        return Err(broken("`d` is 0").into());
    }
    Ok(PrivateKey::from_components(n, e, d, primes).map_err(broken)?)
}

/// Checks that verifiers accept a key of that size and with that public exponent.
fn check_public(n: &BoxedUint, e: &BoxedUint) -> Result<(), Unusable> {
    let bits = n.bit_width_vartime();
    if !(LEAST_BITS..=MOST_BITS).contains(&bits) {
        return Err(Unusable::Size(bits));
    }
    if *e != BoxedUint::from(EXPONENT) {
        return Err(Unusable::Exponent);
    }
    Ok(())
}

/// Makes a signing key of a key that `rsa` has validated, if its size and exponent are accepted.
fn checked(key: &PrivateKey, kid: Option<String>) -> Result<SigningKey, Unusable> {
    check_public(key.n(), key.e())?;
    key.validate().map_err(broken)?;
    let refused = || broken("the signing library refuses it");
    let der = key.to_pkcs8_der().map_err(|_| refused())?;
    Signer::from_pkcs8(der.as_bytes())
        .and_then(|signer| SigningKey::new(signer, kid))
        .ok_or_else(refused)
}

/// The size in bits of a key that a rotation generates.
const ROTATION_BITS: usize = 2048;

/// Generates a random signing key.
pub(super) fn generate_signing_key() -> SigningKey {
    #[expect(
        clippy::expect_used,
        reason = "2048 bits are a size that keys can have"
    )]
    Signer::generate()
        .and_then(|signer| SigningKey::new(signer, None))
        .expect("a new RSA key signs")
}

/// Makes the key of rotation `number` under `seed`: the same one on every run and with either backend. The generator is
/// `rsa`'s, because that of aws-lc cannot be seeded.
pub(super) fn derive(seed: u64, number: usize) -> SigningKey {
    let digest = Sha256::new()
        .chain_update(b"oauth-mimic rotation")
        .chain_update(seed.to_be_bytes())
        .chain_update((number as u64).to_be_bytes());
    let mut random = ChaCha12Rng::from_seed(digest.finalize().into());
    #[expect(
        clippy::expect_used,
        reason = "2048 bits are a size that keys can have"
    )]
    PrivateKey::new(&mut random, ROTATION_BITS)
        .ok()
        .and_then(|key| checked(&key, None).ok())
        .expect("a new RSA key is a good one")
}

/// A generated key.
#[cfg(feature = "cli")]
#[derive(Debug)]
pub(crate) struct Generated(PrivateKey);

/// Generates an RSA key with a modulus of `bits` bits.
#[cfg(feature = "cli")]
pub(crate) fn generate(bits: usize) -> rsa::Result<Generated> {
    PrivateKey::new(&mut rand::rng(), bits).map(Generated)
}

#[cfg(feature = "cli")]
impl Generated {
    pub(crate) fn to_pem(&self) -> rsa::pkcs8::Result<String> {
        Ok(self.0.to_pkcs8_pem(rsa::pkcs8::LineEnding::LF)?.to_string())
    }

    /// Returns the private key as a JWK (RFC 7518 §6.3), with its primes, which make it faster to read.
    pub(crate) fn to_jwk(&self) -> String {
        use rsa::traits::PrivateKeyParts as _;

        let number =
            |number: &BoxedUint| URL_SAFE_NO_PAD.encode(number.to_be_bytes_trimmed_vartime());
        let primes = self.0.primes();
        let members = [
            ("kty", "RSA".to_owned()),
            ("use", "sig".to_owned()),
            ("alg", "RS256".to_owned()),
            ("n", number(self.0.n())),
            ("e", number(self.0.e())),
            ("d", number(self.0.d())),
            ("p", number(&primes[0])),
            ("q", number(&primes[1])),
        ];
        Object::from_iter(members).to_string()
    }
}

#[cfg(test)]
mod tests {
    #[cfg(feature = "cli")]
    use serde_json::Value;

    use super::*;

    #[test]
    fn the_built_in_key_passes_every_check_that_a_strangers_key_gets() {
        let read = text(BUILT_IN).expect("a good key");
        assert_eq!(read.signing().public.kid, built_in().public.kid);
    }

    #[test]
    fn what_one_key_signs_it_alone_verifies() {
        let (ours, theirs) = (
            text(BUILT_IN).expect("a key"),
            text(UNPUBLISHED).expect("a key"),
        );
        let signature = ours.signing().sign(b"message");
        assert!(ours.signing().public.verifies(b"message", &signature));
        assert!(!ours.signing().public.verifies(b"massage", &signature));
        assert!(!theirs.signing().public.verifies(b"message", &signature));
        assert!(!ours.signing().public.verifies(b"message", &signature[1..]));
    }

    #[test]
    fn a_jwk_with_an_empty_number_is_refused_at_its_place() {
        for member in ["n", "e", "d", "p", "q"] {
            let number = |name| if name == member { "" } else { "AQAB" };
            let jwk = format!(
                r#"{{"kty":"RSA","n":"{}","e":"{}","d":"{}","p":"{}","q":"{}"}}"#,
                number("n"),
                number("e"),
                number("d"),
                number("p"),
                number("q"),
            );
            let why = text(&jwk).expect_err(member).to_string();
            assert!(
                why.starts_with(&format!("/{member}: is not an unpadded")),
                "{why}"
            );
        }
    }

    #[cfg(feature = "cli")]
    #[test]
    fn a_key_is_found_among_other_blocks_and_in_every_form() {
        use rsa::pkcs1::EncodeRsaPrivateKey as _;

        let key = pem(BUILT_IN).expect("a key");
        let pkcs1 = key
            .to_pkcs1_pem(rsa::pkcs8::LineEnding::CRLF)
            .expect("PKCS#1");
        let certificate = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
        let mut jwk: Value = serde_json::from_str(&Generated(key).to_jwk()).expect("a JWK");
        let whole = jwk.to_string();
        for prime in ["p", "q"] {
            jwk.as_object_mut().expect("an object").remove(prime);
        }
        for form in [
            pkcs1.to_string(),
            format!("{certificate}{BUILT_IN}"),
            format!("{BUILT_IN}{certificate}"),
            whole.clone(),
            jwk.to_string(),
            format!(r#" {{ "keys": [{whole}] }} "#),
        ] {
            let read = text(&form).unwrap_or_else(|why| panic!("{why}: {form}"));
            assert_eq!(read.signing().public.kid, built_in().public.kid);
        }
    }
}
