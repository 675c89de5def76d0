"""A server, and its providers.

The files in `_sync` are generated from those in `_async`: see packages/python/generate.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, List, Mapping, Optional, Sequence, Type, Union, cast, overload

from .._base import (
    Views,
    environment_url,
    instant,
    named,
    path,
    refuse_other_server,
    seconds_of,
    time_of,
    warn_of_version,
    with_query,
    without_none,
)
from .._errors import MimicError
from .._http import Request, async_run, async_send, control_answer, control_request
from .._response import AuthorizationResponse

if TYPE_CHECKING:
    from datetime import datetime, timedelta
    from types import TracebackType
    from typing import Literal

    from typing_extensions import Unpack

    from .._launch import Process
    from ..types import (
        ActiveRule,
        Client,
        ClientMembers,
        Defect,
        DefectKind,
        Endpoint,
        Exchange,
        Fault,
        FaultKind,
        Filter,
        Fixtures,
        Key,
        Leniency,
        Login,
        MintOptions,
        NamedRefreshToken,
        Overview,
        Played,
        RefreshTokenMembers,
        Rule,
        SandboxState,
        Scenario,
        TokenResponse,
        User,
        UserMembers,
        When,
    )


class AsyncTokenServer:
    """A server: a process that this object started, or the server at `OAUTH_MIMIC_URL`."""

    url: str
    """The address."""
    version: str
    """The version of the server."""

    def __init__(self, url: str, overview: Overview, process: Optional[Process] = None) -> None:
        """Use `start`, which calls this."""
        self.url = url
        self.version = overview["version"]
        self._overview = overview
        self._process = process

    @classmethod
    async def start(cls, args: Sequence[str] = (), *, url: Optional[str] = None, timeout: float = 10.0) -> AsyncTokenServer:
        """Start a server, or use the one that runs at `OAUTH_MIMIC_URL`.

        Args:
            args: Options of the command line. They have no effect on a server that runs already.
            url: The address of a server that runs already. Default: `OAUTH_MIMIC_URL`.
            timeout: The seconds that the start may take.

        Raises:
            StartError: There is no binary, it does not start, or no server answers.
            MimicError: The server refuses access to its control plane.

        """
        address = (url or environment_url() or "").rstrip("/")
        process: Optional[Process] = None
        if not address:

            def launch() -> Process:
                from .._launch import Process

                return Process(args, timeout)

            process = await async_run(launch)
            address = process.url
        try:
            answer = await async_send(control_request("GET", address + "/_mimic", None, timeout))
            overview: Overview = control_answer(answer)
        except BaseException as why:
            if process is not None:
                process.stop()
            if isinstance(why, OSError):
                raise refuse_other_server(address, why) from why
            raise
        warn_of_version(overview["version"])
        return cls(address, overview, process)

    async def sandbox(
        self,
        *,
        label: Optional[str] = None,
        clock: Union[str, datetime, None] = None,
        seed: Optional[int] = None,
        fixtures: Optional[Fixtures] = None,
        leniency: Optional[Leniency] = None,
        id: Optional[str] = None,
        ttl: Optional[int] = None,
    ) -> AsyncProvider:
        """Make a provider of its own for one test.

        Args:
            label: A name for people, cut to 128 characters. Default: none.
            clock: The instant at which the clock is frozen, or `real`. Default: as the clock of the server.
            seed: The seed of random values. Default: that of the server.
            fixtures: Clients, users and tokens. Default: those of the server.
            leniency: Names of refusals that are tolerated, or `anything`. Default: as the server.
            id: The id in the URLs. Default: drawn by the server.
            ttl: Seconds without a request, after which the sandbox is removed. Default: it stays until `close`.

        Raises:
            MimicError: The server refuses one of the values.

        """
        order = without_none(
            label=None if label is None else label[:128],
            clock=None if clock is None else instant(clock),
            seed=seed,
            fixtures=fixtures,
            leniency=leniency,
            id=id,
            ttl=ttl,
        )
        request = control_request("POST", self.url + "/_mimic/sandboxes", order)
        state: SandboxState = control_answer(await async_send(request))
        return AsyncProvider(self, state)

    def default_provider(self) -> AsyncProvider:
        """Return the provider at the address of the server itself, which is not a sandbox.

        It is for programs whose issuer cannot change from test to test. Its `close` does nothing.
        """
        return AsyncProvider(self, self._overview)

    async def stop(self) -> None:
        """End the server if this object started it. A second call does nothing."""
        if self._process is not None:
            await async_run(self._process.stop)

    async def __aenter__(self) -> AsyncTokenServer:
        return self

    async def __aexit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        """End the server."""
        await self.stop()


class AsyncProvider(Views):
    """A sandbox of a server: an issuer with its own clients, users, keys, clock, faults and journal.

    A method whose request is refused raises `MimicError`.
    """

    server: AsyncTokenServer
    """The server."""
    id: Optional[str]
    """The id in the URLs; None for the provider of the server itself."""
    label: Optional[str]
    """The name for people."""
    base_url: str
    """The address, without the prefix of the profile."""
    issuer: str
    """The issuer identifier, the `iss` of its tokens."""
    token_url: str
    """The token endpoint."""
    authorization_url: str
    """The authorization endpoint."""
    jwks_url: str
    """The JWK Set."""
    metadata_url: str
    """The metadata of OpenID Connect Discovery."""
    userinfo_url: str
    """The userinfo endpoint."""
    introspection_url: str
    """The introspection endpoint."""
    revocation_url: str
    """The revocation endpoint."""
    end_session_url: Optional[str]
    """The end session endpoint; None if the profile has none."""
    control_url: str
    """The control plane."""
    console_url: str
    """The page that shows to a person what the provider does."""

    def __init__(self, server: AsyncTokenServer, state: Union[SandboxState, Overview]) -> None:
        """Use `AsyncTokenServer.sandbox`, which calls this."""
        members = cast("Mapping[str, Any]", state)
        endpoints = state["endpoints"]
        self.server = server
        self._state = state
        self.id = members.get("id")
        self.label = members.get("label")
        self.base_url = state["base_url"]
        self.issuer = state["issuer"]
        self.token_url = endpoints["token"]
        self.authorization_url = endpoints["authorization"]
        self.jwks_url = endpoints["jwks"]
        self.metadata_url = endpoints["metadata"]
        self.userinfo_url = endpoints["userinfo"]
        self.introspection_url = endpoints["introspection"]
        self.revocation_url = endpoints["revocation"]
        self.end_session_url = endpoints.get("end_session")
        self.control_url = cast("str", endpoints["control"])
        self.console_url = self.control_url + "/"
        # The address by which this process reaches the server can differ from the one that the server publishes.
        self._control = server.url + (path("s", self.id) if self.id else "") + "/_mimic"

    async def _call(self, method: str, address: str, body: Optional[object] = None, timeout: float = 30.0) -> Any:
        request = control_request(method, self._control + address, body, timeout)
        return control_answer(await async_send(request))

    # Clients, users and named refresh tokens

    async def clients(self) -> List[Client]:
        """Return the clients."""
        return cast("List[Client]", (await self._call("GET", "/clients"))["clients"])

    async def put_client(self, client_id: str, **members: Unpack[ClientMembers]) -> Client:
        """Add a client, or replace the one of that id."""
        body = {"client_id": client_id, **members}
        return cast("Client", await self._call("PUT", path("clients", client_id), body))

    async def remove_client(self, client_id: str) -> None:
        """Remove a client."""
        await self._call("DELETE", path("clients", client_id))

    async def users(self) -> List[User]:
        """Return the users."""
        return cast("List[User]", (await self._call("GET", "/users"))["users"])

    async def put_user(self, sub: str, **members: Unpack[UserMembers]) -> User:
        """Add a user, or replace the one with that `sub`."""
        return cast("User", await self._call("PUT", path("users", sub), {"sub": sub, **members}))

    async def remove_user(self, sub: str) -> None:
        """Remove a user."""
        await self._call("DELETE", path("users", sub))

    async def put_refresh_token(
        self, token: str, *, client_id: str, sub: str, **members: Unpack[RefreshTokenMembers]
    ) -> NamedRefreshToken:
        """Add a refresh token with a name, which a test can contain as a constant, or replace it."""
        body = {"token": token, "client_id": client_id, "sub": sub, **members}
        address = path("clients", client_id, "refresh-tokens", token)
        return cast("NamedRefreshToken", await self._call("PUT", address, body))

    # The clock

    async def now(self) -> datetime:
        """Return the time of the clock."""
        return time_of(await self._call("GET", "/clock"))

    async def advance(self, seconds: Union[int, timedelta]) -> datetime:
        """Move the clock forward, or back by a negative number, and return its time."""
        body = {"seconds": seconds_of(seconds)}
        return time_of(await self._call("POST", "/clock/advance", body))

    async def freeze(self, at: Union[str, datetime, None] = None) -> datetime:
        """Stop the clock at an instant, and return it. Default: at the present time of the clock."""
        if at is None:
            at = await self.now()
        return time_of(await self._call("PUT", "/clock", {"now": instant(at)}))

    async def release(self) -> None:
        """Return the clock to real time."""
        await self._call("DELETE", "/clock")

    # Faults

    async def fail_next(
        self,
        count: int = 1,
        *,
        status: Optional[int] = None,
        headers: Optional[Mapping[str, str]] = None,
        body: Optional[str] = None,
        fault: Union[Fault, FaultKind, None] = None,
        on: Endpoint = "token",
        when: Optional[When] = None,
    ) -> ActiveRule:
        """Let the next requests fail.

        Args:
            count: How many.
            status: The HTTP status of their answers, with `headers` and `body`. Default: 503.
            headers: The headers of their answers. Default: none.
            body: The body of their answers. Default: empty.
            fault: Another fault, or its kind.
            on: The endpoint.
            when: Conditions that the requests must meet. Default: none.

        """
        answer = without_none(status=status, headers=headers, body=body)
        if fault is None:
            fault = cast("Fault", {"kind": "status", "status": 503, **answer})
        elif answer:
            raise TypeError(f"`fault` and `{next(iter(answer))}` exclude each other")
        rule = without_none(on=on, times=count, fault=named(fault), when=when)
        return await self.add_fault(cast("Rule", rule))

    async def add_fault(self, rule: Rule) -> ActiveRule:
        """Add a fault rule, and return it with its id."""
        return cast("ActiveRule", await self._call("POST", "/faults", rule))

    async def faults(self) -> List[ActiveRule]:
        """Return the fault rules, and what is left of each."""
        return cast("List[ActiveRule]", (await self._call("GET", "/faults"))["faults"])

    async def remove_fault(self, id: int) -> None:
        """Remove the fault rule with that id."""
        await self._call("DELETE", path("faults", str(id)))

    async def clear_faults(self) -> None:
        """Remove all fault rules."""
        await self._call("DELETE", "/faults")

    async def play(self, scenario: Union[str, Scenario]) -> Played:
        """Play a built-in scenario by its name, or one of your own, and return what it added."""
        if isinstance(scenario, str):
            return cast("Played", await self._call("POST", path("scenarios", scenario)))
        return cast("Played", await self._call("POST", "/scenarios", scenario))

    # Tokens and keys

    @overload
    async def mint(
        self,
        kind: Literal["response"] = "response",
        *,
        defect: Union[Defect, DefectKind, None] = None,
        **options: Unpack[MintOptions],
    ) -> TokenResponse: ...

    @overload
    async def mint(
        self,
        kind: Literal["access_token", "refresh_token", "id_token"],
        *,
        defect: Union[Defect, DefectKind, None] = None,
        **options: Unpack[MintOptions],
    ) -> str: ...

    async def mint(
        self,
        kind: Literal["response", "access_token", "refresh_token", "id_token"] = "response",
        *,
        defect: Union[Defect, DefectKind, None] = None,
        **options: Unpack[MintOptions],
    ) -> Union[TokenResponse, str]:
        """Return a token, or a whole token response, without a request to the token endpoint.

        Args:
            kind: Which token. Default: a whole response.
            defect: What is wrong with the token, or the kind of it. Default: nothing.
            options: The client, the user, the scope, lifetimes and claims. Default: the first client and user.

        """
        order = without_none(kind=kind, defect=named(defect), **options)
        answer = await self._call("POST", "/tokens", order)
        if kind == "response":
            return cast("TokenResponse", answer)
        return str(answer["token"])

    async def rotate_keys(self, *, retire_after: Optional[int] = None) -> List[Key]:
        """Sign with a new key, and return the keys, the new one first.

        Args:
            retire_after: The seconds for which the previous key stays published. Default: without a limit.

        """
        body = without_none(retire_after=retire_after)
        return cast("List[Key]", (await self._call("POST", "/keys/rotate", body))["keys"])

    # Logins

    async def next_login(self, **login: Unpack[Login]) -> None:
        """Script the next login, which then shows no page. Without arguments, the first user logs in."""
        await self._call("POST", "/logins", login)

    async def authorize(self, url: str) -> AuthorizationResponse:
        """Send an authorization request as a browser does, and return the response.

        If no login is scripted, the first user logs in.

        Raises:
            AssertionError: The server answers with a page.

        """
        __tracebackhide__ = True
        is_added = not (await self._call("GET", "/logins"))["logins"]
        if is_added:
            await self.next_login()
        # A scripted login may be late by a minute.
        reply = await async_send(Request("GET", url, timeout=90.0))
        if is_added and (await self._call("GET", "/logins"))["logins"]:
            # A request that is refused uses no login up.
            await self._call("DELETE", "/logins")
        location = reply.headers.get("location")
        if location is None:
            raise AssertionError(
                f"the provider answers {url} with a page of status {reply.status}; the journal has the reason"
            )
        return AuthorizationResponse(location)

    # The journal

    async def requests(self, filter: Optional[Filter] = None) -> List[Exchange]:
        """Return the requests of the journal that match, oldest first."""
        address = with_query("/requests", cast("Mapping[str, Any]", filter or {}))
        return cast("List[Exchange]", (await self._call("GET", address))["requests"])

    async def clear_requests(self) -> None:
        """Empty the journal."""
        await self._call("DELETE", "/requests")

    async def verify(
        self,
        filter: Optional[Filter] = None,
        *,
        exactly: Optional[int] = None,
        at_least: Optional[int] = None,
        at_most: Optional[int] = None,
        in_order: Optional[Sequence[Filter]] = None,
        no_advice: Optional[bool] = None,
    ) -> None:
        """Compare the journal with an expectation.

        Args:
            filter: The requests that count. Default: all.
            exactly: How many match.
            at_least: How many match, at least.
            at_most: How many match, at most.
            in_order: Filters that match requests in this order of arrival.
            no_advice: Whether none of the requests may have got advice. Default: false.

        Raises:
            AssertionError: The journal differs. The text shows what arrived, the nearest first.

        """
        __tracebackhide__ = True
        expectation = without_none(
            filter=filter,
            exactly=exactly,
            at_least=at_least,
            at_most=at_most,
            in_order=in_order,
            no_advice=no_advice,
        )
        try:
            await self._call("POST", "/verify", expectation)
        except MimicError as error:
            if error.code != "not_verified":
                raise
            raise AssertionError(error.detail) from None

    async def wait_for(self, filter: Optional[Filter] = None, count: int = 1, timeout: float = 5.0) -> List[Exchange]:
        """Wait until enough requests match, and return them.

        Args:
            filter: The requests that count. Default: all.
            count: How many to wait for.
            timeout: Seconds of real time to wait at most.

        Raises:
            AssertionError: The time is over. The text shows what arrived.

        """
        __tracebackhide__ = True
        members = {**(filter or {}), "count": count, "timeout": timeout}
        address = with_query("/requests/wait", members)
        try:
            answer = await self._call("GET", address, timeout=timeout + 30.0)
        except MimicError as error:
            if error.code != "wait_ended":
                raise
            raise AssertionError(error.detail) from None
        return cast("List[Exchange]", answer["requests"])

    # The sandbox

    async def reset(self) -> None:
        """Reset clients, users, tokens, keys, clock, faults and journal to their initial state."""
        await self._call("POST", "/reset")

    async def close(self) -> None:
        """Remove the sandbox, unless `OAUTH_MIMIC_KEEP` is 1. A second call does nothing."""
        if self.id is None or os.environ.get("OAUTH_MIMIC_KEEP") == "1":
            return
        address = self.server.url + "/_mimic" + path("sandboxes", self.id)
        try:
            control_answer(await async_send(control_request("DELETE", address, None)))
        except MimicError as error:
            if error.status != 404:
                raise

    async def __aenter__(self) -> AsyncProvider:
        return self

    async def __aexit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        """Remove the sandbox."""
        await self.close()

    def __repr__(self) -> str:
        """Return the issuer, and the label."""
        return f"{type(self).__name__}({self.issuer!r}, label={self.label!r})"
