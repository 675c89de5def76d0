//! What the tests of a server share: an HTTP client, and the requests that most of them make.

pub(crate) mod http;
pub(crate) mod ordered;

use std::net::SocketAddr;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use oauth_mimic::{Mimic, TokenServer};
use serde_json::Value;

pub(crate) use http::{Answer, Connection, Request, answers, exchange, send};

/// `Basic` credentials as they stand in the header, with nothing encoded but the base64.
pub(crate) fn basic(client_id: &str, client_secret: &str) -> String {
    format!(
        "Basic {}",
        STANDARD.encode(format!("{client_id}:{client_secret}"))
    )
}

/// One name or value of a form, encoded.
pub(crate) fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// The path of a URL of this server.
pub(crate) fn path_of<'u>(server: &TokenServer, url: &'u str) -> &'u str {
    url.strip_prefix(server.base_url())
        .expect("a URL of this server")
}

/// A POST of a form to the token endpoint, as bytes. The form is sent exactly as given.
pub(crate) fn token_request(
    server: &TokenServer,
    authorization: Option<&str>,
    form: &str,
) -> Vec<u8> {
    let url = server.token_url();
    let request = Request::form(path_of(server, &url), form);
    match authorization {
        Some(value) => request.authorization(value).bytes(),
        None => request.bytes(),
    }
}

/// Posts a form to the token endpoint.
#[track_caller]
pub(crate) fn post(server: &TokenServer, authorization: Option<&str>, form: &str) -> Answer {
    send(
        server.address(),
        &token_request(server, authorization, form),
    )
}

/// A form that refreshes with that token; `more` is appended as it is.
pub(crate) fn refresh_form(refresh_token: &str, more: &str) -> String {
    format!(
        "grant_type=refresh_token&refresh_token={}{more}",
        encoded(refresh_token)
    )
}

/// Refreshes as that client, whose secret is its id and `-secret`.
#[track_caller]
pub(crate) fn refresh_as(
    mimic: &Mimic,
    client_id: &str,
    refresh_token: &str,
    more: &str,
) -> Answer {
    Request::form("", refresh_form(refresh_token, more))
        .basic(client_id, &format!("{client_id}-secret"))
        .send_to(&mimic.token_url())
}

/// Refreshes as the default client.
#[track_caller]
pub(crate) fn refresh(mimic: &Mimic, refresh_token: &str, more: &str) -> Answer {
    refresh_as(mimic, "client-default", refresh_token, more)
}

#[track_caller]
pub(crate) fn get(address: SocketAddr, path: &str) -> Answer {
    Request::get(path).send(address)
}

/// A part of a token, decoded: 0 the header, 1 the claims.
#[track_caller]
pub(crate) fn part(token: &str, index: usize) -> Value {
    serde_json::from_str(&part_text(token, index)).expect("JSON")
}

/// The text of a part of a token: 0 the header, 1 the claims.
#[track_caller]
pub(crate) fn part_text(token: &str, index: usize) -> String {
    let encoded = token.split('.').nth(index).expect("a part");
    String::from_utf8(URL_SAFE_NO_PAD.decode(encoded).expect("base64url")).expect("UTF-8")
}
