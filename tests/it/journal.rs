//! The journal: what it keeps and what it never shows, where tokens come from, and what it advises.

use std::time::Duration;

use oauth_mimic::{
    AuthMethod, Client, Clock, Endpoint, Exchange, Expectation, FaultKind, Filter, Mimic,
    NamedRefreshToken, Outcome, RefreshPolicy, Timestamp, TokenServer, User,
};
use serde_json::{Value, json};

use crate::drive::{Plane, fetch, frozen, post_form, refresh, refresh_as, request};
use crate::support::{basic, encoded, part};

const SCOPE: &str = "openid email";
const SECRET: &str = "hush/hush-hush";

/// The last exchange of a server.
#[track_caller]
fn last(mimic: &Mimic) -> Exchange {
    let requests = mimic.requests();
    requests.last().expect("a request came").clone()
}

// --- what it keeps ------------------------------------------------------------------------------------------------

#[test]
fn it_keeps_as_many_of_the_last_exchanges_as_it_has_room_for() {
    for (capacity, kept) in [
        (0, &[][..]),
        (1, &[5]),
        (3, &[3, 4, 5]),
        (5, &[1, 2, 3, 4, 5]),
        (9, &[1, 2, 3, 4, 5]),
    ] {
        let server = TokenServer::builder().journal(capacity).start();
        for _ in 0..5 {
            assert_eq!(refresh(&server, "REFRESH_TOKEN", "").status, 200);
        }
        let numbers: Vec<u64> = server.requests().iter().map(|e| e.number).collect();
        assert_eq!(numbers, kept, "{capacity}");
        let plane = Plane::of(&server);
        for number in 1..=5 {
            let status = if kept.contains(&number) { 200 } else { 404 };
            assert_eq!(
                plane.get(&format!("/requests/{number}")).status,
                status,
                "{capacity}: {number}"
            );
        }
    }
}

#[test]
fn it_tells_the_time_by_both_clocks() {
    let server = frozen();
    fetch(&server.jwks_url());
    let exchange = last(&server);
    assert_eq!(exchange.at, "2023-03-28T12:23:16Z");
    let real: Timestamp = exchange.real_time.parse().expect("RFC 3339");
    let ago = Clock::real().now().seconds_since(real);
    assert!((0..60).contains(&ago), "{}", exchange.real_time);
    assert!((0.0..60_000.0).contains(&exchange.duration_ms));
}

#[test]
fn it_tells_who_asked_for_what_and_what_came_of_it() {
    let server = frozen();
    let by_form = |id: &str, more: &str| {
        let form = format!("grant_type=refresh_token&client_id={id}{more}");
        post_form(&server.token_url(), None, &form);
        last(&server)
    };
    refresh(&server, "REFRESH_TOKEN", "&scope=email");
    let issued = last(&server);
    assert_eq!(issued.auth_method, Some(AuthMethod::ClientSecretBasic));
    assert_eq!(issued.client_id.as_deref(), Some("client-default"));
    assert_eq!(issued.grant_type.as_deref(), Some("refresh_token"));
    assert_eq!(
        (
            issued.endpoint,
            issued.method.as_str(),
            issued.path.as_str()
        ),
        (Endpoint::Token, "POST", "/connect/oauth/token")
    );
    assert_eq!(
        (issued.status, issued.outcome, issued.reason),
        (200, Outcome::Issued, None)
    );
    let parameters: Vec<(&str, &str)> = issued
        .parameters
        .iter()
        .map(|p| (p.name.as_str(), p.value.as_str()))
        .collect();
    assert_eq!(
        parameters,
        [
            ("grant_type", "refresh_token"),
            ("refresh_token", "[redacted]"),
            ("scope", "email")
        ]
    );

    let posted = by_form(
        "client-default",
        "&client_secret=client-default-secret&refresh_token=EXPIRED",
    );
    assert_eq!(posted.auth_method, Some(AuthMethod::ClientSecretPost));
    assert_eq!(
        (posted.status, posted.outcome, posted.error.as_deref()),
        (400, Outcome::Refused, Some("invalid_grant"))
    );
    assert!(
        posted
            .reason
            .is_some_and(|why| why.contains("expired at 2023-03-28T11:23:16Z"))
    );

    let public = by_form("client-public", "&refresh_token=PUBLIC_REFRESH_TOKEN");
    assert_eq!(
        (public.auth_method, public.status),
        (Some(AuthMethod::None), 200)
    );
    let stranger = by_form("stranger", "&refresh_token=x");
    assert_eq!(stranger.client_id.as_deref(), Some("stranger"));
    assert_eq!(
        (stranger.status, stranger.error.as_deref()),
        (401, Some("invalid_client"))
    );
    assert_eq!(
        stranger.reason.as_deref(),
        Some("there is no client stranger")
    );

    server.fail_next(1, oauth_mimic::Fault::Close);
    let url = server.token_url();
    let answers = std::panic::catch_unwind(|| post_form(&url, None, "grant_type=refresh_token"));
    assert!(answers.is_err(), "the connection is closed");
    let closed = server.wait_for(&Filter::any(), 5, Duration::from_secs(5));
    assert_eq!(
        (closed[4].status, closed[4].faults.as_slice()),
        (0, &[FaultKind::Close][..])
    );

    fetch(&format!("{}/nothing", server.base_url()));
    assert_eq!(
        (last(&server).endpoint, last(&server).status),
        (Endpoint::Unknown, 404)
    );
}

#[test]
fn a_server_stops_while_a_stream_is_open() {
    let server = frozen();
    let mut stream = Plane::of(&server).stream("/requests/stream");
    refresh(&server, "REFRESH_TOKEN", "");
    stream.until("\"outcome\":\"issued\"");
    let watch = std::time::Instant::now();
    drop(server);
    assert!(watch.elapsed() < Duration::from_secs(10));
    assert!(stream.has_ended());
}

// --- what it never shows -------------------------------------------------------------------------------------------

#[test]
fn no_secret_and_no_token_is_in_it() {
    let server = TokenServer::builder()
        .client(Client::confidential("app", SECRET).scope(SCOPE))
        .client(Client::public("open").scope(SCOPE))
        .user(User::new("alice"))
        .start();
    let plane = Plane::of(&server);
    let mut stream = plane.stream("/requests/stream");
    let minted = server.mint().client("app").response();
    let (token, secret) = (
        minted.refresh_token().expect("a refresh token"),
        encoded(SECRET),
    );
    let id_token = minted.id_token().expect("openid").to_owned();
    let good = format!("grant_type=refresh_token&refresh_token={token}");
    let url = server.token_url();
    let form = |headers: &str, url: &str, body: &str| {
        let headers = format!("{headers}Content-Type: application/x-www-form-urlencoded\r\n");
        request("POST", url, &headers, body)
    };
    let authorization = |value: &str| format!("Authorization: {value}\r\n");
    let by_basic = authorization(&basic("app", SECRET));

    assert_eq!(form(&by_basic, &url, &good).status, 200);
    let by_form = format!("{good}&client_id=app&client_secret={secret}");
    assert_eq!(form("", &url, &by_form).status, 200);
    for body in [
        format!("{by_form}wrong"),
        format!("{by_form}&client_secret={secret}"),
        format!("{good}&client_id=open&client_secret={secret}"),
        // Sent as something it is not, or under a name that is misspelt.
        format!("{by_form}&token={token}&access_token={token}&id_token_hint={id_token}"),
        format!("{by_form}&clientSecret={secret}&Refresh_Token={token}&refreshToken={token}"),
        format!("{by_form}&password={secret}&code={token}&code_verifier={secret}"),
        format!("{by_form}&client_assertion={token}&assertion={token}&subject_token={token}"),
        format!("grant_type=refresh_token&{token}"),
        format!("grant_type=refresh_token&refresh_token:{token}"),
        format!("{by_form}&scope=%zz"),
        format!("{{\"refresh_token\":\"{token}\",\"client_secret\":\"{SECRET}\"}}"),
    ] {
        form("", &url, &body);
        form(&by_basic, &url, &body);
        request("POST", &url, "Content-Type: application/json\r\n", &body);
        request("POST", &url, "Content-Type: text/plain\r\n", &body);
        request("POST", &url, "", &body);
    }
    for value in [
        format!("Bearer {token}"),
        token.to_owned(),
        SECRET.to_owned(),
        format!("Basic {SECRET}"),
        format!("Basic app:{SECRET}"),
        basic("app", &format!("{SECRET}%zz")),
        basic("stranger", SECRET),
        basic("", SECRET),
    ] {
        form(&authorization(&value), &url, &good);
    }
    for query in [by_form.as_str(), "refresh_token"] {
        form("", &format!("{url}?{query}"), &good);
        request("GET", &format!("{url}?{query}"), "", "");
    }
    // A token that is another's, another server's or broken.
    for token in [
        token.replace('.', ".x"),
        minted.access_token().to_owned(),
        id_token,
    ] {
        let body = format!("grant_type=refresh_token&refresh_token={token}");
        assert_eq!(form(&by_basic, &url, &body).status, 400);
    }

    let count = server.requests().len();
    assert!(count > 60, "{count}");
    let mut shown = vec![plane.get("/requests").text().to_owned()];
    shown.push(
        plane
            .post("/verify", &json!({ "exactly": 0 }))
            .text()
            .to_owned(),
    );
    let refused = json!({ "no_advice": true });
    shown.push(plane.post("/verify", &refused).text().to_owned());
    stream.until(&format!("id: 1.{count}\n"));
    shown.push(stream.received);
    shown.push(format!("{:?}", server.requests()));
    // Tokens, the secret, and the secret behind `app:` in base64.
    for text in shown {
        for secret in ["eyJ", "hush", "YXBwOmh1c2gv"] {
            let at = text.find(secret);
            let around = at.map(|at| &text[at.saturating_sub(300)..(at + 60).min(text.len())]);
            assert_eq!(around, None, "{secret} is shown");
        }
    }
}

// --- where tokens come from ----------------------------------------------------------------------------------------

#[test]
fn a_lineage_can_be_drawn_from_what_was_presented_to_what_was_issued() {
    for profile in oauth_mimic::profiles() {
        let server = TokenServer::builder().profile(profile).start();
        let minted = server.mint().client("client-default").response();
        let mut token = minted.refresh_token().expect("a refresh token").to_owned();
        for _ in 0..3 {
            token = refresh(&server, &token, "").member("refresh_token");
        }
        let chain = server.requests();
        let id = |token: &str| part(token, 1)["jti"].as_str().map(str::to_owned);
        assert_eq!(
            chain[0].presented,
            id(minted.refresh_token().expect("a refresh token")),
            "{profile}"
        );
        for pair in chain.windows(2) {
            let issued = pair[0].issued.as_ref().expect("tokens");
            assert_eq!(
                pair[1].presented.as_ref(),
                issued.refresh_token.as_ref(),
                "{profile}"
            );
        }
        let answer = refresh(&server, &token, "");
        let issued = last(&server).issued.expect("tokens");
        assert_eq!(
            Some(issued.access_token),
            id(&answer.member("access_token")),
            "{profile}"
        );
        assert_eq!(
            issued.refresh_token,
            id(&answer.member("refresh_token")),
            "{profile}"
        );

        let token = answer.member("refresh_token");
        refresh(&server, &token, "&scope=email");
        assert_eq!(
            last(&server).issued.expect("tokens").id_token,
            None,
            "{profile}"
        );
        refresh(&server, "REFRESH_TOKEN", "");
        let presented = last(&server).presented.expect("an id");
        assert!(presented.starts_with("named "), "{presented}");
        // A client that is refused before its token is read has presented none.
        refresh_as(&server, "client-rotating", &token, "");
        assert_eq!(
            (last(&server).presented, last(&server).issued),
            (None, None)
        );
    }
}

// --- what it advises -----------------------------------------------------------------------------------------------

/// A server whose clients reissue, rotate and reuse, and whose clock is frozen.
fn advising() -> TokenServer {
    let client = |id: &str, policy| {
        Client::confidential(id, format!("{id}-secret"))
            .scope(SCOPE)
            .refresh(policy)
    };
    TokenServer::builder()
        .client(client("client-default", RefreshPolicy::Reissue))
        .client(client("rotating", RefreshPolicy::Rotate))
        .client(client("reusing", RefreshPolicy::Reuse))
        .client(Client::confidential("odd", "a/b c").scope(SCOPE))
        .user(User::new("alice"))
        .refresh_token(NamedRefreshToken::new("NAMED", "reusing", "alice").scope(SCOPE))
        .clock(&Clock::frozen(Timestamp::from_unix(1_680_006_196)))
        .start()
}

/// The codes of the advice on the last request, and each has a text and a clause.
#[track_caller]
fn advice(mimic: &Mimic) -> Vec<&'static str> {
    let exchange = last(mimic);
    for advice in &exchange.advice {
        assert!(!advice.text.is_empty(), "{advice:?}");
        assert!(advice.clause.starts_with("RFC "), "{advice:?}");
    }
    let listed = Plane::of(mimic).list("/requests");
    let shown = listed.last().map(|exchange| exchange["advice"].clone());
    let held = serde_json::to_value(&exchange.advice).expect("JSON");
    let held = Some(held).filter(|held| *held != json!([]));
    assert_eq!(shown.filter(|shown| !shown.is_null()), held);
    exchange
        .advice
        .iter()
        .map(|advice| advice.code.as_str())
        .collect()
}

#[track_caller]
fn assert_advice(mimic: &Mimic, codes: &[&str]) {
    assert_eq!(advice(mimic), codes, "{:?}", last(mimic));
    let verified = Plane::of(mimic).post("/verify", &json!({ "no_advice": true }));
    let told = verified.text();
    assert_eq!(
        verified.status,
        if codes.is_empty() { 200 } else { 409 },
        "{told}"
    );
    for code in codes {
        assert!(told.contains(&format!("({code}; RFC ")), "{told}");
    }
}

#[track_caller]
fn minted(mimic: &Mimic, client_id: &str) -> String {
    mimic.mint().client(client_id).refresh_token()
}

#[test]
fn a_good_client_gets_no_advice() {
    let server = advising();
    let mut token = minted(&server, "rotating");
    for _ in 0..3 {
        let answer = refresh_as(&server, "rotating", &token, "&scope=openid");
        assert_eq!(answer.status, 200, "{}", answer.text());
        token = answer.member("refresh_token");
        assert_advice(&server, &[]);
        server.clock().advance(850);
    }
    fetch(&server.jwks_url());
    assert_advice(&server, &[]);
    server.verify(&Expectation::no_advice(Filter::any()));
}

#[test]
fn a_token_request_by_another_method_than_post_gets_advice() {
    let server = advising();
    request("GET", &server.token_url(), "", "");
    assert_advice(&server, &["method"]);
}

#[test]
fn parameters_in_the_uri_are_advised_on() {
    for (query, words) in [
        ("client_id=client-default", "credentials are"),
        ("scope=openid", "scope is"),
    ] {
        let server = advising();
        let form = format!(
            "grant_type=refresh_token&refresh_token={}",
            minted(&server, "client-default")
        );
        let url = format!("{}?{query}", server.token_url());
        post_form(
            &url,
            Some(("client-default", "client-default-secret")),
            &form,
        );
        assert_advice(&server, &["parameter_in_uri"]);
        let text = last(&server).advice[0].text.clone();
        assert!(text.starts_with(words), "{text}");
    }
}

#[test]
fn basic_credentials_that_are_not_form_encoded_are_advised_on() {
    let server = advising();
    let form = format!(
        "grant_type=refresh_token&refresh_token={}",
        minted(&server, "odd")
    );
    post_form(&server.token_url(), Some(("odd", "a%2Fb+c")), &form);
    assert_advice(&server, &[]);
    let server = advising();
    post_form(&server.token_url(), Some(("odd", "a/b c")), &form);
    assert_advice(&server, &["basic_not_encoded"]);
}

#[test]
fn several_authentication_methods_are_advised_on() {
    let server = advising();
    let more = "&client_id=client-default&client_secret=client-default-secret";
    refresh(&server, &minted(&server, "client-default"), more);
    assert_advice(&server, &["several_methods"]);
}

#[test]
fn a_repeated_parameter_is_advised_on() {
    let server = advising();
    refresh(
        &server,
        &minted(&server, "client-default"),
        "&scope=openid&scope=email",
    );
    assert_advice(&server, &["parameter_repeated"]);
}

#[test]
fn an_unknown_parameter_is_advised_on_and_a_repeatable_one_is_not() {
    let server = advising();
    let token = minted(&server, "client-default");
    refresh(
        &server,
        &token,
        "&resource=https://a.example&resource=https://b.example",
    );
    assert_advice(&server, &[]);
    let server = advising();
    refresh(
        &server,
        &minted(&server, "client-default"),
        "&colour=red&colour=blue",
    );
    assert_advice(&server, &["parameter_unknown"]);
    let text = last(&server).advice[0].text.clone();
    assert_eq!(
        text,
        "colour is not a registered parameter of a token request"
    );
}

#[test]
fn a_refresh_long_before_the_access_token_ends_is_advised_on() {
    for (after, codes) in [
        (0, &["refresh_early"][..]),
        (300, &["refresh_early"]),
        (460, &[]),
        (2000, &[]),
    ] {
        let server = advising();
        let first = refresh(&server, &minted(&server, "client-default"), "");
        server.clock().advance(after);
        refresh(&server, &first.member("refresh_token"), "");
        assert_advice(&server, codes);
    }
}

#[test]
fn a_token_presented_again_later_is_a_replay() {
    for client_id in ["client-default", "rotating"] {
        let server = advising();
        let token = minted(&server, client_id);
        let first = refresh_as(&server, client_id, &token, "");
        server.clock().advance(600);
        refresh_as(&server, client_id, &token, "");
        assert_advice(&server, &["refresh_replay"]);
        if client_id == "rotating" {
            // The family is revoked: its youngest member is advised on, too.
            let successor = first.member("refresh_token");
            assert_eq!(refresh_as(&server, client_id, &successor, "").status, 400);
            assert_advice(&server, &["refresh_replay"]);
        }
    }
}

#[test]
fn what_the_ledger_remembers_is_a_replay_even_where_the_journal_forgot() {
    let server = advising();
    let token = minted(&server, "rotating");
    refresh_as(&server, "rotating", &token, "");
    Plane::of(&server).delete("/requests");
    refresh_as(&server, "rotating", &token, "");
    assert_advice(&server, &["refresh_replay"]);
}

#[test]
fn a_token_that_came_back_is_presented_again_rightly() {
    let server = advising();
    for token in [minted(&server, "reusing"), "NAMED".to_owned()] {
        for _ in 0..3 {
            let answer = refresh_as(&server, "reusing", &token, "");
            assert_eq!(answer.member("refresh_token"), token);
            assert_advice(&server, &[]);
            server.clock().advance(850);
        }
    }
}

#[test]
fn a_scope_that_was_never_granted_is_advised_on() {
    let server = advising();
    let token = server
        .mint()
        .client("client-default")
        .scope("email")
        .refresh_token();
    for scope in ["admin", "openid"] {
        assert_eq!(
            refresh(&server, &token, &format!("&scope={scope}")).status,
            400
        );
        let codes = advice(&server);
        assert!(codes.contains(&"scope_never_granted"), "{scope}: {codes:?}");
        server.reset();
    }
}

// --- words ---------------------------------------------------------------------------------------------------------

#[test]
#[should_panic(
    expected = "after 10ms: expected at least 1 requests with endpoint jwks, and 0 came\nnothing arrived at all"
)]
fn waiting_in_vain_tells_that_nothing_arrived() {
    let patience = Duration::from_millis(10);
    frozen().wait_for(&Filter::endpoint(Endpoint::Jwks), 1, patience);
}

#[test]
#[should_panic(
    expected = "after 10ms: expected at least 2 requests with endpoint token, client_id client-default, status 200, and 1 came
what arrived, the nearest first:
  #2 POST token client client-default grant refresh_token: 200 issued
  #3 POST token client client-default grant refresh_token: 400 refused invalid_scope (another status)
  #1 GET jwks client - grant -: 200 answered (another endpoint, client_id)"
)]
fn waiting_in_vain_tells_what_arrived() {
    let server = frozen();
    fetch(&server.jwks_url());
    refresh(&server, "REFRESH_TOKEN", "");
    refresh(&server, "REFRESH_TOKEN", "&scope=admin");
    let filter = Filter::token_requests()
        .client("client-default")
        .status(200);
    server.wait_for(&filter, 2, Duration::from_millis(10));
}

#[test]
#[should_panic(
    expected = "expected exactly 2 requests with endpoint token, outcome issued, and 1 came
what arrived, the nearest first:
  #2 POST token client client-default grant refresh_token: 200 issued
  #1 POST token client client-default grant refresh_token: 503 faulted, fault status (another outcome)"
)]
fn verifying_in_vain_tells_what_arrived() {
    let server = frozen();
    server.fail_next(1, oauth_mimic::Fault::status(503));
    refresh(&server, "REFRESH_TOKEN", "");
    refresh(&server, "REFRESH_TOKEN", "");
    let filter = Filter::token_requests().outcome(Outcome::Issued);
    server.verify(&Expectation::exactly(filter, 2));
}

#[test]
#[should_panic(
    expected = "#1: colour is not a registered parameter of a token request (parameter_unknown; RFC 6749 §8.2)
what arrived, the nearest first:
  #1 POST token client client-default grant refresh_token: 200 issued"
)]
fn verifying_without_advice_tells_what_was_advised() {
    let server = frozen();
    refresh(&server, "REFRESH_TOKEN", "&colour=red");
    server.verify(&Expectation::no_advice(Filter::any()));
}

#[test]
#[should_panic(
    expected = "expected requests with endpoint token as number 2 in order, and none came after the 1 before it"
)]
fn verifying_an_order_tells_where_it_ends() {
    let server = frozen();
    fetch(&server.jwks_url());
    let filters = [Filter::endpoint(Endpoint::Jwks), Filter::token_requests()];
    server.verify(&Expectation::in_order(filters));
}

#[test]
#[should_panic(expected = "the rule cannot be carried out: /fault/status: must be 200 to 599")]
fn a_rule_that_cannot_be_carried_out_panics() {
    frozen().fail_next(1, oauth_mimic::Fault::status(1000));
}

#[test]
fn verifying_by_the_librarys_constructors_is_what_json_says() {
    let filter = || Filter::token_requests().grant("refresh_token");
    let filter_json = json!({ "endpoint": "token", "grant_type": "refresh_token" });
    for (expectation, expected) in [
        (Expectation::exactly(filter(), 3), json!({ "exactly": 3 })),
        (Expectation::at_least(filter(), 3), json!({ "at_least": 3 })),
        (Expectation::at_most(filter(), 3), json!({ "at_most": 3 })),
        (
            Expectation::no_advice(filter()),
            json!({ "no_advice": true }),
        ),
    ] {
        let mut expected: Value = expected;
        expected["filter"] = filter_json.clone();
        let read: Expectation = serde_json::from_value(expected).expect("an expectation");
        assert_eq!(read, expectation);
    }
}
