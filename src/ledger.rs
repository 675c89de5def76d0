//! What was spent or revoked: the only thing a server remembers of what it issued.
//!
//! By id, until that id would have expired anyway. The verbs are async and few, so that a store which replicas share
//! can stand behind them; this one is in memory.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::clock::Timestamp;

/// Spent ids and revoked families.
#[derive(Debug, Default)]
pub(crate) struct Ledger(Mutex<Entries>);

#[derive(Debug, Default)]
struct Entries {
    spent: HashMap<String, Timestamp>,
    revoked: HashMap<String, Timestamp>,
    /// When so many entries are held, those that have expired are dropped.
    sweep_at: usize,
}

/// Below this, sweeping is not worth it.
const FEW: usize = 1024;

#[expect(
    clippy::unused_async,
    reason = "a shared store behind these verbs will have to wait"
)]
impl Ledger {
    /// Marks an id as spent until it would have expired; answers whether this was the first time.
    pub(crate) async fn spend(&self, id: &str, until: Timestamp, now: Timestamp) -> bool {
        let mut entries = self.entries();
        entries.sweep(now);
        entries.spent.insert(id.to_owned(), until).is_none()
    }

    /// Revokes a family, until its last refresh token would have expired.
    pub(crate) async fn revoke(&self, family: &str, until: Timestamp, now: Timestamp) {
        let mut entries = self.entries();
        entries.sweep(now);
        let end = entries.revoked.entry(family.to_owned()).or_insert(until);
        *end = until.max(*end);
    }

    pub(crate) async fn is_revoked(&self, family: &str) -> bool {
        self.entries().revoked.contains_key(family)
    }

    /// Forgets that an id was spent, because the token it names can no longer be presented. Nothing depends on it but
    /// memory, so a shared store may do it later.
    pub(crate) fn forget(&self, id: &str) {
        self.entries().spent.remove(id);
    }

    fn entries(&self) -> std::sync::MutexGuard<'_, Entries> {
        // Each verb leaves the maps whole, so a panic elsewhere is no reason to refuse every later request.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entries {
    /// Drops what has expired, each time the number of entries has doubled: constant work per entry.
    fn sweep(&mut self, now: Timestamp) {
        if self.spent.len() + self.revoked.len() < self.sweep_at.max(FEW) {
            return;
        }
        self.spent.retain(|_, until| *until > now);
        self.revoked.retain(|_, until| *until > now);
        self.spent.shrink_to_fit();
        self.sweep_at = 2 * (self.spent.len() + self.revoked.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix(seconds)
    }

    #[actix_web::test]
    async fn an_id_is_spent_once() {
        let ledger = Ledger::default();
        assert!(ledger.spend("a", at(10), at(0)).await);
        assert!(!ledger.spend("a", at(10), at(0)).await);
        assert!(ledger.spend("b", at(10), at(0)).await);
    }

    #[actix_web::test]
    async fn a_forgotten_id_leaves_nothing_in_memory() {
        let ledger = Ledger::default();
        for token in 0..10 {
            let id = token.to_string();
            assert!(ledger.spend(&id, Timestamp::NEVER, at(0)).await);
            ledger.forget(&id);
        }
        assert!(ledger.entries().spent.is_empty());
    }

    #[actix_web::test]
    async fn what_has_expired_is_forgotten_and_what_has_not_is_kept() {
        let ledger = Ledger::default();
        for second in 0..100_000_i64 {
            assert!(
                ledger
                    .spend(&second.to_string(), at(second + 60), at(second))
                    .await
            );
        }
        assert!(
            ledger.entries().spent.len() <= 2 * FEW,
            "{}",
            ledger.entries().spent.len()
        );
        assert!(!ledger.spend("99999", at(100_059), at(99_999)).await);
    }

    #[actix_web::test]
    async fn a_family_revoked_twice_stays_revoked_until_the_later_end() {
        let ledger = Ledger::default();
        ledger.revoke("f", at(50), at(0)).await;
        ledger.revoke("f", at(20), at(0)).await;
        assert!(ledger.is_revoked("f").await);
        assert_eq!(ledger.entries().revoked["f"], at(50));
    }
}
