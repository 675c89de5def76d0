//! The protocol over actix-web.
//!
//! [`answer`] is the walk of every request: enter it in the journal, read it, decide, write the reply, complete the entry, with the
//! faults before and after the decision. Handlers see neither the framework nor the journal; what the framework would refuse in its
//! own words is answered as an OAuth error in JSON.

pub(crate) mod agent;
mod asked;
mod authorization;
pub(crate) mod backchannel;
mod body;
pub(crate) mod browser;
pub(crate) mod connection;
pub(crate) mod cors;
mod delivery;
mod end_session;
mod endpoints;
mod inject;
mod introspection;
mod jwks;
pub(crate) mod limits;
mod metadata;
mod record;
mod reply;
mod revocation;
mod token;
mod userinfo;

use std::sync::Arc;

use actix_http::Request;
use actix_web::body::BoxBody;
use actix_web::http::{ConnectionType, Method};
use actix_web::{HttpRequest, HttpResponse, web};

use crate::clock::Timestamp;
use crate::fault::plan::{Chosen, has_room};
use crate::fault::{Effects, Fault, FaultKind, Instead};
use crate::http::asked::Asked;
use crate::http::cors::Cors;
use crate::http::delivery::Delivery;
use crate::http::endpoints::Task;
use crate::http::record::Record;
use crate::http::reply::{Account, NamedFault};
use crate::journal::Outcome;
use crate::oauth::endpoint::Endpoint;
use crate::oauth::refusal::{Refusal, excerpt};
use crate::oauth::response::Lineage;
use crate::sandbox::{Epoch, RESERVED, Sandbox, Sandboxes};

/// Answers a request to the imitated server. `path` is the path within the sandbox.
pub(crate) async fn answer(
    request: HttpRequest,
    payload: web::Payload,
    sandbox: Arc<Sandbox>,
    path: &str,
) -> HttpResponse {
    let endpoint = sandbox.endpoint(path);
    let (epoch, now) = sandbox.begin();
    let head = (request.method().as_str(), request.path());
    let record = Record::begin(&epoch, endpoint, head, now);
    let asked = Asked::read(&request, payload, endpoint, &epoch, record.is_kept()).await;
    record.read(&asked);
    let (response, mut account, faults) = respond(&request, &asked, &epoch, now).await;
    let status = inject::seen_status(&response);
    if !inject::takes_time(&response) {
        record.end(status, Some(&asked), &faults, account);
        return response;
    }
    delivery::watched(response, move |delivery| {
        if delivery == Delivery::BrokenOff {
            account.outcome = Outcome::Abandoned;
        }
        record.end(status, Some(&asked), &faults, account);
    })
}

/// Answers a request with the faults of the rules, and with that of the named refresh token that it presents.
async fn respond(
    request: &HttpRequest,
    asked: &Asked,
    epoch: &Arc<Epoch>,
    now: Timestamp,
) -> (HttpResponse, Account, Vec<FaultKind>) {
    let mut chosen = match asked.method {
        // A preflight must not use up a fault that is meant for the request after it.
        Method::OPTIONS => Vec::new(),
        _ => epoch.faults.next(&asked.traits(), &epoch.authority.chance),
    };
    let mut instead = inject::before(&effects(&chosen), request, asked, epoch).await;
    let mut named = None;
    let (mut response, mut account) = loop {
        let effects = effects(&chosen);
        if let Some(instead) = instead {
            break (instead, faulted(&effects));
        }
        let task = Task {
            asked,
            epoch,
            effects: &effects,
            ignores_named_fault: named.is_some(),
            now,
        };
        let decision = endpoints::decide(request, &task).await;
        match reply::write(decision, request, &epoch.authority.settings, now) {
            Ok(written) => break written,
            Err(NamedFault { fault, presented }) => {
                named = Some(presented);
                // It combines with the faults of rules, or gives way to them.
                if has_room(&chosen, &fault) {
                    instead = inject::before(&Effects::of([&fault]), request, asked, epoch).await;
                    chosen.push(Chosen::named(fault));
                }
            }
        }
    };
    account.presented = account.presented.or(named.flatten());
    if endpoints::cors(asked.endpoint) == Cors::Open {
        cors::open(&mut response);
    }
    let has_body = inject::has_body(&response);
    let response = inject::after(&effects(&chosen), request, response).await;
    let faults = carried_out(&chosen, &response, has_body, &account, epoch);
    (response, account, faults)
}

fn effects(chosen: &[Chosen]) -> Effects<'_> {
    Effects::of(chosen.iter().map(|chosen| &chosen.fault))
}

/// Returns the kinds of the faults that were carried out. Those that could do nothing to this request wait for the next one.
fn carried_out(
    chosen: &[Chosen],
    response: &HttpResponse,
    has_body: bool,
    account: &Account,
    epoch: &Epoch,
) -> Vec<FaultKind> {
    let mut kinds = Vec::new();
    for chosen in chosen {
        if was_carried_out(&chosen.fault, response, has_body, account) {
            kinds.push(chosen.fault.kind());
        } else {
            epoch.faults.give_back(chosen);
        }
    }
    kinds
}

/// Returns true if a fault did something. `has_body` says whether the answer has a body without it.
fn was_carried_out(
    fault: &Fault,
    response: &HttpResponse,
    has_body: bool,
    account: &Account,
) -> bool {
    match fault {
        Fault::Token(fault) => {
            let is_issued = |(lineage, _): &(Lineage, _)| lineage.ids.has(fault.token);
            account.issued.as_ref().is_some_and(is_issued)
                || account.carried.contains(&FaultKind::Token)
        }
        Fault::Redirect(_) => account.carried.contains(&FaultKind::Redirect),
        Fault::Keys(_) => account.outcome == Outcome::Answered,
        fault => {
            let kind = fault.kind();
            let is_answered = inject::seen_status(response) != 0;
            (is_answered || !kind.needs_answer()) && (has_body || !kind.needs_body())
        }
    }
}

/// Returns the account of an answer that a fault replaced.
fn faulted(effects: &Effects<'_>) -> Account {
    let mut account = Account::new(Outcome::Faulted);
    if let Some(Instead::Error(fault)) = effects.instead {
        account.error = Some(fault.error.clone().into());
    }
    account
}

/// Refuses a request to a sandbox that does not exist (any more). The default sandbox has the record of it.
pub(crate) fn refuse_unknown_sandbox(request: &HttpRequest, default: &Sandbox) -> HttpResponse {
    let refusal = Refusal::NoSuchEndpoint {
        path: excerpt(request.path()),
        endpoints: "no sandbox of that id (any more)".to_owned(),
    };
    let (epoch, now) = default.begin();
    let head = (request.method().as_str(), request.path());
    let record = Record::begin(&epoch, Endpoint::Unknown, head, now);
    let (mut response, account) = reply::refused(refusal, request.path(), &default.settings, now);
    // The body has not been read.
    response
        .head_mut()
        .set_connection_type(ConnectionType::Close);
    record.end(response.status().as_u16(), None, &[], account);
    response
}

/// Decides on `Expect: 100-continue`: a body that is too large is refused instead of invited (RFC 9110 §10.1.1).
pub(crate) fn expect(
    request: Request,
    sandboxes: &Sandboxes,
) -> Result<Request, actix_http::Response<BoxBody>> {
    let Some(refusal) = limits::expectation(&request) else {
        return Ok(request);
    };
    let Some((sandbox, path)) = sandboxes.find(request.path()) else {
        // It is refused when it is routed.
        return Ok(request);
    };
    if path.starts_with(RESERVED) {
        // The control plane has a limit of its own, where the body is read.
        return Ok(request);
    }
    let (epoch, now) = sandbox.begin();
    let endpoint = sandbox.endpoint(&path);
    let head = (request.method().as_str(), request.path());
    let record = Record::begin(&epoch, endpoint, head, now);
    let (mut response, account) = reply::refused(refusal, request.path(), &sandbox.settings, now);
    if endpoints::cors(endpoint) == Cors::Open {
        cors::open(&mut response);
    }
    record.end(response.status().as_u16(), None, &[], account);
    Err(response.into())
}
