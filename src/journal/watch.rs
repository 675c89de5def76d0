//! Waiting for exchanges, and following them as they arrive.
//!
//! A watcher is woken only for what it asked for: the journal compares each change with the filter of each watcher, which costs
//! a few nanoseconds, and wakes those whose condition holds. [`Notify`] keeps one wake-up for a watcher that is busy.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::Notify;

use crate::journal::entry::Entry;
use crate::journal::filter::Filter;
use crate::journal::{Exchange, Journal, Kept};

/// The most bytes of events that are queued for a stream. What does not fit is read from the journal when the client has read the
/// others.
const QUEUE: usize = 256 * 1024;
/// The most exchanges that are read from the journal at a time.
const CHUNK: usize = 128;

/// Somebody who waits for exchanges or follows them.
#[derive(Debug)]
pub(super) struct Watcher {
    id: u64,
    filter: Filter,
    wake: Arc<Notify>,
    /// Whether the entry that is being changed matched before the change.
    matched: bool,
    interest: Interest,
}

#[derive(Debug)]
enum Interest {
    /// Until `count` exchanges match; `matching` do now.
    Count { count: usize, matching: usize },
    /// Each exchange that matches.
    Events(Feed),
}

/// Events on their way to a stream.
#[derive(Debug)]
struct Feed {
    queue: VecDeque<Arc<str>>,
    bytes: usize,
    /// Exchanges after this number are read from the journal, not from the queue.
    behind: Option<u64>,
}

/// All watchers of a journal.
#[derive(Debug, Default)]
pub(super) struct Watchers {
    all: Vec<Watcher>,
    last_id: u64,
}

impl Watchers {
    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Remembers for each watcher whether it is interested in an entry that is about to change.
    pub(super) fn before(&mut self, entry: &Entry) {
        for watcher in &mut self.all {
            watcher.matched = watcher.filter.matches(entry);
        }
    }

    /// Remembers that the entry that is about to change did not exist.
    pub(super) fn before_arrival(&mut self) {
        for watcher in &mut self.all {
            watcher.matched = false;
        }
    }

    /// Wakes the watchers that a change concerns. `render` makes the text of the event; it is called once at most.
    pub(super) fn changed(&mut self, number: u64, entry: &Entry, render: impl Fn() -> Arc<str>) {
        let mut event: Option<Arc<str>> = None;
        for watcher in &mut self.all {
            let matches = watcher.filter.matches(entry);
            match &mut watcher.interest {
                Interest::Count { count, matching } => {
                    *matching = *matching + usize::from(matches) - usize::from(watcher.matched);
                    if *matching >= *count {
                        watcher.wake.notify_one();
                    }
                }
                // A pending exchange is an event when it first matches, a completed one in any case.
                Interest::Events(feed) if matches && !(watcher.matched && entry.is_pending()) => {
                    feed.push(number, event.get_or_insert_with(&render));
                    watcher.wake.notify_one();
                }
                Interest::Events(_) => {}
            }
        }
    }

    /// Counts an entry no more that is about to be forgotten.
    pub(super) fn forget(&mut self, entry: &Entry) {
        for watcher in &mut self.all {
            if let Interest::Count { matching, .. } = &mut watcher.interest
                && watcher.filter.matches(entry)
            {
                *matching -= 1;
            }
        }
    }

    /// Counts no entry any more, because the journal was cleared.
    pub(super) fn clear(&mut self) {
        for watcher in &mut self.all {
            if let Interest::Count { matching, .. } = &mut watcher.interest {
                *matching = 0;
            }
        }
    }

    /// Wakes all of them, because the journal was closed.
    pub(super) fn wake(&self) {
        for watcher in &self.all {
            watcher.wake.notify_one();
        }
    }

    fn add(&mut self, filter: Filter, interest: Interest) -> (u64, Arc<Notify>) {
        self.last_id += 1;
        let wake = Arc::new(Notify::new());
        self.all.push(Watcher {
            id: self.last_id,
            filter,
            wake: Arc::clone(&wake),
            matched: false,
            interest,
        });
        (self.last_id, wake)
    }

    fn get(&mut self, id: u64) -> Option<&mut Watcher> {
        self.all.iter_mut().find(|watcher| watcher.id == id)
    }

    fn remove(&mut self, id: u64) {
        self.all.retain(|watcher| watcher.id != id);
    }
}

impl Feed {
    fn push(&mut self, number: u64, event: &Arc<str>) {
        if self.behind.is_some_and(|behind| number > behind) {
            return;
        }
        if self.bytes + event.len() > QUEUE {
            // The client reads slowly. What is not queued is still in the journal, unless that forgets it.
            self.behind = Some(self.behind.unwrap_or(number).min(number.saturating_sub(1)));
            return;
        }
        self.bytes += event.len();
        self.queue.push_back(Arc::clone(event));
    }
}

/// A wait for a number of exchanges. It ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Wait {
    seat: Seat,
    filter: Filter,
    count: usize,
}

/// A stream of events. It ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Follow {
    seat: Seat,
    filter: Filter,
}

/// A place among the watchers of a journal.
#[derive(Debug)]
struct Seat {
    journal: Arc<Journal>,
    id: u64,
    wake: Arc<Notify>,
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.journal.kept().watchers.remove(self.id);
    }
}

/// The state of a wait or a stream.
#[derive(Debug, PartialEq)]
pub(crate) enum Progress<T> {
    Ready(T),
    NotYet,
    /// The journal is closed: its sandbox was reset or removed.
    Closed,
}

impl Journal {
    /// Waits for exchanges that match, from the first one on.
    pub(crate) fn wait(self: &Arc<Self>, filter: Filter, count: usize) -> Wait {
        let mut kept = self.kept();
        let matching = kept
            .entries
            .iter()
            .filter(|entry| filter.matches(entry))
            .count();
        let interest = Interest::Count { count, matching };
        let seat = self.seat(&mut kept, filter.clone(), interest);
        Wait {
            seat,
            filter,
            count,
        }
    }

    /// Follows the exchanges that match: those after the number `after`, or from now on.
    pub(crate) fn follow(self: &Arc<Self>, filter: Filter, after: Option<u64>) -> Follow {
        let mut kept = self.kept();
        let feed = Feed {
            queue: VecDeque::new(),
            bytes: 0,
            behind: after.map(|number| number.min(kept.last_number())),
        };
        let seat = self.seat(&mut kept, filter.clone(), Interest::Events(feed));
        Follow { seat, filter }
    }

    fn seat(self: &Arc<Self>, kept: &mut Kept, filter: Filter, interest: Interest) -> Seat {
        let (id, wake) = kept.watchers.add(filter, interest);
        Seat {
            journal: Arc::clone(self),
            id,
            wake,
        }
    }
}

impl Wait {
    /// Returns the exchanges once enough of them match.
    pub(crate) fn progress(&self) -> Progress<Vec<Exchange>> {
        let mut kept = self.seat.journal.kept();
        let matching = match kept.watchers.get(self.seat.id) {
            Some(Watcher {
                interest: Interest::Count { matching, .. },
                ..
            }) => *matching,
            _ => 0,
        };
        if matching >= self.count {
            Progress::Ready(kept.matching(&self.filter))
        } else if kept.closed {
            Progress::Closed
        } else {
            Progress::NotYet
        }
    }

    /// Ends when [`Wait::progress`] may have changed.
    pub(crate) async fn changed(&self) {
        self.seat.wake.notified().await;
    }
}

impl Follow {
    /// Returns the text of the events that have come, and takes them off the queue.
    pub(crate) fn progress(&self) -> Progress<String> {
        let mut kept = self.seat.journal.kept();
        let kept = &mut *kept;
        let mut text = String::new();
        if let Some(feed) = kept.watchers.feed(self.seat.id) {
            feed.bytes = 0;
            for event in feed.queue.drain(..) {
                text.push_str(&event);
            }
            if let Some(behind) = feed.behind {
                let (more, behind) = self.catch_up(kept, behind);
                text.push_str(&more);
                if let Some(feed) = kept.watchers.feed(self.seat.id) {
                    feed.behind = behind;
                }
                if behind.is_some() {
                    self.seat.wake.notify_one();
                }
            }
        }
        if !text.is_empty() {
            Progress::Ready(text)
        } else if kept.closed {
            Progress::Closed
        } else {
            Progress::NotYet
        }
    }

    /// Reads exchanges after a number from the journal. Returns the number that was reached, if there are more.
    fn catch_up(&self, kept: &Kept, behind: u64) -> (String, Option<u64>) {
        let mut text = String::new();
        if behind + 1 < kept.first {
            let forgotten = kept.first - behind - 1;
            text = format!("event: forgotten\ndata: {{\"forgotten\": {forgotten}}}\n\n");
        }
        let mut reached = behind.max(kept.first - 1);
        for number in (reached + 1..=kept.last_number()).take(CHUNK) {
            reached = number;
            if let Some(entry) = kept.entry(number)
                && self.filter.matches(entry)
            {
                text.push_str(&self.seat.journal.event(kept, number, entry));
            }
        }
        (text, (reached < kept.last_number()).then_some(reached))
    }

    /// Ends when [`Follow::progress`] may have changed.
    pub(crate) async fn changed(&self) {
        self.seat.wake.notified().await;
    }
}

impl Watchers {
    fn feed(&mut self, id: u64) -> Option<&mut Feed> {
        match &mut self.get(id)?.interest {
            Interest::Events(feed) => Some(feed),
            Interest::Count { .. } => None,
        }
    }
}
