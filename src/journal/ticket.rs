//! The place of a request in the journal, from its arrival to its end.

use std::sync::Arc;

use crate::clock::Stopwatch;
use crate::journal::Journal;
use crate::journal::advice::{AdvisedRequest, advise};
use crate::journal::entry::{Contents, Ending};
use crate::journal::history::Past;
use crate::oauth::endpoint::Endpoint;
use crate::oauth::response::Tokens;

/// The place of a request in the journal while it is being answered. A request whose ticket is dropped was abandoned.
#[derive(Debug)]
pub(crate) struct Ticket {
    journal: Arc<Journal>,
    number: u64,
    watch: Stopwatch,
    is_open: bool,
}

impl Ticket {
    pub(super) fn new(journal: Arc<Journal>, number: u64) -> Self {
        Self {
            journal,
            number,
            watch: Stopwatch::start(),
            is_open: true,
        }
    }

    /// Adds what the body of the request says.
    pub(crate) fn read<'p>(
        &self,
        contents: Contents<'_, impl Iterator<Item = (&'p str, &'p str)>>,
    ) {
        self.journal
            .change(self.number, |entry, _| entry.read(contents));
    }

    /// Adds the answer, the tokens that it has, and what there is to advise.
    pub(crate) fn end(
        mut self,
        ending: &Ending<'_>,
        tokens: Option<Tokens>,
        advised: Option<&AdvisedRequest<'_>>,
    ) {
        self.is_open = false;
        let (number, microseconds) = (self.number, self.microseconds());
        self.journal.change(number, |entry, around| {
            let refreshes = advised.is_some_and(|request| request.endpoint == Endpoint::Token);
            let past = match ending.presented.filter(|_| refreshes) {
                Some(id) => {
                    let key = around.history.key(id);
                    entry.presented = Some(key);
                    around.history.present(key, number, around.last_number)
                }
                None => Past::default(),
            };
            if let Some(ids) = ending.issued
                && let Some(id) = ids.ids.refresh_token.as_deref()
            {
                let key = around.history.key(id);
                entry.issued = Some(key);
                around
                    .history
                    .issue(key, number, (ids.issued_at, ids.access_token_ends));
            }
            let advice = advised
                .map(|request| advise(request, past))
                .unwrap_or_default();
            entry.end(ending, &advice, microseconds);
            if let Some(tokens) = tokens {
                around.sent.keep(number, tokens);
            }
        });
    }

    fn microseconds(&self) -> u32 {
        u32::try_from(self.watch.elapsed().as_micros()).unwrap_or(u32::MAX)
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if self.is_open {
            let microseconds = self.microseconds();
            self.journal
                .change(self.number, |entry, _| entry.abandon(microseconds));
        }
    }
}
