//! The protocol over actix-web: bytes to the authority and back, and what is to go wrong on the way.
//!
//! Handlers decide nothing; whatever the framework would refuse in its own words is answered as an OAuth error in JSON.
//! [`answer`] is the walk of every request: resolve, handle, carry out a fault, record.

mod authorization;
mod body;
pub(crate) mod inject;
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

use crate::fault::Endpoint;
use crate::http::record::Record;
use crate::oauth::refusal::{Refusal, excerpt};
use crate::sandbox::Sandbox;

/// What is not the imitated server lives under this prefix.
pub(crate) const RESERVED: &str = "/_mimic";

/// Answers a request to the imitated server. `path` is the sandbox's.
pub(crate) async fn answer(
    request: HttpRequest,
    payload: web::Payload,
    sandbox: Arc<Sandbox>,
    path: &str,
) -> HttpResponse {
    let endpoint = sandbox.endpoint(path);
    let mut record = Record::begin(&request, &sandbox, endpoint);
    let response = respond(&request, payload, &sandbox, endpoint, &mut record).await;
    record.end(&response, &sandbox);
    response
}

async fn respond(
    request: &HttpRequest,
    payload: web::Payload,
    sandbox: &Sandbox,
    endpoint: Endpoint,
    record: &mut Record,
) -> HttpResponse {
    if let Some(refusal) = limits::check(request) {
        return reply::refuse(request, sandbox, &refusal, record);
    }
    if request.method() == Method::OPTIONS {
        return HttpResponse::NoContent()
            .insert_header(("allow", allowed(endpoint)))
            .finish();
    }
    let refusal = match endpoint {
        Endpoint::Token => return token::answer(request, payload, sandbox, record).await,
        Endpoint::Unknown => no_such_endpoint(request, sandbox),
        _ if allowed(endpoint)
            .split(", ")
            .any(|method| method == request.method().as_str()) =>
        {
            return document(request, sandbox, endpoint, record).await;
        }
        _ => Refusal::MethodNotAllowed {
            method: excerpt(request.method().as_str()),
            allow: allowed(endpoint),
        },
    };
    reply::refuse(request, sandbox, &refusal, record)
}

/// What is read without credentials.
async fn document(
    request: &HttpRequest,
    sandbox: &Sandbox,
    endpoint: Endpoint,
    record: &mut Record,
) -> HttpResponse {
    let fault = sandbox
        .faults
        .next(&record.traits(), &sandbox.authority.random);
    if let Some(fault) = &fault {
        record.fault(fault);
        if let Some(instead) = inject::instead(fault, request, sandbox).await {
            return instead;
        }
    }
    record.answered();
    let response = match endpoint {
        Endpoint::Jwks => jwks::get(request, sandbox, fault.as_ref()),
        Endpoint::Metadata => metadata::get(request, sandbox),
        _ => authorization::get(request, sandbox, record),
    };
    match fault {
        Some(fault) => inject::onto(&fault, request, response).await,
        None => response,
    }
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

fn no_such_endpoint(request: &HttpRequest, sandbox: &Sandbox) -> Refusal {
    let paths = &sandbox.authority.profile.paths;
    let base = sandbox.base_path();
    Refusal::NoSuchEndpoint {
        path: excerpt(request.path()),
        endpoints: format!(
            "the token endpoint is POST {base}{}{}, the metadata {base}{}/.well-known/openid-configuration",
            paths.prefix, paths.token, paths.prefix
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
