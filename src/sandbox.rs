//! One authority and the clock that rules it: what a base path of the server stands for.

use crate::authority::Authority;
use crate::clock::Clock;

/// An authorization server in its own time.
#[derive(Debug)]
pub(crate) struct Sandbox {
    pub(crate) authority: Authority,
    pub(crate) clock: Clock,
}
