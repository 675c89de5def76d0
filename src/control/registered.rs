//! Clients, users and named refresh tokens, in the fixtures' own types.

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::control::route::{Body, Created, Json, NoContent, Path, Put};
use crate::control::{Call, Problem, ProblemCode};
use crate::json::pointer;
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
    Problem::new(
        ProblemCode::NotFound,
        format!("there is no {what} of that name"),
    )
}

fn taken(what: &str, member: &str) -> Problem {
    let detail = format!("there is a {what} of that name; PUT replaces it");
    Problem::new(ProblemCode::NameTaken, detail).at(pointer::child("", member))
}

/// The name in the path and the one in the body must be equal.
fn same_name(path: &str, body: &str, member: &str) -> Result<(), Problem> {
    if path == body {
        return Ok(());
    }
    let detail = "is not the name in the URL's path";
    Err(Problem::new(ProblemCode::NameDiffers, detail).at(pointer::child("", member)))
}

/// What is registered under one name, by itself: a client, a user.
pub(super) trait Kind: Named + Clone + Serialize + DeserializeOwned + JsonSchema {
    /// For messages.
    const WHAT: &'static str;
    /// The member that is its name.
    const NAME: &'static str;
    /// Its path below `/_mimic`.
    const PATH: &'static str;
    type List: From<Vec<Self>> + Serialize + JsonSchema;

    fn of(registered: &Registered) -> &Registry<Self>;
    fn of_mut(registered: &mut Registered) -> &mut Registry<Self>;
    fn check(&self) -> Result<(), FixtureError>;
}

impl Kind for Client {
    const WHAT: &'static str = "client";
    const NAME: &'static str = "client_id";
    const PATH: &'static str = "clients";
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
    const PATH: &'static str = "users";
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

pub(super) fn list<K: Kind>(call: &Call) -> Json<K::List> {
    let registered = call.epoch.authority.registered();
    Json(K::List::from(K::of(&registered).items().to_vec()))
}

pub(super) fn get<K: Kind>(call: &Call, Path([name]): Path<1>) -> Result<Json<K>, Problem> {
    let registered = call.epoch.authority.registered();
    let item = K::of(&registered).get(&name).cloned();
    item.map(Json).ok_or_else(|| unknown(K::WHAT))
}

pub(super) fn add<K: Kind>(call: &Call, Body(item): Body<K>) -> Result<Created<K>, Problem> {
    item.check()?;
    let added = call.epoch.authority.register(|registered| {
        let registry = K::of_mut(registered);
        let free = registry.get(item.name()).is_none();
        free.then(|| registry.put(item.clone()))
    });
    added.ok_or_else(|| taken(K::WHAT, K::NAME))?;
    let name = item.name().to_owned();
    Ok(Created::at([K::PATH, &name], item))
}

pub(super) fn put<K: Kind>(
    call: &Call,
    Path([name]): Path<1>,
    Body(value): Body<K>,
) -> Result<Put<K>, Problem> {
    same_name(&name, value.name(), K::NAME)?;
    value.check()?;
    let authority = &call.epoch.authority;
    let replaced = authority.register(|registered| K::of_mut(registered).put(value.clone()));
    let created = !replaced;
    Ok(Put { created, value })
}

pub(super) fn remove<K: Kind>(call: &Call, Path([name]): Path<1>) -> Result<NoContent, Problem> {
    let authority = &call.epoch.authority;
    if authority.register(|registered| K::of_mut(registered).remove(&name)) {
        Ok(NoContent)
    } else {
        Err(unknown(K::WHAT))
    }
}

pub(super) fn tokens(call: &Call) -> Json<RefreshTokens> {
    let registered = call.epoch.authority.registered();
    Json(RefreshTokens {
        refresh_tokens: registered.named.iter().cloned().collect(),
    })
}

pub(super) fn token(
    call: &Call,
    Path([client_id, name]): Path<2>,
) -> Result<Json<NamedRefreshToken>, Problem> {
    let registered = call.epoch.authority.registered();
    let mut named = registered.named.iter();
    let token = named.find(|token| token.token == name && token.client_id == client_id);
    let token = token.cloned().map(Json);
    token.ok_or_else(|| unknown("refresh token"))
}

pub(super) fn add_token(
    call: &Call,
    Body(token): Body<NamedRefreshToken>,
) -> Result<Created<NamedRefreshToken>, Problem> {
    check(call, &token)?;
    if !call.epoch.authority.add_refresh_token(token.clone()) {
        return Err(taken("refresh token", "token"));
    }
    let (client_id, name) = (token.client_id.clone(), token.token.clone());
    let path = ["clients", &client_id, "refresh-tokens", &name];
    Ok(Created::at(path, token))
}

pub(super) fn put_token(
    call: &Call,
    Path([client_id, name]): Path<2>,
    Body(value): Body<NamedRefreshToken>,
) -> Result<Put<NamedRefreshToken>, Problem> {
    same_name(&client_id, &value.client_id, "client_id")?;
    same_name(&name, &value.token, "token")?;
    check(call, &value)?;
    let replaced = call.epoch.authority.put_refresh_token(value.clone());
    let created = !replaced;
    Ok(Put { created, value })
}

pub(super) fn remove_token(
    call: &Call,
    Path([client_id, name]): Path<2>,
) -> Result<NoContent, Problem> {
    let authority = &call.epoch.authority;
    if authority.remove_refresh_token(&client_id, &name) {
        Ok(NoContent)
    } else {
        Err(unknown("refresh token"))
    }
}

fn check(call: &Call, token: &NamedRefreshToken) -> Result<(), Problem> {
    let registered = call.epoch.authority.registered();
    let client = registered.clients.get(&token.client_id);
    let user = registered.users.get(&token.sub);
    Ok(check_one::refresh_token(token, client, user)?)
}
