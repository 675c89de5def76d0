//! What a user does on a page: choose a user, give a password, describe a new user, consent, deny.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::authority::Authority;
use crate::authority::authorize::login::{LoggedIn, may_consent};
use crate::authority::authorize::request::AuthorizationRequest;
use crate::authority::authorize::session::Session;
use crate::authority::authorize::visitor::Action;
use crate::clock::Timestamp;
use crate::json::Object;
use crate::oauth::refusal::Refusal;
use crate::oauth::user::User;
use crate::random::Random;

/// The most users that login pages add to one epoch.
const MOST_NEW_USERS: usize = 1000;
/// The most bytes of the claims of such a user.
const NEW_USER_CLAIMS: usize = 4096;

impl Authority {
    /// Carries out what the user chose on a page.
    pub(super) fn act(
        &self,
        action: &Action,
        request: &AuthorizationRequest,
        session: Option<Session>,
        random: &Random,
        now: Timestamp,
    ) -> Result<LoggedIn, Refusal> {
        let user = match action {
            Action::Deny | Action::LogOut => return Err(Refusal::AccessDenied {}),
            Action::Consent { sid, scope } => {
                let is_its =
                    |session: &Session| session.sid == *sid && may_consent(session, request, now);
                let Some(session) = session.filter(is_its) else {
                    return Err(Refusal::FormNotOurs {});
                };
                let chosen = request
                    .scope
                    .filtered(|token| scope.iter().any(|name| name == token));
                return Ok(LoggedIn {
                    session,
                    consented: Some(chosen),
                    acr: request.acr.clone(),
                    delay: 0,
                });
            }
            Action::Choose { sub } => {
                let user = self.registry.get::<User>(sub);
                // One click is for users without a password.
                user.filter(|user| user.password.is_none())
                    .ok_or(Refusal::LoginFailed {})?
            }
            Action::Password { username, password } => self.by_password(username, password)?,
            Action::New { sub, claims } => self.new_user(sub, claims)?,
        };
        Ok(LoggedIn {
            session: Session::begin(&user.sub, session, random, now),
            consented: None,
            acr: request.acr.clone(),
            delay: 0,
        })
    }

    fn by_password(&self, username: &str, password: &str) -> Result<Arc<User>, Refusal> {
        let users = self.registry.list::<User>();
        let named = users.into_iter().find(|user| user.login_name() == username);
        let matches = |user: &Arc<User>| match &user.password {
            Some(secret) => secret.matches(password),
            None => password.is_empty(),
        };
        named.filter(matches).ok_or(Refusal::LoginFailed {})
    }

    /// Registers a user that the login page describes.
    fn new_user(&self, sub: &str, claims: &str) -> Result<Arc<User>, Refusal> {
        let malformed = |why: &str| Refusal::NewUserMalformed {
            why: why.to_owned(),
        };
        if sub.is_empty() || sub.len() > 255 || sub.chars().any(char::is_control) {
            return Err(malformed(
                "sub must have 1 to 255 bytes and no control character",
            ));
        }
        if claims.len() > NEW_USER_CLAIMS {
            return Err(malformed("the claims are longer than 4096 bytes"));
        }
        let claims = match claims.trim() {
            "" => Object::default(),
            text => serde_json::from_str::<Object>(text)
                .map_err(|_| malformed("the claims are not a JSON object"))?,
        };
        let mut user = User::new(sub);
        user.claims = claims;
        if self.new_users.fetch_add(1, Ordering::Relaxed) >= MOST_NEW_USERS {
            self.new_users.fetch_sub(1, Ordering::Relaxed);
            return Err(malformed(
                "the login page has added as many users as it may",
            ));
        }
        match self.registry.add(user.clone()) {
            Ok(true) => Ok(Arc::new(user)),
            Ok(false) => Err(malformed("there is a user of that sub already")),
            Err(why) => Err(malformed(&why.to_string())),
        }
    }
}
