//! The library's face: a server in a test, whatever the test runs on.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use oauth_mimic::{
    AuthMethod, Client, Clock, Endpoint, ErrorDialect, Fault, MintError, NamedRefreshToken,
    RefreshPolicy, Rule, Scope, StartError, Timestamp, TokenResponse, TokenServer,
    TokenServerBuilder, User,
};
use serde_json::{Value, json};

use crate::support::ordered::names;
use crate::support::{basic, get, part, post, refresh, token_request};

const UNPUBLISHED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/keys/unpublished.pem");
const NOW: Timestamp = Timestamp::from_unix(1_680_006_196);

/// A refresh by an HTTP client that blocks, as a user of the library has one.
#[track_caller]
fn assert_serves(server: &TokenServer) {
    let refresh_token = server.mint().client("client-default").refresh_token();
    let answer = ureq::post(server.token_url())
        .send_form([
            ("grant_type", "refresh_token"),
            ("refresh_token", &refresh_token),
            ("client_id", "client-default"),
            ("client_secret", "client-default-secret"),
        ])
        .expect("an answer");
    assert_eq!(answer.status(), 200);
}

// --- starting ---------------------------------------------------------------------------------------------------

#[test]
fn it_starts_in_a_plain_test() {
    assert_serves(&TokenServer::start());
    assert_serves(&TokenServer::builder().start());
    assert_serves(&TokenServer::builder().try_start().expect("a server"));
}

#[actix_web::test]
async fn it_starts_in_an_actix_test() {
    assert_serves(&TokenServer::start());
    assert_serves(&TokenServer::builder().try_start().expect("a server"));
}

#[tokio::test]
async fn it_starts_in_a_tokio_test() {
    assert_serves(&TokenServer::start());
    assert_serves(&TokenServer::builder().try_start().expect("a server"));
}

#[test]
fn it_starts_and_stops_in_a_task_of_a_runtime() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    let server = runtime.block_on(async {
        tokio::spawn(async { TokenServer::start() })
            .await
            .expect("a server")
    });
    assert_serves(&server);
    runtime.block_on(async move { drop(server) });
}

#[test]
fn it_outlives_the_thread_that_started_it_and_serves_from_any() {
    let server = thread::spawn(TokenServer::start).join().expect("a server");
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert_serves(&server));
        }
    });
}

#[test]
fn many_servers_run_at_once_and_know_nothing_of_each_other() {
    let servers: Vec<TokenServer> = (0..8).map(|_| TokenServer::start()).collect();
    let tokens: Vec<String> = servers
        .iter()
        .map(|server| server.mint().refresh_token())
        .collect();
    for (index, server) in servers.iter().enumerate() {
        assert_eq!(refresh(server, &tokens[index], "").status, 200);
        let stranger = &tokens[(index + 1) % tokens.len()];
        assert_eq!(refresh(server, stranger, "").error(), "invalid_grant");
    }
}

#[test]
fn it_may_be_shared_between_threads() {
    fn assert_shared<T: Send + Sync>() {}
    assert_shared::<TokenServer>();
    assert_shared::<TokenServerBuilder>();
    assert_shared::<TokenResponse>();
    assert_shared::<Client>();
    assert_shared::<Clock>();
    assert_shared::<StartError>();
    assert_shared::<MintError>();
}

// --- stopping ---------------------------------------------------------------------------------------------------

#[test]
fn the_port_is_free_when_the_server_is_gone() {
    let server = TokenServer::start();
    let address = server.address();
    assert_serves(&server);
    drop(server);
    assert!(
        TcpStream::connect(address).is_err(),
        "nothing listens any more"
    );
    let again = TokenServer::builder().address(address).start();
    assert_eq!(again.address(), address);
    assert_serves(&again);
}

/// How long it takes to drop a server on whose connections these bytes were sent.
fn time_to_drop(server: TokenServer, sent: &[Vec<u8>]) -> Duration {
    let streams: Vec<TcpStream> = sent
        .iter()
        .map(|bytes| {
            let mut stream = TcpStream::connect(server.address()).expect("the server listens");
            stream.write_all(bytes).expect("the server reads");
            stream
        })
        .collect();
    // One whole exchange behind them, so that the server has seen them all.
    assert_serves(&server);
    let start = Instant::now();
    drop(server);
    let took = start.elapsed();
    for mut stream in streams {
        stream
            .set_read_timeout(Some(Duration::from_secs(5)))
            .expect("a socket option");
        // The end, or a reset: no matter which, but no waiting.
        let told = stream.read(&mut [0; 4096]);
        assert!(
            !matches!(&told, Err(why) if why.kind() == std::io::ErrorKind::WouldBlock),
            "{told:?}"
        );
    }
    took
}

#[test]
fn stopping_waits_for_no_client() {
    let server = TokenServer::start();
    let whole = token_request(&server, None, "grant_type=refresh_token");
    let stalled = [
        Vec::new(),
        b"POST /connect/oauth/token HT".to_vec(),
        whole[..whole.len() - 10].to_vec(),
        whole,
    ];
    let took = time_to_drop(server, &stalled);
    assert!(took < Duration::from_secs(1), "{took:?}");
}

#[test]
fn a_server_that_panics_with_its_test_leaves_nothing_behind() {
    let (report, reported) = std::sync::mpsc::channel();
    let died = thread::spawn(move || {
        let server = TokenServer::start();
        report.send(server.address()).expect("somebody listens");
        // As a failing assertion does, without its message in the output.
        std::panic::resume_unwind(Box::new("the test failed"));
    })
    .join();
    assert!(died.is_err());
    let address: SocketAddr = reported.recv().expect("an address");
    assert!(TcpListener::bind(address).is_ok(), "the port is free");
}

// --- what the builder's verbs do --------------------------------------------------------------------------------

#[test]
fn address_and_listener_say_where_it_listens() {
    let bound = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = bound.local_addr().expect("an address");
    let by_listener = TokenServer::builder().listener(bound).start();
    assert_eq!(by_listener.address(), address);
    assert_eq!(by_listener.base_url(), format!("http://{address}"));
    drop(by_listener);

    let by_address = TokenServer::builder().address(address).start();
    assert_eq!(by_address.address(), address);
}

#[test]
fn workers_is_at_least_one() {
    for workers in [0, 1, 3] {
        assert_serves(&TokenServer::builder().workers(workers).start());
    }
}

#[test]
fn profile_chooses_paths_and_shapes() {
    for (profile, path, token_type) in [
        ("connect", "/connect/oauth/token", "bearer"),
        (" standard ", "/oauth2/token", "Bearer"),
    ] {
        let server = TokenServer::builder().profile(profile).start();
        assert_eq!(server.token_url(), format!("{}{path}", server.base_url()));
        let response: Value =
            serde_json::from_str(server.mint().response().as_json()).expect("JSON");
        assert_eq!(response["token_type"], token_type);
    }
    let path = file("own-profile.json", &{
        let text = include_str!("../../fixtures/profiles/standard.json");
        text.replace("/oauth2/token", "/own/token")
    });
    let server = TokenServer::builder()
        .profile(path.display().to_string())
        .start();
    assert!(server.token_url().ends_with("/own/token"));
}

#[test]
fn issuer_base_url_and_error_dialect_have_their_say() {
    let server = TokenServer::builder()
        .issuer("https://login.example.test")
        .base_url("http://mimic.test")
        .error_dialect(ErrorDialect::Spring)
        .start();
    assert_eq!(server.issuer(), "https://login.example.test");
    assert_eq!(server.base_url(), "http://mimic.test");
    assert_eq!(server.token_url(), "http://mimic.test/connect/oauth/token");
    assert_eq!(
        server.jwks_url(),
        "http://mimic.test/connect/.well-known/jwks.json"
    );
    assert_eq!(
        server.metadata_url(),
        "http://mimic.test/connect/.well-known/openid-configuration"
    );
    let answer = get(server.address(), "/connect/oauth/token");
    assert_eq!(
        (answer.status, answer.error().as_str()),
        (401, "Unauthorized")
    );
}

/// A file for this test alone.
fn file(name: &str, text: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let directory = path.parent().expect("a directory");
    std::fs::create_dir_all(directory).expect("a directory");
    std::fs::write(&path, text).expect("a file");
    path
}

const CLIENTS: &str = r#"{"clients": [{"client_id": "from-file", "client_secret": "s3cret"}]}"#;
const USERS: &str = r#"{"users": [{"sub": "alice"}]}"#;
const TOKENS: &str =
    r#"{"refresh_tokens": [{"token": "SEEDED", "client_id": "from-file", "sub": "alice"}]}"#;

/// Whether the named refresh token of that client works.
fn works(server: &TokenServer, client: &str, secret: &str, token: &str) -> bool {
    let form = format!("grant_type=refresh_token&refresh_token={token}");
    post(server, Some(&basic(client, secret)), &form).status == 200
}

#[test]
fn fixtures_come_from_files_directories_and_texts_and_leave_no_default() {
    let directory = file("fixtures/1-clients.json", CLIENTS);
    file("fixtures/2-users.json", USERS);
    file("fixtures/3-tokens.json", TOKENS);
    file("fixtures/notes.txt", "no fixture");
    let by_directory = TokenServer::builder().fixtures(directory.parent().expect("a directory"));
    let by_files = TokenServer::builder()
        .fixtures(file("clients.json", CLIENTS))
        .fixtures(file("users.json", USERS))
        .fixtures(file("tokens.json", TOKENS));
    let by_texts = TokenServer::builder()
        .fixtures_json("clients", CLIENTS)
        .fixtures_json("users", USERS)
        .fixtures_json("tokens", TOKENS);
    let mixed = TokenServer::builder()
        .fixtures(file("mixed.json", CLIENTS))
        .user(User::new("alice"))
        .refresh_token(NamedRefreshToken::new("SEEDED", "from-file", "alice"));
    for builder in [by_directory, by_files, by_texts, mixed] {
        let server = builder.start();
        assert!(works(&server, "from-file", "s3cret", "SEEDED"));
        assert!(!works(
            &server,
            "client-default",
            "client-default-secret",
            "REFRESH_TOKEN"
        ));
    }
}

#[test]
fn code_replaces_the_defaults_that_it_names_and_no_others() {
    let default = ("client-default", "client-default-secret");
    let with_client = TokenServer::builder()
        .client(Client::confidential("app", "s3cret"))
        .start();
    assert_eq!(
        part(&with_client.mint().access_token(), 1)["sub"],
        "b626dc6a-0940-44da-af69-04b411a1de56"
    );
    assert!(!works(&with_client, default.0, default.1, "REFRESH_TOKEN"));

    let with_user = TokenServer::builder().user(User::new("alice")).start();
    let token = with_user.mint().refresh_token();
    assert!(works(&with_user, default.0, default.1, &token));
    assert_eq!(part(&token, 1)["sub"], "alice");
    assert!(
        !works(&with_user, default.0, default.1, "REFRESH_TOKEN"),
        "its user is gone"
    );

    let seeded =
        NamedRefreshToken::new("SEEDED", default.0, "b626dc6a-0940-44da-af69-04b411a1de56");
    let with_token = TokenServer::builder().refresh_token(seeded).start();
    assert!(works(&with_token, default.0, default.1, "REFRESH_TOKEN"));
    assert!(works(&with_token, default.0, default.1, "SEEDED"));
}

#[test]
fn what_a_user_and_a_client_are_shows_in_their_tokens() {
    let client = Client::confidential("app", "s3cret")
        .scope("openid read")
        .access_token_lifetime(Duration::from_secs(60))
        .refresh_token_lifetime(Duration::from_secs(120))
        .id_token_audience(["partner", "app"]);
    let user = User::new("alice")
        .claim("location", "SE")
        .claim("authorities", json!(["A", "B"]));
    let server = TokenServer::builder()
        .clock(&Clock::frozen(NOW))
        .client(client)
        .user(user)
        .start();
    let minted = server.mint().response();
    let access_token = part(minted.access_token(), 1);
    assert_eq!(access_token["sub"], "alice");
    assert_eq!(access_token["location"], "SE");
    assert_eq!(access_token["authorities"], json!(["A", "B"]));
    assert_eq!(access_token["scope"], json!(["openid", "read"]));
    assert_eq!(access_token["exp"], NOW.as_unix() + 60);
    assert_eq!(
        part(minted.refresh_token().expect("a refresh token"), 1)["exp"],
        NOW.as_unix() + 120
    );
    assert_eq!(
        part(minted.id_token().expect("openid"), 1)["aud"],
        json!(["partner", "app"])
    );
}

#[test]
fn keys_come_from_a_file_or_a_text() {
    let kid = |server: &TokenServer| {
        let path = server.jwks_url().replace(server.base_url(), "");
        get(server.address(), &path).json()["keys"][0]["kid"].clone()
    };
    let built_in = kid(&TokenServer::start());
    let by_file = kid(&TokenServer::builder().keys(UNPUBLISHED).start());
    let text = std::fs::read_to_string(UNPUBLISHED).expect("a key");
    assert_ne!(by_file, built_in);
    assert_eq!(
        kid(&TokenServer::builder().keys_text(text).start()),
        by_file
    );
}

#[test]
fn the_clock_stays_in_the_hands_of_the_test() {
    let clock = Clock::frozen(NOW);
    let server = TokenServer::builder().clock(&clock).start();
    let iat = || part(&server.mint().access_token(), 1)["iat"].clone();
    assert_eq!(iat(), NOW.as_unix());
    clock.advance(100);
    assert_eq!(iat(), NOW.as_unix() + 100);
    clock.freeze(Timestamp::from_unix(5));
    assert_eq!(iat(), 5);
}

#[test]
fn with_a_seed_and_a_frozen_clock_two_servers_answer_byte_for_byte_alike() {
    for profile in oauth_mimic::profiles() {
        let run = |seed: u64| {
            let server = TokenServer::builder()
                .profile(profile)
                .issuer("https://login.example.test")
                .clock(&Clock::frozen(NOW))
                .seed(seed)
                .start();
            let mut token = "REFRESH_TOKEN".to_owned();
            let mut bodies = Vec::new();
            for more in ["", "&scope=email", ""] {
                let answer = refresh(&server, &token, more);
                token = answer.member("refresh_token");
                bodies.push(answer.body);
            }
            bodies.push(server.mint().response().as_json().as_bytes().to_vec());
            bodies
        };
        assert_eq!(run(7), run(7), "{profile}");
        assert_ne!(run(7), run(8), "{profile}");
    }
}

// --- what is reported when it cannot start --------------------------------------------------------------------------

#[test]
fn a_mistake_is_reported_with_its_place_and_remedy() {
    let mut wrong = Vec::new();
    let json = |text: &str| TokenServer::builder().fixtures_json("mine.json", text);
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address");
    // In the system's own words, whichever it is.
    let in_use = TcpListener::bind(address).expect_err("the port is taken");
    let missing = std::fs::read("/no/such/file.json").expect_err("there is no such file");
    let app = || Client::confidential("app", "s3cret");
    for (builder, told) in [
        (json("{"), "mine.json: is not JSON: EOF while parsing an object (line 1, column 1)".to_owned()),
        (
            json(r#"{"clients": [{"client_id": "a", "client_scret": "b"}]}"#),
            "mine.json: /clients/0/client_scret: unknown member `client_scret`; the members are `client_id`, `client_secret`, `token_endpoint_auth_method`, `grant_types`, `scope`, `redirect_uris`, `response_types`, `require_pkce`, `consent`, `post_logout_redirect_uris`, `backchannel_logout_uri`, `frontchannel_logout_uri`, `refresh`, `access_token_lifetime`, `id_token_lifetime`, `refresh_token_lifetime`, `refresh_token_absolute_lifetime`, `access_token_audience`, `id_token_audience`, `userinfo_signed_response_alg`, `leniency` (line 1, column 46)".to_owned(),
        ),
        (
            json(r#"{"refresh_tokens": [{"token": "T", "client_id": "a", "sub": "b"}]}"#),
            "mine.json: /refresh_tokens/0/client_id: there is no client `a`; add it to `clients`".to_owned(),
        ),
        (json(r#"{"users": [{"sub": "a"}, {"sub": "a"}]}"#), "mine.json: /users/1/sub: `a` is defined already, at /users/0; remove one".to_owned()),
        (
            json(r#"{"issuer": "https://a.test"}"#).fixtures_json("theirs.json", r#"{"issuer": "https://b.test"}"#),
            "theirs.json: /issuer: differs from mine.json; set it in one file only".to_owned(),
        ),
        (
            TokenServer::builder().fixtures("/no/such/file.json"),
            format!("/no/such/file.json: cannot be read: {missing}"),
        ),
        (
            TokenServer::builder().profile("conect"),
            "the server's options: /profile: there is no profile `conect`; there are connect, standard, or the path of a .json file".to_owned(),
        ),
        (
            TokenServer::builder().issuer("login.example.test"),
            "the server's options: /issuer: `login.example.test` must begin with https:// or http://".to_owned(),
        ),
        (
            TokenServer::builder().client(app()).client(app()),
            "the server's options: /clients/1/client_id: `app` is registered already, at /clients/0; remove one".to_owned(),
        ),
        (
            TokenServer::builder().client(app().auth_method(AuthMethod::None)),
            "the server's options: /clients/0/token_endpoint_auth_method: is none, but there is a client_secret; remove one".to_owned(),
        ),
        (
            TokenServer::builder().client(app().access_token_lifetime(Duration::from_millis(999))),
            "the server's options: /clients/0/access_token_lifetime: must be at least 1 second".to_owned(),
        ),
        (
            TokenServer::builder().client(app().id_token_audience(["other"])),
            "the server's options: /clients/0/id_token_audience: must name the client, `app` (OpenID Connect Core §2)".to_owned(),
        ),
        (
            TokenServer::builder().base_url("http://mimic.test/connect"),
            "base_url: `http://mimic.test/connect` must have no path: the profile has one".to_owned(),
        ),
        (
            TokenServer::builder().keys_text("no key"),
            "the given key: is neither PEM (PKCS#8 `BEGIN PRIVATE KEY`, PKCS#1 `BEGIN RSA PRIVATE KEY`) nor a JWK: it has no such block".to_owned(),
        ),
        (
            TokenServer::builder().keys("/no/such/key.pem"),
            format!("/no/such/key.pem: cannot be read: {missing}"),
        ),
        (
            TokenServer::builder().address(address),
            format!("cannot listen on {address}: {in_use}; choose another port, or 0 for any free one"),
        ),
    ] {
        let why = builder.try_start().expect_err("a mistake").to_string();
        if why != told {
            wrong.push(format!("{why}\n  and not\n{told}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
#[should_panic(
    expected = "the token server cannot start: mine.json: /clients/0/scope: a scope is separated by exactly one space, with none at the ends (line 1, column 48)"
)]
fn a_bad_fixture_panics_with_the_file_the_path_and_the_reason() {
    let _server = TokenServer::builder()
        .fixtures_json(
            "mine.json",
            r#"{"clients": [{"client_id": "a", "scope": "b  c"}]}"#,
        )
        .start();
}

#[test]
#[should_panic(
    expected = "nothing can be minted: there is no client `nobody`; there are: CLIENT_ID, client-default, client-public, client-rotating, d2c0dcb5-32bd-4a56-9dd8-2070e7b2b533"
)]
fn minting_for_an_unknown_client_panics_with_the_known_ones() {
    let _token = TokenServer::start().mint().client("nobody").access_token();
}

#[test]
#[should_panic(expected = "the scope `email` has no id_token")]
fn minting_an_id_token_without_openid_panics() {
    let _token = TokenServer::start().mint().scope("email").id_token();
}

#[test]
#[should_panic(
    expected = "`a  b` is not a scope: a scope is separated by exactly one space, with none at the ends"
)]
fn a_malformed_scope_in_code_panics_at_once() {
    let _client = Client::public("app").scope("a  b");
}

#[test]
fn what_cannot_be_minted_is_reported() {
    let server = TokenServer::start();
    let empty = TokenServer::builder().fixtures_json("empty", "{}").start();
    for (mint, told) in [
        (
            server.mint().subject("nobody"),
            "there is no user `nobody`; there are: alice, b626dc6a-0940-44da-af69-04b411a1de56, bob",
        ),
        (
            server.mint().scope("a  b"),
            "scope: the scope is malformed: a scope is separated by exactly one space, with none at the ends",
        ),
        (
            server.mint().scope("openid admin"),
            "scope: scope admin was requested, but client client-default is registered for openid email phone only",
        ),
        (
            empty.mint(),
            "there is no client `(the first)`; there are: none; add one to the fixtures",
        ),
    ] {
        assert_eq!(
            mint.try_response().expect_err("a mistake").to_string(),
            told
        );
    }
}

// --- minting ----------------------------------------------------------------------------------------------------

#[test]
fn every_verb_of_mint_shows_in_the_tokens() {
    let clock = Clock::frozen(NOW);
    let server = TokenServer::builder()
        .clock(&clock)
        .client(Client::confidential("one", "s3cret").scope("openid"))
        .client(Client::confidential("two", "s3cret").scope("openid read write"))
        .user(User::new("alice"))
        .user(User::new("bob"))
        .start();
    let first = server.mint().response();
    let claims = part(first.access_token(), 1);
    assert_eq!(
        (&claims["client_id"], &claims["sub"]),
        (&json!("one"), &json!("alice")),
        "the first of each"
    );
    assert_eq!(claims["auth_time"], NOW.as_unix());

    let response = server
        .mint()
        .client("two")
        .subject("bob")
        .scope("write openid")
        .auth_time(Timestamp::from_unix(1_680_000_000))
        .access_token_lifetime(Duration::from_secs(10))
        .id_token_lifetime(Duration::from_secs(20))
        .refresh_token_lifetime(Duration::from_secs(30))
        .response();
    let id_token = response.id_token().expect("openid");
    for (token, lifetime) in [
        (response.access_token(), 10),
        (id_token, 20),
        (response.refresh_token().expect("a refresh token"), 30),
    ] {
        let claims = part(token, 1);
        assert_eq!(claims["sub"], "bob");
        assert_eq!(claims["auth_time"], 1_680_000_000);
        assert_eq!(claims["exp"], NOW.as_unix() + lifetime);
    }
    assert_eq!(part(response.access_token(), 1)["client_id"], "two");
    assert_eq!(
        *response.scope(),
        "openid write".parse::<Scope>().expect("a scope")
    );
    let body: Value = serde_json::from_str(response.as_json()).expect("JSON");
    assert_eq!(body["access_token"], response.access_token());
    assert_eq!(
        body["refresh_token"],
        response.refresh_token().expect("a refresh token")
    );
    assert_eq!(body["id_token"], id_token);
    assert_eq!(body["scope"], "openid write");
    assert_eq!(body["expires_in"], 9);

    let mint = server.mint().client("two");
    let kinds = [mint.access_token(), mint.refresh_token(), mint.id_token()];
    let has = |token: &str, claim: &str| part(token, 1).get(claim).is_some();
    assert_eq!(
        kinds.each_ref().map(|token| has(token, "ati")),
        [false, true, false]
    );
    assert_eq!(
        kinds.each_ref().map(|token| has(token, "aud")),
        [false, false, true]
    );
}

#[test]
fn a_minted_grant_is_refreshed_like_a_granted_one() {
    for profile in oauth_mimic::profiles() {
        for policy in [
            RefreshPolicy::Reissue,
            RefreshPolicy::Rotate,
            RefreshPolicy::Reuse,
        ] {
            let server = TokenServer::builder()
                .profile(profile)
                .client(
                    Client::confidential("app", "s3cret")
                        .scope("openid read")
                        .refresh(policy),
                )
                .user(User::new("alice"))
                .start();
            let minted = server.mint().scope("read").response();
            let form = format!(
                "grant_type=refresh_token&refresh_token={}",
                minted.refresh_token().expect("a refresh token")
            );
            let answer = post(&server, Some(&basic("app", "s3cret")), &form);
            assert_eq!(
                answer.status,
                200,
                "{profile}, {policy:?}: {}",
                answer.text()
            );
            assert_eq!(
                names(minted.as_json()),
                names(answer.text()),
                "{profile}: the same members"
            );
            let minted: Value = serde_json::from_str(minted.as_json()).expect("JSON");
            assert_eq!(minted["scope"], answer.json()["scope"]);
        }
    }
}

// --- what debugging shows ---------------------------------------------------------------------------------------

#[test]
fn debug_shows_no_secret_no_token_and_no_private_key() {
    let client = Client::confidential("app", "s3cret-of-app").scope("openid");
    let secret = client.client_secret.clone().expect("a secret");
    assert_eq!(secret.reveal(), "s3cret-of-app");
    let key = std::fs::read_to_string(UNPUBLISHED).expect("a key");
    let fixtures = r#"{"clients": [{"client_id": "b", "client_secret": "s3cret-of-b"}]}"#;
    let builder = TokenServer::builder()
        .fixtures_json("mine.json", fixtures)
        .client(client.clone())
        .user(User::new("alice"))
        .keys_text(key.clone());
    let builder_shown = format!("{builder:?}");
    let server = builder.start();
    let response = server.mint().client("app").response();
    let key_line = key.lines().find(|line| line.len() == 64).expect("base64");
    for (what, shown) in [
        ("Secret", format!("{secret:?}")),
        ("Client", format!("{client:#?}")),
        ("TokenResponse", format!("{response:?}")),
        ("TokenServerBuilder", builder_shown),
        ("TokenServer", format!("{server:?}")),
        ("Mint", format!("{:?}", server.mint())),
    ] {
        for private in [
            "s3cret-of",
            key_line,
            response.access_token(),
            response.refresh_token().expect("a refresh token"),
            response.id_token().expect("openid"),
        ] {
            assert!(!shown.contains(private), "{what} shows {private}: {shown}");
        }
    }
    assert_eq!(format!("{secret:?}"), "[redacted]");
    assert_eq!(
        format!("{response:?}"),
        r#"TokenResponse { scope: Scope(["openid"]), .. }"#
    );
}

/// A message of a failing test prints the server: it must be short, and show no secret and no token.
#[test]
fn debug_prints_names_and_not_the_world() {
    let client = || Client::confidential("app", "s3cret-of-app").scope("openid");
    let named = || NamedRefreshToken::new("NAME-OF-A-TOKEN", "app", "alice").scope("openid");
    let builder = || {
        TokenServer::builder()
            .client(client())
            .user(User::new("alice"))
            .refresh_token(named())
            .fixtures_json("more.json", r#"{ "users": [{ "sub": "bob" }] }"#)
    };
    let server = builder().start();
    let sandboxes: Vec<_> = (0..20).map(|_| server.sandbox()).collect();
    for _ in 0..20 {
        let form = "grant_type=refresh_token&refresh_token=NAME-OF-A-TOKEN";
        post(&server, Some(&basic("app", "s3cret-of-app")), form);
    }
    let minted = server.mint().refresh_token();
    server.faults().add(
        Rule::on(Endpoint::Token, Fault::status(503))
            .refresh_token(minted.clone())
            .times(1),
    );
    for (what, text) in [
        ("TokenServerBuilder", format!("{:#?}", builder())),
        ("TokenServer", format!("{server:#?}")),
        (
            "Mimic",
            format!("{:#?}", oauth_mimic::Mimic::clone(&server)),
        ),
        ("SandboxGuard", format!("{:#?}", sandboxes[0])),
        ("Mint", format!("{:#?}", server.mint().client("app"))),
        ("Faults", format!("{:#?}", server.faults())),
        ("Keys", format!("{:#?}", server.keys())),
        ("Clock", format!("{:#?}", server.clock())),
    ] {
        assert!(text.len() < 700, "{what}: {} bytes", text.len());
        for hidden in ["s3cret-of-app", "NAME-OF-A-TOKEN", minted.as_str()] {
            assert!(!text.contains(hidden), "{what}: {text}");
        }
    }
}
