//! Keys: reading, signing, verifying, publishing.
//!
//! The private key is parsed and checked once, never per request: signing is what a refresh costs. `rsa` reads keys;
//! [`backend`] signs and verifies; [`jws`] reads and writes the compact form. This module knows no claims.

mod alg;
pub(crate) mod forge;
pub(crate) mod jws;
pub(crate) mod load;
mod ring;

#[cfg_attr(feature = "aws_lc_rs", path = "aws_lc.rs")]
#[cfg_attr(not(feature = "aws_lc_rs"), path = "pure_rust.rs")]
pub(crate) mod backend;

use std::sync::{Arc, LazyLock};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::clock::Timestamp;
use crate::fault::WrongKeys;
pub(crate) use crate::keys::alg::Alg;
use crate::keys::backend::{Signer, Verifier};
pub(crate) use crate::keys::ring::KeyRing;

/// The most keys of one server; another rotation drops the oldest one.
const MOST_KEYS: usize = 100;

/// A key that verifies: the public half of a signing key, with its `kid` and the one algorithm it is used with.
#[derive(Debug)]
pub(crate) struct PublicKey {
    pub(crate) kid: String,
    alg: Alg,
    /// The modulus in base64url.
    n: String,
    /// The exponent in base64url.
    e: String,
    verifier: Verifier,
}

impl PublicKey {
    /// Returns the name of its algorithm (RFC 7518 §3.1).
    pub(crate) fn alg(&self) -> &'static str {
        self.alg.name()
    }

    /// Makes an RSA key of its modulus and exponent, big-endian without leading zeros. Its `kid` is its thumbprint unless
    /// another one is given.
    pub(crate) fn rsa(n: &[u8], e: &[u8], kid: Option<String>) -> Option<Self> {
        let verifier = Verifier::new(n, e)?;
        let (n, e) = (URL_SAFE_NO_PAD.encode(n), URL_SAFE_NO_PAD.encode(e));
        Some(Self {
            kid: kid.unwrap_or_else(|| thumbprint(&n, &e)),
            alg: Alg::Rs256,
            n,
            e,
            verifier,
        })
    }

    /// Returns what a JWK Set shows of the key.
    fn published(&self) -> PublishedKey {
        PublishedKey {
            kid: self.kid.clone(),
            n: self.n.clone(),
            e: self.e.clone(),
        }
    }

    pub(crate) fn verifies(&self, signing_input: &[u8], signature: &[u8]) -> bool {
        match self.alg {
            Alg::Rs256 => self.verifier.verify(signing_input, signature),
        }
    }
}

/// A public RSA key as a JWK Set shows it (RFC 7518 §6.3.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PublishedKey {
    pub(crate) kid: String,
    /// The modulus in base64url.
    pub(crate) n: String,
    /// The exponent in base64url.
    pub(crate) e: String,
}

/// RFC 7638: the digest of the required members in their alphabetical order.
fn thumbprint(n: &str, e: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(format!(
        r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#
    )))
}

/// An RSA key that signs.
#[derive(Debug)]
pub(crate) struct SigningKey {
    pub(crate) public: PublicKey,
    signer: Signer,
}

impl SigningKey {
    pub(crate) fn new(signer: Signer, kid: Option<String>) -> Option<Self> {
        let (n, e) = signer.public_components();
        Some(Self {
            public: PublicKey::rsa(&n, &e, kid)?,
            signer,
        })
    }

    /// Modulus and exponent, big-endian.
    pub(crate) fn public_components(&self) -> (Vec<u8>, Vec<u8>) {
        self.signer.public_components()
    }

    pub(crate) fn sign(&self, signing_input: &[u8]) -> Vec<u8> {
        self.signer.sign(signing_input)
    }
}

/// The keys of a server. The first one signs; each is published, and accepted for verification, until it retires.
#[derive(Debug, Clone)]
pub(crate) struct KeySet {
    held: Vec<Published>,
    /// The public halves that were published before the last rotation.
    before: Option<Vec<PublishedKey>>,
}

#[derive(Debug, Clone)]
struct Published {
    key: Arc<SigningKey>,
    /// The time from which it is no longer published; `None` if it does not retire.
    retires_at: Option<Timestamp>,
}

impl Published {
    fn at(&self, now: Timestamp) -> bool {
        self.retires_at.is_none_or(|at| now < at)
    }
}

impl KeySet {
    /// Returns the built-in test key, which is parsed once per process.
    pub(crate) fn built_in() -> Self {
        static KEY: LazyLock<Arc<SigningKey>> = LazyLock::new(|| Arc::new(load::built_in()));
        Self::of(vec![Published {
            key: Arc::clone(&KEY),
            retires_at: None,
        }])
    }

    /// The keys, the signing one first; never empty.
    pub(crate) fn new(signing: SigningKey, others: impl IntoIterator<Item = SigningKey>) -> Self {
        let published = |key| Published {
            key: Arc::new(key),
            retires_at: None,
        };
        Self::of(
            std::iter::once(signing)
                .chain(others)
                .map(published)
                .collect(),
        )
    }

    fn of(held: Vec<Published>) -> Self {
        Self { held, before: None }
    }

    pub(crate) fn signing(&self) -> &SigningKey {
        &self.held[0].key
    }

    /// Iterates over the public keys that are published at that time, the signing one first.
    pub(crate) fn published(&self, now: Timestamp) -> impl Iterator<Item = &PublicKey> {
        self.held
            .iter()
            .filter(move |held| held.at(now))
            .map(|held| &held.key.public)
    }

    /// Returns the public keys that are published at that time, the signing one first.
    pub(crate) fn jwks(&self, now: Timestamp) -> Vec<PublishedKey> {
        self.published(now).map(PublicKey::published).collect()
    }

    /// Returns the keys that a fault publishes instead.
    pub(crate) fn wrong_jwks(&self, wrong: WrongKeys, now: Timestamp) -> Vec<PublishedKey> {
        let mut keys = self.jwks(now);
        match wrong {
            WrongKeys::Empty => keys.clear(),
            WrongKeys::Late => {
                keys.remove(0);
            }
            WrongKeys::Stale => {
                if let Some(before) = &self.before {
                    keys.clone_from(before);
                }
            }
            WrongKeys::WrongKey => {
                let mut foreign = forge::unpublished().public.published();
                foreign.kid.clone_from(&self.signing().public.kid);
                keys[0] = foreign;
            }
        }
        keys
    }

    /// Returns a set in which `next` signs, and the previous signing key is published until `retires_at`. Keys that
    /// have retired are dropped, and so are the oldest beyond [`MOST_KEYS`].
    fn followed_by(
        &self,
        next: Arc<SigningKey>,
        now: Timestamp,
        retires_at: Option<Timestamp>,
    ) -> Self {
        let before = self.jwks(now);
        let mut held = self.held.clone();
        held[0].retires_at = retires_at;
        held.retain(|held| held.at(now));
        held.insert(
            0,
            Published {
                key: next,
                retires_at: None,
            },
        );
        held.truncate(MOST_KEYS);
        Self {
            held,
            before: Some(before),
        }
    }

    fn holds(&self, kid: &str) -> bool {
        self.held.iter().any(|held| held.key.public.kid == kid)
    }

    /// Returns a set without that key. The signing key cannot be removed.
    fn without(&self, kid: &str) -> Result<Self, NotRetired> {
        match self.held.iter().position(|held| held.key.public.kid == kid) {
            None => Err(NotRetired::Unknown),
            Some(0) => Err(NotRetired::Signs),
            Some(index) => {
                let mut keys = self.clone();
                keys.held.remove(index);
                Ok(keys)
            }
        }
    }

    /// The keys, and when each retires.
    pub(crate) fn schedule(&self) -> impl Iterator<Item = (&PublicKey, Option<Timestamp>)> {
        self.held
            .iter()
            .map(|held| (&held.key.public, held.retires_at))
    }
}

/// Why a key was not removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotRetired {
    #[error("there is no key with this kid")]
    Unknown,
    #[error("this key signs; rotate first")]
    Signs,
}
