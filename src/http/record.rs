//! The record of a request: one exchange in the journal, and one line in the log.

use crate::clock::Timestamp;
use crate::fault::FaultKind;
use crate::http::asked::Asked;
use crate::http::reply::Account;
use crate::journal::{Arrival, Contents, Ending, Outcome, Ticket};
use crate::oauth::endpoint::Endpoint;
use crate::oauth::refusal::excerpt;
use crate::sandbox::Epoch;

/// The record of a request that is being answered. If it is dropped before [`Record::end`], the request was abandoned.
#[derive(Debug)]
pub(super) struct Record {
    ticket: Option<Ticket>,
    line: Option<Line>,
    now: Timestamp,
}

/// A line of the log.
#[derive(Debug)]
struct Line {
    method: String,
    path: String,
}

impl Record {
    /// Enters a request that has arrived.
    pub(super) fn begin(
        epoch: &Epoch,
        endpoint: Endpoint,
        (method, path): (&str, &str),
        now: Timestamp,
    ) -> Self {
        let logged = tracing::enabled!(tracing::Level::INFO);
        if !logged && epoch.journal.keeps_nothing() {
            epoch.journal.pass();
            return Self {
                ticket: None,
                line: None,
                now,
            };
        }
        let (method, path) = (excerpt(method), excerpt(path));
        let ticket = epoch.journal.enter(&Arrival {
            endpoint,
            method: &method,
            path: &path,
            at: now,
        });
        Self {
            ticket,
            line: logged.then_some(Line { method, path }),
            now,
        }
    }

    /// Returns true if the journal or the log records the request.
    pub(super) fn is_kept(&self) -> bool {
        self.ticket.is_some() || self.line.is_some()
    }

    /// Adds what the request says.
    pub(super) fn read(&self, asked: &Asked) {
        if let Some(ticket) = &self.ticket {
            ticket.read(asked.contents());
        }
    }

    /// Adds the client to which a request of the server's own is sent.
    pub(super) fn sent(&self, client_id: &str) {
        if let Some(ticket) = &self.ticket {
            ticket.read(Contents {
                client_id: Some(client_id),
                auth_method: None,
                grant_type: None,
                scope: None,
                parameters: std::iter::empty(),
            });
        }
    }

    /// Completes the record with the answer.
    pub(super) fn end(
        mut self,
        status: u16,
        asked: Option<&Asked>,
        faults: &[FaultKind],
        account: Account,
    ) {
        if !self.is_kept() {
            return;
        }
        let reason = account.refusal.as_ref().map(ToString::to_string);
        if let Some(line) = self.line.take() {
            line.write(status, asked, faults, &account, reason.as_deref());
        }
        let Some(ticket) = self.ticket.take() else {
            return;
        };
        let issued = account.issued.as_ref().map(|(lineage, _)| lineage);
        let presented = account.presented.as_deref();
        let again = issued.is_some_and(|ids| {
            presented.is_some() && presented == ids.ids.refresh_token.as_deref()
        });
        let ending = Ending {
            status,
            outcome: account.outcome,
            error: account.error.as_deref(),
            refusal: account
                .refusal
                .as_ref()
                .map(crate::oauth::refusal::Refusal::name),
            reason: reason.as_deref(),
            faults,
            presented,
            issued,
            about: issued
                .map(|lineage| &lineage.about)
                .or(account.about.as_ref()),
        };
        let request = asked.and_then(|asked| {
            let (refusal, tolerated) = (account.refusal.as_ref(), account.tolerated.as_slice());
            asked.for_advice(refusal, tolerated, again, self.now)
        });
        ticket.end(&ending, account.tokens, request.as_ref());
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        if let Some(line) = self.line.take() {
            line.write(0, None, &[], &Account::new(Outcome::Abandoned), None);
        }
    }
}

impl Line {
    fn write(
        &self,
        status: u16,
        asked: Option<&Asked>,
        faults: &[FaultKind],
        account: &Account,
        reason: Option<&str>,
    ) {
        let faults: Vec<&str> = faults.iter().map(|fault| fault.as_str()).collect();
        let scope = account.issued.as_ref().map(|(_, scope)| scope.to_string());
        tracing::info!(
            status,
            client = asked.and_then(Asked::client_id).map(excerpt),
            grant = asked.and_then(Asked::grant_type).map(excerpt),
            // The status of a document says that it was answered.
            outcome = (account.outcome != Outcome::Answered).then(|| account.outcome.as_str()),
            error = account.error.as_deref(),
            scope,
            faults = (!faults.is_empty()).then(|| faults.join(", ")),
            reason,
            "{} {}",
            self.method,
            self.path,
        );
    }
}
