//! Clients, users and named refresh tokens, in the fixtures' own types.

use schemars::JsonSchema;
use serde::Serialize;

use crate::control::{Answer, Call, Problem, created, json, no_content};
use crate::oauth::client::Client;
use crate::oauth::user::User;
use crate::seed::{NamedRefreshToken, check_one};

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

pub(super) fn clients(call: &Call<'_>) -> Answer {
    json(&Clients {
        clients: call.sandbox.authority.registered().clients.items().to_vec(),
    })
}

pub(super) fn client(call: &Call<'_>, id: &str) -> Answer {
    let registered = call.sandbox.authority.registered();
    json(
        registered
            .clients
            .get(id)
            .ok_or_else(|| unknown("client"))?,
    )
}

pub(super) fn add_client(call: &Call<'_>) -> Answer {
    let client: Client = call.body()?;
    check_one::client(&client)?;
    let added = call.sandbox.authority.register(|registered| {
        let free = registered.clients.get(&client.client_id).is_none();
        free.then(|| registered.clients.put(client.clone()))
    });
    added.ok_or_else(|| taken("client", "client_id"))?;
    created(&client)
}

pub(super) fn put_client(call: &Call<'_>, id: &str) -> Answer {
    let client: Client = call.body()?;
    same_name(id, &client.client_id, "client_id")?;
    check_one::client(&client)?;
    let replaced = call
        .sandbox
        .authority
        .register(|registered| registered.clients.put(client.clone()));
    if replaced {
        json(&client)
    } else {
        created(&client)
    }
}

pub(super) fn remove_client(call: &Call<'_>, id: &str) -> Answer {
    let removed = call
        .sandbox
        .authority
        .register(|registered| registered.clients.remove(id));
    if removed {
        Ok(no_content())
    } else {
        Err(unknown("client"))
    }
}

pub(super) fn users(call: &Call<'_>) -> Answer {
    json(&Users {
        users: call.sandbox.authority.registered().users.items().to_vec(),
    })
}

pub(super) fn user(call: &Call<'_>, sub: &str) -> Answer {
    let registered = call.sandbox.authority.registered();
    json(registered.users.get(sub).ok_or_else(|| unknown("user"))?)
}

pub(super) fn add_user(call: &Call<'_>) -> Answer {
    let user: User = call.body()?;
    check_one::user(&user)?;
    let added = call.sandbox.authority.register(|registered| {
        let free = registered.users.get(&user.sub).is_none();
        free.then(|| registered.users.put(user.clone()))
    });
    added.ok_or_else(|| taken("user", "sub"))?;
    created(&user)
}

pub(super) fn put_user(call: &Call<'_>, sub: &str) -> Answer {
    let user: User = call.body()?;
    same_name(sub, &user.sub, "sub")?;
    check_one::user(&user)?;
    let replaced = call
        .sandbox
        .authority
        .register(|registered| registered.users.put(user.clone()));
    if replaced {
        json(&user)
    } else {
        created(&user)
    }
}

pub(super) fn remove_user(call: &Call<'_>, sub: &str) -> Answer {
    let removed = call
        .sandbox
        .authority
        .register(|registered| registered.users.remove(sub));
    if removed {
        Ok(no_content())
    } else {
        Err(unknown("user"))
    }
}

pub(super) fn tokens(call: &Call<'_>) -> Answer {
    json(&RefreshTokens {
        refresh_tokens: call
            .sandbox
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
    let registered = call.sandbox.authority.registered();
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
    let authority = &call.sandbox.authority;
    let added = authority.register(|registered| {
        let same = |held: &NamedRefreshToken| {
            held.token == token.token && held.client_id == token.client_id
        };
        let free = !registered.named.iter().any(same);
        free.then(|| registered.named.put(token.clone(), &authority.profile))
    });
    added.ok_or_else(|| taken("refresh token", "token"))?;
    created(&token)
}

pub(super) fn put_token(call: &Call<'_>, name: &str) -> Answer {
    let token: NamedRefreshToken = call.body()?;
    same_name(name, &token.token, "token")?;
    check(call, &token)?;
    let authority = &call.sandbox.authority;
    let replaced =
        authority.register(|registered| registered.named.put(token.clone(), &authority.profile));
    if replaced {
        json(&token)
    } else {
        created(&token)
    }
}

pub(super) fn remove_token(call: &Call<'_>, name: &str) -> Answer {
    let removed = call
        .sandbox
        .authority
        .register(|registered| registered.named.remove(name, None));
    if removed {
        Ok(no_content())
    } else {
        Err(unknown("refresh token"))
    }
}

fn check(call: &Call<'_>, token: &NamedRefreshToken) -> Result<(), Problem> {
    let registered = call.sandbox.authority.registered();
    let client = registered.clients.get(&token.client_id);
    let user = registered.users.get(&token.sub);
    Ok(check_one::refresh_token(token, client, user)?)
}
