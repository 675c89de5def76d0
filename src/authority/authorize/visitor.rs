//! The browser that sends a request to the front channel, the forms that it submits, and the pages that it gets.

use std::sync::Arc;

use subtle::ConstantTimeEq as _;

use crate::oauth::refusal::Refusal;
use crate::oauth::scope::Scope;
use crate::oauth::user::User;
use crate::random::Random;

/// The browser that sends an authorization request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Visitor<'a> {
    /// The value of its session cookie.
    pub(crate) session: Option<&'a str>,
    /// The value of its cookie against forged forms.
    pub(crate) csrf: Option<&'a str>,
    /// The form of a page that it submits.
    pub(crate) interaction: Option<&'a Interaction>,
    /// It asks for the head of the answer only (RFC 9110 §9.3.2), which must change nothing.
    pub(crate) only_looks: bool,
}

/// A submitted form of a page.
#[derive(Debug, Clone)]
pub(crate) struct Interaction {
    /// The hidden copy of the cookie against forged forms.
    pub(crate) csrf: String,
    pub(crate) action: Action,
}

/// What the user chose.
#[derive(Debug, Clone)]
pub(crate) enum Action {
    /// One click on a user.
    Choose {
        sub: String,
    },
    Password {
        username: String,
        password: String,
    },
    /// A user that does not exist yet.
    New {
        sub: String,
        claims: String,
    },
    Consent {
        /// The session that the form was made for.
        sid: String,
        scope: Vec<String>,
    },
    Deny,
    /// On the logout page.
    LogOut,
}

/// A page to show.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) client_id: String,
    pub(crate) scope: Scope,
    pub(crate) kind: PageKind,
    /// The value of the cookie against forged forms, and of its hidden copy.
    pub(crate) csrf: String,
    /// Why the form that was submitted did not do.
    pub(crate) problem: Option<Refusal>,
}

/// The kinds of page.
#[derive(Debug)]
pub(crate) enum PageKind {
    Login {
        users: Vec<Arc<User>>,
        /// The user name that is filled in.
        hint: Option<String>,
    },
    Consent {
        sub: String,
        sid: String,
        cookie: Option<String>,
    },
}

/// Checks that a form was made for this browser: its hidden value is that of the cookie.
pub(super) fn check_form(interaction: &Interaction, cookie: Option<&str>) -> Result<(), Refusal> {
    let is_ours = cookie.is_some_and(|cookie| {
        !cookie.is_empty()
            && cookie.len() == interaction.csrf.len()
            && bool::from(cookie.as_bytes().ct_eq(interaction.csrf.as_bytes()))
    });
    if is_ours {
        Ok(())
    } else {
        Err(Refusal::FormNotOurs {})
    }
}

/// Returns the browser's value against forged forms, or a new one.
pub(super) fn csrf(visitor: &Visitor<'_>, random: &Random) -> String {
    let is_ours = |value: &&str| {
        value.len() == 43
            && value
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    match visitor.csrf.filter(is_ours) {
        Some(value) => value.to_owned(),
        None => random.text(),
    }
}
