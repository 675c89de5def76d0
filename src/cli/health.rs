//! Asking a server whether it answers.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use crate::cli::{Place, print, tell, whole_number};
use crate::sandbox::RESERVED;

/// Ask a running server whether it answers, for container health checks
///
/// Exit code 0 says that it does, 1 that it does not. With the environment variables of the server it finds the server.
///
/// Example: oauth-mimic health --port 8080
#[derive(Debug, Args)]
pub(super) struct Health {
    #[command(flatten)]
    place: Place,
    /// Seconds to wait for the answer
    #[arg(long, value_name = "SECONDS", default_value_t = 2, value_parser = whole_number::<u64>)]
    timeout: u64,
}

impl Health {
    pub(super) fn run(self) -> ExitCode {
        // A server that listens everywhere answers here, too.
        let host = match self.place.host.as_str() {
            "0.0.0.0" | "::" | "[::]" => "localhost".to_owned(),
            ip if ip.contains(':') && !ip.starts_with('[') => format!("[{ip}]"),
            name => name.to_owned(),
        };
        let base_url = self
            .place
            .base_url
            .unwrap_or_else(|| format!("http://{host}:{}", self.place.port));
        let url = format!("{base_url}{RESERVED}/health");
        let agent: ureq::Agent = ureq::Agent::config_builder()
            // The server is near: a proxy of the environment would look for it elsewhere.
            .proxy(None)
            .timeout_global(Some(Duration::from_secs(self.timeout)))
            .build()
            .into();
        match agent
            .get(&url)
            .call()
            .and_then(|mut answer| answer.body_mut().read_to_string())
        {
            Ok(body) => {
                print(body);
                ExitCode::SUCCESS
            }
            Err(why) => {
                tell(format_args!("oauth-mimic: {url} does not answer: {why}"));
                ExitCode::from(1)
            }
        }
    }
}
