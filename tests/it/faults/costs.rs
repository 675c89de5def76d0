//! Whether a fault spends the refresh token.

use std::io::ErrorKind;

use oauth_mimic::{Client, Fault, Outcome, RefreshPolicy, TokenServer, User};
use serde_json::{Value, json};

use crate::faults::{assert_no_answer, by_http, once, raw};
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
        assert_eq!(server.faults().list()[0].times_left, Some(0), "{fault}");
        let again = send(server.address(), &rotate(&server, "s3cret", &token));
        assert_eq!(again.status, 200, "{fault}: {}", again.text());
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
