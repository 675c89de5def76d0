//! What a seed fixes.

use std::collections::BTreeSet;
use std::thread;

use oauth_mimic::{Clock, Endpoint, Fault, Rule, TokenServer};

use crate::drive::{frozen, refresh};
use crate::support::part;

const THREADS: usize = 8;
const REFRESHES: usize = 25;

fn seeded(workers: usize) -> TokenServer {
    TokenServer::builder()
        .clock(&Clock::frozen(frozen().clock().now()))
        .seed(7)
        .workers(workers)
        .start()
}

/// The ids of the three tokens of one refresh.
fn refreshed(server: &TokenServer) -> Vec<String> {
    let answer = refresh(server, "REFRESH_TOKEN", "");
    assert_eq!(answer.status, 200, "{}", answer.text());
    ["access_token", "refresh_token", "id_token"]
        .iter()
        .map(|name| part(&answer.member(name), 1)["jti"].to_string())
        .collect()
}

#[test]
fn requests_that_run_at_once_draw_the_same_ids_in_two_runs() {
    let run = || -> BTreeSet<Vec<String>> {
        let server = seeded(2);
        thread::scope(|scope| {
            let threads: Vec<_> = (0..THREADS)
                .map(|_| {
                    scope.spawn(|| {
                        (0..REFRESHES)
                            .map(|_| refreshed(&server))
                            .collect::<Vec<_>>()
                    })
                })
                .collect();
            threads
                .into_iter()
                .flat_map(|thread| thread.join().expect("a thread"))
                .collect()
        })
    };
    let first = run();
    assert_eq!(first.len(), THREADS * REFRESHES);
    assert_eq!(first, run());
}

#[test]
fn a_rule_that_draws_does_not_change_the_ids() {
    let (plain, ruled) = (seeded(1), seeded(1));
    let rule = Rule::on(Endpoint::Token, Fault::status(503)).probability(0.000_001);
    ruled.faults().add(rule);
    for _ in 0..3 {
        assert_eq!(refreshed(&plain), refreshed(&ruled));
    }
}
