//! A sandbox, held by a test.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use crate::sandbox::Sandboxes;
use crate::server::mimic::Mimic;

/// A sandbox of a server, with the methods of [`Mimic`]. Dropping the guard removes the sandbox.
pub struct SandboxGuard {
    pub(super) mimic: Mimic,
    pub(super) sandboxes: Arc<Sandboxes>,
}

impl SandboxGuard {
    /// Returns the URL of the sandbox's control plane, as [`TokenServer::control_url`](crate::TokenServer::control_url) does
    /// for the server; none if the server has no control plane.
    #[must_use]
    pub fn control_url(&self) -> Option<String> {
        self.mimic.inner.settings.control_url.clone()
    }
}

impl Deref for SandboxGuard {
    type Target = Mimic;

    fn deref(&self) -> &Mimic {
        &self.mimic
    }
}

impl Drop for SandboxGuard {
    fn drop(&mut self) {
        self.sandboxes.discard(&self.mimic.inner);
    }
}

impl fmt::Debug for SandboxGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SandboxGuard")
            .field("base_url", &self.base_url())
            .finish_non_exhaustive()
    }
}
