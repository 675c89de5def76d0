//! The sandbox's time.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::control::route::{Body, Json, NoContent};
use crate::control::{Call, Problem};

/// The sandbox's time.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ClockState {
    /// The time in RFC 3339.
    now: String,
    /// The time in seconds since 1970.
    unix: i64,
    /// True while the clock does not move by itself.
    frozen: bool,
}

/// The instant to freeze the clock at.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Freeze {
    /// The instant in RFC 3339, such as 2023-03-28T12:23:16Z.
    #[schemars(extend("format" = "date-time"))]
    now: String,
}

/// How far to move the clock.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Advance {
    /// Seconds; negative to move back.
    seconds: i64,
}

pub(super) fn get(call: &Call) -> Json<ClockState> {
    let clock = &call.sandbox.clock;
    let now = clock.now();
    Json(ClockState {
        now: now.to_string(),
        unix: now.as_unix(),
        frozen: clock.frozen_at().is_some(),
    })
}

pub(super) fn freeze(
    call: &Call,
    Body(Freeze { now }): Body<Freeze>,
) -> Result<Json<ClockState>, Problem> {
    call.sandbox.clock.freeze(instant(&now, "/now")?);
    Ok(get(call))
}

pub(super) fn release(call: &Call) -> NoContent {
    call.sandbox.clock.release();
    NoContent
}

pub(super) fn advance(call: &Call, Body(Advance { seconds }): Body<Advance>) -> Json<ClockState> {
    call.sandbox.clock.advance(seconds);
    get(call)
}

/// Reads an RFC 3339 instant of the body, at this JSON Pointer.
pub(super) fn instant(text: &str, pointer: &str) -> Result<Timestamp, Problem> {
    Timestamp::parse(text).map_err(|why| Problem::in_body(pointer, why.to_string()))
}
