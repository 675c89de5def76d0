"""The steps of action.yml, run one after the other as the runner of GitHub does."""

import hashlib
import os
import pathlib
import re
import signal
import subprocess
import tarfile
import urllib.request

import oauth_mimic
import pytest
import yaml

ROOT = pathlib.Path(__file__).parents[2]
BINARY = ROOT / "target/packages/binary/oauth-mimic"
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())


@pytest.fixture
def archive(tmp_path):
    """An archive as a release has it."""
    name = f"oauth-mimic-x86_64-unknown-linux-gnu-v{oauth_mimic.__version__}"
    path = tmp_path / f"{name}.tgz"
    with tarfile.open(path, "w:gz") as archive:
        archive.add(BINARY, f"{name}/oauth-mimic")
    return path


class Job:
    """A job of the runner: what steps hand on."""

    def __init__(self, folder):
        self.folder = folder
        self.path = os.environ["PATH"]
        self.variables = {}
        self.steps = {}

    def use(self, **given):
        """Runs the action, and returns its outputs."""
        unknown = set(given) - set(ACTION["inputs"])
        assert not unknown
        inputs = {name: given.get(name, entry.get("default")) for name, entry in ACTION["inputs"].items()}
        missing = [name for name, entry in ACTION["inputs"].items() if entry.get("required") and not inputs[name]]
        assert not missing
        for step in ACTION["runs"]["steps"]:
            self.step(step, {"inputs": inputs})
        return {name: self.fill(entry["value"], {}) for name, entry in ACTION["outputs"].items()}

    def fill(self, text, context):
        def value(match):
            kind, *rest = match[1].split(".")
            if kind == "inputs":
                return context["inputs"][rest[0]]
            step, _, name = rest
            return self.steps[step][name]

        return re.sub(r"\$\{\{ ([\w.]+) \}\}", value, text)

    def step(self, step, context):
        assert step["shell"] == "bash"
        files = {}
        for name in ("GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH"):
            files[name] = self.folder / name
            files[name].write_text("")
        environment = {
            "PATH": self.path,
            "RUNNER_TEMP": str(self.folder),
            "GITHUB_ACTION_PATH": str(ROOT),
            **self.variables,
            **{name: str(path) for name, path in files.items()},
            **{name: self.fill(value, context) for name, value in step.get("env", {}).items()},
        }
        # As the documentation of GitHub gives the command of `shell: bash`.
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, timeout=60, check=False)
        if done.returncode:
            raise RuntimeError(done.stdout)

        def pairs(name):
            return dict(line.split("=", 1) for line in files[name].read_text().splitlines())

        self.variables.update(pairs("GITHUB_ENV"))
        self.path = ":".join([*files["GITHUB_PATH"].read_text().splitlines(), self.path])
        if "id" in step:
            self.steps[step["id"]] = pairs("GITHUB_OUTPUT")


@pytest.fixture
def job(tmp_path):
    job = Job(tmp_path)
    yield job
    pid = tmp_path / "oauth-mimic.pid"
    if pid.exists():
        try:
            os.kill(int(pid.read_text()), signal.SIGTERM)
        except ProcessLookupError:
            pass


def order(archive, **more):
    return {
        "version": oauth_mimic.__version__,
        "sha256": hashlib.sha256(archive.read_bytes()).hexdigest(),
        "archive": archive.as_uri(),
        **more,
    }


def test_it_starts_a_server(job, archive):
    outputs = job.use(**order(archive, args="--profile standard --clock 2026-01-01T00:00:00Z"))
    assert outputs["url"] == job.variables["OAUTH_MIMIC_URL"]
    with urllib.request.urlopen(outputs["url"] + "/_mimic/health") as answer:
        assert answer.status == 200
    # The binary is on the PATH of the steps that follow, and the server is the one of the options.
    printed = subprocess.run(["oauth-mimic", "--version"], env={"PATH": job.path}, capture_output=True, text=True, check=True)
    assert printed.stdout.strip() == f"oauth-mimic {oauth_mimic.__version__}"
    provider = oauth_mimic.TokenServer.start(url=outputs["url"]).default_provider()
    assert provider.now().year == 2026


def test_another_archive_is_refused(job, archive):
    with pytest.raises(RuntimeError, match=r"::error::oauth-mimic: the SHA-256 of .* is [0-9a-f]{64}, and not 0000"):
        job.use(**order(archive, sha256="0000"))


def test_another_version_is_refused(job, archive):
    with pytest.raises(RuntimeError, match=r"and not version 9\.9\.9"):
        job.use(**order(archive, version="9.9.9"))


def test_an_archive_that_is_not_there(job, archive):
    with pytest.raises(RuntimeError, match="cannot be downloaded"):
        job.use(**{**order(archive), "archive": archive.as_uri() + ".gone"})


def test_a_server_that_does_not_start(job, archive):
    with pytest.raises(RuntimeError, match="::error::oauth-mimic did not start"):
        job.use(**order(archive, args="--profile nothing"))
