"""What the tests of logins share: the default clients under each profile, and their callback."""

import json
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

# Nobody listens there: a robot does not go there.
CLIENT = "http://localhost:3000/"
CALLBACK = CLIENT + "callback"
SCOPE = "openid email"

DEFAULT = json.loads(
    (Path(__file__).parents[3] / "fixtures" / "default.json").read_text()
)
del DEFAULT["$schema"]

# The order for a sandbox with the default clients and users, under each built-in profile.
PROFILES = {
    "connect": {},
    "standard": {"fixtures": {**DEFAULT, "profile": "standard"}},
}

SECRETS = {"web": "web-secret", "spa": None}


def script(server, **login):
    """Scripts the next login."""
    server.control("POST", "logins", login)


def spoil(server, **defect):
    """Puts a defect into the next ID token."""
    server.fault({"kind": "token", "token": "id_token", "defect": defect})


def mislead(server, redirect):
    """Makes the next authorization response a wrong one."""
    server.fault({"kind": "redirect", "redirect": redirect}, on="authorization")


def refused(call, *arguments, **options):
    """The error code of RFC 6749 with which the call fails, where Authlib and oauthlib keep it."""
    with pytest.raises(Exception) as why:
        call(*arguments, **options)
    return why.value.error


def changed(url, **parameters):
    """The URL with other values of these parameters."""
    parts = urlsplit(url)
    query = {**dict(parse_qsl(parts.query)), **parameters}
    return parts._replace(query=urlencode(query)).geturl()
