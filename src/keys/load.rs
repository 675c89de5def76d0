//! Reads signing keys from PEM or JWK, with an error that names the place and the remedy.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::SeedableRng as _;
use rand::rngs::ChaCha12Rng;
use rsa::pkcs1::DecodeRsaPrivateKey;
use rsa::pkcs8::{self, DecodePrivateKey, EncodePrivateKey, SecretDocument, spki};
use rsa::traits::PublicKeyParts;
use rsa::{BoxedUint, PrivateKey};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::keys::backend::Signer;
use crate::keys::{KeySet, SigningKey};

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

/// Why a key file cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyError {
    #[error("cannot be read: {0}")]
    Unreadable(#[from] std::io::Error),
    #[error("is not text; turn DER into PEM with `openssl rsa -in FILE -out signing.pem`")]
    Binary,
    #[error(
        "is neither PEM (PKCS#8 `BEGIN PRIVATE KEY`, PKCS#1 `BEGIN RSA PRIVATE KEY`) nor a JWK: {0}"
    )]
    NoKey(String),
    #[error("{path}: is a public key; signing needs the private one")]
    Public { path: String },
    #[error(
        "key: is encrypted; remove the passphrase with `openssl rsa -in FILE -out signing.pem`"
    )]
    Encrypted,
    #[error("{path}: is not a JWK: {why}")]
    NotAJwk { path: String, why: String },
    #[error(
        "{path}: kty is {kty}; only RSA keys can sign RS256, and `oauth-mimic keygen` makes one"
    )]
    NotRsa { path: String, kty: String },
    #[error("{path}: is not an unpadded base64url number (RFC 7518 §6.3)")]
    NotANumber { path: String },
    #[error("{path}: the RSA key is broken: {why}")]
    Broken { path: String, why: String },
    #[error(
        "{path}: the RSA key has {bits} bits; RS256 needs {LEAST_BITS} to {MOST_BITS} (RFC 7518 §3.3), and `oauth-mimic keygen` makes one"
    )]
    Weak { path: String, bits: u32 },
    #[error(
        "{path}: the RSA key's public exponent is not {EXPONENT}, the only one that all verifiers accept"
    )]
    Exponent { path: String },
    #[error("keys: is empty; one key must sign, and `oauth-mimic keygen` makes one")]
    Empty,
    #[error("keys[{index}].kid: `{kid}` names two keys; give each its own, or none")]
    SameKid { index: usize, kid: String },
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
pub(crate) fn file(path: &Path) -> Result<KeySet, KeyError> {
    text(&String::from_utf8(std::fs::read(path)?).map_err(|_| KeyError::Binary)?)
}

/// Reads the text of such a file.
pub(crate) fn text(text: &str) -> Result<KeySet, KeyError> {
    if text.trim_start().starts_with('{') {
        jwk(text)
    } else {
        pem(text).and_then(|key| Ok(KeySet::new(checked(&key, "key", None)?, [])))
    }
}

fn pem(text: &str) -> Result<PrivateKey, KeyError> {
    let path = || "key".to_owned();
    let broken = |why: String| KeyError::Broken { path: path(), why };
    let (label, block) = block(text)?;
    match label {
        "PRIVATE KEY" => PrivateKey::from_pkcs8_pem(block).map_err(|why| match why {
            pkcs8::Error::PublicKey(spki::Error::OidUnknown { oid }) => KeyError::NotRsa {
                path: path(),
                kty: match oid.to_string().as_str() {
                    "1.2.840.10045.2.1" => "EC".to_owned(),
                    "1.3.101.112" | "1.3.101.113" => "OKP".to_owned(),
                    other => other.to_owned(),
                },
            },
            why => broken(why.to_string()),
        }),
        "ENCRYPTED PRIVATE KEY" => Err(KeyError::Encrypted),
        "RSA PRIVATE KEY" if block.contains("Proc-Type: 4,ENCRYPTED") => Err(KeyError::Encrypted),
        "RSA PRIVATE KEY" => {
            PrivateKey::from_pkcs1_pem(block).map_err(|why| broken(why.to_string()))
        }
        "EC PRIVATE KEY" => Err(KeyError::NotRsa {
            path: path(),
            kty: "EC".to_owned(),
        }),
        "PUBLIC KEY" | "RSA PUBLIC KEY" | "CERTIFICATE" => Err(KeyError::Public { path: path() }),
        other => Err(KeyError::NoKey(format!("it holds a `{other}`"))),
    }
}

/// The PEM block to read, with its label: the first private key, or else the first of all.
fn block(text: &str) -> Result<(&str, &str), KeyError> {
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
        .ok_or_else(|| KeyError::NoKey("it has no such block".to_owned()))?;
    let end = format!("-----END {label}-----");
    let at = from.find(&end).ok_or_else(|| KeyError::Broken {
        path: "key".to_owned(),
        why: format!("`{end}` is missing; is the file whole?"),
    })?;
    Ok((*label, &from[..at + end.len()]))
}

/// A private RSA key of RFC 7518 §6.3.2; the CRT members follow from the others and are not read.
#[derive(Deserialize)]
struct PrivateJwk {
    kty: String,
    kid: Option<String>,
    n: Option<String>,
    e: Option<String>,
    d: Option<String>,
    p: Option<String>,
    q: Option<String>,
}

fn jwk(text: &str) -> Result<KeySet, KeyError> {
    let not_a_jwk = |path: String, why: String| KeyError::NotAJwk { path, why };
    let document: Value =
        serde_json::from_str(text).map_err(|why| KeyError::NoKey(why.to_string()))?;
    let jwks: Vec<(String, &Value)> = match document.get("keys") {
        None => vec![("key".to_owned(), &document)],
        Some(Value::Array(keys)) => keys
            .iter()
            .enumerate()
            .map(|(index, jwk)| (format!("keys[{index}]"), jwk))
            .collect(),
        Some(_) => {
            let why = "must be a list of JWKs (RFC 7517 §5.1)".to_owned();
            return Err(not_a_jwk("keys".to_owned(), why));
        }
    };
    let mut keys: Vec<SigningKey> = Vec::new();
    for (index, (path, json)) in jwks.into_iter().enumerate() {
        if !json.is_object() {
            return Err(not_a_jwk(path, "must be a JSON object".to_owned()));
        }
        let jwk: PrivateJwk = serde_path_to_error::deserialize(json).map_err(|why| {
            let member = why.path().to_string();
            let path = if member == "." {
                path.clone()
            } else {
                format!("{path}.{member}")
            };
            not_a_jwk(path, why.into_inner().to_string())
        })?;
        let key = checked(&components(&path, &jwk)?, &path, jwk.kid)?;
        if keys.iter().any(|other| other.public.kid == key.public.kid) {
            return Err(KeyError::SameKid {
                index,
                kid: key.public.kid,
            });
        }
        keys.push(key);
    }
    let mut keys = keys.into_iter();
    let signing = keys.next().ok_or(KeyError::Empty)?;
    Ok(KeySet::new(signing, keys))
}

fn components(path: &str, jwk: &PrivateJwk) -> Result<PrivateKey, KeyError> {
    if jwk.kty != "RSA" {
        return Err(KeyError::NotRsa {
            path: path.to_owned(),
            kty: jwk.kty.clone(),
        });
    }
    let number = |name: &str, member: &Option<String>| {
        let Some(text) = member else { return Ok(None) };
        match URL_SAFE_NO_PAD.decode(text) {
            Ok(bytes) if !bytes.is_empty() => Ok(Some(BoxedUint::from_be_slice_vartime(&bytes))),
            _ => Err(KeyError::NotANumber {
                path: format!("{path}.{name}"),
            }),
        }
    };
    let missing = |name: &str| KeyError::Broken {
        path: path.to_owned(),
        why: format!("`{name}` is missing"),
    };
    let n = number("n", &jwk.n)?.ok_or_else(|| missing("n"))?;
    let e = number("e", &jwk.e)?.ok_or_else(|| missing("e"))?;
    let d = number("d", &jwk.d)?.ok_or_else(|| KeyError::Public {
        path: path.to_owned(),
    })?;
    let primes = match (number("p", &jwk.p)?, number("q", &jwk.q)?) {
        (Some(p), Some(q)) => vec![p, q],
        _ => Vec::new(),
    };
    PrivateKey::from_components(n, e, d, primes).map_err(|why| KeyError::Broken {
        path: path.to_owned(),
        why: why.to_string(),
    })
}

/// Makes a signing key of a key that `rsa` has validated, if its size and exponent are accepted.
fn checked(key: &PrivateKey, path: &str, kid: Option<String>) -> Result<SigningKey, KeyError> {
    let path = path.to_owned();
    let bits = key.n().bit_width();
    if !(LEAST_BITS..=MOST_BITS).contains(&bits) {
        return Err(KeyError::Weak { path, bits });
    }
    if *key.e() != BoxedUint::from(EXPONENT) {
        return Err(KeyError::Exponent { path });
    }
    key.validate().map_err(|why| KeyError::Broken {
        path: path.clone(),
        why: why.to_string(),
    })?;
    let refused = || KeyError::Broken {
        path: path.clone(),
        why: "the signing library refuses it".to_owned(),
    };
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
        .and_then(|key| checked(&key, "key", None).ok())
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
        serde_json::json!({
            "kty": "RSA",
            "use": "sig",
            "alg": "RS256",
            "n": number(self.0.n()),
            "e": number(self.0.e()),
            "d": number(self.0.d()),
            "p": number(&primes[0]),
            "q": number(&primes[1]),
        })
        .to_string()
    }
}

#[cfg(test)]
mod tests {
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
