//! What the answers of the provider cost, always as a ratio against something else in the same run on the same machine.
//!
//! `cargo bench` runs everything but the soak; `cargo bench -- cost` one part; `cargo bench -- soak 1000000` that many
//! refreshes. `BASELINE=/path/of/another/oauth-mimic cargo bench -- cost` also compares with that program. Linux only: processor time and memory are read from `/proc`.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark prints, and stops where it cannot measure"
)]

mod child;
mod client;
mod cost;
mod embedded;
mod flow;
mod load;
mod reading;
mod reference;
mod refreshing;
mod sandboxes;
mod soak;
mod start;
mod stats;
mod watchers;

fn main() {
    let mut arguments = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--bench");
    let part = arguments.next();
    match part.as_deref() {
        // This very program, started again to be compared with.
        Some(start::HELLO_WORLD) => return start::hello_world(),
        Some(reference::REFERENCE) => {
            return reference::serve(&arguments.next().expect("an answer"));
        }
        Some("soak") => {
            let refreshes = arguments
                .next()
                .and_then(|count| count.parse().ok())
                .unwrap_or(100_000);
            return soak::run(refreshes);
        }
        _ => {}
    }
    let parts: [(&str, fn()); 8] = [
        ("cost", cost::run),
        ("flow", flow::run),
        ("reading", reading::run),
        ("load", load::run),
        ("start", start::run),
        ("embedded", embedded::run),
        ("sandboxes", sandboxes::run),
        ("watchers", watchers::run),
    ];
    for (name, run) in parts {
        if part.as_deref().is_none_or(|wanted| wanted == name) {
            run();
        }
    }
}
