//! Who logs in: a scripted login, a live session, the automatic login, or the page; in this order.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::json::{Object, Value};
use subtle::ConstantTimeEq as _;

use crate::authority::Authority;
use crate::authority::authorize::answer::FrontCause;
use crate::authority::authorize::logins::Login;
use crate::authority::authorize::request::AuthorizationRequest;
use crate::authority::authorize::session::Session;
use crate::authority::authorize::{Back, FrontStop};
use crate::clock::Timestamp;
use crate::oauth::refusal::Refusal;
use crate::oauth::scope::Scope;
use crate::oauth::user::{AutoLogin, User};
use crate::random::Random;

/// The most users that login pages add to one epoch.
const MOST_NEW_USERS: usize = 1000;
/// The most bytes of the claims of such a user.
const NEW_USER_CLAIMS: usize = 4096;

/// The browser that sends an authorization request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Visitor<'a> {
    /// The value of its session cookie.
    pub(crate) session: Option<&'a str>,
    /// The value of its cookie against forged forms.
    pub(crate) csrf: Option<&'a str>,
    /// The form of a page that it submits.
    pub(crate) interaction: Option<&'a Interaction>,
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
struct LoggedIn {
    session: Session,
    /// The user consented by the same act.
    consented: Option<Scope>,
    acr: Option<String>,
    delay: u32,
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
        check_hint(request, &logged_in)?;
        self.ask_consent(request, visitor, logged_in, random, now)
            .await
    }

    /// Carries out what the user chose on a page.
    fn act(
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
                let Some(session) = session.filter(|session| session.sid == *sid) else {
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
            session: Session::new(user.sub.clone(), random, now),
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
        let sub = match login.user {
            Some(sub) => sub,
            None => match self.registry.pick::<User>(None) {
                Ok(first) => first.sub.clone(),
                Err(_) => return Err(refused(Refusal::LoginFailed {})),
            },
        };
        if self.registry.get::<User>(&sub).is_none() {
            return Err(refused(Refusal::LoginFailed {}));
        }
        let consented = match login.scope {
            Some(scope) => request.scope.within(&scope),
            None => request.scope.clone(),
        };
        Ok(LoggedIn {
            session: resumed(session, &sub, request, now)
                .unwrap_or_else(|| Session::new(sub, random, now)),
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
                session: resumed(session, &user.sub, request, now)
                    .unwrap_or_else(|| Session::new(user.sub.clone(), random, now)),
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
        let named_in_request = request
            .hinted_sub
            .as_deref()
            .or(request.login_hint.as_deref());
        let hinted = named_in_request.and_then(|hint| self.hinted(hint));
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
                session.consent(client_id, &scope);
                scope
            }
            None if !is_asked => request.scope.clone(),
            None if request.prompt.none => return Err(Refusal::ConsentRequired {}.into()),
            None => {
                let cookie = self.remember_session(&session, now).await;
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

/// The user of the ID token hint must be the one who logged in (OpenID Connect Core §3.1.2.1).
fn check_hint(request: &AuthorizationRequest, logged_in: &LoggedIn) -> Result<(), LoginStop> {
    match &request.hinted_sub {
        Some(sub) if *sub != logged_in.session.sub => Err(LoginStop {
            cause: FrontCause::Refusal(Refusal::LoginRequired {
                why: "another user than that of id_token_hint logged in",
            }),
            delay: logged_in.delay,
        }),
        _ => Ok(()),
    }
}

/// Returns the session if it is one of that user and recent enough for the request.
fn resumed(
    session: Option<Session>,
    sub: &str,
    request: &AuthorizationRequest,
    now: Timestamp,
) -> Option<Session> {
    session.filter(|session| session.sub == sub && stale(session, request, now).is_none())
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
    } else if request
        .hinted_sub
        .as_ref()
        .is_some_and(|sub| *sub != session.sub)
    {
        Some("another user than that of id_token_hint is logged in, and prompt=none allows no page")
    } else {
        None
    }
}

/// Checks that a form was made for this browser: its hidden value is that of the cookie.
pub(super) fn check_form(interaction: &Interaction, cookie: Option<&str>) -> Result<(), Refusal> {
    let is_ours = cookie.is_some_and(|cookie| {
        cookie.len() == interaction.csrf.len()
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
