//! All sandboxes of a server: found by path, created, replaced, removed, and freed when they expire.

use std::borrow::Cow;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use tokio::sync::Notify;

use crate::authority::InitialState;
use crate::clock::{Clock, Uptime};
use crate::journal::Limits;
use crate::json::Value;
use crate::oauth::endpoint::METADATA_PATHS;
use crate::random::Random;
use crate::sandbox::life::Life;
use crate::sandbox::{RESERVED, SANDBOX, Sandbox, SandboxError, SandboxOrder};
use crate::seed::Inherited;

/// The shortest pause between two looks for expired sandboxes.
const PAUSE: Duration = Duration::from_millis(100);

type ById = HashMap<String, Arc<Sandbox>>;

/// The default sandbox of a server, and those that tests created.
#[derive(Debug)]
pub(crate) struct Sandboxes {
    pub(crate) default: Arc<Sandbox>,
    others: RwLock<ById>,
    initial: Arc<InitialState>,
    defaults: ServerDefaults,
    uptime: Uptime,
    /// Different for each run of a server, also with a seed.
    pub(crate) run: String,
    /// The number of ids that were drawn without a label.
    drawn: AtomicU64,
    /// Woken when a sandbox is created that may expire.
    expiring: Notify,
}

/// What the sandboxes of a server have from it.
#[derive(Debug)]
pub(crate) struct ServerDefaults {
    pub(crate) inherited: Inherited,
    pub(crate) seed: Option<u64>,
    pub(crate) journal: Limits,
    /// The most sandboxes besides the default one.
    pub(crate) most: usize,
    /// The URL of the control plane, without its prefix, if there is one.
    pub(crate) control: Option<String>,
    /// The address at which this machine reaches the listener of the protocol.
    pub(crate) listener: SocketAddr,
}

impl ServerDefaults {
    /// Returns the URL of the control plane of the sandbox with that path, if there is one.
    fn control_url(&self, path: &str) -> Option<String> {
        let base = self.control.as_ref()?;
        Some(format!("{base}{path}{RESERVED}"))
    }
}

/// The SHA-256 of a request: all that is kept of it.
pub(super) type Fingerprint = [u8; 32];

/// Returns the fingerprint of a request, whatever the order of its members.
fn fingerprint(mut request: Value) -> Fingerprint {
    request.sort();
    Sha256::digest(request.to_string()).into()
}

impl Sandboxes {
    pub(crate) fn new(
        initial: Arc<InitialState>,
        base_url: String,
        clock: Clock,
        defaults: ServerDefaults,
    ) -> Self {
        let default = Sandbox::new(
            Arc::clone(&initial),
            base_url,
            defaults.control_url(""),
            clock,
            defaults.journal.clone(),
        );
        Self {
            default: Arc::new(default),
            others: RwLock::default(),
            initial,
            defaults,
            uptime: Uptime::start(),
            run: Random::System.text(),
            drawn: AtomicU64::new(0),
            expiring: Notify::new(),
        }
    }

    /// Returns the address at which this machine reaches the listener of the protocol.
    pub(crate) fn listener(&self) -> SocketAddr {
        self.defaults.listener
    }

    /// Finds the sandbox a path speaks of, and the path as that sandbox sees it.
    pub(crate) fn find<'p>(&self, path: &'p str) -> Option<(Arc<Sandbox>, Cow<'p, str>)> {
        // The well-known part may stand in front of the issuer's path, and a sandbox's issuer begins with its own.
        let document = METADATA_PATHS
            .into_iter()
            .find(|document| {
                path.strip_prefix(document)
                    .is_some_and(|rest| rest.starts_with(SANDBOX))
            })
            .unwrap_or_default();
        let Some(rest) = path[document.len()..].strip_prefix(SANDBOX) else {
            return Some((Arc::clone(&self.default), path.into()));
        };
        let end = rest.find('/').unwrap_or(rest.len());
        let sandbox = self.get(&rest[..end])?;
        let seen = match document {
            "" => Cow::from(&rest[end..]),
            document => format!("{document}{}", &rest[end..]).into(),
        };
        Some((sandbox, seen))
    }

    /// Finds a sandbox for a request, which begins its time anew.
    pub(crate) fn get(&self, id: &str) -> Option<Arc<Sandbox>> {
        let sandbox = self.peek(id)?;
        sandbox.touch();
        Some(sandbox)
    }

    /// Finds a sandbox without prolonging its life.
    pub(crate) fn peek(&self, id: &str) -> Option<Arc<Sandbox>> {
        let sandbox = self.read().get(id).cloned()?;
        (!sandbox.is_over()).then_some(sandbox)
    }

    /// Creates a sandbox, under the id of the order or a new one.
    pub(crate) fn create(&self, order: SandboxOrder) -> Result<Arc<Sandbox>, SandboxError> {
        order.check()?;
        let initial = self.initial_of(&order)?;
        let mut others = self.write();
        if let Some(id) = &order.id {
            end_if_over(&mut others, id);
        }
        let id = match &order.id {
            None => self.new_id(order.label.as_deref(), &others),
            Some(id) if others.contains_key(id) => return Err(SandboxError::IdTaken(id.clone())),
            Some(id) => id.clone(),
        };
        self.insert(&mut others, id, order, initial, None)
    }

    /// Creates a sandbox under that id. An earlier one of the id stays as it is if the same request put it, and is replaced
    /// otherwise. Returns true if there was none.
    pub(crate) fn put(
        &self,
        id: String,
        mut order: SandboxOrder,
        request: Value,
    ) -> Result<(Arc<Sandbox>, bool), SandboxError> {
        order.id = Some(id.clone());
        order.check()?;
        let initial = self.initial_of(&order)?;
        let request = fingerprint(request);
        let mut others = self.write();
        end_if_over(&mut others, &id);
        if let Some(held) = others.get(&id)
            && held.request == Some(request)
        {
            held.touch();
            return Ok((Arc::clone(held), false));
        }
        let replaced = end(&mut others, &id);
        let sandbox = self.insert(&mut others, id, order, initial, Some(request))?;
        Ok((sandbox, !replaced))
    }

    fn insert(
        &self,
        others: &mut ById,
        id: String,
        order: SandboxOrder,
        initial: Arc<InitialState>,
        request: Option<Fingerprint>,
    ) -> Result<Arc<Sandbox>, SandboxError> {
        if others.len() >= self.defaults.most {
            free_expired_of(others);
        }
        if others.len() >= self.defaults.most {
            return Err(SandboxError::TooMany(others.len()));
        }
        let path = format!("{SANDBOX}{id}");
        let base_url = format!("{}{path}", self.default.settings.base_url);
        let control_url = self.defaults.control_url(&path);
        let clock = order.clock.unwrap_or_else(|| {
            let clock = Clock::real();
            clock.restore(self.default.initial_clock);
            clock
        });
        let mut sandbox = Sandbox::new(
            initial,
            base_url,
            control_url,
            clock,
            self.defaults.journal.clone(),
        );
        sandbox.id = Some(id.clone());
        sandbox.label = order.label;
        sandbox.request = request;
        sandbox.life = order.ttl.map(|ttl| Life::new(ttl, self.uptime.clone()));
        let sandbox = Arc::new(sandbox);
        others.insert(id, Arc::clone(&sandbox));
        if sandbox.life.is_some() {
            self.expiring.notify_one();
        }
        Ok(sandbox)
    }

    /// Returns the initial state of a sandbox: the server's, but for what the order says.
    fn initial_of(&self, order: &SandboxOrder) -> Result<Arc<InitialState>, SandboxError> {
        let seed = order.seed.or(self.defaults.seed);
        Ok(match (&order.fixtures, order.seed) {
            (Some(fixtures), _) => {
                let own = fixtures.clone().check_within(&self.defaults.inherited)?;
                let initial = InitialState::new(own, self.initial.keys(), seed);
                Arc::new(initial.varied(None, order.leniency))
            }
            (None, None) if order.leniency.is_empty() => Arc::clone(&self.initial),
            (None, seed) => Arc::new(self.initial.varied(seed, order.leniency)),
        })
    }

    /// Draws an id. On a server with a seed it follows from the seed and the label, or else the number of ids that were drawn
    /// before, so that issuers are the same in each run.
    fn new_id(&self, label: Option<&str>, others: &ById) -> String {
        let Some(seed) = self.defaults.seed else {
            let mut bytes = [0; 9];
            Random::System.fill(&mut bytes);
            return URL_SAFE_NO_PAD.encode(bytes);
        };
        let name = match label {
            Some(label) => format!("label {label}"),
            None => format!("number {}", self.drawn.fetch_add(1, Ordering::Relaxed)),
        };
        let mut attempt = 0;
        loop {
            let digest = Sha256::digest(format!("{seed} {attempt} {name}"));
            let id = URL_SAFE_NO_PAD.encode(&digest[..9]);
            if !others.contains_key(&id) {
                return id;
            }
            attempt += 1;
        }
    }

    /// Removes a sandbox; returns true if there was one.
    pub(crate) fn remove(&self, id: &str) -> bool {
        let mut others = self.write();
        end_if_over(&mut others, id);
        end(&mut others, id)
    }

    /// Removes this sandbox, but not another one that got its id after it was removed or replaced.
    pub(crate) fn discard(&self, sandbox: &Arc<Sandbox>) {
        let Some(id) = &sandbox.id else { return };
        let mut others = self.write();
        if others
            .get(id)
            .is_some_and(|held| Arc::ptr_eq(held, sandbox))
        {
            end(&mut others, id);
        }
    }

    /// Removes every sandbox but the default one.
    pub(crate) fn clear(&self) {
        let mut others = self.write();
        let ids: Vec<String> = others.keys().cloned().collect();
        for id in ids {
            end(&mut others, &id);
        }
    }

    /// Returns those that tests created and that are not over, by id.
    pub(crate) fn list(&self) -> Vec<Arc<Sandbox>> {
        let mut all: Vec<_> = self.read().values().cloned().collect();
        all.retain(|sandbox| !sandbox.is_over());
        all.sort_by(|a, b| a.id.cmp(&b.id));
        all
    }

    /// Frees sandboxes as they expire. It never returns: the server drops it when it stops.
    pub(crate) async fn free_expired(self: Arc<Self>) {
        loop {
            let next = free_expired_of(&mut self.write());
            match next {
                None => self.expiring.notified().await,
                Some(left) => {
                    // A new sandbox may expire earlier than those before it.
                    let new = self.expiring.notified();
                    let _ = tokio::time::timeout(left.max(PAUSE), new).await;
                }
            }
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, ById> {
        // Each change leaves the map whole.
        self.others.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, ById> {
        self.others.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Removes the sandboxes that are over. Returns the time until the next one can be over.
fn free_expired_of(others: &mut ById) -> Option<Duration> {
    let mut over = Vec::new();
    let mut next: Option<Duration> = None;
    for (id, sandbox) in others.iter() {
        match sandbox.life.as_ref().map(Life::left) {
            None => {}
            Some(Duration::ZERO) => over.push(id.clone()),
            Some(left) => next = Some(next.map_or(left, |next| next.min(left))),
        }
    }
    for id in over {
        end(others, &id);
    }
    next
}

fn end_if_over(others: &mut ById, id: &str) {
    if others.get(id).is_some_and(|sandbox| sandbox.is_over()) {
        end(others, id);
    }
}

/// Ends a sandbox: each removal comes through here. Returns true if there was one.
fn end(others: &mut ById, id: &str) -> bool {
    let ended = others.remove(id);
    if let Some(sandbox) = &ended {
        sandbox.end();
    }
    ended.is_some()
}

#[cfg(test)]
mod tests {
    use std::sync::Weak;

    use super::*;
    use crate::keys::KeySet;
    use crate::seed::Draft;

    /// The sandboxes of a server with a seed, and the milliseconds of its uptime.
    fn sandboxes(most: usize) -> (Arc<Sandboxes>, Arc<AtomicU64>) {
        let seed = Draft::built_in()
            .and_then(Draft::check)
            .expect("the built-in fixtures are good");
        let defaults = ServerDefaults {
            inherited: seed.inherited(),
            seed: Some(1),
            journal: Limits::new(10, 10_000),
            most,
            control: None,
            listener: ([127, 0, 0, 1], 8080).into(),
        };
        let initial = InitialState::new(seed, KeySet::built_in(), Some(1));
        let base_url = "http://localhost:8080".to_owned();
        let mut all = Sandboxes::new(Arc::new(initial), base_url, Clock::real(), defaults);
        let now = Arc::new(AtomicU64::new(0));
        all.uptime = Uptime::Manual(Arc::clone(&now));
        (Arc::new(all), now)
    }

    fn named(id: &str, seconds: Option<u64>) -> SandboxOrder {
        SandboxOrder {
            id: Some(id.to_owned()),
            ttl: seconds.map(Duration::from_secs),
            ..SandboxOrder::default()
        }
    }

    #[test]
    fn a_sandbox_is_gone_when_its_time_is_over_and_use_begins_the_time_anew() {
        let (all, now) = sandboxes(10);
        for order in [
            named("idle", Some(2)),
            named("used", Some(2)),
            named("lasting", None),
        ] {
            all.create(order).expect("a sandbox");
        }
        now.store(1_999, Ordering::Relaxed);
        assert!(all.get("used").is_some());
        // Neither a list nor a look at it is a use.
        assert!(all.peek("idle").is_some());
        assert_eq!(all.list().len(), 3);
        now.store(2_000, Ordering::Relaxed);
        assert!(all.get("idle").is_none());
        assert_eq!(all.list().len(), 2);
        assert!(all.get("used").is_some());
        now.store(1_000_000, Ordering::Relaxed);
        assert_eq!(all.list().len(), 1);
        assert!(all.get("lasting").is_some());
        assert!(!all.remove("used"), "it is gone already");
        all.create(named("idle", None)).expect("the id is free");
    }

    #[test]
    fn a_repeated_put_is_a_use() {
        let (all, now) = sandboxes(10);
        let put = || {
            let order = named("again", Some(2));
            let (_, created) = all
                .put("again".to_owned(), order, Value::Null)
                .expect("a sandbox");
            created
        };
        assert!(put());
        now.store(1_999, Ordering::Relaxed);
        assert!(!put());
        now.store(3_998, Ordering::Relaxed);
        assert!(!put(), "it is the same one");
        now.store(5_998, Ordering::Relaxed);
        assert!(put(), "its time is over");
    }

    #[tokio::test]
    async fn the_timer_frees_an_expired_sandbox_that_nobody_asks_for() {
        let (all, now) = sandboxes(10);
        let timer = Arc::clone(&all).free_expired();
        let expired = async {
            // It is created while the timer waits for one.
            tokio::task::yield_now().await;
            let sandbox: Weak<Sandbox> =
                Arc::downgrade(&all.create(named("brief", Some(1))).expect("a sandbox"));
            now.store(1_000, Ordering::Relaxed);
            all.create(named("other", Some(60))).expect("a sandbox");
            while sandbox.upgrade().is_some() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let patience = Duration::from_secs(20);
        tokio::select! {
            () = timer => unreachable!("it never returns"),
            freed = tokio::time::timeout(patience, expired) => freed.expect("it is freed"),
        }
    }

    #[test]
    fn the_number_of_sandboxes_is_limited_and_expired_ones_do_not_count() {
        let (all, now) = sandboxes(2);
        all.create(named("a", Some(1))).expect("a sandbox");
        all.create(named("b", None)).expect("a sandbox");
        let refused = all.create(SandboxOrder::default()).expect_err("no room");
        assert_eq!(refused, SandboxError::TooMany(2));
        now.store(1_000, Ordering::Relaxed);
        all.create(SandboxOrder::default()).expect("a has expired");
    }

    #[test]
    fn an_id_can_stand_in_a_path_and_is_given_once() {
        let (all, _) = sandboxes(10);
        let long = "x".repeat(64);
        for id in ["a", "A-b_c.d~e", long.as_str(), "..."] {
            all.create(named(id, None)).expect(id);
            let again = all.create(named(id, None)).expect_err(id);
            assert_eq!(again, SandboxError::IdTaken(id.to_owned()));
        }
        for id in ["", ".", "..", "a/b", "ä", "a b", &"x".repeat(65)] {
            let refused = all.create(named(id, None)).expect_err(id);
            assert_eq!(refused, SandboxError::InvalidId(id.to_owned()));
        }
    }

    #[test]
    fn ids_follow_from_the_seed_and_the_label_or_the_number() {
        let labelled = |all: &Sandboxes, label: &str| {
            let order = SandboxOrder {
                label: Some(label.to_owned()),
                ..SandboxOrder::default()
            };
            let sandbox = all.create(order).expect("a sandbox");
            sandbox.id.clone().expect("an id")
        };
        let numbered = |all: &Sandboxes| {
            let sandbox = all.create(SandboxOrder::default()).expect("a sandbox");
            sandbox.id.clone().expect("an id")
        };
        let (first, _) = sandboxes(10);
        let (second, _) = sandboxes(10);
        let ids = [labelled(&first, "a"), numbered(&first), numbered(&first)];
        // The label decides, not the order.
        let again = [numbered(&second), labelled(&second, "a"), numbered(&second)];
        assert_eq!(ids, [again[1].clone(), again[0].clone(), again[2].clone()]);
        assert_ne!(ids[1], ids[2]);
        assert_ne!(labelled(&first, "a"), ids[0], "its id is taken");
    }
}
