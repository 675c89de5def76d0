//! What a server starts with: fixtures read, merged and checked.
//!
//! [`Fixtures`] is what a file holds; [`Seed`] is what a server is made of, with everything resolved and nothing left
//! to doubt. A mistake is told with the file, the JSON path inside it and the remedy.

mod check;
pub(crate) mod check_one;
mod fixtures;
mod load;

pub(crate) use check::check_issuer;
pub use fixtures::{Fixtures, NamedRefreshToken};
pub use load::profiles;

use std::sync::Arc;

use crate::oauth::client::Client;
use crate::oauth::refusal::ErrorDialect;
use crate::oauth::user::User;
use crate::shape::Profile;

/// A mistake in what a server was to be made of.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {path}: {problem}")]
pub struct FixtureError {
    /// The file, or what stands in for one.
    pub file: String,
    /// The JSON path inside it.
    pub path: String,
    /// What is wrong, and what to do.
    pub problem: String,
}

impl FixtureError {
    pub(crate) fn new(file: &str, path: impl Into<String>, problem: impl Into<String>) -> Self {
        Self {
            file: file.to_owned(),
            path: path.into(),
            problem: problem.into(),
        }
    }
}

/// A piece of the seed and where it was written.
#[derive(Debug, Clone)]
pub(crate) struct Written<T> {
    pub(crate) file: Arc<str>,
    /// JSON path of the value.
    pub(crate) path: String,
    pub(crate) value: T,
}

impl<T> Written<T> {
    /// Where this is, for a message that is told at another place.
    fn seen_from<U>(&self, other: &Written<U>) -> String {
        if self.file == other.file {
            self.path.clone()
        } else {
            format!("{} of {}", self.path, self.file)
        }
    }

    fn error(&self, member: &str, problem: impl Into<String>) -> FixtureError {
        let path = if member.is_empty() {
            self.path.clone()
        } else if self.path.is_empty() {
            member.to_owned()
        } else {
            format!("{}.{member}", self.path)
        };
        FixtureError::new(&self.file, path, problem)
    }
}

/// Everything that fixtures and code say together, not yet checked.
#[derive(Debug, Clone, Default)]
pub(crate) struct Draft {
    pub(crate) profile: Option<Written<String>>,
    pub(crate) issuer: Option<Written<String>>,
    pub(crate) error_dialect: Option<Written<ErrorDialect>>,
    pub(crate) clients: Vec<Written<Client>>,
    pub(crate) users: Vec<Written<User>>,
    pub(crate) refresh_tokens: Vec<Written<NamedRefreshToken>>,
}

/// What a server is made of.
#[derive(Debug, Clone)]
pub(crate) struct Seed {
    pub(crate) profile: Arc<Profile>,
    /// Pinned; otherwise the server's address decides.
    pub(crate) issuer: Option<String>,
    pub(crate) error_dialect: ErrorDialect,
    /// In the order they were written.
    pub(crate) clients: Vec<Client>,
    pub(crate) users: Vec<User>,
    pub(crate) refresh_tokens: Vec<NamedRefreshToken>,
}
