//! What came in and what went out: kept, waited for, verified, advised on.
//!
//! An [`Exchange`] is one request and its answer; [`advice`] is what a stricter server would hold against it; [`verify`]
//! compares what arrived with what a test expects.

pub(crate) mod advice;
mod exchange;
mod verify;

pub use exchange::{Advice, Exchange, IssuedIds, Parameter};
pub use verify::{Expectation, Filter};

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::sync::futures::Notified;

use crate::clock::{Stopwatch, Timestamp};

/// The exchanges of one sandbox, oldest first, the last so many of them.
#[derive(Debug)]
pub(crate) struct Journal {
    kept: Mutex<Kept>,
    arrived: Condvar,
    announced: Notify,
}

#[derive(Debug)]
struct Kept {
    exchanges: VecDeque<Arc<Exchange>>,
    capacity: usize,
    last_number: u64,
    history: History,
    /// Threads in [`Journal::wait`]: where there are none, nobody need be woken.
    waiting: usize,
}

/// What is remembered of refresh tokens, for advice: no more of them than exchanges are kept.
#[derive(Debug, Default)]
struct History {
    /// When the access token that was issued beside a refresh token was, and when it ends; by the refresh token's id.
    issued: HashMap<String, (Timestamp, Timestamp)>,
    /// When a refresh token was last presented, by real time and by the server's clock; by its id.
    presented: HashMap<String, (Stopwatch, Timestamp)>,
}

/// What the journal knows of a refresh token that is being presented.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Past {
    /// When the access token it came with was issued, and when that one ends.
    pub(crate) access_token: Option<(Timestamp, Timestamp)>,
    /// Since it was presented before, by whichever clock moved more: tests freeze one and cannot hurry the other.
    pub(crate) presented: Option<Duration>,
}

impl Journal {
    pub(crate) fn new(capacity: usize) -> Self {
        let kept = Kept {
            exchanges: VecDeque::new(),
            capacity,
            last_number: 0,
            history: History::default(),
            waiting: 0,
        };
        Self {
            kept: Mutex::new(kept),
            arrived: Condvar::new(),
            announced: Notify::new(),
        }
    }

    /// What is known of a refresh token, and from now on that it was presented.
    pub(crate) fn present(&self, refresh_token_id: &str, now: Timestamp) -> Past {
        let mut kept = self.kept();
        let access_token = kept.history.issued.get(refresh_token_id).copied();
        if kept.history.presented.len() >= kept.capacity {
            // Coarse, but bounded: advice is about what happens close together.
            kept.history.presented.clear();
        }
        let before = kept
            .history
            .presented
            .insert(refresh_token_id.to_owned(), (Stopwatch::start(), now));
        Past {
            access_token,
            presented: before.map(|(since, then)| {
                let moved = Duration::from_secs(now.seconds_since(then).unsigned_abs());
                moved.max(since.elapsed())
            }),
        }
    }

    /// Keeps an exchange; its number is given here. `access_token` is when the one that was issued was, and its end.
    pub(crate) fn keep(
        &self,
        mut exchange: Exchange,
        access_token: Option<(Timestamp, Timestamp)>,
    ) {
        let mut kept = self.kept();
        if kept.capacity == 0 {
            return;
        }
        kept.last_number += 1;
        exchange.number = kept.last_number;
        if kept.exchanges.len() == kept.capacity
            && let Some(oldest) = kept.exchanges.pop_front()
            && let Some(refresh_token) = oldest
                .issued
                .as_ref()
                .and_then(|ids| ids.refresh_token.as_ref())
        {
            kept.history.issued.remove(refresh_token);
        }
        let refresh_token = exchange
            .issued
            .as_ref()
            .and_then(|ids| ids.refresh_token.clone());
        if let (Some(refresh_token), Some(times)) = (refresh_token, access_token) {
            kept.history.issued.insert(refresh_token, times);
        }
        kept.exchanges.push_back(Arc::new(exchange));
        let waiting = kept.waiting > 0;
        drop(kept);
        if waiting {
            self.arrived.notify_all();
        }
        self.announced.notify_waiters();
    }

    /// The exchanges that match, oldest first.
    pub(crate) fn matching(&self, filter: &Filter) -> Vec<Arc<Exchange>> {
        self.kept()
            .exchanges
            .iter()
            .filter(|exchange| filter.matches(exchange))
            .cloned()
            .collect()
    }

    pub(crate) fn get(&self, number: u64) -> Option<Arc<Exchange>> {
        self.kept()
            .exchanges
            .iter()
            .find(|exchange| exchange.number == number)
            .cloned()
    }

    /// Those that came after the one of that number.
    pub(crate) fn after(&self, number: u64) -> Vec<Arc<Exchange>> {
        self.kept()
            .exchanges
            .iter()
            .filter(|exchange| exchange.number > number)
            .cloned()
            .collect()
    }

    pub(crate) fn clear(&self) {
        let mut kept = self.kept();
        kept.exchanges.clear();
        kept.history = History::default();
    }

    pub(crate) fn verify(&self, expectation: &Expectation) -> Result<(), String> {
        let seen: Vec<Arc<Exchange>> = self.kept().exchanges.iter().cloned().collect();
        expectation.check(&seen)
    }

    /// Waits until so many match, on this thread; answers what matched by then.
    pub(crate) fn wait(
        &self,
        filter: &Filter,
        count: usize,
        patience: Duration,
    ) -> Vec<Arc<Exchange>> {
        let matching = |kept: &Kept| kept.exchanges.iter().filter(|e| filter.matches(e)).count();
        let mut kept = self.kept();
        kept.waiting += 1;
        let (mut kept, _) = self
            .arrived
            .wait_timeout_while(kept, patience, |kept| matching(kept) < count)
            .unwrap_or_else(PoisonError::into_inner);
        kept.waiting -= 1;
        kept.exchanges
            .iter()
            .filter(|exchange| filter.matches(exchange))
            .cloned()
            .collect()
    }

    /// A future that ends when something arrives after this call.
    pub(crate) fn arrival(&self) -> Notified<'_> {
        self.announced.notified()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // Every verb leaves the list whole.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
