//! A2: client authentication (C01 to C24 and C30).

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

use super::{
    Expected, GOOD, INVALID_CLIENT, INVALID_REQUEST, LONG_SECRET, RefreshTokenIn as _, Request,
    Row, TOKEN, World, alpha, assert_refused, post, story,
};
use crate::support::{Connection, encoded};

/// Never accepted; either error is right where both mistakes are made.
const REFUSED: Expected = Expected::Refused(&[400, 401], &["invalid_request", "invalid_client"]);
const UNAUTHORIZED: Expected = Expected::Refused(&[400], &["unauthorized_client"]);

/// `alpha:alpha-secret`.
const ALPHA: &str = "YWxwaGE6YWxwaGEtc2VjcmV0";

/// A refresh with that header alone.
fn authorization(value: impl AsRef<[u8]>) -> Request {
    post(GOOD).authorization(value)
}

/// Basic over these bytes as they are.
fn basic_bytes(userinfo: impl AsRef<[u8]>) -> Request {
    authorization(format!("Basic {}", STANDARD.encode(userinfo)))
}

/// A refresh with credentials in the form, as they are written here.
fn form(credentials: &str) -> Request {
    post(format!("{GOOD}&{credentials}"))
}

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = basic_rows();
    rows.extend(secret_rows());
    rows.extend(method_rows());
    rows.extend([
        story(
            "C15",
            "an unknown client gets the answer of a wrong secret",
            |world| {
                let wrong = [
                    basic_bytes("alpha:wrong"),
                    basic_bytes("nobody:wrong"),
                    form("client_id=alpha&client_secret=wrong"),
                    form("client_id=nobody&client_secret=wrong"),
                    form("client_id=nobody"),
                    form("client_id=alpha"),
                ]
                .map(|request| {
                    let mut answer = world.send(&request);
                    assert_refused(&answer, &[401], &["invalid_client"]);
                    answer.headers.retain(|(name, _)| name != "date");
                    (answer.headers, answer.body)
                });
                for other in &wrong[1..] {
                    assert_eq!(*other, wrong[0]);
                }
            },
        ),
        story(
            "C30",
            "a thousand wrong secrets change nothing",
            a_thousand_wrong_secrets,
        ),
    ]);
    rows
}

/// How Basic is written.
fn basic_rows() -> Vec<Row> {
    table! {
        "C01", "Basic", basic_bytes("alpha:alpha-secret") => Expected::Tokens;
        "C03", "id and secret are encoded first", basic_bytes("we%3Aird+id:p%3Aw%2B%25%26%3D").owner("we:ird id")
            => Expected::Tokens;
        "C03", "with %20 for the space", basic_bytes("we%3aird%20id:p%3aw%2b%25%26%3d").owner("we:ird id")
            => Expected::Tokens;
        "C04", "the first colon splits", basic_bytes("colon:p:w").owner("colon") => Expected::Tokens;
        "C05", "an encoded plus", basic_bytes("plus:a%2Bb").owner("plus") => Expected::Tokens;
        "C05", "a raw plus is a space", basic_bytes("plus:a+b").owner("plus") => INVALID_CLIENT;
        "C06", "%zz in the id", basic_bytes("alph%zz:alpha-secret") => INVALID_REQUEST;
        "C06", "%zz in the secret", basic_bytes("alpha:alpha-secret%zz") => INVALID_REQUEST;
        "C06", "% at the end of the id", basic_bytes("alpha%:alpha-secret") => INVALID_REQUEST;
        "C06", "% at the end of the secret", basic_bytes("alpha:alpha-secret%") => INVALID_REQUEST;
        "C06", "half a character in the id", basic_bytes("alpha%e9:alpha-secret") => INVALID_REQUEST;
        "C06", "half a character in the secret", basic_bytes("alpha:alpha-secret%e9") => INVALID_REQUEST;
        "C07", "no colon", basic_bytes("alpha") => INVALID_REQUEST;
        "C07", "an encoded colon", basic_bytes("alpha%3Aalpha-secret") => INVALID_REQUEST;
        "C08", "not base64", authorization("Basic !!!!") => INVALID_REQUEST;
        "C08", "nothing behind the scheme", authorization("Basic") => INVALID_REQUEST;
        "C08", "a space behind the scheme", authorization("Basic ") => INVALID_REQUEST;
        "C08", "two words", authorization("Basic a b") => INVALID_REQUEST;
        "C08", "no padding where it is due",
            authorization(format!("Basic {}", STANDARD_NO_PAD.encode("coder:coder-secret!")))
            => INVALID_REQUEST;
        "C08", "too much padding", authorization(format!("Basic {ALPHA}=")) => INVALID_REQUEST;
        "C08", "the alphabet of base64url", authorization("Basic YWxwaGE6YT8_Pz4-") => INVALID_REQUEST;
        "C08", "bits behind the last byte", authorization("Basic YTpiYmI=".replace('I', "J")) => INVALID_REQUEST;
        "C08", "something behind it", authorization(format!("Basic {ALPHA}, x=y")) => INVALID_REQUEST;
        "C09", "an empty id", basic_bytes(":alpha-secret") => INVALID_CLIENT;
        "C09", "an empty secret", basic_bytes("alpha:") => INVALID_CLIENT;
        "C09", "both empty", basic_bytes(":") => INVALID_CLIENT;
        "C10", "NUL in the id", basic_bytes("alpha\0:alpha-secret") => REFUSED;
        "C10", "NUL in the secret", basic_bytes("alpha:alpha-secret\0") => REFUSED;
        "C10", "an encoded NUL", basic_bytes("alpha:alpha-secret%00") => REFUSED;
        "C10", "controls", basic_bytes("al\x07pha:alpha-secret\x1b") => REFUSED;
        "C10", "DEL", basic_bytes("alpha\x7f:alpha-secret") => REFUSED;
        "C10", "bytes that are not UTF-8", basic_bytes(b"alpha:\xff\xfe") => REFUSED;
        "C10", "an overlong slash", basic_bytes(b"alpha:\xc0\xaf") => REFUSED;
        "C10", "another alphabet", basic_bytes("пароль:пароль") => REFUSED;
        "C11", "basic", authorization(format!("basic {ALPHA}")) => Expected::Tokens;
        "C11", "BASIC", authorization(format!("BASIC {ALPHA}")) => Expected::Tokens;
        "C11", "bAsIc", authorization(format!("bAsIc {ALPHA}")) => Expected::Tokens;
        "C12", "Bearer", authorization("Bearer x") => INVALID_CLIENT;
        "C12", "Negotiate", authorization("Negotiate x") => INVALID_CLIENT;
        "C12", "no scheme", authorization(ALPHA) => INVALID_CLIENT;
        "C12", "Bearer, although the form is right", form("client_id=alpha").authorization("Bearer x")
            => INVALID_CLIENT;
    }
}

/// Right and wrong secrets.
fn secret_rows() -> Vec<Row> {
    let long = |suffix: &str| {
        basic_bytes(format!(
            "long:{}",
            encoded(&format!("{}{suffix}", &LONG_SECRET[..72]))
        ))
        .owner("long")
    };
    table! {
        "C02", "the form", form("client_id=alpha&client_secret=alpha-secret") => Expected::Tokens;
        "C02", "the form, encoded", form("client_id=we%3Aird%20id&client_secret=p%3Aw%2B%25%26%3D").owner("we:ird id")
            => Expected::Tokens;
        "C13", "a wrong secret by Basic", basic_bytes("alpha:wrong") => INVALID_CLIENT;
        "C14", "a wrong secret in the form", form("client_id=alpha&client_secret=wrong") => INVALID_CLIENT;
        "C16", "no client at all", post(GOOD) => INVALID_CLIENT;
        "C16", "a secret and no client", form("client_secret=alpha-secret") => INVALID_CLIENT;
        "C16", "an empty client", form("client_id=&client_secret=alpha-secret") => INVALID_CLIENT;
        "C20", "the long secret itself", long(&LONG_SECRET[72..]) => Expected::Tokens;
        "C20", "the long secret and one byte more", long(&format!("{}!", &LONG_SECRET[72..])) => INVALID_CLIENT;
        "C20", "its first 72 bytes", long("") => INVALID_CLIENT;
        "C20", "its first 72 bytes and others", long("01234567y") => INVALID_CLIENT;
        "C20", "8 KiB of secret", basic_bytes(format!("alpha:{}", "x".repeat(8192))) => INVALID_CLIENT;
        "C20", "8 KiB that begin well",
            form(&format!("client_id=alpha&client_secret=alpha-secret{}", "x".repeat(8192)))
            => INVALID_CLIENT;
        "C20", "a space behind", basic_bytes("alpha:alpha-secret+") => INVALID_CLIENT;
        "C20", "a raw space behind", basic_bytes("alpha:alpha-secret ") => INVALID_CLIENT;
        "C20", "a space before", form("client_id=alpha&client_secret=+alpha-secret") => INVALID_CLIENT;
        "C20", "a space behind, in the form", form("client_id=alpha&client_secret=alpha-secret%20") => INVALID_CLIENT;
        "C20", "a newline behind, in the form", form("client_id=alpha&client_secret=alpha-secret%0A")
            => INVALID_CLIENT;
        // C10 and H03 refuse these before they are compared.
        "C20", "a newline behind", basic_bytes("alpha:alpha-secret\n") => REFUSED;
        "C20", "a NUL behind", form("client_id=alpha&client_secret=alpha-secret%00") => REFUSED;
        "C20", "another case", basic_bytes("alpha:Alpha-secret") => INVALID_CLIENT;
        "C20", "another case of the id", basic_bytes("Alpha:alpha-secret") => INVALID_CLIENT;
        "C21", "a public client", form("client_id=app").owner("app") => Expected::Tokens;
        "C21", "a public client and an empty secret", form("client_id=app&client_secret=").owner("app")
            => Expected::Tokens;
        "C21", "a public client with a secret", form("client_id=app&client_secret=x").owner("app") => INVALID_CLIENT;
        "C21", "a public client with a secret by Basic", basic_bytes("app:x").owner("app") => INVALID_CLIENT;
        "C22", "a confidential client without its secret", form("client_id=alpha") => INVALID_CLIENT;
        "C22", "a confidential client with an empty secret", form("client_id=alpha&client_secret=") => INVALID_CLIENT;
    }
}

/// One way at a time, and only what the client may.
fn method_rows() -> Vec<Row> {
    let both = |more: &str| alpha(format!("{GOOD}&{more}"));
    table! {
        "C17", "Basic and a secret", both("client_secret=alpha-secret") => INVALID_REQUEST;
        "C17", "Basic and the whole form", both("client_id=alpha&client_secret=alpha-secret") => INVALID_REQUEST;
        "C17", "Basic and an assertion", both("client_assertion=x") => INVALID_REQUEST;
        "C17", "Basic and a whole assertion",
            both("client_assertion=x&client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
            => INVALID_REQUEST;
        "C17", "a secret and an assertion", form("client_id=alpha&client_secret=alpha-secret&client_assertion=x")
            => INVALID_REQUEST;
        "C17", "Basic twice", alpha(GOOD).basic("alpha", "alpha-secret") => INVALID_REQUEST;
        "C17", "Basic and Bearer", alpha(GOOD).authorization("Bearer x") => INVALID_REQUEST;
        "C18", "Basic and its client_id", both("client_id=alpha") => Expected::Tokens;
        "C18", "Basic and an empty secret", both("client_secret=") => Expected::Tokens;
        "C19", "Basic and another client_id", both("client_id=beta") => INVALID_REQUEST;
        "C19", "Basic and an unknown client_id", both("client_id=nobody") => INVALID_REQUEST;
        "C24", "a client without this grant", post(GOOD).basic("coder", "coder-secret") => UNAUTHORIZED;
        "C24", "whatever it sends", post("grant_type=refresh_token").basic("coder", "coder-secret") => UNAUTHORIZED;
        "C24", "but it must be it", post(GOOD).basic("coder", "wrong") => INVALID_CLIENT;
        "C24", "no credentials where there is no body either", Request::new("POST", TOKEN) => REFUSED;
    }
}

/// No lock-out. That the time of an answer does not show how much of a secret was right, `tests/architecture.rs` holds.
fn a_thousand_wrong_secrets(world: &World) {
    // One wrong at its first character, one at its last.
    let secrets = ["Xlpha-secret", "alpha-secreX"];
    let requests = secrets.map(|secret| basic_bytes(format!("alpha:{secret}")).bytes());
    let mut connection = Connection::open(world.server.address());
    for round in 0..1000 {
        let answer = connection.send(&requests[round % 2]);
        assert_eq!(answer.status, 401, "{answer:?}");
    }
    world.still_serves();
}
