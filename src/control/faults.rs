//! The sandbox's fault rules.

use schemars::JsonSchema;
use serde::Serialize;

use crate::control::page::Page;
use crate::control::route::{Body, Created, Json, NoContent, Path, Query};
use crate::control::{Call, Problem, ProblemCode};
use crate::fault::{ActiveRule, Rule};

/// The rules, in order, and what is left of each.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Faults {
    faults: Vec<ActiveRule>,
    /// The value of `after` for the next part; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

pub(super) fn list(call: &Call, Query(page): Query<Page>) -> Result<Json<Faults>, Problem> {
    let part = page.of(call.epoch.faults.list(), |rule| rule.id.to_string())?;
    Ok(Json(Faults {
        faults: part.items,
        next: part.next,
    }))
}

pub(super) fn add(call: &Call, Body(rule): Body<Rule>) -> Result<Created<ActiveRule>, Problem> {
    rule.check()?;
    let active = call.epoch.faults.add(rule);
    let id = active.id.to_string();
    Ok(Created::at(["faults", &id], active))
}

pub(super) fn clear(call: &Call) -> NoContent {
    call.epoch.faults.clear();
    NoContent
}

pub(super) fn get(call: &Call, Path([id]): Path<1>) -> Result<Json<ActiveRule>, Problem> {
    let active = id.parse().ok().and_then(|id| call.epoch.faults.get(id));
    active.map(Json).ok_or_else(unknown)
}

pub(super) fn remove(call: &Call, Path([id]): Path<1>) -> Result<NoContent, Problem> {
    let removed = id.parse().is_ok_and(|id| call.epoch.faults.remove(id));
    if removed {
        Ok(NoContent)
    } else {
        Err(unknown())
    }
}

fn unknown() -> Problem {
    Problem::new(ProblemCode::NotFound, "there is no rule with this id")
}
