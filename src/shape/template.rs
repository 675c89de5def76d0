//! Templates: JSON with placeholders, compiled once, written many times, and read back.

use serde_json::{Map, Value};

use crate::clock::Timestamp;
use crate::keys::jws::Members;
use crate::oauth::client::Client;
use crate::oauth::grant::{Grant, Lifetimes};
use crate::oauth::scope::Scope;
use crate::oauth::user::User;
use crate::shape::Misshapen;

/// Where a template stands; not every placeholder means something everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Header,
    Claims,
    Response,
}

/// What a placeholder stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Placeholder {
    Issuer,
    ClientId,
    Subject,
    GrantId,
    /// Space-joined.
    Scope,
    /// An array.
    Scopes,
    AuthTime,
    Now,
    /// When this token ends.
    ExpiresAt,
    /// Seconds the access token lives.
    ExpiresIn,
    /// This token's id.
    Id,
    AccessTokenId,
    RefreshTokenId,
    IdTokenId,
    AccessTokenAudience,
    IdTokenAudience,
    User(String),
    Kid,
    AccessToken,
    RefreshToken,
    IdToken,
}

/// Every placeholder but `{user.NAME}`, by name, and where it may stand.
const PLACEHOLDERS: &[(&str, Placeholder, &[Place])] = {
    use Place::{Claims, Header, Response};
    use Placeholder as P;
    &[
        ("issuer", P::Issuer, &[Claims, Response]),
        ("client_id", P::ClientId, &[Claims, Response]),
        ("subject", P::Subject, &[Claims, Response]),
        ("grant_id", P::GrantId, &[Claims, Response]),
        ("scope", P::Scope, &[Claims, Response]),
        ("scopes", P::Scopes, &[Claims, Response]),
        ("auth_time", P::AuthTime, &[Claims, Response]),
        ("now", P::Now, &[Claims, Response]),
        ("expires_at", P::ExpiresAt, &[Claims]),
        ("expires_in", P::ExpiresIn, &[Claims, Response]),
        ("id", P::Id, &[Claims]),
        ("access_token.id", P::AccessTokenId, &[Claims, Response]),
        ("refresh_token.id", P::RefreshTokenId, &[Claims, Response]),
        ("id_token.id", P::IdTokenId, &[Claims, Response]),
        ("access_token_audience", P::AccessTokenAudience, &[Claims]),
        ("id_token_audience", P::IdTokenAudience, &[Claims]),
        ("kid", P::Kid, &[Header]),
        ("access_token", P::AccessToken, &[Response]),
        ("refresh_token", P::RefreshToken, &[Response]),
        ("id_token", P::IdToken, &[Response]),
    ]
};

/// What may stand there, in its braces.
pub(super) fn placeholders(place: Place) -> Vec<String> {
    let of_users = (place != Place::Header).then(|| "{user.NAME}".to_owned());
    PLACEHOLDERS
        .iter()
        .filter(|(_, _, places)| places.contains(&place))
        .map(|(name, ..)| format!("{{{name}}}"))
        .chain(of_users)
        .collect()
}

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

/// A JSON object with placeholders.
#[derive(Debug, Clone)]
pub(crate) struct Template(Vec<(String, Node)>);

#[derive(Debug, Clone)]
enum Node {
    Literal(Value),
    Hole(Hole),
    Text(Vec<Piece>),
    Array(Vec<Node>),
    Object(Vec<(String, Node)>),
}

#[derive(Debug, Clone)]
enum Piece {
    Literal(String),
    Hole(Hole),
}

/// A placeholder, and for numbers what is added to it: `{expires_in-1}`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Hole {
    placeholder: Placeholder,
    plus: i64,
}

impl Template {
    pub(crate) fn compile(
        document: &Map<String, Value>,
        place: Place,
        path: &str,
    ) -> Result<Self, Misshapen> {
        object(document, place, path).map(Self)
    }

    /// Writes the object; a member without a value is left out.
    pub(crate) fn write(&self, facts: &Facts<'_>) -> String {
        let mut out = Vec::with_capacity(1024);
        write_object(&self.0, facts, &mut out);
        // Every writer below writes JSON, and JSON is UTF-8.
        String::from_utf8(out).unwrap_or_default()
    }

    /// The literal that stands at a member of the top, if one does.
    pub(crate) fn literal(&self, name: &str) -> Option<&Value> {
        match self.node(name) {
            Some(Node::Literal(value)) => Some(value),
            _ => None,
        }
    }

    /// The names of the members at the top, in order.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// Whether the placeholder stands in a member of the top, alone or within a text.
    pub(crate) fn carries(&self, placeholder: &Placeholder) -> bool {
        self.0.iter().any(|(_, node)| match node {
            Node::Hole(hole) => hole.placeholder == *placeholder,
            Node::Text(pieces) => pieces.iter().any(
                |piece| matches!(piece, Piece::Hole(hole) if hole.placeholder == *placeholder),
            ),
            _ => false,
        })
    }

    /// A member that this template always writes and `other` never does, or never so: what tells them apart.
    pub(crate) fn differs_from(&self, other: &Self) -> bool {
        self.0.iter().any(|(name, node)| {
            !node.is_optional()
                && match (node, other.node(name)) {
                    (_, None) => true,
                    (Node::Literal(ours), Some(Node::Literal(theirs))) => ours != theirs,
                    _ => false,
                }
        })
    }

    /// Reads back what stands where the placeholders are. `None` where the claims are not of this shape.
    pub(crate) fn read<'a>(&self, claims: &'a Members) -> Option<Readings<'a>> {
        let mut readings = Readings(Vec::with_capacity(self.0.len()));
        for (name, node) in &self.0 {
            match claims.get(name) {
                Some(value) => node.read(value, &mut readings)?,
                None if node.is_optional() => {}
                None => return None,
            }
        }
        Some(readings)
    }

    fn node(&self, name: &str) -> Option<&Node> {
        self.0
            .iter()
            .find(|(held, _)| held == name)
            .map(|(_, node)| node)
    }
}

/// What a template found where its placeholders stand.
pub(crate) struct Readings<'a>(Vec<(Placeholder, Reading<'a>)>);

#[derive(Debug, Clone)]
pub(crate) enum Reading<'a> {
    Text(&'a str),
    Number(i64),
    Texts(Vec<&'a str>),
}

impl<'a> Readings<'a> {
    pub(crate) fn text(&self, placeholder: &Placeholder) -> Option<&'a str> {
        match self.get(placeholder)? {
            Reading::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn number(&self, placeholder: &Placeholder) -> Option<i64> {
        match self.get(placeholder)? {
            Reading::Number(number) => Some(*number),
            _ => None,
        }
    }

    pub(crate) fn texts(&self, placeholder: &Placeholder) -> Option<&[&'a str]> {
        match self.get(placeholder)? {
            Reading::Texts(texts) => Some(texts),
            _ => None,
        }
    }

    fn get(&self, placeholder: &Placeholder) -> Option<&Reading<'a>> {
        self.0
            .iter()
            .find(|(held, _)| held == placeholder)
            .map(|(_, reading)| reading)
    }
}

// --- compiling ---------------------------------------------------------------------------------------------------

fn object(
    document: &Map<String, Value>,
    place: Place,
    path: &str,
) -> Result<Vec<(String, Node)>, Misshapen> {
    document
        .iter()
        .map(|(name, value)| Ok((name.clone(), node(value, place, &format!("{path}.{name}"))?)))
        .collect()
}

fn node(value: &Value, place: Place, path: &str) -> Result<Node, Misshapen> {
    Ok(match value {
        Value::String(text) => text_node(text, place, path)?,
        Value::Array(items) => Node::Array(
            items
                .iter()
                .enumerate()
                .map(|(index, item)| node(item, place, &format!("{path}[{index}]")))
                .collect::<Result<_, _>>()?,
        ),
        Value::Object(members) => Node::Object(object(members, place, path)?),
        literal => Node::Literal(literal.clone()),
    }
    .folded())
}

fn text_node(text: &str, place: Place, path: &str) -> Result<Node, Misshapen> {
    let mut pieces = Vec::new();
    let mut literal = String::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '{' | '}' if rest.peek() == Some(&c) => {
                rest.next();
                literal.push(c);
            }
            '{' => {
                let mut name = String::new();
                loop {
                    match rest.next() {
                        Some('}') => break,
                        Some(c) => name.push(c),
                        None => {
                            return Err(Misshapen::new(
                                path,
                                format!("`{text}`: a {{ is not closed; write {{{{ for a brace"),
                            ));
                        }
                    }
                }
                if !literal.is_empty() {
                    pieces.push(Piece::Literal(std::mem::take(&mut literal)));
                }
                pieces.push(Piece::Hole(hole(&name, place, path)?));
            }
            '}' => {
                return Err(Misshapen::new(
                    path,
                    format!("`{text}`: a }} stands alone; write }}}} for a brace"),
                ));
            }
            c => literal.push(c),
        }
    }
    Ok(match pieces.as_slice() {
        [] => Node::Literal(Value::String(literal)),
        [Piece::Hole(hole)] if literal.is_empty() => Node::Hole(hole.clone()),
        _ => {
            if !literal.is_empty() {
                pieces.push(Piece::Literal(literal));
            }
            Node::Text(pieces)
        }
    })
}

fn hole(name: &str, place: Place, path: &str) -> Result<Hole, Misshapen> {
    let wrong = |problem: String| Misshapen::new(path, problem);
    if let (Some(claim), true) = (name.strip_prefix("user."), place != Place::Header) {
        return Ok(Hole {
            placeholder: Placeholder::User(claim.to_owned()),
            plus: 0,
        });
    }
    // A number may be moved by seconds: the sign begins the offset.
    let (base, plus) = match name.find(['+', '-']) {
        Some(at) => (
            &name[..at],
            name[at..]
                .parse()
                .map_err(|_| wrong(format!("`{{{name}}}`: `{}` is no number", &name[at..])))?,
        ),
        None => (name, 0),
    };
    let known = PLACEHOLDERS
        .iter()
        .find(|(known, _, places)| *known == base && places.contains(&place));
    let Some((_, placeholder, _)) = known else {
        return Err(wrong(format!(
            "`{{{name}}}` is no placeholder here; there are {}",
            placeholders(place).join(", ")
        )));
    };
    if plus != 0 && !placeholder.is_number() {
        return Err(wrong(format!(
            "`{{{name}}}`: only a number can be moved by another"
        )));
    }
    Ok(Hole {
        placeholder: placeholder.clone(),
        plus,
    })
}

impl Placeholder {
    fn is_number(&self) -> bool {
        matches!(
            self,
            Self::AuthTime | Self::Now | Self::ExpiresAt | Self::ExpiresIn
        )
    }
}

impl Node {
    /// An array or object without placeholders is one literal.
    fn folded(self) -> Self {
        let value = |node: &Self| match node {
            Self::Literal(value) => Some(value.clone()),
            _ => None,
        };
        match &self {
            Self::Array(items) => items
                .iter()
                .map(value)
                .collect::<Option<Vec<_>>>()
                .map(|i| Self::Literal(Value::Array(i))),
            Self::Object(members) => members
                .iter()
                .map(|(name, node)| Some((name.clone(), value(node)?)))
                .collect::<Option<Map<_, _>>>()
                .map(|m| Self::Literal(Value::Object(m))),
            _ => None,
        }
        .unwrap_or(self)
    }

    /// Whether it can be without a value, and its member left out.
    fn is_optional(&self) -> bool {
        matches!(
            self,
            Self::Hole(Hole {
                placeholder: Placeholder::User(_)
                    | Placeholder::Scope
                    | Placeholder::Scopes
                    | Placeholder::IdToken
                    | Placeholder::IdTokenId,
                ..
            })
        )
    }
}

// --- writing -----------------------------------------------------------------------------------------------------

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
        write_json(name, out);
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
            Some(Filling::Text(text)) => write_json(text, out),
            Some(Filling::Number(number)) => write_json(&number, out),
            Some(Filling::Texts(texts)) => write_json(texts, out),
            Some(Filling::Scope(scope)) => write_json(&scope.iter().collect::<Vec<_>>(), out),
            Some(Filling::Joined(scope)) => write_json(&scope.to_string(), out),
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
            write_json(&text, out);
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

fn write_json<T: serde::Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) {
    // Serializing strings, numbers and JSON values into memory cannot fail.
    let _ = serde_json::to_writer(out, value);
}

// --- reading back ------------------------------------------------------------------------------------------------

impl Node {
    fn read<'a>(&self, value: &'a Value, readings: &mut Readings<'a>) -> Option<()> {
        match self {
            Self::Literal(literal) => (literal == value).then_some(()),
            Self::Hole(hole) => hole.read(value, readings),
            Self::Text(pieces) => read_text(pieces, value.as_str()?, readings),
            // Nothing that must be read back stands inside an array or object: `Profile` sees to that.
            Self::Array(_) => value.is_array().then_some(()),
            Self::Object(_) => value.is_object().then_some(()),
        }
    }
}

impl Hole {
    fn read<'a>(&self, value: &'a Value, readings: &mut Readings<'a>) -> Option<()> {
        let reading = match (&self.placeholder, value) {
            (Placeholder::User(_), _) => return Some(()),
            (
                Placeholder::Scopes
                | Placeholder::IdTokenAudience
                | Placeholder::AccessTokenAudience,
                Value::Array(items),
            ) => Reading::Texts(items.iter().map(Value::as_str).collect::<Option<_>>()?),
            (placeholder, Value::Number(number)) if placeholder.is_number() => {
                Reading::Number(number.as_i64()?.checked_sub(self.plus)?)
            }
            (placeholder, Value::String(text))
                if !placeholder.is_number() && *placeholder != Placeholder::Scopes =>
            {
                Reading::Text(text)
            }
            _ => return None,
        };
        readings.0.push((self.placeholder.clone(), reading));
        Some(())
    }
}

/// Takes a text apart: each placeholder reaches up to the literal behind it, the last one to the end.
fn read_text<'a>(pieces: &[Piece], text: &'a str, readings: &mut Readings<'a>) -> Option<()> {
    let mut rest = text;
    for (index, piece) in pieces.iter().enumerate() {
        match piece {
            Piece::Literal(literal) => rest = rest.strip_prefix(literal.as_str())?,
            Piece::Hole(hole) => {
                let end = match pieces.get(index + 1) {
                    Some(Piece::Literal(literal)) => rest.find(literal.as_str())?,
                    _ => rest.len(),
                };
                let (part, behind) = rest.split_at(end);
                if !matches!(hole.placeholder, Placeholder::User(_)) {
                    readings
                        .0
                        .push((hole.placeholder.clone(), Reading::Text(part)));
                }
                rest = behind;
            }
        }
    }
    rest.is_empty().then_some(())
}
