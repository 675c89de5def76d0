//! Clients, users and named refresh tokens, in the fixtures' own types.

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::control::{Answer, Call, Problem, created, json, no_content};
use crate::oauth::client::Client;
use crate::oauth::user::User;
use crate::registry::{Named, Registered, Registry};
use crate::seed::{FixtureError, NamedRefreshToken, check_one};

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Clients {
    clients: Vec<Client>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Users {
    users: Vec<User>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct RefreshTokens {
    refresh_tokens: Vec<NamedRefreshToken>,
}

fn unknown(what: &str) -> Problem {
    Problem::new(404, format!("there is no {what} of that name"))
}

fn taken(what: &str, path: &str) -> Problem {
    Problem::new(
        409,
        format!("there is a {what} of that name; PUT replaces it"),
    )
    .at(path)
}

/// The name in the path and the one in the body are one.
fn same_name(path: &str, body: &str, member: &str) -> Result<(), Problem> {
    if path == body {
        Ok(())
    } else {
        Err(Problem::new(400, "is not the name in the URL's path").at(member))
    }
}

/// What is registered under one name, by itself: a client, a user.
pub(super) trait Kind: Named + Clone + Serialize + DeserializeOwned {
    /// For messages.
    const WHAT: &'static str;
    /// The member that is its name.
    const NAME: &'static str;
    type List: From<Vec<Self>> + Serialize;

    fn of(registered: &Registered) -> &Registry<Self>;
    fn of_mut(registered: &mut Registered) -> &mut Registry<Self>;
    fn check(&self) -> Result<(), FixtureError>;
}

impl Kind for Client {
    const WHAT: &'static str = "client";
    const NAME: &'static str = "client_id";
    type List = Clients;

    fn of(registered: &Registered) -> &Registry<Self> {
        &registered.clients
    }

    fn of_mut(registered: &mut Registered) -> &mut Registry<Self> {
        &mut registered.clients
    }

    fn check(&self) -> Result<(), FixtureError> {
        check_one::client(self)
    }
}

impl From<Vec<Client>> for Clients {
    fn from(clients: Vec<Client>) -> Self {
        Self { clients }
    }
}

impl Kind for User {
    const WHAT: &'static str = "user";
    const NAME: &'static str = "sub";
    type List = Users;

    fn of(registered: &Registered) -> &Registry<Self> {
        &registered.users
    }

    fn of_mut(registered: &mut Registered) -> &mut Registry<Self> {
        &mut registered.users
    }

    fn check(&self) -> Result<(), FixtureError> {
        check_one::user(self)
    }
}

impl From<Vec<User>> for Users {
    fn from(users: Vec<User>) -> Self {
        Self { users }
    }
}

pub(super) fn list<K: Kind>(call: &Call<'_>) -> Answer {
    let registered = call.epoch.authority.registered();
    json(&K::List::from(K::of(&registered).items().to_vec()))
}

pub(super) fn get<K: Kind>(call: &Call<'_>, name: &str) -> Answer {
    let registered = call.epoch.authority.registered();
    json(
        K::of(&registered)
            .get(name)
            .ok_or_else(|| unknown(K::WHAT))?,
    )
}

pub(super) fn add<K: Kind>(call: &Call<'_>) -> Answer {
    let item: K = call.body()?;
    item.check()?;
    let added = call.epoch.authority.register(|registered| {
        let registry = K::of_mut(registered);
        let free = registry.get(item.name()).is_none();
        free.then(|| registry.put(item.clone()))
    });
    added.ok_or_else(|| taken(K::WHAT, K::NAME))?;
    created(&item)
}

pub(super) fn put<K: Kind>(call: &Call<'_>, name: &str) -> Answer {
    let item: K = call.body()?;
    same_name(name, item.name(), K::NAME)?;
    item.check()?;
    let authority = &call.epoch.authority;
    let replaced = authority.register(|registered| K::of_mut(registered).put(item.clone()));
    if replaced {
        json(&item)
    } else {
        created(&item)
    }
}

pub(super) fn remove<K: Kind>(call: &Call<'_>, name: &str) -> Answer {
    let authority = &call.epoch.authority;
    if authority.register(|registered| K::of_mut(registered).remove(name)) {
        Ok(no_content())
    } else {
        Err(unknown(K::WHAT))
    }
}

pub(super) fn tokens(call: &Call<'_>) -> Answer {
    json(&RefreshTokens {
        refresh_tokens: call
            .epoch
            .authority
            .registered()
            .named
            .iter()
            .cloned()
            .collect(),
    })
}

/// One name may stand for a grant of each of several clients.
pub(super) fn token(call: &Call<'_>, name: &str) -> Answer {
    let registered = call.epoch.authority.registered();
    let refresh_tokens: Vec<_> = registered
        .named
        .iter()
        .filter(|token| token.token == name)
        .cloned()
        .collect();
    if refresh_tokens.is_empty() {
        return Err(unknown("refresh token"));
    }
    json(&RefreshTokens { refresh_tokens })
}

pub(super) fn add_token(call: &Call<'_>) -> Answer {
    let token: NamedRefreshToken = call.body()?;
    check(call, &token)?;
    if !call.epoch.authority.add_refresh_token(token.clone()) {
        return Err(taken("refresh token", "token"));
    }
    created(&token)
}

pub(super) fn put_token(call: &Call<'_>, name: &str) -> Answer {
    let token: NamedRefreshToken = call.body()?;
    same_name(name, &token.token, "token")?;
    check(call, &token)?;
    if call.epoch.authority.put_refresh_token(token.clone()) {
        json(&token)
    } else {
        created(&token)
    }
}

pub(super) fn remove_token(call: &Call<'_>, name: &str) -> Answer {
    if call.epoch.authority.remove_refresh_tokens(name) {
        Ok(no_content())
    } else {
        Err(unknown("refresh token"))
    }
}

fn check(call: &Call<'_>, token: &NamedRefreshToken) -> Result<(), Problem> {
    let registered = call.epoch.authority.registered();
    let client = registered.clients.get(&token.client_id);
    let user = registered.users.get(&token.sub);
    Ok(check_one::refresh_token(token, client, user)?)
}
