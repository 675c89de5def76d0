//! What can go wrong on purpose, as data. Doing it is the business of `http` and `shape`; choosing it, of [`plan`].

pub(crate) mod plan;

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::oauth::token_kind::TokenKind;

/// One way to go wrong.
///
/// ```
/// use oauth_mimic::{Defect, Fault, TokenKind};
/// let gone = Fault::status(503).header("Retry-After", "1");
/// let stale = Fault::token(TokenKind::AccessToken, Defect::Expired);
/// # let _ = (gone, stale);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[schemars(description = "One way to go wrong.", transform = describe_members)]
#[non_exhaustive]
pub enum Fault {
    // --- the answer is not given -----------------------------------------------------------------------------
    /// An OAuth error, in the server's dialect of headers.
    Error(ErrorFault),
    /// A bare HTTP status.
    Status(StatusFault),
    /// The HTML page of a gateway that cannot reach the server: 502.
    GatewayPage,
    /// The right answer, late. In real time.
    Delay(DelayFault),
    /// The right answer, so slowly.
    Drip {
        /// Bytes of the body a second.
        #[schemars(range(min = 1))]
        bytes_per_second: u32,
    },
    /// The right head, and a body that breaks off.
    Truncate {
        /// How many bytes of the body arrive.
        bytes: usize,
    },
    /// A body that is no JSON.
    Malformed,
    /// The right answer, called something else.
    ContentType(String),
    /// The connection is closed before an answer.
    Close,
    /// The connection is reset (TCP RST) before an answer.
    Reset,
    /// Everything happens, the refresh token is spent, and the connection dies.
    LostResponse,

    // --- the answer is wrong -----------------------------------------------------------------------------------
    /// Other members in the JSON answer.
    Answer(AnswerFault),
    /// A broken token.
    Token(TokenFault),
    /// Wrong keys, at the `jwks` endpoint.
    Keys(KeysFault),
}

/// An OAuth error (RFC 6749 §5.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ErrorFault {
    /// The error code.
    pub code: String,
    /// The description; omitted, one that says it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The HTTP status; omitted, 401 for `invalid_client`, 503 for `temporarily_unavailable`, 500 for `server_error`, and
    /// 400 for the others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 200, max = 599))]
    pub status: Option<u16>,
}

/// An HTTP status with headers and a body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct StatusFault {
    /// The status.
    #[schemars(range(min = 200, max = 599))]
    pub status: u16,
    /// Headers, such as `Retry-After`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// The body; omitted, none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub body: String,
}

/// A delay in real time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct DelayFault {
    /// Seconds at least.
    #[schemars(range(min = 0.0, max = 3600.0))]
    pub seconds: f64,
    /// Up to so many seconds more, drawn from the seeded source.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 3600.0))]
    pub jitter: f64,
}

/// Changes to a JSON answer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct AnswerFault {
    /// Members to set, after those to remove are gone.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub set: Map<String, Value>,
    /// Members to remove.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remove: Vec<String>,
}

/// A token with a defect.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct TokenFault {
    /// Which token of the answer; omitted, the access token.
    #[serde(default)]
    pub which: TokenKind,
    /// What is wrong with it.
    pub defect: Defect,
}

/// What can be wrong with a token. Everything else of it stays as it would be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(transform = describe_members)]
#[non_exhaustive]
pub enum Defect {
    /// It was issued, and expired, before now.
    Expired,
    /// Its `nbf` is an hour from now (RFC 7519 §4.1.5).
    NotYetValid,
    /// It is issued an hour from now.
    IssuedInFuture,
    /// It names another issuer.
    WrongIssuer,
    /// It names another audience, even where the profile names none.
    WrongAudience,
    /// Its `typ` is another kind of token's (RFC 8725 §3.11).
    WrongType,
    /// Its `kid` names no published key.
    UnknownKid,
    /// A key that is not published signed it, under the published key's name.
    ForeignKey,
    /// One bit of its signature is another.
    DamagedSignature,
    /// It is not signed (RFC 8725 §2.1).
    AlgNone,
    /// It is "signed" with the public key as an HMAC secret (RFC 8725 §2.1).
    Hs256WithPublicKey,
    /// It lacks that claim.
    MissingClaim(String),
    /// It has these claims, whatever it should have.
    SetClaims(Map<String, Value>),
    /// It is so many bytes larger than it need be, one more at most (or some, where it is to be a few bytes only).
    Oversized(#[schemars(range(max = 1_048_576))] usize),
}

/// What can be wrong with the published keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum KeysFault {
    /// There are none.
    Empty,
    /// The one that signs is not there yet; where no other is published, there are none.
    Late,
    /// Those of before the last rotation, and only those, even where they have retired since; without a rotation, they
    /// are right.
    Stale,
    /// Another key stands under the right `kid`.
    WrongKey,
}

/// What a variant says holds for its one member, too: an editor shows what stands there.
fn describe_members(schema: &mut Schema) {
    let variants = schema.get_mut("oneOf").and_then(Value::as_array_mut);
    for variant in variants.into_iter().flatten() {
        let description = variant["description"].clone();
        let members = variant.get_mut("properties").and_then(Value::as_object_mut);
        for (_, member) in members.into_iter().flatten() {
            if let Some(member) = member.as_object_mut() {
                member.entry("description").or_insert(description.clone());
            }
        }
    }
}

impl Fault {
    /// An OAuth error.
    #[must_use]
    pub fn error(code: impl Into<String>) -> Self {
        Self::Error(ErrorFault {
            code: code.into(),
            description: None,
            status: None,
        })
    }

    /// A bare HTTP status.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self::Status(StatusFault {
            status,
            headers: BTreeMap::new(),
            body: String::new(),
        })
    }

    /// Adds a header to a [`Fault::status`]; others have none to add.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        if let Self::Status(fault) = &mut self {
            fault.headers.insert(name.into(), value.into());
        }
        self
    }

    /// The right answer, so late.
    #[must_use]
    pub fn delay(delay: std::time::Duration) -> Self {
        Self::Delay(DelayFault {
            seconds: delay.as_secs_f64(),
            jitter: 0.0,
        })
    }

    /// A member of the JSON answer set to something else.
    #[must_use]
    pub fn set(member: impl Into<String>, value: impl Into<Value>) -> Self {
        let set = Map::from_iter([(member.into(), value.into())]);
        Self::Answer(AnswerFault {
            set,
            remove: Vec::new(),
        })
    }

    /// A member of the JSON answer left out.
    #[must_use]
    pub fn remove(member: impl Into<String>) -> Self {
        Self::Answer(AnswerFault {
            set: Map::new(),
            remove: vec![member.into()],
        })
    }

    /// A broken token.
    #[must_use]
    pub fn token(which: TokenKind, defect: Defect) -> Self {
        Self::Token(TokenFault { which, defect })
    }

    /// Its name, as in JSON.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Error(_) => "error",
            Self::Status(_) => "status",
            Self::GatewayPage => "gateway_page",
            Self::Delay(_) => "delay",
            Self::Drip { .. } => "drip",
            Self::Truncate { .. } => "truncate",
            Self::Malformed => "malformed",
            Self::ContentType(_) => "content_type",
            Self::Close => "close",
            Self::Reset => "reset",
            Self::LostResponse => "lost_response",
            Self::Answer(_) => "answer",
            Self::Token(_) => "token",
            Self::Keys(_) => "keys",
        }
    }

    /// What the types cannot say: whether it can be done at all.
    pub(crate) fn check(&self) -> Result<(), String> {
        let status = |status: u16| match status {
            200..=599 => Ok(()),
            _ => Err(format!("status {status} is not one of 200 to 599")),
        };
        match self {
            Self::Error(fault) => {
                let plain = |c: char| matches!(c, '\x20'..='\x7E') && c != '"' && c != '\\';
                if fault.code.is_empty() || !fault.code.chars().all(plain) {
                    return Err(
                        "error.code must be printable ASCII without quotes (RFC 6749 §5.2)"
                            .to_owned(),
                    );
                }
                if !fault.description.iter().all(|text| text.chars().all(plain)) {
                    return Err(
                        "error.description must be printable ASCII without quotes (RFC 6749 §5.2)"
                            .to_owned(),
                    );
                }
                fault.status.map_or(Ok(()), status)
            }
            Self::Status(fault) => {
                let token = |text: &str| {
                    !text.is_empty()
                        && text
                            .bytes()
                            .all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
                };
                let value = |text: &str| text.bytes().all(|b| matches!(b, b'\t' | 0x20..=0x7E));
                match fault
                    .headers
                    .iter()
                    .find(|(name, text)| !token(name) || !value(text))
                {
                    Some((name, _)) => Err(format!(
                        "status.headers: `{name}` is no header (RFC 9110 §5)"
                    )),
                    None => status(fault.status),
                }
            }
            Self::Delay(delay) => {
                let within = |seconds: f64| (0.0..=3600.0).contains(&seconds);
                if within(delay.seconds) && within(delay.jitter) {
                    Ok(())
                } else {
                    Err("delay: seconds and jitter must be 0 to 3600".to_owned())
                }
            }
            Self::Drip {
                bytes_per_second: 0,
            } => Err("drip.bytes_per_second must be at least 1".to_owned()),
            Self::ContentType(text) if !text.bytes().all(|b| matches!(b, 0x20..=0x7E)) => {
                Err("content_type must be printable ASCII".to_owned())
            }
            Self::Token(TokenFault {
                defect: Defect::Oversized(bytes),
                ..
            }) if *bytes > 1_048_576 => {
                Err("token.defect.oversized must be at most 1048576 bytes".to_owned())
            }
            _ => Ok(()),
        }
    }
}
