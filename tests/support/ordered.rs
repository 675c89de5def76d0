//! JSON whose objects keep the order of their members; `serde_json` sorts these by name.

use std::fmt;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A JSON object.
pub(crate) type Members = IndexMap<String, Ordered>;

/// A JSON value.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(untagged)]
pub(crate) enum Ordered {
    Object(Members),
    Array(Vec<Ordered>),
    Other(Value),
}

/// Reads a JSON object.
#[track_caller]
pub(crate) fn members(text: &str) -> Members {
    serde_json::from_str(text).unwrap_or_else(|why| panic!("{why}: {text}"))
}

/// Returns the names of an object's members, in order.
#[track_caller]
pub(crate) fn names(text: &str) -> Vec<String> {
    members(text).into_keys().collect()
}

impl fmt::Display for Ordered {
    /// Writes compact JSON.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}
