//! Login sessions: who a browser has logged in as, in the store and in the sandbox's time.

use serde::{Deserialize, Serialize};

use crate::authority::Authority;
use crate::authority::authorize::notice::Notices;
use crate::clock::Timestamp;
use crate::oauth::client::Client;
use crate::oauth::grant::Grant;
use crate::oauth::scope::Scope;
use crate::random::Random;
use crate::store::ValueKind;

/// Seconds that a session lives after its login.
const LIFETIME: i64 = 24 * 60 * 60;
/// The most grants and consents that a session remembers: the oldest are forgotten.
const MOST: usize = 200;

/// A login session.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Session {
    /// The value of the cookie.
    pub(super) cookie: String,
    /// The public id, the claim `sid` (OpenID Connect Back-Channel Logout §2.1).
    pub(super) sid: String,
    pub(super) sub: String,
    pub(super) auth_time: Timestamp,
    /// What the user consented to, by client.
    consents: Vec<(String, Scope)>,
    /// The grants that were made in this session, which a logout ends.
    grants: Vec<SessionGrant>,
}

/// A grant of a session.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct SessionGrant {
    id: String,
    client_id: String,
    /// The end of its last token.
    until: Timestamp,
}

/// A session as a test sees it.
#[derive(Debug)]
pub(crate) struct SessionView {
    pub(crate) sid: String,
    pub(crate) sub: String,
    pub(crate) auth_time: Timestamp,
    /// The clients that got a code in it, each once.
    pub(crate) clients: Vec<String>,
}

impl Session {
    pub(super) fn new(sub: String, random: &Random, now: Timestamp) -> Self {
        let cookie = random.text();
        let mut sid = random.text();
        sid.truncate(22);
        Self {
            cookie,
            sid,
            sub,
            auth_time: now,
            consents: Vec::new(),
            grants: Vec::new(),
        }
    }

    /// Returns true if the user consented to that scope for that client.
    pub(super) fn has_consented(&self, client_id: &str, scope: &Scope) -> bool {
        self.consents
            .iter()
            .any(|(client, consented)| client == client_id && scope.beyond(consented).is_empty())
    }

    pub(super) fn consent(&mut self, client_id: &str, scope: &Scope) {
        self.consents.retain(|(client, _)| client != client_id);
        push_bounded(&mut self.consents, (client_id.to_owned(), scope.clone()));
    }

    pub(super) fn view(&self) -> SessionView {
        let mut clients: Vec<String> = Vec::new();
        for grant in &self.grants {
            if !clients.contains(&grant.client_id) {
                clients.push(grant.client_id.clone());
            }
        }
        SessionView {
            sid: self.sid.clone(),
            sub: self.sub.clone(),
            auth_time: self.auth_time,
            clients,
        }
    }

    fn end(&self) -> Timestamp {
        self.auth_time.moved_by(LIFETIME)
    }

    fn to_bytes(&self) -> Vec<u8> {
        // Serializing text and numbers into memory cannot fail.
        serde_json::to_vec(self).unwrap_or_default()
    }
}

fn push_bounded<T>(list: &mut Vec<T>, item: T) {
    if list.len() >= MOST {
        list.remove(0);
    }
    list.push(item);
}

impl Authority {
    /// Returns the live session of a cookie.
    pub(super) async fn session(&self, cookie: &str, now: Timestamp) -> Option<Session> {
        let bytes = self.store.get(ValueKind::Session, cookie, now).await?;
        serde_json::from_slice(&bytes).ok()
    }

    /// Stores a session that is not stored yet. Returns the cookie's value then.
    pub(super) async fn remember_session(
        &self,
        session: &Session,
        now: Timestamp,
    ) -> Option<String> {
        let (kind, end) = (ValueKind::Session, session.end());
        let bytes = session.to_bytes();
        let is_new = self.store.put(kind, &session.cookie, bytes, end, now).await;
        is_new.then(|| session.cookie.clone())
    }

    /// Adds a grant to a session and stores it. Returns the cookie's value, if the browser does not have it yet.
    pub(super) async fn remember_grant(
        &self,
        mut session: Session,
        grant: &Grant,
        until: Timestamp,
        now: Timestamp,
    ) -> Option<String> {
        let made = SessionGrant {
            id: grant.id.clone(),
            client_id: grant.client_id.clone(),
            until,
        };
        loop {
            let held = self
                .store
                .get(ValueKind::Session, &session.cookie, now)
                .await;
            let Some(held) = held else {
                push_bounded(&mut session.grants, made);
                let (kind, end) = (ValueKind::Session, session.end());
                let bytes = session.to_bytes();
                self.store.put(kind, &session.cookie, bytes, end, now).await;
                return Some(session.cookie);
            };
            // Another request of the same browser may have changed it meanwhile.
            let mut current: Session =
                serde_json::from_slice(&held).unwrap_or_else(|_| session.clone());
            push_bounded(&mut current.grants, made.clone());
            current.consents.clone_from(&session.consents);
            let (kind, bytes) = (ValueKind::Session, current.to_bytes());
            if self
                .store
                .swap(kind, &session.cookie, &held, bytes, now)
                .await
            {
                return None;
            }
        }
    }

    /// Lists the live sessions.
    pub(crate) async fn sessions(&self, now: Timestamp) -> Vec<SessionView> {
        let held = self.store.all(ValueKind::Session, now).await;
        let read = |bytes: &Vec<u8>| serde_json::from_slice::<Session>(bytes).ok();
        let mut sessions: Vec<Session> = held.iter().filter_map(read).collect();
        sessions
            .sort_by(|one, other| (one.auth_time, &one.sid).cmp(&(other.auth_time, &other.sid)));
        sessions.iter().map(Session::view).collect()
    }

    /// Ends the sessions that a test selects, and revokes the grants that were made in them. Returns how many there were, and
    /// the notices to their clients.
    pub(crate) async fn end_sessions(
        &self,
        selected: impl Fn(&SessionView) -> bool,
        now: Timestamp,
    ) -> (usize, Notices) {
        let (mut ended, mut notices) = (0, Notices::default());
        for bytes in self.store.all(ValueKind::Session, now).await {
            let session = serde_json::from_slice::<Session>(&bytes).ok();
            if let Some(session) = session.filter(|session| selected(&session.view())) {
                notices.append(self.end_session(&session, now).await);
                ended += 1;
            }
        }
        (ended, notices)
    }

    /// Ends a session: forgets it, and revokes its grants. Returns the notices to its clients.
    pub(super) async fn end_session(&self, session: &Session, now: Timestamp) -> Notices {
        let cookie = &session.cookie;
        let bytes = self.store.take(ValueKind::Session, cookie, now).await;
        // Grants may have been added since it was read.
        let current = bytes.and_then(|bytes| serde_json::from_slice::<Session>(&bytes).ok());
        let Some(current) = current else {
            return Notices::default();
        };
        for grant in &current.grants {
            // Refreshes since the login have issued tokens that end later.
            let client = self.registry.get::<Client>(&grant.client_id);
            let until = client.map_or(grant.until, |client| {
                let lifetimes = self.settings.profile.lifetimes_of(&client);
                let last = lifetimes.last_token_end(Some(current.auth_time), now);
                last.max(grant.until)
            });
            self.store.revoke(&grant.id, until, now).await;
        }
        self.notices(&current, &self.random.fork(), now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_remembers_as_many_grants_as_it_may_and_forgets_the_oldest() {
        let mut list: Vec<usize> = Vec::new();
        for number in 0..=MOST {
            push_bounded(&mut list, number);
            assert_eq!(list.len(), (number + 1).min(MOST));
        }
        assert_eq!((list[0], list[MOST - 1]), (1, MOST));
    }
}
