//! The authorization server without HTTP: credentials and parameters in, tokens or a refusal out.
//!
//! [`Authority::token`] is the whole pipeline: authenticate, prove, limit the scope, settle, issue. Minting uses the last
//! step, so minted and granted tokens are written by the same code.

mod authenticate;
mod authorize;
mod metadata;
mod mint;
#[cfg(feature = "cli")]
mod overview;
mod scope;
mod settings;
mod settle;
mod token;

pub use authorize::Login;
pub(crate) use authorize::MOST_LOGINS;
pub(crate) use authorize::{
    Action, Back, FrontAnswer, FrontCause, FrontFaults, FrontKind, FrontStop, Interaction, Logins,
    LogoutAnswer, LogoutToken, Page, PageKind, SessionView, Visitor,
};
pub use mint::MintError;
pub(crate) use mint::{MintKind, MintOrder, Minted};
pub(crate) use settings::{InitialState, Settings};
pub(crate) use token::{ClientRequest, Inspection, OfToken, Userinfo};

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

pub(crate) use crate::authority::authenticate::authenticate;
use crate::clock::Timestamp;
use crate::fault::{Fault, TokenFault};
use crate::grant::{self, Ground, LoginDetails, Proved, ScopeRule};
use crate::keys::{KeyRing, KeySet, NotRetired, SigningKey};
use crate::oauth::authorization::ResponseType;
use crate::oauth::client::Client;
use crate::oauth::credentials::Credentials;
use crate::oauth::grant::Grant;
use crate::oauth::grant_type::GrantType;
use crate::oauth::leniency::{Leniency, Tolerance};
use crate::oauth::params::Params;
use crate::oauth::refusal::{Refusal, RefusalName, excerpt};
use crate::oauth::response::{About, TokenResponse};
use crate::oauth::scope::Scope;
use crate::oauth::user::User;
use crate::random::Random;
use crate::registry::Registry;
use crate::seed::{FixtureError, NamedRefreshToken};
use crate::shape::Issue;
use crate::store::Store;

/// An authorization server: the registered clients and users, the keys, the spent tokens and the shape of tokens.
#[derive(Debug)]
pub(crate) struct Authority {
    pub(crate) settings: Arc<Settings>,
    /// Decides whether a fault happens and how long it delays; apart from the ids, so that rules do not change them.
    pub(crate) chance: Random,
    /// Every request draws its ids from a fork, so that they do not depend on other requests that run at once.
    random: Random,
    pub(crate) registry: Registry,
    keys: KeyRing,
    store: Store,
    /// Who logs in next, without a page.
    pub(crate) logins: Logins,
    /// How many users the login page added.
    new_users: AtomicUsize,
}

/// A token request that was read, with the circumstances under which it is answered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TokenRequest<'a> {
    pub(crate) credentials: &'a Credentials,
    pub(crate) params: &'a Params,
    /// The defect that one of the tokens gets.
    pub(crate) defect: Option<&'a TokenFault>,
    /// Whether the fault of a named refresh token was carried out already, so that it does not stop the request again.
    pub(crate) ignores_named_fault: bool,
    pub(crate) now: Timestamp,
}

/// Why a token request was not answered with tokens.
#[derive(Debug)]
pub(crate) struct Stop {
    /// The id of the refresh token that was presented, if it was proved.
    pub(crate) presented: Option<String>,
    /// The grant of that token.
    pub(crate) about: Option<About>,
    pub(crate) cause: Cause,
}

/// The cause of a [`Stop`].
#[derive(Debug)]
pub(crate) enum Cause {
    Refusal(Refusal),
    /// The named refresh token that was presented has this fault. Nothing was spent.
    Fault(Fault),
}

impl Stop {
    fn after(proved: &Proved, cause: Cause) -> Self {
        Self {
            presented: proved.presented_id(),
            about: Some((&proved.grant).into()),
            cause,
        }
    }
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self {
            presented: None,
            about: None,
            cause: Cause::Refusal(refusal),
        }
    }
}

impl Authority {
    /// A server in its initial state, which starts at `now`.
    pub(crate) fn new(initial: &InitialState, settings: Arc<Settings>, now: Timestamp) -> Self {
        let random = Random::new(initial.seed);
        Self {
            registry: Registry::new(&initial.entries, &settings.profile, now),
            settings,
            chance: random.fork(),
            random,
            keys: KeyRing::new(Arc::clone(&initial.keys), initial.seed),
            store: Store::default(),
            logins: Logins::default(),
            new_users: AtomicUsize::new(0),
        }
    }

    /// Adds a named refresh token, or replaces the one of that name and client, which makes it usable again. Returns
    /// true if it replaced one.
    pub(crate) fn put_refresh_token(
        &self,
        token: NamedRefreshToken,
        now: Timestamp,
    ) -> Result<bool, FixtureError> {
        let replaced = self.registry.put_refresh_token(token, now)?;
        Ok(replaced.inspect(|id| self.store.forget(id)).is_some())
    }

    /// Removes a client's named refresh token; returns true if there was one.
    pub(crate) fn remove_refresh_token(&self, name: &str, client_id: &str) -> bool {
        let removed = self.registry.remove_refresh_token(name, client_id);
        removed.inspect(|id| self.store.forget(id)).is_some()
    }

    /// Iterates over the clients that a user can log in to by the authorization code flow.
    pub(crate) fn login_clients(&self) -> impl Iterator<Item = Arc<Client>> {
        let may_log_in = |client: &Arc<Client>| {
            client.may_use(GrantType::AuthorizationCode.as_str())
                && client.may_request(ResponseType::CODE)
        };
        self.registry
            .list::<Client>()
            .into_iter()
            .filter(may_log_in)
    }

    /// The keys as they are now.
    pub(crate) fn keys(&self) -> Arc<KeySet> {
        self.keys.current()
    }

    /// Signs with another key from now on, and returns it; the one before is published until `retires_at`. Takes up to
    /// a second of processor time: an async caller moves it to another thread.
    pub(crate) fn rotate_keys(
        &self,
        now: Timestamp,
        retires_at: Option<Timestamp>,
    ) -> Arc<SigningKey> {
        self.keys.rotate(now, retires_at)
    }

    pub(crate) fn retire_key(&self, kid: &str) -> Result<(), NotRetired> {
        self.keys.retire(kid)
    }

    /// Answers a token request: the whole pipeline, for every grant.
    pub(crate) async fn token(
        &self,
        request: &TokenRequest<'_>,
        tolerance: &mut Tolerance,
    ) -> Result<TokenResponse, Stop> {
        let TokenRequest { params, now, .. } = *request;
        let keys = self.keys();
        let client = authenticate(&self.registry, request.credentials, tolerance)?;
        self.settings.reading.screen(&client, params, tolerance)?;
        let grant_type = grant_type(params, &client, tolerance)?;
        let random = self.random.fork();
        let ground = Ground {
            profile: &self.settings.profile,
            issuer: &self.settings.issuer,
            keys: &keys,
            registry: &self.registry,
            store: &self.store,
            random: &random,
            now,
        };
        let mut proved = grant::prove(grant_type, params, &client, &ground, tolerance).await?;
        if let Some(fault) = proved.fault.take().filter(|_| !request.ignores_named_fault) {
            return Err(Stop::after(&proved, Cause::Fault(fault)));
        }
        self.issue(
            request,
            grant_type,
            &client,
            &ground,
            &mut proved,
            tolerance,
        )
        .await
        .map_err(|refusal| Stop::after(&proved, Cause::Refusal(refusal)))
    }

    /// Issues tokens for a proved grant: limits the scope, settles what is used up, writes and signs.
    async fn issue(
        &self,
        request: &TokenRequest<'_>,
        grant_type: GrantType,
        client: &Client,
        ground: &Ground<'_>,
        proved: &mut Proved,
        tolerance: &mut Tolerance,
    ) -> Result<TokenResponse, Refusal> {
        let TokenRequest { params, now, .. } = *request;
        let user = user(&proved.grant, ground.registry, tolerance)?;
        let scope = self.scope(params, client, proved, tolerance)?;
        let lifetimes = self.settings.profile.lifetimes_of(client);
        let refresh_token = self
            .settle(proved, client, &lifetimes, now, tolerance)
            .await?;
        let authentication = proved.login.as_ref().map(LoginDetails::authentication);
        let claims = proved.login.as_ref().and_then(LoginDetails::claims_request);
        let issue = Issue {
            issuer: &self.settings.issuer,
            grant_type,
            client,
            user: user.as_deref(),
            grant: &proved.grant,
            scope: &scope,
            lifetimes: &lifetimes,
            refresh_token,
            authentication: authentication.as_ref(),
            claims: claims.as_ref(),
            presented: proved.presented().map(|presented| presented.id.as_str()),
            altered: request.defect.map(Into::into),
            now,
        };
        let signing = ground.keys.signing();
        Ok(self.settings.profile.issue(&issue, signing, ground.random))
    }

    /// Determines the scope of the access token.
    fn scope(
        &self,
        params: &Params,
        client: &Client,
        proved: &mut Proved,
        tolerance: &mut Tolerance,
    ) -> Result<Scope, Refusal> {
        let requested = params.get("scope");
        let granted = match proved.scope {
            ScopeRule::AsGranted => return Ok(proved.grant.scope.clone()),
            ScopeRule::Within => Some(&proved.grant.scope),
            ScopeRule::New => None,
        };
        let scope = scope::limit(requested, client, granted, tolerance)?;
        let scope = self.settings.reading.arrange(scope, params);
        if proved.scope == ScopeRule::New {
            proved.grant.scope = scope.clone();
        }
        Ok(scope)
    }
}

/// Determines the grant type, which the client must be registered for.
fn grant_type(
    params: &Params,
    client: &Client,
    tolerance: &mut Tolerance,
) -> Result<GrantType, Refusal> {
    let Some(name) = params.get("grant_type") else {
        tolerance.refuse(Refusal::GrantTypeMissing {})?;
        return Ok(match params.get("refresh_token") {
            Some(_) => GrantType::RefreshToken,
            None => GrantType::ClientCredentials,
        });
    };
    let Some(grant_type) = GrantType::parse(name) else {
        tolerance.refuse(Refusal::GrantTypeUnsupported {
            grant_type: excerpt(name),
            supported: GrantType::names(),
        })?;
        // Its fallback is that of an unknown refresh token.
        tolerance.widen(Leniency::of([RefusalName::RefreshTokenMissing]).unwrap_or_default());
        return Ok(GrantType::RefreshToken);
    };
    if !client.may_use(name) {
        tolerance.refuse(Refusal::GrantTypeNotAllowed {
            client_id: client.client_id.clone(),
            grant_type: name.to_owned(),
        })?;
    }
    Ok(grant_type)
}

/// Finds the user of a grant; a client that acts for itself has none.
fn user(
    grant: &Grant,
    registry: &Registry,
    tolerance: &mut Tolerance,
) -> Result<Option<Arc<User>>, Refusal> {
    let Some(subject) = &grant.subject else {
        return Ok(None);
    };
    if let Some(user) = registry.get::<User>(subject) {
        return Ok(Some(user));
    }
    tolerance.refuse(Refusal::UserUnknown {
        subject: excerpt(subject),
    })?;
    Ok(Some(Arc::new(User::new(subject))))
}
