//! A mistake that the types of a document cannot exclude: a member with a value that makes no sense.

use std::fmt;

use crate::json::{Mistake, pointer};

/// A mistake in a value that was read, and the place of the mistake in that value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Invalid {
    /// The JSON Pointer from the value to the mistake; empty for the value itself.
    pub(crate) pointer: String,
    pub(crate) problem: String,
}

impl Invalid {
    /// A mistake of the value itself.
    pub(crate) fn new(problem: impl Into<String>) -> Self {
        Self {
            pointer: String::new(),
            problem: problem.into(),
        }
    }

    /// A mistake in a member of the value.
    pub(crate) fn member(name: &str, problem: impl Into<String>) -> Self {
        Self::new(problem).within(name)
    }

    /// The same mistake, seen from the object of which the value is the member `name`.
    #[must_use]
    pub(crate) fn within(mut self, name: &str) -> Self {
        self.pointer.insert_str(0, &pointer::child("", name));
        self
    }
}

impl From<Mistake> for Invalid {
    /// The problem gets the line and the column of the mistake, which people look for in a file.
    fn from(why: Mistake) -> Self {
        Self {
            problem: format!("{} (line {}, column {})", why.problem, why.line, why.column),
            pointer: why.pointer,
        }
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.pointer.is_empty() {
            f.write_str(&self.problem)
        } else {
            write!(f, "{}: {}", self.pointer, self.problem)
        }
    }
}
