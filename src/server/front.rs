//! What a listener answers: the protocol, the control plane, or both.

use std::sync::Arc;

use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::http::ConnectionType;
use actix_web::{App, Error, HttpRequest, HttpResponse, web};

use crate::control::{self, Guard, Problem, ProblemCode};
use crate::http;
use crate::http::cors;
use crate::http::limits::Patience;
use crate::sandbox::{RESERVED, Sandboxes};

/// What one listener answers.
#[derive(Debug, Clone)]
pub(crate) struct Front {
    pub(crate) sandboxes: Arc<Sandboxes>,
    pub(crate) control: Control,
    pub(crate) patience: Patience,
}

/// Where the control plane is, seen from a listener.
#[derive(Debug, Clone)]
pub(crate) enum Control {
    /// Here, beside the protocol.
    Beside(Guard),
    /// Here, and nothing else.
    Alone(Guard),
    /// Elsewhere, or nowhere.
    Absent,
}

/// The application for one worker.
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
    // Nothing is upgraded to, and the framework ends a connection where it was asked for: as Java's client asks with each
    // request, for HTTP/2. Unless it is told, it sends its next request to the dying connection.
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
                // A browser sends no token with it; the request after it needs one.
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
