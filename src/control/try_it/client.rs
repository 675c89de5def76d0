//! The requests of the built-in client, and the tokens that it gets.

use std::io::Read as _;
use std::net::SocketAddr;
use std::time::Duration;

use actix_web::web;

use crate::control::try_it::flow::Flow;
use crate::control::try_it::judged;
use crate::control::{Call, Problem, ProblemCode};
use crate::http::agent::agent;
use crate::journal::{Exchange, Filter};
use crate::json::Value;
use crate::oauth::client::Client;
use crate::oauth::endpoint::Endpoint;
use crate::oauth::params::Params;
use crate::oauth::sent::SentRequest;
use crate::pages::{Answer, Finding, Logout, Reason, Step, TokenView};

/// How long an answer may take, in real time.
const PATIENCE: Duration = Duration::from_secs(30);
/// The most bytes of an answer that are shown.
const LONGEST: u64 = 256 * 1024;

/// The values of the buttons.
pub(super) const REFRESH: &str = "refresh";
const USERINFO: &str = "userinfo";
const INTROSPECT_ACCESS_TOKEN: &str = "introspect_access_token";
const INTROSPECT_REFRESH_TOKEN: &str = "introspect_refresh_token";
const REVOKE_ACCESS_TOKEN: &str = "revoke_access_token";
const REVOKE_REFRESH_TOKEN: &str = "revoke_refresh_token";

/// The names of tokens in responses and forms.
const ACCESS_TOKEN: &str = "access_token";
const REFRESH_TOKEN: &str = "refresh_token";
const ID_TOKEN: &str = "id_token";

/// A client in whose name requests are sent.
#[derive(Clone, Copy)]
pub(super) struct TryClient<'a> {
    pub(super) call: &'a Call,
    pub(super) client: &'a Client,
}

/// The tokens that the client has.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    access_token: Option<String>,
    refresh_token: Option<String>,
    id_token: Option<String>,
}

impl Tokens {
    /// Reads the tokens of the page's form.
    pub(super) fn of(form: &Params) -> Self {
        let text = |name| form.get(name).map(str::to_owned);
        Self {
            access_token: text(ACCESS_TOKEN),
            refresh_token: text(REFRESH_TOKEN),
            id_token: text(ID_TOKEN),
        }
    }

    /// Replaces the tokens that a token response has.
    pub(super) fn take(&mut self, response: Option<&Value>) {
        let text = |name| Some(response?.get(name)?.as_str()?.to_owned());
        for (held, name) in [
            (&mut self.access_token, ACCESS_TOKEN),
            (&mut self.refresh_token, REFRESH_TOKEN),
            (&mut self.id_token, ID_TOKEN),
        ] {
            *held = text(name).or_else(|| held.take());
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.access_token.is_none() && self.refresh_token.is_none() && self.id_token.is_none()
    }
}

impl TryClient<'_> {
    /// Exchanges a code.
    pub(super) async fn exchange(&self, flow: &Flow, code: &str) -> (Step, Option<Value>) {
        let callback = self.call.sandbox.settings.try_callback();
        let callback = callback.unwrap_or_default();
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &callback),
        ];
        form.extend(
            flow.verifier
                .as_deref()
                .map(|verifier| ("code_verifier", verifier)),
        );
        self.send("Token request", Endpoint::Token, &form).await
    }

    /// Sends the request of a button.
    pub(super) async fn act(
        &self,
        action: &str,
        tokens: &Tokens,
    ) -> Result<(Step, Option<Value>), Problem> {
        let access_token = tokens.access_token.as_deref().unwrap_or_default();
        let refresh_token = tokens.refresh_token.as_deref().unwrap_or_default();
        let of_access_token = [("token", access_token), ("token_type_hint", ACCESS_TOKEN)];
        let of_refresh_token = [("token", refresh_token), ("token_type_hint", REFRESH_TOKEN)];
        let refresh = [
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh_token),
        ];
        let (title, endpoint, form) = match action {
            REFRESH => ("Refresh", Endpoint::Token, &refresh),
            INTROSPECT_ACCESS_TOKEN => (
                "Introspection of the access token",
                Endpoint::Introspection,
                &of_access_token,
            ),
            INTROSPECT_REFRESH_TOKEN => (
                "Introspection of the refresh token",
                Endpoint::Introspection,
                &of_refresh_token,
            ),
            REVOKE_ACCESS_TOKEN => (
                "Revocation of the access token",
                Endpoint::Revocation,
                &of_access_token,
            ),
            REVOKE_REFRESH_TOKEN => (
                "Revocation of the refresh token",
                Endpoint::Revocation,
                &of_refresh_token,
            ),
            USERINFO => {
                let url = self.call.sandbox.settings.url(Endpoint::Userinfo);
                let request = SentRequest::get(url).bearer(access_token);
                return Ok(self.perform("Userinfo", Endpoint::Userinfo, request).await);
            }
            _ => {
                return Err(Problem::new(
                    ProblemCode::InvalidBody,
                    "there is no such button",
                ));
            }
        };
        Ok(self.send(title, endpoint, form).await)
    }

    /// Posts a form with the credentials of the client.
    async fn send(
        &self,
        title: &'static str,
        endpoint: Endpoint,
        form: &[(&str, &str)],
    ) -> (Step, Option<Value>) {
        let settings = &self.call.sandbox.settings;
        let request = SentRequest::post(settings.url(endpoint), form);
        let request = request.by(self.client, settings.reading);
        self.perform(title, endpoint, request).await
    }

    /// Sends a request; returns what happened, and the answer if it is JSON.
    async fn perform(
        &self,
        title: &'static str,
        endpoint: Endpoint,
        request: SentRequest,
    ) -> (Step, Option<Value>) {
        let mut step = Step {
            title,
            request: Some(request.curl()),
            ..Step::default()
        };
        let filter = Filter::endpoint(endpoint);
        let journal = &self.call.epoch.journal;
        let before = journal
            .matching(&filter)
            .last()
            .map_or(0, |last| last.number);
        let listener = self.call.sandboxes.listener();
        let sent = web::block(move || transmit(&request, listener)).await;
        let received = match sent {
            Ok(Ok(received)) => received,
            Ok(Err(why)) => {
                step.findings
                    .push(Finding::Wrong(format!("there is no answer: {why}")));
                return (step, None);
            }
            Err(_) => return (step, None),
        };
        if let Some(why) = received.broken {
            step.findings
                .push(Finding::Wrong(format!("the answer is not complete: {why}")));
        }
        let value: Option<Value> = serde_json::from_str(&received.body).ok();
        let pretty = value
            .as_ref()
            .and_then(|value| serde_json::to_string_pretty(value).ok());
        let status = received.status;
        step.answer = Some(Answer {
            status,
            body: pretty.unwrap_or(received.body),
        });
        let is_own = |exchange: &&Exchange| {
            exchange.number > before
                && exchange.status == status
                && exchange.path.as_str() == received.path
        };
        step.reason = journal
            .matching(&filter)
            .iter()
            .find(is_own)
            .and_then(reason);
        (step, value.filter(|_| status == 200))
    }

    /// Returns the reason of the authorization request with that state, which was refused.
    pub(super) fn refused_request(&self, state: &str) -> Option<Reason> {
        let filter = Filter::endpoint(Endpoint::Authorization).client(&self.client.client_id);
        let exchanges = self.call.epoch.journal.matching(&filter);
        let has_state = |exchange: &&Exchange| {
            let mut parameters = exchange.parameters.iter();
            parameters.any(|parameter| parameter.name == "state" && parameter.value == state)
        };
        exchanges.iter().rev().find(has_state).and_then(reason)
    }

    /// Decodes and verifies the tokens, to show them. `nonce` is that of the request, if the tokens belong to it.
    pub(super) fn shown(&self, tokens: &Tokens, nonce: Option<&str>) -> Vec<TokenView> {
        let access_token = self.view("Access token", ACCESS_TOKEN, tokens.access_token.as_deref());
        let refresh_token = self.view(
            "Refresh token",
            REFRESH_TOKEN,
            tokens.refresh_token.as_deref(),
        );
        let mut id_token = self.view("ID token", ID_TOKEN, tokens.id_token.as_deref());
        if let Some((view, nonce)) = id_token.as_mut().zip(nonce) {
            let claims = view.decoded.as_ref().map(|(_, claims)| claims.as_str());
            let claims: Option<Value> = serde_json::from_str(claims.unwrap_or_default()).ok();
            let found = claims
                .as_ref()
                .and_then(|claims| claims.get("nonce")?.as_str());
            view.findings.push(judged(
                found == Some(nonce),
                "the nonce is that of the request",
                "the nonce is not that of the request (OpenID Connect Core section 3.1.3.7)",
            ));
        }
        [access_token, refresh_token, id_token]
            .into_iter()
            .flatten()
            .collect()
    }

    fn view(
        &self,
        title: &'static str,
        name: &'static str,
        token: Option<&str>,
    ) -> Option<TokenView> {
        let token = token?;
        let authority = &self.call.epoch.authority;
        let issuer = Some(authority.settings.issuer.as_str());
        let inspection = authority.inspect(token, issuer, self.call.sandbox.clock.now());
        let decoded = inspection.indented();
        let wrong: fn(String) -> Finding = match inspection.decoded {
            Some(_) => Finding::Wrong,
            // A token need not be readable by the client (RFC 6749 §1.4).
            None => |why| Finding::Odd(format!("it is opaque: {why}")),
        };
        let findings = inspection.right.into_iter().map(Finding::Right);
        let findings = findings
            .chain(inspection.odd.into_iter().map(Finding::Odd))
            .chain(inspection.wrong.into_iter().map(wrong));
        let actions: &[(&str, &str)] = match name {
            ACCESS_TOKEN => &[
                (USERINFO, "Userinfo"),
                (INTROSPECT_ACCESS_TOKEN, "Introspect the access token"),
                (REVOKE_ACCESS_TOKEN, "Revoke the access token"),
            ],
            REFRESH_TOKEN => &[
                (REFRESH, "Refresh"),
                (INTROSPECT_REFRESH_TOKEN, "Introspect the refresh token"),
                (REVOKE_REFRESH_TOKEN, "Revoke the refresh token"),
            ],
            _ => &[],
        };
        Some(TokenView {
            title,
            name,
            text: token.to_owned(),
            findings: findings.collect(),
            decoded,
            actions: actions.to_vec(),
        })
    }

    /// Returns the logout request (OpenID Connect RP-Initiated Logout §2) of a client that has tokens.
    pub(super) fn logout(&self, tokens: &Tokens) -> Option<Logout> {
        let settings = &self.call.sandbox.settings;
        let uri = settings.try_logged_out().filter(|_| !tokens.is_empty())?;
        let hint = tokens.id_token.as_deref();
        let hint = hint.map(|token| ("id_token_hint", token));
        let members: Vec<(&str, &str)> = hint
            .into_iter()
            .chain([
                ("client_id", self.client.client_id.as_str()),
                ("post_logout_redirect_uri", uri.as_str()),
            ])
            .collect();
        let request = SentRequest::post(settings.url(Endpoint::EndSession), &members);
        Some(Logout {
            request: request.curl(),
            url: request.url,
            members: request.form.unwrap_or_default(),
        })
    }
}

/// Returns the reason of an exchange that was refused.
fn reason(exchange: &Exchange) -> Option<Reason> {
    let name = exchange.refusal?;
    Some(Reason {
        name: name.as_str(),
        text: exchange.reason.clone().unwrap_or_default(),
        remedy: name.remedy(),
    })
}

/// An answer as it arrived.
struct Received {
    /// The path of the request.
    path: String,
    status: u16,
    body: String,
    /// Why the body ended early.
    broken: Option<String>,
}

/// Sends a request to the listener of this server, whatever address it has for others.
fn transmit(request: &SentRequest, listener: SocketAddr) -> Result<Received, String> {
    let agent = agent(Some(PATIENCE));
    let (_, rest) = request.url.split_once("://").unwrap_or_default();
    let path = rest.find('/').map_or("/", |at| &rest[at..]);
    let url = format!("http://{listener}{path}");
    let sent = if let Some(body) = request.body() {
        let mut post = agent.post(&url);
        for (name, value) in &request.headers {
            post = post.header(*name, value);
        }
        post.content_type("application/x-www-form-urlencoded")
            .send(body)
    } else {
        let mut get = agent.get(&url);
        for (name, value) in &request.headers {
            get = get.header(*name, value);
        }
        get.call()
    };
    let mut answer = sent.map_err(|why| why.to_string())?;
    let status = answer.status().as_u16();
    let mut bytes = Vec::new();
    let read = answer
        .body_mut()
        .as_reader()
        .take(LONGEST)
        .read_to_end(&mut bytes);
    Ok(Received {
        path: path.to_owned(),
        status,
        body: String::from_utf8_lossy(&bytes).into_owned(),
        broken: read.err().map(|why| why.to_string()),
    })
}
