//! Clients, users and named refresh tokens, in the fixtures' own types.

use serde_json::{Value, json};

use crate::control::{both, outcome_of, read, token_path};
use crate::drive::{Plane, USER, assert_problem, frozen, post_form, refresh};
use crate::support::get;

/// The list of a kind, the path of one item without its name, the item, and the member that is its name.
fn kinds() -> [(&'static str, &'static str, Value, &'static str); 3] {
    [
        (
            "/clients",
            "/clients",
            json!({
                "client_id": "late", "client_secret": "s3cret", "grant_types": ["refresh_token"], "scope": "openid email",
                "refresh": "rotate", "access_token_lifetime": 60,
            }),
            "client_id",
        ),
        (
            "/users",
            "/users",
            json!({ "sub": "late", "claims": { "email": "late@example.com", "level": 9 } }),
            "sub",
        ),
        (
            "/refresh-tokens",
            "/clients/client-default/refresh-tokens",
            json!({
                "token": "late", "client_id": "client-default", "sub": USER, "scope": "openid", "auth_time": -5,
                "expires_at": 1_900_000_000, "fault": { "kind": "gateway_page" },
            }),
            "token",
        ),
    ]
}

#[test]
fn each_is_added_read_replaced_and_removed() {
    for (path, parent, item, name) in kinds() {
        let server = frozen();
        let plane = Plane::of(&server);
        let before = plane.list(path);
        let one = format!("{parent}/late");
        assert_problem(path, &plane.get(&one), 404, None);
        assert_problem(path, &plane.delete(&one), 404, None);

        let added = plane.post(path, &item);
        assert_eq!(
            (added.status, added.json()),
            (201, item.clone()),
            "{path}: {}",
            added.text()
        );
        assert_eq!(plane.list(path).len(), before.len() + 1, "{path}");
        assert!(plane.list(path).contains(&item), "{path}");
        assert_eq!(plane.read(&one), item, "{path}");
        let location = format!("/_mimic{one}");
        assert_eq!(added.header("location"), Some(location.as_str()), "{path}");

        let pointer = format!("/{name}");
        assert_problem(path, &plane.post(path, &item), 409, Some(&pointer));
        let replaced = plane.put(&one, &item);
        assert_eq!(
            (replaced.status, replaced.json()),
            (200, item.clone()),
            "{path}"
        );
        assert_eq!(plane.list(path).len(), before.len() + 1, "{path}");
        assert_problem(
            path,
            &plane.put(&format!("{parent}/other"), &item),
            400,
            Some(&pointer),
        );

        assert_eq!(plane.delete(&one).status, 204, "{path}");
        assert_eq!(plane.list(path), before, "{path}");
        let put = plane.put(&one, &item);
        assert_eq!((put.status, put.json()), (201, item.clone()), "{path}");
        assert_eq!(put.header("location"), Some(location.as_str()), "{path}");
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table")]
fn a_mistake_names_the_member() {
    let server = frozen();
    let plane = Plane::of(&server);
    for (path, body, at) in [
        ("/clients", json!({ "client_id": "" }), "/client_id"),
        ("/clients", json!({ "client_id": "ä" }), "/client_id"),
        (
            "/clients",
            json!({ "client_id": "a", "client_secret": "" }),
            "/client_secret",
        ),
        (
            "/clients",
            json!({ "client_id": "a", "colour": "red" }),
            "/colour",
        ),
        (
            "/clients",
            json!({ "client_id": "a", "refresh": "never" }),
            "/refresh",
        ),
        (
            "/clients",
            json!({ "client_id": "a", "scope": "a  \"b" }),
            "/scope",
        ),
        (
            "/clients",
            json!({ "client_id": "a", "grant_types": ["a", 1] }),
            "/grant_types/1",
        ),
        (
            "/clients",
            json!({ "client_id": "a", "access_token_lifetime": 0 }),
            "/access_token_lifetime",
        ),
        (
            "/clients",
            json!({ "client_id": "a", "access_token_lifetime": -1 }),
            "/access_token_lifetime",
        ),
        (
            "/clients",
            json!({ "client_id": "a", "id_token_audience": ["b"] }),
            "/id_token_audience",
        ),
        (
            "/clients",
            json!({ "client_id": "a", "token_endpoint_auth_method": "client_secret_basic" }),
            "/token_endpoint_auth_method",
        ),
        (
            "/clients",
            json!({ "client_id": "a", "redirect_uris": ["https://a.example/cb", "/cb"] }),
            "/redirect_uris/1",
        ),
        (
            "/clients",
            json!({ "client_id": "a", "redirect_uris": ["https://a.example/cb#x"] }),
            "/redirect_uris/0",
        ),
        (
            "/clients",
            json!({ "client_id": "a", "redirect_uris": ["javascript:alert(1)"] }),
            "/redirect_uris/0",
        ),
        (
            "/clients",
            json!({ "client_id": "a", "post_logout_redirect_uris": ["/bye"] }),
            "/post_logout_redirect_uris/0",
        ),
        (
            "/clients",
            json!({ "client_id": "a", "response_types": ["codes"] }),
            "/response_types/0",
        ),
        ("/clients", json!({}), ""),
        ("/clients", json!([]), ""),
        ("/users", json!({ "sub": "" }), "/sub"),
        ("/users", json!({ "sub": 1 }), "/sub"),
        ("/users", json!({ "sub": "a", "username": "" }), "/username"),
        ("/users", json!({ "sub": "a", "password": "" }), "/password"),
        ("/users", json!({ "sub": "a", "claims": [] }), "/claims"),
        ("/users", json!({ "sub": "a", "colour": "red" }), "/colour"),
        (
            "/refresh-tokens",
            json!({ "token": "", "client_id": "client-default", "sub": USER }),
            "/token",
        ),
        (
            "/refresh-tokens",
            json!({ "token": "a", "client_id": "nobody", "sub": USER }),
            "/client_id",
        ),
        (
            "/refresh-tokens",
            json!({ "token": "a", "client_id": "client-default", "sub": "nobody" }),
            "/sub",
        ),
        (
            "/refresh-tokens",
            json!({ "token": "a", "client_id": "client-default", "sub": USER, "scope": "admin" }),
            "/scope",
        ),
        (
            "/refresh-tokens",
            json!({ "token": "a", "client_id": "client-default", "sub": USER, "auth_time": "now" }),
            "/auth_time",
        ),
        (
            "/refresh-tokens",
            json!({ "token": "a", "client_id": "client-default", "sub": USER, "fault": "ugly" }),
            "/fault",
        ),
        (
            "/refresh-tokens",
            json!({ "token": "a", "client_id": "client-default", "sub": USER, "fault": { "kind": "status", "status": 99 } }),
            "/fault/status",
        ),
    ] {
        let case = format!("{path} {body}");
        assert_problem(&case, &plane.post(path, &body), 400, Some(at));
    }
    assert_eq!(plane.list("/users").len(), 3, "nothing was added");
}

#[test]
fn what_is_registered_while_running_counts_from_the_next_request_on() {
    both(|way| {
        let server = way.mimic;
        let post = |secret: &str| {
            let form = "grant_type=refresh_token&refresh_token=LATE";
            post_form(&server.token_url(), Some(("late", secret)), form).status
        };
        assert_eq!(post("s3cret"), 401, "{}", way.name);
        let client = |secret: &str| json!({ "client_id": "late", "client_secret": secret, "scope": "openid" });
        way.put_client(&client("s3cret"));
        way.put_user(&json!({ "sub": "late" }));
        let token =
            json!({ "token": "LATE", "client_id": "late", "sub": "late", "scope": "openid" });
        way.put_refresh_token(&token);
        assert_eq!(post("s3cret"), 200, "{}", way.name);

        way.put_client(&client("another"));
        assert_eq!(
            (post("s3cret"), post("another")),
            (401, 200),
            "{}",
            way.name
        );
        assert!(way.remove_user("late"), "{}", way.name);
        assert!(!way.remove_user("late"), "{}", way.name);
        assert_eq!(post("another"), 400, "{}: about nobody", way.name);
        assert!(way.remove_client("late"), "{}", way.name);
        assert!(!way.remove_client("late"), "{}", way.name);
        assert_eq!(post("another"), 401, "{}", way.name);
        assert_eq!(refresh(server, "REFRESH_TOKEN", "").status, 200);
    });
}

/// What cannot be registered, on either way: with what is wrong in which member.
#[test]
fn the_library_refuses_what_http_refuses() {
    let server = frozen();
    let token = |member: &str, value: Value| {
        let mut token = json!({ "token": "a", "client_id": "client-default", "sub": USER });
        token[member] = value;
        token
    };
    let client = |member: &str, value: Value| {
        let mut client = json!({ "client_id": "a" });
        client[member] = value;
        client
    };
    let plane = Plane::of(&server);
    let before = (plane.list("/clients"), plane.list("/refresh-tokens"));
    let cases = [
        ("/clients", client("client_id", json!("")), "client_id"),
        (
            "/clients",
            client("client_secret", json!("")),
            "client_secret",
        ),
        (
            "/clients",
            client("refresh_token_lifetime", json!(0)),
            "refresh_token_lifetime",
        ),
        (
            "/clients",
            client("id_token_audience", json!(["b"])),
            "id_token_audience",
        ),
        (
            "/clients",
            client("grant_types", json!(["refresh_tokn"])),
            "grant_types",
        ),
        ("/users", json!({ "sub": "" }), "sub"),
        (
            "/refresh-tokens",
            token("client_id", json!("nobody")),
            "client_id",
        ),
        ("/refresh-tokens", token("sub", json!("nobody")), "sub"),
        ("/refresh-tokens", token("scope", json!("admin")), "scope"),
        (
            "/refresh-tokens",
            token("auth_time", json!(131)),
            "auth_time",
        ),
        (
            "/refresh-tokens",
            token("issued_at", json!(131)),
            "issued_at",
        ),
        (
            "/refresh-tokens",
            token("expires_at", json!(999_999_999)),
            "expires_at",
        ),
    ];
    for (path, body, member) in cases {
        let case = format!("{path} {body}");
        let answer = plane.post(path, &body);
        let pointer = format!("/{member}");
        assert_problem(&case, &answer, 400, Some(&pointer));
        let why = match path {
            "/clients" => server.try_put_client(read(&body)),
            "/users" => server.try_put_user(read(&body)),
            _ => server.try_put_refresh_token(read(&body)),
        }
        .expect_err(&case);
        assert_eq!(why.pointer, pointer, "{case}");
        assert_eq!(why.problem, answer.member("detail"), "{case}");
        let panic = outcome_of(|| match path {
            "/clients" => server.put_client(read(&body)),
            "/users" => server.put_user(read(&body)),
            _ => server.put_refresh_token(read(&body)),
        });
        assert_eq!(panic, Err(why.to_string()), "{case}");
    }
    let after = (plane.list("/clients"), plane.list("/refresh-tokens"));
    assert_eq!(before, after, "nothing was registered");
}

#[test]
fn to_put_says_whether_it_replaced() {
    both(|way| {
        let user = json!({ "sub": "late" });
        let client = json!({ "client_id": "late" });
        let token = json!({ "token": "LATE", "client_id": "late", "sub": "late" });
        for replaced in [false, true] {
            assert_eq!(way.put_client(&client), replaced, "{}", way.name);
            assert_eq!(way.put_user(&user), replaced, "{}", way.name);
            assert_eq!(way.put_refresh_token(&token), replaced, "{}", way.name);
        }
    });
}

#[test]
fn one_token_value_may_be_registered_for_several_clients() {
    let server = frozen();
    let plane = Plane::of(&server);
    let named = plane.list("/refresh-tokens");
    let same = |token: &&Value| token["token"] == "REFRESH_TOKEN";
    let three: Vec<&Value> = named.iter().filter(same).collect();
    assert_eq!(three.len(), 3);
    for token in &three {
        assert_eq!(&&plane.read(&token_path(token)), token);
    }
    let default = "/clients/client-default/refresh-tokens/REFRESH_TOKEN";
    assert_eq!(plane.delete(default).status, 204);
    assert_problem("twice", &plane.delete(default), 404, None);
    assert_eq!(plane.list("/refresh-tokens").len(), named.len() - 1);
    assert_eq!(refresh(&server, "REFRESH_TOKEN", "").status, 400);
}

#[test]
fn a_token_of_another_client_is_not_put_under_this_one() {
    let server = frozen();
    let token = json!({ "token": "late", "client_id": "client-default", "sub": USER });
    let answer = Plane::of(&server).put("/clients/client-public/refresh-tokens/late", &token);
    assert_problem("client_id", &answer, 400, Some("/client_id"));
}

#[test]
fn a_name_may_hold_what_a_path_must_encode() {
    let server = frozen();
    let plane = Plane::of(&server);
    let client = json!({ "client_id": "a/b c?%41", "grant_types": ["refresh_token"] });
    let path = "/clients/a%2Fb%20c%3F%2541";
    assert_eq!(plane.put(path, &client).status, 201);
    assert_eq!(plane.read(path), client);
    assert_eq!(plane.delete(path).status, 204);
    assert_eq!(plane.get(path).status, 404);
}

#[test]
fn a_long_list_is_read_in_parts() {
    let server = frozen();
    let plane = Plane::of(&server);
    for index in 0..5 {
        plane.post("/users", &json!({ "sub": format!("user/{index} &") }));
        plane.post(
            "/faults",
            &json!({ "on": "jwks", "fault": { "kind": "close" } }),
        );
        plane.post("/sandboxes", &json!({}));
        get(server.address(), "/nowhere");
    }
    for (path, name) in [
        ("/users", "users"),
        ("/clients", "clients"),
        ("/refresh-tokens", "refresh_tokens"),
        ("/faults", "faults"),
        ("/sandboxes", "sandboxes"),
        ("/requests", "requests"),
    ] {
        let all = plane.list(path);
        let mut parts: Vec<Value> = Vec::new();
        let mut after = String::new();
        loop {
            let part = plane.read(&format!("{path}?limit=2{after}"));
            let items = part[name].as_array().expect("a list").clone();
            assert!((1..=2).contains(&items.len()), "{path}");
            parts.extend(items);
            let Some(next) = part.get("next") else { break };
            let next = next.as_str().expect("a text");
            let next: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
            after = format!("&after={next}");
        }
        assert_eq!(parts, all, "{path}");
        for (query, parameter) in [
            ("limit=0", "limit"),
            ("limit=x", "limit"),
            ("after=nobody", "after"),
            ("colour=red", "colour"),
        ] {
            let answer = plane.get(&format!("{path}?{query}"));
            assert_problem(query, &answer, 400, Some(parameter));
        }
    }
}
