//! Logout that a client asks for (OpenID Connect RP-Initiated Logout 1.0).
//!
//! An ID token says who wants to log out and which client asks. Without one, the user is asked first, and the browser is not
//! sent anywhere afterwards.

use std::sync::Arc;

use crate::authority::Authority;
use crate::authority::authorize::session::Session;
use crate::authority::authorize::visitor::{check_form, csrf};
use crate::authority::authorize::{Action, Notices, Visitor};
use crate::clock::Timestamp;
use crate::oauth::client::Client;
use crate::oauth::leniency::Tolerance;
use crate::oauth::params::Params;
use crate::oauth::refusal::{Refusal, excerpt};
use crate::random::Random;

/// The answer to a logout request.
#[derive(Debug)]
pub(crate) enum LogoutAnswer {
    /// The user is asked.
    Ask { sub: String, csrf: String },
    /// The sessions are ended; the browser goes back to the client, if it named a registered URI.
    Done {
        location: Option<String>,
        notices: Notices,
    },
    /// There was no session.
    Nobody { location: Option<String> },
    /// The user stays logged in.
    Stays,
}

/// What an ID token hint says.
struct Hint {
    sub: String,
    sid: Option<String>,
    client: Option<Arc<Client>>,
}

impl Authority {
    /// Answers a logout request, or the submitted form of its page.
    pub(crate) async fn logout(
        &self,
        params: &Params,
        visitor: &Visitor<'_>,
        now: Timestamp,
        tolerance: &mut Tolerance,
    ) -> Result<LogoutAnswer, Refusal> {
        let hint = self.logout_hint(params, now, tolerance)?;
        let own = self.settings.try_logged_out();
        let location = post_logout_location(params, hint.as_ref(), own.as_deref(), tolerance)?;
        let location = location.map(|uri| {
            self.settings
                .profile
                .after_logout(&uri, params.raw("state"))
        });
        if visitor.only_looks {
            return Ok(LogoutAnswer::Nobody { location });
        }
        let session = match visitor.session {
            Some(cookie) => self.session(cookie, now).await,
            None => None,
        };
        if let Some(interaction) = visitor.interaction {
            check_form(interaction, visitor.csrf)?;
            return Ok(match (&interaction.action, session) {
                (Action::LogOut, Some(session)) => {
                    let notices = self.end_session(&session, now).await;
                    LogoutAnswer::Done { location, notices }
                }
                (Action::LogOut, None) => LogoutAnswer::Nobody { location },
                _ => LogoutAnswer::Stays,
            });
        }
        let is_hinted =
            |session: &Session| hint.as_ref().is_some_and(|hint| hint.sub == session.sub);
        Ok(match (session, &hint) {
            (Some(session), _) if is_hinted(&session) => {
                let notices = self.end_session(&session, now).await;
                LogoutAnswer::Done { location, notices }
            }
            (Some(session), _) => LogoutAnswer::Ask {
                sub: session.sub,
                csrf: csrf(visitor, &Random::fork(&self.random)),
            },
            // A client without a browser can log its user out, too.
            (None, Some(hint)) => match self.end_hinted(hint, now).await {
                (0, _) => LogoutAnswer::Nobody { location },
                (_, notices) => LogoutAnswer::Done { location, notices },
            },
            (None, None) => LogoutAnswer::Nobody { location: None },
        })
    }

    /// Ends the sessions of the hint's user in which its client got a code.
    async fn end_hinted(&self, hint: &Hint, now: Timestamp) -> (usize, Notices) {
        let client_id = hint.client.as_ref().map(|client| &client.client_id);
        self.end_sessions(
            |session| {
                session.sub == hint.sub
                    && hint.sid.as_ref().is_none_or(|sid| *sid == session.sid)
                    && client_id.is_none_or(|client| session.clients.contains(client))
            },
            now,
        )
        .await
    }

    fn logout_hint(
        &self,
        params: &Params,
        now: Timestamp,
        tolerance: &mut Tolerance,
    ) -> Result<Option<Hint>, Refusal> {
        let Some(text) = params.get("id_token_hint") else {
            return Ok(None);
        };
        let read = match self.read_hint(text, None, now) {
            Ok(read) => read,
            Err(why) => {
                tolerance.refuse(Refusal::IdTokenHintInvalid { why })?;
                return Ok(None);
            }
        };
        if let Some(named) = params.get("client_id")
            && let Some(client_id) = read.client_id.as_deref().filter(|id| *id != named)
        {
            tolerance.refuse(Refusal::ClientIdMismatch {
                named: excerpt(named),
                authenticated: client_id.to_owned(),
            })?;
        }
        let client = read
            .client_id
            .and_then(|id| self.registry.get::<Client>(&id));
        if let Some(client) = &client {
            tolerance.widen(client.leniency);
        }
        Ok(Some(Hint {
            sub: read.sub,
            sid: read.sid,
            client,
        }))
    }
}

/// Returns the registered URI to which the browser goes after the logout (RP-Initiated Logout §3). `own` is that of the built-in
/// client, which acts in the name of each client.
fn post_logout_location(
    params: &Params,
    hint: Option<&Hint>,
    own: Option<&str>,
    tolerance: &mut Tolerance,
) -> Result<Option<String>, Refusal> {
    let Some(uri) = params.get("post_logout_redirect_uri") else {
        return Ok(None);
    };
    let Some(hint) = hint else {
        // Nobody vouches for the client, so the browser stays here.
        return Ok(None);
    };
    let registered = hint
        .client
        .as_ref()
        .map(|client| &client.post_logout_redirect_uris);
    let is_registered = registered.is_some_and(|uris| uris.iter().any(|known| known == uri));
    if !is_registered && own != Some(uri) {
        tolerance.refuse(Refusal::PostLogoutRedirectUriUnregistered {
            uri: excerpt(uri),
            client_id: hint
                .client
                .as_ref()
                .map_or_else(|| "(unknown)".to_owned(), |client| client.client_id.clone()),
        })?;
        if crate::oauth::authorization::check_redirect_uri(uri).is_err() {
            return Ok(None);
        }
    }
    Ok(Some(uri.to_owned()))
}
