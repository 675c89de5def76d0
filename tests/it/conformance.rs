//! What the basic plan of the OpenID Connect conformance suite asks of a provider, one test for each of its modules, with the
//! clients and the user of `examples/conformance.json`, and behind the TLS proxy that the suite needs.

use std::collections::BTreeMap;

use oauth_mimic::{Clock, TokenServer};
use serde_json::{Value, json};

use crate::front::{Browser, hidden, members};
use crate::support::{Answer, Request, basic, encoded, part};

/// Where the suite sees the server: the address of the TLS proxy.
const BASE: &str = "https://provider.example.test:9443";
const CALLBACK: &str = "https://localhost:8443/test/a/oauth-mimic/callback";
const ID: &str = "conformance-1";
const SECRET: &str = "conformance-1-secret-of-at-least-32-characters";

/// The server, and the browser that the suite drives.
struct Plan {
    server: TokenServer,
    browser: Browser,
}

impl Plan {
    fn start() -> Self {
        let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/conformance.json");
        let server = TokenServer::builder()
            .fixtures(fixtures)
            .base_url(BASE)
            .clock(&Clock::real())
            .start();
        Self {
            server,
            browser: Browser::default(),
        }
    }

    /// Returns the URL behind the proxy.
    fn behind(&self, url: &str) -> String {
        assert!(url.starts_with(BASE), "{url}");
        url.replacen(BASE, &format!("http://{}", self.server.address()), 1)
    }

    fn metadata(&self) -> Value {
        Request::get("")
            .send_to(&self.behind(&format!("{BASE}/.well-known/openid-configuration")))
            .json()
    }

    fn endpoint(&self, name: &str) -> String {
        let metadata = self.metadata();
        self.behind(metadata[name].as_str().expect("a URL"))
    }

    fn url(&self, more: &str) -> String {
        let endpoint = self.endpoint("authorization_endpoint");
        format!(
            "{endpoint}?client_id={ID}&redirect_uri={CALLBACK}&response_type=code&state=s&{more}"
        )
    }

    /// Sends an authorization request; the robot fills in the login form where there is one. Returns the parameters of the
    /// response, and whether there was a form.
    fn authorize(&mut self, more: &str) -> (BTreeMap<String, String>, bool) {
        let url = self.url(more);
        let answer = self.browser.get(&url);
        if answer.status == 303 {
            return (returned(&answer), false);
        }
        assert!(!hidden(&answer).is_empty(), "{answer:?}");
        let mut answer = self.log_in(&answer, &url);
        if answer.status == 200 {
            // It asks for consent.
            let fields = [
                ("mimic_action", "consent"),
                ("mimic_scope", "openid"),
                ("mimic_scope", "offline_access"),
            ];
            answer = self.browser.submit(&answer, &url, &fields);
        }
        (returned(&answer), true)
    }

    fn log_in(&mut self, page: &Answer, url: &str) -> Answer {
        let fields = [
            ("mimic_action", "password"),
            ("mimic_username", "conformance"),
            ("mimic_password", "conformance"),
        ];
        self.browser.submit(page, url, &fields)
    }

    fn exchange(&self, code: &str) -> Answer {
        let form = format!("grant_type=authorization_code&code={code}&redirect_uri={CALLBACK}");
        self.token_request(&form)
    }

    fn token_request(&self, form: &str) -> Answer {
        Request::form("", form)
            .authorization(basic(ID, SECRET))
            .send_to(&self.endpoint("token_endpoint"))
    }

    /// Logs in and exchanges the code.
    fn tokens(&mut self, more: &str) -> Value {
        let (response, _) = self.authorize(more);
        let answer = self.exchange(&response["code"]);
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }

    fn id_token(&mut self, more: &str) -> Value {
        part(text(&self.tokens(more), "id_token"), 1)
    }

    /// The claims at the userinfo endpoint after a login with that scope.
    fn userinfo(&mut self, scope: &str) -> Value {
        let tokens = self.tokens(&format!("scope={scope}"));
        let authorization = format!("Bearer {}", text(&tokens, "access_token"));
        let answer = Request::get("")
            .authorization(authorization)
            .send_to(&self.endpoint("userinfo_endpoint"));
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }
}

/// The parameters of an authorization response, which goes to the client with its state and the issuer.
#[track_caller]
fn returned(answer: &Answer) -> BTreeMap<String, String> {
    assert_eq!(answer.status, 303, "{answer:?}");
    let location = answer.header("location").expect("a redirect");
    assert!(location.starts_with(&format!("{CALLBACK}?")), "{location}");
    let members = members(answer);
    assert_eq!(members["state"], "s");
    assert_eq!(members["iss"], BASE);
    members
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name]
        .as_str()
        .unwrap_or_else(|| panic!("no {name}: {value}"))
}

const OF_PROFILE: [&str; 14] = [
    "name",
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "updated_at",
];

#[track_caller]
fn assert_has(claims: &Value, names: &[&str]) {
    for name in names {
        assert!(!claims[*name].is_null(), "{name}: {claims}");
    }
}

#[track_caller]
fn assert_lacks(claims: &Value, names: &[&str]) {
    for name in names {
        assert!(claims[*name].is_null(), "{name}: {claims}");
    }
}

#[test]
fn oidcc_discovery_endpoint_verification() {
    let plan = Plan::start();
    let metadata = plan.metadata();
    assert_eq!(metadata["issuer"], BASE);
    for (name, value) in metadata.as_object().expect("an object") {
        let is_url = name.ends_with("_endpoint") || name == "jwks_uri";
        if is_url {
            assert!(value.as_str().expect("a URL").starts_with(BASE), "{name}");
        }
        assert!(!value.is_null() && *value != json!([]), "{name}");
    }
    assert_eq!(metadata["response_types_supported"], json!(["code"]));
    for (name, value) in [
        ("grant_types_supported", "authorization_code"),
        ("scopes_supported", "openid"),
        ("subject_types_supported", "public"),
        ("id_token_signing_alg_values_supported", "RS256"),
        (
            "token_endpoint_auth_methods_supported",
            "client_secret_basic",
        ),
        ("claims_supported", "sub"),
    ] {
        let values = metadata[name].as_array().expect("an array");
        assert!(values.contains(&json!(value)), "{name}: {values:?}");
    }
    let keys = Request::get("").send_to(&plan.endpoint("jwks_uri")).json();
    let keys = keys["keys"].as_array().expect("keys");
    assert!(
        keys.iter().all(|key| key.get("d").is_none()),
        "only public parts"
    );
}

#[test]
fn oidcc_server_the_code_flow_succeeds() {
    let mut plan = Plan::start();
    let tokens = plan.tokens("scope=openid&nonce=n-1");
    assert_eq!(tokens["token_type"], "Bearer");
    let id_token = part(text(&tokens, "id_token"), 1);
    assert_eq!(id_token["nonce"], "n-1");
    assert_eq!(id_token["aud"], json!([ID]));
    assert_eq!(id_token["sub"], "conformance");
}

#[test]
fn oidcc_response_type_missing_is_an_error() {
    let mut plan = Plan::start();
    let url = plan.url("").replace("response_type=code&", "");
    let answer = plan.browser.get(&url);
    assert_eq!(returned(&answer)["error"], "invalid_request");
}

#[test]
fn oidcc_userinfo_get_post_header_and_post_body() {
    let mut plan = Plan::start();
    let token = text(&plan.tokens("scope=openid"), "access_token").to_owned();
    let endpoint = plan.endpoint("userinfo_endpoint");
    let header = format!("Bearer {token}");
    let get = Request::get("").authorization(&header);
    let post = Request::form("", "").authorization(&header);
    let body = Request::form("", format!("access_token={token}"));
    for request in [get, post, body] {
        let answer = request.send_to(&endpoint);
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.json()["sub"], "conformance");
    }
}

#[test]
fn oidcc_ensure_request_without_nonce_succeeds_for_code_flow() {
    let nonce = Plan::start().id_token("scope=openid")["nonce"].clone();
    assert_eq!(nonce, Value::Null);
}

#[test]
fn oidcc_scope_profile_email_address_phone_and_all() {
    let mut plan = Plan::start();
    let email = ["email", "email_verified"];
    let phone = ["phone_number", "phone_number_verified"];
    let claims = plan.userinfo("openid+profile");
    assert_has(&claims, &OF_PROFILE);
    assert_lacks(&claims, &["email", "address", "phone_number"]);
    let claims = plan.userinfo("openid+email");
    assert_has(&claims, &email);
    assert_lacks(&claims, &["name", "address", "phone_number"]);
    let claims = plan.userinfo("openid+address");
    assert_has(
        &claims["address"],
        &[
            "formatted",
            "street_address",
            "locality",
            "region",
            "postal_code",
            "country",
        ],
    );
    assert_lacks(&claims, &["name", "email", "phone_number"]);
    let claims = plan.userinfo("openid+phone");
    assert_has(&claims, &phone);
    assert_lacks(&claims, &["name", "email", "address"]);
    // oidcc-scope-all, and oidcc-ensure-other-scope-order-succeeds.
    for scope in [
        "openid+profile+email+address+phone",
        "phone+address+email+profile+openid",
    ] {
        let claims = plan.userinfo(scope);
        assert_has(&claims, &OF_PROFILE);
        assert_has(&claims, &email);
        assert_has(&claims, &phone);
        assert_has(&claims, &["address", "sub"]);
    }
}

#[test]
fn oidcc_display_page_popup_and_the_locales() {
    for more in [
        "display=page",
        "display=popup",
        "ui_locales=fr",
        "claims_locales=fr",
        "login_hint=conformance",
    ] {
        let mut plan = Plan::start();
        let (response, _) = plan.authorize(&format!("scope=openid&{more}"));
        assert!(response.contains_key("code"), "{more}");
    }
}

#[test]
fn oidcc_prompt_login_asks_again_and_has_a_new_auth_time() {
    let mut plan = Plan::start();
    let first = plan.id_token("scope=openid");
    plan.server.clock().advance(1);
    let (response, asked) = plan.authorize("scope=openid&prompt=login");
    assert!(asked);
    let second = part(&plan.exchange(&response["code"]).member("id_token"), 1);
    assert!(second["auth_time"].as_i64() > first["auth_time"].as_i64());
    assert_eq!(first["sub"], second["sub"]);
}

#[test]
fn oidcc_prompt_none_not_logged_in_and_logged_in() {
    let mut plan = Plan::start();
    let (response, asked) = plan.authorize("scope=openid&prompt=none");
    assert!(!asked);
    assert_eq!(response["error"], "login_required");
    let first = plan.id_token("scope=openid");
    let (response, asked) = plan.authorize("scope=openid&prompt=none");
    assert!(!asked);
    let second = part(&plan.exchange(&response["code"]).member("id_token"), 1);
    assert_eq!(first["sub"], second["sub"]);
    assert_eq!(first["auth_time"], second["auth_time"]);
}

#[test]
fn oidcc_max_age_1_asks_again_and_10000_does_not() {
    let mut plan = Plan::start();
    let first = plan.id_token("scope=openid");
    plan.server.clock().advance(2);
    let (_, asked) = plan.authorize("scope=openid&max_age=10000");
    assert!(!asked);
    let (response, asked) = plan.authorize("scope=openid&max_age=1");
    assert!(asked);
    let second = part(&plan.exchange(&response["code"]).member("id_token"), 1);
    assert!(second["auth_time"].as_i64() > first["auth_time"].as_i64());
}

#[test]
fn oidcc_ensure_request_with_unknown_parameter_and_with_acr_values_succeeds() {
    let mut plan = Plan::start();
    let (response, _) = plan.authorize("scope=openid&extra=foobar");
    assert!(response.contains_key("code"));
    let id_token = plan.id_token("scope=openid&acr_values=1+2");
    assert_eq!(id_token["acr"], "1");
}

#[test]
fn oidcc_id_token_hint_succeeds_without_a_page() {
    let mut plan = Plan::start();
    let hint = text(&plan.tokens("scope=openid"), "id_token").to_owned();
    let (response, asked) =
        plan.authorize(&format!("scope=openid&prompt=none&id_token_hint={hint}"));
    assert!(!asked && response.contains_key("code"), "{response:?}");
}

#[test]
fn oidcc_codereuse_and_codereuse_30_seconds_are_refused_and_revoke() {
    for seconds in [0, 30] {
        let mut plan = Plan::start();
        let (response, _) = plan.authorize("scope=openid");
        let first = plan.exchange(&response["code"]);
        plan.server.clock().advance(seconds);
        let second = plan.exchange(&response["code"]);
        assert_eq!(
            (second.status, second.error().as_str()),
            (400, "invalid_grant")
        );
        let userinfo = Request::get("")
            .authorization(format!("Bearer {}", first.member("access_token")))
            .send_to(&plan.endpoint("userinfo_endpoint"));
        assert_eq!(userinfo.status, 401, "after {seconds} s");
    }
}

#[test]
fn oidcc_ensure_registered_redirect_uri_is_an_error_page() {
    let mut plan = Plan::start();
    let url = plan.url("scope=openid").replace("callback", "elsewhere");
    let answer = plan.browser.get(&url);
    assert_eq!(answer.status, 400);
    assert_eq!(answer.header("location"), None);
    assert!(
        answer
            .header("content-type")
            .expect("a type")
            .starts_with("text/html")
    );
    assert!(answer.text().contains("redirect"), "{}", answer.text());
}

#[test]
fn oidcc_ensure_post_request_succeeds() {
    let plan = Plan::start();
    let url = plan.url("scope=openid");
    let (endpoint, form) = url.split_once('?').expect("a query");
    let page = Request::form("", form).send_to(endpoint);
    assert_eq!(page.status, 200, "{page:?}");
    assert!(page.text().contains("mimic_password"), "a login form");
}

#[test]
fn oidcc_server_client_secret_post() {
    let plan = Plan::start();
    let url = plan.url("scope=openid").replace(ID, "conformance-2");
    let mut browser = Browser::default();
    let page = browser.get(&url);
    let fields = [
        ("mimic_action", "password"),
        ("mimic_username", "conformance"),
        ("mimic_password", "conformance"),
    ];
    let code = returned(&browser.submit(&page, &url, &fields))["code"].clone();
    let form = format!(
        "grant_type=authorization_code&code={code}&redirect_uri={CALLBACK}&client_id=conformance-2&client_secret={}",
        SECRET.replace('1', "2")
    );
    let answer = Request::form("", form).send_to(&plan.endpoint("token_endpoint"));
    assert_eq!(answer.status, 200, "{}", answer.text());
}

#[test]
fn oidcc_request_objects_are_rejected_as_unsupported() {
    let mut plan = Plan::start();
    let object = "eyJhbGciOiJub25lIn0.eyJzY29wZSI6Im9wZW5pZCJ9.";
    for (more, error) in [
        (format!("request={object}"), "request_not_supported"),
        (
            "request_uri=https://localhost:8443/r".to_owned(),
            "request_uri_not_supported",
        ),
    ] {
        let (response, asked) = plan.authorize(&format!("scope=openid&{more}"));
        assert!(!asked);
        assert_eq!(response["error"], error);
    }
}

#[test]
fn oidcc_claims_essential_is_in_the_place_that_it_was_requested_for() {
    let mut plan = Plan::start();
    let claims = encoded(r#"{"userinfo":{"name":{"essential":true}}}"#);
    let tokens = plan.tokens(&format!("scope=openid&claims={claims}"));
    let userinfo = Request::get("")
        .authorization(format!("Bearer {}", text(&tokens, "access_token")))
        .send_to(&plan.endpoint("userinfo_endpoint"));
    assert_eq!(userinfo.json()["name"], "Constance Former");
    assert_lacks(&part(text(&tokens, "id_token"), 1), &["name"]);
}

#[test]
fn oidcc_refresh_token_gives_an_id_token_of_the_same_login() {
    let mut plan = Plan::start();
    let tokens = plan.tokens("scope=openid+offline_access&prompt=consent&nonce=n");
    let form = format!(
        "grant_type=refresh_token&refresh_token={}",
        encoded(text(&tokens, "refresh_token"))
    );
    let refreshed = plan.token_request(&form);
    assert_eq!(refreshed.status, 200, "{}", refreshed.text());
    let (first, second) = (
        part(text(&tokens, "id_token"), 1),
        part(&refreshed.member("id_token"), 1),
    );
    for same in ["iss", "sub", "aud", "auth_time", "azp"] {
        assert_eq!(first[same], second[same], "{same}");
    }
    assert_eq!(second.get("nonce"), None);
    assert_ne!(
        text(&tokens, "access_token"),
        refreshed.member("access_token")
    );
    // The other client must not use it.
    let form = format!("{form}&client_id=conformance-2&client_secret=conformance-2-secret-of-at-least-32-characters")
        .replace(&encoded(text(&tokens, "refresh_token")), &encoded(&refreshed.member("refresh_token")));
    let stolen = Request::form("", form).send_to(&plan.endpoint("token_endpoint"));
    assert_eq!(stolen.error(), "invalid_grant", "{}", stolen.text());
}

#[test]
fn oidcc_ensure_request_with_valid_pkce_succeeds() {
    let mut plan = Plan::start();
    let challenge =
        "code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";
    let (response, _) = plan.authorize(&format!("scope=openid&{challenge}"));
    let form = format!(
        "grant_type=authorization_code&code={}&redirect_uri={CALLBACK}&code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
        response["code"]
    );
    assert_eq!(plan.token_request(&form).status, 200);
}

#[test]
fn cookies_behind_the_proxy_are_secure() {
    let mut plan = Plan::start();
    let url = plan.url("scope=openid");
    let page = plan.browser.get(&url);
    let cookies = page.headers.iter().filter(|(name, _)| name == "set-cookie");
    let cookies: Vec<&String> = cookies.map(|(_, value)| value).collect();
    assert!(!cookies.is_empty());
    assert!(
        cookies.iter().all(|cookie| cookie.contains("; Secure")),
        "{cookies:?}"
    );
}
