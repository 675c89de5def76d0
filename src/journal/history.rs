//! What the journal remembers of refresh tokens, for advice.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};

use crate::clock::Timestamp;

/// What is known of each refresh token that a kept exchange presented or issued, by the hash of its id. A collision of two hashes
/// could cost one piece of advice, and nothing else.
#[derive(Debug, Default)]
pub(super) struct History {
    tokens: HashMap<u64, Token>,
    hasher: RandomState,
}

#[derive(Debug)]
struct Token {
    /// The number of the last exchange that presented or issued it; the token is forgotten with that one.
    owner: u64,
    /// When the access token was issued that came with it, and when that one expires.
    access_token: Option<(Timestamp, Timestamp)>,
    /// The last number that had been given when an exchange that presented it was completed; 0 for none.
    presented_until: u64,
}

/// What the journal knows of a refresh token that is presented.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Past {
    /// When the access token that came with it was issued, and when that one expires.
    pub(crate) access_token: Option<(Timestamp, Timestamp)>,
    /// How an earlier request presented it, if one did.
    pub(crate) presented: Option<Earlier>,
}

/// An earlier request with the same refresh token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Earlier {
    /// It was not answered yet when this one arrived.
    Overlapping,
    /// It had been answered when this one arrived.
    Before,
}

impl History {
    /// The bytes that one token takes, with the share of the table that is empty.
    pub(super) const COST: usize = 96;

    pub(super) fn key(&self, id: &str) -> u64 {
        self.hasher.hash_one(id)
    }

    /// Records that exchange `number` presented a token, and is completed now that `last_number` is the last that was given.
    pub(super) fn present(&mut self, key: u64, number: u64, last_number: u64) -> Past {
        let token = self.tokens.entry(key).or_insert(Token {
            owner: number,
            access_token: None,
            presented_until: 0,
        });
        let presented = match token.presented_until {
            0 => None,
            until if until >= number => Some(Earlier::Overlapping),
            _ => Some(Earlier::Before),
        };
        token.owner = token.owner.max(number);
        token.presented_until = last_number;
        Past {
            access_token: token.access_token,
            presented,
        }
    }

    /// Records that exchange `number` issued a refresh token beside an access token of that life.
    pub(super) fn issue(&mut self, key: u64, number: u64, access_token: (Timestamp, Timestamp)) {
        let token = self.tokens.entry(key).or_insert(Token {
            owner: number,
            access_token: None,
            presented_until: 0,
        });
        token.owner = token.owner.max(number);
        token.access_token = Some(access_token);
    }

    /// Forgets a token that exchange `number` presented or issued, unless a later one did so too.
    pub(super) fn forget(&mut self, key: u64, number: u64) {
        if self
            .tokens
            .get(&key)
            .is_some_and(|token| token.owner <= number)
        {
            self.tokens.remove(&key);
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.tokens.len()
    }
}
