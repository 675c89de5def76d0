//! The page that posts an authorization response to the client (OAuth 2.0 Form Post Response Mode §2).

use maud::{PreEscaped, html};

use crate::pages::words::Language;
use crate::pages::{Html, finish, layout};

/// Submits the form; without JavaScript the button does.
const SUBMIT: &str = "document.forms[0].submit()";

/// Writes the page that posts `members` to `redirect_uri`.
pub(crate) fn form_post(
    language: Language,
    redirect_uri: &str,
    members: &[(String, String)],
) -> Html {
    let words = language.words();
    let content = html! {
        form method="post" action=(redirect_uri) {
            @for (name, value) in members {
                input type="hidden" name=(name) value=(value);
            }
            button.main type="submit" { (words.go_on) }
        }
        script { (PreEscaped(SUBMIT)) }
    };
    let policy = format!(
        "{}; script-src {}",
        layout::policy(),
        layout::source_of(SUBMIT)
    );
    finish(layout::page(language, words.sending, &content), policy)
}
