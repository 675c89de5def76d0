"""What the tests share: a sandbox for each, and the two ways that Authlib reaches a server."""

import pytest
from authlib.integrations.httpx_client import OAuth2Client as OverHttpx
from authlib.integrations.requests_client import OAuth2Session as OverRequests
from control import Sandbox
from logins import PROFILES

STANDARD = {
    "profile": "standard",
    "clients": [
        {
            "client_id": "shop",
            "client_secret": "shop-secret",
            "scope": "openid email",
            "access_token_audience": ["https://api.example"],
        }
    ],
    "users": [{"sub": "alice", "claims": {"email": "alice@example.com"}}],
    "refresh_tokens": [
        {"token": "SHOP", "client_id": "shop", "sub": "alice", "scope": "openid email"}
    ],
}


@pytest.fixture
def make_sandbox():
    """Makes sandboxes that go when the test ends."""
    made = []

    def make(**order):
        made.append(Sandbox(**order))
        return made[-1]

    yield make
    for sandbox in made:
        sandbox.remove()


@pytest.fixture
def sandbox(make_sandbox):
    """The server of the default fixtures."""
    return make_sandbox()


@pytest.fixture
def standard(make_sandbox):
    """A server by the RFCs: RFC 9068 access tokens, each with a kid."""
    return make_sandbox(fixtures=STANDARD)


@pytest.fixture
def standard_login(make_sandbox):
    """The server of the default fixtures under the profile `standard`, whose tokens have a kid and an at_hash."""
    return make_sandbox(**PROFILES["standard"])


def over_requests(sandbox, client_id="client-default", timeout=5, **more):
    return OverRequests(
        client_id,
        f"{client_id}-secret",
        token_endpoint=sandbox.token_url,
        default_timeout=timeout,
        **more,
    )


def over_httpx(sandbox, client_id="client-default", timeout=5, **more):
    return OverHttpx(
        client_id,
        f"{client_id}-secret",
        token_endpoint=sandbox.token_url,
        timeout=timeout,
        **more,
    )


@pytest.fixture(params=[over_requests, over_httpx], ids=["requests", "httpx2"])
def session(request):
    """Makes Authlib's session, over requests and over httpx2."""
    return request.param
