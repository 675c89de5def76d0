//! The console: a page with scripts, which shows what the control plane answers, and asks it for changes.
//!
//! The scripts are ES modules that a browser loads as they are. They write text of a request as text only: they have no way to
//! write markup, and the policy forbids it (Trusted Types).

mod reference;
mod shell;

pub(crate) use reference::reference;
pub(crate) use shell::console;

/// The policy of the console's pages (CSP Level 3): its own files, the control plane, and nothing else.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; \
                      form-action 'none'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; \
                      trusted-types 'none'";

/// A file that the console loads.
#[derive(Debug)]
pub(crate) struct ConsoleFile {
    pub(crate) name: &'static str,
    pub(crate) content_type: &'static str,
    pub(crate) text: &'static str,
}

macro_rules! scripts {
    ($($name:literal),+ $(,)?) => {
        &[
            ConsoleFile {
                name: "console.css",
                content_type: "text/css; charset=utf-8",
                text: include_str!("console.css"),
            },
            $(ConsoleFile {
                name: $name,
                content_type: "text/javascript; charset=utf-8",
                text: include_str!($name),
            }),+
        ]
    };
}

/// Every file of the console, under the directory `console/`.
pub(crate) const FILES: &[ConsoleFile] = scripts![
    "app.js",
    "api.js",
    "controls.js",
    "detail.js",
    "dom.js",
    "export.js",
    "filters.js",
    "journal.js",
    "lineage.js",
    "list.js",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_module_that_a_script_imports_is_served() {
        for file in FILES {
            for line in file.text.lines().filter(|line| line.contains(" from './")) {
                let name = line
                    .split("'./")
                    .nth(1)
                    .and_then(|rest| rest.split('\'').next());
                let served = FILES.iter().any(|file| Some(file.name) == name);
                assert!(served, "{}: {line}", file.name);
            }
        }
    }

    #[test]
    fn what_a_script_exports_another_one_uses() {
        for file in FILES {
            let exported = file
                .text
                .lines()
                .filter_map(|line| line.strip_prefix("export "));
            for line in exported {
                let line = line.trim_start_matches("async ");
                let name = line.split([' ', '(']).nth(1).unwrap_or_default();
                let is_used = |other: &&ConsoleFile| {
                    let mut words = other.text.split(|c: char| !c.is_alphanumeric());
                    other.name != file.name && words.any(|word| word == name)
                };
                assert!(
                    FILES.iter().any(|other| is_used(&other)),
                    "{}: {name}",
                    file.name
                );
            }
        }
    }

    #[test]
    fn no_script_writes_markup() {
        for file in FILES {
            for banned in [
                "innerHTML",
                "outerHTML",
                "insertAdjacentHTML",
                "document.write",
                "eval(",
            ] {
                assert!(!file.text.contains(banned), "{}: {banned}", file.name);
            }
        }
    }
}
