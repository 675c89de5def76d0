//! Pages that only say something: errors, and the end of a session.

use maud::html;

use crate::pages::words::Language;
use crate::pages::{Html, Repeated, field, finish, hidden, layout};

/// What a page says.
#[derive(Debug)]
pub(crate) enum Notice<'a> {
    /// A refusal that cannot be sent to the client.
    Refused {
        error: &'a str,
        reason: &'a str,
        name: &'a str,
        remedy: &'a str,
    },
    LoggedOut,
    StillLoggedIn,
    NoSession,
}

/// Writes a page that says something.
pub(crate) fn message(language: Language, notice: &Notice<'_>) -> Html {
    let words = language.words();
    let (title, content) = match notice {
        Notice::Refused {
            error,
            reason,
            name,
            remedy,
        } => (
            words.error,
            html! {
                dl {
                    dt { (words.reason) }
                    dd { (reason) }
                    dt { (words.remedy) }
                    dd { (remedy) }
                    dt { (words.error_code) }
                    dd { code { (error) } }
                    dt { (words.refusal) }
                    dd { code { (name) } }
                }
            },
        ),
        Notice::LoggedOut => (words.logged_out, html! { p { (words.logged_out_text) } }),
        Notice::StillLoggedIn => (words.still_logged_in, html! {}),
        Notice::NoSession => (words.logged_out, html! { p { (words.no_session) } }),
    };
    finish(layout::page(language, title, &content), layout::policy())
}

/// Writes the page that asks whether the user wants to log out.
pub(crate) fn logout(
    language: Language,
    action: &str,
    repeated: Repeated<'_>,
    csrf: &str,
    sub: &str,
) -> Html {
    let words = language.words();
    let content = html! {
        p { (words.logged_in_as) " " strong { (sub) } ". " (words.log_out_question) }
        form method="post" action=(action) {
            (hidden(repeated, csrf))
            button.main type="submit" name=(field::ACTION) value="logout" { (words.log_out) }
            button.quiet type="submit" name=(field::ACTION) value="stay" { (words.stay) }
        }
    };
    finish(
        layout::page(language, words.log_out, &content),
        layout::policy(),
    )
}
