//! The token endpoint (RFC 6749 §3.2).

use actix_web::http::{Method, header};
use actix_web::{HttpRequest, HttpResponse, web};

use crate::dialect::Received;
use crate::fault::Fault;
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
    let fault = fault(epoch, record);
    if let Some(fault) = &fault {
        record.fault(fault);
        if let Some(instead) = inject::instead(fault, request, epoch).await {
            if let Ok((_, params)) = understood {
                record.sent(params);
            }
            return instead;
        }
    }
    let result = match understood {
        Ok((credentials, params)) => {
            let result = token(
                request,
                &credentials,
                &params,
                fault.as_ref(),
                epoch,
                record,
            )
            .await;
            record.sent(params);
            result
        }
        Err(refusal) => Err(refusal),
    };
    let response = match result {
        Ok(tokens) => {
            record.issued(&tokens);
            reply::tokens(epoch.authority.settings.error_dialect, tokens)
        }
        Err(refusal) => reply::refuse(request, epoch, &refusal, record),
    };
    match fault {
        Some(fault) => inject::onto(&fault, request, response).await,
        None => response,
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

/// What is to go wrong: as a rule says, or else as the refresh token's fixture does.
fn fault(epoch: &Epoch, record: &Record) -> Option<Fault> {
    let traits = record.traits();
    epoch
        .faults
        .next(&traits, &epoch.authority.random)
        .or_else(|| {
            let registry = &epoch.authority.registry;
            let named = registry.refresh_token(traits.refresh_token?, traits.client_id?)?;
            named.token.fault.clone()
        })
}

async fn token(
    request: &HttpRequest,
    credentials: &Credentials,
    params: &Params,
    fault: Option<&Fault>,
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
    let defect = match fault {
        Some(Fault::Token(defect)) => Some(defect),
        _ => None,
    };
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
