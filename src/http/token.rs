//! The token endpoint (RFC 6749 §3.2).

use actix_web::http::{Method, header};
use actix_web::{HttpRequest, HttpResponse, web};

use crate::dialect::Received;
use crate::http::{body, record, reply};
use crate::oauth::refusal::{Refusal, excerpt};
use crate::oauth::response::TokenResponse;
use crate::sandbox::Sandbox;

pub(super) async fn answer(
    request: HttpRequest,
    payload: web::Payload,
    sandbox: web::Data<Sandbox>,
) -> HttpResponse {
    match token(&request, payload, &sandbox).await {
        Ok(response) => reply::tokens(&request, sandbox.authority.error_dialect, response),
        Err(refusal) => reply::refuse(&request, &sandbox, &refusal),
    }
}

async fn token(
    request: &HttpRequest,
    payload: web::Payload,
    sandbox: &Sandbox,
) -> Result<TokenResponse, Refusal> {
    let authority = &sandbox.authority;
    let body = body::read(request, payload).await?;
    let (credentials, params) = authority.error_dialect.read(&Received {
        method: request.method().as_str(),
        query: request.query_string().as_bytes(),
        authorization: only(request, &header::AUTHORIZATION)?,
        content_type: only(request, &header::CONTENT_TYPE)?,
        content_encoding: only(request, &header::CONTENT_ENCODING)?,
        body: &body,
    })?;
    record::note(request, |outcome| {
        outcome.client = credentials.client_id().map(excerpt);
        outcome.grant = params.get("grant_type").map(excerpt);
    });
    if request.method() != Method::POST {
        // The default dialect has refused it by now; the laxer one first wants to know who asks, and names GET although
        // it does not take it.
        authority.authenticate(&credentials)?;
        return Err(Refusal::MethodNotAllowed {
            method: excerpt(request.method().as_str()),
            allow: "GET, POST",
        });
    }
    authority
        .token(&credentials, &params, sandbox.clock.now())
        .await
}

/// A header that may stand once.
fn only<'r>(
    request: &'r HttpRequest,
    name: &header::HeaderName,
) -> Result<Option<&'r [u8]>, Refusal> {
    let mut values = request.headers().get_all(name);
    let first = values.next().map(header::HeaderValue::as_bytes);
    match values.next() {
        None => Ok(first),
        Some(_) if *name == header::AUTHORIZATION => Err(Refusal::SeveralAuthenticationMethods),
        Some(_) => Err(Refusal::Unreadable {
            part: "head",
            why: format!("the header {name} is repeated"),
        }),
    }
}
