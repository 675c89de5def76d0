//! One server, and a provider of its own for each test, at the same port.
//!
//! `cargo run --example sandboxes`

#![expect(
    clippy::print_stdout,
    reason = "an example shows what it does, and stops when something is wrong"
)]

use oauth_mimic::{Client, TokenServer};

fn main() -> Result<(), ureq::Error> {
    let server = TokenServer::start();
    let (a, b) = (server.sandbox(), server.sandbox());
    println!("a: {}\nb: {}", a.base_url(), b.base_url());

    // What one test changes, no other sees.
    a.clock().advance(3600);
    a.put_client(Client::confidential("only-in-a", "s3cret").scope("openid"));
    assert!(a.clock().now().seconds_since(b.clock().now()) >= 3599);
    assert!(a.mint().client("only-in-a").try_response().is_ok());
    assert!(b.mint().client("only-in-a").try_response().is_err());

    ureq::get(a.jwks_url()).call()?;
    assert_eq!((a.requests().len(), b.requests().len()), (1, 0));

    // A sandbox is removed when it is dropped. Over HTTP, tests of other languages make and delete their own.
    let url = b.jwks_url();
    drop(b);
    assert!(ureq::get(url).call().is_err());
    Ok(())
}
