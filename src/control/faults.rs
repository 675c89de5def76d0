//! The sandbox's rules for what goes wrong.

use schemars::JsonSchema;
use serde::Serialize;

use crate::control::{Answer, Call, Problem, created, json, no_content};
use crate::fault::plan::{ActiveRule, Rule};

/// The rules, in order, and what is left of each.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Faults {
    faults: Vec<ActiveRule>,
}

pub(super) fn list(call: &Call<'_>) -> Answer {
    json(&Faults {
        faults: call.epoch.faults.list(),
    })
}

pub(super) fn add(call: &Call<'_>) -> Answer {
    let rule: Rule = call.body()?;
    rule.check_probability()
        .map_err(|why| Problem::new(400, why).at("probability"))?;
    rule.fault
        .check()
        .map_err(|why| Problem::new(400, why).at("fault"))?;
    created(&call.epoch.faults.add(rule))
}

pub(super) fn clear(call: &Call<'_>) -> Answer {
    call.epoch.faults.clear();
    Ok(no_content())
}

pub(super) fn remove(call: &Call<'_>, id: &str) -> Answer {
    let removed = id.parse().is_ok_and(|id| call.epoch.faults.remove(id));
    if removed {
        Ok(no_content())
    } else {
        Err(Problem::new(404, "there is no rule of that id"))
    }
}
