//! Which web pages may read an answer (the Fetch standard, section CORS protocol).

use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};

use crate::oauth::refusal::Refusal;

/// Who may read the answers of an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cors {
    /// Pages of every origin. No cookie is looked at, so there is nothing that a page could do in the name of its visitor.
    Open,
    /// No page of another origin.
    Closed,
}

/// How long a browser may remember the answer to a preflight, in seconds.
const MAX_AGE: &str = "3600";

/// Lets pages of every origin read a response and all of its headers.
pub(super) fn open(response: &mut HttpResponse) {
    permit(response.headers_mut(), HeaderValue::from_static("*"));
}

/// Lets pages of one origin read a response and all of its headers.
pub(crate) fn open_to(response: &mut HttpResponse, origin: HeaderValue) {
    let headers = response.headers_mut();
    permit(headers, origin);
    headers.insert(header::VARY, HeaderValue::from_static("Origin"));
}

fn permit(headers: &mut HeaderMap, origin: HeaderValue) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static("*"),
    );
}

/// Returns true if a request is a preflight: a browser asks whether a page may send another request.
pub(crate) fn is_preflight(request: &HttpRequest) -> bool {
    let headers = request.headers();
    request.method() == Method::OPTIONS
        && headers.contains_key(header::ORIGIN)
        && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

/// Answers a preflight: which methods and headers a page may send.
pub(crate) fn preflight(request: &HttpRequest, methods: &str) -> HttpResponse {
    let mut response = HttpResponse::NoContent();
    response
        .insert_header((header::ALLOW, methods))
        .insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, methods))
        .insert_header((header::ACCESS_CONTROL_MAX_AGE, MAX_AGE));
    // Not `*`, which does not include Authorization.
    if let Some(names) = request
        .headers()
        .get(header::ACCESS_CONTROL_REQUEST_HEADERS)
    {
        response.insert_header((header::ACCESS_CONTROL_ALLOW_HEADERS, names.clone()));
    }
    response.finish()
}

/// Refuses a preflight that names something that is not a method, or not a list of header names.
pub(super) fn check(request: &HttpRequest) -> Result<(), Refusal> {
    let text = |name: HeaderName| request.headers().get(name).map(HeaderValue::as_bytes);
    let malformed = |name: &HeaderName| Refusal::Unreadable {
        part: "preflight",
        why: format!("{name} is malformed"),
    };
    let method = header::ACCESS_CONTROL_REQUEST_METHOD;
    if text(method.clone()).is_some_and(|bytes| Method::from_bytes(bytes).is_err()) {
        return Err(malformed(&method));
    }
    let names = header::ACCESS_CONTROL_REQUEST_HEADERS;
    let is_list = |bytes: &[u8]| {
        bytes
            .split(|byte| *byte == b',')
            .all(|name| HeaderName::from_bytes(name.trim_ascii()).is_ok())
    };
    match text(names.clone()) {
        Some(bytes) if !bytes.is_empty() && !is_list(bytes) => Err(malformed(&names)),
        _ => Ok(()),
    }
}
