//! One line in the log for each request. Nothing secret: no secret, no token, and of the rest only excerpts.

use actix_web::HttpMessage as _;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{Error, HttpRequest};

use crate::oauth::refusal::excerpt;

/// What a handler found out, left on the request for whoever tells of it.
#[derive(Debug, Clone, Default)]
pub(super) struct Outcome {
    /// Whom the request claimed to come from.
    pub(super) client: Option<String>,
    pub(super) grant: Option<String>,
    /// `issued`, or the error code.
    pub(super) result: &'static str,
    /// The scope that was issued.
    pub(super) scope: Option<String>,
    /// The whole reason of a refusal.
    pub(super) reason: Option<String>,
}

/// Adds to what is known of a request.
pub(super) fn note(request: &HttpRequest, add: impl FnOnce(&mut Outcome)) {
    let mut extensions = request.extensions_mut();
    if extensions.get::<Outcome>().is_none() {
        extensions.insert(Outcome::default());
    }
    if let Some(outcome) = extensions.get_mut::<Outcome>() {
        add(outcome);
    }
}

pub(super) async fn write<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let response = next.call(request).await?;
    if tracing::enabled!(tracing::Level::INFO) {
        let request = response.request();
        let outcome = request
            .extensions_mut()
            .remove::<Outcome>()
            .unwrap_or_default();
        tracing::info!(
            status = response.status().as_u16(),
            client = outcome.client,
            grant = outcome.grant,
            outcome = Some(outcome.result).filter(|result| !result.is_empty()),
            scope = outcome.scope,
            reason = outcome.reason,
            "{} {}",
            request.method(),
            excerpt(request.path()),
        );
    }
    Ok(response)
}
