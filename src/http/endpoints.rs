//! The endpoints: which methods each takes, which web pages may read it, and what answers there.
//!
//! Their paths are data of the profile: `Paths::all`.

use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::http::Method;
use futures_util::future::{FutureExt as _, LocalBoxFuture, ready};

use crate::clock::Timestamp;
use crate::fault::Effects;
use crate::http::asked::Asked;
use crate::http::cors::Cors;
use crate::http::reply::{Decision, Reply};
use crate::http::{
    authorization, cors, end_session, introspection, jwks, metadata, revocation, token, userinfo,
};
use crate::oauth::endpoint::Endpoint;
use crate::oauth::refusal::{Refusal, excerpt};
use crate::sandbox::Epoch;

/// What a handler gets.
#[derive(Debug)]
pub(super) struct Task<'a> {
    pub(super) asked: &'a Asked,
    pub(super) epoch: &'a Arc<Epoch>,
    pub(super) effects: &'a Effects<'a>,
    /// Whether the fault of a named refresh token was carried out already, or gave way to those of rules.
    pub(super) ignores_named_fault: bool,
    pub(super) now: Timestamp,
}

type Handler = for<'a> fn(&'a Task<'a>) -> LocalBoxFuture<'a, Decision>;

/// An endpoint of the provider.
pub(super) struct Served {
    /// The methods besides OPTIONS (RFC 9110 §10.2.1).
    methods: &'static [Method],
    /// Whether the handler itself refuses other methods, in the order of its dialect.
    checks_method: bool,
    pub(super) cors: Cors,
    handler: Handler,
}

const TOKEN: Served = Served {
    methods: &[Method::POST],
    checks_method: true,
    cors: Cors::Open,
    handler: |task| token::answer(task).boxed_local(),
};

const AUTHORIZATION: Served = Served {
    methods: &[Method::GET, Method::HEAD, Method::POST],
    checks_method: false,
    cors: Cors::Closed,
    handler: |task| authorization::answer(task).boxed_local(),
};

const USERINFO: Served = Served {
    methods: &[Method::GET, Method::HEAD, Method::POST],
    checks_method: false,
    cors: Cors::Open,
    handler: |task| userinfo::answer(task).boxed_local(),
};

const INTROSPECTION: Served = Served {
    methods: &[Method::POST],
    checks_method: true,
    cors: Cors::Open,
    handler: |task| introspection::answer(task).boxed_local(),
};

const REVOCATION: Served = Served {
    methods: &[Method::POST],
    checks_method: true,
    cors: Cors::Open,
    handler: |task| revocation::answer(task).boxed_local(),
};

const END_SESSION: Served = Served {
    methods: &[Method::GET, Method::HEAD, Method::POST],
    checks_method: false,
    cors: Cors::Closed,
    handler: |task| end_session::answer(task).boxed_local(),
};

const JWKS: Served = Served {
    methods: &[Method::GET, Method::HEAD],
    checks_method: false,
    cors: Cors::Open,
    handler: |task| ready(jwks::answer(task).into()).boxed_local(),
};

const METADATA: Served = Served {
    methods: &[Method::GET, Method::HEAD],
    checks_method: false,
    cors: Cors::Open,
    handler: |task| ready(metadata::answer(task).into()).boxed_local(),
};

/// Returns the row of an endpoint; a path that no endpoint answers has none.
pub(super) const fn served(endpoint: Endpoint) -> Option<&'static Served> {
    match endpoint {
        Endpoint::Token => Some(&TOKEN),
        Endpoint::Authorization => Some(&AUTHORIZATION),
        Endpoint::Userinfo => Some(&USERINFO),
        Endpoint::Introspection => Some(&INTROSPECTION),
        Endpoint::Revocation => Some(&REVOCATION),
        Endpoint::EndSession => Some(&END_SESSION),
        Endpoint::Jwks => Some(&JWKS),
        Endpoint::Metadata => Some(&METADATA),
        Endpoint::BackchannelLogout | Endpoint::Unknown => None,
    }
}

impl Served {
    /// Returns the methods in the form of `Allow`.
    pub(super) fn allow(&self) -> String {
        allow(self.methods.iter())
    }

    fn takes(&self, method: &Method) -> bool {
        self.checks_method || self.methods.contains(method)
    }
}

fn allow<'m>(methods: impl Iterator<Item = &'m Method>) -> String {
    let mut names: Vec<&str> = Vec::new();
    for method in methods.chain([&Method::OPTIONS]) {
        if !names.contains(&method.as_str()) {
            names.push(method.as_str());
        }
    }
    names.join(", ")
}

/// Returns which web pages may read the answers of an endpoint.
pub(super) fn cors(endpoint: Endpoint) -> Cors {
    served(endpoint).map_or(Cors::Closed, |served| served.cors)
}

/// Decides on a request.
pub(super) async fn decide(request: &HttpRequest, task: &Task<'_>) -> Decision {
    if let Some(refusal) = &task.asked.refusal {
        if let (Endpoint::Authorization | Endpoint::EndSession, Refusal::Unreadable { .. }) =
            (task.asked.endpoint, refusal)
        {
            let page = authorization::refused_page(refusal.clone(), task);
            return Reply::Front(page).into();
        }
        return Reply::Refused(refusal.clone()).into();
    }
    if task.asked.method == Method::OPTIONS {
        return options(request, task.asked.endpoint, task.epoch).into();
    }
    let Some(served) = served(task.asked.endpoint) else {
        return Reply::Refused(no_such_endpoint(request, task.epoch)).into();
    };
    if served.takes(&task.asked.method) {
        return (served.handler)(task).await;
    }
    Reply::Refused(Refusal::MethodNotAllowed {
        method: excerpt(task.asked.method.as_str()),
        allow: served.allow(),
    })
    .into()
}

/// Answers OPTIONS: the methods of the endpoint, or those of all endpoints for `*`.
fn options(request: &HttpRequest, endpoint: Endpoint, epoch: &Epoch) -> Reply {
    let Some(served) = served(endpoint) else {
        return if request.path() == "*" {
            let all = Endpoint::ALL
                .iter()
                .filter_map(|endpoint| self::served(*endpoint));
            Reply::Methods(allow(all.flat_map(|served| served.methods)))
        } else {
            Reply::Refused(no_such_endpoint(request, epoch))
        };
    };
    if served.cors == Cors::Closed || !cors::is_preflight(request) {
        return Reply::Methods(served.allow());
    }
    match cors::check(request) {
        Ok(()) => Reply::Preflight(served.allow()),
        Err(refusal) => Reply::Refused(refusal),
    }
}

fn no_such_endpoint(request: &HttpRequest, epoch: &Epoch) -> Refusal {
    let settings = &epoch.authority.settings;
    let endpoints: Vec<String> = Endpoint::ALL
        .iter()
        .filter(|endpoint| served(**endpoint).is_some())
        .map(|endpoint| format!("{endpoint} at {}", settings.path(*endpoint)))
        .collect();
    Refusal::NoSuchEndpoint {
        path: excerpt(request.path()),
        endpoints: endpoints.join(", "),
    }
}
