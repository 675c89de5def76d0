//! Which faults a request gets: ordered rules, each of which counts down.

use std::sync::{Mutex, PoisonError};

use crate::fault::{ActiveRule, Fault, Rule};
use crate::oauth::endpoint::Endpoint;
use crate::random::Random;

/// The properties of a request that rules look at.
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
    /// Adds a rule.
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

    /// Removes a rule. Returns true if there was one of that id.
    pub(crate) fn remove(&self, id: u64) -> bool {
        let mut rules = self.rules();
        let before = rules.rules.len();
        rules.rules.retain(|rule| rule.id != id);
        rules.rules.len() < before
    }

    pub(crate) fn clear(&self) {
        self.rules().rules.clear();
    }

    /// The faults for this request. The caller owns them, and no lock is held while they are carried out.
    pub(crate) fn next(&self, request: &Traits<'_>, random: &Random) -> Vec<Fault> {
        let mut rules = self.rules();
        rules
            .rules
            .iter_mut()
            .find_map(|active| active.fires(request, random))
            .into_iter()
            .collect()
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
                    .first()
                    .map_or("-", |fault| fault.kind().as_str())
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
                .filter(|_| !plan.next(&token_request("a"), &random).is_empty())
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
            r#"{"on":"token","skip":0,"fault":{"kind":"close"}}"#,
            r#"{"on":"token","when":{"client_id":"c"},"skip":1,"times":2,"probability":0.5,"fault":{"kind":"status","status":503,"headers":{"Retry-After":"1"}}}"#,
            r#"{"on":"jwks","skip":0,"fault":{"kind":"keys","keys":"stale"}}"#,
            r#"{"on":"token","skip":0,"fault":{"kind":"token","token":"id_token","defect":{"kind":"missing_claim","claim":"exp"}}}"#,
        ] {
            let rule: Rule = serde_json::from_str(text).expect(text);
            assert_eq!(serde_json::to_string(&rule).expect("JSON"), text);
        }
    }
}
