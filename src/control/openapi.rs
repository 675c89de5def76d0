//! The OpenAPI 3.1 document of the control plane. It is generated: the paths from the table of routes, the bodies from the
//! handlers' types.

use std::collections::BTreeMap;

use schemars::generate::{SchemaGenerator, SchemaSettings};
use schemars::transform::transform_subschemas;
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value, json};

use crate::control::problem::{Problem, ProblemCode};
use crate::control::route::{Json, Operation, Route, parameter, segments_of};
use crate::control::routes::{PARAMETERS, ROUTES};
use crate::control::{Call, HEALTH};
use crate::sandbox::RESERVED;

const DESCRIPTION: &str = "Controls a mock OAuth 2.0 and OpenID Connect provider: clock, fault rules, broken tokens, journal, sandboxes. \
     The same paths below /s/{id} control the sandbox with that id.";

/// An OpenAPI document.
#[derive(serde::Serialize, JsonSchema)]
#[serde(transparent)]
pub(super) struct Document(Map<String, Value>);

pub(super) fn get(_: &Call) -> Json<Document> {
    Json(Document(document()))
}

/// A generator whose schemas refer to the document's components.
pub(super) fn generator() -> SchemaGenerator {
    SchemaSettings::draft2020_12()
        .with(|settings| settings.definitions_path = "/components/schemas".into())
        .with_transform(without_null_defaults)
        .with_transform(for_generators)
        .into_generator()
}

/// The document (OpenAPI 3.1).
pub(crate) fn document() -> Map<String, Value> {
    let mut generator = generator();
    let problem = generator.subschema_for::<Problem>();
    let mut paths = Map::new();
    for route in described() {
        let item = paths.entry(path_of(route)).or_insert_with(|| json!({}));
        item[route.method.to_ascii_lowercase()] = operation(route, &mut generator, &problem);
    }
    let document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "oauth-mimic control plane",
            "version": env!("CARGO_PKG_VERSION"),
            "description": DESCRIPTION,
            "license": { "name": "MIT OR Apache-2.0", "identifier": env!("CARGO_PKG_LICENSE") },
        },
        "servers": [
            { "url": "/", "description": "The default sandbox." },
            {
                "url": "/s/{sandbox}",
                "description": "Another sandbox.",
                "variables": { "sandbox": { "default": "a", "description": "The sandbox's id." } },
            },
        ],
        "paths": paths,
        "components": {
            "schemas": generator.take_definitions(true),
            "securitySchemes": {
                "control_token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The value of `--control-token`, if the server was started with one.",
                },
            },
        },
        "security": [{}, { "control_token": [] }],
    });
    match document {
        Value::Object(document) => document,
        _ => Map::new(),
    }
}

/// The method and the path of every operation of the document, in the order of the table of routes.
#[cfg(feature = "cli")]
pub(crate) fn operations() -> impl Iterator<Item = (&'static str, String)> {
    described().map(|route| (route.method, path_of(route)))
}

/// The routes for programs. Pages are for a person, and a generated client has no use for them.
fn described() -> impl Iterator<Item = &'static Route> {
    ROUTES.iter().filter(|route| !route.is_page)
}

fn path_of(route: &Route) -> String {
    format!("{RESERVED}{}", route.path.trim_end_matches('/'))
}

fn operation(route: &Route, generator: &mut SchemaGenerator, problem: &Schema) -> Value {
    let mut described = Operation::new(generator);
    (route.describe)(&mut described);
    let mut parameters = path_parameters(route.path);
    parameters.append(&mut described.query);
    let mut problems = described.problems;
    problems.extend(route.problems);
    let mut responses = described.responses;
    let guarded = route.path != HEALTH;
    if guarded {
        problems.extend([
            ProblemCode::Unauthorized,
            ProblemCode::HostRefused,
            ProblemCode::OriginRefused,
        ]);
    }
    responses.extend(problem_responses(&problems, problem));
    let mut operation = json!({
        "operationId": route.id,
        "summary": route.summary,
        "parameters": parameters,
        "responses": responses,
    });
    if let Some(body) = described.body {
        operation["requestBody"] = body;
    }
    if !guarded {
        operation["security"] = json!([]);
    }
    operation
}

fn path_parameters(path: &str) -> Vec<Value> {
    segments_of(path)
        .into_iter()
        .filter_map(parameter)
        .map(|name| {
            let known = PARAMETERS.iter().find(|parameter| parameter.name == name);
            json!({
                "name": name,
                "in": "path",
                "required": true,
                "description": known.map_or("", |parameter| parameter.description),
                "schema": { "type": "string", "minLength": 1 },
            })
        })
        .collect()
}

/// One response for each status, which names the codes that have it.
fn problem_responses(
    problems: &[ProblemCode],
    schema: &Schema,
) -> impl Iterator<Item = (String, Value)> {
    let mut by_status: BTreeMap<u16, Vec<String>> = BTreeMap::new();
    for problem in problems {
        let name = json!(problem).as_str().unwrap_or_default().to_owned();
        let names = by_status.entry(problem.status().as_u16()).or_default();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    by_status.into_iter().map(move |(status, codes)| {
        let response = json!({
            "description": format!("Problem: {}", codes.join(", ")),
            "content": { "application/problem+json": { "schema": schema } },
        });
        (status.to_string(), response)
    })
}

/// Describes each member of the query's type as a parameter.
pub(super) fn query_parameters<T: JsonSchema>(generator: &mut SchemaGenerator) -> Vec<Value> {
    let schema = T::json_schema(generator);
    let required = schema.get("required").and_then(Value::as_array);
    let members = schema.get("properties").and_then(Value::as_object);
    members
        .into_iter()
        .flatten()
        .map(|(name, member)| {
            let mut member = without_null(member.clone());
            let required = required.is_some_and(|names| names.iter().any(|other| other == name));
            let description = member
                .as_object_mut()
                .and_then(|member| member.remove("description"));
            json!({
                "name": name,
                "in": "query",
                "required": required,
                "description": description.unwrap_or_default(),
                "schema": member,
            })
        })
        .collect()
}

/// A parameter that may be left out is absent, and never null.
fn without_null(mut schema: Value) -> Value {
    let Some(members) = schema.as_object_mut() else {
        return schema;
    };
    members.retain(|name, value| name != "default" || !value.is_null());
    if let Some(Value::Array(types)) = members.get_mut("type") {
        types.retain(|kind| kind != "null");
        if let [only] = types.as_slice() {
            members["type"] = only.clone();
        }
    }
    if let Some(Value::Array(mut variants)) = members.remove("anyOf") {
        variants.retain(|variant| variant["type"] != "null");
        match variants.as_mut_slice() {
            [Value::Object(only)] => members.append(only),
            _ => {
                members.insert("anyOf".to_owned(), Value::Array(variants));
            }
        }
    }
    schema
}

/// Removes `"default": null`: that a member may be left out shows already, and an editor that completes it need not write null.
pub(crate) fn without_null_defaults(schema: &mut Schema) {
    if schema.get("default").is_some_and(Value::is_null) {
        schema.remove("default");
    }
    transform_subschemas(&mut without_null_defaults, schema);
}

/// Writes schemas as generators of types for other languages read them best.
fn for_generators(schema: &mut Schema) {
    transform_subschemas(&mut for_generators, schema);
    // No registry of formats has this one.
    if schema.get("format").is_some_and(|format| format == "uint") {
        schema.remove("format");
    }
    if let Some((names, descriptions)) = schema.get("oneOf").and_then(names_of) {
        schema.remove("oneOf");
        schema.insert("type".to_owned(), json!("string"));
        schema.insert("enum".to_owned(), Value::Array(names));
        let own = schema.get("description").and_then(Value::as_str);
        let description = own
            .into_iter()
            .chain(descriptions.iter().map(String::as_str));
        let description = description.collect::<Vec<_>>().join("\n");
        schema.insert("description".to_owned(), json!(description));
    }
}

/// The names, and their descriptions, of a choice between constant texts.
fn names_of(choice: &Value) -> Option<(Vec<Value>, Vec<String>)> {
    let (mut names, mut descriptions) = (Vec::new(), Vec::new());
    for variant in choice.as_array()? {
        let values = match (variant.get("const"), variant.get("enum")) {
            (Some(value), _) => vec![value.clone()],
            (None, Some(Value::Array(values))) => values.clone(),
            _ => return None,
        };
        if let (Some(description), [Value::String(name)]) =
            (variant["description"].as_str(), values.as_slice())
        {
            descriptions.push(format!("`{name}`: {description}"));
        }
        names.extend(values);
    }
    names
        .iter()
        .all(Value::is_string)
        .then_some((names, descriptions))
}
