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
    pub(crate) prompt: Option<&'a str>,
}

/// A fault that was chosen for a request.
#[derive(Debug)]
pub(crate) struct Chosen {
    pub(crate) fault: Fault,
    /// The rule that it comes from; the fault of a named refresh token has none.
    rule: Option<u64>,
}

impl Chosen {
    /// The fault of the named refresh token that a request presents.
    pub(crate) fn named(fault: Fault) -> Self {
        Self { fault, rule: None }
    }
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
    pub(crate) fn next(&self, request: &Traits<'_>, random: &Random) -> Vec<Chosen> {
        let mut rules = self.rules();
        let mut faults = Vec::new();
        // A rule with a number of times comes first: it was added for the next requests, on top of what lasts.
        for is_counted in [true, false] {
            for active in &mut rules.rules {
                let fault = &active.rule.fault;
                if active.rule.times.is_some() == is_counted
                    && has_room(&faults, fault)
                    && active.fires(request, random)
                {
                    faults.push(Chosen {
                        fault: active.rule.fault.clone(),
                        rule: Some(active.id),
                    });
                }
            }
        }
        faults
    }

    /// Counts a fault that did nothing to its request as not used, so that its rule waits for the next request.
    pub(crate) fn give_back(&self, chosen: &Chosen) {
        let mut rules = self.rules();
        let rule = rules
            .rules
            .iter_mut()
            .find(|active| Some(active.id) == chosen.rule);
        if let Some(active) = rule {
            active.times_left = active.times_left.map(|left| left + 1);
        }
    }

    fn rules(&self) -> std::sync::MutexGuard<'_, Rules> {
        // Every verb leaves the list whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns true if a request that gets these faults can also get that one.
pub(crate) fn has_room(faults: &[Chosen], fault: &Fault) -> bool {
    faults
        .iter()
        .all(|other| other.fault.kind().combines_with(fault.kind()))
}

impl ActiveRule {
    /// Counts a request; returns true if this rule's fault happens to it.
    fn fires(&mut self, request: &Traits<'_>, random: &Random) -> bool {
        if self.times_left == Some(0) || !self.matches(request) {
            return false;
        }
        if self.skip_left > 0 {
            self.skip_left -= 1;
            return false;
        }
        if self
            .rule
            .probability
            .is_some_and(|probability| random.unit() >= probability)
        {
            return false;
        }
        self.times_left = self.times_left.map(|left| left - 1);
        true
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
            && is(&when.prompt, request.prompt)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn token_request(client_id: &str) -> Traits<'_> {
        Traits {
            endpoint: Endpoint::Token,
            client_id: Some(client_id),
            grant_type: None,
            scope: None,
            refresh_token: None,
            prompt: None,
        }
    }

    /// The faults of each of that many requests.
    fn names(plan: &Plan, client_id: &str, requests: usize) -> Vec<String> {
        (0..requests)
            .map(|_| {
                let faults = plan.next(&token_request(client_id), &Random::System);
                let names = faults.iter().map(|chosen| chosen.fault.kind().as_str());
                names.collect::<Vec<_>>().join(" ")
            })
            .collect()
    }

    fn token_rule(fault: impl Into<Fault>) -> Rule {
        Rule::on(Endpoint::Token, fault)
    }

    #[test]
    fn the_first_rule_that_matches_fires_and_counts_down() {
        let plan = Plan::default();
        plan.add(Rule::on(Endpoint::Token, Fault::Close).skip(1).times(2));
        plan.add(Rule::on(Endpoint::Token, Fault::Malformed).client("b"));
        plan.add(Rule::on(Endpoint::Jwks, Fault::Reset));
        assert_eq!(names(&plan, "a", 4), ["", "close", "close", ""]);
        assert_eq!(names(&plan, "b", 2), ["malformed", "malformed"]);
        assert_eq!(plan.list()[0].times_left, Some(0));
    }

    #[test]
    fn rules_with_a_number_of_times_come_before_those_without() {
        let plan = Plan::default();
        plan.add(token_rule(Fault::Malformed));
        plan.add(token_rule(Fault::Close));
        plan.add(token_rule(Fault::status(503)).times(1));
        plan.add(token_rule(Fault::GatewayPage).times(1));
        assert_eq!(
            names(&plan, "a", 4),
            ["status", "gateway_page", "malformed", "malformed"]
        );
    }

    #[test]
    fn modifiers_combine_with_one_other_fault_and_each_kind_comes_once() {
        let plan = Plan::default();
        plan.add(token_rule(Fault::delay(Duration::ZERO)));
        plan.add(token_rule(Fault::drip(1)));
        plan.add(token_rule(Fault::content_type("a")));
        plan.add(token_rule(Fault::Malformed));
        let alone = "delay drip content_type malformed";
        assert_eq!(names(&plan, "a", 1), [alone]);
        plan.add(token_rule(Fault::status(503)).times(1));
        plan.add(token_rule(Fault::drip(2)).times(1));
        assert_eq!(
            names(&plan, "a", 2),
            ["status drip delay content_type", alone]
        );
    }

    #[test]
    fn a_rule_that_comes_too_late_does_not_count() {
        let plan = Plan::default();
        plan.add(token_rule(Fault::Close).times(2));
        plan.add(token_rule(Fault::Malformed).skip(1).times(1));
        assert_eq!(
            names(&plan, "a", 5),
            ["close", "close", "", "malformed", ""]
        );
    }

    #[test]
    fn a_fault_that_did_nothing_is_not_counted() {
        let plan = Plan::default();
        plan.add(token_rule(Fault::Close).times(1));
        plan.add(token_rule(Fault::drip(1)));
        for chosen in plan.next(&token_request("a"), &Random::System) {
            plan.give_back(&chosen);
        }
        assert_eq!(names(&plan, "a", 2), ["close drip", "drip"]);
        plan.give_back(&Chosen::named(Fault::Close));
        assert_eq!(names(&plan, "a", 1), ["drip"]);
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
    fn a_rule_for_a_prompt_lets_other_requests_pass() {
        let plan = Plan::default();
        plan.add(Rule::on(Endpoint::Authorization, Fault::Close).prompt("none"));
        let fires = |prompt| {
            let request = Traits {
                endpoint: Endpoint::Authorization,
                prompt,
                ..token_request("a")
            };
            !plan.next(&request, &Random::System).is_empty()
        };
        assert!(fires(Some("none")));
        assert!(!fires(Some("login")) && !fires(None));
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
