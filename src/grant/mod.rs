//! The grants: one file per grant type (RFC 6749 §1.3).
//!
//! A grant proves that tokens may be issued, and changes nothing. The authority then limits the scope, settles what is
//! used up, and issues. A new grant is a case of [`GrantType`], a file here, and an arm in [`prove`]. [`reader`] reads tokens
//! back, for the grants and for everything else that a token is presented to.

mod authorization_code;
mod client_credentials;
pub(crate) mod reader;
mod refresh_token;

pub(crate) use authorization_code::{CodeRecord, PresentedCode};

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::fault::Fault;
use crate::keys::KeySet;
use crate::oauth::claims::ClaimsRequest;
use crate::oauth::client::Client;
use crate::oauth::grant::Grant;
use crate::oauth::grant_type::GrantType;
use crate::oauth::leniency::Tolerance;
use crate::oauth::params::Params;
use crate::oauth::refusal::Refusal;
use crate::oauth::scope::Scope;
use crate::oauth::user::User;
use crate::random::Random;
use crate::registry::Registry;
use crate::shape::{Authentication, Profile};
use crate::store::Store;

/// What a grant may look at.
pub(crate) struct Ground<'a> {
    pub(crate) profile: &'a Profile,
    pub(crate) issuer: &'a str,
    pub(crate) keys: &'a KeySet,
    pub(crate) registry: &'a Registry,
    pub(crate) store: &'a Store,
    pub(crate) random: &'a Random,
    pub(crate) now: Timestamp,
}

/// What a grant proved. Nothing has changed yet.
#[derive(Debug)]
pub(crate) struct Proved {
    pub(crate) grant: Grant,
    /// Which scope the access token gets.
    pub(crate) scope: ScopeRule,
    /// What the request uses up.
    pub(crate) settlement: Settlement,
    /// Whether a refresh token is issued (RFC 6749 §4.4.3).
    pub(crate) issues_refresh_token: bool,
    /// The fault that the fixtures give the presented token.
    pub(crate) fault: Option<Fault>,
    /// What the ID token says of the login; a refresh has none (OpenID Connect Core §12.2).
    pub(crate) login: Option<LoginDetails>,
}

/// What the first ID token of a grant says of the login.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct LoginDetails {
    /// The `nonce` of the authorization request.
    pub(crate) nonce: Option<String>,
    /// The authentication context class that was reached.
    pub(crate) acr: Option<String>,
    /// The id of the session.
    pub(crate) sid: Option<String>,
    /// The parameter `claims`, as JSON.
    pub(crate) claims: Option<String>,
}

impl LoginDetails {
    /// Returns what an ID token says of the login.
    pub(crate) fn authentication(&self) -> Authentication<'_> {
        let (nonce, acr) = (self.nonce.as_deref(), self.acr.as_deref());
        Authentication::new(nonce, acr, self.sid.as_deref())
    }

    /// Returns the claims that the client requested one by one.
    pub(crate) fn claims_request(&self) -> Option<ClaimsRequest> {
        ClaimsRequest::parse(self.claims.as_deref()?).ok()
    }
}

/// Which scope an access token gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ScopeRule {
    /// The grant comes into being with this request: its scope is the scope that the request gets, within the client's.
    New,
    /// The requested part of the grant (RFC 6749 §6).
    Within,
    /// The scope of the grant; the request has no say (RFC 6749 §4.1.3).
    AsGranted,
}

/// What a request uses up, once nothing else can refuse it.
#[derive(Debug)]
pub(crate) enum Settlement {
    Nothing,
    RefreshToken(Presented),
    Code(PresentedCode),
}

/// A refresh token that was presented and proved, and is not spent yet.
#[derive(Debug)]
pub(crate) struct Presented {
    pub(crate) token: String,
    /// The id by which the store knows it.
    pub(crate) id: String,
    /// The time until which the store must remember that it was spent.
    pub(crate) remember_until: Timestamp,
}

impl Proved {
    /// Returns the refresh token that was presented.
    pub(crate) fn presented(&self) -> Option<&Presented> {
        match &self.settlement {
            Settlement::RefreshToken(presented) => Some(presented),
            Settlement::Nothing | Settlement::Code(_) => None,
        }
    }

    /// Returns the id of the refresh token that was presented.
    pub(crate) fn presented_id(&self) -> Option<String> {
        self.presented().map(|presented| presented.id.clone())
    }
}

/// Proves a request for that grant type.
pub(crate) async fn prove(
    grant_type: GrantType,
    params: &Params,
    client: &Client,
    ground: &Ground<'_>,
    tolerance: &mut Tolerance,
) -> Result<Proved, Refusal> {
    match grant_type {
        GrantType::RefreshToken => refresh_token::prove(params, client, ground, tolerance),
        GrantType::ClientCredentials => client_credentials::prove(client, ground, tolerance),
        GrantType::AuthorizationCode => {
            authorization_code::prove(params, client, ground, tolerance).await
        }
    }
}

/// A new grant of the first user: the fallback where a missing or unusable token is tolerated.
pub(crate) fn first_user(client: &Client, ground: &Ground<'_>) -> Proved {
    let subject = ground.registry.pick::<User>(None);
    let grant = Grant {
        id: ground.profile.draw_grant_id(ground.random),
        client_id: client.client_id.clone(),
        subject: Some(subject.map_or_else(|_| "user".to_owned(), |user| user.sub.clone())),
        scope: Scope::default(),
        auth_time: Some(ground.now),
    };
    Proved {
        grant,
        scope: ScopeRule::New,
        settlement: Settlement::Nothing,
        issues_refresh_token: true,
        fault: None,
        login: None,
    }
}

#[cfg(test)]
mod tests {
    use crate::oauth::client::GRANT_TYPES;
    use crate::oauth::grant_type::GrantType;

    #[test]
    fn a_client_can_be_registered_for_every_grant_of_this_server() {
        for grant in GrantType::ALL {
            assert!(GRANT_TYPES.contains(&grant.as_str()), "{grant}");
        }
    }
}
