//! The summary of an authority that the command line prints.

use std::sync::Arc;

use crate::authority::Authority;
use crate::oauth::client::Client;
use crate::oauth::user::User;

impl Authority {
    /// Returns the profile, the numbers of clients, users and tokens, and the signing key, in one line.
    pub(crate) fn summary(&self) -> String {
        format!(
            "profile {}, {} clients, {} users, {} named refresh tokens, signing key {}",
            self.settings.profile.name,
            self.registry.list::<Client>().len(),
            self.registry.list::<User>().len(),
            self.registry.refresh_tokens().len(),
            self.keys().signing().public.kid,
        )
    }

    /// Returns the first client that a browser can log in to, and where it is sent back.
    pub(crate) fn login_example(&self) -> Option<(Arc<Client>, String)> {
        self.login_clients().find_map(|client| {
            let uri = client.redirect_uris.first()?.clone();
            Some((client, uri))
        })
    }

    /// Returns the first seeded client that a curl command can use, and a named refresh token of it that is accepted.
    pub(crate) fn example(&self) -> Option<(Arc<Client>, String)> {
        let tokens = self.registry.refresh_tokens();
        self.registry
            .list::<Client>()
            .into_iter()
            .find_map(|client| {
                let token = tokens.iter().map(|named| &named.token).find(|token| {
                    token.client_id == client.client_id
                        && token.expires_at.is_none()
                        && token.fault.is_none()
                })?;
                Some((client, token.token.clone()))
            })
    }
}
