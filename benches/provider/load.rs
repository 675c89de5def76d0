//! Throughput and waiting under load: two workers against one.

use std::thread;
use std::time::{Duration, Instant};

use crate::child::Server;
use crate::client::{Connection, refresh};
use crate::stats::{Stats, report};

const ROUNDS: usize = 7;
const CONNECTIONS: usize = 16;
const ROUND: Duration = Duration::from_secs(2);

pub(crate) fn run() {
    println!(
        "load: {CONNECTIONS} connections, each with one request at a time, {ROUNDS} rounds by turns"
    );
    let one = Server::mimic(&["--workers", "1", "--log", "off"]);
    let two = Server::mimic(&["--workers", "2", "--log", "off"]);
    let rounds: Vec<(Round, Round)> = (0..ROUNDS).map(|_| (round(&one), round(&two))).collect();
    report(
        "refreshes a second, one worker",
        "",
        &Stats::of(rounds.iter().map(|(one, _)| one.rate)),
    );
    report(
        "refreshes a second, two workers",
        "",
        &Stats::of(rounds.iter().map(|(_, two)| two.rate)),
    );
    report(
        "two workers / one",
        "x",
        &Stats::of(rounds.iter().map(|(one, two)| two.rate / one.rate)),
    );
    for (label, latencies) in [
        (
            "one worker",
            rounds
                .iter()
                .map(|(one, _)| &one.latencies)
                .collect::<Vec<_>>(),
        ),
        (
            "two workers",
            rounds.iter().map(|(_, two)| &two.latencies).collect(),
        ),
    ] {
        report(
            &format!("median wait, {label}"),
            "ms",
            &Stats::of(latencies.iter().map(|l| l.median())),
        );
        report(
            &format!("p99 wait, {label}"),
            "ms",
            &Stats::of(latencies.iter().map(|l| l.quantile(0.99))),
        );
        let tails = latencies.iter().map(|l| l.quantile(0.99) / l.median());
        report(&format!("p99 / median, {label}"), "x", &Stats::of(tails));
    }
}

struct Round {
    rate: f64,
    latencies: Stats,
}

fn round(server: &Server) -> Round {
    let request = refresh("REFRESH_TOKEN");
    let begin = Instant::now();
    let waits: Vec<f64> = thread::scope(|scope| {
        let clients: Vec<_> = (0..CONNECTIONS)
            .map(|_| {
                scope.spawn(|| {
                    let mut connection = Connection::open(server.address);
                    let mut waits = Vec::new();
                    while begin.elapsed() < ROUND {
                        let sent = Instant::now();
                        connection.exchange(&request);
                        waits.push(sent.elapsed().as_secs_f64() * 1000.0);
                    }
                    waits
                })
            })
            .collect();
        clients
            .into_iter()
            .flat_map(|client| client.join().expect("a client"))
            .collect()
    });
    #[expect(clippy::cast_precision_loss)]
    let answered = waits.len() as f64;
    Round {
        rate: answered / begin.elapsed().as_secs_f64(),
        latencies: Stats::of(waits),
    }
}
