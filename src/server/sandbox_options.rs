//! The options of a sandbox that the library makes.

use std::time::Duration;

use crate::clock::Clock;
use crate::oauth::leniency::Leniency;
use crate::sandbox::{SandboxError, SandboxOrder};
use crate::seed::Draft;

/// Describes a sandbox for [`TokenServer::sandbox_with`](crate::TokenServer::sandbox_with). What is left out is as in the
/// server's initial state.
///
/// ```
/// use oauth_mimic::{SandboxOptions, TokenServer};
///
/// let server = TokenServer::builder().profile("standard").start();
/// let sandbox = server.sandbox_with(
///     SandboxOptions::new()
///         .id("checkout")
///         .fixtures_json(r#"{"clients": [{"client_id": "shop"}], "users": [{"sub": "alice"}]}"#)
///         .seed(7),
/// );
/// assert_eq!(sandbox.issuer(), format!("{}/s/checkout", server.base_url()));
/// ```
#[derive(Debug, Clone, Default)]
#[must_use = "options do nothing until they are given to `sandbox_with`"]
pub struct SandboxOptions {
    id: Option<String>,
    label: Option<String>,
    fixtures: Vec<String>,
    clock: Option<Clock>,
    seed: Option<u64>,
    leniency: Leniency,
    ttl: Option<Duration>,
}

impl SandboxOptions {
    /// Describes a sandbox that is in all as its server was when it started.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the id, which is a part of the sandbox's URLs and of its issuer: 1 to 64 letters, digits and `-._~`. By default it
    /// is random, or, on a server with a seed, follows from the seed and the label.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Sets a name for people, which lists of sandboxes show, of at most 128 characters.
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Adds fixtures in place of the server's clients, users and tokens. Profile, issuer and error dialect are the server's,
    /// unless these fixtures name others. The path of a profile is relative to the working directory.
    pub fn fixtures_json(mut self, json: impl Into<String>) -> Self {
        self.fixtures.push(json.into());
        self
    }

    /// Sets the clock; the caller may keep moving it. By default it is a clock of its own, in the state that the server's
    /// clock had at the start.
    pub fn clock(mut self, clock: &Clock) -> Self {
        self.clock = Some(clock.clone());
        self
    }

    /// Sets the seed of random ids. The default is the server's, or the operating system.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Tolerates refusals besides those that the server tolerates.
    pub fn leniency(mut self, leniency: Leniency) -> Self {
        self.leniency = self.leniency.union(leniency);
        self
    }

    /// Removes the sandbox after this real time without a request; more than zero. By default it stays until its guard is dropped.
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.ttl = Some(ttl);
        self
    }

    pub(super) fn order(self) -> Result<SandboxOrder, SandboxError> {
        let mut fixtures = None;
        for text in &self.fixtures {
            let draft = fixtures.get_or_insert_with(Draft::default);
            draft.add_text(text, "the sandbox's fixtures")?;
        }
        Ok(SandboxOrder {
            id: self.id,
            label: self.label,
            fixtures,
            clock: self.clock,
            seed: self.seed,
            leniency: self.leniency,
            ttl: self.ttl,
        })
    }
}
