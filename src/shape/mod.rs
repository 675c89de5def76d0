//! The profile: paths, lifetimes, tokens, responses, documents and error answers of an imitated provider, as data.
//!
//! [`document`] is the JSON of a profile, [`merge`] how one profile extends another, [`template`] the placeholders, [`id`]
//! the ids, [`token`] the header and claims of one token, [`errors`] the error answers, and [`Profile`] all of it compiled:
//! it writes tokens and responses and reads its refresh tokens back. This code contains no claim name of any provider.

mod check;
pub(crate) mod document;
pub(crate) mod errors;
mod facts;
mod forge;
pub(crate) mod id;
mod merge;
mod profile;
pub(crate) mod template;
mod token;
mod validity;

pub(crate) use facts::{IntrospectionFacts, JwkFacts, MetadataFacts, UserinfoFacts};
pub(crate) use forge::Altered;
pub(crate) use merge::merged;
pub(crate) use profile::{Authentication, FrontIssue, Issue, Profile, RefreshTokenOrder};
pub(crate) use token::IdTokenHint;
pub(crate) use validity::{Expected, Invalid};

/// A mistake in a profile, and its place in the document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{pointer}: {problem}")]
pub(crate) struct ProfileError {
    /// The JSON Pointer of the value that is wrong (RFC 6901).
    pub(crate) pointer: String,
    pub(crate) problem: String,
}

impl ProfileError {
    pub(crate) fn new(pointer: impl Into<String>, problem: impl Into<String>) -> Self {
        Self {
            pointer: pointer.into(),
            problem: problem.into(),
        }
    }
}
