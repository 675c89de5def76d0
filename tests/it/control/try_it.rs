//! The built-in client, as a browser walks through it.

use oauth_mimic::{
    Client, Endpoint, Exchange, Fault, Login, Mimic, RefusalName, TokenServer, User,
};
use serde_json::Value;

use crate::drive::{Plane, fetch, request};
use crate::front::{Browser, hidden_in};
use crate::support::http::address_and_target;
use crate::support::{Answer, part};

/// A browser at the pages of the built-in client.
struct Desk<'m> {
    mimic: &'m Mimic,
    /// The URL of the page.
    url: String,
    browser: Browser,
}

impl<'m> Desk<'m> {
    fn at(mimic: &'m Mimic, control: &str) -> Self {
        Self {
            mimic,
            url: format!("{control}/try"),
            browser: Browser::default(),
        }
    }

    fn of(server: &'m TokenServer) -> Self {
        Self::at(server, &server.control_url().expect("a control plane"))
    }

    fn origin(&self) -> String {
        let (address, _) = address_and_target(&self.url);
        format!("http://{address}")
    }

    /// Posts a form as a page of the same origin does.
    #[track_caller]
    fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let (url, origin) = (format!("{}{path}", self.url), self.origin());
        let headers = [
            ("Origin", origin.as_str()),
            ("Sec-Fetch-Site", "same-origin"),
        ];
        self.browser.post(&url, fields, &headers)
    }

    /// Submits the form that begins a login; returns the URL of the authorization request.
    #[track_caller]
    fn begin(&mut self, fields: &[(&str, &str)]) -> String {
        let answer = self.post("", fields);
        assert_eq!(answer.status, 303, "{answer:?}");
        answer.header("location").expect("a URL").to_owned()
    }

    /// Begins a login, and logs a user in; returns the URL of the callback.
    #[track_caller]
    fn log_in(&mut self, fields: &[(&str, &str)], login: Login) -> String {
        let url = self.begin(fields);
        self.mimic.next_login(login);
        let answer = self.browser.get(&url);
        assert_eq!(answer.status, 303, "{answer:?}");
        let callback = answer.header("location").expect("a redirect").to_owned();
        assert!(
            callback.starts_with(&format!("{}/callback?", self.url)),
            "{callback}"
        );
        callback
    }

    /// Logs alice in; returns the page with the tokens.
    #[track_caller]
    fn arrive(&mut self, fields: &[(&str, &str)]) -> Answer {
        let callback = self.log_in(fields, Login::new().user("alice"));
        let page = self.browser.get(&callback);
        assert_eq!(page.status, 200, "{}", page.text());
        page
    }

    /// Presses a button of a page.
    #[track_caller]
    fn press(&mut self, page: &Answer, action: &str) -> Answer {
        let button = format!(r#"name="action" value="{action}""#);
        assert!(page.text().contains(&button), "{}", page.text());
        let hidden = form_of(page, "/try/act");
        let mut fields: Vec<(&str, &str)> = hidden
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        fields.push(("action", action));
        let answer = self.post("/act", &fields);
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer
    }

    fn token_requests(&self) -> usize {
        requests(self.mimic, Endpoint::Token).len()
    }
}

/// The requests to an endpoint.
fn requests(mimic: &Mimic, endpoint: Endpoint) -> Vec<Exchange> {
    let exchanges = mimic.requests().into_iter();
    exchanges
        .filter(|exchange| exchange.endpoint == endpoint)
        .collect()
}

/// The hidden fields of the form with that text in its first tag.
#[track_caller]
fn form_of(page: &Answer, target: &str) -> Vec<(String, String)> {
    let forms = page.text().split("<form").skip(1);
    let has_target = |form: &&str| {
        let tag = form.split('>').next().expect("a tag");
        tag.contains(target)
    };
    let form = forms.into_iter().find(has_target);
    hidden_in(form.unwrap_or_else(|| panic!("no form to {target}: {}", page.text())))
}

fn field(page: &Answer, name: &str) -> String {
    let fields = form_of(page, "/try/act");
    let field = fields.into_iter().find(|(held, _)| held == name);
    field.unwrap_or_else(|| panic!("no {name}")).1
}

#[track_caller]
fn assert_shows(page: &Answer, texts: &[&str]) {
    for text in texts {
        let body = page.text().split("<body>").nth(1).unwrap_or_default();
        assert!(body.contains(text), "{text}\n{body}");
    }
}

const WEB: &[(&str, &str)] = &[
    ("client_id", "web"),
    ("scope", "openid"),
    ("scope", "email"),
    ("pkce", "S256"),
];

/// Walks through everything, at that address of the control plane.
fn walk(mimic: &Mimic, control: &str) {
    let mut desk = Desk::at(mimic, control);
    let form = desk.browser.get(&desk.url.clone());
    assert_eq!(form.status, 200);
    assert_shows(
        &form,
        &[
            r#"<option value="web" selected>"#,
            r#"<option value="spa">"#,
            r#"value="offline_access" checked"#,
            mimic.issuer(),
        ],
    );
    assert!(!form.text().contains("client-default"), "{}", form.text());
    let page = desk.arrive(WEB);
    assert_shows(
        &page,
        &[
            "The user is logged in",
            "OK: the state is that of the request",
            "OK: the issuer is that of this provider",
            "OK: the nonce is that of the request",
            "--data-urlencode 'grant_type=authorization_code'",
            "--data-urlencode 'code_verifier=",
            "--header 'Authorization: Basic d2ViOndlYi1zZWNyZXQ='",
            &mimic.token_url(),
        ],
    );
    let good = page.text().matches("OK: the signature is good").count();
    assert_eq!(good, 3, "{}", page.text());
    assert!(!page.text().contains("Wrong: "), "{}", page.text());

    let refreshed = desk.press(&page, "refresh");
    assert_shows(
        &refreshed,
        &["Status <strong>200", "grant_type=refresh_token"],
    );
    let [before, after] = [&page, &refreshed].map(|page| field(page, "access_token"));
    assert_ne!(before, after, "the page has the new token");
    assert_eq!(part(&after, 1)["sub"], "alice");

    let userinfo = desk.press(&refreshed, "userinfo");
    assert_shows(
        &userinfo,
        &[
            "Status <strong>200",
            "&quot;sub&quot;: &quot;alice&quot;",
            "Authorization: Bearer ey",
        ],
    );
    let active = desk.press(&userinfo, "introspect_access_token");
    assert_shows(
        &active,
        &["&quot;active&quot;: true", "token_type_hint=access_token"],
    );
    let revoked = desk.press(&active, "revoke_access_token");
    assert_shows(
        &revoked,
        &["Status <strong>200", "token_type_hint=access_token"],
    );
    let inactive = desk.press(&revoked, "introspect_access_token");
    assert_shows(
        &inactive,
        &["&quot;active&quot;: false", "was revoked", "token_inactive"],
    );
    let active = desk.press(&inactive, "introspect_refresh_token");
    assert_shows(
        &active,
        &["&quot;active&quot;: true", "token_type_hint=refresh_token"],
    );

    let logout = form_of(&active, mimic_end_session(mimic).as_str());
    let hint = logout.iter().find(|(name, _)| name == "id_token_hint");
    assert_eq!(part(&hint.expect("a hint").1, 1)["sub"], "alice");
    assert_eq!(Plane::at(control).list("/sessions").len(), 1);
    let fields: Vec<(&str, &str)> = logout
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    // A browser sends this origin with a form that it posts to another one.
    let headers = [("Origin", "null")];
    let answer = desk
        .browser
        .post(&mimic_end_session(mimic), &fields, &headers);
    let back = format!("{}/logged-out", desk.url);
    assert_eq!(answer.header("location"), Some(back.as_str()), "{answer:?}");
    assert_shows(&desk.browser.get(&back), &["the user is logged out"]);
    assert!(Plane::at(control).list("/sessions").is_empty());

    let refused = desk.press(&active, "revoke_refresh_token");
    assert_shows(&refused, &["Status <strong>200"]);
    let refused = desk.press(&refused, "refresh");
    assert_shows(
        &refused,
        &[
            "Status <strong>400",
            "invalid_grant",
            "grant_revoked",
            RefusalName::GrantRevoked.remedy(),
        ],
    );
}

/// The URL of the end session endpoint.
fn mimic_end_session(mimic: &Mimic) -> String {
    let metadata = fetch(&mimic.metadata_url()).json();
    metadata["end_session_endpoint"]
        .as_str()
        .expect("a URL")
        .to_owned()
}

#[test]
fn a_login_is_walked_through_and_its_tokens_are_used_by_buttons() {
    let server = TokenServer::start();
    walk(&server, &server.control_url().expect("a control plane"));
}

#[test]
fn a_sandbox_has_its_own_page() {
    let server = TokenServer::start();
    let sandbox = server.sandbox();
    walk(&sandbox, &sandbox.control_url().expect("a control plane"));
    assert!(server.requests().is_empty());
}

#[test]
fn it_works_at_a_port_of_its_own() {
    let server = TokenServer::builder().control_port(0).start();
    walk(&server, &server.control_url().expect("a control plane"));
}

#[test]
fn a_public_client_sends_its_verifier_and_no_secret() {
    let server = TokenServer::start();
    let mut desk = Desk::of(&server);
    let spa = [("client_id", "spa"), ("scope", "openid"), ("pkce", "S256")];
    let page = desk.arrive(&spa);
    assert_shows(
        &page,
        &[
            "'code_verifier=",
            "'client_id=spa'",
            "The user is logged in",
        ],
    );
    assert!(!page.text().contains("Authorization: "), "{}", page.text());
    // Without a challenge the request is refused, and the page has the reason.
    let url = desk.begin(&spa[..2]);
    assert!(!url.contains("code_challenge"), "{url}");
    let answer = desk.browser.get(&url);
    let page = desk
        .browser
        .get(answer.header("location").expect("a redirect"));
    assert_shows(
        &page,
        &[
            "The login was refused",
            "invalid_request",
            "pkce_missing",
            RefusalName::PkceMissing.remedy(),
        ],
    );
    assert!(!page.text().contains("/try/act"), "there is no token");
}

#[test]
fn what_the_form_asks_for_is_requested() {
    let server = TokenServer::start();
    let mut desk = Desk::of(&server);
    let url = desk.begin(&[
        ("client_id", "web"),
        ("scope", "email"),
        ("more_scope", " admin  a+b "),
        ("pkce", ""),
        ("prompt", "login"),
        ("login_hint", "alice"),
    ]);
    let (endpoint, query) = url.split_once('?').expect("a query");
    assert_eq!(endpoint, server.authorization_url());
    let sent: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect();
    let value = |name: &str| {
        sent.iter()
            .find(|(held, _)| held == name)
            .map(|(_, value)| value.as_str())
    };
    assert_eq!(value("scope"), Some("email admin a+b"));
    assert_eq!(value("prompt"), Some("login"));
    assert_eq!(value("login_hint"), Some("alice"));
    assert_eq!(value("nonce"), None, "the scope has no openid");
    assert_eq!(value("code_challenge"), None);
    assert_eq!(
        value("redirect_uri"),
        Some(format!("{}/callback", desk.url).as_str())
    );
    assert_eq!(value("state").map(str::len), Some(43));
    let again = desk.begin(WEB);
    assert!(
        !again.contains(value("state").expect("a state")),
        "it is drawn"
    );
    // More than a cookie holds.
    let long = "x".repeat(4000);
    let answer = desk.post("", &[("client_id", "web"), ("more_scope", &long)]);
    assert_eq!(answer.status, 400);
    let answer = desk.post("", &[("client_id", "client-default")]);
    assert_eq!(answer.status, 400, "it may not use this grant");
}

#[test]
fn its_requests_are_journaled_and_get_faults() {
    let server = TokenServer::start();
    let mut desk = Desk::of(&server);
    let page = desk.arrive(WEB);
    let exchange = &requests(&server, Endpoint::Token)[0];
    assert_eq!(exchange.grant_type.as_deref(), Some("authorization_code"));
    assert_eq!(exchange.client_id.as_deref(), Some("web"));
    let asked = requests(&server, Endpoint::Authorization);
    assert_eq!(asked.len(), 1);
    server.fail_next(1, Fault::status(503));
    let broken = desk.press(&page, "refresh");
    assert_shows(&broken, &["Status <strong>503"]);
    assert_eq!(
        field(&broken, "refresh_token"),
        field(&page, "refresh_token")
    );
    server.fail_next(1, Fault::Close);
    assert_shows(
        &desk.press(&broken, "refresh"),
        &["Wrong: there is no answer"],
    );
    assert_shows(&desk.press(&broken, "refresh"), &["Status <strong>200"]);
}

#[test]
fn a_denied_login_shows_the_error() {
    let server = TokenServer::start();
    let mut desk = Desk::of(&server);
    let callback = desk.log_in(WEB, Login::new().deny());
    let page = desk.browser.get(&callback);
    assert_shows(
        &page,
        &[
            "The login was refused",
            "access_denied",
            RefusalName::AccessDenied.remedy(),
        ],
    );
    assert_eq!(desk.token_requests(), 0);
}

#[test]
fn a_response_that_the_browser_did_not_ask_for_is_not_used() {
    let server = TokenServer::start();
    let mut desk = Desk::of(&server);
    let callback = desk.log_in(WEB, Login::new());
    // Another browser, and a forged state.
    let foreign = Browser::default().get(&callback);
    assert_eq!(foreign.status, 400, "{}", foreign.text());
    let (before, _) = callback.split_once("&state=").expect("a state");
    for forged in [format!("{before}&state=x"), before.to_owned()] {
        let answer = desk.browser.get(&forged);
        assert_eq!(answer.status, 400, "{}", answer.text());
        assert_shows(&answer, &["RFC 6749 section 10.12"]);
    }
    let (before, _) = callback.split_once("&iss=").expect("an issuer");
    let mixed_up = desk
        .browser
        .clone()
        .get(&format!("{before}&iss=https://evil.example"));
    assert_shows(&mixed_up, &["Wrong: the issuer is another one"]);
    let unnamed = desk.browser.clone().get(before);
    assert_shows(&unnamed, &["Wrong: it has no iss", "was not exchanged"]);
    let twice = desk.browser.clone().get(&format!("{callback}&code=x"));
    assert_shows(&twice, &["Wrong: the parameter code is repeated"]);
    assert_eq!(desk.token_requests(), 0);
    assert_shows(&desk.browser.get(&callback), &["The user is logged in"]);
    // A reload must not send the code again, which would revoke the tokens.
    let again = desk.browser.get(&callback);
    assert_eq!(again.status, 400, "{}", again.text());
    assert_eq!(desk.token_requests(), 1);
}

#[test]
fn the_cookie_is_for_these_pages_only() {
    let server = TokenServer::start();
    let sandbox = server.sandbox();
    let at_sandbox = sandbox.control_url().expect("a control plane");
    let (_, path) = address_and_target(&at_sandbox);
    for (desk, path) in [
        (Desk::of(&server), "/_mimic"),
        (Desk::at(&sandbox, &at_sandbox), path),
    ] {
        let answer = { desk }.post("", WEB);
        let cookie = answer.header("set-cookie").expect("a cookie");
        let path = format!("Path={path}/try");
        let parts: Vec<&str> = cookie.split("; ").collect();
        for part in [&path, "HttpOnly", "SameSite=Lax"] {
            assert!(parts.contains(&part), "{part}: {cookie}");
        }
    }
}

#[test]
fn a_page_of_another_origin_cannot_post_its_forms() {
    let server = TokenServer::builder()
        .control_origin("http://localhost:3000")
        .start();
    let mut desk = Desk::of(&server);
    let page = desk.arrive(WEB);
    let token = field(&page, "refresh_token");
    let revoke = [
        ("client_id", "web"),
        ("refresh_token", token.as_str()),
        ("action", "revoke_refresh_token"),
    ];
    for headers in [
        &[("Origin", "https://evil.example")][..],
        &[("Origin", "null")],
        &[("Origin", "http://localhost:3000")],
        &[("Origin", "http://127.0.0.1:1")],
        &[("Sec-Fetch-Site", "cross-site")],
        &[("Sec-Fetch-Site", "same-site")],
    ] {
        for (path, fields) in [("", WEB), ("/act", &revoke[..])] {
            let url = format!("{}{path}", desk.url);
            let answer = desk.browser.post(&url, fields, headers);
            assert_eq!(answer.status, 403, "{headers:?}: {answer:?}");
            assert_eq!(
                answer.header("content-type"),
                Some("text/html; charset=utf-8")
            );
            assert_eq!(answer.header("set-cookie"), None);
        }
    }
    assert!(requests(&server, Endpoint::Revocation).is_empty());
    assert_shows(&desk.press(&page, "refresh"), &["Status <strong>200"]);
}

#[test]
fn only_the_page_itself_is_a_redirect_uri_of_each_client() {
    let server = TokenServer::start();
    let sandbox = server.sandbox();
    let control = server.control_url().expect("a control plane");
    let own = format!("{control}/try/callback");
    let ask = |mimic: &Mimic, client_id: &str, uri: &str| {
        let uri: String = form_urlencoded::byte_serialize(uri.as_bytes()).collect();
        let endpoint = mimic.authorization_url();
        fetch(&format!(
            "{endpoint}?response_type=code&client_id={client_id}&redirect_uri={uri}"
        ))
        .status
    };
    assert_eq!(ask(&server, "web", &own), 200);
    let address = server.address();
    for uri in [
        format!("{own}/"),
        format!("{own}?a=b"),
        format!("{control}/try"),
        format!("{control}/try/callback/../../clients"),
        format!("http://localhost:{}/_mimic/try/callback", address.port()),
        format!(
            "http://127.0.0.1:{}/_mimic/try/callback",
            address.port() ^ 1
        ),
        format!("https://{address}/_mimic/try/callback"),
        format!("http://{address}.evil.example/_mimic/try/callback"),
        "https://evil.example/_mimic/try/callback".to_owned(),
        format!(
            "{}/try/callback",
            sandbox.control_url().expect("a control plane")
        ),
    ] {
        assert_eq!(ask(&server, "web", &uri), 400, "{uri}");
    }
    assert_eq!(ask(&sandbox, "web", &own), 400, "each sandbox has its own");
    let without = TokenServer::builder().no_control().start();
    let own = format!("{}/_mimic/try/callback", without.base_url());
    assert_eq!(ask(&without, "web", &own), 400, "there is no such page");
    assert_eq!(
        fetch(&format!("{}/_mimic/try", without.base_url())).status,
        404
    );
}

#[test]
fn text_of_others_is_escaped() {
    const HOSTILE: &str = "\"><script>alert(1)</script><img src=x>'";
    let server = TokenServer::builder()
        .client(
            Client::confidential(HOSTILE, HOSTILE)
                .redirect_uri("http://localhost:3000/cb")
                .scope("openid <script>alert(2)</script>"),
        )
        .user(User::new("alice"))
        .start();
    let mut desk = Desk::of(&server);
    let assert_escaped = |page: &Answer| {
        for tag in ["<script", "<img", "<b>"] {
            assert!(!page.text().contains(tag), "{tag}: {}", page.text());
        }
    };
    let form = desk.browser.get(&desk.url.clone());
    assert_shows(&form, &["&lt;script&gt;alert(1)", "&lt;script&gt;alert(2)"]);
    assert_escaped(&form);
    let own = [
        ("client_id", HOSTILE),
        ("scope", "openid <script>alert(2)</script>"),
    ];
    let page = desk.arrive(&own);
    assert_shows(&page, &["&lt;script&gt;alert(1)", "The user is logged in"]);
    assert_escaped(&page);
    let callback = desk.log_in(&own, Login::new());
    let state = callback.split("&state=").nth(1).expect("a state");
    let state = state.split('&').next().expect("a value");
    let forged = format!(
        "{}/callback?state={state}&error=%3Cscript%3E&error_description=%22%3E%3Cimg%20src%3Dx%3E&%3Cb%3E=%3Cb%3E",
        desk.url
    );
    let page = desk.browser.get(&forged);
    assert_shows(&page, &["&lt;script&gt;", "&lt;b&gt;"]);
    assert_escaped(&page);
    let page = desk.post(
        "/act",
        &[
            ("client_id", HOSTILE),
            ("access_token", HOSTILE),
            ("refresh_token", HOSTILE),
            ("id_token", HOSTILE),
            ("action", "refresh"),
        ],
    );
    assert_shows(&page, &["Status <strong>400", "it is opaque"]);
    assert_escaped(&page);
    let query: String = form_urlencoded::byte_serialize(HOSTILE.as_bytes()).collect();
    assert_escaped(&fetch(&format!("{}?client_id={query}", desk.url)));
    assert_escaped(&desk.post("", &[("client_id", "<b>")]));
}

#[test]
fn with_a_control_token_the_page_explains_why_a_browser_cannot_use_it() {
    let server = TokenServer::builder().control_token("s3cret").start();
    let mut desk = Desk::of(&server);
    for path in ["", "/callback?code=c", "/logged-out"] {
        let answer = fetch(&format!("{}{path}", desk.url));
        assert_eq!(answer.status, 401, "{path}");
        assert_eq!(
            answer.header("content-type"),
            Some("text/html; charset=utf-8")
        );
        assert!(answer.header("www-authenticate").is_some(), "{answer:?}");
        assert_shows(&answer, &["--control-token"]);
        assert!(!answer.text().contains("s3cret"), "{}", answer.text());
        assert!(!answer.text().contains("web-secret"), "{}", answer.text());
    }
    assert_eq!(desk.post("", WEB).status, 401);
    let answer = request("GET", &desk.url, "Authorization: Bearer s3cret", "");
    assert_eq!(answer.status, 200);
    let plane =
        Plane::of(&server).with(&[("Host", "evil.example"), ("Authorization", "Bearer s3cret")]);
    let answer = plane.get("/try");
    assert_eq!(answer.status, 403, "a name of another site");
    assert_eq!(
        answer.header("content-type"),
        Some("text/html; charset=utf-8")
    );
}

#[test]
fn the_pages_cannot_be_framed_kept_or_scripted_and_are_not_in_the_document() {
    let server = TokenServer::start();
    let desk = Desk::of(&server);
    let page = fetch(&desk.url);
    for (name, value) in [
        ("cache-control", "no-store"),
        ("x-frame-options", "DENY"),
        ("x-content-type-options", "nosniff"),
        // With no-referrer, a browser would send `Origin: null` with the page's own forms.
        ("referrer-policy", "same-origin"),
    ] {
        assert_eq!(page.header(name), Some(value), "{page:?}");
    }
    let policy = page.header("content-security-policy").expect("a policy");
    assert!(
        policy.starts_with("default-src 'none'; style-src 'sha256-"),
        "{policy}"
    );
    assert!(!policy.contains("script-src"), "{policy}");
    let answer = request("DELETE", &desk.url, "", "");
    assert_eq!(answer.status, 405);
    assert_eq!(answer.header("allow"), Some("GET, HEAD, POST, OPTIONS"));
    let document: Value = Plane::of(&server).read("/openapi.json");
    let paths = document["paths"].as_object().expect("paths");
    assert!(paths.keys().all(|path| !path.starts_with("/_mimic/try")));
}

#[test]
fn a_server_whose_clients_need_no_browser_says_so() {
    let server = TokenServer::builder()
        .client(Client::confidential("service", "s").grant_types(["client_credentials"]))
        .start();
    let page = fetch(&Desk::of(&server).url);
    assert_shows(&page, &["There is no client that a user can log in to"]);
    let server = TokenServer::builder()
        .client(Client::public("app").redirect_uri("http://localhost:3000/cb"))
        .start();
    let page = fetch(&Desk::of(&server).url);
    assert!(
        !page.text().contains("Choose this client"),
        "one client needs no choice"
    );
    // The browser uses another name of the server than the server itself.
    let localhost = request("GET", &Desk::of(&server).url, "Host: localhost", "");
    assert_shows(
        &localhost,
        &["Open it there if the login does not come back"],
    );
    assert!(!page.text().contains("Open it there"), "{}", page.text());
}
