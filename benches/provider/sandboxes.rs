//! What a sandbox costs: to make, and to keep.

use std::time::Instant;

use crate::child::Server;
use crate::client::{Connection, member};
use crate::stats::{Stats, report};

const SANDBOXES: u32 = 10_000;
const ROUNDS: u32 = 10;

pub(crate) fn run() {
    println!("sandboxes: {SANDBOXES} side by side on one server");
    let server = Server::mimic(&["--workers", "1", "--log", "off"]);
    let mut connection = Connection::open(server.address);
    let make = |connection: &mut Connection| member(connection.exchange(MAKE), "id");
    // The first of anything pays for what all share.
    make(&mut connection);
    let (before, each) = (server.resident_kib(), SANDBOXES / ROUNDS);
    let mut waits = Vec::new();
    let mut id = String::new();
    for _ in 0..ROUNDS {
        let begin = Instant::now();
        for _ in 0..each {
            id = make(&mut connection);
        }
        waits.push(begin.elapsed().as_secs_f64() * 1000.0 / f64::from(each));
    }
    report("making one, over HTTP", "ms", &Stats::of(waits));
    #[expect(clippy::cast_precision_loss)]
    let kept = (server.resident_kib() - before) as f64 / f64::from(SANDBOXES);
    report("keeping one", "KiB", &Stats::of([kept]));
    let request =
        format!("GET /s/{id}/connect/.well-known/jwks.json HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    let begin = Instant::now();
    connection.exchange(request.as_bytes());
    report(
        "asking one of them",
        "ms",
        &Stats::of([begin.elapsed().as_secs_f64() * 1000.0]),
    );
}

const MAKE: &[u8] =
    b"POST /_mimic/sandboxes HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n";
