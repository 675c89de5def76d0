//! Checking fixtures.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::cli::{Made, Mistake, PathList, print};

/// Check fixtures, profile and keys without serving
///
/// Prints what there is, and exit code 0 says that a server would start with it. Otherwise exit code 2 comes with the
/// file, the place in it and the remedy.
///
/// Example: oauth-mimic check fixtures/ --profile standard
#[derive(Debug, Args)]
pub(super) struct Check {
    /// Fixture files or directories, beside those of --fixtures
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    made: Made,
}

impl Check {
    pub(super) fn run(mut self) -> Result<ExitCode, Mistake> {
        self.made.fixtures.push(PathList(self.paths));
        let sandbox = self
            .made
            .builder()
            .authority(([127, 0, 0, 1], 8080).into())?;
        print(format_args!("ok: {}", sandbox.epoch().authority.summary()));
        Ok(ExitCode::SUCCESS)
    }
}
