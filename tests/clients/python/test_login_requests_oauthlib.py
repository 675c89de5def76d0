"""requests-oauthlib logs in. It is an OAuth client: it neither discovers endpoints nor reads ID tokens, which PyJWT does here."""

import pytest
from jwt import PyJWTError
from logins import (
    CALLBACK,
    CLIENT,
    PROFILES,
    SECRETS,
    changed,
    mislead,
    refused,
    script,
    spoil,
)
from oauthlib.oauth2 import WebApplicationClient
from requests.models import PreparedRequest
from requests_oauthlib import OAuth2Session
from robot import Robot
from verifier import id_token_claims


@pytest.fixture(autouse=True)
def plain_http(monkeypatch):
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")


class Login:
    def __init__(self, server, client_id="web"):
        self.metadata = server.metadata()
        secret = SECRETS[client_id]
        # Either Basic with the secret, or the `client_id` alone in the body.
        self.authentication = {"client_secret": secret, "include_client_id": not secret}
        self.updates = []
        self.client = OAuth2Session(
            client_id,
            scope=["openid", "email"],
            redirect_uri=CALLBACK,
            pkce="S256",
            auto_refresh_url=self.metadata["token_endpoint"],
            auto_refresh_kwargs=(
                {"client_id": client_id, "client_secret": secret}
                if secret
                else {"client_id": client_id}
            ),
            token_updater=self.updates.append,
        )
        self.url, self.state = self.client.authorization_url(
            self.metadata["authorization_endpoint"], nonce="of this login"
        )

    def finish(self, response):
        return self.client.fetch_token(
            self.metadata["token_endpoint"],
            authorization_response=response,
            **self.authentication,
        )

    def userinfo(self):
        answer = self.client.get(self.metadata["userinfo_endpoint"])
        answer.raise_for_status()
        return answer.json()

    def expire(self):
        """The access token has expired: what needs one refreshes it first."""
        self.client.token = {**self.client.token, "expires_at": 1}


def scripted(server, client_id="web"):
    """Alice's login by a script: what the client remembers, and the response."""
    login = Login(server, client_id)
    script(server, user="alice")
    robot = Robot()
    return login, robot, robot.redirected(login.url)


@pytest.mark.parametrize("client_id", SECRETS)
@pytest.mark.parametrize("profile", PROFILES)
def test_logs_in_refreshes_and_logs_out(make_sandbox, profile, client_id):
    server = make_sandbox(**PROFILES[profile])
    login, robot, response = scripted(server, client_id)

    id_token = login.finish(response)["id_token"]
    claims = id_token_claims(server, id_token, client_id)
    assert (claims["sub"], claims["nonce"]) == ("alice", "of this login")
    assert login.userinfo()["email"] == "alice@example.com"
    login.expire()
    assert login.userinfo()["sub"] == "alice"
    assert len(login.updates) == 1
    server.verify(filter={"grant_type": "refresh_token", "status": 200}, exactly=1)

    logout = PreparedRequest()
    hint = {"id_token_hint": id_token, "post_logout_redirect_uri": CLIENT}
    logout.prepare_url(login.metadata["end_session_endpoint"], hint)
    assert robot.redirected(logout.url) == CLIENT
    login.expire()
    assert refused(login.userinfo) == "invalid_grant"
    robot.open(Login(server, client_id).url)
    assert robot.page.h1.text == "Log in"


def test_logs_in_with_the_button_of_a_user(sandbox):
    login, robot = Login(sandbox), Robot()
    robot.open(login.url)
    login.finish(robot.press("Camille Martin").submitted())
    assert login.userinfo()["email"] == "camille.martin@example.com"


def test_revokes_its_refresh_token_by_a_request_that_oauthlib_prepares(sandbox):
    login, _, response = scripted(sandbox)
    token = login.finish(response)["refresh_token"]
    url, headers, body = WebApplicationClient("web").prepare_token_revocation_request(
        login.metadata["revocation_endpoint"], token, "refresh_token"
    )
    answer = login.client.post(
        url,
        data=body,
        headers=headers,
        auth=("web", SECRETS["web"]),
        withhold_token=True,
    )
    assert answer.status_code == 200
    login.expire()
    assert refused(login.userinfo) == "invalid_grant"


def test_reports_that_the_user_denied(sandbox):
    login, robot = Login(sandbox), Robot()
    robot.open(login.url)
    response = robot.press("Deny").submitted()
    assert refused(login.finish, response) == "access_denied"
    sandbox.verify(filter={"endpoint": "token"}, exactly=0)


@pytest.mark.parametrize("redirect", ["wrong_state", "missing_state"])
def test_refuses_another_state_and_sends_no_code(sandbox, redirect):
    mislead(sandbox, redirect)
    login, _, response = scripted(sandbox)
    assert refused(login.finish, response) == "mismatching_state"
    sandbox.verify(filter={"endpoint": "token"}, exactly=0)


@pytest.mark.parametrize("redirect", ["wrong_iss", "missing_iss", "duplicated_code"])
def test_accepts_such_a_response(sandbox, redirect):
    mislead(sandbox, redirect)
    login, _, response = scripted(sandbox)
    assert login.finish(response)["access_token"]


@pytest.mark.parametrize(
    "redirect", ["foreign_code", "used_code", "expired_code", "injected_code"]
)
def test_is_refused_a_token_for_such_a_code(sandbox, redirect):
    mislead(sandbox, redirect)
    login, _, response = scripted(sandbox)
    assert refused(login.finish, response) == "invalid_grant"


@pytest.mark.parametrize("kind", ["wrong_issuer", "foreign_key", "alg_none"])
def test_does_not_read_the_id_token(sandbox, kind):
    login, _, response = scripted(sandbox)
    spoil(sandbox, kind=kind)
    id_token = login.finish(response)["id_token"]
    with pytest.raises(PyJWTError):
        id_token_claims(sandbox, id_token, "web")


def test_takes_a_narrower_scope_for_an_error(sandbox):
    # RFC 6749 §5.1 lets the server grant less, if the response has `scope`.
    login = Login(sandbox)
    script(sandbox, user="alice", scope="openid")
    response = Robot().redirected(login.url)
    with pytest.raises(Warning, match="Scope has changed"):
        login.finish(response)


def test_is_refused_a_replayed_code_and_loses_the_first_login(sandbox):
    login, _, response = scripted(sandbox)
    first = login.finish(response)
    assert refused(login.finish, response) == "invalid_grant"
    login.client.token = first
    login.expire()
    assert refused(login.userinfo) == "invalid_grant"


def test_is_refused_a_stolen_code_for_it_has_another_verifier(sandbox):
    login, _, response = scripted(sandbox)
    thief = Login(sandbox)
    stolen = changed(response, state=thief.state)
    assert refused(thief.finish, stolen) == "invalid_grant"
