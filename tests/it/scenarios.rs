//! The scenarios that ship: each does what its description says, played over HTTP and by the library.

use std::io::ErrorKind;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::{Duration, Instant};

use oauth_mimic::{Clock, Exchange, TokenServer};
use serde_json::{Value, json};

use crate::defects::Verifier;
use crate::faults::{Came, control, raw};
use crate::front;
use crate::support::{Answer, basic, encoded, get, part, path_of, refresh, token_request};

type Play = fn(&TokenServer, &str) -> Value;

const WAYS: [(&str, Play); 2] = [("over HTTP", by_http), ("by the library", by_library)];

/// Answers the rules that were added.
fn by_http(server: &TokenServer, name: &str) -> Value {
    let answer = control(server, "POST", &format!("/scenarios/{name}"), &Value::Null);
    assert_eq!(answer.status, 200, "{name}: {}", answer.text());
    let path = format!(
        "{}/fixtures/scenarios/{name}.json",
        env!("CARGO_MANIFEST_DIR")
    );
    let file = std::fs::read_to_string(path).expect("a file");
    let file: Value = serde_json::from_str(&file).expect("JSON");
    assert_eq!(answer.json()["description"], file["description"], "{name}");
    answer.json()["faults"].clone()
}

fn by_library(server: &TokenServer, name: &str) -> Value {
    serde_json::to_value(server.play(name)).expect("JSON")
}

/// Runs with a server of that profile on which the scenario was played, either way.
fn played(name: &str, profile: &str, test: impl Fn(&TokenServer) + Sync) {
    thread::scope(|scope| {
        for (way, play) in WAYS {
            let test = &test;
            scope.spawn(move || {
                let server = TokenServer::builder().profile(profile).start();
                let rules = play(&server, name);
                let listed = serde_json::to_value(server.faults().list()).expect("JSON");
                assert_eq!(rules, listed, "{name}, {way}");
                test(&server);
            });
        }
    });
}

fn ask(server: &TokenServer, token: &str) -> Came {
    let form = format!("grant_type=refresh_token&refresh_token={}", encoded(token));
    let authorization = basic("client-default", "client-default-secret");
    let request = token_request(server, Some(&authorization), &form);
    raw("a refresh", server.address(), &request)
}

/// The `kid`s that are shown now.
fn kids(server: &TokenServer) -> Vec<String> {
    let jwks = get(server.address(), path_of(server, &server.jwks_url())).json();
    let keys = jwks["keys"].as_array().expect("keys");
    keys.iter()
        .map(|key| key["kid"].as_str().expect("a kid").to_owned())
        .collect()
}

#[test]
fn all_that_ship_are_listed_and_tested() {
    let server = TokenServer::start();
    let listed = control(&server, "GET", "/scenarios", &Value::Null).json();
    let names: Vec<&str> = listed["scenarios"]
        .as_array()
        .expect("scenarios")
        .iter()
        .map(|scenario| scenario["name"].as_str().expect("a name"))
        .collect();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/scenarios");
    let mut files: Vec<String> = std::fs::read_dir(folder)
        .expect("a folder")
        .map(|file| file.expect("a file").file_name().into_string())
        .map(|name| name.expect("UTF-8").replace(".json", ""))
        .collect();
    files.sort_unstable();
    assert_eq!(names, files);
    let unknown = control(&server, "POST", "/scenarios/nothing", &Value::Null);
    assert_eq!(unknown.status, 404);
    for name in names {
        assert!(unknown.text().contains(name), "{}", unknown.text());
    }
}

#[test]
fn flaky_gateway_fails_in_three_ways_and_then_works() {
    played("flaky-gateway", "connect", |server| {
        let first = ask(server, "REFRESH_TOKEN").answer();
        assert_eq!(
            (first.status, first.header("retry-after")),
            (503, Some("1"))
        );
        let second = ask(server, "REFRESH_TOKEN").answer();
        assert_eq!(second.status, 502);
        assert!(second.text().starts_with("<html>"), "{}", second.text());
        let third = ask(server, "REFRESH_TOKEN");
        assert_eq!((third.text().as_str(), third.broken), ("", None));
        assert_eq!(ask(server, "REFRESH_TOKEN").answer().status, 200);
    });
}

#[test]
fn slow_provider_answers_after_seconds_and_rightly() {
    played("slow-provider", "connect", |server| {
        thread::scope(|scope| {
            let tokens = scope.spawn(|| ask(server, "REFRESH_TOKEN"));
            let start = Instant::now();
            assert_eq!(kids(server).len(), 1);
            let after = start.elapsed();
            assert!((1.0..1.8).contains(&after.as_secs_f64()), "{after:?}");
            let tokens = tokens.join().expect("an answer");
            assert_eq!(tokens.answer().status, 200);
            let after = tokens.after;
            assert!((2.0..3.8).contains(&after.as_secs_f64()), "{after:?}");
        });
    });
}

#[test]
fn lost_rotation_spends_the_token_whose_successor_never_arrives() {
    played("lost-rotation", "connect", |server| {
        let token = server.mint().refresh_token();
        let lost = ask(server, &token);
        assert_eq!(
            (lost.text().as_str(), lost.broken),
            ("", Some(ErrorKind::ConnectionReset))
        );
        let refused = |words: &str| {
            let answer = ask(server, &token).answer();
            assert_eq!(
                (answer.status, answer.error().as_str()),
                (400, "invalid_grant")
            );
            let told = answer.member("error_description");
            assert!(told.contains(words), "{told}");
        };
        refused("used before");
        refused("revoked");
        // The user logs in again.
        let new = server.mint().refresh_token();
        assert_eq!(ask(server, &new).answer().status, 200);
        assert_eq!(ask(server, &new).answer().error(), "invalid_grant");
    });
}

#[test]
fn refresh_storm_lets_one_of_all_threads_win_and_records_the_others() {
    for (way, play) in WAYS {
        let server = TokenServer::builder().workers(2).start();
        let minted = server.mint().response();
        let rules = play(&server, "refresh-storm");
        assert_eq!(rules.as_array().expect("rules").len(), 1, "{way}");
        let expires_at = part(minted.access_token(), 1)["exp"].as_i64();
        assert!(expires_at < Some(server.clock().now().as_unix()), "{way}");
        let answers: Vec<(Answer, Duration)> = thread::scope(|scope| {
            let asked: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(|| ask(&server, minted.refresh_token().expect("a refresh token")))
                })
                .collect();
            let came = asked
                .into_iter()
                .map(|asked| asked.join().expect("an answer"));
            came.map(|came| (came.answer(), came.after)).collect()
        });
        let good = answers.iter().filter(|(answer, _)| answer.status == 200);
        assert_eq!(good.count(), 1, "{way}");
        for (answer, after) in &answers {
            assert!(*after >= Duration::from_millis(200), "{way}: {after:?}");
            assert!([200, 400].contains(&answer.status), "{way}");
        }
        let advice = |exchange: &Exchange| {
            exchange
                .advice
                .iter()
                .map(|advice| advice.code.as_str())
                .collect()
        };
        let advised: Vec<Vec<&str>> = server.requests().iter().map(advice).collect();
        let races = advised
            .iter()
            .filter(|codes| codes.contains(&"refresh_race"));
        assert!(races.count() > 0, "{way}: {advised:?}");
    }
}

#[test]
fn key_rollover_shows_the_new_key_at_the_second_request() {
    let old = TokenServer::builder()
        .profile("standard")
        .start()
        .keys()
        .signing();
    played("key-rollover", "standard", |server| {
        let answer = refresh(server, "REFRESH_TOKEN", "");
        let kid = part(&answer.member("access_token"), 0)["kid"].clone();
        assert_ne!(kid, old.as_str());
        assert_eq!(kids(server), std::slice::from_ref(&old));
        assert_eq!(Value::from(kids(server)), serde_json::json!([kid, old]));
        assert_eq!(kids(server).len(), 2);
    });
}

#[test]
fn clock_skew_issues_from_a_minute_and_a_half_ahead() {
    played("clock-skew", "connect", |server| {
        let answer = refresh(server, "REFRESH_TOKEN", "");
        let claims = part(&answer.member("access_token"), 1);
        let ahead = claims["iat"].as_i64().expect("iat") - Clock::real().now().as_unix();
        assert!((88..=91).contains(&ahead), "{ahead}");
        // The token lives as long as ever.
        assert_eq!(answer.json()["expires_in"], 899);
    });
}

#[test]
fn hostile_tokens_are_each_refused_for_a_reason_of_their_own() {
    for profile in oauth_mimic::profiles() {
        played("hostile-tokens", profile, |server| {
            let verifier = Verifier::of(server, server.mint().access_token());
            let mut reasons: Vec<String> = (0..9)
                .map(|_| {
                    let token =
                        refresh(server, &server.mint().refresh_token(), "").member("access_token");
                    verifier.verdict(&token).expect_err("a broken token")
                })
                .collect();
            let expected = [
                "ExpiredSignature",
                "ImmatureSignature",
                "InvalidIssuer",
                "InvalidAudience",
                "kid",
                "InvalidSignature",
                "InvalidSignature",
                "header",
                "InvalidAlgorithm",
            ];
            assert_eq!(reasons, expected, "{profile}");
            reasons.dedup();
            assert_eq!(reasons.len(), 8, "{profile}");
            let token = refresh(server, &server.mint().refresh_token(), "").member("access_token");
            verifier.verdict(&token).expect("good ones again");
        });
    }
}

#[test]
fn a_scenario_of_ones_own_is_played_and_its_mistakes_are_reported() {
    let good = json!({
        "description": "Keys fail once, and the clock is ahead.",
        "advance": 60,
        "faults": [{ "on": "jwks", "times": 1, "fault": { "kind": "status", "status": 503 } }],
    });
    let bad = json!({
        "description": "It cannot be carried out.",
        "advance": 60,
        "faults": [
            { "on": "jwks", "fault": { "kind": "close" } },
            { "on": "token", "fault": { "kind": "keys", "keys": "empty" } },
        ],
    });
    let clock = Clock::frozen(Clock::real().now());
    let server = TokenServer::builder().clock(&clock).start();
    let start = clock.now();

    let answer = control(&server, "POST", "/scenarios", &bad);
    assert_eq!(answer.status, 400, "{}", answer.text());
    assert_eq!(answer.json()["pointer"], "/faults/1/fault/kind");
    let refused = catch_unwind(AssertUnwindSafe(|| server.play_scenario(&bad.to_string())));
    let message = *refused
        .expect_err("it cannot be played")
        .downcast::<String>()
        .expect("a text");
    assert!(message.contains("/faults/1/fault/kind: "), "{message}");
    assert_eq!(server.faults().list(), [], "nothing of it is played");
    assert_eq!(clock.now(), start, "nothing of it is played");

    let answer = control(&server, "POST", "/scenarios", &good);
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.json()["description"], good["description"]);
    assert_eq!(clock.now().seconds_since(start), 60);
    assert_eq!(server.play_scenario(&good.to_string()).len(), 1);
    assert_eq!(clock.now().seconds_since(start), 120);
    let status = || get(server.address(), path_of(&server, &server.jwks_url())).status;
    assert_eq!([status(), status(), status()], [503, 503, 200]);
}

/// Logs the first user in at the client `web`, and returns the parameters of the response.
fn log_in(server: &TokenServer, more: &str) -> std::collections::BTreeMap<String, String> {
    front::response(server, &format!("response_type=code&state=xyz{more}"))
}

#[test]
fn login_denied_refuses_once() {
    played("login-denied", "connect", |server| {
        let denied = log_in(server, "");
        assert_eq!(denied["error"], "access_denied");
        assert_eq!(denied["state"], "xyz");
        assert!(log_in(server, "").contains_key("code"));
    });
}

#[test]
fn mixed_up_issuer_names_another_issuer_once() {
    played("mixed-up-issuer", "connect", |server| {
        let response = log_in(server, "");
        assert!(response.contains_key("code"));
        assert_ne!(response["iss"], server.issuer());
        assert_eq!(log_in(server, "")["iss"], server.issuer());
    });
}

#[test]
fn an_expired_code_and_a_stolen_one_are_refused_once_and_the_next_login_works() {
    for (name, words) in [("expired-code", "expired"), ("stolen-code", "used before")] {
        played(name, "connect", |server| {
            let refused = front::exchange(server, &log_in(server, "")["code"]);
            assert_eq!(refused.error(), "invalid_grant", "{name}");
            assert!(refused.text().contains(words), "{}", refused.text());
            let next = front::exchange(server, &log_in(server, "")["code"]);
            assert_eq!(next.status, 200, "{name}");
        });
    }
}

#[test]
fn logged_out_elsewhere_refuses_a_refresh_and_a_silent_login() {
    played("logged-out-elsewhere", "connect", |server| {
        let refused = refresh(server, "REFRESH_TOKEN", "");
        assert_eq!(refused.error(), "invalid_grant");
        assert_eq!(log_in(server, "&prompt=none")["error"], "login_required");
        let tokens = front::exchange(server, &log_in(server, "")["code"]);
        assert_eq!(tokens.status, 200);
        assert_eq!(refresh(server, "REFRESH_TOKEN", "").status, 200);
        assert!(log_in(server, "&prompt=none").contains_key("code"));
    });
}
