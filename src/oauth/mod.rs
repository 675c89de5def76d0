//! The vocabulary: what the RFCs have a word for.
//!
//! No actix, no lock, no clock. The lowest room but time and chance; every other room speaks in these types.

pub(crate) mod client;
pub(crate) mod credentials;
pub(crate) mod endpoint;
pub(crate) mod form;
pub(crate) mod grant;
pub(crate) mod params;
pub(crate) mod refusal;
pub(crate) mod response;
pub(crate) mod scope;
pub(crate) mod token_kind;
pub(crate) mod user;
