//! `schema`, and the schemas that are kept under `fixtures/schema/`.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::bad_input;
use crate::support::{directory, good, json, root, run};

const DOCUMENTS: &[&str] = &["fixtures", "profile", "scenario", "dialect"];

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|why| panic!("{path}: {why}"))
}

fn validator(document: &str) -> jsonschema::Validator {
    jsonschema::validator_for(&json(&good(&["schema", document]))).expect("a schema")
}

#[test]
fn the_schemas_that_are_kept_are_those_that_are_printed() {
    for document in DOCUMENTS {
        let path = format!("fixtures/schema/{document}.schema.json");
        assert!(
            read(&path).trim_end() == good(&["schema", document]),
            "{path} is stale: cargo run -- schema {document} > {path}"
        );
    }
    assert_eq!(good(&["schema"]), good(&["schema", "fixtures"]));
}

#[test]
fn the_reference_pages_are_those_that_the_program_writes() {
    let written = directory("reference");
    let outcome = run(&["docs", &written.display().to_string()]);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    let mut pages = 0;
    for page in std::fs::read_dir(&written).expect("a directory") {
        let name = page.expect("a page").file_name();
        let name = name.to_str().expect("UTF-8");
        let path = format!("docs/reference/{name}");
        let page = std::fs::read_to_string(written.join(name)).expect("a page");
        assert!(
            read(&path) == page,
            "{path} is out of date; repair it: cargo run -q -- docs docs/reference"
        );
        pages += 1;
    }
    assert!(pages > 5, "{pages}");
    // The OpenAPI document is one of them.
    let openapi = json(&read("docs/reference/openapi.json"));
    assert_eq!(json(&good(&["schema", "openapi"])), openapi);
}

#[test]
fn what_is_shipped_is_good_by_its_schema_and_names_it() {
    let folder = |document, folder: &str| {
        let folder = format!("fixtures/{folder}");
        let files: Vec<_> = std::fs::read_dir(root().join(&folder))
            .expect("a folder")
            .map(|file| file.expect("a file").file_name().into_string())
            .map(|name| (document, format!("{folder}/{}", name.expect("UTF-8"))))
            .collect();
        assert!(!files.is_empty(), "{folder}");
        files
    };
    let mut shipped = vec![("fixtures", "fixtures/default.json".to_owned())];
    shipped.extend(folder("profile", "profiles"));
    shipped.extend(folder("scenario", "scenarios"));
    shipped.extend(folder("dialect", "dialects"));
    for (document, path) in shipped {
        let path = path.as_str();
        let shipped = json(&read(path));
        let wrong: Vec<String> = validator(document)
            .iter_errors(&shipped)
            .map(|why| why.to_string())
            .collect();
        assert_eq!(wrong, Vec::<String>::new(), "{path}");
        let named = shipped["$schema"].as_str().expect("a schema");
        let named = root().join(path).parent().expect("a directory").join(named);
        let kept = root().join(format!("fixtures/schema/{document}.schema.json"));
        assert_eq!(
            named.canonicalize().expect("a file"),
            kept.canonicalize().expect("a file")
        );
    }
}

/// What is wrong with these files no schema can see: how their parts go together, or that they are not JSON.
const BEYOND_A_SCHEMA: &[&str] = &[
    "audience-without-the-client.json",
    "comment.json",
    "duplicate-client.json",
    "duplicate-token.json",
    "duplicate-user.json",
    "empty.json",
    "member-twice.json",
    "method-without-secret.json",
    "missing-profile-file.json",
    "none-with-secret.json",
    "not-json.json",
    "not-utf8.json",
    "profile-that-is-bad.json",
    "profiles/access-token-like-a-refresh-token.json",
    "profiles/access-token-without-grant-id.json",
    "profiles/grant-id-in-an-id-token-id.json",
    "profiles/id-token-like-a-refresh-token.json",
    "profiles/id-token-like-an-access-token.json",
    "profiles/lone-brace.json",
    "profiles/not-json.json",
    "profiles/offset-no-number.json",
    "profiles/offset-on-a-text.json",
    "profiles/path-of-the-metadata.json",
    "profiles/random-width-impossible.json",
    "profiles/endpoints-that-meet-under-an-alias.json",
    "profiles/refresh-token-with-two-placeholders-in-a-text.json",
    "profiles/reserved-prefix.json",
    "profiles/refresh-token-with-nested-subject.json",
    "profiles/refresh-token-without-auth-time.json",
    "profiles/refresh-token-without-client-id.json",
    "profiles/refresh-token-without-expires-at.json",
    "profiles/refresh-token-without-grant-id.json",
    "profiles/refresh-token-without-id.json",
    "profiles/refresh-token-without-scope.json",
    "profiles/refresh-token-without-subject.json",
    "profiles/reserved-alias.json",
    "profiles/reserved-path.json",
    "profiles/two-endpoints-on-one-path.json",
    "profiles/unclosed-brace-deep.json",
    "profiles/unclosed-brace.json",
    "profiles/unknown-placeholder-in-a-header.json",
    "profiles/unknown-placeholder-in-an-id.json",
    "profiles/unknown-placeholder-in-the-response.json",
    "profiles/unknown-placeholder.json",
    "profiles/when-scope-on-the-access-token.json",
    "profiles/when-scope-on-the-refresh-token.json",
    "scope-not-registered.json",
    "token-of-an-unknown-client.json",
    "token-of-an-unknown-user.json",
    "trailing-garbage.json",
    "unknown-profile.json",
];

#[test]
fn every_other_bad_file_is_refused_by_the_schema_too() {
    let [fixtures, profile] = ["fixtures", "profile"].map(validator);
    let mut let_through = BTreeSet::new();
    for (file, ..) in bad_input::rows().filter(|(file, ..)| !file.starts_with("keys/")) {
        let validator = if file.starts_with("profiles/") {
            &profile
        } else {
            &fixtures
        };
        let bytes = std::fs::read(root().join("fixtures/bad").join(file)).expect("a file");
        match serde_json::from_slice::<Value>(&bytes) {
            Ok(document) if !validator.is_valid(&document) => {}
            _ => {
                let_through.insert(file);
            }
        }
    }
    assert_eq!(let_through, BEYOND_A_SCHEMA.iter().copied().collect());
}

#[test]
fn every_member_is_described_and_no_object_takes_unknown_ones() {
    for document in DOCUMENTS {
        let schema = json(&good(&["schema", document]));
        let mut wrong = Vec::new();
        walk(&schema, document, &mut wrong);
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

/// Goes through every object of the fixtures' and profiles' own; claims, header and response are templates.
fn walk(schema: &Value, path: &str, wrong: &mut Vec<String>) {
    if !schema["description"].is_string() {
        wrong.push(format!("{path} has no description"));
    }
    // Written for those who read Rust.
    if schema["description"]
        .as_str()
        .is_some_and(|text| text.contains("```"))
    {
        wrong.push(format!("{path} has code in its description"));
    }
    let template = ["claims", "header", "response"]
        .iter()
        .any(|name| path.ends_with(name));
    if template {
        return;
    }
    if let Some(members) = schema["properties"].as_object() {
        if schema["additionalProperties"] != false {
            wrong.push(format!("{path} takes unknown members"));
        }
        for (name, member) in members {
            walk(member, &format!("{path}.{name}"), wrong);
        }
    }
    for (name, definition) in schema["$defs"].as_object().into_iter().flatten() {
        walk(definition, &format!("{path} {name}"), wrong);
    }
    // The values of an enumeration, or of a member that says which.
    for value in schema["oneOf"].as_array().into_iter().flatten() {
        if value.get("$ref").is_some() {
            // Its definition has the description.
            continue;
        }
        let name = match value["required"][0].as_str() {
            Some(member) => member.to_owned(),
            None => value["const"].to_string(),
        };
        walk(value, &format!("{path} {name}"), wrong);
    }
}
