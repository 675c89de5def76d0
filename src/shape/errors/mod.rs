//! Error answers as data: one entry per refusal, with status, error code and description, in a style that gives the headers
//! and the members of the body.
//!
//! A dialect is a file under `fixtures/dialects/`; a profile's `errors` are merged over it.

mod document;

use std::collections::BTreeMap;

use crate::clock::Timestamp;
use crate::json::{Object, Value, pointer};
use crate::oauth::refusal::{ErrorDialect, Refusal, RefusalName, describable};
use crate::oauth::response::ErrorResponse;
use crate::random::Random;
use crate::shape::ProfileError;
pub(crate) use crate::shape::errors::document::DialectDocument;
use crate::shape::id::IdTemplate;
use crate::shape::merge::merged;
use crate::shape::template::{Fill, Filling, Place, Placeholder, Template, TextTemplate};

/// Returns the file of a dialect.
pub(crate) const fn text_of(dialect: ErrorDialect) -> &'static str {
    match dialect {
        ErrorDialect::Rfc => include_str!("../../../fixtures/dialects/rfc.json"),
        ErrorDialect::Spring => include_str!("../../../fixtures/dialects/spring.json"),
    }
}

/// The style of an entry that names none, and of injected errors.
const DEFAULT_STYLE: &str = "default";

/// The error answers of a server, compiled.
#[derive(Debug, Clone)]
pub(crate) struct ErrorTable {
    /// The form of authorization codes, in place of the profile's.
    code: Option<IdTemplate>,
    response_headers: Vec<(String, String)>,
    styles: BTreeMap<String, Style>,
    refusals: BTreeMap<RefusalName, Vec<Entry>>,
}

/// Status, error code and description of an answer.
#[derive(Debug)]
pub(crate) struct ErrorCode {
    pub(crate) status: u16,
    pub(crate) error: String,
    pub(crate) description: String,
}

#[derive(Debug, Clone)]
struct Style {
    headers: Vec<Header>,
    body: Object,
}

#[derive(Debug, Clone)]
struct Header {
    name: String,
    when_status: Option<u16>,
    value: TextTemplate,
}

#[derive(Debug, Clone)]
struct Entry {
    when: BTreeMap<String, String>,
    style: String,
    status: u16,
    error: String,
    description: TextTemplate,
    body: Template,
}

impl ErrorTable {
    /// Draws an authorization code, if the dialect has codes of its own.
    pub(crate) fn draw_code(&self, random: &Random) -> Option<String> {
        Some(self.code.as_ref()?.draw("", random))
    }

    /// Compiles a dialect with a profile's `errors` merged over it, or reports the first mistake.
    pub(crate) fn compile(dialect: ErrorDialect, overrides: &Object) -> Result<Self, ProfileError> {
        let wrong = |why: &dyn ToString| ProfileError::new("/errors", why.to_string());
        let base: Value = serde_json::from_str(text_of(dialect)).map_err(|why| wrong(&why))?;
        let merged = merged(base, Value::Object(overrides.clone()));
        let document: DialectDocument =
            serde_path_to_error::deserialize(merged).map_err(|why| {
                let place = pointer::of(why.path());
                ProfileError::new(format!("/errors{place}"), why.inner().to_string())
            })?;
        document.compile()
    }

    /// Renders the answer to a refusal. `path` is the path of the request.
    pub(crate) fn render(&self, refusal: &Refusal, path: &str, now: Timestamp) -> ErrorResponse {
        match self.entry(refusal) {
            Some(entry) => self.render_entry(entry, Some(refusal), path, now),
            // Compiling refuses a table without an entry for some refusal; a list may still match nothing.
            None => self.render_error(
                400,
                "invalid_request",
                &describable(&refusal.to_string()),
                path,
            ),
        }
    }

    /// Renders an error that is not a refusal, in the default style.
    pub(crate) fn render_error(
        &self,
        status: u16,
        error: &str,
        description: &str,
        path: &str,
    ) -> ErrorResponse {
        let facts = ErrorFacts {
            refusal: None,
            status,
            error,
            description: description.to_owned(),
            path,
            now: None,
            members: String::new(),
        };
        let style = &self.styles[DEFAULT_STYLE];
        // The bodies of styles are compiled once per entry; an injected error is rare enough to compile here.
        let body = Template::compile(&style.body, Place::Error, "body");
        Self::answer(style, body.ok().as_ref(), facts)
    }

    /// Returns status, error code and description of the answer to a refusal, for answers that are not a body of this table.
    pub(crate) fn code(&self, refusal: &Refusal, path: &str, now: Timestamp) -> ErrorCode {
        let Some(entry) = self.entry(refusal) else {
            return ErrorCode {
                status: 400,
                error: "invalid_request".to_owned(),
                description: describable(&refusal.to_string()),
            };
        };
        let facts = ErrorFacts {
            refusal: Some(refusal),
            status: entry.status,
            error: &entry.error,
            description: String::new(),
            path,
            now: Some(now),
            members: String::new(),
        };
        ErrorCode {
            status: entry.status,
            error: entry.error.clone(),
            description: entry.description.write(&facts).unwrap_or_default(),
        }
    }

    /// Returns the first entry of a refusal that matches its data.
    fn entry(&self, refusal: &Refusal) -> Option<&Entry> {
        let matches = |entry: &&Entry| {
            let mut conditions = entry.when.iter();
            conditions.all(|(field, value)| refusal.field(field).as_ref() == Some(value))
        };
        self.refusals.get(&refusal.name())?.iter().find(matches)
    }

    fn render_entry(
        &self,
        entry: &Entry,
        refusal: Option<&Refusal>,
        path: &str,
        now: Timestamp,
    ) -> ErrorResponse {
        let mut facts = ErrorFacts {
            refusal,
            status: entry.status,
            error: &entry.error,
            description: String::new(),
            path,
            now: Some(now),
            members: String::new(),
        };
        facts.description = entry.description.write(&facts).unwrap_or_default();
        Self::answer(&self.styles[&entry.style], Some(&entry.body), facts)
    }

    fn answer(style: &Style, body: Option<&Template>, mut facts: ErrorFacts<'_>) -> ErrorResponse {
        let body = body.map(|body| body.write(&facts)).unwrap_or_default();
        facts.members = summary(&body);
        let headers = style
            .headers
            .iter()
            .filter(|header| {
                header
                    .when_status
                    .is_none_or(|status| status == facts.status)
            })
            .filter_map(|header| Some((header.name.clone(), header.value.write(&facts)?)));
        ErrorResponse {
            headers: headers.collect(),
            status: facts.status,
            error: facts.error.to_owned(),
            body,
        }
    }

    /// Returns the headers of a token response, besides `Cache-Control` and `Pragma`.
    pub(crate) fn response_headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.response_headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// The members of a JSON body as `name="value"`, for a challenge.
fn summary(body: &str) -> String {
    let members: Object = serde_json::from_str(body).unwrap_or_default();
    let texts = members.iter().map(|(name, value)| match value {
        Value::String(text) => format!("{name}=\"{text}\""),
        other => format!("{name}=\"{other}\""),
    });
    texts.collect::<Vec<_>>().join(", ")
}

/// The values for the templates of an error answer.
struct ErrorFacts<'a> {
    refusal: Option<&'a Refusal>,
    status: u16,
    error: &'a str,
    description: String,
    path: &'a str,
    /// The time; absent for an injected error, which has no time of its own.
    now: Option<Timestamp>,
    members: String,
}

impl Fill for ErrorFacts<'_> {
    fn filling(&self, placeholder: &Placeholder) -> Option<Filling<'_>> {
        use Placeholder as P;
        let owned = |text: String| Some(Filling::Text(text.into()));
        match placeholder {
            P::Error => Some(self.error.into()),
            P::Description => Some(self.description.as_str().into()),
            P::Reason => owned(describable(&self.refusal?.to_string())),
            P::Status => Some(Filling::Number(self.status.into())),
            P::Path => Some(self.path.into()),
            P::Timestamp => owned(self.now?.to_string().replace('Z', ".000+00:00")),
            P::Members => Some(self.members.as_str().into()),
            P::Field(name) => owned(self.refusal?.field(name)?),
            // The placeholders of other places: compiling refuses them in error answers.
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::json;

    fn object(overrides: serde_json::Value) -> Object {
        json::typed(overrides.into()).expect("an object")
    }

    #[test]
    fn every_dialect_has_an_answer_to_every_refusal() {
        for dialect in [ErrorDialect::Rfc, ErrorDialect::Spring] {
            ErrorTable::compile(dialect, &Object::default())
                .unwrap_or_else(|why| panic!("{dialect:?}: {why}"));
        }
    }

    #[test]
    fn a_profile_replaces_the_answer_to_one_refusal_and_keeps_the_others() {
        let overrides = object(json!({ "refusals": {
            "refresh_token_expired": { "status": 403, "error": "stale", "description": "it ended at {at}", "members": { "code": 70008 } }
        } }));
        let table = ErrorTable::compile(ErrorDialect::Rfc, &overrides).expect("a table");
        let (at, now) = (Timestamp::from_unix(0), Timestamp::from_unix(1));
        let expired = table.render(&Refusal::RefreshTokenExpired { at, now }, "/", now);
        assert_eq!(expired.status, 403);
        assert_eq!(
            expired.body,
            r#"{"error":"stale","error_description":"it ended at 1970-01-01T00:00:00Z","code":70008}"#
        );
        assert_eq!(
            table.render(&Refusal::GrantRevoked {}, "/", now).status,
            400
        );
    }

    #[test]
    fn a_mistake_in_a_table_is_reported_with_its_place() {
        let entry = |entry: serde_json::Value| json!({ "refusals": { "grant_revoked": entry } });
        for (overrides, place, problem) in [
            (
                json!({ "refusals": { "no_such_name": { "status": 400, "error": "x" } } }),
                "/errors/refusals",
                "no_such_name",
            ),
            (
                entry(json!({ "status": 199, "error": "x" })),
                "/errors/refusals/grant_revoked/status",
                "must be 200 to 599",
            ),
            (
                entry(json!([{ "status": 400, "error": "x" }, { "status": 600, "error": "x" }])),
                "/errors/refusals/grant_revoked/1/status",
                "must be 200 to 599",
            ),
            (
                entry(json!({ "status": 400, "error": "x", "style": "y" })),
                "/errors/refusals/grant_revoked/style",
                "no style `y`",
            ),
            (
                entry(json!({ "status": 400, "error": "x", "when": { "z": "1" } })),
                "/errors/refusals/grant_revoked/when",
                "`z` is not a field",
            ),
            (
                entry(json!({ "status": 400, "error": "x", "description": "{nothing}" })),
                "/errors/refusals/grant_revoked/description",
                "unknown placeholder",
            ),
            (
                entry(json!(null)),
                "/errors/refusals",
                "must have an entry for grant_revoked",
            ),
            (
                json!({ "styles": { "default": null } }),
                "/errors/styles",
                "must have a style `default`",
            ),
            (
                json!({ "response_headers": { "a/b": 5 } }),
                "/errors/response_headers/a~1b",
                "must be a text",
            ),
            (
                json!({ "styles": { "a.b": { "headers": {}, "body": 5 } } }),
                "/errors/styles/a.b/body",
                "invalid type",
            ),
            (
                json!({ "styles": { "a/b": { "headers": { "x": 5 }, "body": {} } } }),
                "/errors/styles/a~1b/headers/x",
                "must be a text, or",
            ),
        ] {
            let why =
                ErrorTable::compile(ErrorDialect::Rfc, &object(overrides)).expect_err("a mistake");
            assert_eq!(why.pointer, place, "{why}");
            assert!(why.problem.contains(problem), "{why}");
        }
    }
}
