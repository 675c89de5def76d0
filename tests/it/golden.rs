//! The documented answer is the first acceptance test: with the sample's client, issuer and instant, the server's answer
//! equals the provider's in all that is not random or signed.

use oauth_mimic::{Clock, Timestamp, TokenServer};
use serde_json::Value;

use crate::support::ordered::{Ordered, members};
use crate::support::{Answer, basic, part, part_text, post, send};

/// The provider's page's answer, kept under `fixtures/documented/`.
const RESPONSE: &str = include_str!("../../fixtures/documented/response.json");
const CLAIMS: [(&str, &str); 3] = [
    (
        "access_token",
        include_str!("../../fixtures/documented/access_token.claims.json"),
    ),
    (
        "refresh_token",
        include_str!("../../fixtures/documented/refresh_token.claims.json"),
    ),
    (
        "id_token",
        include_str!("../../fixtures/documented/id_token.claims.json"),
    ),
];

fn sample_server() -> TokenServer {
    TokenServer::builder()
        .issuer("https://api-eu.preprod.decathlon.net/connect")
        .clock(&Clock::frozen(
            Timestamp::parse("2023-03-28T12:23:16Z").expect("an instant"),
        ))
        .start()
}

fn sample_answer(server: &TokenServer) -> Answer {
    post(
        server,
        Some(&basic(
            "d2c0dcb5-32bd-4a56-9dd8-2070e7b2b533",
            "sample-secret",
        )),
        "grant_type=refresh_token&refresh_token=REFRESH_TOKEN",
    )
}

/// The JSON text with every value that is drawn or signed replaced by its shape. Texts keep member order, types and
/// spelling; comparing values would not.
fn masked(json: &str, random: &[&str]) -> String {
    let mut json = members(json);
    for name in random {
        let Some(Ordered::Other(Value::String(text))) = json.get_mut(*name) else {
            panic!("{name} is a text");
        };
        let shape: String = match text.strip_prefix("ID.") {
            Some(id) => format!("ID.{}", id.len()),
            None => format!("{}", text.len()),
        };
        assert!(
            text.chars()
                .all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c)),
            "{name}: {text}"
        );
        *text = shape;
    }
    Ordered::Object(json).to_string()
}

#[test]
fn the_three_tokens_equal_the_documented_ones_claim_by_claim() {
    let server = sample_server();
    let answer = sample_answer(&server);
    for (name, documented) in CLAIMS {
        let random: &[&str] = if name == "refresh_token" {
            &["jti", "ati"]
        } else {
            &["jti"]
        };
        let token = answer.member(name);
        assert_eq!(
            masked(&part_text(&token, 1), random),
            masked(documented, random),
            "{name}"
        );
    }
}

#[test]
fn headers_and_signatures_have_the_documented_form() {
    let server = sample_server();
    let answer = sample_answer(&server);
    let documented: Value = serde_json::from_str(RESPONSE).expect("JSON");
    for (name, _) in CLAIMS {
        let (ours, theirs) = (
            answer.member(name),
            documented[name].as_str().expect("a text").to_owned(),
        );
        let lengths = |token: &str| token.split('.').map(str::len).collect::<Vec<_>>();
        assert_eq!(
            ours.split('.').next(),
            theirs.split('.').next(),
            "the header of {name}"
        );
        assert_eq!(lengths(&ours), lengths(&theirs), "{name}");
    }
}

#[test]
fn the_response_around_them_equals_the_documented_one() {
    let server = sample_server();
    let answer = sample_answer(&server);
    let random = ["access_token", "refresh_token", "id_token", "jti"];
    assert_eq!(masked(answer.text(), &random), masked(RESPONSE, &random));
    assert_eq!(answer.status, 200);
}

#[test]
fn the_ids_relate_as_documented() {
    let server = sample_server();
    let answer = sample_answer(&server);
    let claims = |name: &str| part(&answer.member(name), 1);
    let id = answer.json()["jti"].clone();
    assert_eq!(claims("access_token")["jti"], id);
    assert_eq!(claims("refresh_token")["ati"], id);
    assert_ne!(claims("refresh_token")["jti"], id);
    for token in ["access_token", "refresh_token"] {
        // 20 bytes leave two bits of the last character clear.
        let jti = claims(token)["jti"].as_str().expect("a text").to_owned();
        assert!(jti.ends_with(|c| "AEIMQUYcgkosw048".contains(c)), "{jti}");
    }
}

/// The two curls of the provider's page, as curl sends them, with the host changed and nothing else.
#[test]
fn both_documented_requests_work_as_they_stand() {
    let server = TokenServer::start();
    let address = server.address();
    for (authorization, form) in [
        (
            "Authorization: Basic Y2xpZW50LWRlZmF1bHQ6Y2xpZW50LWRlZmF1bHQtc2VjcmV0\r\n",
            "refresh_token=REFRESH_TOKEN&grant_type=refresh_token",
        ),
        (
            "",
            "grant_type=refresh_token&refresh_token=REFRESH_TOKEN&client_id=CLIENT_ID&client_secret=CLIENT_SECRET",
        ),
    ] {
        let request = format!(
            "POST /connect-re7/oauth/token HTTP/1.1\r\nHost: {address}\r\nUser-Agent: curl/7.88.1\r\nAccept: */*\r\n{authorization}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
            form.len()
        );
        let answer = send(address, request.as_bytes());
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.member("scope"), "openid email phone");
    }
}

#[test]
fn the_documented_sample_is_the_one_that_is_shared() {
    // The claims files are what the response's tokens hold: a check of the sample itself.
    let documented: Value = serde_json::from_str(RESPONSE).expect("JSON");
    for (name, claims) in CLAIMS {
        assert_eq!(
            part_text(documented[name].as_str().expect("a text"), 1),
            claims.trim(),
            "{name}"
        );
    }
}
