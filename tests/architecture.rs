//! The tree shows the architecture; this holds it to that.

#![expect(
    clippy::expect_used,
    reason = "in a test, a broken assumption is a failure"
)]

use std::fs;
use std::path::{Path, PathBuf};

/// Every room of `src/`, lowest first: a room may use those before it.
const ROOMS: &[&str] = &[
    "json",
    "clock",
    "random",
    "oauth",
    "fault",
    "journal",
    "keys",
    "shape",
    "seed",
    "registry",
    "store",
    "grant",
    "dialect",
    "authority",
    "sandbox",
    "pages",
    "http",
    "control",
    "server",
    "cli",
];

/// Who may not use whom although the order would let them.
const STRANGERS: &[(&str, &[&str])] = &[
    ("oauth", &["random"]),
    ("keys", &["journal", "random"]),
    ("store", &["keys", "oauth", "random", "seed", "shape"]),
    // How a request is read must not depend on what becomes of it.
    (
        "dialect",
        &["grant", "keys", "random", "seed", "shape", "store"],
    ),
    // The control plane and the protocol meet in the sandbox, over the same verbs.
    ("control", &["dialect", "grant", "shape", "store"]),
    // Pages are written from plain values.
    (
        "pages",
        &[
            "authority",
            "grant",
            "keys",
            "registry",
            "sandbox",
            "seed",
            "shape",
            "store",
        ],
    ),
    // HTTP carries bytes: what it carries, the authority knows.
    (
        "http",
        &["grant", "keys", "random", "seed", "shape", "store"],
    ),
];

/// Which words may stand in which rooms only.
const WORDS: &[(&[&str], &[&str])] = &[
    (
        &["actix_web", "actix_http", "actix_server"],
        &["http", "control", "server"],
    ),
    (&["jsonwebtoken", "aws_lc_rs::", "rsa::"], &["keys"]),
    (&["Utc::now", "SystemTime", "Instant::now"], &["clock"]),
    (&["clap"], &["cli"]),
    // Clients see the order of members, and `serde_json` sorts them by name. The rooms here take values from the user's code,
    // or write schemas.
    (
        &[
            "serde_json::Map",
            "serde_json::Value",
            "serde_json::{Map",
            "serde_json::json",
            "json!(",
        ],
        &["json", "oauth", "fault", "control", "server", "cli"],
    ),
    // Who cannot see a secret cannot compare it with `==`.
    (&[".reveal()"], &["seed", "cli"]),
    // A profile is data: no claim name of a provider appears in the code.
    (
        &["personid", "data_center", "\"authorities\"", "\"ati\""],
        &[],
    ),
];

/// Functions that compare secrets, and what their code must contain. The time of a comparison must not depend on where two
/// secrets differ, and an unknown client must take as long as a wrong secret; no test can measure that on a busy machine.
const CONSTANT_TIME: &[(&str, &str, &[&str])] = &[
    ("oauth", "fn matches(", &[".ct_eq("]),
    (
        "oauth",
        "fn match_nothing(",
        &["black_box(", ".matches(presented)"],
    ),
    ("authority", "fn verify(", &["Secret::match_nothing("]),
    ("authority", "fn check_secret(", &["secret.matches("]),
    ("control", "fn check_token(", &[".ct_eq("]),
];

/// The code of a room, without comments and unit tests, by file.
fn code_of(room: &str) -> Vec<(PathBuf, String)> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&source.join(room), &mut files);
    files.extend(Some(source.join(format!("{room}.rs"))).filter(|file| file.is_file()));
    assert!(
        !files.is_empty(),
        "there is no room `{room}`: take it off the list"
    );
    files
        .into_iter()
        .map(|file| {
            let text = fs::read_to_string(&file).expect("a source file");
            let code = text
                .split("#[cfg(test)]\nmod tests")
                .next()
                .expect("a first part");
            let code = code
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"));
            let code = code.collect::<Vec<_>>().join("\n");
            (file, code)
        })
        .collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

#[test]
fn every_room_is_on_the_list() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found: Vec<String> = fs::read_dir(source)
        .expect("src")
        .map(|entry| {
            entry
                .expect("an entry")
                .path()
                .file_stem()
                .expect("a name")
                .to_string_lossy()
                .into_owned()
        })
        .filter(|name| !["lib", "main", "fuzzing"].contains(&name.as_str()))
        .collect();
    found.sort();
    let mut listed = ROOMS.to_vec();
    listed.sort_unstable();
    assert_eq!(found, listed);
}

/// The imports that look up, or at a stranger, where rooms lie in this order.
fn wrong_imports(rooms: &[&str]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (rank, room) in rooms.iter().enumerate() {
        let strangers = STRANGERS
            .iter()
            .find(|(who, _)| who == room)
            .map_or(&[][..], |(_, whom)| whom);
        for (file, code) in code_of(room) {
            for used in code.split("crate::").skip(1) {
                let used: String = used
                    .chars()
                    .take_while(|c| c.is_alphanumeric() || *c == '_')
                    .collect();
                let above = !rooms[..=rank].contains(&used.as_str());
                if above || strangers.contains(&used.as_str()) {
                    wrong.push(format!("{} uses crate::{used}", file.display()));
                }
            }
        }
    }
    wrong
}

#[test]
fn rooms_only_look_down() {
    let wrong = wrong_imports(ROOMS);
    assert!(
        wrong.is_empty(),
        "a room may only use rooms below it:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn a_look_up_would_be_seen() {
    let upside_down: Vec<&str> = ROOMS.iter().rev().copied().collect();
    let seen = wrong_imports(&upside_down);
    assert!(
        seen.iter()
            .any(|wrong| wrong.ends_with("authority/mod.rs uses crate::store")),
        "{seen:#?}"
    );
}

#[test]
fn words_stay_in_their_rooms() {
    let mut wrong = Vec::new();
    for (words, homes) in WORDS {
        for room in ROOMS.iter().filter(|room| !homes.contains(room)) {
            for (file, code) in code_of(room) {
                let found = words.iter().filter(|word| code.contains(*word));
                wrong.extend(found.map(|word| format!("{} says {word}", file.display())));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "words outside their rooms:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn secrets_are_compared_in_constant_time() {
    for (room, function, parts) in CONSTANT_TIME {
        let bodies: Vec<String> = code_of(room)
            .into_iter()
            .filter_map(|(_, code)| {
                let body = code.split(function).nth(1)?;
                Some(body.split("\n    }\n").next()?.to_owned())
            })
            .collect();
        for part in *parts {
            assert!(
                bodies.iter().any(|body| body.contains(part)),
                "`{function}` in `{room}` does not contain `{part}`"
            );
        }
    }
}
