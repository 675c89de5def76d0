//! Who is registered: clients, users and named refresh tokens, each by name and in order.

mod named_tokens;

pub(crate) use named_tokens::{NamedToken, NamedTokens};

use std::collections::HashMap;

use crate::oauth::client::Client;
use crate::oauth::user::User;
use crate::seed::NamedRefreshToken;
use crate::shape::Profile;

/// Everyone and everything a server knows by name.
#[derive(Debug, Clone)]
pub(crate) struct Registered {
    pub(crate) clients: Registry<Client>,
    pub(crate) users: Registry<User>,
    pub(crate) named: NamedTokens,
}

impl Registered {
    pub(crate) fn new(
        clients: Vec<Client>,
        users: Vec<User>,
        refresh_tokens: Vec<NamedRefreshToken>,
        profile: &Profile,
    ) -> Self {
        Self {
            clients: Registry::new(clients),
            users: Registry::new(users),
            named: NamedTokens::new(refresh_tokens, profile),
        }
    }
}

/// Things by name, which remember the order they were written in.
#[derive(Debug, Clone)]
pub(crate) struct Registry<T> {
    items: Vec<T>,
    index: HashMap<String, usize>,
}

/// What a thing is known by.
pub(crate) trait Named {
    fn name(&self) -> &str;
}

impl Named for Client {
    fn name(&self) -> &str {
        &self.client_id
    }
}

impl Named for User {
    fn name(&self) -> &str {
        &self.sub
    }
}

impl<T: Named> Registry<T> {
    fn new(items: Vec<T>) -> Self {
        let index = items
            .iter()
            .enumerate()
            .map(|(at, item)| (item.name().to_owned(), at))
            .collect();
        Self { items, index }
    }

    /// Puts a thing in the place of the one of that name, or after all others; returns true if there was one.
    pub(crate) fn put(&mut self, item: T) -> bool {
        if let Some(at) = self.index.get(item.name()) {
            self.items[*at] = item;
            return true;
        }
        self.index.insert(item.name().to_owned(), self.items.len());
        self.items.push(item);
        false
    }

    /// Removes the one of that name; returns true if there was one.
    pub(crate) fn remove(&mut self, name: &str) -> bool {
        let Some(at) = self.index.get(name).copied() else {
            return false;
        };
        self.items.remove(at);
        *self = Self::new(std::mem::take(&mut self.items));
        true
    }

    pub(crate) fn get(&self, name: &str) -> Option<&T> {
        self.index.get(name).map(|at| &self.items[*at])
    }

    pub(crate) fn items(&self) -> &[T] {
        &self.items
    }

    /// The one of that name, or the first where none is named.
    pub(crate) fn pick(&self, name: Option<&str>) -> Result<&T, NotThere> {
        let found = match name {
            Some(name) => self.get(name),
            None => self.items.first(),
        };
        found.ok_or_else(|| {
            let mut known: Vec<&str> = self.index.keys().map(String::as_str).collect();
            known.sort_unstable();
            NotThere {
                asked: name.unwrap_or("(the first)").to_owned(),
                known: if known.is_empty() {
                    "none; add one to the fixtures".to_owned()
                } else {
                    known.join(", ")
                },
            }
        })
    }
}

/// What was asked for, and what there is.
#[derive(Debug)]
pub(crate) struct NotThere {
    pub(crate) asked: String,
    pub(crate) known: String,
}
