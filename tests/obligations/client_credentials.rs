//! A8: the client credentials grant (G01, G02 and J13).

use oauth_mimic::{Client, Exchange, Fault, Outcome, RefusalName, User};

use super::{Row, World, assert_access_token, assert_refused, assert_scope, post, story};
use crate::support::{Answer, part};

/// What the client asks for.
const GRANT: &str = "grant_type=client_credentials";

/// A world with two more clients that are registered for the grant: a confidential and a public one.
fn machines() -> World {
    World::with(|builder| {
        let grants = ["client_credentials", "refresh_token"];
        builder
            .user(User::new("carol"))
            .client(
                Client::confidential("machine", "machine-secret")
                    .grant_types(grants)
                    .scope("openid a b c"),
            )
            .client(
                Client::public("public-machine")
                    .grant_types(grants)
                    .scope("a b"),
            )
    })
}

impl World {
    /// Requests a token as `machine`; `more` is appended to the form.
    #[track_caller]
    fn machine(&self, more: &str) -> Answer {
        self.send(&post(format!("{GRANT}{more}")).basic("machine", "machine-secret"))
    }

    #[track_caller]
    fn last_exchange(&self) -> Exchange {
        let requests = self.server.requests();
        requests.last().expect("an entry").clone()
    }
}

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = granted();
    rows.extend(refused());
    rows
}

fn granted() -> Vec<Row> {
    vec![
        story(
            "G01",
            "the answer has neither a refresh token nor an ID token",
            |_| {
                let world = machines();
                for scope in ["", "&scope=openid", "&scope=openid+a"] {
                    let answer = world.machine(scope);
                    assert_access_token(&answer);
                    for name in ["refresh_token", "id_token"] {
                        assert_eq!(answer.json().get(name), None, "{scope}: {name}");
                    }
                }
            },
        ),
        story("G01", "no scope is the whole registered scope", |_| {
            let world = machines();
            assert_scope(&world.machine(""), "openid a b c");
            assert_scope(&world.machine("&scope="), "openid a b c");
            assert_scope(&world.machine("&scope=b"), "b");
        }),
        story("G01", "a refresh token in the request is ignored", |_| {
            let world = machines();
            let token = world.refresh_token("alpha");
            assert_access_token(&world.machine(&format!("&refresh_token={token}")));
            assert_eq!(world.refresh("alpha", &token).status, 200);
        }),
        story("G01", "the journal records an issued token", |_| {
            let world = machines();
            world.machine("&scope=a");
            let exchange = world.last_exchange();
            assert_eq!(exchange.outcome, Outcome::Issued);
            assert_eq!(exchange.client_id.as_deref(), Some("machine"));
            assert_eq!(exchange.grant_type.as_deref(), Some("client_credentials"));
            assert_eq!(exchange.refusal, None);
        }),
        story("G01", "a fault replaces the answer once", |_| {
            let world = machines();
            world.server.fail_next(1, Fault::status(503));
            assert_eq!(world.machine("").status, 503);
            assert_eq!(world.last_exchange().outcome, Outcome::Faulted);
            assert_access_token(&world.machine(""));
        }),
        story("J13", "the subject is the client", |_| {
            let claims = part(&machines().machine("").member("access_token"), 1);
            assert_eq!(claims["sub"], "machine");
            assert_eq!(claims["client_id"], "machine");
            assert_eq!(claims.get("auth_time"), None, "no user has logged in");
        }),
    ]
}

fn refused() -> Vec<Row> {
    vec![
        story("G02", "a public client", |_| {
            let world = machines();
            let request = post(format!("{GRANT}&client_id=public-machine"));
            assert_refused(&world.send(&request), &[400], &["unauthorized_client"]);
            let refusal = world.last_exchange().refusal;
            assert_eq!(refusal, Some(RefusalName::ClientNotConfidential));
        }),
        story("G02", "a client that does not authenticate", |_| {
            let world = machines();
            for request in [
                post(GRANT),
                post(format!("{GRANT}&client_id=machine")),
                post(GRANT).basic("machine", "wrong"),
            ] {
                assert_refused(&world.send(&request), &[401], &["invalid_client"]);
            }
        }),
        story("C24", "a client without client_credentials", |_| {
            let world = machines();
            let request = post(GRANT).basic("alpha", "alpha-secret");
            assert_refused(&world.send(&request), &[400], &["unauthorized_client"]);
            let exchange = world.last_exchange();
            assert_eq!(exchange.outcome, Outcome::Refused);
            assert_eq!(exchange.error.as_deref(), Some("unauthorized_client"));
            assert_eq!(exchange.refusal, Some(RefusalName::GrantTypeNotAllowed));
        }),
        story("S02", "a client acts beyond its registered scope", |_| {
            let world = machines();
            for scope in ["d", "a+d", "zeta", "A"] {
                let answer = world.machine(&format!("&scope={scope}"));
                assert_refused(&answer, &[400], &["invalid_scope"]);
            }
        }),
    ]
}
