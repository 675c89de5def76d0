//! What came of a login: each request with its answer, the tokens, and what can be done with them.

use maud::{Markup, html};

use crate::pages::Html;
use crate::pages::try_it::{try_field, written};

/// What the page shows.
#[derive(Debug)]
pub(crate) struct TryResult<'a> {
    pub(crate) title: &'a str,
    /// The path of the form that begins a login, with the client.
    pub(crate) again: &'a str,
    /// The path to which the buttons post.
    pub(crate) action: &'a str,
    pub(crate) client_id: &'a str,
    /// What happened, in order.
    pub(crate) steps: &'a [Step],
    /// The tokens that the client has now.
    pub(crate) tokens: &'a [TokenView],
    pub(crate) logout: Option<Logout>,
}

/// A request and its answer.
#[derive(Debug, Default)]
pub(crate) struct Step {
    pub(crate) title: &'static str,
    /// The request, as text to paste.
    pub(crate) request: Option<String>,
    /// The parameters that arrived.
    pub(crate) members: Vec<(String, String)>,
    pub(crate) answer: Option<Answer>,
    pub(crate) findings: Vec<Finding>,
    /// Why the provider refused.
    pub(crate) reason: Option<Reason>,
}

/// An answer of the provider.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

/// The result of a check.
#[derive(Debug)]
pub(crate) enum Finding {
    Right(String),
    Odd(String),
    Wrong(String),
}

/// Why the provider refused a request.
#[derive(Debug)]
pub(crate) struct Reason {
    pub(crate) name: &'static str,
    pub(crate) text: String,
    pub(crate) remedy: &'static str,
}

/// A token.
#[derive(Debug)]
pub(crate) struct TokenView {
    /// What it is, such as `Access token`.
    pub(crate) title: &'static str,
    /// The name of its form field, such as `access_token`.
    pub(crate) name: &'static str,
    pub(crate) text: String,
    /// The header and the claims, as JSON; `None` if it is not a signed token.
    pub(crate) decoded: Option<(String, String)>,
    pub(crate) findings: Vec<Finding>,
    /// What can be done with it: the values of its buttons, and their names.
    pub(crate) actions: Vec<(&'static str, &'static str)>,
}

/// The logout request, which the browser sends.
#[derive(Debug)]
pub(crate) struct Logout {
    /// The URL of the end session endpoint.
    pub(crate) url: String,
    pub(crate) members: Vec<(String, String)>,
    /// The same as text to paste.
    pub(crate) request: String,
}

/// Writes the page.
pub(crate) fn try_result(view: &TryResult<'_>) -> Html {
    let content = html! {
        p { "Client: " strong { (view.client_id) } ". " a href=(view.again) { "Begin another login" } "." }
        @for step in view.steps { (written_step(step)) }
        @if !view.tokens.is_empty() {
            form method="post" action=(view.action) {
                input type="hidden" name=(try_field::CLIENT_ID) value=(view.client_id);
                h2 { "Tokens" }
                @for token in view.tokens { (written_token(token)) }
            }
        }
        @if let Some(logout) = &view.logout { (written_logout(logout)) }
    };
    written(view.title, &content)
}

fn written_step(step: &Step) -> Markup {
    html! {
        section {
            h2 { (step.title) }
            @if let Some(request) = &step.request { pre { code { (request) } } }
            @if !step.members.is_empty() {
                dl {
                    @for (name, value) in &step.members {
                        dt { (name) }
                        dd { code { (value) } }
                    }
                }
            }
            @if let Some(answer) = &step.answer {
                p { "Status " strong { (answer.status) } }
                @if !answer.body.is_empty() { pre { code { (answer.body) } } }
            }
            (written_findings(&step.findings))
            @if let Some(reason) = &step.reason {
                dl {
                    dt { "Reason" }
                    dd { (reason.text) }
                    dt { "Name of the refusal" }
                    dd { code { (reason.name) } }
                    dt { "Remedy" }
                    dd { (reason.remedy) }
                }
            }
        }
    }
}

fn written_findings(findings: &[Finding]) -> Markup {
    html! {
        @if !findings.is_empty() {
            ul {
                @for finding in findings {
                    @match finding {
                        Finding::Right(text) => li { "OK: " (text) },
                        Finding::Odd(text) => li { strong { "Note: " } (text) },
                        Finding::Wrong(text) => li.bad { "Wrong: " (text) },
                    }
                }
            }
        }
    }
}

fn written_token(token: &TokenView) -> Markup {
    html! {
        section {
            h3 { (token.title) }
            input type="hidden" name=(token.name) value=(token.text);
            (written_findings(&token.findings))
            @if let Some((header, claims)) = &token.decoded {
                h4 { "Header" }
                pre { code { (header) } }
                h4 { "Claims" }
                pre { code { (claims) } }
            }
            details {
                summary { (token.title) ", as it was received" }
                pre { code { (token.text) } }
            }
            @if !token.actions.is_empty() {
                div.row {
                    @for (value, name) in &token.actions {
                        button type="submit" name=(try_field::ACTION) value=(value) { (name) }
                    }
                }
            }
        }
    }
}

fn written_logout(logout: &Logout) -> Markup {
    html! {
        form method="post" action=(logout.url) {
            h2 { "Log out" }
            details {
                summary { "Logout request" }
                pre { code { (logout.request) } }
            }
            @for (name, value) in &logout.members {
                input type="hidden" name=(name) value=(value);
            }
            button.quiet type="submit" { "Log out" }
        }
    }
}
