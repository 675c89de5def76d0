//! `inspect`: decodes and verifies tokens.

use std::fmt::Write as _;
use std::io::Read as _;
use std::process::ExitCode;

use clap::Args;

use crate::authority::Authority;
use crate::cli::{Made, Mistake, print};
use crate::clock::Timestamp;
use crate::json::{Object, Value};
use crate::keys::Alg;
use crate::keys::jws::{Jws, Members};
use crate::oauth::client::Client;
use crate::oauth::refusal::excerpt;
use crate::oauth::token_kind::TokenKind;
use crate::shape::Expected;

/// A longer life than any server gives a token.
const YEAR: i64 = 366 * 24 * 3600;

/// Decode and verify a token or a token response, and report what is wrong or odd
///
/// Checks the signature with --keys, or else with the built-in test key; type, audience and claims with --profile and the
/// client of --fixtures that the token names; the issuer only with --issuer; expiry, nbf and iat with --clock, or else
/// with the time of this machine. Exit code 0: nothing is wrong. 1: something is wrong.
///
/// Example: oauth-mimic mint | oauth-mimic inspect
#[derive(Debug, Args)]
pub(super) struct Inspect {
    /// The token or the JSON response [default: standard input, as is -]
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
        .map_err(|why| Mistake(format!("the response is not valid JSON: {why}")))?;
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

/// The findings about a token.
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
        match Jws::parse(token) {
            Ok(jws) => report.jws(&jws, authority, expected_issuer, now),
            Err(_) if authority.names_token(token) => report
                .right
                .push("it is the name of a refresh token of the fixtures".to_owned()),
            Err(why) => report
                .wrong
                .push(format!("it is not a signed token: {why}")),
        }
        report
    }

    fn jws(
        &mut self,
        jws: &Jws<'_>,
        authority: &Authority,
        expected_issuer: Option<&str>,
        now: Timestamp,
    ) {
        self.decoded = Some((pretty(&jws.header), pretty(&jws.claims)));
        match jws.verify(authority.keys().published(now), Alg::ALL) {
            Ok(key) => self
                .right
                .push(format!("the signature is good, by key {}", key.kid)),
            Err(why) => self.wrong.push(format!("the signature is wrong: {why}")),
        }
        let kind = self.kind(&jws.claims, authority);
        let issuer = self.issuer(kind, &jws.claims, authority, expected_issuer);
        let client_id =
            kind.and_then(|kind| authority.settings.profile.client_of(kind, &jws.claims));
        let client = client_id.and_then(|id| authority.registry.get::<Client>(id));
        if let (Some(client_id), None) = (client_id, &client) {
            let client_id = excerpt(client_id);
            self.odd.push(format!(
                "its client {client_id} is not in the fixtures, so its audience is not checked"
            ));
        }
        let expected = Expected {
            issuer,
            client: client.as_deref(),
            now,
        };
        let invalid = authority.settings.profile.invalid(kind, jws, &expected);
        self.wrong.extend(invalid.iter().map(ToString::to_string));
        let (issued_at, expires_at) = authority.settings.profile.times_of(kind, &jws.claims);
        self.life(issued_at, expires_at, now);
    }

    fn kind(&mut self, claims: &Members, authority: &Authority) -> Option<TokenKind> {
        let profile = &authority.settings.profile;
        let kind = profile.kind_of(claims);
        match kind {
            Some(kind) => self.right.push(format!(
                "it is {} of profile {}",
                kind.described(),
                profile.name
            )),
            None => self.odd.push(format!(
                "it has the claims of none of the tokens of profile {}",
                profile.name
            )),
        }
        kind
    }

    /// Checks the issuer if one is expected; returns the one that audiences are compared with.
    fn issuer<'a>(
        &mut self,
        kind: Option<TokenKind>,
        claims: &'a Members,
        authority: &'a Authority,
        expected: Option<&'a str>,
    ) -> &'a str {
        let found = kind.and_then(|kind| authority.settings.profile.issuer_of(kind, claims));
        match (expected, found) {
            (Some(expected), Some(found)) if found != expected => {
                let found = excerpt(found);
                self.wrong
                    .push(format!("its issuer is {found}, not {expected}"));
                expected
            }
            (Some(expected), _) => expected,
            (None, Some(found)) => found,
            (None, None) => &authority.settings.issuer,
        }
    }

    fn life(
        &mut self,
        issued_at: Option<Timestamp>,
        expires_at: Option<Timestamp>,
        now: Timestamp,
    ) {
        let Some(expires_at) = expires_at else {
            self.wrong
                .push("it has no exp, so it never expires".to_owned());
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
        match issued_at.map(|at| expires_at.seconds_since(at)) {
            Some(life) if life <= 0 => self.odd.push("it expired before it was issued".to_owned()),
            Some(life) if life > YEAR => self
                .odd
                .push(format!("it lives {life} s, more than a year")),
            _ => {}
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
    let object: Object = members
        .iter()
        .map(|(name, value)| (name, value.clone()))
        .collect();
    serde_json::to_string_pretty(&object)
        .unwrap_or_default()
        .replace('\n', "\n  ")
}
