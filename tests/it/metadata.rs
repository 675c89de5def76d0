//! What the server says of itself: discovery and keys are found where they may be looked for, and true.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use oauth_mimic::{AuthMethod, Client, Login, NamedRefreshToken, TokenServer, User};
use rsa::pkcs8::DecodePrivateKey as _;
use rsa::traits::{PrivateKeyParts as _, PublicKeyParts as _};
use rsa::{BoxedUint, PrivateKey};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::front::{self, CALLBACK};
use crate::support::ordered::names;
use crate::support::{
    Answer, Request, basic, encoded, exchange, get, part, part_text, path_of, post, refresh, send,
};

fn server(profile: &str) -> TokenServer {
    TokenServer::builder().profile(profile).start()
}

#[test]
fn the_built_in_profiles_are_the_files_that_ship() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/profiles");
    let mut files: Vec<String> = std::fs::read_dir(folder)
        .expect("a folder")
        .map(|file| file.expect("a file").file_name().into_string())
        .map(|name| name.expect("UTF-8").replace(".json", ""))
        .collect();
    files.sort_unstable();
    let mut profiles: Vec<&str> = oauth_mimic::profiles().collect();
    profiles.sort_unstable();
    assert_eq!(profiles, files);
}

fn metadata(server: &TokenServer) -> Value {
    get(server.address(), path_of(server, &server.metadata_url())).json()
}

fn jwks(server: &TokenServer) -> Value {
    get(server.address(), path_of(server, &server.jwks_url())).json()
}

/// The texts of an array.
fn texts(value: &Value) -> Vec<&str> {
    let array = value
        .as_array()
        .unwrap_or_else(|| panic!("an array: {value}"));
    array
        .iter()
        .map(|text| text.as_str().expect("a text"))
        .collect()
}

/// A GET with more headers, each with its line end.
fn get_with(server: &TokenServer, path: &str, headers: &str) -> Answer {
    let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\n{headers}\r\n");
    send(server.address(), request.as_bytes())
}

#[test]
fn discovery_is_found_behind_the_issuer_and_in_front_of_its_path() {
    for (profile, paths) in [
        (
            "connect",
            &[
                // OpenID Connect Discovery §4, RFC 8414 §3.1, and the two mixed, as clients do.
                "/connect/.well-known/openid-configuration",
                "/.well-known/oauth-authorization-server/connect",
                "/.well-known/openid-configuration/connect",
                "/connect/.well-known/oauth-authorization-server",
            ][..],
        ),
        (
            "standard",
            &[
                "/.well-known/openid-configuration",
                "/.well-known/oauth-authorization-server",
            ],
        ),
    ] {
        let server = server(profile);
        let first = get(server.address(), paths[0]);
        assert_eq!(
            format!("{}{}", server.base_url(), paths[0]),
            server.metadata_url()
        );
        assert_eq!(first.member("issuer"), server.issuer());
        for path in paths {
            let answer = get(server.address(), path);
            assert_eq!(answer.status, 200, "{path}");
            assert_eq!(
                answer.header("content-type"),
                Some("application/json"),
                "{path}"
            );
            assert_eq!(answer.text(), first.text(), "{path}");
        }
    }
}

#[test]
fn the_documents_say_all_that_discovery_requires_and_nothing_else() {
    for (profile, issuer_path, token, authorization, jwks, claims) in [
        (
            "connect",
            "/connect",
            "/connect/oauth/token",
            "/connect/oauth/authorize",
            "/connect/.well-known/jwks.json",
            &[
                "sub",
                "aud",
                "azp",
                "auth_time",
                "iss",
                "exp",
                "iat",
                "jti",
                "email",
                "email_verified",
            ][..],
        ),
        (
            "standard",
            "",
            "/oauth2/token",
            "/oauth2/authorize",
            "/oauth2/jwks",
            &[
                "iss",
                "sub",
                "aud",
                "azp",
                "auth_time",
                "iat",
                "exp",
                "jti",
                "at_hash",
                "email",
                "email_verified",
            ],
        ),
    ] {
        let server = TokenServer::builder()
            .profile(profile)
            .client(Client::confidential("app", "s3cret").scope("openid email"))
            .user(User::new("alice"))
            .start();
        let base = server.base_url();
        let logout = if profile == "connect" {
            "/connect/openid/logout"
        } else {
            "/oauth2/logout"
        };
        let expected = json!({
            "issuer": format!("{base}{issuer_path}"),
            "authorization_endpoint": format!("{base}{authorization}"),
            "token_endpoint": format!("{base}{token}"),
            "userinfo_endpoint": format!("{base}{}", token.replace("token", "userinfo")),
            "introspection_endpoint": format!("{base}{}", token.replace("token", "introspect")),
            "revocation_endpoint": format!("{base}{}", token.replace("token", "revoke")),
            "end_session_endpoint": format!("{base}{logout}"),
            "jwks_uri": format!("{base}{jwks}"),
            "scopes_supported": ["openid", "email"],
            "response_types_supported": ["code"],
            "response_modes_supported": ["query", "fragment", "form_post"],
            "grant_types_supported": ["refresh_token"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "introspection_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "revocation_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "userinfo_signing_alg_values_supported": ["RS256"],
            "claims_supported": claims,
            "claims_parameter_supported": true,
            "request_parameter_supported": false,
            "request_uri_parameter_supported": false,
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": true,
            "prompt_values_supported": ["none", "login", "consent", "select_account"],
            "ui_locales_supported": ["en", "fr"],
            "backchannel_logout_supported": true,
            // Only if the ID tokens have the claim sid (OpenID Connect Back-Channel Logout §2.1).
            "backchannel_logout_session_supported": profile == "standard",
            "frontchannel_logout_supported": true,
            "frontchannel_logout_session_supported": profile == "standard",
        });
        assert_eq!(metadata(&server), expected, "{profile}");
        assert_eq!(server.token_url(), format!("{base}{token}"));
        assert_eq!(server.jwks_url(), format!("{base}{jwks}"));
    }
}

#[test]
fn every_url_in_it_answers() {
    for profile in oauth_mimic::profiles() {
        let server = server(profile);
        let document = metadata(&server);
        let members = document.as_object().expect("an object");
        let mut urls = 0;
        for (name, value) in members.iter().filter(|(name, _)| *name != "issuer") {
            let Some(url) = value.as_str() else { continue };
            let answer = get(server.address(), path_of(&server, url));
            assert_ne!(answer.status, 404, "{profile}: {name} {url}");
            urls += 1;
        }
        assert_eq!(urls, 7, "{profile}");
    }
}

#[test]
fn every_grant_in_it_works_and_no_other() {
    for profile in oauth_mimic::profiles() {
        let server = server(profile);
        let document = metadata(&server);
        assert_eq!(
            document["grant_types_supported"],
            json!(["refresh_token", "client_credentials", "authorization_code"])
        );
        let grant = |grant_type: &str| {
            let form = format!(
                "grant_type={}&refresh_token=REFRESH_TOKEN",
                encoded(grant_type)
            );
            post(
                &server,
                Some(&basic("client-default", "client-default-secret")),
                &form,
            )
        };
        assert_eq!(grant("refresh_token").status, 200, "{profile}");
        assert_eq!(grant("client_credentials").status, 200, "{profile}");
        let code = front::code(&server, "");
        let exchanged = post(
            &server,
            Some(&basic("web", "web-secret")),
            &format!("grant_type=authorization_code&code={code}&redirect_uri={CALLBACK}"),
        );
        assert_eq!(exchanged.status, 200, "{profile}: {}", exchanged.text());
        for other in [
            "password",
            "implicit",
            "urn:ietf:params:oauth:grant-type:device_code",
            "urn:ietf:params:oauth:grant-type:token-exchange",
            "urn:ietf:params:oauth:grant-type:jwt-bearer",
        ] {
            let answer = grant(other);
            assert_eq!(
                (answer.status, answer.error().as_str()),
                (400, "unsupported_grant_type"),
                "{profile}: {other}"
            );
        }
    }
}

/// A refresh that authenticates in that way.
fn authenticate(server: &TokenServer, method: &str, client: &str) -> Answer {
    let form = "grant_type=refresh_token&refresh_token=SEEDED";
    match method {
        "client_secret_basic" => post(server, Some(&basic(client, "s3cret")), form),
        "client_secret_post" => post(
            server,
            None,
            &format!("{form}&client_id={client}&client_secret=s3cret"),
        ),
        "none" => post(server, None, &format!("{form}&client_id={client}")),
        "private_key_jwt" | "client_secret_jwt" => post(
            server,
            None,
            &format!(
                "{form}&client_id={client}&client_assertion=e30.e30.&client_assertion_type={}",
                encoded("urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
            ),
        ),
        other => panic!("no such method: {other}"),
    }
}

#[test]
fn every_authentication_method_in_it_works_and_no_other() {
    let (basic, post, none) = ("client_secret_basic", "client_secret_post", "none");
    let confidential = || Client::confidential("app", "s3cret");
    for (client, advertised) in [
        (confidential(), &[basic, post][..]),
        (
            confidential().auth_method(AuthMethod::ClientSecretBasic),
            &[basic],
        ),
        (
            confidential().auth_method(AuthMethod::ClientSecretPost),
            &[post],
        ),
        (Client::public("app"), &[none]),
    ] {
        for profile in oauth_mimic::profiles() {
            let server = || {
                TokenServer::builder()
                    .profile(profile)
                    .client(client.clone())
                    .user(User::new("alice"))
                    .refresh_token(NamedRefreshToken::new("SEEDED", "app", "alice"))
                    .start()
            };
            let document = metadata(&server());
            assert_eq!(
                texts(&document["token_endpoint_auth_methods_supported"]),
                advertised
            );
            for method in [basic, post, none, "private_key_jwt", "client_secret_jwt"] {
                // A server each: some of these clients have one use of the token only.
                let answer = authenticate(&server(), method, "app");
                let told = format!("{profile}, {advertised:?}, {method}: {}", answer.text());
                if advertised.contains(&method) {
                    assert_eq!(answer.status, 200, "{told}");
                } else {
                    assert_eq!(answer.status, 401, "{told}");
                    assert_eq!(answer.error(), "invalid_client", "{told}");
                }
            }
        }
    }
}

#[test]
fn every_scope_in_it_can_be_had_and_no_other() {
    for profile in oauth_mimic::profiles() {
        let server = server(profile);
        let document = metadata(&server);
        let scopes = texts(&document["scopes_supported"]);
        assert!(scopes.contains(&"openid"), "{scopes:?}");
        let ask = |scope: &str| {
            let sample = ("d2c0dcb5-32bd-4a56-9dd8-2070e7b2b533", "sample-secret");
            let clients = [sample, ("web", "web-secret")];
            let answers = clients.map(|(client, secret)| {
                let token = server.mint().client(client).refresh_token();
                let (token, scope) = (encoded(&token), encoded(scope));
                let form = format!("grant_type=refresh_token&refresh_token={token}&scope={scope}");
                post(&server, Some(&basic(client, secret)), &form)
            });
            let mut granted = answers.iter().filter(|answer| answer.status == 200);
            granted.next().unwrap_or(&answers[0]).clone()
        };
        for scope in &scopes {
            assert_eq!(ask(scope).member("scope"), *scope, "{profile}");
        }
        let other = ask("admin");
        assert_eq!(
            (other.status, other.error().as_str()),
            (400, "invalid_scope"),
            "{profile}"
        );
    }
}

/// Every response type (OAuth 2.0 Multiple Response Types §3 and §5).
const RESPONSE_TYPES: [&str; 8] = [
    "none",
    "code",
    "token",
    "id_token",
    "id_token token",
    "code id_token",
    "code token",
    "code id_token token",
];

#[test]
fn every_response_type_in_it_works_and_no_other() {
    for profile in oauth_mimic::profiles() {
        let server = server(profile);
        let document = metadata(&server);
        let advertised = texts(&document["response_types_supported"]);
        assert!(advertised.contains(&"code"), "{profile}: {advertised:?}");
        for response_type in RESPONSE_TYPES {
            let members = front::response(
                &server,
                &format!("response_type={}&nonce=n", encoded(response_type)),
            );
            if advertised.contains(&response_type) {
                for name in response_type.split(' ') {
                    let name = if name == "token" {
                        "access_token"
                    } else {
                        name
                    };
                    assert!(members.contains_key(name), "{profile}: {members:?}");
                }
            } else {
                let error = members["error"].as_str();
                assert_eq!(
                    error, "unsupported_response_type",
                    "{profile}: {response_type}"
                );
            }
        }
    }
}

#[test]
fn every_response_mode_in_it_works_and_no_other() {
    for profile in oauth_mimic::profiles() {
        let server = server(profile);
        let document = metadata(&server);
        let advertised = texts(&document["response_modes_supported"]);
        for mode in ["query", "fragment", "form_post"] {
            assert!(advertised.contains(&mode), "{profile}: {advertised:?}");
            let answer = front::ask(&server, &format!("response_type=code&response_mode={mode}"));
            let begins = match mode {
                "query" => format!("{CALLBACK}?code="),
                "fragment" => format!("{CALLBACK}#code="),
                _ => {
                    assert_eq!(answer.status, 200, "{profile}: {mode}");
                    let form = format!(
                        r#"<form method="post" action="{CALLBACK}"><input type="hidden" name="code""#
                    );
                    assert!(answer.text().contains(&form), "{}", answer.text());
                    continue;
                }
            };
            let location = answer.header("location").expect("a redirect");
            assert!(location.starts_with(&begins), "{profile}: {location}");
        }
        assert_eq!(advertised.len(), 3, "{profile}");
        for other in ["web_message", "query.jwt", "form_post.jwt", "jwt", "Query"] {
            let members = front::response(
                &server,
                &format!("response_type=code&response_mode={other}"),
            );
            assert_eq!(members["error"], "invalid_request", "{profile}: {other}");
        }
    }
}

#[test]
fn every_challenge_method_in_it_works_and_no_other() {
    // RFC 7636 Appendix B.
    let (verifier, challenge) = (
        "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    );
    for profile in oauth_mimic::profiles() {
        let server = server(profile);
        let document = metadata(&server);
        let advertised = texts(&document["code_challenge_methods_supported"]);
        assert_eq!(advertised, ["S256"], "{profile}");
        let ask = |method: &str| {
            let challenge = format!("code_challenge={challenge}&code_challenge_method={method}");
            front::response(&server, &format!("response_type=code&{challenge}"))
        };
        let code = ask("S256")["code"].clone();
        let form = format!(
            "grant_type=authorization_code&code={code}&redirect_uri={CALLBACK}&code_verifier={verifier}"
        );
        let answer = post(&server, Some(&basic("web", "web-secret")), &form);
        assert_eq!(answer.status, 200, "{profile}: {}", answer.text());
        for other in ["plain", "s256", "S512"] {
            assert_eq!(ask(other)["error"], "invalid_request", "{profile}: {other}");
        }
    }
}

#[test]
fn what_it_says_of_request_objects_and_the_claims_parameter_is_true() {
    for profile in oauth_mimic::profiles() {
        let server = server(profile);
        let document = metadata(&server);
        for (flag, parameter, error) in [
            (
                "request_parameter_supported",
                "request=e30.e30.",
                "request_not_supported",
            ),
            (
                "request_uri_parameter_supported",
                "request_uri=urn:x",
                "request_uri_not_supported",
            ),
        ] {
            assert_eq!(document[flag], false, "{profile}");
            let response = front::response(&server, &format!("response_type=code&{parameter}"));
            assert_eq!(response["error"], error, "{profile}");
        }
        assert_eq!(document["claims_parameter_supported"], true, "{profile}");
        let claims = encoded(r#"{"id_token":{"family_name":null}}"#);
        server.next_login(Login::new().user("alice"));
        let url = front::url(
            &server,
            &format!("response_type=code&scope=openid&claims={claims}"),
        );
        let code = server.authorize(&url).code().to_owned();
        let id_token = part(&front::exchange(&server, &code).member("id_token"), 1);
        assert_eq!(id_token["family_name"], "Example", "{profile}");
    }
}

#[test]
fn every_prompt_language_and_issuer_in_it_is_true() {
    for profile in oauth_mimic::profiles() {
        let server = server(profile);
        let document = metadata(&server);
        let prompts = texts(&document["prompt_values_supported"]);
        assert_eq!(prompts, ["none", "login", "consent", "select_account"]);
        for prompt in prompts {
            let answer = front::page(&server, &format!("response_type=code&prompt={prompt}"));
            let location = answer.header("location").unwrap_or_default();
            if prompt == "none" {
                assert!(location.contains("error=login_required"), "{location}");
            } else {
                assert_eq!(answer.status, 200, "{profile}: {prompt}");
            }
        }
        let other = front::page(&server, "response_type=code&prompt=create");
        let location = other.header("location").expect("a redirect");
        assert!(location.contains("error=invalid_request"), "{location}");
        let languages = texts(&document["ui_locales_supported"]);
        assert_eq!(languages, ["en", "fr"]);
        for (asked, shown) in [("en", "en"), ("fr", "fr"), ("fr-CA de", "fr"), ("de", "en")] {
            let ui_locales = encoded(asked);
            let answer = front::page(
                &server,
                &format!("response_type=code&ui_locales={ui_locales}"),
            );
            let lang = format!(r#"<html lang="{shown}">"#);
            assert!(answer.text().contains(&lang), "{profile}: {asked}");
        }
        assert_eq!(
            document["authorization_response_iss_parameter_supported"],
            true
        );
        let members = front::response(&server, "response_type=code");
        assert_eq!(members["iss"], server.issuer(), "{profile}");
    }
}

#[test]
fn what_it_says_of_subjects_signatures_and_claims_is_true() {
    for profile in oauth_mimic::profiles() {
        let server = server(profile);
        let document = metadata(&server);
        let id_token = |client: &str| server.mint().client(client).id_token();
        let (one, two) = (id_token("client-default"), id_token("client-rotating"));
        assert_eq!(document["subject_types_supported"], json!(["public"]));
        assert_eq!(part(&one, 1)["sub"], part(&two, 1)["sub"], "{profile}");
        assert_eq!(
            document["id_token_signing_alg_values_supported"],
            json!([part(&one, 0)["alg"]]),
            "{profile}"
        );
        let claims = names(&part_text(&one, 1));
        let supported = texts(&document["claims_supported"]);
        let (of_id_token, of_scopes) = supported.split_at(claims.len());
        assert_eq!(of_id_token, claims, "{profile}");
        // The others are at userinfo: those of alice, who lacks a few.
        let tokens = server.mint().client("web").subject("alice").access_token();
        let answer = Request::get(path_of(&server, &server.userinfo_url()))
            .authorization(format!("Bearer {tokens}"))
            .send(server.address());
        let returned = names(answer.text());
        assert!(returned.len() > 10, "{profile}: {returned:?}");
        for name in returned.iter().filter(|name| *name != "sub") {
            assert!(of_scopes.contains(&name.as_str()), "{profile}: {name}");
        }
    }
}

#[test]
fn a_forged_host_changes_nothing() {
    for profile in oauth_mimic::profiles() {
        let server = server(profile);
        let path = path_of(&server, &server.metadata_url()).to_owned();
        let honest = get(server.address(), &path);
        let forged = "X-Forwarded-Host: evil.example\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Prefix: /evil\r\nForwarded: host=evil.example;proto=https\r\n";
        for head in [
            format!("GET {path} HTTP/1.1\r\nHost: evil.example\r\n\r\n"),
            format!(
                "GET {path} HTTP/1.1\r\nHost: {}\r\n{forged}\r\n",
                server.address()
            ),
            format!("GET http://evil.example{path} HTTP/1.1\r\nHost: evil.example\r\n{forged}\r\n"),
        ] {
            let answer = send(server.address(), head.as_bytes());
            assert_eq!(answer.text(), honest.text(), "{head}");
        }
        let form = "grant_type=refresh_token&refresh_token=REFRESH_TOKEN&client_id=client-default&client_secret=client-default-secret";
        let request = format!(
            "POST {} HTTP/1.1\r\nHost: evil.example\r\n{forged}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
            path_of(&server, &server.token_url()),
            form.len()
        );
        let answer = send(server.address(), request.as_bytes());
        for name in ["access_token", "refresh_token", "id_token"] {
            assert_eq!(
                part(&answer.member(name), 1)["iss"],
                server.issuer(),
                "{profile}: {name}"
            );
        }
    }
}

#[test]
fn the_issuer_may_be_pinned_apart_from_where_the_server_is_reached() {
    for (profile, prefix) in [("connect", "/connect"), ("standard", "")] {
        let pinned = TokenServer::builder()
            .profile(profile)
            .issuer("https://login.example.test/tenant")
            .start();
        let document = metadata(&pinned);
        assert_eq!(document["issuer"], "https://login.example.test/tenant");
        assert_eq!(document["token_endpoint"], pinned.token_url());
        assert!(
            pinned
                .token_url()
                .starts_with(&format!("http://{}", pinned.address()))
        );
        assert_eq!(
            part(&pinned.mint().access_token(), 1)["iss"],
            document["issuer"]
        );

        let named = TokenServer::builder()
            .profile(profile)
            .base_url("http://mimic.test:8080")
            .start();
        let path = format!("{prefix}/.well-known/openid-configuration");
        let document = get(named.address(), &path).json();
        assert_eq!(
            document["issuer"],
            format!("http://mimic.test:8080{prefix}")
        );
        for name in ["token_endpoint", "authorization_endpoint", "jwks_uri"] {
            let url = document[name].as_str().expect("a URL");
            assert!(url.starts_with("http://mimic.test:8080/"), "{name}: {url}");
        }
    }
}

#[test]
fn documents_may_be_kept_for_a_minute_and_asked_for_again_by_their_tag() {
    for profile in oauth_mimic::profiles() {
        let server = server(profile);
        for url in [server.metadata_url(), server.jwks_url()] {
            let path = path_of(&server, &url);
            let whole = get(server.address(), path);
            assert_eq!(whole.status, 200);
            assert_eq!(
                whole.header("cache-control"),
                Some("public, max-age=60"),
                "{url}"
            );
            assert_eq!(
                whole.header("content-type"),
                Some("application/json"),
                "{url}"
            );
            let tag = whole.header("etag").expect("a tag");
            assert!(
                tag.starts_with('"') && tag.ends_with('"') && tag.len() > 10,
                "strong: {tag}"
            );
            for (known, status) in [
                (tag.to_owned(), 304),
                (format!("W/{tag}"), 304),
                (format!(r#""other", {tag}"#), 304),
                ("*".to_owned(), 304),
                (r#""other""#.to_owned(), 200),
                ("other".to_owned(), 200),
            ] {
                let answer = get_with(&server, path, &format!("If-None-Match: {known}\r\n"));
                assert_eq!(answer.status, status, "{url}: {known}");
                assert_eq!(answer.header("etag"), Some(tag), "{url}: {known}");
                assert_eq!(answer.header("cache-control"), Some("public, max-age=60"));
                let body = if status == 304 { "" } else { whole.text() };
                assert_eq!(answer.text(), body, "{url}: {known}");
            }
        }
    }
}

#[test]
fn tags_follow_the_content() {
    let tag = |server: &TokenServer, url: String| {
        let answer = get(server.address(), path_of(server, &url));
        answer.header("etag").expect("a tag").to_owned()
    };
    let (one, two) = (server("connect"), server("connect"));
    assert_eq!(
        tag(&one, one.jwks_url()),
        tag(&two, two.jwks_url()),
        "the same keys"
    );
    assert_ne!(
        tag(&one, one.metadata_url()),
        tag(&two, two.metadata_url()),
        "other addresses"
    );
}

#[test]
fn head_answers_as_get_does_without_the_body() {
    for profile in oauth_mimic::profiles() {
        let server = server(profile);
        for url in [server.metadata_url(), server.jwks_url()] {
            let path = path_of(&server, &url);
            let whole = get(server.address(), path);
            // Twice over one connection: a body of the first would stand where the second begins.
            let head = format!("HEAD {path} HTTP/1.1\r\nHost: x\r\n\r\n").repeat(2);
            let answers = exchange(server.address(), head.as_bytes(), 2);
            assert_eq!(answers.len(), 2, "{url}");
            for answer in answers {
                assert_eq!(answer.status, 200, "{url}");
                for name in ["content-type", "content-length", "cache-control", "etag"] {
                    assert_eq!(answer.header(name), whole.header(name), "{url}: {name}");
                }
            }
        }
    }
}

/// One of the test keys, in PEM.
fn key_file(name: &str) -> String {
    let path = format!("{}/keys/{name}.pem", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).expect("a key")
}

#[test]
fn published_keys_hold_nothing_private() {
    for keys in ["signing", "unpublished"] {
        let server = TokenServer::builder().keys_text(key_file(keys)).start();
        let document = jwks(&server);
        assert_eq!(
            document.as_object().expect("an object").len(),
            1,
            "{document}"
        );
        let published = document["keys"].as_array().expect("keys");
        assert_eq!(published.len(), 1);
        for key in published {
            let mut members: Vec<&str> = key
                .as_object()
                .expect("a key")
                .keys()
                .map(String::as_str)
                .collect();
            members.sort_unstable();
            assert_eq!(members, ["alg", "e", "kid", "kty", "n", "use"]);
            assert_eq!(
                (&key["kty"], &key["alg"], &key["use"]),
                (&json!("RSA"), &json!("RS256"), &json!("sig"))
            );
            let n = URL_SAFE_NO_PAD
                .decode(key["n"].as_str().expect("n"))
                .expect("base64url");
            assert_eq!(
                (n.len(), n[0] >= 0x80),
                (256, true),
                "2048 bits, no zero in front"
            );
            assert_eq!(key["e"], "AQAB");
        }
    }
}

#[test]
fn a_kid_is_the_keys_thumbprint() {
    for keys in ["signing", "unpublished"] {
        let server = TokenServer::builder()
            .profile("standard")
            .keys_text(key_file(keys))
            .start();
        let key = jwks(&server)["keys"][0].clone();
        // RFC 7638 §3: the required members, in the order of their names, without white space.
        let required: BTreeMap<&str, &str> = ["n", "kty", "e"]
            .into_iter()
            .map(|name| (name, key[name].as_str().expect("a text")))
            .collect();
        let digest = Sha256::digest(serde_json::to_vec(&required).expect("JSON"));
        assert_eq!(key["kid"], URL_SAFE_NO_PAD.encode(digest));
        let minted = server.mint().response();
        for token in [
            minted.access_token(),
            minted.refresh_token().expect("a refresh token"),
            minted.id_token().expect("openid"),
        ] {
            assert_eq!(part(token, 0)["kid"], key["kid"]);
        }
    }
}

/// A test key as a private JWK (RFC 7518 §6.3.2).
fn private_jwk(file: &str, kid: &str) -> Value {
    let key = PrivateKey::from_pkcs8_pem(&key_file(file)).expect("a key");
    let number = |number: &BoxedUint| URL_SAFE_NO_PAD.encode(number.to_be_bytes_trimmed_vartime());
    json!({ "kty": "RSA", "kid": kid, "n": number(key.n()), "e": number(key.e()), "d": number(key.d()),
        "p": number(&key.primes()[0]), "q": number(&key.primes()[1]) })
}

#[test]
fn every_key_of_a_set_is_published_and_believed_under_its_own_kid_and_the_first_signs() {
    let (old, new) = (
        private_jwk("signing", "old"),
        private_jwk("unpublished", "new"),
    );
    for profile in oauth_mimic::profiles() {
        let with = |keys: Value| {
            TokenServer::builder()
                .profile(profile)
                .issuer("https://login.example.test")
                .keys_text(keys.to_string())
                .start()
        };
        let before = with(old.clone());
        let after = with(json!({ "keys": [new, old] }));
        let document = jwks(&after);
        let keys = document["keys"].as_array().expect("keys");
        let kids: Vec<&Value> = keys.iter().map(|key| &key["kid"]).collect();
        assert_eq!(kids, ["new", "old"], "{profile}");
        assert!(
            keys.iter()
                .all(|key| key.as_object().is_some_and(|key| key.len() == 6))
        );
        assert_eq!(
            (&keys[0]["n"], &keys[1]["n"]),
            (&new["n"], &old["n"]),
            "{profile}"
        );

        let answer = refresh(
            &after,
            &before.mint().client("client-default").refresh_token(),
            "",
        );
        assert_eq!(
            answer.status, 200,
            "{profile}: a retired key is still believed"
        );
        if profile == "standard" {
            assert_eq!(part(&answer.member("access_token"), 0)["kid"], "new");
        }
        let back = refresh(&before, &answer.member("refresh_token"), "");
        assert_eq!(
            back.error(),
            "invalid_grant",
            "{profile}: a key that is not published"
        );
    }
}

#[test]
fn the_documented_servers_tokens_name_no_key() {
    let server = server("connect");
    let minted = server.mint().response();
    for token in [
        minted.access_token(),
        minted.refresh_token().expect("a refresh token"),
        minted.id_token().expect("openid"),
    ] {
        assert_eq!(part(token, 0), json!({"alg": "RS256", "typ": "JWT"}));
    }
}

#[test]
fn without_a_client_it_lists_nothing_instead_of_empty_lists() {
    let server = TokenServer::builder()
        .profile("standard")
        .client(Client::confidential("app", "s3cret").scope("openid"))
        .user(User::new("alice"))
        .start();
    let members = [
        "scopes_supported",
        "grant_types_supported",
        "token_endpoint_auth_methods_supported",
    ];
    let read = || Request::get("").send_to(&server.metadata_url()).json();
    assert!(members.iter().all(|name| read()[*name].is_array()));
    server.remove_client("app");
    for name in members {
        assert_eq!(read().get(name), None, "{name}");
    }
}
