//! Error answers as data: one entry per refusal, with status, error code and description, in a style that gives the headers
//! and the members of the body.
//!
//! A dialect is a file under `fixtures/dialects/`; a profile's `errors` are merged over it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::clock::Timestamp;
use crate::json::pointer;
use crate::oauth::refusal::{ErrorDialect, Refusal, RefusalName, describable};
use crate::oauth::response::ErrorResponse;
use crate::shape::ProfileError;
use crate::shape::merge::merged;
use crate::shape::template::{
    Condition, Fill, Filling, Place, Placeholder, Template, TextTemplate,
};

/// Returns the file of a dialect.
pub(crate) const fn text_of(dialect: ErrorDialect) -> &'static str {
    match dialect {
        ErrorDialect::Rfc => include_str!("../../fixtures/dialects/rfc.json"),
        ErrorDialect::Spring => include_str!("../../fixtures/dialects/spring.json"),
    }
}

/// The style of an entry that names none, and of injected errors.
const DEFAULT_STYLE: &str = "default";

/// The error answers of a server.
///
/// Texts of headers, bodies and descriptions are templates with the placeholders `{error}`, `{description}`, `{reason}`
/// (the full message), `{status}` (a number), `{path}`, `{timestamp}`, `{members}` (the body's members as `name="value"`)
/// and the refusal's own fields, such as `{registered}`. A header or member without a value is left out.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Dialect")]
pub(crate) struct DialectDocument {
    /// The schema of this document, for editors.
    #[serde(default, rename = "$schema")]
    _schema: Option<String>,
    /// What it imitates, for people.
    #[serde(default, rename = "description")]
    _description: Option<String>,
    /// The headers of a token response, besides `Cache-Control` and `Pragma`.
    response_headers: Map<String, Value>,
    /// The styles by name; `default` is the style of entries that name none.
    styles: BTreeMap<String, StyleDocument>,
    /// The answer to each refusal: one entry, or a list of which the first whose `when` matches is used.
    refusals: BTreeMap<RefusalName, EntriesDocument>,
}

/// The headers and the body of an answer.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct StyleDocument {
    /// The headers in order: a text, or a text for one status only.
    headers: Map<String, Value>,
    /// The members of the JSON body, in order.
    body: Map<String, Value>,
}

/// A header: a text, or a text for one status only.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
enum HeaderDocument {
    Always(String),
    WhenStatus {
        /// The status with which the header is sent.
        when_status: u16,
        /// The text.
        value: String,
    },
}

/// One entry, or several of which the first that matches is used.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
enum EntriesDocument {
    One(EntryDocument),
    Several(Vec<EntryDocument>),
}

/// The answer to one refusal.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct EntryDocument {
    /// Fields of the refusal and the values they must have. Default: every refusal of that name.
    #[serde(default)]
    when: BTreeMap<String, String>,
    /// The name of a style. Default: `default`.
    #[serde(default)]
    style: Option<String>,
    /// The HTTP status.
    #[schemars(range(min = 200, max = 599))]
    status: u16,
    /// The error code.
    error: String,
    /// The description. Default: `{reason}`.
    #[serde(default)]
    description: Option<String>,
    /// Further members of the body, after those of the style.
    #[serde(default)]
    members: Map<String, Value>,
}

/// The error answers of a server, compiled.
#[derive(Debug, Clone)]
pub(crate) struct ErrorTable {
    response_headers: Vec<(String, String)>,
    styles: BTreeMap<String, Style>,
    refusals: BTreeMap<RefusalName, Vec<Entry>>,
}

#[derive(Debug, Clone)]
struct Style {
    headers: Vec<Header>,
    body: Map<String, Value>,
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
    /// Compiles a dialect with a profile's `errors` merged over it, or reports the first mistake.
    pub(crate) fn compile(
        dialect: ErrorDialect,
        overrides: &Map<String, Value>,
    ) -> Result<Self, ProfileError> {
        let wrong = |why: &dyn ToString| ProfileError::new("/errors", why.to_string());
        let base: Value = serde_json::from_str(text_of(dialect)).map_err(|why| wrong(&why))?;
        let merged = merged(base, Value::Object(overrides.clone()));
        let document: DialectDocument =
            serde_path_to_error::deserialize(&merged).map_err(|why| {
                let place = pointer::of(why.path());
                ProfileError::new(format!("/errors{place}"), why.inner().to_string())
            })?;
        document.compile()
    }

    /// Renders the answer to a refusal. `path` is the path of the request.
    pub(crate) fn render(&self, refusal: &Refusal, path: &str, now: Timestamp) -> ErrorResponse {
        let entries = self
            .refusals
            .get(&refusal.name())
            .map_or(&[][..], Vec::as_slice);
        let matches = |entry: &&Entry| {
            entry
                .when
                .iter()
                .all(|(field, value)| refusal.field(field).as_ref() == Some(value))
        };
        match entries.iter().find(matches) {
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
    let members: Map<String, Value> = serde_json::from_str(body).unwrap_or_default();
    let texts = members.iter().map(|(name, value)| match value {
        Value::String(text) => format!("{name}=\"{text}\""),
        other => format!("{name}=\"{other}\""),
    });
    texts.collect::<Vec<_>>().join(", ")
}

impl DialectDocument {
    fn compile(self) -> Result<ErrorTable, ProfileError> {
        let response_headers = self
            .response_headers
            .into_iter()
            .map(|(name, value)| match value {
                Value::String(text) => Ok((name, text)),
                _ => Err(ProfileError::new(
                    pointer::child("/errors/response_headers", &name),
                    "must be a text",
                )),
            });
        let response_headers = response_headers.collect::<Result<_, _>>()?;
        let styles: BTreeMap<String, Style> = self
            .styles
            .into_iter()
            .map(|(name, style)| {
                Ok((
                    name.clone(),
                    style.compile(&pointer::child("/errors/styles", &name))?,
                ))
            })
            .collect::<Result<_, _>>()?;
        if !styles.contains_key(DEFAULT_STYLE) {
            return Err(ProfileError::new(
                "/errors/styles",
                "must have a style `default`",
            ));
        }
        let mut refusals = BTreeMap::new();
        for (name, entries) in self.refusals {
            let path = pointer::child("/errors/refusals", name.as_str());
            let entries: Vec<Entry> = match entries {
                EntriesDocument::One(entry) => vec![entry.compile(name, &styles, &path)?],
                EntriesDocument::Several(entries) => entries
                    .into_iter()
                    .enumerate()
                    .map(|(index, entry)| {
                        let path = pointer::child(&path, &index.to_string());
                        entry.compile(name, &styles, &path)
                    })
                    .collect::<Result<_, _>>()?,
            };
            refusals.insert(name, entries);
        }
        match RefusalName::ALL
            .iter()
            .find(|name| !refusals.contains_key(name))
        {
            Some(missing) => Err(ProfileError::new(
                "/errors/refusals",
                format!("must have an entry for {missing}"),
            )),
            None => Ok(ErrorTable {
                response_headers,
                styles,
                refusals,
            }),
        }
    }
}

impl StyleDocument {
    fn compile(self, path: &str) -> Result<Style, ProfileError> {
        let headers = self.headers.into_iter().map(|(name, header)| {
            let path = pointer::child(&format!("{path}/headers"), &name);
            let header = HeaderDocument::deserialize(header).map_err(|_| {
                ProfileError::new(
                    path.as_str(),
                    "must be a text, or `when_status` and `value`",
                )
            })?;
            let (when_status, text) = match header {
                HeaderDocument::Always(value) => (None, value),
                HeaderDocument::WhenStatus { when_status, value } => (Some(when_status), value),
            };
            Ok(Header {
                value: TextTemplate::compile(&text, Place::Error, &path)?,
                name,
                when_status,
            })
        });
        let headers = headers.collect::<Result<_, ProfileError>>()?;
        Template::compile(&self.body, Place::Error, &format!("{path}/body"))?;
        Ok(Style {
            headers,
            body: self.body,
        })
    }
}

impl EntryDocument {
    fn compile(
        self,
        name: RefusalName,
        styles: &BTreeMap<String, Style>,
        path: &str,
    ) -> Result<Entry, ProfileError> {
        let wrong =
            |member: &str, problem: String| ProfileError::new(format!("{path}/{member}"), problem);
        if let Some(field) = self
            .when
            .keys()
            .find(|field| !name.fields().contains(&field.as_str()))
        {
            let fields = name.fields().join(", ");
            return Err(wrong(
                "when",
                format!("`{field}` is not a field of {name}; expected one of: {fields}"),
            ));
        }
        let style_name = self.style.unwrap_or_else(|| DEFAULT_STYLE.to_owned());
        let Some(style) = styles.get(&style_name) else {
            return Err(wrong("style", format!("there is no style `{style_name}`")));
        };
        if !(200..=599).contains(&self.status) {
            return Err(wrong("status", "must be 200 to 599".to_owned()));
        }
        let mut body = style.body.clone();
        body.extend(self.members);
        let description = self.description.as_deref().unwrap_or("{reason}");
        Ok(Entry {
            when: self.when,
            style: style_name,
            status: self.status,
            error: self.error,
            description: TextTemplate::compile(
                description,
                Place::Error,
                &format!("{path}/description"),
            )?,
            body: Template::compile(&body, Place::Error, &format!("{path}/members"))?,
        })
    }
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
    fn holds(&self, _: &Condition) -> bool {
        true
    }

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

    #[test]
    fn every_dialect_has_an_answer_to_every_refusal() {
        for dialect in [ErrorDialect::Rfc, ErrorDialect::Spring] {
            ErrorTable::compile(dialect, &Map::new())
                .unwrap_or_else(|why| panic!("{dialect:?}: {why}"));
        }
    }

    #[test]
    fn a_profile_replaces_the_answer_to_one_refusal_and_keeps_the_others() {
        let overrides = serde_json::json!({ "refusals": {
            "refresh_token_expired": { "status": 403, "error": "stale", "description": "it ended at {at}", "members": { "code": 70008 } }
        } });
        let Value::Object(overrides) = overrides else {
            unreachable!("an object")
        };
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
        let entry = |entry: Value| json!({ "refusals": { "grant_revoked": entry } });
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
                entry(Value::Null),
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
            let Value::Object(overrides) = overrides else {
                unreachable!("an object")
            };
            let why = ErrorTable::compile(ErrorDialect::Rfc, &overrides).expect_err("a mistake");
            assert_eq!(why.pointer, place, "{why}");
            assert!(why.problem.contains(problem), "{why}");
        }
    }
}
