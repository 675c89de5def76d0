//! The claims of a user that a client may have: by scope (OpenID Connect Core §5.4), and one by one by the parameter `claims`
//! (§5.5).

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};

use crate::json::{self, Value};
use crate::oauth::scope::Scope;
use crate::oauth::user::User;

/// The scope token that makes a request one of OpenID Connect (OpenID Connect Core §3.1.2.1).
pub(crate) const OPENID: &str = "openid";

/// The scope tokens that this server has a meaning for.
pub(crate) const SCOPES: [&str; 6] = [
    OPENID,
    "profile",
    "email",
    "address",
    "phone",
    "offline_access",
];

/// The claims of each scope token (OpenID Connect Core §5.4).
const BY_SCOPE: [(&str, &[&str]); 4] = [
    (
        "profile",
        &[
            "name",
            "family_name",
            "given_name",
            "middle_name",
            "nickname",
            "preferred_username",
            "profile",
            "picture",
            "website",
            "gender",
            "birthdate",
            "zoneinfo",
            "locale",
            "updated_at",
        ],
    ),
    ("email", &["email", "email_verified"]),
    ("address", &["address"]),
    ("phone", &["phone_number", "phone_number_verified"]),
];

/// Claims that have a meaning for the protocol: a claim of a user never replaces one.
const OF_THE_PROTOCOL: [&str; 16] = [
    "iss",
    "sub",
    "aud",
    "exp",
    "nbf",
    "iat",
    "jti",
    "azp",
    "nonce",
    "auth_time",
    "acr",
    "at_hash",
    "c_hash",
    "sid",
    "client_id",
    "scope",
];

/// The longest `claims` parameter in bytes.
const LONGEST: usize = 8 * 1024;
/// The most claims that one member of it may request.
const MOST: usize = 100;

/// Returns the claims that a scope token gives access to.
pub(crate) fn of_scope_token(token: &str) -> &'static [&'static str] {
    let found = BY_SCOPE.iter().find(|(scope, _)| *scope == token);
    found.map_or(&[], |(_, claims)| *claims)
}

/// Returns the claims of a user, in their order, that are granted by a scope or requested one by one.
pub(crate) fn select<'u>(
    user: &'u User,
    granted: Option<&Scope>,
    requested: Option<&Requests>,
) -> Vec<(&'u str, &'u Value)> {
    let is_granted = |name: &str| {
        granted.is_some_and(|scope| {
            let mut claims = scope.iter().flat_map(of_scope_token);
            claims.any(|claim| *claim == name)
        })
    };
    let is_requested = |name: &str, value: &Value| {
        requested
            .and_then(|requests| requests.get(name))
            .is_some_and(|request| request.accepts(value))
    };
    let claims = user
        .claims
        .iter()
        .map(|(name, value)| (name.as_str(), value));
    claims
        .filter(|(name, value)| !value.is_null() && !OF_THE_PROTOCOL.contains(name))
        .filter(|(name, value)| is_granted(name) || is_requested(name, value))
        .collect()
}

/// The claims that a client requested one by one (OpenID Connect Core §5.5).
#[derive(Debug, Clone, Default, PartialEq, serde::Deserialize)]
pub(crate) struct ClaimsRequest {
    /// For the userinfo response.
    #[serde(default)]
    pub(crate) userinfo: Requests,
    /// For the ID token.
    #[serde(default)]
    pub(crate) id_token: Requests,
}

/// Requests for claims, by the names of the claims.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Requests(Vec<(String, Request)>);

/// A request for one claim (OpenID Connect Core §5.5.1).
#[derive(Debug, Clone, Default, PartialEq, serde::Deserialize)]
pub(crate) struct Request {
    /// Whether the client needs the claim for what it does.
    #[serde(default)]
    pub(crate) essential: bool,
    /// The value that the claim should have.
    #[serde(default)]
    value: Option<Value>,
    /// The values of which the claim should have one.
    #[serde(default)]
    values: Option<Vec<Value>>,
}

impl ClaimsRequest {
    /// Reads the parameter `claims`. Unknown members are ignored (OpenID Connect Core §5.5).
    ///
    /// # Errors
    /// What is wrong with it: it is too long, is not JSON of this form, names a claim twice, or requests too many.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text.len() > LONGEST {
            return Err(format!("it is longer than {LONGEST} bytes"));
        }
        json::read(text.as_bytes()).map_err(|mistake| {
            let place = match mistake.pointer.as_str() {
                "" => "it",
                pointer => pointer,
            };
            format!("{place} {}", mistake.problem)
        })
    }
}

impl Requests {
    /// Returns the request for a claim.
    pub(crate) fn get(&self, name: &str) -> Option<&Request> {
        let found = self.0.iter().find(|(held, _)| held == name);
        found.map(|(_, request)| request)
    }
}

impl Request {
    /// Returns the first text that the client wants as the value.
    pub(crate) fn first_text(&self) -> Option<&str> {
        let values = self.value.iter().chain(self.values.iter().flatten());
        let mut texts = values.filter_map(Value::as_str);
        texts.find(|text| !text.is_empty())
    }

    /// Returns true if the client accepts that value. A claim of another value is not returned.
    pub(crate) fn accepts(&self, value: &Value) -> bool {
        self.value.as_ref().is_none_or(|wanted| wanted == value)
            && self
                .values
                .as_ref()
                .is_none_or(|wanted| wanted.contains(value))
    }
}

impl<'de> Deserialize<'de> for Requests {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Unique;

        impl<'de> Visitor<'de> for Unique {
            type Value = Requests;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of claims")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Requests, A::Error> {
                let mut requests = Requests::default();
                while let Some((name, request)) = map.next_entry::<String, Option<Request>>()? {
                    if requests.get(&name).is_some() {
                        return Err(A::Error::custom("a claim is requested twice"));
                    }
                    if requests.0.len() == MOST {
                        return Err(A::Error::custom(format_args!("more than {MOST} claims")));
                    }
                    requests.0.push((name, request.unwrap_or_default()));
                }
                Ok(requests)
            }
        }

        deserializer.deserialize_map(Unique)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn alice() -> User {
        User::new("alice")
            .claim("name", "Alice")
            .claim("email", "alice@example.com")
            .claim("email_verified", true)
            .claim("phone_number", serde_json::Value::Null)
            .claim("client_id", "mallory")
            .claim("role", "admin")
    }

    fn names(granted: Option<&str>, requested: &str) -> Vec<String> {
        let scope: Option<Scope> = granted.map(|scope| scope.parse().expect("a scope"));
        let request = ClaimsRequest::parse(requested).expect(requested);
        let alice = alice();
        let claims = select(&alice, scope.as_ref(), Some(&request.userinfo));
        claims.iter().map(|(name, _)| (*name).to_owned()).collect()
    }

    #[test]
    fn a_scope_token_gives_its_claims_and_no_others() {
        assert_eq!(
            names(Some("openid email"), "{}"),
            ["email", "email_verified"]
        );
        assert_eq!(names(Some("profile role"), "{}"), ["name"]);
        // A claim without a value is left out.
        assert_eq!(names(Some("phone"), "{}"), [""; 0]);
        assert_eq!(names(None, "{}"), [""; 0]);
    }

    #[test]
    fn a_claim_is_requested_by_its_name_and_by_its_value() {
        for (request, expected) in [
            (json!({ "role": null }), &["role"][..]),
            (json!({ "role": { "essential": true } }), &["role"]),
            (json!({ "role": { "value": "admin" } }), &["role"]),
            (json!({ "role": { "value": "guest" } }), &[]),
            (
                json!({ "role": { "values": ["guest", "admin"] } }),
                &["role"],
            ),
            (
                json!({ "role": { "values": ["guest"], "unknown": 1 } }),
                &[],
            ),
            (json!({ "no_such_claim": null }), &[]),
            // Protocol claims are not the user's to give.
            (json!({ "client_id": null }), &[]),
        ] {
            let text = json!({ "userinfo": request, "unknown": 1 }).to_string();
            assert_eq!(names(None, &text), expected, "{text}");
        }
    }

    #[test]
    fn a_request_at_the_limits_is_read() {
        let longest = format!("{{}}{}", " ".repeat(LONGEST - 2));
        assert_eq!(ClaimsRequest::parse(&longest), Ok(ClaimsRequest::default()));
        let most: serde_json::Map<String, serde_json::Value> = (0..MOST)
            .map(|n| (n.to_string(), serde_json::Value::Null))
            .collect();
        let text = json!({ "id_token": most }).to_string();
        let read = ClaimsRequest::parse(&text).expect("a request");
        assert_eq!(read.id_token.0.len(), MOST);
    }

    #[test]
    fn a_malformed_request_is_refused_with_its_reason() {
        let many: serde_json::Map<String, serde_json::Value> = (0..=MOST)
            .map(|n| (n.to_string(), serde_json::Value::Null))
            .collect();
        for (text, reason) in [
            ("", "it is not JSON"),
            ("null", "it must be an object, not null"),
            ("[]", "it must be an object"),
            ("{} {}", "it is not JSON"),
            (r#"{"userinfo": 1}"#, "/userinfo must be an object"),
            (r#"{"userinfo": {"a": 1}}"#, "/userinfo/a must be an object"),
            (
                r#"{"userinfo": {"a": []}}"#,
                "/userinfo/a must be an object",
            ),
            (
                r#"{"userinfo": {"a": {"essential": 1}}}"#,
                "/userinfo/a/essential must be",
            ),
            (
                r#"{"userinfo": {"a": {"values": 1}}}"#,
                "/userinfo/a/values must be",
            ),
            (r#"{"userinfo": {"a": null, "a": null}}"#, "twice"),
            (r#"{"userinfo": {}, "userinfo": {}}"#, "userinfo"),
            (&json!({ "id_token": many }).to_string(), "more than 100"),
            (&" ".repeat(LONGEST + 1), "longer than"),
        ] {
            let why = ClaimsRequest::parse(text).expect_err(text);
            assert!(why.contains(reason), "{text}: {why}");
        }
    }
}
