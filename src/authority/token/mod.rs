//! Everything that reads a token back: introspection, revocation, userinfo.

mod inspect;
mod introspect;
mod revoke;
mod userinfo;

pub(crate) use inspect::Inspection;
pub(crate) use userinfo::Userinfo;

use crate::authority::Authority;
use crate::clock::Timestamp;
use crate::grant::Ground;
use crate::grant::reader::{self, Problem, ReadToken, Wanted};
use crate::keys::KeySet;
use crate::oauth::client::Client;
use crate::oauth::credentials::Credentials;
use crate::oauth::leniency::Tolerance;
use crate::oauth::params::Params;
use crate::oauth::refusal::Refusal;
use crate::oauth::response::About;
use crate::oauth::token_kind::TokenKind;
use crate::random::Random;

/// An answer about a token, and which token it was; `None` if it was none of this server.
#[derive(Debug)]
pub(crate) struct OfToken<T> {
    pub(crate) answer: T,
    /// The id of the token.
    pub(crate) id: Option<String>,
    pub(crate) about: Option<About>,
}

impl<T> OfToken<T> {
    fn new(answer: T, token: Option<ReadToken>) -> Self {
        Self {
            answer,
            about: token.as_ref().map(|token| (&token.grant).into()),
            id: token.map(|token| token.id),
        }
    }
}

/// A request about a token, by a client that authenticates.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ClientRequest<'a> {
    pub(crate) credentials: &'a Credentials,
    pub(crate) params: &'a Params,
    pub(crate) now: Timestamp,
}

impl<'a> ClientRequest<'a> {
    /// Returns the token that the request is about.
    fn token(&self) -> Result<&'a str, Refusal> {
        self.params.get("token").ok_or(Refusal::TokenMissing {})
    }
}

/// The kinds of token that are credentials.
const CREDENTIALS: &[TokenKind] = &[TokenKind::RefreshToken, TokenKind::AccessToken];

impl Authority {
    /// What reading a token back may look at.
    fn ground<'a>(&'a self, keys: &'a KeySet, random: &'a Random, now: Timestamp) -> Ground<'a> {
        Ground {
            profile: &self.settings.profile,
            issuer: &self.settings.issuer,
            keys,
            registry: &self.registry,
            store: &self.store,
            random,
            now,
        }
    }

    /// Reads the token that a client presents about itself or another client: a refresh token by its name, or any credential
    /// by its signature. Whether it has ended is not checked.
    fn read_credential(
        &self,
        token: &str,
        client: &Client,
        ground: &Ground<'_>,
        judge: impl FnMut(Problem) -> Result<(), Refusal>,
    ) -> Result<Option<ReadToken>, Refusal> {
        if let Some(named) = self.registry.named_token(token, &client.client_id) {
            return Ok(Some(reader::named(&named, ground)));
        }
        let wanted = Wanted {
            kinds: CREDENTIALS,
            client: None,
        };
        reader::signed(token, wanted, ground, judge)
    }

    /// Checks that a token has not expired, was not revoked, and is not used up.
    async fn check_alive(
        &self,
        token: &ReadToken,
        now: Timestamp,
        tolerance: &mut Tolerance,
    ) -> Result<(), Refusal> {
        if let Some(expired) = token.expired(now) {
            tolerance.refuse(refusal(token.kind, expired))?;
        }
        let grant_is_revoked = self.store.is_revoked(&token.grant.id, now).await;
        let is_spent = self.store.is_spent(&token.id, now).await;
        if token.kind == TokenKind::RefreshToken {
            if grant_is_revoked {
                tolerance.refuse(Refusal::GrantRevoked {})?;
            }
            if is_spent {
                tolerance.refuse(Refusal::RefreshTokenReplayed {})?;
            }
        } else if grant_is_revoked || is_spent {
            tolerance.refuse(Refusal::AccessTokenRevoked {})?;
        }
        Ok(())
    }
}

/// Returns the refusal of a token of that kind.
fn refusal(kind: TokenKind, problem: Problem) -> Refusal {
    match kind {
        TokenKind::RefreshToken => problem.of_refresh_token(),
        TokenKind::AccessToken | TokenKind::IdToken => problem.of_access_token(),
    }
}
