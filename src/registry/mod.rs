//! Everything that a server knows by name: clients, users and named refresh tokens.
//!
//! Requests read it while tests change it. Every look-up and every change holds the lock for one step, and hands out
//! shared values, so neither costs more when more is registered.

mod named_tokens;

pub(crate) use named_tokens::NamedToken;
use named_tokens::NamedTokens;

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use indexmap::IndexMap;

use crate::clock::Timestamp;
use crate::json::invalid::Invalid;
use crate::oauth::client::Client;
use crate::oauth::grant::RefreshPolicy;
use crate::oauth::user::User;

use crate::seed::{FixtureError, NamedRefreshToken, check};
use crate::shape::Profile;

/// The clients, users and named refresh tokens of one epoch.
pub(crate) struct Registry {
    /// Shared with the initial state until the first change.
    entries: RwLock<Arc<Entries>>,
    profile: Arc<Profile>,
    /// The start that the times of the initial tokens count from.
    started: Timestamp,
}

/// What is registered, in the order it was registered.
#[derive(Debug, Clone)]
pub(crate) struct Entries {
    clients: IndexMap<String, Arc<Client>>,
    users: IndexMap<String, Arc<User>>,
    tokens: NamedTokens,
}

impl Entries {
    /// Takes what was checked as a whole.
    pub(crate) fn new(
        clients: Vec<Client>,
        users: Vec<User>,
        refresh_tokens: Vec<NamedRefreshToken>,
        profile: &Profile,
    ) -> Self {
        Self {
            clients: by_name(clients),
            users: by_name(users),
            tokens: NamedTokens::new(refresh_tokens, profile),
        }
    }
}

fn by_name<T: Item>(items: Vec<T>) -> IndexMap<String, Arc<T>> {
    let named = |item: T| (item.name().to_owned(), Arc::new(item));
    items.into_iter().map(named).collect()
}

/// A client or a user: something that is registered under a name of its own.
pub(crate) trait Item: Sized {
    /// What it is, for messages.
    const WHAT: &'static str;

    fn name(&self) -> &str;
    fn check(&self) -> Result<(), Invalid>;
    fn of(entries: &Entries) -> &IndexMap<String, Arc<Self>>;
    fn of_mut(entries: &mut Entries) -> &mut IndexMap<String, Arc<Self>>;
}

impl Item for Client {
    const WHAT: &'static str = "client";

    fn name(&self) -> &str {
        &self.client_id
    }

    fn check(&self) -> Result<(), Invalid> {
        check::client(self)
    }

    fn of(entries: &Entries) -> &IndexMap<String, Arc<Self>> {
        &entries.clients
    }

    fn of_mut(entries: &mut Entries) -> &mut IndexMap<String, Arc<Self>> {
        &mut entries.clients
    }
}

impl Item for User {
    const WHAT: &'static str = "user";

    fn name(&self) -> &str {
        &self.sub
    }

    fn check(&self) -> Result<(), Invalid> {
        check::user(self)
    }

    fn of(entries: &Entries) -> &IndexMap<String, Arc<Self>> {
        &entries.users
    }

    fn of_mut(entries: &mut Entries) -> &mut IndexMap<String, Arc<Self>> {
        &mut entries.users
    }
}

impl Registry {
    /// A registry that starts with `entries` at `started`.
    pub(crate) fn new(entries: &Arc<Entries>, profile: &Arc<Profile>, started: Timestamp) -> Self {
        Self {
            entries: RwLock::new(Arc::clone(entries)),
            profile: Arc::clone(profile),
            started,
        }
    }

    pub(crate) fn get<T: Item>(&self, name: &str) -> Option<Arc<T>> {
        T::of(&self.read()).get(name).cloned()
    }

    /// All of them, in the order they were registered.
    pub(crate) fn list<T: Item>(&self) -> Vec<Arc<T>> {
        T::of(&self.read()).values().cloned().collect()
    }

    /// The one of that name, or the first where none is named.
    pub(crate) fn pick<T: Item>(&self, name: Option<&str>) -> Result<Arc<T>, Unknown> {
        let entries = self.read();
        let items = T::of(&entries);
        let found = match name {
            Some(name) => items.get(name),
            None => items.first().map(|(_, first)| first),
        };
        found.cloned().ok_or_else(|| Unknown {
            asked: name.unwrap_or("(the first)").to_owned(),
            known: names(items.keys()),
        })
    }

    /// Registers one, or replaces the one of that name; returns true if it replaced one.
    pub(crate) fn put<T: Item>(&self, item: T) -> Result<bool, FixtureError> {
        checked(&item)?;
        let (name, item) = (item.name().to_owned(), Arc::new(item));
        Ok(self.change(|entries| T::of_mut(entries).insert(name, item).is_some()))
    }

    /// Registers one unless the name is taken; returns true if it was registered.
    pub(crate) fn add<T: Item>(&self, item: T) -> Result<bool, FixtureError> {
        checked(&item)?;
        let (name, item) = (item.name().to_owned(), Arc::new(item));
        Ok(self.change(|entries| {
            let items = T::of_mut(entries);
            let free = !items.contains_key(&name);
            if free {
                items.insert(name, item);
            }
            free
        }))
    }

    /// Removes the one of that name; returns true if there was one.
    pub(crate) fn remove<T: Item>(&self, name: &str) -> bool {
        self.change(|entries| T::of_mut(entries).shift_remove(name).is_some())
    }

    /// Sets the refresh policy of every client.
    pub(crate) fn set_refresh_policy(&self, policy: RefreshPolicy) {
        self.change(|entries| {
            for client in entries.clients.values_mut() {
                Arc::make_mut(client).refresh = Some(policy);
            }
        });
    }

    /// The named refresh token of that client.
    pub(crate) fn refresh_token(&self, name: &str, client_id: &str) -> Option<Arc<NamedToken>> {
        self.read().tokens.get(name, client_id).cloned()
    }

    /// The named refresh token of that name: that of the client, or else the first.
    pub(crate) fn named_token(&self, name: &str, client_id: &str) -> Option<Arc<NamedToken>> {
        let entries = self.read();
        let own = entries.tokens.get(name, client_id);
        own.or_else(|| entries.tokens.first(name)).cloned()
    }

    /// The clients that have a named refresh token of that name.
    pub(crate) fn owners_of(&self, name: &str) -> Vec<String> {
        self.read().tokens.owners(name).cloned().collect()
    }

    /// The start that the times of a named refresh token count from.
    pub(crate) fn start_of(&self, token: &NamedToken) -> Timestamp {
        token.put_at.unwrap_or(self.started)
    }

    /// All named refresh tokens, in the order their names were registered.
    pub(crate) fn refresh_tokens(&self) -> Vec<Arc<NamedToken>> {
        self.read().tokens.iter().cloned().collect()
    }

    /// Adds a named refresh token at `now`, or replaces the one of that name and client. Returns the id of the one it
    /// replaced, under which nothing need be remembered any longer.
    pub(crate) fn put_refresh_token(
        &self,
        token: NamedRefreshToken,
        now: Timestamp,
    ) -> Result<Option<String>, FixtureError> {
        self.change(|entries| {
            entries.check_token(&token)?;
            Ok(entries.tokens.put(token, now, &self.profile))
        })
    }

    /// Adds a named refresh token at `now`, unless the client has one of that name; returns true if it was added.
    pub(crate) fn add_refresh_token(
        &self,
        token: NamedRefreshToken,
        now: Timestamp,
    ) -> Result<bool, FixtureError> {
        self.change(|entries| {
            entries.check_token(&token)?;
            let free = entries.tokens.get(&token.token, &token.client_id).is_none();
            if free {
                entries.tokens.put(token, now, &self.profile);
            }
            Ok(free)
        })
    }

    /// Removes the named refresh token of a client. Returns its id, under which nothing need be remembered any longer.
    pub(crate) fn remove_refresh_token(&self, name: &str, client_id: &str) -> Option<String> {
        self.change(|entries| entries.tokens.remove(name, client_id))
    }

    fn read(&self) -> RwLockReadGuard<'_, Arc<Entries>> {
        // Every change leaves the entries whole, so a panic elsewhere does no harm.
        self.entries.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Nothing but this lock holds the entries longer than one step, so they are copied at most once, when they are
    /// still those of the initial state.
    fn change<T>(&self, change: impl FnOnce(&mut Entries) -> T) -> T {
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        change(Arc::make_mut(&mut entries))
    }
}

impl Entries {
    fn check_token(&self, token: &NamedRefreshToken) -> Result<(), FixtureError> {
        let client = self.clients.get(&token.client_id).map(AsRef::as_ref);
        let user = self.users.get(&token.sub).map(AsRef::as_ref);
        check::refresh_token(token, client, user)
            .map_err(|why| FixtureError::registered("refresh token", &token.token, why))
    }
}

fn checked<T: Item>(item: &T) -> Result<(), FixtureError> {
    item.check()
        .map_err(|why| FixtureError::registered(T::WHAT, item.name(), why))
}

impl fmt::Debug for Registry {
    /// Without the names, which may be many.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entries = self.read();
        f.debug_struct("Registry")
            .field("clients", &entries.clients.len())
            .field("users", &entries.users.len())
            .field("refresh_tokens", &entries.tokens.len())
            .finish()
    }
}

/// What was asked for, and what there is.
#[derive(Debug)]
pub(crate) struct Unknown {
    pub(crate) asked: String,
    pub(crate) known: String,
}

/// How many names a message lists.
const LISTED: usize = 20;

fn names<'n>(names: impl Iterator<Item = &'n String>) -> String {
    let mut names: Vec<&str> = names.map(String::as_str).collect();
    names.sort_unstable();
    match names.len() {
        0 => "none; add one to the fixtures".to_owned(),
        1..=LISTED => names.join(", "),
        count => format!("{} and {} more", names[..LISTED].join(", "), count - LISTED),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Draft;

    /// A registry, and the initial state that it shares.
    fn started() -> (Registry, Arc<Entries>) {
        let seed = Draft::built_in().and_then(Draft::check).expect("a seed");
        let entries = Entries::new(seed.clients, seed.users, seed.refresh_tokens, &seed.profile);
        let entries = Arc::new(entries);
        let registry = Registry::new(&entries, &seed.profile, Timestamp::from_unix(0));
        (registry, entries)
    }

    fn registry() -> Registry {
        started().0
    }

    fn token(number: usize, client: &str, user: &str) -> NamedRefreshToken {
        NamedRefreshToken::new(format!("T{number}"), client, user)
    }

    #[test]
    fn ten_thousand_changes_under_load_copy_the_entries_once() {
        let (registry, initial) = started();
        let user = registry.list::<User>()[0].sub.clone();
        let place = || Arc::as_ptr(&registry.read());
        registry.put(Client::public("c")).expect("a good client");
        let copied = place();
        assert_ne!(
            Arc::as_ptr(&initial),
            copied,
            "the initial state stays as it is"
        );
        // Requests in flight hold values for as long as they like.
        let held: Vec<_> = (0..10_000)
            .map(|number| {
                registry
                    .put(User::new(number.to_string()))
                    .expect("a good user");
                let token = token(number, "c", &user);
                registry
                    .put_refresh_token(token, Timestamp::from_unix(0))
                    .expect("a good token");
                let client = registry.get::<Client>("c").expect("the client");
                registry.put(Client::public("c")).expect("a good client");
                (client, registry.refresh_token(&format!("T{number}"), "c"))
            })
            .collect();
        assert_eq!(place(), copied, "no change copied what was there");
        assert_eq!(held.len(), 10_000);
    }

    #[test]
    fn names_keep_the_order_they_were_registered_in() {
        let registry = registry();
        for name in ["b", "c", "a"] {
            assert_eq!(registry.put(Client::public(name)), Ok(false));
        }
        assert_eq!(registry.put(Client::public("b")), Ok(true));
        assert_eq!(registry.add(Client::public("b")), Ok(false));
        assert!(registry.remove::<Client>("c"));
        assert!(!registry.remove::<Client>("c"));
        let clients = registry.list::<Client>();
        let last: Vec<&str> = clients.iter().map(|client| client.name()).collect();
        assert!(last.ends_with(&["b", "a"]), "{last:?}");
    }

    #[test]
    fn a_removed_name_leaves_nothing_in_memory() {
        let registry = registry();
        let before = registry.read().tokens.len();
        let user = registry.list::<User>()[0].sub.clone();
        for number in 0..100 {
            let token = token(number, "client-default", &user);
            let replaced = registry.put_refresh_token(token, Timestamp::from_unix(0));
            assert_eq!(replaced, Ok(None));
            let removed = registry.remove_refresh_token(&format!("T{number}"), "client-default");
            assert!(removed.is_some());
        }
        assert_eq!(registry.read().tokens.len(), before);
    }

    #[test]
    fn a_message_lists_a_few_of_many_names() {
        let registry = registry();
        for number in 0..1_000 {
            registry
                .put(User::new(number.to_string()))
                .expect("a good user");
        }
        let unknown = registry.pick::<User>(Some("nobody")).expect_err("no user");
        assert!(unknown.known.ends_with("more"), "{}", unknown.known);
        assert!(unknown.known.len() < 500, "{}", unknown.known);
    }
}
