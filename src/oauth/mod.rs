//! The vocabulary of the RFCs, as types. No I/O, no lock; time is a parameter. Every other room uses these types.

pub(crate) mod authorization;
pub(crate) mod bearer;
pub(crate) mod claims;
pub(crate) mod client;
pub(crate) mod credentials;
pub(crate) mod endpoint;
pub(crate) mod form;
pub(crate) mod grant;
pub(crate) mod grant_type;
pub(crate) mod leniency;
pub(crate) mod params;
pub(crate) mod refusal;
pub(crate) mod response;
pub(crate) mod scope;
pub(crate) mod sent;
pub(crate) mod token_kind;
pub(crate) mod user;
