"""PyJWKClient follows the provider's keys."""

import jwt
import pytest
from verifier import rfc9068_claims


def key_client(sandbox, **settings):
    return jwt.PyJWKClient(sandbox.jwks_url, timeout=5, **settings)


def fetched(sandbox):
    return len(sandbox.arrived(endpoint="jwks"))


def test_follows_a_rotation(standard):
    """For an unknown kid it fetches again, here without the pause of thirty seconds that it makes between fetches."""
    jwks = key_client(standard, cooldown_duration=0)
    old = standard.mint("access_token")
    assert rfc9068_claims(standard, old, jwks)
    assert rfc9068_claims(standard, old, jwks)
    assert fetched(standard) == 1

    standard.control("POST", "keys/rotate")
    new = standard.mint("access_token")
    assert jwt.get_unverified_header(new)["kid"] != jwt.get_unverified_header(old)["kid"]
    assert rfc9068_claims(standard, new, jwks)
    assert rfc9068_claims(standard, old, jwks), "the old key is still published"
    standard.verify(filter={"endpoint": "jwks"}, exactly=2)


def test_refuses_the_new_key_while_it_cools_down(standard):
    """The default: a rotation within thirty seconds of the last fetch is not followed yet."""
    jwks = key_client(standard)
    assert rfc9068_claims(standard, standard.mint("access_token"), jwks)
    standard.control("POST", "keys/rotate")
    with pytest.raises(jwt.PyJWKClientError, match="Unable to find a signing key"):
        rfc9068_claims(standard, standard.mint("access_token"), jwks)
    assert fetched(standard) == 1


def test_refuses_a_key_that_is_gone(standard):
    old = standard.mint("access_token")
    standard.control("POST", "keys/rotate")
    standard.control("DELETE", f"keys/{jwt.get_unverified_header(old)['kid']}")
    with pytest.raises(jwt.PyJWKClientError, match="Unable to find a signing key"):
        rfc9068_claims(standard, old)


def test_finds_no_key_for_a_token_without_a_kid(sandbox):
    """Such are the tokens of the default profile; see `signing_key` for what the other tests do."""
    token = sandbox.mint("id_token", client_id="client-default")
    with pytest.raises(jwt.PyJWKClientError, match="None"):
        key_client(sandbox).get_signing_key_from_jwt(token)


def test_key_rollover(standard):
    """The provider signs with a key that it does not show yet: one fetch more, and it is there."""
    standard.control("POST", "scenarios/key-rollover")
    jwks = key_client(standard, cooldown_duration=0)
    token = standard.mint("access_token")
    assert rfc9068_claims(standard, token, jwks)
    assert fetched(standard) == 2


def test_a_503_of_the_keys_is_raised_and_costs_no_key(standard):
    jwks = key_client(standard)
    token = standard.mint("access_token")
    standard.fault({"kind": "status", "status": 503, "headers": {"Retry-After": "1"}}, on="jwks")
    with pytest.raises(jwt.PyJWKClientConnectionError, match="503"):
        rfc9068_claims(standard, token, jwks)
    assert rfc9068_claims(standard, token, jwks)


@pytest.mark.parametrize(
    ("keys", "error"),
    [
        ("empty", jwt.PyJWKSetError),
        ("late", jwt.PyJWKClientError),
        ("stale", jwt.PyJWKClientError),
        ("wrong_key", jwt.InvalidSignatureError),
    ],
)
def test_wrong_keys_verify_nothing(standard, keys, error):
    standard.control("POST", "keys/rotate")
    standard.fault({"kind": "keys", "keys": keys}, on="jwks", times=2)
    with pytest.raises(error):
        rfc9068_claims(standard, standard.mint("access_token"))
