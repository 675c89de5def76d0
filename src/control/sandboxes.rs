//! More servers on this one.

use std::sync::Arc;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::clock::Clock;
use crate::control::clock::instant;
use crate::control::overview::Endpoints;
use crate::control::page::Page;
use crate::control::route::{Created, Json, NoContent, OptionalBody, Path, Put, Query};
use crate::control::{Call, Problem, ProblemCode};
use crate::oauth::leniency::Leniency;
use crate::sandbox::{Sandbox, SandboxError, SandboxOrder};
use crate::seed::{Draft, FixtureError, Fixtures};

/// What a sandbox is to be. What is left out is as in the server's initial state.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct NewSandbox {
    /// The id: 1 to 64 letters, digits and - . _ ~; omitted, the server draws one. On a server with a seed it follows from the
    /// seed and the label, or else from the number of sandboxes that were made before.
    #[schemars(regex(pattern = r"^[A-Za-z0-9._~-]{1,64}$"))]
    id: Option<String>,
    /// A name for people, at most 128 characters.
    #[schemars(length(max = 128))]
    label: Option<String>,
    /// Fixtures in place of the server's clients, users and tokens. The members `profile`, `issuer` and `error_dialect` are the
    /// server's where they are omitted; a profile must be a built-in one.
    fixtures: Option<Fixtures>,
    /// An RFC 3339 instant at which the clock is frozen, or `real` for real time; omitted, as the server's clock at its start.
    clock: Option<String>,
    /// The seed of random ids; omitted, the server's.
    seed: Option<u64>,
    /// Refusals that are tolerated besides those that the server tolerates.
    leniency: Leniency,
    /// Seconds of real time without a request, after which the sandbox is removed; omitted, it stays.
    #[schemars(range(min = 1))]
    ttl: Option<u32>,
}

impl NewSandbox {
    fn order(self) -> Result<SandboxOrder, Problem> {
        let clock = match self.clock.as_deref() {
            None => None,
            Some("real") => Some(Clock::real()),
            Some(text) => Some(Clock::frozen(instant(text, "/clock")?)),
        };
        Ok(SandboxOrder {
            id: self.id,
            label: self.label,
            fixtures: self.fixtures.map(draft).transpose()?,
            clock,
            seed: self.seed,
            leniency: self.leniency,
            ttl: self.ttl.map(|seconds| Duration::from_secs(seconds.into())),
        })
    }
}

fn draft(fixtures: Fixtures) -> Result<Draft, Problem> {
    let mut draft = Draft::default();
    draft.add(fixtures, "fixtures").map_err(within)?;
    draft.forbid_files().map_err(within)?;
    Ok(draft)
}

impl From<SandboxError> for Problem {
    fn from(error: SandboxError) -> Self {
        let detail = error.to_string();
        match error {
            SandboxError::InvalidId(_) => Self::in_body("/id", detail),
            SandboxError::InvalidLabel => Self::in_body("/label", detail),
            SandboxError::InvalidTtl => Self::in_body("/ttl", detail),
            SandboxError::IdTaken(_) => Self::new(ProblemCode::NameTaken, detail).at("/id"),
            SandboxError::TooMany(_) => Self::new(ProblemCode::TooManySandboxes, detail),
            SandboxError::Fixtures(error) => within(error),
        }
    }
}

/// The same mistake, seen from the whole body.
fn within(error: FixtureError) -> Problem {
    Problem::in_body(format!("/fixtures{}", error.pointer), error.problem)
}

/// A sandbox.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct SandboxState {
    /// The id in its paths.
    id: String,
    /// The name that the request gave it.
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<String>,
    /// The URL under which clients reach it, without the profile's prefix.
    base_url: String,
    /// The `iss` of its tokens (RFC 7519 §4.1.1).
    issuer: String,
    endpoints: Endpoints,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct SandboxList {
    sandboxes: Vec<SandboxState>,
    /// The value of `after` for the next part; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

impl SandboxState {
    fn of(sandbox: &Sandbox) -> Self {
        Self {
            id: sandbox.id.clone().unwrap_or_default(),
            label: sandbox.label.clone(),
            base_url: sandbox.settings.base_url.clone(),
            issuer: sandbox.settings.issuer.clone(),
            endpoints: Endpoints::of(sandbox),
        }
    }
}

/// Which sandboxes to list.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Listed {
    /// Only those with this label; omitted, all.
    label: Option<String>,
    /// The most items to return; omitted, all.
    #[schemars(range(min = 1))]
    limit: Option<u64>,
    /// Return the items after this one: the `next` of the part before. Omitted, the first ones.
    after: Option<String>,
}

pub(super) fn list(
    call: &Call,
    Query(Listed {
        label,
        limit,
        after,
    }): Query<Listed>,
) -> Result<Json<SandboxList>, Problem> {
    let id = |sandbox: &Arc<Sandbox>| sandbox.id.clone().unwrap_or_default();
    let mut selected = call.sandboxes.list();
    selected.retain(|sandbox| label.is_none() || sandbox.label == label);
    let part = Page { limit, after }.of(selected, id)?;
    let state = |sandbox: &Arc<Sandbox>| SandboxState::of(sandbox);
    Ok(Json(SandboxList {
        sandboxes: part.items.iter().map(state).collect(),
        next: part.next,
    }))
}

pub(super) fn create(
    call: &Call,
    OptionalBody(new): OptionalBody<NewSandbox>,
) -> Result<Created<SandboxState>, Problem> {
    let sandbox = call.sandboxes.create(new.order()?)?;
    let state = SandboxState::of(&sandbox);
    let id = state.id.clone();
    Ok(Created::at(["sandboxes", &id], state))
}

/// Creates a sandbox, or leaves the one that the same request put as it is, so that a repeated request is harmless.
pub(super) fn put(
    call: &Call,
    Path([id]): Path<1>,
    OptionalBody(new): OptionalBody<NewSandbox>,
) -> Result<Put<SandboxState>, Problem> {
    if new.id.as_ref().is_some_and(|other| *other != id) {
        let detail = "is not the id in the URL's path";
        return Err(Problem::new(ProblemCode::NameDiffers, detail).at("/id"));
    }
    let request = serde_json::from_slice(&call.body).unwrap_or_default();
    let (sandbox, created) = call.sandboxes.put(id, new.order()?, request)?;
    let value = SandboxState::of(&sandbox);
    Ok(Put { created, value })
}

pub(super) fn clear(call: &Call) -> NoContent {
    call.sandboxes.clear();
    NoContent
}

pub(super) fn get(call: &Call, Path([id]): Path<1>) -> Result<Json<SandboxState>, Problem> {
    let sandbox = call.sandboxes.peek(&id).ok_or_else(unknown)?;
    Ok(Json(SandboxState::of(&sandbox)))
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
