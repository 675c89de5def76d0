//! How long a sandbox is kept.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use crate::clock::Uptime;

/// A sandbox is over when nobody has used it for some real time.
#[derive(Debug)]
pub(super) struct Life {
    ttl: Duration,
    uptime: Uptime,
    /// Milliseconds of uptime at the last use.
    last_use: AtomicU64,
    /// How many waits and streams are open. While there are any, the sandbox is in use.
    holds: AtomicUsize,
}

impl Life {
    pub(super) fn new(ttl: Duration, uptime: Uptime) -> Self {
        let life = Self {
            ttl,
            uptime,
            last_use: AtomicU64::new(0),
            holds: AtomicUsize::new(0),
        };
        life.touch();
        life
    }

    /// Begins the time anew.
    pub(super) fn touch(&self) {
        self.last_use
            .store(self.uptime.milliseconds(), Ordering::Relaxed);
    }

    pub(super) fn hold(&self) {
        self.holds.fetch_add(1, Ordering::Relaxed);
    }

    /// Ends a hold, and begins the time anew.
    pub(super) fn release(&self) {
        self.touch();
        self.holds.fetch_sub(1, Ordering::Relaxed);
    }

    /// Returns the time until the sandbox is over, if nobody uses it; zero if it is over.
    pub(super) fn left(&self) -> Duration {
        if self.holds.load(Ordering::Relaxed) > 0 {
            return self.ttl.max(Duration::from_millis(1));
        }
        let idle = self
            .uptime
            .milliseconds()
            .saturating_sub(self.last_use.load(Ordering::Relaxed));
        self.ttl.saturating_sub(Duration::from_millis(idle))
    }

    pub(super) fn is_over(&self) -> bool {
        self.left().is_zero()
    }
}
