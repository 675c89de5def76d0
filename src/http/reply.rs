//! Answers as HTTP has them.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, ETag, EntityTag, Header as _, IfNoneMatch};
use actix_web::{HttpRequest, HttpResponse};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::http::record::Record;
use crate::oauth::refusal::Refusal;
use crate::oauth::response::{ErrorResponse, TokenResponse};
use crate::sandbox::{Epoch, Sandbox};

/// Tokens, never to be stored (RFC 6749 §5.1).
pub(super) fn tokens(epoch: &Epoch, response: TokenResponse) -> HttpResponse {
    let mut answer = HttpResponse::Ok();
    for (name, value) in epoch.authority.settings.errors.response_headers() {
        answer.insert_header((name, value));
    }
    answer
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::PRAGMA, "no-cache"))
        .body(response.body)
}

/// A refusal, in the words of the server's dialect.
pub(super) fn refuse(
    request: &HttpRequest,
    epoch: &Epoch,
    refusal: &Refusal,
    record: &mut Record,
) -> HttpResponse {
    let settings = &epoch.authority.settings;
    let answer = settings
        .errors
        .render(refusal, request.path(), record.now());
    record.refused(refusal, &answer.error);
    respond(answer, leaves_the_body_unread(refusal))
}

/// A refusal before there is anything to record it in.
pub(crate) fn refuse_outright(
    request: &HttpRequest,
    sandbox: &Sandbox,
    refusal: &Refusal,
) -> HttpResponse {
    let errors = &sandbox.settings.errors;
    respond(
        errors.render(refusal, request.path(), sandbox.clock.now()),
        true,
    )
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

/// Where the rest of the body is still to come, the connection cannot be used again.
fn leaves_the_body_unread(refusal: &Refusal) -> bool {
    matches!(
        refusal,
        Refusal::BodyTooLarge { .. }
            | Refusal::BodyTooSlow { .. }
            | Refusal::BodyBrokeOff {}
            | Refusal::TargetTooLong { .. }
            | Refusal::HeadersTooLarge { .. }
    )
}

/// A public document, to be kept for a while and asked for again by its tag (RFC 9110 §13.1.2).
pub(super) fn document(
    request: &HttpRequest,
    content_type: &'static str,
    body: String,
) -> HttpResponse {
    let tag = EntityTag::new_strong(URL_SAFE_NO_PAD.encode(&Sha256::digest(&body)[..12]));
    let unchanged = match IfNoneMatch::parse(request) {
        Ok(IfNoneMatch::Any) => true,
        Ok(IfNoneMatch::Items(tags)) => tags.iter().any(|known| known.weak_eq(&tag)),
        Err(_) => false,
    } && request.headers().contains_key(header::IF_NONE_MATCH);
    let mut response = if unchanged {
        HttpResponse::NotModified()
    } else {
        HttpResponse::Ok()
    };
    response
        .insert_header(ETag(tag))
        // Short, so that a test that changes the keys need not wait for its client for long.
        .insert_header((header::CACHE_CONTROL, "public, max-age=60"));
    if unchanged {
        response.finish()
    } else {
        response.content_type(content_type).body(body)
    }
}
