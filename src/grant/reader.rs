//! Reads tokens back: from their names in the fixtures, or from their signatures and the templates that wrote them.
//!
//! The caller names the kinds of token that it accepts, and decides on each [`Problem`]: it refuses, or it goes on where
//! the reason is tolerated. Whether the token was revoked or used up is for the authority to check, afterwards.

use std::sync::Arc;

use crate::clock::Timestamp;
use crate::fault::Fault;
use crate::grant::Ground;
use crate::json::Value;
use crate::keys::Alg;
use crate::keys::jws::Jws;
use crate::oauth::client::Client;
use crate::oauth::grant::Grant;
use crate::oauth::refusal::{Refusal, excerpt};
use crate::oauth::token_kind::TokenKind;
use crate::registry::NamedToken;
use crate::seed::FixtureTime;
use crate::shape::{Expected, Invalid};

/// A token that was read back.
#[derive(Debug)]
pub(crate) struct ReadToken {
    pub(crate) kind: TokenKind,
    pub(crate) id: String,
    /// The grant. Its scope is that of the token.
    pub(crate) grant: Grant,
    pub(crate) issued_at: Option<Timestamp>,
    pub(crate) expires_at: Timestamp,
    /// The `aud` of the token.
    pub(crate) audience: Option<Value>,
    /// The fault that the fixtures give a named refresh token.
    pub(crate) fault: Option<Fault>,
}

/// Which tokens a caller accepts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'a> {
    /// Refresh tokens, access tokens, or both.
    pub(crate) kinds: &'a [TokenKind],
    /// The client that the token must have been issued to.
    pub(crate) client: Option<&'a Client>,
}

/// Why a text must not be accepted as a token.
#[derive(Debug)]
pub(crate) enum Problem {
    /// It is not a token of this server.
    Unknown {
        why: String,
    },
    /// No published key verifies its signature.
    Forged {
        why: String,
    },
    /// It is of another kind, if that is known.
    WrongKind {
        found: Option<TokenKind>,
    },
    WrongIssuer {
        issued_by: String,
        issuer: String,
    },
    WrongClient {
        owner: String,
        presenter: String,
    },
    Invalid(Invalid),
    Expired {
        at: Timestamp,
        now: Timestamp,
    },
}

/// Reads a signed token. Returns `None` if the text is not a token that is wanted, and `judge` tolerates that.
pub(crate) fn signed(
    token: &str,
    wanted: Wanted<'_>,
    ground: &Ground<'_>,
    mut judge: impl FnMut(Problem) -> Result<(), Refusal>,
) -> Result<Option<ReadToken>, Refusal> {
    let jws = match Jws::parse(token) {
        Ok(jws) => jws,
        Err(why) => {
            let why = why.to_string();
            judge(Problem::Unknown { why })?;
            return Ok(None);
        }
    };
    if let Err(why) = jws.verify(ground.keys.published(ground.now), Alg::ALL) {
        let why = why.to_string();
        judge(Problem::Forged { why })?;
    }
    let (kind, read) = match ground.profile.read(wanted.kinds, &jws.claims) {
        Ok(read) => read,
        Err(found) => {
            judge(Problem::WrongKind { found })?;
            return Ok(None);
        }
    };
    if let Some(issued_by) = read.issuer.filter(|issuer| issuer != ground.issuer) {
        judge(Problem::WrongIssuer {
            issued_by: excerpt(&issued_by),
            issuer: ground.issuer.to_owned(),
        })?;
    }
    let owner = &read.grant.client_id;
    if let Some(client) = wanted.client.filter(|client| client.client_id != *owner) {
        judge(Problem::WrongClient {
            owner: owner.clone(),
            presenter: client.client_id.clone(),
        })?;
    }
    let owner = match wanted.client {
        Some(_) => None,
        None => ground.registry.get::<Client>(owner),
    };
    let expected = Expected {
        issuer: ground.issuer,
        client: wanted.client.or(owner.as_deref()),
        now: ground.now,
    };
    for why in ground.profile.invalid(Some(kind), &jws, &expected) {
        judge(Problem::Invalid(why))?;
    }
    Ok(Some(ReadToken {
        kind,
        id: read.id,
        grant: read.grant,
        issued_at: read.issued_at,
        expires_at: read.expires_at,
        audience: jws.claims.get("aud").cloned(),
        fault: None,
    }))
}

/// Reads a refresh token that the fixtures name.
pub(crate) fn named(named: &NamedToken, ground: &Ground<'_>) -> ReadToken {
    let start = ground.registry.start_of(named);
    let resolve = |time: FixtureTime| time.since(start);
    let NamedToken {
        token: named,
        id,
        grant_id,
        ..
    } = named;
    let auth_time = Some(resolve(named.auth_time));
    let client = ground.registry.get::<Client>(&named.client_id);
    let client = client.unwrap_or_else(|| Arc::new(Client::public(&named.client_id)));
    let lifetimes = ground.profile.lifetimes_of(&client);
    let expires_at = match (named.expires_at, named.issued_at) {
        (Some(at), _) => resolve(at),
        (None, Some(at)) => lifetimes.refresh_token_end(auth_time, resolve(at)),
        (None, None) => Timestamp::NEVER,
    };
    ReadToken {
        kind: TokenKind::RefreshToken,
        id: id.clone(),
        grant: Grant {
            id: grant_id.clone(),
            client_id: named.client_id.clone(),
            subject: Some(named.sub.clone()),
            scope: named.scope.clone(),
            auth_time,
        },
        issued_at: named.issued_at.map(resolve),
        // After the absolute end, a refresh would issue a token that has expired already.
        expires_at: expires_at.min(lifetimes.absolute_end(auth_time)),
        audience: None,
        fault: named.fault.clone(),
    }
}

impl ReadToken {
    /// Returns the problem of a token that has expired. It is valid strictly before its end (RFC 7519 §4.1.4).
    pub(crate) fn expired(&self, now: Timestamp) -> Option<Problem> {
        let at = self.expires_at;
        (now >= at).then_some(Problem::Expired { at, now })
    }
}

impl Problem {
    /// Returns the refusal of a refresh token with this problem.
    pub(crate) fn of_refresh_token(self) -> Refusal {
        match self {
            Self::Unknown { why } => Refusal::RefreshTokenUnknown { why },
            Self::Forged { why } => Refusal::RefreshTokenForged { why },
            Self::WrongKind { found } => Refusal::RefreshTokenWrongKind {
                kind: described(found),
            },
            Self::WrongIssuer { issued_by, issuer } => {
                Refusal::RefreshTokenWrongIssuer { issued_by, issuer }
            }
            Self::WrongClient { owner, presenter } => {
                Refusal::RefreshTokenWrongClient { owner, presenter }
            }
            Self::Invalid(why) => invalid_refresh_token(why),
            Self::Expired { at, now } => Refusal::RefreshTokenExpired { at, now },
        }
    }

    /// Returns the refusal of an access token with this problem.
    pub(crate) fn of_access_token(self) -> Refusal {
        match self {
            Self::Unknown { why } => Refusal::AccessTokenUnknown { why },
            Self::Forged { why } => Refusal::AccessTokenForged { why },
            Self::WrongKind { found } => Refusal::AccessTokenWrongKind {
                kind: described(found),
            },
            Self::WrongIssuer { issued_by, issuer } => {
                Refusal::AccessTokenWrongIssuer { issued_by, issuer }
            }
            Self::WrongClient { owner, presenter } => {
                Refusal::TokenWrongClient { owner, presenter }
            }
            Self::Invalid(why) => Refusal::AccessTokenInvalid {
                why: why.to_string(),
            },
            Self::Expired { at, now } => Refusal::AccessTokenExpired { at, now },
        }
    }
}

fn described(kind: Option<TokenKind>) -> &'static str {
    kind.map_or("a token of another shape", TokenKind::described)
}

fn invalid_refresh_token(why: Invalid) -> Refusal {
    match why {
        Invalid::Type {
            member,
            found,
            expected,
        } => Refusal::RefreshTokenWrongType {
            member,
            found,
            expected,
        },
        Invalid::Audience { found, expected } => {
            Refusal::RefreshTokenWrongAudience { found, expected }
        }
        Invalid::NotATime { .. } => Refusal::RefreshTokenUnknown {
            why: why.to_string(),
        },
        Invalid::NotYetValid { at, now } => Refusal::RefreshTokenNotYetValid { at, now },
        Invalid::IssuedInFuture { at, now } => Refusal::RefreshTokenIssuedInFuture { at, now },
    }
}
