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

/// Seconds that the clients' pages have to load before the browser goes on.
const FRAMES: u32 = 2;

/// Writes the page that loads the clients' logout pages in frames (OpenID Connect Front-Channel Logout 1.0 §3), and then goes on.
pub(crate) fn logged_out(language: Language, frames: &[String], location: Option<&str>) -> Html {
    let words = language.words();
    let content = html! {
        p { (words.logged_out_text) }
        @for uri in frames {
            iframe src=(uri) title=(words.log_out) hidden {}
        }
        @if let Some(location) = location {
            meta http-equiv="refresh" content={ (FRAMES) ";url=" (location) };
            p { a href=(location) { (words.go_on) } }
        }
    };
    let sources: Vec<&str> = frames.iter().map(|uri| origin(uri)).collect();
    let policy = format!("{}; frame-src {}", layout::policy(), sources.join(" "));
    finish(layout::page(language, words.logged_out, &content), policy)
}

/// Returns the scheme and the host of a URI.
fn origin(uri: &str) -> &str {
    let host = uri.find("://").map_or(0, |at| at + 3);
    let end = uri[host..].find(['/', '?', ';', ',', ' ']);
    &uri[..end.map_or(uri.len(), |end| host + end)]
}
