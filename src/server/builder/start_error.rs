//! Why a server did not start.

use std::io;
use std::net::SocketAddr;

use crate::seed::FixtureError;

/// Why a server did not start. The message names the place of the error and the remedy.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// A fixture file, a profile, or an entry from code is invalid.
    #[error(transparent)]
    Fixtures(#[from] FixtureError),
    /// The signing key cannot be read, or is not accepted.
    #[error("{source_name}: {problem}")]
    Keys {
        /// The path of the key file, or `the given key`.
        source_name: String,
        /// What is wrong, and how to correct it.
        problem: String,
    },
    /// The server cannot listen on the address.
    #[error("cannot listen on {address}: {why}; {}", remedy(why))]
    Listen {
        /// The configured address.
        address: SocketAddr,
        /// The error of the operating system.
        why: io::Error,
    },
    /// A URL option is invalid.
    #[error("{name}: {problem}")]
    Url {
        /// The name of the option, such as `base_url`.
        name: &'static str,
        /// What is wrong, and how to correct it.
        problem: String,
    },
    /// The operating system refused a thread or a socket.
    #[error("the server cannot run: {0}")]
    Run(#[from] io::Error),
}

/// Returns the remedy for an address that cannot be used.
fn remedy(why: &io::Error) -> &'static str {
    match why.kind() {
        io::ErrorKind::AddrNotAvailable => {
            "choose an address of this machine, such as 127.0.0.1, or 0.0.0.0 for all it has"
        }
        io::ErrorKind::PermissionDenied => "choose a port above 1023, or 0 for any free one",
        _ => "choose another port, or 0 for any free one",
    }
}
