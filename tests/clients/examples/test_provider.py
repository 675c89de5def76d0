import json
import subprocess
import urllib.request

import pytest
import requests
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session


@pytest.fixture(scope="session")
def mimic():
    """The address of the server, which serves all tests."""
    command = ["oauth-mimic", "--port", "0", "--log", "off", "--until-stdin-closes"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, text=True, **pipes) as server:
        line = server.stdout.readline()
        assert line.startswith("listening on "), "oauth-mimic did not start"
        yield line.removeprefix("listening on ").strip()
        server.terminate()


@pytest.fixture
def provider(mimic):
    """A provider for one test: its `base_url`, `issuer` and `endpoints`."""
    request = urllib.request.Request(f"{mimic}/_mimic/sandboxes", method="POST")
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def control(provider, path, body):
    """Asks the control plane of a provider for something."""
    url = provider["endpoints"]["control"] + path
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def test_a_provider_publishes_its_keys(provider):
    with urllib.request.urlopen(provider["endpoints"]["jwks"]) as answer:
        assert json.load(answer)["keys"]
    control(provider, "/verify", {"filter": {"endpoint": "jwks"}, "exactly": 1})


def test_time_passes_for_one_provider_alone(provider):
    before = control(provider, "/clock/advance", {"seconds": 0})
    after = control(provider, "/clock/advance", {"seconds": 900})
    assert before["now"] < after["now"]


def log_in(provider, user, url):
    """Logs a user in at the URL to which a client sends its users.

    The answer is the URL at which the client gets them back.
    """
    control(provider, "/logins", {"user": user})
    return requests.get(url, allow_redirects=False).headers["Location"]


def test_alice_logs_in(provider):
    client = OAuth2Session(
        "web",
        "web-secret",
        scope="openid email",
        redirect_uri="http://localhost:3000/callback",
        token_endpoint=provider["endpoints"]["token"],
        code_challenge_method="S256",
    )
    verifier = generate_token(48)
    url, state = client.create_authorization_url(
        provider["endpoints"]["authorization"], code_verifier=verifier
    )
    response = log_in(provider, "alice", url)
    client.fetch_token(
        authorization_response=response, state=state, code_verifier=verifier
    )
    user = client.get(provider["endpoints"]["userinfo"]).json()
    assert user["sub"] == "alice"
