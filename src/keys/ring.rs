//! A server's current key set, and its rotation.
//!
//! A rotation has three steps: reserve a number, make the key, publish it. Making an RSA key takes 0.1 to 1 seconds of
//! processor time, so no lock is held during it: requests read the current set all the while.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, PoisonError, RwLock, RwLockWriteGuard};

use crate::clock::Timestamp;
use crate::keys::{KeySet, NotRetired, SigningKey, load};

/// The key set that requests use now, replaced as a whole by each change.
#[derive(Debug)]
pub(crate) struct KeyRing {
    current: RwLock<Arc<KeySet>>,
    /// Numbers of successors that were reserved so far.
    reserved: AtomicUsize,
    seed: Option<u64>,
}

/// The next key to sign with, reserved and not made yet.
#[derive(Debug, Clone, Copy)]
struct Successor {
    /// Counted from 0.
    number: usize,
    seed: Option<u64>,
}

impl KeyRing {
    /// Starts with `keys`. With a `seed`, the keys of all rotations follow from it; otherwise new ones are random.
    pub(crate) fn new(keys: Arc<KeySet>, seed: Option<u64>) -> Self {
        Self {
            current: RwLock::new(keys),
            reserved: AtomicUsize::new(0),
            seed,
        }
    }

    /// The keys as they are now.
    pub(crate) fn current(&self) -> Arc<KeySet> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Signs with another key from now on; the one that signed so far is published until `retires_at`, or until it is
    /// retired. Takes up to a second of processor time: an async caller moves it to another thread.
    pub(crate) fn rotate(&self, now: Timestamp, retires_at: Option<Timestamp>) -> Arc<SigningKey> {
        let next = self.reserve().make();
        let mut current = self.write();
        *current = Arc::new(current.followed_by(Arc::clone(&next), now, retires_at));
        next
    }

    /// Publishes a key no longer. The one that signs cannot go.
    pub(crate) fn retire(&self, kid: &str) -> Result<(), NotRetired> {
        let mut current = self.write();
        *current = Arc::new(current.without(kid)?);
        Ok(())
    }

    /// Reserves the next successor that is not among the current keys: a user may load a built-in one as their own.
    fn reserve(&self) -> Successor {
        let current = self.current();
        loop {
            let next = Successor {
                number: self.reserved.fetch_add(1, Ordering::Relaxed),
                seed: self.seed,
            };
            if next
                .built_in()
                .is_none_or(|key| !current.holds(&key.public.kid))
            {
                return next;
            }
        }
    }

    /// A poisoned lock is safe to use: each change replaces the whole set.
    fn write(&self) -> RwLockWriteGuard<'_, Arc<KeySet>> {
        self.current.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Successor {
    /// The first successors are compiled in. Each is used for one rotation only: if a retired key came back, tokens that
    /// it signed before would verify again.
    fn built_in(self) -> Option<Arc<SigningKey>> {
        static BUILT_IN: LazyLock<Vec<Arc<SigningKey>>> =
            LazyLock::new(|| load::successors().into_iter().map(Arc::new).collect());
        BUILT_IN.get(self.number).cloned()
    }

    fn make(self) -> Arc<SigningKey> {
        self.built_in().unwrap_or_else(|| {
            Arc::new(match self.seed {
                Some(seed) => load::derive(seed, self.number),
                None => load::generate_signing_key(),
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::MOST_KEYS;

    const NOW: Timestamp = Timestamp::from_unix(1_000);

    fn ring(seed: Option<u64>) -> KeyRing {
        KeyRing::new(Arc::new(KeySet::built_in()), seed)
    }

    fn published(ring: &KeyRing, now: Timestamp) -> usize {
        ring.current().published(now).count()
    }

    #[test]
    fn while_a_successor_is_made_the_current_keys_are_read_and_changed() {
        let ring = ring(None);
        ring.rotate(NOW, None);
        let first = ring.current().jwks(NOW)[1].kid.clone();
        // A rotation that has reserved its key and is making it.
        let being_made = ring.reserve();
        assert_eq!(published(&ring, NOW), 2);
        assert_eq!(ring.retire(&first), Ok(()));
        let other = ring.rotate(NOW, None);
        assert_eq!(ring.current().signing().public.kid, other.public.kid);
        assert_ne!(being_made.make().public.kid, other.public.kid);
    }

    #[test]
    fn with_a_seed_the_keys_of_all_rotations_follow_from_it() {
        let kids = |seed| {
            let ring = ring(Some(seed));
            std::array::from_fn::<String, 5, _>(|_| ring.rotate(NOW, None).public.kid.clone())
        };
        let first = kids(1);
        assert_eq!(first, kids(1));
        assert_eq!(first[..3], kids(2)[..3], "the built-in ones");
        assert_ne!(first[3..], kids(2)[3..]);
    }

    #[test]
    fn a_derived_key_is_the_same_on_every_machine_and_with_either_backend() {
        let kid = load::derive(1, 3).public.kid;
        assert_eq!(kid, "vOQlq06rMUqcfSMiswnMzRpA6t1P0P7yTvgfNgCVEgc");
    }

    #[test]
    fn no_more_than_the_most_keys_are_held() {
        let key = Arc::clone(&KeySet::built_in().held[0].key);
        let keys = (0..=MOST_KEYS).fold(KeySet::built_in(), |keys, _| {
            keys.followed_by(Arc::clone(&key), NOW, None)
        });
        assert_eq!(keys.schedule().count(), MOST_KEYS);
    }

    #[test]
    fn keys_that_have_retired_are_dropped_by_the_next_rotation_and_never_return() {
        let ring = ring(Some(1));
        let mut seen = vec![ring.current().signing().public.kid.clone()];
        let mut now = NOW;
        for _ in 0..4 {
            let retires_at = now + std::time::Duration::from_secs(1);
            let kid = ring.rotate(now, Some(retires_at)).public.kid.clone();
            assert!(!seen.contains(&kid), "{kid}");
            seen.push(kid);
            assert_eq!(ring.current().schedule().count(), 2, "the last two");
            now = retires_at;
        }
    }

    #[test]
    fn a_successor_that_is_the_users_own_key_is_passed_over() {
        let own = load::successors().remove(0);
        let kid = own.public.kid.clone();
        let ring = KeyRing::new(Arc::new(KeySet::new(own, [])), None);
        assert_ne!(ring.rotate(NOW, None).public.kid, kid);
    }
}
