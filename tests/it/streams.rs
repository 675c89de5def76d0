//! Streams of events and waits: how they begin, how they resume, and how they end.

use std::thread;
use std::time::Duration;

use oauth_mimic::{Fault, TokenServer};
use serde_json::json;

use crate::arrivals::wait_until_pending;
use crate::drive::{Plane, fetch, frozen, refresh};

#[test]
fn a_quiet_stream_sends_heartbeats() {
    let server = frozen();
    let mut stream = Plane::of(&server).stream("/requests/stream?heartbeat=0.02");
    stream.until(&"3\r\n:\n\n\r\n".repeat(3));
}

#[test]
fn a_stream_follows_a_reset_and_ends_with_its_sandbox() {
    let server = TokenServer::start();
    let sandbox = server.sandbox();
    let mut stream = Plane::of(&sandbox).stream("/requests/stream");
    fetch(&sandbox.jwks_url());
    stream.until("id: 1.1\nevent: completed\n");
    sandbox.reset();
    fetch(&sandbox.jwks_url());
    stream.until("id: 2.1\nevent: completed\n");
    drop(sandbox);
    assert!(stream.has_ended());
}

#[test]
fn a_stream_has_the_requests_that_came_between_a_reset_and_its_next_look() {
    let server = frozen();
    let mut stream = Plane::of(&server).stream("/requests/stream");
    fetch(&server.jwks_url());
    stream.until("id: 1.1\nevent: completed\n");
    // After an event, the stream gathers for some milliseconds before it looks again.
    server.reset();
    fetch(&server.jwks_url());
    stream.until("id: 2.1\nevent: completed\n");
}

#[test]
fn an_id_beyond_the_last_event_is_as_the_last_one() {
    let server = TokenServer::start();
    let host = server.base_url().replace("http://", "");
    fetch(&server.jwks_url());
    for beyond in [2, u64::MAX] {
        let id = format!("1.{beyond}");
        let plane = Plane::of(&server).with(&[("Host", host.as_str()), ("Last-Event-ID", &id)]);
        let mut stream = plane.stream("/requests/stream");
        fetch(&server.jwks_url());
        stream.until("event: completed\n");
    }
}

#[test]
fn a_wait_goes_on_after_a_reset_and_ends_with_its_sandbox() {
    let server = TokenServer::start();
    let sandbox = server.sandbox();
    fetch(&sandbox.jwks_url());
    let plane = Plane::of(&sandbox);
    thread::scope(|scope| {
        let waiting = scope.spawn(|| plane.get("/requests/wait?count=2&timeout=20"));
        let filter = oauth_mimic::Filter::any();
        sandbox.reset();
        fetch(&sandbox.jwks_url());
        fetch(&sandbox.jwks_url());
        sandbox.wait_for(&filter, 2, Duration::from_secs(20));
        let answer = waiting.join().expect("an answer");
        assert_eq!(answer.status, 200, "{}", answer.text());
    });
    thread::scope(|scope| {
        let waiting = scope.spawn(|| plane.get("/requests/wait?count=20&timeout=60"));
        let mut stream = plane.stream("/requests/stream?heartbeat=0.01");
        // Several heartbeats later, the wait has begun.
        stream.until(&"3\r\n:\n\n\r\n".repeat(20));
        drop(sandbox);
        assert_eq!(waiting.join().expect("an answer").status, 404);
    });
}

#[test]
fn a_stream_resumes_after_the_last_event_that_the_client_got() {
    let server = TokenServer::start();
    let host = server.base_url().replace("http://", "");
    for _ in 0..4 {
        fetch(&server.jwks_url());
    }
    // An id of another epoch: everything in this one is new to the client.
    for (id, first) in [("1.2", 3), ("1.0", 1), ("0.3", 1)] {
        let plane = Plane::of(&server).with(&[("Host", host.as_str()), ("Last-Event-ID", id)]);
        let mut stream = plane.stream("/requests/stream");
        stream.until("data: {\"number\":4,");
        let numbers: Vec<u64> = stream
            .events()
            .iter()
            .map(|event| event["number"].as_u64().expect("a number"))
            .collect();
        assert_eq!(numbers, (first..=4).collect::<Vec<_>>(), "{id}");
    }
}

#[test]
fn a_stream_says_how_many_exchanges_the_journal_forgot_before_the_client_resumed() {
    let server = TokenServer::builder().journal(2).start();
    let host = server.base_url().replace("http://", "");
    for _ in 0..5 {
        fetch(&server.jwks_url());
    }
    for (id, forgotten) in [("1.0", Some(3)), ("1.1", Some(2)), ("1.3", None)] {
        let plane = Plane::of(&server).with(&[("Host", host.as_str()), ("Last-Event-ID", id)]);
        let mut stream = plane.stream("/requests/stream");
        stream.until("data: {\"number\":5,");
        let event =
            |forgotten| format!("event: forgotten\ndata: {{\"forgotten\": {forgotten}}}\n\n");
        let expected = forgotten.map(event).unwrap_or_default();
        let before = stream
            .received
            .split("id: 1.5\n")
            .next()
            .unwrap_or_default();
        assert!(before.contains(&expected), "{id}: {before}");
        assert_eq!(before.contains("forgotten"), forgotten.is_some(), "{id}");
    }
}

#[test]
fn a_request_is_sent_when_it_arrives_and_when_it_is_completed() {
    let server = frozen();
    let mut stream = Plane::of(&server).stream("/requests/stream");
    refresh(&server, "REFRESH_TOKEN", "");
    stream.until("\"outcome\":\"issued\"");
    let outcomes: Vec<_> = stream
        .events()
        .iter()
        .map(|event| event["outcome"].clone())
        .collect();
    assert_eq!(outcomes, [json!("pending"), json!("issued")]);
}

#[test]
fn an_event_names_the_last_exchange_up_to_which_all_are_completed() {
    let server = frozen();
    let plane = Plane::of(&server);
    let mut stream = plane.stream("/requests/stream");
    server.fail_next(1, Fault::delay(Duration::from_millis(500)));
    thread::scope(|scope| {
        scope.spawn(|| refresh(&server, "REFRESH_TOKEN", ""));
        wait_until_pending(&server);
        fetch(&server.jwks_url());
        // The first is pending: a client that resumes here must get its end.
        stream.until("id: 1.0\nevent: completed\ndata: {\"number\":2,");
        stream.until("id: 1.2\nevent: completed\ndata: {\"number\":1,");
    });
}

#[test]
fn an_event_after_the_journal_forgot_or_was_emptied_names_its_own_exchange() {
    let server = TokenServer::builder().journal(1).start();
    let plane = Plane::of(&server);
    let mut stream = plane.stream("/requests/stream");
    for number in 1..=3 {
        fetch(&server.jwks_url());
        stream.until(&format!("id: 1.{number}\nevent: completed\n"));
    }
    plane.delete("/requests");
    fetch(&server.jwks_url());
    stream.until("id: 1.4\nevent: completed\n");
}

#[test]
fn the_head_of_a_stream_is_answered_without_a_body() {
    let server = TokenServer::start();
    let answer = Plane::of(&server).send("HEAD", "/requests/stream", "");
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("text/event-stream"));
}

#[test]
fn an_open_wait_keeps_a_sandbox_from_expiring() {
    let server = TokenServer::start();
    let made = Plane::of(&server).post("/sandboxes", &json!({ "ttl": 1 }));
    let sandbox = Plane::at(&made.member("base_url"));
    // The wait lasts longer than the time to live, which begins anew at its end.
    assert_eq!(sandbox.get("/requests/wait?timeout=1.5").status, 409);
    assert_eq!(sandbox.get("/requests").status, 200);
}
