import json
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request

import pytest

pytest_plugins = ["pytester"]


def _refresh(provider, secret="client-default-secret"):
    """A client that refreshes: returns the status and the JSON of the answer."""
    form = {
        "grant_type": "refresh_token",
        "refresh_token": "REFRESH_TOKEN",
        "client_id": "client-default",
        "client_secret": secret,
    }
    request = urllib.request.Request(provider.token_url, urllib.parse.urlencode(form).encode())
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            body = error.read()
            return error.code, json.loads(body) if body else None


@pytest.fixture
def refresh():
    return _refresh


@pytest.fixture
def python(tmp_path, monkeypatch):
    """Runs a program in a Python of its own, and returns what it prints."""

    def run(program, **options):
        command = [sys.executable, "-c", program]
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=60, **options)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return run
