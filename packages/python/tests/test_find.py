"""Where a server comes from: the address, the binary of the environment, the one of the package, the PATH."""

import os
import pathlib
import shutil
import sys

import pytest

import oauth_mimic

FIND = "import oauth_mimic; print(oauth_mimic.find_binary())"
# As a user installs it, without the binary that tests may be given.
PACKAGE = pathlib.Path(oauth_mimic.__file__).parent


@pytest.fixture
def places(tmp_path, monkeypatch):
    """A package installed by `--target`, and an empty PATH. The Python of the tests may have the binary itself."""
    site = tmp_path / "site"
    shutil.copytree(PACKAGE, site / "oauth_mimic")
    (tmp_path / "path").mkdir()
    for name in ("OAUTH_MIMIC_URL", "OAUTH_MIMIC_BINARY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTHONPATH", str(site))
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    return tmp_path


def executable(path):
    path.parent.mkdir(exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def bare(tmp_path):
    """A Python whose scripts have no binary."""
    import venv

    venv.create(tmp_path / "bare", with_pip=False)
    return str(tmp_path / "bare" / "bin" / "python")


def find(bare, expected=0):
    import subprocess

    done = subprocess.run([bare, "-c", FIND], capture_output=True, text=True, check=False)
    assert done.returncode == expected, done.stderr
    return (done.stdout or done.stderr).strip()


def test_each_place_comes_before_the_next(places, bare, monkeypatch):
    on_path = executable(places / "path" / "oauth-mimic")
    assert find(bare) == on_path
    carried = executable(places / "site" / "bin" / "oauth-mimic")
    assert find(bare) == carried
    scripts = executable(places / "bare" / "bin" / "oauth-mimic")
    assert find(bare) == scripts
    named = executable(places / "named")
    monkeypatch.setenv("OAUTH_MIMIC_BINARY", named)
    assert find(bare) == named


def test_the_error_lists_the_places_in_order(places, bare):
    error = find(bare, expected=1)
    found = [
        error.index(place)
        for place in (
            "1. OAUTH_MIMIC_URL",
            "2. OAUTH_MIMIC_BINARY",
            "3. the binary of this package",
            str(places / "bare" / "bin" / "oauth-mimic"),
            str(places / "site" / "bin" / "oauth-mimic"),
            "4. oauth-mimic on the PATH",
            str(places / "path"),
        )
    ]
    assert found == sorted(found)


def test_a_named_binary_that_does_not_exist_is_an_error(monkeypatch):
    monkeypatch.setenv("OAUTH_MIMIC_BINARY", "/nowhere/oauth-mimic")
    with pytest.raises(oauth_mimic.StartError, match="OAUTH_MIMIC_BINARY is /nowhere/oauth-mimic"):
        oauth_mimic.find_binary()


def test_the_address_comes_before_the_binary(monkeypatch, oauth_mimic_server):
    monkeypatch.setenv("OAUTH_MIMIC_BINARY", "/nowhere/oauth-mimic")
    monkeypatch.setenv("OAUTH_MIMIC_URL", oauth_mimic_server.url + "/")
    with oauth_mimic.TokenServer.start() as server:
        assert server.url == oauth_mimic_server.url
    # It was not started here, so it was not stopped.
    oauth_mimic_server.sandbox().close()


@pytest.mark.skipif("OAUTH_MIMIC_BINARY" in os.environ, reason="the binary under test is not that of the package")
def test_the_package_carries_its_binary():
    assert oauth_mimic.find_binary() == os.path.join(os.path.dirname(sys.executable), "oauth-mimic")


def test_the_module_runs_the_binary(python):
    import subprocess

    done = subprocess.run([sys.executable, "-m", "oauth_mimic", "--version"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, f"oauth-mimic {oauth_mimic.__version__}")
    done = subprocess.run([sys.executable, "-m", "oauth_mimic", "--nothing"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "--nothing" in done.stderr
