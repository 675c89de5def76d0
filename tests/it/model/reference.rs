//! The reference: what a server must remember and answer, by the RFCs. It has no line of the server's code.
//!
//! A method decides on one request, and changes the state as the request does. The error is the error code that the server
//! must answer with. The driver sends the request, and hands the texts over that it got for a success.

use std::fmt;

use oauth_mimic::{Client, RefreshPolicy};

use super::action::{How, LogIn};

/// When the clock starts.
pub(super) const START: i64 = 1_893_456_000;
/// Seconds that a code is valid.
const CODE: i64 = 60;
/// Seconds after its end in which the server still recognizes a used code.
const CODE_REMEMBERED: i64 = 600;
/// Seconds that a session lasts.
const SESSION: i64 = 86_400;
/// Seconds that an ID token is valid.
const ID_TOKEN: i64 = 900;

pub(super) const USERS: [&str; 2] = ["alice", "bob"];

/// A set of scope tokens, one bit each.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct ScopeSet(pub(super) u8);

impl ScopeSet {
    const TOKENS: [&str; 4] = ["openid", "email", "phone", "address"];

    pub(super) fn read(text: &str) -> Option<Self> {
        let mut set = 0;
        for token in text.split_ascii_whitespace() {
            set |= 1 << Self::TOKENS.iter().position(|known| *known == token)?;
        }
        Some(Self(set))
    }

    pub(super) fn has_openid(self) -> bool {
        self.0 & 1 != 0
    }

    pub(super) fn is_within(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl fmt::Display for ScopeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tokens = Self::TOKENS.iter().enumerate();
        let held = tokens.filter(|(bit, _)| self.0 & (1 << bit) != 0);
        let held: Vec<&str> = held.map(|(_, token)| *token).collect();
        f.write_str(&held.join(" "))
    }
}

impl fmt::Debug for ScopeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{self}`")
    }
}

/// A registered client.
pub(super) struct Registered {
    pub(super) id: &'static str,
    pub(super) secret: Option<&'static str>,
    pub(super) policy: RefreshPolicy,
    scope: ScopeSet,
    /// Seconds that its tokens are valid.
    pub(super) access_token: i64,
    refresh_token: i64,
    /// Seconds after the login at which refreshing ends.
    absolute: i64,
}

/// One client for each policy, and a public one. The access tokens of two outlive their refresh tokens.
pub(super) const CLIENTS: [Registered; 4] = [
    Registered {
        id: "rotating",
        secret: Some("rotating-secret"),
        policy: RefreshPolicy::Rotate,
        scope: ScopeSet(7),
        access_token: 1500,
        refresh_token: 900,
        absolute: i64::MAX / 2,
    },
    Registered {
        id: "reissuing",
        secret: Some("reissuing-secret"),
        policy: RefreshPolicy::Reissue,
        scope: ScopeSet(3),
        access_token: 2000,
        refresh_token: 600,
        absolute: i64::MAX / 2,
    },
    Registered {
        id: "reusing",
        secret: Some("reusing-secret"),
        policy: RefreshPolicy::Reuse,
        scope: ScopeSet(7),
        access_token: 300,
        refresh_token: 900,
        absolute: 1000,
    },
    Registered {
        id: "public",
        secret: None,
        policy: RefreshPolicy::Rotate,
        scope: ScopeSet(7),
        access_token: 60,
        refresh_token: 900,
        absolute: 1000,
    },
];

impl Registered {
    pub(super) fn redirect_uri(&self) -> String {
        format!("https://{}.test/callback", self.id)
    }

    /// The client as it is registered at the server.
    pub(super) fn registration(&self, response_types: &[&str]) -> Client {
        let mut client = match self.secret {
            Some(secret) => Client::confidential(self.id, secret),
            None => Client::public(self.id),
        };
        let seconds = |seconds: i64| u32::try_from(seconds).ok();
        client.access_token_lifetime = seconds(self.access_token);
        client.refresh_token_lifetime = seconds(self.refresh_token);
        client.refresh_token_absolute_lifetime = seconds(self.absolute);
        client
            .redirect_uri(self.redirect_uri())
            .scope(&self.scope.to_string())
            .refresh(self.policy)
            .response_types(response_types.iter().copied())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Access,
    Refresh,
    Id,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    Unused,
    Used,
    /// A reset has removed the code.
    Forgotten,
}

/// An authorization code.
#[derive(Debug)]
pub(super) struct Code {
    pub(super) text: String,
    pub(super) client: usize,
    pub(super) grant: usize,
    pub(super) has_challenge: bool,
    redirect_uri_was_sent: bool,
    issued_at: i64,
    pub(super) used: Use,
    /// How often it was exchanged for tokens.
    pub(super) successes: u32,
}

/// What a user granted to a client.
#[derive(Debug)]
pub(super) struct Grant {
    pub(super) client: usize,
    pub(super) user: usize,
    pub(super) scope: ScopeSet,
    pub(super) auth_time: i64,
    pub(super) session: usize,
    is_revoked: bool,
}

#[derive(Debug)]
pub(super) struct Token {
    pub(super) text: String,
    pub(super) kind: Kind,
    pub(super) grant: usize,
    /// Of an access token its own; of the others that of the grant.
    pub(super) scope: ScopeSet,
    pub(super) issued_at: i64,
    pub(super) expires_at: i64,
    /// It was revoked alone, or is a refresh token that was used.
    is_spent: bool,
    /// An ID token names the session of its login.
    names_session: bool,
}

#[derive(Debug)]
pub(super) struct Session {
    pub(super) user: usize,
    pub(super) auth_time: i64,
    is_ended: bool,
}

/// The state that the server must be in.
#[derive(Debug)]
pub(super) struct Reference {
    pub(super) now: i64,
    /// The provider has response types besides `code`, and session ids in its ID tokens.
    pub(super) is_standard: bool,
    pub(super) codes: Vec<Code>,
    pub(super) grants: Vec<Grant>,
    pub(super) tokens: Vec<Token>,
    pub(super) sessions: Vec<Session>,
    /// The session whose cookie each browser has.
    browsers: [Option<usize>; 2],
}

/// A login that succeeds.
pub(super) struct LoggedIn {
    pub(super) grant: usize,
    /// The browser gets a cookie: that of a new session, or a new one of the session that goes on.
    pub(super) gets_cookie: bool,
}

/// What a successful token request gets.
pub(super) struct Issued {
    pub(super) grant: usize,
    /// Of the access token.
    pub(super) scope: ScopeSet,
    /// The refresh token that is repeated; otherwise a new one comes.
    pub(super) same_refresh_token: Option<usize>,
    /// The ID token names the session.
    pub(super) names_session: bool,
}

/// A status and an error code.
pub(super) type Refused = (u16, &'static str);

const INVALID_GRANT: Refused = (400, "invalid_grant");

/// What a token request presents beside the code.
pub(super) struct CodeRequest {
    pub(super) client: usize,
    pub(super) redirect_uri: Option<bool>,
    pub(super) verifier: Presented,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Presented {
    Nothing,
    Malformed,
    Wrong,
    Right,
}

impl Reference {
    pub(super) fn new(is_standard: bool) -> Self {
        Self {
            now: START,
            is_standard,
            codes: Vec::new(),
            grants: Vec::new(),
            tokens: Vec::new(),
            sessions: Vec::new(),
            browsers: [None, None],
        }
    }

    pub(super) fn advance(&mut self, seconds: i64) {
        self.now += seconds;
    }

    /// Codes, sessions, revocations and uses are forgotten. Signed tokens are not, because they carry their grants.
    pub(super) fn reset(&mut self) {
        self.now = START;
        self.codes
            .iter_mut()
            .for_each(|code| code.used = Use::Forgotten);
        self.sessions
            .iter_mut()
            .for_each(|session| session.is_ended = true);
        self.grants
            .iter_mut()
            .for_each(|grant| grant.is_revoked = false);
        self.tokens
            .iter_mut()
            .for_each(|token| token.is_spent = false);
    }

    // --- sessions -----------------------------------------------------------------------------------------------

    pub(super) fn is_live(&self, session: usize) -> bool {
        let session = &self.sessions[session];
        !session.is_ended && self.now < session.auth_time + SESSION
    }

    fn live_session(&self, browser: usize) -> Option<usize> {
        self.browsers[browser].filter(|session| self.is_live(*session))
    }

    /// The ids of the clients that have a grant in a session, in the order of their first grants.
    pub(super) fn clients_of(&self, session: usize) -> Vec<&'static str> {
        let mut clients = Vec::new();
        for grant in self.grants.iter().filter(|grant| grant.session == session) {
            let id = CLIENTS[grant.client].id;
            if !clients.contains(&id) {
                clients.push(id);
            }
        }
        clients
    }

    fn end(&mut self, session: usize) {
        self.sessions[session].is_ended = true;
        for grant in &mut self.grants {
            grant.is_revoked |= grant.session == session;
        }
    }

    /// Ends all sessions of a user.
    pub(super) fn end_sessions(&mut self, user: usize) {
        for session in 0..self.sessions.len() {
            if self.is_live(session) && self.sessions[session].user == user {
                self.end(session);
            }
        }
    }

    /// A logout request with the ID token of that index as a hint (RP-Initiated Logout §2). Returns true if the server forgets the
    /// browser's cookie.
    pub(super) fn log_out(
        &mut self,
        browser: Option<usize>,
        hint: Option<usize>,
    ) -> Result<bool, Refused> {
        let hint = hint.map(|index| &self.tokens[index]);
        if hint.is_some_and(|hint| hint.issued_at > self.now) {
            return Err((400, "invalid_request"));
        }
        let session = browser.and_then(|browser| self.live_session(browser));
        let Some(hint) = hint else {
            // With a session, the user is asked.
            return Ok(false);
        };
        let grant = &self.grants[hint.grant];
        let (user, client) = (grant.user, CLIENTS[grant.client].id);
        let ended: Vec<usize> = match session {
            Some(session) if self.sessions[session].user == user => vec![session],
            Some(_) => return Ok(false),
            None => (0..self.sessions.len())
                .filter(|session| self.is_live(*session))
                .filter(|session| self.sessions[*session].user == user)
                .filter(|session| !hint.names_session || *session == grant.session)
                .filter(|session| self.clients_of(*session).contains(&client))
                .collect(),
        };
        let forgets = !ended.is_empty();
        for session in ended {
            self.end(session);
        }
        if let Some(browser) = browser.filter(|_| forgets) {
            self.browsers[browser] = None;
        }
        Ok(forgets)
    }

    // --- the authorization endpoint -----------------------------------------------------------------------------

    /// An authorization request (RFC 6749 §4.1.1).
    pub(super) fn log_in(&mut self, request: &LogIn) -> Result<LoggedIn, &'static str> {
        let client = &CLIENTS[request.client];
        let (token, id_token) = request.with;
        if (token || id_token) && !self.is_standard {
            return Err("unsupported_response_type");
        }
        if client.secret.is_none() && !request.sends_challenge {
            return Err("invalid_request");
        }
        let scope = request.scope.unwrap_or(client.scope);
        if !scope.is_within(client.scope) || (id_token && !scope.has_openid()) {
            return Err("invalid_scope");
        }
        let live = self.live_session(request.browser);
        let mut logs_in_again = false;
        let (session, scope) = match &request.how {
            How::Denied => return Err("access_denied"),
            How::Silent => (Some(live.ok_or("login_required")?), scope),
            How::Scripted {
                user,
                consents,
                prompt_login,
            } => {
                let resumed = live.filter(|session| self.sessions[*session].user == *user);
                let consented = consents.map_or(scope, |consents| scope.and(consents));
                if id_token && !consented.has_openid() {
                    return Err("access_denied");
                }
                logs_in_again = resumed.is_some() && *prompt_login;
                (resumed, consented)
            }
        };
        let gets_cookie = session.is_none() || logs_in_again;
        if let Some(session) = session.filter(|_| logs_in_again) {
            self.sessions[session].auth_time = self.now;
        }
        let session = session.unwrap_or_else(|| {
            let How::Scripted { user, .. } = request.how else {
                unreachable!("the other ways returned");
            };
            self.sessions.push(Session {
                user,
                auth_time: self.now,
                is_ended: false,
            });
            self.sessions.len() - 1
        });
        self.browsers[request.browser] = Some(session);
        self.grants.push(Grant {
            client: request.client,
            user: self.sessions[session].user,
            scope,
            auth_time: self.sessions[session].auth_time,
            session,
            is_revoked: false,
        });
        Ok(LoggedIn {
            grant: self.grants.len() - 1,
            gets_cookie,
        })
    }

    pub(super) fn add_code(&mut self, text: String, grant: usize, request: &LogIn) {
        self.codes.push(Code {
            text,
            client: request.client,
            grant,
            has_challenge: request.sends_challenge,
            redirect_uri_was_sent: request.sends_redirect_uri,
            issued_at: self.now,
            used: Use::Unused,
            successes: 0,
        });
    }

    // --- the token endpoint -------------------------------------------------------------------------------------

    /// An exchange of a code (RFC 6749 §4.1.3, RFC 7636 §4.6).
    pub(super) fn exchange(
        &mut self,
        index: usize,
        request: &CodeRequest,
    ) -> Result<Issued, Refused> {
        let code = &mut self.codes[index];
        let end = code.issued_at + CODE;
        if code.used == Use::Forgotten || self.now >= end + CODE_REMEMBERED {
            return Err(INVALID_GRANT);
        }
        if code.client != request.client || (self.now >= end && code.used == Use::Unused) {
            return Err(INVALID_GRANT);
        }
        if code.used == Use::Used {
            self.grants[code.grant].is_revoked = true;
            return Err(INVALID_GRANT);
        }
        match request.redirect_uri {
            Some(false) => return Err(INVALID_GRANT),
            None if code.redirect_uri_was_sent => return Err((400, "invalid_request")),
            Some(true) | None => {}
        }
        match (code.has_challenge, request.verifier) {
            (false, Presented::Nothing)
            | (true, Presented::Right | Presented::Wrong | Presented::Nothing) => {}
            (true, Presented::Malformed) => return Err((400, "invalid_request")),
            (false, _) => return Err(INVALID_GRANT),
        }
        let grant = &mut self.grants[code.grant];
        code.used = Use::Used;
        let is_proved = !code.has_challenge || request.verifier == Presented::Right;
        if grant.is_revoked || !is_proved {
            return Err(INVALID_GRANT);
        }
        code.successes += 1;
        Ok(Issued {
            grant: code.grant,
            scope: grant.scope,
            same_refresh_token: None,
            names_session: self.is_standard,
        })
    }

    /// A refresh (RFC 6749 §6).
    pub(super) fn refresh(
        &mut self,
        index: usize,
        client: usize,
        requested: Option<ScopeSet>,
    ) -> Result<Issued, Refused> {
        let is_current = self.is_current(index);
        let token = &mut self.tokens[index];
        let grant = &mut self.grants[token.grant];
        if token.kind != Kind::Refresh || grant.client != client || !is_current {
            return Err(INVALID_GRANT);
        }
        let scope = requested.unwrap_or(grant.scope);
        if !scope.is_within(grant.scope) {
            return Err((400, "invalid_scope"));
        }
        if grant.is_revoked {
            return Err(INVALID_GRANT);
        }
        let policy = CLIENTS[client].policy;
        if policy == RefreshPolicy::Rotate && std::mem::replace(&mut token.is_spent, true) {
            grant.is_revoked = true;
            return Err(INVALID_GRANT);
        }
        Ok(Issued {
            grant: token.grant,
            scope,
            same_refresh_token: (policy == RefreshPolicy::Reuse).then_some(index),
            names_session: false,
        })
    }

    /// Adds a token that was issued now.
    pub(super) fn add_token(&mut self, text: String, kind: Kind, issued: &Issued) {
        let grant = &self.grants[issued.grant];
        let client = &CLIENTS[grant.client];
        let (scope, end) = match kind {
            Kind::Access => (issued.scope, self.now + client.access_token),
            Kind::Id => (grant.scope, self.now + ID_TOKEN),
            Kind::Refresh => {
                let absolute = grant.auth_time + client.absolute;
                (grant.scope, absolute.min(self.now + client.refresh_token))
            }
        };
        self.tokens.push(Token {
            text,
            kind,
            grant: issued.grant,
            scope,
            issued_at: self.now,
            expires_at: end,
            is_spent: false,
            names_session: issued.names_session,
        });
    }

    // --- reading tokens back ------------------------------------------------------------------------------------

    /// Returns true if a token has been issued and has not expired, by the server's time: a reset may set it back.
    fn is_current(&self, index: usize) -> bool {
        let token = &self.tokens[index];
        token.issued_at <= self.now && self.now < token.expires_at
    }

    /// Returns true if a token is a credential that can be used now.
    pub(super) fn is_active(&self, index: usize) -> bool {
        let token = &self.tokens[index];
        token.kind != Kind::Id
            && self.is_current(index)
            && !token.is_spent
            && !self.grants[token.grant].is_revoked
    }

    /// Returns true if that client may introspect the token: a public one only its own.
    pub(super) fn may_introspect(&self, index: usize, client: usize) -> bool {
        CLIENTS[client].secret.is_some() || self.owner(index) == client
    }

    /// Returns the client that a token was issued to.
    pub(super) fn owner(&self, index: usize) -> usize {
        self.grants[self.tokens[index].grant].client
    }

    /// A revocation request (RFC 7009 §2).
    pub(super) fn revoke(&mut self, index: usize, client: usize) -> Result<(), Refused> {
        let owner = self.owner(index);
        let token = &mut self.tokens[index];
        if token.kind == Kind::Id {
            return Err((400, "unsupported_token_type"));
        }
        if token.issued_at > self.now {
            // Not a valid token, so that there is nothing to revoke (§2.2).
            return Ok(());
        }
        if owner != client {
            return Err(INVALID_GRANT);
        }
        match token.kind {
            Kind::Refresh => self.grants[token.grant].is_revoked = true,
            Kind::Access | Kind::Id => token.is_spent = true,
        }
        Ok(())
    }

    // --- picks --------------------------------------------------------------------------------------------------

    /// The index of a token of these kinds, counted from the newest.
    pub(super) fn token(&self, pick: usize, kinds: &[Kind]) -> Option<usize> {
        let of_kind = |index: &usize| kinds.contains(&self.tokens[*index].kind);
        let all: Vec<usize> = (0..self.tokens.len()).filter(of_kind).collect();
        newest(&all, pick)
    }

    /// The index of the newest refresh token that was used up.
    pub(super) fn used_refresh_token(&self) -> Option<usize> {
        let is_used = |token: &Token| token.kind == Kind::Refresh && token.is_spent;
        self.tokens.iter().rposition(is_used)
    }

    /// The index of a code, counted from the newest.
    pub(super) fn code(&self, pick: usize) -> Option<usize> {
        let all: Vec<usize> = (0..self.codes.len()).collect();
        newest(&all, pick)
    }
}

fn newest(all: &[usize], pick: usize) -> Option<usize> {
    let last = all.len().checked_sub(1)?;
    Some(all[last - pick % all.len()])
}
