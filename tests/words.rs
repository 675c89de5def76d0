//! Everything a person reads is plain technical English: this test holds out the commonest idioms that are not.
//!
//! It reads comments, string literals and test names in Rust, and whole files in other languages. Text `in backticks` is
//! a quotation and is not read. `CONTRIBUTING.md` has the whole list of words.

#![expect(
    clippy::expect_used,
    reason = "in a test, a broken assumption is a failure"
)]

use std::fs;
use std::path::{Path, PathBuf};

/// What is searched, from the package's root.
const PLACES: &[&str] = &[
    "benches",
    "docs",
    "examples",
    "fixtures",
    "fuzz/fuzz_targets",
    "packages",
    "src",
    "tests",
    "Cargo.toml",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "README.md",
    "SECURITY.md",
];
const LANGUAGES: &[&str] = &[
    "cjs", "css", "go", "html", "java", "js", "json", "mjs", "md", "py", "rs", "sh", "toml", "ts",
    "xml", "yml",
];
/// What other programs write, the reference pages, whose words come from `src`, and this file.
const SKIPPED: &[&str] = &[
    "node_modules",
    "target",
    "reference",
    "words.rs",
    "package-lock.json",
];

/// The idiom that begins with the first of these words.
fn idiom(before: &str, words: &[Word]) -> Option<&'static str> {
    /// What may follow `is no`: `is no longer`, but not `is no token`.
    const AFTER_NO: &[&str] = &[
        "longer", "more", "less", "better", "worse", "other", "earlier", "later",
    ];
    let text = |index: usize| words.get(index).map_or("", |word| word.text.as_str());
    match (text(0), text(1), text(2)) {
        ("what", "of", _) => Some("what of: name the part"),
        ("so", "many", _) => Some("so many: n, or exactly n"),
        ("stands", next, _) if next != "for" => Some("stands: is, or appears"),
        ("told", ..) => Some("told: reported, returned, rendered"),
        ("tells", "of", _) => Some("tells of: reports"),
        ("come" | "comes" | "came", "back", "to") => Some("comes back to: returns to, resets to"),
        ("no", "more", _) if words[1].ends_clause => Some("no more: no longer"),
        ("whoever", ..) => Some("whoever: a client that, a user who"),
        ("by" | "to", "the", "letter") => Some("by the letter: strictly, exactly"),
        ("held" | "holds" | "hold", "against", _) => {
            Some("held against: reported as advice, compared with")
        }
        ("is" | "are", "no", next) if before != "there" && !AFTER_NO.contains(&next) => {
            Some("is no: is not a")
        }
        ("answer" | "answers", "whether", _) if !words[0].ends_clause => {
            Some("answers whether: returns true if")
        }
        _ => None,
    }
}

/// A word of prose, in lower case. An empty one separates two texts.
struct Word {
    text: String,
    line: usize,
    /// Whether a punctuation mark follows.
    ends_clause: bool,
}

/// The prose of a file.
fn words(path: &Path, text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    if path.extension().is_some_and(|extension| extension == "rs") {
        for (line, prose) in rust::prose(text, path.starts_with("tests")) {
            add(&mut words, line, &prose);
        }
    } else {
        add(&mut words, 1, text);
    }
    words
}

/// Appends the words of a text that begins on that line.
fn add(words: &mut Vec<Word>, first: usize, text: &str) {
    let separator = |line| Word {
        text: String::new(),
        line,
        ends_clause: true,
    };
    for (line, text) in (first..).zip(text.lines()) {
        for (index, part) in text.split('`').enumerate() {
            // Every second part is in backticks, if its second backtick is on the same line.
            if index % 2 == 1 && text.split('`').count() > index + 1 {
                words.push(separator(line));
                continue;
            }
            for word in part.split(|c: char| c.is_whitespace() || c == '_') {
                let trimmed = word.trim_matches(|c: char| !c.is_alphanumeric());
                if !trimmed.is_empty() {
                    // What a format string will put in is not a word.
                    let text = if word.contains('{') { "{}" } else { trimmed };
                    words.push(Word {
                        text: text.to_lowercase(),
                        line,
                        ends_clause: word.ends_with(|c: char| c.is_ascii_punctuation()),
                    });
                }
            }
        }
        if text.trim().is_empty() {
            words.push(separator(line));
        }
    }
    if let Some(last) = words.last_mut() {
        last.ends_clause = true;
    }
    words.push(separator(first));
}

/// What a person reads of a Rust file.
mod rust {
    /// Comments and string literals, each with its line; in tests the names of functions, too. Comments on successive
    /// lines are one text.
    pub(crate) fn prose(text: &str, names: bool) -> Vec<(usize, String)> {
        let mut prose: Vec<(usize, String)> = Vec::new();
        let mut comment_ends = 0;
        let mut rest = text;
        let mut line = 1;
        while let Some(first) = rest.chars().next() {
            let length = if rest.starts_with("//") {
                let length = rest.find('\n').unwrap_or(rest.len());
                let comment = rest[..length].trim_start_matches(['/', '!']);
                match prose.last_mut() {
                    Some((_, last)) if comment_ends + 1 == line => {
                        last.push('\n');
                        last.push_str(comment);
                    }
                    _ => prose.push((line, comment.to_owned())),
                }
                comment_ends = line;
                length
            } else if let Some(length) = string(rest) {
                prose.push((line, rest[..length].replace("\\n", "\n ")));
                comment_ends = 0;
                length
            } else if let Some(length) = character(rest) {
                length
            } else if let Some(name) = rest.strip_prefix("fn ").filter(|_| names) {
                let length = name.find(|c: char| !c.is_alphanumeric() && c != '_');
                prose.push((line, name[..length.unwrap_or(0)].to_owned()));
                3
            } else {
                word(rest).unwrap_or(first.len_utf8())
            };
            line += rest[..length].matches('\n').count();
            rest = &rest[length..];
        }
        prose
    }

    /// The length of the string literal that begins here.
    fn string(text: &str) -> Option<usize> {
        let text_after = text.strip_prefix('b').unwrap_or(text);
        let prefix = text.len() - text_after.len();
        if let Some(raw) = text_after.strip_prefix('r') {
            let hashes = raw.len() - raw.trim_start_matches('#').len();
            let end = format!("\"{}", "#".repeat(hashes));
            let inside = raw[hashes..].strip_prefix('"')?;
            return Some(prefix + 1 + hashes + 1 + inside.find(&end)? + end.len());
        }
        let inside = text_after.strip_prefix('"')?;
        let mut escaped = false;
        let end = inside.find(|c| {
            let ends = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            ends
        })?;
        Some(prefix + 1 + end + 1)
    }

    /// The length of the character literal that begins here; a lifetime is none.
    fn character(text: &str) -> Option<usize> {
        let inside = text.strip_prefix('\'')?;
        let skipped = if inside.starts_with('\\') {
            2
        } else {
            inside.chars().next()?.len_utf8()
        };
        let end = inside.get(skipped..)?.find('\'')?;
        (end < 10 && (end == 0 || inside.starts_with('\\'))).then_some(1 + skipped + end + 1)
    }

    /// The length of the identifier that begins here, except for `fn`.
    fn word(text: &str) -> Option<usize> {
        let length = text
            .find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(text.len());
        (length > 0).then_some(length)
    }

    #[test]
    fn comments_strings_and_names_are_prose_and_nothing_else_is() {
        let text = "//! One\n//! two\nfn a_name<'a>(told: &'a str) { let c = '\"'; f(\"x \\\" y\", r#\"raw \"z\"#, b'\\'') // end\n}";
        let prose = |names| {
            prose(text, names)
                .into_iter()
                .map(|(line, text)| format!("{line}:{text}"))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            prose(false),
            [
                "1: One\n two",
                "3:\"x \\\" y\"",
                "3:r#\"raw \"z\"#",
                "3: end"
            ]
        );
        assert!(prose(true).contains(&"3:a_name".to_owned()));
    }
}

/// Every idiom of a file, as `file:line: idiom`.
fn idioms(path: &Path, text: &str) -> Vec<String> {
    let words = words(path, text);
    (0..words.len())
        .filter_map(|index| {
            let before = index
                .checked_sub(1)
                .map_or("", |before| words[before].text.as_str());
            let found = idiom(before, &words[index..])?;
            Some(format!("{}:{}: {found}", path.display(), words[index].line))
        })
        .collect()
}

/// Every file that a person reads, as a path from the package's root, with its text.
fn files() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pending: Vec<PathBuf> = PLACES.iter().map(|place| root.join(place)).collect();
    let mut files = Vec::new();
    while let Some(path) = pending.pop() {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if SKIPPED.contains(&&*name) || name.starts_with('.') {
            continue;
        }
        if path.is_dir() {
            let entries = fs::read_dir(&path).expect("a directory");
            pending.extend(entries.map(|entry| entry.expect("an entry").path()));
        } else if path
            .extension()
            .is_some_and(|extension| LANGUAGES.iter().any(|known| extension == *known))
            && path.is_file()
        {
            let relative = path.strip_prefix(root).expect("inside").to_owned();
            files.push((
                relative,
                String::from_utf8_lossy(&fs::read(&path).expect("a file")).into_owned(),
            ));
        }
    }
    files.sort();
    files
}

#[test]
fn everything_a_person_reads_is_plain_english() {
    let found: Vec<String> = files()
        .iter()
        .flat_map(|(path, text)| idioms(path, text))
        .collect();
    assert!(found.is_empty(), "write it plainly:\n{}", found.join("\n"));
}

#[test]
fn the_idioms_are_found_and_plain_words_are_not() {
    let found = |text: &str| !idioms(Path::new("x.md"), text).is_empty();
    for idiom in [
        "what of the grant is asked for",
        "Just so many requests.",
        "as it stands in the header",
        "the client is told why",
        "the log tells of it",
        "it comes back to what it was",
        "a retired key is believed no more.",
        "whoever asks",
        "the RFC by the\nletter",
        "nothing is held against it",
        "what is no token",
        "answers whether it fits",
        "a_test_name_that_stands_out",
    ] {
        assert!(found(idiom), "{idiom}");
    }
    for plain in [
        "what is asked for, of the grant",
        "`told` is a word to avoid",
        "`rt` stands for the refresh token",
        "no more than three",
        "no more bytes arrive.",
        "it is no longer valid",
        "there is no such client",
        "the RFC's letter",
        "it answers, whether or not",
        "{what} of {told}",
    ] {
        assert!(!found(plain), "{plain}");
    }
}
