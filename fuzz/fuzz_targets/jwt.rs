//! A token is read as an independent decoder reads it, and one that was changed is never believed.

#![no_main]

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use libfuzzer_sys::fuzz_target;
use oauth_mimic::fuzzing;
use serde_json::Value;

static GOOD: LazyLock<String> = LazyLock::new(fuzzing::good_token);

fuzz_target!(|bytes: &[u8]| {
    check(bytes);
    // The bytes as claims under a good header, and as header: as they stand they would seldom be base64.
    let encoded = URL_SAFE_NO_PAD.encode(bytes);
    let (signing_input, signature) = GOOD.rsplit_once('.').expect("three parts");
    let (header, claims) = signing_input.split_once('.').expect("three parts");
    check(format!("{header}.{encoded}.{signature}").as_bytes());
    check(format!("{encoded}.{claims}.{signature}").as_bytes());
    check(format!("{signing_input}.{encoded}").as_bytes());
    check(&changed(bytes));
});

/// The good token with the bytes that three of the input each name: place, place, byte.
fn changed(bytes: &[u8]) -> Vec<u8> {
    let mut token = GOOD.clone().into_bytes();
    for change in bytes.chunks_exact(3) {
        let at = usize::from(u16::from_be_bytes([change[0], change[1]])) % token.len();
        token[at] = change[2];
    }
    token
}

fn check(token: &[u8]) {
    assert_eq!(fuzzing::believes(token), token == GOOD.as_bytes());
    let Some(read) = fuzzing::token(token) else {
        return;
    };
    let parts: Vec<&[u8]> = token.split(|byte| *byte == b'.').collect();
    assert_eq!(parts.len(), 3);
    for (part, members) in parts.iter().zip(read) {
        let json = URL_SAFE_NO_PAD.decode(part).expect("base64url");
        let theirs: Value = serde_json::from_slice(&json).expect("JSON");
        assert_eq!(members, theirs);
    }
    // One spelling each.
    for part in parts {
        let bytes = URL_SAFE_NO_PAD.decode(part).expect("base64url");
        assert_eq!(URL_SAFE_NO_PAD.encode(bytes).as_bytes(), part);
    }
}
