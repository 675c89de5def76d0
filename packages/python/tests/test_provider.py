"""What a provider does."""

import datetime
import json
import threading
import urllib.request

import pytest

from oauth_mimic import MimicError

AUTHORIZE = "?response_type=code&client_id=web&redirect_uri=http://localhost:3000/callback&state=xyz"
TOKEN = {"endpoint": "token"}


def get(url):
    with urllib.request.urlopen(url) as answer:
        return json.load(answer)


def test_the_endpoints(oauth_mimic):
    metadata = get(oauth_mimic.metadata_url)
    assert metadata["issuer"] == oauth_mimic.issuer
    assert metadata["token_endpoint"] == oauth_mimic.token_url
    assert metadata["authorization_endpoint"] == oauth_mimic.authorization_url
    assert metadata["jwks_uri"] == oauth_mimic.jwks_url
    assert metadata["userinfo_endpoint"] == oauth_mimic.userinfo_url
    assert metadata["introspection_endpoint"] == oauth_mimic.introspection_url
    assert metadata["revocation_endpoint"] == oauth_mimic.revocation_url
    assert metadata["end_session_endpoint"] == oauth_mimic.end_session_url
    assert oauth_mimic.base_url == f"{oauth_mimic.server.url}/s/{oauth_mimic.id}"
    assert get(oauth_mimic.control_url)["sandbox"] == oauth_mimic.id
    assert oauth_mimic.console_url == oauth_mimic.control_url + "/"
    assert repr(oauth_mimic) == f"Provider({oauth_mimic.issuer!r}, label={oauth_mimic.label!r})"


def test_clients(oauth_mimic):
    assert oauth_mimic.put_client("a b/c", client_secret="s3cret", scope="openid")["client_id"] == "a b/c"
    assert oauth_mimic.clients()[-1]["scope"] == "openid"
    oauth_mimic.remove_client("a b/c")
    assert "a b/c" not in [client["client_id"] for client in oauth_mimic.clients()]
    with pytest.raises(MimicError, match="404 not_found"):
        oauth_mimic.remove_client("a b/c")


def test_users(oauth_mimic):
    oauth_mimic.put_user("zoe", claims={"email": "zoe@example.com"})
    assert oauth_mimic.users()[-1] == {"sub": "zoe", "claims": {"email": "zoe@example.com"}}
    oauth_mimic.remove_user("zoe")
    assert "zoe" not in [user["sub"] for user in oauth_mimic.users()]


def test_a_named_refresh_token(oauth_mimic, refresh):
    oauth_mimic.put_refresh_token("REFRESH_TOKEN", client_id="client-default", sub="alice", scope="openid")
    status, answer = refresh(oauth_mimic)
    assert (status, answer["scope"]) == (200, "openid")
    assert oauth_mimic.requests(TOKEN)[0]["sub"] == "alice"


def test_the_clock(oauth_mimic):
    start = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
    assert oauth_mimic.freeze(start) == start == oauth_mimic.now()
    assert oauth_mimic.freeze("2026-01-01T00:00:00Z") == start
    assert oauth_mimic.advance(900) == start + datetime.timedelta(seconds=900)
    assert oauth_mimic.advance(datetime.timedelta(minutes=-15)) == start
    oauth_mimic.release()
    assert oauth_mimic.now() > start
    frozen = oauth_mimic.freeze()
    assert oauth_mimic.now() == frozen
    with pytest.raises(ValueError, match="no time zone"):
        oauth_mimic.freeze(datetime.datetime(2026, 1, 1))


def test_the_next_requests_fail(oauth_mimic, refresh):
    rule = oauth_mimic.fail_next(2, headers={"Retry-After": "1"})
    assert oauth_mimic.faults() == [rule]
    assert [refresh(oauth_mimic)[0] for _ in range(3)] == [503, 503, 200]
    oauth_mimic.fail_next(status=500, body="{}")
    assert refresh(oauth_mimic) == (500, {})
    oauth_mimic.fail_next(fault={"kind": "error", "error": "invalid_grant"}, when={"client_id": "client-default"})
    assert refresh(oauth_mimic)[1]["error"] == "invalid_grant"
    oauth_mimic.fail_next(fault="close", on="jwks")
    with pytest.raises(ConnectionError):
        get(oauth_mimic.jwks_url)
    with pytest.raises(TypeError, match="`fault` and `status` exclude each other"):
        oauth_mimic.fail_next(fault="close", status=500)


def test_fault_rules(oauth_mimic, refresh):
    first = oauth_mimic.add_fault({"on": "token", "fault": {"kind": "status", "status": 500}})
    oauth_mimic.add_fault({"on": "token", "fault": {"kind": "status", "status": 502}})
    assert refresh(oauth_mimic)[0] == 500
    oauth_mimic.remove_fault(first["id"])
    assert refresh(oauth_mimic)[0] == 502
    oauth_mimic.clear_faults()
    assert refresh(oauth_mimic)[0] == 200
    with pytest.raises(MimicError) as caught:
        oauth_mimic.add_fault({"on": "tokens", "fault": {"kind": "close"}})
    assert caught.value.pointer == "/on"


def test_scenarios(oauth_mimic):
    assert oauth_mimic.play("flaky-gateway")["faults"]
    before = oauth_mimic.now()
    own = {"description": "An hour passes.", "advance": 3600}
    assert oauth_mimic.play(own)["description"] == "An hour passes."
    assert oauth_mimic.now() >= before + datetime.timedelta(hours=1)
    with pytest.raises(MimicError, match="404 not_found"):
        oauth_mimic.play("nothing")


def claims(token):
    import base64

    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def test_minted_tokens(oauth_mimic):
    response = oauth_mimic.mint(client_id="web", sub="alice", scope="openid")
    assert claims(response["access_token"])["sub"] == "alice"
    assert claims(oauth_mimic.mint("access_token", claims={"level": 3}))["level"] == 3
    oauth_mimic.freeze("2026-01-01T00:00:00Z")
    assert claims(oauth_mimic.mint("id_token", defect="expired"))["exp"] < oauth_mimic.now().timestamp()
    wrong = oauth_mimic.mint("id_token", defect={"kind": "wrong_issuer"})
    assert claims(wrong)["iss"] != oauth_mimic.issuer


def test_keys(oauth_mimic):
    keys = oauth_mimic.rotate_keys(retire_after=60)
    assert [key["signs"] for key in keys] == [True, False]
    published = [key["kid"] for key in get(oauth_mimic.jwks_url)["keys"]]
    assert {key["kid"] for key in keys} == set(published)


def test_logins(oauth_mimic):
    url = oauth_mimic.authorization_url + AUTHORIZE
    oauth_mimic.next_login(user="alice")
    response = oauth_mimic.authorize(url)
    assert response.code
    assert response.error is None
    assert response.parameters["state"] == "xyz"
    assert response.url.startswith("http://localhost:3000/callback?")
    assert oauth_mimic.requests({"endpoint": "authorization"})[0]["sub"] == "alice"

    oauth_mimic.next_login(deny=True)
    denied = oauth_mimic.authorize(url)
    assert denied.error == "access_denied"
    with pytest.raises(AssertionError, match="the authorization response has no code"):
        assert denied.code

    # Without a script, the first user logs in.
    assert oauth_mimic.authorize(url).code
    with pytest.raises(AssertionError, match="a page of status 400; the journal has the reason"):
        oauth_mimic.authorize(url.replace("client_id=web", "client_id=nobody"))
    assert get(oauth_mimic.control_url + "/logins")["logins"] == []


@pytest.mark.oauth_mimic(fixtures={"profile": "standard"})
def test_a_response_in_the_fragment(oauth_mimic):
    client = {"response_types": ["code id_token"], "redirect_uris": ["http://localhost:3000/callback?page=1"]}
    oauth_mimic.put_user("carol")
    oauth_mimic.put_client(
        "hybrid", client_secret="s", scope="openid", grant_types=["authorization_code", "implicit"], **client
    )
    query = "?response_type=code%20id_token&client_id=hybrid&scope=openid&nonce=n&redirect_uri="
    response = oauth_mimic.authorize(oauth_mimic.authorization_url + query + "http://localhost:3000/callback?page=1")
    assert response.code
    assert claims(response.parameters["id_token"])["nonce"] == "n"
    assert "page" not in response.parameters


def test_the_journal(oauth_mimic, refresh):
    refresh(oauth_mimic)
    refresh(oauth_mimic, secret="wrong")
    assert [request["outcome"] for request in oauth_mimic.requests()] == ["issued", "refused"]
    assert oauth_mimic.requests({"error": "invalid_client"})[0]["number"] == 2
    oauth_mimic.verify(TOKEN, exactly=2, at_least=1, at_most=3, in_order=[{"status": 200}, {"outcome": "refused"}])
    with pytest.raises(AssertionError) as caught:
        oauth_mimic.verify({"endpoint": "jwks"}, exactly=1)
    text = str(caught.value)
    assert text.startswith("expected exactly 1 requests with endpoint jwks, and 0 came\n")
    assert "#1 POST token client client-default" in text
    with pytest.raises(MimicError, match="400 invalid_body"):
        oauth_mimic.verify({"colour": "red"}, exactly=1)
    oauth_mimic.clear_requests()
    assert oauth_mimic.requests() == []


def test_it_waits_for_requests(oauth_mimic, refresh):
    client = threading.Thread(target=refresh, args=(oauth_mimic,))
    client.start()
    (request,) = oauth_mimic.wait_for(TOKEN, timeout=30)
    client.join()
    assert request["endpoint"] == "token"
    with pytest.raises(AssertionError, match=r"after 0.01 s: expected at least 2 requests with endpoint token, and 1 came"):
        oauth_mimic.wait_for(TOKEN, count=2, timeout=0.01)


def test_reset_and_close(oauth_mimic_server, refresh):
    with oauth_mimic_server.sandbox(label="x" * 200) as provider:
        assert provider.label == "x" * 128
        provider.fail_next()
        provider.put_user("zoe")
        refresh(provider)
        provider.reset()
        assert (provider.faults(), provider.requests()) == ([], [])
        assert "zoe" not in [user["sub"] for user in provider.users()]
    with pytest.raises(MimicError):
        provider.now()
    provider.close()


def test_kept_sandboxes_stay(oauth_mimic_server, monkeypatch):
    monkeypatch.setenv("OAUTH_MIMIC_KEEP", "1")
    provider = oauth_mimic_server.sandbox()
    provider.close()
    assert provider.now()
    monkeypatch.delenv("OAUTH_MIMIC_KEEP")
    provider.close()
    with pytest.raises(MimicError):
        provider.now()


def test_the_options_of_a_sandbox(oauth_mimic_server):
    at = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
    fixtures = {"clients": [{"client_id": "only", "client_secret": "s", "scope": "openid"}], "users": [{"sub": "u"}]}
    options = {"id": "chosen", "clock": at, "seed": 7, "fixtures": fixtures, "leniency": ["scope_not_granted"], "ttl": 60}
    with oauth_mimic_server.sandbox(**options) as first:
        assert (first.id, first.now()) == ("chosen", at)
        assert [client["client_id"] for client in first.clients()] == ["only"]
        token = first.mint("access_token")
    with oauth_mimic_server.sandbox(**options) as second:
        assert second.mint("access_token") == token


def test_providers_do_not_share_state(oauth_mimic_server, refresh):
    with oauth_mimic_server.sandbox() as one, oauth_mimic_server.sandbox() as two:
        one.fail_next()
        assert (refresh(one)[0], refresh(two)[0]) == (503, 200)
        one.verify(TOKEN, exactly=1)
        two.verify(TOKEN, exactly=1)
