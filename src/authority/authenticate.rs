//! Who sends a request. Whoever does not authenticate learns nothing else.

use std::sync::Arc;

use crate::oauth::client::{Client, Secret};
use crate::oauth::credentials::{Claim, Credentials};
use crate::oauth::refusal::{Refusal, excerpt};
use crate::oauth::user::User;
use crate::registry::Registry;

impl Registry {
    /// Checks every claim of the request to be a client.
    pub(crate) fn authenticate(&self, credentials: &Credentials) -> Result<Arc<Client>, Refusal> {
        let mut authenticated: Option<Arc<Client>> = None;
        for claim in &credentials.claims {
            if authenticated
                .as_ref()
                .is_none_or(|client| client.client_id != claim.client_id)
            {
                authenticated = Some(self.verify(claim)?);
            }
        }
        match &credentials.unreadable {
            Some(refusal) => Err(refusal.clone()),
            None => authenticated.ok_or(Refusal::AuthenticationMissing),
        }
    }

    /// The user of that name, if still there.
    pub(super) fn user(&self, subject: &str) -> Result<Arc<User>, Refusal> {
        self.get(subject).ok_or_else(|| Refusal::UserUnknown {
            subject: excerpt(subject),
        })
    }

    fn verify(&self, claim: &Claim) -> Result<Arc<Client>, Refusal> {
        let (client_id, via) = (excerpt(&claim.client_id), claim.via);
        let presented = claim.client_secret.as_deref();
        let Some(client) = self.get::<Client>(&claim.client_id) else {
            Secret::match_nothing(presented.unwrap_or_default());
            return Err(Refusal::ClientUnknown { client_id, via });
        };
        match (&client.client_secret, presented) {
            (None, None) => Ok(()),
            (None, Some(_)) => Err(Refusal::SecretUnexpected { client_id, via }),
            (Some(_), None) => Err(Refusal::SecretMissing { client_id, via }),
            (Some(secret), Some(presented)) if secret.matches(presented) => Ok(()),
            (Some(_), Some(_)) => Err(Refusal::SecretWrong {
                client_id: client_id.clone(),
                via,
            }),
        }?;
        let used = claim.method();
        match client.token_endpoint_auth_method {
            Some(registered) if registered != used => {
                let client_id = client.client_id.clone();
                Err(Refusal::AuthMethodNotRegistered {
                    client_id,
                    used,
                    registered,
                    via,
                })
            }
            _ => Ok(client),
        }
    }
}

/// Whoever authenticated must be the client that the form names, if it names one.
pub(super) fn same_client(credentials: &Credentials, client: &Client) -> Result<(), Refusal> {
    match &credentials.named {
        Some(named) if *named != client.client_id => Err(Refusal::ClientIdMismatch {
            named: excerpt(named),
            authenticated: client.client_id.clone(),
        }),
        _ => Ok(()),
    }
}
