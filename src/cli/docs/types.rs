//! Types as Markdown: a section for each, with a table of its members or of its values.

use std::fmt::Write as _;

use schemars::Schema;
use serde_json::{Map, Value};

use crate::cli::docs::{cell, members_of};

type Object = Map<String, Value>;

/// The types of one page.
pub(super) struct Types {
    pub(super) definitions: Object,
    /// The types that another page describes, and the link to them.
    pub(super) elsewhere: Vec<(&'static str, &'static str)>,
}

impl Types {
    /// The names of the types that these schemas name, and of those that these types name, in the order in which a reader
    /// meets them.
    pub(super) fn named_by(&self, roots: &[Schema]) -> Vec<String> {
        let mut names = Vec::new();
        for root in roots {
            self.collect(root.as_value(), &mut names);
        }
        // One kind of a type is described in the section of that type.
        names.retain(|name| !self.definition(name).is_some_and(names_its_kind));
        names
    }

    fn collect(&self, schema: &Value, names: &mut Vec<String>) {
        match schema {
            Value::Object(members) => {
                if let Some(name) = reference(members)
                    && self.link_to(name).is_none()
                    && !names.iter().any(|held| held == name)
                {
                    names.push(name.to_owned());
                    if let Some(definition) = self.definitions.get(name) {
                        self.collect(definition, names);
                    }
                }
                for (_, member) in members_of(members) {
                    self.collect(member, names);
                }
                for (name, member) in members {
                    if name != "properties" {
                        self.collect(member, names);
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.collect(item, names)),
            _ => {}
        }
    }

    fn definition(&self, name: &str) -> Option<&Object> {
        self.definitions.get(name)?.as_object()
    }

    /// The link to a type that another page describes.
    fn link_to(&self, name: &str) -> Option<&'static str> {
        let known = self.elsewhere.iter().find(|(known, _)| *known == name);
        known.map(|(_, link)| *link)
    }

    /// Writes the section about a type.
    pub(super) fn section(&self, page: &mut String, name: &str) {
        let Some(definition) = self.definition(name) else {
            return;
        };
        // Writing to a String cannot fail.
        let _ = write!(page, "\n## {name}\n\n{}\n", paragraph(definition));
        self.members(page, definition);
        let variants: Vec<(String, &Object)> = ["oneOf", "anyOf"]
            .iter()
            .filter_map(|key| definition.get(*key)?.as_array())
            .flatten()
            .filter_map(Value::as_object)
            .map(|variant| self.resolved(variant))
            .flat_map(|variant| {
                values_of(variant)
                    .into_iter()
                    .map(move |value| (value, variant))
            })
            .collect();
        if variants
            .iter()
            .any(|(_, variant)| variant.contains_key("properties"))
        {
            for (value, variant) in variants {
                let _ = write!(page, "\n### `{value}`\n\n{}\n", paragraph(variant));
                self.members(page, variant);
            }
        } else if !variants.is_empty() {
            page.push_str("\n| value | meaning |\n|---|---|\n");
            for (value, variant) in variants {
                let _ = writeln!(page, "| `{value}` | {} |", cell(&paragraph(variant)));
            }
        }
    }

    /// The type that a schema names, or the schema itself.
    fn resolved<'s>(&'s self, schema: &'s Object) -> &'s Object {
        let named = reference(schema).and_then(|name| self.definition(name));
        named.unwrap_or(schema)
    }

    /// Writes the table of an object's members; the tag that says which kind it is is not among them.
    fn members(&self, page: &mut String, object: &Object) {
        let members: Vec<(&str, &Value)> = members_of(object)
            .into_iter()
            .filter(|(name, member)| *name != "$schema" && member.get("const").is_none())
            .collect();
        if members.is_empty() {
            return;
        }
        let required = object.get("required").and_then(Value::as_array);
        let is_required =
            |name: &str| required.is_some_and(|names| names.iter().any(|held| held == name));
        page.push_str("\n| member | type | default | meaning |\n|---|---|---|---|\n");
        for (name, member) in members {
            let default = if is_required(name) {
                "required".to_owned()
            } else {
                default_of(member)
            };
            let meaning = cell(member["description"].as_str().unwrap_or_default());
            let _ = writeln!(
                page,
                "| `{name}` | {} | {default} | {meaning} |",
                self.type_of(member)
            );
        }
    }

    /// The type of a member, with a link to the section or the page about it.
    fn type_of(&self, schema: &Value) -> String {
        if let Some(name) = schema.as_object().and_then(reference) {
            let here = || format!("#{}", name.to_lowercase());
            let link = self.link_to(name).map_or_else(here, str::to_owned);
            return format!("[{name}]({link})");
        }
        if schema["type"] == "array" {
            let item = &schema["items"];
            return if item.is_object() {
                format!("list of {}", self.type_of(item))
            } else {
                "list".to_owned()
            };
        }
        let several: Vec<String> = ["anyOf", "oneOf"]
            .iter()
            .filter_map(|key| schema[*key].as_array())
            .flatten()
            .filter(|schema| schema["type"] != "null")
            .map(|schema| self.type_of(schema))
            .collect();
        if !several.is_empty() {
            return several.join(" or ");
        }
        match &schema["type"] {
            Value::String(name) => name.clone(),
            Value::Array(names) => {
                let names = names.iter().filter_map(Value::as_str);
                names
                    .filter(|name| *name != "null")
                    .collect::<Vec<_>>()
                    .join(" or ")
            }
            _ => "any".to_owned(),
        }
    }
}

/// The name of the type that a schema refers to.
fn reference(schema: &Object) -> Option<&str> {
    schema.get("$ref")?.as_str()?.rsplit('/').next()
}

/// What a variant is called: its kind, its constant, or each value of its enumeration.
fn values_of(variant: &Object) -> Vec<String> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let kind = variant
        .get("properties")
        .map(|members| &members["kind"]["const"]);
    let values = variant.get("enum").and_then(Value::as_array);
    let one = kind.or(variant.get("const")).and_then(text);
    one.into_iter()
        .chain(values.into_iter().flatten().filter_map(text))
        .collect()
}

/// Returns true for one kind of a type, as `json::tagged` makes them.
fn names_its_kind(definition: &Object) -> bool {
    let members = definition.get("properties");
    members.is_some_and(|members| members["kind"]["const"].is_string())
}

fn paragraph(schema: &Object) -> String {
    let text = schema.get("description").and_then(Value::as_str);
    let words = text.unwrap_or_default().split_whitespace();
    words.collect::<Vec<_>>().join(" ")
}

fn default_of(schema: &Value) -> String {
    match schema.get("default") {
        None | Some(Value::Null) => String::new(),
        Some(Value::Array(values)) if values.is_empty() => "none".to_owned(),
        Some(Value::Object(members)) if members.is_empty() => "none".to_owned(),
        Some(value) => format!("`{value}`"),
    }
}
