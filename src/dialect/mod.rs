//! How requests are read and refusals told: by the letter of the RFCs, or as a laxer framework does.
//!
//! A dialect gets bytes and gives bytes; it decides nothing. [`rfc`] is the default, [`spring`] the legacy framework
//! behind the documented server.

mod rfc;
mod spring;

use serde_json::{Map, Value};

use crate::clock::Timestamp;
use crate::oauth::client::Client;
use crate::oauth::credentials::Credentials;
use crate::oauth::params::Params;
use crate::oauth::refusal::{ErrorDialect, Refusal};
use crate::oauth::scope::Scope;

/// A request to the token endpoint, as it came.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Received<'a> {
    pub(crate) method: &'a str,
    pub(crate) query: &'a [u8],
    pub(crate) authorization: Option<&'a [u8]>,
    pub(crate) content_type: Option<&'a [u8]>,
    pub(crate) content_encoding: Option<&'a [u8]>,
    pub(crate) body: &'a [u8],
}

/// A refusal as it goes over the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) status: u16,
    /// The OAuth error code, for the log.
    pub(crate) error: &'static str,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: String,
}

impl ErrorDialect {
    /// Takes the request apart, or refuses what cannot be.
    pub(crate) fn read(self, received: &Received<'_>) -> Result<(Credentials, Params), Refusal> {
        match self {
            Self::Rfc => rfc::read(received),
            Self::Spring => spring::read(received),
        }
    }

    /// What this dialect looks at as soon as it knows the client, before the grant.
    pub(crate) fn screen(self, client: &Client, params: &Params) -> Result<(), Refusal> {
        match self {
            Self::Rfc => Ok(()),
            Self::Spring => spring::screen(client, params),
        }
    }

    /// Puts a refusal into words, status and headers.
    pub(crate) fn tell(self, refusal: &Refusal, path: &str, now: Timestamp) -> Told {
        match self {
            Self::Rfc => rfc::tell(refusal),
            Self::Spring => spring::tell(refusal, path, now),
        }
    }

    /// Puts an error that was asked for into this dialect's head.
    pub(crate) fn tell_error(
        self,
        status: u16,
        error: &str,
        description: &str,
    ) -> (Vec<(&'static str, String)>, String) {
        let members = [("error", error), ("error_description", description)];
        let headers = match self {
            Self::Rfc => rfc::headers(status),
            Self::Spring => spring::headers(status, &members),
        };
        (headers, body(&members))
    }

    /// Puts the scope that is to be issued into this dialect's order.
    pub(crate) fn arrange(self, scope: Scope, params: &Params) -> Scope {
        match self {
            // The grant's order.
            Self::Rfc => scope,
            Self::Spring => spring::arrange(scope, params),
        }
    }

    /// The `Content-Type` of a good answer.
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Rfc => "application/json",
            Self::Spring => "application/json;charset=UTF-8",
        }
    }

    /// What else stands in the head of a good answer.
    pub(crate) fn headers(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Rfc => &[],
            Self::Spring => spring::FILTERED,
        }
    }
}

/// The media type of a `Content-Type`, without its parameters, and its `charset`.
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

const FORM: &str = "application/x-www-form-urlencoded";

/// A JSON object of texts, in this order.
fn body(members: &[(&str, &str)]) -> String {
    let object: Map<String, Value> = members
        .iter()
        .map(|(name, value)| ((*name).to_owned(), Value::from(*value)))
        .collect();
    Value::Object(object).to_string()
}
