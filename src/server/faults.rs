//! The rules of a server, in a test.

use std::fmt;
use std::sync::Arc;

use crate::fault::{ActiveRule, Rule};
use crate::sandbox::{Epoch, Sandbox};

/// The fault rules of a server.
pub struct Faults<'m>(pub(super) &'m Sandbox);

impl Faults<'_> {
    /// Adds a rule and returns its id.
    ///
    /// # Panics
    /// The rule cannot be carried out: a probability of 2, a status of 1000, or a fault that cannot happen at its endpoint.
    #[track_caller]
    pub fn add(&self, rule: Rule) -> u64 {
        if let Err(why) = rule.check() {
            panic!("the rule cannot be carried out: {why}");
        }
        self.0.epoch().faults.add(rule).id
    }

    /// Adds a rule that is removed when the guard is dropped.
    ///
    /// ```
    /// use oauth_mimic::{Endpoint, Fault, Rule, TokenServer};
    /// let server = TokenServer::start();
    /// {
    ///     let _down = server.faults().add_guarded(Rule::on(Endpoint::Jwks, Fault::status(503)));
    ///     assert!(ureq::get(server.jwks_url()).call().is_err());
    /// }
    /// assert!(ureq::get(server.jwks_url()).call().is_ok());
    /// ```
    ///
    /// # Panics
    /// As [`Faults::add`].
    #[track_caller]
    pub fn add_guarded(&self, rule: Rule) -> FaultGuard {
        // A reset numbers its rules from 1 again, so the guard stays with the epoch that its rule was added to.
        let epoch = self.0.epoch();
        if let Err(why) = rule.check() {
            panic!("the rule cannot be carried out: {why}");
        }
        let id = epoch.faults.add(rule).id;
        FaultGuard { epoch, id }
    }

    /// Returns the rules in the order in which they were added, and what is left of each.
    #[must_use]
    pub fn list(&self) -> Vec<ActiveRule> {
        self.0.epoch().faults.list()
    }

    /// Removes a rule. Returns true if there was one of that id.
    pub fn remove(&self, id: u64) -> bool {
        self.0.epoch().faults.remove(id)
    }

    /// Removes all rules.
    pub fn clear(&self) {
        self.0.epoch().faults.clear();
    }
}

/// Removes a rule when it is dropped.
#[must_use = "the rule is removed when the guard is dropped"]
pub struct FaultGuard {
    epoch: Arc<Epoch>,
    id: u64,
}

impl FaultGuard {
    /// Returns the id of the rule.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id
    }
}

impl Drop for FaultGuard {
    fn drop(&mut self) {
        self.epoch.faults.remove(self.id);
    }
}

impl fmt::Debug for Faults<'_> {
    /// Shows how many rules there are: a rule may name a token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Faults")
            .field("rules", &self.list().len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for FaultGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaultGuard")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}
