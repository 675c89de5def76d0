//! What arrived and what was answered: kept, waited for, verified, advised on.
//!
//! An [`Exchange`] is one request and its answer. [`entry`] is its form in memory, [`budget`] bounds the memory, [`ticket`]
//! completes it, [`advice`] is what a stricter server would refuse, [`filter`] selects exchanges, [`verify`] compares what arrived
//! with what a test expects, and [`watch`] waits for it.

mod advice;
mod block;
mod budget;
mod entry;
mod exchange;
mod filter;
mod history;
mod outcome;
mod sent;
mod texts;
mod ticket;
mod verify;
mod watch;

pub use advice::AdviceCode;
pub(crate) use advice::AdvisedRequest;
pub(crate) use block::block_on;
pub(crate) use budget::Limits;
pub(crate) use entry::{Arrival, Contents, Ending};
pub use exchange::{Advice, Exchange, IssuedIds, Parameter};
pub use filter::Filter;
pub use outcome::Outcome;
pub(crate) use ticket::Ticket;
pub use verify::Expectation;
pub(crate) use watch::{Follow, Progress};

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::clock::real_time_millis;
use crate::journal::entry::Entry;
use crate::journal::history::History;
use crate::journal::sent::SentTokens;
use crate::journal::verify::Seen;
use crate::journal::watch::Watchers;
use crate::oauth::response::Tokens;

/// The exchanges of one epoch of a sandbox, in the order of arrival.
#[derive(Debug)]
pub(crate) struct Journal {
    /// The number of the epoch, for the ids of events.
    epoch: u64,
    limits: Limits,
    /// What the entries take, so that it can be read without the lock.
    bytes: AtomicUsize,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    /// The number of the first entry.
    first: u64,
    entries: VecDeque<Box<Entry>>,
    /// How many exchanges are not in `entries` any more.
    forgotten: u64,
    /// Every exchange up to this number is completed, or not kept any more.
    completed: u64,
    history: History,
    sent: SentTokens,
    watchers: Watchers,
    closed: bool,
}

/// What the change of an entry may use of the rest of the journal.
struct Around<'a> {
    history: &'a mut History,
    sent: &'a mut SentTokens,
    last_number: u64,
}

impl Journal {
    pub(crate) fn new(limits: &Limits, epoch: u64) -> Arc<Self> {
        let journal = Arc::new(Self {
            epoch,
            limits: limits.clone(),
            bytes: AtomicUsize::new(0),
            kept: Mutex::new(Kept {
                first: 1,
                sent: SentTokens::sharing(&limits.sent),
                ..Kept::default()
            }),
        });
        if limits.entries > 0 {
            limits.budget.enrol(&journal);
        }
        journal
    }

    /// Enters a request that has arrived. Returns none if the journal keeps nothing.
    pub(crate) fn enter(self: &Arc<Self>, arrival: &Arrival<'_>) -> Option<Ticket> {
        if self.keeps_nothing() {
            self.pass();
            return None;
        }
        let entry = Box::new(Entry::new(arrival, real_time_millis()));
        let mut guard = self.kept();
        let kept = &mut *guard;
        if kept.entries.len() == self.limits.entries {
            self.give(kept.forget_oldest());
        }
        let cost = entry.cost();
        kept.entries.push_back(entry);
        let number = kept.last_number();
        kept.watchers.before_arrival();
        self.changed(kept, number);
        self.take(cost);
        drop(guard);
        self.limits.budget.observe();
        Some(Ticket::new(Arc::clone(self), number))
    }

    /// Returns true if no exchange is ever kept.
    pub(crate) fn keeps_nothing(&self) -> bool {
        self.limits.entries == 0
    }

    /// Counts a request that is not kept.
    pub(crate) fn pass(&self) {
        let mut kept = self.kept();
        kept.first += 1;
        kept.forgotten += 1;
    }

    /// Changes an entry that is still kept.
    fn change(&self, number: u64, change: impl FnOnce(&mut Entry, &mut Around<'_>)) {
        let mut guard = self.kept();
        let kept = &mut *guard;
        let last_number = kept.last_number();
        let Some(index) = kept.index(number) else {
            return;
        };
        let entry = &mut kept.entries[index];
        kept.watchers.before(entry);
        let before = entry.cost();
        let mut around = Around {
            history: &mut kept.history,
            sent: &mut kept.sent,
            last_number,
        };
        change(entry, &mut around);
        // An entry only grows.
        let grown = entry.cost() - before;
        kept.advance();
        self.changed(kept, number);
        self.take(grown);
        drop(guard);
        self.limits.budget.observe();
    }

    /// Wakes the watchers that the change of an entry concerns.
    fn changed(&self, kept: &mut Kept, number: u64) {
        if kept.watchers.is_empty() {
            return;
        }
        let mut watchers = std::mem::take(&mut kept.watchers);
        if let Some(entry) = kept.entry(number) {
            watchers.changed(number, entry, || self.event(kept, number, entry));
        }
        kept.watchers = watchers;
    }

    /// Returns the text of a server-sent event. Its id names the last exchange up to which all are completed: a client that resumes
    /// there misses nothing.
    fn event(&self, kept: &Kept, number: u64, entry: &Entry) -> Arc<str> {
        let kind = if entry.is_pending() {
            "request"
        } else {
            "completed"
        };
        let data = crate::json::text(&entry.exchange(number));
        let (epoch, completed) = (self.epoch, kept.completed);
        format!("id: {epoch}.{completed}\nevent: {kind}\ndata: {data}\n\n").into()
    }

    /// Returns the exchanges that match, in the order of arrival.
    pub(crate) fn matching(&self, filter: &Filter) -> Vec<Exchange> {
        self.kept().matching(filter)
    }

    pub(crate) fn get(&self, number: u64) -> Option<Exchange> {
        let kept = self.kept();
        Some(kept.entry(number)?.exchange(number))
    }

    /// Returns the tokens that were sent in answer to a request, if they are kept (still).
    pub(crate) fn tokens(&self, number: u64) -> Option<Tokens> {
        let kept = self.kept();
        kept.entry(number)?;
        kept.sent.of(number).cloned()
    }

    /// Compares what arrived with what is expected.
    pub(crate) fn verify(&self, expectation: &Expectation) -> Result<(), String> {
        let kept = self.kept();
        expectation.check(&Seen {
            first: kept.first,
            entries: &kept.entries,
            forgotten: kept.forgotten,
        })
    }

    /// Removes all exchanges. Numbers run on.
    pub(crate) fn clear(&self) {
        let mut kept = self.kept();
        kept.first = kept.last_number() + 1;
        kept.entries = VecDeque::new();
        kept.history = History::default();
        kept.sent.clear();
        kept.forgotten = 0;
        kept.advance();
        kept.watchers.clear();
        self.give(self.bytes());
    }

    /// Ends waits and streams: the sandbox was reset or removed.
    pub(crate) fn close(&self) {
        let mut kept = self.kept();
        kept.closed = true;
        kept.watchers.wake();
    }

    /// The bytes that the entries take.
    fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Forgets the oldest exchanges until that many bytes are free. Returns how many are.
    fn forget(&self, bytes: usize) -> usize {
        let mut kept = self.kept();
        let mut freed = 0;
        while freed < bytes && !kept.entries.is_empty() {
            freed += kept.forget_oldest();
        }
        self.give(freed);
        freed
    }

    /// Counts bytes while the journal is locked: what another thread forgets must have been counted.
    fn take(&self, bytes: usize) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.limits.budget.take(bytes);
    }

    fn give(&self, bytes: usize) {
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
        self.limits.budget.give(bytes);
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // No verb panics between two changes that belong together.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.limits.budget.give(self.bytes());
    }
}

impl Kept {
    /// The number that was given last; 0 before the first.
    fn last_number(&self) -> u64 {
        self.first + self.entries.len() as u64 - 1
    }

    fn index(&self, number: u64) -> Option<usize> {
        let index = usize::try_from(number.checked_sub(self.first)?).ok()?;
        (index < self.entries.len()).then_some(index)
    }

    fn entry(&self, number: u64) -> Option<&Entry> {
        Some(&self.entries[self.index(number)?])
    }

    fn matching(&self, filter: &Filter) -> Vec<Exchange> {
        (self.first..)
            .zip(&self.entries)
            .filter(|(_, entry)| filter.matches(entry))
            .map(|(number, entry)| entry.exchange(number))
            .collect()
    }

    /// Removes the oldest entry. Returns what it took.
    fn forget_oldest(&mut self) -> usize {
        let Some(entry) = self.entries.pop_front() else {
            return 0;
        };
        let number = self.first;
        for key in [entry.presented, entry.issued].into_iter().flatten() {
            self.history.forget(key, number);
        }
        self.watchers.forget(&entry);
        self.first += 1;
        self.forgotten += 1;
        self.advance();
        entry.cost()
    }

    /// Moves `completed` up to the first exchange that is pending.
    fn advance(&mut self) {
        self.completed = self.completed.max(self.first - 1);
        while self
            .entry(self.completed + 1)
            .is_some_and(|entry| !entry.is_pending())
        {
            self.completed += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::oauth::client::AuthMethod;
    use crate::oauth::endpoint::Endpoint;
    use crate::oauth::params::Params;
    use crate::oauth::refusal::{Refusal, excerpt};
    use crate::oauth::response::{Lineage, TokenIds};

    const AT: Timestamp = Timestamp::from_unix(1_680_006_196);

    fn arrival() -> Arrival<'static> {
        Arrival {
            endpoint: Endpoint::Token,
            method: "POST",
            path: "/connect/oauth/token",
            at: AT,
        }
    }

    /// Enters a token request with that form, and completes it.
    fn exchange(
        journal: &Arc<Journal>,
        form: &str,
        refusal: Option<&Refusal>,
        issued: Option<&Lineage>,
    ) {
        let params = Params::decode(form.as_bytes()).expect("a form");
        let ticket = journal.enter(&arrival()).expect("it is kept");
        ticket.read(Contents {
            client_id: params.get("client_id"),
            auth_method: Some(AuthMethod::ClientSecretPost),
            grant_type: params.get("grant_type"),
            scope: params.get("scope"),
            parameters: params.iter(),
        });
        let request = AdvisedRequest {
            endpoint: crate::oauth::endpoint::Endpoint::Token,
            method: "POST",
            query: &Params::default(),
            form: &params,
            basic: None,
            is_from_page: false,
            returned_again: false,
            refusal,
            tolerated: &[],
            now: AT,
        };
        let reason = refusal.map(ToString::to_string);
        let ending = Ending {
            status: 200,
            outcome: Outcome::Issued,
            error: refusal.map(|_| "invalid_scope"),
            refusal: refusal.map(Refusal::name),
            reason: reason.as_deref(),
            faults: &[],
            presented: Some("5b5c2e0f-3b7a-4d44-9f2f-7d1c3f0a9e11"),
            issued,
            about: issued.map(|lineage| &lineage.about),
        };
        ticket.end(&ending, None, Some(&request));
    }

    fn ordinary(journal: &Arc<Journal>, id: usize) {
        let id = |kind: &str| format!("{kind}c2e0f-3b7a-4d44-9f2f-{id:012}");
        let about = crate::oauth::response::About {
            grant_id: "0123456789ab".to_owned(),
            sub: Some("b626dc6a-0940-44da-af69-04b411a1de56".to_owned()),
        };
        let lineage = Lineage {
            about,
            presented: None,
            ids: TokenIds {
                access_token: id("acc"),
                refresh_token: Some(id("ref")),
                id_token: Some(id("idt")),
            },
            issued_at: AT,
            access_token_ends: AT,
        };
        let form = "grant_type=refresh_token&refresh_token=xyz&client_id=client-default&client_secret=s&scope=openid+email";
        exchange(journal, form, None, Some(&lineage));
    }

    /// A client that resumes at the id of an event must not get exchanges again that are not kept any more.
    #[test]
    fn the_id_of_an_event_goes_past_a_pending_exchange_that_is_forgotten() {
        let journal = Journal::new(&Limits::new(1, usize::MAX), 1);
        let pending = journal.enter(&arrival());
        let follow = journal.follow(Filter::any(), None);
        ordinary(&journal, 0);
        let Progress::Ready(text) = follow.progress() else {
            panic!("no event");
        };
        assert!(text.starts_with("id: 1.1\nevent: request\n"), "{text}");
        assert!(text.contains("id: 1.2\nevent: completed\n"), "{text}");
        drop(pending);
    }

    #[test]
    fn an_ordinary_refresh_takes_less_than_800_bytes() {
        let journal = Journal::new(&Limits::new(10, usize::MAX), 1);
        ordinary(&journal, 0);
        assert!((400..800).contains(&journal.bytes()), "{}", journal.bytes());
    }

    #[test]
    fn a_hostile_form_takes_at_most_4_kib() {
        let long = "%C3%A9".repeat(2000);
        let unknown: Vec<_> = (0..9000).map(|n| format!("{n:0>60}={n}")).collect();
        let unknown = unknown.join("&");
        let form = format!("client_id={long}&grant_type={long}&scope={long}&scope=x&{unknown}");
        let refusal = Refusal::ScopeNotGranted {
            asked: excerpt(&"\u{10348}".repeat(100)),
            granted: "openid".parse().expect("a scope"),
        };
        let journal = Journal::new(&Limits::new(10, usize::MAX), 1);
        exchange(&journal, &form, Some(&refusal), None);
        assert!(journal.bytes() <= 4096, "{}", journal.bytes());
        let kept = journal.get(1).expect("it is kept");
        assert!(
            kept.parameters_omitted > 8900,
            "{}",
            kept.parameters_omitted
        );
        let unknown: Vec<&Advice> = kept
            .advice
            .iter()
            .filter(|advice| advice.code == AdviceCode::ParameterUnknown)
            .collect();
        assert_eq!(unknown.len(), 1);
        assert!(
            unknown[0].text.contains("and 8997 more"),
            "{}",
            unknown[0].text
        );
    }

    #[test]
    fn journals_share_a_budget_and_the_largest_forgets_its_oldest() {
        const BYTES: usize = 100_000;
        let limits = Limits::new(usize::MAX, BYTES);
        let (small, large) = (Journal::new(&limits, 1), Journal::new(&limits, 1));
        for id in 0..10 {
            ordinary(&small, id);
        }
        for id in 0..1000 {
            ordinary(&large, id);
            assert!(limits.budget.used() <= BYTES, "{}", limits.budget.used());
        }
        assert_eq!(limits.budget.used(), small.bytes() + large.bytes());
        assert_eq!(small.matching(&Filter::any()).len(), 10);
        let kept = large.matching(&Filter::any());
        assert_eq!(kept.last().map(|exchange| exchange.number), Some(1000));
        assert!((80..200).contains(&kept.len()), "{}", kept.len());
        let all = Expectation::exactly(Filter::any(), kept.len());
        let report = large.verify(&all).expect_err("some are forgotten");
        assert!(report.contains(&format!("forgot {} exchanges", 1000 - kept.len())));
        drop(large);
        assert_eq!(
            limits.budget.used(),
            small.bytes(),
            "its bytes are free again"
        );
        small.clear();
        assert_eq!(limits.budget.used(), 0);
    }

    #[test]
    fn a_wait_counts_only_exchanges_that_are_still_kept() {
        let journal = Journal::new(&Limits::new(2, usize::MAX), 1);
        let (three, two) = (
            journal.wait(Filter::any(), 3),
            journal.wait(Filter::any(), 2),
        );
        for id in 0..5 {
            ordinary(&journal, id);
        }
        assert_eq!(three.progress(), Progress::NotYet, "two are kept");
        journal.clear();
        ordinary(&journal, 5);
        assert_eq!(two.progress(), Progress::NotYet, "one is kept");
        ordinary(&journal, 6);
        assert!(matches!(two.progress(), Progress::Ready(seen) if seen.len() == 2));
    }

    #[test]
    fn a_token_is_remembered_until_the_last_exchange_with_it_is_forgotten() {
        let journal = Journal::new(&Limits::new(2, usize::MAX), 1);
        for id in 0..3 {
            ordinary(&journal, id);
        }
        // Each presents the same token, and the first exchange is forgotten.
        assert!(journal.get(1).is_none());
        let advice = journal.get(3).expect("it is kept").advice;
        let codes: Vec<AdviceCode> = advice.iter().map(|advice| advice.code).collect();
        assert!(codes.contains(&AdviceCode::RefreshReplay), "{codes:?}");
    }

    #[test]
    fn bytes_are_counted_right_while_several_threads_enter_and_clear() {
        let limits = Limits::new(1, usize::MAX);
        let journal = Journal::new(&limits, 1);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for id in 0..20_000 {
                        ordinary(&journal, id);
                        journal.clear();
                        let used = limits.budget.used();
                        assert!(used < 100_000, "{used} bytes of a few entries");
                    }
                });
            }
        });
        journal.clear();
        assert_eq!((journal.bytes(), limits.budget.used()), (0, 0));
    }

    #[test]
    fn what_a_journal_counts_is_what_its_entries_cost() {
        let journal = Journal::new(&Limits::new(5, usize::MAX), 1);
        for id in 0..20 {
            ordinary(&journal, id);
        }
        let kept = journal.kept();
        let cost: usize = kept.entries.iter().map(|entry| entry.cost()).sum();
        assert_eq!((kept.entries.len(), journal.bytes()), (5, cost));
        assert_eq!(kept.history.len(), 6, "one presented, five issued");
    }

    #[test]
    fn a_slow_stream_is_bounded_and_reads_the_rest_from_the_journal() {
        let journal = Journal::new(&Limits::new(5000, usize::MAX), 1);
        let follow = journal.follow(Filter::any(), None);
        for id in 0..2000 {
            ordinary(&journal, id);
        }
        let mut seen = std::collections::BTreeSet::new();
        while let Progress::Ready(text) = follow.progress() {
            for line in text.lines().filter(|line| line.contains("\"issued\"")) {
                let number = line.split("\"number\":").nth(1).expect("a number");
                let end = number.find(',').expect("an end");
                seen.insert(number[..end].parse::<u64>().expect("a number"));
            }
        }
        assert!(seen.into_iter().eq(1..=2000));
    }
}
