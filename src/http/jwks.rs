//! The published keys (RFC 7517 §5).

use actix_web::{HttpRequest, HttpResponse};

use crate::fault::Fault;
use crate::http::reply;
use crate::sandbox::Sandbox;

pub(super) fn get(request: &HttpRequest, sandbox: &Sandbox, fault: Option<&Fault>) -> HttpResponse {
    let keys = sandbox.authority.keys();
    let now = sandbox.clock.now();
    let jwks = match fault {
        Some(Fault::Keys(fault)) => keys.wrong_jwks(*fault, now),
        _ => keys.jwks(now),
    };
    // Serializing texts into memory cannot fail.
    reply::document(
        request,
        "application/json",
        serde_json::to_string(&jwks).unwrap_or_default(),
    )
}
