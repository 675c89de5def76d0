//! One server with its clock, its faults and its journal; and all of those that a process holds.

mod life;
mod order;
mod sandboxes;

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

pub use order::SandboxError;
pub(crate) use order::SandboxOrder;
use sandboxes::Fingerprint;
pub(crate) use sandboxes::{Sandboxes, ServerDefaults};

use crate::authority::{Authority, InitialState, MintError, MintOrder, Minted, Settings};
use crate::clock::{Clock, ClockState, Timestamp};
use crate::fault::plan::Plan;
use crate::journal::{Exchange, Filter, Journal, Limits, Progress};
use crate::oauth::endpoint::Endpoint;
use crate::sandbox::life::Life;

/// The prefix of the control plane's paths, below the sandbox's own.
pub(crate) const RESERVED: &str = "/_mimic";

/// What comes before the id in a sandbox's path.
pub(crate) const SANDBOX: &str = "/s/";

/// One server among those of this process: its settings, its clock, and the epoch that requests work in.
#[derive(Debug)]
pub(crate) struct Sandbox {
    /// The id in the sandbox's paths; the default sandbox has none.
    pub(crate) id: Option<String>,
    /// A name for people.
    pub(crate) label: Option<String>,
    pub(crate) settings: Arc<Settings>,
    pub(crate) clock: Clock,
    /// A request clones the `Arc` once, when it arrives, and finishes in that epoch.
    epoch: RwLock<Arc<Epoch>>,
    initial: Arc<InitialState>,
    initial_clock: ClockState,
    journal: Limits,
    /// The fingerprint of the request that put this sandbox under its id.
    request: Option<Fingerprint>,
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
    pub(crate) journal: Arc<Journal>,
}

/// Keeps a sandbox from expiring while a wait or a stream is open.
#[derive(Debug)]
pub(crate) struct Hold(Arc<Sandbox>);

impl Drop for Hold {
    fn drop(&mut self) {
        if let Some(life) = &self.0.life {
            life.release();
        }
    }
}

impl Sandbox {
    pub(crate) fn new(
        initial: Arc<InitialState>,
        base_url: String,
        control_url: Option<String>,
        clock: Clock,
        journal: Limits,
    ) -> Self {
        let settings = Arc::new(initial.settings(base_url, control_url));
        Self {
            id: None,
            label: None,
            request: None,
            endpoints: endpoints(&settings),
            epoch: RwLock::new(Arc::new(Epoch::new(
                1,
                &initial,
                &settings,
                clock.now(),
                &journal,
            ))),
            initial_clock: clock.state(),
            settings,
            clock,
            initial,
            journal,
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
            &self.journal,
        );
        let past = std::mem::replace(&mut *epoch, Arc::new(next));
        drop(epoch);
        // Waits and streams go on in the new epoch.
        past.journal.close();
    }

    /// Ends waits and streams, because the sandbox was removed.
    fn end(&self) {
        self.epoch().journal.close();
    }

    /// Waits until `count` exchanges match. A reset begins the count anew; returns none if the sandbox is removed.
    pub(crate) async fn arrived(
        self: &Arc<Self>,
        filter: &Filter,
        count: usize,
    ) -> Option<Vec<Exchange>> {
        let _hold = self.hold();
        loop {
            let epoch = self.epoch();
            let wait = epoch.journal.wait(filter.clone(), count);
            loop {
                match wait.progress() {
                    Progress::Ready(exchanges) => return Some(exchanges),
                    Progress::NotYet => wait.changed().await,
                    Progress::Closed => break,
                }
            }
            if Arc::ptr_eq(&epoch, &self.epoch()) {
                return None;
            }
        }
    }

    /// Keeps the sandbox from expiring until the result is dropped.
    pub(crate) fn hold(self: &Arc<Self>) -> Hold {
        if let Some(life) = &self.life {
            life.hold();
        }
        Hold(Arc::clone(self))
    }

    pub(crate) fn mint(&self, order: &MintOrder) -> Result<Minted, MintError> {
        let (epoch, now) = self.begin();
        epoch.authority.mint(order, now)
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
            life.touch();
        }
    }

    fn is_over(&self) -> bool {
        self.life.as_ref().is_some_and(Life::is_over)
    }
}

impl Epoch {
    fn new(
        number: u64,
        initial: &InitialState,
        settings: &Arc<Settings>,
        started: Timestamp,
        journal: &Limits,
    ) -> Self {
        Self {
            number,
            authority: Authority::new(initial, Arc::clone(settings), started),
            faults: Plan::default(),
            journal: Journal::new(journal, number),
        }
    }
}

/// Returns every path of the profile with its endpoint.
fn endpoints(settings: &Settings) -> HashMap<String, Endpoint> {
    let paths = &settings.profile.paths;
    let all = Endpoint::ALL.iter().copied();
    all.flat_map(|endpoint| {
        let paths = paths.all(endpoint).into_iter();
        paths.map(move |path| (path, endpoint))
    })
    .collect()
}
