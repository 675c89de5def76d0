//! Processor time of a refresh against that of its three signatures.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use base64::Engine as _;

use crate::child::{Server, own_cpu_nanoseconds};
use crate::client::{Connection, member, refresh};
use crate::stats::{Stats, report};

const ROUNDS: usize = 15;
const REFRESHES: usize = 300;
/// Requests under way at once, so that the server is at work and not asleep between them: going to sleep and waking up
/// is a cost of idling, not of a refresh.
const UNDER_WAY: usize = 6;

pub(crate) fn run() {
    println!("cost: processor time of a refresh and of its three signatures, one thread, by turns");
    let key = signing_key();
    for (label, log) in [
        ("without a log", "off"),
        ("with the log of one line a request", "pretty"),
    ] {
        let server = Server::mimic(&["--workers", "1", "--log", log]);
        let mut connections: Vec<Connection> = (0..UNDER_WAY)
            .map(|_| Connection::open(server.address))
            .collect();
        let answer = connections[0].exchange(&refresh("REFRESH_TOKEN")).to_vec();
        let inputs = ["access_token", "refresh_token", "id_token"].map(|name| {
            let token = member(&answer, name);
            token.rsplit_once('.').expect("a signed token").0.to_owned()
        });
        // The token that came back, as a client would send it: its signature is verified each time.
        let request = refresh(&member(&answer, "refresh_token"));
        let mut refreshes = Vec::new();
        let mut signatures = Vec::new();
        for _ in 0..ROUNDS {
            refreshes.push(each(
                || server.cpu_nanoseconds(),
                REFRESHES,
                || {
                    for connection in &mut connections {
                        connection.send(&request);
                    }
                    for connection in &mut connections {
                        connection.receive();
                    }
                    UNDER_WAY
                },
            ));
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
        let ratios = Stats::of(
            refreshes
                .iter()
                .zip(&signatures)
                .map(|(refresh, signed)| refresh / signed),
        );
        report(
            &format!("one refresh, {label}"),
            "us",
            &Stats::of(refreshes),
        );
        report(
            "its three RS256 signatures by aws-lc-rs, key parsed once",
            "us",
            &Stats::of(signatures),
        );
        report("refresh / signatures", "x", &ratios);
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
