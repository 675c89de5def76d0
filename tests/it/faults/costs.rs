//! What a fault costs: whether it spends the refresh token, and when its rule counts.

use std::io::ErrorKind;

use oauth_mimic::{Client, Fault, FaultKind, Outcome, RefreshPolicy, TokenServer, User};
use serde_json::{Value, json};

use crate::faults::{assert_no_answer, by_http, once, raw, request_to};
use crate::support::{basic, encoded, send, token_request};

fn rotating() -> TokenServer {
    TokenServer::builder()
        .client(
            Client::confidential("app", "s3cret")
                .scope("openid")
                .refresh(RefreshPolicy::Rotate),
        )
        .user(User::new("alice"))
        .start()
}

fn rotate(server: &TokenServer, secret: &str, token: &str) -> Vec<u8> {
    let form = format!("grant_type=refresh_token&refresh_token={}", encoded(token));
    token_request(server, Some(&basic("app", secret)), &form)
}

/// Every kind of fault at the token endpoint, and whether a refresh token that rotates is spent by it.
fn costs() -> [(Value, bool); 13] {
    [
        // The answer not given: nothing happened.
        (json!({ "kind": "error", "error": "server_error" }), false),
        (json!({ "kind": "status", "status": 503 }), false),
        (json!({ "kind": "gateway_page" }), false),
        (json!({ "kind": "close" }), false),
        (json!({ "kind": "reset" }), false),
        // It is lost on the way: everything happened.
        (json!({ "kind": "lost_response" }), true),
        // The right answer, late, in pieces or in part; or a wrong one.
        (json!({ "kind": "delay", "seconds": 0.01 }), true),
        (json!({ "kind": "drip", "bytes_per_second": 100_000 }), true),
        (json!({ "kind": "truncate", "bytes": 10 }), true),
        (json!({ "kind": "malformed" }), true),
        (
            json!({ "kind": "content_type", "content_type": "text/html" }),
            true,
        ),
        (json!({ "kind": "answer", "remove": ["scope"] }), true),
        (
            json!({ "kind": "token", "defect": { "kind": "expired" } }),
            true,
        ),
    ]
}

#[test]
fn a_token_is_spent_where_tokens_were_issued_and_nowhere_else() {
    for (fault, spends) in costs() {
        let server = rotating();
        let token = server.mint().refresh_token();
        once(by_http, &server, "token", &fault);
        raw(
            "fault",
            server.address(),
            &rotate(&server, "s3cret", &token),
        );
        let outcome = server.requests()[0].outcome;
        assert_eq!(outcome == Outcome::Issued, spends, "{fault}: {outcome}");
        let again = send(server.address(), &rotate(&server, "s3cret", &token));
        let expected = if spends { "invalid_grant" } else { "" };
        assert_eq!(again.error(), expected, "{fault}: {}", again.text());
    }
}

#[test]
fn a_refused_request_costs_nothing_under_any_fault() {
    for (fault, _) in costs() {
        let server = rotating();
        let token = server.mint().refresh_token();
        once(by_http, &server, "token", &fault);
        raw(
            "refused",
            server.address(),
            &rotate(&server, "wrong", &token),
        );
        // A broken token waits for a request that issues one.
        let left = u64::from(fault["kind"] == "token");
        assert_eq!(server.faults().list()[0].times_left, Some(left), "{fault}");
        let again = send(server.address(), &rotate(&server, "s3cret", &token));
        assert_eq!(again.status, 200, "{fault}: {}", again.text());
        assert_eq!(server.faults().list()[0].times_left, Some(0), "{fault}");
    }
}

/// The last of these faults can do nothing to the first request, which gets those that are listed, and is done to the second.
#[track_caller]
fn assert_last_waits(
    endpoint: &str,
    faults: &[Value],
    listed: &[FaultKind],
    requests: [fn(&TokenServer) -> Vec<u8>; 2],
) {
    let (server, case) = (TokenServer::start(), format!("{faults:?}"));
    for fault in faults {
        once(by_http, &server, endpoint, fault);
    }
    let last = serde_json::from_value::<Fault>(faults[faults.len() - 1].clone());
    let last = [last.expect("a fault").kind()];
    let left = || server.faults().list().pop().expect("a rule").times_left;
    for (index, (request, done, still)) in [(requests[0], listed, 1), (requests[1], &last, 0)]
        .into_iter()
        .enumerate()
    {
        raw(&case, server.address(), &request(&server));
        assert_eq!(server.requests()[index].faults, done, "{case}");
        assert_eq!(left(), Some(still), "{case}");
    }
}

fn refresh(server: &TokenServer, more: &str) -> Vec<u8> {
    let form = format!("grant_type=refresh_token&refresh_token=REFRESH_TOKEN{more}");
    let authorization = basic("client-default", "client-default-secret");
    token_request(server, Some(&authorization), &form)
}

#[test]
fn a_broken_token_waits_for_a_request_that_issues_one() {
    let broken =
        |token: &str| json!({ "kind": "token", "token": token, "defect": { "kind": "expired" } });
    for (token, refused) in [
        (
            "access_token",
            (|s| refresh(s, "&scope=admin")) as fn(&TokenServer) -> Vec<u8>,
        ),
        // This scope has no ID token.
        ("id_token", |s| refresh(s, "&scope=email")),
    ] {
        assert_last_waits(
            "token",
            &[broken(token)],
            &[],
            [refused, |s| refresh(s, "")],
        );
    }
}

#[test]
fn wrong_keys_wait_for_a_request_that_keys_answer() {
    let keys = json!({ "kind": "keys", "keys": "empty" });
    let delete = |server: &TokenServer| {
        let request = String::from_utf8(request_to(server, "jwks")).expect("text");
        request.replacen("GET", "DELETE", 1).into_bytes()
    };
    assert_last_waits("jwks", &[keys], &[], [delete, |s| request_to(s, "jwks")]);
}

#[test]
fn a_change_of_the_answer_waits_for_an_answer() {
    let plain = |server: &TokenServer| refresh(server, "");
    for (kind, listed) in [
        ("close", FaultKind::Close),
        ("reset", FaultKind::Reset),
        ("lost_response", FaultKind::LostResponse),
    ] {
        for changed in [
            json!({ "kind": "drip", "bytes_per_second": 100_000 }),
            json!({ "kind": "content_type", "content_type": "text/x-odd" }),
        ] {
            let faults = [json!({ "kind": kind }), changed];
            assert_last_waits("token", &faults, &[listed], [plain, plain]);
        }
    }
}

#[test]
fn after_a_lost_response_the_retry_is_a_replay_and_revokes_the_family() {
    for profile in oauth_mimic::profiles() {
        let server = TokenServer::builder()
            .profile(profile)
            .client(
                Client::confidential("app", "s3cret")
                    .scope("openid")
                    .refresh(RefreshPolicy::Rotate),
            )
            .user(User::new("alice"))
            .start();
        let first = server.mint().refresh_token();
        let second =
            send(server.address(), &rotate(&server, "s3cret", &first)).member("refresh_token");
        server.fail_next(1, Fault::LostResponse);
        let lost = raw(
            profile,
            server.address(),
            &rotate(&server, "s3cret", &second),
        );
        assert_no_answer(&lost, Some(ErrorKind::ConnectionReset));
        let journal = server.requests();
        let exchange = journal.last().expect("a request");
        assert_eq!((exchange.status, exchange.outcome), (0, Outcome::Issued));
        assert!(exchange.issued.is_some(), "{profile}: tokens nobody saw");

        let retry = send(server.address(), &rotate(&server, "s3cret", &second));
        assert_eq!(
            (retry.status, retry.error().as_str()),
            (400, "invalid_grant")
        );
        let words = retry.member("error_description");
        assert!(words.contains("used before"), "{profile}: {words}");
        // Nothing of that family is good any more; another login is.
        let revoked = send(server.address(), &rotate(&server, "s3cret", &second));
        let words = revoked.member("error_description");
        assert!(words.contains("revoked"), "{profile}: {words}");
        let other = server.mint().refresh_token();
        assert_eq!(
            send(server.address(), &rotate(&server, "s3cret", &other)).status,
            200
        );
    }
}
