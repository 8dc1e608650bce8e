"""``python tests/support/release.py v0.1.0``: whether a tag may be released; it must say what the package and the changelog say."""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def wrong(tag: str, root: Path = ROOT) -> str:
    """Why this tag may not be released; empty if it may."""
    told = re.search(r'__version__ = "([^"]+)"', (root / "validator" / "core" / "version.py").read_text(encoding="utf-8"))
    version = told[1] if told else ""
    if tag != f"v{version}":
        return f"the tag is {tag!r}, and validator/core/version.py says {version!r}"
    changelog = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    if not re.search(rf"^## \[{re.escape(version)}\] - \d{{4}}-\d\d-\d\d$", changelog, re.MULTILINE):
        return f"CHANGELOG.md has no dated section for {version}"
    return ""


if __name__ == "__main__":
    sys.exit(wrong(sys.argv[1]) or None)
