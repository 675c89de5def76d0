//! Templates: JSON with placeholders. `compile` checks and compiles them once, `write` fills them many times, and
//! `read` finds in a filled one what was filled in.
//!
//! A new placeholder is a case of [`Placeholder`], a line in the table below it, and an arm in `write`.

pub(crate) mod audience;
mod compile;
mod read;
mod write;

pub(crate) use write::Facts;

use serde_json::Value;

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

    /// The member of the top that is that placeholder and nothing else.
    pub(crate) fn member_of(&self, placeholder: &Placeholder) -> Option<&str> {
        self.0.iter().find_map(|(name, node)| match node {
            Node::Hole(hole) if hole.placeholder == *placeholder => Some(name.as_str()),
            _ => None,
        })
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

    fn node(&self, name: &str) -> Option<&Node> {
        self.0
            .iter()
            .find(|(held, _)| held == name)
            .map(|(_, node)| node)
    }
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
