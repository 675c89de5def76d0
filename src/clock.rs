//! Time as a parameter.
//!
//! The only module that asks the system for the time. All others get the time as an argument, so that issuing, checking and the
//! store follow one [`Clock`]. Waits for a network peer (a stalled body) use real time on purpose, as the time-outs of
//! clients do.

use std::fmt;
use std::ops::{Add, Sub};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An instant in whole seconds since 1970-01-01T00:00:00Z: the `NumericDate` of RFC 7519 §2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// An instant that is never reached: `i64::MAX` seconds after 1970.
    pub(crate) const NEVER: Self = Self(i64::MAX);

    /// Makes the instant `seconds` after 1970-01-01T00:00:00Z; a negative number is before.
    #[must_use]
    pub const fn from_unix(seconds: i64) -> Self {
        Self(seconds)
    }

    /// Returns the whole seconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn as_unix(self) -> i64 {
        self.0
    }

    /// Reads an RFC 3339 date and time; a fraction of a second is cut off.
    ///
    /// # Errors
    /// The text is not RFC 3339.
    ///
    /// ```
    /// use oauth_mimic::Timestamp;
    /// assert_eq!(Timestamp::parse("2023-03-28T12:23:16Z").unwrap().as_unix(), 1_680_006_196);
    /// assert!(Timestamp::parse("yesterday").is_err());
    /// ```
    pub fn parse(text: &str) -> Result<Self, InvalidTimestamp> {
        DateTime::parse_from_rfc3339(text)
            .map(|at| Self(at.timestamp()))
            .map_err(|_| InvalidTimestamp(text.to_owned()))
    }

    /// Returns the instant `seconds` later, or earlier if negative. Saturates at the limits of `i64`.
    pub(crate) const fn moved_by(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds))
    }

    /// Returns the seconds from `earlier` to this instant; negative if `earlier` is later.
    #[must_use]
    pub const fn seconds_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl From<SystemTime> for Timestamp {
    /// Cuts off fractions of a second.
    fn from(time: SystemTime) -> Self {
        Self(DateTime::<Utc>::from(time).timestamp())
    }
}

impl Serialize for Timestamp {
    /// Writes seconds since 1970, as JWTs do (RFC 7519 §2).
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    /// Reads seconds since 1970.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        i64::deserialize(deserializer).map(Self)
    }
}

impl std::str::FromStr for Timestamp {
    type Err = InvalidTimestamp;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl Add<Duration> for Timestamp {
    type Output = Self;

    /// Adds whole seconds, saturating.
    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add_unsigned(duration.as_secs()))
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Self;

    /// Subtracts whole seconds, saturating.
    fn sub(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub_unsigned(duration.as_secs()))
    }
}

impl fmt::Display for Timestamp {
    /// Writes RFC 3339 in UTC, or the number of seconds if RFC 3339 cannot express the year.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match DateTime::<Utc>::from_timestamp(self.0, 0) {
            Some(at) => f.write_str(&at.to_rfc3339_opts(SecondsFormat::Secs, true)),
            None => write!(f, "{} s after 1970", self.0),
        }
    }
}

/// The error of [`Timestamp::parse`], with the text that is not an RFC 3339 date and time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an RFC 3339 date and time such as 2023-03-28T12:23:16Z")]
pub struct InvalidTimestamp(String);

/// The server's time: real, frozen at an instant, or shifted by some seconds.
///
/// Clones share their state, so a test keeps one and gives the other to the builder:
///
/// ```
/// use oauth_mimic::{Clock, Timestamp};
/// let clock = Clock::frozen(Timestamp::from_unix(1_680_006_196));
/// let server = oauth_mimic::TokenServer::builder().clock(&clock).start();
/// clock.advance(900); // every access token the server issued before is now stale
/// assert_eq!(clock.now().as_unix(), 1_680_007_096);
/// # drop(server);
/// ```
#[derive(Debug, Clone)]
pub struct Clock(Arc<Mutex<Mode>>);

#[derive(Debug, Clone, Copy)]
enum Mode {
    Frozen(Timestamp),
    /// Seconds added to the system's time; 0 is real time.
    Shifted(i64),
}

impl Clock {
    /// Makes a clock that shows the system's time.
    #[must_use]
    pub fn real() -> Self {
        Self(Arc::new(Mutex::new(Mode::Shifted(0))))
    }

    /// Makes a clock that is frozen at `at`.
    #[must_use]
    pub fn frozen(at: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(Mode::Frozen(at))))
    }

    /// Returns the clock's time, in whole seconds.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        match *self.mode() {
            Mode::Frozen(at) => at,
            Mode::Shifted(seconds) => Timestamp(system_now().0.saturating_add(seconds)),
        }
    }

    /// Returns the instant at which the clock is frozen, if it is.
    pub(crate) fn frozen_at(&self) -> Option<Timestamp> {
        match *self.mode() {
            Mode::Frozen(at) => Some(at),
            Mode::Shifted(_) => None,
        }
    }

    /// Returns the present state, for [`Clock::restore`].
    pub(crate) fn state(&self) -> ClockState {
        ClockState(*self.mode())
    }

    /// Sets the clock to a state that [`Clock::state`] returned. A shifted clock runs on from real time plus that shift.
    pub(crate) fn restore(&self, state: ClockState) {
        *self.mode() = state.0;
    }

    /// Freezes the clock at `at`.
    pub fn freeze(&self, at: Timestamp) {
        *self.mode() = Mode::Frozen(at);
    }

    /// Moves the clock by `seconds`, backwards if negative. A frozen clock stays frozen, a running one keeps running.
    pub fn advance(&self, seconds: i64) {
        let mut mode = self.mode();
        *mode = match *mode {
            Mode::Frozen(at) => Mode::Frozen(Timestamp(at.0.saturating_add(seconds))),
            Mode::Shifted(by) => Mode::Shifted(by.saturating_add(seconds)),
        };
    }

    /// Returns to the system's time: neither frozen nor shifted.
    pub fn release(&self) {
        *self.mode() = Mode::Shifted(0);
    }

    fn mode(&self) -> std::sync::MutexGuard<'_, Mode> {
        // A poisoned lock is safe to use: the mode is replaced in one assignment.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The state of a [`Clock`]: frozen at an instant, or shifted by some seconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ClockState(Mode);

impl Default for Clock {
    fn default() -> Self {
        Self::real()
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the clock")]
fn system_now() -> Timestamp {
    Timestamp(Utc::now().timestamp())
}

/// Returns real time in milliseconds since 1970.
#[expect(clippy::disallowed_methods, reason = "this is the clock")]
pub(crate) fn real_time_millis() -> i64 {
    Utc::now().timestamp_millis()
}

/// Renders a real time in RFC 3339 with milliseconds.
pub(crate) fn rfc3339_of_millis(millis: i64) -> String {
    DateTime::<Utc>::from_timestamp_millis(millis)
        .map(|at| at.to_rfc3339_opts(SecondsFormat::Millis, true))
        .unwrap_or_default()
}

/// Measures real time, independently of the server's clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stopwatch(std::time::Instant);

impl Stopwatch {
    pub(crate) fn start() -> Self {
        Self(std::time::Instant::now())
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// Real time since a fixed beginning, independent of the server's clock, for things that expire. Tests move their own by hand.
#[derive(Debug, Clone)]
pub(crate) enum Uptime {
    Real(std::time::Instant),
    #[cfg(test)]
    Manual(Arc<std::sync::atomic::AtomicU64>),
}

impl Uptime {
    pub(crate) fn start() -> Self {
        Self::Real(std::time::Instant::now())
    }

    pub(crate) fn milliseconds(&self) -> u64 {
        match self {
            Self::Real(start) => u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX),
            #[cfg(test)]
            Self::Manual(milliseconds) => milliseconds.load(std::sync::atomic::Ordering::Relaxed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frozen_clock_stands_still_until_it_is_moved_or_released() {
        let clock = Clock::frozen(Timestamp(1_000));
        assert_eq!(clock.now(), Timestamp(1_000));
        clock.advance(-10);
        assert_eq!(clock.now(), Timestamp(990));
        clock.release();
        assert!(clock.now() > Timestamp(1_700_000_000));
    }

    #[test]
    fn a_shifted_clock_runs_on_from_where_it_was_moved_to() {
        let clock = Clock::real();
        clock.advance(3_600);
        let ahead = clock.now().seconds_since(system_now());
        assert!((3_599..=3_600).contains(&ahead), "{ahead}");
    }

    #[test]
    fn the_systems_time_loses_its_fraction_and_json_is_a_number() {
        let time = SystemTime::UNIX_EPOCH + Duration::from_millis(1_500);
        assert_eq!(Timestamp::from(time), Timestamp(1));
        let before = SystemTime::UNIX_EPOCH - Duration::from_secs(2);
        assert_eq!(Timestamp::from(before), Timestamp(-2));
        assert_eq!(serde_json::to_string(&Timestamp(1)).expect("JSON"), "1");
        let read: Timestamp = serde_json::from_str("1").expect("a timestamp");
        assert_eq!(read, Timestamp(1));
    }

    #[test]
    fn arithmetic_at_the_ends_of_time_saturates() {
        assert_eq!(Timestamp::NEVER + Duration::from_secs(1), Timestamp::NEVER);
        assert_eq!(
            Timestamp(i64::MIN) - Duration::from_secs(1),
            Timestamp(i64::MIN)
        );
        assert_eq!(Timestamp(0).to_string(), "1970-01-01T00:00:00Z");
        assert_eq!(
            Timestamp::NEVER.to_string(),
            "9223372036854775807 s after 1970"
        );
    }
}
