"""Authlib in an app of Flask, which a robot uses over HTTP."""

import threading
from urllib.parse import parse_qs, urlsplit

import pytest
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.flask_client import OAuth
from flask import Flask, redirect, request, session, url_for
from joserfc.errors import JoseError
from logins import CLIENT, PROFILES, SCOPE, changed, mislead, script, spoil
from robot import Robot
from werkzeug.serving import make_server


def make_app(server, **options):
    """An app as Authlib's documentation shows it; `options` are those of `authorize_access_token`."""
    app = Flask(__name__)
    app.secret_key = "of a test"
    provider = OAuth(app).register(
        "provider",
        client_id="web",
        client_secret="web-secret",
        server_metadata_url=server.metadata_url,
        client_kwargs={"scope": SCOPE, "code_challenge_method": "S256"},
        update_token=lambda token, **_: app.tokens.update(token),
    )
    app.tokens = {}

    @app.get("/login")
    def login():
        callback = url_for("callback", _external=True)
        return provider.authorize_redirect(callback, **request.args)

    @app.route("/callback", methods=["GET", "POST"])
    def callback():
        tokens = provider.authorize_access_token(**options)
        app.tokens = tokens
        session["user"] = tokens["userinfo"]["sub"]
        return redirect("/")

    @app.get("/")
    def home():
        return {"user": session.get("user")}

    @app.get("/userinfo")
    def userinfo():
        return dict(provider.userinfo(token=app.tokens))

    @app.get("/logout")
    def logout():
        session.clear()
        return provider.logout_redirect(CLIENT, app.tokens["id_token"])

    @app.errorhandler(AuthlibBaseError)
    def oauth_error(why):
        return {"error": why.error}, 400

    @app.errorhandler(JoseError)
    def jose_error(why):
        return {"error": str(why)}, 400

    return app


@pytest.fixture
def serve():
    """Serves apps until the test ends; the answer is the app's address."""
    running = []

    def start(app):
        listener = make_server("127.0.0.1", 0, app, threaded=True)
        threading.Thread(target=listener.serve_forever, args=(0.02,), daemon=True).start()
        running.append(listener)
        return f"http://127.0.0.1:{listener.port}"

    yield start
    for listener in running:
        listener.shutdown()
        listener.server_close()


def expire(app):
    """The app's access token has expired: what needs one refreshes it first."""
    app.tokens["expires_at"] = 1


@pytest.fixture
def served(sandbox, serve):
    """An app for the default server, and where it is."""
    app = make_app(sandbox)
    return app, serve(app)


def user(robot, address):
    return robot.get(address).json()["user"]


@pytest.mark.parametrize("profile", PROFILES)
def test_logs_in_refreshes_and_logs_out(make_sandbox, serve, profile):
    server = make_sandbox(**PROFILES[profile])
    app = make_app(server)
    address, robot = serve(app), Robot()

    script(server, user="alice")
    robot.open(f"{address}/login")
    assert user(robot, address) == "alice"
    assert robot.get(f"{address}/userinfo").json()["email"] == "alice@example.com"
    server.verify(filter={"grant_type": "refresh_token"}, exactly=0)
    expire(app)
    assert robot.get(f"{address}/userinfo").json()["sub"] == "alice"
    server.verify(filter={"grant_type": "refresh_token", "status": 200}, exactly=1)

    goodbye = robot.redirected(robot.redirected(f"{address}/logout"))
    assert goodbye.startswith(CLIENT)
    assert user(robot, address) is None
    expire(app)
    assert robot.get(f"{address}/userinfo").json() == {"error": "invalid_grant"}
    robot.open(f"{address}/login")
    assert robot.page.h1.text == "Log in"


def test_logs_in_with_the_button_of_a_user(served):
    _, address = served
    robot = Robot()
    robot.open(f"{address}/login")
    robot.press("Camille Martin").go()
    assert user(robot, address) == "b626dc6a-0940-44da-af69-04b411a1de56"


def test_reports_that_the_user_denied(served):
    _, address = served
    robot = Robot()
    robot.open(f"{address}/login")
    assert robot.press("Deny").go().json() == {"error": "access_denied"}
    assert user(robot, address) is None


def test_takes_the_response_by_form_post(sandbox, served):
    _, address = served
    robot = Robot()
    script(sandbox, user="alice")
    robot.open(f"{address}/login?response_mode=form_post")
    robot.press("Continue").go()
    assert user(robot, address) == "alice"


def test_takes_a_denial_by_form_post_for_a_response_without_a_code(sandbox, served):
    _, address = served
    robot = Robot()
    script(sandbox, deny=True)
    robot.open(f"{address}/login?response_mode=form_post")
    answer = robot.press("Continue").go()
    assert answer.json() == {"error": "missing_code"}
    assert user(robot, address) is None
    sandbox.verify(filter={"endpoint": "token"}, exactly=0)


def response_to(robot, sandbox, address):
    """The response that the robot does not yet bring to the app."""
    script(sandbox, user="alice")
    return robot.redirected(robot.redirected(f"{address}/login"))


def test_refuses_the_response_to_another_browser(sandbox, served):
    _, address = served
    response = response_to(Robot(), sandbox, address)
    victim = Robot()
    assert victim.get(response).json() == {"error": "mismatching_state"}
    assert user(victim, address) is None
    sandbox.verify(filter={"endpoint": "token"}, exactly=0)


def test_refuses_a_response_that_it_has_already_taken(sandbox, served):
    _, address = served
    robot = Robot()
    response = response_to(robot, sandbox, address)
    robot.open(response)
    assert robot.get(response).json() == {"error": "mismatching_state"}


def test_is_refused_a_replayed_code_and_loses_the_first_login(sandbox, served):
    app, address = served
    robot = Robot()
    response = response_to(robot, sandbox, address)
    robot.open(response)
    [code] = parse_qs(urlsplit(response).query)["code"]
    other = changed(response_to(robot, sandbox, address), code=code)
    assert robot.get(other).json() == {"error": "invalid_grant"}
    expire(app)
    assert robot.get(f"{address}/userinfo").json() == {"error": "invalid_grant"}


@pytest.mark.parametrize("redirect", ["wrong_iss", "missing_iss", "duplicated_code"])
def test_accepts_such_a_response(sandbox, served, redirect):
    _, address = served
    mislead(sandbox, redirect)
    robot = Robot()
    robot.open(response_to(robot, sandbox, address))
    assert user(robot, address) == "alice"


@pytest.mark.parametrize(
    ("redirect", "error"),
    [
        ("wrong_state", "mismatching_state"),
        ("injected_code", "invalid_grant"),
        ("expired_code", "invalid_grant"),
    ],
)
def test_refuses_such_a_response(sandbox, served, redirect, error):
    _, address = served
    mislead(sandbox, redirect)
    robot = Robot()
    answer = robot.get(response_to(robot, sandbox, address))
    assert answer.json() == {"error": error}
    assert user(robot, address) is None


@pytest.mark.parametrize(
    ("defect", "reason"),
    [
        ({"kind": "wrong_nonce"}, "nonce"),
        ({"kind": "wrong_at_hash"}, "at_hash"),
        ({"kind": "wrong_azp"}, "azp"),
        ({"kind": "wrong_issuer"}, "iss"),
        ({"kind": "expired"}, "expired"),
        ({"kind": "foreign_key"}, "bad_signature"),
        ({"kind": "alg_none"}, "none"),
    ],
    ids=str,
)
def test_refuses_such_an_id_token(standard_login, serve, defect, reason):
    address, robot = serve(make_app(standard_login)), Robot()
    response = response_to(robot, standard_login, address)
    spoil(standard_login, **defect)
    assert reason in robot.get(response).json()["error"]
    assert user(robot, address) is None


@pytest.mark.parametrize("checked", [False, True])
def test_checks_the_audience_where_the_app_asks_for_it(sandbox, serve, checked):
    options = {"iss": {"value": sandbox.issuer}, "aud": {"value": "web"}}
    app = make_app(sandbox, claims_options=options if checked else None)
    address, robot = serve(app), Robot()
    response = response_to(robot, sandbox, address)
    spoil(sandbox, kind="wrong_audience")
    robot.get(response)
    assert user(robot, address) == (None if checked else "alice")


def test_does_not_compare_the_user_of_userinfo(sandbox, served):
    _, address = served
    robot = Robot()
    response = response_to(robot, sandbox, address)
    spoil(sandbox, kind="set_claims", claims={"sub": "bob"})
    robot.open(response)
    assert user(robot, address) == "bob"
    assert robot.get(f"{address}/userinfo").json()["sub"] == "alice"
