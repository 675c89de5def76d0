//! A client that retries meets a provider that fails twice and then recovers.
//!
//! `cargo run --example faults`

#![expect(
    clippy::print_stdout,
    reason = "an example shows what it does, and stops when something is wrong"
)]

use oauth_mimic::{Endpoint, Expectation, Fault, Filter, Rule, TokenServer};

fn main() {
    let server = TokenServer::start();
    server.fail_next(1, Fault::status(503).header("Retry-After", "1"));
    // The rules of other endpoints are separate: this one lets the first request for the keys pass.
    server.faults().add(
        Rule::on(Endpoint::Jwks, Fault::status(503))
            .skip(1)
            .times(1),
    );

    let attempts = (1..=3).find(|attempt| {
        let good = refresh(&server);
        println!(
            "attempt {attempt}: {}",
            if good { "a token" } else { "failed" }
        );
        good
    });
    assert_eq!(attempts, Some(2));

    // The test: the client sent the request that failed and one more, in this order.
    let token = Filter::endpoint(Endpoint::Token);
    server.verify(&Expectation::exactly(token.clone(), 2));
    server.verify(&Expectation::in_order([
        token.clone().status(503),
        token.status(200),
    ]));
    assert!(ureq::get(server.jwks_url()).call().is_ok());
    assert!(ureq::get(server.jwks_url()).call().is_err());
}

/// Refreshes as a client does; returns true if it got a token.
fn refresh(server: &TokenServer) -> bool {
    ureq::post(server.token_url())
        .send_form([
            ("grant_type", "refresh_token"),
            ("refresh_token", "REFRESH_TOKEN"),
            ("client_id", "client-default"),
            ("client_secret", "client-default-secret"),
        ])
        .is_ok()
}
