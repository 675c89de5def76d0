import asyncio

import httpx
import pytest


@pytest.mark.asyncio
async def test_it_refreshes_in_the_background(oauth_mimic):
    form = {"grant_type": "refresh_token", "refresh_token": "REFRESH_TOKEN"}
    async with httpx.AsyncClient(auth=("client-default", "client-default-secret")) as client:
        refresh = asyncio.create_task(client.post(oauth_mimic.token_url, data=form))
        (request,) = await oauth_mimic.aio.wait_for({"endpoint": "token", "status": 200})
        answer = await refresh
    assert request["client_id"] == "client-default"
    assert answer.json()["access_token"]
