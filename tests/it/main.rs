//! The server as its users meet it: over sockets, and through the library's public face.

#![expect(
    clippy::expect_used,
    reason = "in a test, a broken assumption is a failure"
)]

mod arrivals;
mod authorize;
mod codes;
mod concurrent;
mod conformance;
mod console;
mod control;
mod cors;
mod defects;
mod determinism;
mod drive;
mod faults;
mod front;
mod front_advice;
mod golden;
mod guard;
mod hybrid;
mod independent_eyes;
mod journal;
mod leniency;
mod library;
mod login;
mod logout;
mod member_order;
mod metadata;
mod model;
mod named_tokens;
mod policies;
mod profiles;
mod reading_back;
mod reset;
mod rotation;
mod sandboxes;
mod scenarios;
mod spring;
mod streams;
#[path = "../support/mod.rs"]
#[expect(dead_code, reason = "the test target `obligations` uses the rest")]
mod support;
