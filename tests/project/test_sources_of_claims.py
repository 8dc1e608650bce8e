"""What a page says of a provider is linked to that provider's own pages, in the section that says it.

A section that names a provider and says nothing of what it does stands in SILENT, with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.support.pages import FILES

DOCS = ROOT / "docs"
HOSTS: Mapping[str, frozenset[str]] = {
    "Planet": frozenset({"docs.planet.com", "planet-sdk-for-python.readthedocs.io"}),
    "Amazon": frozenset({"docs.aws.amazon.com"}),
    "Google": frozenset({"cloud.google.com"}),
    "Azure": frozenset({"learn.microsoft.com"}),
    "Oracle": frozenset({"docs.oracle.com"}),
}
NAMES = {
    "Planet": re.compile(
        r"\bPlanet(?:'s\s+(?:check|default|limits)|\s+(?:asks|builds|connects|documents|gives|has\s+no|needs|publishes|refuses|says|takes|wants|writes))\b"
    ),
    "Amazon": re.compile(r"\b(?:Amazon|AWS|IAM)\b"),
    "Google": re.compile(r"\bGoogle\b"),
    "Azure": re.compile(r"\bAzure\b|\bSAS\b"),
    "Oracle": re.compile(r"\bOracle\b"),
}
PAGES = [
    *sorted((DOCS / "providers").glob("*.md")),
    *sorted((DOCS / "start").glob("*.md")),
    DOCS / "troubleshooting" / "index.md",
    *(DOCS / "guides" / f"{name}.md" for name in ("owner", "planet", "policy", "sweep")),
    DOCS / "faq.md",
    DOCS / "glossary.md",
]
OTHERS = frozenset(
    {
        "semver.org",
        "keepachangelog.com",
        "docs.getmoto.org",
        "developers.cloudflare.com",
        "docs.github.com",
        "docs.gitlab.com",
        "www.backblaze.com",
    }
)  # fmt: skip
SILENT: Mapping[tuple[str, str], str] = {
    ("providers/amazon_s3.md", "Emulators"): "of moto",
    ("providers/oracle_cloud_storage.md", "What nobody outside of Oracle has confirmed"): "what no page says",
    ("providers/oracle_cloud_storage.md", "The stand-in"): "of our own stand-in",
    ("providers/s3_compatible.md", "What it does not know"): "names the types that have their own pages",
    ("start/install.md", "Install"): "the size of SDKs",
    ("guides/owner.md", "What was tested"): "of our own tests",
    ("guides/planet.md", "When nothing is sent"): "what this package takes out",
    ("guides/sweep.md", "Removing"): "names logins",
    ("guides/sweep.md", "Why it stayed"): "what was not seen of Oracle",
}


def units(page: Path) -> Iterator[tuple[str, str]]:
    """The parts of a page that stand for themselves, by their first words: sections, numbered steps, questions, rows of the glossary."""
    text = re.sub(r"^( *)```.*?^\1```$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    parting = {"faq.md": r"\n\n", "glossary.md": r"\n"}.get(page.name, r"^(?=## |\*\*\d\. )")
    for part in re.split(parting, text, flags=re.MULTILINE):
        if part.strip():
            yield part.strip().splitlines()[0][:60].strip("#* "), part


def said(text: str) -> set[str]:
    """The providers that a text names outside of code, links and names of types."""
    bare = re.sub(r"<!--.*?-->|`[^`]*`|\[[^\]]*\]\((?!http)[^)]*\)|\]\([^)]*\)", " ", text)
    return {provider for provider, name in NAMES.items() if name.search(bare)}


def linked(text: str) -> set[str]:
    hosts = set(re.findall(r"\]\(https://([^/)]+)", text))
    return {provider for provider, known in HOSTS.items() if hosts & known}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))
def test_what_is_said_of_a_provider_is_linked_to_it(page: Path) -> None:
    missing = {
        (str(page.relative_to(DOCS)), title): sorted(said(text) - linked(text))
        for title, text in units(page)
        if said(text) - linked(text) and (str(page.relative_to(DOCS)), title) not in SILENT
    }
    assert missing == {}


def test_no_link_leads_to_a_host_that_is_not_known() -> None:
    known = OTHERS.union(*HOSTS.values())
    found = {
        (str(page.relative_to(ROOT)), host)
        for page in FILES
        for host in re.findall(r"\]\(https?://([^/)]+)", page.read_text(encoding="utf-8"))
        if host not in known
    }
    assert found == set()
