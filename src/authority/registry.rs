//! Who is registered, by name and in order.

use std::collections::HashMap;

use crate::grant::refresh_token::NamedTokens;
use crate::oauth::client::Client;
use crate::oauth::user::User;

/// Everyone and everything a server knows by name.
#[derive(Debug, Clone)]
pub(crate) struct Registered {
    pub(crate) clients: Registry<Client>,
    pub(crate) users: Registry<User>,
    pub(crate) named: NamedTokens,
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
    pub(super) fn new(items: Vec<T>) -> Self {
        let index = items
            .iter()
            .enumerate()
            .map(|(at, item)| (item.name().to_owned(), at))
            .collect();
        Self { items, index }
    }

    /// Puts a thing in the place of the one of that name, or behind all others; answers whether there was one.
    pub(crate) fn put(&mut self, item: T) -> bool {
        if let Some(at) = self.index.get(item.name()) {
            self.items[*at] = item;
            return true;
        }
        self.index.insert(item.name().to_owned(), self.items.len());
        self.items.push(item);
        false
    }

    /// Answers whether there was one of that name.
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
    pub(super) fn pick(&self, name: Option<&str>) -> Result<&T, NotThere> {
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
pub(super) struct NotThere {
    pub(super) asked: String,
    pub(super) known: String,
}
