//! What the imitated server looks like: a profile is data, and this room reads and obeys it.
//!
//! [`document`] is the JSON as it is written, [`template`] what its strings mean, [`id`] how ids are drawn and taken
//! apart, [`token`] one token's header and claims, and [`Profile`] all of it compiled: it writes claims and responses,
//! and reads back the refresh tokens it wrote. No claim name of any provider stands in this code.

mod check;
pub(crate) mod document;
mod forge;
pub(crate) mod id;
mod profile;
pub(crate) mod template;
mod token;
mod validity;

pub(crate) use profile::{Issue, Profile};
pub(crate) use validity::{Expected, Invalid};

/// What is wrong with a profile, and where in the document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{pointer}: {problem}")]
pub(crate) struct Misshapen {
    /// The JSON Pointer of the value that is wrong (RFC 6901).
    pub(crate) pointer: String,
    pub(crate) problem: String,
}

impl Misshapen {
    pub(crate) fn new(pointer: impl Into<String>, problem: impl Into<String>) -> Self {
        Self {
            pointer: pointer.into(),
            problem: problem.into(),
        }
    }
}
