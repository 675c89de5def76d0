//! Tokens without a request.

use std::fmt;
use std::time::Duration;

use serde_json::Value;

use crate::authority::{MintError, MintOrder};
use crate::clock::Timestamp;
use crate::fault::{Defect, Fault, SetClaimsDefect};
use crate::oauth::grant_type::GrantType;
use crate::oauth::response::TokenResponse;
use crate::oauth::token_kind::TokenKind;
use crate::sandbox::Sandbox;

/// Describes tokens and mints them, by the same path on which the endpoint issues them.
///
/// What is left out is decided by the fixtures: the first client, the first user, the client's scope, and the lifetimes
/// of client and profile.
///
/// ```
/// use std::time::Duration;
/// let server = oauth_mimic::TokenServer::start();
/// let response = server
///     .mint()
///     .client("client-default")
///     .scope("openid email")
///     .access_token_lifetime(Duration::from_secs(60))
///     .response();
/// assert!(response.as_json().contains(r#""expires_in":59"#)); // as the documented server: one less
/// assert!(response.id_token().is_some());
/// ```
#[must_use = "nothing is minted until `response()`, `refresh_token()` or another verb is called"]
pub struct Mint<'s> {
    sandbox: &'s Sandbox,
    order: MintOrder,
}

impl<'s> Mint<'s> {
    pub(crate) fn new(sandbox: &'s Sandbox) -> Self {
        Self {
            sandbox,
            order: MintOrder::default(),
        }
    }

    /// Sets the grant that the tokens are issued for; default: a user's grant. A client credentials grant has no user, no
    /// refresh token and no ID token (RFC 6749 §4.4).
    pub fn grant(mut self, grant_type: GrantType) -> Self {
        self.order.grant_type = grant_type;
        self
    }

    /// For that client.
    pub fn client(mut self, client_id: impl Into<String>) -> Self {
        self.order.client_id = Some(client_id.into());
        self
    }

    /// About that user.
    pub fn subject(mut self, sub: impl Into<String>) -> Self {
        self.order.subject = Some(sub.into());
        self
    }

    /// Of that space-separated scope.
    pub fn scope(mut self, scope: impl Into<String>) -> Self {
        self.order.scope = Some(scope.into());
        self
    }

    /// For a user who logged in then; the default is now.
    pub fn auth_time(mut self, at: Timestamp) -> Self {
        self.order.auth_time = Some(at);
        self
    }

    /// With an access token that lives so long, in whole seconds.
    pub fn access_token_lifetime(mut self, lifetime: Duration) -> Self {
        self.order.access_token_lifetime = Some(lifetime);
        self
    }

    /// With an ID token that lives so long, in whole seconds.
    pub fn id_token_lifetime(mut self, lifetime: Duration) -> Self {
        self.order.id_token_lifetime = Some(lifetime);
        self
    }

    /// With a refresh token that lives so long, in whole seconds.
    pub fn refresh_token_lifetime(mut self, lifetime: Duration) -> Self {
        self.order.refresh_token_lifetime = Some(lifetime);
        self
    }

    /// With that defect: of the one token that is asked for, or of a response's access token.
    ///
    /// ```
    /// use oauth_mimic::{Defect, TokenServer};
    /// let server = TokenServer::start();
    /// let stale = server.mint().defect(Defect::Expired).access_token();
    /// let forged = server.mint().scope("openid").defect(Defect::ForeignKey).id_token();
    /// # let _ = (stale, forged);
    /// ```
    pub fn defect(mut self, defect: impl Into<Defect>) -> Self {
        self.order.defect = Some(Fault::token(TokenKind::AccessToken, defect));
        self
    }

    /// With that claim, whatever it should be: of the one token that is asked for, or of a response's access token.
    pub fn claim(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        let set = match self.order.defect.take().map(|fault| fault.defect) {
            Some(Defect::SetClaims(set)) => set,
            _ => SetClaimsDefect::default(),
        };
        self.defect(set.claim(name, value))
    }

    /// Mints a whole response.
    ///
    /// # Errors
    /// There is no such client or user, or the scope is not the client's.
    pub fn try_response(&self) -> Result<TokenResponse, MintError> {
        self.sandbox.mint(&self.order)
    }

    /// Mints a whole response.
    ///
    /// # Panics
    /// Where [`Mint::try_response`] would have answered with an error.
    #[must_use]
    #[track_caller]
    pub fn response(&self) -> TokenResponse {
        match self.try_response() {
            Ok(response) => response,
            Err(why) => panic!("nothing can be minted: {why}"),
        }
    }

    /// Mints a refresh token.
    ///
    /// # Panics
    /// As [`Mint::response`], and if the grant issues none.
    #[must_use]
    #[track_caller]
    pub fn refresh_token(&self) -> String {
        self.token(TokenKind::RefreshToken)
    }

    /// Mints an access token.
    ///
    /// # Panics
    /// As [`Mint::response`].
    #[must_use]
    #[track_caller]
    pub fn access_token(&self) -> String {
        self.token(TokenKind::AccessToken)
    }

    /// Mints an ID token.
    ///
    /// # Panics
    /// As [`Mint::response`], and if the grant has no user or the scope lacks the profile's scope token for it (`openid`).
    #[must_use]
    #[track_caller]
    pub fn id_token(&self) -> String {
        self.token(TokenKind::IdToken)
    }

    #[track_caller]
    fn token(&self, kind: TokenKind) -> String {
        let response = self.response_of(kind);
        match response.token(kind) {
            Some(token) => token.to_owned(),
            None => panic!("a response of scope `{}` has no {kind}", response.scope()),
        }
    }

    #[track_caller]
    fn response_of(&self, which: TokenKind) -> TokenResponse {
        let mut order = self.order.clone();
        if let Some(fault) = &mut order.defect {
            fault.token = which;
        }
        Self {
            sandbox: self.sandbox,
            order,
        }
        .response()
    }
}

impl fmt::Debug for Mint<'_> {
    /// Shows what is to be minted.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Mint").field(&self.order).finish()
    }
}
