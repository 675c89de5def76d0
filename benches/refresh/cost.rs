//! Processor time of a refresh against that of its three signatures.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use base64::Engine as _;

use crate::child::{Server, own_cpu_nanoseconds};
use crate::refreshing::{REFRESHES, Refreshing, each, take_turns};
use crate::stats::{Stats, report};

const ROUNDS: usize = 24;

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
        take_turns(&mut servers, round);
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
