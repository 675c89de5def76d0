"""Finds the binary."""

from __future__ import annotations

import os
import sys
from typing import List

from ._errors import StartError

_NAME = "oauth-mimic.exe" if sys.platform == "win32" else "oauth-mimic"


def find_binary() -> str:
    """Return the path of the binary.

    It is looked for at `OAUTH_MIMIC_BINARY`, in this package, and on the `PATH`, in this order.

    Raises:
        StartError: There is none. The text lists the places.

    """
    named = os.environ.get("OAUTH_MIMIC_BINARY")
    if named:
        if os.path.isfile(named):
            return named
        raise StartError(f"OAUTH_MIMIC_BINARY is {named}, and there is no such file")
    places = _places()
    for place in places:
        if os.path.isfile(place):
            return place

    import shutil

    found = shutil.which("oauth-mimic")
    if found:
        return found
    carried = "\n".join(f"       {place}" for place in places)
    raise StartError(
        "no server and no binary was found. The places, in order:\n"
        "  1. OAUTH_MIMIC_URL, the address of a server that runs: not set\n"
        "  2. OAUTH_MIMIC_BINARY, the path of the binary: not set\n"
        f"  3. the binary of this package: none of\n{carried}\n"
        f"  4. oauth-mimic on the PATH: not found in {os.environ.get('PATH', '')}"
    )


def _places() -> List[str]:
    """Return where installers put the scripts of this package."""
    import sysconfig

    package = os.path.dirname(os.path.abspath(__file__))
    folders = [sysconfig.get_path("scripts")]
    # The environment that a virtual environment was made from, for one that can see its packages.
    folders.append(sysconfig.get_path("scripts", vars={"base": sys.base_prefix}))
    # `pip install --target FOLDER` puts the scripts into FOLDER/bin.
    folders.append(os.path.join(os.path.dirname(package), "bin"))
    # `pip install --prefix FOLDER`: this package is in FOLDER/lib/python3.x/site-packages.
    folders.append(os.path.normpath(os.path.join(package, "..", "..", "..", "..", "bin")))
    # `pip install --user`
    folders.append(sysconfig.get_path("scripts", scheme=_user_scheme()))
    places = [os.path.join(folder, _NAME) for folder in folders if folder]
    return list(dict.fromkeys(places))


def _user_scheme() -> str:
    if sys.version_info >= (3, 10):
        import sysconfig

        return sysconfig.get_preferred_scheme("user")
    return "nt_user" if os.name == "nt" else "posix_user"
