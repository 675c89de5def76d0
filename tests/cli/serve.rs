//! Serving: what is printed where, and how it ends.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};

use serde_json::json;

use crate::support::{Answer, Process, Server, bad, directory, post, run, write};

#[test]
fn it_says_on_standard_error_what_it_is_and_what_to_try() {
    let mut server = Server::start(&["--profile", "standard"]);
    let told = server.process.printed("refresh_token=REFRESH_TOKEN");
    let issuer = &server.base_url;
    assert!(
        told.contains(&format!("profile standard, issuer {issuer}\n")),
        "{told}"
    );
    assert!(!told.contains("warning"), "{told}");
}

/// What curl would send: address, `Authorization` header, form.
struct Curl {
    url: String,
    authorization: Option<String>,
    form: String,
}

impl Curl {
    /// Reads the command as a shell does: words, in single quotes where there are any, `'\''` for a quote.
    fn parse(text: &str) -> Self {
        let mut words: Vec<String> = Vec::new();
        let mut word: Option<String> = None;
        let mut quoted = false;
        let mut rest = text.chars();
        while let Some(c) = rest.next() {
            match (c, quoted) {
                ('\'', _) => {
                    quoted = !quoted;
                    word.get_or_insert_default();
                }
                ('\\', false) => {
                    let escaped = rest.next().expect("a character behind a backslash");
                    if escaped != '\n' {
                        word.get_or_insert_default().push(escaped);
                    }
                }
                (c, false) if c.is_whitespace() => words.extend(word.take()),
                (c, _) => word.get_or_insert_default().push(c),
            }
        }
        words.extend(word);
        assert_eq!(words[0], "curl");
        let (mut authorization, mut form) = (None, Vec::new());
        for pair in words[2..].chunks(2) {
            match pair[0].as_str() {
                "--header" => {
                    let value = pair[1]
                        .strip_prefix("Authorization: ")
                        .expect("that header");
                    authorization = Some(value.to_owned());
                }
                "--data-urlencode" => {
                    let (name, value) = pair[1].split_once('=').expect("a pair");
                    let value: String = form_urlencoded::byte_serialize(value.as_bytes()).collect();
                    form.push(format!("{name}={value}"));
                }
                other => panic!("an option that this test does not know: {other}"),
            }
        }
        Self {
            url: words[1].clone(),
            authorization,
            form: form.join("&"),
        }
    }

    /// The one that a server prints, replayed.
    fn replayed(server: &mut Server) -> Answer {
        let told = server.process.printed("refresh_token=");
        // The credentials of the form stand behind it.
        let more = if told.ends_with("\\\n") {
            server.process.printed("client_id=")
        } else {
            told
        };
        let more = if more.ends_with("\\\n") {
            server.process.printed("client_secret=")
        } else {
            more
        };
        let (_, command) = more.split_once("try:\n").expect("a curl");
        let curl = Self::parse(command);
        assert!(curl.url.starts_with(&server.base_url), "{}", curl.url);
        post(&curl.url, curl.authorization.as_deref(), &curl.form)
    }
}

/// The URL that a server prints, which has that text; without its base URL.
fn printed_url(server: &mut Server, text: &str) -> String {
    let told = server.process.printed(text);
    let (_, url) = told
        .split_once("or log in with a browser:\n")
        .expect("a URL");
    let path = url.trim().strip_prefix(server.base_url.as_str());
    path.expect("a URL of it").to_owned()
}

#[test]
fn the_url_it_prints_shows_the_page_of_the_built_in_client() {
    let mut server = Server::start(&[]);
    let path = printed_url(&mut server, "/_mimic/try");
    assert_eq!(path, "/_mimic/try");
    let page = server.get(&path);
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(
        page.body.contains("Authorization request of web"),
        "{}",
        page.body
    );
}

#[test]
fn where_a_browser_cannot_use_that_page_the_url_shows_the_login_page() {
    let directory = directory("the_url_it_prints");
    let public = json!({
        "clients": [
            { "client_id": "none" },
            { "client_id": "it's", "redirect_uris": ["http://localhost:3000/cb?a=b"], "scope": "openid a" },
        ],
        "users": [{ "sub": "alice" }],
    });
    let public = write(&directory, "public.json", &public.to_string());
    for (fixtures, option) in [
        ("fixtures/default.json", &["--no-control"][..]),
        (&public, &["--control-token", "s3cret"]),
    ] {
        let arguments = [&["--fixtures", fixtures], option].concat();
        let mut server = Server::start(&arguments);
        let path = printed_url(&mut server, "state=xyz");
        let page = server.get(&path);
        assert_eq!(page.status, 200, "{}", page.body);
        assert!(page.body.contains("mimic_username"), "{}", page.body);
    }
}

#[test]
fn the_curl_it_prints_works_unchanged() {
    let directory = directory("the_curl_it_prints");
    let fixtures = |name: &str, mut client: serde_json::Value, token: &str| {
        client["scope"] = "read".into();
        let fixtures = json!({
            "clients": [client],
            "users": [{ "sub": "alice" }],
            "refresh_tokens": [
                { "token": "EXPIRED", "client_id": client["client_id"], "sub": "alice", "scope": "read", "expires_at": -1 },
                { "token": "BROKEN", "client_id": client["client_id"], "sub": "alice", "scope": "read",
                    "fault": { "kind": "status", "status": 503 } },
                { "token": token, "client_id": client["client_id"], "sub": "alice", "scope": "read" },
            ],
        });
        write(&directory, name, &fixtures.to_string())
    };
    let awkward = fixtures(
        "awkward.json",
        json!({ "client_id": "it's a+b", "client_secret": "p@ss:w%20rd'+&=" }),
        "it's + a & token=",
    );
    let in_the_form = fixtures(
        "form.json",
        json!({ "client_id": "it's a+b", "client_secret": "p@ss:w%20rd'+&=",
            "token_endpoint_auth_method": "client_secret_post" }),
        "T",
    );
    let public = fixtures("public.json", json!({ "client_id": "app" }), "T");
    let default = "fixtures/default.json".to_owned();
    for (fixtures, dialect) in [
        (&default, "rfc"),
        (&default, "spring"),
        (&awkward, "rfc"),
        (&awkward, "spring"),
        (&in_the_form, "rfc"),
        (&in_the_form, "spring"),
        (&public, "rfc"),
    ] {
        for profile in oauth_mimic::profiles() {
            let mut server = Server::start(&[
                "--fixtures",
                fixtures,
                "--error-dialect",
                dialect,
                "--profile",
                profile,
            ]);
            let answer = Curl::replayed(&mut server);
            assert_eq!(
                answer.status, 200,
                "{fixtures} {dialect} {profile}: {}",
                answer.body
            );
        }
    }
}

#[cfg(unix)]
#[test]
fn sigterm_and_sigint_end_it_with_0_and_nothing_more_on_standard_output() {
    for signal in ["TERM", "INT"] {
        let server = Server::start(&[]);
        let line = format!("listening on {}\n", server.base_url);
        server.process.signal(signal);
        let outcome = server.process.finish();
        assert_eq!(
            (outcome.code, outcome.stdout),
            (Some(0), line),
            "SIG{signal}: {}",
            outcome.stderr
        );
        assert!(!outcome.stderr.contains("panic"), "{}", outcome.stderr);
    }
}

#[test]
fn it_ends_with_its_standard_input_where_that_is_asked_for() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_oauth-mimic"))
        .args(["--port", "0", "--log", "off", "--until-stdin-closes"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary is there");
    let mut input = child.stdin.take().expect("a pipe");
    let mut output = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut line = String::new();
    output.read_line(&mut line).expect("a line");
    let address = line
        .trim_end()
        .rsplit("http://")
        .next()
        .expect("a URL")
        .to_owned();
    input
        .write_all(b"what it reads does not matter\n")
        .expect("a pipe");
    TcpStream::connect(&address).expect("it serves while the input is open");
    assert!(child.try_wait().expect("a child").is_none());
    drop(input);
    let mut rest = String::new();
    output.read_to_string(&mut rest).expect("text");
    let ended = child.wait_with_output().expect("a child");
    assert_eq!(ended.status.code(), Some(0));
    assert_eq!((rest.as_str(), ended.stderr.as_slice()), ("", &b""[..]));
}

#[test]
fn it_serves_on_without_an_input_where_that_is_not_asked_for() {
    // Its standard input has ended already.
    let server = Server::start(&[]);
    assert_eq!(server.get("/_mimic/health").status, 200);
}

#[cfg(unix)]
#[test]
fn a_signal_while_a_connection_is_open_ends_it_all_the_same() {
    let server = Server::start(&[]);
    let address = server.base_url.strip_prefix("http://").expect("a scheme");
    let idle = std::net::TcpStream::connect(address).expect("it listens");
    server.process.signal("TERM");
    assert_eq!(server.process.finish().code, Some(0));
    drop(idle);
}

#[cfg(unix)]
#[test]
fn connections_that_were_just_closed_do_not_delay_the_end() {
    // The framework would look again after a second.
    let mut slow = 0;
    for _ in 0..10 {
        let server = Server::start(&[]);
        let address = server.base_url.strip_prefix("http://").expect("a scheme");
        for _ in 0..20 {
            drop(TcpStream::connect(address).expect("it listens"));
        }
        let asked = std::time::Instant::now();
        server.process.signal("TERM");
        assert_eq!(server.process.finish().code, Some(0));
        slow += usize::from(asked.elapsed() >= std::time::Duration::from_secs(1));
    }
    assert_eq!(slow, 0);
}

#[cfg(unix)]
#[test]
fn a_request_that_runs_when_the_signal_comes_is_answered() {
    let server = Server::start(&[]);
    let rule = r#"{"on": "jwks", "fault": {"kind": "delay", "seconds": 0.5}}"#;
    let url = format!("{}/_mimic/faults", server.base_url);
    let added = ureq::post(url).content_type("application/json").send(rule);
    assert!(added.is_ok(), "{added:?}");
    let address = server.base_url.strip_prefix("http://").expect("a scheme");
    let mut client = TcpStream::connect(address).expect("it listens");
    let request = "GET /connect/.well-known/jwks.json HTTP/1.1\r\nHost: localhost\r\n\r\n";
    client.write_all(request.as_bytes()).expect("a socket");
    // It has arrived when the journal has it.
    let wait = "/_mimic/requests/wait?endpoint=jwks&count=1";
    assert_eq!(server.get(wait).status, 200);
    server.process.signal("TERM");
    let mut answer = String::new();
    client.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("\"keys\""), "{answer}");
    assert_eq!(server.process.finish().code, Some(0));
}

#[test]
fn a_taken_port_is_reported_with_a_remedy() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port().to_string();
    let told = bad(&["--port", &port]);
    assert!(
        told.contains(&format!("oauth-mimic: cannot listen on 127.0.0.1:{port}: ")),
        "{told}"
    );
    assert!(
        told.contains("choose another port, or 0 for any free one"),
        "{told}"
    );
}

#[test]
fn bad_fixtures_are_reported_even_where_the_port_is_taken() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port().to_string();
    let told = bad(&["--port", &port, "--fixtures", "fixtures/bad/empty-sub.json"]);
    assert!(told.contains("/users/0/sub"), "{told}");
}

#[test]
fn a_host_that_cannot_be_had_is_reported_with_a_remedy() {
    // Set aside for documentation (RFC 5737): no machine has it.
    let told = bad(&["--host", "192.0.2.1", "--port", "0"]);
    assert!(told.contains("cannot listen on 192.0.2.1:0"), "{told}");
    assert!(told.contains("choose an address of this machine"), "{told}");
    // Nor is this a name (RFC 6761 §6.4).
    let told = bad(&["--host", "no host", "--port", "0"]);
    assert!(told.contains("--host no host: "), "{told}");
    assert!(
        told.contains("give an IP address or a name of this machine"),
        "{told}"
    );
}

#[test]
fn the_printed_url_is_one_that_the_control_plane_answers() {
    for args in [
        &["--host", "0.0.0.0"][..],
        &["--host", "localhost"],
        &["--host", "0.0.0.0", "--base-url", "http://mimic:8080"],
    ] {
        let server = Server::start(args);
        assert_eq!(server.get("/_mimic/clock").status, 200, "{args:?}");
    }
}

#[test]
fn a_name_of_this_machine_is_bound_at_its_ipv4_address() {
    let server = Server::start(&["--host", "localhost"]);
    assert!(server.base_url.starts_with("http://127.0.0.1:"));
}

#[test]
fn a_url_that_cannot_be_one_is_reported() {
    for (args, problem) in [
        (
            ["--issuer", "login.example.test"],
            "issuer: `login.example.test` must begin with https:// or http://",
        ),
        (
            ["--issuer", "https://login.example.test/"],
            "ends with /; remove it",
        ),
        (
            ["--base-url", "http://mimic:8080/connect"],
            "must have no path: the profile has one",
        ),
        (
            ["--base-url", "mimic:8080"],
            "base_url: `mimic:8080` must begin with",
        ),
        (
            ["--control-origin", "http://localhost:3000/"],
            "control_origin: `http://localhost:3000/` ends with /; remove it",
        ),
        (
            ["--control-origin", "*"],
            "control_origin: `*` must begin with https:// or http://",
        ),
    ] {
        let told = bad(&["--port", "0", args[0], args[1]]);
        assert!(told.contains(problem), "{told}");
    }
}

#[test]
fn what_it_is_called_by_others_is_what_its_documents_say() {
    let server = Server::start(&["--base-url", "http://mimic:9000"]);
    let metadata = server
        .get("/connect/.well-known/openid-configuration")
        .json();
    assert_eq!(metadata["issuer"], "http://mimic:9000/connect");
    assert_eq!(
        metadata["token_endpoint"],
        "http://mimic:9000/connect/oauth/token"
    );
}

#[test]
fn an_address_that_is_open_to_others_is_reported() {
    let mut server = Server::started(Process::start(
        &["--host", "0.0.0.0", "--port", "0"],
        &[],
        "",
    ));
    // What it prints is where a client reaches it.
    assert!(server.base_url.starts_with("http://localhost:"));
    assert_eq!(server.get("/_mimic/clock").status, 200);
    let told = server.process.printed("warning: ");
    assert!(
        told.contains("open to everyone who can reach this machine"),
        "{told}"
    );
    assert!(told.contains("issuer http://localhost:"), "{told}");
}

#[test]
fn two_runs_with_the_same_clock_and_seed_answer_byte_for_byte_alike() {
    let answers = |seed: &str| -> Vec<String> {
        let server = Server::start(&[
            "--clock",
            "2023-03-28T12:23:16Z",
            "--seed",
            seed,
            "--issuer",
            "https://login.example.test",
        ]);
        let first = server.refresh("REFRESH_TOKEN");
        let second = server.refresh(&first.member("refresh_token"));
        let refused = server.refresh("nonsense");
        vec![first.body, second.body, refused.body]
    };
    let once = answers("1");
    assert_eq!(once, answers("1"));
    assert_ne!(once, answers("2"));
    assert_ne!(once[0], once[1]);
}

#[test]
fn the_time_of_a_stopped_clock_is_in_every_token() {
    let server = Server::start(&["--clock", "2023-03-28T12:23:16Z"]);
    let token = server.refresh("REFRESH_TOKEN").member("access_token");
    let claims = crate::support::part(&token, 1);
    assert_eq!(claims["iat"], 1_680_006_196);
    assert_eq!(claims["exp"], 1_680_006_196 + 900);
}

#[test]
fn the_version_is_printed_and_help_is_not_a_mistake() {
    for flag in ["--version", "--help", "-h"] {
        let outcome = run(&[flag]);
        assert_eq!(
            (outcome.code, outcome.stderr.as_str()),
            (Some(0), ""),
            "{flag}"
        );
        assert!(outcome.stdout.contains("oauth-mimic"), "{}", outcome.stdout);
    }
}

/// A faulty connection can be reset without a second hold on the socket of each good one.
#[cfg(target_os = "linux")]
#[test]
fn an_idle_connection_costs_one_descriptor() {
    const CONNECTIONS: usize = 50;
    let server = Server::start(&[]);
    let descriptors = || {
        let path = format!("/proc/{}/fd", server.process.id());
        std::fs::read_dir(path).expect("a process").count()
    };
    assert_eq!(server.get("/_mimic/health").status, 200);
    let before = descriptors();
    let address = server.base_url.trim_start_matches("http://");
    let connections: Vec<TcpStream> = (0..CONNECTIONS)
        .map(|_| {
            let mut stream = TcpStream::connect(address).expect("the server listens");
            let request = format!("GET /_mimic/health HTTP/1.1\r\nHost: {address}\r\n\r\n");
            stream
                .write_all(request.as_bytes())
                .expect("the connection is open");
            // An answer shows that the server has taken the connection.
            let read = stream.read(&mut [0; 4096]).expect("an answer");
            assert!(read > 0);
            stream
        })
        .collect();
    let after = descriptors();
    // The connection of the first request may be closed by now, or not.
    assert!(
        after <= before + CONNECTIONS,
        "{before} before, {after} with {CONNECTIONS} connections"
    );
    drop(connections);
}

/// The server learns that a client is gone when it writes the next heartbeat.
#[cfg(target_os = "linux")]
#[test]
fn an_abandoned_stream_gives_its_descriptor_back() {
    const STREAMS: usize = 50;
    let server = Server::start(&[]);
    let descriptors = || {
        let path = format!("/proc/{}/fd", server.process.id());
        std::fs::read_dir(path).expect("a process").count()
    };
    let before = descriptors();
    let address = server.base_url.trim_start_matches("http://");
    for _ in 0..STREAMS {
        let mut stream = TcpStream::connect(address).expect("the server listens");
        let request = format!(
            "GET /_mimic/requests/stream?heartbeat=0.02 HTTP/1.1\r\nHost: {address}\r\n\r\n"
        );
        stream
            .write_all(request.as_bytes())
            .expect("the connection is open");
        assert!(stream.read(&mut [0; 4096]).expect("an answer") > 0);
    }
    let watch = std::time::Instant::now();
    while descriptors() > before + 2 {
        let waited = watch.elapsed();
        assert!(
            waited.as_secs() < 20,
            "{before} before, {} now",
            descriptors()
        );
        std::thread::yield_now();
    }
}

/// Three hundred forms of ten thousand unknown names once took half a gigabyte.
#[cfg(target_os = "linux")]
#[test]
fn hostile_forms_do_not_fill_the_memory() {
    let server = Server::start(&[]);
    let names: Vec<_> = (0..10_000).map(|n| format!("p{n}")).collect();
    let form = names.join("&");
    for _ in 0..300 {
        assert_eq!(server.post(None, &form).status, 401);
    }
    let path = format!("/proc/{}/status", server.process.id());
    let status = std::fs::read_to_string(path).expect("a process");
    let resident = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB"))
        .and_then(|kilobytes| kilobytes.parse::<u64>().ok())
        .expect("a size");
    assert!(resident < 100_000, "{resident} kB");
}

#[test]
fn a_scenario_is_played_at_the_start() {
    let own = write(
        &directory("a_scenario_is_played_at_the_start"),
        "own.json",
        r#"{ "description": "x", "faults": [{ "on": "token", "times": 1, "fault": { "kind": "status", "status": 503 } }] }"#,
    );
    for name in ["flaky-gateway", own.as_str()] {
        let server = Server::start(&["--scenario", name]);
        assert_eq!(server.refresh("REFRESH_TOKEN").status, 503, "{name}");
    }
    let wrong = write(
        &directory("a_scenario_that_is_wrong"),
        "wrong.json",
        r#"{ "description": "x", "faults": [{ "on": "token", "fault": { "kind": "explode" } }] }"#,
    );
    for (name, words) in [
        ("no-such-day", "flaky-gateway"),
        (wrong.as_str(), "wrong.json: /faults/0/fault/kind: "),
    ] {
        let told = bad(&["--scenario", name]);
        assert!(told.contains(words), "{told}");
    }
}
