//! Schemas for editors.

use std::process::ExitCode;

use clap::{Args, ValueEnum};
use schemars::transform::transform_subschemas;
use schemars::{Schema as JsonSchema, schema_for};

use crate::cli::{Mistake, print};
use crate::control::Scenario;
use crate::seed::Fixtures;
use crate::shape::document::ProfileDocument;

/// Print the JSON Schema of fixtures, profiles or scenarios, for editors
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
}

impl Schema {
    pub(super) fn run(self) -> Result<ExitCode, Mistake> {
        let mut schema = match self.document {
            Document::Fixtures => schema_for!(Fixtures),
            Document::Profile => schema_for!(ProfileDocument),
            Document::Scenario => schema_for!(Scenario),
        };
        // That a member may be left out shows already; an editor that completes it need not write null.
        transform_subschemas(&mut without_null_defaults, &mut schema);
        print(serde_json::to_string_pretty(&schema)?);
        Ok(ExitCode::SUCCESS)
    }
}

fn without_null_defaults(schema: &mut JsonSchema) {
    if schema
        .get("default")
        .is_some_and(serde_json::Value::is_null)
    {
        schema.remove("default");
    }
    transform_subschemas(&mut without_null_defaults, schema);
}
