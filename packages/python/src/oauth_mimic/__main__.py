"""`python -m oauth_mimic` runs the binary with the same arguments."""

import os
import sys

from ._errors import StartError
from ._find import find_binary


def main() -> None:
    """Replace this process by the binary; on Windows, run the binary and pass its exit code on."""
    try:
        binary = find_binary()
    except StartError as error:
        sys.exit(str(error))
    command = [binary, *sys.argv[1:]]
    if sys.platform == "win32":
        import subprocess

        sys.exit(subprocess.run(command, check=False).returncode)
    os.execv(binary, command)


if __name__ == "__main__":
    main()
