//! A provider of your own: its paths, claims and answer are data, in `own_profile.json` beside this file.
//!
//! `cargo run --example own_profile`

#![expect(
    clippy::print_stdout,
    reason = "an example shows what it does, and stops when something is wrong"
)]

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use oauth_mimic::{Client, TokenServer, User};
use serde_json::{Value, json};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = TokenServer::builder()
        .profile(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/examples/own_profile.json"
        ))
        .client(Client::confidential("app", "s3cret").scope("read write"))
        .user(User::new("alice").claim("tenant", "north"))
        .try_start()?;
    assert!(server.token_url().ends_with("/acme/v2/token"));

    let refresh_token = server.mint().client("app").refresh_token();
    let answer: Value = ureq::post(server.token_url())
        .send_form([
            ("grant_type", "refresh_token"),
            ("refresh_token", &refresh_token),
            ("client_id", "app"),
            ("client_secret", "s3cret"),
        ])?
        .body_mut()
        .read_json()?;
    assert_eq!(answer["tenant"], "north");

    let token = answer["access_token"].as_str().ok_or("no access token")?;
    let claims = token.split('.').nth(1).ok_or("no claims")?;
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims)?)?;
    println!("{claims:#}");
    assert_eq!(claims["tenant"], "north");
    assert_eq!(claims["scp"], json!(["read", "write"]));
    Ok(())
}
