"""The plugin of pytest, in a pytest of its own."""

import sys

import pytest

from oauth_mimic import TokenServer

REFRESH = """
import urllib.error, urllib.parse, urllib.request

def refresh(provider):
    form = dict(grant_type="refresh_token", refresh_token="REFRESH_TOKEN",
                client_id="client-default", client_secret="client-default-secret")
    try:
        with urllib.request.urlopen(provider.token_url, urllib.parse.urlencode(form).encode()) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code
"""


@pytest.fixture
def suite(pytester):
    pytester.makepyfile(client=REFRESH)
    return pytester


def outcome(suite, *args, **outcomes):
    result = suite.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:randomly", *args)
    result.assert_outcomes(**outcomes)
    return result


TWO = """
    from client import refresh

    def test_one(oauth_mimic):
        oauth_mimic.fail_next()
        assert refresh(oauth_mimic) == 503
        assert oauth_mimic.label == "test_it.py::test_one"

    def test_two(oauth_mimic, oauth_mimic_server):
        assert refresh(oauth_mimic) == 200
        oauth_mimic.verify({"endpoint": "token"}, exactly=1)
        assert oauth_mimic.server is oauth_mimic_server
    """


def test_each_test_has_a_provider(suite):
    suite.makepyfile(test_it=TWO)
    outcome(suite, passed=2)


def test_with_xdist(suite):
    pytest.importorskip("xdist")
    suite.makepyfile(test_it=TWO)
    outcome(suite, "-n", "2", passed=2)


def test_a_failed_test_shows_the_journal(suite):
    suite.makepyfile(
        test_it="""
        import pytest
        from client import refresh

        def test_fails(oauth_mimic):
            oauth_mimic.fail_next()
            refresh(oauth_mimic)
            refresh(oauth_mimic)
            oauth_mimic.verify({"status": 503}, exactly=2)

        def test_passes(oauth_mimic):
            refresh(oauth_mimic)

        @pytest.fixture
        def broken(oauth_mimic):
            refresh(oauth_mimic)
            assert False

        def test_has_a_broken_fixture(broken):
            pass
        """
    )
    lines = outcome(suite, passed=1, failed=1, errors=1).outlines
    sections = [line for line in lines if "oauth-mimic journal of http://127.0.0.1:" in line]
    assert len(sections) == 2, "one for each test that failed"
    text = "\n".join(lines)
    assert "E       AssertionError: expected exactly 2 requests with status 503, and 1 came" in text
    # The error points at the line of the test, not into the package.
    assert "test_it.py:8: AssertionError" in text
    assert "POST token client client-default grant refresh_token: 503 faulted, fault status" in text
    assert "POST token client client-default grant refresh_token: 200 issued" in text
    assert "console: http://127.0.0.1:" in text


def test_the_journal_travels_from_xdist_workers(suite):
    pytest.importorskip("xdist")
    suite.makepyfile(test_it="def test_fails(oauth_mimic):\n    assert False\n")
    outcome(suite, "-n", "2", failed=1).stdout.fnmatch_lines(
        ["*oauth-mimic journal of *", "no request arrived", "console: *"]
    )


def test_the_marker(suite):
    suite.makepyfile(
        test_it="""
        import pytest

        pytestmark = pytest.mark.oauth_mimic(clock="2026-01-01T00:00:00Z", label="far")

        @pytest.mark.oauth_mimic(seed=2, label="near")
        def test_the_nearest_wins(oauth_mimic):
            assert oauth_mimic.now().year == 2026
            assert oauth_mimic.label == "near"

        @pytest.mark.oauth_mimic(fixtures={"clients": [{"client_id": "only"}], "users": [{"sub": "u"}]})
        def test_fixtures(oauth_mimic):
            assert [client["client_id"] for client in oauth_mimic.clients()] == ["only"]

        @pytest.mark.oauth_mimic(colour="red")
        def test_an_unknown_option(oauth_mimic):
            pass
        """
    )
    result = outcome(suite, "--strict-markers", passed=2, errors=1)
    result.stdout.fnmatch_lines(["*the marker oauth_mimic has no option colour; the options are label, clock, *"])
    result = suite.runpytest_subprocess("--markers")
    result.stdout.fnmatch_lines(["@pytest.mark.oauth_mimic(label=*"])


def test_options_of_the_server(suite):
    suite.makeini("[pytest]\noauth_mimic_args = --profile standard --clock 2026-01-01T00:00:00Z\n")
    suite.makepyfile(
        test_it="""
        def test_args(oauth_mimic, oauth_mimic_args):
            assert oauth_mimic_args[:2] == ["--profile", "standard"]
            assert oauth_mimic.now().year == 2026
        """
    )
    outcome(suite, passed=1)
    suite.makeconftest(
        """
        import pytest

        @pytest.fixture(scope="session")
        def oauth_mimic_args(oauth_mimic_args):
            return [*oauth_mimic_args[:2], "--clock", "2027-01-01T00:00:00Z"]
        """
    )
    suite.makepyfile(test_it="def test_args(oauth_mimic):\n    assert oauth_mimic.now().year == 2027\n")
    outcome(suite, passed=1)


def test_a_server_that_runs_already(suite, monkeypatch):
    monkeypatch.setenv("OAUTH_MIMIC_KEEP", "1")
    suite.makepyfile(test_it="def test_one(oauth_mimic):\n    pass\n")
    with TokenServer.start() as server:
        outcome(suite, "--oauth-mimic-url", server.url, passed=1)
        import json
        import urllib.request

        with urllib.request.urlopen(server.url + "/_mimic/sandboxes") as answer:
            (kept,) = json.load(answer)["sandboxes"]
        assert kept["label"] == "test_it.py::test_one"


def test_an_error_names_the_places(suite, monkeypatch):
    monkeypatch.setenv("OAUTH_MIMIC_BINARY", "/nowhere")
    suite.makepyfile(test_it="def test_one(oauth_mimic):\n    pass\n")
    outcome(suite, errors=1).stdout.fnmatch_lines(["*StartError: OAUTH_MIMIC_BINARY is /nowhere*"])


def test_with_pytest_asyncio(suite):
    pytest.importorskip("pytest_asyncio")
    suite.makepyfile(
        test_it="""
        import asyncio
        import pytest
        from client import refresh

        @pytest.mark.asyncio
        async def test_async(oauth_mimic):
            client = asyncio.get_running_loop().run_in_executor(None, refresh, oauth_mimic)
            (request,) = await oauth_mimic.aio.wait_for({"endpoint": "token"})
            assert await client == 200
            assert oauth_mimic.requests() == await oauth_mimic.aio.requests()
            assert oauth_mimic.aio.issuer == oauth_mimic.issuer
        """
    )
    outcome(suite, "-W", "ignore::pytest.PytestDeprecationWarning", passed=1)


def test_it_costs_nothing_where_it_is_not_used(python):
    late = [
        "http.client",
        "urllib.request",
        "subprocess",
        "asyncio",
        "ssl",
        "json",
        "concurrent.futures",
        "oauth_mimic.types",
    ]
    program = f"""
import sys
before = set(sys.modules)
import pytest
with_pytest = set(sys.modules)
import oauth_mimic.pytest_plugin
print(sorted(set({late!r}) & (set(sys.modules) - with_pytest)))
"""
    assert python(program) == "[]"


def test_the_fixtures_are_documented(suite):
    result = suite.runpytest_subprocess("--fixtures", "-p", "no:cacheprovider")
    for name in ("oauth_mimic", "oauth_mimic_server", "oauth_mimic_args"):
        result.stdout.re_match_lines([rf"{name}( \[session scope\])? -- .*"])
    assert "no docstring available" not in "\n".join(line for line in result.outlines if "mimic" in line)


@pytest.mark.skipif(sys.version_info < (3, 10), reason="mypy needs a later Python")
def test_types(tmp_path):
    pytest.importorskip("mypy")
    import pathlib
    import subprocess

    here = pathlib.Path(__file__).parent
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path)]
    done = subprocess.run([*command, str(here / "typed.py")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    done = subprocess.run([*command, str(here / "untyped.py")], capture_output=True, text=True, check=False)
    found = [line.split(":")[1] for line in done.stdout.splitlines() if ": error:" in line]
    errors = list(dict.fromkeys(found))
    expected = [
        str(number)
        for number, line in enumerate((here / "untyped.py").read_text().splitlines(), 1)
        if line.endswith("# wrong")
    ]
    assert errors == expected, done.stdout
