//! The table of all routes of the control plane. Dispatch, `Allow`, `OPTIONS`, the log and the OpenAPI document follow from
//! it: a new route is one line here and its handler.

use crate::control::problem::ProblemCode::{
    KeySigns, NameDiffers, NameTaken, NotFound, NotVerified, Stopping, TooManyLogins,
    TooManySandboxes, WaitEnded,
};
use crate::control::route::{Route, parameter, route, segments_of};
use crate::control::{
    clock, console, faults, inspect, keys, logins, openapi, overview, registered, requests,
    sandboxes, scenarios, tokens, try_it,
};
use crate::oauth::client::Client;
use crate::oauth::user::User;

#[rustfmt::skip] // One route, one line.
pub(super) const ROUTES: &[Route] = &[
    route!(GET, "/", "getOverview", "Get the server's version, profile, issuer and URLs", overview::get),
    route!(GET, "/openapi.json", "getOpenApi", "Get this document", openapi::get),
    route!(GET, "/health", "getHealth", "Check that the server answers; needs no token", overview::health),
    route!(POST, "/reset", "reset", "Reset clients, users, tokens, keys, clock, faults and journal to their initial state", overview::reset),
    route!(GET, "/clock", "getClock", "Get the time", clock::get),
    route!(PUT, "/clock", "freezeClock", "Freeze the clock at an instant", clock::freeze),
    route!(DELETE, "/clock", "releaseClock", "Return the clock to real time", clock::release),
    route!(POST, "/clock/advance", "advanceClock", "Move the clock", clock::advance),
    route!(GET, "/faults", "listFaults", "List the fault rules", faults::list),
    route!(POST, "/faults", "addFault", "Add a fault rule", faults::add),
    route!(DELETE, "/faults", "clearFaults", "Remove all fault rules", faults::clear),
    route!(GET, "/faults/{id}", "getFault", "Get a fault rule", faults::get).problems(&[NotFound]),
    route!(DELETE, "/faults/{id}", "removeFault", "Remove a fault rule", faults::remove).problems(&[NotFound]),
    route!(GET, "/requests", "listRequests", "List the journal, oldest first", requests::list),
    route!(DELETE, "/requests", "clearRequests", "Empty the journal", requests::clear),
    route!(GET, "/requests/wait", "waitForRequests", "Wait until enough requests match", requests::wait).problems(&[WaitEnded, NotFound]),
    route!(GET, "/requests/stream", "streamRequests", "Receive server-sent events: `request` when one that matches has arrived, `completed` when it is answered or abandoned", requests::stream),
    route!(GET, "/requests/{number}", "getRequest", "Get one request of the journal", requests::get).problems(&[NotFound]),
    route!(GET, "/requests/{number}/tokens", "listSentTokens", "Decode and verify the tokens that were sent in answer to a request", inspect::sent).problems(&[NotFound]),
    route!(POST, "/verify", "verifyRequests", "Compare the journal with an expectation", requests::verify).problems(&[NotVerified]),
    route!(POST, "/tokens", "mintToken", "Mint one token, or a whole token response", tokens::mint),
    route!(POST, "/tokens/inspect", "inspectToken", "Decode and verify a token", inspect::inspect),
    route!(GET, "/clients", "listClients", "List the clients", registered::list::<Client>),
    route!(POST, "/clients", "addClient", "Add a client", registered::add::<Client>).problems(&[NameTaken]),
    route!(GET, "/clients/{client_id}", "getClient", "Get a client", registered::get::<Client>).problems(&[NotFound]),
    route!(PUT, "/clients/{client_id}", "putClient", "Add or replace a client", registered::put::<Client>).problems(&[NameDiffers]),
    route!(DELETE, "/clients/{client_id}", "removeClient", "Remove a client", registered::remove::<Client>).problems(&[NotFound]),
    route!(GET, "/clients/{client_id}/refresh-tokens/{token}", "getRefreshToken", "Get a named refresh token", registered::token).problems(&[NotFound]),
    route!(PUT, "/clients/{client_id}/refresh-tokens/{token}", "putRefreshToken", "Add or replace a named refresh token", registered::put_token).problems(&[NameDiffers]),
    route!(DELETE, "/clients/{client_id}/refresh-tokens/{token}", "removeRefreshToken", "Remove a named refresh token", registered::remove_token).problems(&[NotFound]),
    route!(GET, "/users", "listUsers", "List the users", registered::list::<User>),
    route!(POST, "/users", "addUser", "Add a user", registered::add::<User>).problems(&[NameTaken]),
    route!(GET, "/users/{sub}", "getUser", "Get a user", registered::get::<User>).problems(&[NotFound]),
    route!(PUT, "/users/{sub}", "putUser", "Add or replace a user", registered::put::<User>).problems(&[NameDiffers]),
    route!(DELETE, "/users/{sub}", "removeUser", "Remove a user", registered::remove::<User>).problems(&[NotFound]),
    route!(GET, "/refresh-tokens", "listRefreshTokens", "List the named refresh tokens", registered::tokens),
    route!(POST, "/refresh-tokens", "addRefreshToken", "Add a named refresh token", registered::add_token).problems(&[NameTaken]),
    route!(GET, "/keys", "listKeys", "List the keys, the signing key first", keys::list),
    route!(POST, "/keys/rotate", "rotateKeys", "Sign with a new key; the previous one stays published", keys::rotate).problems(&[Stopping]),
    route!(DELETE, "/keys/{kid}", "retireKey", "Stop publishing a key", keys::retire).problems(&[NotFound, KeySigns]),
    route!(GET, "/logins", "listLogins", "List the scripted logins that wait", logins::list),
    route!(POST, "/logins", "addLogin", "Script the next login, which then shows no page", logins::add).problems(&[TooManyLogins]),
    route!(DELETE, "/logins", "clearLogins", "Remove all scripted logins", logins::clear),
    route!(GET, "/sessions", "listSessions", "List the sessions: users who are logged in with a browser", logins::sessions),
    route!(DELETE, "/sessions", "clearSessions", "Log users out: end their sessions and revoke the tokens that they got", logins::end_sessions),
    route!(DELETE, "/sessions/{sid}", "endSession", "End one session", logins::end_session).problems(&[NotFound]),
    route!(GET, "/sandboxes", "listSandboxes", "List the sandboxes", sandboxes::list),
    route!(POST, "/sandboxes", "createSandbox", "Create a sandbox", sandboxes::create).problems(&[NameTaken, TooManySandboxes]),
    route!(DELETE, "/sandboxes", "clearSandboxes", "Remove all sandboxes", sandboxes::clear),
    route!(PUT, "/sandboxes/{id}", "putSandbox", "Create a sandbox under an id; repeat the request, and it stays as it is", sandboxes::put).problems(&[NameDiffers, TooManySandboxes]),
    route!(GET, "/sandboxes/{id}", "getSandbox", "Get a sandbox", sandboxes::get).problems(&[NotFound]),
    route!(DELETE, "/sandboxes/{id}", "removeSandbox", "Remove a sandbox", sandboxes::remove).problems(&[NotFound]),
    route!(GET, "/console/{file}", "getConsoleFile", "Get a file of the console", console::file).page(),
    route!(GET, "/reference", "getReference", "Show what the names of refusals and advice mean", console::reference).page(),
    route!(GET, "/scenarios", "listScenarios", "List the scenarios", scenarios::list),
    route!(POST, "/scenarios", "playOwnScenario", "Play the scenario in the body", scenarios::play_own).problems(&[Stopping]),
    route!(GET, "/try", "getTryForm", "Show the form of the built-in client", try_it::form).page(),
    route!(POST, "/try", "beginTry", "Send the browser to the authorization endpoint", try_it::begin).page(),
    route!(GET, "/try/callback", "endTry", "Receive the authorization response and exchange the code", try_it::callback).page(),
    route!(POST, "/try/act", "actTry", "Refresh, introspect, revoke, or get the claims of the user", try_it::act).page(),
    route!(GET, "/try/logged-out", "getTryLoggedOut", "Show the form after a logout", try_it::logged_out).page(),
    route!(POST, "/scenarios/{name}", "playScenario", "Play a scenario: add its fault rules and apply its settings", scenarios::play).problems(&[NotFound, Stopping]),
];

/// A parameter of a path.
pub(super) struct Parameter {
    pub(super) name: &'static str,
    pub(super) description: &'static str,
    /// A secret value is not written to the log.
    secret: bool,
}

const fn plain(name: &'static str, description: &'static str) -> Parameter {
    Parameter {
        name,
        description,
        secret: false,
    }
}

pub(super) const PARAMETERS: &[Parameter] = &[
    plain("id", "The identifier of the fault rule or the sandbox."),
    plain("number", "The request's number in the journal."),
    plain("client_id", "The client's identifier (RFC 6749 §2.2)."),
    plain("sub", "The user's identifier, the `sub` of its tokens."),
    plain(
        "sid",
        "The session's public identifier, the claim `sid` of its ID tokens.",
    ),
    plain("kid", "The key's identifier (RFC 7517 §4.5)."),
    plain("name", "The scenario's name."),
    plain("file", "The name of the file."),
    Parameter {
        name: "token",
        description: "The value that clients send as `refresh_token`.",
        secret: true,
    },
];

/// The routes of one path, with the values of the path's parameters.
pub(super) struct Found {
    pub(super) template: &'static str,
    pub(super) parameters: Vec<String>,
}

impl Found {
    /// The template with the most literal segments wins: `/keys/rotate` is not the key `rotate`.
    pub(super) fn at(segments: &[String]) -> Option<Self> {
        ROUTES
            .iter()
            .filter_map(|route| {
                Some(Self {
                    template: route.path,
                    parameters: route.parameters(segments)?,
                })
            })
            .min_by_key(|found| found.parameters.len())
    }

    pub(super) fn routes(&self) -> impl Iterator<Item = &'static Route> {
        let template = self.template;
        ROUTES.iter().filter(move |route| route.path == template)
    }

    /// Returns true if it is for a person with a browser.
    pub(super) fn is_page(&self) -> bool {
        self.routes().any(|route| route.is_page)
    }

    /// The methods of this very path, as `Allow` lists them (RFC 9110 §10.2.1).
    pub(super) fn allow(&self) -> String {
        let mut methods = Vec::new();
        for route in self.routes() {
            methods.push(route.method);
            if route.method == "GET" {
                methods.push("HEAD");
            }
        }
        methods.push("OPTIONS");
        methods.join(", ")
    }

    /// The path with the values of its parameters, except secret ones: for the log.
    pub(super) fn without_secrets(&self) -> String {
        let mut values = self.parameters.iter();
        segments_of(self.template)
            .into_iter()
            .map(|segment| {
                let Some(name) = parameter(segment) else {
                    return format!("/{segment}");
                };
                let value = values.next().map_or("", String::as_str);
                if is_secret(name) {
                    format!("/{segment}")
                } else {
                    format!("/{value}")
                }
            })
            .collect()
    }
}

fn is_secret(name: &str) -> bool {
    PARAMETERS
        .iter()
        .any(|parameter| parameter.name == name && parameter.secret)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::route::Operation;

    fn found(path: &str) -> Option<Found> {
        let segments: Vec<String> = segments_of(path).into_iter().map(str::to_owned).collect();
        Found::at(&segments)
    }

    #[test]
    fn every_handler_takes_the_parameters_of_its_path_and_each_is_described() {
        for route in ROUTES {
            let mut generator = openapi::generator();
            let mut operation = Operation::new(&mut generator);
            (route.describe)(&mut operation);
            let names: Vec<&str> = segments_of(route.path)
                .into_iter()
                .filter_map(parameter)
                .collect();
            assert_eq!(operation.path_parameters, names.len(), "{}", route.id);
            for name in names {
                let known = PARAMETERS.iter().any(|parameter| parameter.name == name);
                assert!(known, "{}: {name} has no description", route.id);
            }
        }
    }

    #[test]
    fn a_literal_segment_wins_over_a_parameter() {
        let found = found("/keys/rotate").expect("a path");
        assert_eq!(found.allow(), "POST, OPTIONS");
    }

    #[test]
    fn an_empty_segment_is_no_value() {
        assert!(found("/faults/").is_none());
        assert!(found("/sandboxes//").is_none());
        assert!(found("/").is_some());
        assert!(found("").is_some());
    }

    #[test]
    fn a_secret_segment_is_not_logged() {
        let found = found("/clients/app/refresh-tokens/T0KEN").expect("a path");
        assert_eq!(
            found.without_secrets(),
            "/clients/app/refresh-tokens/{token}"
        );
    }
}
