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
/// The most grants and consents that a session remembers: those that have ended are forgotten, and then the oldest.
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
    /// The cookie of the same session before the user logged in again, until this one is stored.
    #[serde(skip)]
    replaces: Option<String>,
    /// It was read from the store: if it is not there any more, it has ended.
    #[serde(skip)]
    is_stored: bool,
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
    /// Begins a session, or goes on with the one of the browser if the same user logs in again: a logout ends what was granted
    /// before, too. The cookie is new in any case, so that nobody can know it from before the login.
    pub(super) fn begin(sub: &str, before: Option<Self>, random: &Random, now: Timestamp) -> Self {
        let cookie = random.text();
        let mut sid = random.text();
        sid.truncate(22);
        match before.filter(|before| before.sub == sub) {
            Some(before) => Self {
                replaces: Some(before.cookie),
                cookie,
                auth_time: now,
                is_stored: false,
                ..before
            },
            None => Self {
                cookie,
                sid,
                sub: sub.to_owned(),
                auth_time: now,
                consents: Vec::new(),
                grants: Vec::new(),
                replaces: None,
                is_stored: false,
            },
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

    /// Adds a grant. Where there is no room, one that has ended makes it, or else the oldest.
    fn push_grant(&mut self, grant: SessionGrant, now: Timestamp) {
        if self.grants.len() >= MOST {
            let ended = self.grants.iter().position(|grant| grant.until <= now);
            self.grants.remove(ended.unwrap_or_default());
        }
        self.grants.push(grant);
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
        let session: Session = serde_json::from_slice(&bytes).ok()?;
        Some(Session {
            is_stored: true,
            ..session
        })
    }

    /// Stores a session that is not stored yet, in the place of the one that it continues. Returns the cookie's value then.
    pub(super) async fn remember_session(
        &self,
        session: &mut Session,
        now: Timestamp,
    ) -> Option<String> {
        if session.is_stored {
            return None;
        }
        self.take_over(session, now).await;
        self.put_session(session, now).await;
        Some(session.cookie.clone())
    }

    /// Removes the stored session that this one continues, with the grants that were added since it was read.
    async fn take_over(&self, session: &mut Session, now: Timestamp) {
        let Some(before) = session.replaces.take() else {
            return;
        };
        let bytes = self.store.take(ValueKind::Session, &before, now).await;
        let before = bytes.and_then(|bytes| serde_json::from_slice::<Session>(&bytes).ok());
        if let Some(before) = before {
            session.grants = before.grants;
        }
    }

    async fn put_session(&self, session: &Session, now: Timestamp) {
        let (kind, bytes, end) = (ValueKind::Session, session.to_bytes(), session.end());
        self.store.put(kind, &session.cookie, bytes, end, now).await;
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
                if session.is_stored {
                    // It has ended since it was read, and the grant with it.
                    self.store.revoke(&grant.id, until, now).await;
                    return None;
                }
                self.take_over(&mut session, now).await;
                session.push_grant(made, now);
                self.put_session(&session, now).await;
                return Some(session.cookie);
            };
            // Another request of the same browser may have changed it meanwhile.
            let mut current: Session =
                serde_json::from_slice(&held).unwrap_or_else(|_| session.clone());
            current.push_grant(made.clone(), now);
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

    #[test]
    fn a_grant_that_has_ended_makes_room_before_the_oldest_one() {
        let now = Timestamp::from_unix(100);
        let grant = |id: usize, until: i64| SessionGrant {
            id: id.to_string(),
            client_id: "app".to_owned(),
            until: Timestamp::from_unix(until),
        };
        let mut session = Session::begin("alice", None, &Random::seeded(1), now);
        for id in 0..MOST {
            session.push_grant(grant(id, if id == 7 { 100 } else { 101 }), now);
        }
        let ids = |session: &Session| -> Vec<String> {
            session
                .grants
                .iter()
                .map(|grant| grant.id.clone())
                .collect()
        };
        session.push_grant(grant(MOST, 101), now);
        assert_eq!(ids(&session).len(), MOST);
        assert!(
            ids(&session).contains(&"0".to_owned()) && !ids(&session).contains(&"7".to_owned())
        );
        session.push_grant(grant(MOST + 1, 101), now);
        assert_eq!(ids(&session)[0], "1");
    }
}
