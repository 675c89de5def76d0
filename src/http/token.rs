//! The token endpoint (RFC 6749 §3.2).

use std::slice;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};

use crate::authority::{Cause, Stop, TokenRequest};
use crate::dialect::RawTokenRequest;
use crate::fault::plan::has_room;
use crate::fault::{Effects, Fault, TokenFault};
use crate::http::record::Record;
use crate::http::{body, inject, reply};
use crate::oauth::credentials::Credentials;
use crate::oauth::leniency::Tolerance;
use crate::oauth::params::Params;
use crate::oauth::refusal::Refusal;
use crate::sandbox::Epoch;

pub(super) async fn answer(
    request: &HttpRequest,
    payload: web::Payload,
    epoch: &Epoch,
    record: &mut Record,
) -> HttpResponse {
    let mut tolerance = Tolerance::new(epoch.authority.settings.leniency);
    let understood = understand(request, payload, epoch, record, &mut tolerance).await;
    let mut faults = epoch.faults.next(&record.traits(), &epoch.authority.random);
    record.faults(&faults);
    let mut response = inject::before(&Effects::of(&faults), request, epoch).await;
    let mut ignores_named_fault = false;
    let response = loop {
        if let Some(response) = response {
            break response;
        }
        let token = Effects::of(&faults).token;
        match process(
            request,
            &understood,
            token,
            ignores_named_fault,
            epoch,
            record,
            &mut tolerance,
        )
        .await
        {
            Ok(processed) => response = Some(processed),
            Err(named) => {
                ignores_named_fault = true;
                // It combines with the faults of rules, or gives way to them.
                if has_room(&faults, &named) {
                    let named = slice::from_ref(&named);
                    response = inject::before(&Effects::of(named), request, epoch).await;
                    faults.extend_from_slice(named);
                    record.faults(&faults);
                }
            }
        }
    };
    let response = inject::after(&Effects::of(&faults), request, response).await;
    record.tolerated(tolerance.tolerated());
    if let Ok((_, params)) = understood {
        record.sent(params);
    }
    response
}

/// Answers the request, or returns the fault of the named refresh token that it presents, once that is proved.
async fn process(
    request: &HttpRequest,
    understood: &Result<(Credentials, Params), Refusal>,
    defect: Option<&TokenFault>,
    ignores_named_fault: bool,
    epoch: &Epoch,
    record: &mut Record,
    tolerance: &mut Tolerance,
) -> Result<HttpResponse, Fault> {
    let (credentials, params) = match understood {
        Ok(understood) => understood,
        Err(refusal) => return Ok(reply::refuse(request, epoch, refusal, record)),
    };
    let token_request = TokenRequest {
        credentials,
        params,
        defect,
        ignores_named_fault,
        now: record.now(),
    };
    match epoch.authority.token(&token_request, tolerance).await {
        Ok(tokens) => {
            record.presented(tokens.lineage.presented.clone());
            record.issued(&tokens);
            Ok(reply::tokens(epoch, tokens))
        }
        Err(Stop { presented, cause }) => {
            record.presented(presented);
            match cause {
                Cause::Refusal(refusal) => Ok(reply::refuse(request, epoch, &refusal, record)),
                Cause::Fault(named) => Err(named),
            }
        }
    }
}

async fn understand(
    request: &HttpRequest,
    payload: web::Payload,
    epoch: &Epoch,
    record: &mut Record,
    tolerance: &mut Tolerance,
) -> Result<(Credentials, Params), Refusal> {
    let body = body::read(request, payload).await?;
    let read = read(request, &body, epoch, tolerance);
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
    tolerance: &mut Tolerance,
) -> Result<(Credentials, Params), Refusal> {
    let raw = RawTokenRequest {
        method: request.method().as_str(),
        query: request.query_string().as_bytes(),
        authorization: only(request, &header::AUTHORIZATION)?,
        content_type: only(request, &header::CONTENT_TYPE)?,
        content_encoding: only(request, &header::CONTENT_ENCODING)?,
        body,
    };
    epoch.authority.settings.reading.read(&raw, tolerance)
}

/// Returns a header that may appear once.
fn only<'r>(
    request: &'r HttpRequest,
    name: &header::HeaderName,
) -> Result<Option<&'r [u8]>, Refusal> {
    let mut values = request.headers().get_all(name);
    let first = values.next().map(header::HeaderValue::as_bytes);
    match values.next() {
        None => Ok(first),
        Some(_) if *name == header::AUTHORIZATION => Err(Refusal::SeveralAuthenticationMethods {}),
        Some(_) => Err(Refusal::Unreadable {
            part: "head",
            why: format!("the header {name} is repeated"),
        }),
    }
}
