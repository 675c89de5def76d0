//! The parameters of a request.

use crate::json::{Object, Value};
use crate::oauth::form::{self, MalformedForm};

/// The parameters of a request, in the order in which they were sent.
#[derive(Debug, Clone, Default)]
pub(crate) struct Params(Vec<(String, String)>);

/// The parameters of token, introspection and revocation requests that may appear only once (RFC 6749 §3.2): those of the
/// IANA registry except `resource` (RFC 8707 §2) and `audience` (RFC 8693 §2.1), which may be repeated.
const ONCE: &[&str] = &[
    "actor_token",
    "actor_token_type",
    "assertion",
    "client_assertion",
    "client_assertion_type",
    "client_id",
    "client_secret",
    "code",
    "code_verifier",
    "device_code",
    "grant_type",
    "password",
    "redirect_uri",
    "refresh_token",
    "requested_token_type",
    "scope",
    "subject_token",
    "subject_token_type",
    "token",
    "token_type_hint",
    "username",
];

/// The parameters of an authorization request that may appear only once (RFC 6749 §3.1): all but `resource` (RFC 8707 §2).
const ONCE_IN_AUTHORIZATION: &[&str] = &[
    "acr_values",
    "claims",
    "claims_locales",
    "client_id",
    "code_challenge",
    "code_challenge_method",
    "display",
    "id_token_hint",
    "login_hint",
    "max_age",
    "nonce",
    "prompt",
    "redirect_uri",
    "registration",
    "request",
    "request_uri",
    "response_mode",
    "response_type",
    "scope",
    "state",
    "ui_locales",
];

/// The parameters of an authorization response that may appear only once (RFC 6749 §3.1, RFC 9207 §2).
const ONCE_IN_RESPONSE: &[&str] = &[
    "code",
    "error",
    "error_description",
    "error_uri",
    "iss",
    "state",
];

impl Params {
    pub(crate) fn decode(form: &[u8]) -> Result<Self, MalformedForm> {
        form::decode_pairs(form).map(Self)
    }

    /// Decodes a form as browsers do: invalid percent-encodings stay, invalid UTF-8 becomes U+FFFD.
    pub(crate) fn decode_lossy(form: &[u8]) -> Self {
        Self(form::decode_pairs_lossy(form))
    }

    /// Reads the text members of a JSON object; `None` if the body is not one.
    pub(crate) fn from_json(body: &[u8]) -> Option<Self> {
        let members: Object = serde_json::from_slice(body).ok()?;
        let texts = members.into_iter().filter_map(|(name, value)| match value {
            Value::String(text) => Some((name, text)),
            _ => None,
        });
        Some(Self(texts.collect()))
    }

    /// Returns the first value of that name. A parameter without a value counts as omitted (RFC 6749 §3.2).
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.raw(name).filter(|value| !value.is_empty())
    }

    /// Returns the first value of that name, even if it is empty.
    pub(crate) fn raw(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(held, _)| held == name)
            .map(|(_, value)| value.as_str())
    }

    /// Returns the first parameter of a token request that appears more often than allowed. Unknown parameters are ignored.
    pub(crate) fn repeated(&self) -> Option<&'static str> {
        self.repeated_of(ONCE)
    }

    /// Returns the same for an authorization request.
    pub(crate) fn repeated_in_authorization(&self) -> Option<&'static str> {
        self.repeated_of(ONCE_IN_AUTHORIZATION)
    }

    /// Returns the same for an authorization response.
    pub(crate) fn repeated_in_response(&self) -> Option<&'static str> {
        self.repeated_of(ONCE_IN_RESPONSE)
    }

    /// `once` is sorted.
    fn repeated_of(&self, once: &'static [&'static str]) -> Option<&'static str> {
        let mut seen = vec![false; once.len()];
        self.0.iter().find_map(|(name, _)| {
            let index = once.binary_search(&name.as_str()).ok()?;
            std::mem::replace(&mut seen[index], true).then_some(once[index])
        })
    }

    /// Iterates over all values of that name.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let named =
            move |(held, value): &'a (String, String)| (held == name).then_some(value.as_str());
        self.0.iter().filter_map(named)
    }

    /// Returns the first parameter that is defined for a token, introspection or revocation request.
    pub(crate) fn first_known(&self) -> Option<&'static str> {
        self.0
            .iter()
            .find_map(|(name, _)| ONCE.iter().find(|known| *known == name).copied())
    }

    /// Returns the names that are not defined for such a request, each once.
    pub(crate) fn unknown(&self) -> impl Iterator<Item = &str> {
        const REPEATABLE: &[&str] = &["audience", "resource"];
        let known = |name: &str| ONCE.binary_search(&name).is_ok() || REPEATABLE.contains(&name);
        let mut seen = std::collections::HashSet::new();
        self.0
            .iter()
            .map(|(name, _)| name.as_str())
            .filter(move |name| !known(name) && seen.insert(*name))
    }

    /// Iterates over all parameters in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Replaces the value of the first parameter of that name.
    pub(crate) fn replace(&mut self, name: &str, value: &str) {
        if let Some(held) = self.0.iter_mut().find(|(held, _)| held == name) {
            value.clone_into(&mut held.1);
        }
    }

    /// Returns these parameters followed by `others`.
    pub(crate) fn followed_by(mut self, others: Self) -> Self {
        self.0.extend(others.0);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(form: &str) -> Params {
        Params::decode(form.as_bytes()).expect("a form")
    }

    #[test]
    fn the_table_of_names_is_sorted() {
        assert!(ONCE.is_sorted());
        assert!(ONCE_IN_AUTHORIZATION.is_sorted());
        assert!(ONCE_IN_RESPONSE.is_sorted());
    }

    #[test]
    fn a_known_parameter_may_stand_once_and_an_unknown_one_as_often_as_it_likes() {
        assert_eq!(
            params("scope=a&x=1&x=2&resource=r&resource=s&=&=").repeated(),
            None
        );
        assert_eq!(params("scope=a&scope=a").repeated(), Some("scope"));
        assert_eq!(params("code=&x=1&code=2").repeated(), Some("code"));
    }

    #[test]
    fn an_empty_parameter_counts_as_omitted() {
        assert_eq!(params("scope=&client_id=c").get("scope"), None);
        assert_eq!(params("scope=&client_id=c").get("client_id"), Some("c"));
    }
}
