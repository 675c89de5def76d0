//! The page that says what the names of refusals and advice mean: the console links to it.

use maud::html;

use crate::journal::AdviceCode;
use crate::oauth::refusal::RefusalName;
use crate::pages::console::POLICY;
use crate::pages::console::shell::document;
use crate::pages::{Html, finish};

/// Writes the reference.
pub(crate) fn reference() -> Html {
    let content = html! {
        body {
            nav aria-label="Views" { a href="./" { "Console" } }
            main .text {
                h1 { "Reference" }
                h2 { "Refusals" }
                p { "Why a request is refused, what to do, and what happens if the refusal is tolerated." }
                @for name in RefusalName::ALL {
                    section {
                        h3 id={ "refusal-" (name.as_str()) } { code { (name.as_str()) } }
                        p { (name.cause()) }
                        dl {
                            dt { "Remedy" }
                            dd { (name.remedy()) }
                            dt { "If it is tolerated" }
                            dd { (name.tolerated().unwrap_or("It cannot be tolerated.")) }
                        }
                    }
                }
                h2 { "Advice" }
                p { "What a stricter provider would refuse, or what the RFCs advise against." }
                @for code in AdviceCode::ALL {
                    section {
                        h3 id={ "advice-" (code.as_str()) } { code { (code.as_str()) } }
                        p { (code.doc()) }
                        p .quiet { (code.clause()) }
                    }
                }
            }
        }
    };
    finish(document("Reference", false, &content), POLICY.to_owned())
}
