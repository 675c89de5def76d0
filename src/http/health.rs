//! Whether the server answers.

use actix_web::{HttpResponse, web};
use serde_json::json;

use crate::sandbox::Sandbox;

pub(super) async fn get(sandbox: web::Data<Sandbox>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header(("cache-control", "no-store"))
        .json(json!({
            "status": "ok",
            "version": env!("CARGO_PKG_VERSION"),
            "profile": sandbox.authority.profile.name,
            "issuer": sandbox.authority.issuer,
        }))
}
