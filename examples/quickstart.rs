//! Starts a server, refreshes a token as a client does, and shows why a request is refused.
//!
//! `cargo run --example quickstart`

#![expect(
    clippy::print_stdout,
    reason = "an example shows what it does, and stops when something is wrong"
)]

use oauth_mimic::TokenServer;
use serde_json::Value;

fn main() -> Result<(), ureq::Error> {
    let server = TokenServer::start();
    println!("the server listens on {}", server.base_url());

    let answer: Value = ureq::post(server.token_url())
        .send_form([
            ("grant_type", "refresh_token"),
            ("refresh_token", "REFRESH_TOKEN"),
            ("client_id", "client-default"),
            ("client_secret", "client-default-secret"),
        ])?
        .body_mut()
        .read_json()?;
    println!(
        "scope {}, good for {} s",
        answer["scope"], answer["expires_in"]
    );
    assert_eq!(answer["scope"], "openid email phone");

    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .build()
        .into();
    let mut refused = agent.post(server.token_url()).send_form([
        ("grant_type", "refresh_token"),
        ("refresh_token", "REFRESH_TOKEN"),
        ("scope", "admin"),
        ("client_id", "client-default"),
        ("client_secret", "client-default-secret"),
    ])?;
    let error: Value = refused.body_mut().read_json()?;
    println!("{}: {}", refused.status(), error["error_description"]);
    assert_eq!(error["error"], "invalid_scope");
    Ok(())
}
