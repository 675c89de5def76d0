//! An exchange as the journal stores it: numbers and a few texts, without what can be computed when it is read.

use crate::clock::{Timestamp, rfc3339_of_millis};
use crate::fault::FaultKind;
use crate::journal::advice::AdviceCode;
use crate::journal::exchange::{
    Advice, Exchange, IssuedIds, Parameter, REDACTED, is_secret, shown_name,
};
use crate::journal::history::History;
use crate::journal::outcome::Outcome;
use crate::journal::texts::{Texts, Writer};
use crate::oauth::client::AuthMethod;
use crate::oauth::endpoint::Endpoint;
use crate::oauth::refusal::{RefusalName, excerpt};
use crate::oauth::response::{About, Lineage};

/// The most bytes of a client id and of a scope.
const LONG: usize = 1024;
/// The most bytes of a grant type, a path, a method or an id.
const SHORT: usize = 256;
/// The most bytes of a piece of advice.
const ADVICE: usize = 200;
/// The most bytes of a parameter's value.
const VALUE: usize = 128;
/// The most bytes of the reason of a refusal.
const REASON: usize = 400;
/// The most bytes of all parameters.
const PARAMETERS: usize = 640;
/// The most bytes of what is kept of the contents of a request: long texts leave less room for parameters.
const CONTENTS: usize = 2600;
/// The most parameters.
const MOST_PARAMETERS: usize = 64;

/// What is known of a request when its head has arrived.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Arrival<'a> {
    pub(crate) endpoint: Endpoint,
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) at: Timestamp,
}

/// What is known of a request when its body has been read.
#[derive(Debug)]
pub(crate) struct Contents<'a, P> {
    pub(crate) client_id: Option<&'a str>,
    pub(crate) auth_method: Option<AuthMethod>,
    pub(crate) grant_type: Option<&'a str>,
    pub(crate) scope: Option<&'a str>,
    /// Names and values.
    pub(crate) parameters: P,
}

/// The answer to a request.
#[derive(Debug)]
pub(crate) struct Ending<'a> {
    pub(crate) status: u16,
    pub(crate) outcome: Outcome,
    pub(crate) error: Option<&'a str>,
    pub(crate) refusal: Option<RefusalName>,
    pub(crate) reason: Option<&'a str>,
    pub(crate) faults: &'a [FaultKind],
    pub(crate) presented: Option<&'a str>,
    pub(crate) issued: Option<&'a Lineage>,
    /// The grant that the request is about.
    pub(crate) about: Option<&'a About>,
}

/// An exchange in the journal. Its number is its place.
#[derive(Debug)]
pub(super) struct Entry {
    at: Timestamp,
    /// Milliseconds since 1970.
    real_time: i64,
    /// The method and the path.
    head: Texts,
    /// Client id, grant type and scope; then names and values of parameters, a value that is secret absent.
    contents: Texts,
    /// Error, reason, presented id; the three issued ids; the id of the grant and its user; then the texts of the advice in the
    /// order of `advice`.
    ending: Texts,
    /// The refresh tokens in the history that it presented and issued.
    pub(super) presented: Option<u64>,
    pub(super) issued: Option<u64>,
    microseconds: u32,
    parameters_omitted: u32,
    status: u16,
    endpoint: Endpoint,
    outcome: Outcome,
    auth_method: Option<AuthMethod>,
    refusal: Option<RefusalName>,
    faults: Box<[FaultKind]>,
    advice: Box<[AdviceCode]>,
}

impl Entry {
    pub(super) fn new(arrival: &Arrival<'_>, real_time: i64) -> Self {
        let mut head = Writer::new();
        head.push(Some(arrival.method), SHORT);
        head.push(Some(arrival.path), SHORT);
        Self {
            at: arrival.at,
            real_time,
            head: head.finish(),
            contents: Texts::default(),
            ending: Texts::default(),
            presented: None,
            issued: None,
            microseconds: 0,
            parameters_omitted: 0,
            status: 0,
            endpoint: arrival.endpoint,
            outcome: Outcome::Pending,
            auth_method: None,
            refusal: None,
            faults: Box::default(),
            advice: Box::default(),
        }
    }

    /// Adds what the body says.
    pub(super) fn read<'p>(
        &mut self,
        contents: Contents<'_, impl Iterator<Item = (&'p str, &'p str)>>,
    ) {
        let mut texts = Writer::new();
        texts.push(contents.client_id, LONG);
        texts.push(contents.grant_type, SHORT);
        texts.push(contents.scope, LONG);
        let end = CONTENTS.min(texts.len() + PARAMETERS);
        for (index, (name, value)) in contents.parameters.enumerate() {
            let name_shown = shown_name(name);
            // Two lengths of at most three bytes, and a value at its longest.
            let value = Some(value).filter(|_| !is_secret(name));
            let longest = 6 + name_shown.len() + value.map_or(0, str::len).min(VALUE);
            if index >= MOST_PARAMETERS || texts.len() + longest > end {
                self.parameters_omitted = self.parameters_omitted.saturating_add(1);
                continue;
            }
            texts.push(Some(name_shown), SHORT);
            texts.push(value.map(excerpt).as_deref(), VALUE);
        }
        self.contents = texts.finish();
        self.auth_method = contents.auth_method;
    }

    /// Adds the answer.
    pub(super) fn end(
        &mut self,
        ending: &Ending<'_>,
        advice: &[(AdviceCode, String)],
        microseconds: u32,
    ) {
        let mut texts = Writer::new();
        texts.push(ending.error, SHORT);
        texts.push(ending.reason, REASON);
        texts.push(ending.presented, SHORT);
        let issued = ending.issued;
        texts.push(issued.map(|ids| ids.ids.access_token.as_str()), SHORT);
        texts.push(
            issued.and_then(|ids| ids.ids.refresh_token.as_deref()),
            SHORT,
        );
        texts.push(issued.and_then(|ids| ids.ids.id_token.as_deref()), SHORT);
        let about = ending.about;
        texts.push(about.map(|about| about.grant_id.as_str()), SHORT);
        texts.push(about.and_then(|about| about.sub.as_deref()), SHORT);
        for (_, text) in advice {
            texts.push(Some(text), ADVICE);
        }
        self.ending = texts.finish();
        self.advice = advice.iter().map(|(code, _)| *code).collect();
        self.faults = ending.faults.into();
        self.refusal = ending.refusal;
        self.status = ending.status;
        self.outcome = ending.outcome;
        self.microseconds = microseconds;
    }

    /// Records that the request got no answer.
    pub(super) fn abandon(&mut self, microseconds: u32) {
        self.outcome = Outcome::Abandoned;
        self.microseconds = microseconds;
    }

    /// Returns the bytes that the entry takes: the structure, its heap, and its share of the history and of the list.
    pub(super) fn cost(&self) -> usize {
        let history = [self.presented, self.issued].iter().flatten().count() * History::COST;
        // The list of entries is at least half full.
        let place = 2 * size_of::<Box<Self>>();
        place
            + heap(size_of::<Self>())
            + self.head.heap()
            + self.contents.heap()
            + self.ending.heap()
            + heap(size_of_val(&*self.faults))
            + heap(size_of_val(&*self.advice))
            + history
    }

    pub(super) fn endpoint(&self) -> Endpoint {
        self.endpoint
    }

    pub(super) fn method(&self) -> &str {
        self.head.get(0).unwrap_or_default()
    }

    pub(super) fn client_id(&self) -> Option<&str> {
        self.contents.get(0)
    }

    pub(super) fn grant_type(&self) -> Option<&str> {
        self.contents.get(1)
    }

    pub(super) fn scope(&self) -> Option<&str> {
        self.contents.get(2)
    }

    pub(super) fn auth_method(&self) -> Option<AuthMethod> {
        self.auth_method
    }

    pub(super) fn status(&self) -> u16 {
        self.status
    }

    pub(super) fn outcome(&self) -> Outcome {
        self.outcome
    }

    pub(super) fn is_pending(&self) -> bool {
        self.outcome == Outcome::Pending
    }

    pub(super) fn error(&self) -> Option<&str> {
        self.ending.get(0)
    }

    pub(super) fn grant_id(&self) -> Option<&str> {
        self.ending.get(6)
    }

    pub(super) fn sub(&self) -> Option<&str> {
        self.ending.get(7)
    }

    pub(super) fn refusal(&self) -> Option<RefusalName> {
        self.refusal
    }

    pub(super) fn faults(&self) -> &[FaultKind] {
        &self.faults
    }

    pub(super) fn advice_codes(&self) -> &[AdviceCode] {
        &self.advice
    }

    /// Returns the advice with its words.
    pub(super) fn advice(&self) -> impl Iterator<Item = Advice> {
        let texts = self.ending.iter().skip(8);
        self.advice.iter().zip(texts).map(|(code, text)| Advice {
            code: *code,
            text: text.unwrap_or_default().to_owned(),
            clause: code.clause().to_owned(),
        })
    }

    /// Returns the exchange as a test reads it.
    pub(super) fn exchange(&self, number: u64) -> Exchange {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Exchange {
            number,
            at: self.at.to_string(),
            real_time: rfc3339_of_millis(self.real_time),
            endpoint: self.endpoint,
            method: self.method().to_owned(),
            path: self.head.get(1).unwrap_or_default().to_owned(),
            client_id: owned(self.client_id()),
            auth_method: self.auth_method,
            grant_type: owned(self.grant_type()),
            scope: owned(self.scope()),
            parameters: self.parameters(),
            parameters_omitted: self.parameters_omitted,
            status: self.status,
            outcome: self.outcome,
            error: owned(self.error()),
            refusal: self.refusal,
            reason: owned(self.ending.get(1)),
            faults: self.faults.to_vec(),
            duration_ms: f64::from(self.microseconds) / 1000.0,
            issued: self.issued_ids(),
            presented: owned(self.ending.get(2)),
            grant_id: owned(self.grant_id()),
            sub: owned(self.sub()),
            advice: self.advice().collect(),
        }
    }

    fn parameters(&self) -> Vec<Parameter> {
        let mut texts = self.contents.iter().skip(3);
        let mut parameters = Vec::new();
        while let (Some(Some(name)), Some(value)) = (texts.next(), texts.next()) {
            parameters.push(Parameter {
                name: name.to_owned(),
                value: value.unwrap_or(REDACTED).to_owned(),
            });
        }
        parameters
    }

    fn issued_ids(&self) -> Option<IssuedIds> {
        let mut ids = self.ending.iter().skip(3).map(|id| id.map(str::to_owned));
        Some(IssuedIds {
            access_token: ids.next()??,
            refresh_token: ids.next()?,
            id_token: ids.next()?,
        })
    }
}

/// Returns what an allocation of that many bytes takes: allocators round up, and keep a few bytes beside it.
pub(super) const fn heap(bytes: usize) -> usize {
    match bytes {
        0 => 0,
        bytes => (bytes + 8).next_multiple_of(16),
    }
}
