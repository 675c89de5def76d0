//! The refresh tokens of the default fixtures that carry a fault: a test chooses by data alone.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use oauth_mimic::{
    Client, Clock, Endpoint, Fault, FixtureTime, NamedRefreshToken, RefreshPolicy, Rule, Timestamp,
    TokenServer, User,
};
use serde_json::{Value, json};

use crate::defects::is_signed_by;
use crate::drive::Plane;
use crate::faults::{Came, raw};
use crate::support::{Answer, basic, encoded, part, post, refresh, token_request};

const DEFAULT: &str = include_str!("../../fixtures/default.json");

fn request(server: &TokenServer, token: &str) -> Vec<u8> {
    let form = format!("grant_type=refresh_token&refresh_token={token}");
    let authorization = basic("client-default", "client-default-secret");
    token_request(server, Some(&authorization), &form)
}

type Check = fn(&TokenServer, &Came);

/// What each name promises.
const NAMES: &[(&str, Check)] = &[
    ("REVOKED", |_, came| {
        let answer = came.answer();
        assert_eq!(
            (answer.status, answer.error().as_str()),
            (400, "invalid_grant")
        );
    }),
    ("RATE_LIMITED", |_, came| {
        let answer = came.answer();
        assert_eq!(
            (answer.status, answer.header("retry-after")),
            (429, Some("1"))
        );
    }),
    ("UNAVAILABLE", |_, came| {
        let answer = came.answer();
        assert_eq!(
            (answer.status, answer.header("retry-after")),
            (503, Some("1"))
        );
    }),
    ("TEMPORARILY_UNAVAILABLE", |_, came| {
        let answer = came.answer();
        let error = answer.error();
        assert_eq!(
            (answer.status, error.as_str()),
            (503, "temporarily_unavailable")
        );
    }),
    ("SERVER_ERROR", |_, came| {
        let answer = came.answer();
        assert_eq!(
            (answer.status, answer.error().as_str()),
            (500, "server_error")
        );
    }),
    ("GATEWAY_HTML", |_, came| {
        let answer = came.answer();
        assert_eq!(answer.status, 502);
        assert!(
            answer.text().contains("502 Bad Gateway"),
            "{}",
            answer.text()
        );
    }),
    ("SLOW", |_, came| {
        assert_eq!(came.answer().status, 200);
        assert!(came.after >= Duration::from_secs(3), "{:?}", came.after);
    }),
    ("TRUNCATED", |_, came| {
        let (head, body) = came.broken_off();
        assert_eq!((head.status, body.len()), (200, 100));
    }),
    ("MALFORMED", |_, came| {
        let answer = came.answer();
        assert_eq!(answer.status, 200);
        assert!(serde_json::from_slice::<Value>(&answer.body).is_err());
    }),
    ("WRONG_CONTENT_TYPE", |_, came| {
        let answer = came.answer();
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (200, Some("text/html"))
        );
        assert_eq!(answer.json()["expires_in"], 899);
    }),
    ("CLOSED", |_, came| {
        assert_eq!((came.text().as_str(), came.broken), ("", None));
    }),
    ("RESET", |_, came| {
        assert_eq!(
            (came.text().as_str(), came.broken),
            ("", Some(ErrorKind::ConnectionReset))
        );
    }),
    ("LOST_RESPONSE", |server, came| {
        assert_eq!(
            (came.text().as_str(), came.broken),
            ("", Some(ErrorKind::ConnectionReset))
        );
        assert_eq!(server.requests()[0].outcome, oauth_mimic::Outcome::Issued);
    }),
    ("NO_EXPIRES_IN", |_, came| {
        assert_eq!(came.answer().json().get("expires_in"), None);
    }),
    ("EXPIRES_IN_TEXT", |_, came| {
        assert_eq!(came.answer().json()["expires_in"], "899");
    }),
    ("OTHER_TOKEN_TYPE", |_, came| {
        assert_eq!(came.answer().json()["token_type"], "mac");
    }),
    ("NO_REFRESH_TOKEN", |_, came| {
        assert_eq!(came.answer().json().get("refresh_token"), None);
        assert_eq!(came.answer().json()["expires_in"], 899);
    }),
    ("EXPIRED_ACCESS_TOKEN", |server, came| {
        let answer = came.answer();
        let expires_at = |member: &str| part(&answer.member(member), 1)["exp"].as_i64();
        let now = server.clock().now().as_unix();
        assert!(expires_at("access_token") < Some(now));
        assert!(expires_at("id_token") > Some(now));
        assert!(is_signed_by(server, &answer.member("access_token")));
    }),
    ("FORGED_ACCESS_TOKEN", |server, came| {
        let answer = came.answer();
        assert!(!is_signed_by(server, &answer.member("access_token")));
        assert!(is_signed_by(server, &answer.member("id_token")));
    }),
    ("FORGED_ID_TOKEN", |server, came| {
        let answer = came.answer();
        assert!(is_signed_by(server, &answer.member("access_token")));
        assert!(!is_signed_by(server, &answer.member("id_token")));
    }),
];

#[test]
fn every_name_does_what_it_says_each_time() {
    let every_name = || {
        for (name, check) in NAMES.iter().filter(|(name, _)| *name != "SLOW") {
            does_what_it_says(name, *check);
        }
    };
    // The names take turns, so that few servers are open at once; the slow one runs beside them.
    thread::scope(|scope| {
        scope.spawn(every_name);
        for (name, check) in NAMES.iter().filter(|(name, _)| *name == "SLOW") {
            scope.spawn(|| does_what_it_says(name, *check));
        }
    });
}

/// Checks a name twice on a server of its own, which then still issues tokens.
#[track_caller]
fn does_what_it_says(name: &str, check: Check) {
    let server = TokenServer::builder()
        .clock(&Clock::frozen(Clock::real().now()))
        .start();
    for _ in 0..2 {
        let came = raw(name, server.address(), &request(&server, name));
        check(&server, &came);
    }
    assert_eq!(refresh(&server, "REFRESH_TOKEN", "").status, 200, "{name}");
}

#[test]
fn the_table_has_every_name_that_ships_with_a_fault() {
    let shipped: Value = serde_json::from_str(DEFAULT).expect("JSON");
    let mut with_fault: Vec<&str> = shipped["refresh_tokens"]
        .as_array()
        .expect("tokens")
        .iter()
        .filter(|token| token.get("fault").is_some())
        .map(|token| token["token"].as_str().expect("a name"))
        .collect();
    let mut tested: Vec<&str> = NAMES.iter().map(|(name, _)| *name).collect();
    tested.push("DRIP");
    with_fault.sort_unstable();
    tested.sort_unstable();
    assert_eq!(with_fault, tested);
}

#[test]
fn drip_sends_two_hundred_bytes_a_second() {
    let server = TokenServer::start();
    let mut stream = TcpStream::connect(server.address()).expect("the server listens");
    stream
        .write_all(&request(&server, "DRIP"))
        .expect("the connection is open");
    let start = Instant::now();
    let (mut received, mut buffer) = (Vec::new(), [0; 4096]);
    while start.elapsed() < Duration::from_secs(2) {
        let read = stream.read(&mut buffer).expect("more of the answer");
        received.extend_from_slice(&buffer[..read]);
    }
    let end = received.windows(4).position(|four| four == b"\r\n\r\n");
    let body = received.len() - end.expect("a head") - 4;
    // Timers are late, never early, and the last drop may fall behind the second.
    assert!((100..=410).contains(&body), "{body}");
}

#[test]
fn expired_is_refused_because_it_is() {
    let server = TokenServer::start();
    let answer = refresh(&server, "EXPIRED", "");
    assert_eq!(
        (answer.status, answer.error().as_str()),
        (400, "invalid_grant")
    );
    let words = answer.member("error_description");
    assert!(words.contains("expired"), "{words}");
}

#[test]
fn a_rule_comes_before_the_fault_of_a_name() {
    let server = TokenServer::start();
    server.faults().add(
        Rule::on(Endpoint::Token, Fault::status(418))
            .refresh_token("CLOSED")
            .times(1),
    );
    assert_eq!(refresh(&server, "CLOSED", "").status, 418);
    let after = raw("after", server.address(), &request(&server, "CLOSED"));
    assert_eq!(after.text(), "");
}

#[test]
fn a_name_is_one_clients_alone() {
    let server = TokenServer::start();
    let user = "b626dc6a-0940-44da-af69-04b411a1de56";
    server.put_refresh_token(NamedRefreshToken::new("CLOSED", "CLIENT_ID", user).scope("openid"));
    let form = "grant_type=refresh_token&refresh_token=CLOSED";
    let other = token_request(&server, Some(&basic("CLIENT_ID", "CLIENT_SECRET")), form);
    assert_eq!(
        raw("another client's", server.address(), &other)
            .answer()
            .status,
        200
    );
    let own = raw("its own", server.address(), &request(&server, "CLOSED"));
    assert_eq!(own.text(), "");
}

/// A server whose client `app` rotates its refresh tokens, and has one of the name `SEEDED`.
fn rotating() -> TokenServer {
    TokenServer::builder()
        .client(Client::public("app").scope("openid"))
        .user(User::new("alice"))
        .refresh_token(seeded())
        .start()
}

fn seeded() -> NamedRefreshToken {
    NamedRefreshToken::new("SEEDED", "app", "alice").scope("openid")
}

#[track_caller]
fn use_up(server: &TokenServer, token: &str) -> Answer {
    let form = format!(
        "grant_type=refresh_token&client_id=app&refresh_token={}",
        encoded(token)
    );
    post(server, None, &form)
}

/// Uses the token up: its first use is answered, and its second one is a replay that revokes the family.
#[track_caller]
fn use_up_and_replay(case: &str, server: &TokenServer) -> String {
    let first = use_up(server, "SEEDED");
    assert_eq!(first.status, 200, "{case}: {}", first.text());
    let replay = use_up(server, "SEEDED");
    assert_eq!(replay.error(), "invalid_grant", "{case}");
    first.member("refresh_token")
}

#[test]
fn a_used_token_that_is_put_again_is_usable_again() {
    let server = rotating();
    let plane = Plane::of(&server);
    let body = json!(seeded());
    let again: [(&str, &dyn Fn()); 4] = [
        ("put by the library", &|| {
            server.put_refresh_token(seeded());
        }),
        ("PUT", &|| {
            assert_eq!(
                plane
                    .put("/clients/app/refresh-tokens/SEEDED", &body)
                    .status,
                200
            );
        }),
        ("DELETE and POST", &|| {
            assert_eq!(
                plane.delete("/clients/app/refresh-tokens/SEEDED").status,
                204
            );
            assert_eq!(plane.post("/refresh-tokens", &body).status, 201);
        }),
        ("reset", &|| server.reset()),
    ];
    use_up_and_replay("seeded", &server);
    for (case, again) in again {
        again();
        use_up_and_replay(case, &server);
    }
}

#[test]
fn a_token_that_is_put_again_is_of_another_grant_than_before() {
    let server = rotating();
    let successor = use_up(&server, "SEEDED").member("refresh_token");
    server.put_refresh_token(seeded());
    use_up_and_replay("put again", &server);
    assert_eq!(
        use_up(&server, &successor).status,
        200,
        "of the first grant"
    );
}

#[test]
fn replicas_agree_on_the_tokens_they_start_with() {
    let family = |server: &TokenServer| {
        use_up(server, "SEEDED");
        server.requests()[0].presented.clone()
    };
    assert_eq!(family(&rotating()), family(&rotating()));
}

#[test]
fn the_journal_does_not_name_a_named_token() {
    let server = rotating();
    use_up(&server, "SEEDED");
    let presented = server.requests()[0].presented.clone().expect("an id");
    assert!(!presented.contains("SEEDED"), "{presented}");
}

const NOW: Timestamp = Timestamp::from_unix(1_680_006_196);

/// A server at `NOW`, whose client `app` keeps its refresh tokens: a token lives 3,600 seconds, and a grant 7,200.
fn aging(clock: &Clock) -> TokenServer {
    let app = Client::confidential("app", "s3cret")
        .scope("openid")
        .refresh(RefreshPolicy::Reuse)
        .refresh_token_lifetime(Duration::from_secs(3_600))
        .refresh_token_absolute_lifetime(Duration::from_secs(7_200));
    TokenServer::builder()
        .client(app)
        .user(User::new("alice"))
        .refresh_token(seeded().auth_time(-131))
        .refresh_token(token("ISSUED").issued_at(-10))
        .refresh_token(token("SHORT").expires_at(FixtureTime::SecondsFromStart(60)))
        .clock(clock)
        .start()
}

fn token(name: &str) -> NamedRefreshToken {
    NamedRefreshToken::new(name, "app", "alice").scope("openid")
}

#[track_caller]
fn refresh_app(server: &TokenServer, token: &str) -> Answer {
    let form = format!("grant_type=refresh_token&refresh_token={token}");
    post(server, Some(&basic("app", "s3cret")), &form)
}

fn login(answer: &Answer) -> Option<i64> {
    part(&answer.member("id_token"), 1)["auth_time"].as_i64()
}

#[test]
fn all_refreshes_of_a_named_grant_have_one_auth_time() {
    let clock = Clock::frozen(NOW);
    let server = aging(&clock);
    let first = login(&refresh_app(&server, "SEEDED"));
    assert_eq!(first, Some(NOW.as_unix() - 131));
    clock.advance(1_000);
    assert_eq!(login(&refresh_app(&server, "SEEDED")), first);
}

#[test]
fn a_named_token_grows_old() {
    let clock = Clock::frozen(NOW);
    let server = aging(&clock);
    for (name, last_second) in [
        ("SHORT", 59),
        ("ISSUED", 3_589),
        ("SEEDED", 7_200 - 131 - 1),
    ] {
        clock.freeze(NOW);
        clock.advance(last_second);
        assert_eq!(refresh_app(&server, name).status, 200, "{name}");
        clock.advance(1);
        let answer = refresh_app(&server, name);
        let words = answer.member("error_description");
        assert!(words.contains("expired"), "{name}: {words}");
    }
}

#[test]
fn the_times_of_a_token_count_from_when_it_was_put_or_reset() {
    let clock = Clock::frozen(NOW);
    let server = aging(&clock);
    clock.advance(10_000);
    server.put_refresh_token(seeded().auth_time(-131));
    let put = login(&refresh_app(&server, "SEEDED"));
    assert_eq!(put, Some(NOW.as_unix() + 10_000 - 131));
    server.reset();
    let reset = login(&refresh_app(&server, "SEEDED"));
    assert_eq!(reset, Some(NOW.as_unix() - 131));
}

#[test]
fn the_fault_of_a_named_token_happens_only_to_its_own_client() {
    let server = TokenServer::start();
    for token in ["REVOKED", "RATE_LIMITED", "CLOSED"] {
        let form = format!("grant_type=refresh_token&refresh_token={token}");
        let wrong = basic("client-default", "wrong");
        let refused = post(&server, Some(&wrong), &form);
        assert_eq!(
            (refused.status, refused.error().as_str()),
            (401, "invalid_client"),
            "{token}"
        );
        let right = basic("client-default", "client-default-secret");
        let form = format!("refresh_token={token}");
        let refused = post(&server, Some(&right), &form);
        assert_eq!(refused.error(), "invalid_request", "{token}");
    }
}

#[test]
fn the_fault_of_a_named_token_combines_with_a_delay_and_gives_way_to_another_fault() {
    let server = TokenServer::start();
    let delay = Duration::from_millis(150);
    server
        .faults()
        .add(Rule::on(Endpoint::Token, Fault::delay(delay)));
    let start = Instant::now();
    assert_eq!(refresh(&server, "REVOKED", "").error(), "invalid_grant");
    assert!(start.elapsed() >= delay, "the delay of the rule");
    server.fail_next(1, Fault::status(418));
    assert_eq!(refresh(&server, "REVOKED", "").status, 418);
    server.fail_next(1, Fault::Malformed);
    assert_eq!(refresh(&server, "REVOKED", "").status, 200);
}
