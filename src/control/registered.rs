//! Clients, users and named refresh tokens, in the fixtures' own types.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::control::page::{Page, Part};
use crate::control::route::{Body, Created, Json, NoContent, Path, Put, Query};
use crate::control::{Call, Problem, ProblemCode, encoded};
use crate::json::pointer;
use crate::oauth::client::Client;
use crate::oauth::user::User;
use crate::registry::Item;
use crate::seed::NamedRefreshToken;

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Clients {
    clients: Vec<Arc<Client>>,
    /// The value of `after` for the next part; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Users {
    users: Vec<Arc<User>>,
    /// The value of `after` for the next part; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct RefreshTokens {
    refresh_tokens: Vec<NamedRefreshToken>,
    /// The value of `after` for the next part; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
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

/// A client or a user.
pub(super) trait Kind: Item + Clone + Serialize + DeserializeOwned + JsonSchema {
    /// The member that is its name.
    const NAME: &'static str;
    /// Its path below `/_mimic`.
    const PATH: &'static str;
    type List: From<Part<Arc<Self>>> + Serialize + JsonSchema;
}

impl Kind for Client {
    const NAME: &'static str = "client_id";
    const PATH: &'static str = "clients";
    type List = Clients;
}

impl From<Part<Arc<Client>>> for Clients {
    fn from(part: Part<Arc<Client>>) -> Self {
        Self {
            clients: part.items,
            next: part.next,
        }
    }
}

impl Kind for User {
    const NAME: &'static str = "sub";
    const PATH: &'static str = "users";
    type List = Users;
}

impl From<Part<Arc<User>>> for Users {
    fn from(part: Part<Arc<User>>) -> Self {
        Self {
            users: part.items,
            next: part.next,
        }
    }
}

pub(super) fn list<K: Kind>(
    call: &Call,
    Query(page): Query<Page>,
) -> Result<Json<K::List>, Problem> {
    let all = call.epoch.authority.registry.list::<K>();
    let part = page.of(all, |item| item.name().to_owned())?;
    Ok(Json(part.into()))
}

pub(super) fn get<K: Kind>(call: &Call, Path([name]): Path<1>) -> Result<Json<Arc<K>>, Problem> {
    let item = call.epoch.authority.registry.get(&name);
    item.map(Json).ok_or_else(|| unknown(K::WHAT))
}

pub(super) fn add<K: Kind>(call: &Call, Body(item): Body<K>) -> Result<Created<K>, Problem> {
    if !call.epoch.authority.registry.add(item.clone())? {
        return Err(taken(K::WHAT, K::NAME));
    }
    let name = item.name().to_owned();
    Ok(Created::at([K::PATH, &name], item))
}

pub(super) fn put<K: Kind>(
    call: &Call,
    Path([name]): Path<1>,
    Body(value): Body<K>,
) -> Result<Put<K>, Problem> {
    same_name(&name, value.name(), K::NAME)?;
    let created = !call.epoch.authority.registry.put(value.clone())?;
    Ok(Put { created, value })
}

pub(super) fn remove<K: Kind>(call: &Call, Path([name]): Path<1>) -> Result<NoContent, Problem> {
    if call.epoch.authority.registry.remove::<K>(&name) {
        Ok(NoContent)
    } else {
        Err(unknown(K::WHAT))
    }
}

pub(super) fn tokens(
    call: &Call,
    Query(page): Query<Page>,
) -> Result<Json<RefreshTokens>, Problem> {
    let named = call.epoch.authority.registry.refresh_tokens();
    // The name of a token is its client and its value, as in its path.
    let name = |token: &NamedRefreshToken| {
        let (client_id, value) = (encoded(&token.client_id), encoded(&token.token));
        format!("{client_id}/{value}")
    };
    let all = named.iter().map(|named| named.token.clone()).collect();
    let part = page.of(all, name)?;
    Ok(Json(RefreshTokens {
        refresh_tokens: part.items,
        next: part.next,
    }))
}

pub(super) fn token(
    call: &Call,
    Path([client_id, name]): Path<2>,
) -> Result<Json<NamedRefreshToken>, Problem> {
    let registry = &call.epoch.authority.registry;
    let named = registry.refresh_token(&name, &client_id);
    named
        .map(|named| Json(named.token.clone()))
        .ok_or_else(|| unknown("refresh token"))
}

pub(super) fn add_token(
    call: &Call,
    Body(token): Body<NamedRefreshToken>,
) -> Result<Created<NamedRefreshToken>, Problem> {
    let (registry, now) = (&call.epoch.authority.registry, call.sandbox.clock.now());
    if !registry.add_refresh_token(token.clone(), now)? {
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
    let (authority, now) = (&call.epoch.authority, call.sandbox.clock.now());
    let created = !authority.put_refresh_token(value.clone(), now)?;
    Ok(Put { created, value })
}

pub(super) fn remove_token(
    call: &Call,
    Path([client_id, name]): Path<2>,
) -> Result<NoContent, Problem> {
    if call.epoch.authority.remove_refresh_token(&name, &client_id) {
        Ok(NoContent)
    } else {
        Err(unknown("refresh token"))
    }
}
