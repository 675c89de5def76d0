//! The protocol over actix-web: bytes to the authority and back.
//!
//! This file is the table of contents of all that answers. Handlers decide nothing; whatever the framework would
//! refuse in its own words is answered as an OAuth error in JSON.

mod authorization;
mod body;
mod health;
mod jwks;
pub(crate) mod limits;
mod metadata;
mod record;
mod reply;
mod token;

use std::sync::Arc;

use actix_cors::Cors;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::from_fn;
use actix_web::{App, Error, HttpRequest, HttpResponse, Resource, Route, guard, web};

use crate::oauth::refusal::{Refusal, excerpt};
use crate::sandbox::Sandbox;

/// What is not the imitated server lives under this prefix.
pub(crate) const RESERVED: &str = "/_mimic";

/// Everything that answers, for one worker.
pub(crate) fn app(
    sandbox: Arc<Sandbox>,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl actix_web::body::MessageBody>,
        Error = Error,
        InitError = (),
    >,
> {
    App::new()
        .configure(|routes| register(routes, &sandbox))
        .app_data(web::Data::from(sandbox))
        .default_service(web::to(no_such_endpoint))
        .wrap(from_fn(limits::check))
        .wrap(cors())
        .wrap(from_fn(record::write))
}

fn register(routes: &mut web::ServiceConfig, sandbox: &Sandbox) {
    let paths = &sandbox.authority.profile.paths;
    for prefix in std::iter::once(&paths.prefix).chain(&paths.aliases) {
        routes
            .service(post(
                &format!("{prefix}{}", paths.token),
                web::route().to(token::answer),
            ))
            .service(get(
                &format!("{prefix}{}", paths.jwks),
                web::route().to(jwks::get),
            ))
            .service(get_or_post(
                &format!("{prefix}{}", paths.authorization),
                web::route().to(authorization::answer),
            ));
    }
    // RFC 8414 §3.1 puts the well-known part in front of the issuer's path, OpenID Connect Discovery §4 behind it.
    let prefix = &paths.prefix;
    for document in ["openid-configuration", "oauth-authorization-server"] {
        routes.service(get(
            &format!("{prefix}/.well-known/{document}"),
            web::route().to(metadata::get),
        ));
        if !prefix.is_empty() {
            routes.service(get(
                &format!("/.well-known/{document}{prefix}"),
                web::route().to(metadata::get),
            ));
        }
    }
    routes.service(get(
        &format!("{RESERVED}/health"),
        web::route().to(health::get),
    ));
}

/// The token endpoint's handler refuses other methods itself: how, is the dialect's business.
fn post(path: &str, route: Route) -> Resource {
    web::resource(path)
        .route(options("POST, OPTIONS"))
        .route(route)
}

fn get(path: &str, route: Route) -> Resource {
    only(
        path,
        guard::Any(guard::Get()).or(guard::Head()),
        "GET, HEAD, OPTIONS",
        route,
    )
}

fn get_or_post(path: &str, route: Route) -> Resource {
    let methods = guard::Any(guard::Get()).or(guard::Head()).or(guard::Post());
    only(path, methods, "GET, HEAD, POST, OPTIONS", route)
}

fn only(
    path: &str,
    methods: impl guard::Guard + 'static,
    allow: &'static str,
    route: Route,
) -> Resource {
    let refused = move |request: HttpRequest, sandbox: web::Data<Sandbox>| async move {
        let method = excerpt(request.method().as_str());
        reply::refuse(
            &request,
            &sandbox,
            &Refusal::MethodNotAllowed { method, allow },
        )
    };
    web::resource(path)
        .route(options(allow))
        .route(route.guard(methods))
        .default_service(web::to(refused))
}

fn options(allow: &'static str) -> Route {
    web::method(Method::OPTIONS).to(move || async move {
        HttpResponse::NoContent()
            .insert_header(("allow", allow))
            .finish()
    })
}

async fn no_such_endpoint(request: HttpRequest, sandbox: web::Data<Sandbox>) -> HttpResponse {
    if request.method() == Method::OPTIONS && request.path() == "*" {
        return HttpResponse::NoContent()
            .insert_header(("allow", "GET, HEAD, POST, OPTIONS"))
            .finish();
    }
    let authority = &sandbox.authority;
    let paths = &authority.profile.paths;
    let endpoints = format!(
        "the token endpoint is POST {}{}, the metadata {}/.well-known/openid-configuration",
        paths.prefix, paths.token, paths.prefix
    );
    reply::refuse(
        &request,
        &sandbox,
        &Refusal::NoSuchEndpoint {
            path: excerpt(request.path()),
            endpoints,
        },
    )
}

/// Browsers may read everything, for no cookie is ever looked at.
fn cors() -> Cors {
    Cors::default()
        .allow_any_origin()
        .send_wildcard()
        .allow_any_method()
        .allow_any_header()
        .max_age(3600)
}
