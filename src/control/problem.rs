//! What is wrong with a request of the control plane: problem details (RFC 9457) that name the JSON path.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, rt, web};
use percent_encoding::percent_decode_str;
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::value::MapDeserializer;
use serde::de::{DeserializeOwned, Deserializer, IntoDeserializer, Visitor};

use crate::seed::FixtureError;

/// Bytes of a body: a sandbox may bring its fixtures.
const BODY: usize = 4 * 1024 * 1024;
/// How long a body may take to arrive, in real time.
const PATIENCE: Duration = Duration::from_secs(5);

/// RFC 9457 §3.1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Problem {
    /// The HTTP status.
    pub(crate) status: u16,
    /// The status in words.
    pub(crate) title: String,
    /// What is wrong, and what to do.
    pub(crate) detail: String,
    /// Where in the body or query it is wrong, as a JSON path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) path: Option<String>,
    #[serde(skip)]
    allow: Option<String>,
    #[serde(skip)]
    challenge: bool,
    #[serde(skip)]
    close: bool,
}

impl Problem {
    pub(crate) fn new(status: u16, detail: impl Into<String>) -> Self {
        let title = StatusCode::from_u16(status)
            .ok()
            .and_then(|status| status.canonical_reason());
        Self {
            status,
            title: title.unwrap_or("Error").to_owned(),
            detail: detail.into(),
            path: None,
            allow: None,
            challenge: false,
            close: false,
        }
    }

    pub(crate) fn at(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into());
        self
    }

    pub(super) fn allow(mut self, methods: String) -> Self {
        self.allow = Some(methods);
        self
    }

    /// Says that the rest of the body is still to come, and the connection cannot be used again.
    fn closing(mut self) -> Self {
        self.close = true;
        self
    }

    /// Says that a bearer token is due (RFC 6750 §3).
    pub(super) fn challenged(mut self) -> Self {
        self.challenge = true;
        self
    }

    pub(crate) fn into_response(self) -> HttpResponse {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = HttpResponse::build(status);
        response.insert_header(("cache-control", "no-store"));
        if self.close {
            response.force_close();
        }
        if let Some(methods) = &self.allow {
            response.insert_header(("allow", methods.as_str()));
        }
        if self.challenge {
            response.insert_header(("www-authenticate", r#"Bearer realm="oauth-mimic control""#));
        }
        // Serializing texts into memory cannot fail.
        response
            .content_type("application/problem+json")
            .body(serde_json::to_string(&self).unwrap_or_default())
    }
}

impl From<FixtureError> for Problem {
    fn from(error: FixtureError) -> Self {
        Self::new(400, error.problem).at(error.path)
    }
}

pub(super) async fn body(payload: web::Payload) -> Result<web::Bytes, Problem> {
    let whole = rt::time::timeout(PATIENCE, payload.to_bytes_limited(BODY)).await;
    match whole {
        Err(_) => Err(Problem::new(
            408,
            format!("the body did not arrive within {} s", PATIENCE.as_secs()),
        )
        .closing()),
        Ok(Err(_)) => {
            Err(Problem::new(413, format!("the body is larger than {BODY} bytes")).closing())
        }
        Ok(Ok(Err(_))) => Err(Problem::new(400, "the body broke off")),
        Ok(Ok(Ok(bytes))) => Ok(bytes),
    }
}

pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let mut json = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|why| {
        // A `?` stands where the text broke off before a name.
        let path = why.path().to_string();
        let path = path.trim_end_matches(['?', '.']);
        let path = if path.is_empty() { "$" } else { path }.to_owned();
        Problem::new(400, why.into_inner().to_string()).at(path)
    })?;
    json.end()
        .map_err(|why| Problem::new(400, why.to_string()).at("$"))?;
    Ok(value)
}

/// Reads a query as the type wants it: a client that is called `123` is no number.
pub(super) fn query<T: DeserializeOwned>(query: &str) -> Result<T, Problem> {
    let pairs = crate::oauth::form::decode_pairs(query.as_bytes())
        .map_err(|why| Problem::new(400, format!("the query cannot be read: {why}")))?;
    let members = pairs.into_iter().map(|(name, value)| (name, Text(value)));
    serde_path_to_error::deserialize(MapDeserializer::new(members)).map_err(
        |why: serde_path_to_error::Error<serde::de::value::Error>| {
            let path = why.path().to_string();
            let problem = Problem::new(400, why.into_inner().to_string());
            if path == "." {
                problem
            } else {
                problem.at(path)
            }
        },
    )
}

/// A value of a query: text, and a number where one is asked for.
struct Text(String);

impl IntoDeserializer<'_> for Text {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

macro_rules! numbers {
    ($($deserialize:ident $visit:ident)*) => {
        $(fn $deserialize<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
            match self.0.parse() {
                Ok(number) => visitor.$visit(number),
                Err(_) => visitor.visit_string(self.0),
            }
        })*
    };
}

impl<'de> Deserializer<'de> for Text {
    type Error = serde::de::value::Error;

    numbers! { deserialize_u16 visit_u16 deserialize_u64 visit_u64 deserialize_f64 visit_f64 }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_string(self.0)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_some(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.0
            .into_deserializer()
            .deserialize_enum(name, variants, visitor)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u32 u128 f32 char str string bytes byte_buf unit unit_struct newtype_struct seq
        tuple tuple_struct map struct identifier ignored_any
    }
}

/// A segment of a path, percent-decoded.
pub(super) fn decoded(segment: &str) -> String {
    percent_decode_str(segment).decode_utf8_lossy().into_owned()
}
