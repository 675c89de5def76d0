//! Every defect of every token, judged by `jsonwebtoken`: refused for its own reason, and for no other.
//!
//! One seed and one frozen clock make the good token and the broken one the same in everything that is drawn, so that
//! whatever differs is the defect's doing.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::jwk::{AlgorithmParameters, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use oauth_mimic::{
    Client, Clock, Defect, DefectKind, Endpoint, Fault, Rule, TokenKind, TokenServer, User,
};
use serde_json::{Value, json};

use crate::faults::control;
use crate::support::ordered::{Ordered, members};
use crate::support::{Answer, basic, encoded, get, part, part_text, path_of, post};

const ISSUER: &str = "https://login.example.test";
const HOUR: i64 = 3600;
const OVERSIZE: usize = 100_000;
const KINDS: [(TokenKind, &str); 3] = [
    (TokenKind::AccessToken, "access_token"),
    (TokenKind::RefreshToken, "refresh_token"),
    (TokenKind::IdToken, "id_token"),
];

/// A defect, the check that must refuse it, and the members of header and claims that it may change.
struct Row {
    defect: Value,
    reason: &'static str,
    header: &'static [&'static str],
    claims: &'static [&'static str],
}

impl Row {
    fn kind(&self) -> &str {
        self.defect["kind"].as_str().expect("a kind")
    }
}

fn rows() -> Vec<Row> {
    let row = |defect: Value, reason, header, claims| Row {
        defect,
        reason,
        header,
        claims,
    };
    vec![
        row(
            json!({ "kind": "expired" }),
            "ExpiredSignature",
            &[],
            &["exp", "iat"],
        ),
        row(
            json!({ "kind": "not_yet_valid" }),
            "ImmatureSignature",
            &[],
            &["nbf"],
        ),
        row(
            json!({ "kind": "issued_in_future" }),
            "iat",
            &[],
            &["exp", "iat"],
        ),
        row(
            json!({ "kind": "wrong_issuer" }),
            "InvalidIssuer",
            &[],
            &["iss"],
        ),
        row(
            json!({ "kind": "wrong_audience" }),
            "InvalidAudience",
            &[],
            &["aud"],
        ),
        row(json!({ "kind": "wrong_type" }), "typ", &["typ"], &[]),
        row(json!({ "kind": "unknown_kid" }), "kid", &["kid"], &[]),
        row(
            json!({ "kind": "foreign_key" }),
            "InvalidSignature",
            &[],
            &[],
        ),
        row(
            json!({ "kind": "damaged_signature" }),
            "InvalidSignature",
            &[],
            &[],
        ),
        row(json!({ "kind": "alg_none" }), "header", &["alg"], &[]),
        row(
            json!({ "kind": "hs256_with_public_key" }),
            "InvalidAlgorithm",
            &["alg"],
            &[],
        ),
        row(json!({ "kind": "wrong_nonce" }), "nonce", &[], &["nonce"]),
        row(
            json!({ "kind": "wrong_at_hash" }),
            "at_hash",
            &[],
            &["at_hash"],
        ),
        row(
            json!({ "kind": "wrong_c_hash" }),
            "c_hash",
            &[],
            &["c_hash"],
        ),
        row(json!({ "kind": "wrong_azp" }), "azp", &[], &["azp"]),
        row(
            json!({ "kind": "missing_claim", "claim": "exp" }),
            r#"MissingRequiredClaim("exp")"#,
            &[],
            &["exp"],
        ),
        row(
            json!({ "kind": "missing_claim", "claim": "sub" }),
            r#"MissingRequiredClaim("sub")"#,
            &[],
            &["sub"],
        ),
        row(
            json!({ "kind": "set_claims", "claims": { "sub": "mallory", "admin": true } }),
            "claims",
            &[],
            &["sub", "admin"],
        ),
        row(
            json!({ "kind": "oversized", "bytes": OVERSIZE }),
            "size",
            &[],
            &["padding"],
        ),
    ]
}

fn defect_of(row: &Row) -> Defect {
    serde_json::from_value(row.defect.clone()).expect("a defect")
}

#[test]
fn the_table_has_every_defect() {
    for kind in DefectKind::ALL {
        assert!(
            rows().iter().any(|row| row.kind() == kind.as_str()),
            "{kind} is not tested"
        );
    }
}

// --- where tokens come from ---------------------------------------------------------------------------------------

fn server(profile: &str) -> TokenServer {
    TokenServer::builder()
        .profile(profile)
        .issuer(ISSUER)
        .seed(7)
        .clock(&Clock::frozen(Clock::real().now()))
        .client(Client::confidential("app", "s3cret").scope("openid email"))
        .user(User::new("alice"))
        .start()
}

/// A way to have a token of that kind, broken where a defect is named.
type Source = fn(&TokenServer, TokenKind, Option<&Row>) -> String;

const SOURCES: [(&str, Source); 4] = [
    ("the library", by_library),
    ("the control plane", by_http),
    ("the token endpoint", by_endpoint),
    ("a response of the control plane", by_response),
];

fn by_library(server: &TokenServer, which: TokenKind, row: Option<&Row>) -> String {
    let mint = match row {
        Some(row) => server.mint().defect(defect_of(row)),
        None => server.mint(),
    };
    match which {
        TokenKind::AccessToken => mint.access_token(),
        TokenKind::RefreshToken => mint.refresh_token(),
        TokenKind::IdToken => mint.id_token(),
        other => panic!("no test for {other:?}"),
    }
}

fn by_http(server: &TokenServer, which: TokenKind, row: Option<&Row>) -> String {
    let mut order = json!({ "kind": which });
    if let Some(row) = row {
        order["defect"] = row.defect.clone();
    }
    control(server, "POST", "/tokens", &order).member("token")
}

/// Only the access token of a response can be broken.
fn by_response(server: &TokenServer, which: TokenKind, row: Option<&Row>) -> String {
    if which != TokenKind::AccessToken {
        return by_http(server, which, row);
    }
    let mut order = json!({ "kind": "response" });
    if let Some(row) = row {
        order["defect"] = row.defect.clone();
    }
    control(server, "POST", "/tokens", &order).member("access_token")
}

fn by_endpoint(server: &TokenServer, which: TokenKind, row: Option<&Row>) -> String {
    let presented = server.mint().refresh_token();
    server.reset();
    if let Some(row) = row {
        let fault = Fault::token(which, defect_of(row));
        server
            .faults()
            .add(Rule::on(Endpoint::Token, fault).times(1));
    }
    let form = format!(
        "grant_type=refresh_token&refresh_token={}",
        encoded(&presented)
    );
    let answer = post(server, Some(&basic("app", "s3cret")), &form);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let (_, member) = KINDS
        .iter()
        .find(|(kind, _)| *kind == which)
        .expect("a kind");
    answer.member(member)
}

/// Each source at its start, so that it draws the same again.
fn token(server: &TokenServer, source: Source, which: TokenKind, row: Option<&Row>) -> String {
    server.reset();
    source(server, which, row)
}

// --- the verifier -------------------------------------------------------------------------------------------------

fn jwks(server: &TokenServer) -> JwkSet {
    let jwks = get(server.address(), path_of(server, &server.jwks_url())).json();
    serde_json::from_value(jwks).expect("a JWK Set")
}

/// What a strict verifier knows of the tokens it takes, from a good one.
pub(crate) struct Verifier {
    keys: JwkSet,
    issuer: String,
    good: String,
    now: i64,
}

/// Which check is left out, or done by other means.
#[derive(Clone, Copy)]
enum Leave<'a> {
    Nothing,
    Out(&'a str),
    /// Another key and algorithm are configured as right.
    Key(&'a DecodingKey, Algorithm),
}

impl Verifier {
    pub(crate) fn of(server: &TokenServer, good: String) -> Self {
        Self {
            keys: jwks(server),
            issuer: server.issuer().to_owned(),
            now: server.clock().now().as_unix(),
            good,
        }
    }

    /// The claims, or the first check that fails.
    pub(crate) fn verdict(&self, token: &str) -> Result<Value, String> {
        self.judge(token, Leave::Nothing)
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the library must not depend on the crate's global backend; this test is about that crate"
    )]
    fn judge(&self, token: &str, leave: Leave<'_>) -> Result<Value, String> {
        let checks = |reason: &str| !matches!(leave, Leave::Out(out) if out == reason);
        if checks("size") && token.len() > self.good.len() + OVERSIZE / 2 {
            return Err("size".to_owned());
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| "header")?;
        if checks("typ") && part(token, 0)["typ"] != part(&self.good, 0)["typ"] {
            return Err("typ".to_owned());
        }
        let jwk = match &header.kid {
            Some(kid) if checks("kid") => self.keys.find(kid).ok_or("kid")?,
            _ => &self.keys.keys[0],
        };
        let published = DecodingKey::from_jwk(jwk).expect("an RSA key");
        let (key, algorithm) = match leave {
            Leave::Key(key, algorithm) => (key, algorithm),
            _ => (&published, Algorithm::RS256),
        };
        let expected = part(&self.good, 1);
        let mut validation = Validation::new(algorithm);
        let required: Vec<&str> = ["exp", "iss", "sub", "aud"]
            .into_iter()
            .filter(|claim| expected.get(claim).is_some())
            .filter(|claim| checks(&format!(r#"MissingRequiredClaim("{claim}")"#)))
            .collect();
        validation.set_required_spec_claims(&required);
        validation.validate_exp = checks("ExpiredSignature") && required.contains(&"exp");
        validation.validate_nbf = checks("ImmatureSignature");
        validation.validate_aud = checks("InvalidAudience");
        if checks("InvalidIssuer") {
            validation.set_issuer(&[&self.issuer]);
        }
        match &expected["aud"] {
            Value::String(audience) => validation.set_audience(&[audience]),
            Value::Array(audience) => {
                validation.set_audience(&[audience[0].as_str().expect("a text")]);
            }
            _ => {}
        }
        let claims = jsonwebtoken::decode::<Value>(token, key, &validation)
            .map_err(|why| format!("{:?}", why.kind()))?
            .claims;
        let issued = claims["iat"].as_i64().ok_or("iat")?;
        if checks("iat") && issued > self.now + 60 {
            return Err("iat".to_owned());
        }
        // What belongs to whom a resource server knows by itself.
        if checks("claims")
            && (claims.get("admin").is_some()
                || claims.get("sub").is_some_and(|sub| *sub != expected["sub"]))
        {
            return Err("claims".to_owned());
        }
        // A client compares them with its request and with what came beside the token.
        for name in ["nonce", "at_hash", "c_hash", "azp"] {
            if checks(name) && claims.get(name).is_some() && claims.get(name) != expected.get(name)
            {
                return Err(name.to_owned());
            }
        }
        Ok(claims)
    }
}

/// A part of a token without some members, in order.
fn without(token: &str, index: usize, names: &[&str]) -> String {
    let mut rest = members(&part_text(token, index));
    for name in names {
        rest.shift_remove(*name);
    }
    Ordered::Object(rest).to_string()
}

/// The PEM of the public key (RFC 5280 §4.1.2.7), put together by hand.
fn public_pem(keys: &JwkSet) -> String {
    let AlgorithmParameters::RSA(key) = &keys.keys[0].algorithm else {
        panic!("an RSA key");
    };
    assert_eq!(key.e, "AQAB");
    let modulus = URL_SAFE_NO_PAD.decode(&key.n).expect("base64url");
    assert_eq!(
        modulus.len(),
        256,
        "the lengths below are those of 2048 bits"
    );
    let mut der = b"\x30\x82\x01\x22\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00\x03\x82\x01\x0f\x00\x30\x82\x01\x0a\x02\x82\x01\x01\x00".to_vec();
    der.extend(modulus);
    der.extend(b"\x02\x03\x01\x00\x01");
    let encoded = STANDARD.encode(der);
    let lines: Vec<&str> = encoded
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).expect("base64"))
        .collect();
    format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
        lines.join("\n")
    )
}

/// Whether the server's own key signed it, whatever it says.
#[expect(
    clippy::disallowed_methods,
    reason = "the library must not depend on the crate's global backend; this test is about that crate"
)]
pub(crate) fn is_signed_by(server: &TokenServer, token: &str) -> bool {
    let key = DecodingKey::from_jwk(&jwks(server).keys[0]).expect("an RSA key");
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_required_spec_claims::<&str>(&[]);
    validation.validate_exp = false;
    validation.validate_aud = false;
    jsonwebtoken::decode::<Value>(token, &key, &validation).is_ok()
}

/// The key that is never published, as its own server would publish it.
fn unpublished() -> DecodingKey {
    let impostor = TokenServer::builder()
        .keys(concat!(env!("CARGO_MANIFEST_DIR"), "/keys/unpublished.pem"))
        .start();
    DecodingKey::from_jwk(&jwks(&impostor).keys[0]).expect("an RSA key")
}

// --- the table ----------------------------------------------------------------------------------------------------

#[test]
fn each_defect_is_refused_for_its_own_reason_and_for_no_other() {
    let unpublished = unpublished();
    for profile in oauth_mimic::profiles() {
        let server = server(profile);
        let keys = jwks(&server);
        let secret = DecodingKey::from_secret(public_pem(&keys).as_bytes());
        for (from, source) in SOURCES {
            for (which, kind) in KINDS {
                let good = token(&server, source, which, None);
                assert_eq!(
                    token(&server, source, which, None),
                    good,
                    "{profile}: drawn alike"
                );
                let verifier = Verifier::of(&server, good.clone());
                let claims = verifier.judge(&good, Leave::Nothing);
                assert_eq!(claims, Ok(part(&good, 1)), "{profile}, {kind} of {from}");
                for row in rows() {
                    let case = format!("{profile}, {} in the {kind} of {from}", row.defect);
                    let broken = token(&server, source, which, Some(&row));
                    let verdict = verifier.judge(&broken, Leave::Nothing);
                    assert_eq!(verdict, Err(row.reason.to_owned()), "{case}");
                    for (index, changed) in [(0, row.header), (1, row.claims)] {
                        assert_eq!(
                            without(&broken, index, changed),
                            without(&good, index, changed),
                            "{case}: the rest is as it was"
                        );
                    }
                    let leave = match row.kind() {
                        "alg_none" => {
                            // No library reads it at all; its two parts were compared above.
                            assert!(broken.ends_with('.'), "{case}");
                            assert_eq!(part(&broken, 0)["alg"], "none", "{case}");
                            continue;
                        }
                        "damaged_signature" => {
                            assert_one_bit_differs(&case, &good, &broken);
                            continue;
                        }
                        "hs256_with_public_key" => Leave::Key(&secret, Algorithm::HS256),
                        "foreign_key" => Leave::Key(&unpublished, Algorithm::RS256),
                        _ => Leave::Out(row.reason),
                    };
                    let verdict = verifier.judge(&broken, leave);
                    assert_eq!(verdict, Ok(part(&broken, 1)), "{case}: otherwise good");
                    assert_as_said(&case, &row, &good, &broken);
                }
            }
        }
    }
}

#[track_caller]
fn assert_one_bit_differs(case: &str, good: &str, broken: &str) {
    let split = |token: &str| {
        let (input, signature) = token.rsplit_once('.').expect("a signature");
        (
            input.to_owned(),
            URL_SAFE_NO_PAD.decode(signature).expect("base64url"),
        )
    };
    let ((input, right), (same, wrong)) = (split(good), split(broken));
    assert_eq!(input, same, "{case}");
    assert_eq!(right.len(), wrong.len(), "{case}");
    let bits: u32 = right
        .iter()
        .zip(&wrong)
        .map(|(a, b)| (a ^ b).count_ones())
        .sum();
    assert_eq!(bits, 1, "{case}");
}

/// What changed has changed to what the defect says.
#[track_caller]
fn assert_as_said(case: &str, row: &Row, good: &str, broken: &str) {
    let (right, wrong) = (part(good, 1), part(broken, 1));
    let number = |claims: &Value, name: &str| claims[name].as_i64().expect("a number");
    match row.kind() {
        "expired" => {
            let now = number(&right, "iat");
            assert_eq!(number(&wrong, "exp"), now - HOUR, "{case}");
            let life = |claims: &Value| number(claims, "exp") - number(claims, "iat");
            assert_eq!(life(&wrong), life(&right), "{case}");
        }
        "not_yet_valid" => assert_eq!(number(&wrong, "nbf"), number(&right, "iat") + HOUR),
        "issued_in_future" => {
            for claim in ["iat", "exp"] {
                assert_eq!(
                    number(&wrong, claim),
                    number(&right, claim) + HOUR,
                    "{case}"
                );
            }
        }
        "missing_claim" => {
            assert_eq!(wrong.get(row.claims[0]), None, "{case}");
        }
        "set_claims" => {
            assert_eq!(
                (&wrong["sub"], &wrong["admin"]),
                (&json!("mallory"), &json!(true))
            );
        }
        "oversized" => {
            let grown = broken.len() - good.len();
            assert!(
                (OVERSIZE..=OVERSIZE + 1).contains(&grown),
                "{case}: {grown}"
            );
        }
        "unknown_kid" => assert_eq!(part(broken, 0)["kid"], "no-such-key", "{case}"),
        _ => {}
    }
}

#[test]
fn an_oversized_token_is_as_large_as_said() {
    let server = server("connect");
    let good = token(&server, by_library, TokenKind::AccessToken, None);
    for bytes in [32, 33, 34, 35, 36, 1000, 4097, 1 << 20] {
        server.reset();
        let large = server
            .mint()
            .defect(Defect::oversized(bytes))
            .access_token();
        let grown = large.len() - good.len();
        assert!((bytes..=bytes + 1).contains(&grown), "{bytes}: {grown}");
    }
}

#[test]
fn a_defect_leaves_the_other_tokens_of_the_answer_alone() {
    for profile in oauth_mimic::profiles() {
        let server = server(profile);
        let presented = server.mint().refresh_token();
        let form = format!(
            "grant_type=refresh_token&refresh_token={}",
            encoded(&presented)
        );
        let answer = |fault: Option<Fault>| {
            server.reset();
            if let Some(fault) = fault {
                server.fail_next(1, fault);
            }
            post(&server, Some(&basic("app", "s3cret")), &form).json()
        };
        // The hash of the access token follows the access token.
        let same = |member: &str, one: &Value, other: &Value| {
            let claims = |token: &Value| {
                let mut claims = part(token.as_str().expect("a token"), 1);
                claims.as_object_mut().expect("claims").remove("at_hash");
                claims
            };
            one == other || (member == "id_token" && claims(one) == claims(other))
        };
        let good = answer(None);
        for row in rows() {
            for (which, kind) in KINDS {
                let broken = answer(Some(Fault::token(which, defect_of(&row)).into()));
                for (member, value) in good.as_object().expect("an object") {
                    let case = format!("{profile}, {} in the {kind}: {member}", row.defect);
                    if member == kind {
                        assert_ne!(broken[member], *value, "{case}");
                    } else {
                        assert!(same(member, &broken[member], value), "{case}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_refresh_token_that_is_reused_comes_broken_where_that_is_asked_for() {
    let server = TokenServer::builder()
        .client(
            Client::confidential("app", "s3cret")
                .scope("openid")
                .refresh(oauth_mimic::RefreshPolicy::Reuse),
        )
        .user(User::new("alice"))
        .start();
    let token = server.mint().refresh_token();
    let form = format!("grant_type=refresh_token&refresh_token={}", encoded(&token));
    let ask = |form: &str| post(&server, Some(&basic("app", "s3cret")), form);
    server.fail_next(1, Fault::token(TokenKind::RefreshToken, Defect::ForeignKey));
    let broken = ask(&form).member("refresh_token");
    assert_ne!(broken, token);
    let refused = ask(&format!(
        "grant_type=refresh_token&refresh_token={}",
        encoded(&broken)
    ));
    assert_eq!(refused.error(), "invalid_grant", "{}", refused.text());
    assert_eq!(ask(&form).member("refresh_token"), token);
}

/// How the server answers a refresh token of its own with that defect: a part of the description, or that it accepts.
fn of_refresh_tokens() -> [(Defect, Result<(), &'static str>); 14] {
    [
        (Defect::Expired, Err("expired at")),
        (Defect::NotYetValid, Err("not valid before")),
        (Defect::IssuedInFuture, Err("was issued at")),
        (Defect::WrongIssuer, Err("was issued by")),
        (Defect::WrongAudience, Err("audience is")),
        (Defect::WrongType, Err("typ is logout+jwt, not JWT")),
        (Defect::UnknownKid, Err("names none")),
        (Defect::ForeignKey, Err("no published key")),
        (Defect::DamagedSignature, Err("no published key")),
        (Defect::AlgNone, Err("alg is none")),
        (Defect::Hs256WithPublicKey, Err("alg is HS256")),
        (Defect::missing_claim("exp").into(), Err("another shape")),
        (Defect::oversized(5_000).into(), Ok(())),
        (Defect::set_claim("colour", "red").into(), Ok(())),
    ]
}

fn refreshed(server: &TokenServer, token: &str) -> Answer {
    let form = format!("grant_type=refresh_token&refresh_token={}", encoded(token));
    post(server, Some(&basic("app", "s3cret")), &form)
}

#[test]
fn the_server_refuses_its_own_refresh_tokens_with_every_defect_that_makes_them_unacceptable() {
    for profile in oauth_mimic::profiles() {
        let server = server(profile);
        for (defect, expected) in of_refresh_tokens() {
            let token = server.mint().defect(defect.clone()).refresh_token();
            let answer = refreshed(&server, &token);
            let case = format!("{profile}, {defect:?}: {}", answer.text());
            match expected {
                Ok(()) => assert_eq!(answer.status, 200, "{case}"),
                Err(why) => {
                    assert_eq!(answer.error(), "invalid_grant", "{case}");
                    assert!(answer.text().contains(why), "{case}");
                }
            }
        }
    }
}

#[test]
fn a_refresh_token_is_accepted_from_its_nbf_and_iat_on_and_for_this_server_only() {
    for profile in oauth_mimic::profiles() {
        let server = server(profile);
        let now = server.clock().now();
        server.clock().freeze(now);
        let (now, issuer) = (now.as_unix(), server.issuer());
        for (claim, value, accepted) in [
            ("nbf", json!(now), true),
            ("nbf", json!(now + 1), false),
            (
                "nbf",
                serde_json::from_str(&format!("{now}.5")).expect("a number"),
                false,
            ),
            ("nbf", json!("now"), false),
            ("iat", json!(now), true),
            ("iat", json!(now + 1), false),
            ("aud", json!(issuer), true),
            ("aud", json!([issuer, "https://other.example"]), true),
            ("aud", json!(["https://other.example"]), false),
            ("aud", json!(format!("{issuer}/")), false),
            ("aud", json!([issuer, null]), false),
            ("aud", json!([]), false),
        ] {
            let token = server.mint().claim(claim, value.clone()).refresh_token();
            let answer = refreshed(&server, &token);
            let case = format!("{profile}, {claim} {value}: {}", answer.text());
            assert_eq!(answer.status == 200, accepted, "{case}");
        }
    }
}

#[test]
fn claims_are_set_one_by_one_in_the_library() {
    let server = TokenServer::start();
    let token = server
        .mint()
        .claim("sub", "mallory")
        .claim("roles", json!(["admin"]))
        .access_token();
    assert_eq!(part(&token, 1)["sub"], "mallory");
    assert_eq!(part(&token, 1)["roles"], json!(["admin"]));
    let order = json!({ "kind": "access_token", "claims": { "sub": "mallory" } });
    let token = control(&server, "POST", "/tokens", &order).member("token");
    assert_eq!(part(&token, 1)["sub"], "mallory");
}
