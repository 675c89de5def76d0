//! A10: HTTP abuse (H01 to H24). After every row a good request on a new connection is answered well.
//!
//! What actix's own parser refuses (H07, H08, H13, H15, H16, H21) no code of the server sees: it is a bare 400, and the
//! end of the connection. How much memory a row takes (H01, H24) is for a bench to say.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::{
    Expected, FORM, GOOD, INVALID_CLIENT, INVALID_GRANT, INVALID_REQUEST, JWKS, METADATA,
    RefreshTokenIn as _, Request, Row, TOKEN, World, alpha, assert_error, assert_refused,
    assert_rejected, assert_tokens, head, in_no_time, post, read_to_end, row, story,
};
use crate::support::{Answer, answers, basic, exchange, send};

const TOO_LARGE: Expected = Expected::Refused(&[413], &["invalid_request"]);
const BAD_REQUEST: Expected = Expected::Rejected(&[400]);

/// A request by the client the rows are about, whose body these bytes are to frame.
fn in_chunks(body: &str) -> Request {
    Request::raw(format!("{}{body}", head("Transfer-Encoding: chunked\r\n")))
}

/// A good form in chunks of that size, each with an extension and behind all of them trailers.
fn chunked(form: &str, size: usize, extension: &str, trailers: &str) -> String {
    let mut body = String::new();
    for chunk in form.as_bytes().chunks(size) {
        let text = std::str::from_utf8(chunk).expect("ASCII");
        write!(body, "{:x}{extension}\r\n{text}\r\n", text.len()).expect("memory");
    }
    format!("{body}0{extension}\r\n{trailers}\r\n")
}

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = body_rows();
    rows.extend(form_rows());
    rows.extend(framing_rows());
    rows.extend(method_rows());
    rows.extend(size_rows());
    rows.extend(head_rows());
    rows.extend(path_rows());
    rows.extend(stories());
    rows.into_iter()
        .map(|row| Row {
            still_serves: true,
            ..row
        })
        .collect()
}

/// H01, H06, H24.
fn body_rows() -> Vec<Row> {
    let chunks = chunked(&"x".repeat(70_000), 4096, "", "");
    table! {
        "H01", "2 MiB declared, nothing sent", Request::raw(head("Content-Length: 2097152\r\n")) => TOO_LARGE;
        "H01", "10 GiB declared, nothing sent", Request::raw(head("Content-Length: 10737418240\r\n")) => TOO_LARGE;
        "H01", "more than a number can say", Request::raw(head("Content-Length: 99999999999999999999999\r\n"))
            => Expected::Rejected(&[400, 413]);
        "H01", "more than 64 KiB", alpha(format!("{GOOD}&x={}", "x".repeat(64 * 1024))) => TOO_LARGE;
        "H01", "too much in chunks", in_chunks(&chunks) => TOO_LARGE;
        "H01", "one chunk that says it is too large", in_chunks(&format!("200000\r\n{}", "x".repeat(70_000)))
            => TOO_LARGE;
        "H24", "a gzip bomb",
            alpha([&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3][..], &[0; 1000]].concat()).header("Content-Encoding", "gzip")
            => INVALID_REQUEST;
        "H24", "two encodings", alpha(GOOD).header("Content-Encoding", "gzip, br") => INVALID_REQUEST;
        "H24", "an encoding of the transfer", Request::raw(format!("{}x", head("Transfer-Encoding: gzip, chunked\r\n")))
            => Expected::Rejected(&[400, 501]);
    }
}

/// H02 to H05.
fn form_rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for bad in ["%", "%z", "%zz", "%u1234", "%2", "%%", "%-1"] {
        rows.push(row(
            "H02",
            format!("{bad} in a value"),
            alpha(format!("{GOOD}&x={bad}")),
            INVALID_REQUEST,
        ));
        rows.push(row(
            "H02",
            format!("{bad} in a name"),
            alpha(format!("{GOOD}&{bad}=x")),
            INVALID_REQUEST,
        ));
        rows.push(row(
            "H02",
            format!("{bad} in the query"),
            alpha(GOOD).target(&format!("{TOKEN}?x={bad}")),
            INVALID_REQUEST,
        ));
    }
    let invalid: [(&str, &[u8]); 8] = [
        ("an encoded NUL", b"%00"),
        ("a NUL", b"\0"),
        ("0xFF", b"\xFF"),
        ("%FF%FE", b"%FF%FE"),
        ("an overlong slash", b"%C0%AF"),
        ("an overlong NUL", b"%C0%80"),
        ("a lone surrogate", b"%ED%A0%80"),
        ("beyond Unicode", b"%F4%90%80%80"),
    ];
    for (about, bad) in invalid {
        let id = if about.ends_with("NUL") { "H03" } else { "H04" };
        for name in [
            "grant_type",
            "refresh_token",
            "scope",
            "client_id",
            "client_secret",
            "state",
        ] {
            let credentials = match name {
                "client_id" => "client_secret=alpha-secret",
                "client_secret" => "client_id=alpha",
                _ => "client_id=alpha&client_secret=alpha-secret",
            };
            let grant_type = if name == "grant_type" {
                ""
            } else {
                "&grant_type=refresh_token"
            };
            let token = if name == "refresh_token" {
                ""
            } else {
                "&refresh_token={rt}"
            };
            let form = format!("{credentials}{grant_type}{token}&{name}=alpha");
            rows.push(row(
                id,
                format!("{about} in {name}"),
                post([form.as_bytes(), bad].concat()),
                INVALID_REQUEST,
            ));
        }
    }
    let evil = "%0d%0aX-Evil:%201%0d%0aSet-Cookie:%20evil=1";
    let any = Expected::That(|answer| {
        assert!((400..500).contains(&answer.status), "{answer:?}");
        for (name, value) in &answer.headers {
            assert!(
                !name.contains("evil") && name != "set-cookie",
                "{name}: {value}"
            );
        }
    });
    for (name, request) in [
        ("grant_type", alpha(format!("grant_type={evil}"))),
        (
            "refresh_token",
            alpha(format!("grant_type=refresh_token&refresh_token={evil}")),
        ),
        ("scope", alpha(format!("{GOOD}&scope={evil}"))),
        ("client_id", post(format!("{GOOD}&client_id={evil}"))),
        ("client_id by Basic", post(GOOD).basic(evil, "x")),
        (
            "the path",
            Request::new("GET", &format!("/{evil}{METADATA}")),
        ),
        (
            "the query",
            alpha(GOOD).target(&format!("{TOKEN}?grant_type={evil}")),
        ),
        (
            "state",
            Request::new(
                "GET",
                &format!(
                    "/oauth2/authorize?client_id=alpha&response_type=code&state={evil}&redirect_uri=https://x/{evil}"
                ),
            ),
        ),
        (
            "response_type",
            Request::new(
                "GET",
                &format!("/oauth2/authorize?client_id=alpha&response_type={evil}"),
            ),
        ),
    ] {
        rows.push(row("H05", name, request, any));
    }
    rows
}

/// H07, H08, H15, H16: what makes a message say two things at once.
fn framing_rows() -> Vec<Row> {
    let body = "grant_type=refresh_token";
    let framed = |lines: &str| Request::raw(format!("{}{body}", head(lines)));
    let lines = |lines: &str| Request::raw(format!("GET {METADATA} HTTP/1.1\r\n{lines}\r\n\r\n"));
    let mut rows: Vec<Row> = [
        "Content-Length: 24\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 24\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding: chunked, chunked\r\n",
        "Transfer-Encoding: identity, chunked, x\r\n",
        "Content-Length: +5\r\n",
        "Content-Length: 5, 5\r\n",
        "Content-Length: 0x5\r\n",
        "Content-Length: -1\r\n",
        "Content-Length: 5 5\r\n",
        "Content-Length:\r\n",
    ]
    .into_iter()
    .map(|bad| row("H07", format!("{bad:?}"), framed(bad), BAD_REQUEST))
    .collect();
    rows.extend(table! {
        "H07", "a chunk whose size is none", in_chunks("zz\r\nx\r\n0\r\n\r\n") => BAD_REQUEST;
        "H07", "a chunk larger than a number can say", in_chunks("fffffffffffffffff\r\nx\r\n0\r\n\r\n")
            => Expected::Rejected(&[400, 413]);
        "H07", "a chunk longer than it says", in_chunks("1\r\nxx\r\n0\r\n\r\n") => BAD_REQUEST;
        "H08", "two lengths", framed("Content-Length: 24\r\nContent-Length: 25\r\n") => BAD_REQUEST;
        "H08", "the same length twice", framed("Content-Length: 24\r\nContent-Length: 24\r\n") => BAD_REQUEST;
        "H15", "a NUL in a value", lines("Host: x\r\nX: a\0b") => BAD_REQUEST;
        "H15", "a control in a value", lines("Host: x\r\nX: a\x01b") => BAD_REQUEST;
        "H15", "a control in a name", lines("Host: x\r\nX\x01: a") => BAD_REQUEST;
        "H15", "a space before the colon", lines("Host: x\r\nX : a") => BAD_REQUEST;
        "H15", "a folded line", lines("Host: x\r\nX: a\r\n b") => BAD_REQUEST;
        "H15", "a line without a colon", lines("Host: x\r\nX") => BAD_REQUEST;
        "H15", "a line without a name", lines("Host: x\r\n: a") => BAD_REQUEST;
        "H16", "no Host", lines("X: a") => BAD_REQUEST;
        "H16", "two Hosts", lines("Host: x\r\nHost: x") => BAD_REQUEST;
        "H16", "two different Hosts", lines("Host: x\r\nHost: y") => BAD_REQUEST;
    });
    rows
}

/// Every path of the imitated server, and the methods it knows. The control plane refuses others in words of its own.
const PATHS: [(&str, &[&str]); 5] = [
    (TOKEN, &["POST"]),
    (JWKS, &["GET", "HEAD"]),
    (METADATA, &["GET", "HEAD"]),
    ("/.well-known/oauth-authorization-server", &["GET", "HEAD"]),
    ("/oauth2/authorize", &["GET", "HEAD", "POST"]),
];

/// H10 to H12.
fn method_rows() -> Vec<Row> {
    let not_found = Expected::Refused(&[404], &["invalid_request"]);
    let mut rows = table! {
        "H11", "OPTIONS *", Request::raw("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n") => Expected::That(assert_options);
        "H11", "OPTIONS of the control plane", Request::new("OPTIONS", "/_mimic/health") => Expected::That(assert_options);
        "H11", "OPTIONS where nothing is", Request::new("OPTIONS", "/nothing") => not_found;
        "H12", "CONNECT", Request::raw("CONNECT x:80 HTTP/1.1\r\nHost: x:80\r\n\r\n") => Expected::Status(&[400, 404, 405]);
    };
    for (path, allowed) in PATHS {
        rows.push(row(
            "H11",
            format!("OPTIONS {path}"),
            Request::new("OPTIONS", path),
            Expected::That(assert_options),
        ));
        if allowed.contains(&"HEAD") {
            let status: &[u16] = if path.ends_with("authorize") {
                &[400]
            } else {
                &[200]
            };
            rows.push(row(
                "H10",
                format!("HEAD {path}"),
                Request::new("HEAD", path),
                Expected::Bodiless(status),
            ));
        }
        for method in [
            "GET", "POST", "PUT", "DELETE", "PATCH", "TRACE", "FOO", "get",
        ] {
            if !allowed.contains(&method) {
                rows.push(row(
                    "H12",
                    format!("{method} {path}"),
                    Request::new(method, path),
                    super::NOT_ALLOWED,
                ));
            }
        }
    }
    for method in ["GET", "PUT", "TRACE", "FOO"] {
        rows.push(row(
            "H12",
            format!("{method} where nothing is"),
            Request::new(method, "/nothing"),
            not_found,
        ));
    }
    rows.push(row(
        "H12",
        "a good form with PUT",
        alpha(GOOD).method("PUT"),
        super::NOT_ALLOWED,
    ));
    rows
}

fn assert_options(answer: &Answer) {
    assert!([200, 204].contains(&answer.status), "{answer:?}");
    assert!(
        answer
            .header("allow")
            .is_some_and(|allow| !allow.is_empty()),
        "{answer:?}"
    );
}

/// The documented limit of all names and values of headers together.
const HEADERS: usize = 32 * 1024;

/// A good request, the names and values of whose headers have that length together.
fn with_headers_of(length: usize) -> Request {
    let request = alpha(GOOD).header("X-Large", "");
    let measured = |request: &Request| -> usize {
        let bytes = request.bytes();
        let head = String::from_utf8_lossy(&bytes).into_owned();
        head.lines()
            .skip(1)
            .take_while(|line| !line.is_empty())
            .map(|line| line.len() - ": ".len())
            .sum()
    };
    // With the refresh token, Content-Length has three digits instead of two.
    let large = "x".repeat(length - measured(&request) - 1);
    request.without("X-Large").header("X-Large", large)
}

/// H13, H14, H23.
fn size_rows() -> Vec<Row> {
    let many: String = (0..200).fold(String::new(), |lines, n| format!("{lines}X-{n}: y\r\n"));
    let get = |target: &str, lines: &str| {
        Request::raw(format!("GET {target} HTTP/1.1\r\nHost: x\r\n{lines}\r\n"))
    };
    let long = |length: usize| format!("{METADATA}?{}", "x".repeat(length));
    let target = |length: usize| long(length - METADATA.len() - 1);
    let mut rows = table! {
        "H13", "headers of 32 KiB", with_headers_of(HEADERS) => Expected::Tokens;
        "H13", "headers of 32 KiB and one byte", with_headers_of(HEADERS + 1)
            => Expected::Refused(&[431], &["invalid_request"]);
        "H13", "a target of 8,000 bytes", get(&target(8000), "") => Expected::Status(&[200]);
        "H13", "a target of 8,001 bytes", get(&target(8001), "") => Expected::Refused(&[414], &["invalid_request"]);
        "H13", "a header of 64 KiB", alpha(GOOD).header("X-Large", "x".repeat(64 * 1024))
            => Expected::Refused(&[431], &["invalid_request"]);
        "H13", "a header of 200 KiB", alpha(GOOD).header("X-Large", "x".repeat(200 * 1024))
            => Expected::Rejected(&[0, 400, 431]);
        "H13", "200 headers", get(METADATA, &many) => Expected::Rejected(&[400, 431]);
        "H13", "a URL of 8 KiB", get(&long(8192), "") => Expected::Refused(&[414], &["invalid_request"]);
        "H13", "a URL of 100 KiB", get(&long(100 * 1024), "") => Expected::Rejected(&[400, 414]);
        "H13", "a URL of 1 MiB", get(&long(1 << 20), "") => Expected::Rejected(&[0, 400, 414, 431]);
        "H14", "a client_id of 1 MiB", Request::raw(alpha_with_id(1 << 20)) => TOO_LARGE;
        "H14", "a client_id of 60 KiB", post(format!("{GOOD}&client_secret=x&client_id={}", "x".repeat(60_000)))
            => INVALID_CLIENT;
        "H14", "1 MiB of Basic", post(GOOD).basic("alpha", &"x".repeat(1 << 20))
            => Expected::Rejected(&[0, 400, 431]);
        "H14", "20 KiB of Basic", post(GOOD).basic(&"x".repeat(20_000), "x") => INVALID_CLIENT;
        "H14", "a refresh token of 60 KiB",
            alpha(format!("grant_type=refresh_token&refresh_token={}", "x".repeat(60_000)))
            => INVALID_GRANT;
        "H14", "a refresh token of 20 000 dots",
            alpha(format!("grant_type=refresh_token&refresh_token={}", ".".repeat(20_000)))
            => INVALID_GRANT;
    };
    rows.extend([story("H23", "many parameters take no time", |world| {
        let distinct = (0..1000).fold(String::new(), |form, n| format!("{form}&p{n}=x"));
        let cases = [
            (format!("{GOOD}{distinct}"), 200),
            (format!("{GOOD}{}", "&".repeat(60_000)), 200),
            (format!("{GOOD}{}", "&=".repeat(30_000)), 200),
            (format!("{GOOD}{}", "&a=".repeat(20_000)), 200),
            (format!("{GOOD}{}", "&scope=".repeat(8_000)), 400),
            (format!("{GOOD}{}", "%20".repeat(20_000)), 400),
            (format!("{GOOD}&{}=x", "x".repeat(60_000)), 200),
            (format!("{GOOD}{}", "&".repeat(100_000)), 413),
        ];
        for (form, status) in cases {
            let answer = in_no_time(|| world.send(&alpha(&form)));
            assert_eq!(answer.status, status, "{} bytes: {answer:?}", form.len());
        }
    })]);
    rows
}

/// A form of which only the first 70 000 bytes are sent: what comes then is not read, and might cut the answer off.
fn alpha_with_id(length: usize) -> String {
    let start = "x".repeat(70_000);
    format!(
        "{}client_id={start}",
        head(&format!("Content-Length: {length}\r\n"))
    )
}

/// H21: what is hardly HTTP, or another version of it.
fn head_rows() -> Vec<Row> {
    let form = "grant_type=refresh_token&refresh_token={rt}";
    let credentials = format!(
        "Authorization: {}\r\nContent-Type: {FORM}\r\n",
        basic("alpha", "alpha-secret")
    );
    let mut rows = table! {
        "H21", "HTTP/1.0", Request::raw(format!("GET {METADATA} HTTP/1.0\r\n\r\n"))
            => Expected::Status(&[200]);
        "H21", "a POST of HTTP/1.0 without a length", Request::raw(format!("POST {TOKEN} HTTP/1.0\r\n{credentials}\r\n{form}"))
            => Expected::Rejected(&[400, 411]);
        "H21", "HTTP/0.9", Request::raw("GET /\r\n\r\n") => Expected::Rejected(&[0, 400, 505]);
        "H21", "HTTP/9.9", Request::raw("GET / HTTP/9.9\r\nHost: x\r\n\r\n") => Expected::Rejected(&[400, 505]);
        "H21", "no version", Request::raw("GET / HTTP/\r\nHost: x\r\n\r\n") => BAD_REQUEST;
        "H21", "the preface of HTTP/2", Request::raw("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") => Expected::Rejected(&[0, 400, 505]);
        "H21", "TLS", Request::raw(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n".as_slice()) => BAD_REQUEST;
        "H21", "bytes", Request::raw(b"\xff\xfe\xfd\0\r\n\r\n".as_slice()) => BAD_REQUEST;
        "H21", "a target with a space", Request::raw("GET /a b HTTP/1.1\r\nHost: x\r\n\r\n") => BAD_REQUEST;
        "H21", "a target that is none", Request::raw("GET a HTTP/1.1\r\nHost: x\r\n\r\n")
            => Expected::Refused(&[400, 404], &["invalid_request"]);
    };
    rows.extend([story("H21", "what ends too soon", |world| {
        for start in [
            "",
            "\r\n",
            "\r\n\r\n",
            "G",
            "GET",
            "GET /",
            "POST /oauth2/token HTTP/1.1\r\nHost: x\r\nConte",
            "\x16\x03\x01",
        ] {
            let (answers, closed) = world.wire_and_end(start.as_bytes());
            assert!(closed, "{start:?}");
            assert!(
                answers
                    .iter()
                    .all(|answer| (400..500).contains(&answer.status)),
                "{start:?}: {answers:?}"
            );
        }
    })]);
    rows
}

/// H22: other spellings of a path. Nothing but the spelling that is registered leads to an endpoint, or the same one.
fn path_rows() -> Vec<Row> {
    let same_or_nothing = Expected::That(|answer| match answer.status {
        200 => assert_tokens(answer),
        _ => assert_refused(answer, &[404], &["invalid_request"]),
    });
    let mut rows: Vec<Row> = [
        "//oauth2/token",
        "/oauth2//token",
        "/oauth2/token/",
        "/oauth2/token%2f",
        "/oauth2%2ftoken",
        "/./oauth2/token",
        "/oauth2/./token",
        "/x/../oauth2/token",
        "/oauth2/%74oken",
        "/oauth2/token;x",
        "/oauth2/token%00",
        "/oauth2/token%20",
        "/oauth2/token%0a",
        "/OAuth2/token",
        "/oauth2/token.",
        "/oauth2\\token",
        "/oauth2/token%3Fx",
        "/oauth2/token%FF",
        "/",
    ]
    .into_iter()
    .map(|path| row("H22", path, alpha(GOOD).target(path), same_or_nothing))
    .collect();
    rows.extend(table! {
        "H22", "a fragment", alpha(GOOD).target(&format!("{TOKEN}#x")) => Expected::Status(&[200, 400, 404]);
        "H22", "the absolute form", alpha(GOOD).target(&format!("http://localhost{TOKEN}")) => Expected::Tokens;
        "H22", "the absolute form, of another host", alpha(GOOD).target(&format!("http://evil.example{TOKEN}"))
            => Expected::Status(&[200, 400, 404]);
    });
    rows
}

/// What takes several exchanges, or a hand on the connection.
fn stories() -> Vec<Row> {
    vec![
        story("H01", "a body of 64 KiB, and one byte more", |world| {
            let form = format!(
                "grant_type=refresh_token&refresh_token={}&x=",
                world.refresh_token("alpha")
            );
            let padded =
                |length: usize| alpha(format!("{form}{}", "x".repeat(length - form.len())));
            assert_refused(
                &world.send(&padded(64 * 1024 + 1)),
                &[413],
                &["invalid_request"],
            );
            assert_tokens(&world.send(&padded(64 * 1024)));
        }),
        story("H01", "2 MiB sent to the end", |world| {
            let body = "x".repeat(2 << 20);
            for whole in [
                format!(
                    "{}{body}",
                    head(&format!("Content-Length: {}\r\n", body.len()))
                ),
                format!(
                    "{}{}",
                    head("Transfer-Encoding: chunked\r\n"),
                    chunked(&body, 64 * 1024, "", "")
                ),
            ] {
                // Who keeps on sending may lose the answer to the reset that meets the rest.
                let (answers, closed) = world.wire(whole.as_bytes());
                assert!(closed && answers.len() <= 1, "{answers:?}");
                for answer in &answers {
                    assert_refused(answer, &[413], &["invalid_request"]);
                }
            }
        }),
        story("H06", "a body comes in chunks of any size", |world| {
            for (size, extension, trailers) in [
                (1, "", ""),
                (7, "", ""),
                (10_000, "", ""),
                (1, ";a=b", ""),
                (3, ";a=\"b c\"", ""),
                (7, "", "X-Trailer: a\r\n"),
                (1, ";x", "X-Trailer: a\r\nX-Other: b\r\n"),
                (5, "", "Content-Length: 3\r\nAuthorization: Basic x\r\n"),
            ] {
                let form = GOOD.replace("{rt}", &world.refresh_token("alpha"));
                let head = head("Transfer-Encoding: chunked\r\n");
                let whole = format!("{head}{}", chunked(&form, size, extension, trailers));
                assert_tokens(&send(world.server.address(), whole.as_bytes()));
            }
        }),
        story("H17", "30 stalled connections", stalled),
        story("H18", "a body byte by byte", slow_body),
        story("H18", "an answer read byte by byte", slow_reader),
        story("H21", "any bytes", any_bytes),
        story("H09", "pipelined requests are answered in order", pipelined),
        story("H19", "who leaves at once leaves nothing behind", |world| {
            for _ in 0..50 {
                let mut stream = world.connect();
                let _ = stream.write_all(&alpha(GOOD).bytes_with(&world.refresh_token("alpha")));
            }
            for _ in 0..50 {
                drop(world.connect());
            }
        }),
        story("H19", "a half-closed connection gets its answer", |world| {
            for whole in [
                alpha(GOOD).bytes_with(&world.refresh_token("alpha")),
                Request::new("GET", METADATA).bytes(),
            ] {
                let (answers, closed) = world.wire_and_end(&whole);
                assert!(closed, "{answers:?}");
                assert_eq!(
                    answers
                        .iter()
                        .map(|answer| answer.status)
                        .collect::<Vec<_>>(),
                    [200]
                );
            }
        }),
        story(
            "H20",
            "a good body is invited, one that is too large is not",
            |world| {
                let form = GOOD.replace("{rt}", &world.refresh_token("alpha"));
                let mut stream = world.connect();
                let head_of = |length: usize| {
                    head(&format!(
                        "Content-Length: {length}\r\nExpect: 100-continue\r\n"
                    ))
                };
                stream
                    .write_all(head_of(form.len()).as_bytes())
                    .expect("the server listens");
                let mut received = [0; 1024];
                let read = stream.read(&mut received).expect("an interim answer");
                let interim = answers(b"", &received[..read]);
                assert!(
                    matches!(&interim[..], [answer] if answer.status == 100),
                    "{interim:?}"
                );
                stream
                    .write_all(
                        format!(
                            "{form}GET {METADATA} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
                        )
                        .as_bytes(),
                    )
                    .expect("the server listens");
                let (received, _) = read_to_end(&mut stream);
                let finals = answers(b"", &received);
                assert_eq!(finals.len(), 2, "{finals:?}");
                assert_tokens(&finals[0]);
                assert_eq!(finals[1].status, 200);

                for length in [64 * 1024 + 1, 2 << 20] {
                    let (answers, closed) = world.wire(head_of(length).as_bytes());
                    assert_rejected(b"", &answers, closed, &[413]);
                }
            },
        ),
    ]
}

fn pipelined(world: &World) {
    for count in [5, 100] {
        let requests: Vec<u8> = (0..count)
            .flat_map(|n| Request::new("GET", [METADATA, JWKS, "/nothing"][n % 3]).bytes())
            .collect();
        let answers = exchange(world.server.address(), &requests, count);
        let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
        let due: Vec<u16> = (0..count).map(|n| [200, 200, 404][n % 3]).collect();
        assert_eq!(statuses, due);
        for (n, answer) in answers.iter().enumerate() {
            let member = ["issuer", "keys", "error"][n % 3];
            assert!(answer.json().get(member).is_some(), "{n}: {answer:?}");
        }
    }
    // A refused one among them changes nothing for those behind it.
    let mut requests = alpha(GOOD).bytes_with(&world.refresh_token("alpha"));
    requests.extend(Request::new("GET", METADATA).bytes());
    requests.extend(alpha("grant_type=x").bytes());
    requests.extend(alpha(GOOD).bytes_with(&world.refresh_token("alpha")));
    let answers = exchange(world.server.address(), &requests, 4);
    assert_eq!(answers.len(), 4, "{answers:?}");
    assert_tokens(&answers[0]);
    assert!(answers[1].json().get("issuer").is_some());
    assert_refused(&answers[2], &[400], &["unsupported_grant_type"]);
    assert_tokens(&answers[3]);
}

/// A server that is soon out of patience.
fn impatient() -> World {
    World::with(|builder| builder.request_timeout(Duration::from_secs(1)))
}

/// Less than the default, so that the setting of [`impatient`] counts, and long for a busy machine.
const SOON: Duration = Duration::from_millis(4500);

/// H17: a third stalls within the body, a third within the head, a third sends nothing at all.
fn stalled(_: &World) {
    let world = impatient();
    let begun = Instant::now();
    let starts = [
        head("Content-Length: 100\r\n") + "grant",
        head("").trim_end().to_owned(),
        String::new(),
    ];
    let mut connections: Vec<(&String, TcpStream)> = starts
        .iter()
        .cycle()
        .take(30)
        .map(|start| {
            let mut stream = world.connect();
            stream
                .write_all(start.as_bytes())
                .expect("the server listens");
            (start, stream)
        })
        .collect();
    for _ in 0..3 {
        world.still_serves();
    }
    for (start, stream) in &mut connections {
        let (received, closed) = read_to_end(stream);
        assert!(closed, "still open: {start:?}");
        for answer in answers(start.as_bytes(), &received) {
            assert_eq!(answer.status, 408, "{answer:?}");
            if start.ends_with("grant") {
                assert_error(&answer);
            }
        }
    }
    let took = begun.elapsed();
    assert!(took < SOON, "the last was closed after {took:?}");
}

/// H18: a byte now and then does not buy more time.
fn slow_body(_: &World) {
    let world = impatient();
    let begun = Instant::now();
    let mut stream = world.connect();
    let head = head("Content-Length: 100\r\n");
    stream
        .write_all(head.as_bytes())
        .expect("the server listens");
    stream
        .set_read_timeout(Some(Duration::from_millis(100)))
        .expect("a socket option");
    let mut received = Vec::new();
    let mut buffer = [0; 4096];
    while begun.elapsed() < SOON {
        let _ = stream.write_all(b"g");
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => received.extend_from_slice(&buffer[..read]),
            Err(_) => world.still_serves(),
        }
    }
    let took = begun.elapsed();
    assert!(took < SOON, "closed after {took:?}");
    let answers = answers(head.as_bytes(), &received);
    assert_rejected(head.as_bytes(), &answers, true, &[408]);
}

/// H18: an answer that nobody takes keeps no one else from theirs.
fn slow_reader(world: &World) {
    let requests = Request::new("GET", METADATA).bytes().repeat(2000);
    let mut stream = world.connect();
    let mut writer = stream.try_clone().expect("a handle");
    let writing = thread::spawn(move || {
        let _ = writer.write_all(&requests);
    });
    let mut byte = [0];
    for _ in 0..10 {
        assert_eq!(stream.read(&mut byte).expect("an answer"), 1);
        world.still_serves();
    }
    drop(stream.shutdown(std::net::Shutdown::Both));
    writing.join().expect("the writer gives up");
}

/// Bytes that are nothing, bytes that are nearly HTTP, and good requests with something wrong in them.
fn any_request() -> impl Strategy<Value = Vec<u8>> {
    let token = TOKEN.as_bytes();
    let words: Vec<&'static [u8]> = vec![
        b"GET ",
        b"POST ",
        b"HEAD ",
        b"OPTIONS ",
        b"/",
        b"* ",
        b" HTTP/1.1\r\n",
        b" HTTP/1.0\r\n",
        b"\r\n",
        b"\r\n\r\n",
        b"Host: x\r\n",
        b"Content-Length: ",
        b"Transfer-Encoding: chunked\r\n",
        b"5\r\n",
        b"0\r\n\r\n",
        b"Expect: 100-continue\r\n",
        b"Connection: close\r\n",
        b"Authorization: Basic ",
        b"YTpi\r\n",
        b"Content-Type: application/x-www-form-urlencoded\r\n",
        b"Upgrade: h2c\r\n",
        b"Origin: x\r\n",
        b"If-None-Match: ",
        b"Access-Control-Request-Method: ",
        b"grant_type=refresh_token",
        b"&refresh_token=",
        b"a.b.c",
        b"%",
        b"%00",
        b"\0",
        b"\xff",
        b":",
        b";",
        b",",
    ];
    let piece = prop_oneof![
        6 => proptest::sample::select(words).prop_map(<[u8]>::to_vec),
        1 => Just(token.to_vec()),
        2 => proptest::collection::vec(any::<u8>(), 0..20),
    ];
    let pieces = proptest::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat());
    let form = proptest::collection::vec(any::<u8>(), 0..200);
    let change = (any::<prop::sample::Index>(), any::<u8>());
    let changed =
        (form.clone(), proptest::collection::vec(change, 0..4)).prop_map(|(form, changes)| {
            let mut bytes = alpha(form).bytes();
            for (at, byte) in changes {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            bytes
        });
    prop_oneof![
        1 => proptest::collection::vec(any::<u8>(), 0..500),
        3 => pieces,
        3 => changed,
        1 => form.prop_map(|token| {
            let form = [b"grant_type=refresh_token&refresh_token=", &token[..]].concat();
            alpha(form).bytes()
        }),
    ]
}

fn any_bytes(world: &World) {
    proptest!(ProptestConfig::with_cases(64), |(bytes in any_request())| {
        let (answers, closed) = world.wire_and_end(&bytes);
        prop_assert!(closed, "the connection is still open: {answers:?}");
        for answer in &answers {
            prop_assert!(answer.status < 500 && answer.status != 0, "{answer:?}");
        }
        world.still_serves();
    });
}
