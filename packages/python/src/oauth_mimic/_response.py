"""What a client's redirect URI gets."""

from __future__ import annotations

from typing import Dict, Optional
from urllib.parse import parse_qsl, urlsplit


class AuthorizationResponse:
    """The authorization response: what the redirect URI of the client gets (RFC 6749 §4.1.2)."""

    url: str
    """The URL that the browser is sent to."""
    parameters: Dict[str, str]
    """The parameters of the response, from the query or from the fragment."""

    def __init__(self, url: str) -> None:
        """Read the response from the URL that a browser is sent to."""
        self.url = url
        parts = urlsplit(url)
        # The query of a response in the fragment belongs to the redirect URI.
        self.parameters = dict(parse_qsl(parts.fragment or parts.query, keep_blank_values=True))

    @property
    def code(self) -> str:
        """The authorization code.

        Raises:
            AssertionError: The response has no code.

        """
        __tracebackhide__ = True
        code = self.parameters.get("code")
        if code is None:
            raise AssertionError(f"the authorization response has no code: {self.url}")
        return code

    @property
    def error(self) -> Optional[str]:
        """The error code, such as `access_denied`; None if the response is not an error (RFC 6749 §4.1.2.1)."""
        return self.parameters.get("error")

    def __repr__(self) -> str:
        """Return the URL."""
        return f"AuthorizationResponse({self.url!r})"
