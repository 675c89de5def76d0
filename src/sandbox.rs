//! One authority with its clock, its faults and its journal; and all of those that a server holds.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::authority::{Authority, InitialState, MintError, MintOrder, Settings};
use crate::clock::{Clock, ClockState, Stopwatch, Timestamp};
use crate::fault::plan::Plan;
use crate::journal::Journal;
use crate::keys::KeySet;
use crate::oauth::endpoint::Endpoint;
use crate::oauth::response::TokenResponse;
use crate::random::Random;

/// The prefix of the control plane's paths, below the sandbox's own.
pub(crate) const RESERVED: &str = "/_mimic";

/// What comes before the id in a sandbox's path.
pub(crate) const SANDBOX: &str = "/s/";

/// The documents of metadata, by the paths they are well known at.
const DOCUMENTS: [&str; 2] = [
    "/.well-known/openid-configuration",
    "/.well-known/oauth-authorization-server",
];

/// One server among those of this process: its settings, its clock, and the epoch that requests work in.
#[derive(Debug)]
pub(crate) struct Sandbox {
    /// The id in the sandbox's paths; the default sandbox has none.
    pub(crate) id: Option<String>,
    pub(crate) settings: Arc<Settings>,
    pub(crate) clock: Clock,
    /// A request clones the `Arc` once, when it arrives, and finishes in that epoch.
    epoch: RwLock<Arc<Epoch>>,
    initial: Arc<InitialState>,
    initial_clock: ClockState,
    journal_capacity: usize,
    life: Option<Life>,
    endpoints: HashMap<String, Endpoint>,
}

/// Everything that a reset replaces: registered clients and users, keys, spent tokens, ids, faults and journal.
///
/// One value behind one pointer, so a request that began before a reset leaves no trace after it.
#[derive(Debug)]
pub(crate) struct Epoch {
    /// Starts at 1; each reset adds 1.
    pub(crate) number: u64,
    pub(crate) authority: Authority,
    pub(crate) faults: Plan,
    pub(crate) journal: Journal,
}

/// How long a sandbox is kept, in real time, since it was last used.
#[derive(Debug)]
struct Life {
    most: Duration,
    used: RwLock<Stopwatch>,
}

impl Sandbox {
    pub(crate) fn new(
        initial: Arc<InitialState>,
        base_url: String,
        clock: Clock,
        journal_capacity: usize,
    ) -> Self {
        let settings = Arc::new(initial.settings(base_url));
        Self {
            id: None,
            endpoints: endpoints(&settings),
            epoch: RwLock::new(Arc::new(Epoch::new(
                1,
                &initial,
                &settings,
                clock.now(),
                journal_capacity,
            ))),
            initial_clock: clock.state(),
            settings,
            clock,
            initial,
            journal_capacity,
            life: None,
        }
    }

    /// Returns the endpoint at a path of this sandbox.
    pub(crate) fn endpoint(&self, path: &str) -> Endpoint {
        self.endpoints
            .get(path)
            .copied()
            .unwrap_or(Endpoint::Unknown)
    }

    /// Returns the present epoch.
    pub(crate) fn epoch(&self) -> Arc<Epoch> {
        // A change is one assignment, so a poisoned lock still holds a whole value.
        Arc::clone(&self.epoch.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns the present epoch and its time, for a request that begins. A reset happens before both or after both.
    pub(crate) fn begin(&self) -> (Arc<Epoch>, Timestamp) {
        let epoch = self.epoch.read().unwrap_or_else(PoisonError::into_inner);
        (Arc::clone(&epoch), self.clock.now())
    }

    /// Restores the initial state in one step: clock, clients, users, tokens, keys, faults, journal, spent tokens, ids.
    pub(crate) fn reset(&self) {
        let mut epoch = self.epoch.write().unwrap_or_else(PoisonError::into_inner);
        self.clock.restore(self.initial_clock);
        let next = Epoch::new(
            epoch.number + 1,
            &self.initial,
            &self.settings,
            self.clock.now(),
            self.journal_capacity,
        );
        *epoch = Arc::new(next);
    }

    pub(crate) fn mint(&self, order: &MintOrder) -> Result<TokenResponse, MintError> {
        let (epoch, now) = self.begin();
        epoch.authority.mint(order, now)
    }

    /// Returns a copy of the keys that the server started with.
    pub(crate) fn initial_keys(&self) -> KeySet {
        self.initial.keys()
    }

    /// Its path before the profile's.
    pub(crate) fn base_path(&self) -> String {
        self.id
            .as_ref()
            .map(|id| format!("{SANDBOX}{id}"))
            .unwrap_or_default()
    }

    fn touch(&self) {
        if let Some(life) = &self.life {
            *life.used.write().unwrap_or_else(PoisonError::into_inner) = Stopwatch::start();
        }
    }

    fn is_over(&self) -> bool {
        self.life.as_ref().is_some_and(|life| {
            life.used
                .read()
                .unwrap_or_else(PoisonError::into_inner)
                .elapsed()
                >= life.most
        })
    }
}

impl Epoch {
    fn new(
        number: u64,
        initial: &InitialState,
        settings: &Arc<Settings>,
        started: Timestamp,
        journal_capacity: usize,
    ) -> Self {
        Self {
            number,
            authority: Authority::new(initial, Arc::clone(settings), started),
            faults: Plan::default(),
            journal: Journal::new(journal_capacity),
        }
    }
}

/// Returns every path of the profile with its endpoint.
fn endpoints(settings: &Settings) -> HashMap<String, Endpoint> {
    let paths = &settings.profile.paths;
    let mut endpoints = HashMap::new();
    for prefix in std::iter::once(&paths.prefix).chain(&paths.aliases) {
        endpoints.insert(format!("{prefix}{}", paths.token), Endpoint::Token);
        endpoints.insert(
            format!("{prefix}{}", paths.authorization),
            Endpoint::Authorization,
        );
        endpoints.insert(format!("{prefix}{}", paths.jwks), Endpoint::Jwks);
    }
    // RFC 8414 §3.1 puts the well-known part in front of the issuer's path, OpenID Connect Discovery §4 behind it.
    let prefix = &paths.prefix;
    for document in DOCUMENTS {
        endpoints.insert(format!("{prefix}{document}"), Endpoint::Metadata);
        endpoints.insert(format!("{document}{prefix}"), Endpoint::Metadata);
    }
    endpoints
}

/// All sandboxes of a server: the default one, and those that tests asked for.
#[derive(Debug)]
pub(crate) struct Sandboxes {
    pub(crate) default: Arc<Sandbox>,
    others: RwLock<HashMap<String, Arc<Sandbox>>>,
    /// What a sandbox is made of that names nothing else.
    initial: Arc<InitialState>,
    journal: usize,
    /// Where the control plane is reached, without its prefix, if there is one.
    control: Option<String>,
}

/// What a sandbox is to be; what is left open, as the default one was made.
#[derive(Debug, Default)]
pub(crate) struct SandboxOrder {
    /// With its own seed.
    pub(crate) initial: Option<InitialState>,
    pub(crate) clock: Option<Timestamp>,
    pub(crate) seed: Option<u64>,
    pub(crate) ttl: Option<Duration>,
}

impl Sandboxes {
    pub(crate) fn new(
        initial: Arc<InitialState>,
        base_url: String,
        control: Option<String>,
        clock: Clock,
        journal: usize,
    ) -> Self {
        Self {
            control,
            default: Arc::new(Sandbox::new(Arc::clone(&initial), base_url, clock, journal)),
            others: RwLock::default(),
            initial,
            journal,
        }
    }

    /// Returns the URL of a sandbox's control plane, if there is one.
    pub(crate) fn control_url(&self, sandbox: &Sandbox) -> Option<String> {
        let base = self.control.as_ref()?;
        Some(format!("{base}{}{RESERVED}", sandbox.base_path()))
    }

    /// Finds the sandbox a path speaks of, and the path as that sandbox sees it.
    pub(crate) fn find<'p>(&self, path: &'p str) -> Option<(Arc<Sandbox>, Cow<'p, str>)> {
        // The well-known part may stand in front of the issuer's path, and a sandbox's issuer begins with its own.
        let document = DOCUMENTS
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

    pub(crate) fn get(&self, id: &str) -> Option<Arc<Sandbox>> {
        let sandbox = self.peek(id)?;
        sandbox.touch();
        Some(sandbox)
    }

    /// Finds a sandbox without prolonging its life.
    pub(crate) fn peek(&self, id: &str) -> Option<Arc<Sandbox>> {
        let sandbox = self.read().get(id).cloned()?;
        if sandbox.is_over() {
            self.remove(id);
            return None;
        }
        Some(sandbox)
    }

    pub(crate) fn create(&self, order: SandboxOrder) -> Arc<Sandbox> {
        let initial = match (order.initial, order.seed) {
            (Some(own), _) => Arc::new(own),
            (None, Some(seed)) => Arc::new(self.initial.reseeded(seed)),
            (None, None) => Arc::clone(&self.initial),
        };
        let mut bytes = [0; 9];
        // From the system, whatever the seed: two runs may want two sandboxes of one server.
        Random::System.fill(&mut bytes);
        let id = URL_SAFE_NO_PAD.encode(bytes);
        let base_url = format!("{}{SANDBOX}{id}", self.default.settings.base_url);
        let clock = order.clock.map_or_else(Clock::real, Clock::frozen);
        let mut sandbox = Sandbox::new(initial, base_url, clock, self.journal);
        sandbox.id = Some(id.clone());
        sandbox.life = order.ttl.map(|most| Life {
            most,
            used: RwLock::new(Stopwatch::start()),
        });
        let sandbox = Arc::new(sandbox);
        let mut others = self.others.write().unwrap_or_else(PoisonError::into_inner);
        others.insert(id, Arc::clone(&sandbox));
        sandbox
    }

    /// Answers whether there was one of that id.
    pub(crate) fn remove(&self, id: &str) -> bool {
        self.others
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(id)
            .is_some()
    }

    /// Those that tests asked for and that are not over, by id.
    pub(crate) fn list(&self) -> Vec<Arc<Sandbox>> {
        self.others
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .retain(|_, sandbox| !sandbox.is_over());
        let mut all: Vec<_> = self.read().values().cloned().collect();
        all.sort_by(|a, b| a.id.cmp(&b.id));
        all
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, HashMap<String, Arc<Sandbox>>> {
        // Each change is one insertion or removal.
        self.others.read().unwrap_or_else(PoisonError::into_inner)
    }
}
