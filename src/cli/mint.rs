//! Minting without a server.

use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, ValueEnum};
use serde_json::{Map, Value, json};

use crate::authority::{MintOrder, Settings};
use crate::cli::{Made, Mistake, Place, print, whole_number};
use crate::clock::Timestamp;
use crate::fault::{Defect, Fault, TokenFault};
use crate::oauth::token_kind::TokenKind;

/// Print what the token endpoint would have answered, without a server
///
/// The tokens are good at a server with the same keys and issuer: start it with the same --issuer, or mint with the same
/// --host and --port.
///
/// Example: oauth-mimic mint --client client-default --scope 'openid email' --only refresh-token
///
/// A token that must be refused: oauth-mimic mint --only access-token --defect expired
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
    /// Break the token of --only, or else the response's access token, and nothing else of it
    #[arg(long, value_name = "DEFECT", value_parser = defect, long_help = DEFECTS, conflicts_with = "claims")]
    defect: Option<Defect>,
    /// Give that token these claims, whatever it should have, such as '{"sub":"mallory"}'
    #[arg(long, value_name = "JSON", value_parser = claims)]
    claims: Option<Map<String, Value>>,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    made: Made,
}

const DEFECTS: &str = "\
Break the token of --only, or else the response's access token, and nothing else of it

One of expired, not_yet_valid, issued_in_future, wrong_issuer, wrong_audience, wrong_type, unknown_kid, foreign_key, \
damaged_signature, alg_none and hs256_with_public_key; or with a value, as in missing_claim=exp, oversized=100000 (bytes \
more) and set_claims='{\"admin\":true}'";

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Only {
    AccessToken,
    RefreshToken,
    IdToken,
}

impl Only {
    fn which(self) -> TokenKind {
        match self {
            Self::AccessToken => TokenKind::AccessToken,
            Self::RefreshToken => TokenKind::RefreshToken,
            Self::IdToken => TokenKind::IdToken,
        }
    }
}

/// Reads a defect by its name in JSON, with its value behind `=` where it has one.
fn defect(text: &str) -> Result<Defect, String> {
    let read = match text.split_once('=') {
        None => serde_json::from_value(json!(text)),
        // A text need not be quoted.
        Some((name, value)) => serde_json::from_value(json!({ name: value })).or_else(|_| {
            let value: Value = serde_json::from_str(value)?;
            serde_json::from_value(json!({ name: value }))
        }),
    };
    let defect: Defect = read.map_err(|why| {
        format!(
            r#"{why}; those with a value are written as missing_claim=exp, oversized=100000, set_claims='{{"admin":true}}'"#
        )
    })?;
    Fault::token(TokenKind::AccessToken, defect.clone()).check()?;
    Ok(defect)
}

fn claims(text: &str) -> Result<Map<String, Value>, String> {
    serde_json::from_str(text)
        .map_err(|why| format!(r#"{why}; give a JSON object such as '{{"sub":"mallory"}}'"#))
}

impl Mint {
    pub(super) fn run(self) -> Result<ExitCode, Mistake> {
        let mut builder = self.made.builder();
        if let Some(url) = self.place.base_url.clone() {
            builder = builder.base_url(url);
        }
        let sandbox = builder.authority(self.place.address()?)?;
        let Settings {
            issuer, base_url, ..
        } = &*sandbox.settings;
        if self.place.port == 0 && self.place.base_url.is_none() && issuer.starts_with(base_url) {
            return Err(Mistake(
                "--port 0: the tokens would name the server's address as their issuer, and that is none; give the \
                 server's --port or --base-url, or --issuer"
                    .to_owned(),
            ));
        }
        let seconds =
            |lifetime: Option<u32>| lifetime.map(|seconds| Duration::from_secs(seconds.into()));
        let defect = self.defect.or(self.claims.map(Defect::SetClaims));
        let defect = defect.map(|defect| TokenFault {
            which: self.only.map_or(TokenKind::AccessToken, Only::which),
            defect,
        });
        let response = sandbox.epoch().authority.mint(
            &MintOrder {
                client_id: self.client,
                subject: self.subject,
                scope: self.scope,
                auth_time: self.auth_time,
                access_token_lifetime: seconds(self.access_token_lifetime),
                id_token_lifetime: seconds(self.id_token_lifetime),
                refresh_token_lifetime: seconds(self.refresh_token_lifetime),
                defect,
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
