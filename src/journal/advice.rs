//! What a stricter server would refuse, or what the RFCs advise against: one function for each code, with its clause.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::journal::exchange::shown_name;
use crate::journal::history::{Earlier, Past};
use crate::oauth::bearer;
use crate::oauth::endpoint::Endpoint;
use crate::oauth::params::Params;
use crate::oauth::refusal::{Refusal, RefusalName};

/// The name of a remark on a request.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AdviceCode {
    /// The token, introspection or revocation request is not a POST.
    Method,
    /// A parameter of the request, or the access token, is in the URI.
    ParameterInUri,
    /// The Basic credentials are not form-urlencoded.
    BasicNotEncoded,
    /// The request uses more than one method of client authentication.
    SeveralMethods,
    /// A parameter is repeated.
    ParameterRepeated,
    /// A parameter is not a registered one of a token request.
    ParameterUnknown,
    /// Two requests that overlapped in time presented the same refresh token.
    RefreshRace,
    /// The refresh token was presented before.
    RefreshReplay,
    /// The access token still had more than half of its lifetime.
    RefreshEarly,
    /// The requested scope was never granted.
    ScopeNeverGranted,
    /// Leniency tolerated a reason to refuse the request.
    Tolerated,
}

impl AdviceCode {
    /// Every code, in the order in which advice is listed.
    pub const ALL: &'static [Self] = &[
        Self::Method,
        Self::ParameterInUri,
        Self::BasicNotEncoded,
        Self::SeveralMethods,
        Self::ParameterRepeated,
        Self::ParameterUnknown,
        Self::RefreshRace,
        Self::RefreshReplay,
        Self::RefreshEarly,
        Self::ScopeNeverGranted,
        Self::Tolerated,
    ];

    /// Returns the name of the code, as in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Method => "method",
            Self::ParameterInUri => "parameter_in_uri",
            Self::BasicNotEncoded => "basic_not_encoded",
            Self::SeveralMethods => "several_methods",
            Self::ParameterRepeated => "parameter_repeated",
            Self::ParameterUnknown => "parameter_unknown",
            Self::RefreshRace => "refresh_race",
            Self::RefreshReplay => "refresh_replay",
            Self::RefreshEarly => "refresh_early",
            Self::ScopeNeverGranted => "scope_never_granted",
            Self::Tolerated => "tolerated",
        }
    }

    /// Returns the section of the RFC that the advice follows from, or the setting.
    #[must_use]
    pub const fn clause(self) -> &'static str {
        match self {
            Self::Method | Self::ParameterRepeated => "RFC 6749 §3.2",
            Self::ParameterInUri | Self::BasicNotEncoded => "RFC 6749 §2.3.1",
            Self::SeveralMethods => "RFC 6749 §2.3",
            Self::ParameterUnknown => "RFC 6749 §8.2",
            Self::RefreshRace | Self::RefreshReplay => "RFC 9700 §4.14.2",
            Self::RefreshEarly => "RFC 6749 §1.5",
            Self::ScopeNeverGranted => "RFC 6749 §6",
            Self::Tolerated => "leniency",
        }
    }

    /// Returns when the advice is given and what to do about it.
    #[must_use]
    pub const fn doc(self) -> &'static str {
        match self {
            Self::Method => {
                "The token, introspection or revocation request is not a POST. Send a POST."
            }
            Self::ParameterInUri => {
                "A parameter of the request, or the access token, is in the URI, where logs and caches keep it. Send it in the body, and an access token as a header."
            }
            Self::BasicNotEncoded => {
                "The client_id or the secret was not form-urlencoded before it became Basic credentials. Encode both; a \
                 server that decodes them reads other texts, or tolerate the raw form with leniency."
            }
            Self::SeveralMethods => {
                "The request uses more than one method of client authentication. Send credentials once."
            }
            Self::ParameterRepeated => "A parameter is repeated. Send it once.",
            Self::ParameterUnknown => {
                "A parameter is not a registered one of a token request. Servers ignore it; check its spelling."
            }
            Self::RefreshRace => {
                "Two requests that overlapped in time presented the same refresh token. Under rotation one of them fails, or \
                 the family is revoked. Refresh once for all threads of the client."
            }
            Self::RefreshReplay => {
                "The refresh token was presented before, or its family is revoked. Store the new refresh token of each answer."
            }
            Self::RefreshEarly => {
                "The access token still had more than half of its lifetime. Refresh when it is about to expire."
            }
            Self::ScopeNeverGranted => {
                "The requested scope was never granted. Request the granted scope or a part of it."
            }
            Self::Tolerated => {
                "Leniency tolerated a reason to refuse the request. A strict server refuses it; the text names the reasons."
            }
        }
    }
}

impl fmt::Display for AdviceCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What the advice on a request depends on.
#[derive(Debug)]
pub(crate) struct AdvisedRequest<'a> {
    /// The token, introspection, revocation, userinfo or authorization endpoint.
    pub(crate) endpoint: Endpoint,
    pub(crate) method: &'a str,
    pub(crate) query: &'a Params,
    pub(crate) form: &'a Params,
    /// The two halves of the Basic credentials, as they were sent.
    pub(crate) basic: Option<(&'a [u8], &'a [u8])>,
    /// Whether the presented refresh token was returned again (RFC 6749 §6): then it has to be presented again.
    pub(crate) returned_again: bool,
    pub(crate) refusal: Option<&'a Refusal>,
    /// The reasons that leniency tolerated.
    pub(crate) tolerated: &'a [RefusalName],
    pub(crate) now: Timestamp,
}

/// Returns the advice on a request: at most one text for each code, in the order of [`AdviceCode::ALL`].
pub(super) fn advise(request: &AdvisedRequest<'_>, past: Past) -> Vec<(AdviceCode, String)> {
    AdviceCode::ALL
        .iter()
        .filter_map(|code| Some((*code, text(*code, request, past)?)))
        .collect()
}

fn text(code: AdviceCode, request: &AdvisedRequest<'_>, past: Past) -> Option<String> {
    if request.endpoint == Endpoint::Userinfo {
        // No client authenticates there, and the form has one parameter.
        return match code {
            AdviceCode::ParameterInUri => access_token_in_uri(request),
            AdviceCode::Tolerated => tolerated(request),
            _ => None,
        };
    }
    if request.endpoint == Endpoint::Authorization {
        // A browser sends it, mostly in a query.
        return match code {
            AdviceCode::Tolerated => tolerated(request),
            _ => None,
        };
    }
    match code {
        AdviceCode::Method => method(request),
        AdviceCode::ParameterInUri => parameter_in_uri(request),
        AdviceCode::BasicNotEncoded => basic_not_encoded(request),
        AdviceCode::SeveralMethods => several_methods(request),
        AdviceCode::ParameterRepeated => parameter_repeated(request),
        AdviceCode::ParameterUnknown => parameter_unknown(request),
        AdviceCode::RefreshRace => refresh_race(request, past),
        AdviceCode::RefreshReplay => refresh_replay(request, past),
        AdviceCode::RefreshEarly => refresh_early(request, past),
        AdviceCode::ScopeNeverGranted => scope_never_granted(request),
        AdviceCode::Tolerated => tolerated(request),
    }
}

fn method(request: &AdvisedRequest<'_>) -> Option<String> {
    let name = name_of(request);
    (request.method != "POST").then(|| format!("{name} is a POST, not a {}", request.method))
}

/// Returns what the request is, with its article.
fn name_of(request: &AdvisedRequest<'_>) -> &'static str {
    match request.endpoint {
        Endpoint::Introspection => "an introspection request",
        Endpoint::Revocation => "a revocation request",
        _ => "a token request",
    }
}

fn access_token_in_uri(request: &AdvisedRequest<'_>) -> Option<String> {
    request.query.raw(bearer::PARAMETER)?;
    Some(
        "the access token is in the URI, where logs and browsers keep it; send it as a header"
            .to_owned(),
    )
}

fn parameter_in_uri(request: &AdvisedRequest<'_>) -> Option<String> {
    let name = request.query.first_known()?;
    Some(if matches!(name, "client_id" | "client_secret") {
        "credentials are in the URI, where logs and caches keep them".to_owned()
    } else {
        format!("{name} is in the URI; parameters belong in the body")
    })
}

fn basic_not_encoded(request: &AdvisedRequest<'_>) -> Option<String> {
    if let Some(Refusal::SecretNotEncoded { .. }) = request.refusal {
        return Some(
            "the secret is right only as it was sent, without form-urldecoding: form-urlencode client_id and secret before \
             base64, or set the leniency secret_not_encoded"
                .to_owned(),
        );
    }
    let (client_id, secret) = request.basic?;
    let encoded = is_form_encoded(client_id) && is_form_encoded(secret);
    (!encoded).then(|| {
        "client_id or client_secret is not form-urlencoded before it becomes Basic credentials"
            .to_owned()
    })
}

/// Returns true if every byte is one that form-urlencoding leaves or makes.
fn is_form_encoded(half: &[u8]) -> bool {
    half.iter()
        .all(|byte| byte.is_ascii_alphanumeric() || b"*-._~+%".contains(byte))
}

fn several_methods(request: &AdvisedRequest<'_>) -> Option<String> {
    let in_form = |name: &str| request.basic.is_some() && request.form.get(name).is_some();
    (in_form("client_secret") || in_form("client_assertion"))
        .then(|| "more than one authentication method in one request".to_owned())
}

fn parameter_repeated(request: &AdvisedRequest<'_>) -> Option<String> {
    let name = request.form.repeated()?;
    Some(format!("{name} is repeated"))
}

fn parameter_unknown(request: &AdvisedRequest<'_>) -> Option<String> {
    /// How many names are given.
    const NAMED: usize = 3;
    let mut unknown = request.form.unknown().map(shown_name);
    let named: Vec<&str> = unknown.by_ref().take(NAMED).collect();
    let others = match (named.len(), unknown.count()) {
        (0, _) => return None,
        (1, 0) => {
            return Some(format!(
                "{} is not a registered parameter of {}",
                named[0],
                name_of(request)
            ));
        }
        (_, 0) => String::new(),
        (_, count) => format!(" and {count} more"),
    };
    Some(format!(
        "{}{others} are not registered parameters of {}",
        named.join(", "),
        name_of(request)
    ))
}

fn refresh_race(request: &AdvisedRequest<'_>, past: Past) -> Option<String> {
    (past.presented == Some(Earlier::Overlapping) && !request.returned_again).then(|| {
        "two requests that overlapped in time presented the same refresh token; under rotation one of them fails".to_owned()
    })
}

fn refresh_replay(request: &AdvisedRequest<'_>, past: Past) -> Option<String> {
    match (past.presented, request.refusal) {
        (Some(Earlier::Before), _) if !request.returned_again => Some(
            "this refresh token was presented before; under rotation that revokes its family"
                .to_owned(),
        ),
        (None, Some(Refusal::RefreshTokenReplayed {} | Refusal::GrantRevoked {})) => Some(
            "a refresh token that was used up, or whose family is revoked, was presented"
                .to_owned(),
        ),
        _ => None,
    }
}

fn refresh_early(request: &AdvisedRequest<'_>, past: Past) -> Option<String> {
    let (issued, expires) = past.access_token?;
    let life = expires.seconds_since(issued);
    let left = expires.seconds_since(request.now);
    (left > life / 2).then(|| {
        format!("the access token has {left} of its {life} s left: there is no need to refresh yet")
    })
}

fn scope_never_granted(request: &AdvisedRequest<'_>) -> Option<String> {
    match request.refusal? {
        Refusal::ScopeNotGranted { asked, .. } | Refusal::ScopeNotRegistered { asked, .. } => {
            Some(format!("scope {asked} was never granted"))
        }
        _ => None,
    }
}

fn tolerated(request: &AdvisedRequest<'_>) -> Option<String> {
    let names: Vec<String> = request
        .tolerated
        .iter()
        .map(|name| format!("{name} was tolerated: {}", name.cause()))
        .collect();
    (!names.is_empty()).then(|| names.join("; "))
}
