//! Pages about documents, from their JSON Schemas.

use std::fmt::Write as _;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value};

use crate::cli::docs::{begin, cell};
use crate::control::Scenario;
use crate::fault::{Defect, Rule};
use crate::journal::{Exchange, Expectation};
use crate::seed::Fixtures;
use crate::shape::document::ProfileDocument;

pub(super) fn fixtures() -> String {
    page::<Fixtures>(
        "Fixtures",
        "The members of a fixture file. [Fixtures](../concepts/fixtures.md) explains them. `oauth-mimic schema fixtures` prints \
         the JSON Schema.",
        &["Fault", "Defect"],
    )
}

pub(super) fn profiles() -> String {
    page::<ProfileDocument>(
        "Profiles",
        "The members of a profile. [Profiles](../concepts/profiles.md) explains them. `oauth-mimic schema profile` prints the JSON Schema.",
        &[],
    )
}

pub(super) fn scenarios() -> String {
    page::<Scenario>(
        "Scenarios",
        "The members of a scenario in `fixtures/scenarios/`. `oauth-mimic schema scenario` prints the JSON Schema.",
        &["Fault", "Defect"],
    )
}

pub(super) fn faults() -> String {
    page::<Rule>(
        "Faults",
        "A rule says where, when and how an answer goes wrong. [Faults](../guides/faults.md) explains them.",
        &["Defect"],
    )
}

pub(super) fn defects() -> String {
    page::<Defect>(
        "Defects",
        "What can be wrong with a token. [Broken tokens](../guides/broken-tokens.md) explains them.",
        &[],
    )
}

pub(super) fn journal() -> String {
    let exchange = page::<Exchange>(
        "Journal",
        "An entry of the journal, and what a test can expect of it. [The journal](../concepts/journal.md) explains both.",
        &[],
    );
    format!("{exchange}{}", body(&schema::<Expectation>(), &[]))
}

/// A page about one type and the types that it names, without those that have a page of their own.
fn page<T: JsonSchema>(title: &str, introduction: &str, elsewhere: &[&str]) -> String {
    format!(
        "{}{}",
        begin(title, introduction),
        body(&schema::<T>(), elsewhere)
    )
}

fn schema<T: JsonSchema>() -> Schema {
    SchemaSettings::draft2020_12()
        .into_generator()
        .into_root_schema_for::<T>()
}

fn body(schema: &Schema, elsewhere: &[&str]) -> String {
    let mut page = String::new();
    let Some(root) = schema.as_object() else {
        return page;
    };
    let none = Map::new();
    let types = root
        .get("$defs")
        .and_then(Value::as_object)
        .unwrap_or(&none);
    let title = root
        .get("title")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let document = Document { types, elsewhere };
    document.section(&mut page, title, root);
    for (name, definition) in types {
        if let Some(definition) = definition.as_object()
            && !elsewhere.contains(&name.as_str())
            && !names_its_kind(definition)
        {
            document.section(&mut page, name, definition);
        }
    }
    page
}

/// The types of one page.
struct Document<'s> {
    types: &'s Map<String, Value>,
    elsewhere: &'s [&'s str],
}

impl Document<'_> {
    fn section(&self, page: &mut String, name: &str, schema: &Map<String, Value>) {
        // Writing to a String cannot fail.
        let _ = write!(page, "\n## {name}\n\n{}\n", paragraph(schema));
        self.members(page, schema);
        let variants = ["oneOf", "anyOf"]
            .iter()
            .find_map(|key| schema.get(*key)?.as_array());
        let Some(variants) = variants else { return };
        let names: Vec<(String, &Map<String, Value>)> = variants
            .iter()
            .filter_map(|variant| {
                let variant = variant.as_object()?;
                Some(
                    self.named(variant)
                        .and_then(Value::as_object)
                        .unwrap_or(variant),
                )
            })
            .flat_map(|variant| {
                let names = variant_names(variant);
                names.into_iter().map(move |name| (name, variant))
            })
            .collect();
        if names
            .iter()
            .all(|(_, variant)| variant.get("properties").is_none())
        {
            page.push_str("\n| value | meaning |\n|---|---|\n");
            for (name, variant) in names {
                let _ = writeln!(page, "| `{name}` | {} |", cell(&paragraph(variant)));
            }
            return;
        }
        for (name, variant) in names {
            let _ = write!(page, "\n### `{name}`\n\n{}\n", paragraph(variant));
            self.members(page, variant);
        }
    }

    /// The table of an object's members, those of a type that it includes among them.
    fn members(&self, page: &mut String, schema: &Map<String, Value>) {
        let included = self.named(schema).and_then(Value::as_object);
        let objects = [Some(schema), included];
        let mut rows = Vec::new();
        for object in objects.into_iter().flatten() {
            let properties = object.get("properties").and_then(Value::as_object);
            for (name, member) in properties.into_iter().flatten() {
                if name == "$schema" || member.get("const").is_some() {
                    continue;
                }
                let required = object.get("required").and_then(Value::as_array);
                let required = required.is_some_and(|names| names.iter().any(|held| held == name));
                rows.push(format!(
                    "| `{name}` | {} | {} | {} |\n",
                    self.type_of(member),
                    if required {
                        "required".to_owned()
                    } else {
                        default_of(member)
                    },
                    cell(&description(member)),
                ));
            }
        }
        if !rows.is_empty() {
            page.push_str("\n| member | type | default | meaning |\n|---|---|---|---|\n");
            page.extend(rows);
        }
    }

    fn named(&self, schema: &Map<String, Value>) -> Option<&Value> {
        let name = schema.get("$ref")?.as_str()?.rsplit('/').next()?;
        self.types.get(name)
    }

    /// The type of a member, with a link to the section or the page about it.
    fn type_of(&self, schema: &Value) -> String {
        if let Some(name) = schema["$ref"]
            .as_str()
            .and_then(|path| path.rsplit('/').next())
        {
            return match name {
                "Fault" | "Defect" if self.elsewhere.contains(&name) => {
                    format!("[{name}]({}s.md)", name.to_lowercase())
                }
                _ => format!("[{name}](#{})", name.to_lowercase()),
            };
        }
        if schema["type"] == "array" {
            return match &schema["items"] {
                Value::Object(_) => format!("list of {}", self.type_of(&schema["items"])),
                _ => "list".to_owned(),
            };
        }
        let of = |schemas: &Value| -> Vec<String> {
            let schemas = schemas.as_array().map(Vec::as_slice).unwrap_or_default();
            schemas
                .iter()
                .filter(|schema| schema["type"] != "null")
                .map(|schema| self.type_of(schema))
                .collect()
        };
        let several = [of(&schema["anyOf"]), of(&schema["oneOf"])].concat();
        if !several.is_empty() {
            return several.join(" or ");
        }
        match &schema["type"] {
            Value::String(name) => name.clone(),
            Value::Array(names) => names
                .iter()
                .filter_map(Value::as_str)
                .filter(|name| *name != "null")
                .collect::<Vec<_>>()
                .join(" or "),
            _ => "any".to_owned(),
        }
    }
}

/// What a variant is called: its constant, the constant of its tag, or each value of its enumeration.
fn variant_names(variant: &Map<String, Value>) -> Vec<String> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    if let Some(values) = variant.get("enum").and_then(Value::as_array) {
        return values.iter().filter_map(text).collect();
    }
    if let Some(name) = variant.get("const").and_then(text) {
        return vec![name];
    }
    let properties = variant.get("properties").and_then(Value::as_object);
    let tag = properties.into_iter().flatten().find_map(|(name, member)| {
        let constant = member.get("const").and_then(text);
        constant.or_else(|| {
            variant["required"][0]
                .as_str()
                .filter(|first| first == name)
                .and(Some(name.clone()))
        })
    });
    tag.into_iter().collect()
}

/// Returns true for one kind of a type, which is described in the section of that type.
fn names_its_kind(definition: &Map<String, Value>) -> bool {
    definition
        .get("properties")
        .is_some_and(|members| members["kind"]["const"].is_string())
}

fn paragraph(schema: &Map<String, Value>) -> String {
    let text = schema.get("description").and_then(Value::as_str);
    text.unwrap_or_default().replace('\n', " ")
}

fn description(schema: &Value) -> String {
    schema["description"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

fn default_of(schema: &Value) -> String {
    match schema.get("default") {
        None | Some(Value::Null) => String::new(),
        Some(Value::Array(values)) if values.is_empty() => "none".to_owned(),
        Some(Value::Object(members)) if members.is_empty() => "none".to_owned(),
        Some(value) => format!("`{value}`"),
    }
}
