//! Scenarios: sets of rules and settings. Some ship, each a file in `fixtures/scenarios/`; tests may bring their own.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::control::route::{Body, Json, Path};
use crate::control::{Call, Problem, ProblemCode};
use crate::fault::{ActiveRule, Rule};
use crate::json::invalid::Invalid;
use crate::oauth::grant::RefreshPolicy;
use crate::oauth::refusal::excerpt;
use crate::sandbox::Sandbox;
use crate::seed::{self, FixtureError};

/// A scenario: settings to apply and fault rules to add, all at once.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scenario {
    /// The schema of this document, for editors.
    #[serde(default, rename = "$schema", skip_serializing)]
    _schema: Option<String>,
    /// What it imitates, and what a good client does.
    description: String,
    /// Rules to add, in order. Default: none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    faults: Vec<Rule>,
    /// Seconds to move the clock forward by; a negative number moves it back. Default: 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    advance: Option<i64>,
    /// The refresh policy of every registered client; public clients rotate in any case. Default: unchanged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refresh: Option<RefreshPolicy>,
    /// True to sign with a new key; the previous one stays published. Default: false.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    rotate_keys: bool,
}

/// The scenarios that ship, each by the name of its file.
macro_rules! shipped {
    ($($name:literal)+) => {
        &[$((
            $name,
            include_str!(concat!("../../fixtures/scenarios/", $name, ".json")),
        )),+]
    };
}

const SCENARIOS: &[(&str, &str)] = shipped![
    "clock-skew"
    "expired-code"
    "flaky-gateway"
    "hostile-tokens"
    "key-rollover"
    "logged-out-elsewhere"
    "login-denied"
    "lost-rotation"
    "mixed-up-issuer"
    "refresh-storm"
    "slow-provider"
    "stolen-code"
];

/// Finds a scenario that ships.
pub(crate) fn scenario(name: &str) -> Result<Scenario, NoSuchScenario> {
    let (name, text) = SCENARIOS
        .iter()
        .find(|(known, _)| *known == name)
        .ok_or_else(|| NoSuchScenario {
            name: excerpt(name),
        })?;
    #[expect(clippy::expect_used, reason = "the files are compiled in and tested")]
    Ok(Scenario::parse(text, name).expect("a scenario that ships is one"))
}

/// No scenario of that name ships.
#[derive(Debug, thiserror::Error)]
#[error("there is no scenario `{name}`; there are {known}", known = shipped_names())]
pub(crate) struct NoSuchScenario {
    name: String,
}

impl From<NoSuchScenario> for Problem {
    fn from(why: NoSuchScenario) -> Self {
        Self::new(ProblemCode::NotFound, why.to_string())
    }
}

fn shipped_names() -> String {
    let names: Vec<&str> = SCENARIOS.iter().map(|(name, _)| *name).collect();
    names.join(", ")
}

impl Scenario {
    /// Reads a scenario of one's own and checks that it can be played. `name` is the file, for messages.
    pub(crate) fn parse(text: &str, name: &str) -> Result<Self, FixtureError> {
        let scenario: Self = seed::parse(text, name)?;
        scenario
            .check()
            .map_err(|why| FixtureError::new(name, why.pointer, why.problem))?;
        Ok(scenario)
    }

    /// Checks that each rule can be carried out.
    fn check(&self) -> Result<(), Invalid> {
        for (index, rule) in self.faults.iter().enumerate() {
            let within = |why: Invalid| why.within(&index.to_string()).within("faults");
            rule.check().map_err(within)?;
        }
        Ok(())
    }

    /// Applies its settings, adds its rules, and returns the rules.
    pub(crate) fn play(self, sandbox: &Sandbox) -> Vec<ActiveRule> {
        if let Some(seconds) = self.advance {
            sandbox.clock.advance(seconds);
        }
        let epoch = sandbox.epoch();
        if let Some(policy) = self.refresh {
            epoch.authority.registry.set_refresh_policy(policy);
        }
        if self.rotate_keys {
            epoch.authority.rotate_keys(sandbox.clock.now(), None);
        }
        self.faults
            .into_iter()
            .map(|rule| epoch.faults.add(rule))
            .collect()
    }
}

/// The scenarios that ship.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Scenarios {
    scenarios: Vec<NamedScenario>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct NamedScenario {
    name: &'static str,
    #[serde(flatten)]
    scenario: Scenario,
}

/// What a scenario added.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Played {
    description: String,
    faults: Vec<ActiveRule>,
}

pub(super) fn list(_: &Call) -> Json<Scenarios> {
    let named = SCENARIOS.iter().filter_map(|(name, _)| {
        Some(NamedScenario {
            name,
            scenario: scenario(name).ok()?,
        })
    });
    Json(Scenarios {
        scenarios: named.collect(),
    })
}

pub(super) async fn play(call: Call, Path([name]): Path<1>) -> Result<Json<Played>, Problem> {
    played(&call, scenario(&name)?).await
}

pub(super) async fn play_own(
    call: Call,
    Body(scenario): Body<Scenario>,
) -> Result<Json<Played>, Problem> {
    scenario.check()?;
    played(&call, scenario).await
}

async fn played(call: &Call, scenario: Scenario) -> Result<Json<Played>, Problem> {
    let description = scenario.description.clone();
    // It may make a key.
    let faults = call
        .on_another_thread(|sandbox, _| scenario.play(sandbox))
        .await?;
    Ok(Json(Played {
        description,
        faults,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scenario_that_ships_is_one_and_its_rules_can_be_carried_out() {
        for (name, _) in SCENARIOS {
            let scenario = scenario(name).expect("a scenario");
            assert!(!scenario.description.is_empty(), "{name}");
        }
    }
}
