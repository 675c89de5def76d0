//! The log: one line a request, which says who, what, and why not; and never a secret or a token.

use serde_json::Value;

use crate::support::{Process, Server, basic};

/// What was sent that nobody may read in a log.
struct Sent {
    secrets: Vec<String>,
    requests: usize,
}

/// Sends one request of every kind.
fn everything(server: &Server) -> Sent {
    let good = basic("client-default", "client-default-secret");
    let wrong = basic("client-default", "not-the-secret");
    let issued = server.refresh("REFRESH_TOKEN");
    let (access_token, refresh_token) = (
        issued.member("access_token"),
        issued.member("refresh_token"),
    );
    let id_token = issued.member("id_token");
    let damaged = format!("{}AAAA", &refresh_token[..refresh_token.len() - 4]);
    let form = |token: &str| format!("grant_type=refresh_token&refresh_token={token}");
    let statuses = [
        server.refresh(&refresh_token).status,
        server.refresh(&access_token).status,
        server.refresh(&id_token).status,
        server.refresh(&damaged).status,
        server.refresh("EXPIRED").status,
        server.refresh("a-refresh-token-of-nobody").status,
        server.post(Some(&wrong), &form(&refresh_token)).status,
        server
            .post(
                None,
                &format!(
                    "{}&client_id=client-default&client_secret=in-the-form",
                    form(&refresh_token)
                ),
            )
            .status,
        server
            .post(
                Some(&good),
                "grant_type=password&username=alice&password=hunter2",
            )
            .status,
        server
            .post(Some("Bearer a.bearer.token"), &form(&refresh_token))
            .status,
        server
            .post(
                Some(&good),
                &format!("{}&refresh_token=twice-sent", form(&refresh_token)),
            )
            .status,
        server
            .post(
                Some(&good),
                &format!("{}&scope=openid+admin", form(&refresh_token)),
            )
            .status,
        server
            .get("/connect/oauth/token?client_secret=in-the-query&refresh_token=query-token")
            .status,
        server
            .get("/nowhere?access_token=query-access-token")
            .status,
        server.get("/connect/.well-known/jwks.json").status,
        server.get("/_mimic/health").status,
    ];
    assert_eq!(
        statuses,
        [
            200, 400, 400, 400, 400, 400, 401, 401, 400, 401, 400, 400, 405, 404, 200, 200
        ]
    );
    let mut secrets: Vec<String> = [
        "client-default-secret",
        "not-the-secret",
        "in-the-form",
        "hunter2",
        "a.bearer.token",
        "a-refresh-token-of-nobody",
        "twice-sent",
        "in-the-query",
        "query-token",
        "query-access-token",
        "EXPIRED",
    ]
    .map(str::to_owned)
    .into();
    for header in [good, wrong] {
        secrets.push(header["Basic ".len()..].to_owned());
    }
    for token in [access_token, refresh_token, id_token, damaged] {
        // Not even a part of it.
        secrets.extend(token.split('.').map(str::to_owned));
        secrets.push(token);
    }
    // The headers of all are alike, and short: their content is not secret.
    secrets.retain(|secret| !secret.starts_with("eyJhbGciOi") || secret.contains('.'));
    Sent {
        secrets,
        requests: statuses.len() + 1,
    }
}

/// The log of a server that was sent everything.
#[cfg(unix)]
fn logged(format: &str) -> (String, Sent) {
    let mut server = Server::start(&["--log", format]);
    // The requests to try are printed first; the curl shows the secret of a fixture on purpose; machines get none.
    let before = match format {
        "json" => server.process.printed("\"serving\""),
        "pretty" => server.process.printed("/_mimic/try"),
        _ => String::new(),
    };
    let sent = everything(&server);
    server.process.signal("TERM");
    let outcome = server.process.finish();
    assert_eq!(outcome.code, Some(0));
    (outcome.stderr[before.len()..].to_owned(), sent)
}

#[cfg(unix)]
#[test]
fn neither_log_holds_a_secret_or_a_token() {
    for format in ["pretty", "json", "off"] {
        let (log, sent) = logged(format);
        for secret in &sent.secrets {
            assert!(
                !log.contains(secret),
                "{format}: `{secret}` is in the log:\n{log}"
            );
        }
    }
}

#[cfg(unix)]
/// Rows of the log: the index, message, status, client, grant, error, and the beginning of the reason.
#[rustfmt::skip] // One request, one line.
fn logged_requests() -> [(usize, &'static str, u16, &'static str, &'static str, &'static str, &'static str); 8] {
    const TOKEN: &str = "POST /connect/oauth/token";
    const CLIENT: &str = "client-default";
    [
        (0, TOKEN, 200, CLIENT, "refresh_token", "", ""),
        (2, TOKEN, 400, CLIENT, "refresh_token", "invalid_grant", "this is an access token, not a refresh token"),
        (4, TOKEN, 400, CLIENT, "refresh_token", "invalid_grant", "the signature of the refresh token is wrong: no published key verifies it"),
        (7, TOKEN, 401, CLIENT, "refresh_token", "invalid_client", "the secret of client client-default is wrong"),
        (9, TOKEN, 400, CLIENT, "password", "unsupported_grant_type", "the grant type password is not supported; this server supports refresh_token, client_credentials"),
        (12, TOKEN, 400, CLIENT, "refresh_token", "invalid_scope", "scope admin was requested, but client client-default is registered for openid email phone only"),
        (14, "GET /nowhere", 404, "", "", "invalid_request", "no endpoint answers at /nowhere; there is token at /connect/oauth/token, "),
        (15, "GET /connect/.well-known/jwks.json", 200, "", "", "", ""),
    ]
}

#[cfg(unix)]
#[test]
fn the_json_log_has_one_object_a_request_with_client_grant_outcome_and_reason() {
    let (log, sent) = logged("json");
    let lines: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|why| panic!("{why}: {line}")))
        .collect();
    assert_eq!(lines.len(), sent.requests, "{log}");
    for row in logged_requests() {
        let (index, message, status, client, grant, error, reason) = row;
        let line = &lines[index];
        let text = |name: &str| line[name].as_str().unwrap_or_default();
        assert_eq!(text("message"), message, "{index}: {line}");
        assert_eq!(line["status"], status, "{index}: {line}");
        assert_eq!(
            (text("client"), text("grant"), text("error")),
            (client, grant, error),
            "{index}: {line}"
        );
        assert!(text("reason").starts_with(reason), "{index}: {line}");
        assert_eq!(
            text("reason").is_empty(),
            reason.is_empty(),
            "{index}: {line}"
        );
    }
    assert_eq!(lines[0]["scope"], "openid email phone");
    assert_eq!(lines[0]["outcome"], "issued");
    assert_eq!(lines[2]["outcome"], "refused");
}

#[cfg(unix)]
#[test]
fn all_output_for_machines_is_json() {
    let server = Server::started(Process::start(
        &["--host", "0.0.0.0", "--port", "0", "--log", "json"],
        &[],
        "",
    ));
    server.process.signal("TERM");
    let lines: Vec<Value> = server
        .process
        .finish()
        .stderr
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|why| panic!("{why}: {line}")))
        .collect();
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert_eq!(
        (&lines[0]["message"], &lines[0]["profile"]),
        (&"serving".into(), &"connect".into())
    );
    assert!(lines[0]["issuer"].is_string());
    // A client that reaches it can use the public keys, and drive the control plane.
    assert_eq!(
        (&lines[1]["level"], &lines[2]["level"]),
        (&"WARN".into(), &"WARN".into())
    );
}

#[cfg(unix)]
#[test]
fn the_pretty_log_has_one_line_a_request_that_says_the_same() {
    let (log, sent) = logged("pretty");
    assert_eq!(log.lines().count(), sent.requests, "{log}");
    let first = log.lines().next().unwrap_or_default();
    for said in [
        "POST /connect/oauth/token",
        "status=200",
        "client=\"client-default\"",
        "grant=\"refresh_token\"",
        "outcome=\"issued\"",
        "scope=\"openid email phone\"",
    ] {
        assert!(first.contains(said), "`{said}` is not in: {first}");
    }
    assert!(
        log.contains("reason=\"the secret of client client-default is wrong\""),
        "{log}"
    );
    assert!(!log.contains('\u{1b}'), "colours are for terminals");
}

#[cfg(unix)]
#[test]
fn without_a_log_nothing_is_said_of_requests() {
    let (log, _) = logged("off");
    assert_eq!(log, "");
}

#[cfg(unix)]
#[test]
fn what_a_request_says_cannot_forge_a_line_of_the_log() {
    for format in ["pretty", "json"] {
        let server = Server::start(&["--log", format]);
        let forged = "client_id=a%0A2026-01-01T00:00:00Z++INFO+POST+/forged+%1B[31m&grant_type=x%0Ay&refresh_token=z";
        assert_eq!(server.post(None, forged).status, 401);
        server.process.signal("TERM");
        let log = server.process.finish().stderr;
        assert!(
            !log.lines().any(|line| line.starts_with("2026-01-01")),
            "{log}"
        );
        assert!(!log.contains('\u{1b}'), "{log}");
    }
}
