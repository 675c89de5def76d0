//! The library's face: build a server, hold it, mint from it, drop it.

mod builder;
mod handle;
mod mint;
pub(crate) mod run;

pub use builder::{StartError, TokenServerBuilder};
pub use handle::TokenServer;
pub use mint::Mint;
