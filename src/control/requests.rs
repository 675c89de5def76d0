//! The sandbox's journal: read, waited for, verified.

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::Method;
use actix_web::{HttpResponse, rt, web};
use futures_util::stream;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::control::page::Page;
use crate::control::route::{self, Body, Input, Json, NoContent, Operation, Path};
use crate::control::{Call, Problem, ProblemCode, problem};
use crate::journal::{Exchange, Expectation, Filter, Follow, Progress};
use crate::sandbox::{Epoch, Hold, Sandbox};

/// The most seconds of a wait.
const LONGEST: f64 = 300.0;
/// How long the events of a stream are collected after some have been sent, so that a busy server writes them together.
const GATHER: Duration = Duration::from_millis(10);

/// The journal, or a part of it.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Requests {
    requests: Vec<Exchange>,
    /// The value of `after` for the next part; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// A query with the members of a filter and those of `T`.
pub(super) struct Selection<T> {
    filter: Filter,
    options: T,
}

/// What a query has besides a filter.
pub(super) trait Options: DeserializeOwned + JsonSchema {
    /// The names of its members.
    const NAMES: &'static [&'static str];
}

impl<T: Options> Input for Selection<T> {
    fn read(call: &Call) -> Result<Self, Problem> {
        let (options, filter): (Vec<&str>, Vec<&str>) = call
            .request
            .query_string()
            .split('&')
            .partition(|pair| T::NAMES.contains(&pair.split('=').next().unwrap_or(pair)));
        Ok(Self {
            filter: problem::query(&filter.join("&"))?,
            options: problem::query(&options.join("&"))?,
        })
    }

    fn describe(operation: &mut Operation<'_>) {
        operation.query::<Filter>();
        operation.query::<T>();
    }
}

/// How many exchanges a wait is for, and how long it lasts.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Wait {
    /// The number of matching requests to wait for; default 1.
    #[serde(default = "one")]
    count: usize,
    /// Seconds of real time to wait at most, 0 to 300; default 5.
    #[serde(default = "five")]
    #[schemars(range(min = 0.0, max = 300.0))]
    timeout: f64,
}

impl Options for Wait {
    const NAMES: &'static [&'static str] = &["count", "timeout"];
}

/// How often a stream without events sends a comment.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Stream {
    /// Seconds without an event after which a comment is sent, 0.01 to 60; default 15.
    #[serde(default = "fifteen")]
    #[schemars(range(min = 0.01, max = 60.0))]
    heartbeat: f64,
}

impl Options for Stream {
    const NAMES: &'static [&'static str] = &["heartbeat"];
}

fn one() -> usize {
    1
}

fn five() -> f64 {
    5.0
}

fn fifteen() -> f64 {
    15.0
}

impl Options for Page {
    const NAMES: &'static [&'static str] = &["limit", "after"];
}

pub(super) fn list(
    call: &Call,
    Selection { filter, options }: Selection<Page>,
) -> Result<Json<Requests>, Problem> {
    let matching = call.epoch.journal.matching(&filter);
    let part = options.of_numbered(matching, |exchange| exchange.number)?;
    Ok(Json(Requests {
        requests: part.items,
        next: part.next,
    }))
}

pub(super) fn clear(call: &Call) -> NoContent {
    call.epoch.journal.clear();
    NoContent
}

pub(super) fn get(call: &Call, Path([text]): Path<1>) -> Result<Json<Exchange>, Problem> {
    let number = text.parse().ok();
    let exchange = number.and_then(|number| call.epoch.journal.get(number));
    exchange.map(Json).ok_or_else(unknown)
}

/// Reads the number of a request that the journal has.
pub(super) fn number(call: &Call, text: &str) -> Result<u64, Problem> {
    let number = text.parse().ok();
    let known = number.filter(|number| call.epoch.journal.get(*number).is_some());
    known.ok_or_else(unknown)
}

fn unknown() -> Problem {
    Problem::new(
        ProblemCode::NotFound,
        "the journal has no request of that number (any more)",
    )
}

/// Answers as soon as enough exchanges match, or reports what arrived by then.
pub(super) async fn wait(
    call: Call,
    Selection { filter, options }: Selection<Wait>,
) -> Result<Json<Requests>, Problem> {
    if !(0.0..=LONGEST).contains(&options.timeout) {
        let detail = format!("must be 0 to {LONGEST} seconds");
        return Err(Problem::in_query("timeout", detail));
    }
    let time = Duration::from_secs_f64(options.timeout);
    match rt::time::timeout(time, call.sandbox.arrived(&filter, options.count)).await {
        Ok(Some(requests)) => Ok(Json(Requests {
            requests,
            next: None,
        })),
        Ok(None) => Err(Problem::new(
            ProblemCode::NotFound,
            "the sandbox was removed during the wait",
        )),
        Err(_) => {
            let expectation = Expectation::at_least(filter, options.count);
            let report = call.sandbox.epoch().journal.verify(&expectation).err();
            let detail = format!(
                "after {} s: {}",
                options.timeout,
                report.unwrap_or_default()
            );
            Err(Problem::new(ProblemCode::WaitEnded, detail))
        }
    }
}

/// Sends server-sent events: `request` when a request that matches has arrived, `completed` when it is answered or abandoned.
pub(super) fn stream(
    call: &Call,
    Selection { filter, options }: Selection<Stream>,
) -> Result<route::Events, Problem> {
    if !(0.01..=60.0).contains(&options.heartbeat) {
        let problem = Problem::new(ProblemCode::InvalidQuery, "must be 0.01 to 60 seconds");
        return Err(problem.at("heartbeat"));
    }
    let mut response = HttpResponse::Ok();
    response
        .content_type("text/event-stream")
        .insert_header(("cache-control", "no-store"))
        // The end of the stream is the end of the connection, for clients that read to its end.
        .force_close();
    if call.request.method() == Method::HEAD {
        return Ok(route::Events(response.finish()));
    }
    let heartbeat = Duration::from_secs_f64(options.heartbeat);
    let events = Events::of(&call.sandbox, filter, heartbeat, last_event_id(call));
    let chunks = stream::unfold(events, |mut events| async move {
        let text = events.next().await?;
        Some((Ok::<_, actix_web::Error>(web::Bytes::from(text)), events))
    });
    Ok(route::Events(response.streaming(Box::pin(chunks))))
}

/// Reads the id of the last event that a client got before it lost its connection: the epoch and the number.
fn last_event_id(call: &Call) -> Option<(u64, u64)> {
    let id = call.request.headers().get("last-event-id")?.to_str().ok()?;
    let (epoch, number) = id.split_once('.')?;
    Some((epoch.parse().ok()?, number.parse().ok()?))
}

/// The events of a sandbox, through its resets, until it is removed.
struct Events {
    sandbox: Arc<Sandbox>,
    epoch: Arc<Epoch>,
    filter: Filter,
    follow: Follow,
    heartbeat: Duration,
    /// What was sent last: nothing, comments, or events.
    sent: Sent,
    _hold: Hold,
}

#[derive(PartialEq)]
enum Sent {
    Nothing,
    Comment,
    Events,
}

impl Events {
    fn of(
        sandbox: &Arc<Sandbox>,
        filter: Filter,
        heartbeat: Duration,
        last_event_id: Option<(u64, u64)>,
    ) -> Self {
        let epoch = sandbox.epoch();
        // An id of another epoch: everything of this one is new to the client.
        let after = last_event_id.map(|(of, number)| if of == epoch.number { number } else { 0 });
        Self {
            follow: epoch.journal.follow(filter.clone(), after),
            _hold: sandbox.hold(),
            sandbox: Arc::clone(sandbox),
            epoch,
            filter,
            heartbeat,
            sent: Sent::Nothing,
        }
    }

    /// Returns the text to send next; none ends the stream.
    async fn next(&mut self) -> Option<String> {
        match self.sent {
            // A first comment, so that the client has the head of the answer at once.
            Sent::Nothing => return Some(self.comment()),
            Sent::Comment => {}
            Sent::Events => rt::time::sleep(GATHER).await,
        }
        loop {
            match self.follow.progress() {
                Progress::Ready(text) => {
                    self.sent = Sent::Events;
                    return Some(text);
                }
                Progress::Closed => self.follow_reset()?,
                Progress::NotYet => {
                    let changed = rt::time::timeout(self.heartbeat, self.follow.changed()).await;
                    if changed.is_err() {
                        // If the client is gone, the framework learns it when it writes this.
                        return Some(self.comment());
                    }
                }
            }
        }
    }

    fn comment(&mut self) -> String {
        self.sent = Sent::Comment;
        ":\n\n".to_owned()
    }

    /// Goes on in the epoch after a reset; returns none if the sandbox was removed.
    fn follow_reset(&mut self) -> Option<()> {
        let epoch = self.sandbox.epoch();
        if Arc::ptr_eq(&epoch, &self.epoch) {
            return None;
        }
        self.follow = epoch.journal.follow(self.filter.clone(), Some(0));
        self.epoch = epoch;
        Some(())
    }
}

/// Everything is as expected.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Verified {
    verified: bool,
}

pub(super) fn verify(
    call: &Call,
    Body(expectation): Body<Expectation>,
) -> Result<Json<Verified>, Problem> {
    if expectation.expects_nothing() {
        let problem = "say what is expected: exactly, at_least, at_most, in_order or no_advice";
        return Err(Problem::new(ProblemCode::InvalidBody, problem));
    }
    call.epoch
        .journal
        .verify(&expectation)
        .map_err(|report| Problem::new(ProblemCode::NotVerified, report))?;
    Ok(Json(Verified { verified: true }))
}
