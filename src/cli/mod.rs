//! The command line: `oauth-mimic` serves; its subcommands mint, inspect, check and help.
//!
//! Every flag of the server has an environment variable. What a command is asked for goes to standard output, all else
//! to standard error. A mistake in what it was given ends it with one message and exit code 2.

mod check;
mod docs;
mod health;
mod inspect;
mod keygen;
mod mint;
mod schema;
mod serve;

use std::ffi::OsString;
use std::fmt;
use std::io::{self, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;

use clap::builder::{OsStringValueParser, TypedValueParser as _};
use clap::error::{ContextKind, ContextValue};
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::clock::{Clock, Timestamp};
use crate::oauth::leniency::Leniency;
use crate::oauth::refusal::ErrorDialect;
use crate::oauth::user::AutoLogin;
use crate::server::TokenServerBuilder;

/// A mock OAuth 2.0 and OpenID Connect provider for tests: strict by default, lenient on request, with a reason for each refusal.
///
/// Without a command it serves until Ctrl-C, and prints a curl to paste.
///
/// Example: oauth-mimic --port 0 --fixtures fixtures/ --clock 2023-03-28T12:23:16Z --seed 1
#[derive(Debug, Parser)]
#[command(name = "oauth-mimic", version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: serve::Serve,
}

#[derive(Debug, Subcommand)]
enum Command {
    Mint(Box<mint::Mint>),
    Inspect(inspect::Inspect),
    Check(check::Check),
    Keygen(keygen::Keygen),
    Health(health::Health),
    Schema(schema::Schema),
    #[command(hide = true)]
    Docs(docs::Docs),
}

/// The address that the server listens on.
#[derive(Debug, Args)]
struct Listen {
    /// The IP address to listen on, or a name of this machine; 0.0.0.0 is every IPv4 address, :: is every address. A name
    /// with several addresses means the first that can be bound, IPv4 before IPv6
    #[arg(long, env = "OAUTH_MIMIC_HOST", default_value = "127.0.0.1")]
    host: String,
    /// The TCP port to listen on; 0 is any free port, which the server prints
    #[arg(long, env = "OAUTH_MIMIC_PORT", default_value_t = 8080, value_parser = whole_number::<u16>)]
    port: u16,
}

impl Listen {
    /// The addresses of the host, IPv4 first; at least one. An IP address and `localhost` are read without a resolver, which
    /// an empty container has not (RFC 6761 §6.3).
    fn addresses(&self) -> Result<Vec<SocketAddr>, Mistake> {
        let wrong = |why: String| {
            Mistake(format!(
                "--host {}: {why}; give an IP address or a name of this machine",
                self.host
            ))
        };
        if self.host.eq_ignore_ascii_case("localhost") {
            let loopback: [IpAddr; 2] = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
            return Ok(loopback
                .map(|address| SocketAddr::new(address, self.port))
                .into());
        }
        let bare = self
            .host
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'));
        let mut addresses: Vec<SocketAddr> = (bare.unwrap_or(&self.host), self.port)
            .to_socket_addrs()
            .map_err(|why| wrong(why.to_string()))?
            .collect();
        addresses.sort_by_key(SocketAddr::is_ipv6);
        if addresses.is_empty() {
            return Err(wrong("has no address".to_owned()));
        }
        Ok(addresses)
    }
}

/// The addresses of the server.
#[derive(Debug, Args)]
struct Place {
    #[command(flatten)]
    listen: Listen,
    /// The URL, without a path, at which clients reach the server if it differs from the listening address: the name of a
    /// container, a proxy [default: the listening address]
    #[arg(long, env = "OAUTH_MIMIC_BASE_URL", value_name = "URL")]
    base_url: Option<String>,
}

/// The settings of the provider.
#[derive(Debug, Args)]
struct Made {
    /// A fixture file, or a directory whose *.json files are read in the order of their names. Repeat the flag to merge
    /// several; the environment variable has one path per line [default: the built-in fixtures]
    #[arg(
        long,
        env = "OAUTH_MIMIC_FIXTURES",
        value_name = "PATH",
        value_parser = OsStringValueParser::new().try_map(PathList::read)
    )]
    fixtures: Vec<PathList>,
    /// The profile of the provider: connect, standard, or the path of a profile file [default: the one of the fixtures, or
    /// connect]
    #[arg(long, env = "OAUTH_MIMIC_PROFILE", value_name = "NAME")]
    profile: Option<String>,
    /// The issuer of the tokens [default: the one of the fixtures, or the server's URL followed by the prefix of the
    /// profile]
    #[arg(long, env = "OAUTH_MIMIC_ISSUER", value_name = "URL")]
    issuer: Option<String>,
    /// The form of error responses [default: the one of the fixtures or of the profile]
    #[arg(long, env = "OAUTH_MIMIC_ERROR_DIALECT", value_name = "DIALECT")]
    error_dialect: Option<DialectName>,
    /// Refusals to tolerate for every client, by name and separated by commas; `anything` tolerates all that can be
    /// tolerated [default: none]
    #[arg(long, env = "OAUTH_MIMIC_LENIENCY", value_name = "NAMES")]
    leniency: Option<Leniency>,
    /// Log users in without a page: the user with this `sub`, or the first one if none is named [default: the login page
    /// asks]
    #[arg(long, env = "OAUTH_MIMIC_AUTO_LOGIN", value_name = "SUB", num_args = 0..=1, default_missing_value = "")]
    auto_login: Option<String>,
    /// The file of the private RSA key that signs tokens: PEM, JWK, or a JWK Set. The first key of a set signs; tokens
    /// that the other keys signed are accepted [default: the built-in test key, which is public]
    #[arg(long, env = "OAUTH_MIMIC_KEYS", value_name = "PATH")]
    keys: Option<PathBuf>,
    /// Stop the clock at this time, such as 2023-03-28T12:23:16Z [default: the clock runs]
    #[arg(long, env = "OAUTH_MIMIC_CLOCK", value_name = "RFC3339")]
    clock: Option<Timestamp>,
    /// Draw random values from this seed. With --clock too, two runs give identical responses to the same requests
    #[arg(long, env = "OAUTH_MIMIC_SEED", value_name = "N", value_parser = whole_number::<u64>)]
    seed: Option<u64>,
}

/// Paths, one per line.
#[derive(Debug, Clone)]
struct PathList(Vec<PathBuf>);

impl PathList {
    fn read(text: OsString) -> Result<Self, &'static str> {
        let paths: Vec<PathBuf> = match text.to_str() {
            Some(text) => text
                .lines()
                .filter(|line| !line.trim().is_empty())
                .map(PathBuf::from)
                .collect(),
            None => vec![PathBuf::from(text)],
        };
        if paths.is_empty() {
            return Err("give the path of a file or of a directory");
        }
        Ok(Self(paths))
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum DialectName {
    /// As RFC 6749 specifies
    Rfc,
    /// As Spring Security OAuth does
    Spring,
}

impl Made {
    fn builder(&self) -> TokenServerBuilder {
        let mut builder = TokenServerBuilder::default();
        for path in self.fixtures.iter().flat_map(|list| &list.0) {
            builder = builder.fixtures(path);
        }
        if let Some(profile) = &self.profile {
            builder = builder.profile(profile);
        }
        if let Some(issuer) = &self.issuer {
            builder = builder.issuer(issuer);
        }
        if let Some(dialect) = self.error_dialect {
            builder = builder.error_dialect(match dialect {
                DialectName::Rfc => ErrorDialect::Rfc,
                DialectName::Spring => ErrorDialect::Spring,
            });
        }
        if let Some(leniency) = self.leniency {
            builder = builder.leniency(leniency);
        }
        if let Some(sub) = &self.auto_login {
            builder = builder.auto_login(match sub.as_str() {
                "" => AutoLogin::FirstUser,
                sub => AutoLogin::User(sub.to_owned()),
            });
        }
        if let Some(path) = &self.keys {
            builder = builder.keys(path);
        }
        if let Some(at) = self.clock {
            builder = builder.clock(&Clock::frozen(at));
        }
        if let Some(seed) = self.seed {
            builder = builder.seed(seed);
        }
        builder
    }
}

/// A message for the user: what is wrong with the input of a command.
#[derive(Debug)]
struct Mistake(String);

impl<E: std::error::Error> From<E> for Mistake {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

/// Runs the command line of this process.
#[must_use]
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(why) => return explained(&why),
    };
    let outcome = match cli.command {
        None => cli.serve.run(),
        Some(Command::Mint(command)) => command.run(),
        Some(Command::Inspect(command)) => command.run(),
        Some(Command::Check(command)) => command.run(),
        Some(Command::Keygen(command)) => command.run(),
        Some(Command::Health(command)) => Ok(command.run()),
        Some(Command::Schema(command)) => command.run(),
        Some(Command::Docs(command)) => command.run(),
    };
    outcome.unwrap_or_else(|Mistake(message)| {
        tell(format_args!("oauth-mimic: {message}"));
        ExitCode::from(2)
    })
}

/// Prints clap's message: the help, or what is wrong. Names the environment variable if a wrong value comes from one.
fn explained(why: &clap::Error) -> ExitCode {
    let _ = why.print();
    let flag = match why.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(arg)) => arg.split(' ').next().unwrap_or_default(),
        _ => "",
    };
    let variable = format!(
        "OAUTH_MIMIC_{}",
        flag.trim_start_matches('-')
            .replace('-', "_")
            .to_ascii_uppercase()
    );
    let typed = |arg: OsString| arg.to_string_lossy().split('=').next() == Some(flag);
    if std::env::var_os(&variable).is_some() && !std::env::args_os().any(typed) {
        tell(format_args!(
            "\nThe value comes from the environment variable {variable}: correct it, or unset it."
        ));
    }
    ExitCode::from(u8::try_from(why.exit_code()).unwrap_or(2))
}

/// Reads a number. The message names a remedy, which clap's own ("invalid digit found in string") does not.
fn whole_number<T: FromStr>(text: &str) -> Result<T, String> {
    let most = u64::MAX >> (64 - 8 * size_of::<T>());
    text.parse()
        .map_err(|_| format!("give a whole number from 0 to {most}"))
}

/// Prints a line to standard output. An output that is closed (`| head`) is not an error.
fn print(line: impl fmt::Display) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// Prints a line to standard error.
fn tell(line: impl fmt::Display) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}
