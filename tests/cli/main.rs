//! The command line as its users meet it: the real binary, what it prints where, and its exit codes.

#![expect(
    clippy::expect_used,
    reason = "in a test, a broken assumption is a failure"
)]

mod bad_input;
mod faces;
mod flags;
mod inspect;
mod log;
mod merge;
mod mint;
mod schema;
mod serve;
mod support;
mod tools;
