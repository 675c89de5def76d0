//! RS256 by the `rsa` crate, for builds without a C compiler.

use rsa::pkcs1v15::{Signature, SigningKey, VerifyingKey};
use rsa::pkcs8::DecodePrivateKey;
use rsa::sha2::Sha256;
use rsa::signature::{SignatureEncoding, Signer as _, Verifier as _};
use rsa::traits::PublicKeyParts;
use rsa::{BoxedUint, PrivateKey, PublicKey};

/// A parsed private key.
#[derive(Debug)]
pub(crate) struct Signer {
    key: SigningKey<Sha256>,
    public: PublicKey,
}

impl Signer {
    pub(crate) fn from_pkcs8(der: &[u8]) -> Option<Self> {
        PrivateKey::from_pkcs8_der(der).ok().map(Self::new)
    }

    /// Makes a random key of 2048 bits.
    pub(crate) fn generate() -> Option<Self> {
        PrivateKey::new(&mut rand::rng(), 2048).ok().map(Self::new)
    }

    fn new(key: PrivateKey) -> Self {
        let public = key.to_public_key();
        Self {
            key: SigningKey::new(key),
            public,
        }
    }

    /// Modulus and exponent, big-endian without leading zeros.
    pub(crate) fn public_components(&self) -> (Vec<u8>, Vec<u8>) {
        (
            self.public.n_bytes().into_vec(),
            self.public.e_bytes().into_vec(),
        )
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.key.sign(message).to_vec()
    }
}

/// A parsed public key.
#[derive(Debug)]
pub(crate) struct Verifier(VerifyingKey<Sha256>);

impl Verifier {
    pub(crate) fn new(n: &[u8], e: &[u8]) -> Option<Self> {
        let number = BoxedUint::from_be_slice_vartime;
        PublicKey::new(number(n), number(e))
            .ok()
            .map(|key| Self(VerifyingKey::new(key)))
    }

    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        Signature::try_from(signature)
            .is_ok_and(|signature| self.0.verify(message, &signature).is_ok())
    }
}
