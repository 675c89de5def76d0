//! The library's interface: build a server, hold it, change it, mint from it, drop it.

mod builder;
mod faults;
mod front;
mod handle;
mod keys;
mod logins;
mod mimic;
mod mint;
mod registered;
mod requests;
pub(crate) mod run;
mod sandbox_guard;
mod sandbox_options;

#[cfg(feature = "cli")]
pub(crate) use builder::{MOST_SANDBOXES, base_url_of};
pub use builder::{StartError, TokenServerBuilder};
pub use faults::{FaultGuard, Faults};
pub use handle::TokenServer;
pub use keys::Keys;
pub use logins::AuthorizationResponse;
pub use mimic::Mimic;
pub use mint::Mint;
pub use sandbox_guard::SandboxGuard;
pub use sandbox_options::SandboxOptions;
