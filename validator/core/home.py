"""Where this project lives: what ``[project.urls]`` of ``pyproject.toml`` names, read from the metadata of the installed package.

The one place that knows. What is not named there is linked to nowhere.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from functools import cache
from typing import Final

from validator.core import lazy

PACKAGE: Final = "planet-validator"
DOCUMENTATION: Final = "Documentation"
"""The label of the site that ``make docs`` builds."""
INDEX: Final = "Index"
"""The label of the package's page in an index, from which pip installs it by its name."""

_ADDRESS: Final = lazy.compile(r"https://[\w.:-]{1,200}(?:/[\w./~-]{0,400})?")


@cache
def urls() -> Mapping[str, str]:
    """The addresses by label; none where the package is not installed."""
    from importlib.metadata import PackageNotFoundError, metadata

    try:
        lines = metadata(PACKAGE).get_all("Project-URL") or []
    except PackageNotFoundError:
        return {}
    pairs = (each.partition(", ") for each in lines)
    return {label: address for label, _, address in pairs if _ADDRESS.fullmatch(address)}


def site() -> str:
    """The documentation's root, ending in a slash; empty where none is named."""
    address = urls().get(DOCUMENTATION, "")
    return f"{address.rstrip('/')}/" if address else ""


def page(finding: str) -> str:
    """The page of a finding of ours; empty where no documentation is named. ``planet-validator explain`` prints the same."""
    return f"{site()}findings/{finding}/" if site() else ""


def install(extra: str) -> str:
    """The command that adds an extra to this installation, as a shell takes it."""
    name = f"{PACKAGE}[{extra}]"
    if INDEX in urls():
        return f"pip install {shlex.quote(name)}"
    return _again(name, extra) or f"pip install {shlex.quote(f'.[{extra}]')} in a checkout"


def _again(name: str, extra: str) -> str:
    """From where this installation came; empty where its record does not say."""
    from importlib.metadata import PackageNotFoundError, distribution
    from urllib.parse import unquote, urlsplit

    try:
        record = json.loads(distribution(PACKAGE).read_text("direct_url.json") or "{}")
    except (PackageNotFoundError, ValueError):
        return ""
    if not isinstance(record, dict):
        return ""
    address = record.get("url")
    if not isinstance(address, str) or len(address) > 1000 or not address.isprintable():
        return ""
    if address.startswith("file://"):
        path = unquote(urlsplit(address).path)
        editable = "-e " if isinstance(record.get("dir_info"), dict) and record["dir_info"].get("editable") else ""
        return f"pip install {editable}{shlex.quote(f'{path}[{extra}]')}"
    vcs = record.get("vcs_info")
    if isinstance(vcs, dict) and vcs.get("vcs") == "git" and "@" not in address:
        source = f"{name} @ git+{address}@{vcs.get('commit_id', '')}"
        return f"pip install {shlex.quote(source)}"
    return ""
