//! Basic credentials are read as an independent decoder reads them, and read back the same from their own encoding.

#![no_main]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use form_urlencoded::byte_serialize;
use libfuzzer_sys::fuzz_target;
use oauth_mimic::fuzzing;

fuzz_target!(|bytes: &[u8]| {
    // The bytes as the whole header, and as the decoded content of its base64: random bytes are seldom valid base64.
    check(bytes);
    check(format!("Basic {}", STANDARD.encode(bytes)).as_bytes());
});

fn check(header: &[u8]) {
    let Some((client_id, client_secret)) = fuzzing::basic(header) else {
        return;
    };
    assert!(!client_id.is_empty());
    for half in [&client_id, &client_secret] {
        assert!(!half.chars().any(char::is_control), "{half:?}");
    }

    let (scheme, encoded) = std::str::from_utf8(header)
        .expect("scheme and base64 are ASCII")
        .split_once(' ')
        .expect("a scheme");
    assert!(scheme.eq_ignore_ascii_case("Basic"));
    let userinfo = STANDARD
        .decode(encoded.trim_matches(|c: char| c.is_ascii_whitespace()))
        .expect("base64");
    let colon = userinfo
        .iter()
        .position(|byte| *byte == b':')
        .expect("a colon");
    let theirs = (decoded(&userinfo[..colon]), decoded(&userinfo[colon + 1..]));
    assert_eq!(theirs, (client_id.clone(), client_secret.clone()));

    let encode = |half: &str| byte_serialize(half.as_bytes()).collect::<String>();
    let written = STANDARD.encode(format!("{}:{}", encode(&client_id), encode(&client_secret)));
    let read = fuzzing::basic(format!("Basic {written}").as_bytes());
    assert_eq!(read, Some((client_id, client_secret)));
}

/// One half, by another decoder: a name without a value.
fn decoded(half: &[u8]) -> String {
    // These two would end the name.
    let mut name = Vec::new();
    for byte in half {
        match byte {
            b'=' => name.extend(b"%3D"),
            b'&' => name.extend(b"%26"),
            other => name.push(*other),
        }
    }
    form_urlencoded::parse(&name)
        .next()
        .map(|(name, _)| name.into_owned())
        .unwrap_or_default()
}
