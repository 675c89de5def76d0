//! Processor time of a refresh against that of its three signatures.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use base64::Engine as _;

use crate::child::{Server, own_cpu_nanoseconds};
use crate::client::{Connection, member, refresh};
use crate::stats::{Stats, report};

const ROUNDS: usize = 24;
const REFRESHES: usize = 240;
/// Requests under way at once, so that the server is at work and not asleep between them: going to sleep and waking up
/// is a cost of idling, not of a refresh.
const UNDER_WAY: usize = 6;

pub(crate) fn run() {
    println!("cost: processor time of a refresh and of its three signatures, one thread, by turns");
    let quiet = ["--workers", "1", "--log", "off"];
    let mut servers = vec![
        Refreshing::named("without a log", Server::mimic(&quiet)),
        Refreshing::presented("without a log", Server::mimic(&quiet)),
        Refreshing::named(
            "with the log of one line a request",
            Server::mimic(&["--workers", "1"]),
        ),
        Refreshing::named(
            "without log and journal",
            Server::mimic(&[&quiet[..], &["--journal", "0"]].concat()),
        ),
    ];
    if let Ok(baseline) = std::env::var("BASELINE") {
        servers.push(Refreshing::named(
            "by the baseline, without a log",
            Server::program(&baseline, &quiet),
        ));
    }
    let key = signing_key();
    let inputs = servers[0].signing_inputs.clone();
    let mut signatures = Vec::new();
    for round in 0..ROUNDS {
        // Each in its turn first: a processor's speed drifts within a round, too.
        let count = servers.len();
        for turn in 0..count {
            servers[(round + turn) % count].round();
        }
        signatures.push(each(own_cpu_nanoseconds, REFRESHES, || {
            for input in &inputs {
                let mut signature = [0; 256];
                key.sign(
                    &RSA_PKCS1_SHA256,
                    &SystemRandom::new(),
                    input.as_bytes(),
                    &mut signature,
                )
                .expect("a signature");
                std::hint::black_box(signature);
            }
            1
        }));
    }
    let label = "three RS256 signatures by aws-lc-rs, key parsed once";
    report(label, "us", &Stats::of(signatures.iter().copied()));
    for server in &servers {
        report(
            &format!(
                "one refresh with a {} token, {}",
                server.token, server.label
            ),
            "us",
            &Stats::of(server.spent.iter().copied()),
        );
        report("  of the signatures", "x", &server.against(&signatures));
    }
    report(
        "journal on / off",
        "x",
        &servers[0].against(&servers[3].spent),
    );
    if let Some(baseline) = servers.get(4) {
        report("this / baseline", "x", &servers[0].against(&baseline.spent));
    }
}

/// A server that is asked to refresh, and what each refresh cost it.
struct Refreshing {
    /// Whether the refresh token is named in the fixtures or a signed one, whose signature is verified each time.
    token: &'static str,
    label: &'static str,
    server: Server,
    connections: Vec<Connection>,
    request: Vec<u8>,
    /// What the three signatures of an answer are over.
    signing_inputs: [String; 3],
    /// Microseconds of one refresh, by round.
    spent: Vec<f64>,
}

impl Refreshing {
    fn named(label: &'static str, server: Server) -> Self {
        let mut refreshing = Self::presented(label, server);
        refreshing.token = "named";
        refreshing.request = refresh("REFRESH_TOKEN");
        refreshing
    }

    fn presented(label: &'static str, server: Server) -> Self {
        let mut connections: Vec<Connection> = (0..UNDER_WAY)
            .map(|_| Connection::open(server.address))
            .collect();
        let answer = connections[0].exchange(&refresh("REFRESH_TOKEN")).to_vec();
        let signing_inputs = ["access_token", "refresh_token", "id_token"].map(|name| {
            let token = member(&answer, name);
            token.rsplit_once('.').expect("a signed token").0.to_owned()
        });
        let request = refresh(&member(&answer, "refresh_token"));
        Self {
            token: "signed",
            label,
            server,
            connections,
            request,
            signing_inputs,
            spent: Vec::new(),
        }
    }

    fn round(&mut self) {
        let (server, connections, request) = (&self.server, &mut self.connections, &self.request);
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
    }

    /// What it cost against something else, round by round.
    fn against(&self, others: &[f64]) -> Stats {
        Stats::of(
            self.spent
                .iter()
                .zip(others)
                .map(|(own, other)| own / other),
        )
    }
}

/// Microseconds of processor time of one of at least `least` things; each call does as many as it answers.
fn each(clock: impl Fn() -> u64, least: usize, mut call: impl FnMut() -> usize) -> f64 {
    let before = clock();
    let mut done = 0;
    while done < least {
        done += call();
    }
    #[expect(clippy::cast_precision_loss)]
    let (spent, done) = ((clock() - before) as f64, done as f64);
    spent / done / 1000.0
}

fn signing_key() -> KeyPair {
    let pem = include_str!("../../keys/signing.pem");
    let base64: String = pem
        .lines()
        .skip_while(|line| !line.starts_with("-----BEGIN"))
        .filter(|line| !line.starts_with("-----"))
        .collect();
    let der = base64::engine::general_purpose::STANDARD
        .decode(base64)
        .expect("base64");
    KeyPair::from_pkcs8(&der).expect("an RSA key")
}
