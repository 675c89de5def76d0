//! Taking tokens apart.

use std::fmt::Write as _;
use std::io::Read as _;
use std::process::ExitCode;

use clap::Args;
use serde_json::Value;

use crate::authority::Authority;
use crate::cli::{Made, Mistake, print};
use crate::clock::Timestamp;
use crate::keys::Alg;
use crate::keys::jws::{Jws, Members};
use crate::oauth::refusal::excerpt;

/// Decode a token or a whole token response, verify it, and say what is wrong or odd
///
/// Takes it from the argument, or from standard input. The signature is checked with --keys, or with the built-in test
/// key; the shape with --profile; the issuer with --issuer, where it is given; the time with --clock, or now. Exit code
/// 0 says that nothing is wrong, 1 that something is.
///
/// Example: oauth-mimic mint | oauth-mimic inspect
#[derive(Debug, Args)]
pub(super) struct Inspect {
    /// The token or the JSON response; without, or as -, standard input
    #[arg(value_name = "TOKEN")]
    input: Option<String>,
    #[command(flatten)]
    made: Made,
}

impl Inspect {
    pub(super) fn run(self) -> Result<ExitCode, Mistake> {
        let text = match self.input.as_deref() {
            Some(text) if text != "-" => text.to_owned(),
            _ => {
                let mut text = String::new();
                std::io::stdin().read_to_string(&mut text)?;
                text
            }
        };
        let text = text.trim();
        if text.is_empty() {
            return Err(Mistake(
                "there is nothing to inspect: give a token, or pipe one in".to_owned(),
            ));
        }
        let pinned = self.made.issuer.is_some();
        let sandbox = self
            .made
            .builder()
            .authority(([127, 0, 0, 1], 8080).into())?;
        let expected_issuer = pinned.then_some(sandbox.settings.issuer.as_str());
        let now = sandbox.clock.now();
        let mut good = true;
        for (name, token) in tokens(text)? {
            let report = Report::of(&token, &sandbox.epoch().authority, expected_issuer, now);
            good &= report.wrong.is_empty();
            print(report.text(&name));
        }
        Ok(if good {
            ExitCode::SUCCESS
        } else {
            ExitCode::from(1)
        })
    }
}

/// The tokens in a text, each with what it was called.
fn tokens(text: &str) -> Result<Vec<(String, String)>, Mistake> {
    if !text.starts_with('{') {
        return Ok(vec![("token".to_owned(), text.to_owned())]);
    }
    let response: Value = serde_json::from_str(text)
        .map_err(|why| Mistake(format!("the response is no JSON: {why}")))?;
    let found: Vec<_> = ["access_token", "refresh_token", "id_token"]
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), response.get(name)?.as_str()?.to_owned())))
        .collect();
    if found.is_empty() {
        return Err(Mistake(
            "the response holds no access_token, refresh_token or id_token".to_owned(),
        ));
    }
    Ok(found)
}

/// What is to be said of a token.
#[derive(Debug, Default)]
struct Report {
    decoded: Option<(String, String)>,
    right: Vec<String>,
    wrong: Vec<String>,
    odd: Vec<String>,
}

impl Report {
    fn of(
        token: &str,
        authority: &Authority,
        expected_issuer: Option<&str>,
        now: Timestamp,
    ) -> Self {
        let mut report = Self::default();
        let jws = match Jws::parse(token) {
            Ok(jws) => jws,
            Err(_) if authority.names_token(token) => {
                report
                    .right
                    .push("it is the name of a refresh token of the fixtures".to_owned());
                return report;
            }
            Err(why) => {
                report.wrong.push(format!("it is no signed token: {why}"));
                return report;
            }
        };
        report.decoded = Some((pretty(&jws.header), pretty(&jws.claims)));
        match jws.verify(authority.keys().published(now), Alg::ALL) {
            Ok(key) => report
                .right
                .push(format!("the signature is good, by key {}", key.kid)),
            Err(why) => report
                .wrong
                .push(format!("the signature does not count: {why}")),
        }
        report.shape(&jws.claims, authority, expected_issuer, now);
        report
    }

    /// What the profile's templates know of these claims.
    fn shape(
        &mut self,
        claims: &Members,
        authority: &Authority,
        expected_issuer: Option<&str>,
        now: Timestamp,
    ) {
        let profile = &authority.settings.profile;
        let Some(kind) = profile.kind_of(claims) else {
            self.odd.push(format!(
                "it has the shape of no token of profile {}",
                profile.name
            ));
            return;
        };
        self.right.push(format!(
            "it is {} of profile {}",
            kind.described(),
            profile.name
        ));
        if let (Some(expected), Some(issuer)) = (expected_issuer, profile.issuer_of(kind, claims))
            && issuer != expected
        {
            self.wrong
                .push(format!("its issuer is {}, not {expected}", excerpt(issuer)));
        }
        let Some((issued_at, expires_at)) = profile.times_of(kind, claims) else {
            return;
        };
        let left = expires_at.seconds_since(now);
        if left > 0 {
            self.right
                .push(format!("it expires at {expires_at}, in {left} s"));
        } else {
            self.wrong
                .push(format!("it expired at {expires_at}, {} s ago", -left));
        }
        if let Some(at) = issued_at {
            if at > now {
                self.wrong.push(format!(
                    "it was issued at {at}, {} s from now",
                    at.seconds_since(now)
                ));
            }
            let life = expires_at.seconds_since(at);
            if life <= 0 {
                self.odd.push("it expired before it was issued".to_owned());
            } else if life > 366 * 24 * 3600 {
                self.odd
                    .push(format!("it lives {life} s, more than a year"));
            }
        }
    }

    fn text(&self, name: &str) -> String {
        let mut text = format!("{name}:\n");
        if let Some((header, claims)) = &self.decoded {
            // Writing to a String cannot fail.
            let _ = write!(text, "  header {header}\n  claims {claims}\n");
        }
        for (mark, lines) in [
            ("ok   ", &self.right),
            ("odd  ", &self.odd),
            ("WRONG", &self.wrong),
        ] {
            for line in lines {
                let _ = writeln!(text, "  {mark} {line}");
            }
        }
        text.pop();
        text
    }
}

fn pretty(members: &Members) -> String {
    let object: serde_json::Map<String, Value> = members
        .iter()
        .map(|(name, value)| (name.to_owned(), value.clone()))
        .collect();
    serde_json::to_string_pretty(&object)
        .unwrap_or_default()
        .replace('\n', "\n  ")
}
