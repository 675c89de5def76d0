//! Writing: facts in the place of placeholders.

use serde_json::Value;

use crate::clock::Timestamp;
use crate::oauth::client::Client;
use crate::oauth::grant::{Grant, Lifetimes};
use crate::oauth::scope::Scope;
use crate::oauth::user::User;
use crate::shape::template::{Hole, Node, Piece, Placeholder, Template};

/// What templates are filled with.
pub(crate) struct Facts<'a> {
    pub(crate) issuer: &'a str,
    pub(crate) client: &'a Client,
    pub(crate) user: &'a User,
    pub(crate) grant: &'a Grant,
    /// Of the token being written.
    pub(crate) scope: &'a Scope,
    pub(crate) lifetimes: &'a Lifetimes,
    pub(crate) now: Timestamp,
    /// Of the token being written.
    pub(crate) expires_at: Timestamp,
    pub(crate) id: &'a str,
    pub(crate) access_token_id: &'a str,
    pub(crate) refresh_token_id: &'a str,
    pub(crate) id_token_id: &'a str,
    pub(crate) kid: &'a str,
    /// Once they are written, for the response.
    pub(crate) access_token: &'a str,
    pub(crate) refresh_token: &'a str,
    pub(crate) id_token: Option<&'a str>,
}

impl Template {
    /// Writes the object; a member without a value is left out.
    pub(crate) fn write(&self, facts: &Facts<'_>) -> String {
        let mut out = Vec::with_capacity(1024);
        write_object(&self.0, facts, &mut out);
        // Every writer below writes JSON, and JSON is UTF-8.
        String::from_utf8(out).unwrap_or_default()
    }
}

/// A placeholder's value.
enum Filling<'a> {
    Text(&'a str),
    Number(i64),
    Texts(&'a [String]),
    Scope(&'a Scope),
    Joined(&'a Scope),
    Json(&'a Value),
}

impl<'a> Facts<'a> {
    fn filling(&self, hole: &Hole) -> Option<Filling<'a>> {
        use Placeholder as P;
        let number = |seconds: i64| Some(Filling::Number(seconds.saturating_add(hole.plus)));
        match &hole.placeholder {
            P::Issuer => Some(Filling::Text(self.issuer)),
            P::ClientId => Some(Filling::Text(&self.client.client_id)),
            P::Subject => Some(Filling::Text(&self.grant.subject)),
            P::GrantId => Some(Filling::Text(&self.grant.id)),
            P::Scope => (!self.scope.is_empty()).then_some(Filling::Joined(self.scope)),
            P::Scopes => (!self.scope.is_empty()).then_some(Filling::Scope(self.scope)),
            P::AuthTime => number(self.grant.auth_time.as_unix()),
            P::Now => number(self.now.as_unix()),
            P::ExpiresAt => number(self.expires_at.as_unix()),
            P::ExpiresIn => {
                number(i64::try_from(self.lifetimes.access_token.as_secs()).unwrap_or(i64::MAX))
            }
            P::Id => Some(Filling::Text(self.id)),
            P::AccessTokenId => Some(Filling::Text(self.access_token_id)),
            P::RefreshTokenId => Some(Filling::Text(self.refresh_token_id)),
            P::IdTokenId => self.id_token.map(|_| Filling::Text(self.id_token_id)),
            P::AccessTokenAudience => Some(match &self.client.access_token_audience {
                Some(audience) => Filling::Texts(audience),
                None => Filling::Text(self.issuer),
            }),
            P::IdTokenAudience => Some(match &self.client.id_token_audience {
                Some(audience) => Filling::Texts(audience),
                None => Filling::Texts(std::slice::from_ref(&self.client.client_id)),
            }),
            P::User(claim) => self.user.claims.get(claim).map(Filling::Json),
            P::Kid => Some(Filling::Text(self.kid)),
            P::AccessToken => Some(Filling::Text(self.access_token)),
            P::RefreshToken => Some(Filling::Text(self.refresh_token)),
            P::IdToken => self.id_token.map(Filling::Text),
        }
    }
}

fn write_object(members: &[(String, Node)], facts: &Facts<'_>, out: &mut Vec<u8>) {
    out.push(b'{');
    for (name, node) in members {
        let before = out.len();
        if out.last() != Some(&b'{') {
            out.push(b',');
        }
        write_text(name, out);
        out.push(b':');
        if !write_node(node, facts, out) {
            out.truncate(before);
        }
    }
    out.push(b'}');
}

/// Writes a value; `false` where there is none, and then what was written does not count.
fn write_node(node: &Node, facts: &Facts<'_>, out: &mut Vec<u8>) -> bool {
    match node {
        Node::Literal(value) => write_json(value, out),
        Node::Hole(hole) => match facts.filling(hole) {
            None => return false,
            Some(Filling::Text(text)) => write_text(text, out),
            Some(Filling::Number(number)) => write_json(&number, out),
            Some(Filling::Texts(texts)) => write_json(texts, out),
            Some(Filling::Scope(scope)) => write_json(&scope.iter().collect::<Vec<_>>(), out),
            Some(Filling::Joined(scope)) => write_text(&scope.to_string(), out),
            Some(Filling::Json(value)) => write_json(value, out),
        },
        Node::Text(pieces) => {
            let mut text = String::new();
            for piece in pieces {
                match piece {
                    Piece::Literal(literal) => text.push_str(literal),
                    Piece::Hole(hole) => match facts.filling(hole) {
                        None => return false,
                        Some(filling) => filling.push_to(&mut text),
                    },
                }
            }
            write_text(&text, out);
        }
        Node::Array(items) => {
            out.push(b'[');
            for item in items {
                let before = out.len();
                if out.last() != Some(&b'[') {
                    out.push(b',');
                }
                if !write_node(item, facts, out) {
                    out.truncate(before);
                }
            }
            out.push(b']');
        }
        Node::Object(members) => write_object(members, facts, out),
    }
    true
}

impl Filling<'_> {
    /// Within a text: strings as they are, everything else as JSON.
    fn push_to(&self, text: &mut String) {
        match self {
            Self::Text(part) => text.push_str(part),
            Self::Number(number) => text.push_str(&number.to_string()),
            Self::Texts(parts) => text.push_str(&parts.join(" ")),
            Self::Scope(scope) | Self::Joined(scope) => text.push_str(&scope.to_string()),
            Self::Json(Value::String(part)) => text.push_str(part),
            Self::Json(value) => text.push_str(&value.to_string()),
        }
    }
}

/// A text as JSON. Nearly all of what is written is base64url and plain ASCII, which stands as it is.
fn write_text(text: &str, out: &mut Vec<u8>) {
    let plain = |byte: &u8| *byte >= 0x20 && *byte != b'"' && *byte != b'\\';
    if text.as_bytes().iter().all(plain) {
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
    } else {
        write_json(text, out);
    }
}

fn write_json<T: serde::Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) {
    // Serializing strings, numbers and JSON values into memory cannot fail.
    let _ = serde_json::to_writer(out, value);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_text_is_written_as_serde_json_writes_it(text in any::<String>()) {
            let mut out = Vec::new();
            write_text(&text, &mut out);
            prop_assert_eq!(out, serde_json::to_vec(&text).expect("JSON"));
        }
    }
}
