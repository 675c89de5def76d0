//! Signatures that must not be believed.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use rsa::pkcs8::{EncodePublicKey, LineEnding};
use rsa::{BoxedUint, PublicKey};
use sha2::Sha256;

use crate::keys::{SigningKey, jws, load};

/// The key that no server publishes.
pub(super) fn unpublished() -> &'static SigningKey {
    static KEY: LazyLock<SigningKey> = LazyLock::new(load::unpublished);
    &KEY
}

/// Signs with a key that is never published.
pub(crate) fn by_an_unpublished_key(header: &str, claims: &str) -> String {
    jws::sign(header, claims, unpublished())
}

/// Signs, and turns one bit of the signature.
pub(crate) fn damaged(header: &str, claims: &str, key: &SigningKey) -> String {
    let input = signing_input(header, claims);
    let mut signature = key.sign(input.as_bytes());
    if let Some(last) = signature.last_mut() {
        *last ^= 1;
    }
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// Signs nothing (RFC 7515 Appendix A.5).
pub(crate) fn unsigned(header: &str, claims: &str) -> String {
    format!("{}.", signing_input(header, claims))
}

/// Makes an HMAC with the PEM of the public key, which everyone has, as the secret: what a verifier computes that lets
/// the token choose the algorithm (RFC 8725 §2.1).
pub(crate) fn hs256_with_public_key(header: &str, claims: &str, key: &SigningKey) -> String {
    let input = signing_input(header, claims);
    let (n, e) = key.public_components();
    let number = BoxedUint::from_be_slice_vartime;
    #[expect(clippy::expect_used, reason = "the key was checked when it was loaded")]
    let pem = PublicKey::new_with_size_limits(number(&n), number(&e), 2048..=8192)
        .ok()
        .and_then(|public| public.to_public_key_pem(LineEnding::LF).ok())
        .expect("a checked RSA key has a public half");
    #[expect(
        clippy::expect_used,
        reason = "HMAC takes keys of any length (RFC 2104 §2)"
    )]
    let mut mac = Hmac::<Sha256>::new_from_slice(pem.as_bytes()).expect("any length");
    mac.update(input.as_bytes());
    format!(
        "{input}.{}",
        URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
    )
}

fn signing_input(header: &str, claims: &str) -> String {
    format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header),
        URL_SAFE_NO_PAD.encode(claims)
    )
}
