//! What becomes of a refresh token: the policies `reissue`, `rotate` and `reuse`, in both profiles and through time.

use std::collections::HashSet;
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use oauth_mimic::{
    Client, Clock, Defect, Fault, NamedRefreshToken, RefreshPolicy, Timestamp, TokenKind,
    TokenServer, User,
};

use crate::support::{Answer, basic, encoded, part, post};

const POLICIES: [RefreshPolicy; 3] = [
    RefreshPolicy::Reissue,
    RefreshPolicy::Rotate,
    RefreshPolicy::Reuse,
];
const SCOPE: &str = "openid email phone";
const NOW: Timestamp = Timestamp::from_unix(1_680_006_196);
const UNPUBLISHED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/keys/unpublished.pem");

fn app() -> Client {
    Client::confidential("app", "s3cret").scope(SCOPE)
}

/// A server for `client` and `other`, a confidential client that rotates.
fn server(profile: &str, client: Client, clock: &Clock) -> TokenServer {
    let other = Client::confidential("other", "s3cret")
        .scope(SCOPE)
        .refresh(RefreshPolicy::Rotate);
    TokenServer::builder()
        .profile(profile)
        .client(client)
        .client(other)
        .user(User::new("alice"))
        .clock(clock)
        .start()
}

/// Every profile with every policy, and what to call the pair in a message.
fn each(run: impl Fn(&str, &TokenServer, &Clock, RefreshPolicy)) {
    for profile in oauth_mimic::profiles() {
        for policy in POLICIES {
            let clock = Clock::frozen(NOW);
            let server = server(profile, app().refresh(policy), &clock);
            run(&format!("{profile}, {policy:?}"), &server, &clock, policy);
        }
    }
}

/// Refreshes as that client, with more in the form.
#[track_caller]
fn refresh_as(client_id: &str, server: &TokenServer, token: &str, more: &str) -> Answer {
    let form = format!(
        "grant_type=refresh_token&refresh_token={}{more}",
        encoded(token)
    );
    post(server, Some(&basic(client_id, "s3cret")), &form)
}

#[track_caller]
fn refresh(server: &TokenServer, token: &str, more: &str) -> Answer {
    refresh_as("app", server, token, more)
}

/// Refreshes, and hands back the refresh token that came.
#[track_caller]
fn successor(server: &TokenServer, token: &str) -> String {
    let answer = refresh(server, token, "");
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.member("refresh_token")
}

#[track_caller]
fn assert_refused(case: &str, answer: &Answer, words: &str) {
    let told = format!("{case}: {} {}", answer.status, answer.text());
    assert_eq!(answer.status, 400, "{told}");
    assert_eq!(answer.error(), "invalid_grant", "{told}");
    assert!(answer.member("error_description").contains(words), "{told}");
}

fn expiry(token: &str) -> i64 {
    part(token, 1)["exp"].as_i64().expect("exp is a number")
}

#[test]
fn each_policy_decides_what_comes_back_and_what_still_works() {
    each(|case, server, _, policy| {
        let first = server.mint().client("app").refresh_token();
        let second = successor(server, &first);
        let again = refresh(server, &first, "");
        match policy {
            RefreshPolicy::Reissue => {
                assert_ne!(first, second, "{case}");
                assert_eq!(again.status, 200, "{case}: {}", again.text());
                assert_ne!(again.member("refresh_token"), second, "{case}");
                successor(server, &successor(server, &second));
            }
            RefreshPolicy::Reuse => {
                assert_eq!(first, second, "{case}");
                assert_eq!(again.member("refresh_token"), first, "{case}");
            }
            RefreshPolicy::Rotate => {
                assert_ne!(first, second, "{case}");
                assert_refused(case, &again, "used before");
            }
            other => panic!("a policy without a test: {other:?}"),
        }
    });
}

#[test]
fn a_profile_has_a_policy_for_clients_that_name_none() {
    for (profile, again) in [("connect", 200), ("standard", 400)] {
        let server = server(profile, app(), &Clock::real());
        let token = server.mint().client("app").refresh_token();
        assert_ne!(successor(&server, &token), token, "{profile}");
        assert_eq!(refresh(&server, &token, "").status, again, "{profile}");
    }
}

#[test]
fn every_link_of_a_rotating_chain_works_once_and_in_turn() {
    for profile in oauth_mimic::profiles() {
        let server = server(
            profile,
            app().refresh(RefreshPolicy::Rotate),
            &Clock::real(),
        );
        let mut token = server.mint().client("app").refresh_token();
        let mut seen = HashSet::new();
        for _ in 0..10 {
            assert!(seen.insert(token.clone()), "{profile}: a token came twice");
            token = successor(&server, &token);
        }
    }
}

#[test]
fn after_narrowing_the_next_refresh_has_the_original_scope_again() {
    each(|case, server, _, _| {
        let minted = server.mint().client("app").response();
        let narrowed = refresh(
            server,
            minted.refresh_token().expect("a refresh token"),
            "&scope=email",
        );
        assert_eq!(narrowed.member("scope"), "email", "{case}");
        assert_eq!(
            narrowed.json().get("id_token"),
            None,
            "{case}: without openid"
        );
        let token = narrowed.member("refresh_token");
        assert_eq!(
            part(&token, 1)["scope"],
            part(minted.refresh_token().expect("a refresh token"), 1)["scope"],
            "{case}: RFC 6749 §6"
        );
        let whole = refresh(server, &token, "");
        assert_eq!(whole.member("scope"), SCOPE, "{case}");
        assert!(whole.json().get("id_token").is_some(), "{case}");
        let other = refresh(
            server,
            &whole.member("refresh_token"),
            "&scope=phone+openid",
        );
        assert_eq!(
            other.member("scope"),
            "openid phone",
            "{case}: the grant's order"
        );
    });
}

#[test]
fn a_grant_of_less_than_the_registration_is_never_widened() {
    each(|case, server, _, _| {
        let token = server
            .mint()
            .client("app")
            .scope("openid email")
            .refresh_token();
        let wider = refresh(server, &token, "&scope=openid+phone");
        assert_eq!(
            (wider.status, wider.error().as_str()),
            (400, "invalid_scope"),
            "{case}"
        );
        let answer = refresh(server, &token, "");
        assert_eq!(answer.member("scope"), "openid email", "{case}");
    });
}

#[test]
fn user_client_and_login_time_survive_every_refresh_and_times_move_on() {
    each(|case, server, clock, _| {
        let login = Timestamp::from_unix(NOW.as_unix() - 131);
        let minted = server.mint().client("app").auth_time(login).response();
        clock.advance(60);
        let answer = refresh(server, minted.refresh_token().expect("a refresh token"), "");
        let id_token = minted.id_token().expect("openid was granted");
        for (name, before) in [
            ("access_token", minted.access_token()),
            ("id_token", id_token),
        ] {
            let (before, after) = (part(before, 1), part(&answer.member(name), 1));
            for claim in ["iss", "sub", "aud", "azp", "client_id", "auth_time"] {
                assert_eq!(
                    before.get(claim),
                    after.get(claim),
                    "{case}: {claim} of {name}"
                );
            }
            assert_eq!(after["auth_time"], login.as_unix(), "{case}");
            assert_eq!(after["iat"], NOW.as_unix() + 60, "{case}");
            assert_eq!(after["exp"], NOW.as_unix() + 960, "{case}");
            assert_ne!(before["jti"], after["jti"], "{case}");
        }
    });
}

#[test]
fn a_replay_revokes_the_family_with_all_successors_and_no_other_family() {
    for profile in oauth_mimic::profiles() {
        let server = server(
            profile,
            app().refresh(RefreshPolicy::Rotate),
            &Clock::real(),
        );
        let bystander = server.mint().client("app").refresh_token();
        let first = server.mint().client("app").refresh_token();
        let second = successor(&server, &first);
        let third = successor(&server, &second);
        assert_refused(profile, &refresh(&server, &second, ""), "used before");
        for token in [&first, &second, &third] {
            assert_refused(profile, &refresh(&server, token, ""), "token is revoked: ");
        }
        successor(&server, &successor(&server, &bystander));
    }
}

#[test]
fn a_family_that_was_revoked_stays_revoked_when_its_client_rotates_no_longer() {
    for policy in [RefreshPolicy::Reissue, RefreshPolicy::Reuse] {
        let rotating = app().refresh(RefreshPolicy::Rotate);
        let server = server("standard", rotating, &Clock::real());
        let first = server.mint().client("app").refresh_token();
        let second = successor(&server, &first);
        assert_refused("rotating", &refresh(&server, &first, ""), "used before");
        server.put_client(app().refresh(policy));
        let answer = refresh(&server, &second, "");
        assert_refused(&format!("{policy:?}"), &answer, "token is revoked: ");
    }
}

/// The store forgets what has expired, once it holds more than a thousand entries.
#[test]
fn nothing_is_forgotten_before_its_time() {
    let clock = Clock::frozen(NOW);
    let seeded = NamedRefreshToken::new("SEEDED", "app", "alice").scope(SCOPE);
    let server = TokenServer::builder()
        .profile("standard")
        .client(app().refresh(RefreshPolicy::Rotate))
        .user(User::new("alice"))
        .refresh_token(seeded)
        .clock(&clock)
        .start();
    successor(&server, "SEEDED");
    let first = server.mint().refresh_token();
    clock.advance(86_000);
    let second = successor(&server, &first);
    clock.advance(399);
    assert_refused("a replay", &refresh(&server, &first, ""), "used before");
    clock.advance(2);
    for _ in 0..1_100 {
        successor(&server, &server.mint().scope("email").refresh_token());
    }
    assert_refused("its end", &refresh(&server, &first, ""), "expired");
    assert_refused(
        "its successor",
        &refresh(&server, &second, ""),
        "token is revoked: ",
    );
    assert_refused("by name", &refresh(&server, "SEEDED", ""), "used before");
    clock.freeze(Timestamp::from_unix(expiry(&second) - 1));
    assert_refused(
        "its last second",
        &refresh(&server, &second, ""),
        "token is revoked: ",
    );
}

#[test]
fn an_expired_token_that_was_used_proves_no_theft() {
    let clock = Clock::frozen(NOW);
    let client = app()
        .refresh(RefreshPolicy::Rotate)
        .refresh_token_lifetime(Duration::from_secs(100));
    let server = server("connect", client, &clock);
    let first = server.mint().client("app").refresh_token();
    clock.advance(99);
    let second = successor(&server, &first);
    clock.advance(1);
    assert_refused("the first", &refresh(&server, &first, ""), "expired");
    successor(&server, &second);
}

#[test]
fn nobody_spends_or_revokes_what_is_not_theirs() {
    each(|case, server, _, _| {
        let first = server.mint().client("app").refresh_token();
        let stolen = || refresh_as("other", server, &first, "");
        assert_refused(case, &stolen(), "belongs to client app");
        let second = successor(server, &first);
        assert_refused(case, &stolen(), "belongs to client app");
        successor(server, &second);
    });
}

#[test]
fn public_clients_rotate_whatever_they_are_registered_for() {
    for profile in oauth_mimic::profiles() {
        for policy in POLICIES {
            let public = Client::public("app").scope(SCOPE).refresh(policy);
            let server = server(profile, public, &Clock::real());
            let case = format!("{profile}, {policy:?}");
            let use_up = |token: &str| {
                let form = format!("grant_type=refresh_token&refresh_token={token}&client_id=app");
                post(&server, None, &form)
            };
            let first = server.mint().client("app").refresh_token();
            let answer = use_up(&first);
            assert_eq!(answer.status, 200, "{case}: {}", answer.text());
            let second = answer.member("refresh_token");
            assert_refused(&case, &use_up(&first), "used before");
            assert_refused(&case, &use_up(&second), "token is revoked: ");
        }
    }
}

/// More would need more descriptors than some systems grant: a connection has two ends here.
const RACERS: usize = 24;

#[test]
fn of_all_racers_with_one_token_exactly_one_wins() {
    for profile in oauth_mimic::profiles() {
        let server = TokenServer::builder()
            .profile(profile)
            .workers(4)
            .client(app().refresh(RefreshPolicy::Rotate))
            .user(User::new("alice"))
            .refresh_token(NamedRefreshToken::new("SEEDED", "app", "alice").scope(SCOPE))
            .start();
        for token in [server.mint().refresh_token(), "SEEDED".to_owned()] {
            let line = Barrier::new(RACERS);
            let race = || {
                line.wait();
                refresh(&server, &token, "").status
            };
            let mut statuses: Vec<u16> = thread::scope(|scope| {
                let racers: Vec<_> = (0..RACERS).map(|_| scope.spawn(race)).collect();
                racers
                    .into_iter()
                    .map(|racer| racer.join().expect("a racer arrives"))
                    .collect()
            });
            statuses.sort_unstable();
            assert_eq!(statuses[0], 200, "{profile}");
            assert!(
                statuses[1..].iter().all(|status| *status == 400),
                "{profile}: {statuses:?}"
            );
        }
    }
}

#[test]
fn a_named_token_is_spent_only_where_its_client_rotates() {
    for profile in oauth_mimic::profiles() {
        for policy in POLICIES {
            let server = TokenServer::builder()
                .profile(profile)
                .client(app().refresh(policy))
                .user(User::new("alice"))
                .refresh_token(NamedRefreshToken::new("SEEDED", "app", "alice").scope(SCOPE))
                .start();
            let case = format!("{profile}, {policy:?}");
            let next = successor(&server, "SEEDED");
            assert_eq!(next == "SEEDED", policy == RefreshPolicy::Reuse, "{case}");
            if policy == RefreshPolicy::Rotate {
                assert_refused(&case, &refresh(&server, "SEEDED", ""), "used before");
                assert_refused(&case, &refresh(&server, &next, ""), "token is revoked: ");
            } else {
                for _ in 0..3 {
                    assert_eq!(refresh(&server, "SEEDED", "").status, 200, "{case}");
                }
                successor(&server, &next);
            }
        }
    }
}

#[test]
fn one_name_stands_for_another_grant_of_each_client() {
    let server = TokenServer::builder()
        .client(app().refresh(RefreshPolicy::Rotate))
        .client(Client::confidential("other", "s3cret").refresh(RefreshPolicy::Rotate))
        .user(User::new("alice"))
        .user(User::new("bob"))
        .refresh_token(NamedRefreshToken::new("SEEDED", "app", "alice").scope("openid"))
        .refresh_token(NamedRefreshToken::new("SEEDED", "other", "bob").scope("email"))
        .start();
    successor(&server, "SEEDED");
    assert_refused("app's", &refresh(&server, "SEEDED", ""), "used before");
    let answer = refresh_as("other", &server, "SEEDED", "");
    assert_eq!(answer.member("scope"), "email");
    assert_eq!(part(&answer.member("access_token"), 1)["sub"], "bob");
}

#[test]
fn a_signed_token_is_good_until_the_second_before_its_exp() {
    each(|case, server, clock, _| {
        let (early, late) = (
            server.mint().client("app").refresh_token(),
            server.mint().client("app").refresh_token(),
        );
        clock.freeze(Timestamp::from_unix(expiry(&early) - 1));
        successor(server, &early);
        clock.advance(1);
        assert_refused(case, &refresh(server, &late, ""), "expired");
    });
}

#[test]
fn a_named_token_is_good_until_the_second_before_it_expires() {
    let clock = Clock::frozen(NOW);
    let seeded = NamedRefreshToken::new("SEEDED", "app", "alice").expires_at(NOW.as_unix() + 10);
    let server = TokenServer::builder()
        .clock(&clock)
        .client(Client::confidential("app", "s3cret"))
        .user(User::new("alice"))
        .refresh_token(seeded)
        .start();
    clock.advance(9);
    assert_eq!(refresh(&server, "SEEDED", "").status, 200);
    clock.advance(1);
    assert_refused("in its end", &refresh(&server, "SEEDED", ""), "expired");
}

#[test]
fn refreshing_in_time_moves_the_end_on_without_end() {
    for profile in oauth_mimic::profiles() {
        for policy in [RefreshPolicy::Reissue, RefreshPolicy::Rotate] {
            let clock = Clock::frozen(NOW);
            let client = app()
                .refresh(policy)
                .refresh_token_lifetime(Duration::from_secs(100));
            let server = server(profile, client, &clock);
            let mut token = server.mint().client("app").refresh_token();
            for _ in 0..20 {
                assert_eq!(
                    expiry(&token),
                    clock.now().as_unix() + 100,
                    "{profile}, {policy:?}"
                );
                clock.advance(99);
                token = successor(&server, &token);
            }
        }
    }
}

#[test]
fn reuse_moves_no_end() {
    for profile in oauth_mimic::profiles() {
        let clock = Clock::frozen(NOW);
        let server = server(profile, app().refresh(RefreshPolicy::Reuse), &clock);
        let token = server.mint().client("app").refresh_token();
        clock.freeze(Timestamp::from_unix(expiry(&token) - 1));
        assert_eq!(successor(&server, &token), token);
        clock.advance(1);
        assert_refused(profile, &refresh(&server, &token, ""), "expired");
    }
}

#[test]
fn an_absolute_lifetime_counts_from_the_login_however_often_is_refreshed() {
    for profile in oauth_mimic::profiles() {
        let clock = Clock::frozen(NOW);
        let client = app()
            .refresh(RefreshPolicy::Rotate)
            .refresh_token_lifetime(Duration::from_secs(100))
            .refresh_token_absolute_lifetime(Duration::from_secs(250));
        let server = server(profile, client, &clock);
        let login = Timestamp::from_unix(NOW.as_unix() - 20);
        let end = login.as_unix() + 250;
        let mut token = server.mint().client("app").auth_time(login).refresh_token();
        for (advance, expires) in [
            (0, NOW.as_unix() + 100),
            (99, NOW.as_unix() + 199),
            (99, end),
            (31, end),
        ] {
            clock.advance(advance);
            token = successor(&server, &token);
            assert_eq!(expiry(&token), expires, "{profile}");
        }
        clock.advance(1);
        assert_refused(profile, &refresh(&server, &token, ""), "expired");
    }
}

#[test]
fn an_absolute_lifetime_ends_named_tokens_too() {
    let clock = Clock::frozen(NOW);
    let client = Client::confidential("app", "s3cret")
        .refresh_token_absolute_lifetime(Duration::from_secs(250));
    let server = TokenServer::builder()
        .clock(&clock)
        .client(client)
        .user(User::new("alice"))
        .refresh_token(NamedRefreshToken::new("SEEDED", "app", "alice").auth_time(NOW.as_unix()))
        .start();
    clock.advance(249);
    let token = successor(&server, "SEEDED");
    assert_eq!(expiry(&token), NOW.as_unix() + 250);
    clock.advance(1);
    assert_refused("by name", &refresh(&server, "SEEDED", ""), "expired");
    assert_refused("its successor", &refresh(&server, &token, ""), "expired");
}

#[test]
fn a_refused_refresh_costs_nothing() {
    for profile in oauth_mimic::profiles() {
        let server = server(
            profile,
            app().refresh(RefreshPolicy::Rotate),
            &Clock::real(),
        );
        let token = server.mint().client("app").scope("openid").refresh_token();
        let form = format!("grant_type=refresh_token&refresh_token={token}");
        let (right, wrong) = (basic("app", "s3cret"), basic("app", "wrong"));
        for (case, authorization, more, status) in [
            ("wrong secret", Some(&wrong), "", 401),
            ("no secret", None, "&client_id=app", 401),
            ("nobody", None, "", 401),
            ("another client", Some(&basic("other", "s3cret")), "", 400),
            ("two methods", Some(&right), "&client_secret=s3cret", 400),
            (
                "a scope that was not granted",
                Some(&right),
                "&scope=email",
                400,
            ),
            (
                "a scope that is not registered",
                Some(&right),
                "&scope=admin",
                400,
            ),
            ("no scope", Some(&right), "&scope=a++b", 400),
            (
                "a repeated parameter",
                Some(&right),
                "&scope=openid&scope=openid",
                400,
            ),
            ("a broken form", Some(&right), "&x=%", 400),
        ] {
            let answer = post(
                &server,
                authorization.map(String::as_str),
                &format!("{form}{more}"),
            );
            assert_eq!(
                answer.status,
                status,
                "{profile}, {case}: {}",
                answer.text()
            );
        }
        successor(&server, &token);
    }
}

#[test]
fn a_token_of_another_issuer_or_another_key_is_refused() {
    for profile in oauth_mimic::profiles() {
        let server = server(profile, app(), &Clock::real());
        let elsewhere = |issuer: &str| {
            TokenServer::builder()
                .profile(profile)
                .issuer(issuer)
                .client(app())
                .user(User::new("alice"))
        };
        let stranger = elsewhere("https://elsewhere.example.test").start();
        let answer = refresh(&server, &stranger.mint().refresh_token(), "");
        assert_refused(profile, &answer, "issued by https://elsewhere.example.test");
        let impostor = elsewhere(server.issuer()).keys(UNPUBLISHED).start();
        let answer = refresh(&server, &impostor.mint().refresh_token(), "");
        assert_refused(profile, &answer, "signature");
    }
}

#[test]
fn replicas_with_one_issuer_and_one_key_take_each_others_tokens() {
    for profile in oauth_mimic::profiles() {
        for policy in POLICIES {
            let replica = || {
                TokenServer::builder()
                    .profile(profile)
                    .issuer("https://login.example.test")
                    .keys(UNPUBLISHED)
                    .client(app().refresh(policy))
                    .user(User::new("alice"))
                    .refresh_token(NamedRefreshToken::new("SEEDED", "app", "alice").scope(SCOPE))
                    .start()
            };
            let (one, two) = (replica(), replica());
            let mut token = one.mint().refresh_token();
            for _ in 0..3 {
                token = successor(&one, &successor(&two, &token));
            }
            successor(&two, &successor(&one, "SEEDED"));
        }
    }
}

#[test]
fn the_grant_of_a_user_who_is_gone_is_worth_nothing() {
    for profile in oauth_mimic::profiles() {
        let with = |sub: &str| {
            TokenServer::builder()
                .profile(profile)
                .issuer("https://login.example.test")
                .client(app().refresh(RefreshPolicy::Rotate))
                .user(User::new(sub))
                .start()
        };
        let (before, after) = (with("alice"), with("bob"));
        let token = before.mint().refresh_token();
        assert_refused(profile, &refresh(&after, &token, ""), "no user alice");
        successor(&before, &token);
    }
}

#[test]
fn what_a_client_is_no_longer_registered_for_falls_away() {
    for profile in oauth_mimic::profiles() {
        let registered = |scope: &str| {
            TokenServer::builder()
                .profile(profile)
                .issuer("https://login.example.test")
                .client(Client::confidential("app", "s3cret").scope(scope))
                .user(User::new("alice"))
                .start()
        };
        let token = registered("openid email").mint().refresh_token();
        let now = registered("email phone");
        let asked = refresh(&now, &token, "&scope=openid");
        assert_eq!(
            (asked.status, asked.error().as_str()),
            (400, "invalid_scope"),
            "{profile}"
        );
        assert_eq!(
            refresh(&now, &token, "").member("scope"),
            "email",
            "{profile}"
        );
    }
}

#[test]
fn under_reuse_a_broken_refresh_token_is_a_new_one_and_a_good_one_keeps_its_id() {
    let clock = Clock::frozen(NOW);
    let server = server("standard", app().refresh(RefreshPolicy::Reuse), &clock);
    let token = server.mint().client("app").refresh_token();
    let id = |token: &str| part(token, 1)["jti"].as_str().map(str::to_owned);
    let issued = || {
        let last = server.requests().pop().expect("a request");
        last.issued.expect("tokens").refresh_token
    };
    assert_eq!(successor(&server, &token), token);
    assert_eq!(issued(), id(&token));
    let fault = Fault::token(TokenKind::RefreshToken, Defect::Expired);
    server.fail_next(1, fault);
    let broken = successor(&server, &token);
    assert_ne!(id(&broken), id(&token));
    assert_eq!(issued(), id(&broken));
}
