//! The library's face: build a server, hold it, bend it, mint from it, drop it.

mod builder;
mod faults;
mod front;
mod handle;
mod mint;
pub(crate) mod run;
mod sandbox_options;
mod verbs;

#[cfg(feature = "cli")]
pub(crate) use builder::{MOST_SANDBOXES, base_url_of};
pub use builder::{StartError, TokenServerBuilder};
pub use faults::{FaultGuard, Faults};
pub use handle::TokenServer;
pub use mint::Mint;
pub use sandbox_options::SandboxOptions;
pub use verbs::{Keys, Mimic, SandboxGuard};
