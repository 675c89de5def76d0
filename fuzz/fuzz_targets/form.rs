//! A form is read as an independent decoder reads it, reads back the same, and is refused only for a reason.

#![no_main]

use form_urlencoded::Serializer;
use libfuzzer_sys::fuzz_target;
use oauth_mimic::fuzzing;

fuzz_target!(|bytes: &[u8]| {
    let theirs: Vec<(String, String)> = form_urlencoded::parse(bytes).into_owned().collect();
    match fuzzing::form(bytes) {
        Some(pairs) => {
            assert_eq!(pairs, theirs);
            let written = Serializer::new(String::new()).extend_pairs(&pairs).finish();
            assert_eq!(fuzzing::form(written.as_bytes()), Some(pairs));
        }
        None => {
            // That decoder repairs or accepts these: a stray %, bytes that are not UTF-8, a NUL.
            let repaired = theirs
                .iter()
                .flat_map(|(name, value)| [name, value])
                .any(|text| text.contains(['\u{FFFD}', '\0']));
            assert!(repaired || has_stray_percent(bytes));
        }
    }
});

fn has_stray_percent(bytes: &[u8]) -> bool {
    bytes.iter().enumerate().any(|(at, byte)| {
        let digits = bytes.get(at + 1..at + 3);
        *byte == b'%' && !digits.is_some_and(|two| two.iter().all(u8::is_ascii_hexdigit))
    })
}
