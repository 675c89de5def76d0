//! Who logs in: a scripted login, a live session, the automatic login, or the page; in this order.

use std::sync::Arc;

use crate::json::Value;

use crate::authority::Authority;
use crate::authority::authorize::answer::FrontCause;
use crate::authority::authorize::logins::Login;
use crate::authority::authorize::request::AuthorizationRequest;
use crate::authority::authorize::session::Session;
use crate::authority::authorize::visitor::{Page, PageKind, Visitor, check_form, csrf};
use crate::authority::authorize::{Back, FrontStop};
use crate::clock::Timestamp;
use crate::oauth::claims::OPENID;
use crate::oauth::refusal::{Refusal, excerpt};
use crate::oauth::scope::Scope;
use crate::oauth::user::{AutoLogin, User};
use crate::random::Random;

/// The result of [`Authority::decide_login`].
pub(super) enum Decided {
    Authenticated(Authenticated),
    Page(Page),
}

/// A user who logged in and agreed.
pub(super) struct Authenticated {
    pub(super) session: Session,
    pub(super) scope: Scope,
    pub(super) acr: Option<String>,
    /// Seconds of real time before the answer.
    pub(super) delay: u32,
}

/// Why nobody logs in.
pub(super) struct LoginStop {
    cause: FrontCause,
    delay: u32,
}

impl From<Refusal> for LoginStop {
    fn from(refusal: Refusal) -> Self {
        Self {
            cause: FrontCause::Refusal(refusal),
            delay: 0,
        }
    }
}

impl LoginStop {
    /// Forms that are not ours are answered on a page, because the client did not send them.
    pub(super) fn to(self, back: &Back) -> FrontStop {
        let is_ours = !matches!(self.cause, FrontCause::Refusal(Refusal::FormNotOurs {}));
        FrontStop {
            cause: self.cause,
            back: is_ours.then(|| back.clone()),
            delay: self.delay,
        }
    }
}

/// A user who logged in, before the consent.
pub(super) struct LoggedIn {
    pub(super) session: Session,
    /// The user consented by the same act.
    pub(super) consented: Option<Scope>,
    pub(super) acr: Option<String>,
    pub(super) delay: u32,
}

impl Authority {
    pub(super) async fn decide_login(
        &self,
        request: &AuthorizationRequest,
        visitor: &Visitor<'_>,
        random: &Random,
        now: Timestamp,
    ) -> Result<Decided, LoginStop> {
        let session = match visitor.session {
            Some(cookie) => self.session(cookie, now).await,
            None => None,
        };
        if visitor.only_looks {
            return Ok(Decided::Page(
                self.login_page(request, visitor, random, None),
            ));
        }
        let session = session.filter(|session| self.registry.get::<User>(&session.sub).is_some());
        let logged_in = if let Some(interaction) = visitor.interaction {
            check_form(interaction, visitor.csrf)?;
            match self.act(&interaction.action, request, session, random, now) {
                Ok(logged_in) => logged_in,
                Err(refusal @ (Refusal::LoginFailed {} | Refusal::NewUserMalformed { .. })) => {
                    let page = self.login_page(request, visitor, random, Some(refusal));
                    return Ok(Decided::Page(page));
                }
                Err(refusal) => return Err(refusal.into()),
            }
        } else {
            let logged_in = self.without_a_form(request, session, random, now)?;
            let Some(logged_in) = logged_in else {
                let page = self.login_page(request, visitor, random, None);
                return Ok(Decided::Page(page));
            };
            logged_in
        };
        check_user(request, &logged_in)?;
        self.ask_consent(request, visitor, logged_in, random, now)
            .await
    }

    /// Carries out a scripted login.
    fn scripted(
        &self,
        login: Login,
        request: &AuthorizationRequest,
        session: Option<Session>,
        random: &Random,
        now: Timestamp,
    ) -> Result<LoggedIn, LoginStop> {
        let delay = login.delay.unwrap_or_default();
        let refused = |refusal| LoginStop {
            cause: FrontCause::Refusal(refusal),
            delay,
        };
        if let Some(error) = login.error {
            let cause = FrontCause::Scripted { error };
            return Err(LoginStop { cause, delay });
        }
        if login.deny {
            return Err(refused(Refusal::AccessDenied {}));
        }
        let user = self.registry.pick::<User>(login.user.as_deref());
        let user = user.map_err(|unknown| {
            let user = excerpt(&unknown.asked);
            refused(Refusal::ScriptedUserUnknown { user })
        })?;
        let sub = user.sub.clone();
        let consented = match login.scope {
            Some(scope) => request.scope.within(&scope),
            None => request.scope.clone(),
        };
        Ok(LoggedIn {
            session: resumed(session, &sub, request, random, now),
            consented: Some(consented),
            acr: login.acr.or_else(|| request.acr.clone()),
            delay,
        })
    }

    /// Logs in by a script, automatically, or by the session; returns `None` if a page must ask.
    fn without_a_form(
        &self,
        request: &AuthorizationRequest,
        session: Option<Session>,
        random: &Random,
        now: Timestamp,
    ) -> Result<Option<LoggedIn>, LoginStop> {
        if let Some(login) = self.logins.next(&request.client.client_id) {
            return self
                .scripted(login, request, session, random, now)
                .map(Some);
        }
        if let Some(user) = self.automatic_user(request) {
            return Ok(Some(LoggedIn {
                session: resumed(session, &user.sub, request, random, now),
                consented: Some(request.scope.clone()),
                acr: request.acr.clone(),
                delay: 0,
            }));
        }
        let why = match session {
            None => "no user is logged in, and prompt=none allows no page",
            Some(session) => match stale(&session, request, now) {
                Some(why) => why,
                None => {
                    return Ok(Some(LoggedIn {
                        session,
                        consented: None,
                        acr: request.acr.clone(),
                        delay: 0,
                    }));
                }
            },
        };
        if request.prompt.none {
            Err(Refusal::LoginRequired { why }.into())
        } else {
            Ok(None)
        }
    }

    /// Returns the user whom the server logs in without a page: the one that the hint names, or that of the setting.
    fn automatic_user(&self, request: &AuthorizationRequest) -> Option<Arc<User>> {
        let named = match &self.settings.auto_login {
            AutoLogin::Off => return None,
            AutoLogin::FirstUser => None,
            AutoLogin::User(sub) => self.registry.get::<User>(sub),
        };
        let hinted = request.named_user().and_then(|hint| self.hinted(hint));
        let first = || self.registry.pick::<User>(None).ok();
        hinted.or(named).or_else(first)
    }

    /// Finds the user that a login hint names: by `sub`, by user name, or by email address.
    fn hinted(&self, hint: &str) -> Option<Arc<User>> {
        let email = |user: &User| user.claims.get("email").and_then(Value::as_str) == Some(hint);
        let users = self.registry.list::<User>();
        users
            .into_iter()
            .find(|user| user.sub == hint || user.login_name() == hint || email(user))
    }

    fn login_page(
        &self,
        request: &AuthorizationRequest,
        visitor: &Visitor<'_>,
        random: &Random,
        problem: Option<Refusal>,
    ) -> Page {
        let hinted = request.login_hint.as_deref();
        let hint = hinted.map(|hint| match self.hinted(hint) {
            Some(user) => user.login_name().to_owned(),
            None => hint.to_owned(),
        });
        Page {
            client_id: request.client.client_id.clone(),
            scope: request.scope.clone(),
            kind: PageKind::Login {
                users: self.registry.list::<User>(),
                hint,
            },
            csrf: csrf(visitor, random),
            problem,
        }
    }

    /// Asks for consent where it is due.
    async fn ask_consent(
        &self,
        request: &AuthorizationRequest,
        visitor: &Visitor<'_>,
        logged_in: LoggedIn,
        random: &Random,
        now: Timestamp,
    ) -> Result<Decided, LoginStop> {
        let LoggedIn {
            mut session,
            consented,
            acr,
            delay,
        } = logged_in;
        let client_id = &request.client.client_id;
        let has_consented = session.has_consented(client_id, &request.scope);
        let is_asked = request.prompt.consent || (request.client.consent && !has_consented);
        let scope = match consented {
            Some(scope) => {
                // The response to this request cannot be made without an ID token, and that needs the scope token `openid`.
                let denies = request.response_type.id_token
                    && request.scope.contains(OPENID)
                    && !scope.contains(OPENID);
                if denies {
                    return Err(LoginStop {
                        cause: FrontCause::Refusal(Refusal::AccessDenied {}),
                        delay,
                    });
                }
                session.consent(client_id, &scope);
                scope
            }
            None if !is_asked => request.scope.clone(),
            None if request.prompt.none => return Err(Refusal::ConsentRequired {}.into()),
            None => {
                let cookie = self.remember_session(&mut session, now).await;
                return Ok(Decided::Page(Page {
                    client_id: client_id.clone(),
                    scope: request.scope.clone(),
                    kind: PageKind::Consent {
                        sub: session.sub,
                        sid: session.sid,
                        cookie,
                    },
                    csrf: csrf(visitor, random),
                    problem: None,
                }));
            }
        };
        Ok(Decided::Authenticated(Authenticated {
            session,
            scope,
            acr,
            delay,
        }))
    }
}

/// The user whom the request demands must be the one who logged in (OpenID Connect Core §3.1.2.1, §3.1.2.2).
fn check_user(request: &AuthorizationRequest, logged_in: &LoggedIn) -> Result<(), LoginStop> {
    if request.accepts(&logged_in.session.sub) {
        return Ok(());
    }
    Err(LoginStop {
        cause: FrontCause::Refusal(Refusal::LoginRequired {
            why: "another user logged in than id_token_hint or claims demand",
        }),
        delay: logged_in.delay,
    })
}

/// Returns the session of a user who logs in without a form: the one of the browser if it is that user's and recent enough for
/// the request.
fn resumed(
    session: Option<Session>,
    sub: &str,
    request: &AuthorizationRequest,
    random: &Random,
    now: Timestamp,
) -> Session {
    match session {
        Some(session) if session.sub == sub && stale(&session, request, now).is_none() => session,
        before => Session::begin(sub, before, random, now),
    }
}

/// Returns true if the form for a consent can belong to a login that was enough for the request.
pub(super) fn may_consent(
    session: &Session,
    request: &AuthorizationRequest,
    now: Timestamp,
) -> bool {
    /// Seconds that the page for a consent may stay open after the login that the request asked for.
    const PATIENCE: i64 = 600;
    stale(session, request, now).is_none() || now.seconds_since(session.auth_time) <= PATIENCE
}

/// Returns why a session is not enough for a request.
fn stale(
    session: &Session,
    request: &AuthorizationRequest,
    now: Timestamp,
) -> Option<&'static str> {
    let age = now.seconds_since(session.auth_time);
    if request.prompt.login {
        Some("prompt=login asks for a new login")
    } else if request.prompt.select_account {
        Some("prompt=select_account asks for a choice")
    } else if request.max_age.is_some_and(|most| age > most || most == 0) {
        Some("the login is older than max_age, and prompt=none allows no page")
    } else if !request.accepts(&session.sub) {
        Some(
            "another user is logged in than id_token_hint or claims demand, and prompt=none allows no page",
        )
    } else {
        None
    }
}
