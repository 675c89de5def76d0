//! Servers that are asked to refresh by turns, and the processor time of each refresh.

use crate::child::Server;
use crate::client::{Connection, member, refresh};
use crate::stats::Stats;

/// The refreshes of a round.
pub(crate) const REFRESHES: usize = 240;
/// Requests under way at once, so that the server is at work and not asleep between them: going to sleep and waking up
/// is a cost of idling, not of a refresh.
pub(crate) const UNDER_WAY: usize = 6;

/// Measures a round of each server. Each is first in its turn: a processor's speed drifts within a round, too.
pub(crate) fn take_turns(servers: &mut [Refreshing], round: usize) {
    let count = servers.len();
    for turn in 0..count {
        servers[(round + turn) % count].round();
    }
}

/// A server that is asked to refresh, and what each refresh cost it.
pub(crate) struct Refreshing {
    /// Whether the refresh token is named in the fixtures or a signed one, whose signature is verified each time.
    pub(crate) token: &'static str,
    pub(crate) label: &'static str,
    pub(crate) server: Server,
    connections: Vec<Connection>,
    request: Vec<u8>,
    /// The body of an answer.
    pub(crate) answer: Vec<u8>,
    /// Microseconds of one refresh, by round.
    pub(crate) spent: Vec<f64>,
    /// Those of them that the kernel spent: inexact for one round, because the kernel counts in units of 10 ms.
    pub(crate) spent_in_kernel: Vec<f64>,
}

impl Refreshing {
    pub(crate) fn named(label: &'static str, server: Server) -> Self {
        let mut refreshing = Self::presented(label, server);
        refreshing.token = "named";
        refreshing.request = refresh("REFRESH_TOKEN");
        refreshing
    }

    pub(crate) fn presented(label: &'static str, server: Server) -> Self {
        let mut connections: Vec<Connection> = (0..UNDER_WAY)
            .map(|_| Connection::open(server.address))
            .collect();
        let answer = connections[0].exchange(&refresh("REFRESH_TOKEN")).to_vec();
        let request = refresh(&member(&answer, "refresh_token"));
        Self {
            token: "signed",
            label,
            server,
            connections,
            request,
            answer,
            spent: Vec::new(),
            spent_in_kernel: Vec::new(),
        }
    }

    pub(crate) fn round(&mut self) {
        let (server, connections, request) = (&self.server, &mut self.connections, &self.request);
        let kernel = server.kernel_nanoseconds();
        let spent = each(
            || server.cpu_nanoseconds(),
            REFRESHES,
            || {
                for connection in connections.iter_mut() {
                    connection.send(request);
                }
                for connection in connections.iter_mut() {
                    connection.receive();
                }
                UNDER_WAY
            },
        );
        self.spent.push(spent);
        #[expect(clippy::cast_precision_loss)]
        let in_kernel = (server.kernel_nanoseconds() - kernel) as f64 / REFRESHES as f64;
        self.spent_in_kernel.push(in_kernel / 1000.0);
    }

    /// What it cost against something else, round by round.
    pub(crate) fn against(&self, others: &[f64]) -> Stats {
        Stats::of(
            self.spent
                .iter()
                .zip(others)
                .map(|(own, other)| own / other),
        )
    }
}

/// Microseconds of processor time of one of at least `least` things; each call does as many as it answers.
pub(crate) fn each(clock: impl Fn() -> u64, least: usize, mut call: impl FnMut() -> usize) -> f64 {
    let before = clock();
    let mut done = 0;
    while done < least {
        done += call();
    }
    #[expect(clippy::cast_precision_loss)]
    let (spent, done) = ((clock() - before) as f64, done as f64);
    spent / done / 1000.0
}
