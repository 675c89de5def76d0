//! Many servers on one: isolated from each other, each under its own path.

use std::thread;
use std::time::{Duration, Instant};

use oauth_mimic::{
    Client, Fault, Filter, Leniency, Mimic, SandboxError, SandboxOptions, Timestamp, TokenServer,
    User,
};
use serde_json::{Value, json};

use crate::drive::{
    Plane, USER, assert_problem, fetch, frozen, post_form, refresh, refresh_as, request,
};
use crate::support::part;

/// Makes a sandbox over HTTP. Returns its description and its control plane.
#[track_caller]
fn create(server: &Mimic, order: &Value) -> (Value, Plane) {
    let answer = Plane::of(server).post("/sandboxes", order);
    assert_eq!(answer.status, 201, "{}", answer.text());
    let state = answer.json();
    let plane = Plane::at(text(&state, "base_url"));
    (state, plane)
}

#[track_caller]
fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name]
        .as_str()
        .unwrap_or_else(|| panic!("no text {name}: {value}"))
}

/// Refreshes by URL, as the default client.
#[track_caller]
fn refresh_at(state: &Value, token: &str) -> crate::support::Answer {
    let form = format!("grant_type=refresh_token&refresh_token={token}");
    let url = text(&state["endpoints"], "token");
    post_form(
        url,
        Some(("client-default", "client-default-secret")),
        &form,
    )
}

/// Everything a test can see of a server but its answers to the protocol.
fn state(mimic: &Mimic) -> Value {
    let plane = Plane::of(mimic);
    let paths = [
        "/clock",
        "/faults",
        "/requests",
        "/clients",
        "/users",
        "/refresh-tokens",
        "/keys",
    ];
    paths.iter().map(|path| plane.read(path)).collect()
}

#[test]
fn what_is_done_to_one_is_seen_by_no_other() {
    let server = frozen();
    let (a, b) = (server.sandbox(), server.sandbox());
    for sandbox in [&a, &b] {
        sandbox.clock().freeze(Timestamp::from_unix(1_700_000_000));
    }
    let three: [&Mimic; 3] = [&server, &a, &b];
    for (index, changed) in three.iter().enumerate() {
        let others = || {
            three
                .iter()
                .enumerate()
                .filter(move |(other, _)| *other != index)
        };
        let before: Vec<Value> = others().map(|(_, mimic)| state(mimic)).collect();
        let seen = state(changed);
        changed.clock().advance(3600);
        changed.put_client(Client::confidential("late", "s3cret"));
        changed.remove_client("client-public");
        changed.put_user(User::new("late"));
        changed.keys().rotate();
        changed.play("flaky-gateway");
        assert_eq!(refresh(changed, "REFRESH_TOKEN", "").status, 503);
        assert_ne!(state(changed), seen);
        let after: Vec<Value> = others().map(|(_, mimic)| state(mimic)).collect();
        assert_eq!(after, before, "number {index} was changed");
    }
}

#[test]
fn what_is_spent_in_one_is_good_in_every_other() {
    let server = frozen();
    let (a, b) = (server.sandbox(), server.sandbox());
    let three: [&Mimic; 3] = [&server, &a, &b];
    let spend = |mimic| refresh_as(mimic, "client-rotating", "ROTATING_REFRESH_TOKEN", "").status;
    for mimic in three {
        assert_eq!(spend(mimic), 200);
    }
    for mimic in three {
        assert_eq!(spend(mimic), 400);
    }
    a.reset();
    assert_eq!((spend(&server), spend(&a), spend(&b)), (400, 200, 400));
}

#[test]
fn a_token_of_one_is_not_valid_at_another() {
    let server = frozen();
    let (a, b) = (server.sandbox(), server.sandbox());
    a.clock().freeze(server.clock().now());
    b.clock().freeze(server.clock().now());
    let token = a.mint().refresh_token();
    assert_eq!(refresh(&a, &token, "").status, 200);
    for other in [&server as &Mimic, &b] {
        let answer = refresh(other, &token, "");
        assert_eq!(answer.error(), "invalid_grant", "{}", answer.text());
    }
}

#[test]
fn one_waits_for_its_own_requests_only() {
    let server = frozen();
    let (a, b) = (server.sandbox(), server.sandbox());
    let mut stream = Plane::of(&a).stream("/requests/stream");
    thread::scope(|scope| {
        let waiting = scope.spawn(|| a.wait_for(&Filter::any(), 1, Duration::from_secs(15)));
        fetch(&b.jwks_url());
        fetch(&server.jwks_url());
        fetch(&a.metadata_url());
        let came = waiting.join().expect("it comes");
        assert_eq!(came[0].endpoint, oauth_mimic::Endpoint::Metadata);
    });
    stream.until("event: completed\n");
    let events = stream.events();
    assert!(
        events.iter().all(|event| event["endpoint"] == "metadata"),
        "{events:?}"
    );
}

#[test]
fn protocol_discovery_and_control_are_under_its_own_path() {
    for profile in oauth_mimic::profiles() {
        let server = frozen();
        let (state, plane) = create(&server, &json!({ "fixtures": { "profile": profile } }));
        let base = text(&state, "base_url");
        let expected = format!("{}/s/{}", server.base_url(), text(&state, "id"));
        assert_eq!(base, expected);
        let prefix = if profile == "connect" { "/connect" } else { "" };
        let issuer = format!("{base}{prefix}");
        assert_eq!(text(&state, "issuer"), issuer);
        let overview = plane.read("");
        assert_eq!(overview["sandbox"], state["id"], "{profile}");
        assert_eq!(overview["endpoints"], state["endpoints"], "{profile}");
        assert_eq!(overview["issuer"], issuer, "{profile}");
        assert_eq!(overview["profile"], profile);

        // Where OpenID Connect Discovery §4 looks, and where RFC 8414 §3.1 does.
        let own_path = issuer.strip_prefix(server.base_url()).expect("a path");
        let well_known =
            |document: &str| format!("{}/.well-known/{document}{own_path}", server.base_url());
        for url in [
            text(&state["endpoints"], "metadata").to_owned(),
            format!("{issuer}/.well-known/openid-configuration"),
            well_known("openid-configuration"),
            well_known("oauth-authorization-server"),
        ] {
            let metadata = fetch(&url);
            assert_eq!(metadata.status, 200, "{url}: {}", metadata.text());
            let metadata = metadata.json();
            assert_eq!(metadata["issuer"], issuer, "{url}");
            assert_eq!(
                metadata["token_endpoint"], state["endpoints"]["token"],
                "{url}"
            );
            assert_eq!(metadata["jwks_uri"], state["endpoints"]["jwks"], "{url}");
        }
        assert_eq!(fetch(text(&state["endpoints"], "jwks")).status, 200);
        let journal = plane.list("/requests");
        assert_eq!(journal.len(), 5, "{profile}: all of it is the sandbox's");
        assert!(server.requests().is_empty(), "{profile}");
    }
}

#[test]
fn its_tokens_name_its_own_issuer_or_the_one_that_is_pinned() {
    let server = frozen();
    let pinned = json!({ "fixtures": {
        "issuer": "https://login.example.test",
        "clients": [{ "client_id": "client-default", "client_secret": "client-default-secret", "scope": "openid" }],
        "users": [{ "sub": USER }],
        "refresh_tokens": [{ "token": "REFRESH_TOKEN", "client_id": "client-default", "sub": USER, "scope": "openid" }],
    } });
    for (order, issuer) in [
        (json!({}), None),
        (pinned, Some("https://login.example.test")),
    ] {
        let (state, _) = create(&server, &order);
        let issuer = issuer.unwrap_or(text(&state, "issuer"));
        assert_eq!(text(&state, "issuer"), issuer);
        let answer = refresh_at(&state, "REFRESH_TOKEN");
        for token in ["access_token", "id_token", "refresh_token"] {
            let claims = part(&answer.member(token), 1);
            assert_eq!(claims["iss"], issuer, "{token}");
        }
        let metadata = fetch(text(&state["endpoints"], "metadata")).json();
        assert_eq!(metadata["issuer"], issuer);
    }
}

#[test]
fn it_may_have_another_profile_other_clients_and_another_clock() {
    let server = frozen();
    let (state, plane) = create(
        &server,
        &json!({
            "fixtures": {
                "profile": "standard",
                "error_dialect": "spring",
                "clients": [{ "client_id": "reports", "client_secret": "s3cret", "scope": "openid read" }],
                "users": [{ "sub": "alice" }],
                "refresh_tokens": [{ "token": "SEEDED", "client_id": "reports", "sub": "alice", "scope": "openid read" }],
            },
            "clock": "2030-01-01T00:00:00Z",
        }),
    );
    let url = text(&state["endpoints"], "token");
    assert!(url.ends_with("/oauth2/token"), "{url}");
    let form = "grant_type=refresh_token&refresh_token=SEEDED";
    let answer = post_form(url, Some(("reports", "s3cret")), form);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let token = answer.member("access_token");
    assert_eq!(part(&token, 0)["typ"], "at+jwt");
    assert_eq!(part(&token, 1)["iat"], 1_893_456_000);
    assert_eq!(plane.list("/clients").len(), 1, "in place of the server's");
    assert_eq!(refresh(&server, "SEEDED", "").status, 400);
    plane.send("POST", "/reset", "");
    assert_eq!(plane.read("/clock")["now"], "2030-01-01T00:00:00Z");
    assert_eq!(plane.list("/clients").len(), 1);
}

#[test]
fn equal_seeds_and_clocks_give_equal_ids() {
    let server = frozen();
    let ids = |order: Value| {
        let (state, plane) = create(&server, &order);
        for _ in 0..3 {
            assert_eq!(refresh_at(&state, "REFRESH_TOKEN").status, 200);
        }
        let journal = plane.list("/requests");
        let issued = journal.iter().map(|exchange| exchange["issued"].clone());
        issued.collect::<Vec<Value>>()
    };
    let clock = "2023-03-28T12:23:16Z";
    let seeded = ids(json!({ "seed": 1, "clock": clock }));
    assert_eq!(ids(json!({ "seed": 1, "clock": clock })), seeded);
    assert_ne!(ids(json!({ "seed": 2, "clock": clock })), seeded);
    assert_ne!(ids(json!({ "clock": clock })), seeded);
    assert_ne!(seeded[0], seeded[1]);
}

#[test]
fn one_with_a_ttl_is_gone_after_it_and_another_stays() {
    let server = frozen();
    let plane = Plane::of(&server);
    let (brief, _) = create(&server, &json!({ "ttl": 1 }));
    let (lasting, _) = create(&server, &json!({ "ttl": 600 }));
    let (forever, _) = create(&server, &json!({}));
    // Listing does not count as use, so the idle time continues.
    let began = Instant::now();
    while plane.list("/sandboxes").contains(&brief) {
        assert!(began.elapsed() < Duration::from_secs(20));
        thread::sleep(Duration::from_millis(20));
    }
    assert!(began.elapsed() > Duration::from_millis(900));
    assert_eq!(refresh_at(&brief, "REFRESH_TOKEN").status, 404);
    for state in [&lasting, &forever] {
        assert_eq!(refresh_at(state, "REFRESH_TOKEN").status, 200);
    }
}

/// Fixtures that name clients, users and tokens, and nothing else.
fn people() -> Value {
    json!({
        "clients": [{ "client_id": "client-default", "client_secret": "client-default-secret", "scope": "openid" }],
        "users": [{ "sub": USER }],
        "refresh_tokens": [{ "token": "REFRESH_TOKEN", "client_id": "client-default", "sub": USER, "scope": "openid" }],
    })
}

#[test]
fn it_inherits_profile_dialect_seed_and_clock_unless_its_fixtures_say_otherwise() {
    let at = Timestamp::from_unix(1_700_000_000);
    let profile = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/fixtures/profiles/standard.json"
    );
    let server = TokenServer::builder()
        .profile(profile)
        .error_dialect(oauth_mimic::ErrorDialect::Spring)
        .clock(&oauth_mimic::Clock::frozen(at))
        .seed(7)
        .start();
    server.clock().advance(900);
    let (state, plane) = create(&server, &json!({ "fixtures": people() }));
    assert_eq!(plane.read("")["profile"], "standard");
    let clock = plane.read("/clock");
    assert_eq!(
        (&clock["unix"], &clock["frozen"]),
        (&json!(1_700_000_000), &json!(true))
    );
    let refused = refresh_at(&state, "UNHEARD_OF");
    assert_eq!(refused.header("x-frame-options"), Some("DENY"), "Spring's");
    let ids = |plane: &Plane| plane.list("/requests")[1]["issued"].clone();
    assert_eq!(refresh_at(&state, "REFRESH_TOKEN").status, 200);

    let order = json!({ "fixtures": people(), "seed": 8, "clock": "real" });
    let (other, other_plane) = create(&server, &order);
    refresh_at(&other, "UNHEARD_OF");
    refresh_at(&other, "REFRESH_TOKEN");
    assert_ne!(ids(&other_plane), ids(&plane));
    assert_eq!(other_plane.read("/clock")["frozen"], false);

    let mut fixtures = people();
    fixtures["profile"] = json!("connect");
    fixtures["error_dialect"] = json!("rfc");
    let (other, other_plane) = create(&server, &json!({ "fixtures": fixtures }));
    assert_eq!(other_plane.read("")["profile"], "connect");
    assert_eq!(refresh_at(&other, "UNHEARD_OF").error(), "invalid_grant");
}

#[test]
fn it_inherits_the_leniency_also_with_fixtures_of_its_own() {
    let server = TokenServer::builder()
        .leniency(Leniency::anything())
        .start();
    let (state, _) = create(&server, &json!({ "fixtures": people() }));
    let answer = refresh_at(&state, "UNHEARD_OF");
    assert_eq!(answer.status, 200, "{}", answer.text());
}

#[test]
fn it_inherits_the_seed_also_with_fixtures_of_its_own() {
    let issued = || {
        let at = Timestamp::from_unix(1_700_000_000);
        let server = TokenServer::builder()
            .seed(7)
            .clock(&oauth_mimic::Clock::frozen(at))
            .start();
        let (_, plane) = create(&server, &json!({ "id": "same", "fixtures": people() }));
        plane.post("/tokens", &json!({})).json()["refresh_token"].clone()
    };
    let claims = |token: &Value| part(token.as_str().expect("a token"), 1)["jti"].clone();
    assert_eq!(claims(&issued()), claims(&issued()));
}

#[test]
fn it_inherits_an_issuer_that_is_pinned() {
    let server = TokenServer::builder()
        .issuer("https://login.example.test")
        .start();
    let (state, _) = create(&server, &json!({ "fixtures": people() }));
    assert_eq!(text(&state, "issuer"), "https://login.example.test");
}

#[test]
fn on_a_server_with_a_seed_the_issuers_are_the_same_in_each_run() {
    let issuers = || {
        let server = TokenServer::builder()
            .base_url("http://mimic:8080")
            .seed(7)
            .start();
        let plane = Plane::at(&format!("http://{}", server.address()));
        [json!({ "label": "checkout" }), json!({}), json!({})].map(|order| {
            let answer = plane.post("/sandboxes", &order);
            (answer.member("issuer"), answer.json().get("label").cloned())
        })
    };
    let first = issuers();
    assert_eq!(issuers(), first);
    assert_ne!(first[1].0, first[2].0);
    assert_eq!(first[0].1, Some(json!("checkout")));
    assert_eq!(first[1].1, None);
}

#[test]
fn one_is_put_under_a_chosen_id_and_the_same_request_leaves_it_as_it_is() {
    let server = frozen();
    let plane = Plane::of(&server);
    let order = json!({ "label": "a test", "clock": "2030-01-01T00:00:00Z" });
    let put = plane.put("/sandboxes/chosen", &order);
    assert_eq!(put.status, 201, "{}", put.text());
    assert_eq!(put.header("location"), Some("/_mimic/sandboxes/chosen"));
    let base_url = format!("{}/s/chosen", server.base_url());
    assert_eq!(put.member("base_url"), base_url);
    assert_eq!(plane.read("/sandboxes/chosen"), put.json());

    let own = Plane::at(&base_url);
    own.post("/clock/advance", &json!({ "seconds": 1 }));
    let now = || own.read("/clock")["now"].clone();
    // The order of members does not matter.
    let again = r#"{"clock":"2030-01-01T00:00:00Z", "label":"a test"}"#;
    let again = plane.send("PUT", "/sandboxes/chosen", again);
    assert_eq!((again.status, again.json()), (200, put.json()));
    assert_eq!(now(), "2030-01-01T00:00:01Z", "it was not made anew");

    let other = plane.put(
        "/sandboxes/chosen",
        &json!({ "clock": "2031-01-01T00:00:00Z" }),
    );
    assert_eq!(other.status, 200, "{}", other.text());
    assert_eq!(now(), "2031-01-01T00:00:00Z", "it was replaced");
    assert_eq!(plane.list("/sandboxes").len(), 1);

    let taken = plane.post("/sandboxes", &json!({ "id": "chosen" }));
    assert_problem("taken", &taken, 409, Some("/id"));
    let differs = plane.put("/sandboxes/chosen", &json!({ "id": "other" }));
    assert_problem("differs", &differs, 400, Some("/id"));
    for id in ["a%20b", "%C3%A4", "..", &"x".repeat(65)] {
        let answer = plane.put(&format!("/sandboxes/{id}"), &json!({}));
        assert_problem(id, &answer, 400, Some("/id"));
    }
    // Without a body, too.
    assert_eq!(plane.send("PUT", "/sandboxes/plain", "").status, 201);
    assert_eq!(plane.send("PUT", "/sandboxes/plain", "").status, 200);
}

#[test]
fn all_of_them_are_removed_at_once() {
    let server = frozen();
    let plane = Plane::of(&server);
    let (state, _) = create(&server, &json!({}));
    create(&server, &json!({}));
    assert_eq!(plane.delete("/sandboxes").status, 204);
    assert_eq!(plane.list("/sandboxes").len(), 0);
    assert_eq!(refresh_at(&state, "REFRESH_TOKEN").status, 404);
    assert_eq!(refresh(&server, "REFRESH_TOKEN", "").status, 200);
}

#[test]
fn one_more_than_the_server_may_hold_is_refused_in_words() {
    let server = TokenServer::builder().max_sandboxes(2).start();
    let plane = Plane::of(&server);
    let _one = server.sandbox();
    create(&server, &json!({}));
    for answer in [
        plane.post("/sandboxes", &json!({})),
        plane.put("/sandboxes/a", &json!({})),
    ] {
        assert_problem("full", &answer, 503, None);
        assert_eq!(answer.member("code"), "too_many_sandboxes");
        assert!(answer.member("detail").contains("--max-sandboxes"));
    }
    let refused = server.try_sandbox_with(SandboxOptions::new());
    assert!(matches!(refused, Err(SandboxError::TooMany(2))));
    plane.delete("/sandboxes");
    create(&server, &json!({}));
}

#[test]
fn the_library_makes_one_with_options() {
    let server = TokenServer::builder().profile("standard").start();
    let clock = oauth_mimic::Clock::frozen(Timestamp::from_unix(1_700_000_000));
    let sandbox = server.sandbox_with(
        SandboxOptions::new()
            .id("checkout")
            .label("the checkout")
            .fixtures_json(people().to_string())
            .clock(&clock)
            .seed(1)
            .ttl(Duration::from_secs(600)),
    );
    assert_eq!(
        sandbox.base_url(),
        format!("{}/s/checkout", server.base_url())
    );
    clock.advance(5);
    assert_eq!(sandbox.clock().now().as_unix(), 1_700_000_005);
    assert_eq!(Plane::of(&sandbox).read("")["profile"], "standard");
    let control = sandbox.control_url().expect("a control plane");
    assert_eq!(
        fetch(&format!("{control}/clock")).json()["unix"],
        1_700_000_005
    );
    let listed = Plane::of(&server).list("/sandboxes");
    assert_eq!(listed[0]["label"], "the checkout");

    let taken = server.try_sandbox_with(SandboxOptions::new().id("checkout"));
    assert_eq!(
        taken.err().map(|why| why.to_string()),
        Some(
            "there is a sandbox with the id `checkout`; remove it first, or PUT to replace it"
                .to_owned()
        )
    );
    let wrong = server.try_sandbox_with(SandboxOptions::new().fixtures_json(r#"{"users":[[]]}"#));
    let words = "the sandbox's fixtures: /users/0: must be an object, not an array";
    assert!(wrong.is_err_and(|why| why.to_string().starts_with(words)));
}

#[test]
fn the_library_refuses_the_options_that_the_control_plane_refuses() {
    let server = TokenServer::start();
    let refused = |options| server.try_sandbox_with(options).map(drop);
    let options = SandboxOptions::new;
    assert_eq!(
        refused(options().ttl(Duration::ZERO)),
        Err(SandboxError::InvalidTtl)
    );
    assert_eq!(
        refused(options().label("x".repeat(129))),
        Err(SandboxError::InvalidLabel)
    );
    assert_eq!(refused(options().label("ä".repeat(128))), Ok(()));
}

#[test]
fn an_unknown_one_is_reported_in_json_to_protocol_and_control() {
    let server = frozen();
    for path in [
        "/s/nothing",
        "/s/",
        "/s//connect/oauth/token",
        "/s/nothing/connect/oauth/token",
        "/s/nothing/connect/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server/s/nothing/connect",
        "/s/nothing/_mimic",
        "/s/nothing/_mimic/clock",
        "/s/nothing/_mimic/health",
    ] {
        for method in ["GET", "POST", "DELETE"] {
            let answer = request(method, &format!("{}{path}", server.base_url()), "", "");
            let told = format!("{method} {path}: {}", answer.text());
            assert_eq!(answer.status, 404, "{told}");
            let kind = answer.header("content-type").unwrap_or_default();
            assert!(kind.contains("json"), "{told}: {kind}");
            assert!(answer.json().is_object(), "{told}");
            assert!(told.contains("; there is no sandbox of that id"), "{told}");
        }
    }
}

#[test]
fn sandboxes_are_listed_and_removed() {
    let server = frozen();
    let plane = Plane::of(&server);
    let made: Vec<Value> = (0..3).map(|_| create(&server, &json!({})).0).collect();
    let mut listed = plane.list("/sandboxes");
    assert_eq!(listed.len(), 3);
    for state in &made {
        assert!(listed.contains(state), "{state}");
    }
    let id = text(&made[1], "id");
    assert_eq!(plane.delete(&format!("/sandboxes/{id}")).status, 204);
    assert_problem(
        "twice",
        &plane.delete(&format!("/sandboxes/{id}")),
        404,
        None,
    );
    assert_eq!(fetch(text(&made[1]["endpoints"], "jwks")).status, 404);
    assert_eq!(fetch(text(&made[2]["endpoints"], "jwks")).status, 200);
    listed.retain(|state| state["id"] != id);
    assert_eq!(plane.list("/sandboxes"), listed);
    // A body is not needed.
    assert_eq!(plane.send("POST", "/sandboxes", "").status, 201);
}

#[test]
fn one_that_is_dropped_is_gone() {
    let server = frozen();
    let sandbox = server.sandbox();
    let (jwks, base) = (sandbox.jwks_url(), sandbox.base_url().to_owned());
    assert_eq!(fetch(&jwks).status, 200);
    let listed = Plane::of(&server).list("/sandboxes");
    assert_eq!(listed[0]["base_url"], base);
    drop(sandbox);
    assert_eq!(fetch(&jwks).status, 404);
    assert_eq!(Plane::of(&server).list("/sandboxes").len(), 0);
}

#[test]
fn a_dropped_guard_leaves_another_sandbox_that_has_the_id_now() {
    let server = TokenServer::start();
    let plane = Plane::of(&server);
    let first = server.sandbox_with(SandboxOptions::new().id("shared"));
    let replaced = plane.put("/sandboxes/shared", &json!({ "label": "second" }));
    assert_eq!(replaced.status, 200, "{}", replaced.text());
    drop(first);
    assert_eq!(plane.read("/sandboxes/shared")["label"], "second");
}

#[test]
fn two_thousand_live_side_by_side() {
    let server = frozen();
    let mut all: Vec<_> = (0..2000).map(|_| server.sandbox()).collect();
    assert_eq!(Plane::of(&server).list("/sandboxes").len(), 2000);
    for (second, sandbox) in (1_700_000_000..).zip(&all) {
        sandbox.clock().freeze(Timestamp::from_unix(second));
    }
    for index in [0, 1, 999, 1998, 1999] {
        let sandbox = &all[index];
        sandbox.fail_next(1, Fault::status(503));
        assert_eq!(refresh(sandbox, "REFRESH_TOKEN", "").status, 503);
        let answer = refresh(sandbox, "REFRESH_TOKEN", "");
        let claims = part(&answer.member("access_token"), 1);
        assert_eq!(claims["iat"], 1_700_000_000 + index);
        assert_eq!(claims["iss"], sandbox.issuer());
        assert_eq!(sandbox.requests().len(), 2);
    }
    assert!(all[500].requests().is_empty());
    all.truncate(10);
    assert_eq!(Plane::of(&server).list("/sandboxes").len(), 10);
}

#[test]
fn posted_fixtures_read_no_file_and_their_mistakes_are_reported_by_path() {
    let server = frozen();
    let plane = Plane::of(&server);
    let client = |more: Value| {
        let mut client = json!({ "client_id": "a" });
        client
            .as_object_mut()
            .expect("an object")
            .extend(more.as_object().cloned().unwrap_or_default());
        json!({ "clients": [{ "client_id": "first" }, client] })
    };
    let profile = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/fixtures/profiles/standard.json"
    );
    for (fixtures, path) in [
        (json!({ "profile": profile }), "/fixtures/profile"),
        (
            json!({ "profile": "fixtures/profiles/standard.json" }),
            "/fixtures/profile",
        ),
        (json!({ "profile": "./standard.json" }), "/fixtures/profile"),
        (json!({ "profile": "nonesuch" }), "/fixtures/profile"),
        (json!({ "profile": 1 }), "/fixtures/profile"),
        (json!({ "issuer": "login" }), "/fixtures/issuer"),
        (json!({ "colour": "red" }), "/fixtures/colour"),
        (json!({ "clients": {} }), "/fixtures/clients"),
        (json!([]), "/fixtures"),
        (
            client(json!({ "colour": "red" })),
            "/fixtures/clients/1/colour",
        ),
        (
            client(json!({ "client_secret": "" })),
            "/fixtures/clients/1/client_secret",
        ),
        (
            client(json!({ "client_id": "first" })),
            "/fixtures/clients/1/client_id",
        ),
        (
            client(json!({ "refresh": "never" })),
            "/fixtures/clients/1/refresh",
        ),
        (
            json!({ "clients": [{ "client_id": "a" }], "refresh_tokens": [{ "token": "T", "client_id": "a", "sub": "nobody" }] }),
            "/fixtures/refresh_tokens/0/sub",
        ),
        (
            json!({
                "clients": [{ "client_id": "a" }], "users": [{ "sub": "b" }],
                "refresh_tokens": [{ "token": "T", "client_id": "a", "sub": "b", "fault": { "kind": "status", "status": 99 } }],
            }),
            "/fixtures/refresh_tokens/0/fault/status",
        ),
    ] {
        let answer = plane.post("/sandboxes", &json!({ "fixtures": fixtures }));
        assert_problem(&fixtures.to_string(), &answer, 400, Some(path));
        let named = answer.text().contains("lifetimes") || answer.text().contains("No such file");
        assert!(!named, "a file was looked at: {}", answer.text());
    }
    assert_eq!(plane.list("/sandboxes").len(), 0);
}

#[test]
fn one_is_made_like_its_server_where_nothing_is_said() {
    let server = TokenServer::builder()
        .profile("standard")
        .client(Client::confidential("app", "s3cret").scope("openid"))
        .user(User::new("alice"))
        .journal(2)
        .start();
    let sandbox = server.sandbox();
    assert_eq!(sandbox.issuer(), sandbox.base_url());
    assert_eq!(Plane::of(&sandbox).list("/clients").len(), 1);
    server.put_client(Client::public("late"));
    assert_eq!(
        Plane::of(&server.sandbox()).list("/clients").len(),
        1,
        "as it was made"
    );
    for _ in 0..3 {
        fetch(&sandbox.jwks_url());
    }
    assert_eq!(sandbox.requests().len(), 2);
}

#[test]
fn from_within_one_others_can_be_made_too() {
    let server = frozen();
    let sandbox = server.sandbox();
    let (state, _) = create(&sandbox, &json!({}));
    let base = text(&state, "base_url");
    assert!(
        base.starts_with(&format!("{}/s/", server.base_url())),
        "{base}"
    );
    assert_eq!(base.matches("/s/").count(), 1, "{base}");
    assert_eq!(fetch(text(&state["endpoints"], "jwks")).status, 200);
}

#[test]
fn sandboxes_are_found_by_their_label() {
    let server = TokenServer::start();
    let plane = Plane::of(&server);
    let ids: Vec<String> = ["pay", "ship", "pay"]
        .map(|label| {
            plane
                .post("/sandboxes", &json!({ "label": label }))
                .member("id")
        })
        .into();
    plane.post("/sandboxes", &json!({}));
    let found = |query: &str| -> Vec<String> {
        let list = plane.read(&format!("/sandboxes?{query}"));
        let sandboxes = list["sandboxes"].as_array().expect("a list");
        let id = |sandbox: &Value| sandbox["id"].as_str().expect("an id").to_owned();
        sandboxes.iter().map(id).collect()
    };
    let mut of_pay = vec![ids[0].clone(), ids[2].clone()];
    of_pay.sort();
    let mut listed = found("label=pay");
    listed.sort();
    assert_eq!(listed, of_pay);
    assert_eq!(found("label=ship"), [ids[1].clone()]);
    assert_eq!(found("label=").len(), 0);
    assert_eq!(found("label=pay&limit=1").len(), 1);
    assert_eq!(found("").len(), 4);
}
