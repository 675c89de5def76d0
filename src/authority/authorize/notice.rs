//! The notices to clients when a session ends: logout tokens (OpenID Connect Back-Channel Logout 1.0 §2.4) and pages in frames
//! (OpenID Connect Front-Channel Logout 1.0 §3).

use serde::Serialize;

use crate::authority::Authority;
use crate::authority::authorize::session::Session;
use crate::clock::Timestamp;
use crate::keys::jws;
use crate::oauth::client::Client;
use crate::random::Random;

/// Seconds that a logout token is valid.
const LIFETIME: i64 = 120;

/// The notices to the clients of sessions that ended.
#[derive(Debug, Default)]
pub(crate) struct Notices {
    pub(crate) tokens: Vec<LogoutToken>,
    /// The URIs that a page loads in frames.
    pub(crate) frames: Vec<String>,
}

/// A logout token that the server sends to a client.
#[derive(Debug)]
pub(crate) struct LogoutToken {
    pub(crate) client_id: String,
    /// The client's `backchannel_logout_uri`.
    pub(crate) uri: String,
    pub(crate) token: String,
}

#[derive(Serialize)]
struct Header<'a> {
    typ: &'a str,
    alg: &'a str,
    kid: &'a str,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    iat: Timestamp,
    exp: Timestamp,
    jti: &'a str,
    events: Events,
    sid: &'a str,
}

#[derive(Serialize)]
struct Events {
    #[serde(rename = "http://schemas.openid.net/event/backchannel-logout")]
    backchannel_logout: Empty,
}

#[derive(Serialize)]
struct Empty {}

impl Notices {
    pub(super) fn append(&mut self, mut other: Self) {
        self.tokens.append(&mut other.tokens);
        self.frames.append(&mut other.frames);
    }
}

impl Authority {
    /// Writes the notices to the clients of a session that ends.
    pub(super) fn notices(&self, session: &Session, random: &Random, now: Timestamp) -> Notices {
        let mut notices = Notices::default();
        let clients = session.view().clients;
        for client in clients
            .iter()
            .filter_map(|id| self.registry.get::<Client>(id))
        {
            if let Some(uri) = &client.backchannel_logout_uri {
                notices.tokens.push(LogoutToken {
                    client_id: client.client_id.clone(),
                    uri: uri.clone(),
                    token: self.logout_token(session, &client.client_id, random, now),
                });
            }
            if let Some(uri) = &client.frontchannel_logout_uri {
                let members = [
                    ("iss".to_owned(), self.settings.issuer.clone()),
                    ("sid".to_owned(), session.sid.clone()),
                ];
                notices.frames.push(with_query(uri, &members));
            }
        }
        notices
    }

    fn logout_token(
        &self,
        session: &Session,
        client_id: &str,
        random: &Random,
        now: Timestamp,
    ) -> String {
        let keys = self.keys();
        let key = keys.signing();
        let header = Header {
            typ: "logout+jwt",
            alg: key.public.alg(),
            kid: &key.public.kid,
        };
        let claims = Claims {
            iss: &self.settings.issuer,
            sub: &session.sub,
            aud: client_id,
            iat: now,
            exp: now.moved_by(LIFETIME),
            jti: &random.text(),
            events: Events {
                backchannel_logout: Empty {},
            },
            sid: &session.sid,
        };
        jws::sign(json(&header), json(&claims), key)
    }
}

/// Serializing text and numbers into memory cannot fail.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// Appends parameters to the query of a URI.
fn with_query(uri: &str, members: &[(String, String)]) -> String {
    let joint = if uri.contains('?') { '&' } else { '?' };
    format!("{uri}{joint}{}", crate::oauth::form::encode_pairs(members))
}
