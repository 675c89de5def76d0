//! A scope reads back the same, loses nothing but repeats, and is refused exactly where the grammar says so.

#![no_main]

use std::collections::HashSet;

use libfuzzer_sys::fuzz_target;
use oauth_mimic::fuzzing;

fuzz_target!(|bytes: &[u8]| {
    let read = fuzzing::scope(bytes);
    assert_eq!(read.is_some(), is_scope(bytes));
    let Some(scope) = read else { return };

    let tokens: Vec<&[u8]> = scope.iter().map(str::as_bytes).collect();
    let mut seen = HashSet::new();
    let expected: Vec<&[u8]> = bytes
        .split(|byte| *byte == b' ')
        .filter(|token| !token.is_empty() && seen.insert(*token))
        .collect();
    assert_eq!(tokens, expected);

    let written = scope.to_string();
    assert_eq!(fuzzing::scope(written.as_bytes()), Some(scope));
});

/// RFC 6749 §3.3 by its letter, or nothing at all:
/// `scope = scope-token *( SP scope-token )`, `scope-token = 1*( %x21 / %x23-5B / %x5D-7E )`.
fn is_scope(bytes: &[u8]) -> bool {
    let is_token = |token: &[u8]| {
        !token.is_empty()
            && token
                .iter()
                .all(|byte| matches!(byte, 0x21 | 0x23..=0x5B | 0x5D..=0x7E))
    };
    bytes.is_empty() || bytes.split(|byte| *byte == 0x20).all(is_token)
}
