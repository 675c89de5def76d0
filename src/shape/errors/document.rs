//! The document of an error table: reading it and compiling it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::json::{Object, Value, pointer};
use crate::oauth::refusal::RefusalName;
use crate::shape::ProfileError;
use crate::shape::errors::{DEFAULT_STYLE, Entry, ErrorTable, Header, Style};
use crate::shape::id::IdTemplate;
use crate::shape::template::{Place, Template, TextTemplate};

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
    /// An authorization code, in place of the profile's; of `{random:N}` and `{uuid}`. Default: as the profile says.
    #[serde(default)]
    #[schemars(regex(pattern = r"\{(random:[0-9]+|uuid)\}"))]
    code: Option<String>,
    /// The headers of a token response, besides `Cache-Control` and `Pragma`.
    response_headers: Object,
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
    headers: Object,
    /// The members of the JSON body, in order.
    body: Object,
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
    members: Object,
}

impl DialectDocument {
    /// Compiles the document, or reports the first mistake. The places of mistakes begin at the profile.
    pub(super) fn compile(self) -> Result<ErrorTable, ProfileError> {
        let code = self.code.as_deref();
        let code = code.map(|text| IdTemplate::compile(text, None, "/errors/code"));
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
                code: code.transpose()?,
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
