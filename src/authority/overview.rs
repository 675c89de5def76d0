//! What the command line tells of an authority.

use crate::authority::Authority;
use crate::oauth::client::Client;

impl Authority {
    /// Whether a refresh token of the fixtures goes by that name.
    pub(crate) fn names_token(&self, name: &str) -> bool {
        self.registered().named.has_name(name)
    }

    /// What there is, in one line.
    pub(crate) fn summary(&self) -> String {
        format!(
            "profile {}, {} clients, {} users, {} named refresh tokens, signing key {}",
            self.settings.profile.name,
            self.registered().clients.items().len(),
            self.registered().users.items().len(),
            self.registered().named.len(),
            self.keys().signing().public.kid,
        )
    }

    /// The first seeded client that can be pasted into a curl: one with a named refresh token.
    pub(crate) fn example(&self) -> Option<(Client, String)> {
        let registered = self.registered();
        registered.clients.items().iter().find_map(|client| {
            let token = registered.named.first_of(&client.client_id)?;
            Some((client.clone(), token.to_owned()))
        })
    }
}
