//! Files with one mistake each, under `fixtures/bad/`: what is said of them.

use std::collections::BTreeSet;
use std::path::Path;

use crate::support::{bad, root};

/// File, JSON Pointer inside it (- for the whole file), and the message.
pub(crate) const TABLE: &str = r#"
array-at-the-top.json | - | must be an object, not an array (line 1, column 2)
array-for-a-client.json | /clients/0 | must be an object, not an array (line 1, column 15)
audience-without-the-client.json | /clients/0/id_token_audience | must name the client, `c` (OpenID Connect Core §2)
claims-are-no-object.json | /users/0/claims | must be an object, not an array (line 5, column 16)
comment.json | - | is not JSON: key must be a string (line 2, column 3)
duplicate-client.json | /clients/1/client_id | `c` is registered already, at /clients/0; remove one
duplicate-token.json | /refresh_tokens/1/token | `T` is defined already for client `c`, at /refresh_tokens/0; remove one
duplicate-user.json | /users/2/sub | `u` is defined already, at /users/0; remove one
empty-audience.json | /clients/0/access_token_audience | must name at least one audience, and none that is empty
empty-client-id.json | /clients/0/client_id | must be printable ASCII and not empty (RFC 6749 Appendix A.1)
empty-name-in-an-audience.json | /clients/0/id_token_audience | must name at least one audience, and none that is empty
empty-secret.json | /clients/0/client_secret | is empty; leave it out for a public client
empty-sub.json | /users/0/sub | is empty; give the user a name
empty-token.json | /refresh_tokens/0/token | must be printable ASCII and not empty (RFC 6749 Appendix A.17)
empty.json | - | is not JSON: EOF while parsing a value (line 1, column 0)
issuer-with-query.json | /issuer | `https://login.example.test?tenant=1` must have no query, fragment, userinfo, space or non-ASCII character (RFC 8414 §2)
issuer-with-trailing-slash.json | /issuer | `https://login.example.test/` ends with /; remove it, because clients compare issuers exactly
issuer-without-host.json | /issuer | `https://` has no host; write one after the //
issuer-without-scheme.json | /issuer | `login.example.test` must begin with https:// or http://
malformed-scope-character.json | /clients/0/scope | a scope cannot hold the character U+0022 (line 7, column 5)
malformed-scope.json | /clients/0/scope | a scope is separated by exactly one space, with none at the ends (line 7, column 5)
member-twice.json | - | the member `clients` is there twice (line 3, column 11)
method-without-secret.json | /clients/0/token_endpoint_auth_method | needs a client_secret; add one, or leave the method out
missing-client-id.json | /clients/0 | the member `client_id` is missing (line 5, column 5)
missing-profile-file.json | /profile | profiles/nowhere.json cannot be read: No such file or directory
negative-lifetime.json | /clients/0/refresh_token_lifetime | must be a whole number from 0 to 4294967295, not -1 (line 7, column 34)
no-response-type.json | /clients/0/response_types | must name at least one response type; leave it out for `code`
non-ascii-client-id.json | /clients/0/client_id | must be printable ASCII and not empty (RFC 6749 Appendix A.1)
non-ascii-secret.json | /clients/0/client_secret | must be printable ASCII (RFC 6749 Appendix A.2)
none-with-secret.json | /clients/0/token_endpoint_auth_method | is none, but there is a client_secret; remove one
not-json.json | - | is not JSON: expected value (line 1, column 1)
not-utf8.json | - | is not UTF-8; save it as UTF-8
profile-that-is-bad.json | /scope_separator | unknown member `scope_separator`; the members are `$schema`
scope-not-registered.json | /refresh_tokens/0/scope | `phone` is not registered for client `c`; add it to the client's scope
time-with-a-forgotten-minus.json | /refresh_tokens/0/auth_time | is 1970-01-01T00:02:11Z, a forgotten minus? Write -131 for 131 seconds before the start
time-without-a-zone.json | /refresh_tokens/0/expires_at | `2023-03-28T12:23:16` is not an RFC 3339 date and time
token-of-an-unknown-client.json | /refresh_tokens/0/client_id | there is no client `d`; add it to `clients`
token-of-an-unknown-user.json | /refresh_tokens/0/sub | there is no user `v`; add it to `users`
trailing-garbage.json | - | is not JSON: trailing characters (line 2, column 1)
unknown-error-dialect.json | /error_dialect | unknown value `keycloak`; the values are `rfc`, `spring` (line 2, column 29)
unknown-grant-type.json | /clients/0/grant_types | `refresh_tokn` is not a registered grant type; there are refresh_token
unknown-member-deep.json | /clients/1/secret | unknown member `secret`; the members are `client_id`
unknown-member-of-a-token.json | /refresh_tokens/0/subject | unknown member `subject`; the members are `token`
unknown-member.json | /client | unknown member `client`; the members are `$schema`
unknown-method.json | /clients/0/token_endpoint_auth_method | unknown value `private_key_jwt`; the values are `client_secret_basic`, `client_secret_post`, `none` (line 7, column 53)
unknown-profile.json | /profile | there is no profile `conect`; there are connect, standard, or the path of a .json file
unknown-refresh-policy.json | /clients/0/refresh | unknown value `rotating`; the values are `reissue`, `rotate`, `reuse` (line 7, column 27)
wrong-type-of-a-list.json | /clients | must be an array, not an object (line 2, column 13)
wrong-type-of-a-scope.json | /clients/0/scope | must be a string, not an array (line 6, column 15)
wrong-type.json | /clients/0/access_token_lifetime | must be a whole number from 0 to 4294967295, not the string "900" (line 7, column 36)
zero-access-token-lifetime.json | /clients/0/access_token_lifetime | must be at least 1 second
zero-id-token-lifetime.json | /clients/0/id_token_lifetime | must be at least 1 second
zero-refresh-token-absolute-lifetime.json | /clients/0/refresh_token_absolute_lifetime | must be at least 1 second
zero-refresh-token-lifetime.json | /clients/0/refresh_token_lifetime | must be at least 1 second
profiles/access-token-like-a-refresh-token.json | /tokens/refresh_token/claims | an access token could be taken for a refresh token; give the refresh token a claim that only it has
profiles/access-token-without-grant-id.json | /tokens/access_token/claims | must carry {grant_id}, there or in its id, alone or as the only placeholder of a text: the server reads its refresh tokens and access tokens back
profiles/alg-missing.json | /tokens/refresh_token/header/alg | must be RS256: it is what the keys can sign
profiles/alg-none.json | /tokens/id_token/header/alg | must be RS256: it is what the keys can sign
profiles/alg-not-rs256.json | /tokens/access_token/header/alg | must be RS256: it is what the keys can sign
profiles/array-for-a-token.json | /tokens/id_token | must be an object, not an array (line 65, column 6)
profiles/array-for-lifetimes.json | /lifetimes | must be an object, not an array (line 16, column 4)
profiles/empty-alias.json | /paths/aliases/1 | `` must begin with / and not end with one
profiles/grant-id-in-an-id-token-id.json | /tokens/id_token/id | `{grant_id}` is not one of an id's placeholders: {random:N}, {uuid}
profiles/grant-id-not-random.json | /grant_id | `family` has no random part; every id must be unique
profiles/id-not-random.json | /tokens/access_token/id | `token` has no random part; every id must be unique
profiles/id-token-like-a-refresh-token.json | /tokens/refresh_token/claims | an ID token could be taken for a refresh token; give the refresh token a claim that only it has
profiles/id-token-like-an-access-token.json | /tokens/access_token/claims | an ID token could be taken for an access token; give the access token a claim that only it has
profiles/lone-brace.json | /response/token_type | `Bearer}`: a } has no opening brace; write }} for a brace
profiles/missing-member.json | /paths | the member `jwks` is missing (line 13, column 3)
profiles/no-challenge-method.json | /code_challenge_methods | must name at least one method
profiles/no-response-type.json | /response_types | must name at least one response type
profiles/not-json.json | - | is not JSON: expected ident (line 1, column 2)
profiles/offset-no-number.json | /response/expires_in | `{expires_in-one}`: `-one` is not a number
profiles/offset-on-a-text.json | /tokens/access_token/claims/sub | `{subject+1}`: only a number can have an offset
profiles/path-of-the-metadata.json | /paths/jwks | `/.well-known/openid-configuration` is the path of the metadata
profiles/path-with-a-pattern.json | /paths/token | `/{tenant}/token` may hold letters, digits, - . _ ~ and single slashes only
profiles/path-with-trailing-slash.json | /paths/jwks | `/oauth2/jwks/` must begin with / and not end with one
profiles/path-without-slash.json | /paths/token | `oauth2/token` must begin with / and not end with one
profiles/prefix-without-slash.json | /paths/prefix | `connect` must begin with / and not end with one
profiles/random-width-impossible.json | /tokens/refresh_token/id | `{random:5}`: the number must be 2 to 128 and not one more than a multiple of 4
profiles/random-width-no-number.json | /tokens/id_token/id | `{random:many}`: the number must be 2 to 128 and not one more than a multiple of 4
profiles/refresh-token-with-nested-subject.json | /tokens/refresh_token/claims | must carry {subject}, alone or as the only placeholder of a text: the server reads its refresh tokens and access tokens back
profiles/refresh-token-without-auth-time.json | /tokens/refresh_token/claims | must carry {auth_time}, alone or as the only placeholder of a text: the server reads its refresh tokens and access tokens back
profiles/refresh-token-without-client-id.json | /tokens/refresh_token/claims | must carry {client_id}, alone or as the only placeholder of a text: the server reads its refresh tokens and access tokens back
profiles/refresh-token-without-expires-at.json | /tokens/refresh_token/claims | must carry {expires_at}, alone or as the only placeholder of a text: the server reads its refresh tokens and access tokens back
profiles/refresh-token-without-grant-id.json | /tokens/refresh_token/claims | must carry {grant_id}, there or in its id, alone or as the only placeholder of a text: the server reads its refresh tokens and access tokens back
profiles/refresh-token-without-id.json | /tokens/refresh_token/claims | must carry {id}, alone or as the only placeholder of a text: the server reads its refresh tokens and access tokens back
profiles/refresh-token-without-scope.json | /tokens/refresh_token/claims | must carry {scope} or {scopes}, alone or as the only placeholder of a text: the server reads its refresh tokens and access tokens back
profiles/refresh-token-without-subject.json | /tokens/refresh_token/claims | must carry {subject}, alone or as the only placeholder of a text: the server reads its refresh tokens and access tokens back
profiles/reserved-alias.json | /paths/aliases/0 | `/_mimic` is below /_mimic, which is reserved for the control plane
profiles/reserved-path.json | /paths/token | `/_mimic/token` is below /_mimic, which is reserved for the control plane
profiles/refresh-token-with-two-placeholders-in-a-text.json | /tokens/refresh_token/claims | must carry {subject}, alone or as the only placeholder of a text
profiles/endpoints-that-meet-under-an-alias.json | /paths/jwks | `/a/b/token` is the path of token already
profiles/reserved-prefix.json | /paths/prefix | `/s/auth` is below /s, which is reserved for sandboxes
profiles/two-endpoints-on-one-path.json | /paths/jwks | `/oauth2/token` is the path of token already
profiles/unclosed-brace-deep.json | /tokens/access_token/claims/realm/access/0 | `{scope`: a { is not closed; write {{ for a brace
profiles/unclosed-brace.json | /tokens/access_token/claims/sub | `user {subject`: a { is not closed; write {{ for a brace
profiles/unknown-member-deep.json | /tokens/id_token/audience | unknown member `audience`; the members are `when_scope`
profiles/unknown-member.json | /scope_separator | unknown member `scope_separator`; the members are `$schema`
profiles/unknown-placeholder-in-a-header.json | /tokens/id_token/header/kid | unknown placeholder `{key}`; expected one of {kid}
profiles/unknown-placeholder-in-an-id.json | /tokens/access_token/id | `{subject}` is not one of an id's placeholders: {random:N}, {uuid}
profiles/unknown-placeholder-in-the-response.json | /response/expires_in | unknown placeholder `{expires_at}`; expected one of {issuer}
profiles/unknown-placeholder.json | /tokens/access_token/claims/sub | unknown placeholder `{user_id}`; expected one of {issuer}
profiles/unknown-refresh-policy.json | /refresh | unknown value `once`; the values are `reissue`, `rotate`, `reuse` (line 20, column 19)
profiles/when-scope-on-the-access-token.json | /tokens/access_token/when_scope | only the id_token depends on a scope
profiles/when-scope-on-the-refresh-token.json | /tokens/refresh_token/when_scope | only the id_token depends on a scope
profiles/zero-access-token-lifetime.json | /lifetimes/access_token | must be at least 1 second
profiles/zero-id-token-lifetime.json | /lifetimes/id_token | must be at least 1 second
profiles/zero-refresh-token-lifetime.json | /lifetimes/refresh_token | must be at least 1 second
keys/binary.der | - | is not text; turn DER into PEM with `openssl rsa -in FILE -out signing.pem`
keys/broken-base64.pem | - | the RSA key is broken: PKCS#8 ASN.1 error
keys/broken.pem | - | the RSA key is broken: PKCS#8 ASN.1 error
keys/certificate.pem | - | is a public key; signing needs the private one
keys/control-character-in-kid.jwk.json | /kid | must be 1 to 255 bytes without control characters
keys/control-characters-in-kty.jwk.json | - | kty is %1B[31mEC%0Asecond line; only RSA keys can sign RS256
keys/cut-off.pem | - | the RSA key is broken: `-----END PRIVATE KEY-----` is missing; is the file whole?
keys/ec.jwk.json | - | kty is EC; only RSA keys can sign RS256, and `oauth-mimic keygen` makes one
keys/ec.pem | - | kty is EC; only RSA keys can sign RS256, and `oauth-mimic keygen` makes one
keys/ec.sec1.pem | - | kty is EC; only RSA keys can sign RS256, and `oauth-mimic keygen` makes one
keys/ed25519.pem | - | kty is OKP; only RSA keys can sign RS256, and `oauth-mimic keygen` makes one
keys/empty-kid.jwks.json | /keys/0/kid | must be 1 to 255 bytes without control characters
keys/empty-set.jwks.json | /keys | is empty; one key must sign, and `oauth-mimic keygen` makes one
keys/empty.pem | - | nor a JWK: it has no such block
keys/encrypted.pem | - | is encrypted; remove the passphrase with `openssl rsa -in FILE -out signing.pem`
keys/encrypted.pkcs1.pem | - | is encrypted; remove the passphrase with `openssl rsa -in FILE -out signing.pem`
keys/even-exponent.jwk.json | - | the RSA key's public exponent is not 65537, the only one that all verifiers accept
keys/exponent-3.pem | - | the RSA key's public exponent is not 65537, the only one that all verifiers accept
keys/for-encryption.jwk.json | /use | names another purpose than `sig`, so the key is not meant to sign (RFC 7517 §4)
keys/for-rs512.jwk.json | /alg | names another purpose than `RS256`, so the key is not meant to sign (RFC 7517 §4)
keys/for-verifying-only.jwk.json | /key_ops | names another purpose than `sign`, so the key is not meant to sign (RFC 7517 §4)
keys/keys-are-no-list.jwks.json | /keys | must be an array
keys/member-twice.jwk.json | - | the member `n` is there twice (line 1, column 31)
keys/modulus-of-65536-bits.jwk.json | - | the RSA key has 65536 bits; RS256 needs 2048 to 8192 (RFC 7518 §3.3), and `oauth-mimic keygen` makes one
keys/no-key.txt | - | nor a JWK: it has no such block
keys/not-json.jwk.json | - | is not JSON: trailing comma (line 1, column 17)
keys/number-as-a-number.jwk.json | /e | must be a string, not 65537
keys/padded-number.jwk.json | /e | is not an unpadded base64url number (RFC 7518 §6.3)
keys/public-behind-a-good-one.jwks.json | /keys/1 | is a public key; signing needs the private one
keys/public-only.pem | - | is a public key; signing needs the private one
keys/public-only.pkcs1.pem | - | is a public key; signing needs the private one
keys/same-kid-twice.jwks.json | /keys/1/kid | `one` names two keys; give each its own, or none
keys/secret.jwk.json | - | kty is oct; only RSA keys can sign RS256, and `oauth-mimic keygen` makes one
keys/three-primes.jwk.json | - | the RSA key is broken: it has more than two primes
keys/three-primes.pem | - | the RSA key is broken: PKCS#8 key malformed
keys/weak-rsa-1024.pem | - | the RSA key has 1024 bits; RS256 needs 2048 to 8192 (RFC 7518 §3.3), and `oauth-mimic keygen` makes one
keys/weak-rsa-1024.pkcs1.pem | - | the RSA key has 1024 bits; RS256 needs 2048 to 8192 (RFC 7518 §3.3), and `oauth-mimic keygen` makes one
keys/weak.jwk.json | - | the RSA key has 1024 bits; RS256 needs 2048 to 8192 (RFC 7518 §3.3), and `oauth-mimic keygen` makes one
keys/without-d.jwk.json | - | is a public key; signing needs the private one
keys/without-kty.jwk.json | - | the member `kty` is missing
keys/without-n.jwk.json | - | the RSA key is broken: `n` is missing
keys/wrong-d.jwk.json | - | the RSA key is broken: invalid exponent
keys/wrong-n-without-primes.jwk.json | - | the RSA key is broken: invalid arguments
keys/wrong-n.jwk.json | - | the RSA key is broken: invalid modulus
keys/zero-d.jwk.json | - | the RSA key is broken: `d` is 0
"#;

/// The rows of the table.
pub(crate) fn rows() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    TABLE.trim().lines().map(|line| {
        let mut cells = line.splitn(3, " | ");
        let mut cell = || cells.next().expect("three cells");
        (cell(), cell(), cell())
    })
}

/// The flag that takes files of that kind.
fn flag(file: &str) -> &'static str {
    match file.split('/').next() {
        Some("profiles") => "--profile",
        Some("keys") => "--keys",
        _ => "--fixtures",
    }
}

#[test]
fn every_bad_file_is_in_the_table_and_there() {
    let named: BTreeSet<String> = rows().map(|(file, ..)| file.to_owned()).collect();
    let mut there = BTreeSet::new();
    for directory in ["", "profiles/", "keys/"] {
        let path = root().join("fixtures/bad").join(directory);
        for entry in std::fs::read_dir(path).expect("a directory") {
            let entry = entry.expect("an entry");
            if entry.path().is_file() {
                let name = entry.file_name();
                there.insert(format!("{directory}{}", name.to_string_lossy()));
            }
        }
    }
    assert_eq!(named, there);
}

#[test]
fn each_bad_file_is_reported_with_its_name_the_place_in_it_and_the_remedy() {
    for (file, path, problem) in rows() {
        let path_of = |file: &str| Path::new("fixtures/bad").join(file).display().to_string();
        let report = bad(&["check", flag(file), &path_of(file)]);
        // A profile that fixtures name is itself what is bad.
        let culprit = match file {
            "profile-that-is-bad.json" => "profiles/unknown-member.json",
            itself => itself,
        };
        let start = match path {
            "-" => format!("oauth-mimic: {}: ", path_of(culprit)),
            path => format!("oauth-mimic: {}: {path}: ", path_of(culprit)),
        };
        let rest = report
            .strip_prefix(&start)
            .unwrap_or_else(|| panic!("{file}: `{start}` does not begin:\n{report}"));
        assert!(
            rest.contains(problem),
            "{file}: `{problem}` is not in:\n{report}"
        );
        assert_eq!(report.lines().count(), 1, "{file}:\n{report}");
    }
}

#[test]
fn a_server_does_not_start_with_a_bad_file_either() {
    for args in [
        ["--fixtures", "fixtures/bad/duplicate-client.json"],
        ["--profile", "fixtures/bad/profiles/alg-none.json"],
        ["--keys", "fixtures/bad/keys/weak-rsa-1024.pem"],
    ] {
        assert!(bad(&["--port", "0", args[0], args[1]]).contains(args[1]));
        assert!(bad(&["mint", args[0], args[1]]).contains(args[1]));
    }
}

#[test]
fn a_file_that_does_not_exist_is_reported() {
    for flag in ["--fixtures", "--profile", "--keys"] {
        let report = bad(&["check", flag, "fixtures/nowhere.json"]);
        assert!(report.contains("fixtures/nowhere.json"), "{report}");
        assert!(report.contains("cannot be read: No such file"), "{report}");
    }
}

#[test]
fn no_message_shows_what_a_key_or_a_secret_is() {
    let key = std::fs::read_to_string(root().join("fixtures/bad/keys/broken.pem")).expect("a file");
    let report = bad(&["check", "--keys", "fixtures/bad/keys/broken.pem"]);
    for line in key.lines().filter(|line| line.len() == 64) {
        assert!(!report.contains(line));
    }
    assert!(!bad(&["check", "--keys", "fixtures/bad/keys/no-key.txt"]).contains("hunter2"));
    let report = bad(&["check", "fixtures/bad/non-ascii-secret.json"]);
    assert!(!report.contains("ssword"), "{report}");
}
