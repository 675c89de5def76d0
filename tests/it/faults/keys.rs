//! Wrong keys.

use std::time::Duration;

use oauth_mimic::TokenServer;
use serde_json::{Value, json};

use crate::faults::{Set, WAYS, ask, by_http, once};

/// The `kid`s and moduli that are shown.
fn shown(server: &TokenServer) -> Vec<(String, String)> {
    let jwks = ask("jwks", server, "jwks").answer().json();
    let text = |key: &Value, name: &str| key[name].as_str().expect("a text").to_owned();
    jwks["keys"]
        .as_array()
        .expect("keys")
        .iter()
        .map(|key| (text(key, "kid"), text(key, "n")))
        .collect()
}

/// What is shown with that fault, and right after it.
fn shown_wrong(set: Set, server: &TokenServer, fault: &str) -> Vec<(String, String)> {
    let right = shown(server);
    once(
        set,
        server,
        "jwks",
        &json!({ "kind": "keys", "keys": fault }),
    );
    let wrong = shown(server);
    assert_eq!(shown(server), right, "{fault} is over");
    wrong
}

#[test]
fn the_keys_can_be_missing_late_stale_and_wrong() {
    for (way, set) in WAYS {
        let server = TokenServer::start();
        let first = shown(&server);
        let kids = |keys: &[(String, String)]| {
            let kids = keys.iter().map(|(kid, _)| kid.clone());
            kids.collect::<Vec<_>>()
        };

        // Before a rotation the key that signs is the only one, and nothing can be stale.
        assert_eq!(shown_wrong(set, &server, "empty"), [], "{way}");
        assert_eq!(shown_wrong(set, &server, "late"), [], "{way}");
        assert_eq!(shown_wrong(set, &server, "stale"), first, "{way}");
        let wrong = shown_wrong(set, &server, "wrong_key");
        assert_eq!(kids(&wrong), kids(&first), "{way}");
        assert_ne!(wrong[0].1, first[0].1, "{way}: another modulus");

        // After one, the one that signed before is there as well.
        let second = server.keys().rotate();
        assert_eq!(kids(&shown(&server)), [second.clone(), first[0].0.clone()]);
        assert_eq!(shown_wrong(set, &server, "empty"), [], "{way}");
        assert_eq!(shown_wrong(set, &server, "late"), first, "{way}");
        assert_eq!(shown_wrong(set, &server, "stale"), first, "{way}");
        let right = shown(&server);
        let wrong = shown_wrong(set, &server, "wrong_key");
        assert_eq!(kids(&wrong), kids(&right), "{way}");
        assert_ne!(wrong[0], right[0], "{way}");
        assert_eq!(wrong[1], right[1], "{way}");

        // When it retires, what is late has none, and what is stale has not noticed.
        server.keys().retire(&first[0].0);
        assert_eq!(shown_wrong(set, &server, "late"), [], "{way}");
        assert_eq!(shown_wrong(set, &server, "stale"), first, "{way}");

        // Of several rotations the last counts, and what was published by then.
        let third = server
            .keys()
            .rotate_and_retire_after(Duration::from_secs(60));
        assert_eq!(
            kids(&shown_wrong(set, &server, "stale")),
            vec![second.clone()]
        );
        let fourth = server.keys().rotate();
        let both = [third.clone(), second.clone()];
        assert_eq!(
            kids(&shown(&server)),
            vec![fourth.clone(), third.clone(), second.clone()]
        );
        assert_eq!(kids(&shown_wrong(set, &server, "stale")), both, "{way}");
        server.clock().advance(61);
        assert_eq!(kids(&shown(&server)), [fourth, third.clone()], "{way}");
        assert_eq!(kids(&shown_wrong(set, &server, "late")), [third], "{way}");
        assert_eq!(kids(&shown_wrong(set, &server, "stale")), both, "{way}");

        // A reset forgets them.
        server.reset();
        assert_eq!(shown_wrong(set, &server, "stale"), first, "{way}");
    }
}

#[test]
fn a_wrong_document_has_another_tag_than_the_right_one() {
    for fault in [
        json!({ "kind": "keys", "keys": "late" }),
        json!({ "kind": "keys", "keys": "wrong_key" }),
        json!({ "kind": "answer", "remove": ["keys"] }),
        json!({ "kind": "malformed" }),
    ] {
        let server = TokenServer::start();
        let right = ask("right", &server, "jwks").answer();
        once(by_http, &server, "jwks", &fault);
        let wrong = ask("wrong", &server, "jwks").answer();
        assert_ne!(wrong.header("etag"), right.header("etag"), "{fault}");
    }
}
