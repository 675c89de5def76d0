//! The page about the control plane, from its OpenAPI document.

use std::fmt::Write as _;

use serde_json::Value;

use crate::cli::docs::{begin, cell, members_of};
use crate::control;

const INTRODUCTION: &str = "\
The routes of the control plane. The same paths below `/s/{id}` control the sandbox with that id. The running server
describes them at `/_mimic/openapi.json`, and [openapi.json](openapi.json) is the same document. Errors are problem details
(RFC 9457).";

pub(super) fn page() -> String {
    let document = Value::Object(control::document());
    let mut page = begin("Control plane", INTRODUCTION);
    page.push_str("\n| request | what it does |\n|---|---|\n");
    for (method, path, operation) in operations(&document) {
        let summary = operation["summary"].as_str().unwrap_or_default();
        // Writing to a String cannot fail.
        let _ = writeln!(page, "| `{method} {path}` | {} |", cell(summary));
    }
    for (method, path, operation) in operations(&document) {
        let _ = write!(
            page,
            "\n## `{method} {path}`\n\n{}.\n",
            operation["summary"].as_str().unwrap_or_default()
        );
        parameters(&mut page, operation);
        body(&mut page, operation, &document);
        answers(&mut page, operation);
    }
    page
}

/// The operations in the order of the table of routes.
fn operations(document: &Value) -> impl Iterator<Item = (&'static str, String, &Value)> {
    control::operations().map(|(method, path)| {
        let operation = &document["paths"][&path][method.to_ascii_lowercase()];
        (method, path, operation)
    })
}

fn parameters(page: &mut String, operation: &Value) {
    let parameters = operation["parameters"].as_array();
    let rows: Vec<String> = parameters
        .into_iter()
        .flatten()
        .map(|parameter| {
            let description = parameter["description"]
                .as_str()
                .or_else(|| parameter["schema"]["description"].as_str());
            format!(
                "| `{}` | {} | {} |\n",
                parameter["name"].as_str().unwrap_or_default(),
                parameter["in"].as_str().unwrap_or_default(),
                cell(description.unwrap_or_default()),
            )
        })
        .collect();
    if !rows.is_empty() {
        page.push_str("\n| parameter | in | meaning |\n|---|---|---|\n");
        page.extend(rows);
    }
}

fn body(page: &mut String, operation: &Value, document: &Value) {
    let Some(content) = operation["requestBody"]["content"].as_object() else {
        return;
    };
    for (media_type, content) in content {
        let mut schema = &content["schema"];
        if let Some(reference) = schema["$ref"].as_str() {
            let pointer = reference.trim_start_matches('#');
            schema = document.pointer(pointer).unwrap_or(schema);
        }
        let required = if operation["requestBody"]["required"] == true {
            "required"
        } else {
            "optional"
        };
        let description = schema["description"].as_str().unwrap_or_default();
        let description = cell(description);
        let _ = write!(page, "\nBody, `{media_type}`, {required}: {description}\n");
        let members = schema.as_object().map(members_of).unwrap_or_default();
        if !members.is_empty() {
            page.push_str("\n| member | meaning |\n|---|---|\n");
        }
        for (name, member) in members {
            let meaning = member["description"].as_str().unwrap_or_default();
            let _ = writeln!(page, "| `{name}` | {} |", cell(meaning));
        }
    }
}

fn answers(page: &mut String, operation: &Value) {
    page.push_str("\n| status | meaning |\n|---|---|\n");
    let responses = operation["responses"].as_object();
    for (status, response) in responses.into_iter().flatten() {
        let meaning = response["description"].as_str().unwrap_or_default();
        let status = if status == "default" { "other" } else { status };
        let _ = writeln!(page, "| {status} | {} |", cell(meaning));
    }
}
