//! A1: the token endpoint in general (T01 to T20).

use super::{
    Expected, FORM, GOOD, INVALID_CLIENT, INVALID_GRANT, INVALID_REQUEST, NOT_ALLOWED, Request,
    Row, TOKEN, alpha, assert_tokens, post, row, story,
};

const UNSUPPORTED: Expected = Expected::Refused(&[400], &["unsupported_grant_type"]);

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = table! {
        "T01", "a good refresh is never to be stored", alpha(GOOD) => Expected::Tokens;
        "T02", "its members are what they are called", alpha(GOOD) => Expected::Tokens;
        "T03", "its tokens can be sent as they are", alpha(GOOD) => Expected::Tokens;
        "T04", "GET", Request::new("GET", TOKEN) => NOT_ALLOWED;
        "T04", "GET with a query",
            Request::new("GET", &format!("{TOKEN}?{GOOD}&client_id=alpha&client_secret=alpha-secret"))
            => NOT_ALLOWED;
        "T04", "and names POST as allowed", Request::new("GET", TOKEN) => Expected::That(|answer| {
            let allow = answer.header("allow").unwrap_or_default();
            assert!(allow.split(", ").any(|method| method == "POST"), "{allow}");
        });
        "T05", "all parameters in the query", alpha("").target(&format!("{TOKEN}?{GOOD}")) => INVALID_REQUEST;
        "T05", "all parameters in the query, credentials too",
            post("").target(&format!("{TOKEN}?{GOOD}&client_id=alpha&client_secret=alpha-secret"))
            => INVALID_REQUEST;
        "T05", "credentials in the query beside a good body",
            post(GOOD).target(&format!("{TOKEN}?client_id=alpha&client_secret=alpha-secret"))
            => Expected::Refused(&[400, 401], &["invalid_request", "invalid_client"]);
        "T05", "a refresh token in the query beside a good body",
            alpha(GOOD).target(&format!("{TOKEN}?refresh_token=x"))
            => INVALID_REQUEST;
        "T06", "no grant_type", alpha("refresh_token={rt}") => INVALID_REQUEST;
        "T06", "an empty body", alpha("") => INVALID_REQUEST;
        "T07", "an empty grant_type", alpha("grant_type=&refresh_token={rt}") => INVALID_REQUEST;
        "T07", "a grant_type without =", alpha("grant_type&refresh_token={rt}") => INVALID_REQUEST;
        "T08", "an unknown grant", alpha("grant_type=urn:x:y&refresh_token={rt}") => UNSUPPORTED;
        "T09", "case", alpha("grant_type=Refresh_Token&refresh_token={rt}") => UNSUPPORTED;
        "T09", "a space behind", alpha("grant_type=refresh_token+&refresh_token={rt}") => UNSUPPORTED;
        "T10", "grant_type twice", alpha(format!("{GOOD}&grant_type=refresh_token")) => INVALID_REQUEST;
        "T13", "an unknown parameter", alpha(format!("{GOOD}&x=1")) => Expected::Tokens;
        "T13", "an unknown one twice", alpha(format!("x=1&{GOOD}&x=2&x=1")) => Expected::Tokens;
        "T13", "one without a name", alpha(format!("=x&{GOOD}&=&=y")) => Expected::Tokens;
        "T13", "empty pairs", alpha(format!("&&{GOOD}&&&")) => Expected::Tokens;
        "T13", "an unknown one in the query", alpha(GOOD).target(&format!("{TOKEN}?x=1")) => Expected::Tokens;
        "T14", "JSON",
            alpha(r#"{"grant_type":"refresh_token","refresh_token":"{rt}"}"#).content_type("application/json")
            => INVALID_REQUEST;
        "T14", "multipart",
            alpha("--b\r\nContent-Disposition: form-data; name=grant_type\r\n\r\nrefresh_token\r\n--b--\r\n")
                .content_type("multipart/form-data; boundary=b")
            => INVALID_REQUEST;
        "T14", "a form that says it is text", alpha(GOOD).content_type("text/plain") => INVALID_REQUEST;
        "T14", "a form that does not say what it is", alpha(GOOD).without("Content-Type") => INVALID_REQUEST;
        "T14", "an empty Content-Type", alpha(GOOD).content_type("") => INVALID_REQUEST;
        "T14", "two types at once", alpha(GOOD).content_type(format!("{FORM}, text/plain")) => INVALID_REQUEST;
        "T14", "two Content-Types", alpha(GOOD).header("Content-Type", FORM) => INVALID_REQUEST;
        "T15", "case and charset of the media type",
            alpha(GOOD).content_type("Application/X-WWW-Form-Urlencoded; Charset=utf-8")
            => Expected::Tokens;
        "T15", "a quoted charset", alpha(GOOD).content_type(format!("{FORM};charset=\"UTF-8\"")) => Expected::Tokens;
        "T16", "Latin-1", alpha(GOOD).content_type(format!("{FORM}; charset=iso-8859-1")) => INVALID_REQUEST;
        "T16", "UTF-16", alpha(GOOD).content_type(format!("{FORM}; charset=utf-16")) => INVALID_REQUEST;
        "T16", "gzip that is none", alpha(GOOD).header("Content-Encoding", "gzip") => INVALID_REQUEST;
        "T16", "deflate that is none", alpha(GOOD).header("Content-Encoding", "deflate") => INVALID_REQUEST;
        "T18", "no such endpoint", alpha(GOOD).target("/oauth2/tokens")
            => Expected::Refused(&[404], &["invalid_request"]);
        "T18", "no such method", Request::new("DELETE", TOKEN) => NOT_ALLOWED;
        "T18", "a body that is too large", alpha("x".repeat(70_000))
            => Expected::Refused(&[413], &["invalid_request"]);
        "T19", "an error has its members and no other", alpha("grant_type=refresh_token") => INVALID_REQUEST;
    };
    rows.extend([
        story("T20", "a browser may ask first, then post", |world| {
            let preflight = world.send(
                &Request::new("OPTIONS", TOKEN)
                    .header("Origin", "https://app.example")
                    .header("Access-Control-Request-Method", "POST")
                    .header(
                        "Access-Control-Request-Headers",
                        "authorization,content-type",
                    ),
            );
            assert!([200, 204].contains(&preflight.status), "{preflight:?}");
            for name in ["origin", "methods", "headers"] {
                let value = preflight.header(&format!("access-control-allow-{name}"));
                assert!(
                    value.is_some_and(|value| !value.is_empty()),
                    "{name}: {preflight:?}"
                );
            }
            let methods = preflight
                .header("access-control-allow-methods")
                .unwrap_or_default();
            assert!(methods.contains("POST"), "{methods}");
            let headers = preflight
                .header("access-control-allow-headers")
                .unwrap_or_default();
            assert!(
                headers.to_ascii_lowercase().contains("authorization"),
                "{headers}"
            );
            for answer in [
                preflight,
                world.send(&alpha(GOOD).header("Origin", "https://app.example")),
                world.send(&post(GOOD).header("Origin", "https://app.example")),
                world.send(&Request::new("GET", super::METADATA).header("Origin", "null")),
                world.send(
                    &Request::new("GET", super::JWKS).header("Origin", "https://app.example"),
                ),
            ] {
                assert_eq!(
                    answer.header("access-control-allow-origin"),
                    Some("*"),
                    "{answer:?}"
                );
                assert_eq!(
                    answer.header("access-control-allow-credentials"),
                    None,
                    "{answer:?}"
                );
            }
        }),
        story(
            "T20",
            "and whatever it says of itself, it is answered",
            |world| {
                for (name, value) in [
                    ("Origin", "not an origin"),
                    ("Origin", ""),
                    ("Access-Control-Request-Method", "POST"),
                    ("Access-Control-Request-Method", "{}"),
                ] {
                    let answer = world.send(&alpha(GOOD).header(name, value));
                    assert_tokens(&answer);
                    let answer = world.send(&Request::new("OPTIONS", TOKEN).header(name, value));
                    assert!(answer.status < 500, "{answer:?}");
                }
            },
        ),
    ]);
    rows.extend(repeated());
    rows.extend(echoed());
    rows
}

/// T11: what means something may stand once, whether it says the same or not.
fn repeated() -> impl Iterator<Item = Row> {
    [
        "refresh_token",
        "scope",
        "client_id",
        "client_secret",
        "code",
        "redirect_uri",
    ]
    .into_iter()
    .flat_map(|name| {
        // No Basic beside a client_secret: that would be two ways to authenticate, and refused for that.
        let one = match name {
            "refresh_token" => "{rt}",
            "scope" => "a",
            "client_id" => "alpha",
            "client_secret" => "alpha-secret",
            _ => "x",
        };
        ["", one, "other"].map(|other| {
            let already = if name == "refresh_token" {
                ""
            } else {
                "refresh_token={rt}&"
            };
            let credentials = match name {
                "client_id" => "&client_secret=alpha-secret",
                "client_secret" => "&client_id=alpha",
                _ => "&client_id=alpha&client_secret=alpha-secret",
            };
            row(
                "T11",
                format!("{name}={one} and {name}={other}"),
                post(format!(
                    "grant_type=refresh_token&{already}{name}={one}&{name}={other}{credentials}"
                )),
                INVALID_REQUEST,
            )
        })
    })
}

/// T17: whatever an error could quote of a request, its description stays within its characters.
fn echoed() -> impl Iterator<Item = Row> {
    const NASTY: [&str; 9] = [
        "%22",
        "%5C",
        "%0D%0AX-Evil:%201",
        "%00",
        "%09",
        "%3Cscript%3Ealert(1)%3C/script%3E",
        "%C3%A9%E2%80%AE",
        "%7F",
        "%25%32%32",
    ];
    let refused = Expected::Refused(
        &[400, 401, 404],
        &[
            "invalid_request",
            "invalid_client",
            "invalid_grant",
            "invalid_scope",
            "unsupported_grant_type",
        ],
    );
    NASTY.into_iter().flat_map(move |nasty| {
        let decoded: Vec<u8> = percent_encoding::percent_decode_str(nasty)
            .filter(|byte| !matches!(byte, 0..=31 | 127))
            .collect();
        let around = |before: &str, after: &str| [before.as_bytes(), &decoded, after.as_bytes()].concat();
        [
            ("grant_type", alpha(format!("refresh_token={{rt}}&grant_type=a{nasty}"))),
            ("refresh_token", alpha(format!("grant_type=refresh_token&refresh_token=a{nasty}"))),
            ("scope", alpha(format!("{GOOD}&scope=a{nasty}"))),
            ("client_id", post(format!("{GOOD}&client_id=a{nasty}&client_secret=b"))),
            ("client_id beside Basic", alpha(format!("{GOOD}&client_id=a{nasty}"))),
            ("client_secret", post(format!("{GOOD}&client_id=alpha&client_secret=b{nasty}"))),
            ("Basic", post(GOOD).basic(&format!("a{nasty}"), "b")),
            ("the scheme", post(GOOD).authorization(around("a", " x"))),
            ("Content-Type", alpha(GOOD).content_type(around("x", ""))),
            ("charset", alpha(GOOD).content_type(around(&format!("{FORM}; charset=x"), ""))),
            ("Content-Encoding", alpha(GOOD).header("Content-Encoding", around("x", ""))),
            ("the path", alpha(GOOD).target(&format!("/x{nasty}"))),
        ]
        .map(|(name, request)| row("T17", format!("{nasty} in {name}"), request, refused))
    })
    .chain(table! {
        "T17", "a method with quotes", Request::new("A'B", TOKEN) => Expected::Rejected(&[400, 405]);
        "T17", "a registered client with quotes in its id",
            post(format!("{GOOD}&client_id=x")).basic("quo%22ted%5C", "quoted-secret")
            => INVALID_REQUEST;
        "T17", "its refresh token", post(GOOD).basic("quo%22ted%5C", "quoted-secret") => INVALID_GRANT;
        "T17", "an unknown RT with brackets", alpha("grant_type=refresh_token&refresh_token=%5B%22%5D")
            => INVALID_GRANT;
        "T17", "a client of another alphabet",
            post("client_id=%D0%B0lpha&client_secret=alpha-secret&grant_type=refresh_token&refresh_token={rt}")
            => INVALID_CLIENT;
    })
}
