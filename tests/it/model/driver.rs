//! Sends each action to the server, and compares the answer and then everything that can be observed with the reference.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use oauth_mimic::{Login, SandboxGuard};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use serde_json::{Value, json};

use super::action::{Action, Actor, How, LogIn, RedirectUri, Verifier};
use super::reference::{
    CLIENTS, CodeRequest, Issued, Kind, Presented, Reference, Refused, ScopeSet, USERS, Use,
};
use crate::support::http::address_and_target;
use crate::support::{Answer, Request, encoded, exchange, part};

/// The example of RFC 7636 Appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const ANOTHER_VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXl";

type Checked<T = ()> = Result<T, TestCaseError>;

/// A running provider, and the reference beside it.
pub(super) struct Driver<'a> {
    server: &'a SandboxGuard,
    reference: Reference,
    urls: Urls,
    /// The session cookies of the browsers.
    cookies: [Option<String>; 2],
    /// The `sid` of each session, once an ID token had it.
    sids: BTreeMap<usize, String>,
    /// How many actions there were.
    steps: usize,
}

struct Urls {
    authorization: String,
    token: String,
    introspection: String,
    revocation: String,
    userinfo: String,
    end_session: String,
    sessions: String,
}

/// Sends a request to a URL.
fn send(url: &str, request: Request) -> Checked<Answer> {
    let answers = send_all(vec![(url, request)])?;
    answers
        .into_iter()
        .next()
        .ok_or_else(|| TestCaseError::fail("no answer"))
}

/// Sends requests to URLs of one server over one connection.
fn send_all(requests: Vec<(&str, Request)>) -> Checked<Vec<Answer>> {
    let count = requests.len();
    let mut bytes = Vec::new();
    let mut server: Option<SocketAddr> = None;
    for (url, request) in requests {
        let (address, target) = address_and_target(url);
        let request = request.target(target);
        bytes.extend(request.header("Host", address.to_string()).bytes());
        server = Some(address);
    }
    let Some(server) = server else {
        return Ok(Vec::new());
    };
    let answers = exchange(server, &bytes, count);
    prop_assert_eq!(answers.len(), count, "an answer to each request");
    for answer in &answers {
        prop_assert!((200..500).contains(&answer.status), "{:?}", answer);
    }
    Ok(answers)
}

/// Returns a form with the credentials of a client, and maybe with a wrong secret.
fn form(client: usize, is_wrong: bool, fields: &[(&str, &str)]) -> Request {
    let client = &CLIENTS[client];
    let pairs = fields
        .iter()
        .map(|(name, value)| format!("{name}={}", encoded(value)));
    let mut pairs: Vec<String> = pairs.collect();
    let secret = if is_wrong { Some("x") } else { client.secret };
    let Some(secret) = secret else {
        pairs.push(format!("client_id={}", client.id));
        return Request::form("", pairs.join("&"));
    };
    Request::form("", pairs.join("&")).basic(client.id, secret)
}

fn assert_refused(answer: &Answer, expected: Refused) -> Checked {
    let error = answer.error();
    prop_assert_eq!((answer.status, error.as_str()), expected, "{:?}", answer);
    Ok(())
}

impl<'a> Driver<'a> {
    pub(super) fn new(server: &'a SandboxGuard, is_standard: bool) -> Self {
        let metadata = Request::get("").send_to(&server.metadata_url()).json();
        let end_session = metadata["end_session_endpoint"].as_str();
        let control = server.control_url().expect("a control plane");
        Self {
            server,
            reference: Reference::new(is_standard),
            urls: Urls {
                authorization: server.authorization_url(),
                token: server.token_url(),
                introspection: server.introspection_url(),
                revocation: server.revocation_url(),
                userinfo: server.userinfo_url(),
                end_session: end_session.expect("a URL").to_owned(),
                sessions: format!("{control}/sessions"),
            },
            cookies: [None, None],
            sids: BTreeMap::new(),
            steps: 0,
        }
    }

    pub(super) fn run(&mut self, actions: &[Action]) -> Checked {
        for action in actions {
            self.steps += 1;
            self.act(action)?;
            self.check_tokens()?;
            self.check_sessions()?;
            let successes = self.reference.codes.iter().map(|code| code.successes);
            prop_assert!(successes.max() <= Some(1), "a code works once");
        }
        Ok(())
    }

    fn act(&mut self, action: &Action) -> Checked {
        match action {
            Action::LogIn(request) => self.log_in(request),
            Action::Exchange {
                pick,
                by,
                redirect_uri,
                verifier,
            } => match self.reference.code(*pick) {
                Some(code) => self.exchange(code, *by, *redirect_uri, *verifier),
                None => Ok(()),
            },
            Action::ReplayCode => {
                let codes = &self.reference.codes;
                match codes.iter().rposition(|code| code.used == Use::Used) {
                    Some(code) => {
                        self.exchange(code, Actor::Owner, RedirectUri::Right, Verifier::Right)
                    }
                    None => Ok(()),
                }
            }
            Action::ReplayRefreshToken => match self.reference.used_refresh_token() {
                Some(token) => self.refresh(token, Actor::Owner, None),
                None => Ok(()),
            },
            Action::Refresh { pick, by, scope } => {
                match self.reference.token(*pick, &[Kind::Refresh]) {
                    Some(token) => self.refresh(token, *by, *scope),
                    None => Ok(()),
                }
            }
            Action::Confuse { pick, by } => self.confuse(*pick, *by),
            Action::Revoke { pick, by } => {
                let kinds = [Kind::Access, Kind::Refresh, Kind::Id];
                match self.reference.token(*pick, &kinds) {
                    Some(token) => self.revoke(token, *by),
                    None => Ok(()),
                }
            }
            Action::LogOut { browser, hint } => {
                let hint = hint.and_then(|pick| self.reference.token(pick, &[Kind::Id]));
                self.log_out(*browser, hint)
            }
            Action::EndSessions { user } => {
                let url = format!("{}?sub={}", self.urls.sessions, USERS[*user]);
                let answer = send(&url, Request::new("DELETE", ""))?;
                prop_assert_eq!(answer.status, 204);
                self.reference.end_sessions(*user);
                Ok(())
            }
            Action::Advance(seconds) => {
                self.server.clock().advance(*seconds);
                self.reference.advance(*seconds);
                Ok(())
            }
            Action::Reset => {
                self.server.reset();
                self.reference.reset();
                Ok(())
            }
        }
    }

    // --- browsers -----------------------------------------------------------------------------------------------

    fn log_in(&mut self, request: &LogIn) -> Checked {
        let client = &CLIENTS[request.client];
        let response_type = match request.with {
            (false, false) => "code",
            (true, false) => "code token",
            (false, true) => "code id_token",
            (true, true) => "code id_token token",
        };
        let mut fields = vec![
            ("response_type", response_type.to_owned()),
            ("client_id", client.id.to_owned()),
            ("state", "s".to_owned()),
            ("nonce", "n".to_owned()),
        ];
        if let Some(scope) = request.scope {
            fields.push(("scope", scope.to_string()));
        }
        if request.sends_redirect_uri {
            fields.push(("redirect_uri", client.redirect_uri()));
        }
        if request.sends_challenge {
            fields.push(("code_challenge", CHALLENGE.to_owned()));
            fields.push(("code_challenge_method", "S256".to_owned()));
        }
        let login = match &request.how {
            How::Silent => {
                fields.push(("prompt", "none".to_owned()));
                None
            }
            How::Denied => Some(Login::new().deny()),
            How::Scripted {
                user,
                consents,
                prompt_login,
            } => {
                if *prompt_login {
                    fields.push(("prompt", "login".to_owned()));
                }
                let login = Login::new().user(USERS[*user]);
                let scope = consents.map(|consents| consents.to_string());
                Some(scope.iter().fold(login, |login, scope| login.scope(scope)))
            }
        };
        if let Some(login) = login {
            self.server.next_login(login);
        }
        let pairs = fields
            .iter()
            .map(|(name, value)| format!("{name}={}", encoded(value)));
        let query = pairs.collect::<Vec<_>>().join("&");
        let url = format!("{}?{query}", self.urls.authorization);
        let sent = self.cookies[request.browser].as_ref();
        let get = Request::get("");
        let get = match sent {
            Some(cookie) => get.header("Cookie", cookie),
            None => get,
        };
        let answer = send(&url, get)?;
        self.server.clear_logins();
        let response = response(&answer, &client.redirect_uri())?;
        prop_assert_eq!(&response["state"], "s");
        prop_assert_eq!(&response["iss"], self.server.issuer());
        match self.reference.log_in(request) {
            Err(error) => {
                let sent = response.get("error").map(String::as_str);
                prop_assert_eq!(sent, Some(error), "{:?}", answer);
                prop_assert!(!response.contains_key("code"), "{:?}", answer);
                Ok(())
            }
            Ok(logged_in) => {
                let cookie = session_cookie(&answer);
                prop_assert_eq!(cookie.is_some(), logged_in.gets_cookie, "{:?}", answer);
                if cookie.is_some() {
                    self.cookies[request.browser] = cookie;
                }
                self.remember_response(&response, request, logged_in.grant)
            }
        }
    }

    /// Remembers what an authorization response has.
    fn remember_response(
        &mut self,
        response: &BTreeMap<String, String>,
        request: &LogIn,
        grant: usize,
    ) -> Checked {
        let code = response.get("code");
        prop_assert!(code.is_some(), "{:?}", response);
        let code = code.cloned().unwrap_or_default();
        let is_new = self.reference.codes.iter().all(|known| known.text != code);
        prop_assert!(is_new, "a code came twice");
        self.reference.add_code(code, grant, request);
        let issued = Issued {
            grant,
            scope: self.reference.grants[grant].scope,
            same_refresh_token: None,
            names_session: true,
        };
        let (token, id_token) = request.with;
        for (name, kind, is_due) in [
            ("access_token", Kind::Access, token),
            ("id_token", Kind::Id, id_token),
        ] {
            let text = response.get(name);
            prop_assert_eq!(text.is_some(), is_due, "{}: {:?}", name, response);
            if let Some(text) = text {
                self.check_claims(text, &issued)?;
                self.reference.add_token(text.clone(), kind, &issued);
            }
        }
        prop_assert!(!response.contains_key("refresh_token"));
        let scope = response.get("scope").map_or("", String::as_str);
        if token {
            prop_assert_eq!(ScopeSet::read(scope), Some(issued.scope));
            let seconds = CLIENTS[request.client].access_token.to_string();
            prop_assert_eq!(response.get("expires_in"), Some(&seconds));
            let kind = response.get("token_type").map(String::as_str);
            prop_assert_eq!(kind, Some("Bearer"));
        }
        Ok(())
    }

    fn log_out(&mut self, browser: Option<usize>, hint: Option<usize>) -> Checked {
        let hint_text = hint.map(|index| self.reference.tokens[index].text.as_str());
        let query = hint_text.map_or_else(String::new, |text| format!("?id_token_hint={text}"));
        let url = format!("{}{query}", self.urls.end_session);
        let cookie = browser.and_then(|browser| self.cookies[browser].as_ref());
        let get = Request::get("");
        let get = match cookie {
            Some(cookie) => get.header("Cookie", cookie),
            None => get,
        };
        let answer = send(&url, get)?;
        match self.reference.log_out(browser, hint) {
            Err((status, _)) => prop_assert_eq!(answer.status, status, "{:?}", answer),
            Ok(forgets) => {
                prop_assert_eq!(answer.status, 200, "{:?}", answer);
                let cookie = session_cookie(&answer);
                prop_assert_eq!(cookie.is_some(), forgets, "{:?}", answer);
                if let Some(browser) = browser.filter(|_| forgets) {
                    self.cookies[browser] = None;
                }
            }
        }
        Ok(())
    }

    // --- clients ------------------------------------------------------------------------------------------------

    fn exchange(
        &mut self,
        index: usize,
        by: Actor,
        redirect_uri: RedirectUri,
        verifier: Verifier,
    ) -> Checked {
        let code = &self.reference.codes[index];
        let (client, is_wrong) = acting(by, code.client);
        let own = CLIENTS[code.client].redirect_uri();
        let (uri, is_right) = match redirect_uri {
            RedirectUri::Right => (Some(own), Some(true)),
            RedirectUri::Another => (Some(format!("{own}/")), Some(false)),
            RedirectUri::Absent => (None, None),
        };
        let (verifier, presented) = match verifier {
            // Without a challenge, the right verifier is none.
            Verifier::Right if !code.has_challenge => (None, Presented::Nothing),
            Verifier::Right => (Some(VERIFIER), Presented::Right),
            Verifier::Another => (Some(ANOTHER_VERIFIER), Presented::Wrong),
            Verifier::Malformed => (Some("short"), Presented::Malformed),
            Verifier::Absent => (None, Presented::Nothing),
        };
        let mut fields = vec![("grant_type", "authorization_code"), ("code", &code.text)];
        fields.extend(uri.as_deref().map(|uri| ("redirect_uri", uri)));
        fields.extend(verifier.map(|verifier| ("code_verifier", verifier)));
        let answer = send(&self.urls.token, form(client, is_wrong, &fields))?;
        if is_wrong {
            return assert_refused(&answer, (401, "invalid_client"));
        }
        let request = CodeRequest {
            client,
            redirect_uri: is_right,
            verifier: presented,
        };
        let expected = self.reference.exchange(index, &request);
        self.compare(&answer, expected)
    }

    fn refresh(&mut self, index: usize, by: Actor, scope: Option<ScopeSet>) -> Checked {
        let (client, is_wrong) = acting(by, self.reference.owner(index));
        let scope_text = scope.map(|scope| scope.to_string());
        let mut fields = vec![
            ("grant_type", "refresh_token"),
            ("refresh_token", &self.reference.tokens[index].text),
        ];
        fields.extend(scope_text.as_deref().map(|scope| ("scope", scope)));
        let answer = send(&self.urls.token, form(client, is_wrong, &fields))?;
        if is_wrong {
            return assert_refused(&answer, (401, "invalid_client"));
        }
        let expected = self.reference.refresh(index, client, scope);
        self.compare(&answer, expected)
    }

    fn confuse(&mut self, pick: usize, by: Actor) -> Checked {
        let tokens = &self.reference.tokens;
        let wrong = self.reference.token(pick, &[Kind::Access, Kind::Id]);
        let wrong = wrong.map(|index| {
            let grant = &self.reference.grants[tokens[index].grant];
            (tokens[index].text.as_str(), grant.client)
        });
        let code = self.reference.code(pick);
        let code = code.map(|index| &self.reference.codes[index]);
        let code = code.map(|code| (code.text.as_str(), code.client));
        let texts = [
            ("refresh_token", "refresh_token", wrong),
            ("refresh_token", "refresh_token", code),
            ("authorization_code", "code", wrong),
        ];
        for (grant_type, name, text) in texts {
            if let Some((text, owner)) = text {
                let (client, is_wrong) = acting(by, owner);
                let fields = [("grant_type", grant_type), (name, text)];
                let answer = send(&self.urls.token, form(client, is_wrong, &fields))?;
                let expected = if is_wrong {
                    (401, "invalid_client")
                } else {
                    (400, "invalid_grant")
                };
                assert_refused(&answer, expected)?;
            }
        }
        Ok(())
    }

    fn revoke(&mut self, index: usize, by: Actor) -> Checked {
        let (client, is_wrong) = acting(by, self.reference.owner(index));
        let fields = [("token", self.reference.tokens[index].text.as_str())];
        let answer = send(&self.urls.revocation, form(client, is_wrong, &fields))?;
        if is_wrong {
            return assert_refused(&answer, (401, "invalid_client"));
        }
        match self.reference.revoke(index, client) {
            Ok(()) => prop_assert_eq!(answer.status, 200, "{:?}", answer),
            Err(refused) => assert_refused(&answer, refused)?,
        }
        Ok(())
    }

    /// Compares the answer of the token endpoint, and remembers its tokens.
    fn compare(&mut self, answer: &Answer, expected: Result<Issued, Refused>) -> Checked {
        let issued = match expected {
            Err(refused) => return assert_refused(answer, refused),
            Ok(issued) => issued,
        };
        prop_assert_eq!(answer.status, 200, "{:?}", answer);
        let body = answer.json();
        let text = |name: &str| body.get(name).and_then(Value::as_str);
        prop_assert_eq!(scope_of(&body), Some(issued.scope), "{:?}", answer);
        let granted = self.reference.grants[issued.grant].scope;
        prop_assert!(issued.scope.is_within(granted), "beyond the grant");
        for (name, kind) in [
            ("access_token", Kind::Access),
            ("refresh_token", Kind::Refresh),
            ("id_token", Kind::Id),
        ] {
            let is_due = kind != Kind::Id || issued.scope.has_openid();
            prop_assert_eq!(text(name).is_some(), is_due, "{}: {:?}", name, answer);
            let Some(text) = text(name) else { continue };
            let known = self.reference.tokens.iter();
            let known = known.clone().position(|token| token.text == text);
            if let Some(same) = issued.same_refresh_token.filter(|_| kind == Kind::Refresh) {
                prop_assert_eq!(known, Some(same), "another refresh token: {:?}", answer);
                continue;
            }
            prop_assert_eq!(known, None, "a token came twice: {:?}", answer);
            self.check_claims(text, &issued)?;
            self.reference.add_token(text.to_owned(), kind, &issued);
        }
        Ok(())
    }

    /// Checks what a new token says of the user and the login.
    fn check_claims(&mut self, text: &str, issued: &Issued) -> Checked {
        let grant = &self.reference.grants[issued.grant];
        let claims = part(text, 1);
        prop_assert_eq!(&claims["sub"], USERS[grant.user]);
        prop_assert_eq!(&claims["auth_time"], grant.auth_time);
        prop_assert_eq!(&claims["iat"], self.reference.now);
        if let Some(sid) = claims["sid"].as_str() {
            let known = self.sids.entry(grant.session).or_insert(sid.to_owned());
            prop_assert_eq!(&*known, sid, "one session has one id");
        }
        Ok(())
    }

    // --- invariants ---------------------------------------------------------------------------------------------

    /// Introspects every token, and gets userinfo with every token.
    fn check_tokens(&self) -> Checked {
        let reference = &self.reference;
        // A public client gets an answer about its own tokens only.
        let mut asks = vec![0; reference.tokens.len()];
        if !asks.is_empty() {
            let at = self.steps % asks.len();
            asks[at] = CLIENTS.len() - 1;
        }
        let mut requests = Vec::new();
        for (token, client) in reference.tokens.iter().zip(&asks) {
            let fields = [("token", token.text.as_str())];
            let introspection = self.urls.introspection.as_str();
            requests.push((introspection, form(*client, false, &fields)));
            let bearer = format!("Bearer {}", token.text);
            let get = Request::get("").authorization(bearer);
            requests.push((self.urls.userinfo.as_str(), get));
        }
        let answers = send_all(requests)?;
        for (index, (answers, client)) in answers.chunks(2).zip(asks).enumerate() {
            self.check_introspection(index, client, &answers[0])?;
            self.check_userinfo(index, &answers[1])?;
        }
        Ok(())
    }

    fn check_introspection(&self, index: usize, client: usize, answer: &Answer) -> Checked {
        let reference = &self.reference;
        let token = &reference.tokens[index];
        prop_assert_eq!(answer.status, 200, "{:?}", answer);
        let body = answer.json();
        let is_active = reference.is_active(index) && reference.may_introspect(index, client);
        prop_assert_eq!(&body["active"], is_active, "{:?}: {:?}", token, answer);
        if !is_active {
            prop_assert_eq!(body, json!({ "active": false }));
            return Ok(());
        }
        let grant = &reference.grants[token.grant];
        prop_assert_eq!(&body["client_id"], CLIENTS[grant.client].id);
        prop_assert_eq!(&body["sub"], USERS[grant.user]);
        prop_assert_eq!(&body["iat"], token.issued_at);
        prop_assert_eq!(&body["exp"], token.expires_at);
        prop_assert_eq!(scope_of(&body), Some(token.scope), "{:?}", answer);
        Ok(())
    }

    fn check_userinfo(&self, index: usize, answer: &Answer) -> Checked {
        let token = &self.reference.tokens[index];
        let is_active = token.kind == Kind::Access && self.reference.is_active(index);
        let status = match is_active {
            false => 401,
            true if !token.scope.has_openid() => 403,
            true => 200,
        };
        prop_assert_eq!(answer.status, status, "{:?}: {:?}", token, answer);
        match status {
            401 => prop_assert_eq!(answer.error(), "invalid_token"),
            403 => prop_assert_eq!(answer.error(), "insufficient_scope"),
            _ => {
                let user = self.reference.grants[token.grant].user;
                prop_assert_eq!(&answer.json()["sub"], USERS[user]);
            }
        }
        Ok(())
    }

    /// Compares the list of sessions.
    fn check_sessions(&self) -> Checked {
        let answer = send(&self.urls.sessions, Request::get(""))?;
        let body = answer.json();
        let listed = body["sessions"].as_array();
        let listed = listed.ok_or_else(|| TestCaseError::fail("no list"))?;
        let mut listed: Vec<String> = listed
            .iter()
            .map(|session| format!("{} {}", session["sub"], session["clients"]))
            .collect();
        let reference = &self.reference;
        let live = (0..reference.sessions.len()).filter(|session| reference.is_live(*session));
        let mut expected: Vec<String> = live
            .map(|session| {
                let sub = json!(USERS[reference.sessions[session].user]);
                format!("{sub} {}", json!(reference.clients_of(session)))
            })
            .collect();
        listed.sort();
        expected.sort();
        prop_assert_eq!(listed, expected);
        Ok(())
    }
}

/// Returns the scope of an answer. An answer without the member has the empty scope; an empty member is a mistake.
fn scope_of(body: &Value) -> Option<ScopeSet> {
    match body.get("scope") {
        None => Some(ScopeSet(0)),
        Some(scope) => ScopeSet::read(scope.as_str().filter(|text| !text.is_empty())?),
    }
}

/// Returns the client that acts, and whether its secret is wrong.
fn acting(by: Actor, owner: usize) -> (usize, bool) {
    match by {
        Actor::Owner => (owner, false),
        Actor::Client(client) => (client, false),
        Actor::WrongSecret => (owner, true),
    }
}

/// Returns the parameters that an answer sends to that redirect URI.
fn response(answer: &Answer, redirect_uri: &str) -> Checked<BTreeMap<String, String>> {
    prop_assert_eq!(answer.status, 303, "{:?}", answer);
    let location = answer.header("location").unwrap_or_default();
    let members = location.strip_prefix(redirect_uri);
    prop_assert!(
        members.is_some_and(|members| members.starts_with(['?', '#'])),
        "{:?}",
        answer
    );
    let members = members.unwrap_or_default();
    let members = form_urlencoded::parse(members.get(1..).unwrap_or_default().as_bytes());
    Ok(members.into_owned().collect())
}

/// Returns the session cookie that an answer sets or clears.
fn session_cookie(answer: &Answer) -> Option<String> {
    let set = answer.headers.iter();
    let set = set.filter(|(name, _)| name == "set-cookie");
    let mut pairs = set.filter_map(|(_, value)| value.split(';').next());
    let cookie = pairs.find(|pair| pair.starts_with("oauth_mimic_session="))?;
    Some(cookie.to_owned())
}
