//! The tokens of the latest token responses, so that a person can look at them.
//!
//! They do not belong to the exchanges: no filter, event or list has them.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::oauth::response::Tokens;

/// The most bytes of tokens of one journal.
const OF_ONE: usize = 256 * 1024;
/// The most bytes of tokens of all journals of a server.
const OF_ALL: usize = 4 * 1024 * 1024;

/// The tokens of the latest responses of a journal, and the numbers of their exchanges.
#[derive(Debug, Default)]
pub(super) struct SentTokens {
    latest: VecDeque<(u64, Tokens)>,
    bytes: usize,
    /// The bytes of all journals.
    of_all: Arc<AtomicUsize>,
}

impl SentTokens {
    pub(super) fn sharing(of_all: &Arc<AtomicUsize>) -> Self {
        Self {
            of_all: Arc::clone(of_all),
            latest: VecDeque::new(),
            bytes: 0,
        }
    }

    /// Keeps the tokens of a response. The oldest of this journal make room for them; where that does not suffice, because other
    /// journals have the room, these are not kept.
    pub(super) fn keep(&mut self, number: u64, tokens: Tokens) {
        let size = bytes_of(&tokens);
        let fits = |this: &Self| {
            this.bytes + size <= OF_ONE && this.of_all.load(Ordering::Relaxed) + size <= OF_ALL
        };
        while !fits(self) {
            if !self.drop_oldest() {
                return;
            }
        }
        self.bytes += size;
        self.of_all.fetch_add(size, Ordering::Relaxed);
        self.latest.push_back((number, tokens));
    }

    /// Returns the tokens that the response of an exchange had.
    pub(super) fn of(&self, number: u64) -> Option<&Tokens> {
        let found = self.latest.iter().find(|(of, _)| *of == number);
        found.map(|(_, tokens)| tokens)
    }

    pub(super) fn clear(&mut self) {
        while self.drop_oldest() {}
    }

    fn drop_oldest(&mut self) -> bool {
        let Some((_, tokens)) = self.latest.pop_front() else {
            return false;
        };
        let size = bytes_of(&tokens);
        self.bytes -= size;
        self.of_all.fetch_sub(size, Ordering::Relaxed);
        true
    }
}

impl Drop for SentTokens {
    fn drop(&mut self) {
        self.of_all.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// The bytes of an element of the list.
fn bytes_of(tokens: &Tokens) -> usize {
    size_of::<(u64, Tokens)>() + tokens.length()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(bytes: usize) -> Tokens {
        Tokens {
            access_token: "a".repeat(bytes),
            refresh_token: None,
            id_token: None,
        }
    }

    #[test]
    fn the_oldest_tokens_of_a_journal_make_room() {
        let mut sent = SentTokens::default();
        for number in 1..=100 {
            sent.keep(number, tokens(10 * 1024));
        }
        assert!(sent.bytes <= OF_ONE);
        assert!(sent.of(1).is_none());
        assert!(sent.of(76).is_some() && sent.of(100).is_some());
        sent.keep(101, tokens(OF_ONE));
        assert!(sent.latest.is_empty(), "what is too large is not kept");
    }

    #[test]
    fn all_journals_together_are_bounded_and_give_back_what_they_took() {
        let of_all = Arc::default();
        let mut journals: Vec<_> = (0..20).map(|_| SentTokens::sharing(&of_all)).collect();
        for sent in &mut journals {
            for number in 1..=30 {
                sent.keep(number, tokens(10 * 1024));
            }
        }
        assert!((OF_ALL / 2..=OF_ALL).contains(&of_all.load(Ordering::Relaxed)));
        journals[0].clear();
        drop(journals);
        assert_eq!(of_all.load(Ordering::Relaxed), 0);
    }
}
