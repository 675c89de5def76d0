//! A5: the shape of tokens (J01 to J04, J07, and J09 to J14).

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use oauth_mimic::{Timestamp, TokenServer};
use rsa::pkcs8::{EncodePrivateKey as _, LineEnding};
use serde_json::{Value, json};

use super::reading_back::assert_challenged;
use super::{
    GOOD, JWKS, METADATA, Request, Row, World, assert_refused, assert_tokens, post, story,
};
use crate::support::ordered::{Ordered, members};
use crate::support::{Answer, get, part, path_of};

/// What a token would be as a client assertion (RFC 7523 §2.2).
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// An answer with all three tokens, and then again one by refresh.
fn answers(world: &World) -> [Answer; 2] {
    let minted = world.server.mint().client("alpha").scope("openid a b");
    let first = world.refresh("alpha", &minted.refresh_token());
    let second = world.refresh("alpha", &first.member("refresh_token"));
    [first, second]
}

fn tokens(answer: &Answer) -> [(&'static str, String); 3] {
    ["access_token", "refresh_token", "id_token"].map(|name| (name, answer.member(name)))
}

fn document(world: &World, path: &str) -> Value {
    world.send(&Request::new("GET", path)).json()
}

fn seconds(claims: &Value, name: &str) -> i64 {
    // Not `as_f64`: 1.7e9 is a number, but no NumericDate of whole seconds.
    claims[name]
        .as_i64()
        .unwrap_or_else(|| panic!("{name} is not an integer: {claims}"))
}

pub(crate) fn rows() -> Vec<Row> {
    vec![
        story(
            "J01",
            "the header names a published key and says what the token is",
            |world| {
                let kids: Vec<Value> = document(world, JWKS)["keys"]
                    .as_array()
                    .expect("keys")
                    .iter()
                    .map(|key| key["kid"].clone())
                    .collect();
                let algorithms =
                    document(world, METADATA)["id_token_signing_alg_values_supported"].clone();
                for answer in answers(world) {
                    for (name, token) in tokens(&answer) {
                        let header = part(&token, 0);
                        assert!(kids.contains(&header["kid"]), "{name}: {header}");
                        let algorithms = algorithms.as_array().expect("a list");
                        assert!(algorithms.contains(&header["alg"]), "{name}: {header}");
                        assert_ne!(header["alg"], "none");
                        let typ = if name == "access_token" {
                            "at+jwt"
                        } else {
                            "JWT"
                        };
                        assert_eq!(header["typ"], typ, "{name}");
                    }
                }
            },
        ),
        story(
            "J02",
            "an access token has all the claims of RFC 9068",
            |world| {
                for answer in answers(world) {
                    let claims = part(&answer.member("access_token"), 1);
                    for name in [
                        "iss",
                        "exp",
                        "aud",
                        "sub",
                        "client_id",
                        "iat",
                        "jti",
                        "scope",
                    ] {
                        assert!(
                            claims.get(name).is_some_and(|value| !value.is_null()),
                            "{name}: {claims}"
                        );
                    }
                    assert_eq!(claims["client_id"], "alpha");
                    assert_eq!(claims["sub"], "alice");
                    assert_eq!(claims["scope"], answer.json()["scope"]);
                }
            },
        ),
        story(
            "J03",
            "dates are whole seconds that fit together",
            |world| {
                let before = world.clock.now().as_unix();
                for answer in answers(world) {
                    let after = world.clock.now().as_unix();
                    for (name, token) in tokens(&answer) {
                        let claims = part(&token, 1);
                        let (iat, exp) = (seconds(&claims, "iat"), seconds(&claims, "exp"));
                        assert!(
                            (before..=after).contains(&iat) && after < exp,
                            "{name}: {claims}"
                        );
                        assert!(seconds(&claims, "auth_time") <= iat, "{name}: {claims}");
                        if name == "access_token" {
                            assert_eq!(exp - iat, seconds(&answer.json(), "expires_in"));
                        }
                    }
                }
            },
        ),
        story("J04", "the issuer is exactly the metadata's", |world| {
            let issuer = document(world, METADATA)["issuer"].clone();
            assert_eq!(issuer, world.server.issuer());
            for answer in answers(world) {
                for (name, token) in tokens(&answer) {
                    assert_eq!(part(&token, 1)["iss"], issuer, "{name}");
                }
            }
        }),
        story(
            "J07",
            "a token is three parts of unpadded base64url, each name in it once",
            |world| {
                for answer in answers(world) {
                    for (name, token) in tokens(&answer) {
                        let parts: Vec<&str> = token.split('.').collect();
                        assert_eq!(parts.len(), 3, "{name}");
                        for (index, part) in parts.iter().enumerate() {
                            let bytes = URL_SAFE_NO_PAD.decode(part).expect("unpadded base64url");
                            if index < 2 {
                                // Written again it has each name once: a text that held one twice would differ.
                                let text = String::from_utf8(bytes).expect("UTF-8");
                                let read = Ordered::Object(members(&text));
                                assert_eq!(read.to_string(), text, "{name}");
                            } else {
                                assert_eq!(bytes.len(), 256, "{name}");
                            }
                        }
                    }
                }
            },
        ),
        story(
            "J09",
            "another library verifies every token by the published keys",
            |world| {
                let keys: JwkSet =
                    serde_json::from_value(document(world, JWKS)).expect("a JWK Set");
                for answer in answers(world) {
                    for (name, token) in tokens(&answer) {
                        let claims = verified(&keys, &token, world.server.issuer());
                        assert_eq!(claims, part(&token, 1), "{name}");
                    }
                }
            },
        ),
        story("J10", "one token is not taken for another", |world| {
            let [answer, _] = answers(world);
            for name in ["id_token", "access_token"] {
                let token = answer.member(name);
                assert_refused(&world.refresh("alpha", &token), &[400], &["invalid_grant"]);
                let bearer = post(GOOD).authorization(format!("Bearer {token}"));
                assert_refused(&world.send(&bearer), &[401], &["invalid_client"]);
                let assertion = post(format!(
                    "{GOOD}&client_id=alpha&client_assertion={token}&client_assertion_type={JWT_BEARER}"
                ));
                assert_refused(&world.send(&assertion), &[401], &["invalid_client"]);
            }
            for name in ["id_token", "refresh_token"] {
                let answer = world.userinfo(&answer.member(name));
                assert_challenged(&answer, 401, "invalid_token");
            }
            assert!(!world.is_active(&answer.member("id_token")));
        }),
        story(
            "J11",
            "every date follows the clock",
            every_date_follows_the_clock,
        ),
        story(
            "J12",
            "no id comes twice, and none tells the order",
            |world| {
                let mut ids: Vec<String> = Vec::new();
                for _ in 0..300 {
                    let response = world
                        .server
                        .mint()
                        .client("alpha")
                        .scope("openid a")
                        .response();
                    let id_token = response.id_token().expect("an ID token");
                    for token in [
                        response.access_token(),
                        response.refresh_token().expect("a refresh token"),
                        id_token,
                    ] {
                        ids.push(part(token, 1)["jti"].as_str().expect("a text").to_owned());
                    }
                    ids.push(
                        part(response.refresh_token().expect("a refresh token"), 1)["grant_id"]
                            .as_str()
                            .expect("a text")
                            .to_owned(),
                    );
                }
                let distinct: HashSet<&String> = ids.iter().collect();
                assert_eq!(distinct.len(), ids.len());
                // Of random ids half follow a smaller one; of counted ones all.
                let rising = ids.windows(2).filter(|pair| pair[0] < pair[1]).count();
                assert!(
                    (450..750).contains(&rising),
                    "{rising} of {} rise",
                    ids.len()
                );
            },
        ),
        story("J14", "the published key is strong", |world| {
            for key in document(world, JWKS)["keys"].as_array().expect("keys") {
                let modulus = URL_SAFE_NO_PAD
                    .decode(key["n"].as_str().expect("n"))
                    .expect("base64url");
                assert!(8 * modulus.len() >= 2048 && modulus[0] >= 0x80, "{key}");
                assert_eq!(key["e"], "AQAB");
            }
        }),
        story(
            "J14",
            "a bad key is refused before anything is served",
            bad_keys,
        ),
    ]
}

/// What jsonwebtoken reads of a token that it believes.
fn verified(keys: &JwkSet, token: &str, issuer: &str) -> Value {
    let kid = part(token, 0)["kid"].as_str().expect("a kid").to_owned();
    let key = DecodingKey::from_jwk(keys.find(&kid).expect("a published key")).expect("a key");
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_issuer(&[issuer]);
    // Whom a token is for is another row's business.
    validation.validate_aud = false;
    #[expect(
        clippy::disallowed_methods,
        reason = "these tests choose the one backend it has"
    )]
    let read = jsonwebtoken::decode::<Value>(token, &key, &validation);
    read.expect("a token to be believed").claims
}

fn every_date_follows_the_clock(world: &World) {
    let login = Timestamp::from_unix(1_000_000_000);
    world.clock.freeze(login);
    let mut token = world
        .server
        .mint()
        .client("alpha")
        .scope("openid a")
        .refresh_token();
    for step in [1, 3_600, 86_399] {
        world.clock.advance(step);
        let now = world.clock.now().as_unix();
        let answer = world.refresh("alpha", &token);
        assert_tokens(&answer);
        for (name, token) in tokens(&answer) {
            let claims = part(&token, 1);
            let lifetime = if name == "refresh_token" { 86_400 } else { 900 };
            assert_eq!(seconds(&claims, "iat"), now, "{name}");
            assert_eq!(seconds(&claims, "exp"), now + lifetime, "{name}");
            assert_eq!(seconds(&claims, "auth_time"), login.as_unix(), "{name}");
        }
        token = answer.member("refresh_token");
    }
    // Back in time: a token from the future is not accepted.
    world.clock.advance(-3_600);
    let answer = world.refresh("alpha", &token);
    assert_refused(&answer, &[400], &["invalid_grant"]);
    world.clock.release();
    // A token of long ago has expired by the system's time.
    let answer = world.refresh("alpha", &token);
    assert_refused(&answer, &[400], &["invalid_grant"]);
}

fn bad_keys(_: &World) {
    let weak = rsa::PrivateKey::new(&mut rand::rng(), 1024)
        .expect("a key")
        .to_pkcs8_pem(LineEnding::LF)
        .expect("PEM")
        .to_string();
    let good = TokenServer::start();
    let jwks = get(good.address(), path_of(&good, &good.jwks_url()));
    let public = jwks.json()["keys"][0].clone();
    assert!(public.is_object());
    for (about, key) in [
        ("1024 bits", weak.clone()),
        ("cut off", weak[..weak.len() / 2].to_owned()),
        ("a public key", public.to_string()),
        (
            "an EC key",
            json!({"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "d": "AA"}).to_string(),
        ),
        ("a secret", json!({"kty": "oct", "k": "AA"}).to_string()),
        (
            "no exponent",
            json!({"kty": "RSA", "n": public["n"], "d": "AQAB"}).to_string(),
        ),
        (
            "numbers that do not fit",
            json!({"kty": "RSA", "n": public["n"], "e": "AQAB", "d": "AQAB"}).to_string(),
        ),
        ("no key at all", json!({"keys": []}).to_string()),
        ("nothing", String::new()),
    ] {
        let refused = TokenServer::builder().keys_text(key).try_start();
        assert!(refused.is_err(), "{about}");
    }
}
