//! The refresh token grant (RFC 6749 §6): the token must be this server's or a fixture's, this client's, and alive.

use std::sync::Arc;

use crate::clock::Timestamp;
use crate::keys::jws::Jws;
use crate::keys::{Alg, KeySet};
use crate::oauth::client::Client;
use crate::oauth::grant::{Grant, Presented};
use crate::oauth::refusal::{Refusal, excerpt};
use crate::oauth::scope::Scope;
use crate::oauth::token_kind::TokenKind;
use crate::registry::{NamedToken, Registry};
use crate::seed::FixtureTime;
use crate::shape::{Expected, Invalid, Profile};

/// Where refresh tokens come from.
pub(crate) struct Sources<'a> {
    pub(crate) profile: &'a Profile,
    pub(crate) issuer: &'a str,
    pub(crate) keys: &'a KeySet,
    pub(crate) registry: &'a Registry,
}

/// Proves a refresh token: what it is, whose it is, and that it has not expired, in that order. Whether it was used
/// before is asked last of all, by the authority, so that nobody can kill a family that is not theirs.
pub(crate) fn prove(
    token: &str,
    client: &Client,
    sources: &Sources<'_>,
    now: Timestamp,
) -> Result<Presented, Refusal> {
    let presented = match named(token, client, sources.registry)? {
        Some(named) => from_fixture(&named, client, sources),
        None => from_signature(token, client, sources, now)?,
    };
    // Good strictly before its end (RFC 7519 §4.1.4).
    if now >= presented.expires_at {
        return Err(Refusal::RefreshTokenExpired {
            at: presented.expires_at,
            now,
        });
    }
    Ok(presented)
}

/// Returns the client's named refresh token, if the text is the name of one.
fn named(
    token: &str,
    client: &Client,
    registry: &Registry,
) -> Result<Option<Arc<NamedToken>>, Refusal> {
    let named = registry.refresh_token(token, &client.client_id);
    if named.is_some() {
        return Ok(named);
    }
    let owners = registry.owners_of(token);
    if owners.is_empty() {
        return Ok(None);
    }
    Err(Refusal::ClientMismatch {
        owner: owners.join(", "),
        presenter: client.client_id.clone(),
    })
}

fn from_fixture(named: &NamedToken, client: &Client, sources: &Sources<'_>) -> Presented {
    let start = sources.registry.start_of(named);
    let resolve = |time: FixtureTime| time.since(start);
    let NamedToken {
        token: named,
        id,
        grant_id,
        ..
    } = named;
    let auth_time = resolve(named.auth_time);
    let lifetimes = sources.profile.lifetimes_of(client);
    let expires_at = match (named.expires_at, named.issued_at) {
        (Some(at), _) => resolve(at),
        (None, Some(at)) => lifetimes.refresh_token_end(auth_time, resolve(at)),
        (None, None) => Timestamp::NEVER,
    };
    // Otherwise a refresh past that end would be granted, with a successor that has expired at birth.
    let expires_at = expires_at.min(lifetimes.absolute_end(auth_time));
    Presented {
        token: named.token.clone(),
        id: id.clone(),
        expires_at,
        remember_until: expires_at,
        grant: Grant {
            id: grant_id.clone(),
            client_id: named.client_id.clone(),
            subject: named.sub.clone(),
            scope: named.scope.clone(),
            auth_time,
        },
    }
}

fn from_signature(
    token: &str,
    client: &Client,
    sources: &Sources<'_>,
    now: Timestamp,
) -> Result<Presented, Refusal> {
    let jws = Jws::parse(token).map_err(|why| Refusal::RefreshTokenMalformed {
        why: why.to_string(),
    })?;
    jws.verify(sources.keys.published(now), Alg::ALL)
        .map_err(|why| Refusal::RefreshTokenForged {
            why: why.to_string(),
        })?;
    let read = sources
        .profile
        .read_refresh_token(&jws.claims)
        .map_err(|kind| Refusal::NotARefreshToken {
            kind: kind.map_or("a token of another shape", |kind| kind.described()),
        })?;
    if let Some(issued_by) = read.issuer.filter(|issuer| issuer != sources.issuer) {
        return Err(Refusal::IssuerMismatch {
            issued_by: excerpt(&issued_by),
            issuer: sources.issuer.to_owned(),
        });
    }
    if read.grant.client_id != client.client_id {
        return Err(Refusal::ClientMismatch {
            owner: read.grant.client_id,
            presenter: client.client_id.clone(),
        });
    }
    let expected = Expected {
        issuer: sources.issuer,
        client: Some(client),
        now,
    };
    let invalid = sources
        .profile
        .invalid(Some(TokenKind::RefreshToken), &jws, &expected);
    if let Some(why) = invalid.into_iter().next() {
        return Err(refused(why));
    }
    Ok(Presented {
        token: token.to_owned(),
        id: read.id,
        expires_at: read.expires_at,
        remember_until: read.expires_at,
        grant: read.grant,
    })
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
        Invalid::NotATime { .. } => Refusal::RefreshTokenMalformed {
            why: why.to_string(),
        },
        Invalid::NotYetValid { at, now } => Refusal::RefreshTokenNotYetValid { at, now },
        Invalid::IssuedInFuture { at, now } => Refusal::RefreshTokenIssuedInFuture { at, now },
    }
}

/// What of the grant is asked for now: all of it where `asked` is absent, and never more (RFC 6749 §6).
///
/// What the client is no longer registered for falls away silently where nothing is asked, and is refused where it is.
pub(crate) fn narrow(
    asked: Option<&str>,
    client: &Client,
    granted: &Scope,
) -> Result<Scope, Refusal> {
    let Some(asked) = asked else {
        return Ok(match &client.scope {
            Some(registered) => granted.within(registered),
            None => granted.clone(),
        });
    };
    let asked: Scope = asked.parse().map_err(|why| Refusal::ScopeMalformed {
        why,
        granted: granted.clone(),
    })?;
    if let Some(registered) = &client.scope {
        let beyond = asked.beyond(registered);
        if !beyond.is_empty() {
            return Err(Refusal::ScopeNotRegistered {
                client_id: client.client_id.clone(),
                asked: excerpt(&beyond.to_string()),
                registered: registered.clone(),
            });
        }
    }
    let beyond = asked.beyond(granted);
    if !beyond.is_empty() {
        return Err(Refusal::ScopeNotGranted {
            asked: excerpt(&beyond.to_string()),
            granted: granted.clone(),
        });
    }
    // The grant's order, so that the order of asking does not show.
    Ok(granted.within(&asked))
}
