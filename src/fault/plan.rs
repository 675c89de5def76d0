//! Which fault is next: ordered rules, the first that matches, each counting down.

use std::sync::{Mutex, PoisonError};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::fault::Fault;
use crate::oauth::endpoint::Endpoint;
use crate::random::Random;

/// When to go wrong, and how.
///
/// ```
/// use oauth_mimic::{Endpoint, Fault, Rule};
/// // The keys are late, once, after the first request for them.
/// let rule = Rule::on(Endpoint::Jwks, Fault::status(503)).skip(1).times(1);
/// # let _ = rule;
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(description = "When to go wrong, and how.")]
#[non_exhaustive]
pub struct Rule {
    /// Which endpoint.
    pub on: Endpoint,
    /// Which requests; omitted, all.
    #[serde(default, skip_serializing_if = "When::is_any")]
    pub when: When,
    /// How many matching requests to let pass first.
    #[serde(default)]
    pub skip: u64,
    /// How many times; omitted, always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
    /// How likely, from 0 to 1; omitted, surely. Drawn from the seeded source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub probability: Option<f64>,
    /// What goes wrong.
    pub fault: Fault,
}

/// Which requests a rule is for; what is left out, any.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct When {
    /// Those that claim to come from that client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// Those for that grant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant_type: Option<String>,
    /// Those that ask for just that scope.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// Those that present that refresh token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
}

impl When {
    fn is_any(&self) -> bool {
        *self == Self::default()
    }
}

impl Rule {
    /// Goes wrong at that endpoint, always.
    #[must_use]
    pub fn on(endpoint: Endpoint, fault: Fault) -> Self {
        Self {
            on: endpoint,
            when: When::default(),
            skip: 0,
            times: None,
            probability: None,
            fault,
        }
    }

    /// Lets that many matching requests pass first.
    #[must_use]
    pub fn skip(mut self, requests: u64) -> Self {
        self.skip = requests;
        self
    }

    /// Goes wrong that many times.
    #[must_use]
    pub fn times(mut self, times: u64) -> Self {
        self.times = Some(times);
        self
    }

    /// Goes wrong with that probability, from 0 to 1.
    #[must_use]
    pub fn probability(mut self, probability: f64) -> Self {
        self.probability = Some(probability);
        self
    }

    /// Only for that client.
    #[must_use]
    pub fn client(mut self, client_id: impl Into<String>) -> Self {
        self.when.client_id = Some(client_id.into());
        self
    }

    /// Only for that grant.
    #[must_use]
    pub fn grant_type(mut self, grant_type: impl Into<String>) -> Self {
        self.when.grant_type = Some(grant_type.into());
        self
    }

    /// Only for that refresh token.
    #[must_use]
    pub fn refresh_token(mut self, token: impl Into<String>) -> Self {
        self.when.refresh_token = Some(token.into());
        self
    }

    /// Only where just that scope is asked for.
    #[must_use]
    pub fn scope(mut self, scope: impl Into<String>) -> Self {
        self.when.scope = Some(scope.into());
        self
    }

    pub(crate) fn check(&self) -> Result<(), String> {
        self.check_probability()?;
        self.fault.check()
    }

    pub(crate) fn check_probability(&self) -> Result<(), String> {
        match self.probability {
            Some(probability) if !(0.0..=1.0).contains(&probability) => {
                Err("probability must be 0 to 1".to_owned())
            }
            _ => Ok(()),
        }
    }
}

/// A rule that was added, and what is left of it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct ActiveRule {
    /// Its name.
    pub id: u64,
    /// The rule as it was added.
    #[serde(flatten)]
    pub rule: Rule,
    /// How many requests it still lets pass.
    pub skip_left: u64,
    /// How many times it is still to go wrong; absent, always.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times_left: Option<u64>,
}

/// What of a request a rule looks at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Traits<'a> {
    pub(crate) endpoint: Endpoint,
    pub(crate) client_id: Option<&'a str>,
    pub(crate) grant_type: Option<&'a str>,
    pub(crate) scope: Option<&'a str>,
    pub(crate) refresh_token: Option<&'a str>,
}

/// The rules, in order.
#[derive(Debug, Default)]
pub(crate) struct Plan(Mutex<Rules>);

#[derive(Debug, Default)]
struct Rules {
    rules: Vec<ActiveRule>,
    last_id: u64,
}

impl Plan {
    /// Adds a rule behind the others.
    pub(crate) fn add(&self, rule: Rule) -> ActiveRule {
        let mut rules = self.rules();
        rules.last_id += 1;
        let active = ActiveRule {
            id: rules.last_id,
            skip_left: rule.skip,
            times_left: rule.times,
            rule,
        };
        rules.rules.push(active.clone());
        active
    }

    pub(crate) fn list(&self) -> Vec<ActiveRule> {
        self.rules().rules.clone()
    }

    pub(crate) fn get(&self, id: u64) -> Option<ActiveRule> {
        let rules = self.rules();
        rules.rules.iter().find(|rule| rule.id == id).cloned()
    }

    /// Answers whether there was one of that id.
    pub(crate) fn remove(&self, id: u64) -> bool {
        let mut rules = self.rules();
        let before = rules.rules.len();
        rules.rules.retain(|rule| rule.id != id);
        rules.rules.len() < before
    }

    pub(crate) fn clear(&self) {
        self.rules().rules.clear();
    }

    /// The fault for this request, if there is one: the caller owns it, and no lock is held while it is carried out.
    pub(crate) fn next(&self, request: &Traits<'_>, random: &Random) -> Option<Fault> {
        let mut rules = self.rules();
        rules
            .rules
            .iter_mut()
            .find_map(|active| active.fires(request, random))
    }

    fn rules(&self) -> std::sync::MutexGuard<'_, Rules> {
        // Every verb leaves the list whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ActiveRule {
    fn fires(&mut self, request: &Traits<'_>, random: &Random) -> Option<Fault> {
        if self.times_left == Some(0) || !self.matches(request) {
            return None;
        }
        if self.skip_left > 0 {
            self.skip_left -= 1;
            return None;
        }
        if self
            .rule
            .probability
            .is_some_and(|probability| random.unit() >= probability)
        {
            return None;
        }
        self.times_left = self.times_left.map(|left| left - 1);
        Some(self.rule.fault.clone())
    }

    fn matches(&self, request: &Traits<'_>) -> bool {
        let when = &self.rule.when;
        let is = |wanted: &Option<String>, found: Option<&str>| {
            wanted.is_none() || wanted.as_deref() == found
        };
        self.rule.on == request.endpoint
            && is(&when.client_id, request.client_id)
            && is(&when.grant_type, request.grant_type)
            && is(&when.scope, request.scope)
            && is(&when.refresh_token, request.refresh_token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token_request(client_id: &str) -> Traits<'_> {
        Traits {
            endpoint: Endpoint::Token,
            client_id: Some(client_id),
            grant_type: None,
            scope: None,
            refresh_token: None,
        }
    }

    fn names(plan: &Plan, client_id: &str, requests: usize) -> Vec<&'static str> {
        (0..requests)
            .map(|_| {
                plan.next(&token_request(client_id), &Random::System)
                    .map_or("-", |fault| fault.name())
            })
            .collect()
    }

    #[test]
    fn the_first_rule_that_matches_fires_and_counts_down() {
        let plan = Plan::default();
        plan.add(Rule::on(Endpoint::Token, Fault::Close).skip(1).times(2));
        plan.add(Rule::on(Endpoint::Token, Fault::Malformed).client("b"));
        plan.add(Rule::on(Endpoint::Jwks, Fault::Reset));
        assert_eq!(names(&plan, "a", 4), ["-", "close", "close", "-"]);
        assert_eq!(names(&plan, "b", 2), ["malformed", "malformed"]);
        assert_eq!(plan.list()[0].times_left, Some(0));
    }

    #[test]
    fn a_probability_is_drawn_from_the_seed() {
        let draw = || {
            let plan = Plan::default();
            plan.add(Rule::on(Endpoint::Token, Fault::Close).probability(0.3));
            let random = Random::seeded(7);
            (0..1000)
                .filter(|_| plan.next(&token_request("a"), &random).is_some())
                .count()
        };
        assert_eq!(draw(), draw());
        assert!((250..350).contains(&draw()), "{}", draw());
    }

    #[test]
    fn a_removed_rule_is_gone_and_its_id_is_not_given_again() {
        let plan = Plan::default();
        let first = plan.add(Rule::on(Endpoint::Token, Fault::Close)).id;
        assert!(plan.remove(first));
        assert!(!plan.remove(first));
        assert_ne!(plan.add(Rule::on(Endpoint::Token, Fault::Close)).id, first);
    }

    #[test]
    fn a_rule_is_written_in_json_as_it_is_read() {
        for text in [
            r#"{"on":"token","skip":0,"fault":"close"}"#,
            r#"{"on":"token","when":{"client_id":"c"},"skip":1,"times":2,"probability":0.5,"fault":{"status":{"status":503,"headers":{"Retry-After":"1"}}}}"#,
            r#"{"on":"jwks","skip":0,"fault":{"keys":"stale"}}"#,
            r#"{"on":"token","skip":0,"fault":{"token":{"which":"id_token","defect":{"missing_claim":"exp"}}}}"#,
        ] {
            let rule: Rule = serde_json::from_str(text).expect(text);
            assert_eq!(serde_json::to_string(&rule).expect("JSON"), text);
        }
    }
}
