//! How requests are read: strictly, as the RFCs say, or as a lenient framework does.
//!
//! A dialect turns bytes into credentials and parameters, and knows in which order a scope is issued and what is checked
//! before the grant. How a refusal is answered is data of the profile (`shape::errors`). [`rfc`] is the default, [`spring`]
//! the legacy framework of the documented server.

mod rfc;
mod spring;

use crate::oauth::authorization::is_same_redirect_uri;
use crate::oauth::client::Client;
use crate::oauth::credentials::Credentials;
use crate::oauth::leniency::Tolerance;
use crate::oauth::params::Params;
use crate::oauth::refusal::{ErrorDialect, Refusal};
use crate::oauth::scope::Scope;

/// A request, as it was received.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RawRequest<'a> {
    pub(crate) method: &'a str,
    pub(crate) query: &'a [u8],
    pub(crate) authorization: Option<&'a [u8]>,
    pub(crate) content_type: Option<&'a [u8]>,
    pub(crate) content_encoding: Option<&'a [u8]>,
    pub(crate) body: &'a [u8],
}

impl ErrorDialect {
    /// Reads the credentials and the parameters of a token, introspection or revocation request.
    pub(crate) fn read(
        self,
        request: &RawRequest<'_>,
        tolerance: &mut Tolerance,
    ) -> Result<(Credentials, Params), Refusal> {
        match self {
            Self::Rfc => rfc::read(request, tolerance),
            Self::Spring => spring::read(request, tolerance),
        }
    }

    /// Reads the access token of a request to a protected resource; `None` if there is none and that is tolerated.
    pub(crate) fn read_bearer(
        self,
        request: &RawRequest<'_>,
        tolerance: &mut Tolerance,
    ) -> Result<Option<String>, Refusal> {
        match self {
            Self::Rfc => rfc::read_bearer(request, tolerance),
            Self::Spring => spring::read_bearer(request, tolerance),
        }
    }

    /// Makes the checks that this dialect makes between the authentication of the client and the grant.
    pub(crate) fn screen(
        self,
        client: &Client,
        params: &Params,
        tolerance: &mut Tolerance,
    ) -> Result<(), Refusal> {
        match self {
            Self::Rfc => Ok(()),
            Self::Spring => spring::screen(client, params, tolerance),
        }
    }

    /// Returns true if a request's redirect URI is the registered one.
    pub(crate) fn is_redirect_uri(self, registered: &str, presented: &str) -> bool {
        match self {
            Self::Rfc => is_same_redirect_uri(registered, presented),
            Self::Spring => spring::is_redirect_uri(registered, presented),
        }
    }

    /// Puts the scope to be issued into this dialect's order.
    pub(crate) fn arrange(self, scope: Scope, params: &Params) -> Scope {
        match self {
            // The order of the grant.
            Self::Rfc => scope,
            Self::Spring => spring::arrange(scope, params),
        }
    }
}

/// Returns the media type of a `Content-Type` without its parameters, and its `charset`.
fn media_type(content_type: &[u8]) -> (String, Option<String>) {
    let text = String::from_utf8_lossy(content_type);
    let mut parts = text.split(';');
    let essence = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
    let charset = parts.find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let value = value.trim().trim_matches('"').to_ascii_lowercase();
        name.trim().eq_ignore_ascii_case("charset").then_some(value)
    });
    (essence, charset)
}

/// Decodes a form or a query.
///
/// # Errors
/// It is not one, and that is not tolerated.
pub(crate) fn decode(
    encoded: &[u8],
    part: &'static str,
    tolerance: &mut Tolerance,
) -> Result<Params, Refusal> {
    match Params::decode(encoded) {
        Ok(params) => Ok(params),
        Err(why) => {
            let why = why.to_string();
            tolerance.refuse(Refusal::Unreadable { part, why })?;
            Ok(Params::decode_lossy(encoded))
        }
    }
}

/// Returns the parameters of a body that is a form and was sent by POST; any other body has none.
fn form_of(request: &RawRequest<'_>, tolerance: &mut Tolerance) -> Result<Params, Refusal> {
    let is_form = request
        .content_type
        .is_some_and(|content_type| media_type(content_type).0 == FORM);
    let form = if is_form && request.method == "POST" {
        request.body
    } else {
        &[]
    };
    decode(form, "form", tolerance)
}

const FORM: &str = "application/x-www-form-urlencoded";
