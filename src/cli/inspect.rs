//! `inspect`: decodes and verifies tokens.

use std::fmt::Write as _;
use std::io::Read as _;
use std::process::ExitCode;

use clap::Args;

use crate::authority::Inspection;
use crate::cli::{Made, Mistake, print};
use crate::json::Value;

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
            let authority = &sandbox.epoch().authority;
            let inspection = authority.inspect(&token, expected_issuer, now);
            good &= inspection.wrong.is_empty();
            print(report(&inspection, &name));
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

/// Writes the findings about a token of that name.
fn report(inspection: &Inspection, name: &str) -> String {
    let mut text = format!("{name}:\n");
    if let Some((header, claims)) = &inspection.indented() {
        let (header, claims) = (indented(header), indented(claims));
        // Writing to a String cannot fail.
        let _ = write!(text, "  header {header}\n  claims {claims}\n");
    }
    for (mark, lines) in [
        ("ok   ", &inspection.right),
        ("odd  ", &inspection.odd),
        ("WRONG", &inspection.wrong),
    ] {
        for line in lines {
            let _ = writeln!(text, "  {mark} {line}");
        }
    }
    text.pop();
    text
}

fn indented(json: &str) -> String {
    json.replace('\n', "\n  ")
}
