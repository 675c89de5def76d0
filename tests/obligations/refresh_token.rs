//! A3: the refresh token grant (R01 to R23, R27, R29 and R30).

use std::collections::{HashMap, HashSet};
use std::io::Write as _;
use std::net::Shutdown;
use std::sync::{Barrier, Mutex};
use std::thread;
use std::time::Duration;

use oauth_mimic::{Client, Clock, Timestamp, TokenServer};

use super::reading_back::assert_challenged;
use super::{
    Expected, GOOD, INVALID_GRANT, INVALID_REQUEST, INVALID_SCOPE, RefreshTokenIn as _, Request,
    Row, TOKEN, World, alpha, assert_refused, assert_scope, assert_tokens, head, post, read_to_end,
    row, story,
};
use crate::authorization::authorize;
use crate::support::{Answer, Connection, answers, encoded, part, send};

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = table! {
        "R01", "no scope", alpha(GOOD) => Expected::Scope("a b c");
        "R02", "less scope", alpha(format!("{GOOD}&scope=a")) => Expected::Scope("a");
        "R04", "more scope than was granted", alpha(format!("{GOOD}&scope=a+d")) => INVALID_SCOPE;
        "R04", "more scope than is registered", alpha(format!("{GOOD}&scope=a+z")) => INVALID_SCOPE;
        "R05", "order and repeats do not matter", alpha(format!("{GOOD}&scope=c+a+a+b")) => Expected::Scope("a b c");
        "R06", "no refresh token", alpha("grant_type=refresh_token") => INVALID_REQUEST;
        "R07", "an empty refresh token", alpha("grant_type=refresh_token&refresh_token=") => INVALID_REQUEST;
        "R29", "a client without this grant", post(GOOD).basic("coder", "coder-secret")
            => Expected::Refused(&[400], &["unauthorized_client"]);
        "R30", "GET", Request::new("GET", &format!("{TOKEN}?{GOOD}")) => super::NOT_ALLOWED;
        "R30", "bad authentication", post(GOOD).basic("alpha", "wrong") => super::INVALID_CLIENT;
        "R30", "a bad scope", alpha(format!("{GOOD}&scope=%22")) => INVALID_SCOPE;
        "R30", "a bad content type", alpha(GOOD).content_type("text/plain") => INVALID_REQUEST;
        "R30", "a body that is too large", alpha(format!("{GOOD}&x={}", "x".repeat(70_000)))
            => Expected::Refused(&[413], &["invalid_request"]);
    };
    rows.extend(
        [
            ("garbage", "garbage".to_owned()),
            ("three parts of nothing", "a.b.c".to_owned()),
            ("a space behind", "{rt}%20".to_owned()),
            ("a space before", "+{rt}".to_owned()),
            ("a newline behind", "{rt}%0A".to_owned()),
            ("a dot behind", "{rt}.".to_owned()),
            ("padding behind", "{rt}%3D".to_owned()),
            ("twice", "{rt}{rt}".to_owned()),
            ("in quotes", "%22{rt}%22".to_owned()),
            ("a word before", "Bearer+{rt}".to_owned()),
        ]
        .into_iter()
        .map(|(about, token)| {
            let form = format!("grant_type=refresh_token&refresh_token={token}");
            row("R08", about, alpha(form), INVALID_GRANT)
        }),
    );
    rows.extend([
        story("R16", "2 racers", |_| race(2, 1, 200)),
        story("R16", "16 racers", |_| race(16, 1, 40)),
        story("R16", "256 uses over 32 connections", |_| race(32, 8, 2)),
        story("R01", "no access token comes twice", |world| {
            let mut token = world.refresh_token("alpha");
            let mut seen = HashSet::new();
            for _ in 0..5 {
                let answer = world.refresh("alpha", &token);
                assert_tokens(&answer);
                assert!(seen.insert(answer.member("access_token")));
                token = answer.member("refresh_token");
                assert!(seen.insert(token.clone()));
            }
        }),
        story("R03", "what was narrowed once is whole again", |world| {
            let narrowed = world.send(&alpha(format!("{GOOD}&scope=a")));
            assert_scope(&narrowed, "a");
            assert_scope(
                &world.refresh("alpha", &narrowed.member("refresh_token")),
                "a b c",
            );
        }),
        story(
            "R08",
            "nothing about a refresh token can be changed",
            altered,
        ),
        story("R08", "nor percent-encoded twice", |world| {
            let token = world.refresh_token("alpha").replace('.', "%2E");
            assert_refused(&world.refresh("alpha", &token), &[400], &["invalid_grant"]);
        }),
        story("R09", "a refresh token is its client's", |world| {
            let token = world.refresh_token("alpha");
            assert_refused(&world.refresh("beta", &token), &[400], &["invalid_grant"]);
            assert_refused(&world.refresh("app", &token), &[400], &["invalid_grant"]);
            assert_tokens(&world.refresh("alpha", &token));
        }),
        story(
            "R10",
            "a refresh token is good strictly before its end",
            |_| {
                for (after, good) in [(86_399, true), (86_400, false), (86_401, false)] {
                    let world = World::new();
                    world.clock.freeze(Timestamp::from_unix(1_700_000_000));
                    let token = world.refresh_token("alpha");
                    world.clock.advance(after);
                    let answer = world.refresh("alpha", &token);
                    if good {
                        assert_tokens(&answer);
                    } else {
                        assert_refused(&answer, &[400], &["invalid_grant"]);
                    }
                }
            },
        ),
        story(
            "R11",
            "a refresh token that was revoked is refused",
            |world| {
                let token = world.refresh_token("alpha");
                let form = format!("token={}", encoded(&token));
                let revocation =
                    Request::form("/oauth2/revoke", form).basic("alpha", "alpha-secret");
                assert_eq!(world.send(&revocation).status, 200);
                assert_refused(&world.refresh("alpha", &token), &[400], &["invalid_grant"]);
            },
        ),
        story("R11", "one of a revoked family is refused", |world| {
            let first = world.refresh_token("alpha");
            let second = world.refresh("alpha", &first).member("refresh_token");
            let third = world.refresh("alpha", &second).member("refresh_token");
            world.refresh("alpha", &second);
            assert_refused(&world.refresh("alpha", &third), &[400], &["invalid_grant"]);
        }),
        story(
            "R12",
            "a token of another kind is not accepted as a refresh token",
            |world| {
                let minted = world.server.mint().client("alpha").scope("openid a");
                let response = minted.response();
                let id_token = response.id_token().expect("an ID token");
                let code = authorize(world, "web", "response_type=code").code();
                for token in [response.access_token(), id_token, &code] {
                    assert_refused(&world.refresh("alpha", token), &[400], &["invalid_grant"]);
                }
            },
        ),
        story("R13", "a used refresh token is refused", |world| {
            let token = world.refresh_token("alpha");
            let answer = world.refresh("alpha", &token);
            assert_tokens(&answer);
            assert_ne!(answer.member("refresh_token"), token);
            assert_refused(&world.refresh("alpha", &token), &[400], &["invalid_grant"]);
        }),
        story(
            "R14",
            "and takes its successors with it, but nobody else's",
            |world| {
                let bystander = world.refresh_token("alpha");
                let token = world.refresh_token("alpha");
                let answer = world.refresh("alpha", &token);
                let (successor, access_token) = (
                    answer.member("refresh_token"),
                    answer.member("access_token"),
                );
                world.refresh("alpha", &token);
                for dead in [&successor, &access_token] {
                    assert_refused(&world.refresh("alpha", dead), &[400], &["invalid_grant"]);
                    assert!(!world.is_active(dead));
                }
                assert_challenged(&world.userinfo(&access_token), 401, "invalid_token");
                assert_tokens(&world.refresh("alpha", &bystander));
            },
        ),
        story("R15", "another client's replay kills nothing", |world| {
            let token = world.refresh_token("alpha");
            let successor = world.refresh("alpha", &token).member("refresh_token");
            assert_refused(&world.refresh("beta", &token), &[400], &["invalid_grant"]);
            assert_tokens(&world.refresh("alpha", &successor));
        }),
        story("R15", "nor does one without the secret", |world| {
            let token = world.refresh_token("alpha");
            let successor = world.refresh("alpha", &token).member("refresh_token");
            let replay = post(GOOD).basic("alpha", "wrong");
            assert_refused(
                &world.send_with(&replay, &token),
                &[401],
                &["invalid_client"],
            );
            assert_tokens(&world.refresh("alpha", &successor));
        }),
        story(
            "R17",
            "without rotation one refresh token lasts for a thousand uses",
            |world| {
                let token = world.refresh_token("reuser");
                let request = post(GOOD)
                    .basic("reuser", "reuser-secret")
                    .bytes_with(&token);
                let mut connection = Connection::open(world.server.address());
                for _ in 0..1000 {
                    let answer = connection.send(&request);
                    assert_tokens(&answer);
                    assert_eq!(answer.member("refresh_token"), token);
                }
            },
        ),
        story(
            "R17",
            "and where it is reissued, old and new both work",
            |world| {
                let old = world.refresh_token("reissuer");
                let new = world.refresh("reissuer", &old).member("refresh_token");
                assert_ne!(old, new);
                for token in [&old, &new, &old] {
                    assert_tokens(&world.refresh("reissuer", token));
                }
            },
        ),
        story(
            "R18",
            "a public client's refresh tokens rotate, whatever it wishes",
            |world| {
                for client_id in ["app", "wishful-app"] {
                    let token = world.refresh_token(client_id);
                    let answer = world.refresh(client_id, &token);
                    assert_tokens(&answer);
                    assert_ne!(answer.member("refresh_token"), token);
                    assert_refused(
                        &world.refresh(client_id, &token),
                        &[400],
                        &["invalid_grant"],
                    );
                }
            },
        ),
        story("R22", "a refresh token cannot be guessed", |world| {
            let tokens: HashSet<String> = (0..50).map(|_| world.refresh_token("alpha")).collect();
            assert_eq!(tokens.len(), 50, "two are the same");
            for token in &tokens {
                assert!(
                    token.bytes().all(|byte| (0x21..=0x7E).contains(&byte)),
                    "{token}"
                );
                assert!(8 * token.len() >= 128, "{token}");
                assert!(entropy(token) > 96.0, "{} bits: {token}", entropy(token));
                // What is random in it, its id, alone.
                let id = id_of(token);
                assert!(entropy(&id) > 96.0, "{} bits: {id}", entropy(&id));
            }
        }),
        story(
            "R22",
            "every part of an id is random, in every profile",
            |_| {
                for profile in oauth_mimic::profiles() {
                    let server = TokenServer::builder().profile(profile).start();
                    let minted = || server.mint().scope("openid");
                    let access: Vec<String> = (0..64).map(|_| minted().access_token()).collect();
                    let refresh: Vec<String> = (0..64).map(|_| minted().refresh_token()).collect();
                    for tokens in [access, refresh] {
                        let bits = random_bits(
                            &tokens.iter().map(|token| id_of(token)).collect::<Vec<_>>(),
                        );
                        assert!(bits > 110.0, "{profile}: {bits} bits: {}", tokens[0]);
                    }
                }
            },
        ),
        story("R23", "within one second all tokens differ", |world| {
            world.clock.freeze(Timestamp::from_unix(1_700_000_000));
            let request = post(GOOD).basic("reissuer", "reissuer-secret");
            let request = request.bytes_with(&world.refresh_token("reissuer"));
            let mut connection = Connection::open(world.server.address());
            let mut seen = HashSet::new();
            for _ in 0..500 {
                let answer = connection.send(&request);
                let (access, refresh) = (
                    answer.member("access_token"),
                    answer.member("refresh_token"),
                );
                for token in [access, refresh] {
                    assert!(
                        seen.insert(part(&token, 1)["jti"].to_string()),
                        "a jti twice"
                    );
                    assert!(seen.insert(token), "a token twice");
                }
            }
            world.clock.release();
        }),
        story(
            "R27",
            "rotation moves the idle end and never the absolute one",
            lifetimes,
        ),
        story(
            "R29",
            "and leaves the refresh token of another alone",
            |world| {
                let token = world.refresh_token("alpha");
                assert_refused(
                    &world.refresh("coder", &token),
                    &[400],
                    &["unauthorized_client"],
                );
                assert_tokens(&world.refresh("alpha", &token));
            },
        ),
        story("R30", "a request that breaks off costs nothing", |world| {
            for end in [1, 10, 100] {
                let token = world.refresh_token("alpha");
                let bytes = alpha(GOOD).bytes_with(&token);
                let (answers, _) = world.wire_and_end(&bytes[..bytes.len() - end]);
                assert!(
                    answers.iter().all(|answer| answer.status >= 400),
                    "{answers:?}"
                );
                assert_tokens(&world.refresh("alpha", &token));
            }
        }),
        story("R30", "a chunk that breaks off costs nothing", |world| {
            let token = world.refresh_token("alpha");
            let form = format!("grant_type=refresh_token&refresh_token={token}");
            let head = head("Transfer-Encoding: chunked\r\n");
            let whole = format!("{head}{:x}\r\n{form}\r\n", form.len());
            for broken in [
                whole.clone(),
                format!("{whole}zz\r\n"),
                format!("{head}{:x}\r\n{form}", form.len() + 9),
            ] {
                let (answers, _) = world.wire_and_end(broken.as_bytes());
                assert!(
                    answers.iter().all(|answer| answer.status >= 400),
                    "{answers:?}"
                );
            }
            assert_tokens(&world.refresh("alpha", &token));
        }),
        story(
            "R30",
            "who leaves before the answer leaves one of two states",
            |world| {
                for _ in 0..20 {
                    let token = world.refresh_token("alpha");
                    let mut stream = world.connect();
                    stream
                        .write_all(&alpha(GOOD).bytes_with(&token))
                        .expect("the server listens");
                    drop(stream);
                    let answer = world.refresh("alpha", &token);
                    // Not used yet, or used: then this was a replay.
                    match answer.status {
                        200 => assert_tokens(&answer),
                        _ => assert_refused(&answer, &[400], &["invalid_grant"]),
                    }
                }
            },
        ),
        story(
            "R30",
            "a client that half-closes still gets the answer",
            |world| {
                let mut stream = world.connect();
                let request = alpha(GOOD).bytes_with(&world.refresh_token("alpha"));
                stream.write_all(&request).expect("the server listens");
                stream
                    .shutdown(Shutdown::Write)
                    .expect("a half-closed connection");
                let (received, closed) = read_to_end(&mut stream);
                let answers = answers(&request, &received);
                assert!(closed && answers.len() == 1, "{answers:?}");
                assert_tokens(&answers[0]);
            },
        ),
    ]);
    rows
}

/// One character changed, each in turn over the whole token, and case.
fn altered(world: &World) {
    let token = world.refresh_token("alpha");
    let mut connection = Connection::open(world.server.address());
    let mut try_it = |other: &str| {
        let answer = connection.send(&alpha(GOOD).bytes_with(other));
        assert_refused(&answer, &[400], &["invalid_grant"]);
    };
    let last = token.len() - 1;
    for at in (0..token.len()).step_by(7).chain([last]) {
        let mut other = token.clone().into_bytes();
        other[at] = if other[at] == b'A' { b'B' } else { b'A' };
        try_it(std::str::from_utf8(&other).expect("ASCII"));
        let mut other = token.clone().into_bytes();
        other[at] ^= 0x20;
        if other[at].is_ascii_alphabetic() {
            try_it(std::str::from_utf8(&other).expect("ASCII"));
        }
    }
    // The last character's unused bits: another spelling of the same signature.
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for character in alphabet.chars() {
        let other = format!("{}{character}", &token[..last]);
        if other != token {
            try_it(&other);
        }
    }
    try_it(&token.to_uppercase());
    try_it(&token.to_lowercase());
    try_it(&token[..last]);
    try_it(&token[1..]);
    assert_tokens(&world.refresh("alpha", &token));
}

/// Shannon's estimate over a text's characters, as the OpenID conformance suite has it.
fn entropy(text: &str) -> f64 {
    let mut counts: HashMap<char, u32> = HashMap::new();
    for character in text.chars() {
        *counts.entry(character).or_default() += 1;
    }
    let length = f64::from(u32::try_from(text.len()).expect("short"));
    let per_character: f64 = counts
        .values()
        .map(|count| f64::from(*count) / length)
        .map(|share| -share * share.log2())
        .sum();
    per_character * length
}

fn id_of(token: &str) -> String {
    part(token, 1)["jti"].as_str().expect("a text").to_owned()
}

/// A lower bound of what is random in texts of one form: how many characters each place has.
fn random_bits(texts: &[String]) -> f64 {
    let places = texts.iter().map(String::len).min().expect("texts");
    (0..places)
        .map(|place| {
            let characters: HashSet<u8> = texts.iter().map(|text| text.as_bytes()[place]).collect();
            f64::from(u32::try_from(characters.len()).expect("few")).log2()
        })
        .sum()
}

/// R27: used every minute, a refresh token that idles out after 90 s lives on, but not past 200 s after the login.
fn lifetimes(_: &World) {
    let clock = Clock::frozen(Timestamp::from_unix(1_700_000_000));
    let server = TokenServer::builder()
        .profile("standard")
        .clock(&clock)
        .client(
            Client::confidential("alpha", "alpha-secret")
                .scope("a b c")
                .refresh_token_lifetime(Duration::from_secs(90))
                .refresh_token_absolute_lifetime(Duration::from_secs(200)),
        )
        .start();
    let refresh = |token: &str| send(server.address(), &alpha(GOOD).bytes_with(token));
    let mut token = server.mint().client("alpha").refresh_token();
    let login = part(&token, 1)["auth_time"].clone();
    for _ in 0..3 {
        clock.advance(60);
        let answer = refresh(&token);
        assert_tokens(&answer);
        token = answer.member("refresh_token");
        let claims = part(&token, 1);
        assert_eq!(claims["auth_time"], login, "refreshing is not a login");
        let end = claims["exp"].as_i64().expect("an integer");
        assert_eq!(end, (clock.now().as_unix() + 90).min(1_700_000_200));
    }
    clock.advance(20);
    assert_refused(&refresh(&token), &[400], &["invalid_grant"]);

    let idle = server.mint().client("alpha").refresh_token();
    clock.advance(90);
    assert_refused(&refresh(&idle), &[400], &["invalid_grant"]);
}

/// R16: all send the same refresh token at once, each several times over a connection that is open already.
fn race(racers: usize, uses: usize, rounds: usize) {
    let world = World::with_workers(2);
    let address = world.server.address();
    let tokens: Vec<String> = (0..rounds).map(|_| world.refresh_token("alpha")).collect();
    let connections: Vec<Connection> = (0..racers).map(|_| Connection::open(address)).collect();
    let start = Barrier::new(racers);
    let answers: Mutex<Vec<Vec<Answer>>> = Mutex::new(vec![Vec::new(); rounds]);
    thread::scope(|scope| {
        for mut connection in connections {
            let (answers, start, tokens) = (&answers, &start, &tokens);
            scope.spawn(move || {
                for (round, token) in tokens.iter().enumerate() {
                    let request = alpha(GOOD).bytes_with(token);
                    start.wait();
                    for _ in 0..uses {
                        let answer = connection.send(&request);
                        answers.lock().expect("no racer panics")[round].push(answer);
                    }
                }
            });
        }
    });
    for (round, answers) in answers
        .into_inner()
        .expect("no racer panicked")
        .iter()
        .enumerate()
    {
        let (won, lost): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
        assert_eq!(
            (won.len(), lost.len()),
            (1, racers * uses - 1),
            "round {round}"
        );
        assert_tokens(won[0]);
        for answer in lost {
            assert_refused(answer, &[400], &["invalid_grant"]);
        }
        // The losers were replays, so not even the winner's family lives on.
        if round % 20 == 0 {
            let successor = world.refresh("alpha", &won[0].member("refresh_token"));
            assert_refused(&successor, &[400], &["invalid_grant"]);
        }
    }
}
