//! Pages of the control plane, for a person with a browser: the forms that they post, and how they are written.

use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use serde_json::json;

use crate::control::problem::{Problem, ProblemCode};
use crate::control::route::{Answer, Input, Operation, Reply};
use crate::control::{Call, guard};
use crate::oauth::params::Params;
use crate::pages::Html;

/// The form that a page of this sandbox's control plane posts. One of another origin is refused, also if it may drive the rest of
/// the control plane.
pub(super) struct Form(pub(super) Params);

impl Input for Form {
    fn read(call: &Call) -> Result<Self, Problem> {
        guard::check_own_page(&call.request, call.sandbox.settings.control_url.as_deref())?;
        let form = Params::decode(&call.body).map_err(|why| {
            let detail = format!("the form cannot be read: {why}");
            Problem::new(ProblemCode::InvalidBody, detail)
        })?;
        Ok(Self(form))
    }

    fn describe(operation: &mut Operation<'_>) {
        operation.body = Some(json!({
            "required": true,
            "content": { "application/x-www-form-urlencoded": { "schema": { "type": "object" } } },
        }));
        operation.problems.extend([
            ProblemCode::InvalidBody,
            ProblemCode::BodyTooLarge,
            ProblemCode::BodyTimeout,
        ]);
    }
}

/// An answer for a browser.
#[derive(Debug)]
pub(super) struct PageReply {
    content: Content,
    /// The value of `Set-Cookie`.
    cookie: Option<String>,
}

#[derive(Debug)]
enum Content {
    Page(StatusCode, Html),
    Redirect(String),
}

impl PageReply {
    /// 200 with a page.
    pub(super) fn page(html: Html) -> Self {
        Self::refusal(StatusCode::OK, html)
    }

    /// A page about a request that cannot be answered.
    pub(super) fn refusal(status: StatusCode, html: Html) -> Self {
        Self {
            content: Content::Page(status, html),
            cookie: None,
        }
    }

    /// 303, which makes a GET of any method (RFC 9110 §15.4.4).
    pub(super) fn redirect(location: String) -> Self {
        Self {
            content: Content::Redirect(location),
            cookie: None,
        }
    }

    pub(super) fn cookie(mut self, cookie: String) -> Self {
        self.cookie = Some(cookie);
        self
    }
}

impl Reply for PageReply {
    fn respond(self, _: &Call) -> Answer {
        let mut response = match self.content {
            Content::Page(status, html) => write(HttpResponse::build(status), html),
            Content::Redirect(location) => HttpResponse::SeeOther()
                .insert_header((header::LOCATION, location))
                .insert_header((header::CACHE_CONTROL, "no-store"))
                .insert_header((header::REFERRER_POLICY, "same-origin"))
                .finish(),
        };
        if let Some(cookie) = self.cookie
            && let Ok(value) = header::HeaderValue::from_str(&cookie)
        {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
        Ok(response)
    }

    fn describe(operation: &mut Operation<'_>) {
        let text = json!({ "text/html": { "schema": { "type": "string" } } });
        operation.answer(StatusCode::OK, Some(text));
    }
}

/// Writes a page that no cache may keep and no frame may show. The referrer policy is not `no-referrer`, with which a browser
/// would send `Origin: null` with the page's own forms.
pub(super) fn write(mut response: actix_web::HttpResponseBuilder, html: Html) -> HttpResponse {
    response
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::REFERRER_POLICY, "same-origin"))
        .insert_header((header::X_FRAME_OPTIONS, "DENY"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::CONTENT_SECURITY_POLICY, html.policy))
        .content_type("text/html; charset=utf-8")
        .body(html.text)
}
