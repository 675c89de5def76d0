//! The server as other people's code sees it: `oauth2`, `openidconnect` and `jsonwebtoken`, each with its own reading of
//! the same RFCs.

use std::collections::HashMap;

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use oauth_mimic::{
    AuthMethod, Client, Clock, Defect, Fault, Login, RefreshPolicy, TokenKind, TokenServer, User,
};
use oauth2::basic::{BasicClient, BasicErrorResponseType, BasicTokenType};
use oauth2::{
    AuthType, ClientId, ClientSecret, HttpRequest, HttpResponse, RefreshToken, RequestTokenError,
    Scope, TokenResponse as _, TokenUrl,
};
use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreIdToken, CoreIdTokenVerifier, CoreProviderMetadata,
    CoreTokenResponse, CoreUserInfoClaims,
};
use openidconnect::{
    AccessTokenHash, AuthorizationCode, CsrfToken, EndSessionUrl, EndpointMaybeSet, EndpointNotSet,
    EndpointSet, IssuerUrl, LogoutRequest, Nonce, PkceCodeChallenge, PkceCodeVerifier,
    PostLogoutRedirectUrl, ProviderMetadataWithLogout, RedirectUrl, StandardErrorResponse,
    SubjectIdentifier, TokenResponse as _,
};
use serde_json::Value;

use crate::front::Browser;
use crate::support::{Request, get, part, path_of};

/// What a secret may hold, and what a sloppy encoder or decoder trips over.
const SECRET: &str = "p:w+ %41&=/?#~\"\\";

/// The HTTP client that both crates are given.
fn http(request: HttpRequest) -> Result<HttpResponse, ureq::Error> {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .build()
        .into();
    let (head, mut body) = agent.run(request)?.into_parts();
    Ok(HttpResponse::from_parts(head, body.read_to_vec()?))
}

fn server(profile: &str) -> TokenServer {
    TokenServer::builder()
        .profile(profile)
        .client(Client::confidential("the app", SECRET).scope("openid email phone"))
        .client(Client::public("public").scope("openid email"))
        .client(
            Client::confidential("partnered", "s3cret")
                .scope("openid")
                .id_token_audience(["partner", "partnered"]),
        )
        .user(User::new("alice").claim("email", "alice@example.test"))
        .start()
}

// --- oauth2 -----------------------------------------------------------------------------------------------------

/// A refresh by the crate `oauth2`, with a scope where one is named.
fn refresh(
    server: &TokenServer,
    client: (&str, Option<&str>),
    auth_type: AuthType,
    refresh_token: &str,
    scopes: &[&str],
) -> Result<oauth2::basic::BasicTokenResponse, BasicErrorResponseType> {
    let mut oauth2 = BasicClient::new(ClientId::new(client.0.to_owned()))
        .set_auth_type(auth_type)
        .set_token_uri(TokenUrl::new(server.token_url()).expect("a URL"));
    if let Some(secret) = client.1 {
        oauth2 = oauth2.set_client_secret(ClientSecret::new(secret.to_owned()));
    }
    oauth2
        .exchange_refresh_token(&RefreshToken::new(refresh_token.to_owned()))
        .add_scopes(scopes.iter().map(|scope| Scope::new((*scope).to_owned())))
        .request(&http)
        .map_err(|why| match why {
            RequestTokenError::ServerResponse(refusal) => refusal.error().clone(),
            other => panic!("no token response and no refusal: {other:?}"),
        })
}

#[test]
fn oauth2_refreshes_narrows_and_has_the_whole_scope_again() {
    for profile in oauth_mimic::profiles() {
        let server = server(profile);
        for (client, auth_type) in [
            (("the app", Some(SECRET)), AuthType::BasicAuth),
            (("the app", Some(SECRET)), AuthType::RequestBody),
            (("public", None), AuthType::RequestBody),
        ] {
            let case = format!("{profile}, {client:?}, {auth_type:?}");
            let whole = server
                .mint()
                .client(client.0)
                .response()
                .scope()
                .to_string();
            let minted = server.mint().client(client.0).refresh_token();
            let narrowed =
                refresh(&server, client, auth_type.clone(), &minted, &["email"]).expect(&case);
            let scopes = |answer: &oauth2::basic::BasicTokenResponse| {
                let scopes = answer.scopes().expect("a scope");
                scopes
                    .iter()
                    .map(|scope| scope.as_str())
                    .collect::<Vec<_>>()
                    .join(" ")
            };
            assert_eq!(scopes(&narrowed), "email", "{case}");
            assert_eq!(*narrowed.token_type(), BasicTokenType::Bearer, "{case}");
            let seconds = narrowed.expires_in().expect("a lifetime").as_secs();
            assert!((899..=900).contains(&seconds), "{case}: {seconds}");
            let next = narrowed.refresh_token().expect("a refresh token").secret();
            let again = refresh(&server, client, auth_type, next, &[]).expect(&case);
            assert_eq!(scopes(&again), whole, "{case}");
        }
    }
}

#[test]
fn oauth2_reads_every_refusal() {
    for profile in oauth_mimic::profiles() {
        let server = TokenServer::builder()
            .profile(profile)
            .client(
                Client::confidential("app", "s3cret")
                    .scope("openid")
                    .refresh(RefreshPolicy::Rotate),
            )
            .client(
                Client::confidential("other", "s3cret")
                    .scope("openid")
                    .grant_types(["password"]),
            )
            .client(
                Client::confidential("form", "s3cret").auth_method(AuthMethod::ClientSecretPost),
            )
            .user(User::new("alice"))
            .start();
        let token = server.mint().client("app").refresh_token();
        let ask = |client: &str, secret: &str, token: &str, scopes: &[&str]| {
            refresh(
                &server,
                (client, Some(secret)),
                AuthType::BasicAuth,
                token,
                scopes,
            )
        };
        for (answer, expected) in [
            (
                ask("app", "wrong", &token, &[]),
                BasicErrorResponseType::InvalidClient,
            ),
            (
                ask("nobody", "s3cret", &token, &[]),
                BasicErrorResponseType::InvalidClient,
            ),
            (
                ask("form", "s3cret", &token, &[]),
                BasicErrorResponseType::InvalidClient,
            ),
            (
                ask("other", "s3cret", &token, &[]),
                BasicErrorResponseType::UnauthorizedClient,
            ),
            (
                ask("app", "s3cret", "nonsense", &[]),
                BasicErrorResponseType::InvalidGrant,
            ),
            (
                ask("app", "s3cret", &token, &["admin"]),
                BasicErrorResponseType::InvalidScope,
            ),
            (
                ask("app", "s3cret", "", &[]),
                BasicErrorResponseType::InvalidRequest,
            ),
        ] {
            assert_eq!(answer.err(), Some(expected), "{profile}");
        }
        ask("app", "s3cret", &token, &[]).expect("nothing of that was a use");
        let replay = ask("app", "s3cret", &token, &[]);
        assert_eq!(
            replay.err(),
            Some(BasicErrorResponseType::InvalidGrant),
            "{profile}"
        );
    }
}

// --- openidconnect ----------------------------------------------------------------------------------------------

fn discover(server: &TokenServer) -> CoreProviderMetadata {
    let issuer = IssuerUrl::new(server.issuer().to_owned()).expect("a URL");
    CoreProviderMetadata::discover(&issuer, &http).expect("metadata")
}

/// OpenID Connect Core §12.2: no nonce in an ID token of a refresh.
fn no_nonce(nonce: Option<&Nonce>) -> Result<(), String> {
    nonce.map_or(Ok(()), |_| Err("there is a nonce".to_owned()))
}

#[test]
fn openidconnect_discovers_refreshes_and_verifies_the_id_token() {
    for profile in oauth_mimic::profiles() {
        let server = server(profile);
        let metadata = discover(&server);
        assert_eq!(metadata.issuer().as_str(), server.issuer());
        let client = CoreClient::from_provider_metadata(
            metadata,
            ClientId::new("the app".to_owned()),
            Some(ClientSecret::new(SECRET.to_owned())),
        );
        let mut token = RefreshToken::new(server.mint().client("the app").refresh_token());
        for scopes in [&["openid"][..], &["openid", "email"], &[]] {
            let answer = client
                .exchange_refresh_token(&token)
                .expect("a token endpoint was discovered")
                .add_scopes(scopes.iter().map(|scope| Scope::new((*scope).to_owned())))
                .request(&http)
                .expect("tokens");
            let id_token = answer.id_token().expect("openid is in the scope");
            let claims = id_token
                .claims(&client.id_token_verifier(), no_nonce)
                .expect("a good ID token");
            assert_eq!(claims.subject().as_str(), "alice", "{profile}");
            assert_eq!(
                claims.authorized_party().map(|azp| azp.as_str()),
                Some("the app"),
                "{profile}"
            );
            // Beside an access token, the claims of `email` are at userinfo (OpenID Connect Core §5.4).
            assert_eq!(claims.email(), None, "{profile}");
            let userinfo: CoreUserInfoClaims = client
                .user_info(
                    answer.access_token().clone(),
                    Some(claims.subject().clone()),
                )
                .expect("a userinfo endpoint was discovered")
                .request(&http)
                .expect("claims");
            let email = userinfo.email().map(|email| email.as_str());
            let granted = scopes != ["openid"];
            assert_eq!(email, granted.then_some("alice@example.test"), "{profile}");
            token = answer.refresh_token().expect("a refresh token").clone();
        }
        let narrow = client
            .exchange_refresh_token(&token)
            .expect("a token endpoint")
            .add_scope(Scope::new("email".to_owned()))
            .request(&http)
            .expect("tokens");
        assert!(narrow.id_token().is_none(), "{profile}: without openid");
    }
}

#[test]
fn openidconnect_accepts_partners_only_where_they_are_configured() {
    for profile in oauth_mimic::profiles() {
        let server = server(profile);
        let metadata = discover(&server);
        let id_token: CoreIdToken = server
            .mint()
            .client("partnered")
            .id_token()
            .parse()
            .expect("an ID token");
        let verifier = || {
            CoreIdTokenVerifier::new_confidential_client(
                ClientId::new("partnered".to_owned()),
                ClientSecret::new("s3cret".to_owned()),
                metadata.issuer().clone(),
                metadata.jwks().clone(),
            )
        };
        assert!(id_token.claims(&verifier(), no_nonce).is_err(), "{profile}");
        let trusting =
            verifier().set_other_audience_verifier_fn(|other| other.as_str() == "partner");
        id_token
            .claims(&trusting, no_nonce)
            .expect("a good ID token");
    }
}

#[test]
fn openidconnect_refuses_what_is_not_for_it_or_not_from_there() {
    for profile in oauth_mimic::profiles() {
        let server = server(profile);
        let metadata = discover(&server);
        let verify = |token: &str, client: &str| {
            let verifier = CoreIdTokenVerifier::new_public_client(
                ClientId::new(client.to_owned()),
                metadata.issuer().clone(),
                metadata.jwks().clone(),
            );
            let id_token: CoreIdToken = token.parse().expect("the form of a token");
            id_token.claims(&verifier, no_nonce).is_ok()
        };
        let good = server.mint().client("public").id_token();
        assert!(verify(&good, "public"), "{profile}");
        assert!(!verify(&good, "the app"), "{profile}: another audience");
        assert!(
            !verify(&damaged(&good), "public"),
            "{profile}: a damaged signature"
        );
        let impostor = impostor(profile, server.issuer());
        assert!(
            !verify(&impostor.mint().client("public").id_token(), "public"),
            "{profile}: another key"
        );
    }
}

// --- openidconnect, a login -------------------------------------------------------------------------------------

const CALLBACK: &str = "https://app.test/callback";
const HOME: &str = "https://app.test/";

fn login_server(profile: &str) -> TokenServer {
    let user = |sub: &str| User::new(sub).claim("email", format!("{sub}@example.test"));
    TokenServer::builder()
        .profile(profile)
        .client(
            Client::confidential("web", "s3cret")
                .redirect_uri(CALLBACK)
                .post_logout_redirect_uri(HOME)
                .scope("openid email offline_access"),
        )
        .user(user("alice"))
        .user(user("bob"))
        .start()
}

/// An application that is set up by the metadata alone.
struct App {
    client: CoreClient<
        EndpointSet,
        EndpointNotSet,
        EndpointNotSet,
        EndpointNotSet,
        EndpointMaybeSet,
        EndpointMaybeSet,
    >,
    end_session: EndSessionUrl,
    issuer: String,
}

/// What an application remembers of a login until the user is sent back.
struct Attempt {
    url: String,
    state: CsrfToken,
    nonce: Nonce,
    verifier: PkceCodeVerifier,
}

impl App {
    fn discover(server: &TokenServer) -> Self {
        let issuer = IssuerUrl::new(server.issuer().to_owned()).expect("a URL");
        let metadata = ProviderMetadataWithLogout::discover(&issuer, &http).expect("metadata");
        let end_session = metadata.additional_metadata().end_session_endpoint.clone();
        let client = CoreClient::from_provider_metadata(
            metadata,
            ClientId::new("web".to_owned()),
            Some(ClientSecret::new("s3cret".to_owned())),
        );
        Self {
            client: client.set_redirect_uri(RedirectUrl::new(CALLBACK.to_owned()).expect("a URL")),
            end_session: end_session.expect("an end_session_endpoint"),
            issuer: server.issuer().to_owned(),
        }
    }

    fn begin(&self) -> Attempt {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let (url, state, nonce) = self
            .client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                CsrfToken::new_random,
                Nonce::new_random,
            )
            .add_scope(Scope::new("email".to_owned()))
            .add_scope(Scope::new("offline_access".to_owned()))
            .set_pkce_challenge(challenge)
            .url();
        Attempt {
            url: url.into(),
            state,
            nonce,
            verifier,
        }
    }

    /// Reads the callback. The crate leaves the comparison of `state`, `iss` and `at_hash` to the application.
    fn finish(&self, attempt: &Attempt, back: &str) -> Result<CoreTokenResponse, String> {
        let (_, query) = back.split_once('?').expect("a query");
        let query: HashMap<_, _> = form_urlencoded::parse(query.as_bytes()).collect();
        let member = |name: &str| query.get(name).map(|value| value.as_ref().to_owned());
        if member("state").as_ref() != Some(attempt.state.secret()) {
            return Err("another state".to_owned());
        }
        if member("iss").as_ref() != Some(&self.issuer) {
            return Err("another iss".to_owned());
        }
        if let Some(error) = member("error") {
            return Err(error);
        }
        let verifier = PkceCodeVerifier::new(attempt.verifier.secret().clone());
        let tokens = self
            .client
            .exchange_code(AuthorizationCode::new(member("code").expect("a code")))
            .expect("a token endpoint was discovered")
            .set_pkce_verifier(verifier)
            .request(&http)
            .map_err(refusal)?;
        let id_token = tokens.id_token().expect("openid is in the scope");
        let keys = self.client.id_token_verifier();
        let claims = id_token
            .claims(&keys, &attempt.nonce)
            .map_err(|why| why.to_string())?;
        if let Some(expected) = claims.access_token_hash() {
            let alg = id_token.signing_alg().expect("an algorithm");
            let key = id_token.signing_key(&keys).expect("a key");
            let actual = AccessTokenHash::from_token(tokens.access_token(), alg, key);
            if actual.expect("a hash") != *expected {
                return Err("another at_hash".to_owned());
            }
        }
        Ok(tokens)
    }

    fn refresh(&self, token: &RefreshToken) -> Result<CoreTokenResponse, String> {
        self.client
            .exchange_refresh_token(token)
            .expect("a token endpoint was discovered")
            .request(&http)
            .map_err(refusal)
    }

    /// The user at the userinfo endpoint, who must be the one of the ID token.
    fn email(&self, tokens: &CoreTokenResponse, sub: &str) -> Option<String> {
        let claims: CoreUserInfoClaims = self
            .client
            .user_info(
                tokens.access_token().clone(),
                Some(SubjectIdentifier::new(sub.to_owned())),
            )
            .expect("a userinfo endpoint was discovered")
            .request(&http)
            .expect("claims");
        claims.email().map(|email| email.to_string())
    }
}

/// The error code of a refusal.
fn refusal<E: std::error::Error>(
    why: RequestTokenError<E, StandardErrorResponse<BasicErrorResponseType>>,
) -> String {
    match why {
        RequestTokenError::ServerResponse(refusal) => refusal.error().to_string(),
        other => panic!("no token response and no refusal: {other:?}"),
    }
}

fn refresh_token(tokens: &CoreTokenResponse) -> &RefreshToken {
    tokens.refresh_token().expect("a refresh token")
}

#[test]
fn openidconnect_logs_in_refreshes_reads_userinfo_and_logs_out() {
    for profile in oauth_mimic::profiles() {
        let server = login_server(profile);
        let app = App::discover(&server);
        let by_a_script = |url: &str| {
            server.next_login(Login::new().user("bob"));
            server.authorize(url).url().to_owned()
        };
        let by_the_page = |url: &str| {
            let mut browser = Browser::default();
            let page = browser.get(url);
            let click = [("mimic_action", "choose"), ("mimic_user", "bob")];
            let answer = browser.submit(&page, url, &click);
            answer.header("location").expect("a redirect").to_owned()
        };
        let ways: [&dyn Fn(&str) -> String; 2] = [&by_a_script, &by_the_page];
        for log_in in ways {
            let attempt = app.begin();
            let tokens = app
                .finish(&attempt, &log_in(&attempt.url))
                .unwrap_or_else(|why| panic!("{profile}: {why}"));
            let claims = |tokens: &CoreTokenResponse, nonce: Option<&Nonce>| {
                let is_expected = |held: Option<&Nonce>| {
                    let same = held.map(Nonce::secret) == nonce.map(Nonce::secret);
                    same.then_some(()).ok_or_else(|| format!("{held:?}"))
                };
                let id_token = tokens.id_token().expect("an ID token");
                id_token
                    .claims(&app.client.id_token_verifier(), is_expected)
                    .expect("a good ID token")
                    .clone()
            };
            let first = claims(&tokens, Some(&attempt.nonce));
            assert_eq!(first.subject().as_str(), "bob", "{profile}");
            // The documented provider of `connect` has no at_hash.
            let hashed = first.access_token_hash().is_some();
            assert_eq!(hashed, profile != "connect", "{profile}");

            let again = app.refresh(refresh_token(&tokens)).expect("tokens");
            let renewed = claims(&again, None);
            assert_eq!(renewed.subject().as_str(), "bob", "{profile}");
            let email = app.email(&again, "bob");
            assert_eq!(email.as_deref(), Some("bob@example.test"), "{profile}");

            let logout = LogoutRequest::from(app.end_session.clone())
                .set_id_token_hint(again.id_token().expect("an ID token"))
                .set_post_logout_redirect_uri(
                    PostLogoutRedirectUrl::new(HOME.to_owned()).expect("a URL"),
                )
                .set_state(CsrfToken::new("bye".to_owned()));
            let answer = Request::get("").send_to(logout.http_get_url().as_str());
            let back = answer.header("location").expect("a redirect");
            let mark = if profile == "connect" { '&' } else { '?' };
            assert_eq!(back, format!("{HOME}{mark}state=bye"), "{profile}");
            let refused = app.refresh(refresh_token(&again)).err();
            assert_eq!(refused.as_deref(), Some("invalid_grant"), "{profile}");
        }
    }
}

#[test]
fn openidconnect_logs_nobody_in_where_something_is_wrong() {
    for profile in oauth_mimic::profiles() {
        let server = login_server(profile);
        let app = App::discover(&server);
        let why = |attempt: &Attempt, back: &str| match app.finish(attempt, back) {
            Ok(_) => panic!("{profile}: somebody is logged in"),
            Err(why) => why,
        };

        let denied = app.begin();
        server.next_login(Login::new().deny());
        let back = server.authorize(&denied.url).url().to_owned();
        assert_eq!(why(&denied, &back), "access_denied");

        let (mine, other) = (app.begin(), app.begin());
        let back = server.authorize(&other.url).url().to_owned();
        assert_eq!(why(&mine, &back), "another state");
        let elsewhere = back.replace("iss=http", "iss=https");
        assert_eq!(why(&other, &elsewhere), "another iss");
        let mixed = Attempt {
            nonce: mine.nonce,
            ..other
        };
        assert!(why(&mixed, &back).contains("nonce"), "{profile}");

        // A code is for one use, with its own verifier; a second use takes the tokens of the first.
        let attempt = app.begin();
        let back = server.authorize(&attempt.url).url().to_owned();
        let tokens = app.finish(&attempt, &back).expect("tokens");
        assert_eq!(why(&attempt, &back), "invalid_grant", "{profile}");
        let refused = app.refresh(refresh_token(&tokens)).err();
        assert_eq!(refused.as_deref(), Some("invalid_grant"), "{profile}");
        let (attempt, another) = (app.begin(), app.begin());
        let back = server.authorize(&attempt.url).url().to_owned();
        let stolen = Attempt {
            verifier: another.verifier,
            ..attempt
        };
        assert_eq!(why(&stolen, &back), "invalid_grant", "{profile}");

        for (claim, value, expected) in [
            ("nonce", "another", "nonce"),
            ("at_hash", "AAAAAAAAAAAAAAAAAAAAAA", "another at_hash"),
            ("iss", "https://elsewhere.test", "Invalid issuer"),
        ] {
            let defect = Defect::set_claim(claim, value);
            server.fail_next(1, Fault::token(TokenKind::IdToken, defect));
            let attempt = app.begin();
            let back = server.authorize(&attempt.url).url().to_owned();
            let why = why(&attempt, &back);
            assert!(why.contains(expected), "{profile}, {claim}: {why}");
        }
    }
}

// --- jsonwebtoken -----------------------------------------------------------------------------------------------

/// A server that says it is another, with a key of its own.
fn impostor(profile: &str, issuer: &str) -> TokenServer {
    TokenServer::builder()
        .profile(profile)
        .issuer(issuer)
        .keys(concat!(env!("CARGO_MANIFEST_DIR"), "/keys/unpublished.pem"))
        .client(Client::public("public").scope("openid email"))
        .user(User::new("alice"))
        .start()
}

/// The token with another character in the middle of its signature.
fn damaged(token: &str) -> String {
    let (input, signature) = token.rsplit_once('.').expect("a signature");
    let (front, back) = signature.split_at(100);
    let other = if back.starts_with('A') { 'B' } else { 'A' };
    format!("{input}.{front}{other}{}", &back[1..])
}

/// Checks signature, `exp`, `iss`, and `aud` where one is expected, by the published keys.
#[expect(
    clippy::disallowed_methods,
    reason = "the library must not depend on the crate's global backend; this test is about that crate"
)]
fn decode(
    server: &TokenServer,
    token: &str,
    issuer: &str,
    audience: Option<&str>,
) -> Result<Value, ErrorKind> {
    let jwks = get(server.address(), path_of(server, &server.jwks_url())).json();
    let jwks: JwkSet = serde_json::from_value(jwks).expect("a JWK Set");
    let header =
        jsonwebtoken::decode_header(token).map_err(jsonwebtoken::errors::Error::into_kind)?;
    // An unknown kid must not save a forged token from being looked at.
    let named = header.kid.and_then(|kid| jwks.find(&kid));
    let jwk = named.or(jwks.keys.first());
    let key = DecodingKey::from_jwk(jwk.expect("a published key")).expect("an RSA key");
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_issuer(&[issuer]);
    validation.set_required_spec_claims(&["exp", "iss", "sub"]);
    if let Some(audience) = audience {
        validation.set_audience(&[audience]);
        validation.set_required_spec_claims(&["exp", "iss", "sub", "aud"]);
    }
    jsonwebtoken::decode::<Value>(token, &key, &validation)
        .map(|token| token.claims)
        .map_err(jsonwebtoken::errors::Error::into_kind)
}

/// The three tokens and the audience of each.
fn tokens(server: &TokenServer) -> [(&'static str, String, Option<String>); 3] {
    let minted = server.mint().client("public").response();
    let id_token = minted.id_token().expect("openid").to_owned();
    // RFC 9068 §2.2 demands an audience of access tokens; the documented server's have none.
    let audience = server
        .token_url()
        .ends_with("/oauth2/token")
        .then(|| server.issuer().to_owned());
    [
        ("access_token", minted.access_token().to_owned(), audience),
        (
            "refresh_token",
            minted.refresh_token().expect("a refresh token").to_owned(),
            None,
        ),
        ("id_token", id_token, Some("public".to_owned())),
    ]
}

#[test]
fn jsonwebtoken_accepts_every_token_by_the_published_keys() {
    for profile in oauth_mimic::profiles() {
        let server = server(profile);
        for (name, token, audience) in tokens(&server) {
            let claims = decode(&server, &token, server.issuer(), audience.as_deref());
            assert_eq!(claims, Ok(part(&token, 1)), "{profile}, {name}");
        }
    }
}

#[test]
fn jsonwebtoken_refuses_another_issuer_and_another_audience() {
    for profile in oauth_mimic::profiles() {
        let server = server(profile);
        for (name, token, audience) in tokens(&server) {
            let elsewhere = decode(
                &server,
                &token,
                "https://elsewhere.test",
                audience.as_deref(),
            );
            assert_eq!(
                elsewhere,
                Err(ErrorKind::InvalidIssuer),
                "{profile}, {name}"
            );
            if audience.is_some() {
                let stranger = decode(&server, &token, server.issuer(), Some("stranger"));
                assert_eq!(
                    stranger,
                    Err(ErrorKind::InvalidAudience),
                    "{profile}, {name}"
                );
            }
        }
    }
}

#[test]
fn jsonwebtoken_refuses_every_damaged_or_forged_token() {
    for profile in oauth_mimic::profiles() {
        let server = server(profile);
        let impostor = impostor(profile, server.issuer());
        for ((name, token, audience), (_, forged, _)) in
            tokens(&server).into_iter().zip(tokens(&impostor))
        {
            let judge = |token: &str| {
                let verdict = decode(&server, token, server.issuer(), audience.as_deref());
                verdict.expect_err(&format!("{profile}, {name}: accepted {token}"))
            };
            assert_eq!(
                judge(&damaged(&token)),
                ErrorKind::InvalidSignature,
                "{profile}, {name}"
            );
            let parts: Vec<&str> = token.split('.').collect();
            let other_claims = forged.split('.').nth(1).expect("claims");
            let transplanted = [parts[0], other_claims, parts[2]].join(".");
            assert_eq!(
                judge(&transplanted),
                ErrorKind::InvalidSignature,
                "{profile}, {name}"
            );
            // {"alg":"HS256"} and {"alg":"none"}
            let other_alg = ["eyJhbGciOiJIUzI1NiJ9", parts[1], parts[2]].join(".");
            assert_eq!(
                judge(&other_alg),
                ErrorKind::InvalidAlgorithm,
                "{profile}, {name}"
            );
            judge(&["eyJhbGciOiJub25lIn0", parts[1], ""].join("."));
            judge(&[parts[0], parts[1], ""].join("."));
            assert_eq!(
                judge(&forged),
                ErrorKind::InvalidSignature,
                "{profile}, {name}"
            );
        }
    }
}

#[test]
fn jsonwebtoken_refuses_every_token_after_its_end() {
    for profile in oauth_mimic::profiles() {
        // Issued a day and more ago; nothing of it can live still.
        let clock = Clock::real();
        clock.advance(-100_000);
        let server = TokenServer::builder()
            .profile(profile)
            .client(Client::public("public").scope("openid email"))
            .user(User::new("alice"))
            .clock(&clock)
            .start();
        for (name, token, audience) in tokens(&server) {
            let verdict = decode(&server, &token, server.issuer(), audience.as_deref());
            assert_eq!(
                verdict,
                Err(ErrorKind::ExpiredSignature),
                "{profile}, {name}"
            );
        }
    }
}
