//! Client authentication (RFC 6749 §2.3, §3.2.1).

use std::sync::Arc;

use crate::oauth::client::{Client, Secret};
use crate::oauth::credentials::{Claim, Credentials};
use crate::oauth::grant_type::GrantType;
use crate::oauth::leniency::Tolerance;
use crate::oauth::refusal::{Refusal, excerpt};
use crate::registry::Registry;

/// Authenticates the client of a request: every claim must hold, and the form must name the same client if it names one.
pub(crate) fn authenticate(
    registry: &Registry,
    credentials: &Credentials,
    tolerance: &mut Tolerance,
) -> Result<Arc<Client>, Refusal> {
    let mut authenticated: Option<Arc<Client>> = None;
    for claim in &credentials.claims {
        let is_known = authenticated
            .as_ref()
            .is_some_and(|client| client.client_id == claim.client_id);
        if !is_known {
            authenticated = Some(verify(registry, claim, tolerance)?);
        }
    }
    if let Some(refusal) = &credentials.unreadable {
        tolerance.refuse(refusal.clone())?;
    }
    let client = match authenticated {
        Some(client) => client,
        None => first_client(registry, tolerance)?,
    };
    if let Some(refusal) = &credentials.deferred {
        tolerance.refuse(refusal.clone())?;
    }
    if let Some(named) = &credentials.named
        && *named != client.client_id
    {
        tolerance.refuse(Refusal::ClientIdMismatch {
            named: excerpt(named),
            authenticated: client.client_id.clone(),
        })?;
    }
    Ok(client)
}

/// The client of a request that names none, where that is tolerated.
fn first_client(registry: &Registry, tolerance: &mut Tolerance) -> Result<Arc<Client>, Refusal> {
    tolerance.refuse(Refusal::AuthenticationMissing {})?;
    Ok(match registry.pick::<Client>(None) {
        Ok(client) => {
            tolerance.widen(client.leniency);
            client
        }
        Err(_) => Arc::new(assumed("client")),
    })
}

fn verify(
    registry: &Registry,
    claim: &Claim,
    tolerance: &mut Tolerance,
) -> Result<Arc<Client>, Refusal> {
    let Some(client) = registry.get::<Client>(&claim.client_id) else {
        // The work of a comparison, so that an unknown client takes as long as a wrong secret.
        Secret::match_nothing(claim.client_secret.as_deref().unwrap_or_default());
        if let Some(refusal) = &claim.undecodable {
            return Err(refusal.clone());
        }
        tolerance.refuse(Refusal::ClientUnknown {
            client_id: excerpt(&claim.client_id),
            via: claim.via,
        })?;
        return Ok(Arc::new(assumed(&claim.client_id)));
    };
    tolerance.widen(client.leniency);
    check_secret(&client, claim, tolerance)?;
    check_method(&client, claim, tolerance)?;
    Ok(client)
}

fn check_secret(client: &Client, claim: &Claim, tolerance: &mut Tolerance) -> Result<(), Refusal> {
    let (client_id, via) = (excerpt(&claim.client_id), claim.via);
    let Some(secret) = &client.client_secret else {
        return match (&claim.client_secret, &claim.raw_secret) {
            (None, None) => Ok(()),
            _ => tolerance.refuse(Refusal::SecretUnexpected { client_id, via }),
        };
    };
    if claim
        .client_secret
        .as_deref()
        .is_some_and(|presented| secret.matches(presented))
    {
        return Ok(());
    }
    if claim
        .raw_secret
        .as_deref()
        .is_some_and(|raw| secret.matches(raw))
    {
        return tolerance.refuse(Refusal::SecretNotEncoded { client_id });
    }
    let refusal = match (&claim.undecodable, &claim.client_secret) {
        (Some(refusal), _) => refusal.clone(),
        (None, Some(_)) => Refusal::SecretWrong { client_id, via },
        (None, None) => Refusal::SecretMissing { client_id, via },
    };
    tolerance.refuse(refusal)
}

fn check_method(client: &Client, claim: &Claim, tolerance: &mut Tolerance) -> Result<(), Refusal> {
    let used = claim.method();
    match client.token_endpoint_auth_method {
        Some(registered) if registered != used => {
            tolerance.refuse(Refusal::AuthMethodNotRegistered {
                client_id: client.client_id.clone(),
                used,
                registered,
                via: claim.via,
            })
        }
        Some(_) | None => Ok(()),
    }
}

/// A client that may do everything: the fallback for an unknown one.
pub(super) fn assumed(client_id: &str) -> Client {
    Client::confidential(client_id, "assumed")
        .grant_types(GrantType::ALL.iter().map(|grant_type| grant_type.as_str()))
}
