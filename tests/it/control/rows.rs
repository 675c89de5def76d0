//! Reset, time, faults, journal, tokens, keys and scenarios.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::control::{both, found};
use crate::drive::{Plane, USER, assert_problem, fetch, frozen, refresh, refresh_as};
use crate::support::part;

const NOW: &str = "2023-03-28T12:23:16Z";

#[test]
fn the_overview_says_what_is_here() {
    let server = frozen();
    let overview = Plane::of(&server).read("");
    assert_eq!(overview["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(overview["profile"], "connect");
    assert_eq!(overview["issuer"], server.issuer());
    assert_eq!(overview["base_url"], server.base_url());
    assert_eq!(overview.get("sandbox"), None);
    let endpoints = &overview["endpoints"];
    assert_eq!(endpoints["token"], server.token_url());
    assert_eq!(endpoints["jwks"], server.jwks_url());
    assert_eq!(endpoints["metadata"], server.metadata_url());
    assert_eq!(
        endpoints["control"].as_str(),
        server.control_url().as_deref()
    );
    // Every one of them answers.
    for (name, url) in endpoints.as_object().expect("an object") {
        let status = fetch(url.as_str().expect("a URL")).status;
        assert_ne!(status, 404, "{name}");
    }
}

#[test]
fn a_reset_brings_everything_back_to_the_seed() {
    both(|way| {
        let server = way.mimic;
        let plane = Plane::of(server);
        let paths = ["/clients", "/users", "/refresh-tokens", "/keys", "/clock"];
        let seeded = paths.map(|path| plane.read(path));

        way.put_client(&json!({ "client_id": "late" }));
        assert!(way.remove_client("client-public"));
        way.put_user(&json!({ "sub": "late" }));
        way.put_refresh_token(&json!({ "token": "LATE", "client_id": "late", "sub": "late" }));
        way.rotate(None);
        way.advance(600);
        way.add_fault(&json!({ "on": "jwks", "fault": { "kind": "close" } }));
        let spend = || refresh_as(server, "client-rotating", "ROTATING_REFRESH_TOKEN", "").status;
        assert_eq!((spend(), spend()), (200, 400), "{}", way.name);

        way.reset();
        for (path, before) in paths.iter().zip(&seeded) {
            assert_eq!(&plane.read(path), before, "{}: {path}", way.name);
        }
        assert_eq!(way.faults(), json!([]), "{}", way.name);
        assert!(way.requests().is_empty(), "{}", way.name);
        assert_eq!(spend(), 200, "{}: the ledger remembers", way.name);
    });
}

#[test]
fn a_reset_draws_the_seeded_ids_again() {
    let server = oauth_mimic::TokenServer::builder()
        .seed(7)
        .clock(&oauth_mimic::Clock::frozen(
            oauth_mimic::Timestamp::from_unix(1_680_006_196),
        ))
        .start();
    let first = refresh(&server, "REFRESH_TOKEN", "").body;
    assert_ne!(refresh(&server, "REFRESH_TOKEN", "").body, first);
    server.reset();
    assert_eq!(refresh(&server, "REFRESH_TOKEN", "").body, first);
}

#[test]
fn the_clock_is_frozen_advanced_both_ways_and_released() {
    both(|way| {
        let plane = Plane::of(way.mimic);
        let shown = || {
            let clock = plane.read("/clock");
            let unix = clock["unix"].as_i64().expect("a number");
            assert_eq!(unix, way.mimic.clock().now().as_unix(), "{}", way.name);
            (
                clock["now"].as_str().map(str::to_owned),
                clock["frozen"] == true,
            )
        };
        let stands = |at: &str| (Some(at.to_owned()), true);
        assert_eq!(shown(), stands(NOW), "{}", way.name);
        way.advance(900);
        assert_eq!(shown(), stands("2023-03-28T12:38:16Z"), "{}", way.name);
        way.advance(-1800);
        assert_eq!(shown(), stands("2023-03-28T12:08:16Z"), "{}", way.name);
        way.freeze("2030-01-01T01:00:00+01:00");
        assert_eq!(shown(), stands("2030-01-01T00:00:00Z"), "{}", way.name);
        let answer = refresh(way.mimic, "REFRESH_TOKEN", "");
        let issued_at = part(&answer.member("access_token"), 1)["iat"].clone();
        assert_eq!(issued_at, 1_893_456_000, "{}", way.name);
        way.release();
        assert!(!plane.read("/clock")["frozen"].as_bool().expect("a bool"));
        // A clock that runs keeps running from where it is moved to.
        let before = way.mimic.clock().now();
        way.advance(3600);
        let moved = way.mimic.clock().now().seconds_since(before);
        assert!((3600..3700).contains(&moved), "{}: {moved}", way.name);
    });
}

#[test]
fn rules_are_listed_in_order_with_what_is_left_of_each() {
    both(|way| {
        let rule = json!({
            "on": "token", "when": { "client_id": "client-default" }, "skip": 1, "times": 2,
            "fault": { "kind": "status", "status": 503, "headers": { "Retry-After": "1" } },
        });
        let first = way.add_fault(&rule);
        let second = way.add_fault(&json!({ "on": "token", "fault": { "kind": "gateway_page" } }));
        let statuses: Vec<u16> = (0..4)
            .map(|_| refresh(way.mimic, "REFRESH_TOKEN", "").status)
            .collect();
        // What the first rule lets pass, the second takes.
        assert_eq!(statuses, [502, 503, 503, 502], "{}", way.name);
        let mut left = rule;
        left["id"] = json!(first);
        left["skip_left"] = json!(0);
        left["times_left"] = json!(0);
        let always = json!({
            "id": second, "on": "token", "skip": 0, "fault": { "kind": "gateway_page" }, "skip_left": 0,
        });
        assert_eq!(way.faults(), json!([left, always]), "{}", way.name);

        assert!(way.remove_fault(second), "{}", way.name);
        assert!(!way.remove_fault(second), "{}", way.name);
        assert_eq!(refresh(way.mimic, "REFRESH_TOKEN", "").status, 200);
        assert!(!way.remove_fault(4711), "{}", way.name);
        way.clear_faults();
        assert_eq!(way.faults(), json!([]), "{}", way.name);
    });
}

#[test]
fn failing_the_next_requests_is_a_rule_like_any_other() {
    let server = frozen();
    server.fail_next(2, oauth_mimic::Fault::GatewayPage);
    let expected = json!([{
        "id": 1, "on": "token", "skip": 0, "times": 2, "fault": { "kind": "gateway_page" }, "skip_left": 0, "times_left": 2,
    }]);
    assert_eq!(Plane::of(&server).read("/faults")["faults"], expected);
}

/// Four requests of different kinds: issued, another scope, another client, the keys.
fn four_requests(server: &oauth_mimic::Mimic) {
    assert_eq!(refresh(server, "REFRESH_TOKEN", "").status, 200);
    assert_eq!(refresh(server, "REFRESH_TOKEN", "&scope=admin").status, 400);
    let rotating = refresh_as(server, "client-rotating", "ROTATING_REFRESH_TOKEN", "");
    assert_eq!(rotating.status, 200);
    assert_eq!(fetch(&server.jwks_url()).status, 200);
}

#[test]
fn the_journal_is_read_by_number_and_by_every_member_of_a_filter() {
    let server = frozen();
    let plane = Plane::of(&server);
    server.fail_next(0, oauth_mimic::Fault::Malformed);
    four_requests(&server);
    server.fail_next(1, oauth_mimic::Fault::GatewayPage);
    refresh(&server, "REFRESH_TOKEN", "");
    for (query, numbers) in [
        ("", &[1, 2, 3, 4, 5][..]),
        ("?endpoint=token", &[1, 2, 3, 5]),
        ("?endpoint=jwks", &[4]),
        ("?client_id=client-rotating", &[3]),
        ("?grant_type=refresh_token", &[1, 2, 3, 5]),
        ("?status=400", &[2]),
        ("?outcome=issued", &[1, 3]),
        ("?outcome=answered", &[4]),
        ("?outcome=refused", &[2]),
        ("?outcome=faulted", &[5]),
        ("?error=invalid_scope", &[2]),
        ("?scope=admin", &[2]),
        ("?auth_method=client_secret_basic", &[1, 2, 3, 5]),
        ("?advice=scope_never_granted", &[2]),
        ("?fault=gateway_page", &[5]),
        ("?endpoint=token&status=200&client_id=client-default", &[1]),
        // Text that looks like a number is text.
        ("?client_id=123", &[]),
        ("?client_id=nan", &[]),
        ("?error=inf", &[]),
    ] {
        let found: Vec<u64> = plane
            .list(&format!("/requests{query}"))
            .iter()
            .map(|exchange| exchange["number"].as_u64().expect("a number"))
            .collect();
        assert_eq!(found, numbers, "{query}");
    }
    let listed = plane.list("/requests");
    assert_eq!(plane.read("/requests/2"), listed[1]);
    for number in ["0", "6", "two", "-1"] {
        let answer = plane.get(&format!("/requests/{number}"));
        assert_problem(number, &answer, 404, None);
    }
    // The library reads the same, word for word.
    let by_library: Vec<Value> = server
        .requests()
        .iter()
        .map(|exchange| serde_json::to_value(exchange).expect("JSON"))
        .collect();
    assert_eq!(listed, by_library);

    assert_eq!(plane.delete("/requests").status, 204);
    assert!(plane.list("/requests").is_empty());
    assert!(
        !found(&plane.get("/requests/2")),
        "what was deleted is gone"
    );
    refresh(&server, "REFRESH_TOKEN", "");
    assert_eq!(server.requests()[0].number, 6, "a number is given once");
}

#[test]
fn waiting_wakes_when_enough_has_come_and_is_bounded() {
    both(|way| {
        let filter = json!({ "endpoint": "token", "status": 200 });
        thread::scope(|scope| {
            let watch = Instant::now();
            let waiting = scope.spawn(|| way.wait(&filter, 2, 15.0));
            refresh(way.mimic, "REFRESH_TOKEN", "&scope=admin");
            refresh(way.mimic, "REFRESH_TOKEN", "");
            refresh(way.mimic, "REFRESH_TOKEN", "");
            assert_eq!(waiting.join().expect("it ends"), Ok(2), "{}", way.name);
            let woke = watch.elapsed();
            assert!(woke < Duration::from_secs(10), "{}: {woke:?}", way.name);
        });
        // What is there already is not waited for.
        assert_eq!(way.wait(&filter, 1, 0.0), Ok(2), "{}", way.name);
        let watch = Instant::now();
        let told = way.wait(&filter, 3, 0.05).expect_err("no third");
        assert!(watch.elapsed() < Duration::from_secs(5), "{}", way.name);
        let words = "expected at least 3 requests with endpoint token, status 200, and 2 came\n\
                     what arrived, the nearest first:\n  \
                     #2 POST token client client-default grant refresh_token: 200 issued\n";
        assert!(told.contains(words), "{}: {told}", way.name);
    });
}

#[test]
fn a_wait_has_a_count_a_time_and_a_filter_and_nothing_else() {
    let server = frozen();
    let plane = Plane::of(&server);
    refresh(&server, "REFRESH_TOKEN", "");
    // One, for five seconds, where nothing is said.
    assert_eq!(plane.get("/requests/wait").status, 200);
    for (query, path) in [
        ("timeout=301", Some("timeout")),
        ("timeout=-1", Some("timeout")),
        ("timeout=nan", Some("timeout")),
        ("timeout=soon", Some("timeout")),
        ("count=many", Some("count")),
        ("count=-1", Some("count")),
        ("endpoint=nowhere", Some("endpoint")),
        ("status=99999", Some("status")),
        ("patience=1", Some("patience")),
    ] {
        let answer = plane.get(&format!("/requests/wait?{query}"));
        assert_problem(query, &answer, 400, path);
    }
}

#[test]
fn a_stream_sends_each_matching_request_when_it_arrives_and_when_it_is_completed() {
    let server = frozen();
    refresh(&server, "REFRESH_TOKEN", "");
    let plane = Plane::of(&server);
    let mut all = plane.stream("/requests/stream");
    let mut refused = plane.stream("/requests/stream?error=invalid_scope");
    assert!(all.received.contains("text/event-stream"));
    refresh(&server, "REFRESH_TOKEN", "");
    refresh(&server, "REFRESH_TOKEN", "&scope=admin");
    all.until("id: 1.1\nevent: request\n");
    all.until("id: 1.2\nevent: completed\n");
    all.until("id: 1.2\nevent: request\n");
    all.until("id: 1.3\nevent: completed\n");
    refused.until("id: 1.3\nevent: completed\n");
    refused.until("\"error\":\"invalid_scope\"");
    // Only requests after the stream was opened, and only those that match.
    let numbers = |events: Vec<Value>| -> Vec<u64> {
        events
            .iter()
            .filter_map(|event| event["number"].as_u64())
            .collect()
    };
    assert_eq!(numbers(all.events()), [2, 2, 3, 3]);
    assert_eq!(numbers(refused.events()), [3]);
}

#[test]
fn what_is_expected_is_verified() {
    both(|way| {
        four_requests(way.mimic);
        let token = json!({ "endpoint": "token" });
        let issued = json!({ "outcome": "issued" });
        let jwks = json!({ "endpoint": "jwks" });
        let refused = json!({ "error": "invalid_scope" });
        for (expectation, holds) in [
            (json!({ "filter": token, "exactly": 3 }), true),
            (json!({ "filter": token, "exactly": 2 }), false),
            (json!({ "filter": token, "at_least": 3 }), true),
            (json!({ "filter": token, "at_least": 4 }), false),
            (json!({ "filter": token, "at_most": 3 }), true),
            (json!({ "filter": token, "at_most": 2 }), false),
            (
                json!({ "filter": token, "at_least": 1, "at_most": 5 }),
                true,
            ),
            (json!({ "exactly": 4 }), true),
            (json!({ "in_order": [issued, refused, jwks] }), true),
            (json!({ "in_order": [issued, issued, jwks] }), true),
            (json!({ "in_order": [refused, issued, issued] }), false),
            (json!({ "in_order": [jwks, issued] }), false),
            (json!({ "filter": jwks, "no_advice": true }), true),
            (json!({ "filter": refused, "no_advice": true }), false),
            (json!({ "filter": { "status": 500 }, "exactly": 0 }), true),
        ] {
            let verified = way.verify(&expectation);
            assert_eq!(
                verified.is_ok(),
                holds,
                "{}: {expectation}: {verified:?}",
                way.name
            );
        }
    });
}

#[test]
fn what_is_not_as_expected_is_reported_with_what_arrived_the_nearest_first() {
    both(|way| {
        assert_eq!(
            way.verify(&json!({ "at_least": 1 })),
            Err(
                "expected at least 1 requests of any kind, and 0 came\nnothing arrived at all"
                    .to_owned()
            ),
        );
        four_requests(way.mimic);
        let filter = json!({
            "endpoint": "token", "client_id": "client-rotating", "grant_type": "refresh_token",
            "status": 400, "outcome": "refused", "error": "invalid_scope",
        });
        let told = way.verify(&json!({ "filter": filter, "exactly": 1 }));
        let words = "expected exactly 1 requests with endpoint token, client_id client-rotating, \
             grant_type refresh_token, status 400, outcome refused, error invalid_scope, and 0 came\n\
             what arrived, the nearest first:\n  \
             #2 POST token client client-default grant refresh_token: 400 refused invalid_scope (another client_id)\n  \
             #3 POST token client client-rotating grant refresh_token: 200 issued (another status, outcome, error)\n  \
             #1 POST token client client-default grant refresh_token: 200 issued (another client_id, status, outcome, error)\n  \
             #4 GET jwks client - grant -: 200 answered (another endpoint, client_id, grant_type, status, outcome, error)";
        assert_eq!(told, Err(words.to_owned()), "{}", way.name);

        let told =
            way.verify(&json!({ "in_order": [{ "endpoint": "jwks" }, { "endpoint": "token" }] }));
        let told = told.expect_err("the keys came last");
        let words = "expected requests with endpoint token as number 2 in order, and none came after the 1 before it\n\
             what arrived, the nearest first:\n  #4 GET jwks";
        assert!(told.starts_with(words), "{}: {told}", way.name);

        let told = way.verify(&json!({ "filter": { "status": 400 }, "no_advice": true }));
        let words = "#2: scope admin was never granted (scope_never_granted; RFC 6749 §6)\n";
        let told = told.expect_err("there is advice");
        assert!(told.contains(words), "{}: {told}", way.name);
    });
}

#[test]
fn no_more_than_ten_arrivals_are_shown() {
    both(|way| {
        for _ in 0..12 {
            fetch(&way.mimic.jwks_url());
        }
        let told = way.verify(&json!({ "exactly": 1 })).expect_err("12 came");
        assert_eq!(told.lines().count(), 13, "{}: {told}", way.name);
        assert!(told.ends_with("\n  and 2 more"), "{}: {told}", way.name);
    });
}

#[test]
fn tokens_of_each_kind_are_minted_with_lifetime_claims_or_defect() {
    both(|way| {
        for (kind, lifetime) in [
            ("access_token", 900),
            ("refresh_token", 3600),
            ("id_token", 900),
        ] {
            let case = format!("{}, {kind}", way.name);
            let mint = |more: Value| {
                let mut order = json!({
                    "kind": kind, "client_id": "client-rotating", "sub": USER, "scope": "openid email",
                });
                let order_members = order.as_object_mut().expect("an object");
                order_members.extend(more.as_object().cloned().unwrap_or_default());
                part(&way.mint(&order).expect("a token"), 1)
            };
            let usual = mint(json!({}));
            let life = |claims: &Value| {
                claims["exp"].as_i64().expect("exp") - claims["iat"].as_i64().expect("iat")
            };
            assert_eq!(usual["sub"], USER, "{case}");
            assert_eq!(life(&usual), lifetime, "{case}");
            assert_eq!(
                life(&mint(json!({ format!("{kind}_lifetime"): 60 }))),
                60,
                "{case}"
            );
            let claims = mint(json!({ "claims": { "sub": "mallory", "level": 9 } }));
            assert_eq!(
                (&claims["sub"], &claims["level"]),
                (&json!("mallory"), &json!(9)),
                "{case}"
            );
            let expired = mint(json!({ "defect": { "kind": "expired" } }));
            assert!(
                expired["exp"].as_i64() < Some(1_680_006_196),
                "{case}: {expired}"
            );
            let lacking = mint(json!({ "defect": { "kind": "missing_claim", "claim": "iss" } }));
            assert_eq!(lacking.get("iss"), None, "{case}");
        }
    });
}

#[test]
fn what_cannot_be_minted_is_reported() {
    both(|way| {
        for (order, words) in [
            (
                json!({ "client_id": "nobody" }),
                "there is no client `nobody`",
            ),
            (json!({ "sub": "nobody" }), "there is no user `nobody`"),
            (
                json!({ "grant_type": "client_credentials", "sub": "alice" }),
                "has no user",
            ),
            (json!({ "scope": "admin" }), "scope: "),
            (
                json!({ "kind": "id_token", "scope": "email" }),
                "has no id_token",
            ),
        ] {
            let mut order = order;
            if order.get("kind").is_none() {
                order["kind"] = json!("access_token");
            }
            let told = way.mint(&order).expect_err("nothing to mint");
            assert!(told.contains(words), "{}: {told}", way.name);
        }
    });
    let plane_of = frozen();
    let plane = Plane::of(&plane_of);
    for (order, path) in [
        (json!({ "client_id": "nobody" }), "/client_id"),
        (json!({ "sub": "nobody" }), "/sub"),
        (json!({ "scope": "admin" }), "/scope"),
        (json!({ "kind": "id_token", "scope": "email" }), "/kind"),
        (json!({ "kind": "password" }), "/kind"),
        (
            json!({ "access_token_lifetime": -1 }),
            "/access_token_lifetime",
        ),
        (json!({ "id_token_lifetime": "long" }), "/id_token_lifetime"),
        (json!({ "lifetime": 60 }), "/lifetime"),
        (json!({ "auth_time": 131 }), "/auth_time"),
        (json!({ "claims": ["a"] }), "/claims"),
        (json!({ "defect": { "kind": "ugly" } }), "/defect/kind"),
        (
            json!({ "defect": { "kind": "oversized", "bytes": 99_999_999 } }),
            "/defect/bytes",
        ),
    ] {
        assert_problem(
            &order.to_string(),
            &plane.post("/tokens", &order),
            400,
            Some(path),
        );
    }
}

#[test]
fn a_whole_response_is_minted_where_no_kind_is_named() {
    let server = frozen();
    let plane = Plane::of(&server);
    for order in ["", "{}", r#"{"kind":"response"}"#] {
        let answer = plane.send("POST", "/tokens", order);
        assert_eq!(answer.status, 200, "{order}: {}", answer.text());
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.json()["token_type"], "bearer", "{order}");
        let refreshed = refresh(&server, &answer.member("refresh_token"), "");
        assert_eq!(refreshed.status, 200, "{order}: {}", refreshed.text());
    }
    let order = json!({ "access_token_lifetime": 60, "claims": { "level": 9 } });
    let answer = plane.post("/tokens", &order);
    let claims = part(&answer.member("access_token"), 1);
    assert_eq!(claims["level"], 9);
    assert_eq!(
        claims["exp"].as_i64(),
        claims["iat"].as_i64().map(|at| at + 60)
    );
}

#[test]
fn keys_are_rotated_retired_by_the_clock_and_deleted() {
    both(|way| {
        let published = |way: &crate::control::Way<'_>| {
            let kids = way.published();
            let jwks = fetch(&way.mimic.jwks_url()).json();
            let there: Vec<String> = jwks["keys"]
                .as_array()
                .expect("keys")
                .iter()
                .map(|key| key["kid"].as_str().expect("a kid").to_owned())
                .collect();
            assert_eq!(kids, there, "{}", way.name);
            kids
        };
        let first = published(way).remove(0);
        let token = way.mimic.mint().client("client-default").refresh_token();
        let second = way.rotate(None);
        assert_eq!(
            published(way),
            [second.clone(), first.clone()],
            "{}",
            way.name
        );
        assert_eq!(refresh(way.mimic, &token, "").status, 200, "{}", way.name);

        let third = way.rotate(Some(60));
        assert_eq!(published(way).len(), 3, "{}", way.name);
        way.advance(59);
        assert_eq!(published(way).len(), 3, "{}", way.name);
        way.advance(1);
        assert_eq!(
            published(way),
            [third.clone(), first.clone()],
            "{}",
            way.name
        );

        assert_eq!(way.retire(&first), Ok(()), "{}", way.name);
        assert_eq!(published(way), [third.as_str()], "{}", way.name);
        assert_eq!(refresh(way.mimic, &token, "").status, 400, "{}", way.name);
        assert!(
            way.retire(&first)
                .is_err_and(|told| told.contains("no key"))
        );
        assert!(
            way.retire(&third)
                .is_err_and(|told| told.contains("signs; rotate first"))
        );
    });
}

#[test]
fn what_a_key_signed_is_believed_until_it_retires() {
    both(|way| {
        let token = way.mimic.mint().client("client-default").refresh_token();
        way.rotate(Some(60));
        way.advance(59);
        assert_eq!(refresh(way.mimic, &token, "").status, 200, "{}", way.name);
        way.advance(1);
        assert_eq!(refresh(way.mimic, &token, "").status, 400, "{}", way.name);
        way.advance(-1);
        assert_eq!(refresh(way.mimic, &token, "").status, 200, "{}", way.name);
    });
}

#[test]
fn keys_tell_which_one_signs_and_when_another_retires() {
    let server = frozen();
    let plane = Plane::of(&server);
    let first = server.keys().signing();
    let rotated = plane.post("/keys/rotate", &json!({ "retire_after": 60 }));
    let second = server.keys().signing();
    let expected = json!({ "keys": [
        { "kid": second, "signs": true, "published": true },
        { "kid": first, "signs": false, "published": true, "retires_at": "2023-03-28T12:24:16Z" },
    ] });
    assert_eq!(rotated.json(), expected);
    assert_eq!(plane.read("/keys"), expected);
    assert_problem("unknown", &plane.delete("/keys/nothing"), 404, None);
    assert_problem(
        "signs",
        &plane.delete(&format!("/keys/{second}")),
        409,
        None,
    );
    let negative = plane.post("/keys/rotate", &json!({ "retire_after": -1 }));
    assert_problem("negative", &negative, 400, Some("/retire_after"));
    assert_eq!(plane.send("POST", "/keys/rotate", "").status, 200);
}

#[test]
fn every_scenario_that_ships_is_listed_and_played() {
    both(|way| {
        for scenario in Plane::of(way.mimic).list("/scenarios") {
            let name = scenario["name"].as_str().expect("a name");
            let rules = scenario["faults"].as_array().map_or(0, Vec::len);
            way.reset();
            assert_eq!(way.play(name), Ok(rules), "{}: {name}", way.name);
            assert_eq!(way.faults().as_array().map(Vec::len), Some(rules));
            let moved = scenario["advance"].as_i64().unwrap_or(0);
            let now = way.mimic.clock().now().as_unix();
            assert_eq!(now, 1_680_006_196 + moved, "{}: {name}", way.name);
            let keys = if scenario["rotate_keys"] == true {
                2
            } else {
                1
            };
            assert_eq!(way.published().len(), keys, "{}: {name}", way.name);
        }
        let told = way.play("sunny-day").expect_err("no such scenario");
        assert!(
            told.contains("there is no scenario"),
            "{}: {told}",
            way.name
        );
    });
}

#[test]
fn the_health_is_reported() {
    let server = frozen();
    let health = Plane::of(&server).read("/health");
    assert_eq!(health["status"], "ok");
    assert_eq!(health["version"], env!("CARGO_PKG_VERSION"));
    // A page of any site can read it, so it shows nothing else.
    assert_eq!(health.as_object().map(serde_json::Map::len), Some(2));
}
