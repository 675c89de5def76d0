//! Serving.

use std::io::IsTerminal as _;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::authority::Authority;
use crate::cli::{Made, Mistake, Place, print, tell, whole_number};
use crate::control::{self, Scenario};
use crate::oauth::endpoint::Endpoint;
use crate::oauth::sent::SentRequest;
use crate::sandbox::RESERVED;
use crate::server::{MOST_SANDBOXES, base_url_of, run};

#[derive(Debug, Args)]
pub(super) struct Serve {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    made: Made,
    /// How many threads serve, at least 1; without, one for each processor
    #[arg(long, env = "OAUTH_MIMIC_WORKERS", value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    workers: Option<u16>,
    /// The format of the log on standard error. It has one line for each request, without secrets and tokens
    #[arg(
        long,
        env = "OAUTH_MIMIC_LOG",
        value_name = "FORMAT",
        default_value = "pretty"
    )]
    log: Log,
    /// The number of requests that the journal of each sandbox keeps; the oldest are forgotten [default: 10000]
    #[arg(long, env = "OAUTH_MIMIC_JOURNAL", value_name = "N", value_parser = whole_number::<usize>)]
    journal: Option<usize>,
    /// The bytes that the journals of all sandboxes may take together [default: 16777216 (16 MiB)]
    #[arg(long, env = "OAUTH_MIMIC_JOURNAL_BYTES", value_name = "N", value_parser = whole_number::<usize>)]
    journal_bytes: Option<usize>,
    /// Start with a scenario: the name of a built-in one, or the path of a .json file. A reset ends it
    #[arg(long, env = "OAUTH_MIMIC_SCENARIO", value_name = "NAME_OR_FILE")]
    scenario: Option<String>,
    /// Serve the control plane, /_mimic, only on this port, not on that of the provider; 0 is any free port
    #[arg(long, env = "OAUTH_MIMIC_CONTROL_PORT", value_name = "PORT", value_parser = whole_number::<u16>, conflicts_with = "no_control")]
    control_port: Option<u16>,
    /// Require this bearer token for the control plane
    #[arg(
        long,
        env = "OAUTH_MIMIC_CONTROL_TOKEN",
        value_name = "TOKEN",
        hide_env_values = true
    )]
    control_token: Option<String>,
    /// A host name by which clients reach the control plane, besides localhost, the host of --base-url and the addresses that
    /// the server listens on. Several are separated by commas, or each has its own --allow-host
    #[arg(
        long,
        env = "OAUTH_MIMIC_ALLOW_HOST",
        value_name = "HOST",
        value_delimiter = ','
    )]
    allow_host: Vec<String>,
    /// Let web pages of this origin, such as <http://localhost:3000>, drive the control plane; may be repeated
    #[arg(
        long,
        env = "OAUTH_MIMIC_CONTROL_ORIGIN",
        value_name = "ORIGIN",
        value_delimiter = ','
    )]
    control_origin: Vec<String>,
    /// The most sandboxes that may exist at a time
    #[arg(long, env = "OAUTH_MIMIC_MAX_SANDBOXES", value_name = "N", default_value_t = MOST_SANDBOXES, value_parser = whole_number::<usize>)]
    max_sandboxes: usize,
    /// End when standard input reaches its end: a program that starts the server with a pipe there leaves none behind, even if
    /// it is killed
    #[arg(long, env = "OAUTH_MIMIC_UNTIL_STDIN_CLOSES")]
    until_stdin_closes: bool,
    /// Switch the control plane off; only /_mimic/health remains
    #[arg(long, env = "OAUTH_MIMIC_NO_CONTROL")]
    no_control: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Log {
    /// Text for people
    Pretty,
    /// One JSON object on each line
    Json,
    /// Nothing; errors that end the server are printed all the same
    Off,
}

impl Serve {
    pub(super) fn run(self) -> Result<ExitCode, Mistake> {
        self.log.begin();
        let processors = || std::thread::available_parallelism().map_or(1, usize::from);
        let mut builder = self
            .made
            .builder()
            .addresses(self.place.listen.addresses()?)
            .workers(self.workers.map_or_else(processors, usize::from));
        if let Some(url) = &self.place.base_url {
            builder = builder.base_url(url);
        }
        if let Some(kept) = self.journal {
            builder = builder.journal(kept);
        }
        if let Some(bytes) = self.journal_bytes {
            builder = builder.journal_bytes(bytes);
        }
        if let Some(port) = self.control_port {
            builder = builder.control_port(port);
        }
        builder = builder.max_sandboxes(self.max_sandboxes);
        for host in &self.allow_host {
            builder = builder.allow_host(host);
        }
        for origin in &self.control_origin {
            builder = builder.control_origin(origin);
        }
        if self.no_control {
            builder = builder.no_control();
        }
        if let Some(token) = &self.control_token {
            builder = builder.control_token(token);
        }
        let scenario = self.scenario.as_deref().map(scenario_from).transpose()?;
        let prepared = builder.prepare()?;
        if let Some(scenario) = scenario {
            scenario.play(&prepared.sandboxes.default);
        }
        let at = prepared.listeners.main.local_addr()?;
        let authority = &prepared.sandboxes.default.epoch().authority;
        self.log.introduce(authority, self.control_token.is_some());
        if !at.ip().is_loopback() {
            self.log.warn("this address is open to everyone who can reach this machine, and the default keys and secrets are public");
            if !self.no_control && self.control_token.is_none() {
                self.log.warn("so is the control plane: everyone who can reach it can add clients and mint tokens; set --control-token or --no-control");
            }
        }
        if let Some((listener, _)) = &prepared.listeners.control {
            let url = base_url_of(listener.local_addr()?);
            self.log
                .report(&format!("control plane on {url}{RESERVED}"));
        }
        let (listeners, workers) = (prepared.listeners, prepared.workers);
        run::block(listeners, workers, self.until_stdin_closes, || {
            print(format_args!("listening on {}", base_url_of(at)));
        })?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Finds a scenario: one that ships, or the file at that path.
fn scenario_from(name: &str) -> Result<Scenario, Mistake> {
    let unknown = match control::scenario(name) {
        Ok(shipped) => return Ok(shipped),
        Err(unknown) => unknown,
    };
    let text = std::fs::read_to_string(name).map_err(|why| {
        Mistake(format!(
            "--scenario: {unknown}, and it cannot be read as a file: {why}"
        ))
    })?;
    Ok(Scenario::parse(&text, name)?)
}

impl Log {
    /// Says who serves, before any request; to a machine without a curl.
    fn introduce(self, authority: &Authority, has_token: bool) {
        let (profile, issuer) = (&authority.settings.profile.name, &authority.settings.issuer);
        match self {
            Self::Json => tracing::info!(profile, issuer, "serving"),
            Self::Off => {}
            Self::Pretty => {
                tell(format_args!("profile {profile}, issuer {issuer}"));
                if let Some(url) = &authority.settings.control_url {
                    tell(format_args!("see what happens:\n{url}/"));
                }
                if let Some(curl) = curl(authority) {
                    tell(format_args!("try:\n{curl}"));
                }
                let page = try_url(authority).filter(|_| !has_token);
                if let Some(url) = page.or_else(|| login_url(authority)) {
                    tell(format_args!("or log in with a browser:\n{url}"));
                }
            }
        }
    }

    fn report(self, text: &str) {
        match self {
            Self::Json => tracing::info!("{text}"),
            Self::Pretty => tell(text),
            Self::Off => {}
        }
    }

    fn warn(self, warning: &str) {
        match self {
            Self::Json => tracing::warn!("{warning}"),
            Self::Pretty => tell(format_args!("warning: {warning}")),
            Self::Off => {}
        }
    }

    fn begin(self) {
        // What the framework says of itself is not about requests.
        let ours = Targets::new().with_target(env!("CARGO_CRATE_NAME"), tracing::Level::INFO);
        let lines = tracing_subscriber::fmt::layer()
            .with_writer(std::io::stderr)
            .with_target(false);
        let registry = tracing_subscriber::registry();
        match self {
            Self::Pretty => {
                let colours = std::io::stderr().is_terminal();
                registry
                    .with(lines.compact().with_ansi(colours).with_filter(ours))
                    .init();
            }
            Self::Json => registry
                .with(lines.json().flatten_event(true).with_filter(ours))
                .init(),
            Self::Off => {}
        }
    }
}

/// The page of the built-in client, if a user can log in to a client.
fn try_url(authority: &Authority) -> Option<String> {
    authority.login_clients().next()?;
    authority.settings.try_url()
}

/// An authorization request, to be opened in a browser.
fn login_url(authority: &Authority) -> Option<String> {
    let (client, redirect_uri) = authority.login_example()?;
    let scope = client.scope.as_ref().map(ToString::to_string);
    let mut parameters = vec![
        ("response_type", "code".to_owned()),
        ("client_id", client.client_id.clone()),
        ("redirect_uri", redirect_uri),
        ("scope", scope.unwrap_or_else(|| "openid".to_owned())),
        ("state", "xyz".to_owned()),
    ];
    if client.needs_pkce() {
        // The challenge of RFC 7636 Appendix B, whose verifier everyone can look up.
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".to_owned();
        parameters.push(("code_challenge", challenge));
        parameters.push(("code_challenge_method", "S256".to_owned()));
    }
    let encoded = parameters.iter().map(|(name, value)| {
        let value = utf8_percent_encode(value, NON_ALPHANUMERIC);
        format!("{name}={value}")
    });
    let query = encoded.collect::<Vec<_>>().join("&");
    let url = authority.settings.url(Endpoint::Authorization);
    Some(format!("{url}?{query}"))
}

/// The documented request, ready to paste.
fn curl(authority: &Authority) -> Option<String> {
    let (client, token) = authority.example()?;
    let parameters = [
        ("grant_type", "refresh_token"),
        ("refresh_token", token.as_str()),
    ];
    let url = authority.settings.url(Endpoint::Token);
    let request = SentRequest::post(url, &parameters).by(&client, authority.settings.reading);
    Some(request.curl())
}
