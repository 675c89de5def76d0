//! Refresh tokens that are known by a name instead of a signature.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::fault::Fault;
use crate::oauth::client::Client;
use crate::oauth::refusal::Refusal;
use crate::random::Random;
use crate::seed::NamedRefreshToken;
use crate::shape::Profile;

/// The named refresh tokens; one name may be a grant of each of several clients.
#[derive(Debug, Clone)]
pub(crate) struct NamedTokens {
    by_name: HashMap<String, Vec<NamedToken>>,
    /// The generation of the next token that is put. It only grows, so that nothing need be remembered of removed names.
    next_generation: u64,
}

/// A named refresh token as it was registered: registered again, it is another token.
#[derive(Debug, Clone)]
pub(crate) struct NamedToken {
    pub(crate) token: NamedRefreshToken,
    /// The id under which its use is remembered.
    pub(crate) id: String,
    /// The id of its grant, which all its successors share.
    pub(crate) grant_id: String,
}

impl NamedToken {
    /// Both ids depend on the name, the client and the generation alone, so that replicas which start with the same
    /// tokens agree on them.
    fn new(token: NamedRefreshToken, generation: u64, profile: &Profile) -> Self {
        let digest: [u8; 32] = Sha256::new()
            .chain_update(&token.client_id)
            .chain_update([0])
            .chain_update(&token.token)
            .chain_update([0])
            .chain_update(generation.to_be_bytes())
            .finalize()
            .into();
        Self {
            // The space keeps it apart from the ids of signed tokens, which contain none.
            id: format!("named {}", URL_SAFE_NO_PAD.encode(&digest[..16])),
            grant_id: profile.draw_grant_id(&Random::from_digest(digest)),
            token,
        }
    }
}

impl NamedTokens {
    /// The tokens that a server starts with, all of generation 0.
    pub(super) fn new(tokens: Vec<NamedRefreshToken>, profile: &Profile) -> Self {
        let mut named = Self {
            by_name: HashMap::new(),
            next_generation: 1,
        };
        for token in tokens {
            named.insert(NamedToken::new(token, 0, profile));
        }
        named
    }

    /// Adds a token, or replaces the one of that name and client. Returns the id of the one it replaced, under which
    /// nothing need be remembered any longer.
    pub(crate) fn put(&mut self, token: NamedRefreshToken, profile: &Profile) -> Option<String> {
        let replaced = self.remove(&token.token, Some(&token.client_id)).pop();
        let generation = self.next_generation;
        self.next_generation += 1;
        self.insert(NamedToken::new(token, generation, profile));
        replaced
    }

    fn insert(&mut self, named: NamedToken) {
        self.by_name
            .entry(named.token.token.clone())
            .or_default()
            .push(named);
    }

    /// Removes the tokens of that name, of one client or of all. Returns their ids, under which nothing need be
    /// remembered any longer.
    pub(crate) fn remove(&mut self, name: &str, client_id: Option<&str>) -> Vec<String> {
        let Some(named) = self.by_name.get_mut(name) else {
            return Vec::new();
        };
        let removed = named
            .extract_if(.., |held| {
                client_id.is_none_or(|client_id| held.token.client_id == client_id)
            })
            .map(|removed| removed.id)
            .collect();
        if named.is_empty() {
            self.by_name.remove(name);
        }
        removed
    }

    /// All of them, by name.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &NamedRefreshToken> {
        let mut names: Vec<&String> = self.by_name.keys().collect();
        names.sort_unstable();
        names
            .into_iter()
            .flat_map(|name| self.by_name[name].iter().map(|named| &named.token))
    }

    /// The fault that the fixtures give a token.
    pub(crate) fn fault_of(&self, name: &str, client_id: Option<&str>) -> Option<&Fault> {
        self.of(name, client_id?)?.token.fault.as_ref()
    }

    fn of(&self, name: &str, client_id: &str) -> Option<&NamedToken> {
        let named = self.by_name.get(name)?;
        named
            .iter()
            .find(|named| named.token.client_id == client_id)
    }

    /// Returns true if that client has a token of that name.
    pub(crate) fn has(&self, name: &str, client_id: &str) -> bool {
        self.of(name, client_id).is_some()
    }

    #[cfg(feature = "cli")]
    pub(crate) fn has_name(&self, name: &str) -> bool {
        self.by_name.contains_key(name)
    }

    #[cfg(feature = "cli")]
    pub(crate) fn len(&self) -> usize {
        self.by_name.values().map(Vec::len).sum()
    }

    /// The name of a refresh token of that client with which all goes well.
    #[cfg(feature = "cli")]
    pub(crate) fn first_of(&self, client_id: &str) -> Option<&str> {
        self.iter()
            .find(|token| {
                token.client_id == client_id && token.expires_at.is_none() && token.fault.is_none()
            })
            .map(|token| token.token.as_str())
    }

    /// The token of that name, if there is one.
    ///
    /// # Errors
    /// The name is known, but only as a token of other clients.
    pub(crate) fn get(&self, name: &str, client: &Client) -> Option<Result<&NamedToken, Refusal>> {
        let named = self.by_name.get(name)?;
        let own = self.of(name, &client.client_id);
        Some(own.ok_or_else(|| {
            let owners: Vec<&str> = named
                .iter()
                .map(|named| named.token.client_id.as_str())
                .collect();
            Refusal::ClientMismatch {
                owner: owners.join(", "),
                presenter: client.client_id.clone(),
            }
        }))
    }
}
