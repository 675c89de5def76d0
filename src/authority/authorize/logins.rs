//! Scripted logins: who logs in next, without a page.

use std::sync::{Mutex, MutexGuard, PoisonError};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::oauth::scope::Scope;

/// The most scripted logins that wait.
pub(crate) const MOST_LOGINS: usize = 1000;

/// What the next login does instead of showing a page. Every member is optional.
///
/// ```
/// use oauth_mimic::Login;
/// let denied = Login::new().client("web").deny();
/// let narrowed = Login::new().user("alice").scope("openid");
/// # let _ = (denied, narrowed);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct Login {
    /// Only a login at this client. Default: at any client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// The `sub` of the user who logs in. Default: the first user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Whether the user denies the request (`access_denied`). Default: false.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub deny: bool,
    /// The scope that the user consents to; scope tokens that were not requested are ignored. Default: all that was requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<Scope>,
    /// The `acr` of the ID token. Default: the first that the request's `claims` or `acr_values` names, or none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acr: Option<String>,
    /// Seconds of real time before the answer, at most 60. Default: 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 60))]
    pub delay: Option<u32>,
    /// The error code of the answer, in place of a login. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^[\x20-\x21\x23-\x5B\x5D-\x7E]+$"))]
    pub error: Option<String>,
    /// How many logins it is for. Default: 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub times: Option<u32>,
}

impl Login {
    /// A login of the first user, once, at any client.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Restricts it to a login at that client.
    #[must_use]
    pub fn client(mut self, client_id: impl Into<String>) -> Self {
        self.client_id = Some(client_id.into());
        self
    }

    /// Sets the user who logs in, by `sub`. The default is the first user.
    #[must_use]
    pub fn user(mut self, sub: impl Into<String>) -> Self {
        self.user = Some(sub.into());
        self
    }

    /// Denies the request: the client gets `access_denied`.
    #[must_use]
    pub fn deny(mut self) -> Self {
        self.deny = true;
        self
    }

    /// Narrows the scope that the user consents to.
    ///
    /// # Panics
    /// The text is not a scope (RFC 6749 §3.3).
    #[must_use]
    #[track_caller]
    pub fn scope(mut self, scope: &str) -> Self {
        match scope.parse() {
            Ok(scope) => self.scope = Some(scope),
            Err(why) => panic!("`{scope}` is not a scope: {why}"),
        }
        self
    }

    /// Sets the `acr` of the ID token.
    #[must_use]
    pub fn acr(mut self, acr: impl Into<String>) -> Self {
        self.acr = Some(acr.into());
        self
    }

    /// Delays the answer by whole seconds of real time, at most 60.
    #[must_use]
    pub fn delay(mut self, delay: std::time::Duration) -> Self {
        self.delay = Some(u32::try_from(delay.as_secs()).unwrap_or(u32::MAX));
        self
    }

    /// Answers with an error code in place of a login.
    #[must_use]
    pub fn error(mut self, error: impl Into<String>) -> Self {
        self.error = Some(error.into());
        self
    }

    /// Sets how many logins it is for. The default is one.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// Checks what the types cannot exclude; the error names the member and what is wrong with it.
    pub(crate) fn check(&self) -> Result<(), crate::json::invalid::Invalid> {
        let wrong = crate::json::invalid::Invalid::member;
        if self.delay.is_some_and(|delay| delay > 60) {
            return Err(wrong("delay", "must be at most 60 seconds"));
        }
        if self.times == Some(0) {
            return Err(wrong("times", "must be at least 1"));
        }
        let describable = |c: char| matches!(c, '\x20'..='\x7E') && c != '"' && c != '\\';
        let is_code = |error: &String| !error.is_empty() && error.chars().all(describable);
        if self.error.as_ref().is_some_and(|error| !is_code(error)) {
            return Err(wrong(
                "error",
                "must be printable ASCII without \" and \\ (RFC 6749 Appendix A.7)",
            ));
        }
        Ok(())
    }
}

/// The scripted logins that wait, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Logins(Mutex<Vec<(Login, u32)>>);

impl Logins {
    /// Adds one to the end; returns false if as many wait as may.
    pub(crate) fn add(&self, login: Login) -> bool {
        let mut waiting = self.waiting();
        if waiting.len() >= MOST_LOGINS {
            return false;
        }
        let times = login.times.unwrap_or(1);
        waiting.push((login, times));
        true
    }

    /// Lists those that wait, with the number of logins that each is still for.
    pub(crate) fn list(&self) -> Vec<Login> {
        let left = |(login, left): &(Login, u32)| Login {
            times: Some(*left),
            ..login.clone()
        };
        self.waiting().iter().map(left).collect()
    }

    /// Removes all.
    pub(crate) fn clear(&self) {
        self.waiting().clear();
    }

    /// Removes the last one, if it is that one.
    pub(crate) fn withdraw(&self, login: &Login) {
        let mut waiting = self.waiting();
        if waiting.last().is_some_and(|(last, _)| last == login) {
            waiting.pop();
        }
    }

    /// Takes the first one for a client.
    pub(super) fn next(&self, client_id: &str) -> Option<Login> {
        let mut waiting = self.waiting();
        let fits = |(login, _): &(Login, u32)| {
            let wanted = login.client_id.as_deref();
            wanted.is_none_or(|wanted| wanted == client_id)
        };
        let at = waiting.iter().position(fits)?;
        let (login, left) = &mut waiting[at];
        *left = left.saturating_sub(1);
        let taken = login.clone();
        if *left == 0 {
            waiting.remove(at);
        }
        Some(taken)
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<(Login, u32)>> {
        // Each change leaves the list whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_taken_by_its_client_as_often_as_it_says() {
        let logins = Logins::default();
        assert!(logins.add(Login::new().client("a").times(2)));
        assert!(logins.add(Login::new().user("any")));
        assert_eq!(
            logins.next("b").and_then(|login| login.user).as_deref(),
            Some("any")
        );
        assert!(logins.next("b").is_none());
        assert!(logins.next("a").is_some());
        assert_eq!(logins.list()[0].times, Some(1));
        assert!(logins.next("a").is_some());
        assert!(logins.next("a").is_none());
    }

    #[test]
    fn the_number_of_waiting_logins_is_bounded() {
        let logins = Logins::default();
        assert!((0..MOST_LOGINS).all(|_| logins.add(Login::new())));
        assert!(!logins.add(Login::new()));
    }
}
