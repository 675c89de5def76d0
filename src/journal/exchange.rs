//! One request and its answer.

use schemars::JsonSchema;
use serde::Serialize;

use crate::oauth::endpoint::Endpoint;

/// One request and its answer, as the journal keeps it. No secret and no token is in it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct Exchange {
    /// Its number; the first is 1.
    pub number: u64,
    /// When it came, by the server's clock, in RFC 3339.
    pub at: String,
    /// When it came, by real time, in RFC 3339.
    pub real_time: String,
    /// What it was addressed to.
    pub endpoint: Endpoint,
    /// The HTTP method.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// Whom it claimed to come from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// How that client authenticated, or tried to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_method: Option<String>,
    /// The grant it asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grant_type: Option<String>,
    /// Its parameters in order; what is secret is not shown.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<Parameter>,
    /// The HTTP status of the answer; 0 where none was given.
    pub status: u16,
    /// `issued`, `answered`, or the error code.
    pub outcome: String,
    /// The whole reason of a refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The fault that was applied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// Milliseconds of real time it took.
    pub duration_ms: f64,
    /// The ids of the tokens that were issued.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issued: Option<IssuedIds>,
    /// The id of the refresh token they came from; a fixture's goes by its client and its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub presented: Option<String>,
    /// What a stricter server or the RFCs would hold against the request.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub advice: Vec<Advice>,
}

/// A parameter of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its value, cut short; `[redacted]` where it is secret.
    pub value: String,
}

/// The ids of the tokens of one answer, by which a lineage can be drawn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct IssuedIds {
    /// The access token's.
    pub access_token: String,
    /// The id of the refresh token; absent where the grant issues none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// The ID token's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token: Option<String>,
}

/// What a stricter server would hold against a client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct Advice {
    /// Its name, for filters and tables.
    pub code: &'static str,
    /// What it is about.
    pub text: String,
    /// Where it is written.
    pub clause: &'static str,
}

/// What is in the name of a parameter whose value nobody should read in a journal: also of one that is misspelt.
const SECRET: &[&str] = &[
    "assertion",
    "code",
    "password",
    "secret",
    "token",
    "verifier",
];

/// A parameter's name is letters, digits, `-`, `.` and `_` (RFC 6749 §8.2), and shorter than a token.
const LONGEST_NAME: usize = 64;

impl Parameter {
    /// As it may be shown: `value` is an excerpt already.
    pub(crate) fn shown(name: &str, value: impl FnOnce() -> String) -> Self {
        let lower = name.to_ascii_lowercase();
        let secret =
            !lower.ends_with("_type") && SECRET.iter().any(|secret| lower.contains(secret));
        Self {
            name: shown_name(name),
            value: if secret { REDACTED.to_owned() } else { value() },
        }
    }
}

const REDACTED: &str = "[redacted]";

/// The name of a parameter, if it is one: what stands there may be a token that lost its name.
pub(super) fn shown_name(name: &str) -> String {
    let is_name = |c: u8| c.is_ascii_alphanumeric() || b"-._".contains(&c);
    if name.len() <= LONGEST_NAME && name.bytes().all(is_name) {
        crate::oauth::refusal::excerpt(name)
    } else {
        REDACTED.to_owned()
    }
}

impl Exchange {
    /// One line, for a message that lists what arrived.
    pub(crate) fn line(&self) -> String {
        let or = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
        let fault = self
            .fault
            .as_ref()
            .map(|fault| format!(", fault {fault}"))
            .unwrap_or_default();
        format!(
            "#{} {} {} client {} grant {}: {} {}{fault}",
            self.number,
            self.method,
            self.endpoint,
            or(&self.client_id),
            or(&self.grant_type),
            self.status,
            self.outcome,
        )
    }
}
