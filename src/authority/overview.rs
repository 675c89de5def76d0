//! What the command line tells of an authority.

use std::sync::Arc;

use crate::authority::Authority;
use crate::oauth::client::Client;
use crate::oauth::user::User;

impl Authority {
    /// Whether a refresh token of the fixtures goes by that name.
    pub(crate) fn names_token(&self, name: &str) -> bool {
        !self.registry.owners_of(name).is_empty()
    }

    /// What there is, in one line.
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

    /// The first seeded client that can be pasted into a curl, and its named refresh token with which all goes well.
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
