"""Refresh tokens of one use each: Authlib hears of a replay, and the server says what arrived."""

import httpx2
import pytest
import requests
from authlib.integrations.base_client import OAuthError


def test_hears_that_a_replay_revoked_the_family(session, sandbox):
    client = session(sandbox, client_id="client-rotating")
    first = client.refresh_token(refresh_token="ROTATING_REFRESH_TOKEN")
    assert first["refresh_token"] != "ROTATING_REFRESH_TOKEN"

    with pytest.raises(OAuthError) as replay:
        client.refresh_token(refresh_token="ROTATING_REFRESH_TOKEN")
    assert replay.value.error == "invalid_grant"
    with pytest.raises(OAuthError) as successor:
        client.refresh_token(refresh_token=first["refresh_token"])
    assert successor.value.error == "invalid_grant"

    sandbox.verify(
        filter={"client_id": "client-rotating"},
        exactly=3,
        in_order=[{"outcome": "issued"}, {"error": "invalid_grant"}, {"error": "invalid_grant"}],
    )
    replayed = [
        advice["clause"]
        for request in sandbox.arrived(error="invalid_grant")
        for advice in request.get("advice", [])
        if advice["code"] == "refresh_replay"
    ]
    assert "RFC 9700 §4.14.2" in replayed


def test_goes_on_with_each_successor(session, sandbox):
    client = session(sandbox, client_id="client-rotating")
    client.refresh_token(refresh_token="ROTATING_REFRESH_TOKEN")
    for _ in range(3):
        client.refresh_token()
    sandbox.verify(filter={"outcome": "issued"}, exactly=4)


def test_lost_rotation(session, sandbox):
    """The answer is lost, the token is spent: trying again is a replay, and only a new login helps."""
    sandbox.control("POST", "scenarios/lost-rotation")
    client = session(sandbox)
    with pytest.raises((requests.ConnectionError, httpx2.TransportError)):
        client.refresh_token(refresh_token="REFRESH_TOKEN")
    with pytest.raises(OAuthError) as refused:
        client.refresh_token(refresh_token="REFRESH_TOKEN")
    assert refused.value.error == "invalid_grant"
    sandbox.verify(in_order=[{"fault": "lost_response"}, {"error": "invalid_grant"}])
