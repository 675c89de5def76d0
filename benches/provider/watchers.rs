//! Processor time of a refresh while the journal is watched.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::thread;

use crate::child::Server;
use crate::refreshing::{Refreshing, take_turns};
use crate::stats::{Stats, report};

const ROUNDS: usize = 12;
/// Open streams, and as many waits.
const EACH: usize = 50;

pub(crate) fn run() {
    println!("watchers: processor time of a refresh, with {EACH} streams and {EACH} waits open");
    let server = || Server::mimic(&["--workers", "1", "--log", "off"]);
    let mut servers = [
        Refreshing::named("nobody watches", server()),
        Refreshing::named("all watch another client", server()),
        Refreshing::named("half of them watch every request", server()),
        Refreshing::named("all watch every request", server()),
    ];
    let other = "client_id=another";
    let every = "outcome=issued";
    watch(&servers[1], other, other);
    watch(&servers[2], every, other);
    watch(&servers[3], every, every);
    for round in 0..ROUNDS {
        take_turns(&mut servers, round);
    }
    let unwatched = servers[0].spent.clone();
    for server in &servers {
        report(server.label, "us", &Stats::of(server.spent.iter().copied()));
        report(
            "  of an unwatched refresh",
            "x",
            &server.against(&unwatched),
        );
    }
}

/// Opens the streams and the waits, and reads all that they send. A wait is for more requests than ever arrive.
fn watch(server: &Refreshing, streams: &str, waits: &str) {
    let address = server.server.address;
    for _ in 0..EACH {
        open(address, &format!("requests/stream?{streams}"));
        open(
            address,
            &format!("requests/wait?count=1000000&timeout=300&{waits}"),
        );
    }
}

fn open(address: SocketAddr, path: &str) {
    let mut stream = TcpStream::connect(address).expect("the server listens");
    let request = format!("GET /_mimic/{path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    stream
        .write_all(request.as_bytes())
        .expect("the server reads");
    thread::spawn(move || {
        let mut buffer = [0; 16 * 1024];
        // It ends with the server.
        while stream.read(&mut buffer).is_ok_and(|read| read > 0) {}
    });
}
