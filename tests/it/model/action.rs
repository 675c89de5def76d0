//! What browsers, clients, thieves and tests do, and how often.

use proptest::prelude::*;

use super::reference::{CLIENTS, ScopeSet, USERS};

/// One action. A `pick` counts back from the newest of what there is; without any, the action does nothing.
#[derive(Debug, Clone)]
pub(super) enum Action {
    LogIn(LogIn),
    Exchange {
        pick: usize,
        by: Actor,
        redirect_uri: RedirectUri,
        verifier: Verifier,
    },
    /// Presents the code again that was used last, correctly.
    ReplayCode,
    /// Presents the newest refresh token that was used up.
    ReplayRefreshToken,
    Refresh {
        pick: usize,
        by: Actor,
        scope: Option<ScopeSet>,
    },
    /// Presents what is not a refresh token, or not a code, as one.
    Confuse {
        pick: usize,
        by: Actor,
    },
    Revoke {
        pick: usize,
        by: Actor,
    },
    /// By the browser, with the ID token of that pick as the hint.
    LogOut {
        browser: Option<usize>,
        hint: Option<usize>,
    },
    /// By the control plane.
    EndSessions {
        user: usize,
    },
    Advance(i64),
    Reset,
}

/// An authorization request.
#[derive(Debug, Clone)]
pub(super) struct LogIn {
    pub(super) browser: usize,
    pub(super) client: usize,
    pub(super) how: How,
    /// The response has an access token, an ID token, too.
    pub(super) with: (bool, bool),
    pub(super) scope: Option<ScopeSet>,
    pub(super) sends_redirect_uri: bool,
    pub(super) sends_challenge: bool,
}

/// Who logs in.
#[derive(Debug, Clone)]
pub(super) enum How {
    /// A user, who consents to a part of the scope, and in a new session if the client asks for a new login.
    Scripted {
        user: usize,
        consents: Option<ScopeSet>,
        prompt_login: bool,
    },
    Denied,
    /// The session of the browser, or nobody.
    Silent,
}

/// The client that sends a request.
#[derive(Debug, Clone, Copy)]
pub(super) enum Actor {
    /// The client that the code or token was issued to.
    Owner,
    /// That client or a thief.
    Client(usize),
    /// The right client with a wrong secret.
    WrongSecret,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum RedirectUri {
    Right,
    Another,
    Absent,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Verifier {
    Right,
    Another,
    Absent,
    Malformed,
}

/// Mostly what is new.
fn pick() -> impl Strategy<Value = usize> {
    prop_oneof![4 => Just(0), 4 => 0..4_usize, 1 => 0..100_usize]
}

fn scope() -> impl Strategy<Value = Option<ScopeSet>> {
    let any = (1..16_u8).prop_map(ScopeSet);
    let registered = (1..8_u8).prop_map(ScopeSet);
    prop_oneof![
        3 => Just(None),
        4 => Just(Some(ScopeSet(1))),
        4 => registered.prop_map(Some),
        1 => any.prop_map(Some),
    ]
}

fn actor() -> impl Strategy<Value = Actor> {
    prop_oneof![
        7 => Just(Actor::Owner),
        3 => (0..CLIENTS.len()).prop_map(Actor::Client),
        1 => Just(Actor::WrongSecret),
    ]
}

fn log_in() -> impl Strategy<Value = Action> {
    let consents = prop_oneof![3 => Just(None), 1 => (0..8_u8).prop_map(|set| Some(ScopeSet(set)))];
    let scripted = (0..USERS.len(), consents, prop::bool::weighted(0.2));
    let scripted = scripted.prop_map(|(user, consents, prompt_login)| How::Scripted {
        user,
        consents,
        prompt_login,
    });
    let how = prop_oneof![6 => scripted, 1 => Just(How::Denied), 2 => Just(How::Silent)];
    let with = prop_oneof![3 => Just((false, false)), 1 => any::<(bool, bool)>()];
    let yes = prop::bool::weighted(0.8);
    // Mostly one client, so that its sessions, codes and tokens meet.
    let client = prop_oneof![1 => Just(0), 2 => 0..CLIENTS.len()];
    (0..2_usize, client, how, with, scope(), yes, yes).prop_map(
        |(browser, client, how, with, scope, sends_redirect_uri, sends_challenge)| {
            Action::LogIn(LogIn {
                browser,
                client,
                how,
                with,
                scope,
                sends_redirect_uri,
                sends_challenge,
            })
        },
    )
}

fn exchange() -> impl Strategy<Value = Action> {
    use {RedirectUri as Uri, Verifier as Key};
    let redirect_uri =
        prop_oneof![8 => Just(Uri::Right), 1 => Just(Uri::Another), 1 => Just(Uri::Absent)];
    let verifier = prop_oneof![
        8 => Just(Key::Right),
        1 => Just(Key::Another),
        1 => Just(Key::Absent),
        1 => Just(Key::Malformed),
    ];
    (pick(), actor(), redirect_uri, verifier).prop_map(|(pick, by, redirect_uri, verifier)| {
        Action::Exchange {
            pick,
            by,
            redirect_uri,
            verifier,
        }
    })
}

/// Around the ends of codes, tokens and sessions, and in between.
fn seconds() -> impl Strategy<Value = i64> {
    prop_oneof![
        proptest::sample::select(vec![1, 59, 60, 299, 300, 600, 899, 900, 2000, 86_400]),
        1..1000_i64,
    ]
}

/// A list of actions.
pub(super) fn actions() -> impl Strategy<Value = Vec<Action>> {
    let refresh = (pick(), actor(), scope());
    let refresh = refresh.prop_map(|(pick, by, scope)| Action::Refresh { pick, by, scope });
    let confuse = (pick(), actor()).prop_map(|(pick, by)| Action::Confuse { pick, by });
    let revoke = (pick(), actor()).prop_map(|(pick, by)| Action::Revoke { pick, by });
    let browser = prop_oneof![2 => Just(None), 3 => (0..2_usize).prop_map(Some)];
    let hint = prop_oneof![1 => Just(None), 4 => pick().prop_map(Some)];
    let log_out = (browser, hint).prop_map(|(browser, hint)| Action::LogOut { browser, hint });
    let action = prop_oneof![
        8 => log_in(),
        10 => exchange(),
        2 => Just(Action::ReplayCode),
        2 => Just(Action::ReplayRefreshToken),
        9 => refresh,
        1 => confuse,
        3 => revoke,
        4 => log_out,
        1 => (0..USERS.len()).prop_map(|user| Action::EndSessions { user }),
        4 => seconds().prop_map(Action::Advance),
        1 => Just(Action::Reset),
    ];
    prop::collection::vec(action, 1..40)
}
