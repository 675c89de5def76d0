"""What the synchronous and the asynchronous classes have in common."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Dict, Mapping, Optional, Tuple
from urllib.parse import quote, urlencode

from ._errors import StartError
from ._version import __version__

if TYPE_CHECKING:
    from datetime import datetime

    from ._async import AsyncProvider


def path(*segments: str) -> str:
    """Return a path of which each segment is escaped."""
    return "".join("/" + quote(segment, safe="") for segment in segments)


def without_none(**members: Any) -> Dict[str, Any]:
    """Return the members that are not None."""
    return {name: value for name, value in members.items() if value is not None}


def with_query(address: str, members: Mapping[str, Any]) -> str:
    """Return the address with a query."""
    return f"{address}?{urlencode(members)}" if members else address


def instant(at: Any) -> str:
    """Return an instant in RFC 3339, or the text itself."""
    if isinstance(at, str):
        return at
    if at.tzinfo is None:
        raise ValueError(f"{at!r} has no time zone")
    return str(at.isoformat())


def time_of(state: Mapping[str, Any]) -> datetime:
    """Return the time of a clock."""
    from datetime import datetime, timezone

    return datetime.fromtimestamp(state["unix"], timezone.utc)


def seconds_of(duration: Any) -> float:
    """Return a duration in seconds."""
    return float(duration.total_seconds()) if hasattr(duration, "total_seconds") else duration


def named(value: Any) -> Any:
    """Return the object of a fault or defect that may be given by its kind alone."""
    return {"kind": value} if isinstance(value, str) else value


def environment_url() -> Optional[str]:
    """Return the address of a server that runs already, if the environment has one."""
    return os.environ.get("OAUTH_MIMIC_URL") or None


def refuse_other_server(url: str, why: OSError) -> StartError:
    """Return the error of a server that cannot be reached."""
    return StartError(f"no server answers at {url}: {why}")


def warn_of_version(server: str) -> None:
    """Warn if the server's major or minor version is not that of this package."""

    def series(version: str) -> Tuple[str, ...]:
        return tuple(version.split(".")[:2])

    if series(server) != series(__version__):
        import warnings

        text = f"the server is oauth-mimic {server}, and the package oauth-mimic {__version__}"
        warnings.warn(text, UserWarning, stacklevel=3)


class Views:
    """A provider, seen from both APIs."""

    server: Any
    _state: Any

    @property
    def aio(self) -> AsyncProvider:
        """The same provider with methods that are coroutines, for tests that run in an event loop."""
        from ._async import AsyncProvider, AsyncTokenServer

        server = AsyncTokenServer(self.server.url, self.server._overview)
        return AsyncProvider(server, self._state)
