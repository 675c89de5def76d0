//! Key rotation beyond the successors that are compiled in.

use std::collections::HashSet;
use std::time::Duration;

use oauth_mimic::TokenServer;
use serde_json::json;

use crate::drive::{Plane, frozen, refresh};

#[test]
fn two_servers_with_one_seed_rotate_to_the_same_keys_without_end() {
    let start = || TokenServer::builder().seed(7).start();
    let (by_library, by_http) = (start(), start());
    for _ in 0..5 {
        by_library.keys().rotate();
        let rotated = Plane::of(&by_http).post("/keys/rotate", &json!({}));
        assert_eq!(rotated.status, 200);
    }
    let published = by_library.keys().published();
    assert_eq!(published.len(), 6);
    assert_eq!(published, by_http.keys().published());
}

#[test]
fn a_key_that_has_retired_is_dropped_by_the_next_rotation_and_does_not_return() {
    let server = frozen();
    let mut signed = HashSet::from([server.keys().signing()]);
    for _ in 0..5 {
        let kid = server
            .keys()
            .rotate_and_retire_after(Duration::from_secs(60));
        assert!(signed.insert(kid.clone()), "{kid} signs again");
        assert_eq!(Plane::of(&server).list("/keys").len(), 2);
        server.clock().advance(60);
    }
    let token = server.mint().client("client-default").refresh_token();
    assert_eq!(refresh(&server, &token, "").status, 200);
}
