//! Very many refreshes: whether anything grows.

use std::thread;

use crate::child::Server;
use crate::client::{Connection, member, refresh};

const CONNECTIONS: usize = 8;
const REPORTS: usize = 10;

/// Each answer carries a refresh token that was never seen before and is not spent: they are what must cost nothing.
pub(crate) fn run(refreshes: usize) {
    println!("soak: {refreshes} refreshes, each with the refresh token of the one before");
    let server = Server::mimic(&["--log", "off"]);
    println!(
        "  {:>10} refreshes {:>8} KiB resident",
        0,
        server.resident_kib()
    );
    let mut connections: Vec<(Connection, String)> = (0..CONNECTIONS)
        .map(|_| (Connection::open(server.address), "REFRESH_TOKEN".to_owned()))
        .collect();
    for tenth in 1..=REPORTS {
        thread::scope(|scope| {
            for (connection, token) in &mut connections {
                scope.spawn(move || {
                    for _ in 0..refreshes / REPORTS / CONNECTIONS {
                        *token = member(connection.exchange(&refresh(token)), "refresh_token");
                    }
                });
            }
        });
        let done = refreshes / REPORTS / CONNECTIONS * CONNECTIONS * tenth;
        println!(
            "  {done:>10} refreshes {:>8} KiB resident",
            server.resident_kib()
        );
    }
}
