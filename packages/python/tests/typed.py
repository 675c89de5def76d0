"""A user's tests, which mypy must accept; they also run."""

from __future__ import annotations

from datetime import datetime

import pytest

from oauth_mimic import AsyncTokenServer, AuthorizationResponse, MimicError, Provider, TokenServer
from oauth_mimic.types import Exchange, Filter, Rule

TOKEN: Filter = {"endpoint": "token"}


@pytest.mark.oauth_mimic(clock="2026-01-01T00:00:00Z")
def test_verbs(oauth_mimic: Provider, oauth_mimic_server: TokenServer) -> None:
    rule: Rule = {"on": "token", "fault": {"kind": "status", "status": 503}, "times": 2}
    number: int = oauth_mimic.add_fault(rule)["id"]
    oauth_mimic.remove_fault(number)
    oauth_mimic.fail_next(2, fault="close", when={"client_id": "web"})
    moment: datetime = oauth_mimic.advance(60)
    oauth_mimic.freeze(moment)
    access: str = oauth_mimic.mint("access_token", client_id="web", defect="expired", claims={"level": 3})
    refreshed: str | None = oauth_mimic.mint().get("refresh_token")
    assert access
    assert refreshed
    oauth_mimic.put_client("mine", client_secret="s", grant_types=["client_credentials"], scope="read")
    oauth_mimic.put_user("zoe", claims={"email": "zoe@example.com"})
    oauth_mimic.next_login(user="zoe", scope="openid")
    url = oauth_mimic.authorization_url + "?response_type=code&client_id=web&redirect_uri=http://localhost:3000/callback"
    response: AuthorizationResponse = oauth_mimic.authorize(url)
    assert response.code
    requests: list[Exchange] = oauth_mimic.requests({"endpoint": "authorization"})
    assert requests[0].get("client_id") == "web"
    oauth_mimic.verify(TOKEN, exactly=0, in_order=[TOKEN] * 0)
    with oauth_mimic_server.sandbox(fixtures={"clients": [{"client_id": "only"}], "users": [{"sub": "u"}]}) as other:
        with pytest.raises(MimicError) as caught:
            other.remove_client("nobody")
        pointer: str | None = caught.value.pointer
        assert pointer is None


async def use() -> None:
    async with await AsyncTokenServer.start() as server, await server.sandbox() as provider:
        found: list[Exchange] = await provider.wait_for(TOKEN, count=2, timeout=1)
        assert found
