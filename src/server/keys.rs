//! The signing keys of a provider, in a test.

use std::fmt;
use std::time::Duration;

use crate::sandbox::Sandbox;

/// The signing keys of a provider.
pub struct Keys<'m>(pub(super) &'m Sandbox);

impl Keys<'_> {
    /// Returns the `kid` of the key that signs new tokens.
    #[must_use]
    pub fn signing(&self) -> String {
        self.0.epoch().authority.keys().signing().public.kid.clone()
    }

    /// Returns the `kid` of each key in the JWKS, the signing key first.
    #[must_use]
    pub fn published(&self) -> Vec<String> {
        let now = self.0.clock.now();
        self.0
            .epoch()
            .authority
            .keys()
            .published(now)
            .map(|key| key.kid.clone())
            .collect()
    }

    /// Rotates the signing key: new tokens are signed with a new key, and the previous one stays published until it is retired.
    /// Returns the `kid` of the new key.
    pub fn rotate(&self) -> String {
        self.0
            .epoch()
            .authority
            .rotate_keys(self.0.clock.now(), None)
            .public
            .kid
            .clone()
    }

    /// Rotates the signing key, and publishes the previous one for that time, by the server's clock. Returns the `kid` of the new
    /// key.
    pub fn rotate_and_retire_after(&self, overlap: Duration) -> String {
        let now = self.0.clock.now();
        self.0
            .epoch()
            .authority
            .rotate_keys(now, Some(now + overlap))
            .public
            .kid
            .clone()
    }

    /// Removes a key from the JWKS at once: verifiers no longer accept the tokens that it signed.
    ///
    /// # Panics
    /// There is no key with this `kid`, or it is the signing key.
    #[track_caller]
    pub fn retire(&self, kid: &str) {
        if let Err(why) = self.0.epoch().authority.retire_key(kid) {
            panic!("key `{kid}`: {why}");
        }
    }
}

impl fmt::Debug for Keys<'_> {
    /// Shows the `kid` of each published key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys")
            .field("published", &self.published())
            .finish_non_exhaustive()
    }
}
