//! Authorization requests as a browser sends them, for the client `web` of the default fixtures.

use std::collections::BTreeMap;

use oauth_mimic::{Login, TokenServer};

use crate::support::{Answer, get, path_of};

/// A registered redirect URI of the client.
pub const CALLBACK: &str = "http://localhost:3000/callback";

/// Sends an authorization request of the client `web` to its page, with more parameters.
pub fn page(server: &TokenServer, more: &str) -> Answer {
    let url = server.authorization_url();
    let path = path_of(server, &url);
    let target = format!("{path}?client_id=web&redirect_uri={CALLBACK}&{more}");
    get(server.address(), &target)
}

/// Sends an authorization request, at which the first user logs in.
pub fn ask(server: &TokenServer, more: &str) -> Answer {
    server.next_login(Login::new());
    let answer = page(server, more);
    server.clear_logins();
    answer
}

/// Returns the parameters of the authorization response, in the query or the fragment.
pub fn response(server: &TokenServer, more: &str) -> BTreeMap<String, String> {
    members(&ask(server, more))
}

/// Returns the parameters that an answer sends to the client.
pub fn members(answer: &Answer) -> BTreeMap<String, String> {
    let location = answer.header("location");
    let location = location.unwrap_or_else(|| panic!("a redirect: {}", answer.text()));
    let (_, encoded) = location.split_once(['?', '#']).expect("parameters");
    form_urlencoded::parse(encoded.as_bytes())
        .into_owned()
        .collect()
}

/// Logs the first user in, and returns the code.
pub fn code(server: &TokenServer, more: &str) -> String {
    response(server, &format!("response_type=code&{more}"))["code"].clone()
}
