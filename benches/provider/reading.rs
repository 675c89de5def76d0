//! Introspection and userinfo, which verify one signature, against a refresh, which makes three.

use std::time::Instant;

use crate::child::Server;
use crate::client::{Connection, member, post, refresh};
use crate::refreshing::UNDER_WAY;
use crate::stats::{Stats, report, report_ratio};

const ROUNDS: usize = 24;
/// The requests of a round.
const REQUESTS: u32 = 600;
/// `client-default:client-default-secret`
const CREDENTIALS: &str = "Y2xpZW50LWRlZmF1bHQ6Y2xpZW50LWRlZmF1bHQtc2VjcmV0";

/// A kind of request, and what it cost in each round.
struct Kind {
    label: &'static str,
    request: Vec<u8>,
    /// Answers a second.
    rates: Vec<f64>,
    /// Microseconds of processor time of one answer.
    spent: Vec<f64>,
}

pub(crate) fn run() {
    println!(
        "reading: introspection and userinfo against a refresh, one worker, {UNDER_WAY} requests under way, by turns"
    );
    let server = Server::mimic(&["--workers", "1", "--log", "off"]);
    let mut connections: Vec<Connection> = (0..UNDER_WAY)
        .map(|_| Connection::open(server.address))
        .collect();
    let answer = connections[0].exchange(&refresh("REFRESH_TOKEN")).to_vec();
    let token = member(&answer, "access_token");
    let userinfo = format!(
        "GET /connect/oauth/userinfo HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n\r\n"
    );
    let introspection = post(
        "/connect/oauth/introspect",
        CREDENTIALS,
        &format!("token={token}"),
    );
    let kind = |label, request| Kind {
        label,
        request,
        rates: Vec::new(),
        spent: Vec::new(),
    };
    let mut kinds = [
        kind("refreshes", refresh("REFRESH_TOKEN")),
        kind("introspections", introspection),
        kind("userinfo responses", userinfo.into_bytes()),
    ];
    for round in 0..ROUNDS {
        for turn in 0..kinds.len() {
            let count = kinds.len();
            kinds[(round + turn) % count].round(&server, &mut connections);
        }
    }
    let [refreshes, read @ ..] = &kinds;
    for kind in &kinds {
        let rates = Stats::of(kind.rates.iter().copied());
        report(&format!("{} a second", kind.label), "", &rates);
    }
    for kind in read {
        let rate = format!("{} a second / refreshes a second", kind.label);
        report_ratio(&rate, &kind.rates, &refreshes.rates);
        let spent = format!("processor time of {} / of refreshes", kind.label);
        report_ratio(&spent, &kind.spent, &refreshes.spent);
    }
}

impl Kind {
    fn round(&mut self, server: &Server, connections: &mut [Connection]) {
        let (begin, before) = (Instant::now(), server.cpu_nanoseconds());
        let mut done = 0;
        while done < REQUESTS {
            for connection in connections.iter_mut() {
                connection.send(&self.request);
            }
            for connection in connections.iter_mut() {
                connection.receive();
                done += 1;
            }
        }
        self.rates
            .push(f64::from(done) / begin.elapsed().as_secs_f64());
        #[expect(clippy::cast_precision_loss)]
        let spent = (server.cpu_nanoseconds() - before) as f64;
        self.spent.push(spent / f64::from(done) / 1000.0);
    }
}
