//! Revocation (RFC 7009).

use crate::authority::token::ClientRequest;
use crate::authority::{Authority, authenticate};
use crate::oauth::leniency::Tolerance;
use crate::oauth::refusal::Refusal;

impl Authority {
    /// Revokes the token of a revocation request.
    pub(crate) async fn revoke(
        &self,
        request: &ClientRequest<'_>,
        tolerance: &mut Tolerance,
    ) -> Result<(), Refusal> {
        authenticate(&self.registry, request.credentials, tolerance)?;
        request.token()?;
        Ok(())
    }
}
