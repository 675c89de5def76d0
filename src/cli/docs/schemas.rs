//! Pages about documents, from their types.

use schemars::generate::{SchemaGenerator, SchemaSettings};
use schemars::{JsonSchema, Schema};

use crate::cli::docs::begin;
use crate::cli::docs::types::Types;
use crate::control::Scenario;
use crate::fault::{Defect, Rule};
use crate::journal::{Exchange, Expectation};
use crate::seed::Fixtures;
use crate::shape::document::ProfileDocument;
use crate::shape::errors::DialectDocument;

/// The types that one page describes, and the link to them for every other page.
const PAGES: &[(&str, &str)] = &[
    ("Rule", "faults.md#rule"),
    ("Fault", "faults.md#fault"),
    ("Defect", "defects.md#defect"),
    ("RefusalName", "refusals.md"),
    ("AdviceCode", "advice.md"),
];

pub(super) fn fixtures() -> String {
    page(
        "Fixtures",
        "fixtures.md",
        "The members of a fixture file. [Fixtures](../concepts/fixtures.md) explains them, and `oauth-mimic schema fixtures` \
         prints the JSON Schema.",
        &[of::<Fixtures>],
    )
}

pub(super) fn profiles() -> String {
    page(
        "Profiles",
        "profiles.md",
        "The members of a profile. [Profiles](../concepts/profiles.md) explains them, and `oauth-mimic schema profile` prints \
         the JSON Schema.",
        &[of::<ProfileDocument>],
    )
}

pub(super) fn scenarios() -> String {
    page(
        "Scenarios",
        "scenarios.md",
        "The members of a scenario. [Faults](../guides/faults.md#scenarios) lists the scenarios, and `oauth-mimic schema \
         scenario` prints the JSON Schema.",
        &[of::<Scenario>],
    )
}

pub(super) fn faults() -> String {
    page(
        "Faults",
        "faults.md",
        "A rule says where, when and how an answer goes wrong. [Faults](../guides/faults.md) explains them.",
        &[of::<Rule>],
    )
}

pub(super) fn defects() -> String {
    page(
        "Defects",
        "defects.md",
        "What can be wrong with a token. [Broken tokens](../guides/broken-tokens.md) explains them.",
        &[of::<Defect>],
    )
}

pub(super) fn journal() -> String {
    page(
        "Journal",
        "journal.md",
        "An entry of the journal, and what a test can expect of the entries. [The journal](../concepts/journal.md) explains \
         both.",
        &[of::<Exchange>, of::<Expectation>],
    )
}

pub(super) fn dialects() -> String {
    page(
        "Dialects",
        "dialects.md",
        "The table of error answers: the members of a file in `fixtures/dialects/`, and of `errors` in a profile. [Error \
         dialects](../concepts/error-dialects.md#errors-are-data) explains them.",
        &[of::<DialectDocument>],
    )
}

type Root = fn(&mut SchemaGenerator) -> Schema;

fn of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

/// A page about types and those that they name, without those that have another page.
fn page(title: &str, file: &str, introduction: &str, roots: &[Root]) -> String {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let roots: Vec<Schema> = roots.iter().map(|root| root(&mut generator)).collect();
    let types = Types {
        definitions: generator.take_definitions(true),
        elsewhere: PAGES
            .iter()
            .copied()
            .filter(|(_, link)| !link.starts_with(file))
            .collect(),
    };
    let mut page = begin(title, introduction);
    for name in types.named_by(&roots) {
        types.section(&mut page, &name);
    }
    page
}
