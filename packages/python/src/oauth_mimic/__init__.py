"""A mock OAuth 2.0 and OpenID Connect provider for tests.

`TokenServer.start()` starts a server, and `server.sandbox()` makes a `Provider`: an issuer with its own clients, users,
keys, clock, faults and journal. pytest gets a provider for each test from the fixture `oauth_mimic`. `AsyncTokenServer`
and `AsyncProvider` have the same methods as coroutines.
"""

from ._async import AsyncProvider, AsyncTokenServer
from ._errors import MimicError, StartError
from ._find import find_binary
from ._response import AuthorizationResponse
from ._sync import Provider, TokenServer
from ._version import __version__

__all__ = [
    "AsyncProvider",
    "AsyncTokenServer",
    "AuthorizationResponse",
    "MimicError",
    "Provider",
    "StartError",
    "TokenServer",
    "__version__",
    "find_binary",
]
