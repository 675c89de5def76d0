//! RS256 by aws-lc-rs, with keys parsed once.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize, PublicKeyComponents};
use aws_lc_rs::signature::{
    KeyPair as _, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256,
};

/// A parsed private key.
#[derive(Debug)]
pub(crate) struct Signer(KeyPair);

impl Signer {
    pub(crate) fn from_pkcs8(der: &[u8]) -> Option<Self> {
        KeyPair::from_pkcs8(der).ok().map(Self)
    }

    /// Makes a random key of 2048 bits.
    pub(crate) fn generate() -> Option<Self> {
        KeyPair::generate(KeySize::Rsa2048).ok().map(Self)
    }

    /// Modulus and exponent, big-endian without leading zeros.
    pub(crate) fn public_components(&self) -> (Vec<u8>, Vec<u8>) {
        let key = self.0.public_key();
        (
            key.modulus().big_endian_without_leading_zero().to_vec(),
            key.exponent().big_endian_without_leading_zero().to_vec(),
        )
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        let mut signature = vec![0; self.0.public_modulus_len()];
        // PKCS#1 v1.5 draws nothing: the random source is a parameter that this padding ignores.
        #[expect(
            clippy::expect_used,
            reason = "fails only for want of memory: the key signed when it was loaded"
        )]
        self.0
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                message,
                &mut signature,
            )
            .expect("a checked RSA key signs");
        signature
    }
}

/// A parsed public key.
#[derive(Debug)]
pub(crate) struct Verifier(ParsedPublicKey);

impl Verifier {
    pub(crate) fn new(n: &[u8], e: &[u8]) -> Option<Self> {
        PublicKeyComponents { n, e }
            .to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256)
            .ok()
            .map(Self)
    }

    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        self.0.verify_sig(message, signature).is_ok()
    }
}
