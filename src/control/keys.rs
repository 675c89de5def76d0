//! The control plane's routes for the signing keys of a sandbox.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::control::route::{Json, NoContent, OptionalBody, Path};
use crate::control::{Call, Problem, ProblemCode};
use crate::keys::NotRetired;

/// The published keys, the signing key first.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Keys {
    keys: Vec<Key>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Key {
    kid: String,
    /// True if new tokens are signed with this key.
    signs: bool,
    /// True if the JWKS has this key now.
    published: bool,
    /// The time at which the JWKS stops publishing it, by the server's clock, in RFC 3339; absent if it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    retires_at: Option<String>,
}

/// The options of a key rotation.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Rotate {
    /// Seconds for which the previous signing key stays published, by the server's clock; omitted, until it is
    /// deleted.
    retire_after: Option<u32>,
}

pub(super) fn list(call: &Call) -> Json<Keys> {
    let keys = call.epoch.authority.keys();
    let now = call.sandbox.clock.now();
    let keys = keys
        .schedule()
        .enumerate()
        .map(|(index, (key, retires_at))| Key {
            kid: key.kid.clone(),
            signs: index == 0,
            published: retires_at.is_none_or(|at| now < at),
            retires_at: retires_at.map(|at| at.to_string()),
        });
    Json(Keys {
        keys: keys.collect(),
    })
}

pub(super) async fn rotate(
    call: Call,
    OptionalBody(Rotate { retire_after }): OptionalBody<Rotate>,
) -> Result<Json<Keys>, Problem> {
    let now = call.sandbox.clock.now();
    let retires_at = retire_after.map(|seconds| now + Duration::from_secs(seconds.into()));
    call.on_another_thread(move |_, epoch| epoch.authority.rotate_keys(now, retires_at))
        .await?;
    Ok(list(&call))
}

pub(super) fn retire(call: &Call, Path([kid]): Path<1>) -> Result<NoContent, Problem> {
    call.epoch.authority.retire_key(&kid)?;
    Ok(NoContent)
}

impl From<NotRetired> for Problem {
    fn from(why: NotRetired) -> Self {
        let code = match why {
            NotRetired::Unknown => ProblemCode::NotFound,
            NotRetired::Signs => ProblemCode::KeySigns,
        };
        Self::new(code, why.to_string())
    }
}
