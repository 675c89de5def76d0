//! What the server says of itself (RFC 8414 §3, OpenID Connect Discovery §4).

use actix_web::{HttpRequest, HttpResponse};

use crate::http::reply;
use crate::sandbox::Epoch;

pub(super) fn get(request: &HttpRequest, epoch: &Epoch) -> HttpResponse {
    reply::document(request, "application/json", epoch.authority.metadata())
}
