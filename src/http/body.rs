//! The body of a request, read whole, within its limits.

use std::time::Duration;

use actix_web::error::PayloadError;
use actix_web::{HttpRequest, rt, web};
use futures_util::StreamExt as _;

use crate::http::limits::BODY;
use crate::oauth::refusal::Refusal;

/// How long a body may take to arrive, from its head to its last byte, in real time. The framework's own time-out
/// covers the head only, and a client that stalls must not hold a connection for ever.
const PATIENCE: Duration = Duration::from_secs(5);

pub(super) async fn read(request: &HttpRequest, payload: web::Payload) -> Result<Vec<u8>, Refusal> {
    let declared = request
        .headers()
        .get("content-length")
        .and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if declared.is_some_and(|length| usize::try_from(length).map_or(true, |length| length > BODY)) {
        return Err(Refusal::BodyTooLarge { limit: BODY });
    }
    rt::time::timeout(PATIENCE, collect(payload))
        .await
        .unwrap_or(Err(Refusal::BodyTooSlow {
            seconds: PATIENCE.as_secs(),
        }))
}

async fn collect(mut payload: web::Payload) -> Result<Vec<u8>, Refusal> {
    let mut body = Vec::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|why| match why {
            PayloadError::Overflow => Refusal::BodyTooLarge { limit: BODY },
            _ => Refusal::BodyBrokeOff,
        })?;
        if body.len() + chunk.len() > BODY {
            return Err(Refusal::BodyTooLarge { limit: BODY });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
