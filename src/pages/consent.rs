//! The consent page.

use maud::html;

use crate::pages::words::Language;
use crate::pages::{Html, Repeated, field, finish, hidden, layout};

/// What the consent page shows.
#[derive(Debug)]
pub(crate) struct ConsentView<'a> {
    pub(crate) language: Language,
    /// The form's target: the path of the request.
    pub(crate) action: &'a str,
    pub(crate) repeated: Repeated<'a>,
    pub(crate) csrf: &'a str,
    pub(crate) client_id: &'a str,
    pub(crate) scope: Vec<&'a str>,
    pub(crate) sub: &'a str,
    /// The session that the consent belongs to.
    pub(crate) sid: &'a str,
}

/// Writes the consent page.
pub(crate) fn consent(view: &ConsentView<'_>) -> Html {
    let words = view.language.words();
    let content = html! {
        p { (words.logged_in_as) " " strong { (view.sub) } "." }
        form method="post" action=(view.action) {
            (hidden(view.repeated, view.csrf))
            input type="hidden" name=(field::SID) value=(view.sid);
            fieldset {
                legend { strong { (view.client_id) } ": " (words.scope) }
                @for token in &view.scope {
                    label.check {
                        input type="checkbox" name=(field::SCOPE) value=(token) checked;
                        (token)
                    }
                }
            }
            button.main type="submit" name=(field::ACTION) value="consent" { (words.allow) }
            button.quiet type="submit" name=(field::ACTION) value="deny" { (words.deny) }
        }
    };
    finish(
        layout::page(view.language, words.consent, &content),
        layout::policy(),
    )
}
