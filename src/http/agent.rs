//! The server's own requests: to clients, and to itself.

use std::time::Duration;

/// Returns an agent that follows no redirect and returns every status. A proxy of the environment would look for a server of
/// this machine on another one. Without `patience` a request has no limit of time.
pub(crate) fn agent(patience: Option<Duration>) -> ureq::Agent {
    ureq::Agent::config_builder()
        .proxy(None)
        .timeout_global(patience)
        .max_redirects(0)
        .http_status_as_error(false)
        .build()
        .into()
}
