//! `health`: asks a server whether it answers.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use crate::cli::{Listen, Mistake, print, tell, whole_number};
use crate::sandbox::RESERVED;

/// Ask a running server whether it answers, for health checks of containers
///
/// Asks the address that the server listens on, so that the variables of the server's environment suffice. A base URL,
/// which may lead through a proxy, is not asked. Exit code 0: the server answers. 1: it does not.
///
/// Example: oauth-mimic health --port 8080
#[derive(Debug, Args)]
pub(super) struct Health {
    #[command(flatten)]
    listen: Listen,
    /// The longest wait for the answer, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 2, value_parser = whole_number::<u64>)]
    timeout: u64,
}

impl Health {
    pub(super) fn run(self) -> ExitCode {
        let addresses = match self.listen.addresses() {
            Ok(addresses) => addresses,
            Err(Mistake(message)) => {
                tell(format_args!("oauth-mimic: {message}"));
                return ExitCode::from(1);
            }
        };
        for address in addresses.into_iter().map(reachable) {
            let url = format!("http://{address}{RESERVED}/health");
            match ask(&url, Duration::from_secs(self.timeout)) {
                Ok(body) => {
                    print(body);
                    return ExitCode::SUCCESS;
                }
                Err(why) => tell(format_args!("oauth-mimic: {url} does not answer: {why}")),
            }
        }
        ExitCode::from(1)
    }
}

/// A server that listens on every address is asked on the loopback one.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    address
}

fn ask(url: &str, timeout: Duration) -> Result<String, ureq::Error> {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        // A proxy of the environment would look for the server on another machine.
        .proxy(None)
        .timeout_global(Some(timeout))
        .build()
        .into();
    agent.get(url).call()?.body_mut().read_to_string()
}
