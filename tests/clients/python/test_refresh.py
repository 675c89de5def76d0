"""Authlib refreshes by itself, and narrows a scope."""

import jwt
import pytest
from control import ago
from verifier import access_token_claims, claims_unverified

QUARTER_HOUR = 900


def test_refreshes_a_stored_token_that_expired(session, make_sandbox):
    # The server starts a good quarter of an hour ago, issues, and is then moved to the client's present.
    sandbox = make_sandbox(clock=ago(QUARTER_HOUR + 100))
    stored = sandbox.mint("response", client_id="client-default")
    old = claims_unverified(stored["access_token"])
    stored["expires_at"] = old["exp"]
    sandbox.advance(QUARTER_HOUR + 100)

    updates = []
    client = session(
        sandbox,
        token=stored,
        update_token=lambda token, refresh_token: updates.append(refresh_token),
    )
    # Any protected resource would do: the refresh happens on the way to it.
    client.get(sandbox.metadata_url)

    with pytest.raises(jwt.ExpiredSignatureError):
        access_token_claims(sandbox, stored["access_token"])
    new = access_token_claims(sandbox, client.token["access_token"])
    assert new["iat"] >= old["exp"]
    assert updates == [stored["refresh_token"]]
    sandbox.verify(
        filter={"endpoint": "token", "grant_type": "refresh_token", "status": 200},
        exactly=1,
    )

    client.get(sandbox.metadata_url)
    sandbox.verify(filter={"endpoint": "token"}, exactly=1)


def test_does_not_refresh_what_is_still_good(session, sandbox):
    client = session(sandbox, token=sandbox.mint("response"))
    client.get(sandbox.metadata_url)
    sandbox.verify(filter={"endpoint": "token"}, exactly=0)


def test_hears_that_the_refresh_token_expired_too(session, make_sandbox):
    sandbox = make_sandbox(clock=ago(2 * 3600))
    stored = sandbox.mint("response", client_id="client-default")
    sandbox.advance(2 * 3600)
    client = session(sandbox, token={**stored, "expires_at": 1})

    with pytest.raises(Exception) as refused:
        client.get(sandbox.metadata_url)
    assert refused.value.error == "invalid_grant"
    assert client.token["access_token"] == stored["access_token"]


def test_narrows_the_scope_and_has_the_whole_grant_again(session, sandbox):
    client = session(sandbox)

    narrow = client.refresh_token(refresh_token="REFRESH_TOKEN", scope="openid")
    assert narrow["scope"] == "openid"
    assert access_token_claims(sandbox, narrow["access_token"])["scope"] == ["openid"]

    # The refresh token of the narrow answer, which Authlib kept.
    whole = client.refresh_token()
    assert whole["scope"] == "openid email phone"


def test_hears_that_the_scope_was_never_granted(session, sandbox):
    client = session(sandbox)
    with pytest.raises(Exception) as refused:
        client.refresh_token(refresh_token="REFRESH_TOKEN", scope="openid admin")
    assert refused.value.error == "invalid_scope"
    sandbox.verify(filter={"error": "invalid_scope"}, exactly=1)
