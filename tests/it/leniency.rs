//! Leniency: each refusal that can be tolerated is refused without it, is answered with tokens with it, and is in the journal.

use oauth_mimic::{
    AuthMethod, Client, Clock, Defect, Endpoint, ErrorDialect, Leniency, Login, NamedRefreshToken,
    RefreshPolicy, RefusalName, SandboxGuard, SandboxOptions, TokenServer, User,
};

use crate::drive::Plane;
use crate::support::{Answer, Request, basic, encoded, path_of};

const GOOD: &str = "grant_type=refresh_token&refresh_token=SEEDED";
const CALLBACK: &str = "https://client.example/callback";
/// The pair of RFC 7636 Appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str =
    "code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";
/// A post-logout redirect URI that no client has.
const ELSEWHERE: &str = "https://elsewhere.test/";
const PUBLIC: &str = "grant_type=refresh_token&refresh_token=PUBLIC&client_id=public";

/// A server with everything that the requests below are about.
fn server(leniency: Leniency, name: RefusalName) -> TokenServer {
    let builder = TokenServer::builder()
        .profile("standard")
        .client(
            Client::confidential("app", "s+cret")
                .scope("a b")
                .redirect_uri(CALLBACK),
        )
        .client(Client::public("native").redirect_uri(CALLBACK))
        .client(Client::confidential("code", "s").redirect_uri(CALLBACK))
        .client(
            Client::confidential("refresh", "s")
                .redirect_uri(CALLBACK)
                .grant_types(["refresh_token"]),
        )
        .client(
            Client::confidential("hybrid", "s")
                .scope("openid a")
                .redirect_uri(CALLBACK)
                .response_types(["code", "code id_token"]),
        )
        .client(Client::public("public").grant_types(["refresh_token", "client_credentials"]))
        .client(Client::confidential("other", "s").scope("a b"))
        .client(
            Client::confidential("poster", "s")
                .scope("a b")
                .auth_method(AuthMethod::ClientSecretPost),
        )
        .client(Client::confidential("rotating", "s").refresh(RefreshPolicy::Rotate))
        .client(Client::confidential("unscoped", "s"))
        .user(User::new("alice"))
        .refresh_token(NamedRefreshToken::new("SEEDED", "app", "alice").scope("a"))
        .refresh_token(NamedRefreshToken::new("STALE", "app", "alice").expires_at(-1))
        .refresh_token(NamedRefreshToken::new("ONCE", "rotating", "alice").scope("a"))
        .refresh_token(NamedRefreshToken::new("POSTED", "poster", "alice").scope("a"))
        .refresh_token(NamedRefreshToken::new("UNSCOPED", "unscoped", "alice"))
        .refresh_token(NamedRefreshToken::new("PUBLIC", "public", "alice"))
        .leniency(leniency);
    match name {
        RefusalName::ScopeEmpty => builder.error_dialect(ErrorDialect::Spring).start(),
        _ => builder.start(),
    }
}

/// Sends a request that is refused for that reason and for no other one.
fn provoke(server: &TokenServer, name: RefusalName) -> Answer {
    let request = authorization(name)
        .map(|query| authorization_request(server, &query))
        .or_else(|| exchange(server, name))
        .unwrap_or_else(|| token_request(server, name));
    request.send(server.address())
}

/// The query of an authorization request that is refused for that reason.
fn authorization(name: RefusalName) -> Option<String> {
    use RefusalName as R;
    let app = format!("client_id=app&redirect_uri={}", encoded(CALLBACK));
    let code = format!("{app}&response_type=code");
    let hybrid = code.replace("=app", "=hybrid") + "%20id_token";
    Some(match name {
        R::ClientIdMissing => "response_type=code".to_owned(),
        R::AuthorizationClientUnknown => code.replace("=app", "=nobody"),
        R::RedirectUriUnregistered => code.replace("callback", "callback%2F"),
        R::ResponseTypeMissing => app,
        R::ResponseTypeUnsupported => format!("{app}&response_type=none"),
        R::ResponseTypeNotAllowed => code.replace("=app", "=refresh"),
        R::ResponseModeUnsupported => format!("{code}&response_mode=jwt"),
        R::ParameterMalformed => format!("{code}&max_age=soon"),
        R::RequestNotSupported => format!("{code}&request=e30.e30."),
        R::RequestUriNotSupported => format!("{code}&request_uri=urn%3Ax"),
        R::RegistrationNotSupported => format!("{code}&registration=%7B%7D"),
        R::PkceMissing => code.replace("=app", "=native"),
        R::PkceMalformed => format!("{code}&code_challenge=short&code_challenge_method=S256"),
        R::PkceMethodUnsupported => {
            format!("{code}&{}", CHALLENGE.replace("S256", "plain"))
        }
        R::IdTokenHintInvalid => format!("{code}&id_token_hint=e30.e30."),
        R::OpenidMissing => format!("{hybrid}&scope=a&nonce=n"),
        R::NonceMissing => format!("{hybrid}&scope=openid"),
        _ => return None,
    })
}

/// An authorization request, at which the first user logs in.
fn authorization_request(server: &TokenServer, query: &str) -> Request {
    server.next_login(Login::new());
    let url = server.authorization_url();
    Request::new("GET", &format!("{}?{query}", path_of(server, &url)))
}

/// An exchange of a code that is refused for that reason.
fn exchange(server: &TokenServer, name: RefusalName) -> Option<Request> {
    use RefusalName as R;
    let uri = format!("redirect_uri={}", encoded(CALLBACK));
    let code = |more: &str| {
        let query = format!("client_id=code&{uri}&response_type=code&{more}");
        let answer = authorization_request(server, &query).send(server.address());
        let location = answer.header("location").expect("a redirect");
        let (_, code) = location.split_once("?code=").expect("a code");
        code.split('&').next().expect("a code").to_owned()
    };
    let form = match name {
        R::CodeMissing => uri,
        R::CodeUnknown => format!("{uri}&code=no-such-code"),
        R::CodeWrongClient => {
            let form = format!("grant_type=authorization_code&{uri}&code={}", code(""));
            let path = server.token_url();
            let path = path_of(server, &path).to_owned();
            return Some(Request::form(&path, form).basic("app", "s%2Bcret"));
        }
        R::CodeExpired => {
            let code = code("");
            server.clock().advance(61);
            format!("{uri}&code={code}")
        }
        R::CodeReplayed => {
            let form = format!("{uri}&code={}", code(""));
            let first = code_exchange(server, &form).send(server.address());
            assert_eq!(first.status, 200, "{}", first.text());
            form
        }
        R::CodeRevoked => {
            let code = code("");
            let ended = Plane::of(server).delete("/sessions");
            assert_eq!(ended.status, 204, "{}", ended.text());
            format!("{uri}&code={code}")
        }
        R::RedirectUriNotRepeated => format!("code={}", code("")),
        R::RedirectUriMismatch => format!("code={}&{uri}%2F", code("")),
        R::VerifierMissing => format!("{uri}&code={}", code(CHALLENGE)),
        R::VerifierMalformed => format!("{uri}&code={}&code_verifier=short", code(CHALLENGE)),
        R::VerifierWrong => {
            let wrong = VERIFIER.replace("dBj", "DBj");
            format!("{uri}&code={}&code_verifier={wrong}", code(CHALLENGE))
        }
        R::VerifierUnexpected => format!("{uri}&code={}&code_verifier={VERIFIER}", code("")),
        _ => return None,
    };
    Some(code_exchange(server, &form))
}

fn code_exchange(server: &TokenServer, form: &str) -> Request {
    let url = server.token_url();
    let form = format!("grant_type=authorization_code&{form}");
    Request::form(path_of(server, &url), form).basic("code", "s")
}

/// A token request of another grant that is refused for that reason.
#[expect(clippy::too_many_lines, reason = "one table")]
fn token_request(server: &TokenServer, name: RefusalName) -> Request {
    use RefusalName as R;
    let url = server.token_url();
    let path = path_of(server, &url);
    let form = |form: &str| Request::form(path, form).basic("app", "s%2Bcret");
    let token = |token: &str| {
        form(&format!(
            "grant_type=refresh_token&refresh_token={}",
            encoded(token)
        ))
    };
    let minted = |defect: Defect| {
        let minted = server.mint().client("app").defect(defect);
        token(&minted.refresh_token())
    };
    let anonymous = |form: &str| Request::form(path, form);
    let (userinfo, revocation) = (server.userinfo_url(), server.revocation_url());
    let (userinfo, revocation) = (path_of(server, &userinfo), path_of(server, &revocation));
    let mint = || server.mint().client("unscoped").scope("openid");
    let bearer = |token: &str| Request::get(userinfo).authorization(format!("Bearer {token}"));
    let defective = |defect: Defect| bearer(&mint().defect(defect).access_token());
    let revoke =
        |token: &str| Request::form(revocation, format!("token={token}")).basic("unscoped", "s");
    match name {
        R::MethodNotAllowed => form(GOOD).method("PUT"),
        R::ContentType => form(GOOD).content_type("text/plain"),
        R::Charset => form(GOOD).content_type("application/x-www-form-urlencoded; charset=latin1"),
        R::ContentEncoding => form(GOOD).header("Content-Encoding", "gzip"),
        R::Unreadable => form(&format!("{GOOD}&x=%zz")),
        R::ParameterInUri => {
            Request::form(&format!("{path}?scope=a"), GOOD).basic("app", "s%2Bcret")
        }
        R::ParameterRepeated => form(&format!("{GOOD}&scope=a&scope=a")),
        R::GrantTypeMissing => form("refresh_token=SEEDED"),
        R::RefreshTokenMissing => form("grant_type=refresh_token"),
        R::AuthenticationMissing => anonymous(GOOD),
        R::SchemeUnsupported => anonymous(PUBLIC).authorization("Digest x"),
        R::BasicMalformed => anonymous(PUBLIC).authorization("Basic ?"),
        R::SeveralAuthenticationMethods => form(&format!("{GOOD}&client_secret=x")),
        R::AssertionUnsupported => anonymous(
            "grant_type=refresh_token&refresh_token=PUBLIC&client_id=public&client_assertion=x",
        ),
        R::ClientIdMismatch => form(&format!("{GOOD}&client_id=other")),
        R::ClientUnknown => {
            anonymous("grant_type=client_credentials&client_id=nobody&client_secret=x")
        }
        R::SecretWrong => Request::form(path, GOOD).basic("app", "wrong"),
        R::SecretNotEncoded => Request::form(path, GOOD).authorization(basic("app", "s+cret")),
        R::SecretMissing => anonymous(&format!("{GOOD}&client_id=app")),
        R::SecretUnexpected => anonymous(
            "grant_type=refresh_token&refresh_token=PUBLIC&client_id=public&client_secret=x",
        ),
        R::AuthMethodNotRegistered => {
            Request::form(path, "grant_type=refresh_token&refresh_token=POSTED")
                .basic("poster", "s")
        }
        R::GrantTypeUnsupported => form("grant_type=password&username=alice"),
        R::GrantTypeNotAllowed => form("grant_type=client_credentials"),
        R::ClientNotConfidential => anonymous("grant_type=client_credentials&client_id=public"),
        R::RefreshTokenUnknown => token("no-such-token"),
        R::RefreshTokenForged => minted(Defect::ForeignKey),
        R::RefreshTokenWrongKind => token(&server.mint().client("app").access_token()),
        R::RefreshTokenWrongIssuer => minted(Defect::WrongIssuer),
        R::RefreshTokenWrongClient => token(&server.mint().client("other").refresh_token()),
        R::RefreshTokenWrongType => minted(Defect::WrongType),
        R::RefreshTokenWrongAudience => minted(Defect::WrongAudience),
        R::RefreshTokenNotYetValid => minted(Defect::NotYetValid),
        R::RefreshTokenIssuedInFuture => minted(Defect::IssuedInFuture),
        R::RefreshTokenExpired => token("STALE"),
        R::GrantRevoked | R::RefreshTokenReplayed => {
            let use_up = || {
                Request::form(path, "grant_type=refresh_token&refresh_token=ONCE")
                    .basic("rotating", "s")
            };
            let first = use_up().send(server.address());
            assert_eq!(first.status, 200, "{}", first.text());
            if name == R::RefreshTokenReplayed {
                use_up()
            } else {
                use_up().send(server.address());
                let next = encoded(&first.member("refresh_token"));
                Request::form(
                    path,
                    format!("grant_type=refresh_token&refresh_token={next}"),
                )
                .basic("rotating", "s")
            }
        }
        R::UserUnknown => {
            let minted = server.mint().client("app").refresh_token();
            server.remove_user("alice");
            token(&minted)
        }
        R::ScopeMalformed => form(&format!("{GOOD}&scope=a++%22")),
        R::ScopeNotRegistered => form(&format!("{GOOD}&scope=a+c")),
        R::ScopeNotGranted => form(&format!("{GOOD}&scope=a+b")),
        R::ScopeEmpty => Request::form(path, "grant_type=refresh_token&refresh_token=UNSCOPED")
            .basic("unscoped", "s"),
        R::TokenTypeUnsupported => revoke(&mint().id_token()),
        R::TokenWrongClient => revoke(&server.mint().client("other").access_token()),
        R::BearerMissing => Request::get(userinfo),
        R::BearerMalformed => {
            let token = mint().access_token();
            Request::form(userinfo, format!("access_token={token}"))
                .authorization(format!("Bearer {token}"))
        }
        R::BearerInQuery => Request::get(&format!(
            "{userinfo}?access_token={}",
            mint().access_token()
        )),
        R::AccessTokenUnknown => bearer("no-such-token"),
        R::AccessTokenForged => defective(Defect::ForeignKey),
        R::AccessTokenWrongKind => bearer(&mint().id_token()),
        R::AccessTokenWrongIssuer => defective(Defect::WrongIssuer),
        R::AccessTokenInvalid => defective(Defect::NotYetValid),
        R::AccessTokenExpired => defective(Defect::Expired),
        R::AccessTokenRevoked => {
            let token = mint().access_token();
            let revoked = revoke(&token).send(server.address());
            assert_eq!(revoked.status, 200, "{}", revoked.text());
            bearer(&token)
        }
        R::AccessTokenWithoutUser => {
            let token = mint().access_token();
            server.remove_user("alice");
            bearer(&token)
        }
        R::PostLogoutRedirectUriUnregistered => {
            let hint = server.mint().client("hybrid").scope("openid").id_token();
            let query = format!(
                "id_token_hint={hint}&post_logout_redirect_uri={}",
                encoded(ELSEWHERE)
            );
            Request::get(&format!("/oauth2/logout?{query}"))
        }
        R::ScopeInsufficient => bearer(&server.mint().client("app").access_token()),
        other => panic!("there is no request for {other}: add one"),
    }
}

/// Returns true if the answer is a refusal, on a page or for the client.
fn is_refused(answer: &Answer) -> bool {
    let sent = answer.header("location").unwrap_or_default();
    (400..500).contains(&answer.status) || (sent.contains("?error=") || sent.contains("#error="))
}

/// Returns true if the answer has what its endpoint gives.
fn is_granted(answer: &Answer, endpoint: Endpoint) -> bool {
    let has = |name: &str| answer.status == 200 && !answer.member(name).is_empty();
    match endpoint {
        Endpoint::Authorization => {
            let sent = answer.header("location").unwrap_or_default();
            sent.contains("?code=") || sent.contains("#code=")
        }
        Endpoint::EndSession => answer.header("location") == Some(ELSEWHERE),
        Endpoint::Userinfo => has("sub"),
        Endpoint::Revocation => answer.status == 200 && answer.body.is_empty(),
        _ => has("access_token"),
    }
}

/// The refusals of which several are met by one request, with those that it meets besides.
fn met_with(name: RefusalName) -> &'static [RefusalName] {
    use RefusalName as R;
    match name {
        // The scope is not granted either.
        R::ScopeNotRegistered => &[R::ScopeNotGranted],
        R::VerifierMalformed => &[R::VerifierWrong],
        R::BearerMalformed => &[R::AccessTokenUnknown],
        _ => &[],
    }
}

#[test]
fn each_refusal_that_can_be_tolerated_is_refused_without_leniency_and_answered_with_it() {
    for name in Leniency::anything().names() {
        let strict = provoke(&server(Leniency::default(), name), name);
        assert!(is_refused(&strict), "{name} without leniency: {strict:?}");
        let named = met_with(name).iter().copied().chain([name]);
        let lenient = server(Leniency::of(named).expect("tolerable names"), name);
        let answer = provoke(&lenient, name);
        let last = lenient.requests().pop().expect("a request");
        let granted = is_granted(&answer, last.endpoint);
        assert!(granted, "{name} with leniency: {answer:?}");
        assert!(
            last.advice
                .iter()
                .any(|advice| advice.text.starts_with(&format!("{name} was tolerated"))),
            "{name}: {:?}",
            last.advice
        );
    }
}

#[test]
fn a_refusal_that_is_not_named_is_still_refused() {
    let tolerant = Leniency::of([RefusalName::SecretWrong]).expect("a tolerable name");
    for name in [RefusalName::ClientUnknown, RefusalName::ScopeNotGranted] {
        let answer = provoke(&server(tolerant, name), name);
        assert!(
            (400..500).contains(&answer.status),
            "{name}: {}",
            answer.text()
        );
    }
}

#[test]
fn a_tolerated_response_type_is_answered_in_the_requested_mode() {
    let name = RefusalName::ResponseTypeUnsupported;
    let lenient = server(Leniency::of([name]).expect("a tolerable name"), name);
    let callback = encoded(CALLBACK);
    for (mode, joint) in [("query", '?'), ("fragment", '#')] {
        // No profile has this response type, whose usual mode is the fragment.
        let query = format!(
            "client_id=app&redirect_uri={callback}&response_type=token&response_mode={mode}"
        );
        let answer = authorization_request(&lenient, &query).send(lenient.address());
        let location = answer.header("location").unwrap_or_default();
        let begin = format!("{CALLBACK}{joint}code=");
        assert!(location.starts_with(&begin), "{mode}: {answer:?}");
    }
}

#[test]
fn a_client_may_be_tolerated_more_than_the_others() {
    let lenient = Leniency::of([RefusalName::SecretWrong]).expect("a tolerable name");
    let server = TokenServer::builder()
        .client(
            Client::confidential("lax", "s")
                .grant_types(["client_credentials"])
                .leniency(lenient),
        )
        .client(Client::confidential("strict", "s").grant_types(["client_credentials"]))
        .start();
    let ask = |client: &str| {
        Request::form("", "grant_type=client_credentials")
            .basic(client, "wrong")
            .send_to(&server.token_url())
            .status
    };
    assert_eq!((ask("lax"), ask("strict")), (200, 401));
}

#[test]
fn a_server_that_tolerates_anything_answers_a_client_that_knows_nothing_of_it() {
    let server = TokenServer::builder()
        .leniency(Leniency::anything())
        .clock(&Clock::real())
        .start();
    for form in [
        "grant_type=refresh_token&refresh_token=whatever&client_id=mine&client_secret=x&scope=read+write",
        "grant_type=authorization_code&code=x&redirect_uri=y&client_id=mine",
        "grant_type=client_credentials&client_id=mine&client_secret=x&scope=read",
        "",
    ] {
        let answer = Request::form("", form).send_to(&server.token_url());
        assert_eq!(answer.status, 200, "{form}: {}", answer.text());
    }
}

#[test]
fn the_refresh_token_of_a_tolerated_request_is_as_good_as_any() {
    let name = RefusalName::RefreshTokenMissing;
    let server = server(Leniency::of([name]).expect("a tolerable name"), name);
    let refresh = |form: &str| {
        let answer = Request::form("", form)
            .basic("other", "s")
            .send_to(&server.token_url());
        assert_eq!(answer.status, 200, "{form}: {}", answer.text());
        answer.json()["refresh_token"].as_str().map(str::to_owned)
    };
    let token = refresh("grant_type=refresh_token").expect("a refresh token");
    refresh(&format!("grant_type=refresh_token&refresh_token={token}"));
}

#[test]
fn fixtures_and_sandboxes_have_a_leniency_too() {
    let fixtures =
        r#"{ "leniency": ["client_unknown"], "clients": [], "users": [{ "sub": "alice" }] }"#;
    let server = TokenServer::builder()
        .fixtures_json("lax.json", fixtures)
        .start();
    let ask = |url: &str| {
        Request::form(
            "",
            "grant_type=client_credentials&client_id=nobody&client_secret=x",
        )
        .send_to(url)
        .status
    };
    assert_eq!(ask(&server.token_url()), 200);
    let inherits = server.sandbox();
    assert_eq!(ask(&inherits.token_url()), 200);
    let why = TokenServer::builder()
        .fixtures_json("wrong.json", r#"{ "leniency": ["body_too_large"] }"#)
        .try_start()
        .expect_err("not tolerable")
        .to_string();
    assert!(
        why.contains("/leniency") && why.contains("cannot be tolerated"),
        "{why}"
    );
}

#[test]
fn a_sandbox_adds_its_leniency_to_that_of_the_server_and_of_its_fixtures() {
    let of = |name| Leniency::of([name]).expect("a tolerable name");
    let server = TokenServer::builder()
        .client(Client::confidential("app", "s").grant_types(["client_credentials"]))
        .leniency(of(RefusalName::ClientUnknown))
        .start();
    let ask = |sandbox: &SandboxGuard, client: &str| {
        Request::form("", "grant_type=client_credentials")
            .basic(client, "wrong")
            .send_to(&sandbox.token_url())
            .status
    };
    let added = || SandboxOptions::new().leniency(of(RefusalName::SecretWrong));
    let fixtures = r#"{ "clients": [
        { "client_id": "app", "client_secret": "s", "grant_types": ["client_credentials"] }
    ] }"#;
    for options in [added(), added().seed(7), added().fixtures_json(fixtures)] {
        let sandbox = server.sandbox_with(options);
        assert_eq!((ask(&sandbox, "nobody"), ask(&sandbox, "app")), (200, 200));
    }
    let plain = server.sandbox();
    assert_eq!((ask(&plain, "nobody"), ask(&plain, "app")), (200, 401));
}

#[test]
fn a_tolerated_replay_does_not_revoke_the_grant() {
    let name = RefusalName::RefreshTokenReplayed;
    let server = server(Leniency::of([name]).expect("a tolerable name"), name);
    let refresh = |token: &str| {
        let answer = Request::form(
            "",
            format!("grant_type=refresh_token&refresh_token={}", encoded(token)),
        )
        .basic("rotating", "s")
        .send_to(&server.token_url());
        assert_eq!(answer.status, 200, "{token}: {}", answer.text());
        answer.member("refresh_token")
    };
    let next = refresh("ONCE");
    refresh("ONCE");
    refresh(&next);
}

#[test]
fn a_tolerated_scope_is_issued_after_the_granted_one() {
    let name = RefusalName::ScopeNotGranted;
    let server = server(Leniency::of([name]).expect("a tolerable name"), name);
    let answer = Request::form("", format!("{GOOD}&scope=b+a"))
        .basic("app", "s%2Bcret")
        .send_to(&server.token_url());
    assert_eq!(answer.member("scope"), "a b");
}

#[test]
fn a_json_body_is_read_where_its_content_type_is_tolerated() {
    let name = RefusalName::ContentType;
    let server = server(Leniency::of([name]).expect("a tolerable name"), name);
    let json = r#"{ "grant_type": "refresh_token", "refresh_token": "SEEDED", "max_age": 1 }"#;
    let answer = Request::form("", json)
        .content_type("application/json")
        .basic("app", "s%2Bcret")
        .send_to(&server.token_url());
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.member("scope"), "a");
}

#[test]
fn a_refusal_names_what_was_sent_and_what_would_be_accepted() {
    let strict =
        |name| provoke(&server(Leniency::default(), name), name).member("error_description");
    for (name, text) in [
        (
            RefusalName::GrantTypeUnsupported,
            "password is not supported; this server supports refresh_token, client_credentials, authorization_code",
        ),
        (
            RefusalName::RefreshTokenWrongKind,
            "this is an access token, not a refresh token",
        ),
        (
            RefusalName::AuthMethodNotRegistered,
            "used client_secret_basic, but is registered for client_secret_post",
        ),
    ] {
        let description = strict(name);
        assert!(description.contains(text), "{name}: {description}");
    }
}
