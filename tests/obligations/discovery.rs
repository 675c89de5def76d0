//! A6: discovery and keys (D01 to D11, and D13 to D17).

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use oauth_mimic::{Mimic, RefusalName, Scope, TokenServer};
use serde_json::Value;

use super::{
    Expected, GOOD, JWKS, METADATA, RefreshTokenIn as _, Request, Row, TOKEN, World, alpha,
    assert_access_token, assert_refused, assert_tokens, post, story,
};
use crate::authorization::{authorize, exchange_of};
use crate::support::{Answer, encoded, get, part, path_of, refresh_as, send};

const ANOTHER_FORM: &str = "/.well-known/oauth-authorization-server";

/// Whatever a client may ask for elsewhere.
const GRANT_TYPES: [&str; 7] = [
    "refresh_token",
    "authorization_code",
    "client_credentials",
    "password",
    "implicit",
    "urn:ietf:params:oauth:grant-type:device_code",
    "urn:ietf:params:oauth:grant-type:token-exchange",
];

/// The names of IANA's registry "OAuth Authorization Server Metadata" that a server of this kind could use.
const REGISTERED_METADATA: [&str; 37] = [
    "issuer",
    "authorization_endpoint",
    "token_endpoint",
    "jwks_uri",
    "registration_endpoint",
    "scopes_supported",
    "response_types_supported",
    "response_modes_supported",
    "grant_types_supported",
    "token_endpoint_auth_methods_supported",
    "token_endpoint_auth_signing_alg_values_supported",
    "service_documentation",
    "ui_locales_supported",
    "op_policy_uri",
    "op_tos_uri",
    "revocation_endpoint",
    "revocation_endpoint_auth_methods_supported",
    "introspection_endpoint",
    "introspection_endpoint_auth_methods_supported",
    "code_challenge_methods_supported",
    "authorization_response_iss_parameter_supported",
    "userinfo_endpoint",
    "end_session_endpoint",
    "acr_values_supported",
    "subject_types_supported",
    "id_token_signing_alg_values_supported",
    "userinfo_signing_alg_values_supported",
    "claim_types_supported",
    "claims_supported",
    "prompt_values_supported",
    "claims_parameter_supported",
    "request_parameter_supported",
    "request_uri_parameter_supported",
    "backchannel_logout_supported",
    "backchannel_logout_session_supported",
    "frontchannel_logout_supported",
    "frontchannel_logout_session_supported",
];

fn metadata(world: &World) -> Value {
    world.send(&Request::new("GET", METADATA)).json()
}

fn keys(world: &World) -> Vec<Value> {
    let body = world.send(&Request::new("GET", JWKS)).json();
    body["keys"].as_array().expect("keys is an array").clone()
}

fn list(metadata: &Value, name: &str) -> Vec<String> {
    let values = metadata[name]
        .as_array()
        .unwrap_or_else(|| panic!("{name} is not an array"));
    let texts = values
        .iter()
        .map(|value| value.as_str().expect("a text").to_owned());
    texts.collect()
}

fn assert_document(answer: &Answer) {
    assert_eq!(answer.status, 200, "{answer:?}");
    let content_type = answer.header("content-type").unwrap_or_default();
    assert!(
        content_type.starts_with("application/json"),
        "{content_type}"
    );
}

pub(crate) fn rows() -> Vec<Row> {
    let not_found = Expected::Refused(&[404], &["invalid_request"]);
    let mut rows = table! {
        "D01", "OpenID Connect Discovery", Request::new("GET", METADATA) => Expected::That(assert_document);
        "D02", "RFC 8414", Request::new("GET", ANOTHER_FORM) => Expected::That(assert_document);
        "D15", "another issuer's metadata", Request::new("GET", &format!("/other{METADATA}")) => not_found;
        "D15", "another issuer's metadata, inserted", Request::new("GET", &format!("{ANOTHER_FORM}/other")) => not_found;
        "D15", "another issuer's keys", Request::new("GET", &format!("/other{JWKS}")) => not_found;
        "D15", "another issuer's token endpoint", alpha(GOOD).target(&format!("/other{TOKEN}")) => not_found;
    };
    rows.push(story(
        "D15",
        "a sandbox is another issuer, and refuses the tokens of its server",
        a_sandbox_is_another_issuer,
    ));
    rows.extend(metadata_rows());
    rows.extend(key_rows());
    rows.extend(http_rows());
    rows
}

/// D15: a token is refused wherever its issuer is another one, although the name of its client and of its user are known.
fn a_sandbox_is_another_issuer(world: &World) {
    let server = &world.server;
    let (one, other) = (server.sandbox(), server.sandbox());
    let issuers: [&Mimic; 3] = [server, &one, &other];
    for (from, issuer) in issuers.iter().enumerate() {
        let token = issuer.mint().client("alpha").scope("a").refresh_token();
        for (to, mimic) in issuers.iter().enumerate() {
            if to == from {
                continue;
            }
            assert_ne!(mimic.issuer(), issuer.issuer());
            let answer = refresh_as(mimic, "alpha", &token, "");
            assert_refused(&answer, &[400], &["invalid_grant"]);
            let refusal = mimic
                .requests()
                .last()
                .and_then(|exchange| exchange.refusal);
            assert_eq!(refusal, Some(RefusalName::RefreshTokenWrongIssuer));
        }
        assert_eq!(refresh_as(issuer, "alpha", &token, "").status, 200);
    }
}

fn metadata_rows() -> Vec<Row> {
    vec![
        story(
            "D02",
            "an issuer with a path has its metadata before and behind the path",
            |_| {
                let server = TokenServer::start();
                for path in [
                    "/connect/.well-known/openid-configuration",
                    "/connect/.well-known/oauth-authorization-server",
                    "/.well-known/oauth-authorization-server/connect",
                    "/.well-known/openid-configuration/connect",
                ] {
                    let answer = get(server.address(), path);
                    assert_document(&answer);
                    assert_eq!(answer.json()["issuer"], server.issuer(), "{path}");
                }
                assert_eq!(
                    get(server.address(), METADATA).status,
                    404,
                    "there is no issuer without a path"
                );
            },
        ),
        story("D02", "both forms say the same", |world| {
            let [one, other] =
                [METADATA, ANOTHER_FORM].map(|path| world.send(&Request::new("GET", path)).body);
            assert_eq!(one, other);
        }),
        story(
            "D03",
            "the issuer is the server's, and a URL without ornament",
            |world| {
                let issuer = metadata(world)["issuer"]
                    .as_str()
                    .expect("a text")
                    .to_owned();
                assert_eq!(issuer, world.server.issuer());
                assert!(
                    issuer.starts_with("http://") && !issuer.contains(['?', '#', '@']),
                    "{issuer}"
                );
                let pinned = TokenServer::builder()
                    .profile("standard")
                    .issuer("https://login.example")
                    .start();
                let answer = get(pinned.address(), METADATA);
                assert_eq!(answer.json()["issuer"], "https://login.example");
            },
        ),
        story("D04", "every required member is there", |world| {
            let metadata = metadata(world);
            for name in [
                "issuer",
                "authorization_endpoint",
                "token_endpoint",
                "jwks_uri",
            ] {
                assert!(metadata[name].is_string(), "{name}: {metadata}");
            }
            for name in ["response_types_supported", "subject_types_supported"] {
                assert!(!list(&metadata, name).is_empty(), "{name}: {metadata}");
            }
            let algorithms = list(&metadata, "id_token_signing_alg_values_supported");
            assert!(algorithms.contains(&"RS256".to_owned()), "{algorithms:?}");
        }),
        story("D05", "every URL in it answers", |world| {
            let metadata = metadata(world);
            let members = metadata.as_object().expect("an object");
            let urls = members
                .iter()
                .filter(|(name, _)| name.ends_with("_endpoint") || name.ends_with("_uri"));
            for (name, url) in urls {
                let path = path_of(&world.server, url.as_str().expect("a text"));
                let answer = world.send(&Request::new("GET", path));
                assert!(
                    answer.status != 404 && answer.status < 500,
                    "{name}: {answer:?}"
                );
            }
        }),
        story(
            "D06",
            "what is advertised works and nothing else does",
            what_is_advertised_works,
        ),
        story("D07", "no list is empty and nothing is null", |world| {
            let metadata = metadata(world);
            for (name, value) in metadata.as_object().expect("an object") {
                assert!(!value.is_null(), "{name}");
                let is_list = name.ends_with("_supported") && !value.is_boolean();
                assert_eq!(value.is_array(), is_list, "{name}: {value}");
                assert!(
                    value.as_array().is_none_or(|list| !list.is_empty()),
                    "{name}"
                );
            }
        }),
        story("D08", "only registered names stand in it", |world| {
            for name in metadata(world).as_object().expect("an object").keys() {
                assert!(REGISTERED_METADATA.contains(&name.as_str()), "{name}");
            }
        }),
        story(
            "D18",
            "the issuer is in each authorization response",
            |world| {
                let name = "authorization_response_iss_parameter_supported";
                assert_eq!(metadata(world)[name], true);
                for more in ["response_type=code", "response_type=none"] {
                    let response = authorize(world, "coder", more);
                    assert_eq!(response.get("iss"), world.server.issuer(), "{more}");
                }
            },
        ),
        story("D17", "scopes are scopes, openid among them", |world| {
            let metadata = metadata(world);
            let scopes = list(&metadata, "scopes_supported");
            assert!(scopes.contains(&"openid".to_owned()), "{scopes:?}");
            for scope in &scopes {
                let read: Scope = scope.parse().expect("a scope token");
                assert_eq!(read.iter().count(), 1, "{scope}");
            }
            assert!(!list(&metadata, "grant_types_supported").is_empty());
        }),
    ]
}

fn key_rows() -> Vec<Row> {
    vec![
        story(
            "D09",
            "every key says what it is and what it is for",
            |world| {
                let mut kids = HashSet::new();
                for key in keys(world) {
                    for name in ["kty", "kid", "alg", "use"] {
                        assert!(
                            key[name].as_str().is_some_and(|value| !value.is_empty()),
                            "{name}: {key}"
                        );
                    }
                    assert!(kids.insert(key["kid"].clone()), "{key}");
                }
                assert!(!kids.is_empty());
            },
        ),
        story("D10", "no key tells its private half", |world| {
            for key in keys(world) {
                for name in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
                    assert!(key.get(name).is_none(), "{name} is published");
                }
            }
        }),
        story("D11", "numbers are written the one way", |world| {
            for key in keys(world) {
                for name in ["n", "e"] {
                    let number = key[name].as_str().expect("a text");
                    let bytes = URL_SAFE_NO_PAD.decode(number).expect("unpadded base64url");
                    assert!(
                        bytes.first().is_some_and(|first| *first != 0),
                        "{name}: {key}"
                    );
                }
            }
        }),
    ]
}

fn http_rows() -> Vec<Row> {
    vec![
        story(
            "D13",
            "both may be kept, and asked for again by their tag",
            |world| {
                for path in [METADATA, ANOTHER_FORM, JWKS] {
                    let answer = world.send(&Request::new("GET", path));
                    let kept = answer.header("cache-control").unwrap_or_default();
                    assert!(
                        kept.contains("max-age") && !kept.contains("no-store"),
                        "{path}: {kept}"
                    );
                    let tag = answer.header("etag").expect("an ETag").to_owned();
                    for known in [
                        tag.clone(),
                        format!("\"x\", {tag}"),
                        format!("W/{tag}"),
                        "*".to_owned(),
                    ] {
                        let again =
                            world.send(&Request::new("GET", path).header("If-None-Match", &known));
                        assert_eq!(again.status, 304, "{path} {known}: {again:?}");
                        assert_eq!(again.header("etag"), Some(tag.as_str()), "{path}");
                        assert!(again.body.is_empty(), "{path}");
                    }
                    for other in ["\"x\"", "x", ""] {
                        let again =
                            world.send(&Request::new("GET", path).header("If-None-Match", other));
                        assert_eq!(
                            (again.status, &again.body),
                            (200, &answer.body),
                            "{path} {other}"
                        );
                    }
                }
            },
        ),
        story("D14", "HEAD is GET without the body", |world| {
            for path in [METADATA, ANOTHER_FORM, JWKS] {
                let get = world.send(&Request::new("GET", path));
                let head = world.send(&Request::new("HEAD", path));
                assert_eq!(head.status, 200, "{path}");
                assert!(head.body.is_empty(), "{path}");
                for name in ["content-length", "content-type", "etag", "cache-control"] {
                    assert!(head.header(name).is_some(), "{path} {name}: {head:?}");
                    assert_eq!(head.header(name), get.header(name), "{path} {name}");
                }
            }
        }),
        story("D16", "a forged host moves nothing", |world| {
            for path in [METADATA, ANOTHER_FORM] {
                let honest = world.send(&Request::new("GET", path)).body;
                let address = world.server.address();
                let forwarded =
                    |lines| format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n{lines}\r\n");
                for head in [
                    format!("GET {path} HTTP/1.1\r\nHost: evil.example\r\n"),
                    forwarded("X-Forwarded-Host: evil.example\r\nX-Forwarded-Proto: https"),
                    forwarded(
                        "Forwarded: host=evil.example;proto=https\r\nX-Forwarded-Prefix: /evil",
                    ),
                    format!("GET http://evil.example{path} HTTP/1.1\r\nHost: evil.example\r\n"),
                ] {
                    let answer = send(address, format!("{head}\r\n").as_bytes());
                    assert_eq!(answer.status, 200, "{head}");
                    assert_eq!(answer.body, honest, "{head}");
                }
            }
            let forged = alpha(GOOD).header("X-Forwarded-Host", "evil.example");
            let answer = world.send(&forged);
            assert_eq!(
                part(&answer.member("access_token"), 1)["iss"],
                world.server.issuer()
            );
        }),
    ]
}

/// D06: each promise is tried, and so is what was not promised.
fn what_is_advertised_works(world: &World) {
    let metadata = metadata(world);
    let grants = list(&metadata, "grant_types_supported");
    for grant in GRANT_TYPES {
        let answer = if grant == "authorization_code" {
            let code = authorize(world, "coder", "response_type=code").code();
            world.send(&exchange_of("coder", &code))
        } else {
            world.send(&alpha(format!("grant_type={grant}&refresh_token={{rt}}")))
        };
        if grants.contains(&grant.to_owned()) && grant == "refresh_token" {
            assert_tokens(&answer);
        } else if grants.contains(&grant.to_owned()) {
            assert_access_token(&answer);
        } else {
            // A grant that no client may use is not advertised, whether or not the server has it.
            assert_refused(
                &answer,
                &[400],
                &["unsupported_grant_type", "unauthorized_client"],
            );
        }
    }
    assert!(
        grants
            .iter()
            .all(|grant| GRANT_TYPES.contains(&grant.as_str())),
        "{grants:?}"
    );

    let methods = list(&metadata, "token_endpoint_auth_methods_supported");
    let assertion = "client_assertion=x&client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    for (method, request) in [
        ("client_secret_basic", alpha(GOOD)),
        (
            "client_secret_post",
            post(format!("{GOOD}&client_id=alpha&client_secret=alpha-secret")),
        ),
        ("none", post(format!("{GOOD}&client_id=app")).owner("app")),
        (
            "private_key_jwt",
            post(format!("{GOOD}&client_id=alpha&{assertion}")),
        ),
        (
            "client_secret_jwt",
            post(format!("{GOOD}&client_id=alpha&{assertion}")),
        ),
    ] {
        let answer = world.send(&request);
        if methods.contains(&method.to_owned()) {
            assert_tokens(&answer);
        } else {
            assert_refused(&answer, &[401], &["invalid_client"]);
        }
    }

    let response_types = list(&metadata, "response_types_supported");
    for response_type in ["none", "code", "token", "id_token", "code id_token"] {
        let request = format!("response_type={}", encoded(response_type));
        let response = authorize(world, "coder", &request);
        if response_types.contains(&response_type.to_owned()) {
            assert!(!response.code().is_empty(), "{response_type}");
        } else {
            // The profile may have it, and no client be registered for it.
            let errors = ["unsupported_response_type", "unauthorized_client"];
            assert!(
                errors.contains(&response.error().as_str()),
                "{response_type}"
            );
        }
    }

    let minted = world.server.mint().client("alpha").scope("openid");
    let id_token = minted.id_token();
    let algorithms = list(&metadata, "id_token_signing_alg_values_supported");
    let algorithm = part(&id_token, 0)["alg"]
        .as_str()
        .expect("a text")
        .to_owned();
    assert_eq!(algorithms, [algorithm]);
    let claimed = list(&metadata, "claims_supported");
    for name in part(&id_token, 1).as_object().expect("claims").keys() {
        assert!(claimed.contains(name), "{name} is not in claims_supported");
    }

    for scope in list(&metadata, "scopes_supported") {
        let token = world
            .server
            .mint()
            .client("alpha")
            .scope(&scope)
            .refresh_token();
        let answer = world.refresh("alpha", &token);
        assert_tokens(&answer);
        assert_eq!(answer.member("scope"), scope);
    }
}
