"""Starts and ends the process of a server."""

from __future__ import annotations

from typing import IO, Optional, Sequence

from ._errors import StartError
from ._find import find_binary

_READY = "listening on "


class Process:
    """The process of a server. It ends when this process does, because this one holds the pipe to its standard input."""

    url: str
    """The address of the server."""

    def __init__(self, args: Sequence[str], timeout: float) -> None:
        """Start the binary, and wait until it is ready."""
        import subprocess
        import tempfile

        binary = find_binary()
        command = [binary, "--until-stdin-closes"]
        if not _has(args, "--port"):
            command += ["--port", "0"]
        # A log that the caller asks for goes to standard error. Otherwise, what is written there is kept for an error.
        self._stderr: Optional[IO[bytes]] = None
        if not _has(args, "--log"):
            command += ["--log", "off"]
            self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - `stop` closes it
        command += args
        pipe = subprocess.PIPE
        try:
            self._popen = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=self._stderr)
        except OSError as error:
            self._close_stderr()
            raise StartError(f"{binary} cannot be run: {error}") from error
        line = self._first_line(timeout)
        if not line.startswith(_READY):
            self._popen.kill()
            self._popen.wait()
            detail = self._errors() or line or "it printed nothing"
            self.stop()
            raise StartError(f"`{' '.join(command)}` did not start within {timeout:g} s: {detail}")
        self.url = line[len(_READY) :].strip()

    def stop(self) -> None:
        """End the process, and wait for its end. A second call does nothing."""
        import subprocess

        for pipe in (self._popen.stdin, self._popen.stdout):
            if pipe is not None:
                pipe.close()
        # A child that was forked may hold the pipe open.
        self._popen.terminate()
        try:
            self._popen.wait(5)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.wait()
        self._close_stderr()

    def _first_line(self, timeout: float) -> str:
        import threading

        assert self._popen.stdout is not None
        lines = []
        read = self._popen.stdout.readline
        # Not every system can wait for a pipe with a limit.
        reader = threading.Thread(target=lambda: lines.append(read()), daemon=True)
        reader.start()
        reader.join(timeout)
        return lines[0].decode(errors="replace").strip() if lines else ""

    def _errors(self) -> str:
        if self._stderr is None:
            return ""
        self._stderr.seek(0)
        return self._stderr.read().decode(errors="replace").strip()

    def _close_stderr(self) -> None:
        if self._stderr is not None:
            self._stderr.close()


def _has(args: Sequence[str], option: str) -> bool:
    return any(arg == option or arg.startswith(option + "=") for arg in args)
