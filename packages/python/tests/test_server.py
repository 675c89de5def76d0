"""The process of a server: its start, its end, and the server of somebody else."""

import http.server
import json
import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
import time
from urllib.parse import urlsplit

import pytest

from oauth_mimic import MimicError, Provider, StartError, TokenServer, __version__

HOLD = """
import oauth_mimic, sys
server = oauth_mimic.TokenServer.start()
print(server.url, flush=True)
sys.stdin.read()
"""


def connect(url):
    parts = urlsplit(url)
    return socket.create_connection((parts.hostname, parts.port), timeout=30)


def await_end(url, connection):
    """Waits until nothing listens at the address. Each connection is open until the server ends, or for some seconds."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with connection:
            try:
                assert connection.recv(1) == b""
            except ConnectionResetError:
                pass
        try:
            connection = connect(url)
        except ConnectionRefusedError:
            return
    pytest.fail("the server still listens")


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM], ids=["SIGKILL", "SIGTERM"])
def test_the_server_ends_with_the_process_that_started_it(end):
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", HOLD], stdin=pipe, stdout=pipe, text=True) as holder:
        url = holder.stdout.readline().strip()
        connection = connect(url)
        holder.send_signal(end)
        holder.wait(30)
        await_end(url, connection)


def test_the_server_ends_with_the_block():
    with TokenServer.start() as server:
        url = server.url
        connection = connect(url)
    await_end(url, connection)
    server.stop()


def test_stopping_does_not_wait_for_the_pipe():
    server = TokenServer.start()
    # As a forked child of this process has it.
    copy = os.dup(server._process._popen.stdin.fileno())
    try:
        started = time.monotonic()
        server.stop()
        assert time.monotonic() - started < 4
    finally:
        os.close(copy)


def test_it_says_why_a_server_does_not_start():
    with pytest.raises(StartError, match="invalid value 'nothing' for '--seed"):
        TokenServer.start(["--seed", "nothing"])


def test_it_ends_a_binary_that_does_not_get_ready(tmp_path, monkeypatch):
    binary = tmp_path / "oauth-mimic"
    binary.write_text("#!/bin/sh\necho $$ >pid\necho waiting >&2\nexec cat\n")
    binary.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OAUTH_MIMIC_BINARY", str(binary))
    monkeypatch.delenv("OAUTH_MIMIC_URL", raising=False)
    with pytest.raises(StartError, match=r"did not start within 0\.5 s: waiting"):
        TokenServer.start(timeout=0.5)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_arguments_reach_the_server():
    with (
        TokenServer.start(["--profile", "standard", "--clock", "2026-01-01T00:00:00Z"]) as server,
        server.sandbox() as provider,
    ):
        assert provider.now().year == 2026
        assert not provider.issuer.endswith("/connect")


def test_a_log_can_be_asked_for(capfd, refresh):
    with TokenServer.start(["--log", "json"]) as server:
        refresh(server.default_provider())
    assert "/connect/oauth/token" in capfd.readouterr().err


def test_the_control_token_is_sent(monkeypatch):
    monkeypatch.setenv("OAUTH_MIMIC_CONTROL_TOKEN", "s3cret")
    with TokenServer.start() as server:
        server.sandbox().close()
        monkeypatch.setenv("OAUTH_MIMIC_CONTROL_TOKEN", "wrong")
        with pytest.raises(MimicError) as caught:
            server.sandbox()
    assert (caught.value.status, caught.value.code) == (401, "unauthorized")


class _Other(http.server.BaseHTTPRequestHandler):
    """A server of another version."""

    def do_GET(self):
        major, minor, _ = __version__.split(".")
        version = self.server.version or f"{major}.{minor}.99"
        body = json.dumps({"version": version}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def other():
    server = http.server.HTTPServer(("127.0.0.1", 0), _Other)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_another_version_is_a_warning(other, recwarn):
    url = f"http://127.0.0.1:{other.server_port}"
    other.version = None
    TokenServer.start(url=url)
    assert not recwarn.list, "a patch is not a difference"
    other.version = "99.0.0"
    with pytest.warns(
        UserWarning, match=rf"the server is oauth-mimic 99\.0\.0, and the package oauth-mimic {__version__}"
    ) as caught:
        TokenServer.start(url=url)
    assert caught[0].filename == __file__


def test_a_server_that_does_not_answer_is_an_error(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    monkeypatch.setenv("OAUTH_MIMIC_URL", f"http://127.0.0.1:{port}")
    with pytest.raises(StartError, match=f"no server answers at http://127.0.0.1:{port}"):
        TokenServer.start()


def test_an_answer_of_something_else_is_an_error(other):
    other.RequestHandlerClass = http.server.SimpleHTTPRequestHandler
    with pytest.raises(MimicError, match="not from a control plane"):
        TokenServer.start(url=f"http://127.0.0.1:{other.server_port}")


def test_a_refusal_has_the_members_of_the_problem(oauth_mimic_server):
    with pytest.raises(MimicError) as caught:
        oauth_mimic_server.sandbox(clock="yesterday")
    error = caught.value
    assert (error.status, error.code, error.pointer) == (400, "invalid_body", "/clock")
    assert str(error) == f"400 invalid_body at `/clock`: {error.detail}"
    copy = pickle.loads(pickle.dumps(error))
    assert (copy.status, copy.code, copy.detail, copy.pointer) == (error.status, error.code, error.detail, error.pointer)


def test_the_provider_of_the_server_itself(oauth_mimic_server):
    provider = oauth_mimic_server.default_provider()
    assert isinstance(provider, Provider)
    assert (provider.id, provider.base_url) == (None, oauth_mimic_server.url)
    provider.close()
    assert provider.clients()
