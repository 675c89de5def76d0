//! Minting has three faces: the command line, the control plane and the library. The same order gives the same token.

use std::time::Duration;

use oauth_mimic::{Clock, Defect, DefectKind, FixtureTime, GrantType, Timestamp, TokenServer};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::support::{USER, good, part};

const ISSUER: &str = "https://login.example.test";
const CLOCK: &str = "2023-03-28T12:23:16Z";
const NOW: i64 = 1_680_006_196;

fn server() -> TokenServer {
    let now = Timestamp::parse(CLOCK).expect("a time");
    TokenServer::builder()
        .issuer(ISSUER)
        .clock(&Clock::frozen(now))
        .start()
}

/// Mints what the order says, as JSON names it. The result is the token, or the response as JSON.
type Face = fn(&TokenServer, &Value) -> String;

const FACES: [(&str, Face); 3] = [
    ("the library", by_library),
    ("the control plane", by_http),
    ("the command line", by_command),
];

fn read<T: DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).unwrap_or_else(|why| panic!("{why}: {value}"))
}

fn by_library(server: &TokenServer, order: &Value) -> String {
    let mut mint = server.mint();
    let mut kind = "response";
    for (name, value) in order.as_object().expect("an object") {
        let lifetime = || Duration::from_secs(value.as_u64().expect("seconds"));
        let text = || value.as_str().expect("a text");
        mint = match name.as_str() {
            "grant_type" => mint.grant_type(read::<GrantType>(value)),
            "client_id" => mint.client(text()),
            "sub" => mint.subject(text()),
            "scope" => mint.scope(text()),
            "auth_time" => mint.auth_time(read::<FixtureTime>(value)),
            "access_token_lifetime" => mint.access_token_lifetime(lifetime()),
            "id_token_lifetime" => mint.id_token_lifetime(lifetime()),
            "refresh_token_lifetime" => mint.refresh_token_lifetime(lifetime()),
            "claims" => {
                let claims = value.as_object().expect("claims");
                claims
                    .iter()
                    .fold(mint, |mint, (name, value)| mint.claim(name, value.clone()))
            }
            "defect" => mint.defect(read::<Defect>(value)),
            "kind" => {
                kind = text();
                mint
            }
            other => panic!("no test for {other}"),
        };
    }
    match kind {
        "access_token" => mint.access_token(),
        "refresh_token" => mint.refresh_token(),
        "id_token" => mint.id_token(),
        _ => mint.response().as_json().to_owned(),
    }
}

fn by_http(server: &TokenServer, order: &Value) -> String {
    let url = format!("{}/_mimic/tokens", server.base_url());
    let mut answer = ureq::post(&url)
        .send_json(order)
        .unwrap_or_else(|why| panic!("{order}: {why}"));
    let answer: Value = answer.body_mut().read_json().expect("JSON");
    match answer.get("token") {
        Some(token) => token.as_str().expect("a token").to_owned(),
        None => answer.to_string(),
    }
}

fn by_command(_: &TokenServer, order: &Value) -> String {
    let mut args = vec!["mint".to_owned(), "--issuer".to_owned(), ISSUER.to_owned()];
    args.extend(["--clock".to_owned(), CLOCK.to_owned()]);
    for (name, value) in order.as_object().expect("an object") {
        let value = match (name.as_str(), value) {
            ("defect", defect) => as_argument(defect),
            (_, Value::String(text)) => text.clone(),
            (_, other) => other.to_string(),
        };
        args.extend([format!("--{}", name.replace('_', "-")), value]);
    }
    good(&args.iter().map(String::as_str).collect::<Vec<_>>())
}

/// A defect as the command line has it: its kind, and after `=` its one value.
fn as_argument(defect: &Value) -> String {
    let kind = defect["kind"].as_str().expect("a kind");
    let value = defect.as_object().expect("an object").iter();
    match value
        .filter(|(name, _)| *name != "kind")
        .map(|it| it.1)
        .next()
    {
        None => kind.to_owned(),
        Some(Value::String(text)) => format!("{kind}={text}"),
        Some(other) => format!("{kind}={other}"),
    }
}

/// The header and the claims of what was minted, of a response those of each token.
fn content(minted: &str) -> Value {
    let parts = |token: &str| json!([part(token, 0), part(token, 1)]);
    if !minted.starts_with('{') {
        return parts(minted);
    }
    let mut response: Value = serde_json::from_str(minted).expect("JSON");
    for (name, member) in response.as_object_mut().expect("an object") {
        if ["access_token", "refresh_token", "id_token"].contains(&name.as_str()) {
            *member = parts(member.as_str().expect("a token"));
        }
    }
    response
}

/// Sets to null what differs: ids are drawn anew for each token.
fn without_what_differs(content: &mut Value, other: &Value) {
    match content {
        Value::Object(members) => {
            for (name, member) in members {
                without_what_differs(member, &other[name]);
            }
        }
        Value::Array(elements) => {
            for (index, element) in elements.iter_mut().enumerate() {
                without_what_differs(element, &other[index]);
            }
        }
        value if value != other => *value = Value::Null,
        _ => {}
    }
}

/// Mints by every face, compares everything but the ids, and returns the content.
fn the_same_by_every_face(server: &TokenServer, order: &Value) -> Value {
    let usual = content(&by_library(server, order));
    let again = content(&by_library(server, order));
    let mut expected = usual.clone();
    without_what_differs(&mut expected, &again);
    for (face, mint) in FACES {
        let mut minted = content(&mint(server, order));
        without_ids(&mut minted, &expected);
        assert_eq!(minted, expected, "{face}: {order}");
    }
    expected
}

/// Sets to null what is null in the expectation, if it is there.
fn without_ids(content: &mut Value, expected: &Value) {
    match (content, expected) {
        (Value::Object(members), Value::Object(expected)) => {
            for (name, member) in members {
                if let Some(expected) = expected.get(name) {
                    without_ids(member, expected);
                }
            }
        }
        (Value::Array(elements), Value::Array(expected)) => {
            for (element, expected) in elements.iter_mut().zip(expected) {
                without_ids(element, expected);
            }
        }
        (value, Value::Null) => *value = Value::Null,
        _ => {}
    }
}

#[test]
fn the_same_order_mints_the_same_by_every_face() {
    let server = server();
    for order in [
        json!({}),
        json!({ "kind": "response" }),
        json!({ "kind": "refresh_token", "client_id": "client-rotating", "sub": USER }),
        json!({ "kind": "id_token", "scope": "openid" }),
        json!({ "grant_type": "refresh_token", "auth_time": -131 }),
        json!({ "auth_time": "2023-03-28T12:21:05Z" }),
        json!({ "auth_time": { "seconds_from_start": -131 } }),
        json!({ "auth_time": NOW - 131 }),
        json!({ "access_token_lifetime": 10, "id_token_lifetime": 20, "refresh_token_lifetime": 30 }),
        json!({ "access_token_lifetime": 0, "id_token_lifetime": 0, "refresh_token_lifetime": 0 }),
        json!({ "claims": { "sub": "mallory", "roles": ["admin"] } }),
        json!({ "kind": "refresh_token", "claims": { "level": 9 }, "refresh_token_lifetime": 5 }),
        json!({ "defect": { "kind": "expired" }, "access_token_lifetime": 10 }),
        json!({
            "grant_type": "refresh_token", "client_id": "client-default", "sub": USER, "scope": "openid email",
            "auth_time": -60, "access_token_lifetime": 10, "id_token_lifetime": 20, "refresh_token_lifetime": 30,
            "claims": { "level": 9 }, "defect": { "kind": "wrong_issuer" }, "kind": "id_token",
        }),
        json!({ "grant_type": "client_credentials", "client_id": "client-default", "kind": "access_token" }),
    ] {
        let minted = the_same_by_every_face(&server, &order);
        if let Some(tokens) = minted
            .get("access_token")
            .filter(|_| order.get("auth_time").is_some())
        {
            assert_eq!(tokens[1]["auth_time"], NOW - 131, "{order}");
        }
    }
}

/// Each kind of defect once.
fn defects() -> Vec<Value> {
    DefectKind::ALL
        .iter()
        .map(|kind| match kind {
            DefectKind::MissingClaim => json!({ "kind": kind, "claim": "iat" }),
            DefectKind::SetClaims => json!({ "kind": kind, "claims": { "level": 1, "own": true } }),
            DefectKind::Oversized => json!({ "kind": kind, "bytes": 100 }),
            _ => json!({ "kind": kind }),
        })
        .collect()
}

#[test]
fn claims_are_set_on_top_of_every_defect_by_every_face() {
    let server = server();
    let claims = json!({ "level": 9, "scope": ["admin"] });
    for defect in defects() {
        for kind in ["access_token", "refresh_token", "id_token"] {
            let broken = json!({ "kind": kind, "defect": defect });
            let both = json!({ "kind": kind, "defect": defect, "claims": claims });
            let mut expected = the_same_by_every_face(&server, &broken);
            let minted = the_same_by_every_face(&server, &both);
            for (name, value) in claims.as_object().expect("an object") {
                expected[1][name] = value.clone();
            }
            assert_eq!(minted, expected, "{both}");
        }
    }
}

#[test]
fn a_claim_replaces_the_same_claim_of_a_defect() {
    let server = server();
    for defect in [
        json!({ "kind": "expired" }),
        json!({ "kind": "missing_claim", "claim": "exp" }),
        json!({ "kind": "set_claims", "claims": { "exp": 1 } }),
    ] {
        let order = json!({ "kind": "access_token", "defect": defect, "claims": { "exp": 7 } });
        assert_eq!(
            the_same_by_every_face(&server, &order)[1]["exp"],
            7,
            "{order}"
        );
    }
    let claim_first = server
        .mint()
        .claim("level", 9)
        .defect(Defect::Expired)
        .access_token();
    let claims = part(&claim_first, 1);
    assert_eq!(claims["level"], 9);
    assert!(claims["exp"].as_i64() < Some(NOW), "{claims}");
}
