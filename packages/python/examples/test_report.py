import json
import urllib.error
import urllib.parse
import urllib.request

import pytest


class TokenClient:
    """The client under test: it refreshes, and tries again where the server is at fault."""

    def __init__(self, token_url):
        self.token_url = token_url

    def refresh(self, token, attempts=3):
        form = {
            "grant_type": "refresh_token",
            "refresh_token": token,
            "client_id": "client-default",
            "client_secret": "client-default-secret",
        }
        body = urllib.parse.urlencode(form).encode()
        for attempt in range(attempts):
            try:
                with urllib.request.urlopen(self.token_url, body) as answer:
                    return json.load(answer)
            except urllib.error.HTTPError as error:
                error.close()
                if error.code < 500 or attempt + 1 == attempts:
                    raise


def test_it_tries_again(oauth_mimic):
    oauth_mimic.fail_next(2)
    tokens = TokenClient(oauth_mimic.token_url).refresh("REFRESH_TOKEN")
    assert tokens["access_token"]
    oauth_mimic.verify({"endpoint": "token"}, in_order=[{"status": 503}, {"status": 200}])


def test_it_gives_up(oauth_mimic):
    oauth_mimic.fail_next(3, status=500)
    with pytest.raises(urllib.error.HTTPError):
        TokenClient(oauth_mimic.token_url).refresh("REFRESH_TOKEN")
    oauth_mimic.verify({"endpoint": "token"}, exactly=3)


def test_an_expired_refresh_token(oauth_mimic):
    token = oauth_mimic.mint("refresh_token", client_id="client-default")
    oauth_mimic.advance(365 * 24 * 3600)
    with pytest.raises(urllib.error.HTTPError):
        TokenClient(oauth_mimic.token_url).refresh(token)
    (request,) = oauth_mimic.requests()
    assert request["refusal"] == "refresh_token_expired"
