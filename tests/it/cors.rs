//! Which web pages may read which answers.

use oauth_mimic::{Fault, TokenServer};

use crate::drive::{fetch, post_form, request};

const PREFLIGHT: &str = "Origin: https://app.example\r\nAccess-Control-Request-Method: POST\r\n\
                         Access-Control-Request-Headers: authorization, x-trace\r\n";

#[test]
fn a_page_may_read_every_header_of_tokens_keys_and_metadata() {
    let server = TokenServer::start();
    server.fail_next(1, Fault::status(429).header("Retry-After", "1"));
    for answer in [
        post_form(&server.token_url(), None, ""),
        post_form(&server.token_url(), None, ""),
        fetch(&server.jwks_url()),
        fetch(&server.metadata_url()),
    ] {
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
        assert_eq!(answer.header("access-control-expose-headers"), Some("*"));
    }
}

#[test]
fn a_preflight_is_allowed_where_pages_may_read_and_nowhere_else() {
    let server = TokenServer::start();
    let allowed = request("OPTIONS", &server.token_url(), PREFLIGHT, "");
    assert_eq!(allowed.status, 204);
    assert_eq!(
        allowed.header("access-control-allow-methods"),
        Some("POST, OPTIONS")
    );
    // Not `*`, which does not include Authorization.
    assert_eq!(
        allowed.header("access-control-allow-headers"),
        Some("authorization, x-trace")
    );
    let metadata = fetch(&server.metadata_url());
    for url in [
        metadata.member("authorization_endpoint"),
        format!("{}/nothing", server.base_url()),
        format!("{}/_mimic/clock", server.base_url()),
    ] {
        let closed = request("OPTIONS", &url, PREFLIGHT, "");
        assert_eq!(closed.header("access-control-allow-origin"), None, "{url}");
        assert_eq!(
            fetch(&url).header("access-control-allow-origin"),
            None,
            "{url}"
        );
    }
}

#[test]
fn a_bad_preflight_is_refused_in_json() {
    let server = TokenServer::start();
    for bad in [
        "Access-Control-Request-Method: GET / POST\r\n",
        "Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: a b\r\n",
    ] {
        let headers = format!("Origin: https://app.example\r\n{bad}");
        let answer = request("OPTIONS", &server.token_url(), &headers, "");
        assert_eq!(
            (answer.status, answer.error().as_str()),
            (400, "invalid_request")
        );
    }
}

#[test]
fn the_authorization_endpoint_reads_a_form() {
    let server = TokenServer::start();
    let url = fetch(&server.metadata_url()).member("authorization_endpoint");
    let form = "response_type=code&client_id=web&redirect_uri=http://localhost:3000/callback";
    assert_eq!(post_form(&url, None, form).status, 200);
    let exchange = server.requests().pop().expect("a request");
    assert_eq!(exchange.client_id.as_deref(), Some("web"));
    assert_eq!(fetch(&format!("{url}?{form}")).status, 200);
}

#[test]
fn the_control_plane_is_open_to_the_pages_of_a_named_origin_only() {
    let server = TokenServer::builder()
        .control_origin("https://app.example")
        .control_token("s3cret")
        .start();
    let clock = format!("{}/_mimic/clock", server.base_url());
    // A preflight carries no token; the request after it does.
    let preflight = request("OPTIONS", &clock, PREFLIGHT, "");
    assert_eq!(preflight.status, 204);
    let token = "Authorization: Bearer s3cret\r\n";
    let named = request(
        "GET",
        &clock,
        &format!("Origin: https://app.example\r\n{token}"),
        "",
    );
    assert_eq!(named.status, 200);
    for answer in [&preflight, &named] {
        let origin = answer.header("access-control-allow-origin");
        assert_eq!(origin, Some("https://app.example"));
    }
    let without = request("GET", &clock, "Origin: https://app.example\r\n", "");
    assert_eq!(without.status, 401);
    let other = request(
        "GET",
        &clock,
        &format!("Origin: https://other.example\r\n{token}"),
        "",
    );
    assert_eq!(other.status, 403);
    assert_eq!(other.header("access-control-allow-origin"), None);
}
