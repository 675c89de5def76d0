//! Minting without a server.

use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, ValueEnum};
use serde_json::{Map, Value, json};

use crate::authority::{MintOrder, Settings};
use crate::cli::{Made, Mistake, Place, print, whole_number};
use crate::clock::Timestamp;
use crate::fault::{Defect, DefectKind, Fault, SetClaimsDefect};
use crate::oauth::grant_type::GrantType;
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
    /// The grant that the tokens are issued for: a user's grant, or client-credentials
    #[arg(long, value_name = "GRANT", default_value = "refresh-token")]
    grant: Grant,
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
    #[arg(long, value_name = "DEFECT", value_parser = defect, long_help = defects(), conflicts_with = "claims")]
    defect: Option<Defect>,
    /// Give that token these claims, whatever it should have, such as '{"sub":"mallory"}'
    #[arg(long, value_name = "JSON", value_parser = claims)]
    claims: Option<Map<String, Value>>,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    made: Made,
}

/// Lists the defects for the help.
fn defects() -> String {
    let names: Vec<&str> = DefectKind::ALL.iter().map(|kind| kind.as_str()).collect();
    format!(
        "Break the token of --only, or else the response's access token, and nothing else of it\n\nOne of {}. Those \
         with a value are written as {WITH_A_VALUE}",
        names.join(", ")
    )
}

const WITH_A_VALUE: &str =
    r#"missing_claim=exp, oversized=100000 (bytes) and set_claims='{"admin":true}'"#;

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Grant {
    /// A user's grant, as a refresh continues it
    RefreshToken,
    /// A client that acts for itself (RFC 6749 section 4.4)
    ClientCredentials,
}

impl From<Grant> for GrantType {
    fn from(grant: Grant) -> Self {
        match grant {
            Grant::RefreshToken => Self::RefreshToken,
            Grant::ClientCredentials => Self::ClientCredentials,
        }
    }
}

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

/// Reads a defect: its kind, and after `=` its one value if it has one.
fn defect(text: &str) -> Result<Defect, String> {
    let (kind, value) = match text.split_once('=') {
        Some((kind, value)) => (kind, Some(value)),
        None => (text, None),
    };
    let read = match value {
        None => serde_json::from_value(json!({ "kind": kind })),
        Some(value) => with_value(kind, value),
    };
    let defect: Defect =
        read.map_err(|why| format!("{why}; those with a value are written as {WITH_A_VALUE}"))?;
    defect.check().map_err(|why| why.to_string())?;
    Ok(defect)
}

fn with_value(kind: &str, value: &str) -> Result<Defect, serde_json::Error> {
    let kind: DefectKind = serde_json::from_value(json!(kind))?;
    let (member, value) = match kind {
        DefectKind::MissingClaim => ("claim", json!(value)),
        DefectKind::SetClaims => ("claims", serde_json::from_str(value)?),
        DefectKind::Oversized => ("bytes", serde_json::from_str(value)?),
        DefectKind::Expired
        | DefectKind::NotYetValid
        | DefectKind::IssuedInFuture
        | DefectKind::WrongIssuer
        | DefectKind::WrongAudience
        | DefectKind::WrongType
        | DefectKind::UnknownKid
        | DefectKind::ForeignKey
        | DefectKind::DamagedSignature
        | DefectKind::AlgNone
        | DefectKind::Hs256WithPublicKey => {
            return Err(serde::de::Error::custom(format!("{kind} has no value")));
        }
    };
    serde_json::from_value(json!({ "kind": kind, member: value }))
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
        let sandbox = builder.authority(self.place.listen.addresses()?[0])?;
        let Settings {
            issuer, base_url, ..
        } = &*sandbox.settings;
        if self.place.listen.port == 0
            && self.place.base_url.is_none()
            && issuer.starts_with(base_url)
        {
            return Err(Mistake(
                "--port 0: the tokens would name the server's address as their issuer, and that is none; give the \
                 server's --port or --base-url, or --issuer"
                    .to_owned(),
            ));
        }
        let seconds =
            |lifetime: Option<u32>| lifetime.map(|seconds| Duration::from_secs(seconds.into()));
        let claims = self
            .claims
            .map(|claims| SetClaimsDefect::from(claims).into());
        let which = self.only.map_or(TokenKind::AccessToken, Only::which);
        let defect = self.defect.or(claims);
        let defect = defect.map(|defect| Fault::token(which, defect));
        let response = sandbox.epoch().authority.mint(
            &MintOrder {
                grant_type: self.grant.into(),
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
        print(match self.only.map(Only::which) {
            None => response.as_json(),
            Some(kind) => response.token(kind).ok_or_else(|| {
                Mistake(format!(
                    "--only: a response for this grant and the scope `{}` has no {kind}; an ID token needs openid in --scope",
                    response.scope()
                ))
            })?,
        });
        Ok(ExitCode::SUCCESS)
    }
}
