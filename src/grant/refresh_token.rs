//! The refresh token grant (RFC 6749 §6).
//!
//! The token must be named in the fixtures or signed by this server, must be a refresh token of this client, and must be
//! valid now. Whether it was used before is checked last, by the authority, so that nobody can revoke the grant of another
//! client.

use crate::clock::Timestamp;
use crate::grant::{Ground, Presented, Proved, ScopeRule, Settlement, first_user};
use crate::keys::Alg;
use crate::keys::jws::Jws;
use crate::oauth::client::Client;
use crate::oauth::grant::Grant;
use crate::oauth::leniency::Tolerance;
use crate::oauth::params::Params;
use crate::oauth::refusal::{Refusal, excerpt};
use crate::oauth::token_kind::TokenKind;
use crate::registry::NamedToken;
use crate::seed::FixtureTime;
use crate::shape::{Expected, Invalid};

pub(super) fn prove(
    params: &Params,
    client: &Client,
    ground: &Ground<'_>,
    tolerance: &mut Tolerance,
) -> Result<Proved, Refusal> {
    let Some(token) = params.get("refresh_token") else {
        tolerance.refuse(Refusal::RefreshTokenMissing {})?;
        return Ok(first_user(client, ground));
    };
    let found = match ground.registry.refresh_token(token, &client.client_id) {
        Some(named) => Some(from_fixture(&named, client, ground)),
        None => match foreign_owners(token, client, ground) {
            Some(refusal) => {
                tolerance.refuse(refusal)?;
                None
            }
            None => from_signature(token, client, ground, tolerance)?,
        },
    };
    let Some((proved, expires_at)) = found else {
        return Ok(first_user(client, ground));
    };
    // Valid strictly before its end (RFC 7519 §4.1.4).
    if ground.now >= expires_at {
        tolerance.refuse(Refusal::RefreshTokenExpired {
            at: expires_at,
            now: ground.now,
        })?;
    }
    Ok(proved)
}

/// Returns the refusal of a token name that only other clients have.
fn foreign_owners(token: &str, client: &Client, ground: &Ground<'_>) -> Option<Refusal> {
    let owners = ground.registry.owners_of(token);
    (!owners.is_empty()).then(|| Refusal::RefreshTokenWrongClient {
        owner: owners.join(", "),
        presenter: client.client_id.clone(),
    })
}

/// Returns the grant of a token that the fixtures name, and the token's expiry.
fn from_fixture(named: &NamedToken, client: &Client, ground: &Ground<'_>) -> (Proved, Timestamp) {
    let start = ground.registry.start_of(named);
    let resolve = |time: FixtureTime| time.since(start);
    let NamedToken {
        token: named,
        id,
        grant_id,
        ..
    } = named;
    let auth_time = Some(resolve(named.auth_time));
    let lifetimes = ground.profile.lifetimes_of(client);
    let expires_at = match (named.expires_at, named.issued_at) {
        (Some(at), _) => resolve(at),
        (None, Some(at)) => lifetimes.refresh_token_end(auth_time, resolve(at)),
        (None, None) => Timestamp::NEVER,
    };
    // After the absolute end, a refresh would issue a token that has expired already.
    let expires_at = expires_at.min(lifetimes.absolute_end(auth_time));
    let proved = Proved {
        grant: Grant {
            id: grant_id.clone(),
            client_id: named.client_id.clone(),
            subject: Some(named.sub.clone()),
            scope: named.scope.clone(),
            auth_time,
        },
        scope: ScopeRule::Within,
        settlement: Settlement::RefreshToken(Presented {
            token: named.token.clone(),
            id: id.clone(),
            remember_until: expires_at,
        }),
        issues_refresh_token: true,
        fault: named.fault.clone(),
    };
    (proved, expires_at)
}

/// Returns the grant of a signed token and the token's expiry; `None` if the text is not a refresh token and that is tolerated.
fn from_signature(
    token: &str,
    client: &Client,
    ground: &Ground<'_>,
    tolerance: &mut Tolerance,
) -> Result<Option<(Proved, Timestamp)>, Refusal> {
    let jws = match Jws::parse(token) {
        Ok(jws) => jws,
        Err(why) => {
            let why = why.to_string();
            tolerance.refuse(Refusal::RefreshTokenUnknown { why })?;
            return Ok(None);
        }
    };
    if let Err(why) = jws.verify(ground.keys.published(ground.now), Alg::ALL) {
        let why = why.to_string();
        tolerance.refuse(Refusal::RefreshTokenForged { why })?;
    }
    let read = match ground.profile.read_refresh_token(&jws.claims) {
        Ok(read) => read,
        Err(kind) => {
            let kind = kind.map_or("a token of another shape", |kind| kind.described());
            tolerance.refuse(Refusal::RefreshTokenWrongKind { kind })?;
            return Ok(None);
        }
    };
    if let Some(issued_by) = read.issuer.filter(|issuer| issuer != ground.issuer) {
        tolerance.refuse(Refusal::RefreshTokenWrongIssuer {
            issued_by: excerpt(&issued_by),
            issuer: ground.issuer.to_owned(),
        })?;
    }
    if read.grant.client_id != client.client_id {
        tolerance.refuse(Refusal::RefreshTokenWrongClient {
            owner: read.grant.client_id.clone(),
            presenter: client.client_id.clone(),
        })?;
    }
    let expected = Expected {
        issuer: ground.issuer,
        client: Some(client),
        now: ground.now,
    };
    let kind = Some(TokenKind::RefreshToken);
    for why in ground.profile.invalid(kind, &jws, &expected) {
        tolerance.refuse(refused(why))?;
    }
    let proved = Proved {
        grant: read.grant,
        scope: ScopeRule::Within,
        settlement: Settlement::RefreshToken(Presented {
            token: token.to_owned(),
            id: read.id,
            remember_until: read.expires_at,
        }),
        issues_refresh_token: true,
        fault: None,
    };
    Ok(Some((proved, read.expires_at)))
}

fn refused(why: Invalid) -> Refusal {
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
