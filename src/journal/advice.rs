//! What a stricter server would refuse, or what the RFCs advise against: one function for each code, with its clause.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::journal::exchange::shown_name;
use crate::journal::history::{Earlier, Past};
use crate::oauth::authorization::ResponseType;
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
    /// A request for a code has no `code_challenge`.
    PkceMissing,
    /// An authorization request has no `state`, and no `code_challenge` or `nonce` in its place.
    StateMissing,
    /// A request for a code and tokens at once has no `nonce`.
    NonceMissing,
    /// The authorization code was used before.
    CodeReplay,
    /// A public client sends a secret.
    SecretInPublicClient,
    /// A redirect URI has a wildcard.
    RedirectUriWildcard,
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
        Self::PkceMissing,
        Self::StateMissing,
        Self::NonceMissing,
        Self::CodeReplay,
        Self::SecretInPublicClient,
        Self::RedirectUriWildcard,
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
            Self::PkceMissing => "pkce_missing",
            Self::StateMissing => "state_missing",
            Self::NonceMissing => "nonce_missing",
            Self::CodeReplay => "code_replay",
            Self::SecretInPublicClient => "secret_in_public_client",
            Self::RedirectUriWildcard => "redirect_uri_wildcard",
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
            Self::PkceMissing => "RFC 9700 §2.1.1",
            Self::StateMissing => "RFC 9700 §4.7",
            Self::NonceMissing => "RFC 9700 §4.5.3.2",
            Self::CodeReplay => "RFC 6749 §4.1.2",
            Self::SecretInPublicClient => "RFC 6749 §2.1",
            Self::RedirectUriWildcard => "RFC 9700 §4.1.3",
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
            Self::PkceMissing => {
                "The request for a code has no code_challenge. Send one with the method S256: it protects the code of every client."
            }
            Self::StateMissing => {
                "The authorization request has no state, and no code_challenge or nonce in its place. Without one of them the \
                 client cannot refuse a response that another site forged."
            }
            Self::NonceMissing => {
                "The request for a code and tokens at once has no nonce. Send one, and compare it with the claim of the ID token."
            }
            Self::CodeReplay => {
                "The authorization code was used before. Use a code once, and start a new login if the answer was lost."
            }
            Self::SecretInPublicClient => {
                "A public client sends a secret. Who has the client has the secret: register the client as confidential, or send \
                 none."
            }
            Self::RedirectUriWildcard => {
                "A redirect URI has a wildcard. Servers compare redirect URIs character by character: register each in full."
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
    /// Whether a page of the server sends the request, and not the client.
    pub(crate) is_from_page: bool,
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
    match request.endpoint {
        Endpoint::Token | Endpoint::Introspection | Endpoint::Revocation => {
            for_a_client(code, request, past)
        }
        Endpoint::Authorization => for_an_authorization(code, request),
        // No client authenticates there, and the form has one parameter.
        Endpoint::Userinfo => match code {
            AdviceCode::ParameterInUri => access_token_in_uri(request),
            AdviceCode::Tolerated => tolerated(request),
            _ => None,
        },
        Endpoint::EndSession
        | Endpoint::BackchannelLogout
        | Endpoint::Jwks
        | Endpoint::Metadata
        | Endpoint::Unknown => match code {
            AdviceCode::Tolerated => tolerated(request),
            _ => None,
        },
    }
}

/// Advice on a request that a client sends with its credentials.
fn for_a_client(code: AdviceCode, request: &AdvisedRequest<'_>, past: Past) -> Option<String> {
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
        AdviceCode::CodeReplay => code_replay(request),
        AdviceCode::SecretInPublicClient => secret_in_public_client(request),
        AdviceCode::PkceMissing
        | AdviceCode::StateMissing
        | AdviceCode::NonceMissing
        | AdviceCode::RedirectUriWildcard => None,
        AdviceCode::Tolerated => tolerated(request),
    }
}

/// Advice on an authorization request. A browser sends it, mostly in a query.
fn for_an_authorization(code: AdviceCode, request: &AdvisedRequest<'_>) -> Option<String> {
    match code {
        AdviceCode::Tolerated => tolerated(request),
        _ if request.is_from_page => None,
        AdviceCode::PkceMissing => pkce_missing(request),
        AdviceCode::StateMissing => state_missing(request),
        AdviceCode::NonceMissing => nonce_missing(request),
        AdviceCode::RedirectUriWildcard => redirect_uri_wildcard(request),
        AdviceCode::ScopeNeverGranted => scope_never_granted(request),
        AdviceCode::Method
        | AdviceCode::ParameterInUri
        | AdviceCode::BasicNotEncoded
        | AdviceCode::SeveralMethods
        | AdviceCode::ParameterRepeated
        | AdviceCode::ParameterUnknown
        | AdviceCode::RefreshRace
        | AdviceCode::RefreshReplay
        | AdviceCode::RefreshEarly
        | AdviceCode::CodeReplay
        | AdviceCode::SecretInPublicClient => None,
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

/// The response type of an authorization request, if it is one.
fn response_type(request: &AdvisedRequest<'_>) -> Option<ResponseType> {
    ResponseType::parse(request.form.get("response_type")?)
}

fn pkce_missing(request: &AdvisedRequest<'_>) -> Option<String> {
    let has_code = response_type(request)?.code;
    (has_code && request.form.get("code_challenge").is_none()).then(|| {
        "the request for a code has no code_challenge; a code that leaks can be used by others"
            .to_owned()
    })
}

fn state_missing(request: &AdvisedRequest<'_>) -> Option<String> {
    response_type(request)?;
    let has = |name: &str| request.form.get(name).is_some();
    (!has("state") && !has("code_challenge") && !has("nonce")).then(|| {
        "the request has neither state nor code_challenge nor nonce: the client cannot refuse a forged response".to_owned()
    })
}

fn nonce_missing(request: &AdvisedRequest<'_>) -> Option<String> {
    let response_type = response_type(request)?;
    let is_hybrid = response_type.code && response_type.has_token();
    let openid = |scope: &str| scope.split(' ').any(|token| token == "openid");
    let is_of_openid = request.form.get("scope").is_some_and(openid);
    (is_hybrid && is_of_openid && request.form.get("nonce").is_none()).then(|| {
        format!(
            "the request for `{response_type}` has no nonce: an ID token of another login would fit"
        )
    })
}

fn code_replay(request: &AdvisedRequest<'_>) -> Option<String> {
    let is_refused = matches!(request.refusal, Some(Refusal::CodeReplayed {}));
    (is_refused || request.tolerated.contains(&RefusalName::CodeReplayed)).then(|| {
        "the authorization code was used before; what its first use got is revoked".to_owned()
    })
}

fn secret_in_public_client(request: &AdvisedRequest<'_>) -> Option<String> {
    let is_refused = matches!(request.refusal, Some(Refusal::SecretUnexpected { .. }));
    (is_refused || request.tolerated.contains(&RefusalName::SecretUnexpected)).then(|| {
        "a secret comes from a public client, which cannot keep one; who has the client has the secret"
            .to_owned()
    })
}

fn redirect_uri_wildcard(request: &AdvisedRequest<'_>) -> Option<String> {
    if let Some(Refusal::RedirectUriUnregistered { registered, .. }) = request.refusal
        && registered.contains('*')
    {
        return Some(
            "a redirect URI with a wildcard is registered; it is compared character by character"
                .to_owned(),
        );
    }
    let uri = request.form.get("redirect_uri")?;
    uri.contains('*')
        .then(|| "the redirect URI has a wildcard; send the one where the answer goes".to_owned())
}

fn tolerated(request: &AdvisedRequest<'_>) -> Option<String> {
    let names: Vec<String> = request
        .tolerated
        .iter()
        .map(|name| format!("{name} was tolerated: {}", name.cause()))
        .collect();
    (!names.is_empty()).then(|| names.join("; "))
}
