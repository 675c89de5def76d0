//! The form that begins a login.

use maud::{Markup, html};

use crate::pages::Html;
use crate::pages::try_it::{try_field, written};

/// What the form shows.
#[derive(Debug)]
pub(crate) struct TryForm<'a> {
    /// The path of the page.
    pub(crate) action: &'a str,
    pub(crate) issuer: &'a str,
    /// The redirect URI of the request.
    pub(crate) redirect_uri: &'a str,
    /// The clients that a user can log in to.
    pub(crate) clients: Vec<&'a str>,
    /// The client of the request; `None` if there is none to choose.
    pub(crate) chosen: Option<ChosenClient<'a>>,
    /// The address of this page, if the browser uses another one.
    pub(crate) elsewhere: Option<&'a str>,
    /// What happened before.
    pub(crate) notice: Option<&'a str>,
    /// Why the request before did not do.
    pub(crate) problem: Option<&'a str>,
}

/// The client of the request.
#[derive(Debug)]
pub(crate) struct ChosenClient<'a> {
    pub(crate) client_id: &'a str,
    /// The scope tokens that it is registered for.
    pub(crate) scope: Vec<&'a str>,
    /// Whether it must send a code challenge.
    pub(crate) needs_pkce: bool,
}

/// The values of `prompt` that can be chosen (OpenID Connect Core §3.1.2.1).
const PROMPTS: &[&str] = &["login", "consent", "select_account", "none"];

/// Writes the form.
pub(crate) fn try_form(view: &TryForm<'_>) -> Html {
    let content = html! {
        @if let Some(problem) = view.problem { p.bad role="alert" { (problem) } }
        @if let Some(notice) = view.notice { p role="status" { (notice) } }
        p {
            "This page is a client of the provider " code { (view.issuer) } ". It logs a user in, exchanges the code, verifies "
            "the tokens, and shows each request as a command to paste."
        }
        @if let Some(url) = view.elsewhere {
            p {
                "The address of this page is " a href=(url) { (url) } ". Open it there if the login does not come back."
            }
        }
        @match &view.chosen {
            Some(chosen) => {
                (choice(view, chosen))
                (request(view, chosen))
            }
            None => p {
                "There is no client that a user can log in to. Register one with the grant type "
                code { "authorization_code" } "."
            }
        }
    };
    written("Try the provider", &content)
}

/// The choice of the client, which decides on the scope of the form below it.
fn choice(view: &TryForm<'_>, chosen: &ChosenClient<'_>) -> Markup {
    html! {
        @if view.clients.len() > 1 {
            form method="get" action=(view.action) {
                label for="client" { "Client" }
                select #client name=(try_field::CLIENT_ID) {
                    @for client_id in &view.clients {
                        option value=(client_id) selected[*client_id == chosen.client_id] { (client_id) }
                    }
                }
                button.quiet type="submit" { "Choose this client" }
            }
        }
    }
}

fn request(view: &TryForm<'_>, chosen: &ChosenClient<'_>) -> Markup {
    html! {
        form method="post" action=(view.action) {
            h2 { "Authorization request of " (chosen.client_id) }
            input type="hidden" name=(try_field::CLIENT_ID) value=(chosen.client_id);
            fieldset {
                legend { "Scope" }
                @for token in &chosen.scope {
                    label.check {
                        input type="checkbox" name=(try_field::SCOPE) value=(token) checked;
                        (token)
                    }
                }
                label for="more-scope" { "Other scope tokens, separated by spaces" }
                input #more-scope type="text" name=(try_field::MORE_SCOPE) autocomplete="off" spellcheck="false";
            }
            label for="pkce" { "PKCE" }
            select #pkce name=(try_field::PKCE) {
                option value="S256" selected { "S256" }
                option value="" {
                    "none" @if chosen.needs_pkce { " (this client must send a code challenge)" }
                }
            }
            label for="prompt" { "Prompt" }
            select #prompt name=(try_field::PROMPT) {
                option value="" selected { "not sent" }
                @for prompt in PROMPTS { option value=(prompt) { (prompt) } }
            }
            label for="login-hint" { "Login hint" }
            input #login-hint type="text" name=(try_field::LOGIN_HINT) autocomplete="off" spellcheck="false";
            p {
                small {
                    code { "state" } ", " code { "nonce" } " and the code verifier are drawn for each request. The redirect URI is "
                    code { (view.redirect_uri) } "."
                }
            }
            button.main type="submit" { "Log in" }
        }
    }
}
