//! The published keys (RFC 7517 §5).

use actix_web::{HttpRequest, HttpResponse};

use crate::clock::Timestamp;
use crate::fault::KeysFault;
use crate::http::reply;
use crate::sandbox::Epoch;

pub(super) fn get(
    request: &HttpRequest,
    epoch: &Epoch,
    now: Timestamp,
    fault: Option<&KeysFault>,
) -> HttpResponse {
    let keys = epoch.authority.keys();
    let jwks = match fault {
        Some(fault) => keys.wrong_jwks(fault.keys, now),
        None => keys.jwks(now),
    };
    // Serializing texts into memory cannot fail.
    reply::document(
        request,
        "application/json",
        serde_json::to_string(&jwks).unwrap_or_default(),
    )
}
