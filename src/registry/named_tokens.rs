//! Refresh tokens that are known by a name instead of a signature.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use indexmap::IndexMap;
use sha2::{Digest, Sha256};

use crate::clock::Timestamp;
use crate::random::Random;
use crate::seed::NamedRefreshToken;
use crate::shape::Profile;

/// The named refresh tokens, by name and client: one name may be a grant of each of several clients.
#[derive(Debug, Clone)]
pub(crate) struct NamedTokens {
    by_name: IndexMap<String, IndexMap<String, Arc<NamedToken>>>,
    /// The generation of the next token that is put. It only grows, so that nothing need be remembered of removed names.
    next_generation: u64,
    /// The length of the longest name so far. A longer token cannot be a name, so it is not hashed: a signed token is long,
    /// and every request that presents one asks twice.
    longest: usize,
}

/// A named refresh token as it was registered: registered again, it is another token.
#[derive(Debug)]
pub(crate) struct NamedToken {
    pub(crate) token: NamedRefreshToken,
    /// The id under which its use is remembered.
    pub(crate) id: String,
    /// The id of its grant, which all its successors share.
    pub(crate) grant_id: String,
    /// When it was put; absent for those that the server started with.
    pub(super) put_at: Option<Timestamp>,
}

impl NamedToken {
    /// Both ids depend on the name, the client and the generation alone, so that replicas which start with the same
    /// tokens agree on them.
    fn new(
        token: NamedRefreshToken,
        generation: u64,
        put_at: Option<Timestamp>,
        profile: &Profile,
    ) -> Self {
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
            put_at,
            token,
        }
    }
}

impl NamedTokens {
    /// The tokens that a server starts with, all of generation 0.
    pub(super) fn new(tokens: Vec<NamedRefreshToken>, profile: &Profile) -> Self {
        let mut named = Self {
            by_name: IndexMap::new(),
            next_generation: 1,
            longest: 0,
        };
        for token in tokens {
            named.insert(NamedToken::new(token, 0, None, profile));
        }
        named
    }

    /// Adds a token, or replaces the one of that name and client. Returns the id of the one it replaced.
    pub(super) fn put(
        &mut self,
        token: NamedRefreshToken,
        now: Timestamp,
        profile: &Profile,
    ) -> Option<String> {
        let generation = self.next_generation;
        self.next_generation += 1;
        let replaced = self.insert(NamedToken::new(token, generation, Some(now), profile));
        replaced.map(|token| token.id.clone())
    }

    fn insert(&mut self, named: NamedToken) -> Option<Arc<NamedToken>> {
        let NamedRefreshToken {
            token, client_id, ..
        } = &named.token;
        self.longest = self.longest.max(token.len());
        self.by_name
            .entry(token.clone())
            .or_default()
            .insert(client_id.clone(), Arc::new(named))
    }

    /// Removes the token of that name and client. Returns its id.
    pub(super) fn remove(&mut self, name: &str, client_id: &str) -> Option<String> {
        let named = self.by_name.get_mut(name)?;
        let removed = named.shift_remove(client_id);
        if named.is_empty() {
            self.by_name.shift_remove(name);
        }
        removed.map(|token| token.id.clone())
    }

    /// All of them, in the order their names were registered.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Arc<NamedToken>> {
        self.by_name.values().flat_map(IndexMap::values)
    }

    /// The clients that have a token of that name.
    pub(super) fn owners(&self, name: &str) -> impl Iterator<Item = &String> {
        self.of(name).into_iter().flat_map(IndexMap::keys)
    }

    pub(super) fn len(&self) -> usize {
        self.by_name.values().map(IndexMap::len).sum()
    }

    pub(super) fn get(&self, name: &str, client_id: &str) -> Option<&Arc<NamedToken>> {
        self.of(name)?.get(client_id)
    }

    /// The first token of that name.
    pub(super) fn first(&self, name: &str) -> Option<&Arc<NamedToken>> {
        self.of(name)?.first().map(|(_, token)| token)
    }

    fn of(&self, name: &str) -> Option<&IndexMap<String, Arc<NamedToken>>> {
        let may_be_a_name = name.len() <= self.longest;
        may_be_a_name.then(|| self.by_name.get(name))?
    }
}
