"""Gateways, limits, garbage and dead connections: what Authlib retries, what it raises, what it believes."""

import time

import httpx2
import pytest
import requests
from authlib.integrations.base_client import OAuthError, UnsupportedTokenTypeError
from conftest import over_httpx, over_requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

BUSY = {"kind": "status", "status": 503, "headers": {"Retry-After": "1"}}


def refresh(client, token="REFRESH_TOKEN"):
    return client.refresh_token(refresh_token=token)


def test_a_503_is_raised(session, sandbox):
    """Neither requests nor httpx2 retries by itself."""
    sandbox.fault(BUSY)
    client = session(sandbox)
    with pytest.raises((requests.HTTPError, httpx2.HTTPStatusError)) as raised:
        refresh(client)
    assert raised.value.response.status_code == 503
    assert raised.value.response.headers["retry-after"] == "1"
    assert refresh(client)["access_token"]
    sandbox.verify(in_order=[{"status": 503, "fault": "status"}, {"status": 200}])


def test_a_503_is_survived_with_the_adapter_that_retries(sandbox):
    """urllib3's Retry, mounted on requests as its documentation shows, and allowed to repeat a POST."""
    sandbox.fault(BUSY)
    client = over_requests(sandbox)
    client.mount("http://", patient())
    begun = time.monotonic()
    assert refresh(client)["access_token"]
    assert time.monotonic() - begun >= 1, "Retry-After was not heeded"
    sandbox.verify(
        filter={"endpoint": "token"}, exactly=2, in_order=[{"status": 503}, {"status": 200}]
    )


def patient():
    return HTTPAdapter(
        max_retries=Retry(total=3, status_forcelist=[502, 503], allowed_methods=["POST"])
    )


def test_retries_of_httpx_are_for_connecting_only(sandbox):
    sandbox.fault(BUSY)
    client = over_httpx(sandbox, transport=httpx2.HTTPTransport(retries=3))
    with pytest.raises(httpx2.HTTPStatusError):
        refresh(client)
    sandbox.verify(filter={"endpoint": "token"}, exactly=1)


HTTP_ERROR = (requests.HTTPError, httpx2.HTTPStatusError)
DEAD_CONNECTION = (
    requests.ConnectionError,
    requests.exceptions.ChunkedEncodingError,
    httpx2.TransportError,
)


@pytest.mark.parametrize(
    ("token", "error", "words"),
    [
        ("EXPIRED", OAuthError, "invalid_grant"),
        ("REVOKED", OAuthError, "invalid_grant"),
        ("NO_SUCH_TOKEN", OAuthError, "invalid_grant"),
        ("RATE_LIMITED", HTTP_ERROR, "429"),
        ("UNAVAILABLE", HTTP_ERROR, "503"),
        # From 500 on Authlib looks at the status, and not at the OAuth error in the body.
        ("TEMPORARILY_UNAVAILABLE", HTTP_ERROR, "503"),
        ("SERVER_ERROR", HTTP_ERROR, "500"),
        ("GATEWAY_HTML", HTTP_ERROR, "502"),
        ("MALFORMED", ValueError, "not a JSON object"),
        ("TRUNCATED", DEAD_CONNECTION, None),
        ("CLOSED", DEAD_CONNECTION, None),
        ("RESET", DEAD_CONNECTION, None),
        ("LOST_RESPONSE", DEAD_CONNECTION, None),
    ],
)
def test_raises(session, sandbox, token, error, words):
    client = session(sandbox)
    with pytest.raises(error, match=words):
        refresh(client, token)
    assert not client.token, "a failed refresh left a token behind"
    sandbox.verify(filter={"endpoint": "token"}, exactly=1)


def test_gives_up_on_a_slow_server(session, sandbox):
    """Which would have answered rightly after three seconds."""
    client = session(sandbox, timeout=0.5)
    with pytest.raises((requests.ReadTimeout, httpx2.ReadTimeout)):
        refresh(client, "SLOW")


def test_the_timeout_does_not_bound_an_answer_that_drips(session, sandbox):
    """It is for the time between two bytes, by design of both."""
    sandbox.fault({"kind": "drip", "bytes_per_second": 1500})
    begun = time.monotonic()
    assert refresh(session(sandbox, timeout=1))["access_token"]
    assert time.monotonic() - begun > 1


def test_reads_json_whatever_it_is_called(session, sandbox):
    assert refresh(session(sandbox), "WRONG_CONTENT_TYPE")["access_token"]


def test_without_expires_in_there_is_no_end(session, sandbox):
    token = refresh(session(sandbox), "NO_EXPIRES_IN")
    assert token.is_expired() is None


def test_reads_expires_in_from_a_text(session, sandbox):
    token = refresh(session(sandbox), "EXPIRES_IN_TEXT")
    assert 0 <= time.time() + 899 - token["expires_at"] < 30


def test_keeps_the_refresh_token_when_there_is_no_new_one(session, sandbox):
    assert refresh(session(sandbox), "NO_REFRESH_TOKEN")["refresh_token"] == "NO_REFRESH_TOKEN"


def test_takes_a_token_of_another_type_and_refuses_to_use_it(session, sandbox):
    client = session(sandbox)
    assert refresh(client, "OTHER_TOKEN_TYPE")["token_type"] == "mac"
    with pytest.raises(UnsupportedTokenTypeError):
        client.get(sandbox.metadata_url)


def test_flaky_gateway(session, sandbox):
    """Without retries every failure is raised; the fourth refresh is good."""
    sandbox.control("POST", "scenarios/flaky-gateway")
    client = session(sandbox)
    for error in (HTTP_ERROR, HTTP_ERROR, DEAD_CONNECTION):
        with pytest.raises(error):
            refresh(client)
    assert refresh(client)["access_token"]
    sandbox.verify(
        in_order=[{"status": 503}, {"fault": "gateway_page"}, {"fault": "close"}, {"outcome": "issued"}]
    )


def test_flaky_gateway_with_the_adapter_that_retries(sandbox):
    """It takes all three failures: it is configured to repeat a POST after a connection died."""
    sandbox.control("POST", "scenarios/flaky-gateway")
    client = over_requests(sandbox)
    client.mount("http://", patient())
    assert refresh(client)["access_token"]
    sandbox.verify(filter={"endpoint": "token"}, exactly=4)
