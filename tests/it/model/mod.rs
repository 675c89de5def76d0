//! Random actions of browsers, clients and thieves against a running server, beside a reference that predicts every answer.
//!
//! After each action, every token is introspected and presented at the userinfo endpoint, and the sessions are listed. The
//! environment variable `PROPTEST_CASES` sets the number of cases for a long run.

mod action;
mod driver;
mod reference;

use oauth_mimic::{Clock, SandboxOptions, Timestamp, TokenServer, User};
use proptest::test_runner::{Config, TestError, TestRunner};

use driver::Driver;
use reference::{CLIENTS, START, USERS};

/// The number of cases where `PROPTEST_CASES` is not set.
const CASES: u32 = 64;

/// A provider with the clients and users of the reference.
fn server(profile: &str, response_types: &[&str]) -> TokenServer {
    let clients = CLIENTS.iter();
    let builder = clients.fold(TokenServer::builder(), |builder, client| {
        builder.client(client.registration(response_types))
    });
    let builder = USERS
        .iter()
        .fold(builder, |builder, sub| builder.user(User::new(*sub)));
    builder.profile(profile).start()
}

#[track_caller]
fn agrees(server: &TokenServer, is_standard: bool) {
    let mut config = Config {
        failure_persistence: None,
        max_shrink_iters: 2000,
        max_shrink_time: 60_000,
        ..Config::default()
    };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = CASES;
    }
    let result = TestRunner::new(config).run(&action::actions(), |actions| {
        let clock = Clock::frozen(Timestamp::from_unix(START));
        let sandbox = server.sandbox_with(SandboxOptions::new().clock(&clock));
        Driver::new(&sandbox, is_standard).run(&actions)
    });
    match result {
        Ok(()) => {}
        Err(TestError::Abort(why)) => panic!("{why}"),
        Err(TestError::Fail(why, actions)) => panic!("{why}\nafter {actions:#?}"),
    }
}

#[test]
fn the_standard_provider_does_what_the_reference_predicts() {
    let hybrid = ["code", "code token", "code id_token", "code id_token token"];
    agrees(&server("standard", &hybrid), true);
}

#[test]
fn the_documented_provider_does_what_the_reference_predicts() {
    agrees(&server("connect", &["code"]), false);
}
