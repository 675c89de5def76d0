//! How large a request may be. The body's limit is checked where the body is read, before it is.

use std::time::Duration;

use actix_http::{HttpMessage as _, Request};
use actix_web::HttpRequest;
use actix_web::http::header;

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

/// Refuses a request that announces a body that is too large.
pub(super) fn expectation(request: &Request) -> Option<Refusal> {
    let declared = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    let fits =
        declared.is_none_or(|length| usize::try_from(length).is_ok_and(|length| length <= BODY));
    (!fits).then_some(Refusal::BodyTooLarge { limit: BODY })
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
