//! The error dialect `spring`: every answer of the legacy framework that a refresh can meet, by the rows of `wire.md`.

use std::time::Duration;

use oauth_mimic::{
    Client, Clock, ErrorDialect, NamedRefreshToken, RefreshPolicy, Timestamp, TokenServer, User,
};
use serde_json::Value;

use crate::support::ordered::names;
use crate::support::{Answer, Request, basic, encoded, part, part_text, refresh_form};

const ISSUER: &str = "https://login.example.test/connect";
const TOKEN: &str = "/connect/oauth/token";

/// One client of each kind that a row needs. `CLIENT`'s grant is less than the client's registration, and in another
/// order than the alphabet's.
fn server() -> TokenServer {
    let clock = Clock::frozen(Timestamp::parse("2023-03-28T12:23:16Z").expect("an instant"));
    TokenServer::builder()
        .error_dialect(ErrorDialect::Spring)
        .issuer(ISSUER)
        .clock(&clock)
        .client(Client::confidential("client", "s3cret").scope("openid email phone"))
        .client(Client::confidential("other", "other-s3cret").scope("openid email phone"))
        .client(
            Client::confidential("barred", "s3cret")
                .grant_types(["client_credentials"])
                .scope("openid"),
        )
        .client(Client::confidential("unregistered", "s3cret"))
        .client(
            Client::confidential("rotating", "s3cret")
                .scope("openid")
                .refresh(RefreshPolicy::Rotate),
        )
        .client(Client::confidential("raw+id", "100%+s3cret").scope("openid"))
        .client(Client::public("public").scope("openid"))
        .user(User::new("alice"))
        .refresh_token(NamedRefreshToken::new("CLIENT", "client", "alice").scope("phone openid"))
        .refresh_token(NamedRefreshToken::new("OTHER", "other", "alice").scope("openid"))
        .refresh_token(
            NamedRefreshToken::new("EXPIRED", "client", "alice")
                .scope("openid")
                .expires_at(-1),
        )
        .refresh_token(NamedRefreshToken::new("OTHER_EXPIRED", "other", "alice").expires_at(-1))
        .refresh_token(
            NamedRefreshToken::new("UNREGISTERED", "unregistered", "alice").scope("write read"),
        )
        .refresh_token(NamedRefreshToken::new("ROTATING", "rotating", "alice").scope("openid"))
        .refresh_token(NamedRefreshToken::new("RAW", "raw+id", "alice").scope("openid"))
        .start()
}

/// A POST of that form to the token endpoint.
fn form(form: impl AsRef<[u8]>) -> Request {
    Request::form(TOKEN, form)
}

/// A refresh of that token, with more in the form, by `client` with Basic.
fn refresh(token: &str, more: &str) -> Request {
    form(refresh_form(token, more)).basic("client", "s3cret")
}

/// What must come back.
#[derive(Clone, Copy)]
enum Expected {
    /// A token response of that scope.
    Granted(&'static str),
    /// An OAuth error: status, challenge and body.
    OAuth(u16, Option<&'static str>, &'static str),
    /// Spring Boot's error page: status and reason.
    Boot(u16, &'static str),
}

use Expected::{Boot, Granted, OAuth};

/// Rows 2 to 6.
const UNAUTHORIZED: Expected = Boot(401, "Unauthorized");
/// Rows 7 to 9.
const BAD_CREDENTIALS: Expected = OAuth(
    401,
    Some(
        r#"Form realm="oauth2/client", error="invalid_client", error_description="Bad client credentials""#,
    ),
    r#"{"error":"invalid_client","error_description":"Bad client credentials"}"#,
);
/// Row 11.
const MISMATCH: Expected = OAuth(
    401,
    Some(
        r#"Bearer error="invalid_client", error_description="Given client ID does not match authenticated client""#,
    ),
    r#"{"error":"invalid_client","error_description":"Given client ID does not match authenticated client"}"#,
);
/// Row 12.
const NO_GET: Expected = OAuth(
    405,
    None,
    r#"{"error":"method_not_allowed","error_description":"Request method 'GET' not supported"}"#,
);
/// Row 13.
const NO_SUCH_METHOD: Expected = Boot(405, "Method Not Allowed");
/// Row 14.
const NO_GRANT_TYPE: Expected = OAuth(
    400,
    None,
    r#"{"error":"invalid_request","error_description":"Missing grant type"}"#,
);
/// Row 15.
const UNSUPPORTED: Expected = OAuth(
    400,
    None,
    r#"{"error":"unsupported_grant_type","error_description":"Unsupported grant type"}"#,
);
/// Row 16.
const IMPLICIT: Expected = OAuth(
    400,
    None,
    r#"{"error":"invalid_grant","error_description":"Implicit grant type not supported from token endpoint"}"#,
);
/// Row 17.
const GRANT_NOT_ALLOWED: Expected = OAuth(
    401,
    Some(r#"Bearer error="invalid_client", error_description="Unauthorized grant type""#),
    r#"{"error":"invalid_client","error_description":"Unauthorized grant type"}"#,
);
/// Row 18.
const NO_REFRESH_TOKEN: Expected = OAuth(
    400,
    None,
    r#"{"error":"invalid_request","error_description":"refresh_token parameter not provided"}"#,
);
/// Rows 19 and 20.
const CANNOT_CONVERT: Expected = OAuth(
    401,
    Some(
        r#"Bearer error="invalid_token", error_description="Cannot convert access token to JSON""#,
    ),
    r#"{"error":"invalid_token","error_description":"Cannot convert access token to JSON"}"#,
);
/// Row 21.
const NOT_A_REFRESH_TOKEN: Expected = OAuth(
    401,
    Some(
        r#"Bearer error="invalid_token", error_description="Encoded token is not a refresh token""#,
    ),
    r#"{"error":"invalid_token","error_description":"Encoded token is not a refresh token"}"#,
);
/// Row 22.
const EXPIRED: Expected = OAuth(
    401,
    Some(r#"Bearer error="invalid_token", error_description="Invalid refresh token (expired)""#),
    r#"{"error":"invalid_token","error_description":"Invalid refresh token (expired)"}"#,
);
/// Row 23.
const WRONG_CLIENT: Expected = OAuth(
    400,
    None,
    r#"{"error":"invalid_grant","error_description":"Wrong client for this refresh token"}"#,
);
/// Row 24.
const UNKNOWN_TOKEN: Expected = OAuth(
    400,
    None,
    r#"{"error":"invalid_grant","error_description":"Invalid refresh token"}"#,
);
/// Row 25.
const NOT_REGISTERED: Expected = OAuth(
    400,
    None,
    r#"{"error":"invalid_scope","error_description":"Invalid scope","scope":"openid email phone"}"#,
);
/// Row 26.
const NOT_GRANTED: Expected = OAuth(
    400,
    None,
    r#"{"error":"invalid_scope","error_description":"Unable to narrow the scope of the client authentication","scope":"phone openid"}"#,
);
/// Row 27.
const EMPTY_SCOPE: Expected = OAuth(
    400,
    None,
    r#"{"error":"invalid_scope","error_description":"Empty scope (either the client or the user is not allowed the requested scopes)"}"#,
);

/// Holds an answer against what must come, headers and all; whatever differs names the row.
#[track_caller]
fn check(row: &str, answer: &Answer, expected: Expected) {
    let told = format!("row {row}: {} {}", answer.status, answer.text());
    let (status, challenge) = match expected {
        Granted(_) => (200, None),
        OAuth(status, challenge, _) => (status, challenge),
        Boot(401, _) => (401, Some(r#"Basic realm="oauth2/client""#)),
        Boot(status, _) => (status, None),
    };
    assert_eq!(answer.status, status, "{told}");
    assert_eq!(answer.header("www-authenticate"), challenge, "{told}");
    let (content_type, cache_control, expires) = match expected {
        Granted(_) => ("application/json;charset=UTF-8", "no-store", None),
        OAuth(..) => ("application/json", "no-store", None),
        Boot(..) => (
            "application/json",
            "no-cache, no-store, max-age=0, must-revalidate",
            Some("0"),
        ),
    };
    for (name, value) in [
        ("content-type", Some(content_type)),
        ("cache-control", Some(cache_control)),
        ("pragma", Some("no-cache")),
        ("expires", expires),
        (
            "allow",
            matches!(expected, Boot(405, _)).then_some("GET, POST"),
        ),
        ("x-content-type-options", Some("nosniff")),
        ("x-xss-protection", Some("1; mode=block")),
        ("x-frame-options", Some("DENY")),
    ] {
        assert_eq!(answer.header(name), value, "{name}, {told}");
    }
    match expected {
        Granted(scope) => assert_eq!(answer.member("scope"), scope, "{told}"),
        OAuth(_, _, body) => assert_eq!(answer.text(), body, "{told}"),
        Boot(status, reason) => assert_eq!(
            answer.text(),
            format!(
                r#"{{"timestamp":"2023-03-28T12:23:16.000+00:00","status":{status},"error":"{reason}","path":"/connect/oauth/token"}}"#
            ),
            "{told}"
        ),
    }
}

#[track_caller]
fn check_all<const N: usize>(server: &TokenServer, rows: [(&str, Request, Expected); N]) {
    for (row, request, expected) in rows {
        check(row, &request.send(server.address()), expected);
    }
}

/// A token whose signature's first character is another.
fn damaged(token: &str) -> String {
    let (input, signature) = token.rsplit_once('.').expect("a signature");
    let other = if signature.starts_with('A') { 'B' } else { 'A' };
    format!("{input}.{other}{}", &signature[1..])
}

/// Row 10 is the authentication matrix, below.
#[test]
fn the_request_itself_and_its_sender_are_refused_by_rows_1_to_13() {
    let server = server();
    let good = || refresh("CLIENT", "");
    check_all(
        &server,
        [
            ("1", good(), Granted("phone openid")),
            ("2", good().without("Authorization"), UNAUTHORIZED),
            ("3", good().by("client", "wrong"), UNAUTHORIZED),
            ("4", good().by("nobody", "s3cret"), UNAUTHORIZED),
            (
                "5, not base64",
                good().without("Authorization").authorization("Basic !?"),
                UNAUTHORIZED,
            ),
            (
                "5, no colon",
                good()
                    .without("Authorization")
                    .authorization("Basic Y2xpZW50"),
                UNAUTHORIZED,
            ),
            (
                "5, empty",
                good().without("Authorization").authorization("Basic"),
                UNAUTHORIZED,
            ),
            (
                "6",
                good()
                    .without("Authorization")
                    .authorization("Bearer s3cret"),
                UNAUTHORIZED,
            ),
            (
                "7",
                refresh("CLIENT", "&client_id=client&client_secret=wrong").without("Authorization"),
                BAD_CREDENTIALS,
            ),
            (
                "8",
                refresh("CLIENT", "&client_id=nobody&client_secret=s3cret")
                    .without("Authorization"),
                BAD_CREDENTIALS,
            ),
            (
                "9",
                refresh("CLIENT", "&client_id=client").without("Authorization"),
                BAD_CREDENTIALS,
            ),
            ("11", refresh("CLIENT", "&client_id=public"), MISMATCH),
            ("12", good().method("GET"), NO_GET),
            (
                "12b",
                good().method("GET").without("Authorization"),
                UNAUTHORIZED,
            ),
            ("13, PUT", good().method("PUT"), NO_SUCH_METHOD),
            ("13, DELETE", good().method("DELETE"), NO_SUCH_METHOD),
            ("13, PATCH", good().method("PATCH"), NO_SUCH_METHOD),
        ],
    );
}

#[test]
fn the_grant_is_refused_by_rows_14_to_18() {
    let server = server();
    let form = |body: &str| form(body).by("client", "s3cret");
    check_all(
        &server,
        [
            ("14, missing", form("refresh_token=CLIENT"), NO_GRANT_TYPE),
            (
                "14, empty",
                form("refresh_token=CLIENT&grant_type="),
                NO_GRANT_TYPE,
            ),
            (
                "14, blank",
                form("refresh_token=CLIENT&grant_type=+%09"),
                NO_GRANT_TYPE,
            ),
            (
                "15, password",
                form("grant_type=password&username=a&password=b"),
                UNSUPPORTED,
            ),
            (
                "15, another case",
                form("grant_type=Refresh_Token&refresh_token=CLIENT"),
                UNSUPPORTED,
            ),
            ("16", form("grant_type=implicit"), IMPLICIT),
            (
                "17",
                refresh("CLIENT", "").by("barred", "s3cret"),
                GRANT_NOT_ALLOWED,
            ),
            (
                "18, missing",
                form("grant_type=refresh_token"),
                NO_REFRESH_TOKEN,
            ),
            (
                "18, empty",
                form("grant_type=refresh_token&refresh_token="),
                NO_REFRESH_TOKEN,
            ),
        ],
    );
}

/// A server with clients that act for themselves; `unscoped` has no registered scope.
fn machines() -> TokenServer {
    let machine =
        |client_id| Client::confidential(client_id, "s3cret").grant_types(["client_credentials"]);
    TokenServer::builder()
        .error_dialect(ErrorDialect::Spring)
        .issuer(ISSUER)
        .client(machine("machine").scope("write read"))
        .client(machine("unscoped"))
        .client(Client::confidential("client", "s3cret").scope("read"))
        .client(
            Client::public("public")
                .grant_types(["client_credentials"])
                .scope("read"),
        )
        .start()
}

const MACHINE_SCOPE: Expected = OAuth(
    400,
    None,
    r#"{"error":"invalid_scope","error_description":"Invalid scope","scope":"write read"}"#,
);

#[test]
fn client_credentials_are_refused_by_rows_15_17_25_and_27() {
    let server = machines();
    let by = |client_id: &str, more: &str| {
        form(format!("grant_type=client_credentials{more}")).by(client_id, "s3cret")
    };
    let public = form("grant_type=client_credentials&client_id=public");
    check_all(
        &server,
        [
            ("1", by("machine", ""), Granted("write read")),
            ("1, narrowed", by("machine", "&scope=read"), Granted("read")),
            (
                "15",
                form("grant_type=Client_Credentials").by("machine", "s3cret"),
                UNSUPPORTED,
            ),
            ("17", by("client", ""), GRANT_NOT_ALLOWED),
            ("17, public", public, GRANT_NOT_ALLOWED),
            ("25", by("machine", "&scope=admin"), MACHINE_SCOPE),
            (
                "25, in part",
                by("machine", "&scope=read+admin"),
                MACHINE_SCOPE,
            ),
            ("27", by("unscoped", ""), EMPTY_SCOPE),
        ],
    );
}

/// `wire.md` §1.2, §1.4 and §2.
#[test]
fn client_credentials_are_answered_in_the_documented_order() {
    let server = machines();
    let answer = form("grant_type=client_credentials")
        .by("machine", "s3cret")
        .send(server.address());
    assert_eq!(
        names(answer.text()),
        ["access_token", "token_type", "expires_in", "scope", "jti"]
    );
    assert_eq!(
        names(&part_text(&answer.member("access_token"), 1)),
        ["scope", "iss", "exp", "iat", "jti", "client_id"]
    );
}

#[test]
fn the_refresh_token_is_refused_by_rows_19_to_24() {
    let server = server();
    let minted = server.mint().client("client").response();
    let unsigned = minted
        .refresh_token()
        .expect("a refresh token")
        .rsplit_once('.')
        .expect("three parts")
        .0
        .to_owned()
        + ".";
    // {"alg":"none"}
    let none = format!(
        "eyJhbGciOiJub25lIn0.{}.",
        minted
            .refresh_token()
            .expect("a refresh token")
            .split('.')
            .nth(1)
            .expect("claims")
    );
    let of_another_key = other_server(ISSUER).mint().client("client").refresh_token();
    check_all(
        &server,
        [
            ("19, a word", refresh("no token", ""), CANNOT_CONVERT),
            ("19, two parts", refresh("e30.e30", ""), CANNOT_CONVERT),
            ("19, three parts", refresh("a.b.c", ""), CANNOT_CONVERT),
            (
                "20, damaged",
                refresh(
                    &damaged(minted.refresh_token().expect("a refresh token")),
                    "",
                ),
                CANNOT_CONVERT,
            ),
            ("20, unsigned", refresh(&unsigned, ""), CANNOT_CONVERT),
            ("20, alg none", refresh(&none, ""), CANNOT_CONVERT),
            (
                "20, another key",
                refresh(&of_another_key, ""),
                CANNOT_CONVERT,
            ),
            (
                "21, access token",
                refresh(minted.access_token(), ""),
                NOT_A_REFRESH_TOKEN,
            ),
            (
                "21, ID token",
                refresh(minted.id_token().expect("openid"), ""),
                NOT_A_REFRESH_TOKEN,
            ),
            ("22, by name", refresh("EXPIRED", ""), EXPIRED),
            (
                "22, signed",
                refresh(
                    &server
                        .mint()
                        .client("client")
                        .refresh_token_lifetime(Duration::ZERO)
                        .refresh_token(),
                    "",
                ),
                EXPIRED,
            ),
            ("23, by name", refresh("OTHER", ""), WRONG_CLIENT),
            (
                "23, signed",
                refresh(&server.mint().client("other").refresh_token(), ""),
                WRONG_CLIENT,
            ),
            (
                "24, before the replay",
                refresh("ROTATING", "").by("rotating", "s3cret"),
                Granted("openid"),
            ),
            (
                "24, the replay",
                refresh("ROTATING", "").by("rotating", "s3cret"),
                UNKNOWN_TOKEN,
            ),
            (
                "24, after the replay",
                refresh("ROTATING", "").by("rotating", "s3cret"),
                UNKNOWN_TOKEN,
            ),
        ],
    );
}

/// A server with another key.
fn other_server(issuer: &str) -> TokenServer {
    TokenServer::builder()
        .issuer(issuer)
        .keys(concat!(env!("CARGO_MANIFEST_DIR"), "/keys/unpublished.pem"))
        .client(Client::confidential("client", "s3cret").scope("openid"))
        .user(User::new("alice"))
        .start()
}

#[test]
fn the_scope_is_refused_or_read_by_rows_25_to_29() {
    let server = server();
    let scope = |scope: &str| refresh("CLIENT", &format!("&scope={scope}"));
    let unregistered = |more: &str| refresh("UNREGISTERED", more).by("unregistered", "s3cret");
    check_all(
        &server,
        [
            ("25", scope("openid+admin"), NOT_REGISTERED),
            ("25, another case", scope("OpenID"), NOT_REGISTERED),
            ("25, no scope token", scope("%C3%A9"), NOT_REGISTERED),
            ("25, a blank in front", scope("+openid"), NOT_REGISTERED),
            ("25, a double blank", scope("openid++phone"), NOT_REGISTERED),
            ("26", scope("openid+email"), NOT_GRANTED),
            (
                "26, a double blank where nothing is registered",
                unregistered("&scope=read++write"),
                OAuth(
                    400,
                    None,
                    r#"{"error":"invalid_scope","error_description":"Unable to narrow the scope of the client authentication","scope":"write read"}"#,
                ),
            ),
            ("27", unregistered(""), EMPTY_SCOPE),
            ("27, empty", unregistered("&scope="), EMPTY_SCOPE),
            ("27, asked", unregistered("&scope=write"), Granted("write")),
            ("28, empty", scope(""), Granted("phone openid")),
            ("28, blanks", scope("+%09+%2B"), Granted("phone openid")),
            ("29", scope("openid+phone+openid"), Granted("openid phone")),
        ],
    );
}

/// Row 31, multipart, is not built: its body is not read, like any other that is not a form. Row 35 takes a token that no
/// server of this kind signs. Rows 36 and 37 are of set-ups and grants that this server does not have.
#[test]
fn parameters_are_read_as_a_servlet_does_by_rows_30_to_34() {
    let server = server();
    let whole = "grant_type=refresh_token&refresh_token=CLIENT";
    let posted = |body: &str| form(body).by("client", "s3cret");
    let json = posted(r#"{"grant_type":"refresh_token","refresh_token":"CLIENT"}"#)
        .content_type("application/json");
    check_all(
        &server,
        [
            ("30, JSON", json.clone(), NO_GRANT_TYPE),
            (
                "30, JSON without Basic",
                json.without("Authorization"),
                UNAUTHORIZED,
            ),
            (
                "30, no type",
                posted(whole).without("Content-Type"),
                NO_GRANT_TYPE,
            ),
            (
                "30, nothing",
                posted("").without("Content-Type"),
                NO_GRANT_TYPE,
            ),
            (
                "30, a form with a charset",
                posted(whole).content_type("Application/X-WWW-Form-Urlencoded; charset=ISO-8859-1"),
                Granted("phone openid"),
            ),
            ("32", posted("").query(whole), Granted("phone openid")),
            (
                "32, without a body",
                posted("").without("Content-Type").query(whole),
                Granted("phone openid"),
            ),
            (
                "32, credentials too",
                form("").query(format!("{whole}&client_id=client&client_secret=s3cret")),
                Granted("phone openid"),
            ),
            (
                "33, the first",
                posted(&format!(
                    "{whole}&grant_type=password&refresh_token=x&scope=phone&scope=admin"
                )),
                Granted("phone"),
            ),
            (
                "33, the first is wrong",
                posted(&format!("grant_type=password&{whole}")),
                UNSUPPORTED,
            ),
            (
                "33, the query before the body",
                posted("grant_type=password&scope=admin").query(format!("{whole}&scope=phone")),
                Granted("phone"),
            ),
            (
                "34",
                posted(&format!("{whole}&audience=x&foo=1&foo=2&=&")),
                Granted("phone openid"),
            ),
        ],
    );
}

/// §6: the form filter runs before the Basic filter, independently of it.
#[test]
fn basic_and_form_meet_as_in_the_authentication_matrix() {
    let server = server();
    let (a, a_wrong) = (basic("client", "s3cret"), basic("client", "wrong"));
    let form_a = "&client_id=client&client_secret=s3cret";
    let form_b = "&client_id=other&client_secret=other-s3cret";
    let good = Granted("phone openid");
    for (row, header, form, expected) in [
        ("Basic A", Some(a.as_str()), "", good),
        ("form A", None, form_a, good),
        (
            "Basic A, form A without secret",
            Some(&a),
            "&client_id=client",
            BAD_CREDENTIALS,
        ),
        (
            "Basic A, form client_id empty",
            Some(&a),
            "&client_id=",
            BAD_CREDENTIALS,
        ),
        ("Basic A, form A", Some(&a), form_a, good),
        (
            "Basic A, form A wrong",
            Some(&a),
            "&client_id=client&client_secret=wrong",
            BAD_CREDENTIALS,
        ),
        ("Basic A wrong, form A", Some(&a_wrong), form_a, good),
        (
            "Basic malformed, form A",
            Some("Basic !?"),
            form_a,
            UNAUTHORIZED,
        ),
        (
            "Basic malformed, form A wrong",
            Some("Basic !?"),
            "&client_id=client&client_secret=wrong",
            BAD_CREDENTIALS,
        ),
        ("Basic A, form B", Some(&a), form_b, MISMATCH),
        (
            "Basic A wrong, form B",
            Some(&a_wrong),
            form_b,
            UNAUTHORIZED,
        ),
        (
            "form A with blanks",
            None,
            "&client_id=+client+&client_secret=s3cret",
            MISMATCH,
        ),
        (
            "Basic A, a secret without client_id",
            Some(&a),
            "&client_secret=wrong",
            good,
        ),
        ("another scheme, form A", Some("Bearer x"), form_a, good),
        (
            "Basic in another case",
            Some(&a.replace("Basic", "bASIC")),
            "",
            good,
        ),
    ] {
        let mut request = refresh("CLIENT", form).without("Authorization");
        if let Some(header) = header {
            request = request.authorization(header);
        }
        check(row, &request.send(server.address()), expected);
    }
    // A client without a secret: whether it may send one, depends on the framework's set-up; here it may not.
    let public = |form: &str| {
        let token = server.mint().client("public").refresh_token();
        refresh(&token, form).without("Authorization")
    };
    check_all(
        &server,
        [
            ("public", public("&client_id=public"), Granted("openid")),
            (
                "public by Basic",
                public("").by("public", ""),
                Granted("openid"),
            ),
            (
                "public with a secret",
                public("&client_id=public&client_secret=x"),
                BAD_CREDENTIALS,
            ),
            (
                "public with a secret by Basic",
                public("").by("public", "x"),
                UNAUTHORIZED,
            ),
        ],
    );
}

#[test]
fn basic_credentials_are_not_form_decoded() {
    let server = server();
    let raw = |id: &str, secret: &str| refresh("RAW", "").by(id, secret).send(server.address());
    check(
        "as they stand",
        &raw("raw+id", "100%+s3cret"),
        Granted("openid"),
    );
    check("encoded", &raw("raw%2Bid", "100%25%2Bs3cret"), UNAUTHORIZED);
}

/// §3: of several mistakes, the one that is checked first is reported.
#[test]
fn sender_and_grant_are_checked_in_the_frameworks_order() {
    let server = server();
    let mine = refresh;
    check_all(
        &server,
        [
            (
                "authentication, then method",
                mine("CLIENT", "").method("PUT").by("client", "wrong"),
                UNAUTHORIZED,
            ),
            (
                "method, then all else",
                form("")
                    .by("client", "s3cret")
                    .method("GET")
                    .query("client_id=public&scope=admin"),
                NO_GET,
            ),
            (
                "client_id, then scope",
                mine("CLIENT", "&client_id=public&scope=admin"),
                MISMATCH,
            ),
            (
                "the client's scope, then grant_type",
                form("scope=admin").by("client", "s3cret"),
                NOT_REGISTERED,
            ),
            (
                "the client's scope, then implicit",
                form("scope=admin&grant_type=implicit").by("client", "s3cret"),
                NOT_REGISTERED,
            ),
            (
                "the client's scope, then the token",
                mine("EXPIRED", "&scope=admin"),
                NOT_REGISTERED,
            ),
            (
                "no scope at all, then grant_type",
                form("").by("unregistered", "s3cret"),
                EMPTY_SCOPE,
            ),
            (
                "grant_type, then refresh_token",
                form("").by("client", "s3cret"),
                NO_GRANT_TYPE,
            ),
            (
                "refresh_token, then the client's grants",
                form("grant_type=refresh_token").by("barred", "s3cret"),
                NO_REFRESH_TOKEN,
            ),
            (
                "the grant type, then the client's grants",
                form("grant_type=password").by("barred", "s3cret"),
                UNSUPPORTED,
            ),
            (
                "the client's grants, then the token",
                mine("no token", "").by("barred", "s3cret"),
                GRANT_NOT_ALLOWED,
            ),
        ],
    );
}

#[test]
fn a_refresh_token_is_checked_in_the_frameworks_order() {
    let server = server();
    let expired = |client: &str| {
        server
            .mint()
            .client(client)
            .refresh_token_lifetime(Duration::ZERO)
            .refresh_token()
    };
    let mine = refresh;
    check_all(
        &server,
        [
            (
                "signature, then expiry",
                mine(&damaged(&expired("client")), ""),
                CANNOT_CONVERT,
            ),
            (
                "signature, then client",
                mine(&damaged(&server.mint().client("other").refresh_token()), ""),
                CANNOT_CONVERT,
            ),
            (
                "kind, then client",
                mine(&server.mint().client("other").access_token(), ""),
                NOT_A_REFRESH_TOKEN,
            ),
            (
                "client, then expiry",
                mine(&expired("other"), ""),
                WRONG_CLIENT,
            ),
            (
                "client, then expiry, by name",
                mine("OTHER_EXPIRED", ""),
                WRONG_CLIENT,
            ),
            (
                "client, then the token's scope",
                mine("OTHER", "&scope=email"),
                WRONG_CLIENT,
            ),
            (
                "expiry, then the token's scope",
                mine("EXPIRED", "&scope=email"),
                EXPIRED,
            ),
        ],
    );
}

#[test]
fn a_token_of_another_issuer_or_of_a_user_who_is_gone_is_an_invalid_grant() {
    let server = server();
    let elsewhere = |issuer: &str, sub: &str| {
        let server = TokenServer::builder()
            .issuer(issuer)
            .clock(server.clock())
            .client(Client::confidential("client", "s3cret").scope("openid"))
            .user(User::new(sub))
            .start();
        server.mint().refresh_token()
    };
    // The framework does not check the issuer. This server does, and reports it with the framework's nearest message.
    let stranger = elsewhere("https://elsewhere.example.test", "alice");
    check(
        "24",
        &refresh(&stranger, "").send(server.address()),
        UNKNOWN_TOKEN,
    );
    check(
        "§3, 3",
        &refresh(&elsewhere(ISSUER, "bob"), "").send(server.address()),
        OAuth(
            400,
            None,
            r#"{"error":"invalid_grant","error_description":"user not found"}"#,
        ),
    );
}

/// §5. The new refresh token keeps the whole grant, in its order: a departure, on purpose, from the framework, which
/// narrows it for ever.
#[test]
fn a_scope_is_split_at_white_space_and_plus_and_comes_back_sorted_when_it_was_asked_for() {
    let server = server();
    let all = "openid phone email";
    let token = server.mint().client("client").scope(all).refresh_token();
    let original = part(&token, 1)["scope"].clone();
    for (asked, issued) in [
        ("phone openid", "openid phone"),
        ("phone email openid", "email openid phone"),
        ("openid+email", "email openid"),
        ("openid\temail", "email openid"),
        ("openid\nemail\rphone", "email openid phone"),
        ("openid\u{b}email\u{c}phone", "email openid phone"),
        ("openid email  ", "email openid"),
        ("openid+", "openid"),
        ("email", "email"),
    ] {
        let answer = refresh(&token, &format!("&scope={}", encoded(asked))).send(server.address());
        assert_eq!(answer.status, 200, "{asked:?}: {}", answer.text());
        let scopes: Vec<&str> = issued.split(' ').collect();
        assert_eq!(answer.member("scope"), issued, "{asked:?}");
        assert_eq!(
            part(&answer.member("access_token"), 1)["scope"],
            Value::from(scopes),
            "{asked:?}"
        );
        assert_eq!(
            part(&answer.member("refresh_token"), 1)["scope"],
            original,
            "{asked:?}"
        );
    }
}

#[test]
fn a_scope_that_was_not_asked_for_keeps_the_grants_order() {
    let server = server();
    let mut token = "CLIENT".to_owned();
    for _ in 0..3 {
        let answer = refresh(&token, "").send(server.address());
        assert_eq!(answer.member("scope"), "phone openid");
        token = answer.member("refresh_token");
        for name in ["access_token", "refresh_token"] {
            let scope = part(&answer.member(name), 1)["scope"].to_string();
            assert_eq!(scope, r#"["phone","openid"]"#, "{name}");
        }
    }
}

#[test]
fn other_endpoints_name_the_methods_they_have() {
    let server = server();
    let answer = Request::new("DELETE", "").send_to(&server.jwks_url());
    assert_eq!(answer.status, 405);
    assert_eq!(answer.header("allow"), Some("GET, HEAD, OPTIONS"));
}
