//! What the journal knows while a request is being answered, and of requests that no handler answers.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use oauth_mimic::{
    AdviceCode, Client, Endpoint, Exchange, Expectation, Fault, FaultKind, Filter, Mimic, Outcome,
    RefreshPolicy, Rule, TokenServer, User,
};
use serde_json::json;

use crate::drive::{Plane, fetch, frozen, post_form, refresh, refresh_as, request};
use crate::support::{encoded, exchange, send, token_request};

/// Longer than any wait takes, shorter than a test may hang.
const PATIENCE: Duration = Duration::from_secs(20);

#[track_caller]
pub(crate) fn wait_until_pending(mimic: &Mimic) {
    let pending = Filter::token_requests().outcome(Outcome::Pending);
    mimic.wait_for(&pending, 1, PATIENCE);
}

#[track_caller]
fn last(mimic: &Mimic) -> Exchange {
    mimic.requests().pop().expect("a request")
}

#[test]
fn a_request_is_in_the_journal_as_soon_as_it_arrives() {
    let server = frozen();
    let plane = Plane::of(&server);
    let mut stream = plane.stream("/requests/stream?client_id=client-default");
    server.fail_next(1, Fault::delay(Duration::from_millis(500)));
    let filter = Filter::token_requests()
        .client("client-default")
        .scope("email")
        .outcome(Outcome::Pending);
    thread::scope(|scope| {
        let slow = scope.spawn(|| refresh(&server, "REFRESH_TOKEN", "&scope=email"));
        let seen = server.wait_for(&filter, 1, PATIENCE);
        assert_eq!((seen[0].number, seen[0].status), (1, 0));
        server.verify(&Expectation::exactly(filter.clone(), 1));
        assert_eq!(plane.list("/requests?outcome=pending")[0]["number"], 1);
        stream.until("event: request\n");
        // A second request arrives later and is answered earlier.
        fetch(&server.jwks_url());
        let outcomes = server
            .requests()
            .into_iter()
            .map(|exchange| exchange.outcome);
        assert_eq!(
            outcomes.collect::<Vec<_>>(),
            [Outcome::Pending, Outcome::Answered]
        );
        assert_eq!(slow.join().expect("an answer").status, 200);
    });
    server.verify(&Expectation::exactly(filter, 0));
    assert_eq!(server.requests()[0].outcome, Outcome::Issued);
    server.verify(&Expectation::in_order([
        Filter::token_requests(),
        Filter::endpoint(Endpoint::Jwks),
    ]));
    // One entry under one number is sent twice.
    stream.until("event: completed\n");
    stream.until("\"outcome\":\"issued\"");
    let events = stream.events();
    let numbers: Vec<_> = events.iter().map(|event| event["number"].clone()).collect();
    assert_eq!(numbers, [json!(1), json!(1)]);
}

#[test]
fn a_request_whose_client_resets_the_connection_is_abandoned() {
    let server = frozen();
    server.fail_next(1, Fault::delay(Duration::from_secs(600)));
    let form =
        "grant_type=refresh_token&refresh_token=PUBLIC_REFRESH_TOKEN&client_id=client-public";
    let address = server.address();
    let path = server.token_url().replace(server.base_url(), "");
    let mut socket = TcpStream::connect(address).expect("the server listens");
    // The first answer is never read, so closing the socket resets the connection.
    let requests = format!(
        "GET /nothing HTTP/1.1\r\nHost: {address}\r\n\r\n\
         POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\n{form}",
        form.len()
    );
    socket.write_all(requests.as_bytes()).expect("it is sent");
    wait_until_pending(&server);
    socket.peek(&mut [0]).expect("the first answer");
    drop(socket);
    let abandoned = Filter::token_requests().outcome(Outcome::Abandoned);
    let seen = server.wait_for(&abandoned, 1, PATIENCE);
    assert_eq!(seen[0].client_id.as_deref(), Some("client-public"));
    assert_eq!((seen[0].status, seen[0].number), (0, 2));
    assert!(seen[0].duration_ms > 0.0, "{:?}", seen[0]);
}

#[test]
fn a_request_is_pending_while_its_answer_drips_and_abandoned_if_the_client_leaves() {
    let server = frozen();
    // At this rate the body takes more than ten seconds.
    server.fail_next(1, Fault::drip(100));
    let form =
        "grant_type=refresh_token&refresh_token=PUBLIC_REFRESH_TOKEN&client_id=client-public";
    let mut socket = TcpStream::connect(server.address()).expect("the server listens");
    let request = token_request(&server, None, form);
    socket.write_all(&request).expect("it is sent");
    socket.read_exact(&mut [0; 12]).expect("a status line");
    assert_eq!(last(&server).outcome, Outcome::Pending);
    drop(socket);
    let abandoned = Filter::token_requests().outcome(Outcome::Abandoned);
    let seen = server.wait_for(&abandoned, 1, PATIENCE);
    assert_eq!(seen[0].faults, [FaultKind::Drip]);
    // What was on its way is recorded: a refresh token that rotates is spent.
    assert_eq!(seen[0].status, 200);
    assert!(seen[0].issued.is_some(), "{:?}", seen[0]);
}

#[test]
fn preflights_refused_expectations_and_unknown_sandboxes_are_in_the_journal() {
    let server = TokenServer::start();
    let sandbox = server.sandbox();
    let preflight = "Origin: https://app.example\r\nAccess-Control-Request-Method: POST\r\n";
    request("OPTIONS", &sandbox.token_url(), preflight, "");
    let entered = last(&sandbox);
    assert_eq!((entered.method.as_str(), entered.status), ("OPTIONS", 204));
    let address = server.address();
    let path = sandbox
        .token_url()
        .replace(&format!("http://{address}"), "");
    let expecting = format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nExpect: 100-continue\r\nContent-Length: 100000\r\n\r\n"
    );
    let answer = send(address, expecting.as_bytes());
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    let refused = answer.status;
    let entered = last(&sandbox);
    assert_eq!(
        (entered.endpoint, entered.status),
        (Endpoint::Token, refused)
    );
    assert_eq!(server.requests(), []);
    fetch(&format!("{}/s/gone/connect/oauth/token", server.base_url()));
    let entered = last(&server);
    assert_eq!((entered.endpoint, entered.status), (Endpoint::Unknown, 404));
}

#[test]
fn the_control_plane_invites_a_body_that_is_too_large_for_the_protocol() {
    let server = TokenServer::start();
    let address = server.address();
    let mut user = json!({ "sub": "large", "claims": { "a": "x".repeat(70_000) } }).to_string();
    user.push(' ');
    let head = format!(
        "PUT /_mimic/users/large HTTP/1.1\r\nHost: {address}\r\nExpect: 100-continue\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        user.len()
    );
    let answers = exchange(address, format!("{head}{user}").as_bytes(), 2);
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [100, 201], "{answers:?}");
}

#[test]
fn a_request_to_nowhere_ends_its_connection_because_its_body_is_not_read() {
    let server = TokenServer::start();
    let address = server.address();
    let request = format!("POST /nowhere HTTP/1.1\r\nHost: {address}\r\nContent-Length: 5\r\n\r\n");
    let answer = send(address, request.as_bytes());
    assert_eq!(answer.status, 404);
    assert_eq!(answer.header("connection"), Some("close"));
}

#[test]
fn a_refused_expectation_is_answered_in_the_dialect_of_its_sandbox() {
    let server = TokenServer::start();
    let fixtures = json!({ "fixtures": {
        "error_dialect": "spring",
        "clients": [{ "client_id": "a" }],
        "users": [{ "sub": "b" }],
    } });
    let made = Plane::of(&server).post("/sandboxes", &fixtures);
    let address = server.address();
    let refused = |base_url: &str| {
        let path = base_url.replace(&format!("http://{address}"), "");
        let request = format!(
            "POST {path}/connect/oauth/token HTTP/1.1\r\nHost: {address}\r\nExpect: 100-continue\r\n\
             Content-Length: 100000\r\n\r\n"
        );
        send(address, request.as_bytes())
    };
    let (spring, rfc) = (
        refused(&made.member("base_url")),
        refused(server.base_url()),
    );
    assert_eq!(rfc.error(), "invalid_request");
    assert_ne!(spring.body, rfc.body, "{spring:?}");
}

#[test]
fn what_the_journal_forgot_cannot_be_verified() {
    let token = Filter::token_requests;
    let verified = |server: &TokenServer, expectation: &Expectation| -> String {
        let answer = Plane::of(server).post("/verify", &json!(expectation));
        match answer.status {
            200 => "verified".to_owned(),
            409 => answer.member("detail"),
            _ => panic!("{answer:?}"),
        }
    };
    for kept in [0, 5] {
        let server = TokenServer::builder().journal(kept).start();
        let nothing = Expectation::exactly(token(), 0);
        assert_eq!(
            verified(&server, &nothing),
            "verified",
            "nothing is forgotten yet"
        );
        for _ in 0..8 {
            fetch(&server.token_url());
        }
        let words = format!("the journal forgot {} exchanges", 8 - kept);
        for expectation in [
            Expectation::exactly(token(), kept),
            Expectation::at_most(token(), 8),
            Expectation::no_advice(Filter::endpoint(Endpoint::Jwks)),
            Expectation::at_least(token(), kept + 1),
        ] {
            let report = verified(&server, &expectation);
            assert!(report.contains(&words), "{expectation:?}: {report}");
        }
        let enough = Expectation::at_least(token(), kept);
        assert_eq!(verified(&server, &enough), "verified");
        Plane::of(&server).delete("/requests");
        assert_eq!(
            verified(&server, &nothing),
            "verified",
            "an emptied journal begins anew"
        );
    }
}

#[test]
fn long_and_strange_client_ids_scopes_and_grant_types_are_found() {
    let google = format!("{}.apps.googleusercontent.com", "7".repeat(45));
    let scope: Vec<String> = (0..40).map(|n| format!("scope-{n}")).collect();
    let scope = scope.join(" ");
    for client_id in [google.as_str(), "100%", "a\"b", "back\\slash"] {
        let server = TokenServer::builder()
            .client(Client::confidential(client_id, "s3cret").scope(&scope))
            .user(User::new("alice"))
            .start();
        let token = server.mint().client(client_id).refresh_token();
        let form = format!(
            "grant_type=refresh_token&client_id={}&client_secret=s3cret&refresh_token={token}&scope={}",
            encoded(client_id),
            encoded(&scope)
        );
        assert_eq!(post_form(&server.token_url(), None, &form).status, 200);
        let filter = Filter::any().client(client_id).scope(&scope);
        server.verify(&Expectation::exactly(filter, 1));
        let query = format!("/requests?client_id={}", encoded(client_id));
        assert_eq!(Plane::of(&server).list(&query)[0]["client_id"], client_id);
        // A rule compares the whole text, too.
        let grant = format!("urn:example:{}", "g".repeat(100));
        let rule = Rule::on(Endpoint::Token, Fault::status(418)).grant_type(&grant);
        server.faults().add(rule);
        let form = form.replace("grant_type=refresh_token", &format!("grant_type={grant}"));
        assert_eq!(post_form(&server.token_url(), None, &form).status, 418);
        server.verify(&Expectation::exactly(Filter::any().grant(&grant), 1));
    }
}

#[test]
fn an_unknown_name_in_a_filter_is_an_error_that_lists_the_known_ones() {
    let server = frozen();
    let plane = Plane::of(&server);
    for (member, known) in [
        ("outcome", "`pending`"),
        ("advice", "`refresh_race`"),
        ("fault", "`lost_response`"),
        ("endpoint", "`jwks`"),
        ("auth_method", "`client_secret_basic`"),
        ("refusal", "`secret_wrong`"),
    ] {
        let filter = json!({ "filter": { member: "nonsense" }, "exactly": 0 });
        for answer in [
            plane.get(&format!("/requests?{member}=nonsense")),
            plane.post("/verify", &filter),
        ] {
            assert_eq!(answer.status, 400, "{member}");
            assert!(answer.member("detail").contains(known), "{}", answer.text());
        }
    }
}

#[test]
fn two_requests_with_one_token_are_a_race_only_if_they_overlap() {
    let client = |id: &str, policy| {
        Client::confidential(id, format!("{id}-secret"))
            .scope("openid")
            .refresh(policy)
    };
    let server = TokenServer::builder()
        .client(client("reissuing", RefreshPolicy::Reissue))
        .client(client("rotating", RefreshPolicy::Rotate))
        .user(User::new("alice"))
        .start();
    for client_id in ["reissuing", "rotating"] {
        Plane::of(&server).delete("/requests");
        let token = server.mint().client(client_id).refresh_token();
        server.fail_next(1, Fault::delay(Duration::from_millis(300)));
        thread::scope(|scope| {
            let slow = scope.spawn(|| refresh_as(&server, client_id, &token, ""));
            wait_until_pending(&server);
            assert_eq!(refresh_as(&server, client_id, &token, "").status, 200);
            slow.join().expect("an answer");
        });
        refresh_as(&server, client_id, &token, "");
        let codes: Vec<Vec<AdviceCode>> = server
            .requests()
            .iter()
            .map(|exchange| exchange.advice.iter().map(|advice| advice.code).collect())
            .collect();
        let (race, replay) = (AdviceCode::RefreshRace, AdviceCode::RefreshReplay);
        assert_eq!(codes, [vec![race], vec![], vec![replay]], "{client_id}");
    }
}

#[tokio::test]
async fn a_wait_in_an_async_test_lets_the_client_on_its_thread_run() {
    let server = TokenServer::start();
    let waiting = server.wait_for_async(&Filter::any(), 1, PATIENCE);
    // On this thread, only after the wait has begun.
    let client = async {
        let url = server.jwks_url();
        fetch(&url)
    };
    let (seen, answer) = tokio::join!(waiting, client);
    assert_eq!((seen.len(), answer.status), (1, 200));
}

#[test]
fn a_wait_and_a_verification_without_a_runtime_see_the_same() {
    let server = TokenServer::start();
    fetch(&server.jwks_url());
    let filter = Filter::endpoint(Endpoint::Jwks).outcome(Outcome::Answered);
    assert_eq!(server.wait_for(&filter, 1, PATIENCE), server.requests());
}
