//! A mock OAuth 2.0 token server for tests: right by default, lax only when asked, and it says why it refuses.
//!
//! ```
//! use oauth_mimic::TokenServer;
//!
//! let server = TokenServer::start(); // a free port, a thread of its own, the default fixtures
//! let refresh_token = server.mint().client("client-default").refresh_token();
//!
//! let answer = ureq::post(server.token_url()).send_form([
//!     ("grant_type", "refresh_token"),
//!     ("refresh_token", &refresh_token),
//!     ("client_id", "client-default"),
//!     ("client_secret", "client-default-secret"),
//! ])?;
//! assert_eq!(answer.status(), 200);
//! # Ok::<(), ureq::Error>(())
//! // it stops here, with the scope
//! ```
//!
//! # Rooms
//!
//! In the order a request meets them; a test holds that each uses only those it may.
//!
//! - `http` carries bytes: limits, bodies, replies, faults on the wire, one record of each request.
//! - `dialect` reads requests and tells refusals, by the letter of the RFCs or as a laxer framework does.
//! - `authority` is the authorization server without HTTP: the whole pipeline in a dozen lines.
//! - `grant` holds what each grant must prove, one file each.
//! - `ledger` remembers what was spent or revoked, and nothing else.
//! - `seed` reads fixtures and says what is wrong with them.
//! - `registry` holds the clients, users and named refresh tokens.
//! - `shape` is the profile: what tokens and answers look like, as data.
//! - `keys` reads keys, signs and verifies, and forges on command.
//! - `fault` is what can go wrong on purpose, as data, and which is next.
//! - `journal` keeps what came in and went out, and compares it with what a test expects.
//! - `json` reads objects strictly; `oauth` is the vocabulary; `clock` and `random` are time and chance.
//! - `sandbox` is one authority with its clock, faults and journal; `control` bends it over HTTP, [`Mimic`] in a test.
//! - `server` and the command line put them together.

#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod cli;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;

mod authority;
mod clock;
mod control;
mod dialect;
mod fault;
mod grant;
mod http;
mod journal;
mod json;
mod keys;
mod ledger;
mod oauth;
mod random;
mod registry;
mod sandbox;
mod seed;
mod server;
mod shape;

pub use crate::authority::MintError;
pub use crate::clock::{Clock, InvalidTimestamp, Timestamp};
pub use crate::fault::plan::{ActiveRule, Rule, When};
pub use crate::fault::{
    AnswerFault, Defect, DelayFault, ErrorFault, Fault, KeysFault, StatusFault, TokenFault,
};
pub use crate::journal::{Advice, Exchange, Expectation, Filter, IssuedIds, Parameter};
pub use crate::oauth::client::{AuthMethod, Client, Secret};
pub use crate::oauth::endpoint::Endpoint;
pub use crate::oauth::grant::RefreshPolicy;
pub use crate::oauth::refusal::ErrorDialect;
pub use crate::oauth::response::TokenResponse;
pub use crate::oauth::scope::{InvalidScope, Scope};
pub use crate::oauth::token_kind::TokenKind;
pub use crate::oauth::user::User;
pub use crate::seed::{FixtureError, FixtureTime, Fixtures, NamedRefreshToken, profiles};
pub use crate::server::{
    Faults, Keys, Mimic, Mint, SandboxGuard, StartError, TokenServer, TokenServerBuilder,
};

/// The Rust code of the README and of the book, as doctests.
#[cfg(doctest)]
mod pages {
    #[doc = include_str!("../README.md")]
    struct Readme;
    #[doc = include_str!("../docs/guides/rust.md")]
    struct GuidesRust;
    #[doc = include_str!("../docs/guides/expiry.md")]
    struct GuidesExpiry;
    #[doc = include_str!("../docs/guides/rotation.md")]
    struct GuidesRotation;
    #[doc = include_str!("../docs/guides/faults.md")]
    struct GuidesFaults;
    #[doc = include_str!("../docs/guides/broken-tokens.md")]
    struct GuidesBrokenTokens;
    #[doc = include_str!("../docs/guides/key-rotation.md")]
    struct GuidesKeyRotation;
    #[doc = include_str!("../docs/guides/sandboxes.md")]
    struct GuidesSandboxes;
    #[doc = include_str!("../docs/guides/verify.md")]
    struct GuidesVerify;
    #[doc = include_str!("../docs/concepts/clock.md")]
    struct ConceptsClock;
}
