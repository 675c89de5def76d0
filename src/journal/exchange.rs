//! One request and its answer, as a test reads them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::fault::FaultKind;
use crate::journal::advice::AdviceCode;
use crate::journal::outcome::Outcome;
use crate::oauth::client::AuthMethod;
use crate::oauth::endpoint::Endpoint;
use crate::oauth::refusal::RefusalName;

/// One request and its answer, as the journal keeps it. It contains no secret and no token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Exchange {
    /// The number of the request in the order of arrival. The first is 1.
    pub number: u64,
    /// When the request arrived, by the clock of the server, in RFC 3339.
    pub at: String,
    /// When the request arrived, in real time, in RFC 3339.
    pub real_time: String,
    /// The endpoint that the request was addressed to.
    pub endpoint: Endpoint,
    /// The HTTP method.
    pub method: String,
    /// The path without the query.
    pub path: String,
    /// The client that the request claims to come from, cut to 1 KiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// How that client authenticated, or tried to (RFC 7591 §2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_method: Option<AuthMethod>,
    /// The requested grant type, cut to 256 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant_type: Option<String>,
    /// The requested scope, cut to 1 KiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// The parameters in order, as far as there is room for them. Values that are secret are replaced by `[redacted]`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<Parameter>,
    /// How many parameters are not in `parameters` for lack of room.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub parameters_omitted: u32,
    /// The HTTP status of the answer; 0 when there was no answer (yet).
    pub status: u16,
    /// How the exchange ended, or that it is pending.
    pub outcome: Outcome,
    /// The error code in the answer (RFC 6749 §5.2), of a refusal or of an `error` fault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The name of the reason of a refusal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<RefusalName>,
    /// The complete reason of a refusal, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The faults that were carried out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<FaultKind>,
    /// How long the answer took, in milliseconds of real time.
    pub duration_ms: f64,
    /// The ids of the tokens that were issued.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issued: Option<IssuedIds>,
    /// The id of the token that was presented: the refresh token of a token request, the access token of a userinfo request, or
    /// the token that was introspected or revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub presented: Option<String>,
    /// The id of the grant that the request is about, which all its refresh tokens and access tokens carry; cut to 256 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant_id: Option<String>,
    /// The user of that grant, cut to 256 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub: Option<String>,
    /// What a stricter server would refuse, or what the RFCs advise against.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub advice: Vec<Advice>,
}

/// A parameter of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Parameter {
    /// The name of the parameter.
    pub name: String,
    /// An excerpt of the value; `[redacted]` when it is secret.
    pub value: String,
}

/// The ids of the tokens of one answer. A chain of refreshes can be followed by them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct IssuedIds {
    /// The id of the access token.
    pub access_token: String,
    /// The id of the refresh token, when one was issued.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// The id of the ID token, when one was issued.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_token: Option<String>,
}

/// A remark on a request: a stricter server would refuse it, or the RFCs advise against it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Advice {
    /// The name of the remark.
    pub code: AdviceCode,
    /// The remark in words.
    pub text: String,
    /// The section of the RFC that it follows from, such as `RFC 6749 §3.2`.
    pub clause: String,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// Parts of the names of parameters whose values are secret, also when the name is misspelt.
const SECRET: &[&str] = &[
    "assertion",
    "code",
    "csrf",
    "new_claims",
    "password",
    "secret",
    "token",
    "verifier",
];

/// The parameters that have such a part in their name and are not secret.
const SHOWN: &[&str] = &["code_challenge", "code_challenge_method", "token_type_hint"];

/// The most characters of a parameter's name. A longer text may be a token that was sent without its name.
const LONGEST_NAME: usize = 64;

/// What is shown in the place of a secret.
pub(super) const REDACTED: &str = "[redacted]";

/// Returns true if a parameter of that name has a value that the journal must not keep.
pub(super) fn is_secret(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let is_shown = lower.ends_with("_type") || SHOWN.contains(&lower.as_str());
    !is_shown && SECRET.iter().any(|secret| lower.contains(secret))
}

/// Returns the name of a parameter if it has the form of one (RFC 6749 §8.2): it may be a token that was sent without its name.
pub(super) fn shown_name(name: &str) -> &str {
    let is_name = |c: u8| c.is_ascii_alphanumeric() || b"-._".contains(&c);
    if name.is_empty() {
        "(empty)"
    } else if name.len() <= LONGEST_NAME && name.bytes().all(is_name) {
        name
    } else {
        REDACTED
    }
}
