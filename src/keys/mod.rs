//! Keys: read them, sign with them, verify with them, publish them.
//!
//! The private key is parsed and checked once, never per request: signing is what a refresh costs. `rsa` reads keys;
//! [`backend`] does the arithmetic; [`jws`] knows the compact form. This room knows no claim.

pub(crate) mod jws;
pub(crate) mod load;

#[cfg_attr(feature = "aws_lc_rs", path = "aws_lc.rs")]
#[cfg_attr(not(feature = "aws_lc_rs"), path = "pure_rust.rs")]
pub(crate) mod backend;

use std::sync::{Arc, LazyLock};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{
    AlgorithmParameters, CommonParameters, Jwk, JwkSet, KeyAlgorithm, PublicKeyUse,
    RSAKeyParameters, RSAKeyType,
};
use sha2::{Digest, Sha256};

use crate::keys::backend::{Signer, Verifier};

/// The public half of an RSA key, under the name it is published by.
#[derive(Debug)]
pub(crate) struct PublicKey {
    pub(crate) kid: String,
    pub(crate) jwk: Jwk,
    verifier: Verifier,
}

impl PublicKey {
    /// From modulus and exponent, big-endian without leading zeros; without a `kid`, the key's thumbprint is it.
    pub(crate) fn new(n: &[u8], e: &[u8], kid: Option<String>) -> Option<Self> {
        let verifier = Verifier::new(n, e)?;
        let (n, e) = (URL_SAFE_NO_PAD.encode(n), URL_SAFE_NO_PAD.encode(e));
        let kid = kid.unwrap_or_else(|| thumbprint(&n, &e));
        let jwk = Jwk {
            common: CommonParameters {
                public_key_use: Some(PublicKeyUse::Signature),
                key_algorithm: Some(KeyAlgorithm::RS256),
                key_id: Some(kid.clone()),
                ..CommonParameters::default()
            },
            algorithm: AlgorithmParameters::RSA(RSAKeyParameters {
                key_type: RSAKeyType::RSA,
                n,
                e,
            }),
        };
        Some(Self { kid, jwk, verifier })
    }

    pub(crate) fn verifies(&self, signing_input: &[u8], signature: &[u8]) -> bool {
        self.verifier.verify(signing_input, signature)
    }
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
            public: PublicKey::new(&n, &e, kid)?,
            signer,
        })
    }

    pub(crate) fn sign(&self, signing_input: &[u8]) -> Vec<u8> {
        self.signer.sign(signing_input)
    }
}

/// The keys of a server: the first signs, all are published and believed.
#[derive(Debug, Clone)]
pub(crate) struct KeySet(Vec<Arc<SigningKey>>);

impl KeySet {
    /// The test key that is compiled in, parsed once for the whole process.
    pub(crate) fn built_in() -> Self {
        static KEY: LazyLock<Arc<SigningKey>> = LazyLock::new(|| Arc::new(load::built_in()));
        Self(vec![Arc::clone(&KEY)])
    }

    /// At least one key.
    pub(crate) fn new(signing: SigningKey, others: impl IntoIterator<Item = SigningKey>) -> Self {
        Self(
            std::iter::once(signing)
                .chain(others)
                .map(Arc::new)
                .collect(),
        )
    }

    pub(crate) fn signing(&self) -> &SigningKey {
        &self.0[0]
    }

    pub(crate) fn published(&self) -> impl Iterator<Item = &PublicKey> {
        self.0.iter().map(|key| &key.public)
    }

    /// The public halves, as `jwks_uri` shows them (RFC 7517 §5).
    pub(crate) fn jwks(&self) -> JwkSet {
        JwkSet {
            keys: self.published().map(|key| key.jwk.clone()).collect(),
        }
    }
}
