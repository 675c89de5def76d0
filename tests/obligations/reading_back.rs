//! A9: introspection, revocation and userinfo (I01 to I18).

use oauth_mimic::{Client, Clock, Defect, SignedResponseAlg, TokenResponse, TokenServer, User};
use serde_json::{Value, json};

use super::{
    INVALID_CLIENT, INVALID_REQUEST, NOT_ALLOWED, Row, World, assert_never_stored, assert_refused,
    assert_tokens, story,
};
use crate::support::{Answer, Request, basic, encoded, part};

pub(crate) const INTROSPECT: &str = "/oauth2/introspect";
const REVOKE: &str = "/oauth2/revoke";
const USERINFO: &str = "/oauth2/userinfo";

/// Hints that are right for one kind of token, wrong for the other, or unknown.
const HINTS: [&str; 4] = [
    "",
    "&token_type_hint=access_token",
    "&token_type_hint=refresh_token",
    "&token_type_hint=no_such_type",
];

impl World {
    /// Tokens of alpha for alice.
    fn tokens(&self, scope: &str) -> TokenResponse {
        self.server
            .mint()
            .client("alpha")
            .subject("alice")
            .scope(scope)
            .response()
    }

    /// A request about a token, by a client that authenticates.
    #[track_caller]
    fn about(&self, endpoint: &str, client_id: &str, token: &str, more: &str) -> Answer {
        let form = format!("token={}{more}", encoded(token));
        let request = match client_id {
            "app" => Request::form(endpoint, format!("{form}&client_id=app")),
            _ => Request::form(endpoint, form).basic(client_id, &format!("{client_id}-secret")),
        };
        request.send(self.server.address())
    }

    #[track_caller]
    pub(crate) fn is_active(&self, token: &str) -> bool {
        let answer = self.about(INTROSPECT, "beta", token, "");
        if answer.json()["active"] == true {
            return true;
        }
        assert_inactive(&answer);
        false
    }

    #[track_caller]
    fn revoke(&self, client_id: &str, token: &str) -> Answer {
        self.about(REVOKE, client_id, token, "")
    }

    #[track_caller]
    pub(crate) fn userinfo(&self, token: &str) -> Answer {
        bearer(token).send(self.server.address())
    }
}

fn bearer(token: &str) -> Request {
    Request::get(USERINFO).authorization(format!("Bearer {token}"))
}

/// RFC 7662 §2.2: an inactive token is answered with nothing else.
#[track_caller]
fn assert_inactive(answer: &Answer) {
    assert_eq!((answer.status, answer.text()), (200, r#"{"active":false}"#));
    assert_never_stored(answer);
}

#[track_caller]
fn assert_revoked(answer: &Answer) {
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(answer.body.is_empty(), "{answer:?}");
}

/// An error of a protected resource (RFC 6750 §3): the challenge has the code.
#[track_caller]
pub(crate) fn assert_challenged(answer: &Answer, status: u16, error: &str) {
    assert_eq!(answer.status, status, "{answer:?}");
    assert_never_stored(answer);
    assert_eq!(answer.error(), error, "{answer:?}");
    let challenge = answer.header("www-authenticate").unwrap_or_default();
    assert!(challenge.starts_with("Bearer realm=\""), "{challenge:?}");
    assert!(
        challenge.contains(&format!("error=\"{error}\"")),
        "{challenge:?}"
    );
}

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = introspection();
    rows.extend(revocation());
    rows.extend(userinfo());
    rows
}

fn introspection() -> Vec<Row> {
    let by_alpha = |form: &str| Request::form(INTROSPECT, form).basic("alpha", "alpha-secret");
    let mut rows = table![
        "I01", "introspection without credentials", Request::form(INTROSPECT, "token=x") => INVALID_CLIENT;
        "I01", "introspection with a wrong secret", Request::form(INTROSPECT, "token=x").basic("alpha", "x") => INVALID_CLIENT;
        "I03", "introspection of no token", by_alpha("token_type_hint=access_token") => INVALID_REQUEST;
        "I03", "introspection of an empty token", by_alpha("token=") => INVALID_REQUEST;
        "I03", "introspection of two tokens", by_alpha("token=a&token=b") => INVALID_REQUEST;
        "I03", "a token in the query", by_alpha("").query("token=x") => INVALID_REQUEST;
        "I06", "introspection by GET", Request::get(INTROSPECT).query("token=x").basic("alpha", "alpha-secret") => NOT_ALLOWED;
    ];
    rows.push(story(
        "I02",
        "a token that is not active has no details",
        not_active,
    ));
    rows.push(story(
        "I02",
        "nor has a public client another client's token",
        |world| {
            let own = world.server.mint().client("app").access_token();
            let other = world.tokens("openid a");
            assert_eq!(
                world.about(INTROSPECT, "app", &own, "").json()["active"],
                true
            );
            for token in [other.access_token(), other.refresh_token().expect("one")] {
                assert_inactive(&world.about(INTROSPECT, "app", token, ""));
            }
        },
    ));
    rows.push(story("I04", "a hint changes nothing", |world| {
        let tokens = world.tokens("openid a");
        for token in [tokens.access_token(), tokens.refresh_token().expect("one")] {
            let answers = HINTS.map(|hint| world.about(INTROSPECT, "beta", token, hint).json());
            assert_eq!(answers[0]["active"], true);
            assert!(
                answers.iter().all(|answer| *answer == answers[0]),
                "{answers:?}"
            );
        }
    }));
    rows.push(story(
        "I05",
        "the answer has the values of the token",
        |world| {
            let tokens = world.tokens("openid a");
            let kinds = [
                (tokens.access_token(), Some("Bearer")),
                (tokens.refresh_token().expect("one"), None),
            ];
            for (token, token_type) in kinds {
                let answer = world.about(INTROSPECT, "beta", token, "");
                assert_never_stored(&answer);
                let (answer, claims) = (answer.json(), part(token, 1));
                assert_eq!(answer["active"], true);
                assert_eq!(answer.get("token_type").and_then(Value::as_str), token_type);
                for name in [
                    "iss",
                    "sub",
                    "aud",
                    "client_id",
                    "scope",
                    "exp",
                    "iat",
                    "jti",
                    "auth_time",
                ] {
                    assert_eq!(answer.get(name), claims.get(name), "{name}");
                }
            }
        },
    ));
    rows
}

fn not_active(world: &World) {
    let mint = || {
        world
            .server
            .mint()
            .client("alpha")
            .subject("alice")
            .scope("openid a")
    };
    let revoked = mint().response();
    assert_revoked(&world.revoke("alpha", revoked.refresh_token().expect("one")));
    let used = world.refresh_token("alpha");
    assert_tokens(&world.refresh("alpha", &used));
    let dead = [
        "x".to_owned(),
        "a.b.c".to_owned(),
        " ".to_owned(),
        "\u{e9}\"\\".to_owned(),
        "x".repeat(10_000),
        mint().id_token(),
        mint().defect(Defect::Expired).access_token(),
        mint().defect(Defect::Expired).refresh_token(),
        mint().defect(Defect::WrongIssuer).access_token(),
        mint().defect(Defect::WrongAudience).access_token(),
        mint().defect(Defect::ForeignKey).access_token(),
        mint().defect(Defect::AlgNone).access_token(),
        mint().defect(Defect::Hs256WithPublicKey).access_token(),
        mint().defect(Defect::DamagedSignature).refresh_token(),
        mint().defect(Defect::NotYetValid).access_token(),
        mint().defect(Defect::IssuedInFuture).access_token(),
        mint().defect(Defect::WrongType).access_token(),
        revoked.access_token().to_owned(),
        revoked.refresh_token().expect("one").to_owned(),
        used,
        TokenServer::builder()
            .profile("standard")
            .start()
            .mint()
            .access_token(),
    ];
    for token in &dead {
        assert_inactive(&world.about(INTROSPECT, "beta", token, ""));
    }
}

fn revocation() -> Vec<Row> {
    let by_alpha = |form: &str| Request::form(REVOKE, form).basic("alpha", "alpha-secret");
    let mut rows = table![
        "I07", "revocation without credentials", Request::form(REVOKE, "token=x") => INVALID_CLIENT;
        "I10", "revocation of no token", by_alpha("") => INVALID_REQUEST;
        "I06", "revocation by GET", Request::get(REVOKE).basic("alpha", "alpha-secret") => NOT_ALLOWED;
    ];
    rows.push(story(
        "I07",
        "revocation of an unknown token succeeds",
        |world| {
            let mint = || world.server.mint().client("alpha");
            let expired = mint().defect(Defect::Expired).access_token();
            let forged = mint().defect(Defect::ForeignKey).refresh_token();
            for token in ["x", "a.b.c", &expired, &forged] {
                assert_revoked(&world.revoke("alpha", token));
            }
        },
    ));
    rows.push(story(
        "I08",
        "a revoked refresh token takes its grant with it",
        |world| {
            let first = world.refresh_token("alpha");
            let answer = world.refresh("alpha", &first);
            let (second, access_token) = (
                answer.member("refresh_token"),
                answer.member("access_token"),
            );
            let bystander = world.tokens("openid a");
            assert!(world.is_active(&second) && world.is_active(&access_token));
            assert_revoked(&world.revoke("alpha", &second));
            assert_refused(&world.refresh("alpha", &second), &[400], &["invalid_grant"]);
            assert!(!world.is_active(&second) && !world.is_active(&access_token));
            assert!(world.is_active(bystander.access_token()));
            // A second time is as good as the first.
            assert_revoked(&world.revoke("alpha", &second));
        },
    ));
    rows.push(story(
        "I08",
        "a revoked access token leaves the others alive",
        |world| {
            let tokens = world.tokens("openid a");
            assert_revoked(&world.revoke("alpha", tokens.access_token()));
            assert!(!world.is_active(tokens.access_token()));
            assert_challenged(&world.userinfo(tokens.access_token()), 401, "invalid_token");
            let refresh_token = tokens.refresh_token().expect("one");
            assert!(world.is_active(refresh_token));
            let answer = world.refresh("alpha", refresh_token);
            assert_tokens(&answer);
            assert!(world.is_active(&answer.member("access_token")));
        },
    ));
    rows.push(story(
        "I09",
        "another client's token stays as it is",
        |world| {
            let tokens = world.tokens("openid a");
            for token in [tokens.access_token(), tokens.refresh_token().expect("one")] {
                for client in ["beta", "app"] {
                    assert_refused(&world.revoke(client, token), &[400], &["invalid_grant"]);
                }
                assert!(world.is_active(token));
            }
            assert_tokens(&world.refresh("alpha", tokens.refresh_token().expect("one")));
        },
    ));
    rows.push(story("I09", "a public client revokes its own", |world| {
        let tokens = world.server.mint().client("app").response();
        assert_revoked(&world.revoke("app", tokens.refresh_token().expect("one")));
        assert!(!world.is_active(tokens.access_token()));
    }));
    rows.push(story("I10", "an ID token cannot be revoked", |world| {
        let id_token = world.tokens("openid").id_token().expect("one").to_owned();
        let answer = world.revoke("alpha", &id_token);
        assert_eq!(
            (answer.status, answer.error().as_str()),
            (400, "unsupported_token_type")
        );
        assert_never_stored(&answer);
    }));
    rows.push(story(
        "I11",
        "a wrong hint does not hide the token",
        |world| {
            for hint in HINTS {
                let tokens = world.tokens("openid a");
                for token in [tokens.access_token(), tokens.refresh_token().expect("one")] {
                    assert_revoked(&world.about(REVOKE, "alpha", token, hint));
                    assert!(!world.is_active(token), "{hint}");
                }
            }
        },
    ));
    rows
}

fn userinfo() -> Vec<Row> {
    vec![
        story("I12", "userinfo without a token", |world| {
            for request in [
                Request::get(USERINFO),
                Request::form(USERINFO, ""),
                Request::get(USERINFO).basic("alpha", "alpha-secret"),
                Request::get(USERINFO).authorization("Bearerx"),
            ] {
                let answer = world.send(&request);
                assert_eq!(answer.status, 401, "{answer:?}");
                assert_never_stored(&answer);
                let challenge = answer.header("www-authenticate").unwrap_or_default();
                assert_eq!(challenge, r#"Bearer realm="oauth-mimic""#);
            }
        }),
        story("I13", "userinfo with a token that is not good", |world| {
            let mint = || world.server.mint().client("alpha").scope("openid");
            let tokens = mint().response();
            for token in [
                "x",
                tokens.refresh_token().expect("one"),
                tokens.id_token().expect("one"),
                &mint().defect(Defect::Expired).access_token(),
                &mint().defect(Defect::ForeignKey).access_token(),
                &mint().defect(Defect::WrongIssuer).access_token(),
                &mint().defect(Defect::WrongAudience).access_token(),
                &mint().defect(Defect::WrongType).access_token(),
            ] {
                assert_challenged(&world.userinfo(token), 401, "invalid_token");
            }
            assert_eq!(world.userinfo(tokens.access_token()).status, 200);
            world.revoke("alpha", tokens.refresh_token().expect("one"));
            assert_challenged(&world.userinfo(tokens.access_token()), 401, "invalid_token");
        }),
        story("I13", "nor is one of a user who is gone", |world| {
            let token = world.tokens("openid").access_token().to_owned();
            world.server.remove_user("alice");
            assert_challenged(&world.userinfo(&token), 401, "invalid_token");
        }),
        story("I14", "userinfo with a token for something else", |world| {
            let answer = world.userinfo(world.tokens("a").access_token());
            assert_challenged(&answer, 403, "insufficient_scope");
            let challenge = answer.header("www-authenticate").unwrap_or_default();
            assert!(challenge.contains(r#"scope="openid""#), "{challenge}");
        }),
        story(
            "I15",
            "a token that is sent twice or is malformed",
            |world| {
                let token = world.tokens("openid").access_token().to_owned();
                let form = format!("access_token={token}");
                for request in [
                    Request::form(USERINFO, &form).authorization(format!("Bearer {token}")),
                    Request::form(USERINFO, format!("{form}&{form}")),
                    bearer(&token).authorization(format!("Bearer {token}")),
                    bearer(&token).authorization(basic("alpha", "alpha-secret")),
                    Request::get(USERINFO).authorization("Bearer"),
                    Request::get(USERINFO).authorization("Bearer "),
                    Request::get(USERINFO).authorization("Bearer a b"),
                    Request::get(USERINFO).authorization(format!("Bearer {token}, Bearer {token}")),
                    Request::get(USERINFO).authorization("Bearer \u{e9}"),
                ] {
                    assert_challenged(&world.send(&request), 400, "invalid_request");
                }
            },
        ),
        story("I16", "a token in the query", |world| {
            let token = world.tokens("openid").access_token().to_owned();
            let query = format!("access_token={token}");
            for request in [
                Request::get(USERINFO).query(&query),
                bearer(&token).query(&query),
                Request::form(USERINFO, "").query(&query),
            ] {
                assert_challenged(&world.send(&request), 400, "invalid_request");
            }
        }),
        story(
            "I17",
            "GET, POST and a form have the same answer",
            |world| {
                let tokens = world.tokens("openid a");
                let (token, id_token) = (tokens.access_token(), tokens.id_token().expect("one"));
                let answers = [
                    bearer(token),
                    bearer(token).method("POST"),
                    Request::form(USERINFO, format!("access_token={token}")),
                ];
                for request in answers {
                    let answer = world.send(&request);
                    assert_eq!(answer.status, 200, "{answer:?}");
                    assert_never_stored(&answer);
                    assert_eq!(answer.json(), json!({ "sub": part(id_token, 1)["sub"] }));
                }
                let head = world.send(&bearer(token).method("HEAD"));
                assert!(head.status == 200 && head.body.is_empty(), "{head:?}");
                assert_eq!(world.send(&bearer(token).method("PUT")).status, 405);
            },
        ),
        story("I18", "each scope has the claims of its own", |_| {
            claims_by_scope();
        }),
        story("I18", "a signed answer has the same claims", |_| signed()),
    ]
}

/// A user with every claim of OpenID Connect Core §5.1, and one that no scope gives.
fn camille() -> User {
    let claims = json!({
        "name": "Camille Martin", "given_name": "Camille", "family_name": "Martin", "middle_name": "C",
        "nickname": "Cam", "preferred_username": "camille", "profile": "https://example.com/camille",
        "picture": "https://example.com/camille.png", "website": "https://example.com", "gender": "female",
        "birthdate": "1990-01-01", "zoneinfo": "Europe/Paris", "locale": "fr-FR", "updated_at": 1_700_000_000,
        "email": "camille@example.com", "email_verified": true, "address": { "country": "FR" },
        "phone_number": "+33 1 23 45 67 89", "phone_number_verified": false, "role": "admin",
    });
    let members = claims.as_object().expect("an object").clone();
    members
        .into_iter()
        .fold(User::new("camille"), |user, (name, value)| {
            user.claim(name, value)
        })
}

fn claims_by_scope() {
    let scope = "openid profile email address phone";
    let server = TokenServer::builder()
        .profile("standard")
        .client(Client::confidential("all", "all-secret").scope(scope))
        .user(camille())
        .start();
    let profile = [
        "birthdate",
        "family_name",
        "gender",
        "given_name",
        "locale",
        "middle_name",
        "name",
        "nickname",
        "picture",
        "preferred_username",
        "profile",
        "updated_at",
        "website",
        "zoneinfo",
    ];
    for (scope, claims) in [
        ("openid", &[][..]),
        ("openid profile", &profile),
        ("openid email", &["email", "email_verified"]),
        ("openid address", &["address"]),
        ("openid phone", &["phone_number", "phone_number_verified"]),
    ] {
        let tokens = server.mint().scope(scope).response();
        let answer = bearer(tokens.access_token()).send(server.address()).json();
        let mut names: Vec<&str> = answer
            .as_object()
            .expect("an object")
            .keys()
            .map(String::as_str)
            .collect();
        names.sort_unstable();
        let mut expected: Vec<&str> = claims.iter().copied().chain(["sub"]).collect();
        expected.sort_unstable();
        assert_eq!(names, expected, "{scope}");
        // Beside an access token, the ID token has none of them (OpenID Connect Core §5.4).
        let id_token = part(tokens.id_token().expect("one"), 1);
        assert!(
            claims.iter().all(|name| id_token.get(name).is_none()),
            "{id_token}"
        );
    }
    let tokens = server.mint().scope(scope).response();
    let answer = bearer(tokens.access_token()).send(server.address()).json();
    assert!(answer["updated_at"].is_u64() && answer["email_verified"].is_boolean());
    assert!(answer["address"].is_object() && answer["phone_number_verified"].is_boolean());
}

fn signed() {
    let client = Client::confidential("signed", "s").scope("openid email");
    let server = TokenServer::builder()
        .profile("standard")
        .clock(&Clock::real())
        .client(client.userinfo_signed_response_alg(SignedResponseAlg::Rs256))
        .user(camille())
        .start();
    let answer = bearer(&server.mint().access_token()).send(server.address());
    assert_eq!(answer.header("content-type"), Some("application/jwt"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let keys = Request::get("/oauth2/jwks").send(server.address()).json();
    let kid = &keys["keys"][0]["kid"];
    let (header, claims) = (part(answer.text(), 0), part(answer.text(), 1));
    assert_eq!((&header["alg"], &header["kid"]), (&json!("RS256"), kid));
    assert_eq!(
        claims,
        json!({
            "iss": server.issuer(), "aud": "signed", "sub": "camille",
            "email": "camille@example.com", "email_verified": true,
        })
    );
}
