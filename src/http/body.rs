//! The body of a request, read whole, within its limits.

use actix_web::error::PayloadError;
use actix_web::{HttpRequest, rt, web};
use futures_util::StreamExt as _;

use crate::http::limits::{BODY, Patience};
use crate::oauth::refusal::Refusal;

pub(super) async fn read(request: &HttpRequest, payload: web::Payload) -> Result<Vec<u8>, Refusal> {
    let declared = request
        .headers()
        .get("content-length")
        .and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if declared.is_some_and(|length| usize::try_from(length).map_or(true, |length| length > BODY)) {
        return Err(Refusal::BodyTooLarge { limit: BODY });
    }
    let Patience(patience) = Patience::of(request);
    rt::time::timeout(patience, collect(payload))
        .await
        .unwrap_or(Err(Refusal::BodyTooSlow {
            seconds: patience.as_secs(),
        }))
}

async fn collect(mut payload: web::Payload) -> Result<Vec<u8>, Refusal> {
    let mut body = Vec::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|why| match why {
            PayloadError::Overflow => Refusal::BodyTooLarge { limit: BODY },
            _ => Refusal::BodyBrokeOff {},
        })?;
        if body.len() + chunk.len() > BODY {
            return Err(Refusal::BodyTooLarge { limit: BODY });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
