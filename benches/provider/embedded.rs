//! Servers inside a test.

use std::time::Instant;

use oauth_mimic::TokenServer;

use crate::client::{Connection, refresh};
use crate::stats::{Stats, report};

const STARTS: usize = 100;

pub(crate) fn run() {
    println!("embedded: servers in this process");
    // The first start parses the key for all.
    drop(TokenServer::start());
    let each = (0..STARTS).map(|_| {
        let begin = Instant::now();
        drop(TokenServer::start());
        begin.elapsed().as_secs_f64() * 1000.0
    });
    report("start and drop", "ms", &Stats::of(each));
    let begin = Instant::now();
    let servers: Vec<TokenServer> = (0..STARTS).map(|_| TokenServer::start()).collect();
    for server in &servers {
        Connection::open(server.address()).exchange(&refresh("REFRESH_TOKEN"));
    }
    let all = begin.elapsed().as_secs_f64() * 1000.0;
    report(
        &format!("{STARTS} at once, started and asked once each, all together"),
        "ms",
        &Stats::of([all]),
    );
    let begin = Instant::now();
    drop(servers);
    report(
        "dropping them",
        "ms",
        &Stats::of([begin.elapsed().as_secs_f64() * 1000.0]),
    );
}
