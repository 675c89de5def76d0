//! What a request says of who sends it. Reading only: whether it is true, the authority decides.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::oauth::client::AuthMethod;
use crate::oauth::form;
use crate::oauth::params::Params;
use crate::oauth::refusal::{Refusal, excerpt};

/// The credentials of one request.
#[derive(Debug, Clone, Default)]
pub(crate) struct Credentials {
    /// In the order they are to be checked. The RFC allows one; a laxer framework may look at several.
    pub(crate) claims: Vec<Claim>,
    /// Why a further claim cannot be read, where a dialect does not refuse it before the others are checked.
    pub(crate) unreadable: Option<Refusal>,
    /// A `client_id` in the form, which must be that of whoever authenticated.
    pub(crate) named: Option<String>,
}

/// One claim to be a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) client_id: String,
    /// Absent and empty are the same (RFC 6749 §2.3.1).
    pub(crate) client_secret: Option<String>,
    pub(crate) via: Via,
}

/// Where credentials stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Via {
    /// The `Authorization` header.
    Basic,
    Form,
}

impl Claim {
    pub(crate) fn new(client_id: &str, client_secret: Option<&str>, via: Via) -> Self {
        Self {
            client_id: client_id.to_owned(),
            client_secret: client_secret
                .filter(|secret| !secret.is_empty())
                .map(str::to_owned),
            via,
        }
    }

    /// The method this amounts to (RFC 7591 §2).
    pub(crate) fn method(&self) -> AuthMethod {
        match (&self.client_secret, self.via) {
            (None, _) => AuthMethod::None,
            (Some(_), Via::Basic) => AuthMethod::ClientSecretBasic,
            (Some(_), Via::Form) => AuthMethod::ClientSecretPost,
        }
    }
}

impl Credentials {
    /// Reads credentials as RFC 6749 §2.3 has them: one method, in the header or in the form.
    pub(crate) fn read(authorization: Option<&[u8]>, params: &Params) -> Result<Self, Refusal> {
        let client_id = params.get("client_id");
        let client_secret = params.get("client_secret");
        let assertion = params
            .get("client_assertion")
            .or(params.get("client_assertion_type"));
        let claim = match (authorization, client_id, client_secret, assertion) {
            (Some(_), _, Some(_), _) | (Some(_), _, _, Some(_)) | (None, _, Some(_), Some(_)) => {
                return Err(Refusal::SeveralAuthenticationMethods);
            }
            (None, _, None, Some(_)) => return Err(Refusal::AssertionUnsupported),
            (Some(header), _, None, None) => {
                let (client_id, secret) = basic(header, |part| {
                    form::decode(part).map_err(|why| why.to_string())
                })?;
                Claim::new(&client_id, Some(&secret), Via::Basic)
            }
            (None, Some(client_id), secret, None) => Claim::new(client_id, secret, Via::Form),
            (None, None, _, None) => return Err(Refusal::AuthenticationMissing),
        };
        Ok(Self {
            claims: vec![claim],
            unreadable: None,
            named: client_id.map(str::to_owned),
        })
    }

    /// Whom the request claims to come from, for the log.
    pub(crate) fn client_id(&self) -> Option<&str> {
        self.claims.last().map(|claim| claim.client_id.as_str())
    }
}

/// Reads a Basic `Authorization` header (RFC 7617): base64 of `id ":" secret`, split at the first colon, each half
/// decoded by `decode`, for RFC 6749 §2.3.1 has both form-urlencoded and some frameworks do not.
pub(crate) fn basic(
    header: &[u8],
    decode: impl Fn(&[u8]) -> Result<String, String>,
) -> Result<(String, String), Refusal> {
    let end = header
        .iter()
        .position(|byte| *byte == b' ')
        .unwrap_or(header.len());
    let (scheme, rest) = header.split_at(end);
    if !scheme.eq_ignore_ascii_case(b"basic") {
        // What has nothing behind it may be a credential that lost its scheme.
        let scheme = if rest.is_empty() { b"(none)" } else { scheme };
        return Err(Refusal::SchemeUnsupported {
            scheme: excerpt(&String::from_utf8_lossy(scheme)),
        });
    }
    let malformed = |why: &str| Refusal::BasicMalformed {
        why: why.to_owned(),
    };
    let encoded = rest.strip_prefix(b" ").unwrap_or_default().trim_ascii();
    if encoded.is_empty() {
        return Err(malformed("nothing stands behind the scheme"));
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
    let half = |bytes: &[u8], name: &str| {
        let text =
            decode(bytes).map_err(|why| malformed(&format!("the {name} cannot be read: {why}")))?;
        match text.chars().find(|c| c.is_control()) {
            Some(_) => Err(malformed(&format!("the {name} holds a control character"))),
            None => Ok(text),
        }
    };
    let client_id = half(&decoded[..colon], "client_id")?;
    if client_id.is_empty() {
        return Err(Refusal::AuthenticationMissing);
    }
    Ok((client_id, half(&decoded[colon + 1..], "client_secret")?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn header(userinfo: &[u8]) -> Vec<u8> {
        format!("Basic {}", STANDARD.encode(userinfo)).into_bytes()
    }

    fn read(header: &[u8]) -> Result<(String, String), Refusal> {
        basic(header, |part| {
            form::decode(part).map_err(|why| why.to_string())
        })
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
    fn a_second_way_to_authenticate_is_refused() {
        let params = Params::decode(b"client_id=id&client_secret=s").expect("a form");
        let refused = Credentials::read(Some(&header(b"id:s")), &params).expect_err("two methods");
        assert!(matches!(refused, Refusal::SeveralAuthenticationMethods));
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
