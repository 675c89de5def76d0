//! The values for the templates of the metadata documents, the JWK Set, userinfo and introspection.

use crate::clock::Timestamp;
use crate::json::Value;
use crate::oauth::grant::Grant;
use crate::oauth::token_kind::TokenKind;
use crate::oauth::user::User;
use crate::shape::template::{Condition, Fill, Filling, Placeholder};

/// The values for the metadata template. An empty list has no value.
#[derive(Debug)]
pub(crate) struct MetadataFacts<'a> {
    pub(crate) issuer: &'a str,
    pub(crate) authorization_endpoint: String,
    pub(crate) token_endpoint: String,
    pub(crate) userinfo_endpoint: String,
    pub(crate) introspection_endpoint: String,
    pub(crate) revocation_endpoint: String,
    pub(crate) end_session_endpoint: String,
    pub(crate) jwks_uri: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) response_types: Vec<String>,
    pub(crate) code_challenge_methods: Vec<String>,
    pub(crate) grant_types: Vec<String>,
    pub(crate) auth_methods: Vec<String>,
    pub(crate) claims: Vec<String>,
}

impl Fill for MetadataFacts<'_> {
    fn filling(&self, placeholder: &Placeholder) -> Option<Filling<'_>> {
        match placeholder {
            Placeholder::Issuer => Some(self.issuer.into()),
            Placeholder::AuthorizationEndpoint => Some(self.authorization_endpoint.as_str().into()),
            Placeholder::TokenEndpoint => Some(self.token_endpoint.as_str().into()),
            Placeholder::UserinfoEndpoint => Some(self.userinfo_endpoint.as_str().into()),
            Placeholder::IntrospectionEndpoint => Some(self.introspection_endpoint.as_str().into()),
            Placeholder::RevocationEndpoint => Some(self.revocation_endpoint.as_str().into()),
            Placeholder::EndSessionEndpoint => Some(self.end_session_endpoint.as_str().into()),
            Placeholder::JwksUri => Some(self.jwks_uri.as_str().into()),
            Placeholder::ScopesSupported => Some(Filling::Texts(some(&self.scopes)?)),
            Placeholder::ResponseTypesSupported => {
                Some(Filling::Texts(some(&self.response_types)?))
            }
            Placeholder::ChallengeMethodsSupported => {
                Some(Filling::Texts(some(&self.code_challenge_methods)?))
            }
            Placeholder::GrantTypesSupported => Some(Filling::Texts(some(&self.grant_types)?)),
            Placeholder::AuthMethodsSupported => Some(Filling::Texts(some(&self.auth_methods)?)),
            Placeholder::ClaimsSupported => Some(Filling::Texts(some(&self.claims)?)),
            // The placeholders of other places: compiling refuses them in metadata.
            _ => None,
        }
    }
}

fn some(list: &[String]) -> Option<&[String]> {
    (!list.is_empty()).then_some(list)
}

/// The values for the template of a key.
#[derive(Debug, Clone)]
pub(crate) struct JwkFacts<'a> {
    pub(crate) kid: &'a str,
    /// The modulus in base64url (RFC 7518 §6.3.1.1).
    pub(crate) n: &'a str,
    /// The exponent in base64url (RFC 7518 §6.3.1.2).
    pub(crate) e: &'a str,
}

impl Fill for JwkFacts<'_> {
    fn filling(&self, placeholder: &Placeholder) -> Option<Filling<'_>> {
        match placeholder {
            Placeholder::Kid => Some(self.kid.into()),
            Placeholder::Modulus => Some(self.n.into()),
            Placeholder::Exponent => Some(self.e.into()),
            // The placeholders of other places: compiling refuses them in keys.
            _ => None,
        }
    }
}

/// The values for the userinfo templates.
#[derive(Debug)]
pub(crate) struct UserinfoFacts<'a> {
    pub(crate) issuer: &'a str,
    /// The grant of the access token.
    pub(crate) grant: &'a Grant,
    pub(crate) user: &'a User,
    /// The claims that the client may have.
    pub(crate) claims: Vec<(&'a str, &'a Value)>,
    pub(crate) kid: &'a str,
    pub(crate) now: Timestamp,
}

impl Fill for UserinfoFacts<'_> {
    fn holds(&self, condition: &Condition) -> bool {
        condition.holds(&self.grant.scope, None, None)
    }

    fn claims(&self) -> Vec<(&str, &Value)> {
        self.claims.clone()
    }

    fn filling(&self, placeholder: &Placeholder) -> Option<Filling<'_>> {
        match placeholder {
            Placeholder::Issuer => Some(self.issuer.into()),
            Placeholder::Subject => Some(self.user.sub.as_str().into()),
            Placeholder::User(claim) => Some(Filling::Json(self.user.claims.get(claim)?)),
            Placeholder::Now => Some(Filling::Number(self.now.as_unix())),
            Placeholder::Kid => Some(self.kid.into()),
            // What the access token says, or a placeholder of another place, which compiling refuses.
            of_grant => self.grant.filling(of_grant),
        }
    }
}

/// The values for the introspection template: those of the token, and the claims of its user.
#[derive(Debug)]
pub(crate) struct IntrospectionFacts<'a> {
    pub(crate) issuer: &'a str,
    pub(crate) kind: TokenKind,
    pub(crate) id: &'a str,
    pub(crate) grant: &'a Grant,
    pub(crate) user: Option<&'a User>,
    pub(crate) audience: Option<&'a Value>,
    pub(crate) issued_at: Option<Timestamp>,
    pub(crate) expires_at: Timestamp,
}

impl Fill for IntrospectionFacts<'_> {
    fn holds(&self, condition: &Condition) -> bool {
        condition.holds(&self.grant.scope, None, Some(self.kind))
    }

    fn filling(&self, placeholder: &Placeholder) -> Option<Filling<'_>> {
        let number = |at: Timestamp| Some(Filling::Number(at.as_unix()));
        match placeholder {
            Placeholder::Issuer => Some(self.issuer.into()),
            Placeholder::Id => Some(self.id.into()),
            Placeholder::Audience => Some(Filling::Json(self.audience?)),
            Placeholder::IssuedAt => number(self.issued_at?),
            // A named refresh token may have no end.
            Placeholder::ExpiresAt if self.expires_at == Timestamp::NEVER => None,
            Placeholder::ExpiresAt => number(self.expires_at),
            Placeholder::User(claim) => Some(Filling::Json(self.user?.claims.get(claim)?)),
            of_grant => self.grant.filling(of_grant),
        }
    }
}

impl Grant {
    fn filling(&self, placeholder: &Placeholder) -> Option<Filling<'_>> {
        match placeholder {
            Placeholder::ClientId => Some(self.client_id.as_str().into()),
            Placeholder::Subject => Some(self.subject.as_deref()?.into()),
            Placeholder::GrantId => Some(self.id.as_str().into()),
            Placeholder::Scope | Placeholder::Scopes if self.scope.is_empty() => None,
            Placeholder::Scope => Some(Filling::Joined(&self.scope)),
            Placeholder::Scopes => Some(Filling::Scope(&self.scope)),
            Placeholder::AuthTime => Some(Filling::Number(self.auth_time?.as_unix())),
            // The placeholders of other places: compiling refuses them in userinfo and introspection.
            _ => None,
        }
    }
}
