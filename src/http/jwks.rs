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
    let jwks = epoch.authority.jwks(fault.map(|fault| fault.keys), now);
    reply::document(request, "application/json", jwks)
}
