//! What is told of every request: one line in the log, one exchange in the journal. Nothing secret: no secret, no token,
//! and of the rest only excerpts.

use actix_web::HttpMessage as _;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::clock::{Stopwatch, Timestamp, real_time};
use crate::fault::Fault;
use crate::fault::plan::Traits;
use crate::http::inject;
use crate::journal::advice::{self, Facts};
use crate::journal::{Exchange, IssuedIds, Parameter};
use crate::oauth::credentials::Credentials;
use crate::oauth::endpoint::Endpoint;
use crate::oauth::params::Params;
use crate::oauth::refusal::{Refusal, RefusalName, excerpt};
use crate::oauth::response::TokenResponse;
use crate::sandbox::Epoch;

/// More parameters than any grant has; the journal keeps no more of them.
const MOST_PARAMETERS: usize = 64;

/// What becomes known of a request on its way.
#[derive(Debug)]
pub(crate) struct Record {
    watch: Stopwatch,
    now: Timestamp,
    exchange: Exchange,
    /// As they came, for rules; only excerpts of them are kept.
    client_id: Option<String>,
    scope: Option<String>,
    refresh_token: Option<String>,
    issued_scope: Option<String>,
    refusal: Option<Refusal>,
    tolerated: Vec<RefusalName>,
    access_token: Option<(Timestamp, Timestamp)>,
    query: Params,
    form: Params,
    basic: Option<(Vec<u8>, Vec<u8>)>,
}

impl Record {
    pub(super) fn begin(request: &HttpRequest, now: Timestamp, endpoint: Endpoint) -> Self {
        Self {
            watch: Stopwatch::start(),
            now,
            exchange: Exchange {
                number: 0,
                at: now.to_string(),
                real_time: real_time(),
                endpoint,
                method: excerpt(request.method().as_str()),
                path: excerpt(request.path()),
                client_id: None,
                auth_method: None,
                grant_type: None,
                parameters: Vec::new(),
                status: 0,
                outcome: String::new(),
                reason: None,
                fault: None,
                duration_ms: 0.0,
                issued: None,
                presented: None,
                advice: Vec::new(),
            },
            client_id: None,
            scope: None,
            refresh_token: None,
            issued_scope: None,
            refusal: None,
            tolerated: Vec::new(),
            access_token: None,
            query: Params::default(),
            form: Params::default(),
            basic: None,
        }
    }

    /// The instant by which the request is answered.
    pub(super) fn now(&self) -> Timestamp {
        self.now
    }

    /// A request that could not be understood, as far as it can be read.
    pub(super) fn received(&mut self, request: &HttpRequest, form: &[u8]) {
        self.came(request);
        // What is no form has no parameters: its secrets would be taken for names.
        let is_form = request
            .content_type()
            .eq_ignore_ascii_case("application/x-www-form-urlencoded");
        self.sent(Params::decode(if is_form { form } else { &[] }).unwrap_or_default());
    }

    /// What stands outside the body.
    fn came(&mut self, request: &HttpRequest) {
        self.query = Params::decode(request.query_string().as_bytes()).unwrap_or_default();
        self.basic = request
            .headers()
            .get(header::AUTHORIZATION)
            .and_then(|value| halves(value.as_bytes()));
    }

    /// The parameters of the body, once they have served. They were decoded for that; twice would be once too often on the
    /// path of every request.
    pub(super) fn sent(&mut self, form: Params) {
        if !self.exchange.parameters.is_empty() {
            return;
        }
        self.form = form;
        let all = self.query.iter().chain(self.form.iter());
        self.exchange.parameters = all
            .take(MOST_PARAMETERS)
            .map(|(name, value)| Parameter::shown(name, || excerpt(value)))
            .collect();
    }

    /// A request without credentials, as its query has it.
    pub(super) fn asked(&mut self, request: &HttpRequest) {
        self.received(request, &[]);
        self.client_id = self.query.get("client_id").map(str::to_owned);
        self.exchange.client_id = self.client_id.as_deref().map(excerpt);
        self.scope = self.query.get("scope").map(str::to_owned);
    }

    /// The request as it was understood.
    pub(super) fn understood(
        &mut self,
        request: &HttpRequest,
        credentials: &Credentials,
        params: &Params,
    ) {
        self.came(request);
        self.client_id = credentials.client_id().map(str::to_owned);
        self.exchange.client_id = credentials.client_id().map(excerpt);
        self.exchange.auth_method = credentials
            .claims
            .last()
            .map(|claim| claim.method().to_string());
        self.exchange.grant_type = params.get("grant_type").map(excerpt);
        self.scope = params.get("scope").map(str::to_owned);
        self.refresh_token = params.get("refresh_token").map(str::to_owned);
    }

    /// What rules look at.
    pub(super) fn traits(&self) -> Traits<'_> {
        Traits {
            endpoint: self.exchange.endpoint,
            client_id: self.client_id.as_deref(),
            grant_type: self.exchange.grant_type.as_deref(),
            scope: self.scope.as_deref(),
            refresh_token: self.refresh_token.as_deref(),
        }
    }

    pub(super) fn faults(&mut self, faults: &[Fault]) {
        let change = faults.iter().find(|fault| !fault.kind().is_modifier());
        if let Some(fault) = change.or(faults.first()) {
            let name = fault.kind().as_str();
            self.exchange.fault = Some(name.to_owned());
            self.exchange.outcome = match fault {
                Fault::Error(fault) => fault.error.clone(),
                _ => name.to_owned(),
            };
        }
    }

    /// The refusals that were tolerated, as advice.
    pub(super) fn tolerated(&mut self, tolerated: &[RefusalName]) {
        self.tolerated = tolerated.to_vec();
    }

    pub(super) fn presented(&mut self, id: Option<String>) {
        self.exchange.presented = id;
    }

    pub(super) fn answered(&mut self) {
        "answered".clone_into(&mut self.exchange.outcome);
    }

    pub(super) fn outcome(&mut self, outcome: &'static str) {
        outcome.clone_into(&mut self.exchange.outcome);
    }

    pub(super) fn issued(&mut self, response: &TokenResponse) {
        let lineage = &response.lineage;
        "issued".clone_into(&mut self.exchange.outcome);
        self.issued_scope = Some(response.scope.to_string());
        self.access_token = Some((lineage.issued_at, lineage.access_token_ends));
        self.exchange.issued = Some(IssuedIds {
            access_token: lineage.ids.access_token.clone(),
            refresh_token: lineage.ids.refresh_token.clone(),
            id_token: lineage.ids.id_token.clone(),
        });
    }

    pub(super) fn refused(&mut self, refusal: &Refusal, error: &str) {
        error.clone_into(&mut self.exchange.outcome);
        self.exchange.reason = Some(refusal.to_string());
        self.refusal = Some(refusal.clone());
    }

    /// Tells of it.
    pub(super) fn end(mut self, response: &HttpResponse, epoch: &Epoch) {
        self.exchange.status = inject::seen_status(response);
        self.exchange.duration_ms = self.watch.elapsed().as_secs_f64() * 1000.0;
        if self.exchange.endpoint == Endpoint::Token {
            self.exchange.advice = self.advice(epoch);
        }
        self.log();
        epoch.journal.keep(self.exchange, self.access_token);
    }

    fn advice(&self, epoch: &Epoch) -> Vec<crate::journal::Advice> {
        let presented = self.exchange.presented.as_deref();
        let mut past = presented
            .map(|id| epoch.journal.present(id, self.now))
            .unwrap_or_default();
        let issued = self.exchange.issued.as_ref();
        if issued.is_some_and(|ids| ids.refresh_token.as_deref() == presented) {
            // The same token came back (RFC 6749 §6): there is no other to present.
            past.presented = None;
        }
        advice::advise(&Facts {
            method: &self.exchange.method,
            query: &self.query,
            form: &self.form,
            basic: self.basic.clone(),
            past,
            now: self.now,
            refusal: self.refusal.as_ref(),
            tolerated: &self.tolerated,
        })
    }

    fn log(&self) {
        let exchange = &self.exchange;
        // That a document was answered, its status says already.
        let outcome =
            Some(exchange.outcome.as_str()).filter(|said| !matches!(*said, "" | "answered"));
        tracing::info!(
            status = exchange.status,
            client = exchange.client_id,
            grant = exchange.grant_type,
            outcome,
            scope = self.issued_scope,
            fault = exchange.fault,
            reason = exchange.reason,
            "{} {}",
            exchange.method,
            exchange.path,
        );
    }
}

/// The two halves of Basic credentials as they were sent.
fn halves(authorization: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let (scheme, encoded) = authorization.split_at_checked(6)?;
    let decoded = scheme
        .eq_ignore_ascii_case(b"basic ")
        .then(|| STANDARD.decode(encoded.trim_ascii()).ok())??;
    let colon = decoded.iter().position(|byte| *byte == b':')?;
    Some((decoded[..colon].to_vec(), decoded[colon + 1..].to_vec()))
}
