//! The control plane under `/_mimic`: the library's verbs over HTTP, in JSON, for tests of every language.
//!
//! [`dispatch`] is its table of contents; `openapi` describes the same, and a test holds the two together. Handlers read
//! the body, call the same verb that the library calls, and write what came of it.

#![expect(clippy::unnecessary_wraps, reason = "every handler has one shape")]

mod clock;
mod faults;
mod guard;
mod keys;
mod openapi;
mod problem;
mod registered;
mod requests;
mod sandboxes;
mod scenarios;
mod tokens;

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub(crate) use guard::Guard;
pub(crate) use problem::Problem;
#[cfg(feature = "cli")]
pub(crate) use scenarios::Scenario;
pub(crate) use scenarios::scenario;

use crate::oauth::client::Client;
use crate::oauth::refusal::excerpt;
use crate::oauth::user::User;
use crate::sandbox::{Epoch, Sandbox, Sandboxes};

/// What every handler gets.
struct Call<'c> {
    request: &'c HttpRequest,
    sandboxes: &'c Sandboxes,
    sandbox: &'c Arc<Sandbox>,
    /// The sandbox's epoch when the request arrived.
    epoch: Arc<Epoch>,
    body: web::Bytes,
}

type Answer = Result<HttpResponse, Problem>;

/// Answers a request of the control plane. `path` is what stands behind `/_mimic`.
pub(crate) async fn answer(
    request: &HttpRequest,
    payload: web::Payload,
    sandboxes: &Sandboxes,
    sandbox: &Arc<Sandbox>,
    guard: &Guard,
    path: &str,
) -> HttpResponse {
    let answer = async {
        // A health check has no token to send, and tells nothing that the protocol does not.
        if path != "/health" {
            guard.check(request)?;
        }
        let body = problem::body(payload).await?;
        dispatch(
            &Call {
                request,
                sandboxes,
                sandbox,
                epoch: sandbox.epoch(),
                body,
            },
            path,
        )
        .await
    };
    let response = answer
        .await
        .unwrap_or_else(|problem: Problem| problem.into_response());
    tracing::info!(
        status = response.status().as_u16(),
        "{} {}",
        request.method(),
        excerpt(request.path()),
    );
    response
}

async fn dispatch(call: &Call<'_>, path: &str) -> Answer {
    let segments: Vec<String> = path
        .split('/')
        .filter(|segment| !segment.is_empty())
        .map(problem::decoded)
        .collect();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let method = match *call.request.method() {
        Method::HEAD => "GET",
        ref method => method.as_str(),
    };
    match (method, segments.as_slice()) {
        ("GET", []) => overview(call),
        ("GET", ["openapi.json"]) => json(&openapi::document()),
        ("GET", ["health"]) => health(call.sandbox),
        ("POST", ["reset"]) => {
            call.sandbox.reset();
            Ok(no_content())
        }
        ("GET", ["clock"]) => clock::get(call),
        ("PUT", ["clock"]) => clock::put(call),
        ("DELETE", ["clock"]) => clock::delete(call),
        ("POST", ["clock", "advance"]) => clock::advance(call),
        ("GET", ["faults"]) => faults::list(call),
        ("POST", ["faults"]) => faults::add(call),
        ("DELETE", ["faults"]) => faults::clear(call),
        ("DELETE", ["faults", id]) => faults::remove(call, id),
        ("GET", ["requests"]) => requests::list(call),
        ("DELETE", ["requests"]) => requests::clear(call),
        ("GET", ["requests", "wait"]) => requests::wait(call).await,
        ("GET", ["requests", "stream"]) => requests::stream(call),
        ("GET", ["requests", number]) => requests::get(call, number),
        ("POST", ["verify"]) => requests::verify(call),
        ("POST", ["tokens"]) => tokens::mint(call),
        ("GET", ["clients"]) => registered::list::<Client>(call),
        ("POST", ["clients"]) => registered::add::<Client>(call),
        ("GET", ["clients", id]) => registered::get::<Client>(call, id),
        ("PUT", ["clients", id]) => registered::put::<Client>(call, id),
        ("DELETE", ["clients", id]) => registered::remove::<Client>(call, id),
        ("GET", ["users"]) => registered::list::<User>(call),
        ("POST", ["users"]) => registered::add::<User>(call),
        ("GET", ["users", sub]) => registered::get::<User>(call, sub),
        ("PUT", ["users", sub]) => registered::put::<User>(call, sub),
        ("DELETE", ["users", sub]) => registered::remove::<User>(call, sub),
        ("GET", ["refresh-tokens"]) => registered::tokens(call),
        ("POST", ["refresh-tokens"]) => registered::add_token(call),
        ("GET", ["refresh-tokens", name]) => registered::token(call, name),
        ("PUT", ["refresh-tokens", name]) => registered::put_token(call, name),
        ("DELETE", ["refresh-tokens", name]) => registered::remove_token(call, name),
        ("GET", ["keys"]) => keys::list(call),
        ("POST", ["keys", "rotate"]) => keys::rotate(call).await,
        ("DELETE", ["keys", kid]) => keys::retire(call, kid),
        ("GET", ["sandboxes"]) => sandboxes::list(call),
        ("POST", ["sandboxes"]) => sandboxes::create(call),
        ("DELETE", ["sandboxes", id]) => sandboxes::remove(call, id),
        ("GET", ["scenarios"]) => scenarios::list(),
        ("POST", ["scenarios", name]) => scenarios::play(call, name).await,
        (method, segments) => not_here(method, segments),
    }
}

/// Either the path is unknown, or the method is; unless that asks for the methods there are.
fn not_here(method: &str, segments: &[&str]) -> Answer {
    let methods: Vec<&str> = openapi::OPERATIONS
        .iter()
        .filter(|operation| operation.is_at(segments))
        .map(|operation| operation.method)
        .collect();
    let allow = methods.join(", ");
    if methods.is_empty() {
        let path = excerpt(&segments.join("/"));
        let problem =
            format!("nothing is at /_mimic/{path}; GET /_mimic/openapi.json tells what there is");
        Err(Problem::new(404, problem))
    } else if method == "OPTIONS" {
        Ok(HttpResponse::NoContent()
            .insert_header(("allow", allow))
            .finish())
    } else {
        Err(Problem::new(405, format!("use {allow}")).allow(allow))
    }
}

/// What there is.
#[derive(Debug, Serialize, JsonSchema)]
struct Overview {
    version: &'static str,
    profile: String,
    issuer: String,
    base_url: String,
    endpoints: Endpoints,
    /// The id of the sandbox this speaks of; absent for the default one.
    #[serde(skip_serializing_if = "Option::is_none")]
    sandbox: Option<String>,
}

/// The URLs a client is configured with.
#[derive(Debug, Serialize, JsonSchema)]
struct Endpoints {
    token: String,
    authorization: String,
    jwks: String,
    metadata: String,
    /// The control plane, which may have a port of its own.
    control: Option<String>,
}

impl Endpoints {
    fn of(sandboxes: &Sandboxes, sandbox: &Sandbox) -> Self {
        let settings = &sandbox.settings;
        let paths = &settings.profile.paths;
        Self {
            token: settings.url(&paths.token),
            authorization: settings.url(&paths.authorization),
            jwks: settings.url(&paths.jwks),
            metadata: settings.url("/.well-known/openid-configuration"),
            control: sandboxes
                .control_base(sandbox)
                .map(|base| format!("{base}{}", crate::http::RESERVED)),
        }
    }
}

fn overview(call: &Call<'_>) -> Answer {
    let settings = &call.sandbox.settings;
    json(&Overview {
        version: env!("CARGO_PKG_VERSION"),
        profile: settings.profile.name.clone(),
        issuer: settings.issuer.clone(),
        base_url: settings.base_url.clone(),
        endpoints: Endpoints::of(call.sandboxes, call.sandbox),
        sandbox: call.sandbox.id.clone(),
    })
}

/// Whether the server answers.
#[derive(Debug, Serialize, JsonSchema)]
struct Health {
    status: &'static str,
    version: &'static str,
    profile: String,
    issuer: String,
}

/// Answers whether the server answers: also where there is no control plane.
pub(crate) fn health(sandbox: &Sandbox) -> Answer {
    json(&Health {
        status: "ok",
        version: env!("CARGO_PKG_VERSION"),
        profile: sandbox.settings.profile.name.clone(),
        issuer: sandbox.settings.issuer.clone(),
    })
}

impl Call<'_> {
    /// The body, as JSON of that type.
    fn body<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        problem::read(&self.body)
    }

    /// The body, or the type's default where there is none.
    fn body_or_default<T: DeserializeOwned + Default>(&self) -> Result<T, Problem> {
        if self.body.trim_ascii().is_empty() {
            Ok(T::default())
        } else {
            self.body()
        }
    }

    /// Runs `work` on another thread, because it may take long and this one serves requests.
    async fn on_another_thread<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Sandbox, &Epoch) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let (sandbox, epoch) = (Arc::clone(self.sandbox), Arc::clone(&self.epoch));
        web::block(move || work(&sandbox, &epoch))
            .await
            .map_err(|_| Problem::new(503, "the server is being stopped"))
    }

    /// The query, as that type.
    fn query<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        problem::query(self.request.query_string())
    }
}

fn json<T: Serialize>(value: &T) -> Answer {
    Ok(HttpResponse::Ok()
        .insert_header(("cache-control", "no-store"))
        .json(value))
}

fn created<T: Serialize>(value: &T) -> Answer {
    Ok(HttpResponse::Created()
        .insert_header(("cache-control", "no-store"))
        .json(value))
}

fn no_content() -> HttpResponse {
    HttpResponse::NoContent().finish()
}
