//! What all pages share: the head, the style, and the note that this is a mock.

use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use crate::pages::words::Language;

/// The style of every page. Colours have a contrast of at least 4.5 to 1 in both schemes (WCAG 2.2 §1.4.3).
const STYLE: &str = include_str!("style.css");

/// Returns the source expression that allows one inline text (CSP Level 3 §2.3.1).
pub(super) fn source_of(text: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)))
}

/// Returns the policy of a page without scripts.
pub(super) fn policy() -> String {
    static STYLE_SOURCE: OnceLock<String> = OnceLock::new();
    let style = STYLE_SOURCE.get_or_init(|| source_of(STYLE));
    format!(
        "default-src 'none'; style-src {style}; img-src data:; base-uri 'none'; frame-ancestors 'none'"
    )
}

/// Writes a page around its content.
pub(super) fn page(language: Language, title: &str, content: &Markup) -> Markup {
    document(language, title, None, content)
}

/// Writes a page around content that has long lines.
pub(super) fn wide_page(language: Language, title: &str, content: &Markup) -> Markup {
    document(language, title, Some("wide"), content)
}

fn document(language: Language, title: &str, class: Option<&str>, content: &Markup) -> Markup {
    let words = language.words();
    html! {
        (DOCTYPE)
        html lang=(language.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " - oauth-mimic" }
                // No request for an icon.
                link rel="icon" href="data:,";
                style { (PreEscaped(STYLE)) }
            }
            body {
                main class=[class] {
                    h1 { (title) }
                    (content)
                }
                footer class=[class] { p { (words.mock) } }
            }
        }
    }
}
