//! A reset is one step: what began before it finishes in the old state and leaves no trace in the new one.

use std::time::Duration;

use oauth_mimic::{Clock, Endpoint, Expectation, Fault, Filter, Rule, Timestamp, TokenServer};

use crate::support::{basic, post};

/// Waits until the only rule of the server has fired, that is, until the request it delays is under way.
fn wait_for_the_rule(server: &TokenServer) {
    while server.faults().list()[0].times_left != Some(0) {
        std::thread::yield_now();
    }
}

#[test]
fn a_request_that_a_reset_overtakes_spends_journals_and_tells_the_time_in_the_old_state_only() {
    let clock = Clock::real();
    let server = TokenServer::builder().clock(&clock).start();
    clock.freeze(Timestamp::parse("2030-01-01T00:00:00Z").expect("a time"));
    let delay = Fault::delay(Duration::from_millis(300));
    server
        .faults()
        .add(Rule::on(Endpoint::Token, delay).times(1));
    let request = || {
        post(
            &server,
            Some(&basic("client-rotating", "client-rotating-secret")),
            "grant_type=refresh_token&refresh_token=ROTATING_REFRESH_TOKEN",
        )
    };
    std::thread::scope(|scope| {
        let late = scope.spawn(request);
        wait_for_the_rule(&server);
        server.reset();
        assert_eq!(late.join().expect("an answer").status, 200);
    });
    server.verify(&Expectation::exactly(Filter::any(), 0));
    assert!(server.faults().list().is_empty());
    assert!(server.clock().now() < Timestamp::parse("2030-01-01T00:00:00Z").expect("a time"));
    assert_eq!(
        request().status,
        200,
        "the token is unspent after the reset"
    );
    assert_eq!(server.requests()[0].number, 1, "numbers start again");
}

#[test]
fn a_reset_restores_a_clock_that_was_shifted_at_the_start() {
    let clock = Clock::real();
    clock.advance(3_600);
    let server = TokenServer::builder().clock(&clock).start();
    clock.advance(1_000);
    server.reset();
    let ahead = clock.now().seconds_since(Clock::real().now());
    assert!((3_599..=3_601).contains(&ahead), "{ahead}");
}
