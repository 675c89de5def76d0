//! Minting without a server.

use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::authority::{Authority, MintOrder};
use crate::cli::{Made, Mistake, Place, print, whole_number};
use crate::clock::Timestamp;

/// Print what the token endpoint would have answered, without a server
///
/// The tokens are good at a server with the same keys and issuer: start it with the same --issuer, or mint with the same
/// --host and --port.
///
/// Example: oauth-mimic mint --client client-default --scope 'openid email' --only refresh-token
#[derive(Debug, Args)]
pub(super) struct Mint {
    /// The client the tokens are for; without, the first of the fixtures
    #[arg(long, value_name = "CLIENT_ID")]
    client: Option<String>,
    /// The user the tokens are about; without, the first of the fixtures
    #[arg(long, value_name = "SUB")]
    subject: Option<String>,
    /// The scope, separated by spaces; without, all that the client is registered for
    #[arg(long)]
    scope: Option<String>,
    /// When the user logged in, such as 2023-03-28T12:21:05Z; without, now
    #[arg(long, value_name = "RFC3339")]
    auth_time: Option<Timestamp>,
    /// Seconds the access token lives; without, as client or profile say
    #[arg(long, value_name = "SECONDS", value_parser = whole_number::<u32>)]
    access_token_lifetime: Option<u32>,
    /// Seconds the ID token lives; without, as client or profile say
    #[arg(long, value_name = "SECONDS", value_parser = whole_number::<u32>)]
    id_token_lifetime: Option<u32>,
    /// Seconds the refresh token lives; without, as client or profile say
    #[arg(long, value_name = "SECONDS", value_parser = whole_number::<u32>)]
    refresh_token_lifetime: Option<u32>,
    /// Print this token alone instead of the whole response
    #[arg(long, value_name = "TOKEN")]
    only: Option<Only>,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    made: Made,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Only {
    AccessToken,
    RefreshToken,
    IdToken,
}

impl Mint {
    pub(super) fn run(self) -> Result<ExitCode, Mistake> {
        let mut builder = self.made.builder();
        if let Some(url) = self.place.base_url.clone() {
            builder = builder.base_url(url);
        }
        let sandbox = builder.authority(self.place.address()?)?;
        let Authority {
            issuer, base_url, ..
        } = &sandbox.authority;
        if self.place.port == 0 && self.place.base_url.is_none() && issuer.starts_with(base_url) {
            return Err(Mistake(
                "--port 0: the tokens would name the server's address as their issuer, and that is none; give the \
                 server's --port or --base-url, or --issuer"
                    .to_owned(),
            ));
        }
        let seconds =
            |lifetime: Option<u32>| lifetime.map(|seconds| Duration::from_secs(seconds.into()));
        let response = sandbox.authority.mint(
            &MintOrder {
                client_id: self.client,
                subject: self.subject,
                scope: self.scope,
                auth_time: self.auth_time,
                access_token_lifetime: seconds(self.access_token_lifetime),
                id_token_lifetime: seconds(self.id_token_lifetime),
                refresh_token_lifetime: seconds(self.refresh_token_lifetime),
                defect: None,
            },
            sandbox.clock.now(),
        )?;
        print(match self.only {
            None => response.as_json(),
            Some(Only::AccessToken) => response.access_token(),
            Some(Only::RefreshToken) => response.refresh_token(),
            Some(Only::IdToken) => response.id_token().ok_or_else(|| {
                Mistake(format!(
                    "--only id-token: scope `{}` calls for none; add openid to --scope",
                    response.scope()
                ))
            })?,
        });
        Ok(ExitCode::SUCCESS)
    }
}
