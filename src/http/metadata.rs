//! What the server says of itself (RFC 8414 §3, OpenID Connect Discovery §4).

use actix_web::{HttpRequest, HttpResponse, web};

use crate::http::reply;
use crate::sandbox::Sandbox;

pub(super) async fn get(request: HttpRequest, sandbox: web::Data<Sandbox>) -> HttpResponse {
    // Serializing texts into memory cannot fail.
    let metadata = serde_json::to_string(&sandbox.authority.metadata()).unwrap_or_default();
    reply::document(&request, "application/json", metadata)
}
