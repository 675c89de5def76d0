//! The built-in client: logs a user in by a browser, exchanges the code, and sends what a client can send next.
//!
//! Its requests are those of a client outside: they reach the provider over the network, so they have entries in the journal and
//! get faults. Nothing is kept on the server between two requests of the browser: what a login needs is in a cookie, and the
//! tokens are in the page's form.

mod client;
mod flow;

use actix_web::http::StatusCode;

use crate::control::browser::{Form, PageReply};
use crate::control::try_it::client::{Tokens, TryClient};
use crate::control::try_it::flow::Flow;
use crate::control::{Call, Problem};
use crate::oauth::client::Client;
use crate::oauth::params::Params;
use crate::oauth::scope::Scope;
use crate::pages::{self, ChosenClient, Finding, Step, TryForm, TryResult, try_field};

/// Shows the form that begins a login.
pub(super) fn form(call: &Call) -> PageReply {
    let query = Params::decode_lossy(call.request.query_string().as_bytes());
    let chosen = query.get(try_field::CLIENT_ID);
    PageReply::page(FormPage::of(call).choose(chosen).html())
}

/// Shows the same form after a logout.
pub(super) fn logged_out(call: &Call) -> PageReply {
    let mut page = FormPage::of(call);
    page.notice =
        Some("The end session endpoint has sent the browser back: the user is logged out.");
    PageReply::page(page.html())
}

/// Sends the browser to the authorization endpoint.
pub(super) fn begin(call: &Call, Form(form): Form) -> PageReply {
    let page = FormPage::of(call);
    let client_id = form.get(try_field::CLIENT_ID).unwrap_or_default();
    if !page
        .clients
        .iter()
        .any(|client| client.client_id == client_id)
    {
        return page.refused("A user cannot log in to this client.");
    }
    let flow = Flow::begin(&form);
    let Some(cookie) = flow.cookie(call) else {
        return page
            .choose(Some(client_id))
            .refused("The scope and the login hint are too long for a cookie.");
    };
    PageReply::redirect(flow.authorization_url(&call.sandbox.settings)).cookie(cookie)
}

/// Receives the authorization response, and exchanges the code.
pub(super) async fn callback(call: Call, (): ()) -> PageReply {
    let response = Params::decode_lossy(call.request.query_string().as_bytes());
    let Some(flow) = Flow::of(&call.request) else {
        return FormPage::of(&call).refused(
            "This browser has sent no authorization request that this response could belong to.",
        );
    };
    if response.raw("state") != Some(flow.state.as_str()) {
        return FormPage::of(&call).choose(Some(&flow.client_id)).refused(
            "The state of the authorization response is not that of the request that this browser sent last, so the response \
             is not used (RFC 6749 section 10.12).",
        );
    }
    let Some(client) = call.epoch.authority.registry.get::<Client>(&flow.client_id) else {
        return FormPage::of(&call).refused("The client is not registered any more.");
    };
    let settings = &call.sandbox.settings;
    let mut steps = vec![Step {
        title: "Authorization request",
        request: Some(flow.authorization_url(settings)),
        ..Step::default()
    }];
    let client = TryClient {
        call: &call,
        client: &client,
    };
    let (findings, code) = flow::check(&response, &settings.issuer);
    let mut arrived = Step {
        title: "Authorization response",
        members: owned(&response),
        findings,
        ..Step::default()
    };
    if response.get("error").is_some() {
        arrived.reason = client.refused_request(&flow.state);
    }
    steps.push(arrived);
    let mut tokens = Tokens::default();
    if let Some(code) = code {
        let (step, answer) = client.exchange(&flow, code).await;
        steps.push(step);
        tokens.take(answer.as_ref());
    }
    let title = match (response.get("error"), tokens.is_empty()) {
        (Some(_), _) => "The login was refused",
        (None, true) => "The code was not exchanged",
        (None, false) => "The user is logged in",
    };
    let nonce = Some(flow.nonce.as_str());
    // A code is used once, so a reload must not send it again.
    client
        .page(title, &steps, &tokens, nonce)
        .cookie(Flow::no_cookie(&call))
}

/// Sends what the buttons ask for.
pub(super) async fn act(call: Call, Form(form): Form) -> Result<PageReply, Problem> {
    let client_id = form.get(try_field::CLIENT_ID).unwrap_or_default();
    let Some(client) = call.epoch.authority.registry.get::<Client>(client_id) else {
        return Ok(FormPage::of(&call).refused("The client is not registered any more."));
    };
    let client = TryClient {
        call: &call,
        client: &client,
    };
    let mut tokens = Tokens::of(&form);
    let action = form.get(try_field::ACTION).unwrap_or_default();
    let (step, answer) = client.act(action, &tokens).await?;
    if action == client::REFRESH {
        tokens.take(answer.as_ref());
    }
    Ok(client.page(step.title, &[step], &tokens, None))
}

impl TryClient<'_> {
    /// Shows what happened, and the tokens that the client has.
    fn page(&self, title: &str, steps: &[Step], tokens: &Tokens, nonce: Option<&str>) -> PageReply {
        let path = self.call.location(&["try".to_owned()]);
        let client_id = crate::control::encoded(&self.client.client_id);
        PageReply::page(pages::try_result(&TryResult {
            title,
            again: &format!("{path}?{}={client_id}", try_field::CLIENT_ID),
            action: &format!("{path}/act"),
            client_id: &self.client.client_id,
            steps,
            tokens: &self.shown(tokens, nonce),
            logout: self.logout(tokens),
        }))
    }
}

/// Returns the parameters of a response, to show them.
fn owned(params: &Params) -> Vec<(String, String)> {
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    params.iter().map(owned).collect()
}

/// The form that begins a login, before it is written.
struct FormPage<'a> {
    call: &'a Call,
    /// The clients that a user can log in to.
    clients: Vec<std::sync::Arc<Client>>,
    chosen: usize,
    notice: Option<&'a str>,
    problem: Option<&'a str>,
}

impl<'a> FormPage<'a> {
    fn of(call: &'a Call) -> Self {
        Self {
            call,
            clients: call.epoch.authority.login_clients().collect(),
            chosen: 0,
            notice: None,
            problem: None,
        }
    }

    /// Chooses the client of that name, if there is one.
    fn choose(mut self, client_id: Option<&str>) -> Self {
        let named = |client: &std::sync::Arc<Client>| Some(client.client_id.as_str()) == client_id;
        self.chosen = self.clients.iter().position(named).unwrap_or_default();
        self
    }

    /// Shows the form with the reason not to answer a request.
    fn refused(mut self, problem: &'a str) -> PageReply {
        self.problem = Some(problem);
        PageReply::refusal(StatusCode::BAD_REQUEST, self.html())
    }

    fn html(&self) -> pages::Html {
        let settings = &self.call.sandbox.settings;
        let url = settings.try_url();
        let chosen = self.clients.get(self.chosen).map(|client| ChosenClient {
            client_id: &client.client_id,
            scope: client.scope.iter().flat_map(Scope::iter).collect(),
            needs_pkce: client.needs_pkce(),
        });
        pages::try_form(&TryForm {
            action: &self.call.location(&["try".to_owned()]),
            issuer: &settings.issuer,
            redirect_uri: &settings.try_callback().unwrap_or_default(),
            clients: self
                .clients
                .iter()
                .map(|client| client.client_id.as_str())
                .collect(),
            chosen,
            elsewhere: url.as_deref().filter(|url| !self.is_at(url)),
            notice: self.notice,
            problem: self.problem,
        })
    }

    /// Returns true if the browser has this page from that URL. A cookie belongs to one host.
    fn is_at(&self, url: &str) -> bool {
        let headers = self.call.request.headers();
        let host = headers.get("host").and_then(|host| host.to_str().ok());
        crate::control::guard::authority_of(url)
            .zip(host)
            .is_none_or(|(own, host)| {
                own.strip_prefix(host)
                    .is_some_and(|rest| rest.starts_with('/'))
            })
    }
}

/// Returns the finding that a check is right, or the reason why it is not.
fn judged(is_right: bool, right: &str, wrong: &str) -> Finding {
    if is_right {
        Finding::Right(right.to_owned())
    } else {
        Finding::Wrong(wrong.to_owned())
    }
}
