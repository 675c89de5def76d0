"""The plugin of pytest: a provider for each test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, Generator, Iterator, List

import pytest

if TYPE_CHECKING:
    from . import Provider, TokenServer

_OPTIONS = ("label", "clock", "seed", "fixtures", "leniency", "ttl")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option and the setting."""
    group = parser.getgroup("oauth-mimic", "a mock OAuth 2.0 and OpenID Connect provider")
    group.addoption(
        "--oauth-mimic-url",
        metavar="URL",
        help="Use the oauth-mimic server that runs there, and start none. Default: OAUTH_MIMIC_URL.",
    )
    parser.addini(
        "oauth_mimic_args",
        "Options of the command line of the oauth-mimic server, such as --profile standard.",
        type="args",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    options = ", ".join(f"{name}=…" for name in _OPTIONS)
    config.addinivalue_line(
        "markers",
        f"oauth_mimic({options}): how the provider of the fixture `oauth_mimic` is made.",
    )


@pytest.fixture(scope="session")
def oauth_mimic_args(request: pytest.FixtureRequest) -> List[str]:
    """The options of the server's command line. Override it, or set `oauth_mimic_args` in the configuration."""
    return list(request.config.getini("oauth_mimic_args"))


@pytest.fixture(scope="session")
def oauth_mimic_server(request: pytest.FixtureRequest, oauth_mimic_args: List[str]) -> Iterator[TokenServer]:
    """The `TokenServer` of the session: started once for each worker, or the one at `--oauth-mimic-url`."""
    from . import TokenServer

    url = request.config.getoption("--oauth-mimic-url")
    with TokenServer.start(oauth_mimic_args, url=url) as server:
        yield server


@pytest.fixture
def oauth_mimic(request: pytest.FixtureRequest, oauth_mimic_server: TokenServer) -> Iterator[Provider]:
    """A `Provider` for this test alone, whose label is the test's id. Its options are those of the marker `oauth_mimic`."""
    options = _marked(request.node)
    options.setdefault("label", request.node.nodeid[-128:])
    with oauth_mimic_server.sandbox(**options) as provider:
        request.node.stash[_PROVIDER] = provider
        yield provider


_PROVIDER: pytest.StashKey[Provider] = pytest.StashKey()


def _marked(node: pytest.Item) -> Dict[str, Any]:
    """Return the options of all markers; the one that is nearest to the test wins."""
    options: Dict[str, Any] = {}
    for marker in reversed(list(node.iter_markers("oauth_mimic"))):
        unknown = [name for name in marker.kwargs if name not in _OPTIONS]
        if marker.args or unknown:
            wrong = unknown[0] if unknown else repr(marker.args[0])
            raise pytest.UsageError(f"the marker oauth_mimic has no option {wrong}; the options are {', '.join(_OPTIONS)}")
        options.update(marker.kwargs)
    return options


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, None]:
    """Add the journal to the report of a test that failed."""
    outcome = yield
    report: pytest.TestReport = outcome.get_result()
    provider = item.stash.get(_PROVIDER, None)
    if provider is None or not report.failed or report.when == "teardown":
        return
    from ._errors import MimicError
    from ._journal import journal_text

    try:
        text = journal_text(provider)
    except (MimicError, OSError) as error:
        text = f"it cannot be read: {error}"
    report.sections.append((f"oauth-mimic journal of {provider.issuer}", text))
