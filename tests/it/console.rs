//! The console's page and files, and the routes that it needs: what tokens say, and when the journal begins anew.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use oauth_mimic::TokenServer;
use serde_json::{Value, json};

use crate::drive::{Plane, assert_problem, fetch, frozen, refresh};

const BROWSER: &[(&str, &str)] = &[(
    "Accept",
    "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
)];

#[test]
fn a_browser_gets_the_console_and_a_program_gets_json() {
    let server = TokenServer::start();
    let sandbox = server.sandbox();
    for mimic in [&*server, &*sandbox] {
        let plane = Plane::of(mimic);
        assert_eq!(plane.read("/")["version"], env!("CARGO_PKG_VERSION"));
        let program = plane.get("/");
        assert_eq!(program.header("vary"), Some("Accept"));
        let java = "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2";
        let java = plane.clone().with(&[("Accept", java)]).get("");
        assert_eq!(java.json()["version"], env!("CARGO_PKG_VERSION"));
        let browser = plane.clone().with(BROWSER);
        let page = browser.get("/");
        assert_eq!(
            page.header("content-type"),
            Some("text/html; charset=utf-8")
        );
        assert!(page.text().contains("Console - oauth-mimic"), "{page:?}");
        // Its addresses are relative to the directory, so it is one.
        let redirect = browser.get("");
        assert_eq!(
            (redirect.status, redirect.header("location")),
            (303, Some("_mimic/"))
        );
        for (file, kind) in [
            ("console.css", "text/css; charset=utf-8"),
            ("app.js", "text/javascript; charset=utf-8"),
        ] {
            let answer = plane.get(&format!("/console/{file}"));
            assert_eq!(
                (answer.status, answer.header("content-type")),
                (200, Some(kind))
            );
        }
        assert_eq!(plane.get("/console/nothing.js").status, 404);
    }
}

#[test]
fn a_control_token_guards_what_the_console_shows_and_not_the_console() {
    let server = TokenServer::builder().control_token("s3cret").start();
    let plane = Plane::of(&server);
    let browser = plane.clone().with(BROWSER);
    for open in ["/", "/console/app.js", "/reference"] {
        assert_eq!(browser.get(open).status, 200, "{open}");
    }
    assert_problem("a program", &plane.get("/"), 401, None);
    for (method, path) in [
        ("GET", "/requests"),
        ("GET", "/clients"),
        ("POST", "/reset"),
        ("POST", "/"),
    ] {
        assert_eq!(
            browser.send(method, path, "").status,
            401,
            "{method} {path}"
        );
    }
    let rebound = plane.with(&[BROWSER[0], ("Host", "evil.example")]);
    assert_eq!(rebound.get("/").status, 403);
}

#[test]
fn the_reference_says_what_every_refusal_and_every_piece_of_advice_means() {
    let server = TokenServer::start();
    let answer = Plane::of(&server).get("/reference");
    let page = answer.text();
    let anchors = page.matches("id=\"refusal-").count();
    let documented = include_str!("../../docs/reference/refusals.md");
    assert_eq!(anchors, documented.matches("\n## `").count());
    assert!(page.contains("id=\"advice-refresh_race\""));
    assert!(page.contains("id=\"refusal-secret_wrong\""));
}

#[test]
fn a_token_is_decoded_and_verified() {
    let server = frozen();
    let plane = Plane::of(&server);
    let inspect = |token: &str| {
        plane
            .post("/tokens/inspect", &json!({ "token": token }))
            .json()
    };
    let good = inspect(&server.mint().access_token());
    assert_eq!(good["header"]["alg"], "RS256");
    assert_eq!(good["claims"]["client_id"], "client-default");
    assert_eq!(good["wrong"], json!([]));
    assert_eq!(good["expires_at"], good["claims"]["exp"]);
    server.clock().advance(901);
    let expired = inspect(
        &server
            .mint()
            .defect(oauth_mimic::Defect::ForeignKey)
            .access_token(),
    );
    assert!(
        text_of(&expired["wrong"]).contains("signature"),
        "{expired}"
    );
    let opaque = inspect("nonsense");
    assert!(opaque.get("claims").is_none(), "{opaque}");
    assert!(
        text_of(&opaque["wrong"]).contains("not a signed token"),
        "{opaque}"
    );
    let elsewhere = inspect(&TokenServer::start().mint().access_token());
    assert!(
        text_of(&elsewhere["wrong"]).contains("its issuer is"),
        "{elsewhere}"
    );
    assert_problem(
        "no token",
        &plane.post("/tokens/inspect", &json!({})),
        400,
        Some(""),
    );
}

fn text_of(findings: &Value) -> String {
    findings.to_string()
}

#[test]
fn a_token_with_impossible_times_is_inspected_as_any_other() {
    let server = TokenServer::start();
    let plane = Plane::of(&server);
    for time in [
        "-9223372036854775808",
        "9223372036854775807",
        "-1e300",
        "1e300",
    ] {
        let claims = format!(r#"{{"exp":{time},"iat":{time},"nbf":{time}}}"#);
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let token = format!("{}.{}.AAAA", part(r#"{"alg":"RS256"}"#), part(&claims));
        let answer = plane.post("/tokens/inspect", &json!({ "token": token }));
        assert_eq!(answer.status, 200, "{claims}");
        let now = answer.json()["wrong"].to_string();
        assert_eq!(
            now.contains("it expired at"),
            time.starts_with('-'),
            "{now}"
        );
    }
}

#[test]
fn the_tokens_that_were_sent_are_decoded_and_never_shown() {
    let server = frozen();
    let plane = Plane::of(&server);
    let answer = refresh(&server, "REFRESH_TOKEN", "").json();
    let sent = plane.get("/requests/1/tokens");
    let tokens = sent.json()["tokens"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let names: Vec<_> = tokens
        .iter()
        .filter_map(|token| token["name"].as_str())
        .collect();
    assert_eq!(names, ["access_token", "refresh_token", "id_token"]);
    for (token, name) in tokens.iter().zip(names) {
        assert_eq!(token["wrong"], json!([]), "{token}");
        let signature = answer[name]
            .as_str()
            .and_then(|text| text.rsplit('.').next());
        assert!(!sent.text().contains(signature.expect("a token")), "{name}");
    }
    // By the clock of now, not of then.
    server.clock().advance(901);
    let later = plane.read("/requests/1/tokens");
    assert!(
        text_of(&later["tokens"][0]["wrong"]).contains("it expired"),
        "{later}"
    );
}

#[test]
fn a_broken_token_that_was_sent_is_shown_as_broken() {
    let server = frozen();
    let plane = Plane::of(&server);
    let fault =
        json!({ "kind": "token", "token": "id_token", "defect": { "kind": "wrong_issuer" } });
    plane.post(
        "/faults",
        &json!({ "on": "token", "times": 1, "fault": fault }),
    );
    refresh(&server, "REFRESH_TOKEN", "");
    let tokens = &plane.read("/requests/1/tokens")["tokens"];
    assert_eq!(tokens[0]["wrong"], json!([]));
    assert!(text_of(&tokens[2]["wrong"]).contains("issuer"), "{tokens}");
}

#[test]
fn a_request_without_tokens_has_none_and_an_unknown_one_is_a_problem() {
    let server = TokenServer::start();
    let plane = Plane::of(&server);
    fetch(&server.jwks_url());
    assert_eq!(plane.read("/requests/1/tokens"), json!({ "tokens": [] }));
    refresh(&server, "REFRESH_TOKEN", "");
    plane.delete("/requests");
    for number in ["1", "2", "3", "x"] {
        let answer = plane.get(&format!("/requests/{number}/tokens"));
        assert_problem(number, &answer, 404, None);
    }
}

#[test]
fn the_latest_tokens_are_kept_and_the_oldest_are_not() {
    let server = TokenServer::start();
    let plane = Plane::of(&server);
    for _ in 0..300 {
        assert_eq!(refresh(&server, "REFRESH_TOKEN", "").status, 200);
    }
    let count = |number: u64| {
        let tokens = &plane.read(&format!("/requests/{number}/tokens"))["tokens"];
        tokens.as_array().map_or(0, Vec::len)
    };
    assert_eq!((count(1), count(300)), (0, 3));
}

#[test]
fn the_run_and_the_epoch_tell_when_the_journal_begins_anew() {
    let server = TokenServer::builder().seed(1).start();
    let plane = Plane::of(&server);
    let state = || {
        let overview = plane.read("/");
        (overview["run"].clone(), overview["epoch"].clone())
    };
    let first = state();
    assert_eq!(state(), first);
    plane.post("/reset", &json!({}));
    let reset = state();
    assert_eq!(reset.0, first.0);
    assert_ne!(reset.1, first.1);
    let other = TokenServer::builder().seed(1).start();
    assert_ne!(Plane::of(&other).read("/")["run"], first.0);
}
