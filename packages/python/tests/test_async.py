"""The asynchronous API, by asyncio alone. `test_plugin.py` uses it with pytest-asyncio."""

import asyncio
import inspect
import time

import pytest

from oauth_mimic import AsyncProvider, AsyncTokenServer, MimicError, Provider, StartError, TokenServer, _http


def test_both_classes_have_the_same_methods():
    def signatures(kind):
        return {
            name: list(inspect.signature(member).parameters)
            for name, member in vars(kind).items()
            if callable(member) and not name.startswith("_")
        }

    assert signatures(Provider) == signatures(AsyncProvider)
    assert signatures(TokenServer) == signatures(AsyncTokenServer)


def test_a_server_and_its_providers(refresh):
    async def use():
        async with await AsyncTokenServer.start() as server, await server.sandbox(label="async") as provider:
            assert (provider.label, provider.server) == ("async", server)
            await provider.fail_next(1)
            # The client runs while the event loop does.
            client = asyncio.get_running_loop().run_in_executor(None, refresh, provider)
            (request,) = await provider.wait_for({"endpoint": "token"}, timeout=30)
            assert (await client)[0] == 503
            assert request["endpoint"] == "token"
            await provider.verify({"status": 503}, exactly=1)
            with pytest.raises(AssertionError, match="expected exactly 2 requests"):
                await provider.verify(exactly=2)
            with pytest.raises(AssertionError, match=r"after 0.01 s: expected at least 2"):
                await provider.wait_for(count=2, timeout=0.01)
            url = (
                provider.authorization_url + "?response_type=code&client_id=web&redirect_uri=http://localhost:3000/callback"
            )
            assert (await provider.authorize(url)).code
            assert isinstance(await provider.mint("access_token"), str)
            with pytest.raises(MimicError, match="404 not_found"):
                await provider.play("nothing")
            return provider

    provider = asyncio.run(use())
    with pytest.raises(OSError, match="refused"):
        asyncio.run(provider.now())


def test_waiting_in_parallel_and_being_cancelled(oauth_mimic_server):
    async def use():
        server = await AsyncTokenServer.start(url=oauth_mimic_server.url)
        async with await server.sandbox() as provider:
            # More than the threads of the event loop.
            waits = [asyncio.ensure_future(provider.wait_for({"endpoint": "jwks"}, timeout=60)) for _ in range(64)]
            while len(await asyncio.gather(*[provider.requests() for _ in range(8)])) != 8:
                pass
            for wait in waits:
                wait.cancel()
            done = await asyncio.gather(*waits, return_exceptions=True)
            assert all(isinstance(result, asyncio.CancelledError) for result in done)
            # The threads of cancelled requests end: nothing waits for a minute.
            started = time.monotonic()
            _http._executor().shutdown(wait=True)
            _http._threads = None
            assert time.monotonic() - started < 30

    asyncio.run(use())


def test_it_says_why_a_server_does_not_start():
    with pytest.raises(StartError, match="invalid value 'nothing'"):
        asyncio.run(AsyncTokenServer.start(["--seed", "nothing"]))
