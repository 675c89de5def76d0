//! How large a request may be. The body's limit is checked where the body is read, before it is.

use std::time::Duration;

use actix_http::{HttpMessage as _, Request};
use actix_web::HttpRequest;
use actix_web::body::BoxBody;
use actix_web::http::{StatusCode, header};

use crate::authority::Settings;
use crate::clock::Timestamp;
use crate::oauth::refusal::Refusal;

/// Bytes of a body.
pub(super) const BODY: usize = 64 * 1024;
/// Bytes of all header names and values together.
const HEADERS: usize = 32 * 1024;
/// Bytes of the request's target.
const TARGET: usize = 8000;

/// How long a request may take to arrive, in real time: its head, and then its body. A client that stalls must not hold
/// a connection for ever, and the framework's own time-out covers the head only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Patience(pub(crate) Duration);

impl Default for Patience {
    fn default() -> Self {
        Self(Duration::from_secs(5))
    }
}

impl Patience {
    /// The setting of the server that received the request.
    pub(crate) fn of(request: &HttpRequest) -> Self {
        request.app_data::<Self>().copied().unwrap_or_default()
    }
}

/// Refuses a request whose head is too large. What is larger still, the framework cuts off before it is one.
pub(super) fn check(request: &HttpRequest) -> Option<Refusal> {
    let target = request
        .uri()
        .path_and_query()
        .map_or(0, |target| target.as_str().len());
    let headers: usize = request
        .headers()
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len())
        .sum();
    if target > TARGET {
        Some(Refusal::TargetTooLong { limit: TARGET })
    } else if headers > HEADERS {
        Some(Refusal::HeadersTooLarge { limit: HEADERS })
    } else {
        None
    }
}

/// Decides on `Expect: 100-continue`: a body that is too large is refused instead of invited (RFC 9110 §10.1.1).
pub(crate) fn expect(
    settings: &Settings,
    now: Timestamp,
    request: Request,
    protocol: bool,
) -> Result<Request, actix_http::Response<BoxBody>> {
    if !protocol || request.path().contains(crate::sandbox::RESERVED) {
        // The control plane has a limit of its own, where the body is read.
        return Ok(request);
    }
    let declared = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if declared.is_none_or(|length| usize::try_from(length).is_ok_and(|length| length <= BODY)) {
        return Ok(request);
    }
    let refusal = Refusal::BodyTooLarge { limit: BODY };
    let told = settings.errors.render(&refusal, request.path(), now);
    let status = StatusCode::from_u16(told.status).unwrap_or_default();
    let mut response = actix_http::Response::build(status);
    response.force_close();
    for (name, value) in told.headers {
        response.insert_header((name, value));
    }
    Err(response.body(told.body).map_into_boxed_body())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tests over sockets set a shorter one.
    #[test]
    fn a_request_has_five_seconds_to_arrive() {
        assert_eq!(Patience::default(), Patience(Duration::from_secs(5)));
    }
}
