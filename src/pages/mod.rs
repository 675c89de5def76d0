//! The HTML pages of the front channel: login, consent, logout, errors, and the form of `form_post`;
//! those of the built-in client; and the console.
//!
//! All but the console work without JavaScript. They name everything for screen readers, and follow the reader's colour scheme. Text of a
//! request is only ever written by the template crate, which escapes it.

mod consent;
mod console;
mod form_post;
mod layout;
mod login;
mod message;
mod try_it;
mod words;

use maud::{Markup, PreEscaped};

pub(crate) use consent::{ConsentView, consent};
pub(crate) use console::{ConsoleFile, FILES as CONSOLE_FILES, console, reference};
pub(crate) use form_post::form_post;

pub(crate) use login::{LoginView, UserView, login};
pub(crate) use message::{Notice, logged_out, logout, message};
pub(crate) use try_it::{
    Answer, ChosenClient, Finding, Logout, Reason, Step, TokenView, TryForm, TryResult, try_field,
    try_form, try_problem, try_result,
};
pub(crate) use words::Language;

/// A finished page.
#[derive(Debug)]
pub(crate) struct Html {
    pub(crate) text: String,
    /// The value of `Content-Security-Policy`.
    pub(crate) policy: String,
}

/// The parameters of a request, which the page's form repeats in hidden fields.
pub(crate) type Repeated<'a> = &'a [(&'a str, &'a str)];

/// The names of the form fields that belong to the pages and not to the protocol.
pub(crate) mod field {
    /// Begins the name of every field of a page.
    pub(crate) const PREFIX: &str = "mimic_";
    pub(crate) const ACTION: &str = "mimic_action";
    pub(crate) const CSRF: &str = "mimic_csrf";
    pub(crate) const USER: &str = "mimic_user";
    pub(crate) const USERNAME: &str = "mimic_username";
    pub(crate) const PASSWORD: &str = "mimic_password";
    pub(crate) const NEW_SUB: &str = "mimic_new_sub";
    pub(crate) const NEW_CLAIMS: &str = "mimic_new_claims";
    pub(crate) const SCOPE: &str = "mimic_scope";
    pub(crate) const SID: &str = "mimic_sid";
}

/// Writes the hidden fields of a form.
fn hidden(repeated: Repeated<'_>, csrf: &str) -> Markup {
    maud::html! {
        @for (name, value) in repeated {
            input type="hidden" name=(name) value=(value);
        }
        input type="hidden" name=(field::CSRF) value=(csrf);
    }
}

fn finish(markup: PreEscaped<String>, policy: String) -> Html {
    Html {
        text: markup.into_string(),
        policy,
    }
}

/// Returns the message for a login that failed.
pub(crate) fn login_failed(language: Language) -> &'static str {
    language.words().login_failed
}
