//! The bytes that all journals of a server may take together.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError, Weak};

use crate::journal::Journal;

/// How much the journals of a server keep.
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    /// The most exchanges of one journal; 0 keeps none.
    pub(crate) entries: usize,
    /// The bytes of all of them.
    pub(crate) budget: Arc<Budget>,
    /// The bytes of the tokens that all of them keep, which have a bound of their own.
    pub(super) sent: Arc<AtomicUsize>,
}

impl Limits {
    /// The entries of a journal when nothing else is configured.
    pub(crate) const ENTRIES: usize = 10_000;
    /// The bytes of all journals when nothing else is configured.
    pub(crate) const BYTES: usize = 16 * 1024 * 1024;

    pub(crate) fn new(entries: usize, bytes: usize) -> Self {
        Self {
            entries,
            budget: Arc::new(Budget {
                limit: bytes,
                used: AtomicUsize::new(0),
                journals: Mutex::default(),
            }),
            sent: Arc::default(),
        }
    }
}

/// A number of bytes that several journals share. When it is exceeded, the journal that holds most forgets its oldest exchanges.
#[derive(Debug)]
pub(crate) struct Budget {
    limit: usize,
    used: AtomicUsize,
    journals: Mutex<Vec<Weak<Journal>>>,
}

impl Budget {
    /// Adds a journal to those that share the budget.
    pub(super) fn enrol(&self, journal: &Arc<Journal>) {
        let mut journals = self.journals();
        if journals.len() == journals.capacity() {
            // The vector doubles when it is full, so this costs each journal a constant time on average.
            journals.retain(|journal| journal.strong_count() > 0);
        }
        journals.push(Arc::downgrade(journal));
    }

    /// Counts bytes that a journal took.
    pub(super) fn take(&self, bytes: usize) {
        self.used.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Makes room if too many bytes are taken. It locks journals, so the caller holds none.
    pub(super) fn observe(&self) {
        if self.used() > self.limit {
            self.make_room();
        }
    }

    /// Counts bytes that a journal gave back.
    pub(super) fn give(&self, bytes: usize) {
        self.used.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// Returns the bytes that are taken.
    pub(super) fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    /// Frees an eighth of the budget, so that the search for the largest journal is rare.
    fn make_room(&self) {
        let journals = match self.journals.try_lock() {
            Ok(journals) => journals,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            // Another thread is making room.
            Err(TryLockError::WouldBlock) => return,
        };
        let target = self.limit - self.limit / 8;
        while let Some(excess) = self.used().checked_sub(target).filter(|excess| *excess > 0) {
            let largest = journals
                .iter()
                .filter_map(Weak::upgrade)
                .max_by_key(|journal| journal.bytes());
            match largest {
                Some(journal) if journal.forget(excess) > 0 => {}
                _ => break,
            }
        }
    }

    fn journals(&self) -> MutexGuard<'_, Vec<Weak<Journal>>> {
        // Every change is one call on the vector.
        self.journals.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
