//! Faults that take time.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use oauth_mimic::{Endpoint, Fault, Rule, TokenServer};

use crate::faults::{ENDPOINTS, LONG, ask, request_to};

/// Requests to the token endpoint, each on a connection of its own, all of which are being delayed.
fn unanswered(server: &TokenServer, count: u16) -> Vec<TcpStream> {
    let request = request_to(server, "token");
    let waiting = (0..count)
        .map(|_| {
            let mut stream = TcpStream::connect(server.address()).expect("the server listens");
            stream.write_all(&request).expect("the connection is open");
            stream
        })
        .collect();
    while server.faults().list()[0].times_left != Some(0) {
        thread::sleep(Duration::from_millis(1));
    }
    waiting
}

#[track_caller]
fn assert_still_waits(waiting: &[TcpStream]) {
    for stream in waiting {
        stream.set_nonblocking(true).expect("a socket option");
        let still = stream.peek(&mut [0]).map_err(|why| why.kind());
        assert_eq!(still, Err(ErrorKind::WouldBlock), "it still waits");
    }
}

#[test]
fn while_many_wait_the_others_are_served() {
    const COUNT: u16 = 60;
    let server = TokenServer::start();
    server.fail_next(COUNT.into(), Fault::delay(LONG));
    let waiting = unanswered(&server, COUNT);
    for endpoint in ENDPOINTS {
        ask("meanwhile", &server, endpoint).answer();
    }
    assert_still_waits(&waiting);
}

#[test]
fn a_delay_has_jitter() {
    let server = TokenServer::start();
    let fault = Fault::delay(Duration::from_millis(100)).jitter(Duration::from_millis(50));
    server.faults().add(Rule::on(Endpoint::Jwks, fault));
    for case in ["first", "second"] {
        let after = ask(case, &server, "jwks").after;
        assert!(after >= Duration::from_millis(100), "{case}: {after:?}");
    }
}

#[test]
fn a_server_stops_in_the_middle_of_a_long_delay() {
    let server = TokenServer::start();
    server.fail_next(10, Fault::delay(LONG));
    let waiting = unanswered(&server, 10);
    let start = Instant::now();
    drop(server);
    let after = start.elapsed();
    assert!(after < LONG / 2, "the delay is not waited for: {after:?}");
    for mut stream in waiting {
        assert_ne!(stream.read(&mut [0; 1]).ok(), Some(1), "no answer");
    }
}
