//! Everything that reads a token back: introspection, revocation, userinfo.

mod introspect;
mod revoke;
mod userinfo;

pub(crate) use userinfo::Userinfo;

use crate::clock::Timestamp;
use crate::oauth::credentials::Credentials;
use crate::oauth::params::Params;
use crate::oauth::refusal::Refusal;

/// A request about a token, by a client that authenticates.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ClientRequest<'a> {
    pub(crate) credentials: &'a Credentials,
    pub(crate) params: &'a Params,
    pub(crate) now: Timestamp,
}

impl<'a> ClientRequest<'a> {
    /// Returns the token that the request is about.
    fn token(&self) -> Result<&'a str, Refusal> {
        self.params.get("token").ok_or(Refusal::TokenMissing {})
    }
}
