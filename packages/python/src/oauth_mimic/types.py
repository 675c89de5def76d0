"""The JSON of the control plane, as types.

Generated from the OpenAPI document by packages/python/generate; do not edit.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Dict, List, Literal, Optional, TypedDict, Union

if sys.version_info >= (3, 11):
    from typing import NotRequired, TypeAlias
elif TYPE_CHECKING:
    from typing_extensions import NotRequired, TypeAlias


class Advance(TypedDict):
    """
    How far to move the clock.
    """

    seconds: int
    """
    Seconds; negative to move back.
    """


AdviceCode: TypeAlias = Literal[
    "method",
    "parameter_in_uri",
    "basic_not_encoded",
    "several_methods",
    "parameter_repeated",
    "parameter_unknown",
    "refresh_race",
    "refresh_replay",
    "refresh_early",
    "scope_never_granted",
    "pkce_missing",
    "state_missing",
    "nonce_missing",
    "code_replay",
    "secret_in_public_client",
    "redirect_uri_wildcard",
    "tolerated",
]
"""
The name of a remark on a request.
`method`: The token, introspection or revocation request is not a POST.
`parameter_in_uri`: A parameter of the request, or the access token, is in the URI.
`basic_not_encoded`: The Basic credentials are not form-urlencoded.
`several_methods`: The request uses more than one method of client authentication.
`parameter_repeated`: A parameter is repeated.
`parameter_unknown`: A parameter is not a registered one of a token request.
`refresh_race`: Two requests that overlapped in time presented the same refresh token.
`refresh_replay`: The refresh token was presented before.
`refresh_early`: The access token still had more than half of its lifetime.
`scope_never_granted`: The requested scope was never granted.
`pkce_missing`: A request for a code has no `code_challenge`.
`state_missing`: An authorization request has no `state`, and no `code_challenge` or `nonce` in its place.
`nonce_missing`: A request for a code and tokens at once has no `nonce`.
`code_replay`: The authorization code was used before.
`secret_in_public_client`: A public client sends a secret.
`redirect_uri_wildcard`: A redirect URI has a wildcard.
`tolerated`: Leniency tolerated a reason to refuse the request.
"""


class AlgNoneDefect(TypedDict):
    """
    The token has `alg` `none` and no signature (RFC 8725 §2.1).
    """

    kind: Literal["alg_none"]
    """
    The kind of the object.
    """


class AnswerFault(TypedDict):
    """
    Members of the JSON answer are removed or set, as `{"set": {"expires_in": "899"}}`. The client sees a well-formed answer that does not mean what it should.
    """

    kind: Literal["answer"]
    """
    The kind of the object.
    """
    remove: NotRequired[List[str]]
    """
    Members to remove. Default: none.
    """
    set: NotRequired[Dict[str, Any]]
    """
    Members to set, after others were removed. Default: none.
    """


AuthMethod: TypeAlias = Literal["client_secret_basic", "client_secret_post", "none"]
"""
How a client authenticates at the token endpoint (RFC 7591 §2).
`client_secret_basic`: HTTP Basic (RFC 6749 §2.3.1).
`client_secret_post`: `client_id` and `client_secret` in the form (RFC 6749 §2.3.1).
`none`: A public client: `client_id` alone.
"""


AutoLogin: TypeAlias = Union[bool, str]
"""
Whether users are logged in without a page: true (the first user), false, or the sub of a user.
"""


AccessTokenAudienceItem: TypeAlias = str


IdTokenAudienceItem: TypeAlias = str


class ClockState(TypedDict):
    """
    The sandbox's time.
    """

    frozen: bool
    """
    True while the clock does not move by itself.
    """
    now: str
    """
    The time in RFC 3339.
    """
    unix: int
    """
    The time in seconds since 1970.
    """


class CloseFault(TypedDict):
    """
    The connection is closed in the place of an answer. Nothing is processed. The client sees an end of the stream.
    """

    kind: Literal["close"]
    """
    The kind of the object.
    """


class ContentTypeFault(TypedDict):
    """
    The answer has another `Content-Type`. It combines with one fault of another kind. The client sees the body that it expects under a name that it does not.
    """

    content_type: str
    """
    The value of the `Content-Type` header.
    """
    kind: Literal["content_type"]
    """
    The kind of the object.
    """


class DamagedSignatureDefect(TypedDict):
    """
    One bit of the signature is flipped.
    """

    kind: Literal["damaged_signature"]
    """
    The kind of the object.
    """


class DelayFault(TypedDict):
    """
    The answer comes late, in real time, and the request is processed only then. It combines with one fault of another kind. The client sees the same answer as without it, unless it gives up before.
    """

    jitter: NotRequired[float]
    """
    The most seconds to wait beyond that, from 0 to 3600, drawn from the seeded source. Default: 0.
    """
    kind: Literal["delay"]
    """
    The kind of the object.
    """
    seconds: float
    """
    Seconds to wait at least, from 0 to 3600.
    """


class Document(TypedDict):
    """
    An OpenAPI document.
    """


class DripFault(TypedDict):
    """
    The body of the answer comes slowly, in real time. It combines with one fault of another kind. The client sees the head of the answer at once, and the body a few bytes at a time.
    """

    bytes_per_second: int
    """
    Bytes of the body a second, at least 1.
    """
    kind: Literal["drip"]
    """
    The kind of the object.
    """


Endpoint: TypeAlias = Literal[
    "token",
    "authorization",
    "userinfo",
    "introspection",
    "revocation",
    "end_session",
    "backchannel_logout",
    "jwks",
    "metadata",
    "unknown",
]
"""
An endpoint of the provider, by its name in rules, filters and the journal.
`token`: The token endpoint (RFC 6749 §3.2).
`authorization`: The authorization endpoint (RFC 6749 §3.1).
`userinfo`: The userinfo endpoint (OpenID Connect Core §5.3).
`introspection`: The introspection endpoint (RFC 7662 §2).
`revocation`: The revocation endpoint (RFC 7009 §2).
`end_session`: The end session endpoint (OpenID Connect RP-Initiated Logout §2).
`backchannel_logout`: A client's back-channel logout endpoint, to which the server sends logout tokens (OpenID Connect Back-Channel Logout
§2.5).
`jwks`: The JWK Set document (RFC 7517 §5).
`metadata`: The metadata documents (RFC 8414 §3, OpenID Connect Discovery §4).
`unknown`: Any path that no endpoint answers.
"""


class Endpoints(TypedDict):
    """
    The URLs that a client is configured with.
    """

    authorization: str
    """
    The authorization endpoint (RFC 6749 §3.1).
    """
    control: NotRequired[Optional[str]]
    """
    The control plane, which may have a port of its own.
    """
    end_session: str
    """
    The end session endpoint (OpenID Connect RP-Initiated Logout §2).
    """
    introspection: str
    """
    The introspection endpoint (RFC 7662 §2).
    """
    jwks: str
    """
    The published keys (RFC 7517 §5).
    """
    metadata: str
    """
    The metadata (OpenID Connect Discovery §4).
    """
    revocation: str
    """
    The revocation endpoint (RFC 7009 §2).
    """
    token: str
    """
    The token endpoint (RFC 6749 §3.2).
    """
    userinfo: str
    """
    The userinfo endpoint (OpenID Connect Core §5.3).
    """


ErrorDialect: TypeAlias = Literal["rfc", "spring"]
"""
How requests are read, and in which words refusals are answered where a profile does not say otherwise.
`rfc`: Strictly as RFC 6749 §5.2.
`spring`: As Spring Security OAuth 2.5.2 does, including its lenient reading.
"""


class ErrorFault(TypedDict):
    """
    An OAuth error in the place of the answer (RFC 6749 §5.2). Nothing is processed: no token is spent or issued. The client sees a well-formed error response, with the headers of the server's error dialect. At the authorization endpoint the browser brings the error to the redirect URI (RFC 6749 §4.1.2.1), or shows it on a page where the request has none to trust; the end session endpoint shows a page.
    """

    description: NotRequired[Optional[str]]
    """
    The error description. Default: `injected fault`.
    """
    error: str
    """
    The error code, such as `invalid_grant`.
    """
    kind: Literal["error"]
    """
    The kind of the object.
    """
    status: NotRequired[Optional[int]]
    """
    The HTTP status. Default: 401 for `invalid_client`, 503 for `temporarily_unavailable`, 500 for `server_error`, and
    400 for other codes. It has no effect where a redirect carries the error.
    """


class ExpiredDefect(TypedDict):
    """
    The token was issued, and expired an hour ago (RFC 7519 §4.1.4).
    """

    kind: Literal["expired"]
    """
    The kind of the object.
    """


FaultKind: TypeAlias = Literal[
    "error",
    "status",
    "gateway_page",
    "close",
    "reset",
    "lost_response",
    "delay",
    "drip",
    "content_type",
    "truncate",
    "malformed",
    "answer",
    "redirect",
    "token",
    "keys",
]
"""
A kind of [`Fault`], by its name in JSON.
"""


class Findings(TypedDict):
    """
    What a token says, and what is right and wrong with it now, by the clock and the published keys of the sandbox.
    """

    claims: NotRequired[Optional[Dict[str, Any]]]
    """
    The claims (RFC 7519 §4); absent if the text is not a signed token.
    """
    expires_at: NotRequired[Optional[int]]
    """
    When the token ends, in seconds since 1970; absent if it has no end.
    """
    header: NotRequired[Optional[Dict[str, Any]]]
    """
    The JOSE header (RFC 7515 §4); absent if the text is not a signed token.
    """
    odd: List[str]
    """
    What is unusual and not wrong.
    """
    right: List[str]
    """
    What was checked and is right.
    """
    wrong: List[str]
    """
    Why the token must not be accepted.
    """


class FixtureTime1(TypedDict):
    """
    Seconds after the start, before it when negative.
    """

    seconds_from_start: int
    """
    Seconds after the start.
    """


FixtureTime: TypeAlias = Union[int, FixtureTime1, str]
"""
A time, fixed when its token is seeded, put or restored by a reset. The start is the time of the server's clock at that moment.
"""


class ForeignKeyDefect(TypedDict):
    """
    A key that is not published made the signature, under the `kid` of a published key.
    """

    kind: Literal["foreign_key"]
    """
    The kind of the object.
    """


class Freeze(TypedDict):
    """
    The instant to freeze the clock at.
    """

    now: str
    """
    The instant in RFC 3339, such as 2023-03-28T12:23:16Z.
    """


class GatewayPageFault(TypedDict):
    """
    The page of a gateway that cannot reach the server. Nothing is processed. The client sees status 502 and HTML.
    """

    kind: Literal["gateway_page"]
    """
    The kind of the object.
    """


GrantType: TypeAlias = Literal["refresh_token", "client_credentials", "authorization_code"]
"""
A grant type that the token endpoint supports (RFC 6749 §1.3).

`grant_types_supported` in the metadata, the check of `Client.grant_types` and the documents come from
[`GrantType::ALL`].
`refresh_token`: Refreshing an access token (RFC 6749 §6).
`client_credentials`: A client that acts for itself (RFC 6749 §4.4).
`authorization_code`: The code of an authorization response (RFC 6749 §4.1).
"""


class Health(TypedDict):
    """
    That the server answers. It shows no more than this, because every web page can ask for it.
    """

    status: str
    """
    `ok`.
    """
    version: str
    """
    The program's version.
    """


class Hs256WithPublicKeyDefect(TypedDict):
    """
    The token is signed with HS256 and the PEM of the public key as the secret (RFC 8725 §2.1).
    """

    kind: Literal["hs256_with_public_key"]
    """
    The kind of the object.
    """


class IssuedIds(TypedDict):
    """
    The ids of the tokens of one answer. A chain of refreshes can be followed by them.
    """

    access_token: str
    """
    The id of the access token.
    """
    id_token: NotRequired[Optional[str]]
    """
    The id of the ID token, when one was issued.
    """
    refresh_token: NotRequired[Optional[str]]
    """
    The id of the refresh token, when one was issued.
    """


class IssuedInFutureDefect(TypedDict):
    """
    The token is issued an hour from now (RFC 7519 §4.1.6).
    """

    kind: Literal["issued_in_future"]
    """
    The kind of the object.
    """


class Key(TypedDict):
    kid: str
    published: bool
    """
    True if the JWKS has this key now.
    """
    retires_at: NotRequired[Optional[str]]
    """
    The time at which the JWKS stops publishing it, by the server's clock, in RFC 3339; absent if it has none.
    """
    signs: bool
    """
    True if new tokens are signed with this key.
    """


class Keys(TypedDict):
    """
    The published keys, the signing key first.
    """

    keys: List[Key]


Leniency: TypeAlias = Union[
    Literal["anything"],
    List[
        Literal[
            "method_not_allowed",
            "content_type",
            "charset",
            "content_encoding",
            "unreadable",
            "parameter_in_uri",
            "parameter_repeated",
            "grant_type_missing",
            "refresh_token_missing",
            "authentication_missing",
            "scheme_unsupported",
            "basic_malformed",
            "several_authentication_methods",
            "assertion_unsupported",
            "client_id_mismatch",
            "client_unknown",
            "secret_wrong",
            "secret_not_encoded",
            "secret_missing",
            "secret_unexpected",
            "auth_method_not_registered",
            "grant_type_unsupported",
            "grant_type_not_allowed",
            "client_not_confidential",
            "refresh_token_unknown",
            "refresh_token_forged",
            "refresh_token_wrong_kind",
            "refresh_token_wrong_issuer",
            "refresh_token_wrong_client",
            "refresh_token_wrong_type",
            "refresh_token_wrong_audience",
            "refresh_token_not_yet_valid",
            "refresh_token_issued_in_future",
            "refresh_token_expired",
            "grant_revoked",
            "refresh_token_replayed",
            "user_unknown",
            "scope_malformed",
            "scope_not_registered",
            "scope_not_granted",
            "scope_empty",
            "token_type_unsupported",
            "token_wrong_client",
            "bearer_missing",
            "bearer_malformed",
            "bearer_in_query",
            "access_token_unknown",
            "access_token_forged",
            "access_token_wrong_kind",
            "access_token_wrong_issuer",
            "access_token_invalid",
            "access_token_expired",
            "access_token_revoked",
            "access_token_without_user",
            "scope_insufficient",
            "client_id_missing",
            "authorization_client_unknown",
            "redirect_uri_unregistered",
            "response_type_missing",
            "response_type_unsupported",
            "response_type_not_allowed",
            "response_mode_unsupported",
            "parameter_malformed",
            "request_not_supported",
            "request_uri_not_supported",
            "registration_not_supported",
            "pkce_missing",
            "pkce_malformed",
            "pkce_method_unsupported",
            "openid_missing",
            "nonce_missing",
            "id_token_hint_invalid",
            "post_logout_redirect_uri_unregistered",
            "code_missing",
            "code_unknown",
            "code_wrong_client",
            "code_expired",
            "code_replayed",
            "code_revoked",
            "redirect_uri_not_repeated",
            "redirect_uri_mismatch",
            "verifier_missing",
            "verifier_malformed",
            "verifier_wrong",
            "verifier_unexpected",
        ]
    ],
]
"""
Refusals that are tolerated, by name; `anything` is all of them.
"""


class LostResponseFault(TypedDict):
    """
    The request is processed fully, so that a rotating refresh token is spent, and the connection is reset (TCP RST) in the place of the answer. The client cannot know whether its token was spent.
    """

    kind: Literal["lost_response"]
    """
    The kind of the object.
    """


class MalformedFault(TypedDict):
    """
    The body of the answer is its first half. The client sees a complete response of which the body is not JSON.
    """

    kind: Literal["malformed"]
    """
    The kind of the object.
    """


MintKind: TypeAlias = Literal["access_token", "refresh_token", "id_token", "response"]
"""
What minting answers.
`response`: Everything that the token endpoint would have answered.
"""


class Minted1(TypedDict):
    """
    What the token endpoint would have answered; the profile decides its members.
    """

    access_token: str


class MissingClaimDefect(TypedDict):
    """
    The token lacks a claim.
    """

    claim: str
    """
    The name of the claim.
    """
    kind: Literal["missing_claim"]
    """
    The kind of the object.
    """


class NotYetValidDefect(TypedDict):
    """
    The claim `nbf` is an hour from now (RFC 7519 §4.1.5).
    """

    kind: Literal["not_yet_valid"]
    """
    The kind of the object.
    """


class OneToken(TypedDict):
    """
    One token.
    """

    token: str
    """
    The token as a client receives it.
    """


Outcome: TypeAlias = Literal["pending", "abandoned", "issued", "answered", "refused", "faulted"]
"""
How an exchange ended, or that it has not ended yet.
`pending`: The request has arrived and is not answered yet.
`abandoned`: The client closed the connection before it had the whole answer.

The server notices a reset of the connection (TCP RST) at any time. It notices an end in good order (TCP FIN), which
may close one direction only, when it writes; so a request whose client leaves in that way during a `delay` is
processed, and its outcome is that of the answer. During a `drip`, both are noticed: the entry then says what was
on its way, such as the tokens that were issued. An answer that the operating system has taken whole counts as delivered.
`issued`: Tokens were issued (RFC 6749 §5.1).
`answered`: A document or an empty answer was given.
`refused`: The request was refused with an error (RFC 6749 §5.2).
`faulted`: A fault replaced the answer.
"""


class OversizedDefect(TypedDict):
    """
    The token has a claim `padding` that makes it larger.
    """

    bytes: int
    """
    Bytes by which the token is larger, at most 1,048,576. It can be one more, for base64url has no text of every
    length, and up to 32 more if fewer are asked for.
    """
    kind: Literal["oversized"]
    """
    The kind of the object.
    """


class Overview(TypedDict):
    """
    What the server is and where its endpoints are.
    """

    base_url: str
    """
    The URL under which clients reach it, without the profile's prefix.
    """
    endpoints: Endpoints
    epoch: int
    """
    The number of the sandbox's resets.
    """
    issuer: str
    """
    The `iss` of its tokens (RFC 7519 §4.1.1).
    """
    profile: str
    """
    The profile's name.
    """
    run: str
    """
    The id of this run of the server. It and the epoch tell a program that the numbers in the journal have begun anew.
    """
    sandbox: NotRequired[Optional[str]]
    """
    The sandbox's id; absent for the default one.
    """
    version: str
    """
    The program's version.
    """


class Parameter(TypedDict):
    """
    A parameter of a request.
    """

    name: str
    """
    The name of the parameter.
    """
    value: str
    """
    An excerpt of the value; `[redacted]` when it is secret.
    """


class Presented(TypedDict):
    """
    A token to decode and verify.
    """

    token: str
    """
    The token.
    """


ProblemCode: TypeAlias = Literal[
    "invalid_body",
    "invalid_query",
    "name_differs",
    "unauthorized",
    "host_refused",
    "origin_refused",
    "not_found",
    "method_not_allowed",
    "body_timeout",
    "name_taken",
    "key_signs",
    "not_verified",
    "wait_ended",
    "body_too_large",
    "too_many_sandboxes",
    "too_many_logins",
    "stopping",
]
"""
The kinds of problems: a program compares these, a person reads `detail`.
`invalid_body`: The body is not JSON of the right form, or a value in it is refused.
`invalid_query`: The query has an unknown parameter, or a value in it is refused.
`name_differs`: A member of the body differs from the name in the path.
`unauthorized`: The `--control-token` is missing or wrong.
`host_refused`: The `Host` header names a host that the server is not known by.
`origin_refused`: The `Origin` header names a web page of another site.
`not_found`: There is no route at this path, or no resource of this name.
`method_not_allowed`: The path has no such method; `Allow` lists those it has.
`body_timeout`: The body did not arrive in time.
`name_taken`: There is a resource of this name; PUT replaces it.
`key_signs`: The signing key cannot be retired.
`not_verified`: The journal is not as expected; `detail` lists what arrived.
`wait_ended`: The wait ended before enough requests matched; `detail` lists what arrived.
`body_too_large`: The body is larger than 4 MiB.
`too_many_sandboxes`: The server holds as many sandboxes as `--max-sandboxes` allows.
`too_many_logins`: As many scripted logins wait as may.
`stopping`: The server is being stopped.
"""


RefreshPolicy: TypeAlias = Literal["reissue", "rotate", "reuse"]
"""
What happens to a refresh token when it is used (RFC 6749 §6).
`reissue`: Each refresh issues a new refresh token; the old one works until it expires. The documented server does this.
`rotate`: Each refresh token can be used once. A second use revokes the grant with all its refresh tokens (RFC 9700 §4.14.2).
`reuse`: The response repeats the refresh token of the request; it works until it expires.
"""


RefusalName: TypeAlias = Literal[
    "no_such_endpoint",
    "method_not_allowed",
    "headers_too_large",
    "target_too_long",
    "content_type",
    "charset",
    "content_encoding",
    "body_too_large",
    "body_too_slow",
    "body_broke_off",
    "unreadable",
    "parameter_in_uri",
    "parameter_repeated",
    "grant_type_missing",
    "refresh_token_missing",
    "authentication_missing",
    "scheme_unsupported",
    "basic_malformed",
    "several_authentication_methods",
    "assertion_unsupported",
    "client_id_mismatch",
    "client_unknown",
    "secret_wrong",
    "secret_not_encoded",
    "secret_missing",
    "secret_unexpected",
    "auth_method_not_registered",
    "grant_type_unsupported",
    "grant_type_not_allowed",
    "client_not_confidential",
    "refresh_token_unknown",
    "refresh_token_forged",
    "refresh_token_wrong_kind",
    "refresh_token_wrong_issuer",
    "refresh_token_wrong_client",
    "refresh_token_wrong_type",
    "refresh_token_wrong_audience",
    "refresh_token_not_yet_valid",
    "refresh_token_issued_in_future",
    "refresh_token_expired",
    "grant_revoked",
    "refresh_token_replayed",
    "user_unknown",
    "scope_malformed",
    "scope_not_registered",
    "scope_not_granted",
    "scope_empty",
    "token_missing",
    "token_type_unsupported",
    "token_wrong_client",
    "token_inactive",
    "bearer_missing",
    "bearer_malformed",
    "bearer_in_query",
    "access_token_unknown",
    "access_token_forged",
    "access_token_wrong_kind",
    "access_token_wrong_issuer",
    "access_token_invalid",
    "access_token_expired",
    "access_token_revoked",
    "access_token_without_user",
    "scope_insufficient",
    "client_id_missing",
    "authorization_client_unknown",
    "redirect_uri_missing",
    "redirect_uri_malformed",
    "redirect_uri_unregistered",
    "response_type_missing",
    "response_type_unsupported",
    "response_type_not_allowed",
    "response_mode_unsupported",
    "parameter_malformed",
    "request_not_supported",
    "request_uri_not_supported",
    "registration_not_supported",
    "pkce_missing",
    "pkce_malformed",
    "pkce_method_unsupported",
    "openid_missing",
    "nonce_missing",
    "id_token_hint_invalid",
    "login_required",
    "consent_required",
    "access_denied",
    "scripted_user_unknown",
    "form_not_ours",
    "login_failed",
    "new_user_malformed",
    "post_logout_redirect_uri_unregistered",
    "code_missing",
    "code_unknown",
    "code_wrong_client",
    "code_expired",
    "code_replayed",
    "code_revoked",
    "redirect_uri_not_repeated",
    "redirect_uri_mismatch",
    "verifier_missing",
    "verifier_malformed",
    "verifier_wrong",
    "verifier_unexpected",
]
"""
The stable name of a reason for which a request is refused.

The journal, filters, a profile's error table and `leniency` use these names.
`no_such_endpoint`: No endpoint of the profile answers at the path.
`method_not_allowed`: The endpoint does not take the request's method (RFC 9110 §15.5.6).
`headers_too_large`: The names and values of all request headers together exceed the limit.
`target_too_long`: The request target exceeds the limit.
`content_type`: The body is not declared as a form.
`charset`: The form is declared in another character set than UTF-8.
`content_encoding`: The request has a `Content-Encoding`.
`body_too_large`: The body exceeds the limit.
`body_too_slow`: The body did not arrive within the time limit.
`body_broke_off`: The connection ended, or the transfer coding broke, before the body was complete.
`unreadable`: A form or query has an invalid percent-encoding, is not UTF-8, or contains NUL; or a header that may appear once is
repeated.
`parameter_in_uri`: A parameter of the token request is in the request URI (RFC 6749 §2.3.1).
`parameter_repeated`: A parameter that may appear once is repeated (RFC 6749 §3.2).
`grant_type_missing`: The request has no `grant_type`, or an empty one.
`refresh_token_missing`: The refresh request has no `refresh_token`, or an empty one.
`authentication_missing`: The request names no client.
`scheme_unsupported`: The `Authorization` header has another scheme than Basic.
`basic_malformed`: The Basic credentials cannot be decoded.
`several_authentication_methods`: The request authenticates by more than one method (RFC 6749 §2.3).
`assertion_unsupported`: The request has a `client_assertion`.
`client_id_mismatch`: The form names another client than the one that authenticated.
`client_unknown`: No client of that id is registered.
`secret_wrong`: The secret is not the client's.
`secret_not_encoded`: The Basic credentials hold the right secret as it is, but RFC 6749 §2.3.1 demands that it is form-urlencoded first:
decoded, it is another text.
`secret_missing`: The client has a secret and the request sent none.
`secret_unexpected`: The client is public and the request sent a secret.
`auth_method_not_registered`: The client is registered for another authentication method than it used (RFC 7591 §2).
`grant_type_unsupported`: The server does not support the grant type.
`grant_type_not_allowed`: The client is not registered for the grant type.
`client_not_confidential`: A public client asks for the `client_credentials` grant, which is for confidential clients only (RFC 6749 §4.4).
`refresh_token_unknown`: The refresh token is neither named in the fixtures nor a signed token.
`refresh_token_forged`: No published key verifies the refresh token's signature.
`refresh_token_wrong_kind`: The token is of another kind, such as an access token.
`refresh_token_wrong_issuer`: The refresh token names another issuer.
`refresh_token_wrong_client`: The refresh token was issued to another client.
`refresh_token_wrong_type`: A literal of the refresh token's header, such as `typ`, is not the profile's (RFC 8725 §3.11).
`refresh_token_wrong_audience`: The refresh token has an `aud` that names neither an audience of this server's refresh tokens nor the server.
`refresh_token_not_yet_valid`: The `nbf` of the refresh token is in the future (RFC 7519 §4.1.5).
`refresh_token_issued_in_future`: The `iat` of the refresh token is in the future.
`refresh_token_expired`: The refresh token has expired.
`grant_revoked`: The grant of the refresh token is revoked: a refresh token or the code was used twice, a token was revoked, or the session
in which the user logged in has ended.
`refresh_token_replayed`: The refresh token was used before and its client rotates (RFC 9700 §4.14.2).
`user_unknown`: The user of the grant is not registered.
`scope_malformed`: The scope does not follow RFC 6749 §3.3.
`scope_not_registered`: The client is not registered for a requested scope token.
`scope_not_granted`: A requested scope token was not granted originally (RFC 6749 §6).
`scope_empty`: The client has no registered scope and requested none (`spring` only).
`token_missing`: The request to the introspection or revocation endpoint has no `token` (RFC 7662 §2.1, RFC 7009 §2.1).
`token_type_unsupported`: The kind of token cannot be revoked (RFC 7009 §2.2.1): an ID token is not a credential.
`token_wrong_client`: The client revokes a token that was issued to another client (RFC 7009 §2.1).
`token_inactive`: The introspected token is not active (RFC 7662 §2.2); `reason` is the reason for which it would be refused.
`bearer_missing`: The request to the userinfo endpoint has no access token (RFC 6750 §2).
`bearer_malformed`: The access token is sent more than once, or not in the form of RFC 6750 §2.
`bearer_in_query`: The access token is in the query (RFC 9700 §4.3.2).
`access_token_unknown`: The access token is not a token of this server.
`access_token_forged`: No published key verifies the access token's signature.
`access_token_wrong_kind`: The token is of another kind, such as an ID token.
`access_token_wrong_issuer`: The access token names another issuer.
`access_token_invalid`: The header, the audience or a time of the access token is not what this server writes (RFC 8725 §3.11, RFC 7519 §4.1).
`access_token_expired`: The access token has expired.
`access_token_revoked`: The access token or its grant was revoked.
`access_token_without_user`: The access token names no user that is registered, so there is nobody whose claims could be returned.
`scope_insufficient`: The access token lacks a scope token that the endpoint needs (RFC 6750 §3.1).
`client_id_missing`: The authorization request names no client. The browser is not redirected (RFC 6749 §4.1.2.1).
`authorization_client_unknown`: No client of that id is registered. The browser is not redirected (RFC 6749 §4.1.2.1).
`redirect_uri_missing`: The authorization request has no redirect URI, and the client has not exactly one. The browser is not redirected.
`redirect_uri_malformed`: The redirect URI is not absolute, has a fragment, or has characters that a URI cannot have (RFC 6749 §3.1.2). The
browser is not redirected.
`redirect_uri_unregistered`: The redirect URI is not registered for the client (RFC 9700 §4.1.3). The browser is not redirected.
`response_type_missing`: The authorization request has no `response_type` (RFC 6749 §4.1.1).
`response_type_unsupported`: The server does not support the response type.
`response_type_not_allowed`: The client is not registered for the response type, or not for the grant that it needs.
`response_mode_unsupported`: The response mode is unknown, or cannot carry tokens (OAuth 2.0 Multiple Response Types §5).
`parameter_malformed`: A parameter of the authorization request has a value that it cannot have.
`request_not_supported`: The request is a JWT (OpenID Connect Core §6.1), which the server does not support.
`request_uri_not_supported`: The request is at a URI (OpenID Connect Core §6.2), which the server does not support.
`registration_not_supported`: The request registers its client (OpenID Connect Core §7.2.1), which the server does not support.
`pkce_missing`: The client must send a code challenge and sent none (RFC 9700 §2.1.1).
`pkce_malformed`: The code challenge is not 43 to 128 unreserved characters, or there is a method without a challenge (RFC 7636 §4.2).
`pkce_method_unsupported`: The challenge method is `plain`, which the profile does not allow, or unknown (RFC 7636 §4.4.1).
`openid_missing`: A request for an ID token has no scope token `openid` (OpenID Connect Core §3.1.2.1).
`nonce_missing`: A request for an ID token from the authorization endpoint has no nonce (OpenID Connect Core §3.2.2.1).
`id_token_hint_invalid`: The ID token hint is not an ID token of this server (OpenID Connect Core §3.1.2.1).
`login_required`: `prompt=none` was requested, and no user is logged in; or another user logged in than the ID token hint names (OpenID
Connect Core §3.1.2.1, §3.1.2.6).
`consent_required`: `prompt=none` was requested, and the user has not consented (OpenID Connect Core §3.1.2.6).
`access_denied`: The user denied the request (RFC 6749 §4.1.2.1).
`scripted_user_unknown`: The scripted login names a user who is not registered, or no user is registered.
`form_not_ours`: A form of the login page came without the page's cookie, or from another page.
`login_failed`: The login form names a user that does not exist, or has a wrong password.
`new_user_malformed`: A new user cannot be made of the login form.
`post_logout_redirect_uri_unregistered`: The post-logout redirect URI is not registered for the client (OpenID Connect RP-Initiated Logout §3).
`code_missing`: The token request has no `code`, or an empty one (RFC 6749 §4.1.3).
`code_unknown`: The server did not issue the code, or has forgotten it.
`code_wrong_client`: The code was issued to another client (RFC 6749 §4.1.3).
`code_expired`: The code has expired (RFC 6749 §4.1.2).
`code_replayed`: The code was used before (RFC 6749 §4.1.2).
`code_revoked`: The grant of the code was revoked before the code was used: its session has ended.
`redirect_uri_not_repeated`: The authorization request had a redirect URI, and the token request has none (RFC 6749 §4.1.3).
`redirect_uri_mismatch`: The redirect URI is not that of the authorization request (RFC 6749 §4.1.3).
`verifier_missing`: The authorization request had a code challenge, and the token request has no verifier (RFC 7636 §4.6). The code is
spent.
`verifier_malformed`: The code verifier is not 43 to 128 unreserved characters (RFC 7636 §4.1).
`verifier_wrong`: The code verifier does not belong to the challenge (RFC 7636 §4.6). The code is spent.
`verifier_unexpected`: There is a code verifier, and the authorization request had no challenge (RFC 9700 §4.8.2).
"""


class ResetFault(TypedDict):
    """
    The connection is reset (TCP RST) in the place of an answer. Nothing is processed. The client sees an error of the connection.
    """

    kind: Literal["reset"]
    """
    The kind of the object.
    """


class Rotate(TypedDict):
    """
    The options of a key rotation.
    """

    retire_after: NotRequired[Optional[int]]
    """
    Seconds for which the previous signing key stays published, by the server's clock; omitted, until it is
    deleted.
    """


class SandboxState(TypedDict):
    """
    A sandbox.
    """

    base_url: str
    """
    The URL under which clients reach it, without the profile's prefix.
    """
    endpoints: Endpoints
    id: str
    """
    The id in its paths.
    """
    issuer: str
    """
    The `iss` of its tokens (RFC 7519 §4.1.1).
    """
    label: NotRequired[Optional[str]]
    """
    The name that the request gave it.
    """


Scope: TypeAlias = str
"""
Scope tokens with one space between them (RFC 6749 §3.3).
"""


Secret: TypeAlias = str
"""
A client's secret: printable ASCII (RFC 6749 Appendix A.2).
"""


class SentToken(TypedDict):
    """
    A token of a token response.
    """

    claims: NotRequired[Optional[Dict[str, Any]]]
    """
    The claims (RFC 7519 §4); absent if the text is not a signed token.
    """
    expires_at: NotRequired[Optional[int]]
    """
    When the token ends, in seconds since 1970; absent if it has no end.
    """
    header: NotRequired[Optional[Dict[str, Any]]]
    """
    The JOSE header (RFC 7515 §4); absent if the text is not a signed token.
    """
    name: str
    """
    `access_token`, `refresh_token` or `id_token`.
    """
    odd: List[str]
    """
    What is unusual and not wrong.
    """
    right: List[str]
    """
    What was checked and is right.
    """
    wrong: List[str]
    """
    Why the token must not be accepted.
    """


class SentTokens(TypedDict):
    """
    The tokens that were sent in answer to a request.
    """

    tokens: List[SentToken]
    """
    Empty if the answer was no token response, or if its tokens are not kept any more.
    """


class Session(TypedDict):
    """
    A session: a user who is logged in with a browser.
    """

    auth_time: int
    """
    The time of the login, in seconds since 1970.
    """
    clients: List[str]
    """
    The clients that got a code in this session, each once.
    """
    sid: str
    """
    The public id of the session, the claim `sid` of its ID tokens.
    """
    sub: str
    """
    The `sub` of the user.
    """


class Sessions(TypedDict):
    """
    The sessions, oldest first.
    """

    next: NotRequired[Optional[str]]
    """
    The value of `after` for the next part; absent on the last.
    """
    sessions: List[Session]


class SetClaimsDefect(TypedDict):
    """
    The token has claims with the values that are given.
    """

    claims: Dict[str, Any]
    """
    The claims, which replace those of the same name.
    """
    kind: Literal["set_claims"]
    """
    The kind of the object.
    """


SignedResponseAlg: TypeAlias = Literal["RS256"]
"""
An algorithm with which a response is signed (RFC 7518 §3.1).
`RS256`: RSASSA-PKCS1-v1_5 with SHA-256.
"""


class StatusFault(TypedDict):
    """
    An HTTP status in the place of the answer, with the headers and the body that are given. Nothing is processed.
    """

    body: NotRequired[str]
    """
    The body. Default: empty. The statuses 204, 205 and 304 cannot have one.
    """
    headers: NotRequired[Dict[str, str]]
    """
    Headers, such as `Retry-After`. Default: none.
    """
    kind: Literal["status"]
    """
    The kind of the object.
    """
    status: int
    """
    The HTTP status.
    """


TokenKind: TypeAlias = Literal["access_token", "refresh_token", "id_token"]
"""
A kind of token that the token endpoint issues.
`access_token`: An access token (RFC 6749 §1.4).
`refresh_token`: A refresh token (RFC 6749 §1.5).
`id_token`: An ID token (OpenID Connect Core §2).
"""


class TruncateFault(TypedDict):
    """
    The body of the answer breaks off. The client sees a head that promises all of it, the first bytes, and the end of the connection.
    """

    bytes: int
    """
    Bytes of the body that arrive.
    """
    kind: Literal["truncate"]
    """
    The kind of the object.
    """


class UnknownKidDefect(TypedDict):
    """
    The header `kid` names a key that is not published (RFC 7515 §4.1.4).
    """

    kind: Literal["unknown_kid"]
    """
    The kind of the object.
    """


class User(TypedDict):
    """
    A resource owner: whom tokens are about.
    """

    claims: NotRequired[Dict[str, Any]]
    """
    What a profile's `{user.NAME}` placeholders stand for, of any type. A claim the user lacks is left out of the
    token.
    """
    password: NotRequired[Optional[Secret]]
    """
    The password to log in with. Default: none, so that one click logs the user in.
    """
    sub: str
    """
    The `sub` of every token about this user (RFC 7519 §4.1.2).
    """
    username: NotRequired[Optional[str]]
    """
    The name to log in with. Default: the `sub`.
    """


class Users(TypedDict):
    next: NotRequired[Optional[str]]
    """
    The value of `after` for the next part; absent on the last.
    """
    users: List[User]


class Verified(TypedDict):
    """
    Everything is as expected.
    """

    verified: bool


class When(TypedDict):
    """
    Conditions that a request must meet, all of them.
    """

    client_id: NotRequired[Optional[str]]
    """
    The client that it claims to come from. Default: any.
    """
    grant_type: NotRequired[Optional[str]]
    """
    Its `grant_type`. Default: any.
    """
    prompt: NotRequired[Optional[str]]
    """
    The `prompt` of an authorization request, as it is written, such as `none`. Default: any.
    """
    refresh_token: NotRequired[Optional[str]]
    """
    The refresh token that it presents. Default: any.
    """
    scope: NotRequired[Optional[str]]
    """
    The scope that it asks for, as it is written. Default: any.
    """


class WrongAtHashDefect(TypedDict):
    """
    The claim `at_hash` is that of another access token (OpenID Connect Core §3.1.3.8).
    """

    kind: Literal["wrong_at_hash"]
    """
    The kind of the object.
    """


class WrongAudienceDefect(TypedDict):
    """
    The token names another audience, even if the profile names none (RFC 7519 §4.1.3).
    """

    kind: Literal["wrong_audience"]
    """
    The kind of the object.
    """


class WrongAzpDefect(TypedDict):
    """
    The claim `azp` names another client (OpenID Connect Core §3.1.3.7).
    """

    kind: Literal["wrong_azp"]
    """
    The kind of the object.
    """


class WrongCHashDefect(TypedDict):
    """
    The claim `c_hash` is that of another code (OpenID Connect Core §3.3.2.10).
    """

    kind: Literal["wrong_c_hash"]
    """
    The kind of the object.
    """


class WrongIssuerDefect(TypedDict):
    """
    The token names another issuer (RFC 7519 §4.1.1).
    """

    kind: Literal["wrong_issuer"]
    """
    The kind of the object.
    """


WrongKeys: TypeAlias = Literal["empty", "late", "stale", "wrong_key"]
"""
How a JWK Set is wrong.
`empty`: It has no key.
`late`: It lacks the key that signs, as if that were not published yet.
`stale`: It has the keys that were published before the last rotation, even those that have retired since. Before the first
rotation it is right.
`wrong_key`: It has another key under the `kid` of the key that signs.
"""


class WrongNonceDefect(TypedDict):
    """
    The claim `nonce` is another than that of the authorization request, even if that has none (OpenID Connect Core §3.1.3.7). It is meant for ID tokens, as the three that follow are.
    """

    kind: Literal["wrong_nonce"]
    """
    The kind of the object.
    """


WrongRedirect: TypeAlias = Literal[
    "wrong_state",
    "missing_state",
    "wrong_iss",
    "missing_iss",
    "foreign_code",
    "injected_code",
    "used_code",
    "duplicated_code",
    "expired_code",
]
"""
How an authorization response is wrong.
`wrong_state`: The parameter `state` is another than that of the request, even if that has none (RFC 6749 §10.12).
`missing_state`: The parameter `state` is missing (RFC 6749 §4.1.2).
`wrong_iss`: The parameter `iss` names another issuer (RFC 9207 §2.4).
`missing_iss`: The parameter `iss` is missing (RFC 9207 §2.4).
`foreign_code`: The code belongs to another client: the token endpoint refuses it (RFC 6749 §4.1.3).
`injected_code`: The code belongs to another login at the same client, as in an injection: to another user if there is one, and to
another `nonce` and `code_challenge` where the request has them. A client without both logs the wrong user in
(RFC 9700 §4.5).
`used_code`: Somebody else has used the code before: the token endpoint refuses it (RFC 6749 §4.1.2).
`duplicated_code`: The parameter `code` is in the response twice (RFC 6749 §3.1).
`expired_code`: The code has expired already: the token endpoint refuses it (RFC 6749 §4.1.2).
"""


class WrongTypeDefect(TypedDict):
    """
    The header `typ` is that of another kind of token (RFC 8725 §3.11).
    """

    kind: Literal["wrong_type"]
    """
    The kind of the object.
    """


class ClientMembers(TypedDict):
    """
    A registered client; the members carry their names of RFC 7591 §2 where it has one.
    """

    access_token_audience: NotRequired[Optional[List[AccessTokenAudienceItem]]]
    """
    The `aud` of its access tokens where the profile has one; omitted, the issuer.
    """
    access_token_lifetime: NotRequired[Optional[int]]
    """
    Seconds an access token lives; omitted, the profile decides.
    """
    backchannel_logout_uri: NotRequired[Optional[str]]
    """
    Where the server posts a logout token when a session ends in which the client got a code (OpenID Connect Back-Channel
    Logout §2.2): an `http` URI, because the server sends no TLS requests. Default: none.
    """
    client_secret: NotRequired[Optional[Secret]]
    """
    Its secret; a client without one is public (RFC 6749 §2.1).
    """
    consent: NotRequired[bool]
    """
    Whether users are asked to consent to its requests. Default: false.
    """
    frontchannel_logout_uri: NotRequired[Optional[str]]
    """
    The page of the client that the logout page loads in a frame, with `iss` and `sid` (OpenID Connect Front-Channel Logout
    §2). Default: none.
    """
    grant_types: NotRequired[
        List[
            Literal[
                "refresh_token",
                "client_credentials",
                "authorization_code",
                "implicit",
                "password",
                "urn:ietf:params:oauth:grant-type:jwt-bearer",
                "urn:ietf:params:oauth:grant-type:saml2-bearer",
                "urn:ietf:params:oauth:grant-type:device_code",
                "urn:ietf:params:oauth:grant-type:token-exchange",
                "urn:openid:params:grant-type:ciba",
            ]
        ]
    ]
    """
    The grants it may use, by their registered names, whether or not this server has them; omitted, `refresh_token`,
    and `authorization_code` where it has redirect URIs.
    """
    id_token_audience: NotRequired[Optional[List[IdTokenAudienceItem]]]
    """
    The `aud` of its ID tokens, in order; omitted, the client alone. Must name the client
    (OpenID Connect Core §2).
    """
    id_token_lifetime: NotRequired[Optional[int]]
    """
    Seconds an ID token lives; omitted, the profile decides.
    """
    leniency: NotRequired[Leniency]
    """
    Refusals that are tolerated for this client, besides those that the server tolerates. Default: none.
    """
    post_logout_redirect_uris: NotRequired[List[str]]
    """
    Where the browser may be sent after a logout (OpenID Connect RP-Initiated Logout §3.1). Default: none.
    """
    redirect_uris: NotRequired[List[str]]
    """
    Where authorization responses may be sent: absolute URIs without a fragment, which requests must repeat character by
    character, except for the port of a loopback address (RFC 8252 §7.3). Default: none.
    """
    refresh: NotRequired[Optional[RefreshPolicy]]
    """
    What becomes of its used refresh tokens; omitted, the profile decides. Public clients always rotate
    (RFC 9700 §2.2.2).
    """
    refresh_token_absolute_lifetime: NotRequired[Optional[int]]
    """
    Seconds after `auth_time` at which refreshing ends, however often it was done; omitted, never.
    """
    refresh_token_lifetime: NotRequired[Optional[int]]
    """
    Seconds a refresh token lives after it was issued; omitted, the profile decides.
    """
    require_pkce: NotRequired[Optional[bool]]
    """
    Whether its authorization requests must have a code challenge (RFC 7636). Default: true for a public client, false for
    one with a secret (RFC 9700 §2.1.1).
    """
    response_types: NotRequired[Optional[List[str]]]
    """
    The response types that it may request, such as `code id_token`. Default: `code`.
    """
    scope: NotRequired[Optional[Scope]]
    """
    The scope it is registered for; omitted, whatever it was granted.
    """
    token_endpoint_auth_method: NotRequired[Optional[AuthMethod]]
    """
    The one way it may authenticate; omitted, a confidential client may use Basic or the form.
    """
    userinfo_signed_response_alg: NotRequired[Optional[SignedResponseAlg]]
    """
    The algorithm with which userinfo responses are signed (OpenID Connect Registration §2); omitted, they are JSON.
    """


class UserMembers(TypedDict):
    """
    A resource owner: whom tokens are about.
    """

    claims: NotRequired[Dict[str, Any]]
    """
    What a profile's `{user.NAME}` placeholders stand for, of any type. A claim the user lacks is left out of the
    token.
    """
    password: NotRequired[Optional[Secret]]
    """
    The password to log in with. Default: none, so that one click logs the user in.
    """
    username: NotRequired[Optional[str]]
    """
    The name to log in with. Default: the `sub`.
    """


class MintOptions(TypedDict):
    """
    Which tokens to mint. The command line, the control plane and the library have the same members, which combine freely.
    """

    access_token_lifetime: NotRequired[Optional[int]]
    """
    Seconds that the access token lives; 0: it has just expired. Default: as client or profile say.
    """
    auth_time: NotRequired[Optional[FixtureTime]]
    """
    When the user logged in; here the start is the time of the minting. Default: the time of the minting.
    """
    claims: NotRequired[Dict[str, Any]]
    """
    Claims that are set in the token of `kind`, or in the access token of a response. They replace claims of the same
    name, also those of the defect. Default: none.
    """
    client_id: NotRequired[Optional[str]]
    """
    The client. Default: the first.
    """
    grant_type: NotRequired[GrantType]
    """
    The grant that the tokens are issued for. Default: `refresh_token`, the grant of a user.
    """
    id_token_lifetime: NotRequired[Optional[int]]
    """
    Seconds that the ID token lives; 0: it has just expired. Default: as client or profile say.
    """
    refresh_token_lifetime: NotRequired[Optional[int]]
    """
    Seconds that the refresh token lives; 0: it has just expired. Default: as client or profile say.
    """
    scope: NotRequired[Optional[str]]
    """
    The scope. Default: the scope that the client is registered for.
    """
    sub: NotRequired[Optional[str]]
    """
    The user. Default: the first. A `client_credentials` grant has none.
    """


DefectKind: TypeAlias = Literal[
    "alg_none",
    "damaged_signature",
    "expired",
    "foreign_key",
    "hs256_with_public_key",
    "issued_in_future",
    "missing_claim",
    "not_yet_valid",
    "oversized",
    "set_claims",
    "unknown_kid",
    "wrong_at_hash",
    "wrong_audience",
    "wrong_azp",
    "wrong_c_hash",
    "wrong_issuer",
    "wrong_nonce",
    "wrong_type",
]
"""
What is wrong with a token, by its name.
"""


class TokenResponse(TypedDict):
    """
    A token response (RFC 6749 §5.1).
    """

    access_token: str
    token_type: NotRequired[str]
    expires_in: NotRequired[int]
    refresh_token: NotRequired[str]
    id_token: NotRequired[str]
    scope: NotRequired[str]


class Advice(TypedDict):
    """
    A remark on a request: a stricter server would refuse it, or the RFCs advise against it.
    """

    clause: str
    """
    The section of the RFC that it follows from, such as `RFC 6749 §3.2`.
    """
    code: AdviceCode
    """
    The name of the remark.
    """
    text: str
    """
    The remark in words.
    """


class Client(TypedDict):
    """
    A registered client; the members carry their names of RFC 7591 §2 where it has one.
    """

    access_token_audience: NotRequired[Optional[List[AccessTokenAudienceItem]]]
    """
    The `aud` of its access tokens where the profile has one; omitted, the issuer.
    """
    access_token_lifetime: NotRequired[Optional[int]]
    """
    Seconds an access token lives; omitted, the profile decides.
    """
    backchannel_logout_uri: NotRequired[Optional[str]]
    """
    Where the server posts a logout token when a session ends in which the client got a code (OpenID Connect Back-Channel
    Logout §2.2): an `http` URI, because the server sends no TLS requests. Default: none.
    """
    client_id: str
    """
    The client's name: printable ASCII (RFC 6749 Appendix A.1).
    """
    client_secret: NotRequired[Optional[Secret]]
    """
    Its secret; a client without one is public (RFC 6749 §2.1).
    """
    consent: NotRequired[bool]
    """
    Whether users are asked to consent to its requests. Default: false.
    """
    frontchannel_logout_uri: NotRequired[Optional[str]]
    """
    The page of the client that the logout page loads in a frame, with `iss` and `sid` (OpenID Connect Front-Channel Logout
    §2). Default: none.
    """
    grant_types: NotRequired[
        List[
            Literal[
                "refresh_token",
                "client_credentials",
                "authorization_code",
                "implicit",
                "password",
                "urn:ietf:params:oauth:grant-type:jwt-bearer",
                "urn:ietf:params:oauth:grant-type:saml2-bearer",
                "urn:ietf:params:oauth:grant-type:device_code",
                "urn:ietf:params:oauth:grant-type:token-exchange",
                "urn:openid:params:grant-type:ciba",
            ]
        ]
    ]
    """
    The grants it may use, by their registered names, whether or not this server has them; omitted, `refresh_token`,
    and `authorization_code` where it has redirect URIs.
    """
    id_token_audience: NotRequired[Optional[List[IdTokenAudienceItem]]]
    """
    The `aud` of its ID tokens, in order; omitted, the client alone. Must name the client
    (OpenID Connect Core §2).
    """
    id_token_lifetime: NotRequired[Optional[int]]
    """
    Seconds an ID token lives; omitted, the profile decides.
    """
    leniency: NotRequired[Leniency]
    """
    Refusals that are tolerated for this client, besides those that the server tolerates. Default: none.
    """
    post_logout_redirect_uris: NotRequired[List[str]]
    """
    Where the browser may be sent after a logout (OpenID Connect RP-Initiated Logout §3.1). Default: none.
    """
    redirect_uris: NotRequired[List[str]]
    """
    Where authorization responses may be sent: absolute URIs without a fragment, which requests must repeat character by
    character, except for the port of a loopback address (RFC 8252 §7.3). Default: none.
    """
    refresh: NotRequired[Optional[RefreshPolicy]]
    """
    What becomes of its used refresh tokens; omitted, the profile decides. Public clients always rotate
    (RFC 9700 §2.2.2).
    """
    refresh_token_absolute_lifetime: NotRequired[Optional[int]]
    """
    Seconds after `auth_time` at which refreshing ends, however often it was done; omitted, never.
    """
    refresh_token_lifetime: NotRequired[Optional[int]]
    """
    Seconds a refresh token lives after it was issued; omitted, the profile decides.
    """
    require_pkce: NotRequired[Optional[bool]]
    """
    Whether its authorization requests must have a code challenge (RFC 7636). Default: true for a public client, false for
    one with a secret (RFC 9700 §2.1.1).
    """
    response_types: NotRequired[Optional[List[str]]]
    """
    The response types that it may request, such as `code id_token`. Default: `code`.
    """
    scope: NotRequired[Optional[Scope]]
    """
    The scope it is registered for; omitted, whatever it was granted.
    """
    token_endpoint_auth_method: NotRequired[Optional[AuthMethod]]
    """
    The one way it may authenticate; omitted, a confidential client may use Basic or the form.
    """
    userinfo_signed_response_alg: NotRequired[Optional[SignedResponseAlg]]
    """
    The algorithm with which userinfo responses are signed (OpenID Connect Registration §2); omitted, they are JSON.
    """


class Clients(TypedDict):
    clients: List[Client]
    next: NotRequired[Optional[str]]
    """
    The value of `after` for the next part; absent on the last.
    """


Defect: TypeAlias = Union[
    ExpiredDefect,
    NotYetValidDefect,
    IssuedInFutureDefect,
    WrongIssuerDefect,
    WrongAudienceDefect,
    WrongTypeDefect,
    UnknownKidDefect,
    ForeignKeyDefect,
    DamagedSignatureDefect,
    AlgNoneDefect,
    Hs256WithPublicKeyDefect,
    WrongNonceDefect,
    WrongAtHashDefect,
    WrongCHashDefect,
    WrongAzpDefect,
    MissingClaimDefect,
    SetClaimsDefect,
    OversizedDefect,
]
"""
What is wrong with a token. The rest of the token is as without the defect.
"""


class Exchange(TypedDict):
    """
    One request and its answer, as the journal keeps it. It contains no secret and no token.
    """

    advice: NotRequired[List[Advice]]
    """
    What a stricter server would refuse, or what the RFCs advise against.
    """
    at: str
    """
    When the request arrived, by the clock of the server, in RFC 3339.
    """
    auth_method: NotRequired[Optional[AuthMethod]]
    """
    How that client authenticated, or tried to (RFC 7591 §2).
    """
    client_id: NotRequired[Optional[str]]
    """
    The client that the request claims to come from, cut to 1 KiB.
    """
    duration_ms: float
    """
    How long the answer took, in milliseconds of real time.
    """
    endpoint: Endpoint
    """
    The endpoint that the request was addressed to.
    """
    error: NotRequired[Optional[str]]
    """
    The error code in the answer (RFC 6749 §5.2), of a refusal or of an `error` fault.
    """
    faults: NotRequired[List[FaultKind]]
    """
    The faults that were carried out.
    """
    grant_id: NotRequired[Optional[str]]
    """
    The id of the grant that the request is about, which all its refresh tokens and access tokens carry; cut to 256 bytes.
    """
    grant_type: NotRequired[Optional[str]]
    """
    The requested grant type, cut to 256 bytes.
    """
    issued: NotRequired[Optional[IssuedIds]]
    """
    The ids of the tokens that were issued.
    """
    method: str
    """
    The HTTP method.
    """
    number: int
    """
    The number of the request in the order of arrival. The first is 1.
    """
    outcome: Outcome
    """
    How the exchange ended, or that it is pending.
    """
    parameters: NotRequired[List[Parameter]]
    """
    The parameters in order, as far as there is room for them. Values that are secret are replaced by `[redacted]`.
    """
    parameters_omitted: NotRequired[int]
    """
    How many parameters are not in `parameters` for lack of room.
    """
    path: str
    """
    The path without the query.
    """
    presented: NotRequired[Optional[str]]
    """
    The id of the token that was presented: the refresh token of a token request, the access token of a userinfo request, or
    the token that was introspected or revoked.
    """
    real_time: str
    """
    When the request arrived, in real time, in RFC 3339.
    """
    reason: NotRequired[Optional[str]]
    """
    The complete reason of a refusal, in words.
    """
    refusal: NotRequired[Optional[RefusalName]]
    """
    The name of the reason of a refusal.
    """
    scope: NotRequired[Optional[str]]
    """
    The requested scope, cut to 1 KiB.
    """
    status: int
    """
    The HTTP status of the answer; 0 when there was no answer (yet).
    """
    sub: NotRequired[Optional[str]]
    """
    The user of that grant, cut to 256 bytes.
    """


class Filter(TypedDict):
    """
    Selects exchanges. A member that is left out selects all.
    """

    advice: NotRequired[Optional[AdviceCode]]
    """
    Advice that was given.
    """
    auth_method: NotRequired[Optional[AuthMethod]]
    """
    How the client authenticated, or tried to.
    """
    client_id: NotRequired[Optional[str]]
    """
    The client that the request claims to come from.
    """
    endpoint: NotRequired[Optional[Endpoint]]
    """
    The endpoint that the request was addressed to.
    """
    error: NotRequired[Optional[str]]
    """
    The error code in the answer, such as `invalid_grant`.
    """
    fault: NotRequired[Optional[FaultKind]]
    """
    A fault that was carried out.
    """
    grant_id: NotRequired[Optional[str]]
    """
    The id of the grant that the request is about.
    """
    grant_type: NotRequired[Optional[str]]
    """
    The requested grant type.
    """
    outcome: NotRequired[Optional[Outcome]]
    """
    How the exchange ended, or that it is pending.
    """
    refusal: NotRequired[Optional[RefusalName]]
    """
    The name of the reason of a refusal.
    """
    scope: NotRequired[Optional[str]]
    """
    The requested scope, exactly as it was sent.
    """
    status: NotRequired[Optional[int]]
    """
    The HTTP status of the answer; 0 for none.
    """
    sub: NotRequired[Optional[str]]
    """
    The user of that grant.
    """


class KeysFault(TypedDict):
    """
    The JWK Set is wrong. A verifier that fetches the keys finds none, old ones, or a wrong one.
    """

    keys: WrongKeys
    """
    How the JWK Set is wrong.
    """
    kind: Literal["keys"]
    """
    The kind of the object.
    """


class Login(TypedDict):
    """
    What the next login does instead of showing a page. Every member is optional.
    """

    acr: NotRequired[Optional[str]]
    """
    The `acr` of the ID token. Default: the first that the request's `claims` or `acr_values` names, or none.
    """
    client_id: NotRequired[Optional[str]]
    """
    Only a login at this client. Default: at any client.
    """
    delay: NotRequired[Optional[int]]
    """
    Seconds of real time before the answer, at most 60. Default: 0.
    """
    deny: NotRequired[bool]
    """
    Whether the user denies the request (`access_denied`). Default: false.
    """
    error: NotRequired[Optional[str]]
    """
    The error code of the answer, in place of a login. Default: none.
    """
    scope: NotRequired[Optional[Scope]]
    """
    The scope that the user consents to; scope tokens that were not requested are ignored. Default: all that was requested.
    """
    times: NotRequired[Optional[int]]
    """
    How many logins it is for. Default: 1.
    """
    user: NotRequired[Optional[str]]
    """
    The `sub` of the user who logs in. Default: the first user.
    """


class LoginList(TypedDict):
    """
    The scripted logins that wait, in the order in which they are used.
    """

    logins: List[Login]


class MintOrder(TypedDict):
    """
    Which tokens to mint. The command line, the control plane and the library have the same members, which combine freely.
    """

    access_token_lifetime: NotRequired[Optional[int]]
    """
    Seconds that the access token lives; 0: it has just expired. Default: as client or profile say.
    """
    auth_time: NotRequired[Optional[FixtureTime]]
    """
    When the user logged in; here the start is the time of the minting. Default: the time of the minting.
    """
    claims: NotRequired[Dict[str, Any]]
    """
    Claims that are set in the token of `kind`, or in the access token of a response. They replace claims of the same
    name, also those of the defect. Default: none.
    """
    client_id: NotRequired[Optional[str]]
    """
    The client. Default: the first.
    """
    defect: NotRequired[Optional[Defect]]
    """
    What is wrong with the same token. Default: nothing.
    """
    grant_type: NotRequired[GrantType]
    """
    The grant that the tokens are issued for. Default: `refresh_token`, the grant of a user.
    """
    id_token_lifetime: NotRequired[Optional[int]]
    """
    Seconds that the ID token lives; 0: it has just expired. Default: as client or profile say.
    """
    kind: NotRequired[MintKind]
    """
    What to answer. Default: `response`.
    """
    refresh_token_lifetime: NotRequired[Optional[int]]
    """
    Seconds that the refresh token lives; 0: it has just expired. Default: as client or profile say.
    """
    scope: NotRequired[Optional[str]]
    """
    The scope. Default: the scope that the client is registered for.
    """
    sub: NotRequired[Optional[str]]
    """
    The user. Default: the first. A `client_credentials` grant has none.
    """


Minted: TypeAlias = Union[OneToken, Minted1]
"""
One token, or a whole token response.
"""


class Problem(TypedDict):
    """
    Problem details (RFC 9457 §3.1). Their `type` is `about:blank`, which is left out; `code` distinguishes problems of one
    status.
    """

    code: ProblemCode
    detail: str
    """
    What is wrong, and what to do.
    """
    parameter: NotRequired[Optional[str]]
    """
    The parameter of the query that is wrong.
    """
    pointer: NotRequired[Optional[str]]
    """
    The JSON Pointer of the value in the body that is wrong (RFC 6901); empty for the whole body.
    """
    status: int
    """
    The HTTP status.
    """
    title: str
    """
    The status in words.
    """


class RedirectFault(TypedDict):
    """
    The authorization response is wrong: its `state`, `iss` or `code` is not what the client must get. Everything else is processed as without it. A page does not use the fault up. A correct client refuses the response, or the token endpoint refuses the code.
    """

    kind: Literal["redirect"]
    """
    The kind of the object.
    """
    redirect: WrongRedirect
    """
    How the authorization response is wrong.
    """


class Requests(TypedDict):
    """
    The journal, or a part of it.
    """

    next: NotRequired[Optional[str]]
    """
    The value of `after` for the next part; absent on the last.
    """
    requests: List[Exchange]


class SandboxList(TypedDict):
    next: NotRequired[Optional[str]]
    """
    The value of `after` for the next part; absent on the last.
    """
    sandboxes: List[SandboxState]


class TokenFault(TypedDict):
    """
    One of the issued tokens has a defect; it is the access token if none is named. The client gets an ordinary answer, and a correct verifier refuses the token.
    """

    defect: Defect
    """
    What is wrong with it.
    """
    kind: Literal["token"]
    """
    The kind of the object.
    """
    token: NotRequired[TokenKind]
    """
    Which token of the answer. Default: the access token.
    """


class Expectation(TypedDict):
    """
    What is expected to have arrived.
    """

    at_least: NotRequired[Optional[int]]
    """
    How many match, at least.
    """
    at_most: NotRequired[Optional[int]]
    """
    How many match, at most.
    """
    exactly: NotRequired[Optional[int]]
    """
    How many match, exactly.
    """
    filter: NotRequired[Filter]
    """
    The exchanges that are counted and checked.
    """
    in_order: NotRequired[List[Filter]]
    """
    Filters that match exchanges in this order of arrival, among those that match `filter`. Others may arrive between them.
    """
    no_advice: NotRequired[bool]
    """
    Whether none of them may have got advice.
    """


Fault: TypeAlias = Union[
    ErrorFault,
    StatusFault,
    GatewayPageFault,
    CloseFault,
    ResetFault,
    LostResponseFault,
    DelayFault,
    DripFault,
    ContentTypeFault,
    TruncateFault,
    MalformedFault,
    AnswerFault,
    RedirectFault,
    TokenFault,
    KeysFault,
]
"""
An injected fault: a way in which the server misbehaves because a test asked for it.
"""


class NamedRefreshToken(TypedDict):
    """
    A refresh token with a chosen name instead of a signature, which a test can contain as a constant. It can be used any number of times, unless its client's refresh policy is `rotate`. Each client can have a token of the same name.
    """

    auth_time: NotRequired[FixtureTime]
    """
    The time at which the user logged in (claim `auth_time`). Default: the start of the server.
    """
    client_id: str
    """
    The id of the client that the token is issued to; it must be registered.
    """
    expires_at: NotRequired[Optional[FixtureTime]]
    """
    The time of expiry. Default: never, or as follows from `issued_at` if that is given.
    """
    fault: NotRequired[Optional[Fault]]
    """
    The fault of every refresh that presents it. Default: none.
    """
    issued_at: NotRequired[Optional[FixtureTime]]
    """
    The time of issue, from which the client's `refresh_token_lifetime` counts. Default: none, so that only `expires_at` and the
    client's `refresh_token_absolute_lifetime` end the token.
    """
    scope: NotRequired[Scope]
    """
    The granted scope, a subset of the client's scope. Default: none.
    """
    sub: str
    """
    The `sub` of the user whose grant it is; the user must be registered.
    """
    token: str
    """
    The value of the parameter `refresh_token`: printable ASCII (RFC 6749 Appendix A.17).
    """


class RefreshTokens(TypedDict):
    next: NotRequired[Optional[str]]
    """
    The value of `after` for the next part; absent on the last.
    """
    refresh_tokens: List[NamedRefreshToken]


class Rule(TypedDict):
    """
    A rule: which requests go wrong, how often, and how. Rules with `times` come before those without; each group in the order in which they were added. A request gets at most one delay, one drip, one content_type, and one fault of the other kinds. A fault that can do nothing to a request waits for the next one.
    """

    fault: Fault
    """
    What goes wrong.
    """
    on: Endpoint
    """
    The endpoint.
    """
    probability: NotRequired[Optional[float]]
    """
    The probability that a matching request goes wrong, from 0 to 1, drawn from the seeded source. Default: 1.
    """
    skip: NotRequired[int]
    """
    How many matching requests to let pass first. Default: 0.
    """
    times: NotRequired[Optional[int]]
    """
    How many requests go wrong. Default: all.
    """
    when: NotRequired[When]
    """
    The requests. Default: all.
    """


class Scenario(TypedDict):
    """
    A scenario: settings to apply and fault rules to add, all at once.
    """

    advance: NotRequired[Optional[int]]
    """
    Seconds to move the clock forward by; a negative number moves it back. Default: 0.
    """
    description: str
    """
    What it imitates, and what a good client does.
    """
    faults: NotRequired[List[Rule]]
    """
    Rules to add, in order. Default: none.
    """
    refresh: NotRequired[Optional[RefreshPolicy]]
    """
    The refresh policy of every registered client; public clients rotate in any case. Default: unchanged.
    """
    rotate_keys: NotRequired[bool]
    """
    True to sign with a new key; the previous one stays published. Default: false.
    """


class RefreshTokenMembers(TypedDict):
    """
    A refresh token with a chosen name instead of a signature, which a test can contain as a constant. It can be used any number of times, unless its client's refresh policy is `rotate`. Each client can have a token of the same name.
    """

    auth_time: NotRequired[FixtureTime]
    """
    The time at which the user logged in (claim `auth_time`). Default: the start of the server.
    """
    expires_at: NotRequired[Optional[FixtureTime]]
    """
    The time of expiry. Default: never, or as follows from `issued_at` if that is given.
    """
    fault: NotRequired[Optional[Fault]]
    """
    The fault of every refresh that presents it. Default: none.
    """
    issued_at: NotRequired[Optional[FixtureTime]]
    """
    The time of issue, from which the client's `refresh_token_lifetime` counts. Default: none, so that only `expires_at` and the
    client's `refresh_token_absolute_lifetime` end the token.
    """
    scope: NotRequired[Scope]
    """
    The granted scope, a subset of the client's scope. Default: none.
    """


class ActiveRule(TypedDict):
    """
    A rule that was added, and what is left of it.
    """

    fault: Fault
    """
    What goes wrong.
    """
    id: int
    """
    The number by which the rule is removed. No other rule gets it until the next reset.
    """
    on: Endpoint
    """
    The endpoint.
    """
    probability: NotRequired[Optional[float]]
    """
    The probability that a matching request goes wrong, from 0 to 1, drawn from the seeded source. Default: 1.
    """
    skip: NotRequired[int]
    """
    How many matching requests to let pass first. Default: 0.
    """
    skip_left: int
    """
    How many matching requests it still lets pass.
    """
    times: NotRequired[Optional[int]]
    """
    How many requests go wrong. Default: all.
    """
    times_left: NotRequired[Optional[int]]
    """
    How many requests still go wrong. Absent: all.
    """
    when: NotRequired[When]
    """
    The requests. Default: all.
    """


class Faults(TypedDict):
    """
    The rules, in order, and what is left of each.
    """

    faults: List[ActiveRule]
    next: NotRequired[Optional[str]]
    """
    The value of `after` for the next part; absent on the last.
    """


class Fixtures(TypedDict):
    """
    The content of one fixture file: the profile, clients, users and tokens that a server starts with.
    """

    auto_login: NotRequired[Optional[AutoLogin]]
    """
    Whether users are logged in without a page: `true` for the first user, or the `sub` of a user. Default: `false`.
    """
    clients: NotRequired[List[Client]]
    """
    The registered clients. Default: none.
    """
    error_dialect: NotRequired[Optional[ErrorDialect]]
    """
    How requests are read and errors are written: `rfc` or `spring`. Default: as in the profile.
    """
    issuer: NotRequired[Optional[str]]
    """
    The issuer in the tokens and in the metadata (RFC 8414 §2): a URL without a query and without a final slash. Default: the
    server's address followed by the profile's prefix.
    """
    leniency: NotRequired[Leniency]
    """
    Refusals that are tolerated for every client: a list of names, or `anything`. Default: none.
    """
    profile: NotRequired[Optional[str]]
    """
    The profile, which says which provider is imitated: `connect` (the default), `standard`, or the path of a profile file,
    relative to this file.
    """
    refresh_tokens: NotRequired[List[NamedRefreshToken]]
    """
    Refresh tokens with chosen names, which a test can contain as constants. Default: none.
    """
    users: NotRequired[List[User]]
    """
    The users (resource owners, RFC 6749 §1.1). Default: none.
    """


class NamedScenario(TypedDict):
    """
    A scenario: settings to apply and fault rules to add, all at once.
    """

    advance: NotRequired[Optional[int]]
    """
    Seconds to move the clock forward by; a negative number moves it back. Default: 0.
    """
    description: str
    """
    What it imitates, and what a good client does.
    """
    faults: NotRequired[List[Rule]]
    """
    Rules to add, in order. Default: none.
    """
    name: str
    refresh: NotRequired[Optional[RefreshPolicy]]
    """
    The refresh policy of every registered client; public clients rotate in any case. Default: unchanged.
    """
    rotate_keys: NotRequired[bool]
    """
    True to sign with a new key; the previous one stays published. Default: false.
    """


class NewSandbox(TypedDict):
    """
    What a sandbox is to be. What is left out is as in the server's initial state.
    """

    clock: NotRequired[Optional[str]]
    """
    An RFC 3339 instant at which the clock is frozen, or `real` for real time; omitted, as the server's clock at its start.
    """
    fixtures: NotRequired[Optional[Fixtures]]
    """
    Fixtures in place of the server's clients, users and tokens. The members `profile`, `issuer` and `error_dialect` are the
    server's where they are omitted; a profile must be a built-in one.
    """
    id: NotRequired[Optional[str]]
    """
    The id: 1 to 64 letters, digits and - . _ ~; omitted, the server draws one. On a server with a seed it follows from the
    seed and the label, or else from the number of sandboxes that were made before.
    """
    label: NotRequired[Optional[str]]
    """
    A name for people, at most 128 characters.
    """
    leniency: NotRequired[Leniency]
    """
    Refusals that are tolerated besides those that the server tolerates.
    """
    seed: NotRequired[Optional[int]]
    """
    The seed of random ids; omitted, the server's.
    """
    ttl: NotRequired[Optional[int]]
    """
    Seconds of real time without a request, after which the sandbox is removed; omitted, it stays.
    """


class Played(TypedDict):
    """
    What a scenario added.
    """

    description: str
    faults: List[ActiveRule]


class Scenarios(TypedDict):
    """
    The scenarios that ship.
    """

    scenarios: List[NamedScenario]
