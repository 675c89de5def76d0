//! The sandbox's journal: read, waited for, verified.

use std::sync::Arc;
use std::time::Duration;

use actix_web::{HttpResponse, rt, web};
use futures_util::stream;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::clock::Stopwatch;
use crate::control::route::{Body, Events, Json, NoContent, Path, Query};
use crate::control::{Call, Problem, ProblemCode};
use crate::journal::{Exchange, Expectation, Filter};
use crate::oauth::endpoint::Endpoint;

/// Seconds that a wait may last.
const LONGEST: f64 = 300.0;

/// What came in and went out.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Requests {
    requests: Vec<Arc<Exchange>>,
}

/// How many requests to wait for and how long. The other members are those of a filter.
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
    /// The requests to that endpoint.
    endpoint: Option<Endpoint>,
    /// The requests that claimed to come from that client.
    client_id: Option<String>,
    /// The requests for that grant.
    grant_type: Option<String>,
    /// The requests answered with that HTTP status.
    status: Option<u16>,
    /// The requests with that outcome.
    outcome: Option<String>,
    /// The requests that such a fault was applied to.
    fault: Option<String>,
}

fn one() -> usize {
    1
}

fn five() -> f64 {
    5.0
}

pub(super) fn list(call: &Call, Query(filter): Query<Filter>) -> Json<Requests> {
    Json(Requests {
        requests: call.epoch.journal.matching(&filter),
    })
}

pub(super) fn clear(call: &Call) -> NoContent {
    call.epoch.journal.clear();
    NoContent
}

pub(super) fn get(call: &Call, Path([number]): Path<1>) -> Result<Json<Arc<Exchange>>, Problem> {
    let exchange = number
        .parse()
        .ok()
        .and_then(|number| call.epoch.journal.get(number));
    exchange.map(Json).ok_or_else(|| {
        Problem::new(
            ProblemCode::NotFound,
            "the journal has no request of that number (any more)",
        )
    })
}

/// Answers as soon as so many match, or reports what matched by then.
pub(super) async fn wait(call: Call, Query(wait): Query<Wait>) -> Result<Json<Requests>, Problem> {
    if !(0.0..=LONGEST).contains(&wait.timeout) {
        let detail = format!("must be 0 to {LONGEST} seconds");
        return Err(Problem::in_query("timeout", detail));
    }
    let mut filter = Filter::any();
    (filter.endpoint, filter.client_id, filter.grant_type) =
        (wait.endpoint, wait.client_id, wait.grant_type);
    (filter.status, filter.outcome, filter.fault) = (wait.status, wait.outcome, wait.fault);
    let patience = Duration::from_secs_f64(wait.timeout);
    let journal = &call.epoch.journal;
    let watch = Stopwatch::start();
    loop {
        let arrival = journal.arrival();
        let mut arrival = std::pin::pin!(arrival);
        // From here on nothing that arrives is missed.
        arrival.as_mut().enable();
        let requests = journal.matching(&filter);
        if requests.len() >= wait.count {
            return Ok(Json(Requests { requests }));
        }
        let left = patience.saturating_sub(watch.elapsed());
        if rt::time::timeout(left, arrival).await.is_err() {
            let expectation = Expectation::at_least(filter, wait.count);
            let told = journal.verify(&expectation).err().unwrap_or_default();
            return Err(Problem::new(
                ProblemCode::WaitEnded,
                format!("after {} s: {told}", wait.timeout),
            ));
        }
    }
}

/// Server-sent events: one for each exchange that matches, from now on.
pub(super) fn stream(call: &Call, Query(filter): Query<Filter>) -> Events {
    let epoch = Arc::clone(&call.epoch);
    let last = epoch
        .journal
        .after(0)
        .last()
        .map_or(0, |exchange| exchange.number);
    let events = stream::unfold((epoch, filter, last), |(epoch, filter, last)| async move {
        loop {
            let news = {
                let mut arrival = std::pin::pin!(epoch.journal.arrival());
                arrival.as_mut().enable();
                let news = epoch.journal.after(last);
                if news.is_empty() {
                    arrival.await;
                }
                news
            };
            let Some(newest) = news.last().map(|exchange| exchange.number) else {
                continue;
            };
            let text: String = news
                .iter()
                .filter(|exchange| filter.matches(exchange))
                .filter_map(|exchange| {
                    let json = serde_json::to_string(exchange).ok()?;
                    Some(format!(
                        "id: {}\nevent: request\ndata: {json}\n\n",
                        exchange.number
                    ))
                })
                .collect();
            // A comment keeps an event from being empty where nothing matched.
            let text = if text.is_empty() {
                ":\n\n".to_owned()
            } else {
                text
            };
            return Some((
                Ok::<_, actix_web::Error>(web::Bytes::from(text)),
                (epoch, filter, newest),
            ));
        }
    });
    let hello = stream::once(async { Ok(web::Bytes::from_static(b":\n\n")) });
    Events(
        HttpResponse::Ok()
            .content_type("text/event-stream")
            .insert_header(("cache-control", "no-store"))
            .streaming(Box::pin(futures_util::StreamExt::chain(hello, events))),
    )
}

/// Says that all is as expected.
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
        .map_err(|told| Problem::new(ProblemCode::NotVerified, told))?;
    Ok(Json(Verified { verified: true }))
}
