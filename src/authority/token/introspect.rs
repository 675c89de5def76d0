//! Introspection (RFC 7662).
//!
//! Every confidential client may introspect every token of this server, as resource servers do; a public client only its own
//! tokens, because everybody can claim to be one.

use crate::authority::token::{ClientRequest, OfToken};
use crate::authority::{Authority, authenticate};
use crate::clock::Timestamp;
use crate::grant::reader::{Problem, ReadToken};
use crate::oauth::client::Client;
use crate::oauth::leniency::Tolerance;
use crate::oauth::refusal::Refusal;
use crate::oauth::user::User;
use crate::shape::IntrospectionFacts;

impl Authority {
    /// Answers an introspection request about an active token; the refusal of one that is not says why.
    pub(crate) async fn introspect(
        &self,
        request: &ClientRequest<'_>,
        tolerance: &mut Tolerance,
    ) -> Result<OfToken<String>, Refusal> {
        let client = authenticate(&self.registry, request.credentials, tolerance)?;
        let token = request.token()?;
        let active = self.active(token, &client, request.now, tolerance).await;
        let token = active.map_err(inactive)?;
        let user = token.grant.subject.as_deref();
        let user = user.and_then(|subject| self.registry.get::<User>(subject));
        let facts = IntrospectionFacts {
            issuer: &self.settings.issuer,
            kind: token.kind,
            id: &token.id,
            grant: &token.grant,
            user: user.as_deref(),
            audience: token.audience.as_ref(),
            issued_at: token.issued_at,
            expires_at: token.expires_at,
        };
        let answer = self.settings.profile.write_introspection(&facts);
        Ok(OfToken::new(answer, Some(token)))
    }

    /// Reads a token that must be active, and that the client may introspect.
    async fn active(
        &self,
        token: &str,
        client: &Client,
        now: Timestamp,
        tolerance: &mut Tolerance,
    ) -> Result<ReadToken, Refusal> {
        let (keys, random) = (self.keys(), self.random.fork());
        let ground = self.ground(&keys, &random, now);
        let judge = |problem: Problem| Err(problem.of_access_token());
        let read = self.read_credential(token, client, &ground, judge)?;
        let read = read.ok_or_else(|| Refusal::AccessTokenUnknown {
            why: "it is of no kind that can be introspected".to_owned(),
        })?;
        if client.is_public() && read.grant.client_id != client.client_id {
            return Err(Refusal::TokenWrongClient {
                owner: read.grant.client_id,
                presenter: client.client_id.clone(),
            });
        }
        self.check_alive(&read, now, tolerance).await?;
        Ok(read)
    }
}

/// Returns the refusal of a token that is not active for that reason.
#[expect(
    clippy::needless_pass_by_value,
    reason = "it maps the error of a result"
)]
fn inactive(reason: Refusal) -> Refusal {
    Refusal::TokenInactive {
        reason: reason.name(),
        why: reason.to_string(),
    }
}
