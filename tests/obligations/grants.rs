//! A8: other grants (G01, G02), and the access token of a client that acts for itself (J13 of A5).

use oauth_mimic::Client;

use super::{Row, World, assert_refused, assert_scope, post, story};
use crate::support::{self, Answer};

const CLIENT_CREDENTIALS: &str = "grant_type=client_credentials";

pub(crate) fn rows() -> Vec<Row> {
    vec![
        story(
            "G01",
            "client credentials are a grant without a user",
            |_| {
                let answer = granted();
                assert_eq!(answer.status, 200, "{answer:?}");
                assert_scope(&answer, "a b");
                let body = answer.json();
                assert!(body.get("refresh_token").is_none(), "{body}");
                assert!(body.get("id_token").is_none(), "{body}");
            },
        ),
        story("G02", "a public client has no credentials", |_| {
            let app = Client::public("public").grant_types(["client_credentials"]);
            let world = World::with(|server| server.client(app));
            let form = format!("{CLIENT_CREDENTIALS}&client_id=public");
            assert_refused(&world.send(&post(form)), &[400], &["unauthorized_client"]);
        }),
        story(
            "J13",
            "the subject of a client's own token is the client",
            |_| {
                let claims = support::part(&granted().member("access_token"), 1);
                assert_eq!(claims["sub"], "service");
                assert_eq!(claims["client_id"], "service");
            },
        ),
    ]
}

/// The answer to a client that may use the grant.
fn granted() -> Answer {
    let service = Client::confidential("service", "service-secret")
        .grant_types(["client_credentials"])
        .scope("openid a b");
    let world = World::with(|server| server.client(service));
    let form = format!("{CLIENT_CREDENTIALS}&scope=a+b");
    world.send(&post(form).basic("service", "service-secret"))
}
