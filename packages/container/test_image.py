"""The image: its configuration, and its root file system in a chroot. Needs root."""

import http.client
import http.server
import json
import os
import pathlib
import signal
import socket
import socketserver
import subprocess
import tarfile
import threading
import time
from urllib.parse import urlsplit

import oauth_mimic
import pytest
import yaml

IMAGE = pathlib.Path(os.environ["IMAGE"])
HERE = pathlib.Path(__file__).parent
LIMIT = 12_000_000


def described(archive):
    """The manifest of an image, and its configuration."""
    (manifest,) = json.load(archive.extractfile("manifest.json"))
    return manifest, json.load(archive.extractfile(manifest["Config"]))


@pytest.fixture(scope="session")
def archive():
    """The manifest of the image, its configuration, and its layers."""
    with tarfile.open(IMAGE) as archive:
        manifest, config = described(archive)
        layers = [tarfile.open(fileobj=archive.extractfile(name)) for name in manifest["Layers"]]
        yield manifest, config, layers


def test_two_builds_are_equal(archive):
    """Except for the names that buildah gives to the container of the build."""

    def without_names(config):
        config = {**config, "container": None}
        return {**config, **{part: {**config[part], "Hostname": None} for part in ("config", "container_config")}}

    with tarfile.open(os.environ["AGAIN"]) as again:
        manifest, config = described(again)
    # The name of a layer is its digest.
    assert manifest["Layers"] == archive[0]["Layers"]
    assert without_names(config) == without_names(archive[1])


@pytest.fixture
def rootfs(archive, tmp_path):
    """The root file system, with what an engine adds to it."""
    root = tmp_path / "rootfs"
    for layer in archive[2]:
        layer.extractall(root, filter="tar")
    (root / "etc/hosts").write_text("127.0.0.1 localhost\n127.0.0.1 in-hosts.example.test\n")
    # An engine also adds devices; the program needs none.
    # 127.0.0.53 may be taken by the system.
    (root / "etc/resolv.conf").write_text("nameserver 127.0.0.94\noptions timeout:2 attempts:1\n")
    for folder in tmp_path.parents:
        if folder.is_relative_to("/tmp") and folder != pathlib.Path("/tmp"):
            folder.chmod(0o755)
    tmp_path.chmod(0o755)
    return root


class Container:
    """What an engine would start."""

    def __init__(self, rootfs, config, *args):
        self.environment = dict(pair.split("=", 1) for pair in config["Env"])
        self.prefix = ["chroot", f"--userspec={config['User']}", str(rootfs)]
        entry = config["Entrypoint"]
        self.process = subprocess.Popen(
            [*self.prefix, *entry, "--port", "0", *args],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=self.environment,
            text=True,
        )
        self.listening = self.process.stdout.readline().removeprefix("listening on ").strip()
        self.port = urlsplit(self.listening).port

    def health(self, config):
        kind, *command = config["Healthcheck"]["Test"]
        assert kind == "CMD"
        environment = {**self.environment, "OAUTH_MIMIC_PORT": str(self.port)}
        return subprocess.run([*self.prefix, *command], env=environment, capture_output=True, text=True, check=False)

    def get(self, path, host, address="127.0.0.1"):
        connection = http.client.HTTPConnection(address, self.port, timeout=30)
        connection.request("GET", path, headers={"Host": host})
        answer = connection.getresponse()
        return answer.status, json.load(answer)

    def stop(self, number=signal.SIGTERM):
        started = time.monotonic()
        self.process.send_signal(number)
        code = self.process.wait(10)
        self.process.stdout.close()
        return code, time.monotonic() - started


@pytest.fixture
def start(rootfs, archive):
    started = []

    def start(*args):
        started.append(Container(rootfs, archive[1]["config"], *args))
        return started[-1]

    yield start
    for container in started:
        if container.process.poll() is None:
            container.stop(signal.SIGKILL)


def test_the_configuration(archive):
    manifest, config, _ = archive
    version = oauth_mimic.__version__
    assert f"docker.io/library/oauth-mimic:{version}" in manifest["RepoTags"]
    inner = config["config"]
    assert inner["User"] == "65532:65532"
    assert inner["Entrypoint"] == ["/oauth-mimic"]
    assert not inner.get("Cmd")
    assert "OAUTH_MIMIC_HOST=0.0.0.0" in inner["Env"]
    assert list(inner["ExposedPorts"]) == ["8080/tcp"]
    assert inner["Healthcheck"]["Test"] == ["CMD", "/oauth-mimic", "health"]
    assert inner["Labels"]["org.opencontainers.image.version"] == version
    assert inner["Labels"]["org.opencontainers.image.licenses"] == "MIT OR Apache-2.0"
    assert config["created"].startswith("1970-01-01T00:00:00")


def test_the_content(archive):
    members = [member for layer in archive[2] for member in layer.getmembers() if member.isfile()]
    names = sorted(member.name.lstrip("./") for member in members)
    assert names == [
        "etc/nsswitch.conf",
        "licenses/LICENSE-APACHE",
        "licenses/LICENSE-MIT",
        "licenses/THIRD-PARTY.txt",
        "oauth-mimic",
    ]
    size = sum(member.size for member in members)
    print(f"the image has {size} bytes")
    assert size < LIMIT
    assert IMAGE.stat().st_size < LIMIT


def test_it_serves_is_healthy_and_ends(archive, start):
    container = start()
    assert container.health(archive[1]["config"]).returncode == 0
    pid = container.process.pid
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    assert "Uid:\t65532\t65532\t65532\t65532" in status
    # Reachable by an address that is not loopback.
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
            address = probe.getsockname()[0]
        except OSError:
            address = "127.0.0.2"
    assert container.get("/_mimic/health", address, address)[0] == 200
    code, seconds = container.stop()
    assert (code, seconds < 1) == (0, True), (code, seconds)
    assert container.health(archive[1]["config"]).returncode == 1


def test_it_writes_nothing(rootfs, start):
    before = sorted(str(path) for path in rootfs.rglob("*"))
    start().stop()
    assert sorted(str(path) for path in rootfs.rglob("*")) == before


class _Logouts(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.server.hosts.append(self.headers["Host"])
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class _NameServer(socketserver.BaseRequestHandler):
    """Answers every question for an IPv4 address with 127.0.0.1, and others with no record."""

    def handle(self):
        query, sender = self.request
        end = query.index(b"\0", 12) + 5
        question = query[12:end]
        is_address = question[-4:-2] == b"\0\1"
        self.server.names.append(question[:-4])
        answer = b"\xc0\x0c\0\1\0\1\0\0\0\x0a\0\4\x7f\0\0\1" if is_address else b""
        header = query[:2] + b"\x81\x80\0\1" + (b"\0\1" if is_address else b"\0\0") + b"\0\0\0\0"
        sender.sendto(header + question + answer, self.client_address)


@pytest.mark.parametrize("name", ["in-hosts.example.test", "in-dns.example.test"])
def test_a_back_channel_logout_reaches_a_name(name, start):
    """The static binary resolves names of the file /etc/hosts, and names that the name server of the engine has."""
    client = http.server.HTTPServer(("127.0.0.1", 0), _Logouts)
    client.hosts = []
    names = socketserver.UDPServer(("127.0.0.94", 53), _NameServer)
    names.names = []
    for server in (client, names):
        threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        container = start("--host", "127.0.0.1")
        provider = oauth_mimic.TokenServer.start(url=container.listening).default_provider()
        callback = "http://localhost:3000/callback"
        provider.put_client(
            "web-app",
            client_secret="s",
            scope="openid",
            redirect_uris=[callback],
            backchannel_logout_uri=f"http://{name}:{client.server_port}/logout",
        )
        query = f"?response_type=code&client_id=web-app&scope=openid&redirect_uri={callback}"
        assert provider.authorize(provider.authorization_url + query).code
        connection = http.client.HTTPConnection("127.0.0.1", container.port, timeout=30)
        connection.request("DELETE", "/_mimic/sessions")
        assert connection.getresponse().status == 204
        provider.wait_for({"endpoint": "backchannel_logout", "outcome": "answered"}, timeout=20)
        assert client.hosts == [f"{name}:{client.server_port}"]
        assert bool(names.names) == name.startswith("in-dns")
    finally:
        for server in (client, names):
            server.shutdown()
            server.server_close()


def test_the_compose_file(start):
    compose = yaml.safe_load((HERE / "compose.yaml").read_text())
    mimic = compose["services"]["mimic"]
    assert mimic["image"] == f"oauth-mimic:{oauth_mimic.__version__}"
    (alias,) = mimic["networks"]["default"]["aliases"]
    app = compose["services"]["app"]
    container = start(*mimic["command"])
    status, metadata = container.get("/.well-known/openid-configuration", f"{alias}:8080")
    assert status == 200
    assert metadata["issuer"] == app["environment"]["OIDC_ISSUER"] == f"http://{alias}:8080"
    for endpoint in ("authorization_endpoint", "token_endpoint", "jwks_uri", "end_session_endpoint"):
        assert metadata[endpoint].startswith(f"http://{alias}:8080/")
    # The control plane, by every name that the file gives it, and by no other.
    for host in (alias, "mimic", "localhost"):
        assert container.get("/_mimic", f"{host}:8080")[0] == 200, host
    assert container.get("/_mimic", "other.example.test:8080")[0] == 403


def test_the_example_for_github():
    """It gives what action.yml wants. `packages/action` has the test of the steps."""
    example = yaml.safe_load((HERE / "examples/github.yaml").read_text())
    action = yaml.safe_load((HERE.parents[1] / "action.yml").read_text())
    (use,) = [step for step in example["jobs"]["test"]["steps"] if step.get("uses", "").startswith("oauth-mimic/")]
    assert use["uses"] == f"oauth-mimic/oauth-mimic@v{oauth_mimic.__version__}"
    assert str(use["with"]["version"]) == oauth_mimic.__version__
    assert set(use["with"]) <= set(action["inputs"])
    assert {name for name, entry in action["inputs"].items() if entry.get("required")} <= set(use["with"])


@pytest.mark.parametrize("file", ["examples/gitlab.yaml", "examples/github-service.yaml"])
def test_the_examples_with_a_service(file, start):
    """The command of the service starts, and its control plane answers at the address that the tests get."""
    example = yaml.safe_load((HERE / file).read_text())
    job = example["jobs"]["test"] if "jobs" in example else example["test"]
    services = job["services"]
    service = services["mimic"] if isinstance(services, dict) else services[0]
    assert (service.get("image") or service["name"]).endswith(f"/oauth-mimic:{oauth_mimic.__version__}")
    address = (job.get("env") or job["variables"])["OAUTH_MIMIC_URL"]
    name, port = address.removeprefix("http://").split(":")
    assert port == "8080"
    assert name == service.get("alias", "localhost")
    container = start(*service.get("command", []))
    status, overview = container.get("/_mimic", f"{name}:{port}")
    assert status == 200
    if name != "localhost":
        assert overview["base_url"] == address
