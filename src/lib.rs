//! A mock OAuth 2.0 and OpenID Connect provider for tests: strict by default, lenient on request, with a reason for each
//! refusal.
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
//! // The server stops when it is dropped.
//! ```
//!
//! # Rooms
//!
//! The modules, highest first. `tests/architecture.rs` checks that a module uses only modules below it, and
//! `docs/design/architecture.md` has a map.
//!
//! - `server` listens and finds the sandbox; the command line, `cli`, starts it.
//! - `control` is the control plane, the methods of [`Mimic`] over HTTP.
//! - `http` reads requests and writes answers: bodies, limits, faults on the wire, one journal entry for each request.
//! - `pages` are the HTML pages: login, consent, logout, errors.
//! - `sandbox` is one imitated provider: an authority with its clock, faults and journal.
//! - `authority` is the authorization server without HTTP.
//! - `dialect` reads requests, strictly or as a more tolerant framework does.
//! - `grant` has one file for each grant: what a request must prove.
//! - `store` remembers spent tokens and revoked grants.
//! - `registry` has the clients, users and named refresh tokens.
//! - `seed` reads fixtures and reports what is wrong with them.
//! - `shape` is the profile: what tokens and answers look like, as data.
//! - `keys` reads keys, signs and verifies.
//! - `journal` records requests, and compares them with what a test expects.
//! - `fault` has the rules for what goes wrong on purpose.
//! - `oauth` is the vocabulary of the RFCs; `json` reads JSON strictly; `clock` and `random` are time and chance.

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
mod oauth;
mod pages;
mod random;
mod registry;
mod sandbox;
mod seed;
mod server;
mod shape;
mod store;

pub use crate::authority::{Login, MintError};
pub use crate::clock::{Clock, InvalidTimestamp, Timestamp};
pub use crate::fault::{
    ActiveRule, AnswerFault, ContentTypeFault, Defect, DefectKind, DelayFault, DripFault,
    ErrorFault, Fault, FaultKind, KeysFault, MissingClaimDefect, OversizedDefect, RedirectFault,
    Rule, SetClaimsDefect, StatusFault, TokenFault, TruncateFault, When, WrongKeys, WrongRedirect,
};
pub use crate::journal::{
    Advice, AdviceCode, Exchange, Expectation, Filter, IssuedIds, Outcome, Parameter,
};
pub use crate::oauth::client::{AuthMethod, Client, Secret, SignedResponseAlg};
pub use crate::oauth::endpoint::Endpoint;
pub use crate::oauth::grant::RefreshPolicy;
pub use crate::oauth::grant_type::GrantType;
pub use crate::oauth::leniency::{Leniency, NotTolerable};
pub use crate::oauth::refusal::{ErrorDialect, RefusalName};
pub use crate::oauth::response::TokenResponse;
pub use crate::oauth::scope::{InvalidScope, Scope};
pub use crate::oauth::token_kind::TokenKind;
pub use crate::oauth::user::{AutoLogin, User};
pub use crate::sandbox::SandboxError;
pub use crate::seed::{FixtureError, FixtureTime, Fixtures, NamedRefreshToken, profiles};
pub use crate::server::{
    AuthorizationResponse, FaultGuard, Faults, Keys, Mimic, Mint, SandboxGuard, SandboxOptions,
    StartError, TokenServer, TokenServerBuilder,
};

/// The Rust code of the README and of the book, as doctests.
#[cfg(doctest)]
mod book {
    #[doc = include_str!("../README.md")]
    struct Readme;
    #[doc = include_str!("../docs/guides/rust.md")]
    struct GuidesRust;
    #[doc = include_str!("../docs/guides/login.md")]
    struct GuidesLogin;
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
    #[doc = include_str!("../docs/guides/client-credentials.md")]
    struct GuidesClientCredentials;
    #[doc = include_str!("../docs/guides/reading-tokens.md")]
    struct GuidesReadingTokens;
    #[doc = include_str!("../docs/guides/raw-basic.md")]
    struct GuidesRawBasic;
    #[doc = include_str!("../docs/concepts/leniency.md")]
    struct ConceptsLeniency;
    #[doc = include_str!("../docs/concepts/clock.md")]
    struct ConceptsClock;
}
