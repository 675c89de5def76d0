//! The login page.

use maud::{Markup, html};

use crate::pages::words::Language;
use crate::pages::{Html, Repeated, field, finish, hidden, layout};

/// What the login page shows.
#[derive(Debug)]
pub(crate) struct LoginView<'a> {
    pub(crate) language: Language,
    /// The form's target: the path of the request.
    pub(crate) action: &'a str,
    pub(crate) repeated: Repeated<'a>,
    pub(crate) csrf: &'a str,
    pub(crate) client_id: &'a str,
    pub(crate) scope: Vec<&'a str>,
    pub(crate) users: Vec<UserView<'a>>,
    pub(crate) hint: Option<&'a str>,
    /// Why the form that was submitted did not do.
    pub(crate) problem: Option<String>,
}

/// A user on the login page.
#[derive(Debug)]
pub(crate) struct UserView<'a> {
    pub(crate) sub: &'a str,
    /// The claim `name`, or the name to log in with.
    pub(crate) name: &'a str,
    pub(crate) has_password: bool,
}

/// The most users with a button: more would be a list that nobody reads.
const MOST_BUTTONS: usize = 50;

/// Writes the login page.
pub(crate) fn login(view: &LoginView<'_>) -> Html {
    let words = view.language.words();
    let content = html! {
        p { strong { (view.client_id) } " " (words.client_asks) }
        @if let Some(problem) = &view.problem { p.bad role="alert" { (problem) } }
        @if !view.scope.is_empty() { p { (words.scope) ": " (view.scope.join(" ")) } }
        (buttons(view))
        (password(view))
        (new_user(view))
        form method="post" action=(view.action) {
            (hidden(view.repeated, view.csrf))
            button.quiet type="submit" name=(field::ACTION) value="deny" { (words.deny) }
        }
    };
    finish(
        layout::page(view.language, words.log_in, &content),
        layout::policy(),
    )
}

/// One button for each user without a password.
fn buttons(view: &LoginView<'_>) -> Markup {
    let words = view.language.words();
    let users = view
        .users
        .iter()
        .filter(|user| !user.has_password)
        .take(MOST_BUTTONS);
    let users: Vec<&UserView<'_>> = users.collect();
    html! {
        @if !users.is_empty() {
            form method="post" action=(view.action) {
                (hidden(view.repeated, view.csrf))
                input type="hidden" name=(field::ACTION) value="choose";
                h2 { (words.choose_user) }
                @for user in users {
                    button type="submit" name=(field::USER) value=(user.sub) {
                        (user.name)
                        @if user.name != user.sub { " " small { (user.sub) } }
                    }
                }
            }
        }
    }
}

fn password(view: &LoginView<'_>) -> Markup {
    let words = view.language.words();
    html! {
        form method="post" action=(view.action) {
            (hidden(view.repeated, view.csrf))
            h2 { (words.with_password) }
            label for="username" { (words.username) }
            input #username type="text" name=(field::USERNAME) value=[view.hint] autocomplete="username" required;
            label for="password" { (words.password) }
            input #password type="password" name=(field::PASSWORD) autocomplete="current-password";
            button.main type="submit" name=(field::ACTION) value="password" { (words.log_in) }
        }
    }
}

fn new_user(view: &LoginView<'_>) -> Markup {
    let words = view.language.words();
    html! {
        details {
            summary { (words.new_user) }
            form method="post" action=(view.action) {
                (hidden(view.repeated, view.csrf))
                label for="new-sub" { (words.new_sub) }
                input #new-sub type="text" name=(field::NEW_SUB) maxlength="255" autocomplete="off" required;
                label for="new-claims" { (words.new_claims) }
                textarea #new-claims name=(field::NEW_CLAIMS) maxlength="4096" spellcheck="false" { "{}" }
                button type="submit" name=(field::ACTION) value="new" { (words.new_user) }
            }
        }
    }
}
