"""The control plane of oauth-mimic, as far as these tests need it."""

import os
from datetime import datetime, timedelta, timezone

import requests

SERVER = os.environ["OAUTH_MIMIC_URL"].rstrip("/")

# No answer of the control plane takes longer on purpose.
PATIENCE = 10


class Sandbox:
    """A server of this test's own."""

    def __init__(self, **order):
        # Should the test die before it cleans up, the server does.
        state = _json("POST", f"{SERVER}/_mimic/sandboxes", {"ttl": 600, **order})
        self.id = state["id"]
        self.issuer = state["issuer"]
        self.base_url = state["base_url"]
        self.token_url = state["endpoints"]["token"]
        self.jwks_url = state["endpoints"]["jwks"]
        self.metadata_url = state["endpoints"]["metadata"]

    def metadata(self):
        return _json("GET", self.metadata_url)

    def control(self, method, path, body=None):
        return _json(method, f"{self.base_url}/_mimic/{path}", body)

    def advance(self, seconds):
        self.control("POST", "clock/advance", {"seconds": seconds})

    def fault(self, fault, on="token", times=1):
        self.control("POST", "faults", {"on": on, "times": times, "fault": fault})

    def mint(self, kind, **order):
        """One token, or with the kind `response` a whole answer."""
        minted = self.control("POST", "tokens", {"kind": kind, **order})
        return minted if kind == "response" else minted["token"]

    def verify(self, **expectation):
        """Fails with what did arrive, when it is not as expected."""
        self.control("POST", "verify", expectation)

    def arrived(self, **query):
        return _json("GET", f"{self.base_url}/_mimic/requests", query=query)["requests"]

    def remove(self):
        _json("DELETE", f"{SERVER}/_mimic/sandboxes/{self.id}")


def ago(seconds):
    """A clock for a sandbox that starts in the past."""
    past = datetime.now(timezone.utc) - timedelta(seconds=seconds)
    return past.strftime("%Y-%m-%dT%H:%M:%SZ")


def _json(method, url, body=None, query=None):
    answer = requests.request(method, url, json=body, params=query, timeout=PATIENCE)
    assert answer.ok, f"{method} {url}: {answer.status_code} {answer.text}"
    return answer.json() if answer.content else None
