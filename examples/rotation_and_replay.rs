//! Under rotation a refresh token works once. Who presents it again loses the whole family (RFC 9700 §4.14.2).
//!
//! `cargo run --example rotation_and_replay`

#![expect(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "an example shows what it does, and stops when something is wrong"
)]

use oauth_mimic::{Client, RefreshPolicy, TokenServer};
use serde_json::Value;

fn main() {
    let server = TokenServer::builder()
        .client(Client::confidential("app", "s3cret").refresh(RefreshPolicy::Rotate))
        .start();
    let first = server.mint().client("app").refresh_token();

    let second = refresh(&server, &first).expect("the first use succeeds");
    println!("the first use returns another refresh token");
    assert_ne!(first, second);

    let replay = refresh(&server, &first).expect_err("a replay is refused");
    println!("a replay: {replay}");

    let successor = refresh(&server, &second).expect_err("the family is revoked");
    println!("its successor: {successor}");

    // The journal notes what a client did wrong, so that a test can demand that it does not.
    let advice = &server.requests()[1].advice;
    println!("advice: {}", advice[0].text);
    assert_eq!(advice.len(), 1);
}

/// Refreshes as a client does; returns the new refresh token, or why there is none.
fn refresh(server: &TokenServer, refresh_token: &str) -> Result<String, String> {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .build()
        .into();
    let mut answer = agent
        .post(server.token_url())
        .send_form([
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh_token),
            ("client_id", "app"),
            ("client_secret", "s3cret"),
        ])
        .expect("an answer");
    let body: Value = answer.body_mut().read_json().expect("JSON");
    let member = |name: &str| body[name].as_str().map(str::to_owned);
    member("refresh_token").ok_or_else(|| member("error_description").expect("a description"))
}
