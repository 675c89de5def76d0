//! Tokens without a request.

use std::fmt;
use std::time::Duration;

use crate::authority::{MintError, MintKind, MintOrder, Minted};
use crate::fault::Defect;
use crate::oauth::grant_type::GrantType;
use crate::oauth::response::TokenResponse;
use crate::oauth::token_kind::TokenKind;
use crate::sandbox::Sandbox;
use crate::seed::FixtureTime;

/// Describes tokens and mints them, by the same path on which the endpoint issues them.
///
/// Default: the first client, the first user, the client's scope, and the lifetimes of client and profile. The command
/// `mint` and `POST /_mimic/tokens` have the same members, and all of them combine.
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

    /// Sets the grant that the tokens are issued for. Default: [`GrantType::RefreshToken`], the grant of a user. A client
    /// credentials grant has no user, no refresh token and no ID token (RFC 6749 §4.4).
    pub fn grant_type(mut self, grant_type: GrantType) -> Self {
        self.order.grant_type = grant_type;
        self
    }

    /// Sets the client, by its `client_id`. Default: the first.
    pub fn client(mut self, client_id: impl Into<String>) -> Self {
        self.order.client_id = Some(client_id.into());
        self
    }

    /// Sets the user, by its `sub`. Default: the first.
    pub fn subject(mut self, sub: impl Into<String>) -> Self {
        self.order.sub = Some(sub.into());
        self
    }

    /// Sets the scope, separated by spaces. Default: the scope that the client is registered for.
    pub fn scope(mut self, scope: impl Into<String>) -> Self {
        self.order.scope = Some(scope.into());
        self
    }

    /// Sets when the user logged in: an instant, or seconds before now as a number that is zero or negative. Default: now.
    pub fn auth_time(mut self, at: impl Into<FixtureTime>) -> Self {
        self.order.auth_time = Some(at.into());
        self
    }

    /// Sets how long the access token lives, in whole seconds; zero: it has just expired. Default: as client or profile
    /// say.
    pub fn access_token_lifetime(mut self, lifetime: Duration) -> Self {
        self.order.access_token_lifetime = Some(whole_seconds(lifetime));
        self
    }

    /// Sets how long the ID token lives, in whole seconds; zero: it has just expired. Default: as client or profile
    /// say.
    pub fn id_token_lifetime(mut self, lifetime: Duration) -> Self {
        self.order.id_token_lifetime = Some(whole_seconds(lifetime));
        self
    }

    /// Sets how long the refresh token lives, in whole seconds; zero: it has just expired. Default: as client or profile
    /// say.
    pub fn refresh_token_lifetime(mut self, lifetime: Duration) -> Self {
        self.order.refresh_token_lifetime = Some(whole_seconds(lifetime));
        self
    }

    /// Sets the defect of the one token that is minted, or of a response's access token. Default: none.
    ///
    /// ```
    /// use oauth_mimic::{Defect, TokenServer};
    /// let server = TokenServer::start();
    /// let stale = server.mint().defect(Defect::Expired).access_token();
    /// let forged = server.mint().claim("roles", "admin").defect(Defect::ForeignKey).access_token();
    /// # let _ = (stale, forged);
    /// ```
    pub fn defect(mut self, defect: impl Into<Defect>) -> Self {
        self.order.defect = Some(defect.into());
        self
    }

    /// Sets a claim of the one token that is minted, or of a response's access token. It replaces a claim of the same
    /// name, also one that a [defect](Self::defect) changes. The members of an object keep the order that they have in
    /// `value`, as in [`User::claim`](crate::User::claim).
    pub fn claim(mut self, name: impl Into<String>, value: impl Into<serde_json::Value>) -> Self {
        self.order.claims.insert_given(name, value);
        self
    }

    /// Mints a whole response.
    ///
    /// # Errors
    /// There is no such client or user, the scope is not the client's, or a value is not possible.
    pub fn try_response(&self) -> Result<TokenResponse, MintError> {
        Ok(self.try_mint(MintKind::Response)?.response)
    }

    /// Mints a whole response.
    ///
    /// # Panics
    /// Where [`Mint::try_response`] would have answered with an error.
    #[must_use]
    #[track_caller]
    pub fn response(&self) -> TokenResponse {
        self.minted(MintKind::Response).response
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
        self.minted(kind.into()).text
    }

    #[track_caller]
    fn minted(&self, kind: MintKind) -> Minted {
        match self.try_mint(kind) {
            Ok(minted) => minted,
            Err(why) => panic!("nothing can be minted: {why}"),
        }
    }

    fn try_mint(&self, kind: MintKind) -> Result<Minted, MintError> {
        let mut order = self.order.clone();
        order.kind = kind;
        self.sandbox.mint(&order)
    }
}

/// Without the fraction; a longer time than the number can express is its greatest value, 136 years.
fn whole_seconds(lifetime: Duration) -> u32 {
    u32::try_from(lifetime.as_secs()).unwrap_or(u32::MAX)
}

impl fmt::Debug for Mint<'_> {
    /// Shows what is to be minted.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Mint").field(&self.order).finish()
    }
}
