//! What a server must remember: spent tokens, revoked grants, and values that can be taken once.
//!
//! A token that carries its own grant is not stored. The verbs are few, async and atomic, so that a store which several
//! replicas share can implement them; this one is in memory. An entry has an end in the server's time. The end is compared
//! on reading, so that the result of a verb never depends on when expired entries are removed. A reset makes a new store,
//! so keys need no namespace here; a shared store has to add sandbox and epoch to each key.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::clock::Timestamp;

/// The state that outlives a request.
#[derive(Debug, Default)]
pub(crate) struct Store(Mutex<Entries>);

#[derive(Debug, Default)]
struct Entries {
    spent: HashMap<String, Timestamp>,
    revoked: HashMap<String, Timestamp>,
    values: Values,
    /// The number of entries at which expired ones are removed next.
    sweep_at: usize,
}

/// Values that can be taken, and the bytes that they cost.
#[derive(Debug, Default)]
struct Values {
    held: HashMap<(ValueKind, String), Stored>,
    bytes: usize,
    /// How many values were ever inserted.
    inserted: u64,
}

#[derive(Debug, Clone)]
struct Stored {
    value: Vec<u8>,
    until: Timestamp,
    /// Its number in the order of insertion.
    number: u64,
}

/// The kinds of value, so that keys of different kinds never meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum ValueKind {
    /// An authorization code, with what it stands for.
    Code,
    /// A login session of a browser.
    Session,
    /// The claims that a client requested for userinfo, by the id of the grant: the JSON of the parameter `claims`.
    Claims,
}

/// The use of a token that can be used once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spend<'a> {
    pub(crate) id: &'a str,
    pub(crate) grant_id: &'a str,
    /// The end of the token: until then the store remembers that it was spent.
    pub(crate) until: Timestamp,
    /// The end of the last token of the grant: until then the store remembers a revocation.
    pub(crate) grant_until: Timestamp,
    /// Whether a further use revokes the grant.
    pub(crate) revokes: bool,
}

/// The result of [`Store::spend`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spent {
    /// The first use.
    First,
    /// A further use; the grant is revoked now, if the use revokes.
    Replayed,
    /// The grant was revoked before.
    Revoked,
}

/// The most bytes of all values. Beyond it, the oldest are dropped: anybody can make the server store a login.
const MOST_VALUE_BYTES: usize = 16 * 1024 * 1024;

/// What a value costs besides its own bytes and those of its key.
const VALUE_OVERHEAD: usize = 128;

/// Below this number of entries, removing expired ones is not worth the time.
const FEW: usize = 1024;

#[expect(
    clippy::unused_async,
    reason = "a shared store has to wait in these verbs"
)]
impl Store {
    /// Spends a token, in one atomic step: checks that its grant is not revoked and that the token is unspent, and revokes
    /// the grant on a further use. `now` is the server's time.
    pub(crate) async fn spend(&self, spend: Spend<'_>, now: Timestamp) -> Spent {
        let mut entries = self.entries();
        entries.sweep(now);
        if is_held(&entries.revoked, spend.grant_id, now) {
            return Spent::Revoked;
        }
        if is_held(&entries.spent, spend.id, now) {
            if spend.revokes {
                extend(&mut entries.revoked, spend.grant_id, spend.grant_until);
            }
            return Spent::Replayed;
        }
        entries.spent.insert(spend.id.to_owned(), spend.until);
        Spent::First
    }

    /// Marks a token as spent that was revoked alone.
    pub(crate) async fn retire(&self, id: &str, until: Timestamp, now: Timestamp) {
        let mut entries = self.entries();
        entries.sweep(now);
        extend(&mut entries.spent, id, until);
    }

    /// Returns true if a token is spent.
    pub(crate) async fn is_spent(&self, id: &str, now: Timestamp) -> bool {
        is_held(&self.entries().spent, id, now)
    }

    /// Revokes a grant until its last token would have expired.
    pub(crate) async fn revoke(&self, grant_id: &str, until: Timestamp, now: Timestamp) {
        let mut entries = self.entries();
        entries.sweep(now);
        extend(&mut entries.revoked, grant_id, until);
    }

    /// Returns true if the grant is revoked.
    pub(crate) async fn is_revoked(&self, grant_id: &str, now: Timestamp) -> bool {
        is_held(&self.entries().revoked, grant_id, now)
    }

    /// Stores a value under a key that is free, or returns false.
    pub(crate) async fn put(
        &self,
        kind: ValueKind,
        key: &str,
        value: Vec<u8>,
        until: Timestamp,
        now: Timestamp,
    ) -> bool {
        let mut entries = self.entries();
        entries.sweep(now);
        let key = (kind, key.to_owned());
        if entries.values.get(&key, now).is_some() {
            return false;
        }
        entries.values.insert(key, value, until);
        true
    }

    /// Returns a value.
    pub(crate) async fn get(&self, kind: ValueKind, key: &str, now: Timestamp) -> Option<Vec<u8>> {
        let entries = self.entries();
        let stored = entries.values.get(&(kind, key.to_owned()), now)?;
        Some(stored.value.clone())
    }

    /// Returns all values of a kind, in no order.
    pub(crate) async fn all(&self, kind: ValueKind, now: Timestamp) -> Vec<Vec<u8>> {
        let entries = self.entries();
        let values = entries.values.held.iter();
        let live = values.filter(|((held, _), stored)| *held == kind && stored.until > now);
        live.map(|(_, stored)| stored.value.clone()).collect()
    }

    /// Removes and returns a value: of several callers, one gets it.
    pub(crate) async fn take(&self, kind: ValueKind, key: &str, now: Timestamp) -> Option<Vec<u8>> {
        let stored = self.entries().values.remove(&(kind, key.to_owned()))?;
        (stored.until > now).then_some(stored.value)
    }

    /// Replaces a value if it still is `old`, and returns true then; its end stays.
    pub(crate) async fn swap(
        &self,
        kind: ValueKind,
        key: &str,
        old: &[u8],
        new: Vec<u8>,
        now: Timestamp,
    ) -> bool {
        let mut entries = self.entries();
        let key = (kind, key.to_owned());
        let held = entries.values.get(&key, now);
        let Some(until) = held.filter(|held| held.value == old).map(|held| held.until) else {
            return false;
        };
        entries.values.insert(key, new, until);
        true
    }

    /// Forgets that an id was spent, because the token can no longer be presented. It only saves memory, so a shared store
    /// may do it later.
    pub(crate) fn forget(&self, id: &str) {
        self.entries().spent.remove(id);
    }

    fn entries(&self) -> std::sync::MutexGuard<'_, Entries> {
        // Each verb leaves the maps consistent, so a panic elsewhere does not affect later requests.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns true if an id is held and its end has not come.
fn is_held(held: &HashMap<String, Timestamp>, id: &str, now: Timestamp) -> bool {
    held.get(id).is_some_and(|until| *until > now)
}

/// Holds an id until the later of its present end and `until`.
fn extend(held: &mut HashMap<String, Timestamp>, id: &str, until: Timestamp) {
    let end = held.entry(id.to_owned()).or_insert(until);
    *end = until.max(*end);
}

impl Values {
    fn get(&self, key: &(ValueKind, String), now: Timestamp) -> Option<&Stored> {
        self.held.get(key).filter(|stored| stored.until > now)
    }

    fn insert(&mut self, key: (ValueKind, String), value: Vec<u8>, until: Timestamp) {
        self.remove(&key);
        self.bytes += cost(&key.1, &value);
        self.inserted += 1;
        let number = self.inserted;
        self.held.insert(
            key,
            Stored {
                value,
                until,
                number,
            },
        );
        if self.bytes > MOST_VALUE_BYTES {
            self.drop_oldest();
        }
    }

    fn remove(&mut self, key: &(ValueKind, String)) -> Option<Stored> {
        let stored = self.held.remove(key)?;
        self.bytes -= cost(&key.1, &stored.value);
        Some(stored)
    }

    /// Drops the oldest quarter: rarely, so that the work for each value is constant.
    fn drop_oldest(&mut self) {
        let mut numbers: Vec<u64> = self.held.values().map(|stored| stored.number).collect();
        numbers.sort_unstable();
        let first_kept = numbers.get(numbers.len() / 4).copied().unwrap_or_default();
        self.retain(|stored| stored.number >= first_kept);
    }

    fn retain(&mut self, keep: impl Fn(&Stored) -> bool) {
        self.held.retain(|_, stored| keep(stored));
        let costs = self
            .held
            .iter()
            .map(|((_, key), stored)| cost(key, &stored.value));
        self.bytes = costs.sum();
    }
}

fn cost(key: &str, value: &[u8]) -> usize {
    VALUE_OVERHEAD + key.len() + value.len()
}

impl Entries {
    fn len(&self) -> usize {
        self.spent.len() + self.revoked.len() + self.values.held.len()
    }

    /// Removes expired entries each time the number of entries has doubled: constant work per entry.
    fn sweep(&mut self, now: Timestamp) {
        if self.len() < self.sweep_at.max(FEW) {
            return;
        }
        self.spent.retain(|_, until| *until > now);
        self.revoked.retain(|_, until| *until > now);
        self.values.retain(|stored| stored.until > now);
        self.spent.shrink_to_fit();
        self.sweep_at = 2 * self.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix(seconds)
    }

    fn spend(id: &str, until: i64) -> Spend<'_> {
        Spend {
            id,
            grant_id: "grant",
            until: at(until),
            grant_until: at(until + 100),
            revokes: true,
        }
    }

    #[actix_web::test]
    async fn a_token_is_spent_once_and_a_second_use_revokes_its_grant() {
        let store = Store::default();
        assert_eq!(store.spend(spend("a", 10), at(0)).await, Spent::First);
        assert_eq!(store.spend(spend("b", 10), at(0)).await, Spent::First);
        assert_eq!(store.spend(spend("a", 10), at(0)).await, Spent::Replayed);
        assert_eq!(store.spend(spend("c", 10), at(0)).await, Spent::Revoked);
        assert!(store.is_revoked("grant", at(109)).await);
        assert!(!store.is_revoked("grant", at(110)).await);
    }

    #[actix_web::test]
    async fn a_second_use_that_does_not_revoke_leaves_the_grant_as_it_was() {
        let store = Store::default();
        let lenient = |id| Spend {
            revokes: false,
            ..spend(id, 10)
        };
        assert_eq!(store.spend(lenient("a"), at(0)).await, Spent::First);
        assert_eq!(store.spend(lenient("a"), at(0)).await, Spent::Replayed);
        assert!(!store.is_revoked("grant", at(0)).await);
        assert_eq!(store.spend(lenient("b"), at(0)).await, Spent::First);
    }

    #[actix_web::test]
    async fn expired_entries_are_removed_and_others_are_kept() {
        let store = Store::default();
        for second in 0..100_000_i64 {
            let id = second.to_string();
            assert_eq!(
                store.spend(spend(&id, second + 60), at(second)).await,
                Spent::First
            );
        }
        assert!(store.entries().spent.len() <= 2 * FEW);
        assert_eq!(
            store.spend(spend("99999", 100_059), at(99_999)).await,
            Spent::Replayed
        );
    }

    /// Fills a store with `count` entries of each map in turn, which all end at second 5.
    async fn filled(count: usize) -> Store {
        let store = Store::default();
        for number in 0..count {
            let id = number.to_string();
            let one_use = Spend {
                until: at(5),
                ..spend(&id, 0)
            };
            match number % 3 {
                0 => assert_eq!(store.spend(one_use, at(0)).await, Spent::First),
                1 => store.revoke(&id, at(5), at(0)).await,
                _ => {
                    let kind = ValueKind::Code;
                    assert!(store.put(kind, &id, Vec::new(), at(5), at(0)).await);
                }
            }
        }
        store
    }

    #[actix_web::test]
    async fn entries_are_removed_at_their_end_once_there_are_enough_of_them() {
        for (count, now, left) in [(FEW - 1, 5, FEW - 1), (FEW, 4, FEW), (FEW, 5, 0)] {
            let store = filled(count).await;
            let mut entries = store.entries();
            entries.sweep(at(now));
            assert_eq!(entries.len(), left, "{count} entries at {now}");
        }
    }

    #[actix_web::test]
    async fn after_a_sweep_the_next_one_waits_until_the_number_has_doubled() {
        let store = filled(FEW).await;
        store.entries().sweep(at(4));
        for number in FEW..2 * FEW {
            assert_eq!(store.entries().len(), number);
            let id = number.to_string();
            assert_eq!(store.spend(spend(&id, 100), at(5)).await, Spent::First);
        }
        store.revoke("another", at(100), at(5)).await;
        assert_eq!(store.entries().len(), FEW + 1);
    }

    #[actix_web::test]
    async fn beyond_the_limit_the_oldest_quarter_of_the_values_is_dropped() {
        let (store, kind) = (Store::default(), ValueKind::Session);
        let size = MOST_VALUE_BYTES / 8 - VALUE_OVERHEAD - 1;
        for key in ["a", "b", "c", "d", "e", "f", "g", "h"] {
            assert!(store.put(kind, key, vec![0; size], at(10), at(0)).await);
        }
        assert_eq!(store.entries().values.bytes, MOST_VALUE_BYTES);
        assert_eq!(store.entries().len(), 8);
        assert!(store.put(kind, "i", Vec::new(), at(10), at(0)).await);
        assert_eq!(store.entries().len(), 7);
        for (key, is_held) in [("a", false), ("b", false), ("c", true), ("i", true)] {
            assert_eq!(
                store.get(kind, key, at(0)).await.is_some(),
                is_held,
                "{key}"
            );
        }
        for key in ["c", "d", "e", "f", "g", "h", "i"] {
            assert!(store.take(kind, key, at(0)).await.is_some());
        }
        assert_eq!(store.entries().values.bytes, 0);
    }

    #[actix_web::test]
    async fn all_values_of_one_kind_are_those_that_have_not_expired() {
        let store = Store::default();
        for (kind, key, until) in [
            (ValueKind::Session, "a", 20),
            (ValueKind::Session, "b", 10),
            (ValueKind::Code, "c", 20),
        ] {
            let value = key.as_bytes().to_vec();
            assert!(store.put(kind, key, value, at(until), at(0)).await);
        }
        let all = store.all(ValueKind::Session, at(10));
        assert_eq!(all.await, [b"a".to_vec()]);
    }

    #[actix_web::test]
    async fn a_forgotten_token_takes_no_memory() {
        let store = Store::default();
        assert_eq!(store.spend(spend("a", 10), at(0)).await, Spent::First);
        store.forget("a");
        assert_eq!(store.entries().len(), 0);
    }

    #[actix_web::test]
    async fn the_end_of_an_entry_counts_whether_or_not_it_was_removed() {
        let store = Store::default();
        assert_eq!(store.spend(spend("a", 10), at(0)).await, Spent::First);
        // Nothing was swept, and the entry counts as absent all the same.
        assert_eq!(store.spend(spend("a", 30), at(20)).await, Spent::First);
        assert_eq!(store.spend(spend("a", 30), at(20)).await, Spent::Replayed);
    }

    #[actix_web::test]
    async fn a_grant_revoked_twice_stays_revoked_until_the_later_end() {
        let store = Store::default();
        store.revoke("f", at(50), at(0)).await;
        store.revoke("f", at(20), at(0)).await;
        assert!(store.is_revoked("f", at(49)).await);
        assert!(!store.is_revoked("f", at(50)).await);
    }

    #[actix_web::test]
    async fn the_bytes_of_values_are_bounded_and_the_newest_are_kept() {
        let store = Store::default();
        for number in 0..2000 {
            let (key, value) = (format!("{number}"), vec![0; 32 * 1024]);
            assert!(
                store
                    .put(ValueKind::Session, &key, value, at(10), at(0))
                    .await
            );
            assert!(store.entries().values.bytes <= MOST_VALUE_BYTES);
        }
        assert!(store.get(ValueKind::Session, "1999", at(0)).await.is_some());
        assert!(store.get(ValueKind::Session, "0", at(0)).await.is_none());
        let entries = store.entries();
        let costs = entries.values.held.iter();
        let bytes: usize = costs
            .map(|((_, key), stored)| cost(key, &stored.value))
            .sum();
        assert_eq!(entries.values.bytes, bytes, "the count is right");
    }

    #[actix_web::test]
    async fn a_value_is_put_once_taken_once_and_swapped_only_where_it_is_unchanged() {
        let (store, kind) = (Store::default(), ValueKind::Code);
        assert!(store.put(kind, "k", b"1".to_vec(), at(10), at(0)).await);
        assert!(!store.put(kind, "k", b"2".to_vec(), at(10), at(0)).await);
        assert!(!store.swap(kind, "k", b"2", b"3".to_vec(), at(0)).await);
        assert!(store.swap(kind, "k", b"1", b"3".to_vec(), at(0)).await);
        assert_eq!(store.get(kind, "k", at(9)).await, Some(b"3".to_vec()));
        assert_eq!(store.get(kind, "k", at(10)).await, None);
        assert!(!store.swap(kind, "k", b"3", b"5".to_vec(), at(10)).await);
        assert!(store.put(kind, "k", b"4".to_vec(), at(20), at(10)).await);
        assert_eq!(store.take(kind, "k", at(10)).await, Some(b"4".to_vec()));
        assert_eq!(store.take(kind, "k", at(10)).await, None);
        assert!(store.put(kind, "k", b"6".to_vec(), at(20), at(10)).await);
        assert_eq!(store.take(kind, "k", at(20)).await, None);
    }
}
