//! The protocol over actix-web: bytes to the authority and back, and what is to go wrong on the way.
//!
//! Handlers decide nothing; whatever the framework would refuse in its own words is answered as an OAuth error in JSON.
//! [`answer`] is the walk of every request: resolve, handle, carry out a fault, record.

mod authorization;
mod body;
pub(crate) mod connection;
mod inject;
mod jwks;
pub(crate) mod limits;
mod metadata;
pub(crate) mod record;
pub(crate) mod reply;
mod token;

use std::sync::Arc;

use actix_cors::Cors;
use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};

use crate::fault::{Effects, KeysFault};
use crate::http::record::Record;
use crate::oauth::endpoint::Endpoint;
use crate::oauth::refusal::{Refusal, excerpt};
use crate::sandbox::{Epoch, Sandbox};

/// Answers a request to the imitated server. `path` is the sandbox's.
pub(crate) async fn answer(
    request: HttpRequest,
    payload: web::Payload,
    sandbox: Arc<Sandbox>,
    path: &str,
) -> HttpResponse {
    let endpoint = sandbox.endpoint(path);
    let (epoch, now) = sandbox.begin();
    let mut record = Record::begin(&request, now, endpoint);
    let response = respond(&request, payload, &epoch, endpoint, &mut record).await;
    record.end(&response, &epoch);
    response
}

async fn respond(
    request: &HttpRequest,
    payload: web::Payload,
    epoch: &Epoch,
    endpoint: Endpoint,
    record: &mut Record,
) -> HttpResponse {
    if let Some(refusal) = limits::check(request) {
        return reply::refuse(request, epoch, &refusal, record);
    }
    if request.method() == Method::OPTIONS {
        // What may be asked for is asked for no fault: a preflight must not use one up.
        return options(request, epoch, endpoint, record);
    }
    match endpoint {
        Endpoint::Token => token::answer(request, payload, epoch, record).await,
        _ => without_credentials(request, epoch, endpoint, record).await,
    }
}

fn options(
    request: &HttpRequest,
    epoch: &Epoch,
    endpoint: Endpoint,
    record: &mut Record,
) -> HttpResponse {
    if endpoint == Endpoint::Unknown && request.path() != "*" {
        return reply::refuse(request, epoch, &no_such_endpoint(request, epoch), record);
    }
    HttpResponse::NoContent()
        .insert_header(("allow", allowed(endpoint)))
        .finish()
}

async fn without_credentials(
    request: &HttpRequest,
    epoch: &Epoch,
    endpoint: Endpoint,
    record: &mut Record,
) -> HttpResponse {
    if endpoint == Endpoint::Authorization {
        record.asked(request);
    }
    let faults = epoch.faults.next(&record.traits(), &epoch.authority.random);
    record.faults(&faults);
    let effects = Effects::of(&faults);
    let response = match inject::before(&effects, request, epoch).await {
        Some(instead) => instead,
        None => document(request, epoch, endpoint, effects.keys, record)
            .unwrap_or_else(|refusal| reply::refuse(request, epoch, &refusal, record)),
    };
    inject::after(&effects, request, response).await
}

/// What is read without credentials.
fn document(
    request: &HttpRequest,
    epoch: &Epoch,
    endpoint: Endpoint,
    keys: Option<&KeysFault>,
    record: &mut Record,
) -> Result<HttpResponse, Refusal> {
    if endpoint == Endpoint::Unknown {
        return Err(no_such_endpoint(request, epoch));
    }
    let allow = allowed(endpoint);
    let method = request.method().as_str();
    if allow.split(", ").all(|allowed| allowed != method) {
        let method = excerpt(method);
        return Err(Refusal::MethodNotAllowed {
            method,
            allow: allow.to_owned(),
        });
    }
    record.answered();
    Ok(match endpoint {
        Endpoint::Jwks => jwks::get(request, epoch, record.now(), keys),
        Endpoint::Metadata => metadata::get(request, epoch),
        _ => authorization::get(request, epoch, record),
    })
}

/// The methods of an endpoint (RFC 9110 §10.2.1).
fn allowed(endpoint: Endpoint) -> &'static str {
    match endpoint {
        Endpoint::Token => "POST, OPTIONS",
        Endpoint::Jwks | Endpoint::Metadata => "GET, HEAD, OPTIONS",
        // Where nothing is, and for `OPTIONS *`: what there is anywhere.
        Endpoint::Authorization | Endpoint::Unknown => "GET, HEAD, POST, OPTIONS",
    }
}

fn no_such_endpoint(request: &HttpRequest, epoch: &Epoch) -> Refusal {
    let settings = &epoch.authority.settings;
    Refusal::NoSuchEndpoint {
        path: excerpt(request.path()),
        endpoints: format!(
            "the token endpoint is POST {}, the metadata {}",
            settings.path(&settings.profile.paths.token),
            settings.path("/.well-known/openid-configuration")
        ),
    }
}

/// Browsers may read everything, for no cookie is ever looked at.
pub(crate) fn cors() -> Cors {
    Cors::default()
        .allow_any_origin()
        .send_wildcard()
        .allow_any_method()
        .allow_any_header()
        .max_age(3600)
}
