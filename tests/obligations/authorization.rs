//! The authorization endpoint and the exchange of its codes.

use std::collections::BTreeMap;

use oauth_mimic::Login;

use crate::support::{Answer, Request, encoded, path_of};
use crate::{CLIENTS, World, post};

/// The redirect URI of the client `coder`.
pub const CALLBACK: &str = "https://client.example/callback";

/// What the client gets at its redirect URI.
pub struct Response {
    members: BTreeMap<String, String>,
}

impl Response {
    /// Reads the redirect of an answer.
    pub fn of(answer: &Answer) -> Self {
        let location = answer.header("location");
        let location = location.unwrap_or_else(|| panic!("a redirect: {}", answer.text()));
        let (_, members) = location.split_once(['?', '#']).expect("parameters");
        let members = form_urlencoded::parse(members.as_bytes()).into_owned();
        Self {
            members: members.collect(),
        }
    }

    /// The member of that name; an empty text if there is none.
    pub fn get(&self, name: &str) -> String {
        self.members.get(name).cloned().unwrap_or_default()
    }

    pub fn code(&self) -> String {
        self.get("code")
    }

    pub fn error(&self) -> String {
        self.get("error")
    }
}

/// Sends an authorization request, at which the first user logs in.
pub fn authorize(world: &World, client_id: &str, more: &str) -> Response {
    world.server.next_login(Login::new());
    let url = world.server.authorization_url();
    let path = path_of(&world.server, &url);
    let uri = encoded(CALLBACK);
    let target = format!("{path}?client_id={client_id}&redirect_uri={uri}&{more}");
    let answer = world.send(&Request::new("GET", &target));
    world.server.clear_logins();
    Response::of(&answer)
}

/// The exchange of a code by that client.
pub fn exchange_of(client_id: &str, code: &str) -> Request {
    let secret = CLIENTS.iter().find(|(held, _)| *held == client_id);
    let (_, secret) = secret.expect("a client with a secret");
    let (code, uri) = (encoded(code), encoded(CALLBACK));
    post(format!(
        "grant_type=authorization_code&code={code}&redirect_uri={uri}"
    ))
    .basic(client_id, &encoded(secret))
}
