//! Answers for a browser: pages, redirects and cookies.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header;

use crate::authority::{Back, Settings};
use crate::fault::FaultKind;
use crate::oauth::authorization::ResponseMode;
use crate::oauth::form;
use crate::oauth::refusal::Refusal;
use crate::pages::{self, Html, Language};

/// The cookie of the login session.
const SESSION: &str = "oauth_mimic_session";
/// The cookie against forged forms.
const CSRF: &str = "oauth_mimic_csrf";

/// The cookies of a request.
#[derive(Debug, Default)]
pub(super) struct Cookies {
    pub(super) session: Option<String>,
    pub(super) csrf: Option<String>,
}

impl Cookies {
    /// Reads the `Cookie` headers (RFC 6265 §4.2.1). The first of a name counts: browsers put the cookie of the longer path
    /// first (§5.4), which is that of a sandbox and not that of the default one.
    pub(super) fn read(headers: &header::HeaderMap) -> Self {
        let mut cookies = Self::default();
        for (name, value) in pairs(headers) {
            match name {
                SESSION => keep_first(&mut cookies.session, value),
                CSRF => keep_first(&mut cookies.csrf, value),
                _ => {}
            }
        }
        cookies
    }
}

/// Returns the cookies of a request. A host has the same cookies at each port, and those of another server may have any bytes
/// (RFC 6265 §5.2), so a cookie that is not text is skipped, and the others are not.
pub(crate) fn pairs(headers: &header::HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    headers
        .get_all(header::COOKIE)
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b';'))
        .filter_map(|pair| std::str::from_utf8(pair).ok()?.trim().split_once('='))
}

fn keep_first(held: &mut Option<String>, value: &str) {
    held.get_or_insert_with(|| value.to_owned());
}

/// Where the browser goes from here.
#[derive(Debug)]
pub(super) enum Sent {
    /// To another URI.
    To(String),
    /// Nowhere: it shows a page.
    Page(Html),
}

/// An answer for a browser.
#[derive(Debug)]
pub(super) struct FrontReply {
    pub(super) status: u16,
    pub(super) sent: Sent,
    /// New values of the cookies.
    pub(super) session: Option<String>,
    pub(super) csrf: Option<String>,
    /// The session cookie is removed.
    pub(super) forgets_session: bool,
    /// The error code of the answer.
    pub(super) error: Option<String>,
    pub(super) refusal: Option<Refusal>,
    /// Whether the answer carries what the client asked for.
    pub(super) issues: bool,
    /// The faults that changed the answer while it was made.
    pub(super) carried: Vec<FaultKind>,
}

impl FrontReply {
    /// A page for a person.
    pub(super) fn page(html: Html) -> Self {
        Self::new(Sent::Page(html))
    }

    /// An authorization response.
    pub(super) fn issued(sent: Sent) -> Self {
        Self {
            issues: true,
            ..Self::new(sent)
        }
    }

    pub(super) fn new(sent: Sent) -> Self {
        Self {
            status: match sent {
                Sent::To(_) => StatusCode::SEE_OTHER.as_u16(),
                Sent::Page(_) => StatusCode::OK.as_u16(),
            },
            sent,
            session: None,
            csrf: None,
            forgets_session: false,
            error: None,
            refusal: None,
            issues: false,
            carried: Vec::new(),
        }
    }

    /// Writes the answer, which no cache may keep, no frame may show, and no other site may learn the address of
    /// (RFC 9700 §4.2.4, §4.16).
    pub(super) fn write(self, settings: &Settings) -> HttpResponse {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST);
        let mut response = HttpResponse::build(status);
        response
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .insert_header((header::PRAGMA, "no-cache"))
            .insert_header((header::REFERRER_POLICY, "no-referrer"))
            .insert_header((header::X_FRAME_OPTIONS, "DENY"))
            .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"));
        let session = if self.forgets_session {
            Some(cookie(SESSION, "", settings) + "; Max-Age=0")
        } else {
            self.session.map(|value| cookie(SESSION, &value, settings))
        };
        let csrf = self.csrf.map(|value| cookie(CSRF, &value, settings));
        for cookie in session.into_iter().chain(csrf) {
            response.append_header((header::SET_COOKIE, cookie));
        }
        match self.sent {
            Sent::To(location) => response
                .insert_header((header::LOCATION, location))
                .finish(),
            Sent::Page(Html { text, policy }) => response
                .insert_header((header::CONTENT_SECURITY_POLICY, policy))
                .content_type("text/html; charset=utf-8")
                .body(text),
        }
    }
}

/// Writes a cookie for the paths of this sandbox, out of the reach of scripts and of other sites' forms (RFC 6265 §4.1.2).
fn cookie(name: &str, value: &str, settings: &Settings) -> String {
    let path = settings.base_path();
    let secure = if settings.base_url.starts_with("https://") {
        "; Secure"
    } else {
        ""
    };
    format!("{name}={value}; Path={path}; HttpOnly; SameSite=Lax{secure}")
}

/// Sends parameters to the client in the way it asked for.
pub(super) fn send(language: Language, back: &Back, members: &[(String, String)]) -> Sent {
    let uri = &back.redirect_uri;
    let joint = match back.mode {
        ResponseMode::FormPost => {
            return Sent::Page(pages::form_post(language, uri, members));
        }
        ResponseMode::Fragment => '#',
        ResponseMode::Query if uri.contains('?') => '&',
        ResponseMode::Query => '?',
    };
    Sent::To(format!("{uri}{joint}{}", form::encode_pairs(members)))
}
