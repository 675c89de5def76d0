from __future__ import annotations

import socket
from typing import Iterator

import pytest
from oauth_mimic import TokenServer
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import HttpWaitStrategy


@pytest.fixture(scope="session")
def oauth_mimic_server() -> Iterator[TokenServer]:
    with socket.create_server(("", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://localhost:{port}"
    container = DockerContainer("oauth-mimic:0.1.0").with_bind_ports(8080, port).with_command(f"--base-url {url}")
    with container.waiting_for(HttpWaitStrategy(8080, "/_mimic/health")):
        yield TokenServer.start(url=url)
