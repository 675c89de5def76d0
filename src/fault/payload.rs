//! What the kinds of fault need to know, and the checks that each makes on it.

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::fault::Defect;
use crate::json::Object;
use crate::json::invalid::Invalid;
use crate::oauth::token_kind::TokenKind;

/// The longest delay, in seconds.
const LONGEST: f64 = 3600.0;

/// The payload of [`Fault::Error`](crate::Fault::Error): an OAuth error (RFC 6749 §5.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ErrorFault {
    /// The error code, such as `invalid_grant`.
    pub error: String,
    /// The error description. Default: `injected fault`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The HTTP status. Default: 401 for `invalid_client`, 503 for `temporarily_unavailable`, 500 for `server_error`, and
    /// 400 for other codes. It has no effect where a redirect carries the error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 200, max = 599))]
    pub status: Option<u16>,
}

impl ErrorFault {
    pub(super) fn new(error: impl Into<String>) -> Self {
        Self {
            error: error.into(),
            description: None,
            status: None,
        }
    }

    /// Sets the error description.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Sets the HTTP status, from 200 to 599.
    #[must_use]
    pub fn status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    /// Returns the HTTP status of the answer.
    pub(crate) fn status_code(&self) -> u16 {
        self.status.unwrap_or(match self.error.as_str() {
            "invalid_client" => 401,
            "server_error" => 500,
            "temporarily_unavailable" => 503,
            _ => 400,
        })
    }

    /// Returns the error description of the answer.
    pub(crate) fn described(&self) -> &str {
        self.description.as_deref().unwrap_or("injected fault")
    }

    pub(super) fn check(&self) -> Result<(), Invalid> {
        const CHARACTERS: &str = "must be printable ASCII without `\"` and `\\` (RFC 6749 §5.2)";
        let plain = |text: &str| {
            text.chars()
                .all(|c| matches!(c, '\x20'..='\x7E') && c != '"' && c != '\\')
        };
        if self.error.is_empty() || !plain(&self.error) {
            return Err(Invalid::member("error", CHARACTERS));
        }
        if !self.description.as_deref().is_none_or(plain) {
            return Err(Invalid::member("description", CHARACTERS));
        }
        self.status.map_or(Ok(()), |status| {
            check_status(status)?;
            check_body(status, true).map_err(|why| why.within("status"))
        })
    }
}

/// The payload of [`Fault::Status`](crate::Fault::Status): an HTTP status with headers and a body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct StatusFault {
    /// The HTTP status.
    #[schemars(range(min = 200, max = 599))]
    pub status: u16,
    /// Headers, such as `Retry-After`. Default: none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// The body. Default: empty. The statuses 204, 205 and 304 cannot have one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub body: String,
}

impl StatusFault {
    pub(super) fn new(status: u16) -> Self {
        Self {
            status,
            headers: BTreeMap::new(),
            body: String::new(),
        }
    }

    /// Adds a header, or replaces it.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.insert(name.into(), value.into());
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn body(mut self, body: impl Into<String>) -> Self {
        self.body = body.into();
        self
    }

    pub(super) fn check(&self) -> Result<(), Invalid> {
        check_status(self.status)?;
        for (name, value) in &self.headers {
            check_header(name, value).map_err(|why| why.within(name).within("headers"))?;
        }
        check_body(self.status, !self.body.is_empty()).map_err(|why| why.within("body"))
    }
}

/// The payload of [`Fault::Delay`](crate::Fault::Delay): a time to wait, in real time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct DelayFault {
    /// Seconds to wait at least, from 0 to 3600.
    #[schemars(range(min = 0.0, max = LONGEST))]
    pub seconds: f64,
    /// The most seconds to wait beyond that, from 0 to 3600, drawn from the seeded source. Default: 0.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = LONGEST))]
    pub jitter: f64,
}

impl DelayFault {
    pub(super) fn new(delay: Duration) -> Self {
        Self {
            seconds: delay.as_secs_f64(),
            jitter: 0.0,
        }
    }

    /// Sets the most time to wait beyond the delay.
    #[must_use]
    pub fn jitter(mut self, jitter: Duration) -> Self {
        self.jitter = jitter.as_secs_f64();
        self
    }

    pub(super) fn check(&self) -> Result<(), Invalid> {
        for (member, seconds) in [("seconds", self.seconds), ("jitter", self.jitter)] {
            if !(0.0..=LONGEST).contains(&seconds) {
                return Err(Invalid::member(member, "must be 0 to 3600"));
            }
        }
        Ok(())
    }
}

/// The payload of [`Fault::Drip`](crate::Fault::Drip): a slow body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct DripFault {
    /// Bytes of the body a second, at least 1.
    #[schemars(range(min = 1))]
    pub bytes_per_second: u32,
}

impl DripFault {
    pub(super) fn check(self) -> Result<(), Invalid> {
        if self.bytes_per_second == 0 {
            return Err(Invalid::member("bytes_per_second", "must be at least 1"));
        }
        Ok(())
    }
}

/// The payload of [`Fault::ContentType`](crate::Fault::ContentType): another media type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ContentTypeFault {
    /// The value of the `Content-Type` header.
    pub content_type: String,
}

impl ContentTypeFault {
    pub(super) fn check(&self) -> Result<(), Invalid> {
        check_value(&self.content_type).map_err(|why| why.within("content_type"))
    }
}

/// The payload of [`Fault::Truncate`](crate::Fault::Truncate): a body that breaks off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct TruncateFault {
    /// Bytes of the body that arrive.
    pub bytes: usize,
}

/// The payload of [`Fault::Answer`](crate::Fault::Answer): changes to the members of a JSON answer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct AnswerFault {
    /// Members to set, after others were removed. Default: none.
    #[serde(default, skip_serializing_if = "Object::is_empty")]
    pub(crate) set: Object,
    /// Members to remove. Default: none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remove: Vec<String>,
}

impl AnswerFault {
    /// Sets a member. The members of an object keep the order that they have in `value`, as in
    /// [`User::claim`](crate::User::claim).
    #[must_use]
    pub fn set(mut self, member: impl Into<String>, value: impl Into<serde_json::Value>) -> Self {
        self.set.insert_given(member, value);
        self
    }

    /// Removes a member.
    #[must_use]
    pub fn remove(mut self, member: impl Into<String>) -> Self {
        self.remove.push(member.into());
        self
    }
}

/// The payload of [`Fault::Token`](crate::Fault::Token): a token with a defect.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct TokenFault {
    /// Which token of the answer. Default: the access token.
    #[serde(default)]
    pub token: TokenKind,
    /// What is wrong with it.
    pub defect: Defect,
}

impl TokenFault {
    pub(crate) fn check(&self) -> Result<(), Invalid> {
        self.defect.check().map_err(|why| why.within("defect"))
    }
}

/// The payload of [`Fault::Redirect`](crate::Fault::Redirect): a wrong authorization response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct RedirectFault {
    /// How the authorization response is wrong.
    pub redirect: WrongRedirect,
}

/// How an authorization response is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum WrongRedirect {
    /// The parameter `state` is another than that of the request, even if that has none (RFC 6749 §10.12).
    WrongState,
    /// The parameter `state` is missing (RFC 6749 §4.1.2).
    MissingState,
    /// The parameter `iss` names another issuer (RFC 9207 §2.4).
    WrongIss,
    /// The parameter `iss` is missing (RFC 9207 §2.4).
    MissingIss,
    /// The code belongs to another client: the token endpoint refuses it (RFC 6749 §4.1.3).
    ForeignCode,
    /// The code belongs to another login at the same client, as in an injection: to another user if there is one, and to
    /// another `nonce` and `code_challenge` where the request has them. A client without both logs the wrong user in
    /// (RFC 9700 §4.5).
    InjectedCode,
    /// Somebody else has used the code before: the token endpoint refuses it (RFC 6749 §4.1.2).
    UsedCode,
    /// The parameter `code` is in the response twice (RFC 6749 §3.1).
    DuplicatedCode,
    /// The code has expired already: the token endpoint refuses it (RFC 6749 §4.1.2).
    ExpiredCode,
}

impl WrongRedirect {
    /// Returns true if a response that has a code, and a `state`, or has not, can be wrong in this way.
    pub(crate) const fn can_happen(self, has_code: bool, has_state: bool) -> bool {
        match self {
            Self::WrongState | Self::WrongIss | Self::MissingIss => true,
            Self::MissingState => has_state,
            Self::ForeignCode
            | Self::InjectedCode
            | Self::UsedCode
            | Self::DuplicatedCode
            | Self::ExpiredCode => has_code,
        }
    }
}

/// The payload of [`Fault::Keys`](crate::Fault::Keys): a wrong JWK Set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct KeysFault {
    /// How the JWK Set is wrong.
    pub keys: WrongKeys,
}

/// How a JWK Set is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum WrongKeys {
    /// It has no key.
    Empty,
    /// It lacks the key that signs, as if that were not published yet.
    Late,
    /// It has the keys that were published before the last rotation, even those that have retired since. Before the first
    /// rotation it is right.
    Stale,
    /// It has another key under the `kid` of the key that signs.
    WrongKey,
}

fn check_status(status: u16) -> Result<(), Invalid> {
    match status {
        200..=599 => Ok(()),
        _ => Err(Invalid::member("status", "must be 200 to 599")),
    }
}

/// Checks that a response of that status may have the body: a client takes the body of a response without one for the next
/// response (RFC 9110 §15.3.5, §15.3.6, §15.4.5).
fn check_body(status: u16, body: bool) -> Result<(), Invalid> {
    match status {
        204 | 205 | 304 if body => Err(Invalid::new(format!(
            "a response of status {status} has no body (RFC 9110 §6.4.1)"
        ))),
        _ => Ok(()),
    }
}

fn check_header(name: &str, value: &str) -> Result<(), Invalid> {
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || !name.bytes().all(token) {
        return Err(Invalid::new("is not the name of a header (RFC 9110 §5.1)"));
    }
    if ["content-length", "transfer-encoding"].contains(&name.to_ascii_lowercase().as_str()) {
        return Err(Invalid::new(
            "is set by the server: another value would make the client misread the next response",
        ));
    }
    check_value(value)
}

fn check_value(value: &str) -> Result<(), Invalid> {
    if value
        .bytes()
        .all(|byte| matches!(byte, b'\t' | 0x20..=0x7E))
    {
        Ok(())
    } else {
        Err(Invalid::new("must be printable ASCII (RFC 9110 §5.5)"))
    }
}
