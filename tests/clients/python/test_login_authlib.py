"""Authlib's sessions log in step by step: each check of the response is one that its caller asks for."""

import pytest
from authlib.common.security import generate_token
from authlib.common.urls import add_params_to_uri
from authlib.integrations.httpx_client import OAuth2Client as OverHttpx
from authlib.integrations.requests_client import OAuth2Session as OverRequests
from authlib.oidc.core import CodeIDToken
from joserfc import errors, jwt
from joserfc.jwk import KeySet
from logins import (
    CALLBACK,
    CLIENT,
    PROFILES,
    SCOPE,
    SECRETS,
    mislead,
    refused,
    script,
    spoil,
)
from robot import Robot


class Login:
    """What a client remembers between the request and the response."""

    def __init__(self, session, server, client_id="web"):
        self.metadata = server.metadata()
        self.verifier = generate_token(48)
        self.nonce = generate_token(20)
        self.client = session(
            client_id,
            SECRETS[client_id],
            scope=SCOPE,
            redirect_uri=CALLBACK,
            code_challenge_method="S256",
            token_endpoint=self.metadata["token_endpoint"],
        )
        self.url, self.state = self.client.create_authorization_url(
            self.metadata["authorization_endpoint"],
            code_verifier=self.verifier,
            nonce=self.nonce,
        )

    def finish(self, response):
        """Exchanges the code, and returns the claims of the ID token."""
        tokens = self.client.fetch_token(
            authorization_response=response,
            state=self.state,
            code_verifier=self.verifier,
        )
        jwks = self.get("jwks_uri")
        token = jwt.decode(tokens["id_token"], KeySet.import_key_set(jwks), ["RS256"])
        claims = CodeIDToken(
            token.claims,
            token.header,
            {
                "iss": {"value": self.metadata["issuer"]},
                "aud": {"value": self.client.client_id},
            },
            {
                "nonce": self.nonce,
                "client_id": self.client.client_id,
                "access_token": tokens["access_token"],
            },
        )
        claims.validate()
        return claims

    def get(self, endpoint):
        answer = self.client.get(self.metadata[endpoint])
        answer.raise_for_status()
        return answer.json()

    def logout_url(self):
        return add_params_to_uri(
            self.metadata["end_session_endpoint"],
            {
                "id_token_hint": self.client.token["id_token"],
                "post_logout_redirect_uri": CLIENT,
            },
        )


@pytest.fixture(params=[OverRequests, OverHttpx], ids=["requests", "httpx2"])
def session(request):
    return request.param


def scripted(session, server, client_id="web"):
    """Alice's login by a script: what the client remembers, and the response."""
    login = Login(session, server, client_id)
    script(server, user="alice")
    robot = Robot()
    return login, robot, robot.redirected(login.url)


@pytest.mark.parametrize("client_id", SECRETS)
@pytest.mark.parametrize("profile", PROFILES)
def test_logs_in_refreshes_and_logs_out(session, make_sandbox, profile, client_id):
    server = make_sandbox(**PROFILES[profile])
    login, robot, response = scripted(session, server, client_id)

    assert login.finish(response)["sub"] == "alice"
    assert login.get("userinfo_endpoint")["email"] == "alice@example.com"
    old = login.client.token["access_token"]
    assert login.client.refresh_token()["access_token"] != old
    assert login.get("userinfo_endpoint")["sub"] == "alice"

    assert robot.redirected(login.logout_url()) == CLIENT
    assert refused(login.client.refresh_token) == "invalid_grant"
    robot.open(Login(session, server, client_id).url)
    assert robot.page.h1.text == "Log in"


def test_logs_in_with_a_button_and_with_a_password(session, sandbox):
    login, robot = Login(session, sandbox), Robot()
    robot.open(login.url)
    response = robot.press("Camille Martin").submitted()
    assert login.finish(response)["sub"] == "b626dc6a-0940-44da-af69-04b411a1de56"

    login, robot = Login(session, sandbox), Robot()
    robot.open(login.url)
    robot.press("Log in", mimic_username="bob", mimic_password="bob")
    assert login.finish(robot.submitted())["sub"] == "bob"


def test_revokes_its_refresh_token(session, sandbox):
    login, _, response = scripted(session, sandbox)
    login.finish(response)
    login.client.revoke_token(
        login.metadata["revocation_endpoint"],
        login.client.token["refresh_token"],
        "refresh_token",
    )
    assert refused(login.client.refresh_token) == "invalid_grant"


def test_takes_a_denial_for_a_grant_without_a_user(session, sandbox):
    # It looks for `code=` in the response, and without it asks for a token by `client_credentials`.
    login = Login(session, sandbox)
    script(sandbox, deny=True)
    response = Robot().redirected(login.url)
    assert "error=access_denied" in response
    assert refused(login.finish, response) == "unauthorized_client"
    sandbox.verify(filter={"grant_type": "client_credentials"}, exactly=1)


@pytest.mark.parametrize("redirect", ["wrong_state", "missing_state"])
def test_refuses_another_state_and_sends_no_code(session, sandbox, redirect):
    mislead(sandbox, redirect)
    login, _, response = scripted(session, sandbox)
    assert refused(login.finish, response) == "mismatching_state"
    sandbox.verify(filter={"endpoint": "token"}, exactly=0)


@pytest.mark.parametrize("redirect", ["wrong_iss", "missing_iss", "duplicated_code"])
def test_accepts_such_a_response(session, sandbox, redirect):
    mislead(sandbox, redirect)
    login, _, response = scripted(session, sandbox)
    assert login.finish(response)["sub"] == "alice"


@pytest.mark.parametrize(
    "redirect", ["foreign_code", "used_code", "expired_code", "injected_code"]
)
def test_is_refused_a_token_for_such_a_code(session, sandbox, redirect):
    mislead(sandbox, redirect)
    login, _, response = scripted(session, sandbox)
    assert refused(login.finish, response) == "invalid_grant"


@pytest.mark.parametrize(
    ("defect", "reason"),
    [
        ({"kind": "wrong_nonce"}, "nonce"),
        ({"kind": "wrong_at_hash"}, "at_hash"),
        ({"kind": "wrong_azp"}, "azp"),
        ({"kind": "wrong_issuer"}, "iss"),
        ({"kind": "wrong_audience"}, "aud"),
        ({"kind": "expired"}, "expired"),
        ({"kind": "foreign_key"}, "bad_signature"),
        ({"kind": "alg_none"}, "none"),
    ],
    ids=str,
)
def test_refuses_such_an_id_token(session, standard_login, defect, reason):
    login, _, response = scripted(session, standard_login)
    spoil(standard_login, **defect)
    with pytest.raises(errors.JoseError, match=reason):
        login.finish(response)


def test_is_refused_a_replayed_code_and_loses_the_first_login(session, sandbox):
    login, _, response = scripted(session, sandbox)
    login.finish(response)
    first = login.client.token
    assert refused(login.finish, response) == "invalid_grant"
    again = {"refresh_token": first["refresh_token"]}
    assert refused(login.client.refresh_token, **again) == "invalid_grant"


def test_is_refused_a_stolen_code_for_it_has_another_verifier(session, sandbox):
    login, _, response = scripted(session, sandbox)
    login.verifier = generate_token(48)
    assert refused(login.finish, response) == "invalid_grant"
