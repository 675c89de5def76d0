//! More servers on this one.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::authority::InitialState;
use crate::control::clock::instant;
use crate::control::overview::Endpoints;
use crate::control::route::{Created, Json, NoContent, OptionalBody, Path};
use crate::control::{Call, Problem, ProblemCode};
use crate::sandbox::{Sandbox, SandboxOrder, Sandboxes};
use crate::seed::{Draft, Fixtures};

/// What a sandbox is to be; what is left out, as the default one was made.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct NewSandbox {
    /// What it starts with, in place of the server's fixtures.
    fixtures: Option<Fixtures>,
    /// Where its clock stands still, in RFC 3339; omitted, it runs.
    clock: Option<String>,
    /// What its ids are drawn from; omitted, from the system, or as the server.
    seed: Option<u64>,
    /// Seconds of real time without a request after which it is gone; omitted, it stays.
    #[schemars(range(min = 1))]
    ttl: Option<u32>,
}

/// A sandbox.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct SandboxState {
    id: String,
    base_url: String,
    issuer: String,
    endpoints: Endpoints,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct SandboxList {
    sandboxes: Vec<SandboxState>,
}

impl SandboxState {
    fn of(sandboxes: &Sandboxes, sandbox: &Sandbox) -> Self {
        Self {
            id: sandbox.id.clone().unwrap_or_default(),
            base_url: sandbox.settings.base_url.clone(),
            issuer: sandbox.settings.issuer.clone(),
            endpoints: Endpoints::of(sandboxes, sandbox),
        }
    }
}

pub(super) fn list(call: &Call) -> Json<SandboxList> {
    Json(SandboxList {
        sandboxes: call
            .sandboxes
            .list()
            .iter()
            .map(|sandbox| SandboxState::of(&call.sandboxes, sandbox))
            .collect(),
    })
}

pub(super) fn create(
    call: &Call,
    OptionalBody(new): OptionalBody<NewSandbox>,
) -> Result<Created<SandboxState>, Problem> {
    let initial = match new.fixtures {
        None => None,
        Some(fixtures) => {
            let mut draft = Draft::default();
            draft.add(fixtures, "fixtures").map_err(within)?;
            draft.forbid_files().map_err(within)?;
            let seed = draft.check().map_err(within)?;
            let keys = call.sandbox.initial_keys();
            Some(InitialState::new(seed, keys, new.seed))
        }
    };
    if new.ttl == Some(0) {
        return Err(Problem::in_body("/ttl", "must be at least 1 second"));
    }
    let clock = new.clock.map(|text| instant(&text, "/clock")).transpose()?;
    let ttl = new.ttl.map(|seconds| Duration::from_secs(seconds.into()));
    let sandbox = call.sandboxes.create(SandboxOrder {
        initial,
        clock,
        seed: new.seed,
        ttl,
    });
    let state = SandboxState::of(&call.sandboxes, &sandbox);
    let id = state.id.clone();
    Ok(Created::at(["sandboxes", &id], state))
}

/// The same mistake, seen from the whole body.
fn within(error: crate::seed::FixtureError) -> Problem {
    Problem::in_body(format!("/fixtures{}", error.pointer), error.problem)
}

pub(super) fn get(call: &Call, Path([id]): Path<1>) -> Result<Json<SandboxState>, Problem> {
    let sandbox = call.sandboxes.peek(&id).ok_or_else(unknown)?;
    Ok(Json(SandboxState::of(&call.sandboxes, &sandbox)))
}

pub(super) fn remove(call: &Call, Path([id]): Path<1>) -> Result<NoContent, Problem> {
    if call.sandboxes.remove(&id) {
        Ok(NoContent)
    } else {
        Err(unknown())
    }
}

fn unknown() -> Problem {
    Problem::new(ProblemCode::NotFound, "there is no sandbox with this id")
}
