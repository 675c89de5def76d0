//! The pages of the built-in client: the form that begins a login, and what came of it. They are for the developer at the desk,
//! and in English only, as the control plane is.

mod form;
mod result;

use maud::html;

pub(crate) use form::{ChosenClient, TryForm, try_form};
pub(crate) use result::{Answer, Finding, Logout, Reason, Step, TokenView, TryResult, try_result};

use crate::pages::words::Language;
use crate::pages::{Html, finish, layout};

/// The names of the form fields.
pub(crate) mod try_field {
    pub(crate) const CLIENT_ID: &str = "client_id";
    pub(crate) const SCOPE: &str = "scope";
    pub(crate) const MORE_SCOPE: &str = "more_scope";
    pub(crate) const PKCE: &str = "pkce";
    pub(crate) const PROMPT: &str = "prompt";
    pub(crate) const LOGIN_HINT: &str = "login_hint";
    pub(crate) const ACTION: &str = "action";
}

/// Writes the page about a request that the control plane refuses.
pub(crate) fn try_problem(title: &str, detail: &str) -> Html {
    let content = html! { p role="alert" { (detail) } };
    written(title, &content)
}

fn written(title: &str, content: &maud::Markup) -> Html {
    finish(
        layout::wide_page(Language::English, title, content),
        layout::policy(),
    )
}
