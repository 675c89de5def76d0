//! What a sandbox is made of, and why it cannot be made.

use std::time::Duration;

use crate::clock::Clock;
use crate::oauth::leniency::Leniency;
use crate::seed::{Draft, FixtureError};

/// What a sandbox is to be. What is left open is as in the server's initial state.
#[derive(Debug, Default)]
pub(crate) struct SandboxOrder {
    pub(crate) id: Option<String>,
    pub(crate) label: Option<String>,
    /// In place of the server's clients, users and tokens.
    pub(crate) fixtures: Option<Draft>,
    pub(crate) clock: Option<Clock>,
    pub(crate) seed: Option<u64>,
    /// The refusals that are tolerated besides those that the server tolerates.
    pub(crate) leniency: Leniency,
    /// Real time without a request, after which the sandbox is removed; omitted, it stays.
    pub(crate) ttl: Option<Duration>,
}

/// Why a sandbox was not made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SandboxError {
    /// The id cannot stand in a path.
    #[error(
        "`{0}` cannot be the id of a sandbox; use 1 to 64 letters, digits and - . _ ~, and not . or .. alone"
    )]
    InvalidId(String),
    /// The label is too long for a list.
    #[error("the label must have at most {LONGEST_LABEL} characters")]
    InvalidLabel,
    /// With a time to live of zero, no request could reach the sandbox.
    #[error("the ttl must be more than zero")]
    InvalidTtl,
    /// Another sandbox has the id.
    #[error("there is a sandbox with the id `{0}`; remove it first, or PUT to replace it")]
    IdTaken(String),
    /// The server holds as many sandboxes as it may.
    #[error(
        "the server holds {0} sandboxes, as many as --max-sandboxes allows; remove some, or give them a ttl"
    )]
    TooMany(usize),
    /// The fixtures are wrong.
    #[error(transparent)]
    Fixtures(#[from] FixtureError),
}

/// The most characters of a label.
const LONGEST_LABEL: usize = 128;

impl SandboxOrder {
    /// Checks what needs no knowledge of other sandboxes, whether the library or the control plane made the order.
    pub(super) fn check(&self) -> Result<(), SandboxError> {
        if let Some(id) = &self.id {
            check_id(id)?;
        }
        let length = self.label.as_ref().map(|label| label.chars().count());
        if length.is_some_and(|length| length > LONGEST_LABEL) {
            return Err(SandboxError::InvalidLabel);
        }
        if self.ttl.is_some_and(|ttl| ttl.is_zero()) {
            return Err(SandboxError::InvalidTtl);
        }
        Ok(())
    }
}

/// Checks that an id can be a segment of a path. RFC 3986 §3.3 needs no encoding for these characters, and §5.2.4 removes `.`
/// and `..`.
fn check_id(id: &str) -> Result<(), SandboxError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
    let good = (1..=64).contains(&id.len()) && id.chars().all(plain) && id != "." && id != "..";
    if good {
        Ok(())
    } else {
        Err(SandboxError::InvalidId(id.to_owned()))
    }
}
