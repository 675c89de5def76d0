//! Schemas for editors.

use std::process::ExitCode;

use clap::{Args, ValueEnum};
use schemars::schema_for;

use crate::cli::{Mistake, print};
use crate::control::{self, Scenario};
use crate::seed::Fixtures;
use crate::shape::document::ProfileDocument;
use crate::shape::errors::DialectDocument;

/// Print the JSON Schema of fixtures, profiles or scenarios, or the control plane's OpenAPI document
///
/// An editor that finds `"$schema": "fixtures.schema.json"` at the top of a file completes and checks it.
///
/// Example: oauth-mimic schema fixtures > fixtures.schema.json
#[derive(Debug, Args)]
pub(super) struct Schema {
    /// Of which document
    #[arg(value_name = "DOCUMENT", default_value = "fixtures")]
    document: Document,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Document {
    Fixtures,
    Profile,
    Scenario,
    /// The error answers of a dialect, over which a profile's `errors` are merged
    Dialect,
    /// The OpenAPI document of the control plane
    Openapi,
}

impl Schema {
    pub(super) fn run(self) -> Result<ExitCode, Mistake> {
        let mut schema = match self.document {
            Document::Fixtures => schema_for!(Fixtures),
            Document::Profile => schema_for!(ProfileDocument),
            Document::Scenario => schema_for!(Scenario),
            Document::Dialect => schema_for!(DialectDocument),
            Document::Openapi => {
                print(serde_json::to_string_pretty(&control::document())?);
                return Ok(ExitCode::SUCCESS);
            }
        };
        control::without_null_defaults(&mut schema);
        print(serde_json::to_string_pretty(&schema)?);
        Ok(ExitCode::SUCCESS)
    }
}
