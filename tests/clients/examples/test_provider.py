"""The README's example for pytest."""

import json
import subprocess
import urllib.request

import pytest


@pytest.fixture(scope="session")
def mimic():
    command = ["oauth-mimic", "--port", "0", "--log", "off"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        yield process.stdout.readline().split()[-1]
        process.terminate()


@pytest.fixture
def provider(mimic):
    with urllib.request.urlopen(f"{mimic}/_mimic/sandboxes", data=b"{}") as answer:
        return json.load(answer)


def test_every_test_has_a_provider_of_its_own(provider):
    assert provider["endpoints"]["token"].startswith(provider["base_url"])
    # And bends it: provider["endpoints"]["control"] + "/clock", "/faults", "/verify"


def test_a_provider_publishes_its_keys(provider):
    with urllib.request.urlopen(provider["endpoints"]["jwks"]) as answer:
        assert json.load(answer)["keys"]
