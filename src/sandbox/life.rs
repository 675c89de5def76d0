//! How long a sandbox is kept.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::clock::Uptime;

/// A sandbox is over when nobody has used it for some real time.
#[derive(Debug)]
pub(super) struct Life {
    ttl: Duration,
    uptime: Uptime,
    /// Milliseconds of uptime at the last use.
    last_use: AtomicU64,
}

impl Life {
    pub(super) fn new(ttl: Duration, uptime: Uptime) -> Self {
        let life = Self {
            ttl,
            uptime,
            last_use: AtomicU64::new(0),
        };
        life.touch();
        life
    }

    /// Begins the time anew.
    pub(super) fn touch(&self) {
        self.last_use
            .store(self.uptime.milliseconds(), Ordering::Relaxed);
    }

    /// Returns the time until the sandbox is over, if nobody uses it; zero if it is over.
    pub(super) fn left(&self) -> Duration {
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
