//! A refresh token expires when the server's clock says so, and nobody has to wait for it.
//!
//! `cargo run --example expiry`

#![expect(
    clippy::print_stdout,
    reason = "an example shows what it does, and stops when something is wrong"
)]

use std::time::Duration;

use oauth_mimic::{Clock, InvalidTimestamp, Timestamp, TokenServer};

fn main() -> Result<(), InvalidTimestamp> {
    let clock = Clock::frozen(Timestamp::parse("2026-01-01T00:00:00Z")?);
    let server = TokenServer::builder().clock(&clock).start();
    let refresh_token = server
        .mint()
        .client("client-default")
        .refresh_token_lifetime(Duration::from_secs(60))
        .refresh_token();

    clock.advance(59);
    assert_eq!(refresh(&server, &refresh_token), 200);
    println!("{}: good", clock.now());

    clock.advance(1);
    assert_eq!(refresh(&server, &refresh_token), 400);
    let reason = server
        .requests()
        .last()
        .and_then(|last| last.reason.clone());
    println!("{}: {}", clock.now(), reason.unwrap_or_default());
    Ok(())
}

/// Refreshes as a client does, and returns the status of the answer.
fn refresh(server: &TokenServer, refresh_token: &str) -> u16 {
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", refresh_token),
        ("client_id", "client-default"),
        ("client_secret", "client-default-secret"),
    ];
    match ureq::post(server.token_url()).send_form(form) {
        Ok(answer) => answer.status().as_u16(),
        Err(ureq::Error::StatusCode(status)) => status,
        Err(why) => panic!("no answer: {why}"),
    }
}
