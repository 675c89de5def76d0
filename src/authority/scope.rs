//! The scope of an access token (RFC 6749 §3.3, §6): one rule for every grant.

use crate::oauth::client::Client;
use crate::oauth::leniency::Tolerance;
use crate::oauth::refusal::{Refusal, excerpt};
use crate::oauth::scope::{InvalidScope, Scope};

/// Computes the scope of the new access token.
///
/// `granted` is the scope of an existing grant; a new grant has none, and the client's registration is the limit. Without a
/// requested scope: everything granted for which the client is still registered. With one: exactly the requested scope
/// tokens, in the order of the grant, or a refusal if any of them was not granted or is not registered.
pub(super) fn limit(
    requested: Option<&str>,
    client: &Client,
    granted: Option<&Scope>,
    tolerance: &mut Tolerance,
) -> Result<Scope, Refusal> {
    let registered = client.scope.as_ref();
    let Some(requested) = requested else {
        return Ok(match (granted, registered) {
            (Some(granted), Some(registered)) => granted.within(registered),
            (Some(all), None) | (None, Some(all)) => all.clone(),
            (None, None) => Scope::default(),
        });
    };
    let requested = parse(requested, granted.or(registered), tolerance)?;
    if let Some(registered) = registered {
        let beyond = requested.beyond(registered);
        if !beyond.is_empty() {
            tolerance.refuse(Refusal::ScopeNotRegistered {
                client_id: client.client_id.clone(),
                asked: excerpt(&beyond.to_string()),
                registered: registered.clone(),
            })?;
        }
    }
    let beyond = granted.map(|granted| (granted, requested.beyond(granted)));
    if let Some((granted, beyond)) = beyond.filter(|(_, beyond)| !beyond.is_empty()) {
        tolerance.refuse(Refusal::ScopeNotGranted {
            asked: excerpt(&beyond.to_string()),
            granted: granted.clone(),
        })?;
    }
    // The order of the grant or registration, so that the order of the request does not show.
    Ok(match granted.or(registered) {
        Some(known) => known
            .within(&requested)
            .followed_by(&requested.beyond(known)),
        None => requested,
    })
}

/// Parses a requested scope; where a malformed one is tolerated, its malformed tokens are dropped.
fn parse(
    requested: &str,
    limit: Option<&Scope>,
    tolerance: &mut Tolerance,
) -> Result<Scope, Refusal> {
    requested.parse().or_else(|why: InvalidScope| {
        tolerance.refuse(Refusal::ScopeMalformed {
            why,
            granted: limit.cloned().unwrap_or_default(),
        })?;
        let valid = requested
            .split(' ')
            .filter(|token| Scope::from_tokens([*token]).is_ok());
        Ok(Scope::from_tokens(valid).unwrap_or_default())
    })
}
