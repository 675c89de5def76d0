//! The README and the book are true. Their Rust code runs as doctests (`src/lib.rs`), their console blocks run in
//! `.ci/readme`, and the rest is tested here.

#![expect(
    clippy::expect_used,
    reason = "in a test, a broken assumption is a failure"
)]

use std::fs;
use std::path::{Path, PathBuf};

use oauth_mimic::{Defect, DefectKind, Fault, FaultKind, TokenServer};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|why| panic!("{path}: {why}"))
}

/// Every Markdown page for readers: the files at the top, and the book.
fn pages() -> Vec<PathBuf> {
    let mut pages = Vec::new();
    collect_by(&root().join("docs"), "md", &mut pages);
    for entry in fs::read_dir(root()).expect("the repository") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|extension| extension == "md") {
            pages.push(path);
        }
    }
    pages.sort();
    pages
}

fn collect_by(folder: &Path, extension: &str, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect_by(&path, extension, files);
        } else if path.extension().is_some_and(|held| held == extension) {
            files.push(path);
        }
    }
}

/// A fenced block of code: its language, and its text.
struct Block {
    language: String,
    text: String,
}

fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for line in page.lines() {
        match (line.trim_start().strip_prefix("```"), open.take()) {
            (Some(language), None) => {
                open = Some(Block {
                    language: language.trim().to_owned(),
                    text: String::new(),
                });
            }
            (Some(_), Some(block)) => blocks.push(block),
            (None, Some(mut block)) => {
                block.text.push_str(line);
                block.text.push('\n');
                open = Some(block);
            }
            (None, None) => {}
        }
    }
    blocks
}

/// The rows of every table of a page, split into their cells.
fn rows(page: &str) -> impl Iterator<Item = Vec<&str>> {
    page.lines()
        .filter(|line| line.starts_with("| "))
        .map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
}

/// The first code span of a table's cell.
fn code(cell: &str) -> Option<&str> {
    cell.strip_prefix('`')?.split('`').next()
}

/// The pages whose Rust code runs as doctests.
fn doctested() -> String {
    read("src/lib.rs")
}

#[test]
fn every_block_of_code_has_a_test_that_runs_it() {
    let lib = doctested();
    let mut untested = Vec::new();
    for path in pages() {
        let name = path
            .strip_prefix(root())
            .expect("below")
            .display()
            .to_string();
        if name.starts_with("docs/reference/") {
            continue; // written by the program
        }
        for block in blocks(&fs::read_to_string(&path).expect("a page")) {
            let tested = match block.language.as_str() {
                "rust" => lib.contains(&format!("include_str!(\"../{name}\")")),
                // `.ci/readme` runs the commands of every page that has some, and
                // `the_fixtures_and_profiles_of_the_book_start_a_server` the JSON that is not an example.
                "console" | "text" | "json" => true,
                "toml" => block.text.lines().all(is_a_true_line_of_toml),
                "sh" | "python" | "js" | "ts" | "go" | "java" | "yaml" | "xml" => {
                    is_an_example(&block)
                }
                _ => false,
            };
            if !tested {
                untested.push(format!("{name}: a block of `{}`", block.language));
            }
        }
    }
    assert!(
        untested.is_empty(),
        "nothing runs these:\n{}",
        untested.join("\n")
    );
}

/// The folders whose files `.ci/run` runs, for other languages than Rust.
const EXAMPLES: &[&str] = &[
    "tests/clients/examples",
    "tests/clients/java/src/test/java/mimic",
    "packages",
];

/// Each example for another language is a file that `.ci/run` runs, or successive lines of one.
fn is_an_example(block: &Block) -> bool {
    let extensions: &[&str] = match block.language.as_str() {
        "sh" => &["sh"],
        "python" => &["py"],
        "js" => &["js", "mjs", "cjs"],
        "ts" => &["ts"],
        "go" => &["go"],
        "java" => &["java"],
        "yaml" => &["yaml", "yml"],
        "xml" => &["xml"],
        "json" => &["json"],
        _ => return false,
    };
    let shown = margin_removed(&block.text);
    let mut files = Vec::new();
    for folder in EXAMPLES.iter().map(|folder| root().join(folder)) {
        for extension in extensions {
            if folder.is_dir() {
                collect_by(&folder, extension, &mut files);
            }
        }
    }
    files
        .iter()
        .filter(|file| {
            let name = file.to_string_lossy();
            !name.contains("/node_modules/") && !name.contains("/target/")
        })
        .any(|file| contains_lines(&fs::read_to_string(file).expect("an example"), &shown))
}

/// The lines without the spaces that all of them begin with.
fn margin_removed(text: &str) -> Vec<&str> {
    let lines = text.trim_matches('\n').lines().map(str::trim_end);
    let width = |line: &str| line.len() - line.trim_start().len();
    let margin = lines.clone().filter(|line| !line.is_empty()).map(width);
    let margin = margin.min().unwrap_or(0);
    lines
        .map(|line| line.get(margin..).unwrap_or_default())
        .collect()
}

/// Returns true if these lines are successive lines of the text, at whatever margin.
fn contains_lines(text: &str, shown: &[&str]) -> bool {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let first = shown.first().copied().unwrap_or_default().trim_start();
    !first.is_empty()
        && lines
            .windows(shown.len())
            .filter(|window| window[0].trim_start() == first)
            .any(|window| margin_removed(&window.join("\n")) == shown)
}

#[test]
fn an_excerpt_is_found_by_whole_lines_at_any_margin() {
    let file = "fn a() {\n    one;\n\n    two {\n        three;\n    }\n}\n";
    let holds = |shown: &str| contains_lines(file, &margin_removed(shown));
    assert!(holds("one;\n\ntwo {\n    three;\n}\n"));
    assert!(holds(file));
    assert!(!holds("one;\ntwo {\n    three;\n}\n"), "a line is left out");
    assert!(!holds("two {\nthree;\n}\n"), "another indentation");
    assert!(!holds("one"), "a part of a line");
    assert!(!holds(""));
}

/// A line for a user's `Cargo.toml`: the features that it names exist.
fn is_a_true_line_of_toml(line: &str) -> bool {
    let manifest = read("Cargo.toml");
    match line.split_once("features = [") {
        Some((_, features)) => features
            .trim_end_matches([']', '}', ' '])
            .split(',')
            .map(|feature| feature.trim().trim_matches('"'))
            .all(|feature| manifest.contains(&format!("\n{feature} = ["))),
        None => true,
    }
}

#[test]
fn every_link_leads_somewhere() {
    let mut broken = Vec::new();
    for path in pages() {
        let text = fs::read_to_string(&path).expect("a page");
        for link in links(&text) {
            if link.contains("://") || link.starts_with("mailto:") {
                continue;
            }
            let (file, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = if file.is_empty() {
                path.clone()
            } else {
                path.parent().expect("a folder").join(file)
            };
            let has_anchor = |text: String| anchors(&text).iter().any(|held| held == anchor);
            let there = if anchor.is_empty() {
                target.exists()
            } else {
                fs::read_to_string(&target).is_ok_and(has_anchor)
            };
            // The book is also built to HTML, by itself.
            let in_the_book = path.starts_with(root().join("docs"));
            let leaves = in_the_book && !normal(&target).starts_with(root().join("docs"));
            if !there || leaves {
                broken.push(format!("{}: {link}", path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "broken links:\n{}", broken.join("\n"));
}

/// The path without `..`.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        if part.as_os_str() == ".." {
            normal.pop();
        } else {
            normal.push(part);
        }
    }
    normal
}

/// The targets of `[text](target)`, outside code.
fn links(page: &str) -> Vec<String> {
    let mut links = Vec::new();
    let mut fenced = false;
    for line in page.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        if fenced {
            continue;
        }
        // Every second piece between backquotes is code.
        let prose: String = line.split('`').step_by(2).collect();
        for after in prose.split("](").skip(1) {
            if let Some((link, _)) = after.split_once(')') {
                links.push(link.to_owned());
            }
        }
    }
    links
}

/// What a link to a page can name: its headings, as mdBook and code hosts write them, and its `<a id="…">`.
fn anchors(page: &str) -> Vec<String> {
    let headings = page
        .lines()
        .filter(|line| line.starts_with('#'))
        .map(|line| {
            line.trim_start_matches('#')
                .trim()
                .to_lowercase()
                .chars()
                .filter_map(|c| match c {
                    ' ' => Some('-'),
                    '-' | '_' => Some(c),
                    c if c.is_alphanumeric() => Some(c),
                    _ => None,
                })
                .collect()
        });
    let named = page
        .split("<a id=\"")
        .skip(1)
        .filter_map(|rest| Some(rest.split_once('"')?.0.to_owned()));
    headings.chain(named).collect()
}

#[test]
fn the_summary_lists_every_page_of_the_book() {
    let summary = read("docs/SUMMARY.md");
    let listed = links(&summary);
    for path in pages() {
        let Ok(name) = path.strip_prefix(root().join("docs")) else {
            continue;
        };
        let name = name.display().to_string();
        assert!(
            name == "SUMMARY.md" || listed.contains(&name),
            "docs/SUMMARY.md does not list {name}"
        );
    }
}

#[test]
fn the_readme_is_short() {
    let lines = read("README.md").lines().count();
    assert!(lines <= 160, "{lines} lines: move something into the book");
}

/// A block of JSON is a fixture file if it has clients, and a profile otherwise.
#[test]
fn the_fixtures_and_profiles_of_the_book_start_a_server() {
    let folder = std::env::temp_dir().join(format!("oauth-mimic-docs-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    let mut started = 0;
    for path in pages() {
        let name = path.display().to_string();
        for block in blocks(&fs::read_to_string(&path).expect("a page")) {
            // An example is run where it is, with the files that it names.
            if block.language != "json" || is_an_example(&block) {
                continue;
            }
            let shown: serde_json::Value = serde_json::from_str(&block.text).expect(&name);
            let builder = if shown.get("clients").is_some() {
                TokenServer::builder().fixtures_json(&name, block.text)
            } else {
                let file = folder.join(format!("{started}.json"));
                fs::write(&file, &block.text).expect("a file");
                TokenServer::builder().profile(file.display().to_string())
            };
            builder
                .try_start()
                .unwrap_or_else(|why| panic!("{name}: {why}"));
            started += 1;
        }
    }
    fs::remove_dir_all(&folder).expect("the folder");
    assert!(started > 3, "the book shows fixtures and profiles");
}

#[test]
fn the_built_in_clients_and_tokens_of_the_book_exist() {
    let server = TokenServer::start();
    let page = read("docs/concepts/fixtures.md");
    let mut listed = Vec::new();
    for row in rows(&page) {
        let [client, secret, token, _] = row[..] else {
            continue;
        };
        let (Some(client), Some(token)) = (code(client), code(token)) else {
            continue;
        };
        let mut form = vec![
            ("grant_type", "refresh_token"),
            ("refresh_token", token),
            ("client_id", client),
        ];
        form.extend(code(secret).map(|secret| ("client_secret", secret)));
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .build()
            .into();
        let answer = agent
            .post(server.token_url())
            .send_form(form)
            .expect("an answer");
        let expected = if token == "EXPIRED" { 400 } else { 200 };
        assert_eq!(answer.status(), expected, "{client} with {token}");
        listed.push((client.to_owned(), token.to_owned()));
    }
    let fixtures: serde_json::Value =
        serde_json::from_str(&read("fixtures/default.json")).expect("JSON");
    let text = |value: &serde_json::Value| value.as_str().expect("a text").to_owned();
    let built_in: Vec<(String, String)> = fixtures["refresh_tokens"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|token| token.get("fault").is_none())
        .map(|token| (text(&token["client_id"]), text(&token["token"])))
        .collect();
    assert_eq!(listed, built_in, "the table of clients");
}

#[test]
fn the_failing_tokens_and_the_scenarios_are_all_listed() {
    let page = read("docs/guides/faults.md");
    let fixtures: serde_json::Value =
        serde_json::from_str(&read("fixtures/default.json")).expect("JSON");
    let tokens = fixtures["refresh_tokens"].as_array().expect("a list");
    let failing = tokens.iter().filter(|token| token.get("fault").is_some());
    let names = failing.map(|token| token["token"].as_str().expect("a name").to_owned());
    let scenarios = fs::read_dir(root().join("fixtures/scenarios"))
        .expect("scenarios")
        .map(|entry| entry.expect("a file").path())
        .map(|path| {
            let stem = path.file_stem().expect("a name");
            stem.to_string_lossy().into_owned()
        });
    for name in names.chain(scenarios) {
        assert!(page.contains(&format!("`{name}`")), "{name} is not listed");
    }
}

/// The kinds that the first cells of a page's tables show, each as an object that the program reads.
fn kinds<T: serde::de::DeserializeOwned>(page: &str, name: impl Fn(&T) -> String) -> Vec<String> {
    let mut kinds = Vec::new();
    for row in rows(page) {
        let shown: Vec<&str> = row[0].split('`').skip(1).step_by(2).collect();
        for text in shown {
            if let Ok(value) = serde_json::from_str::<T>(text) {
                kinds.push(name(&value));
            } else if let Ok(value) =
                serde_json::from_value::<T>(serde_json::json!({ "kind": text }))
            {
                kinds.push(name(&value));
            } else {
                assert!(!text.starts_with('{'), "the program does not read {text}");
            }
        }
    }
    kinds.sort();
    kinds
}

#[test]
fn the_guides_show_every_kind_of_fault_and_of_defect() {
    let sorted = |mut names: Vec<String>| {
        names.sort();
        names
    };
    let faults = FaultKind::ALL.iter().map(ToString::to_string).collect();
    let shown = kinds::<Fault>(&read("docs/guides/faults.md"), |fault| {
        fault.kind().to_string()
    });
    assert_eq!(shown, sorted(faults));
    let defects = DefectKind::ALL.iter().map(ToString::to_string).collect();
    let shown = kinds::<Defect>(&read("docs/guides/broken-tokens.md"), |defect| {
        defect.kind().to_string()
    });
    assert_eq!(shown, sorted(defects));
}

/// The text after each occurrence of `mark`, up to the first character that `part` does not take.
fn words_after<'t>(text: &'t str, mark: &str, part: impl Fn(char) -> bool + Copy) -> Vec<&'t str> {
    text.split(mark)
        .skip(1)
        .map(|rest| &rest[..rest.find(|c| !part(c)).unwrap_or(rest.len())])
        .collect()
}

/// Every Rust file of the package, with its text.
fn sources() -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    for folder in ["src", "tests", "benches", "examples"] {
        collect_by(&root().join(folder), "rs", &mut files);
    }
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).expect("a source file");
        (path, text)
    };
    files.into_iter().map(read).collect()
}

#[test]
fn every_row_of_an_obligation_can_be_looked_up() {
    let page = read("docs/design/obligations.md");
    let mut tested = std::collections::BTreeSet::new();
    for (path, text) in sources() {
        if !path.starts_with(root().join("tests/obligations")) {
            continue;
        }
        for word in words_after(&text, "\"", |c| c.is_ascii_alphanumeric()) {
            let [letter, tens, ones] = word.as_bytes() else {
                continue;
            };
            if letter.is_ascii_uppercase() && tens.is_ascii_digit() && ones.is_ascii_digit() {
                tested.insert(word.to_owned());
            }
        }
    }
    let state = |id: &str| {
        let row = page
            .lines()
            .find(|line| line.contains(&format!("</a>{id} |")))?;
        row.trim_end_matches(" |").rsplit(" | ").next()
    };
    for id in &tested {
        assert_eq!(
            state(id),
            Some("tested"),
            "{id} has a test: docs/design/obligations.md must have that row, with the state `tested`"
        );
    }
    for line in page.lines().filter(|line| line.ends_with("| tested |")) {
        let id = line.split("</a>").nth(1).expect("an id");
        let id = id.split(' ').next().expect("an id");
        assert!(
            tested.contains(id),
            "docs/design/obligations.md says that {id} is tested, and no row of tests/obligations is"
        );
    }
}

#[test]
fn every_choice_has_its_reason() {
    let page = read("docs/design/decisions.md");
    let mut named = std::collections::BTreeSet::new();
    let is_id = |word: &str| {
        matches!(word.as_bytes(), [letter, tens, ones]
            if letter.is_ascii_uppercase() && tens.is_ascii_digit() && ones.is_ascii_digit())
    };
    let words: Vec<&str> = page
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    for (index, word) in words.iter().enumerate().filter(|(_, word)| is_id(word)) {
        named.insert((*word).to_owned());
        // "C06 to C08"
        if let ["to", last] = words[index + 1..]
            .iter()
            .copied()
            .take(2)
            .collect::<Vec<_>>()[..]
            && is_id(last)
        {
            let number = |id: &str| id[1..].parse::<u32>().expect("a number");
            let ids = number(word)..=number(last);
            named.extend(ids.map(|number| format!("{}{number:02}", &word[..1])));
        }
    }
    let obligations = read("docs/design/obligations.md");
    for row in obligations
        .lines()
        .filter(|line| line.contains(" | P | tested"))
    {
        let id = row.split("</a>").nth(1).expect("an id");
        let id = id.split(' ').next().expect("an id");
        assert!(
            named.contains(id),
            "{id} is a choice: docs/design/decisions.md must say what was chosen, and why"
        );
    }
    for file in words_after(&obligations, "| tested in `", |c| c != '`') {
        assert!(root().join(file).is_file(), "there is no {file}");
    }
}

#[test]
fn every_cited_section_of_the_wire_specification_exists() {
    let held = anchors(&read("docs/design/wire.md"));
    let mut cited = 0;
    for (path, text) in sources() {
        let about_the_wire = path.ends_with("spring.rs") || text.contains("wire.md");
        if !about_the_wire || path.ends_with("docs.rs") {
            continue;
        }
        for line in text.lines() {
            let [before, after] = line.splitn(2, '§').collect::<Vec<_>>()[..] else {
                continue;
            };
            // "RFC 6749 §6" and "OpenID Connect Core §2" are sections of something else.
            if ["RFC", "Core", "Discovery"]
                .iter()
                .any(|name| before.contains(name))
            {
                continue;
            }
            for section in words_after(&format!("§{after}"), "§", |c| {
                c.is_ascii_digit() || c == '.'
            }) {
                let section = section.trim_end_matches('.');
                assert!(
                    held.iter().any(|anchor| anchor == section),
                    "{}: docs/design/wire.md has no section {section}",
                    path.display()
                );
                cited += 1;
            }
        }
    }
    assert!(cited > 0, "the dialect `spring` cites its specification");
}

#[test]
fn the_architecture_page_has_every_room() {
    let page = read("docs/design/architecture.md");
    for entry in fs::read_dir(root().join("src")).expect("src") {
        let room = entry.expect("an entry").path();
        let room = room.file_stem().expect("a name").to_string_lossy();
        let heading = format!("### `src/{room}`");
        assert!(
            ["lib", "main", "fuzzing"].contains(&&*room) || page.contains(&heading),
            "docs/design/architecture.md has no `{heading}`"
        );
    }
    for heading in words_after(&page, "### `src/", |c| c.is_alphanumeric() || c == '_') {
        let file = root().join("src").join(heading);
        assert!(
            file.is_dir() || file.with_extension("rs").is_file(),
            "docs/design/architecture.md has a room that does not exist: {heading}"
        );
    }
}

#[test]
fn every_page_that_the_code_names_exists() {
    for (path, text) in sources() {
        for name in words_after(&text, "docs/", |c| {
            c.is_alphanumeric() || "/-_.".contains(c)
        }) {
            let page = format!("docs/{}", name.trim_end_matches('.'));
            let named = [".md", ".json"].iter().any(|end| page.ends_with(end));
            assert!(
                !named || root().join(&page).is_file(),
                "{}: there is no {page}",
                path.display()
            );
        }
    }
}

#[test]
fn the_guide_for_rust_lists_every_example() {
    let page = read("docs/guides/rust.md");
    for entry in fs::read_dir(root().join("examples")).expect("examples") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy();
        assert!(
            path.extension().is_some_and(|held| held == "json")
                || page.contains(&format!("`examples/{name}`")),
            "docs/guides/rust.md does not list examples/{name}"
        );
    }
}

#[test]
fn every_file_that_a_page_names_exists() {
    let mut missing = Vec::new();
    for path in pages() {
        let text = fs::read_to_string(&path).expect("a page");
        for folder in [
            "src/",
            "tests/",
            "fixtures/",
            "examples/",
            "keys/",
            "packages/",
            ".ci/",
        ] {
            for name in words_after(&text, &format!("`{folder}"), |c| {
                c.is_alphanumeric() || "/-_.".contains(c)
            }) {
                // `fixtures/profiles/*.json` and `src/grant/NAME.rs` are patterns.
                let pattern = name.ends_with('/') || name.contains("NAME");
                let file = root().join(folder).join(name);
                let exists = file.exists() || file.with_extension("rs").is_file();
                if !pattern && !exists {
                    missing.push(format!("{}: {folder}{name}", path.display()));
                }
            }
        }
    }
    assert!(missing.is_empty(), "no such file:\n{}", missing.join("\n"));
}
