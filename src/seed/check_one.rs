//! The same checks for what is added to a running server, one at a time.

use std::collections::HashMap;
use std::sync::Arc;

use crate::oauth::client::Client;
use crate::oauth::user::User;
use crate::seed::check::{check_client, check_token, check_user};
use crate::seed::{FixtureError, NamedRefreshToken, Written};

pub(crate) fn client(client: &Client) -> Result<(), FixtureError> {
    check_client(&written(client))
}

pub(crate) fn user(user: &User) -> Result<(), FixtureError> {
    check_user(&written(user))
}

pub(crate) fn refresh_token(
    token: &NamedRefreshToken,
    client: Option<&Client>,
    user: Option<&User>,
) -> Result<(), FixtureError> {
    let (client, user) = (client.map(written), user.map(written));
    let clients: HashMap<_, _> = client
        .iter()
        .map(|c| (c.value.client_id.as_str(), c))
        .collect();
    let users: HashMap<_, _> = user.iter().map(|u| (u.value.sub.as_str(), u)).collect();
    check_token(&written(token), &clients, &users)
}

fn written<T: Clone>(value: &T) -> Written<T> {
    Written {
        file: Arc::from("the request"),
        pointer: String::new(),
        value: value.clone(),
    }
}
