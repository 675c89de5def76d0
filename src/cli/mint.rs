//! Minting without a server.

use std::process::ExitCode;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use serde::de::DeserializeOwned;

use crate::authority::{MintKind, MintOrder, Settings};
use crate::cli::{Made, Mistake, Place, print, whole_number};
use crate::clock::Timestamp;
use crate::fault::{Defect, DefectKind};
use crate::json::{self, Object, Value};
use crate::oauth::grant_type::GrantType;
use crate::oauth::token_kind::TokenKind;
use crate::seed::FixtureTime;

/// Print what the token endpoint would have answered, without a server
///
/// The tokens are good at a server with the same keys and issuer: start it with the same --issuer, or mint with the same
/// --host and --port.
///
/// Example: oauth-mimic mint --client-id client-default --scope 'openid email' --kind refresh_token
///
/// A token that must be refused: oauth-mimic mint --kind access_token --defect expired
#[derive(Debug, Args)]
#[expect(clippy::doc_markdown, reason = "the help is plain text")]
pub(super) struct Mint {
    /// The grant that the tokens are issued for: a user's grant, or that of a client that acts for itself
    #[arg(long, value_name = "GRANT", default_value = "refresh_token", value_parser = grant_types())]
    grant_type: GrantType,
    /// The client the tokens are for; without, the first of the fixtures
    #[arg(long, value_name = "CLIENT_ID")]
    client_id: Option<String>,
    /// The user the tokens are about; without, the first of the fixtures
    #[arg(long, value_name = "SUB")]
    sub: Option<String>,
    /// The scope, separated by spaces; without, all that the client is registered for
    #[arg(long)]
    scope: Option<String>,
    /// When the user logged in: a date such as 2023-03-28T12:21:05Z, or -131 for seconds before now; without, now
    #[arg(long, value_name = "TIME", value_parser = time, allow_hyphen_values = true)]
    auth_time: Option<FixtureTime>,
    /// Seconds the access token lives, 0 for one that has just expired; without, as client or profile say
    #[arg(long, value_name = "SECONDS", value_parser = whole_number::<u32>)]
    access_token_lifetime: Option<u32>,
    /// Seconds the ID token lives, 0 for one that has just expired; without, as client or profile say
    #[arg(long, value_name = "SECONDS", value_parser = whole_number::<u32>)]
    id_token_lifetime: Option<u32>,
    /// Seconds the refresh token lives, 0 for one that has just expired; without, as client or profile say
    #[arg(long, value_name = "SECONDS", value_parser = whole_number::<u32>)]
    refresh_token_lifetime: Option<u32>,
    /// Set these claims in the token of --kind, or else in the response's access token, such as '{"sub":"mallory"}'; they
    /// replace those of the same name, also those of --defect
    #[arg(long, value_name = "JSON", value_parser = claims)]
    claims: Option<Object>,
    /// Break the token of --kind, or else the response's access token, and nothing else of it
    #[arg(long, value_name = "DEFECT", value_parser = defect, long_help = defects())]
    defect: Option<Defect>,
    /// What to print: one token, or the whole response
    #[arg(long, value_name = "KIND", default_value = "response", value_parser = kinds())]
    kind: MintKind,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    made: Made,
}

fn grant_types() -> impl TypedValueParser<Value = GrantType> {
    one_of(GrantType::ALL.iter().map(|grant_type| grant_type.as_str()))
}

fn kinds() -> impl TypedValueParser<Value = MintKind> {
    let tokens = TokenKind::ALL.iter().map(|kind| kind.as_str());
    one_of(tokens.chain(["response"]))
}

/// Reads one of these names as JSON would.
fn one_of<T: DeserializeOwned + Clone + Send + Sync + 'static>(
    names: impl Iterator<Item = &'static str>,
) -> impl TypedValueParser<Value = T> {
    PossibleValuesParser::new(names).try_map(|name| json::typed::<T>(name.into()))
}

/// Reads a time as in JSON, or a bare RFC 3339 text.
fn time(text: &str) -> Result<FixtureTime, String> {
    match serde_json::from_str(text) {
        Ok(time) => Ok(time),
        Err(_) => Timestamp::parse(text)
            .map(FixtureTime::Instant)
            .map_err(|why| why.to_string()),
    }
}

/// Lists the defects for the help.
fn defects() -> String {
    let names: Vec<&str> = DefectKind::ALL.iter().map(|kind| kind.as_str()).collect();
    format!(
        "Break the token of --kind, or else the response's access token, and nothing else of it\n\nOne of {}. Those \
         with a value are written as {WITH_A_VALUE}",
        names.join(", ")
    )
}

const WITH_A_VALUE: &str =
    r#"missing_claim=exp, oversized=100000 (bytes) and set_claims='{"admin":true}'"#;

/// Reads a defect: its kind, and after `=` its one value if it has one.
fn defect(text: &str) -> Result<Defect, String> {
    let (kind, value) = match text.split_once('=') {
        Some((kind, value)) => (kind, Some(value)),
        None => (text, None),
    };
    let read = match value {
        None => json::typed(Object::from_iter([("kind", kind)]).into()),
        Some(value) => with_value(kind, value),
    };
    read.map_err(|why| format!("{why}; those with a value are written as {WITH_A_VALUE}"))
}

fn with_value(kind: &str, value: &str) -> Result<Defect, serde_json::Error> {
    let kind: DefectKind = json::typed(kind.into())?;
    let (member, value): (_, Value) = match kind {
        DefectKind::MissingClaim => ("claim", value.into()),
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
        | DefectKind::Hs256WithPublicKey
        | DefectKind::WrongNonce
        | DefectKind::WrongAtHash
        | DefectKind::WrongCHash
        | DefectKind::WrongAzp => {
            return Err(serde::de::Error::custom(format!("{kind} has no value")));
        }
    };
    let members = [("kind", kind.as_str().into()), (member, value)];
    json::typed(Object::from_iter(members).into())
}

fn claims(text: &str) -> Result<Object, String> {
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
        let order = MintOrder {
            grant_type: self.grant_type,
            client_id: self.client_id,
            sub: self.sub,
            scope: self.scope,
            auth_time: self.auth_time,
            access_token_lifetime: self.access_token_lifetime,
            id_token_lifetime: self.id_token_lifetime,
            refresh_token_lifetime: self.refresh_token_lifetime,
            claims: self.claims.unwrap_or_default(),
            defect: self.defect,
            kind: self.kind,
        };
        print(sandbox.mint(&order)?.text);
        Ok(ExitCode::SUCCESS)
    }
}
