"""Sends requests. A request is blocking; the asynchronous API sends it in a thread."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Callable, Dict, Mapping, NamedTuple, Optional, TypeVar
from urllib.parse import urlsplit

from ._errors import MimicError

if TYPE_CHECKING:
    import http.client
    from concurrent.futures import ThreadPoolExecutor

_TIMEOUT = 30.0
_Result = TypeVar("_Result")


class Reply(NamedTuple):
    """The answer to a request."""

    status: int
    headers: Mapping[str, str]
    """The headers, with names in lower case."""
    body: bytes


class Request:
    """One request over a connection of its own. Redirects are not followed, and no proxy is used."""

    def __init__(
        self,
        method: str,
        url: str,
        body: Optional[bytes] = None,
        headers: Optional[Mapping[str, str]] = None,
        timeout: float = _TIMEOUT,
    ) -> None:
        """Describe the request; nothing is sent yet."""
        self._method = method
        self._url = url
        self._body = body
        self._headers = dict(headers or {})
        self._timeout = timeout
        self._connection: Optional[http.client.HTTPConnection] = None
        self._aborted = False

    def send(self) -> Reply:
        """Send the request, and return the answer.

        Raises:
            OSError: The server cannot be reached, or the time is over.

        """
        import http.client

        parts = urlsplit(self._url)
        secure = parts.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=self._timeout)
        self._connection = connection
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        try:
            connection.connect()
            if self._aborted:
                raise ConnectionAbortedError("the request was cancelled")
            connection.request(self._method, target, self._body, self._headers)
            response = connection.getresponse()
            headers = {name.lower(): value for name, value in response.getheaders()}
            return Reply(response.status, headers, response.read())
        except http.client.HTTPException as error:
            raise ConnectionError(f"{self._method} {self._url}: {error!r}") from error
        finally:
            connection.close()

    def abort(self) -> None:
        """End the request from another thread: `send` raises an error there."""
        import socket

        self._aborted = True
        open_socket = getattr(self._connection, "sock", None)
        if open_socket is not None:
            try:
                open_socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # It is closed already.


def control_request(method: str, url: str, body: Optional[object], timeout: float = _TIMEOUT) -> Request:
    """Return a request to the control plane."""
    import json

    headers: Dict[str, str] = {}
    token = os.environ.get("OAUTH_MIMIC_CONTROL_TOKEN")
    if token:
        headers["Authorization"] = f"Bearer {token}"
    data = None
    if body is not None:
        headers["Content-Type"] = "application/json"
        data = json.dumps(body).encode()
    return Request(method, url, data, headers, timeout)


def control_answer(reply: Reply) -> Any:
    """Return the JSON of an answer of the control plane, and None if it has no body.

    Raises:
        MimicError: The control plane refused the request.

    """
    import json

    value: Any = None
    if reply.body:
        try:
            value = json.loads(reply.body)
        except ValueError:
            value = {"detail": "the answer is not from a control plane of oauth-mimic"}
            raise MimicError.from_problem(reply.status, value) from None
    if reply.status >= 400:
        raise MimicError.from_problem(reply.status, value if isinstance(value, dict) else {})
    return value


_threads: Optional[ThreadPoolExecutor] = None


def _executor() -> ThreadPoolExecutor:
    """Return threads of this package alone: waiting for requests must not use up those of the user's event loop."""
    from concurrent.futures import ThreadPoolExecutor

    global _threads
    if _threads is None:
        _threads = ThreadPoolExecutor(max_workers=256, thread_name_prefix="oauth-mimic")
    return _threads


def sync_send(request: Request) -> Reply:
    """Send the request."""
    return request.send()


async def async_send(request: Request) -> Reply:
    """Send the request in a thread. If the task is cancelled, the request ends."""
    import asyncio

    try:
        return await asyncio.get_running_loop().run_in_executor(_executor(), request.send)
    except asyncio.CancelledError:
        request.abort()
        raise


def sync_run(function: Callable[[], _Result]) -> _Result:
    """Call the function."""
    return function()


async def async_run(function: Callable[[], _Result]) -> _Result:
    """Call the function in a thread."""
    import asyncio

    return await asyncio.get_running_loop().run_in_executor(_executor(), function)
