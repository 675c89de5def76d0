//! The sandbox's time.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::control::{Answer, Call, Problem, json};

/// What time it is.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ClockState {
    /// RFC 3339.
    now: String,
    /// Seconds since 1970.
    unix: i64,
    /// Whether it stands still.
    frozen: bool,
}

/// Where the clock is to stand still.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Freeze {
    /// RFC 3339, such as 2023-03-28T12:23:16Z.
    now: String,
}

/// How far the clock is to move.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Advance {
    /// Seconds; backwards when negative.
    seconds: i64,
}

pub(super) fn get(call: &Call<'_>) -> Answer {
    let clock = &call.sandbox.clock;
    let now = clock.now();
    json(&ClockState {
        now: now.to_string(),
        unix: now.as_unix(),
        frozen: clock.frozen_at().is_some(),
    })
}

pub(super) fn put(call: &Call<'_>) -> Answer {
    let Freeze { now } = call.body()?;
    call.sandbox.clock.freeze(instant(&now, "now")?);
    get(call)
}

pub(super) fn delete(call: &Call<'_>) -> Answer {
    call.sandbox.clock.release();
    get(call)
}

pub(super) fn advance(call: &Call<'_>) -> Answer {
    let Advance { seconds } = call.body()?;
    call.sandbox.clock.advance(seconds);
    get(call)
}

pub(super) fn instant(text: &str, path: &str) -> Result<Timestamp, Problem> {
    Timestamp::parse(text).map_err(|why| Problem::new(400, why.to_string()).at(path))
}
