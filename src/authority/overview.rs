//! What the command line tells of an authority.

use crate::authority::Authority;
use crate::oauth::client::Client;

impl Authority {
    /// Whether a refresh token of the fixtures goes by that name.
    pub(crate) fn names_token(&self, name: &str) -> bool {
        self.named.has(name)
    }

    /// What there is, in one line.
    pub(crate) fn summary(&self) -> String {
        format!(
            "profile {}, {} clients, {} users, {} named refresh tokens, signing key {}",
            self.profile.name,
            self.clients.items().len(),
            self.users.items().len(),
            self.named.len(),
            self.keys.signing().public.kid,
        )
    }

    /// The first seeded client that can be pasted into a curl: with a secret and a named refresh token.
    pub(crate) fn example(&self) -> Option<(&Client, &str)> {
        self.clients
            .items()
            .iter()
            .find_map(|client| Some((client, self.named.first_of(&client.client_id)?)))
    }
}
