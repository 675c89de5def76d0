//! The OpenAPI 3.1 document of the control plane, generated from the types.

use schemars::generate::{SchemaGenerator, SchemaSettings};
use serde_json::{Map, Value, json};

use crate::control::{
    Overview, clock, faults, keys, problem, registered, requests, sandboxes, scenarios, tokens,
};
use crate::fault::plan::{ActiveRule, Rule};
use crate::journal::{Exchange, Expectation, Filter};
use crate::oauth::client::Client;
use crate::oauth::user::User;
use crate::seed::NamedRefreshToken;

type Schema = fn(&mut SchemaGenerator) -> schemars::Schema;

/// One request of the control plane.
pub(super) struct Operation {
    pub(super) method: &'static str,
    /// Behind `/_mimic`; `{…}` stands for a segment.
    path: &'static str,
    summary: &'static str,
    query: Option<Schema>,
    body: Option<Schema>,
    status: u16,
    /// Whether 201 is answered where there was nothing before.
    creates: bool,
    media_type: &'static str,
    answer: Option<Schema>,
}

impl Operation {
    /// Whether it is at that path.
    pub(super) fn is_at(&self, segments: &[&str]) -> bool {
        let own: Vec<&str> = self
            .path
            .split('/')
            .filter(|segment| !segment.is_empty())
            .collect();
        own.len() == segments.len()
            && own
                .iter()
                .zip(segments)
                .all(|(own, asked)| own.starts_with('{') || own == asked)
    }

    const fn new(method: &'static str, path: &'static str, summary: &'static str) -> Self {
        Self {
            method,
            path,
            summary,
            query: None,
            body: None,
            status: 204,
            creates: false,
            media_type: "application/json",
            answer: None,
        }
    }

    const fn query(mut self, schema: Schema) -> Self {
        self.query = Some(schema);
        self
    }

    const fn body(mut self, schema: Schema) -> Self {
        self.body = Some(schema);
        self
    }

    const fn or_creates(mut self) -> Self {
        self.creates = true;
        self
    }

    const fn streams(mut self) -> Self {
        self.status = 200;
        self.media_type = "text/event-stream";
        self.answer = Some(text);
        self
    }

    const fn answers(mut self, status: u16, schema: Schema) -> Self {
        self.status = status;
        self.answer = Some(schema);
        self
    }
}

fn of<T: schemars::JsonSchema>(generator: &mut SchemaGenerator) -> schemars::Schema {
    generator.subschema_for::<T>()
}

fn any(_: &mut SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({ "type": "object" })
}

fn text(_: &mut SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({ "type": "string" })
}

/// One token, or what the token endpoint would have answered: the profile says what that holds.
fn minted(generator: &mut SchemaGenerator) -> schemars::Schema {
    let one = generator.subschema_for::<tokens::Minted>();
    schemars::json_schema!({ "oneOf": [one, { "type": "object", "required": ["access_token"] }] })
}

pub(super) const OPERATIONS: &[Operation] = &[
    Operation::new("GET", "/", "What is here").answers(200, of::<Overview>),
    Operation::new("GET", "/openapi.json", "This document").answers(200, any),
    Operation::new("GET", "/health", "Whether the server answers")
        .answers(200, of::<super::Health>),
    Operation::new(
        "POST",
        "/reset",
        "Back to the seed: clients, users, tokens, keys, clock, faults, journal, ledger",
    ),
    Operation::new("GET", "/clock", "What time it is").answers(200, of::<clock::ClockState>),
    Operation::new("PUT", "/clock", "Stop the clock at an instant")
        .body(of::<clock::Freeze>)
        .answers(200, of::<clock::ClockState>),
    Operation::new("DELETE", "/clock", "Return to real time").answers(200, of::<clock::ClockState>),
    Operation::new("POST", "/clock/advance", "Move the clock")
        .body(of::<clock::Advance>)
        .answers(200, of::<clock::ClockState>),
    Operation::new("GET", "/faults", "The rules, and what is left of each")
        .answers(200, of::<faults::Faults>),
    Operation::new("POST", "/faults", "Add a rule behind the others")
        .body(of::<Rule>)
        .answers(201, of::<ActiveRule>),
    Operation::new("DELETE", "/faults", "Remove all rules"),
    Operation::new("DELETE", "/faults/{id}", "Remove a rule"),
    Operation::new("GET", "/requests", "The journal")
        .query(of::<Filter>)
        .answers(200, of::<requests::Requests>),
    Operation::new("DELETE", "/requests", "Empty the journal"),
    Operation::new(
        "GET",
        "/requests/wait",
        "Wait until so many match; 408 when the time is over",
    )
    .query(of::<requests::Wait>)
    .answers(200, of::<requests::Requests>),
    Operation::new(
        "GET",
        "/requests/stream",
        "Server-sent events, one for each request that matches",
    )
    .query(of::<Filter>)
    .streams(),
    Operation::new("GET", "/requests/{number}", "One request").answers(200, of::<Exchange>),
    Operation::new(
        "POST",
        "/verify",
        "Compare the journal with what is expected; 409 tells what arrived instead",
    )
    .body(of::<Expectation>)
    .answers(200, of::<requests::Verified>),
    Operation::new("POST", "/tokens", "Mint a token, or a whole response")
        .body(of::<tokens::Mint>)
        .answers(200, minted),
    Operation::new("GET", "/clients", "The clients").answers(200, of::<registered::Clients>),
    Operation::new("POST", "/clients", "Add a client")
        .body(of::<Client>)
        .answers(201, of::<Client>),
    Operation::new("GET", "/clients/{client_id}", "A client").answers(200, of::<Client>),
    Operation::new("PUT", "/clients/{client_id}", "Add or replace a client")
        .body(of::<Client>)
        .answers(200, of::<Client>)
        .or_creates(),
    Operation::new("DELETE", "/clients/{client_id}", "Remove a client"),
    Operation::new("GET", "/users", "The users").answers(200, of::<registered::Users>),
    Operation::new("POST", "/users", "Add a user")
        .body(of::<User>)
        .answers(201, of::<User>),
    Operation::new("GET", "/users/{sub}", "A user").answers(200, of::<User>),
    Operation::new("PUT", "/users/{sub}", "Add or replace a user")
        .body(of::<User>)
        .answers(200, of::<User>)
        .or_creates(),
    Operation::new("DELETE", "/users/{sub}", "Remove a user"),
    Operation::new("GET", "/refresh-tokens", "The named refresh tokens")
        .answers(200, of::<registered::RefreshTokens>),
    Operation::new("POST", "/refresh-tokens", "Add a named refresh token")
        .body(of::<NamedRefreshToken>)
        .answers(201, of::<NamedRefreshToken>),
    Operation::new(
        "GET",
        "/refresh-tokens/{token}",
        "What a name stands for, for each client",
    )
    .answers(200, of::<registered::RefreshTokens>),
    Operation::new(
        "PUT",
        "/refresh-tokens/{token}",
        "Add or replace a named refresh token",
    )
    .body(of::<NamedRefreshToken>)
    .answers(200, of::<NamedRefreshToken>)
    .or_creates(),
    Operation::new(
        "DELETE",
        "/refresh-tokens/{token}",
        "Remove a name, for every client",
    ),
    Operation::new("GET", "/keys", "The keys").answers(200, of::<keys::Keys>),
    Operation::new(
        "POST",
        "/keys/rotate",
        "Sign with a new key; the old one stays published",
    )
    .body(of::<keys::Rotate>)
    .answers(200, of::<keys::Keys>),
    Operation::new("DELETE", "/keys/{kid}", "Publish a key no more"),
    Operation::new("GET", "/sandboxes", "The sandboxes").answers(200, of::<sandboxes::SandboxList>),
    Operation::new("POST", "/sandboxes", "Make a sandbox")
        .body(of::<sandboxes::NewSandbox>)
        .answers(201, of::<sandboxes::SandboxState>),
    Operation::new("DELETE", "/sandboxes/{id}", "Remove a sandbox"),
    Operation::new("GET", "/scenarios", "The scenarios").answers(200, of::<scenarios::Scenarios>),
    Operation::new("POST", "/scenarios/{name}", "Play a scenario")
        .answers(200, of::<scenarios::Played>),
];

/// The document (OpenAPI 3.1.0).
pub(super) fn document() -> Value {
    let mut generator = SchemaSettings::draft2020_12()
        .with(|settings| settings.definitions_path = "/components/schemas".into())
        .into_generator();
    let problem = generator.subschema_for::<problem::Problem>();
    let mut paths = Map::new();
    for operation in OPERATIONS {
        let path = format!(
            "{}{}",
            crate::http::RESERVED,
            operation.path.trim_end_matches('/')
        );
        let item = paths.entry(path).or_insert_with(|| json!({}));
        item[operation.method.to_ascii_lowercase()] =
            described(operation, &mut generator, &problem);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "oauth-mimic control plane",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Bends a mock token server: time, faults, broken tokens, journal, sandboxes. The same paths under /s/{id} speak of that sandbox.",
        },
        "paths": paths,
        "components": {
            "schemas": generator.take_definitions(true),
            "securitySchemes": { "control_token": { "type": "http", "scheme": "bearer" } },
        },
        "security": [{}, { "control_token": [] }],
    })
}

fn described(
    operation: &Operation,
    generator: &mut SchemaGenerator,
    problem: &schemars::Schema,
) -> Value {
    let mut parameters: Vec<Value> = operation
        .path
        .split('/')
        .filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
        .collect();
    if let Some(query) = operation.query {
        // Each member of the query's type is a parameter.
        let schema = query(generator);
        let name = schema.as_value()["$ref"]
            .as_str()
            .and_then(|r| r.rsplit('/').next())
            .map(str::to_owned);
        let members = name.and_then(|name| {
            generator.definitions().get(&name)?["properties"]
                .as_object()
                .cloned()
        });
        for (name, schema) in members.into_iter().flatten() {
            parameters
                .push(json!({ "name": name, "in": "query", "required": false, "schema": schema }));
        }
    }
    let status = operation.status.to_string();
    let mut responses = json!({
        "default": {
            "description": "What is wrong, and where",
            "content": { "application/problem+json": { "schema": problem } },
        },
    });
    responses[&status] = match operation.answer {
        Some(answer) => json!({
            "description": operation.summary,
            "content": { operation.media_type: { "schema": answer(generator) } },
        }),
        None => json!({ "description": "Done" }),
    };
    if operation.creates {
        responses["201"] = responses[&status].clone();
    }
    let id = operation
        .path
        .replace(['{', '}'], "")
        .replace(['/', '-', '.'], "_");
    let mut described = json!({
        "operationId": format!("{}{}", operation.method.to_ascii_lowercase(), id.trim_end_matches('_')),
        "summary": operation.summary,
        "parameters": parameters,
        "responses": responses,
    });
    if let Some(body) = operation.body {
        described["requestBody"] =
            json!({ "content": { "application/json": { "schema": body(generator) } } });
    }
    described
}
