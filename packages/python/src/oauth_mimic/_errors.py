"""The errors of this package."""

from __future__ import annotations

from typing import Any, Mapping, Optional


class StartError(RuntimeError):
    """No server could be found, started or reached."""


class MimicError(Exception):
    """The control plane refused a request.

    The attributes are the members of the problem document (RFC 9457).
    """

    status: int
    """The HTTP status."""
    code: str
    """The name of the problem, such as `invalid_body`."""
    detail: str
    """What is wrong, and what to do."""
    pointer: Optional[str]
    """The JSON Pointer of the wrong value in the body, if one is wrong (RFC 6901)."""

    def __init__(self, status: int, code: str, detail: str, pointer: Optional[str] = None) -> None:
        """Make an error of the members of a problem document."""
        # All arguments are passed on, so that the error can be copied to another process.
        super().__init__(status, code, detail, pointer)
        self.status = status
        self.code = code
        self.detail = detail
        self.pointer = pointer

    def __str__(self) -> str:
        """Return the detail, with what identifies the problem."""
        where = f" at `{self.pointer}`" if self.pointer else ""
        return f"{self.status} {self.code}{where}: {self.detail}"

    @classmethod
    def from_problem(cls, status: int, problem: Mapping[str, Any]) -> MimicError:
        """Make an error of a problem document."""
        pointer = problem.get("pointer")
        detail = str(problem.get("detail", "the server gives no detail"))
        return cls(status, str(problem.get("code", "unknown")), detail, pointer)
