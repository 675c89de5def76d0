//! `oauth-mimic`: a mock OAuth 2.0 token server for tests. `oauth-mimic --help` tells what it can do.

use std::process::ExitCode;

fn main() -> ExitCode {
    oauth_mimic::cli::run()
}
