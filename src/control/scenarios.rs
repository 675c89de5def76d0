//! Scenarios: named sets of rules and settings, each a file under `fixtures/scenarios/`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::control::route::{Json, Path};
use crate::control::{Call, Problem, ProblemCode};
use crate::fault::{ActiveRule, Rule};
use crate::oauth::grant::RefreshPolicy;
use crate::sandbox::Sandbox;

/// A day of trouble: what to set, and which rules to add.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scenario {
    /// The schema of this document, for editors.
    #[serde(default, rename = "$schema", skip_serializing)]
    _schema: Option<String>,
    /// What it stands for, and what a good client does.
    description: String,
    /// Rules to add, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    faults: Vec<Rule>,
    /// Seconds to move the clock by; negative, back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    advance: Option<i64>,
    /// The refresh policy of every client that is registered; public ones rotate anyhow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refresh: Option<RefreshPolicy>,
    /// Whether to sign with a new key; the one that signed so far stays published.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    rotate_keys: bool,
}

const SCENARIOS: &[(&str, &str)] = &[
    (
        "clock-skew",
        include_str!("../../fixtures/scenarios/clock-skew.json"),
    ),
    (
        "flaky-gateway",
        include_str!("../../fixtures/scenarios/flaky-gateway.json"),
    ),
    (
        "hostile-tokens",
        include_str!("../../fixtures/scenarios/hostile-tokens.json"),
    ),
    (
        "key-rollover",
        include_str!("../../fixtures/scenarios/key-rollover.json"),
    ),
    (
        "lost-rotation",
        include_str!("../../fixtures/scenarios/lost-rotation.json"),
    ),
    (
        "refresh-storm",
        include_str!("../../fixtures/scenarios/refresh-storm.json"),
    ),
    (
        "slow-provider",
        include_str!("../../fixtures/scenarios/slow-provider.json"),
    ),
];

/// Finds a scenario that ships.
pub(crate) fn scenario(name: &str) -> Option<Scenario> {
    let (_, text) = SCENARIOS.iter().find(|(known, _)| *known == name)?;
    #[expect(clippy::expect_used, reason = "the files are compiled in and tested")]
    Some(serde_json::from_str(text).expect("a scenario that ships is one"))
}

impl Scenario {
    /// Adds its rules and makes its settings; answers the rules.
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
            scenario: scenario(name)?,
        })
    });
    Json(Scenarios {
        scenarios: named.collect(),
    })
}

pub(super) async fn play(call: Call, Path([name]): Path<1>) -> Result<Json<Played>, Problem> {
    let scenario = scenario(&name).ok_or_else(|| {
        let known: Vec<&str> = SCENARIOS.iter().map(|(name, _)| *name).collect();
        Problem::new(
            ProblemCode::NotFound,
            format!(
                "there is no scenario of that name; there are {}",
                known.join(", ")
            ),
        )
    })?;
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
            for rule in &scenario.faults {
                rule.check().unwrap_or_else(|why| panic!("{name}: {why}"));
            }
        }
    }
}
