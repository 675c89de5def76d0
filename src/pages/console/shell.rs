//! The page of the console before its scripts run.

use maud::{DOCTYPE, Markup, html};

use crate::pages::console::POLICY;
use crate::pages::{Html, finish};

/// The views: the name in the URL, and the title.
const VIEWS: &[(&str, &str)] = &[
    ("requests", "Requests"),
    ("grants", "Grants"),
    ("controls", "Controls"),
];

/// Writes the console. It is the same for every sandbox and every visitor.
pub(crate) fn console() -> Html {
    let body = html! {
        body {
            a .skip href="#main" { "Skip to the content" }
            header {
                p .brand { strong { "oauth-mimic" } " " span #version {} }
                div .field {
                    label for="sandbox" { "Sandbox" }
                    select #sandbox { option value="" { "default" } }
                }
                p #issuer .quiet {}
                p #clock {}
                p #connection role="status" { "Connecting" }
            }
            nav aria-label="Views" {
                @for (name, title) in VIEWS {
                    a href={ "#view=" (name) } data-view=(name) { (title) }
                }
                a #try href="try" { "Built-in client" }
                a href="reference" { "Reference" }
            }
            main #main tabindex="-1" {
                noscript { p { "The console needs JavaScript. Without it, use the control plane: it answers in JSON at this address, and openapi.json lists its paths." } }
                h1 #title tabindex="-1" { "Requests" }
                form #unlock hidden {
                    p { "This server has a control token. It stays in this tab." }
                    div .field {
                        label for="token" { "Control token" }
                        input #token type="password" autocomplete="off" required;
                    }
                    button { "Use this token" }
                    p role="alert" {}
                }
                @for (name, _) in VIEWS {
                    section id=(name) hidden {}
                }
            }
            dialog #help aria-labelledby="help-title" {
                h2 #help-title { "Keys" }
                dl {
                    @for (keys, meaning) in KEYS {
                        dt { @for key in *keys { kbd { (key) } " " } }
                        dd { (meaning) }
                    }
                }
                button type="button" { "Close" }
            }
            footer { p { "This is a mock for tests. It is not a real provider." } }
            div #messages role="status" aria-live="polite" {}
        }
    };
    finish(document("Console", true, &body), POLICY.to_owned())
}

const KEYS: &[(&[&str], &str)] = &[
    (
        &["1", "2", "3"],
        "show the requests, the grants, the controls",
    ),
    (&["/"], "go to the text filter"),
    (
        &["j", "k", "\u{2193}", "\u{2191}"],
        "go to the next or the previous request of the list",
    ),
    (&["Home", "End"], "go to the newest or the oldest request"),
    (&["Enter"], "show the request"),
    (&["Esc"], "leave the text filter"),
    (&["?"], "show this list"),
];

/// Writes a page around its body.
pub(super) fn document(title: &str, is_app: bool, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " - oauth-mimic" }
                link rel="icon" href="data:,";
                link rel="stylesheet" href="console/console.css";
                @if is_app {
                    script type="module" src="console/app.js" {}
                }
            }
            (body)
        }
    }
}
