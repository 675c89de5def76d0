//! Requests of clients beside changes of the server's state: each request sees one state only.

use std::thread;

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use oauth_mimic::{Client, NamedRefreshToken, RefreshPolicy, TokenServer, User};
use serde_json::{Value, json};

use crate::drive::Plane;
use crate::support::{Answer, Request, get, part, path_of, refresh_form};

/// How many refreshes each thread sends.
const REFRESHES: usize = 60;

/// The lifetimes of the client's access tokens: at the start, and after it was registered anew. Its ID tokens live
/// twice as long.
const LIFETIMES: [u32; 2] = [100, 300];

fn client(lifetime: u32) -> Client {
    let mut client = Client::confidential("client", "s3cret")
        .scope("openid a")
        .refresh(RefreshPolicy::Reuse);
    client.access_token_lifetime = Some(lifetime);
    client.id_token_lifetime = Some(2 * lifetime);
    client
}

fn published(server: &TokenServer) -> JwkSet {
    let url = server.jwks_url();
    let answer = get(server.address(), path_of(server, &url));
    assert_eq!(answer.status, 200);
    serde_json::from_value(answer.json()).expect("a JWK Set")
}

fn refresh(server: &TokenServer) -> Answer {
    Request::form("", refresh_form("TOKEN", ""))
        .basic("client", "s3cret")
        .send_to(&server.token_url())
}

/// Registers the client anew, rotates the keys and resets the server, by HTTP. Returns the keys that were published
/// in between.
fn change(server: &TokenServer) -> [JwkSet; 2] {
    let plane = Plane::of(server);
    let before = published(server);
    let registered = plane.put("/clients/client", &json!(client(LIFETIMES[1])));
    assert_eq!(registered.status, 200, "{}", registered.text());
    assert_eq!(plane.post("/keys/rotate", &json!({})).status, 200);
    let after = published(server);
    assert!(plane.post("/reset", &json!({})).status < 300);
    [before, after]
}

/// The difference of `exp` and `iat`.
fn lifetime(token: &str) -> i64 {
    let claims = part(token, 1);
    let seconds = |name: &str| claims[name].as_i64().expect("a NumericDate");
    seconds("exp") - seconds("iat")
}

#[expect(
    clippy::disallowed_methods,
    reason = "an independent verifier; the library itself never calls it"
)]
fn is_signed_by_one_of(keys: &[JwkSet], token: &str) -> bool {
    let kid = part(token, 0)["kid"].as_str().expect("a kid").to_owned();
    let mut validation = Validation::new(Algorithm::RS256);
    validation.validate_aud = false;
    keys.iter()
        .find_map(|keys| keys.find(&kid))
        .is_some_and(|key| {
            let key = DecodingKey::from_jwk(key).expect("an RSA key");
            jsonwebtoken::decode::<Value>(token, &key, &validation).is_ok()
        })
}

#[test]
fn a_refresh_beside_resets_rotations_and_registrations_sees_one_state() {
    let server = TokenServer::builder()
        .profile("standard")
        .workers(2)
        .client(client(LIFETIMES[0]))
        .user(User::new("alice"))
        .refresh_token(NamedRefreshToken::new("TOKEN", "client", "alice").scope("openid a"))
        .start();
    let (answers, keys) = thread::scope(|scope| {
        let clients = [(); 3].map(|()| {
            scope.spawn(|| {
                let answers = (0..REFRESHES).map(|_| refresh(&server));
                answers.collect::<Vec<Answer>>()
            })
        });
        let mut keys = Vec::new();
        while clients.iter().any(|client| !client.is_finished()) {
            keys.extend(change(&server));
        }
        let answers = clients.map(|client| client.join().expect("no thread panics"));
        (answers.concat(), keys)
    });
    assert_eq!(answers.len(), 3 * REFRESHES);
    for answer in answers {
        assert_eq!(answer.status, 200, "{answer:?}");
        let tokens = ["access_token", "id_token"].map(|name| answer.member(name));
        let [access_token, id_token] = tokens.each_ref().map(|token| lifetime(token));
        assert_eq!(id_token, 2 * access_token, "one registration of the client");
        assert!(
            LIFETIMES.map(i64::from).contains(&access_token),
            "{access_token}"
        );
        let [one, other] = tokens.each_ref().map(|token| part(token, 0)["kid"].clone());
        assert_eq!(one, other, "one signing key");
        for token in &tokens {
            assert!(
                is_signed_by_one_of(&keys, token),
                "an unpublished key: {token}"
            );
        }
    }
}
