//! The sandbox's journal: read, waited for, verified.

use std::sync::Arc;
use std::time::Duration;

use actix_web::{HttpResponse, rt, web};
use futures_util::stream;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::clock::Stopwatch;
use crate::control::{Answer, Call, Problem, json, no_content};
use crate::journal::{Exchange, Expectation, Filter};
use crate::oauth::endpoint::Endpoint;

/// Seconds that a wait may last.
const LONGEST: f64 = 300.0;

/// What came in and went out.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Requests {
    requests: Vec<Arc<Exchange>>,
}

/// How long to wait, for how many; with the members of a filter beside them.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Wait {
    /// Until so many match; omitted, one.
    #[serde(default = "one")]
    count: usize,
    /// For so many seconds of real time at most; omitted, 5.
    #[serde(default = "five")]
    timeout: f64,
    endpoint: Option<Endpoint>,
    client_id: Option<String>,
    grant_type: Option<String>,
    status: Option<u16>,
    outcome: Option<String>,
    fault: Option<String>,
}

fn one() -> usize {
    1
}

fn five() -> f64 {
    5.0
}

pub(super) fn list(call: &Call<'_>) -> Answer {
    let filter: Filter = call.query()?;
    json(&Requests {
        requests: call.epoch.journal.matching(&filter),
    })
}

pub(super) fn clear(call: &Call<'_>) -> Answer {
    call.epoch.journal.clear();
    Ok(no_content())
}

pub(super) fn get(call: &Call<'_>, number: &str) -> Answer {
    let exchange = number
        .parse()
        .ok()
        .and_then(|number| call.epoch.journal.get(number));
    json(
        &exchange.ok_or_else(|| {
            Problem::new(404, "the journal has no request of that number (any more)")
        })?,
    )
}

/// Answers as soon as so many match, or 408 with what matched by then.
pub(super) async fn wait(call: &Call<'_>) -> Answer {
    let wait: Wait = call.query()?;
    if !(0.0..=LONGEST).contains(&wait.timeout) {
        return Err(Problem::new(400, format!("must be 0 to {LONGEST} seconds")).at("timeout"));
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
            return json(&Requests { requests });
        }
        let left = patience.saturating_sub(watch.elapsed());
        if rt::time::timeout(left, arrival).await.is_err() {
            let expectation = Expectation::at_least(filter, wait.count);
            let told = journal.verify(&expectation).err().unwrap_or_default();
            return Err(Problem::new(
                408,
                format!("after {} s: {told}", wait.timeout),
            ));
        }
    }
}

/// Server-sent events: one for each exchange that matches, from now on.
pub(super) fn stream(call: &Call<'_>) -> Answer {
    let filter: Filter = call.query()?;
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
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header(("cache-control", "no-store"))
        .streaming(Box::pin(futures_util::StreamExt::chain(hello, events))))
}

/// Says that all is as expected.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Verified {
    verified: bool,
}

pub(super) fn verify(call: &Call<'_>) -> Answer {
    let expectation: Expectation = call.body()?;
    if expectation.expects_nothing() {
        let problem = "say what is expected: exactly, at_least, at_most, in_order or no_advice";
        return Err(Problem::new(400, problem));
    }
    call.epoch
        .journal
        .verify(&expectation)
        .map_err(|told| Problem::new(409, told))?;
    json(&Verified { verified: true })
}
