//! The values for the templates of the metadata documents and the JWK Set.

use crate::shape::template::{Condition, Fill, Filling, Placeholder};

/// The values for the metadata template. An empty list has no value.
#[derive(Debug)]
pub(crate) struct MetadataFacts<'a> {
    pub(crate) issuer: &'a str,
    pub(crate) authorization_endpoint: String,
    pub(crate) token_endpoint: String,
    pub(crate) jwks_uri: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) response_types: Vec<String>,
    pub(crate) grant_types: Vec<String>,
    pub(crate) auth_methods: Vec<String>,
    pub(crate) claims: Vec<String>,
}

impl Fill for MetadataFacts<'_> {
    fn holds(&self, _: &Condition) -> bool {
        true
    }

    fn filling(&self, placeholder: &Placeholder) -> Option<Filling<'_>> {
        match placeholder {
            Placeholder::Issuer => Some(self.issuer.into()),
            Placeholder::AuthorizationEndpoint => Some(self.authorization_endpoint.as_str().into()),
            Placeholder::TokenEndpoint => Some(self.token_endpoint.as_str().into()),
            Placeholder::JwksUri => Some(self.jwks_uri.as_str().into()),
            Placeholder::ScopesSupported => Some(Filling::Texts(some(&self.scopes)?)),
            Placeholder::ResponseTypesSupported => {
                Some(Filling::Texts(some(&self.response_types)?))
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
    fn holds(&self, _: &Condition) -> bool {
        true
    }

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
