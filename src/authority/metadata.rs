//! The metadata documents (RFC 8414 §2, OpenID Connect Discovery §3) and the JWK Set (RFC 7517 §5).

use std::sync::Arc;

use crate::authority::Authority;
use crate::clock::Timestamp;
use crate::fault::WrongKeys;
use crate::oauth::authorization::ResponseType;
use crate::oauth::claims;
use crate::oauth::client::Client;
use crate::oauth::endpoint::Endpoint;
use crate::oauth::grant_type::GrantType;
use crate::oauth::scope::Scope;
use crate::shape::{JwkFacts, MetadataFacts};

impl Authority {
    /// Writes the metadata by the profile's template. It lists only what some registered client can use.
    pub(crate) fn metadata(&self) -> String {
        let settings = &self.settings;
        let clients = self.registry.list::<Client>();
        let scopes = scopes(&clients);
        let auth_methods = clients.iter().flat_map(|client| client.auth_methods());
        let grant_types = GrantType::ALL
            .iter()
            .map(|grant_type| grant_type.as_str())
            .filter(|name| clients.iter().any(|client| client.may_use(name)));
        settings.profile.write_metadata(&MetadataFacts {
            issuer: &settings.issuer,
            authorization_endpoint: settings.url(Endpoint::Authorization),
            token_endpoint: settings.url(Endpoint::Token),
            userinfo_endpoint: settings.url(Endpoint::Userinfo),
            introspection_endpoint: settings.url(Endpoint::Introspection),
            revocation_endpoint: settings.url(Endpoint::Revocation),
            end_session_endpoint: settings.url(Endpoint::EndSession),
            jwks_uri: settings.url(Endpoint::Jwks),
            response_types: self.response_types(&clients),
            code_challenge_methods: distinct(
                settings
                    .profile
                    .code_challenge_methods
                    .iter()
                    .map(|method| method.as_str()),
            ),
            claims: distinct(
                settings.profile.id_token_claims().chain(
                    scopes
                        .iter()
                        .flat_map(|token| claims::of_scope_token(token))
                        .copied(),
                ),
            ),
            scopes,
            grant_types: distinct(grant_types),
            auth_methods: distinct(auth_methods.map(|method| method.as_str())),
        })
    }

    /// Returns the response types that some client may request. The member is required (RFC 8414 §2), so it is `code` if there
    /// is none.
    fn response_types(&self, clients: &[Arc<Client>]) -> Vec<String> {
        let supported = self.settings.profile.response_types.iter();
        let usable = supported.filter(|supported| {
            let mut clients = clients.iter();
            clients.any(|client| client.may_request(**supported))
        });
        let names: Vec<String> = usable.map(ToString::to_string).collect();
        if names.is_empty() {
            vec![ResponseType::CODE.to_string()]
        } else {
            names
        }
    }

    /// Writes the published keys by the profile's template, or wrong ones where a fault asks for them.
    pub(crate) fn jwks(&self, fault: Option<WrongKeys>, now: Timestamp) -> String {
        let keys = self.keys();
        let published = match fault {
            Some(fault) => keys.wrong_jwks(fault, now),
            None => keys.jwks(now),
        };
        let keys = published.iter().map(|key| JwkFacts {
            kid: &key.kid,
            n: &key.n,
            e: &key.e,
        });
        self.settings.profile.write_jwks(keys)
    }
}

/// Returns the scope tokens that some client can get: those of a registration, or all that have a meaning here where a client
/// is registered without a scope.
fn scopes(clients: &[Arc<Client>]) -> Vec<String> {
    let registered = clients
        .iter()
        .flat_map(|client| client.scope.iter().flat_map(Scope::iter));
    let is_unlimited = clients.iter().any(|client| client.scope.is_none());
    let standard = claims::SCOPES.iter().filter(|_| is_unlimited).copied();
    distinct(registered.chain(standard))
}

/// Returns each text once, in the order of its first appearance.
fn distinct<'a>(texts: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    texts
        .into_iter()
        .filter(|text| seen.insert(*text))
        .map(str::to_owned)
        .collect()
}
