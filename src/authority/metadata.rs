//! What the server says of itself (RFC 8414 §2, OpenID Connect Discovery §3).

use std::collections::HashSet;

use serde::Serialize;

use crate::authority::Authority;
use crate::grant::GrantType;
use crate::keys::Alg;
use crate::oauth::client::{AuthMethod, Client};
use crate::oauth::scope::Scope;

/// Authorization server metadata. Lists that would be empty are left out (RFC 8414 §3.2).
#[derive(Debug, Serialize)]
struct Metadata<'a> {
    issuer: &'a str,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    scopes_supported: Vec<&'a str>,
    response_types_supported: &'static [&'static str],
    grant_types_supported: Vec<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    token_endpoint_auth_methods_supported: Vec<AuthMethod>,
    subject_types_supported: &'static [&'static str],
    id_token_signing_alg_values_supported: Vec<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    claims_supported: Vec<&'a str>,
}

impl Authority {
    /// What this server can do, for clients to discover, as JSON. Only what is true stands in it: what no client may use is left
    /// out.
    pub(crate) fn metadata(&self) -> String {
        let paths = &self.settings.profile.paths;
        let clients = self.registry.list::<Client>();
        let mut seen = HashSet::new();
        let scopes = clients
            .iter()
            .flat_map(|client| client.scope.iter().flat_map(Scope::iter));
        let mut methods: Vec<AuthMethod> = Vec::new();
        for method in clients.iter().flat_map(|client| client.auth_methods()) {
            if !methods.contains(method) {
                methods.push(*method);
            }
        }
        let metadata = Metadata {
            issuer: &self.settings.issuer,
            authorization_endpoint: self.settings.url(&paths.authorization),
            token_endpoint: self.settings.url(&paths.token),
            jwks_uri: self.settings.url(&paths.jwks),
            scopes_supported: scopes.filter(|scope| seen.insert(*scope)).collect(),
            // The registry's name for an authorization endpoint that hands out nothing.
            response_types_supported: &["none"],
            grant_types_supported: GrantType::ALL.iter().map(|grant| grant.as_str()).collect(),
            token_endpoint_auth_methods_supported: methods,
            subject_types_supported: &["public"],
            id_token_signing_alg_values_supported: Alg::ALL.iter().map(|alg| alg.name()).collect(),
            claims_supported: self.settings.profile.id_token_claims().collect(),
        };
        // Serializing texts into memory cannot fail.
        serde_json::to_string(&metadata).unwrap_or_default()
    }
}
