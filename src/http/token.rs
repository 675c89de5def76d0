//! The token endpoint (RFC 6749 §3.2).

use actix_web::http::{Method, header};
use actix_web::{HttpRequest, HttpResponse, web};

use crate::dialect::Received;
use crate::fault::{Effects, Fault, TokenFault};
use crate::http::record::Record;
use crate::http::{body, inject, reply};
use crate::oauth::credentials::Credentials;
use crate::oauth::params::Params;
use crate::oauth::refusal::{Refusal, excerpt};
use crate::oauth::response::TokenResponse;
use crate::sandbox::Epoch;

pub(super) async fn answer(
    request: &HttpRequest,
    payload: web::Payload,
    epoch: &Epoch,
    record: &mut Record,
) -> HttpResponse {
    let understood = understand(request, payload, epoch, record).await;
    let faults = faults(epoch, record);
    record.faults(&faults);
    let effects = Effects::of(&faults);
    let response = match inject::before(&effects, request, epoch).await {
        Some(instead) => {
            if let Ok((_, params)) = understood {
                record.sent(params);
            }
            instead
        }
        None => process(request, understood, effects.token, epoch, record).await,
    };
    inject::after(&effects, request, response).await
}

async fn process(
    request: &HttpRequest,
    understood: Result<(Credentials, Params), Refusal>,
    defect: Option<&TokenFault>,
    epoch: &Epoch,
    record: &mut Record,
) -> HttpResponse {
    let result = match understood {
        Ok((credentials, params)) => {
            let result = token(request, &credentials, &params, defect, epoch, record).await;
            record.sent(params);
            result
        }
        Err(refusal) => Err(refusal),
    };
    match result {
        Ok(tokens) => {
            record.issued(&tokens);
            reply::tokens(epoch.authority.settings.error_dialect, tokens)
        }
        Err(refusal) => reply::refuse(request, epoch, &refusal, record),
    }
}

async fn understand(
    request: &HttpRequest,
    payload: web::Payload,
    epoch: &Epoch,
    record: &mut Record,
) -> Result<(Credentials, Params), Refusal> {
    let body = body::read(request, payload).await?;
    let read = read(request, &body, epoch);
    if read.is_err() || !request.query_string().is_empty() {
        record.received(request, &body);
    }
    if let Ok((credentials, params)) = &read {
        record.understood(request, credentials, params);
    }
    read
}

fn read(
    request: &HttpRequest,
    body: &[u8],
    epoch: &Epoch,
) -> Result<(Credentials, Params), Refusal> {
    epoch.authority.settings.error_dialect.read(&Received {
        method: request.method().as_str(),
        query: request.query_string().as_bytes(),
        authorization: only(request, &header::AUTHORIZATION)?,
        content_type: only(request, &header::CONTENT_TYPE)?,
        content_encoding: only(request, &header::CONTENT_ENCODING)?,
        body,
    })
}

/// The faults of this request: those of rules, or else that of the named refresh token it presents.
fn faults(epoch: &Epoch, record: &Record) -> Vec<Fault> {
    let traits = record.traits();
    let faults = epoch.faults.next(&traits, &epoch.authority.random);
    if !faults.is_empty() {
        return faults;
    }
    let named = |token, client_id| epoch.authority.registry.refresh_token(token, client_id);
    traits
        .refresh_token
        .zip(traits.client_id)
        .and_then(|(token, client_id)| named(token, client_id)?.token.fault.clone())
        .into_iter()
        .collect()
}

async fn token(
    request: &HttpRequest,
    credentials: &Credentials,
    params: &Params,
    defect: Option<&TokenFault>,
    epoch: &Epoch,
    record: &mut Record,
) -> Result<TokenResponse, Refusal> {
    let authority = &epoch.authority;
    if request.method() != Method::POST {
        // The default dialect has refused it by now; the laxer one first wants to know who asks, and names GET although
        // it does not take it.
        authority.registry.authenticate(credentials)?;
        return Err(Refusal::MethodNotAllowed {
            method: excerpt(request.method().as_str()),
            allow: "GET, POST",
        });
    }
    let attempt = authority
        .token(credentials, params, defect, record.now())
        .await;
    record.presented(attempt.presented);
    attempt.result
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
