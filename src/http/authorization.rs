//! The authorization endpoint (RFC 6749 §3.1), as far as this server has one: it hands out nothing.
//!
//! Metadata must name one, and what it names must answer. `response_type=none` asks for nothing and gets it; whatever
//! asks for more is told that refresh tokens come from fixtures. No redirect: no client has registered where to.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

use crate::http::record::Record;
use crate::oauth::client::Client;
use crate::oauth::params::Params;
use crate::sandbox::Epoch;

pub(super) fn get(request: &HttpRequest, epoch: &Epoch, record: &mut Record) -> HttpResponse {
    let params = Params::decode(request.query_string().as_bytes()).unwrap_or_default();
    let registry = &epoch.authority.registry;
    let known = params
        .get("client_id")
        .is_some_and(|client_id| registry.get::<Client>(client_id).is_some());
    let (error, description) = match params.raw("response_type") {
        Some("none") if known => {
            return HttpResponse::Ok()
                .insert_header((header::CACHE_CONTROL, "no-store"))
                .json(json!({}));
        }
        _ if !known => (
            "invalid_request",
            "client_id is missing or names no registered client",
        ),
        None => ("invalid_request", "response_type is missing"),
        Some(_) => (
            "unsupported_response_type",
            "this server has no login page: take a refresh token from the fixtures or from `oauth-mimic mint`",
        ),
    };
    record.outcome(error);
    HttpResponse::BadRequest()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::PRAGMA, "no-cache"))
        .json(json!({ "error": error, "error_description": description }))
}
