//! The initial state of a server: fixtures are read, merged and checked.
//!
//! [`Fixtures`] is the content of one file; [`Seed`] is the merged and validated result. An error names the file, the JSON
//! Pointer inside it and the remedy.

pub(crate) mod check;
mod fixtures;
mod load;
mod time;

pub(crate) use check::check_issuer;
pub use fixtures::{Fixtures, NamedRefreshToken};
pub(crate) use load::parse;
pub use load::profiles;
pub use time::FixtureTime;

use std::sync::Arc;

use crate::json::invalid::Invalid;
use crate::json::pointer;
use crate::oauth::client::Client;
use crate::oauth::leniency::Leniency;
use crate::oauth::refusal::ErrorDialect;
use crate::oauth::user::{AutoLogin, User};
use crate::shape::Profile;
use crate::shape::errors::ErrorTable;

/// An error in fixtures, in a profile, or in an entry that is registered in a running server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[error("{file}: {}{problem}", place(.pointer))]
pub struct FixtureError {
    /// The file, or the name of the wrong entry: for example "client `reports`".
    pub file: String,
    /// The JSON Pointer of the value that is wrong (RFC 6901); empty for the whole file.
    pub pointer: String,
    /// What is wrong, and how to correct it.
    pub problem: String,
}

/// Renders the pointer as the prefix of a message.
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

    /// Makes the error of an entry that is registered in a running server.
    pub(crate) fn registered(what: &str, name: &str, mistake: Invalid) -> Self {
        Self::new(
            &format!("{what} `{name}`"),
            mistake.pointer,
            mistake.problem,
        )
    }
}

/// A value of the fixtures with its file and place.
#[derive(Debug, Clone)]
pub(crate) struct Written<T> {
    pub(crate) file: Arc<str>,
    /// The JSON Pointer of the value.
    pub(crate) pointer: String,
    pub(crate) value: T,
}

impl<T> Written<T> {
    /// Returns the place, for a message about another place.
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

/// The merged fixtures of all files and of the builder, before they are checked.
#[derive(Debug, Clone, Default)]
pub(crate) struct Draft {
    pub(crate) profile: Option<Written<String>>,
    pub(crate) issuer: Option<Written<String>>,
    pub(crate) error_dialect: Option<Written<ErrorDialect>>,
    /// The union of the leniencies of all files and flags.
    pub(crate) leniency: Leniency,
    pub(crate) auto_login: Option<Written<AutoLogin>>,
    pub(crate) clients: Vec<Written<Client>>,
    pub(crate) users: Vec<Written<User>>,
    pub(crate) refresh_tokens: Vec<Written<NamedRefreshToken>>,
}

/// The validated initial state of a server.
#[derive(Debug, Clone)]
pub(crate) struct Seed {
    pub(crate) profile: Arc<Profile>,
    /// The configured issuer; without one it follows from the server's address.
    pub(crate) issuer: Option<String>,
    pub(crate) error_dialect: ErrorDialect,
    /// The dialect that fixtures or flags name; otherwise the profile decides.
    pub(crate) named_dialect: Option<ErrorDialect>,
    pub(crate) errors: ErrorTable,
    pub(crate) leniency: Leniency,
    pub(crate) auto_login: AutoLogin,
    /// The named refresh tokens, in the order of the files.
    pub(crate) clients: Vec<Client>,
    pub(crate) users: Vec<User>,
    pub(crate) refresh_tokens: Vec<NamedRefreshToken>,
}

/// The settings that a sandbox inherits from the server if its own fixtures omit them.
#[derive(Debug, Clone)]
pub(crate) struct Inherited {
    profile: Arc<Profile>,
    issuer: Option<String>,
    named_dialect: Option<ErrorDialect>,
    leniency: Leniency,
    auto_login: AutoLogin,
}

impl Seed {
    /// Returns the part that sandboxes inherit.
    pub(crate) fn inherited(&self) -> Inherited {
        Inherited {
            profile: Arc::clone(&self.profile),
            issuer: self.issuer.clone(),
            named_dialect: self.named_dialect,
            leniency: self.leniency,
            auto_login: self.auto_login.clone(),
        }
    }
}
