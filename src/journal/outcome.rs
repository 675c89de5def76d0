//! How an exchange ended.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How an exchange ended, or that it has not ended yet.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// The request has arrived and is not answered yet.
    Pending,
    /// The client closed the connection before it had the whole answer.
    ///
    /// The server notices a reset of the connection (TCP RST) at any time. It notices an end in good order (TCP FIN), which
    /// may close one direction only, when it writes; so a request whose client leaves in that way during a `delay` is
    /// processed, and its outcome is that of the answer. During a `drip`, both are noticed: the entry then says what was
    /// on its way, such as the tokens that were issued. An answer that the operating system has taken whole counts as delivered.
    Abandoned,
    /// Tokens were issued (RFC 6749 §5.1).
    Issued,
    /// A document or an empty answer was given.
    Answered,
    /// The request was refused with an error (RFC 6749 §5.2).
    Refused,
    /// A fault replaced the answer.
    Faulted,
}

impl Outcome {
    /// Every outcome, in the order of this enum.
    pub const ALL: &'static [Self] = &[
        Self::Pending,
        Self::Abandoned,
        Self::Issued,
        Self::Answered,
        Self::Refused,
        Self::Faulted,
    ];

    /// Returns the name of the outcome, as in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Abandoned => "abandoned",
            Self::Issued => "issued",
            Self::Answered => "answered",
            Self::Refused => "refused",
            Self::Faulted => "faulted",
        }
    }

    /// Returns what the outcome means, in one sentence.
    #[must_use]
    pub const fn doc(self) -> &'static str {
        match self {
            Self::Pending => "The request has arrived and is not answered yet.",
            Self::Abandoned => {
                "The client closed the connection before it had the whole answer. The server notices a reset of the \
                 connection (TCP RST) at any time, and an end in good order (TCP FIN) only when it writes."
            }
            Self::Issued => "Tokens were issued (RFC 6749 §5.1).",
            Self::Answered => "A document or an empty answer was given.",
            Self::Refused => "The request was refused with an error (RFC 6749 §5.2).",
            Self::Faulted => "A fault replaced the answer.",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
