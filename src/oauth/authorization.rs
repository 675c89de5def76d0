//! The vocabulary of the authorization endpoint: response types and modes, prompts, proof keys, redirect URIs.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq as _;

/// What an authorization response carries (OAuth 2.0 Multiple Response Types §3 and §5).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct ResponseType {
    pub(crate) code: bool,
    pub(crate) token: bool,
    pub(crate) id_token: bool,
}

impl ResponseType {
    /// The response type of the authorization code flow (RFC 6749 §4.1.1).
    pub(crate) const CODE: Self = Self {
        code: true,
        token: false,
        id_token: false,
    };

    /// Reads the parameter `response_type`: names separated by one space, in any order, each once. Returns `None` for
    /// any other text.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut read = Self::default();
        for name in text.split(' ') {
            let part = match name {
                "code" => &mut read.code,
                "token" => &mut read.token,
                "id_token" => &mut read.id_token,
                _ => return None,
            };
            if std::mem::replace(part, true) {
                return None;
            }
        }
        Some(read)
    }

    /// Returns true if a token is in the response itself, so that the fragment must carry it (Multiple Response Types §5).
    pub(crate) fn has_token(self) -> bool {
        self.token || self.id_token
    }
}

impl fmt::Display for ResponseType {
    /// Writes the names in the order of the registry: `code id_token token`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = [
            (self.code, "code"),
            (self.id_token, "id_token"),
            (self.token, "token"),
        ];
        let names: Vec<&str> = names
            .iter()
            .filter_map(|(held, name)| held.then_some(*name))
            .collect();
        f.write_str(&names.join(" "))
    }
}

/// How the parameters of an authorization response reach the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ResponseMode {
    /// In the query of the redirect URI (Multiple Response Types §2.1).
    Query,
    /// In its fragment.
    Fragment,
    /// In a form that the browser posts (OAuth 2.0 Form Post Response Mode §2).
    FormPost,
}

impl ResponseMode {
    /// Every mode, in the order of the metadata.
    pub(crate) const ALL: &'static [Self] = &[Self::Query, Self::Fragment, Self::FormPost];

    /// Returns the value of the parameter `response_mode`.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Fragment => "fragment",
            Self::FormPost => "form_post",
        }
    }

    pub(crate) fn parse(name: &str) -> Option<Self> {
        let named = |mode: &&Self| mode.as_str() == name;
        Self::ALL.iter().find(named).copied()
    }

    /// Returns the mode of a response type, where a request names none.
    pub(crate) fn usual(response_type: ResponseType) -> Self {
        if response_type.has_token() {
            Self::Fragment
        } else {
            Self::Query
        }
    }
}

/// The parameter `prompt` (OpenID Connect Core §3.1.2.1).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the values are a set: each is there or not"
)]
pub(crate) struct Prompt {
    pub(crate) none: bool,
    pub(crate) login: bool,
    pub(crate) consent: bool,
    pub(crate) select_account: bool,
}

impl Prompt {
    /// Reads the parameter; the error is the first reason not to accept it.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let mut read = Self::default();
        for name in text.split(' ').filter(|name| !name.is_empty()) {
            match name {
                "none" => read.none = true,
                "login" => read.login = true,
                "consent" => read.consent = true,
                "select_account" => read.select_account = true,
                _ => return Err("it must be of none, login, consent and select_account"),
            }
        }
        if read.none && (read.login || read.consent || read.select_account) {
            return Err("none excludes every other value");
        }
        Ok(read)
    }
}

/// How a code verifier is turned into its challenge (RFC 7636 §4.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) enum ChallengeMethod {
    /// The challenge is the SHA-256 of the verifier.
    S256,
    /// The challenge is the verifier.
    #[serde(rename = "plain")]
    Plain,
}

impl ChallengeMethod {
    /// Returns the value of the parameter `code_challenge_method`.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::S256 => "S256",
            Self::Plain => "plain",
        }
    }
}

/// A proof key: the challenge of an authorization request (RFC 7636 §4.3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Challenge {
    pub(crate) method: ChallengeMethod,
    pub(crate) challenge: String,
}

impl Challenge {
    /// Returns true if the verifier belongs to this challenge (RFC 7636 §4.6). Takes the same time wherever they differ.
    pub(crate) fn matches(&self, verifier: &str) -> bool {
        let derived = match self.method {
            ChallengeMethod::S256 => s256(verifier),
            ChallengeMethod::Plain => verifier.to_owned(),
        };
        derived.as_bytes().ct_eq(self.challenge.as_bytes()).into()
    }
}

/// Returns the challenge of a verifier by the method `S256` (RFC 7636 §4.2).
pub(crate) fn s256(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier))
}

/// Returns true if a text can be a code verifier, or a challenge: 43 to 128 unreserved characters (RFC 7636 §4.1, §4.2).
pub(crate) fn is_proof_key(text: &str) -> bool {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    (43..=128).contains(&text.len()) && text.bytes().all(unreserved)
}

/// The schemes that a browser would execute or read as a document.
const DANGEROUS: &[&str] = &["javascript", "data", "vbscript", "blob", "file", "about"];

/// Checks that a text can be a redirect URI: absolute, without a fragment, of printable ASCII (RFC 6749 §3.1.2).
pub(crate) fn check_redirect_uri(uri: &str) -> Result<(), String> {
    let allowed = |byte: u8| matches!(byte, 0x21..=0x7E) && !b"\"<>\\^`{|}".contains(&byte);
    if !uri.bytes().all(allowed) {
        return Err(
            "it has a space, a control character, or a character that a URI must encode".to_owned(),
        );
    }
    if uri.contains('#') {
        return Err("it has a fragment (RFC 6749 section 3.1.2)".to_owned());
    }
    let Some((scheme, rest)) = uri.split_once(':') else {
        return Err("it is not absolute".to_owned());
    };
    let scheme = scheme.to_ascii_lowercase();
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    if !is_scheme {
        return Err("it does not begin with a scheme".to_owned());
    }
    if DANGEROUS.contains(&scheme.as_str()) {
        return Err(format!("the scheme {scheme} is not one to redirect to"));
    }
    if matches!(scheme.as_str(), "http" | "https") {
        let host = rest.strip_prefix("//").unwrap_or_default();
        let host = host.split(['/', '?']).next().unwrap_or_default();
        if host.is_empty() || host.contains('@') {
            return Err("it has no host, or user information before the host".to_owned());
        }
    }
    Ok(())
}

/// Returns true if a request's redirect URI is a registered one: character by character, except that the port of a loopback
/// address may differ (RFC 9700 §4.1.3, RFC 8252 §7.3).
pub(crate) fn is_same_redirect_uri(registered: &str, presented: &str) -> bool {
    registered == presented
        || loopback(registered)
            .zip(loopback(presented))
            .is_some_and(|(registered, presented)| registered == presented)
}

/// Splits a URI with the http scheme and a loopback address into the address and what follows the port.
fn loopback(uri: &str) -> Option<(&str, &str)> {
    let rest = uri.strip_prefix("http://")?;
    let host = ["127.0.0.1", "[::1]"]
        .into_iter()
        .find(|host| rest.starts_with(host))?;
    let after = &rest[host.len()..];
    let after = match after.strip_prefix(':') {
        None => after,
        Some(port) => {
            let digits = port.bytes().take_while(u8::is_ascii_digit).count();
            port[..digits].parse::<u16>().ok()?;
            &port[digits..]
        }
    };
    (after.is_empty() || after.starts_with(['/', '?'])).then_some((host, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn response_types_are_read_in_any_order_and_each_name_once() {
        for (text, written) in [
            ("code", Some("code")),
            ("token id_token", Some("id_token token")),
            ("id_token code token", Some("code id_token token")),
            ("", None),
            ("code code", None),
            ("code  token", None),
            ("Code", None),
            ("none", None),
        ] {
            let read = ResponseType::parse(text).map(|read| read.to_string());
            assert_eq!(read.as_deref(), written, "{text}");
        }
    }

    #[test]
    fn the_challenge_of_rfc_7636_appendix_b_belongs_to_its_verifier() {
        let challenge = Challenge {
            method: ChallengeMethod::S256,
            challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".to_owned(),
        };
        assert!(challenge.matches("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"));
        assert!(!challenge.matches("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXK"));
        assert!(!challenge.matches(&challenge.challenge));
    }

    #[test]
    fn a_redirect_uri_is_compared_character_by_character_except_for_a_loopback_port() {
        let registered = "http://127.0.0.1:8080/cb?a=1";
        for (presented, same) in [
            (registered, true),
            ("http://127.0.0.1:9/cb?a=1", true),
            ("http://127.0.0.1/cb?a=1", true),
            ("http://127.0.0.1:99999/cb?a=1", false),
            ("http://127.0.0.1:8080.evil.test/cb?a=1", false),
            ("http://127.0.0.1:8080@evil.test/cb?a=1", false),
            ("http://127.0.0.1.evil.test/cb?a=1", false),
            ("http://localhost:8080/cb?a=1", false),
            ("http://[::1]:8080/cb?a=1", false),
            ("http://127.0.0.1:8080/cb", false),
            ("http://127.0.0.1:8080/cb?a=1&b=2", false),
            ("https://127.0.0.1:8080/cb?a=1", false),
        ] {
            assert_eq!(
                is_same_redirect_uri(registered, presented),
                same,
                "{presented}"
            );
        }
        let named = "http://localhost:3000/cb";
        assert!(!is_same_redirect_uri(named, "http://localhost:3001/cb"));
        assert!(!is_same_redirect_uri(
            "https://a.test/cb",
            "https://a.test/cb/"
        ));
    }

    #[test]
    fn a_redirect_uri_is_absolute_and_nothing_that_a_browser_executes() {
        for uri in [
            "https://a.test/cb",
            "http://localhost:3000/cb?x=1",
            "com.example.app:/callback",
            "http://[::1]:8080/",
        ] {
            assert_eq!(check_redirect_uri(uri), Ok(()), "{uri}");
        }
        for uri in [
            "",
            "/cb",
            "a.test/cb",
            "https:///cb",
            "https://u@a.test/",
            "https://a.test/#f",
            "javascript:alert(1)",
            "JavaScript:alert(1)",
            "data:text/html,x",
            "https://a.test/\r\nX: 1",
            "https://a.test/ ",
            "https://a.test/\u{e9}",
            "https://a.test/\"><script>",
        ] {
            assert!(check_redirect_uri(uri).is_err(), "{uri}");
        }
    }

    #[test]
    fn prompt_none_excludes_the_others() {
        assert!(Prompt::parse("login consent").is_ok_and(|read| read.login && read.consent));
        assert!(Prompt::parse("none login").is_err());
        assert!(Prompt::parse("create").is_err());
    }
}
