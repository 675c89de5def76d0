//! Routes the requests of a listener to the protocol, to the control plane, or to both.

use std::sync::Arc;

use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::http::ConnectionType;
use actix_web::{App, Error, HttpRequest, HttpResponse, web};

use crate::control::{self, Guard, Problem, ProblemCode};
use crate::http;
use crate::http::cors;
use crate::http::limits::Patience;
use crate::sandbox::{RESERVED, Sandboxes};

/// The sandboxes and the control plane that one listener serves.
#[derive(Debug, Clone)]
pub(crate) struct Front {
    pub(crate) sandboxes: Arc<Sandboxes>,
    pub(crate) control: Control,
    pub(crate) patience: Patience,
}

/// Whether a listener serves the control plane.
#[derive(Debug, Clone)]
pub(crate) enum Control {
    /// It serves the protocol and the control plane.
    Beside(Guard),
    /// It serves the control plane only.
    Alone(Guard),
    /// It serves the protocol only; the control plane is at another port, or switched off.
    Absent,
}

/// Makes the application of one worker.
pub(super) fn app(
    front: Front,
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
        .app_data(front.patience)
        .app_data(web::Data::new(front))
        .default_service(web::to(answer))
}

async fn answer(
    request: HttpRequest,
    payload: web::Payload,
    front: web::Data<Front>,
) -> HttpResponse {
    let mut response = route(&request, payload, &front).await;
    // The server supports no upgrade, and the framework closes the connection of a request that asks for one. Java's client asks
    // for HTTP/2 with each request, and would send the next one on the closing connection without this header.
    if request.head().upgrade() {
        response
            .head_mut()
            .set_connection_type(ConnectionType::Close);
    }
    response
}

async fn route(request: &HttpRequest, payload: web::Payload, front: &Front) -> HttpResponse {
    let path = request.path().to_owned();
    let Some((sandbox, path)) = front.sandboxes.find(&path) else {
        return http::refuse_unknown_sandbox(request, &front.sandboxes.default);
    };
    let reserved = path
        .strip_prefix(RESERVED)
        .filter(|rest| rest.is_empty() || rest.starts_with('/'));
    match (reserved, &front.control) {
        (Some(rest), Control::Beside(guard) | Control::Alone(guard)) => {
            let page = guard.page(request);
            let mut response = if page.is_some() && cors::is_preflight(request) {
                // A browser sends no token with a preflight; the request after it needs one.
                cors::preflight(request, "GET, HEAD, POST, PUT, DELETE, OPTIONS")
            } else {
                control::serve(request, payload, &front.sandboxes, &sandbox, guard, rest).await
            };
            if let Some(origin) = page {
                cors::open_to(&mut response, origin);
            }
            response
        }
        (Some("/health"), Control::Absent) => control::health_alone(),
        (None, Control::Alone(_)) => {
            let detail = "this listener has the control plane only";
            Problem::new(ProblemCode::NotFound, detail).into_response()
        }
        (None, _) | (Some(_), Control::Absent) => {
            http::answer(request.clone(), payload, sandbox, &path).await
        }
    }
}
