//! The fault rules and scenarios of a provider, in a test.

use std::fmt;
use std::sync::Arc;

use crate::control;
use crate::fault::{ActiveRule, Fault, Rule};
use crate::oauth::endpoint::Endpoint;
use crate::sandbox::{Epoch, Sandbox};
use crate::server::mimic::Mimic;

impl Mimic {
    /// Makes the next `count` token requests go wrong, before any rule without a number of times. Rules for other endpoints
    /// are added with [`Mimic::faults`], so that a client that fetches keys in the background does not use them up.
    ///
    /// ```
    /// use oauth_mimic::{Fault, TokenServer};
    /// let server = TokenServer::start();
    /// server.fail_next(1, Fault::status(503));
    /// let refresh = || ureq::post(server.token_url()).send_form([
    ///     ("grant_type", "refresh_token"),
    ///     ("refresh_token", "REFRESH_TOKEN"),
    ///     ("client_id", "client-default"),
    ///     ("client_secret", "client-default-secret"),
    /// ]);
    /// assert!(refresh().is_err());
    /// assert!(refresh().is_ok());
    /// ```
    ///
    /// # Panics
    /// The fault cannot be carried out, such as a status of 1000.
    #[track_caller]
    pub fn fail_next(&self, count: u64, fault: impl Into<Fault>) {
        self.faults()
            .add(Rule::on(Endpoint::Token, fault).times(count));
    }

    /// Plays your own scenario, in the JSON of `oauth-mimic schema scenario`, and returns the rules that it added.
    ///
    /// ```
    /// let server = oauth_mimic::TokenServer::start();
    /// let rules = server.play_scenario(r#"{
    ///     "description": "The keys cannot be fetched once.",
    ///     "faults": [{ "on": "jwks", "times": 1, "fault": { "kind": "status", "status": 503 } }]
    /// }"#);
    /// assert_eq!(rules.len(), 1);
    /// ```
    ///
    /// # Panics
    /// The text is not a scenario, or one of its rules cannot be carried out.
    #[track_caller]
    pub fn play_scenario(&self, json: &str) -> Vec<ActiveRule> {
        match control::Scenario::parse(json, "the scenario") {
            Ok(scenario) => scenario.play(&self.inner),
            Err(why) => panic!("{why}"),
        }
    }

    /// Plays a built-in scenario, and returns the rules that it added.
    ///
    /// ```
    /// let server = oauth_mimic::TokenServer::start();
    /// let rules = server.play("flaky-gateway");
    /// assert!(!rules.is_empty());
    /// ```
    ///
    /// # Panics
    /// There is no scenario of that name.
    #[track_caller]
    pub fn play(&self, scenario: &str) -> Vec<ActiveRule> {
        match control::scenario(scenario) {
            Ok(scenario) => scenario.play(&self.inner),
            Err(why) => panic!("{why}"),
        }
    }
}

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
