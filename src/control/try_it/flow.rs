//! A login of the built-in client while it is under way.

use actix_web::HttpRequest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::authority::Settings;
use crate::control::Call;
use crate::control::try_it::judged;
use crate::http::browser;
use crate::oauth::authorization::s256;
use crate::oauth::claims::OPENID;
use crate::oauth::endpoint::Endpoint;
use crate::oauth::form;
use crate::oauth::params::Params;
use crate::pages::{Finding, try_field};
use crate::random::Random;

/// The cookie that keeps a login while the browser is at the provider.
const COOKIE: &str = "oauth_mimic_try";
/// How long the browser keeps it. Seconds.
const PATIENCE: u32 = 3600;
/// The longest value of the cookie in bytes: browsers refuse one that is longer than 4096 with its name and attributes.
const LONGEST: usize = 3800;

/// What the client must remember of an authorization request until the response.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Flow {
    pub(super) client_id: String,
    scope: String,
    prompt: Option<String>,
    login_hint: Option<String>,
    pub(super) state: String,
    pub(super) nonce: String,
    /// The code verifier, if there is one (RFC 7636 §4.1).
    pub(super) verifier: Option<String>,
}

impl Flow {
    /// Begins the login that a form asks for. Its random values are not from the seed of the server, on which answers depend.
    pub(super) fn begin(form: &Params) -> Self {
        let random = Random::System;
        let text = |name| form.get(name).map(str::to_owned);
        let more = form.get(try_field::MORE_SCOPE).unwrap_or_default();
        let scope: Vec<&str> = form
            .all(try_field::SCOPE)
            .chain(more.split_ascii_whitespace())
            .collect();
        Self {
            client_id: text(try_field::CLIENT_ID).unwrap_or_default(),
            scope: scope.join(" "),
            prompt: text(try_field::PROMPT),
            login_hint: text(try_field::LOGIN_HINT),
            state: random.text(),
            nonce: random.text(),
            verifier: form.get(try_field::PKCE).map(|_| random.text()),
        }
    }

    /// Returns the authorization request.
    pub(super) fn authorization_url(&self, settings: &Settings) -> String {
        let callback = settings.try_callback().unwrap_or_default();
        let challenge = self.verifier.as_deref().map(s256);
        let has_openid = self.scope.split(' ').any(|token| token == OPENID);
        let parameters = [
            ("response_type", Some("code")),
            ("client_id", Some(self.client_id.as_str())),
            ("redirect_uri", Some(callback.as_str())),
            (
                "scope",
                Some(self.scope.as_str()).filter(|scope| !scope.is_empty()),
            ),
            ("state", Some(self.state.as_str())),
            ("nonce", Some(self.nonce.as_str()).filter(|_| has_openid)),
            ("prompt", self.prompt.as_deref()),
            ("login_hint", self.login_hint.as_deref()),
            ("code_challenge", challenge.as_deref()),
            ("code_challenge_method", challenge.as_ref().map(|_| "S256")),
        ];
        let sent = parameters
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())));
        let query = form::encode_pairs(&sent.collect::<Vec<_>>());
        format!("{}?{query}", settings.url(Endpoint::Authorization))
    }

    /// Returns the value of `Set-Cookie` that keeps this login; `None` if it is too long for a cookie.
    pub(super) fn cookie(&self, call: &Call) -> Option<String> {
        let value = URL_SAFE_NO_PAD.encode(crate::json::text(self));
        (value.len() <= LONGEST).then(|| set_cookie(call, &value, PATIENCE))
    }

    /// Returns the value of `Set-Cookie` that ends the login.
    pub(super) fn no_cookie(call: &Call) -> String {
        set_cookie(call, "", 0)
    }

    /// Reads the cookie of a request.
    pub(super) fn of(request: &HttpRequest) -> Option<Self> {
        let mut cookies = browser::pairs(request.headers());
        let (_, value) = cookies.find(|(name, _)| *name == COOKIE)?;
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(value).ok()?).ok()
    }
}

/// Checks a response whose state is right; returns its code if it may be exchanged.
pub(super) fn check<'r>(response: &'r Params, issuer: &str) -> (Vec<Finding>, Option<&'r str>) {
    let mut findings = vec![Finding::Right(
        "the state is that of the request".to_owned(),
    )];
    let found = response.get("iss");
    match found {
        None => findings.push(Finding::Wrong(
            "it has no iss, so the code is not sent (RFC 9207)".to_owned(),
        )),
        Some(found) => findings.push(judged(
            found == issuer,
            "the issuer is that of this provider (RFC 9207)",
            "the issuer is another one, so the code is not sent (RFC 9207)",
        )),
    }
    let code = response.get("code");
    if code.is_none() && response.get("error").is_none() {
        findings.push(Finding::Wrong("it has no code and no error".to_owned()));
    }
    let repeated = response.repeated_in_response();
    findings.extend(repeated.map(|name| {
        Finding::Wrong(format!(
            "the parameter {name} is repeated, so the code is not sent (RFC 6749 section 3.1)"
        ))
    }));
    let is_good = found == Some(issuer) && repeated.is_none();
    (findings, code.filter(|_| is_good))
}

/// Writes the cookie for the pages of this client only, out of the reach of scripts. The browser comes back from another page, so
/// it is `Lax` (RFC 6265bis §5.6.7).
fn set_cookie(call: &Call, value: &str, seconds: u32) -> String {
    let path = call.location(&["try".to_owned()]);
    let url = call
        .sandbox
        .settings
        .control_url
        .as_deref()
        .unwrap_or_default();
    let secure = if url.starts_with("https://") {
        "; Secure"
    } else {
        ""
    };
    format!("{COOKIE}={value}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}")
}
