//! Processor time of a code flow, from the authorization request to the tokens, against that of its four signatures.
//!
//! With the response type `code id_token`, the authorization response has an ID token, and the code gets three tokens more.

use crate::child::{Server, own_cpu_nanoseconds};
use crate::client::{Connection, member, post};
use crate::reference::{sign, signing_input, signing_inputs, signing_key};
use crate::refreshing::{UNDER_WAY, each};
use crate::stats::{Stats, report, report_ratio};

const ROUNDS: usize = 24;
/// The flows of a round.
const FLOWS: usize = 180;
const CALLBACK: &str = "http://localhost:3000/callback";
/// `web:web-secret`
const CREDENTIALS: &str = "d2ViOndlYi1zZWNyZXQ=";

pub(crate) fn run() {
    println!(
        "flow: processor time of a code flow and of its four signatures, one thread, by turns"
    );
    let arguments = ["--workers", "1", "--log", "off", "--profile", "standard"];
    let server = Server::mimic(&[&arguments[..], &["--auto-login"]].concat());
    let mut connections: Vec<Connection> = (0..UNDER_WAY)
        .map(|_| Connection::open(server.address))
        .collect();
    let (id_token, answer) = flow(&mut connections[..1]).remove(0);
    let mut inputs = vec![signing_input(&id_token)];
    inputs.extend(signing_inputs(&answer));
    let key = signing_key();
    let (mut flows, mut signatures) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let mut measure_flows = || {
            flows.push(each(
                || server.cpu_nanoseconds(),
                FLOWS,
                || flow(&mut connections).len(),
            ));
        };
        let mut measure_signatures = || {
            signatures.push(each(own_cpu_nanoseconds, FLOWS, || {
                for input in &inputs {
                    std::hint::black_box(sign(&key, input));
                }
                1
            }));
        };
        // Each is first in its turn.
        if round % 2 == 0 {
            measure_flows();
            measure_signatures();
        } else {
            measure_signatures();
            measure_flows();
        }
    }
    let label = "four RS256 signatures by aws-lc-rs, key parsed once";
    report(label, "us", &Stats::of(signatures.iter().copied()));
    report(
        "one flow of two requests, without a log",
        "us",
        &Stats::of(flows.iter().copied()),
    );
    report_ratio("  of the signatures", &flows, &signatures);
}

/// Carries out a flow on each connection. Returns the ID tokens of the authorization responses, and the token responses.
fn flow(connections: &mut [Connection]) -> Vec<(String, Vec<u8>)> {
    let request = format!(
        "GET /oauth2/authorize?response_type=code%20id_token&client_id=web&redirect_uri={CALLBACK}\
         &scope=openid%20email&nonce=n&state=s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    );
    for connection in connections.iter_mut() {
        connection.send(request.as_bytes());
    }
    let mut id_tokens = Vec::new();
    for connection in connections.iter_mut() {
        let location = connection.receive_location();
        let parameter = |name: &str| {
            let (_, fragment) = location.split_once('#').expect("a fragment");
            let mut pairs = fragment.split('&').filter_map(|pair| pair.split_once('='));
            let pair = pairs.find(|(held, _)| *held == name);
            pair.expect("a parameter").1.to_owned()
        };
        let code = parameter("code");
        let form = format!("grant_type=authorization_code&code={code}&redirect_uri={CALLBACK}");
        connection.send(&post("/oauth2/token", CREDENTIALS, &form));
        id_tokens.push(parameter("id_token"));
    }
    let connections = connections.iter_mut();
    let answers = connections.map(|connection| connection.receive().to_vec());
    let flows: Vec<_> = id_tokens.into_iter().zip(answers).collect();
    for (_, answer) in &flows {
        debug_assert!(!member(answer, "id_token").is_empty());
    }
    flows
}
