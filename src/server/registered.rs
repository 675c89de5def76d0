//! The clients, users and named refresh tokens of a provider, in a test.

use std::sync::Arc;

use crate::oauth::client::Client;
use crate::oauth::user::User;
use crate::seed::{FixtureError, NamedRefreshToken};
use crate::server::mimic::Mimic;

impl Mimic {
    /// Registers a client, or replaces the one of that id; returns true if it replaced one.
    ///
    /// ```
    /// use oauth_mimic::{Client, TokenServer};
    /// let server = TokenServer::start();
    /// let replaced = server.put_client(Client::confidential("late", "s3cret").scope("openid"));
    /// assert!(!replaced);
    /// assert_eq!(server.mint().client("late").response().scope().to_string(), "openid");
    /// ```
    ///
    /// # Panics
    /// [`Mimic::try_put_client`] returns an error.
    #[track_caller]
    pub fn put_client(&self, client: Client) -> bool {
        registered(self.try_put_client(client))
    }

    /// Registers a client, or replaces the one of that id; returns true if it replaced one.
    ///
    /// ```
    /// let server = oauth_mimic::TokenServer::start();
    /// let why = server.try_put_client(oauth_mimic::Client::public("")).unwrap_err();
    /// assert_eq!(why.pointer, "/client_id");
    /// ```
    ///
    /// # Errors
    /// The client is invalid by the rules of fixture files.
    pub fn try_put_client(&self, client: Client) -> Result<bool, FixtureError> {
        self.inner.epoch().authority.registry.put(client)
    }

    /// Returns the registered clients, in the order they were registered.
    #[must_use]
    pub fn clients(&self) -> Vec<Arc<Client>> {
        self.inner.epoch().authority.registry.list()
    }

    /// Removes a client; returns true if there was one.
    ///
    /// ```
    /// let server = oauth_mimic::TokenServer::start();
    /// assert!(server.remove_client("client-public"));
    /// ```
    pub fn remove_client(&self, client_id: &str) -> bool {
        let epoch = self.inner.epoch();
        epoch.authority.registry.remove::<Client>(client_id)
    }

    /// Adds a user, or replaces the one of that `sub`; returns true if it replaced one.
    ///
    /// ```
    /// use oauth_mimic::{TokenServer, User};
    /// let server = TokenServer::start();
    /// server.put_user(User::new("bob"));
    /// assert_eq!(server.mint().subject("bob").access_token().split('.').count(), 3);
    /// ```
    ///
    /// # Panics
    /// [`Mimic::try_put_user`] returns an error.
    #[track_caller]
    pub fn put_user(&self, user: User) -> bool {
        registered(self.try_put_user(user))
    }

    /// Adds a user, or replaces the one of that `sub`; returns true if it replaced one.
    ///
    /// # Errors
    /// The user is invalid by the rules of fixture files.
    pub fn try_put_user(&self, user: User) -> Result<bool, FixtureError> {
        self.inner.epoch().authority.registry.put(user)
    }

    /// Returns the users, in the order they were added.
    #[must_use]
    pub fn users(&self) -> Vec<Arc<User>> {
        self.inner.epoch().authority.registry.list()
    }

    /// Removes a user; returns true if there was one. Refresh tokens about them are refused from then on.
    ///
    /// ```
    /// let server = oauth_mimic::TokenServer::start();
    /// assert!(!server.remove_user("nobody"));
    /// ```
    pub fn remove_user(&self, sub: &str) -> bool {
        self.inner.epoch().authority.registry.remove::<User>(sub)
    }

    /// Adds a named refresh token, or replaces the one of that name and client; returns true if it replaced one. Its
    /// relative times count from the present time of [`Mimic::clock`].
    ///
    /// A token that was used up is usable again once it is put again: it is then another token, of another grant.
    ///
    /// ```
    /// use oauth_mimic::{NamedRefreshToken, TokenServer};
    /// let server = TokenServer::start();
    /// let user = "b626dc6a-0940-44da-af69-04b411a1de56";
    /// server.put_refresh_token(NamedRefreshToken::new("LATE", "client-default", user).scope("openid"));
    /// ```
    ///
    /// # Panics
    /// [`Mimic::try_put_refresh_token`] returns an error.
    #[track_caller]
    pub fn put_refresh_token(&self, token: NamedRefreshToken) -> bool {
        registered(self.try_put_refresh_token(token))
    }

    /// Adds a named refresh token, or replaces the one of that name and client; returns true if it replaced one.
    ///
    /// # Errors
    /// The token is invalid by the rules of fixture files: for example, its client or user is not registered.
    pub fn try_put_refresh_token(&self, token: NamedRefreshToken) -> Result<bool, FixtureError> {
        let (epoch, now) = self.inner.begin();
        epoch.authority.put_refresh_token(token, now)
    }

    /// Returns the named refresh tokens, in the order their names were added.
    #[must_use]
    pub fn refresh_tokens(&self) -> Vec<NamedRefreshToken> {
        let named = self.inner.epoch().authority.registry.refresh_tokens();
        named.iter().map(|named| named.token.clone()).collect()
    }

    /// Removes the named refresh token of a client; returns true if there was one.
    ///
    /// ```
    /// let server = oauth_mimic::TokenServer::start();
    /// assert!(server.remove_refresh_token("REFRESH_TOKEN", "client-default"));
    /// ```
    pub fn remove_refresh_token(&self, token: &str, client_id: &str) -> bool {
        let epoch = self.inner.epoch();
        epoch.authority.remove_refresh_token(token, client_id)
    }
}

#[track_caller]
fn registered(result: Result<bool, FixtureError>) -> bool {
    match result {
        Ok(replaced) => replaced,
        Err(why) => panic!("{why}"),
    }
}
