//! Processor time of a refresh against that of its three signatures, and against the least that actix-web does.

use crate::child::{Server, own_cpu_nanoseconds};
use crate::reference::{self, sign, signing_key};
use crate::refreshing::{REFRESHES, Refreshing, each, take_turns};
use crate::stats::{Stats, report, report_ratio};

const ROUNDS: usize = 24;

pub(crate) fn run() {
    println!("cost: processor time of a refresh and of its three signatures, one thread, by turns");
    println!("  each ratio: ratio of the medians, then median of the ratios of the rounds");
    let quiet = ["--workers", "1", "--log", "off"];
    let named = Refreshing::named("without a log", Server::mimic(&quiet));
    let answer = named.answer.clone();
    let mut servers = vec![
        named,
        Refreshing::presented("without a log", Server::mimic(&quiet)),
        Refreshing::named(
            "with the log of one line a request",
            Server::mimic(&["--workers", "1"]),
        ),
        Refreshing::named(
            "without log and journal",
            Server::mimic(&[&quiet[..], &["--journal", "0"]].concat()),
        ),
        Refreshing::named("by bare actix-web", reference::start(&answer)),
    ];
    if let Ok(baseline) = std::env::var("BASELINE") {
        servers.push(Refreshing::named(
            "by the baseline, without a log",
            Server::program(&baseline, &quiet),
        ));
        servers.push(Refreshing::presented(
            "by the baseline, without a log",
            Server::program(&baseline, &quiet),
        ));
    }
    let key = signing_key();
    let inputs = reference::signing_inputs(&answer);
    let mut signatures = Vec::new();
    for round in 0..ROUNDS {
        take_turns(&mut servers, round);
        signatures.push(each(own_cpu_nanoseconds, REFRESHES, || {
            for input in &inputs {
                std::hint::black_box(sign(&key, input));
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
        let kernel = Stats::of(server.spent_in_kernel.iter().copied());
        println!("    of them in the kernel: {:.0} us", kernel.mean());
        report_ratio("  of the signatures", &server.spent, &signatures);
        report_ratio("  of bare actix-web", &server.spent, &servers[4].spent);
    }
    let [named, presented, _, unrecorded, _, baseline @ ..] = &servers[..] else {
        return;
    };
    report_ratio("journal on / off", &named.spent, &unrecorded.spent);
    if let [baseline_named, baseline_presented] = baseline {
        report_ratio(
            "this / baseline, named",
            &named.spent,
            &baseline_named.spent,
        );
        report_ratio(
            "this / baseline, signed",
            &presented.spent,
            &baseline_presented.spent,
        );
    }
}
