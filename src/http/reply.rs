//! What a handler decides, and how it is written as HTTP.

use std::borrow::Cow;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, ETag, EntityTag, Header as _, IfNoneMatch};
use actix_web::{HttpRequest, HttpResponse};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::authority::{OfToken, Settings};
use crate::clock::Timestamp;
use crate::fault::{Fault, FaultKind};
use crate::http::browser::FrontReply;
use crate::http::cors;
use crate::journal::Outcome;
use crate::oauth::leniency::Tolerance;
use crate::oauth::refusal::{Refusal, RefusalName};
use crate::oauth::response::{About, ErrorResponse, Lineage, TokenResponse, Tokens};
use crate::oauth::scope::Scope;

/// The decision on a request.
#[derive(Debug)]
pub(super) enum Reply {
    Tokens(TokenResponse),
    /// A JSON answer about a token, which must not be cached.
    Json(String),
    /// The same as a signed JWT (OpenID Connect Core §5.3.2).
    Jwt(String),
    /// Success without a body, which must not be cached.
    Done,
    /// A public JSON document that may be cached.
    Document(String),
    /// The methods of an endpoint (RFC 9110 §9.3.7).
    Methods(String),
    /// The methods of an endpoint, for a web page that wants to send one.
    Preflight(String),
    /// An answer for a browser.
    Front(FrontReply),
    Refused(Refusal),
    /// The fault of the named refresh token that was presented.
    NamedFault(Fault),
}

/// The decision on a request, the token that it presented, and what was tolerated.
#[derive(Debug)]
pub(super) struct Decision {
    pub(super) reply: Reply,
    pub(super) presented: Option<String>,
    /// The grant that the request is about.
    pub(super) about: Option<About>,
    pub(super) tolerated: Vec<RefusalName>,
}

impl Decision {
    /// The decision on a request about a token.
    pub(super) fn of_token<T>(
        result: Result<OfToken<T>, Refusal>,
        tolerance: &Tolerance,
        reply: impl FnOnce(T) -> Reply,
    ) -> Self {
        let (reply, presented, about) = match result {
            Ok(OfToken { answer, id, about }) => (reply(answer), id, about),
            Err(refusal) => (Reply::Refused(refusal), None, None),
        };
        Self {
            reply,
            presented,
            about,
            tolerated: tolerance.tolerated().to_vec(),
        }
    }
}

/// The fault of a named refresh token, which is still to be carried out.
#[derive(Debug)]
pub(super) struct NamedFault {
    pub(super) fault: Fault,
    /// The id of the refresh token.
    pub(super) presented: Option<String>,
}

impl From<Reply> for Decision {
    fn from(reply: Reply) -> Self {
        Self {
            reply,
            presented: None,
            about: None,
            tolerated: Vec::new(),
        }
    }
}

/// What the record says of an answer.
#[derive(Debug)]
pub(super) struct Account {
    pub(super) outcome: Outcome,
    pub(super) error: Option<Cow<'static, str>>,
    pub(super) refusal: Option<Refusal>,
    pub(super) issued: Option<(Lineage, Scope)>,
    /// The tokens of a token response.
    pub(super) tokens: Option<Tokens>,
    pub(super) presented: Option<String>,
    pub(super) about: Option<About>,
    pub(super) tolerated: Vec<RefusalName>,
    /// The faults that changed the answer while it was made, where `issued` does not show it.
    pub(super) carried: Vec<FaultKind>,
}

impl Account {
    pub(super) fn new(outcome: Outcome) -> Self {
        Self {
            outcome,
            error: None,
            refusal: None,
            issued: None,
            tokens: None,
            presented: None,
            about: None,
            tolerated: Vec::new(),
            carried: Vec::new(),
        }
    }

    fn of_error(error: impl Into<Cow<'static, str>>) -> Self {
        Self {
            error: Some(error.into()),
            ..Self::new(Outcome::Refused)
        }
    }
}

/// Writes a decision as HTTP, unless it is a fault that is still to be carried out.
pub(super) fn write(
    decision: Decision,
    request: &HttpRequest,
    settings: &Settings,
    now: Timestamp,
) -> Result<(HttpResponse, Account), NamedFault> {
    let (response, account) = match decision.reply {
        Reply::Tokens(tokens) => write_tokens(settings, tokens),
        Reply::Document(body) => (document(request, body), Account::new(Outcome::Answered)),
        Reply::Json(body) => (
            written(body, "application/json"),
            Account::new(Outcome::Answered),
        ),
        Reply::Jwt(body) => (
            written(body, "application/jwt"),
            Account::new(Outcome::Answered),
        ),
        Reply::Done => (
            not_stored(StatusCode::OK).finish(),
            Account::new(Outcome::Answered),
        ),
        Reply::Methods(allow) => (
            HttpResponse::NoContent()
                .insert_header((header::ALLOW, allow))
                .finish(),
            Account::new(Outcome::Answered),
        ),
        Reply::Preflight(allow) => (
            cors::preflight(request, &allow),
            Account::new(Outcome::Answered),
        ),
        Reply::Front(mut front) => {
            let account = Account {
                carried: std::mem::take(&mut front.carried),
                ..front_account(&mut front)
            };
            (front.write(settings), account)
        }
        Reply::Refused(refusal) => refused(refusal, request.path(), settings, now),
        Reply::NamedFault(fault) => {
            return Err(NamedFault {
                fault,
                presented: decision.presented,
            });
        }
    };
    let account = Account {
        presented: decision.presented,
        about: decision.about,
        tolerated: decision.tolerated,
        ..account
    };
    Ok((response, account))
}

/// Returns what the record says of an answer for a browser.
fn front_account(front: &mut FrontReply) -> Account {
    let refusal = front.refusal.take();
    match front.error.take() {
        Some(error) => Account {
            refusal,
            ..Account::of_error(error)
        },
        None if refusal.is_some() => Account {
            refusal,
            ..Account::new(Outcome::Refused)
        },
        None if front.issues => Account::new(Outcome::Issued),
        None => Account::new(Outcome::Answered),
    }
}

/// Writes tokens, which must never be stored (RFC 6749 §5.1).
fn write_tokens(settings: &Settings, tokens: TokenResponse) -> (HttpResponse, Account) {
    let mut response = not_stored(StatusCode::OK);
    for (name, value) in settings.errors.response_headers() {
        response.insert_header((name, value));
    }
    let account = Account {
        issued: Some((tokens.lineage, tokens.scope)),
        tokens: Some(tokens.tokens),
        ..Account::new(Outcome::Issued)
    };
    (response.body(tokens.body), account)
}

/// Writes a refusal as the profile's error table says.
pub(super) fn refused(
    refusal: Refusal,
    path: &str,
    settings: &Settings,
    now: Timestamp,
) -> (HttpResponse, Account) {
    let mut answer = settings.errors.render(&refusal, path, now);
    let mut account = match (&refusal, answer.status) {
        // Not an error, unless the profile makes it one (RFC 7662 §2.2).
        (Refusal::TokenInactive { .. }, 200) => Account::new(Outcome::Answered),
        _ => Account::of_error(std::mem::take(&mut answer.error)),
    };
    let response = respond(answer, leaves_the_body_unread(&refusal));
    account.refusal = Some(refusal);
    (response, account)
}

fn respond(answer: ErrorResponse, close: bool) -> HttpResponse {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::BAD_REQUEST);
    let mut response = HttpResponse::build(status);
    for (name, value) in answer.headers {
        response.insert_header((name, value));
    }
    if close {
        response.force_close();
    }
    response.body(answer.body)
}

/// Returns true if the rest of the body is still to come, so that the connection cannot be used again.
fn leaves_the_body_unread(refusal: &Refusal) -> bool {
    matches!(
        refusal,
        Refusal::BodyTooLarge { .. }
            | Refusal::BodyTooSlow { .. }
            | Refusal::BodyBrokeOff { .. }
            | Refusal::TargetTooLong { .. }
            | Refusal::HeadersTooLarge { .. }
            | Refusal::NoSuchEndpoint { .. }
    )
}

fn written(body: String, content_type: &'static str) -> HttpResponse {
    not_stored(StatusCode::OK)
        .content_type(content_type)
        .body(body)
}

fn not_stored(status: StatusCode) -> actix_web::HttpResponseBuilder {
    let mut response = HttpResponse::build(status);
    response
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::PRAGMA, "no-cache"));
    response
}

/// Writes a public document, which may be cached for a while and requested again by its tag (RFC 9110 §13.1.2).
fn document(request: &HttpRequest, body: String) -> HttpResponse {
    let tag = EntityTag::new_strong(URL_SAFE_NO_PAD.encode(&Sha256::digest(&body)[..12]));
    let is_known = request.headers().contains_key(header::IF_NONE_MATCH)
        && match IfNoneMatch::parse(request) {
            Ok(IfNoneMatch::Any) => true,
            Ok(IfNoneMatch::Items(tags)) => tags.iter().any(|known| known.weak_eq(&tag)),
            Err(_) => false,
        };
    let mut response = HttpResponse::build(if is_known {
        StatusCode::NOT_MODIFIED
    } else {
        StatusCode::OK
    });
    response
        .insert_header(ETag(tag))
        // Short, so that a test that changes the keys need not wait long for its client.
        .insert_header((header::CACHE_CONTROL, "public, max-age=60"));
    if is_known {
        response.finish()
    } else {
        response.content_type("application/json").body(body)
    }
}
