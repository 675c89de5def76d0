"""Broken tokens: what PyJWT and Authlib's validator of access tokens refuse, and for which reason.

ACCEPTED says that a verifier takes such a token by its design, set up as its documentation shows.
"""

import jwt
import pytest
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc6750 import InvalidTokenError
from authlib.oauth2.rfc9068 import JWTBearerTokenValidator
from conftest import over_requests
from joserfc.jwk import KeySet
from verifier import id_token_claims, rfc9068_claims

ACCEPTED = None


def missing(claim):
    return {"kind": "missing_claim", "claim": claim}


def name(defect):
    return "-".join(str(value) for value in defect.values())[:40]


def table(*rows):
    return pytest.mark.parametrize(("defect", "refusal", "words"), rows, ids=[name(row[0]) for row in rows])


COMMON = [
    ({"kind": "expired"}, jwt.ExpiredSignatureError, "expired"),
    ({"kind": "not_yet_valid"}, jwt.ImmatureSignatureError, "nbf"),
    ({"kind": "issued_in_future"}, jwt.ImmatureSignatureError, "iat"),
    ({"kind": "wrong_issuer"}, jwt.InvalidIssuerError, "issuer"),
    ({"kind": "wrong_audience"}, jwt.InvalidAudienceError, "Audience"),
    # PyJWT leaves `typ` to its caller.
    ({"kind": "wrong_type"}, ACCEPTED, ""),
    ({"kind": "unknown_kid"}, jwt.PyJWKClientError, "no-such-key"),
    ({"kind": "foreign_key"}, jwt.InvalidSignatureError, "Signature"),
    ({"kind": "damaged_signature"}, jwt.InvalidSignatureError, "Signature"),
    ({"kind": "alg_none"}, jwt.InvalidAlgorithmError, "alg"),
    ({"kind": "hs256_with_public_key"}, jwt.InvalidAlgorithmError, "alg"),
    (missing("iss"), jwt.MissingRequiredClaimError, "iss"),
    (missing("sub"), jwt.MissingRequiredClaimError, "sub"),
    (missing("aud"), jwt.MissingRequiredClaimError, "aud"),
    (missing("exp"), jwt.MissingRequiredClaimError, "exp"),
    (missing("iat"), jwt.MissingRequiredClaimError, "iat"),
    ({"kind": "set_claims", "claims": {"exp": "tomorrow"}}, jwt.DecodeError, "exp"),
    ({"kind": "set_claims", "claims": {"sub": 42}}, jwt.exceptions.InvalidSubjectError, "string"),
    # It has no limit.
    ({"kind": "oversized", "bytes": 65536}, ACCEPTED, ""),
]


@table(*COMMON)
def test_pyjwt_on_an_id_token(sandbox, defect, refusal, words):
    token = sandbox.mint("id_token", client_id="client-default", defect=defect)
    expect(lambda: id_token_claims(sandbox, token), refusal, words)


@table(*COMMON, (missing("client_id"), jwt.MissingRequiredClaimError, "client_id"))
def test_pyjwt_on_an_access_token(standard, defect, refusal, words):
    token = standard.mint("access_token", defect=defect)
    expect(lambda: rfc9068_claims(standard, token), refusal, words)


# Authlib answers each with the `invalid_token` of RFC 6750; the reason is the cause.
@table(
    ({"kind": "expired"}, InvalidTokenError, "expired_token"),
    ({"kind": "not_yet_valid"}, InvalidTokenError, "not yet valid"),
    ({"kind": "issued_in_future"}, InvalidTokenError, "issued in the future"),
    ({"kind": "wrong_issuer"}, InvalidTokenError, "iss"),
    ({"kind": "wrong_audience"}, InvalidTokenError, "aud"),
    ({"kind": "wrong_type"}, InvalidTokenError, "typ"),
    ({"kind": "unknown_kid"}, InvalidTokenError, "no-such-key"),
    ({"kind": "foreign_key"}, InvalidTokenError, "bad_signature"),
    ({"kind": "damaged_signature"}, InvalidTokenError, "bad_signature"),
    ({"kind": "alg_none"}, InvalidTokenError, "alg"),
    # Of the published keys none is for HMAC.
    ({"kind": "hs256_with_public_key"}, InvalidTokenError, "No key for kid"),
    (missing("iss"), InvalidTokenError, "iss"),
    (missing("sub"), InvalidTokenError, "sub"),
    (missing("aud"), InvalidTokenError, "aud"),
    (missing("exp"), InvalidTokenError, "exp"),
    (missing("iat"), InvalidTokenError, "iat"),
    (missing("client_id"), InvalidTokenError, "client_id"),
    ({"kind": "set_claims", "claims": {"exp": "tomorrow"}}, InvalidTokenError, "exp"),
    ({"kind": "set_claims", "claims": {"sub": 42}}, InvalidTokenError, "sub"),
    ({"kind": "oversized", "bytes": 65536}, ACCEPTED, ""),
)
def test_authlib_on_an_access_token(standard, defect, refusal, words):
    token = standard.mint("access_token", defect=defect)
    expect(lambda: validate(standard, token), refusal, words)


class Validator(JWTBearerTokenValidator):
    """A resource server of Authlib's, which fetches the keys for every token."""

    def __init__(self, sandbox):
        super().__init__(sandbox.issuer, "https://api.example")
        self.jwks_url = sandbox.jwks_url

    def get_jwks(self):
        with OAuth2Session() as session:
            keys = session.get(self.jwks_url, withhold_token=True, timeout=5)
        return KeySet.import_key_set(keys.json())


def validate(sandbox, token):
    validator = Validator(sandbox)
    claims = validator.authenticate_token(token)
    validator.validate_token(claims, ["openid"], None)
    return claims


def expect(check, refusal, words):
    if refusal is ACCEPTED:
        assert check()["sub"]
        return
    with pytest.raises(refusal) as refused:
        check()
    reason = refused.value.__cause__ if refusal is InvalidTokenError else refused.value
    assert words in str(reason), f"refused for another reason: {reason!r}"


def test_good_tokens_are_accepted_by_all(sandbox, standard):
    id_token = sandbox.mint("id_token", client_id="client-default")
    assert id_token_claims(sandbox, id_token)["azp"] == "client-default"
    access_token = standard.mint("access_token")
    assert rfc9068_claims(standard, access_token)["sub"] == "alice"
    assert validate(standard, access_token)["sub"] == "alice"


def test_hostile_tokens(standard):
    """Authlib hands on nine broken access tokens, PyJWT refuses each, and the tenth is good."""
    standard.control("POST", "scenarios/hostile-tokens")
    client = over_requests(standard, "shop")
    client.refresh_token(refresh_token="SHOP")
    for _ in range(9):
        with pytest.raises(jwt.PyJWTError):
            rfc9068_claims(standard, client.token["access_token"])
        client.refresh_token()
    assert rfc9068_claims(standard, client.token["access_token"])


def test_pyjwt_allows_for_clock_skew_where_that_is_configured(sandbox):
    """The server's clock is ninety seconds ahead."""
    sandbox.control("POST", "scenarios/clock-skew")
    token = sandbox.mint("id_token", client_id="client-default")
    with pytest.raises(jwt.ImmatureSignatureError):
        id_token_claims(sandbox, token)
    key = jwt.PyJWKClient(sandbox.jwks_url).get_signing_keys()[0]
    assert jwt.decode(token, key, ["RS256"], audience="client-default", leeway=120)
