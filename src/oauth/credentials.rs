//! The credentials of a request. Reading only: the authority checks them.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::oauth::client::AuthMethod;
use crate::oauth::form;
use crate::oauth::leniency::Tolerance;
use crate::oauth::params::Params;
use crate::oauth::refusal::{Refusal, excerpt};

/// The credentials of one request.
#[derive(Debug, Clone, Default)]
pub(crate) struct Credentials {
    /// In the order in which they are checked. The RFC allows one; a lenient framework may look at several.
    pub(crate) claims: Vec<Claim>,
    /// Why a further claim cannot be read, in a dialect that checks the others first.
    pub(crate) unreadable: Option<Refusal>,
    /// Why the request is refused once its client has authenticated.
    pub(crate) deferred: Option<Refusal>,
    /// The `client_id` of the form, which must be that of the client that authenticates.
    pub(crate) named: Option<String>,
}

/// A claim to be a client, with what proves it.
#[derive(Debug, Clone)]
pub(crate) struct Claim {
    pub(crate) client_id: String,
    /// Absent and empty are the same (RFC 6749 §2.3.1).
    pub(crate) client_secret: Option<String>,
    pub(crate) via: Via,
    /// The secret of Basic credentials before form-urldecoding, where that changes it.
    pub(crate) raw_secret: Option<String>,
    /// Why the secret of Basic credentials cannot be decoded. The raw secret may still be the right one.
    pub(crate) undecodable: Option<Refusal>,
}

/// Where credentials are in the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Via {
    /// The `Authorization` header.
    Basic,
    /// The form.
    Form,
}

impl fmt::Display for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Basic => "basic",
            Self::Form => "form",
        })
    }
}

impl Claim {
    pub(crate) fn new(client_id: &str, client_secret: Option<&str>, via: Via) -> Self {
        Self {
            client_id: client_id.to_owned(),
            client_secret: client_secret
                .filter(|secret| !secret.is_empty())
                .map(str::to_owned),
            via,
            raw_secret: None,
            undecodable: None,
        }
    }

    /// Reads Basic credentials whose halves are form-urlencoded (RFC 6749 §2.3.1).
    fn basic(header: &[u8]) -> Result<Self, Refusal> {
        let (client_id, secret) = basic_halves(header)?;
        let client_id = readable_half(&client_id, "client_id", form_decoded)?;
        if client_id.is_empty() {
            return Err(Refusal::AuthenticationMissing {});
        }
        let raw = readable_half(&secret, "client_secret", as_it_is).ok();
        let (decoded, undecodable) = match readable_half(&secret, "client_secret", form_decoded) {
            Ok(decoded) => (Some(decoded), None),
            Err(refusal) if raw.is_none() => return Err(refusal),
            Err(refusal) => (None, Some(refusal)),
        };
        Ok(Self {
            raw_secret: raw.filter(|raw| Some(raw) != decoded.as_ref()),
            undecodable,
            ..Self::new(&client_id, decoded.as_deref(), Via::Basic)
        })
    }

    /// Returns the authentication method of this claim (RFC 7591 §2).
    pub(crate) fn method(&self) -> AuthMethod {
        let has_secret = self.client_secret.is_some() || self.raw_secret.is_some();
        match (has_secret, self.via) {
            (false, _) => AuthMethod::None,
            (true, Via::Basic) => AuthMethod::ClientSecretBasic,
            (true, Via::Form) => AuthMethod::ClientSecretPost,
        }
    }
}

impl Credentials {
    /// Reads credentials as RFC 6749 §2.3 has them: one method, in the header or in the form.
    pub(crate) fn read(
        authorization: Option<&[u8]>,
        params: &Params,
        tolerance: &mut Tolerance,
    ) -> Result<Self, Refusal> {
        let client_id = params.get("client_id");
        let client_secret = params.get("client_secret");
        let is_asserted = ["client_assertion", "client_assertion_type"]
            .iter()
            .any(|name| params.get(name).is_some());
        let methods = [
            authorization.is_some(),
            client_secret.is_some(),
            is_asserted,
        ];
        if methods.iter().filter(|used| **used).count() > 1 {
            tolerance.refuse(Refusal::SeveralAuthenticationMethods {})?;
        } else if is_asserted {
            tolerance.refuse(Refusal::AssertionUnsupported {})?;
        }
        let claim = match authorization.map(Claim::basic) {
            Some(Ok(claim)) => Some(claim),
            Some(Err(refusal)) => {
                tolerance.refuse(refusal)?;
                None
            }
            None => None,
        };
        let claim = claim.or_else(|| Some(Claim::new(client_id?, client_secret, Via::Form)));
        if claim.is_none() {
            tolerance.refuse(Refusal::AuthenticationMissing {})?;
        }
        Ok(Self {
            claims: claim.into_iter().collect(),
            unreadable: None,
            deferred: None,
            named: client_id.map(str::to_owned),
        })
    }

    /// Returns the client that the request claims to come from, for the log.
    pub(crate) fn client_id(&self) -> Option<&str> {
        self.claims.last().map(|claim| claim.client_id.as_str())
    }
}

/// Decodes the base64 of a Basic `Authorization` header (RFC 7617) and splits it at the first colon.
fn basic_halves(header: &[u8]) -> Result<(Vec<u8>, Vec<u8>), Refusal> {
    let end = header
        .iter()
        .position(|byte| *byte == b' ')
        .unwrap_or(header.len());
    let (scheme, rest) = header.split_at(end);
    if !scheme.eq_ignore_ascii_case(b"basic") {
        // A header without a space may be a credential without its scheme, so it is not quoted.
        let scheme = if rest.is_empty() { b"(none)" } else { scheme };
        return Err(Refusal::SchemeUnsupported {
            scheme: excerpt(&String::from_utf8_lossy(scheme)),
        });
    }
    let encoded = rest.strip_prefix(b" ").unwrap_or_default().trim_ascii();
    if encoded.is_empty() {
        return Err(malformed("there are no credentials after the scheme"));
    }
    let decoded = STANDARD
        .decode(encoded)
        .map_err(|_| malformed("it is not base64 with its padding (RFC 4648 section 4)"))?;
    let colon = decoded
        .iter()
        .position(|byte| *byte == b':')
        .ok_or_else(|| {
            malformed("there is no colon between client_id and client_secret when decoded")
        })?;
    Ok((decoded[..colon].to_vec(), decoded[colon + 1..].to_vec()))
}

fn malformed(why: &str) -> Refusal {
    Refusal::BasicMalformed {
        why: why.to_owned(),
    }
}

/// Decodes one half of Basic credentials, and refuses control characters.
fn readable_half(
    half: &[u8],
    name: &str,
    decode: impl Fn(&[u8]) -> Result<String, String>,
) -> Result<String, Refusal> {
    let text =
        decode(half).map_err(|why| malformed(&format!("the {name} cannot be read: {why}")))?;
    match text.chars().find(|c| c.is_control()) {
        Some(_) => Err(malformed(&format!(
            "the {name} contains a control character"
        ))),
        None => Ok(text),
    }
}

fn form_decoded(half: &[u8]) -> Result<String, String> {
    form::decode(half).map_err(|why| why.to_string())
}

fn as_it_is(half: &[u8]) -> Result<String, String> {
    String::from_utf8(half.to_vec()).map_err(|why| why.to_string())
}

/// Reads Basic credentials whose halves are form-urlencoded, for the fuzzer.
#[cfg(any(test, fuzzing))]
pub(crate) fn basic_form_encoded(header: &[u8]) -> Result<(String, String), Refusal> {
    let claim = Claim::basic(header)?;
    match claim.undecodable {
        Some(refusal) => Err(refusal),
        None => Ok((claim.client_id, claim.client_secret.unwrap_or_default())),
    }
}

/// Reads Basic credentials whose halves are not form-urlencoded, as some frameworks do.
pub(crate) fn basic_as_it_is(header: &[u8]) -> Result<(String, String), Refusal> {
    let (client_id, secret) = basic_halves(header)?;
    let client_id = readable_half(&client_id, "client_id", as_it_is)?;
    if client_id.is_empty() {
        return Err(Refusal::AuthenticationMissing {});
    }
    Ok((
        client_id,
        readable_half(&secret, "client_secret", as_it_is)?,
    ))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn header(userinfo: &[u8]) -> Vec<u8> {
        format!("Basic {}", STANDARD.encode(userinfo)).into_bytes()
    }

    fn read(header: &[u8]) -> Result<(String, String), Refusal> {
        basic_form_encoded(header)
    }

    #[test]
    fn the_first_colon_splits_and_both_halves_are_form_decoded() {
        for (userinfo, id, secret) in [
            (&b"id:p:w"[..], "id", "p:w"),
            (b"we%3Aird+id:p%3Aw%2B%25%26%3D", "we:ird id", "p:w+%&="),
            (b"id:a%2Bb", "id", "a+b"),
            (b"id:a+b", "id", "a b"),
            (b"id:", "id", ""),
        ] {
            assert_eq!(
                read(&header(userinfo)).ok(),
                Some((id.to_owned(), secret.to_owned()))
            );
        }
    }

    #[test]
    fn a_secret_that_cannot_be_decoded_may_still_be_the_right_one_as_it_is() {
        let claim = Claim::basic(&header(b"id:50%")).expect("a claim");
        assert_eq!(claim.raw_secret.as_deref(), Some("50%"));
        assert!(claim.client_secret.is_none() && claim.undecodable.is_some());
        for unreadable in [&b"id:\xff"[..], b"id:\x7f%"] {
            let refusal = Claim::basic(&header(unreadable)).expect_err("a secret that is not text");
            assert!(matches!(refusal, Refusal::BasicMalformed { .. }));
        }
    }

    #[test]
    fn a_second_way_to_authenticate_is_refused() {
        let params = Params::decode(b"client_id=id&client_secret=s").expect("a form");
        let refused = Credentials::read(Some(&header(b"id:s")), &params, &mut Tolerance::default())
            .expect_err("two methods");
        assert!(matches!(refused, Refusal::SeveralAuthenticationMethods {}));
    }

    proptest! {
        #[test]
        fn any_header_is_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..80), prefix in any::<bool>()) {
            let mut line = if prefix { b"Basic ".to_vec() } else { Vec::new() };
            line.extend(bytes);
            let _ = read(&line);
        }

        #[test]
        fn two_different_pairs_are_never_read_as_one(a in "[ -~é€]{1,12}", b in "[ -~é€]{0,12}", c in "[ -~é€]{1,12}", d in "[ -~é€]{0,12}") {
            let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
            let of = |id: &str, secret: &str| {
                read(&header(format!("{}:{}", encode(id), encode(secret)).as_bytes())).expect("well-formed")
            };
            prop_assert_eq!(of(&a, &b), (a.clone(), b.clone()));
            prop_assert_eq!(of(&a, &b) == of(&c, &d), (&a, &b) == (&c, &d));
        }

        #[test]
        fn changing_one_byte_of_the_base64_never_reads_as_the_same(userinfo in "[a-z]{1,9}:[a-z]{0,9}", at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let good = header(userinfo.as_bytes());
            let mut other = good.clone();
            let at = 6 + at.index(good.len() - 6);
            other[at] = byte;
            if other != good && byte != b' ' {
                prop_assert_ne!(read(&other).ok(), read(&good).ok());
            }
        }
    }
}
