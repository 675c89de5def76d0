//! Bearer tokens in a request (RFC 6750 §2).

/// The parameter of a form that carries an access token (RFC 6750 §2.2).
pub(crate) const PARAMETER: &str = "access_token";

/// Returns what follows the scheme `Bearer` of an `Authorization` header; `None` if the scheme is another one.
pub(crate) fn after_scheme(header: &[u8]) -> Option<&[u8]> {
    let end = header.iter().position(|byte| *byte == b' ');
    let (scheme, rest) = header.split_at(end.unwrap_or(header.len()));
    scheme
        .eq_ignore_ascii_case(b"bearer")
        .then(|| rest.trim_ascii())
}

/// Checks that a text has the form of a bearer token, `b64token` of RFC 6750 §2.1.
pub(crate) fn check(token: &str) -> Result<(), &'static str> {
    let characters = token.trim_end_matches('=');
    let may_occur = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte);
    if characters.is_empty() {
        Err("it is empty")
    } else if characters.bytes().all(may_occur) {
        Ok(())
    } else {
        Err("it contains a character that a token cannot have")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_read_by_its_scheme_in_any_case() {
        for (header, token) in [
            ("Bearer abc", Some("abc")),
            ("bEARER  abc ", Some("abc")),
            ("Bearer a b", Some("a b")),
            ("Bearer", Some("")),
            ("Basic abc", None),
            ("Bearerabc", None),
            ("", None),
        ] {
            let token = token.map(str::as_bytes);
            assert_eq!(after_scheme(header.as_bytes()), token, "{header}");
        }
    }

    #[test]
    fn a_token_has_the_characters_of_rfc_6750_alone() {
        for (token, good) in [
            ("aZ0-._~+/==", true),
            ("", false),
            ("==", false),
            ("a b", false),
            ("a=b", false),
            ("é", false),
            ("a,b", false),
        ] {
            assert_eq!(check(token).is_ok(), good, "{token}");
        }
    }
}
