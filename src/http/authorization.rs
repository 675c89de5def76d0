//! The authorization endpoint (RFC 6749 §3.1), as far as this server has one: it issues nothing.
//!
//! The metadata must name one, and what it names must answer. `response_type=none` asks for nothing and gets it; for anything
//! else the error says that refresh tokens come from fixtures. There is no redirect: no client has a registered redirect URI.

use crate::http::endpoints::Task;
use crate::http::reply::Reply;

use crate::oauth::client::Client;

pub(super) fn answer(task: &Task<'_>) -> Reply {
    let params = &task.asked.params;
    let registry = &task.epoch.authority.registry;
    let known = params
        .get("client_id")
        .is_some_and(|client_id| registry.get::<Client>(client_id).is_some());
    let (error, description) = match params.raw("response_type") {
        Some("none") if known => return Reply::Nothing,
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
    Reply::FrontError { error, description }
}
