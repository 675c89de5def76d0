//! Templates: JSON objects and texts with placeholders. `compile` checks and compiles them once, `write` fills them many
//! times, and `read` recovers the values from a filled one.
//!
//! A new placeholder is a case of [`Placeholder`], a line in [`PLACEHOLDERS`], an answer to
//! [`Placeholder::may_be_absent`], and an arm of the [`Fill`] of its place.

pub(crate) mod audience;
mod compile;
mod read;
mod write;

pub(crate) use write::{Fill, Filling, TokenFacts, half_hash};

use crate::json::Value;

use crate::oauth::grant_type::GrantType;
use crate::oauth::scope::Scope;
use crate::oauth::token_kind::TokenKind;

/// Where a template is used; each place has its own placeholders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// The JOSE header of a token.
    Header,
    /// The claims of a token.
    Claims,
    /// The token response.
    Response,
    /// The metadata documents.
    Metadata,
    /// A key of the JWK Set.
    Jwk,
    /// The headers and the body of an error response.
    Error,
    /// The userinfo response.
    Userinfo,
    /// The introspection response of an active token.
    Introspection,
}

/// A placeholder of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Placeholder {
    Issuer,
    ClientId,
    Subject,
    GrantId,
    GrantType,
    /// The scope as one text, with spaces.
    Scope,
    /// The scope as an array.
    Scopes,
    AuthTime,
    Now,
    /// The end of the token being written.
    ExpiresAt,
    /// The lifetime of the access token, in seconds.
    ExpiresIn,
    /// The id of the token being written.
    Id,
    AccessTokenId,
    RefreshTokenId,
    IdTokenId,
    AccessTokenAudience,
    IdTokenAudience,
    /// A claim of the user.
    User(String),
    Kid,
    AccessToken,
    RefreshToken,
    IdToken,
    // --- the login, in an ID token ---
    Nonce,
    Acr,
    SessionId,
    /// The hash of the access token of the same response (OpenID Connect Core §3.1.3.6).
    AccessTokenHash,
    /// The hash of the code of the same response (OpenID Connect Core §3.3.2.11).
    CodeHash,
    /// The granted and requested claims of the user, in place of a member of their own.
    Claims,
    // --- a token that is read back ---
    /// When the token was issued.
    IssuedAt,
    /// The audience of the token.
    Audience,
    // --- metadata ---
    AuthorizationEndpoint,
    TokenEndpoint,
    UserinfoEndpoint,
    IntrospectionEndpoint,
    RevocationEndpoint,
    EndSessionEndpoint,
    JwksUri,
    ScopesSupported,
    ResponseTypesSupported,
    ChallengeMethodsSupported,
    GrantTypesSupported,
    AuthMethodsSupported,
    ClaimsSupported,
    // --- JWK ---
    Modulus,
    Exponent,
    // --- errors ---
    Error,
    Description,
    /// The full message of the refusal.
    Reason,
    Status,
    Path,
    /// The time with milliseconds and offset, as Java writes it.
    Timestamp,
    /// Every member of the body as `name="value"`, for challenges.
    Members,
    /// A field of the refusal's data.
    Field(String),
}

/// Every placeholder but `{user.NAME}` and the fields of refusals: its name and the places that know it.
pub(crate) const PLACEHOLDERS: &[(&str, Placeholder, &[Place])] = {
    use Place::{Claims, Error, Header, Introspection, Jwk, Metadata, Response, Userinfo};
    use Placeholder as P;
    &[
        (
            "issuer",
            P::Issuer,
            &[Claims, Response, Metadata, Userinfo, Introspection],
        ),
        (
            "client_id",
            P::ClientId,
            &[Claims, Response, Userinfo, Introspection],
        ),
        (
            "subject",
            P::Subject,
            &[Claims, Response, Userinfo, Introspection],
        ),
        ("grant_id", P::GrantId, &[Claims, Response, Introspection]),
        ("grant_type", P::GrantType, &[Claims, Response]),
        (
            "scope",
            P::Scope,
            &[Claims, Response, Userinfo, Introspection],
        ),
        (
            "scopes",
            P::Scopes,
            &[Claims, Response, Userinfo, Introspection],
        ),
        (
            "auth_time",
            P::AuthTime,
            &[Claims, Response, Userinfo, Introspection],
        ),
        ("now", P::Now, &[Claims, Response, Userinfo]),
        ("issued_at", P::IssuedAt, &[Introspection]),
        ("expires_at", P::ExpiresAt, &[Claims, Introspection]),
        ("expires_in", P::ExpiresIn, &[Claims, Response]),
        ("id", P::Id, &[Claims, Introspection]),
        ("audience", P::Audience, &[Introspection]),
        ("nonce", P::Nonce, &[Claims]),
        ("acr", P::Acr, &[Claims]),
        ("sid", P::SessionId, &[Claims]),
        ("at_hash", P::AccessTokenHash, &[Claims]),
        ("c_hash", P::CodeHash, &[Claims]),
        ("claims", P::Claims, &[Claims, Userinfo]),
        ("access_token.id", P::AccessTokenId, &[Claims, Response]),
        ("refresh_token.id", P::RefreshTokenId, &[Claims, Response]),
        ("id_token.id", P::IdTokenId, &[Claims, Response]),
        ("access_token_audience", P::AccessTokenAudience, &[Claims]),
        ("id_token_audience", P::IdTokenAudience, &[Claims]),
        ("kid", P::Kid, &[Header, Jwk]),
        ("access_token", P::AccessToken, &[Response]),
        ("refresh_token", P::RefreshToken, &[Response]),
        ("id_token", P::IdToken, &[Response]),
        (
            "authorization_endpoint",
            P::AuthorizationEndpoint,
            &[Metadata],
        ),
        ("token_endpoint", P::TokenEndpoint, &[Metadata]),
        ("userinfo_endpoint", P::UserinfoEndpoint, &[Metadata]),
        (
            "introspection_endpoint",
            P::IntrospectionEndpoint,
            &[Metadata],
        ),
        ("revocation_endpoint", P::RevocationEndpoint, &[Metadata]),
        ("end_session_endpoint", P::EndSessionEndpoint, &[Metadata]),
        ("jwks_uri", P::JwksUri, &[Metadata]),
        ("scopes_supported", P::ScopesSupported, &[Metadata]),
        (
            "response_types_supported",
            P::ResponseTypesSupported,
            &[Metadata],
        ),
        (
            "code_challenge_methods_supported",
            P::ChallengeMethodsSupported,
            &[Metadata],
        ),
        ("grant_types_supported", P::GrantTypesSupported, &[Metadata]),
        (
            "token_endpoint_auth_methods_supported",
            P::AuthMethodsSupported,
            &[Metadata],
        ),
        ("claims_supported", P::ClaimsSupported, &[Metadata]),
        ("n", P::Modulus, &[Jwk]),
        ("e", P::Exponent, &[Jwk]),
        ("error", P::Error, &[Error]),
        ("description", P::Description, &[Error]),
        ("reason", P::Reason, &[Error]),
        ("status", P::Status, &[Error]),
        ("path", P::Path, &[Error]),
        ("timestamp", P::Timestamp, &[Error]),
        ("members", P::Members, &[Error]),
    ]
};

/// The name of the member in whose place the claims of the user are written; its value is `{claims}`.
const SPREAD: &str = "...";

impl Place {
    /// Returns true if templates of this place are about a user.
    const fn has_user(self) -> bool {
        match self {
            Self::Claims | Self::Response | Self::Userinfo | Self::Introspection => true,
            Self::Header | Self::Metadata | Self::Jwk | Self::Error => false,
        }
    }
}

/// Returns the placeholders of a place, in their braces.
pub(super) fn placeholders(place: Place) -> Vec<String> {
    let of_users = place.has_user().then(|| "{user.NAME}".to_owned());
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

/// A text with placeholders.
#[derive(Debug, Clone)]
pub(crate) struct TextTemplate(Node);

#[derive(Debug, Clone)]
enum Node {
    Literal(Value),
    Hole(Hole),
    Text(Vec<Piece>),
    Array(Vec<Node>),
    Object(Vec<(String, Node)>),
    /// A value that is written only under a condition.
    When(Condition, Box<Node>),
    /// The claims of the user, in place of a member.
    Spread,
}

#[derive(Debug, Clone)]
enum Piece {
    Literal(String),
    Hole(Hole),
}

/// A placeholder, and for numbers the offset: `{expires_in-1}`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Hole {
    placeholder: Placeholder,
    plus: i64,
}

/// When a member is written: for a scope that contains this token, for this grant, and for this kind of token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Condition {
    scope: Option<String>,
    grant: Option<GrantType>,
    token: Option<TokenKind>,
}

impl Condition {
    /// Returns true if the condition holds for this scope, and for the grant and the kind of token that are known.
    pub(crate) fn holds(
        &self,
        scope: &Scope,
        grant: Option<GrantType>,
        token: Option<TokenKind>,
    ) -> bool {
        let scope_token = self.scope.as_deref();
        scope_token.is_none_or(|token| scope.contains(token))
            && self.grant.is_none_or(|only| grant == Some(only))
            && self.token.is_none_or(|only| token == Some(only))
    }
}

impl Template {
    /// Returns the literal value of a member at the top, if it is one.
    pub(crate) fn literal(&self, name: &str) -> Option<&Value> {
        match self.node(name) {
            Some(Node::Literal(value)) => Some(value),
            _ => None,
        }
    }

    /// Returns the names of the members at the top, in order.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let members = self.0.iter();
        members
            .filter(|(_, node)| !matches!(node, Node::Spread))
            .map(|(name, _)| name.as_str())
    }

    /// Returns the names of the members at the top without those that only some authorization requests lead to.
    pub(crate) fn lasting_names(&self) -> impl Iterator<Item = &str> {
        self.names().filter(|name| match self.node(name) {
            Some(Node::Hole(hole)) => !hole.placeholder.is_of_login(),
            _ => true,
        })
    }

    /// Returns the member at the top that is that placeholder and nothing else.
    pub(crate) fn member_of(&self, placeholder: &Placeholder) -> Option<&str> {
        self.0.iter().find_map(|(name, node)| match node {
            Node::Hole(hole) if hole.placeholder == *placeholder => Some(name.as_str()),
            _ => None,
        })
    }

    /// Returns true if the placeholder can be read back from a member at the top: it is alone there, or the only placeholder
    /// of a text. Of a text with several placeholders, a value that contains the separator could be split elsewhere.
    pub(crate) fn carries(&self, placeholder: &Placeholder) -> bool {
        self.0.iter().any(|(_, node)| match node {
            Node::Hole(hole) => hole.placeholder == *placeholder,
            Node::Text(pieces) => {
                let mut holes = pieces.iter().filter_map(|piece| match piece {
                    Piece::Hole(hole) => Some(&hole.placeholder),
                    Piece::Literal(_) => None,
                });
                holes.next() == Some(placeholder) && holes.next().is_none()
            }
            _ => false,
        })
    }

    /// Returns true if some mandatory member distinguishes output of this template from output of `other`.
    pub(crate) fn differs_from(&self, other: &Self) -> bool {
        self.0.iter().any(|(name, node)| {
            !node.may_be_absent()
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
            Self::AuthTime
                | Self::Now
                | Self::IssuedAt
                | Self::ExpiresAt
                | Self::ExpiresIn
                | Self::Status
        )
    }

    /// Returns true if the value is that of one authorization request or its response.
    fn is_of_login(&self) -> bool {
        matches!(
            self,
            Self::Nonce | Self::Acr | Self::SessionId | Self::CodeHash
        )
    }

    /// Returns true if some token, user or server has no value for it; its member is left out then.
    fn may_be_absent(&self) -> bool {
        match self {
            Self::Subject
            | Self::AuthTime
            | Self::Scope
            | Self::Scopes
            | Self::RefreshToken
            | Self::RefreshTokenId
            | Self::IdToken
            | Self::IdTokenId
            | Self::User(_)
            | Self::Nonce
            | Self::Acr
            | Self::SessionId
            | Self::AccessTokenHash
            | Self::CodeHash
            | Self::Claims
            | Self::IssuedAt
            | Self::Audience
            | Self::ScopesSupported
            | Self::AuthMethodsSupported
            | Self::ClaimsSupported
            | Self::Field(_) => true,
            Self::Issuer
            | Self::ClientId
            | Self::GrantId
            | Self::GrantType
            | Self::Now
            | Self::ExpiresAt
            | Self::ExpiresIn
            | Self::Id
            | Self::AccessTokenId
            | Self::AccessTokenAudience
            | Self::IdTokenAudience
            | Self::Kid
            | Self::AccessToken
            | Self::AuthorizationEndpoint
            | Self::TokenEndpoint
            | Self::UserinfoEndpoint
            | Self::IntrospectionEndpoint
            | Self::RevocationEndpoint
            | Self::EndSessionEndpoint
            | Self::JwksUri
            | Self::ResponseTypesSupported
            | Self::ChallengeMethodsSupported
            | Self::GrantTypesSupported
            | Self::Modulus
            | Self::Exponent
            | Self::Error
            | Self::Description
            | Self::Reason
            | Self::Status
            | Self::Path
            | Self::Timestamp
            | Self::Members => false,
        }
    }
}

impl Node {
    /// Returns true if a filled template may lack a member with this node.
    fn may_be_absent(&self) -> bool {
        match self {
            Self::Literal(_) | Self::Array(_) | Self::Object(_) => false,
            Self::Hole(hole) => hole.placeholder.may_be_absent(),
            Self::Text(pieces) => pieces.iter().any(
                |piece| matches!(piece, Piece::Hole(hole) if hole.placeholder.may_be_absent()),
            ),
            Self::When(..) | Self::Spread => true,
        }
    }
}
