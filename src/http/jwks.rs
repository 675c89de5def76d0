//! The published keys (RFC 7517 §5).

use actix_web::{HttpRequest, HttpResponse, web};

use crate::http::reply;
use crate::sandbox::Sandbox;

pub(super) async fn get(request: HttpRequest, sandbox: web::Data<Sandbox>) -> HttpResponse {
    // Serializing texts into memory cannot fail.
    let jwks = serde_json::to_string(&sandbox.authority.keys.jwks()).unwrap_or_default();
    reply::document(&request, "application/json", jwks)
}
