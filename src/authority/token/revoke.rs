//! Revocation (RFC 7009).

use crate::authority::token::{ClientRequest, OfToken};
use crate::authority::{Authority, authenticate};
use crate::clock::Timestamp;
use crate::grant::reader::{Problem, ReadToken};
use crate::oauth::client::Client;
use crate::oauth::leniency::Tolerance;
use crate::oauth::refusal::Refusal;
use crate::oauth::token_kind::TokenKind;

impl Authority {
    /// Revokes the token of a revocation request. A text that is not a valid token needs no revocation (RFC 7009 §2.2).
    pub(crate) async fn revoke(
        &self,
        request: &ClientRequest<'_>,
        tolerance: &mut Tolerance,
    ) -> Result<OfToken<()>, Refusal> {
        let client = authenticate(&self.registry, request.credentials, tolerance)?;
        let token = request.token()?;
        let Some(read) = self.revocable(token, &client, request.now, tolerance)? else {
            return Ok(OfToken::new((), None));
        };
        if read.grant.client_id != client.client_id {
            tolerance.refuse(Refusal::TokenWrongClient {
                owner: read.grant.client_id.clone(),
                presenter: client.client_id.clone(),
            })?;
        }
        self.settle_revocation(&read, request.now).await;
        Ok(OfToken::new((), Some(read)))
    }

    /// Reads a token of this server; `None` for every other text.
    fn revocable(
        &self,
        token: &str,
        client: &Client,
        now: Timestamp,
        tolerance: &mut Tolerance,
    ) -> Result<Option<ReadToken>, Refusal> {
        let (keys, random) = (self.keys(), self.random.fork());
        let ground = self.ground(&keys, &random, now);
        let mut wrong_kind = None;
        let judge = |problem: Problem| {
            if let Problem::WrongKind { found } = problem {
                wrong_kind = found;
            }
            Err(problem.of_access_token())
        };
        let read = self.read_credential(token, client, &ground, judge);
        if let Some(kind) = wrong_kind {
            let kind = kind.described();
            tolerance.refuse(Refusal::TokenTypeUnsupported { kind })?;
        }
        Ok(read.ok().flatten())
    }

    /// Makes the token unusable until it would have expired: with a refresh token its whole grant (RFC 7009 §2.1), an access
    /// token alone.
    async fn settle_revocation(&self, token: &ReadToken, now: Timestamp) {
        match token.kind {
            TokenKind::RefreshToken => {
                let until = self.last_end(token, now);
                self.store.revoke(&token.grant.id, until, now).await;
            }
            TokenKind::AccessToken | TokenKind::IdToken => {
                self.store.retire(&token.id, token.expires_at, now).await;
            }
        }
    }

    /// Returns when the last token that was issued so far for the grant of a refresh token has expired.
    fn last_end(&self, token: &ReadToken, now: Timestamp) -> Timestamp {
        let client = self.registry.get::<Client>(&token.grant.client_id);
        let Some(client) = client else {
            return token.expires_at;
        };
        let lifetimes = self.settings.profile.lifetimes_of(&client);
        let last = lifetimes.last_token_end(token.grant.auth_time, now);
        token.expires_at.max(last)
    }
}
