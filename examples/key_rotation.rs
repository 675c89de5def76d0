//! The provider changes its signing key; a verifier that caches the key set must fetch it again.
//!
//! `cargo run --example key_rotation`

#![expect(
    clippy::print_stdout,
    reason = "an example shows what it does, and stops when something is wrong"
)]

use std::time::Duration;

use oauth_mimic::{Endpoint, Expectation, Filter, TokenServer};
use serde_json::Value;

fn main() -> Result<(), ureq::Error> {
    // The tokens of this profile name their key by `kid`.
    let server = TokenServer::builder().profile("standard").start();
    let mut cached = published(&server)?;
    assert_eq!(cached, server.keys().published());

    let old = server.keys().signing();
    let new = server
        .keys()
        .rotate_and_retire_after(Duration::from_secs(900));
    println!("{new} signs now, and {old} is published for 900 s more");

    // A new token names a key that the verifier does not know: it fetches the key set again, once.
    if !cached.contains(&new) {
        cached = published(&server)?;
    }
    assert_eq!(cached, [new.clone(), old]);
    server.verify(&Expectation::exactly(Filter::endpoint(Endpoint::Jwks), 2));

    server.clock().advance(900);
    assert_eq!(published(&server)?, [new]);
    println!("the old key has retired");
    Ok(())
}

/// The `kid` of each published key, as a verifier finds them.
fn published(server: &TokenServer) -> Result<Vec<String>, ureq::Error> {
    let jwks: Value = ureq::get(server.jwks_url())
        .call()?
        .body_mut()
        .read_json()?;
    let keys = jwks["keys"].as_array().cloned().unwrap_or_default();
    Ok(keys
        .iter()
        .filter_map(|key| key["kid"].as_str().map(str::to_owned))
        .collect())
}
