"""``planet-validator`` with a resolver of its own: NAMES is a file, read at each question: a JSON object of name to address, ``*`` for every other name.

PUBLIC is an address that the guard is to take for one of the internet: so that a test can redirect from there.
"""

from __future__ import annotations

import ipaddress
import json
import os
import socket
import sys
from pathlib import Path
from typing import Any

from validator.cli.app import run
from validator.core import address_guard

NAMES = Path(os.environ["NAMES"])
PUBLIC = os.environ.get("PUBLIC", "")
resolve = socket.getaddrinfo
judge = address_guard.is_public


def getaddrinfo(host: Any, *arguments: Any, **more: Any) -> Any:
    name = host.decode() if isinstance(host, bytes) else host
    try:
        ipaddress.ip_address(name)
    except ValueError:
        names = json.loads(NAMES.read_text(encoding="utf-8"))
        name = names.get(name, names.get("*", name))
    return resolve(name, *arguments, **more)


def is_public(address: str) -> bool:
    return address == PUBLIC or judge(address)


if __name__ == "__main__":
    socket.getaddrinfo = getaddrinfo
    address_guard.is_public = is_public
    sys.exit(run(sys.argv[1:]))
