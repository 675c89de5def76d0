//! Logins of a provider, in a test: who logs in next, and the authorization request without a browser.

use std::fmt;

use crate::authority::Login;
use crate::http::agent::agent;
use crate::oauth::endpoint::Endpoint;
use crate::oauth::params::Params;
use crate::oauth::user::AutoLogin;
use crate::server::mimic::Mimic;

impl Mimic {
    /// Scripts the next login, which then shows no page: who logs in, or that the user denies, or an error. Logins are used in
    /// the order in which they were added.
    ///
    /// ```
    /// use oauth_mimic::{Client, Login, TokenServer, User};
    ///
    /// let server = TokenServer::builder()
    ///     .client(Client::confidential("web", "s3cret").redirect_uri("http://localhost:3000/cb").scope("openid"))
    ///     .user(User::new("alice"))
    ///     .start();
    /// server.next_login(Login::new().user("alice"));
    /// let response = server.authorize(&format!(
    ///     "{}?response_type=code&client_id=web&scope=openid&state=xyz",
    ///     server.authorization_url(),
    /// ));
    /// assert_eq!(response.get("state"), Some("xyz"));
    /// assert!(!response.code().is_empty());
    /// ```
    ///
    /// # Panics
    /// A member has a value that is not possible, such as `times(0)`; or 1000 logins wait already.
    #[track_caller]
    pub fn next_login(&self, login: Login) {
        if let Err(why) = login.check() {
            panic!(
                "the login cannot be scripted: {} {}",
                why.pointer, why.problem
            );
        }
        let added = self.inner.epoch().authority.logins.add(login);
        assert!(added, "1000 scripted logins wait already");
    }

    /// Removes the scripted logins that wait.
    pub fn clear_logins(&self) {
        self.inner.epoch().authority.logins.clear();
    }

    /// Sends an authorization request as a browser would, and returns the response that the client would get. If no scripted
    /// login waits and no user is logged in automatically, the first user logs in. The journal has an entry for the request.
    ///
    /// # Panics
    /// The URL is not of this provider, its base URL cannot be reached, or the provider answers with a page.
    #[track_caller]
    pub fn authorize(&self, url: &str) -> AuthorizationResponse {
        let epoch = self.inner.epoch();
        let settings = &epoch.authority.settings;
        assert!(
            url.starts_with(&settings.url(Endpoint::Authorization)),
            "`{url}` is not the authorization endpoint of this provider, {}",
            self.authorization_url()
        );
        let logins = &epoch.authority.logins;
        let first_user = Login::new();
        let is_added = settings.auto_login == AutoLogin::Off && logins.list().is_empty();
        if is_added {
            self.next_login(first_user.clone());
        }
        let answer = location(url);
        if is_added {
            // A request that is refused uses no login up.
            logins.withdraw(&first_user);
        }
        match answer {
            Ok(Some(url)) => AuthorizationResponse::of(url),
            Ok(None) => {
                panic!("the provider answers `{url}` with a page; the journal has the reason")
            }
            Err(why) => panic!("`{url}` cannot be reached: {why}"),
        }
    }
}

/// Sends a GET as a browser without cookies, and returns the `Location` of the answer.
fn location(url: &str) -> Result<Option<String>, ureq::Error> {
    // A scripted login may be late by a minute.
    let agent = agent(None);
    let answer = agent.get(url).call()?;
    let location = answer.headers().get("location");
    Ok(location.and_then(|value| Some(value.to_str().ok()?.to_owned())))
}

/// What the client's redirect URI gets: a code and more, or an error (RFC 6749 §4.1.2).
#[derive(Clone)]
pub struct AuthorizationResponse {
    url: String,
    params: Params,
}

impl AuthorizationResponse {
    fn of(url: String) -> Self {
        let (_, encoded) = url.split_once(['#', '?']).unwrap_or_default();
        let params = Params::decode_lossy(encoded.as_bytes());
        Self { url, params }
    }

    /// Returns the URL that the browser is sent to.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the authorization code.
    ///
    /// # Panics
    /// The response has no code; the message has its error.
    #[must_use]
    #[track_caller]
    pub fn code(&self) -> &str {
        match self.get("code") {
            Some(code) => code,
            None => panic!(
                "the response has no code: {} ({})",
                self.get("error").unwrap_or("no error"),
                self.get("error_description").unwrap_or("no description"),
            ),
        }
    }

    /// Returns the error code, if the response is an error (RFC 6749 §4.1.2.1).
    #[must_use]
    pub fn error(&self) -> Option<&str> {
        self.get("error")
    }

    /// Returns the parameter of that name, such as `state` or `iss`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.params.raw(name)
    }
}

impl fmt::Debug for AuthorizationResponse {
    /// Shows the names only: a code does not belong into a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.params.iter().map(|(name, _)| name).collect();
        f.debug_struct("AuthorizationResponse")
            .field("parameters", &names)
            .finish_non_exhaustive()
    }
}
