//! Error responses of the control plane: problem details (RFC 9457) with the place of the wrong value.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, rt, web};
use percent_encoding::percent_decode_str;
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::value::MapDeserializer;
use serde::de::{DeserializeOwned, Deserializer, IntoDeserializer, Visitor};

use crate::control::browser;
use crate::http::limits::Patience;
use crate::json;
use crate::json::invalid::Invalid;
use crate::pages;
use crate::seed::FixtureError;

/// The largest body in bytes; the body of a new sandbox can contain fixtures.
const BODY: usize = 4 * 1024 * 1024;

/// The kinds of problems: a program compares these, a person reads `detail`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ProblemCode {
    /// The body is not JSON of the right form, or a value in it is refused.
    InvalidBody,
    /// The query has an unknown parameter, or a value in it is refused.
    InvalidQuery,
    /// A member of the body differs from the name in the path.
    NameDiffers,
    /// The `--control-token` is missing or wrong.
    Unauthorized,
    /// The `Host` header names a host that the server is not known by.
    HostRefused,
    /// The `Origin` header names a web page of another site.
    OriginRefused,
    /// There is no route at this path, or no resource of this name.
    NotFound,
    /// The path has no such method; `Allow` lists those it has.
    MethodNotAllowed,
    /// The body did not arrive in time.
    BodyTimeout,
    /// There is a resource of this name; PUT replaces it.
    NameTaken,
    /// The signing key cannot be retired.
    KeySigns,
    /// The journal is not as expected; `detail` lists what arrived.
    NotVerified,
    /// The wait ended before enough requests matched; `detail` lists what arrived.
    WaitEnded,
    /// The body is larger than 4 MiB.
    BodyTooLarge,
    /// The server holds as many sandboxes as `--max-sandboxes` allows.
    TooManySandboxes,
    /// As many scripted logins wait as may.
    TooManyLogins,
    /// The server is being stopped.
    Stopping,
}

impl ProblemCode {
    /// The HTTP status. A wait that ends is not 408 (RFC 9110 §15.5.9), which clients and proxies retry by themselves.
    pub(super) const fn status(self) -> StatusCode {
        match self {
            Self::InvalidBody | Self::InvalidQuery | Self::NameDiffers => StatusCode::BAD_REQUEST,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::HostRefused | Self::OriginRefused => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::BodyTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::NameTaken | Self::KeySigns | Self::NotVerified | Self::WaitEnded => {
                StatusCode::CONFLICT
            }
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooManySandboxes | Self::TooManyLogins | Self::Stopping => {
                StatusCode::SERVICE_UNAVAILABLE
            }
        }
    }
}

/// Problem details (RFC 9457 §3.1). Their `type` is `about:blank`, which is left out; `code` distinguishes problems of one
/// status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Problem {
    /// The HTTP status.
    status: u16,
    /// The status in words.
    title: &'static str,
    code: ProblemCode,
    /// What is wrong, and what to do.
    detail: String,
    /// The JSON Pointer of the value in the body that is wrong (RFC 6901); empty for the whole body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pointer: Option<String>,
    /// The parameter of the query that is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    parameter: Option<String>,
    #[serde(skip)]
    allow: Option<String>,
}

impl Problem {
    pub(crate) fn new(code: ProblemCode, detail: impl Into<String>) -> Self {
        let status = code.status();
        Self {
            status: status.as_u16(),
            title: status.canonical_reason().unwrap_or("Error"),
            code,
            detail: detail.into(),
            pointer: None,
            parameter: None,
            allow: None,
        }
    }

    /// A value in the body, at this JSON Pointer, that is refused.
    pub(crate) fn in_body(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(ProblemCode::InvalidBody, detail).at(pointer)
    }

    /// A parameter of the query that is refused.
    pub(super) fn in_query(parameter: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            parameter: Some(parameter.into()),
            ..Self::new(ProblemCode::InvalidQuery, detail)
        }
    }

    /// Names the value in the body that is wrong.
    pub(super) fn at(mut self, pointer: impl Into<String>) -> Self {
        self.pointer = Some(pointer.into());
        self
    }

    pub(super) fn allow(mut self, methods: String) -> Self {
        self.allow = Some(methods);
        self
    }

    pub(crate) fn into_response(self) -> HttpResponse {
        self.head()
            .content_type("application/problem+json")
            .body(crate::json::text(&self))
    }

    /// Shows the problem to a person with a browser.
    pub(super) fn into_page(self) -> HttpResponse {
        let detail = match self.code {
            ProblemCode::Unauthorized => {
                "this server was started with --control-token, which a browser does not send; start it without that option to \
                 use this page"
            }
            _ => &self.detail,
        };
        browser::write(self.head(), pages::try_problem(self.title, detail))
    }

    /// Begins the response: its status, and the headers that follow from the kind of problem.
    fn head(&self) -> HttpResponseBuilder {
        let mut response = HttpResponse::build(self.code.status());
        response.insert_header(("cache-control", "no-store"));
        if matches!(
            self.code,
            ProblemCode::BodyTimeout | ProblemCode::BodyTooLarge
        ) {
            // The client may still send the rest of the body, so the connection cannot be used again.
            response.force_close();
        }
        if let Some(methods) = &self.allow {
            response.insert_header(("allow", methods.as_str()));
        }
        if self.code == ProblemCode::Unauthorized {
            // RFC 6750 §3.
            response.insert_header(("www-authenticate", r#"Bearer realm="oauth-mimic control""#));
        }
        response
    }
}

impl From<Invalid> for Problem {
    fn from(invalid: Invalid) -> Self {
        Self::in_body(invalid.pointer, invalid.problem)
    }
}

impl From<FixtureError> for Problem {
    fn from(error: FixtureError) -> Self {
        Self::in_body(error.pointer, error.problem)
    }
}

pub(super) async fn body(
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<web::Bytes, Problem> {
    let Patience(patience) = Patience::of(request);
    let whole = rt::time::timeout(patience, payload.to_bytes_limited(BODY)).await;
    match whole {
        Err(_) => {
            let seconds = patience.as_secs();
            let detail = format!("the body did not arrive within {seconds} s");
            Err(Problem::new(ProblemCode::BodyTimeout, detail))
        }
        Ok(Err(_)) => {
            let detail = format!("the body is larger than {BODY} bytes");
            Err(Problem::new(ProblemCode::BodyTooLarge, detail))
        }
        Ok(Ok(Err(_))) => Err(Problem::new(
            ProblemCode::InvalidBody,
            "the body ended before its announced length",
        )),
        Ok(Ok(Ok(bytes))) => Ok(bytes),
    }
}

pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    json::read(body).map_err(|why| {
        let json::Mistake {
            pointer, problem, ..
        } = why;
        Problem::in_body(pointer, problem)
    })
}

/// Reads a query by the types of its members, so that a client with the id `123` is not read as a number.
pub(super) fn query<T: DeserializeOwned>(query: &str) -> Result<T, Problem> {
    let pairs = crate::oauth::form::decode_pairs(query.as_bytes()).map_err(|why| {
        Problem::new(
            ProblemCode::InvalidQuery,
            format!("the query cannot be read: {why}"),
        )
    })?;
    let members = pairs.into_iter().map(|(name, value)| (name, Text(value)));
    serde_path_to_error::deserialize(MapDeserializer::new(members)).map_err(
        |why: serde_path_to_error::Error<serde::de::value::Error>| {
            let parameter = why.path().to_string();
            let detail = json::in_words(&why.into_inner().to_string());
            if parameter == "." {
                Problem::new(ProblemCode::InvalidQuery, detail)
            } else {
                Problem::in_query(parameter, detail)
            }
        },
    )
}

/// A value of a query: text, or a number if the type requires one.
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
