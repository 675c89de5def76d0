//! `application/x-www-form-urlencoded`, from bytes and to text (RFC 6749 Appendix B).
//!
//! The decoder is our own because the usual ones repair what they are given: a stray `%` passes through, and every invalid byte
//! becomes the same U+FFFD, so that two different secrets could be read as one. This one refuses.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, utf8_percent_encode};

/// Everything but the unreserved characters of RFC 3986 §2.3.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Encodes values with their names, which need no encoding. A space becomes `%20`, which every decoder understands.
pub(crate) fn encode_pairs(pairs: &[(String, String)]) -> String {
    let encoded = pairs
        .iter()
        .map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, RESERVED)));
    encoded.collect::<Vec<_>>().join("&")
}

/// Decodes one name or value: `+` is a space, `%HH` a byte, and the bytes must be UTF-8 without NUL.
pub(crate) fn decode(encoded: &[u8]) -> Result<String, MalformedForm> {
    if !encoded.iter().any(|byte| matches!(byte, b'+' | b'%' | 0)) {
        // A token, nearly always, and by far the longest value of a request.
        return String::from_utf8(encoded.to_vec()).map_err(|_| MalformedForm::NotUtf8);
    }
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded.iter();
    while let Some(&byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || rest.next().and_then(|d| char::from(*d).to_digit(16));
                let (Some(high), Some(low)) = (digit(), digit()) else {
                    return Err(MalformedForm::Percent);
                };
                u8::try_from(high * 16 + low).map_err(|_| MalformedForm::Percent)?
            }
            plain => plain,
        });
    }
    if bytes.contains(&0) {
        return Err(MalformedForm::Nul);
    }
    String::from_utf8(bytes).map_err(|_| MalformedForm::NotUtf8)
}

/// Decodes a whole form into its pairs, in order; empty pairs (`&&`) are skipped.
pub(crate) fn decode_pairs(encoded: &[u8]) -> Result<Vec<(String, String)>, MalformedForm> {
    encoded
        .split(|byte| *byte == b'&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = match pair.iter().position(|byte| *byte == b'=') {
                Some(at) => (&pair[..at], &pair[at + 1..]),
                None => (pair, &[][..]),
            };
            Ok((decode(name)?, decode(value)?))
        })
        .collect()
}

/// Decodes a whole form as browsers do: invalid percent-encodings stay, invalid UTF-8 becomes U+FFFD.
pub(crate) fn decode_pairs_lossy(encoded: &[u8]) -> Vec<(String, String)> {
    let decode = |part: &[u8]| {
        let spaced: Vec<u8> = part
            .iter()
            .map(|byte| if *byte == b'+' { b' ' } else { *byte })
            .collect();
        percent_decode(&spaced).decode_utf8_lossy().into_owned()
    };
    encoded
        .split(|byte| *byte == b'&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| match pair.iter().position(|byte| *byte == b'=') {
            Some(at) => (decode(&pair[..at]), decode(&pair[at + 1..])),
            None => (decode(pair), String::new()),
        })
        .collect()
}

/// Why bytes are not a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MalformedForm {
    Percent,
    NotUtf8,
    Nul,
}

impl fmt::Display for MalformedForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Percent => "a % is not followed by two hexadecimal digits",
            Self::NotUtf8 => "it is not UTF-8 when decoded",
            Self::Nul => "it holds a NUL",
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn plus_is_a_space_and_percent_a_byte() {
        assert_eq!(decode(b"a+b%2B%c3%A9").as_deref(), Ok("a b+é"));
    }

    #[test]
    fn what_others_repair_is_refused() {
        for (bytes, why) in [
            (&b"%"[..], MalformedForm::Percent),
            (b"%z", MalformedForm::Percent),
            (b"%zz", MalformedForm::Percent),
            (b"%u1234", MalformedForm::Percent),
            (b"%+1", MalformedForm::Percent),
            (b"%e9", MalformedForm::NotUtf8),
            (b"\xFF", MalformedForm::NotUtf8),
            (b"%FF%FE", MalformedForm::NotUtf8),
            (b"%C0%AF", MalformedForm::NotUtf8),
            (b"%ED%A0%80", MalformedForm::NotUtf8),
            (b"%00", MalformedForm::Nul),
            (b"\0", MalformedForm::Nul),
        ] {
            assert_eq!(decode(bytes), Err(why), "{bytes:?}");
            assert_ne!(why.to_string(), "", "{bytes:?}: it says what is wrong");
        }
    }

    #[test]
    fn pairs_keep_their_order_and_empty_ones_are_skipped() {
        let pairs = decode_pairs(b"&&b=1&a&=x&b=2=3&").expect("a form");
        let pairs: Vec<_> = pairs
            .iter()
            .map(|(n, v)| (n.as_str(), v.as_str()))
            .collect();
        assert_eq!(pairs, [("b", "1"), ("a", ""), ("", "x"), ("b", "2=3")]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_as_an_independent_decoder_reads_them_or_refused(
            bytes in proptest::collection::vec(
                prop_oneof![Just(b'%'), Just(b'+'), Just(b'&'), Just(b'='), b'0'..=b'9', b'a'..=b'f', any::<u8>()], 0..64)
        ) {
            if let Ok(read) = decode_pairs(&bytes) {
                let theirs: Vec<(String, String)> =
                    form_urlencoded::parse(&bytes).map(|(n, v)| (n.into_owned(), v.into_owned())).collect();
                prop_assert_eq!(read, theirs);
            }
        }

        #[test]
        fn two_different_texts_are_never_read_as_one(a in any::<String>(), b in any::<String>()) {
            let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
            let (read_a, read_b) = (decode(encode(&a).as_bytes()), decode(encode(&b).as_bytes()));
            if let (Ok(read_a), Ok(read_b)) = (read_a, read_b) {
                prop_assert_eq!(read_a == read_b, a == b);
                prop_assert_eq!(read_a, a);
            }
        }
    }
}
