"""The journal as text, for the report of a failed test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Iterator, List

if TYPE_CHECKING:
    from ._sync import Provider
    from .types import Exchange

_MOST = 50


def journal_text(provider: Provider) -> str:
    """Return the journal of a provider, and the address of its console."""
    requests = provider.requests()
    omitted = max(0, len(requests) - _MOST)
    lines: List[str] = []
    if omitted:
        lines.append(f"({omitted} earlier requests)")
    for request in requests[omitted:]:
        lines.extend(_lines(request))
    if not requests:
        lines.append("no request arrived")
    lines.append(f"console: {provider.console_url}")
    return "\n".join(lines)


def _lines(request: Exchange) -> Iterator[str]:
    parts = [f"#{request['number']}", request["at"], request["method"], request["endpoint"]]
    if "client_id" in request:
        parts.append(f"client {request['client_id']}")
    if "grant_type" in request:
        parts.append(f"grant {request['grant_type']}")
    result = f"{request['status']} {request['outcome']}"
    if "error" in request:
        result += f" {request['error']}"
    for fault in request.get("faults", []):
        result += f", fault {fault}"
    yield f"{' '.join(parts)}: {result}"
    reason = request.get("reason")
    if reason:
        yield f"     {reason}"
    for advice in request.get("advice", []):
        yield f"     advice {advice['code']}: {advice['text']}"
