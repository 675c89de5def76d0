//! Introspection (RFC 7662).

use crate::authority::token::ClientRequest;
use crate::authority::{Authority, authenticate};
use crate::oauth::leniency::Tolerance;
use crate::oauth::refusal::{Refusal, RefusalName};

impl Authority {
    /// Answers an introspection request.
    pub(crate) async fn introspect(
        &self,
        request: &ClientRequest<'_>,
        tolerance: &mut Tolerance,
    ) -> Result<String, Refusal> {
        authenticate(&self.registry, request.credentials, tolerance)?;
        request.token()?;
        Err(Refusal::TokenInactive {
            reason: RefusalName::AccessTokenUnknown,
            why: "this server does not read tokens back yet".to_owned(),
        })
    }
}
