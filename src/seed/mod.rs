//! What a server starts with: fixtures read, merged and checked.
//!
//! [`Fixtures`] is what a file holds; [`Seed`] is what a server is made of, with everything resolved and nothing left
//! to doubt. A mistake is told with the file, the JSON Pointer inside it and the remedy.

pub(crate) mod check;
mod fixtures;
mod load;
mod time;

pub(crate) use check::check_issuer;
pub use fixtures::{Fixtures, NamedRefreshToken};
pub use load::profiles;
pub use time::FixtureTime;

use std::sync::Arc;

use crate::json::invalid::Invalid;
use crate::json::pointer;
use crate::oauth::client::Client;
use crate::oauth::leniency::Leniency;
use crate::oauth::refusal::ErrorDialect;
use crate::oauth::user::User;
use crate::shape::Profile;
use crate::shape::errors::ErrorTable;

/// A mistake in fixtures, in a profile, or in what is registered in a running server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[error("{file}: {}{problem}", place(.pointer))]
pub struct FixtureError {
    /// The file, or the name of what is wrong: for example "client `reports`".
    pub file: String,
    /// The JSON Pointer of the value that is wrong (RFC 6901); empty for the whole file.
    pub pointer: String,
    /// What is wrong, and what to do.
    pub problem: String,
}

/// The place as it stands in front of a problem.
fn place(pointer: &str) -> String {
    if pointer.is_empty() {
        String::new()
    } else {
        format!("{pointer}: ")
    }
}

impl FixtureError {
    pub(crate) fn new(file: &str, pointer: impl Into<String>, problem: impl Into<String>) -> Self {
        Self {
            file: file.to_owned(),
            pointer: pointer.into(),
            problem: problem.into(),
        }
    }

    /// A mistake in what is registered in a running server.
    pub(crate) fn registered(what: &str, name: &str, mistake: Invalid) -> Self {
        Self::new(
            &format!("{what} `{name}`"),
            mistake.pointer,
            mistake.problem,
        )
    }
}

/// A piece of the seed and where it was written.
#[derive(Debug, Clone)]
pub(crate) struct Written<T> {
    pub(crate) file: Arc<str>,
    /// The JSON Pointer of the value.
    pub(crate) pointer: String,
    pub(crate) value: T,
}

impl<T> Written<T> {
    /// Where this is, for a message that is told at another place.
    fn seen_from<U>(&self, other: &Written<U>) -> String {
        if self.file == other.file {
            self.pointer.clone()
        } else {
            format!("{} of {}", self.pointer, self.file)
        }
    }

    fn invalid(&self, invalid: Invalid) -> FixtureError {
        let pointer = format!("{}{}", self.pointer, invalid.pointer);
        FixtureError::new(&self.file, pointer, invalid.problem)
    }

    fn error(&self, member: &str, problem: impl Into<String>) -> FixtureError {
        let pointer = if member.is_empty() {
            self.pointer.clone()
        } else {
            pointer::child(&self.pointer, member)
        };
        FixtureError::new(&self.file, pointer, problem)
    }
}

/// Everything that fixtures and code say together, not yet checked.
#[derive(Debug, Clone, Default)]
pub(crate) struct Draft {
    pub(crate) profile: Option<Written<String>>,
    pub(crate) issuer: Option<Written<String>>,
    pub(crate) error_dialect: Option<Written<ErrorDialect>>,
    /// The union of what all files and flags tolerate.
    pub(crate) leniency: Leniency,
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
    /// The dialect that fixtures or flags name; otherwise the profile decides.
    pub(crate) named_dialect: Option<ErrorDialect>,
    pub(crate) errors: ErrorTable,
    pub(crate) leniency: Leniency,
    /// In the order they were written.
    pub(crate) clients: Vec<Client>,
    pub(crate) users: Vec<User>,
    pub(crate) refresh_tokens: Vec<NamedRefreshToken>,
}

/// The part of a server's seed that its sandboxes have where their own fixtures leave it open.
#[derive(Debug, Clone)]
pub(crate) struct Inherited {
    profile: Arc<Profile>,
    issuer: Option<String>,
    named_dialect: Option<ErrorDialect>,
    leniency: Leniency,
}

impl Seed {
    /// Returns the part that sandboxes inherit.
    pub(crate) fn inherited(&self) -> Inherited {
        Inherited {
            profile: Arc::clone(&self.profile),
            issuer: self.issuer.clone(),
            named_dialect: self.named_dialect,
            leniency: self.leniency,
        }
    }
}
