//! The console: the control plane for a person with a browser. Its page and its files are public, because they are the same for
//! everybody; what they show comes from the routes for programs, with the token that those need.

use actix_web::HttpResponse;
use actix_web::http::{Method, StatusCode, header};

use crate::control::browser::PageReply;
use crate::control::overview::Overview;
use crate::control::route::{Answer, Json, Operation, Path, Reply};
use crate::control::{Call, Problem, ProblemCode};
use crate::pages;

/// The header that the requests of the console have.
pub(super) const HEADER: &str = "x-oauth-mimic-console";

/// What a route of the console shows to everybody.
const PUBLIC: &[&str] = &["console", "reference"];

/// Returns true if a request is for the console itself, which needs no token.
pub(super) fn is_public(request: &actix_web::HttpRequest, segments: &[String]) -> bool {
    let reads = [Method::GET, Method::HEAD].contains(request.method());
    let is_public = match segments {
        [] => is_for_browser(request),
        [first, ..] => PUBLIC.contains(&first.as_str()),
    };
    reads && is_public
}

/// Returns true if the answer is for a person: every browser accepts XHTML, too. Some programs name `text/html` among other types
/// without a thought, such as those that use Java's `HttpURLConnection`.
fn is_for_browser(request: &actix_web::HttpRequest) -> bool {
    let accept = request.headers().get(header::ACCEPT);
    let accept = accept.and_then(|accept| accept.to_str().ok());
    accept.is_some_and(|accept| accept == "text/html" || accept.contains("application/xhtml+xml"))
}

/// The root of the control plane: JSON for programs, the console for a browser.
pub(super) enum Root {
    Overview(Box<Json<Overview>>),
    Console(PageReply),
}

impl Root {
    pub(super) fn of(call: &Call, overview: impl FnOnce() -> Json<Overview>) -> Self {
        if !is_for_browser(&call.request) {
            return Self::Overview(Box::new(overview()));
        }
        let path = call.request.path();
        if path.ends_with('/') {
            return Self::Console(PageReply::page(pages::console()));
        }
        // The addresses in the page are relative to this directory.
        let last = path.rsplit('/').next().unwrap_or_default();
        Self::Console(PageReply::redirect(format!("{last}/")))
    }
}

impl Reply for Root {
    fn respond(self, call: &Call) -> Answer {
        let mut response = match self {
            Self::Overview(overview) => overview.respond(call),
            Self::Console(page) => page.respond(call),
        }?;
        let vary = header::HeaderValue::from_static("Accept");
        response.headers_mut().insert(header::VARY, vary);
        Ok(response)
    }

    fn describe(operation: &mut Operation<'_>) {
        <Json<Overview>>::describe(operation);
    }
}

/// A file of the console.
pub(super) struct File(&'static pages::ConsoleFile);

impl Reply for File {
    fn respond(self, _: &Call) -> Answer {
        Ok(HttpResponse::Ok()
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
            .content_type(self.0.content_type)
            .body(self.0.text))
    }

    fn describe(operation: &mut Operation<'_>) {
        operation.answer(StatusCode::OK, None);
    }
}

pub(super) fn file(_: &Call, Path([name]): Path<1>) -> Result<File, Problem> {
    let file = pages::CONSOLE_FILES.iter().find(|file| file.name == name);
    let unknown = || Problem::new(ProblemCode::NotFound, "the console has no such file");
    file.map(File).ok_or_else(unknown)
}

/// Shows what the names of refusals and advice mean.
pub(super) fn reference(_: &Call) -> PageReply {
    PageReply::page(pages::reference())
}
