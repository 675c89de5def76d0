//! The answer of the authorization endpoint: a page, or parameters for the client's redirect URI.

use crate::authority::authorize::visitor::Page;
use crate::fault::WrongRedirect;
use crate::oauth::authorization::ResponseMode;
use crate::oauth::grant::Grant;
use crate::oauth::refusal::Refusal;

/// Where an authorization response goes, once client and redirect URI are known to be right.
#[derive(Debug, Clone)]
pub(crate) struct Back {
    pub(crate) redirect_uri: String,
    pub(crate) mode: ResponseMode,
    /// The client's `state`, which is returned as it came (RFC 6749 §4.1.2).
    pub(crate) state: Option<String>,
}

impl Back {
    /// Returns the last parameters of every authorization response: `state`, and `iss` (RFC 9207 §2).
    pub(crate) fn closing(
        &self,
        issuer: &str,
        wrong: Option<WrongRedirect>,
    ) -> Vec<(&'static str, String)> {
        let (state, iss) = (self.state.as_deref(), Some(issuer));
        let (state, iss) = match wrong {
            Some(WrongRedirect::WrongState) => (Some("another-state"), iss),
            Some(WrongRedirect::MissingState) => (None, iss),
            Some(WrongRedirect::WrongIss) => (state, Some("https://issuer.invalid")),
            Some(WrongRedirect::MissingIss) => (state, None),
            None
            | Some(
                WrongRedirect::ForeignCode
                | WrongRedirect::InjectedCode
                | WrongRedirect::UsedCode
                | WrongRedirect::DuplicatedCode
                | WrongRedirect::ExpiredCode,
            ) => (state, iss),
        };
        let state = state.map(|state| ("state", state.to_owned()));
        let iss = iss.map(|iss| ("iss", iss.to_owned()));
        state.into_iter().chain(iss).collect()
    }
}

/// An answer that is not a refusal.
#[derive(Debug)]
pub(crate) struct FrontAnswer {
    pub(crate) kind: FrontKind,
    /// The value of the session cookie, where the browser gets a new one.
    pub(crate) cookie: Option<String>,
    /// What was granted, for the record.
    pub(crate) grant: Option<Grant>,
    /// Seconds of real time before the answer, where a scripted login asks for them.
    pub(crate) delay: u32,
}

/// The kinds of answer.
#[derive(Debug)]
pub(crate) enum FrontKind {
    Page(Page),
    Response {
        back: Back,
        members: Vec<(String, String)>,
    },
}

/// A refusal of an authorization request.
#[derive(Debug)]
pub(crate) struct FrontStop {
    pub(crate) cause: FrontCause,
    /// Where the error goes; a page shows it where there is no place to trust.
    pub(crate) back: Option<Back>,
    /// Seconds of real time before the answer, where a scripted login asks for them.
    pub(crate) delay: u32,
}

/// Why there is no authorization response.
#[derive(Debug)]
pub(crate) enum FrontCause {
    Refusal(Refusal),
    /// The error of a scripted login.
    Scripted {
        error: String,
    },
}

impl FrontAnswer {
    pub(super) fn page(page: Page) -> Self {
        Self {
            kind: FrontKind::Page(page),
            cookie: None,
            grant: None,
            delay: 0,
        }
    }

    pub(super) fn redirect(back: &Back, cookie: Option<String>) -> Self {
        Self {
            kind: FrontKind::Response {
                back: back.clone(),
                members: Vec::new(),
            },
            cookie,
            grant: None,
            delay: 0,
        }
    }

    pub(super) fn push(&mut self, name: &str, value: &str) {
        if let FrontKind::Response { members, .. } = &mut self.kind {
            members.push((name.to_owned(), value.to_owned()));
        }
    }
}

impl FrontStop {
    /// A refusal that goes to the client.
    pub(super) fn back(refusal: Refusal, back: &Back) -> Self {
        Self {
            cause: FrontCause::Refusal(refusal),
            back: Some(back.clone()),
            delay: 0,
        }
    }
}

impl From<Refusal> for FrontStop {
    /// A refusal that only a page can show.
    fn from(refusal: Refusal) -> Self {
        Self {
            cause: FrontCause::Refusal(refusal),
            back: None,
            delay: 0,
        }
    }
}
