//! The control plane under `/_mimic`: the library's verbs over HTTP, in JSON, for tests in every language.
//!
//! [`routes`] is the table of contents: dispatch and the OpenAPI document follow from it. A handler reads its inputs, calls
//! the same verb that the library calls, and returns a reply; [`route`] defines both.

mod browser;
mod clock;
mod console;
mod faults;
mod guard;
mod inspect;
mod keys;
mod logins;
mod openapi;
mod overview;
mod page;
mod problem;
mod registered;
mod requests;
mod route;
mod routes;
mod sandboxes;
mod scenarios;
mod tokens;
mod try_it;

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

pub(crate) use guard::{Guard, Hosts};
#[cfg(feature = "cli")]
pub(crate) use openapi::{document, operations, without_null_defaults};
pub(crate) use overview::health_alone;
pub(crate) use problem::{Problem, ProblemCode};
pub(crate) use scenarios::{Scenario, scenario};

use crate::control::route::{Answer, segments_of};
use crate::control::routes::Found;
use crate::oauth::refusal::excerpt;
use crate::sandbox::RESERVED;
use crate::sandbox::{Epoch, Sandbox, Sandboxes};

/// The health check's path below `/_mimic`.
const HEALTH: &str = "/health";

/// A request of the control plane, as handlers see it.
#[derive(Clone)]
struct Call {
    request: HttpRequest,
    sandboxes: Arc<Sandboxes>,
    sandbox: Arc<Sandbox>,
    /// The sandbox's epoch when the request arrived.
    epoch: Arc<Epoch>,
    body: web::Bytes,
    /// The values of the path's parameters, percent-decoded.
    parameters: Vec<String>,
}

impl Call {
    /// The path of a resource, by its segments below `/_mimic`.
    fn location(&self, segments: &[String]) -> String {
        let mut path = format!("{}{RESERVED}", self.sandbox.base_path());
        for segment in segments {
            path.push('/');
            path.push_str(&encoded(segment));
        }
        path
    }

    /// Runs `work` on another thread, because it may take long and this one serves requests.
    async fn on_another_thread<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Sandbox, &Epoch) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let (sandbox, epoch) = (Arc::clone(&self.sandbox), Arc::clone(&self.epoch));
        web::block(move || work(&sandbox, &epoch))
            .await
            .map_err(|_| Problem::new(ProblemCode::Stopping, "the server is being stopped"))
    }
}

/// A segment of a path, percent-encoded.
fn encoded(segment: &str) -> String {
    // RFC 3986 §3.3: these need no encoding.
    const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'.')
        .remove(b'_')
        .remove(b'~');
    utf8_percent_encode(segment, ENCODED).to_string()
}

/// Answers a request of the control plane. `path` is the part after `/_mimic`.
pub(crate) async fn serve(
    request: &HttpRequest,
    payload: web::Payload,
    sandboxes: &Arc<Sandboxes>,
    sandbox: &Arc<Sandbox>,
    guard: &Guard,
    path: &str,
) -> HttpResponse {
    let segments: Vec<String> = segments_of(path)
        .into_iter()
        .map(problem::decoded)
        .collect();
    let found = Found::at(&segments);
    let logged = match &found {
        Some(found) => found.without_secrets(),
        // An unknown path may hold anything.
        None => segments
            .first()
            .map(|first| format!("/{}…", excerpt(first)))
            .unwrap_or_default(),
    };
    let answer = async {
        // A health check has no token to send, and its answer has nothing to protect.
        if path != HEALTH {
            guard.check_place(request)?;
            if !console::is_public(request, &segments) {
                guard.check_token(request)?;
            }
        }
        let found = found.as_ref().ok_or_else(|| no_such_path(&segments))?;
        let call = Call {
            request: request.clone(),
            sandboxes: Arc::clone(sandboxes),
            sandbox: Arc::clone(sandbox),
            epoch: sandbox.epoch(),
            body: problem::body(request, payload).await?,
            parameters: found.parameters.clone(),
        };
        dispatch(call, found).await
    };
    let response = answer.await.unwrap_or_else(|problem| match &found {
        Some(found) if found.is_page() => problem.into_page(),
        _ => problem.into_response(),
    });
    let status = response.status().as_u16();
    let (method, base_path) = (request.method(), sandbox.base_path());
    let path = excerpt(&logged);
    // An open console asks again and again, which would bury the lines about the client under test.
    let is_look = method.is_safe() && request.headers().contains_key(console::HEADER);
    if is_look {
        tracing::debug!(status, "{method} {base_path}{RESERVED}{path}");
    } else {
        tracing::info!(status, "{method} {base_path}{RESERVED}{path}");
    }
    response
}

async fn dispatch(call: Call, found: &Found) -> Answer {
    let method = match *call.request.method() {
        Method::HEAD => "GET",
        ref method => method.as_str(),
    };
    if method == "OPTIONS" {
        return Ok(HttpResponse::NoContent()
            .insert_header(("allow", found.allow()))
            .finish());
    }
    if let Some(route) = found.routes().find(|route| route.method == method) {
        return (route.answer)(call).await;
    }
    let allow = found.allow();
    let detail = format!("the methods of this path are {allow}");
    Err(Problem::new(ProblemCode::MethodNotAllowed, detail).allow(allow))
}

fn no_such_path(segments: &[String]) -> Problem {
    let path = excerpt(&segments.join("/"));
    let detail =
        format!("there is no {RESERVED}/{path}; GET {RESERVED}/openapi.json lists all paths");
    Problem::new(ProblemCode::NotFound, detail)
}
