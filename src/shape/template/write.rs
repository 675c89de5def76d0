//! Writing: replaces placeholders by values.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serializer as _;
use sha2::{Digest, Sha256};

use crate::clock::Timestamp;
use crate::json::Value;
use crate::oauth::claims;
use crate::oauth::response::{TokenIds, Tokens};
use crate::oauth::scope::Scope;
use crate::oauth::token_kind::TokenKind;
use crate::shape::profile::{Authentication, Issue};
use crate::shape::template::{Condition, Hole, Node, Piece, Placeholder, Template, TextTemplate};

/// A source of values for placeholders.
pub(crate) trait Fill {
    /// Returns the value of a placeholder; `None` where there is none.
    fn filling(&self, placeholder: &Placeholder) -> Option<Filling<'_>>;

    /// Returns true if a condition holds. Only tokens and token responses have conditions: compiling refuses them elsewhere.
    fn holds(&self, _: &Condition) -> bool {
        true
    }

    /// Returns the claims of the user that are written in place of a member.
    fn claims(&self) -> Vec<(&str, &Value)> {
        Vec::new()
    }
}

/// The value of a placeholder.
pub(crate) enum Filling<'a> {
    Text(Cow<'a, str>),
    /// A text that needs no escapes in JSON: a token.
    Plain(&'a str),
    Number(i64),
    Texts(&'a [String]),
    Scope(&'a Scope),
    Joined(&'a Scope),
    Json(&'a Value),
}

impl<'a> From<&'a str> for Filling<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

/// The values for the templates of tokens and token responses.
#[derive(Clone, Copy)]
pub(crate) struct TokenFacts<'a> {
    pub(crate) issue: &'a Issue<'a>,
    /// The scope of the token being written.
    pub(crate) scope: &'a Scope,
    /// The time at which the token was issued.
    pub(crate) now: Timestamp,
    /// The end of the token being written.
    pub(crate) expires_at: Timestamp,
    /// The id of the token being written.
    pub(crate) id: &'a str,
    pub(crate) ids: &'a TokenIds,
    pub(crate) kid: &'a str,
    /// The access token of the response, once it is written.
    pub(crate) access_token: Option<&'a str>,
    /// The tokens, once they are written, for the response.
    pub(crate) tokens: Option<&'a Tokens>,
}

impl Fill for TokenFacts<'_> {
    fn holds(&self, condition: &Condition) -> bool {
        condition.holds(self.scope, Some(self.issue.grant_type), None)
    }

    /// OpenID Connect Core §5.4: beside an access token, which leads to userinfo, an ID token has the claims alone that were
    /// requested for it; without one, it has those of the scope, too.
    fn claims(&self) -> Vec<(&str, &Value)> {
        let Some(user) = self.issue.user else {
            return Vec::new();
        };
        // Where no access token is issued, the ID token is the only place for them (OpenID Connect Core §5.4).
        let has_code = self
            .issue
            .authentication
            .is_some_and(|login| login.code.is_some());
        let is_alone = self.access_token.is_none() && !has_code;
        let granted = is_alone.then_some(self.scope);
        let requested = self.issue.claims.map(|claims| &claims.id_token);
        claims::select(user, granted, requested)
    }

    fn filling(&self, placeholder: &Placeholder) -> Option<Filling<'_>> {
        use Placeholder as P;
        let Issue { client, grant, .. } = *self.issue;
        let token = |kind: TokenKind| self.tokens?.get(kind).map(Filling::Plain);
        let of_login = |value: for<'b> fn(&Authentication<'b>) -> Option<&'b str>| {
            value(self.issue.authentication?).map(Filling::from)
        };
        Some(match placeholder {
            P::Issuer => self.issue.issuer.into(),
            P::ClientId => client.client_id.as_str().into(),
            P::Subject => grant.subject.as_deref()?.into(),
            P::GrantId => grant.id.as_str().into(),
            P::GrantType => self.issue.grant_type.as_str().into(),
            P::Scope | P::Scopes if self.scope.is_empty() => return None,
            P::Scope => Filling::Joined(self.scope),
            P::Scopes => Filling::Scope(self.scope),
            P::AuthTime => Filling::Number(grant.auth_time?.as_unix()),
            P::Now => Filling::Number(self.now.as_unix()),
            P::ExpiresAt => Filling::Number(self.expires_at.as_unix()),
            P::ExpiresIn => {
                let seconds = self.issue.lifetimes.access_token.as_secs();
                Filling::Number(i64::try_from(seconds).unwrap_or(i64::MAX))
            }
            P::Id => self.id.into(),
            P::AccessTokenId => self.ids.access_token.as_str().into(),
            P::RefreshTokenId => self.ids.refresh_token.as_deref()?.into(),
            P::IdTokenId => self.ids.id_token.as_deref()?.into(),
            P::AccessTokenAudience => match &client.access_token_audience {
                Some(audience) => Filling::Texts(audience),
                None => self.issue.issuer.into(),
            },
            P::IdTokenAudience => match &client.id_token_audience {
                Some(audience) => Filling::Texts(audience),
                None => Filling::Texts(std::slice::from_ref(&client.client_id)),
            },
            P::User(claim) => Filling::Json(self.issue.user?.claims.get(claim)?),
            P::Nonce => return of_login(|login| login.nonce),
            P::Acr => return of_login(|login| login.acr),
            P::SessionId => return of_login(|login| login.sid),
            P::AccessTokenHash => Filling::Text(half_hash(self.access_token?).into()),
            P::CodeHash => Filling::Text(half_hash(self.issue.authentication?.code?).into()),
            P::Kid => self.kid.into(),
            P::AccessToken => return token(TokenKind::AccessToken),
            P::RefreshToken => return token(TokenKind::RefreshToken),
            P::IdToken => return token(TokenKind::IdToken),
            // The placeholders of other places: compiling refuses them in tokens and responses.
            P::Claims
            | P::IssuedAt
            | P::Audience
            | P::AuthorizationEndpoint
            | P::TokenEndpoint
            | P::UserinfoEndpoint
            | P::IntrospectionEndpoint
            | P::RevocationEndpoint
            | P::EndSessionEndpoint
            | P::JwksUri
            | P::ScopesSupported
            | P::ResponseTypesSupported
            | P::ChallengeMethodsSupported
            | P::GrantTypesSupported
            | P::AuthMethodsSupported
            | P::ClaimsSupported
            | P::Modulus
            | P::Exponent
            | P::Error
            | P::Description
            | P::Reason
            | P::Status
            | P::Path
            | P::Timestamp
            | P::Members
            | P::Field(_) => return None,
        })
    }
}

/// Returns the left half of the SHA-256 of an ASCII text in base64url, which goes with RS256 (OpenID Connect Core §3.1.3.6).
pub(crate) fn half_hash(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(&Sha256::digest(text)[..16])
}

impl Template {
    /// Writes the object; a member without a value is left out.
    pub(crate) fn write(&self, facts: &impl Fill) -> String {
        self.write_with_room(facts, 1024)
    }

    /// Does the same with room for that many bytes.
    pub(crate) fn write_with_room(&self, facts: &impl Fill, bytes: usize) -> String {
        let mut out = Vec::with_capacity(bytes);
        self.append(facts, &mut out);
        // Every writer below writes JSON, and JSON is UTF-8.
        String::from_utf8(out).unwrap_or_default()
    }

    /// Appends the object.
    pub(crate) fn append(&self, facts: &impl Fill, out: &mut Vec<u8>) {
        write_object(&self.0, facts, out);
    }
}

impl TextTemplate {
    /// Writes the text; `None` if a placeholder has no value.
    pub(crate) fn write(&self, facts: &impl Fill) -> Option<String> {
        let mut text = String::new();
        match &self.0 {
            Node::Hole(hole) => hole.fill(facts)?.push_to(&mut text),
            Node::Text(pieces) => push_pieces(pieces, facts, &mut text)?,
            Node::Literal(Value::String(literal)) => text.push_str(literal),
            Node::Literal(_) | Node::Array(_) | Node::Object(_) | Node::When(..) | Node::Spread => {
                return None;
            }
        }
        Some(text)
    }
}

impl Hole {
    fn fill<'f>(&self, facts: &'f impl Fill) -> Option<Filling<'f>> {
        facts
            .filling(&self.placeholder)
            .map(|filling| match filling {
                Filling::Number(number) => Filling::Number(number.saturating_add(self.plus)),
                other => other,
            })
    }
}

/// Appends the pieces; `None` if a placeholder has no value.
fn push_pieces(pieces: &[Piece], facts: &impl Fill, text: &mut String) -> Option<()> {
    for piece in pieces {
        match piece {
            Piece::Literal(literal) => text.push_str(literal),
            Piece::Hole(hole) => hole.fill(facts)?.push_to(text),
        }
    }
    Some(())
}

fn write_object(members: &[(String, Node)], facts: &impl Fill, out: &mut Vec<u8>) {
    out.push(b'{');
    for (name, node) in members {
        if matches!(node, Node::Spread) {
            write_claims(members, facts, out);
            continue;
        }
        let before = out.len();
        write_name(name, out);
        if !write_node(node, facts, out) {
            out.truncate(before);
        }
    }
    out.push(b'}');
}

/// Writes the claims of the user, except those that the object has members for.
fn write_claims(members: &[(String, Node)], facts: &impl Fill, out: &mut Vec<u8>) {
    for (name, value) in facts.claims() {
        if members.iter().all(|(held, _)| held != name) {
            write_name(name, out);
            write_json(value, out);
        }
    }
}

fn write_name(name: &str, out: &mut Vec<u8>) {
    if out.last() != Some(&b'{') {
        out.push(b',');
    }
    write_text(name, out);
    out.push(b':');
}

/// Writes a value; returns false if there is none, and the caller then discards the partial output.
fn write_node(node: &Node, facts: &impl Fill, out: &mut Vec<u8>) -> bool {
    match node {
        Node::Literal(value) => write_json(value, out),
        Node::Hole(hole) => match hole.fill(facts) {
            None => return false,
            Some(Filling::Text(text)) => write_text(&text, out),
            Some(Filling::Plain(text)) => write_plain(text, out),
            Some(Filling::Number(number)) => write_json(&number, out),
            Some(Filling::Texts(texts)) => write_json(texts, out),
            Some(Filling::Scope(scope)) => {
                // Strings in memory: it cannot fail.
                let _ = serde_json::Serializer::new(&mut *out).collect_seq(scope.iter());
            }
            Some(Filling::Joined(scope)) => write_text(&scope.to_string(), out),
            Some(Filling::Json(value)) => write_json(value, out),
        },
        Node::Text(pieces) => {
            let mut text = String::new();
            if push_pieces(pieces, facts, &mut text).is_none() {
                return false;
            }
            write_text(&text, out);
        }
        Node::When(condition, node) => {
            return facts.holds(condition) && write_node(node, facts, out);
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
        Node::Spread => return false,
    }
    true
}

impl Filling<'_> {
    /// Appends the value to a text: strings as they are, everything else as JSON.
    fn push_to(&self, text: &mut String) {
        match self {
            Self::Text(part) => text.push_str(part),
            Self::Plain(part) => text.push_str(part),
            Self::Number(number) => text.push_str(&number.to_string()),
            Self::Texts(parts) => text.push_str(&parts.join(" ")),
            Self::Scope(scope) | Self::Joined(scope) => text.push_str(&scope.to_string()),
            Self::Json(Value::String(part)) => text.push_str(part),
            Self::Json(value) => text.push_str(&value.to_string()),
        }
    }
}

/// Writes a text that needs no escapes as JSON.
fn write_plain(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    out.extend_from_slice(text.as_bytes());
    out.push(b'"');
}

/// Writes a text as JSON. Nearly every text is base64url or plain ASCII, which needs no escapes.
fn write_text(text: &str, out: &mut Vec<u8>) {
    // A fold without early exit, because the compiler vectorises it: three times fewer instructions for a token.
    let escaped = |byte: u8| byte < 0x20 || byte == b'"' || byte == b'\\';
    if text.bytes().fold(false, |any, byte| any | escaped(byte)) {
        write_json(text, out);
    } else {
        write_plain(text, out);
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
