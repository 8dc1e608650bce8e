"""Puts each store's codes on the pages of the findings that they lead to, and makes the page that lists them all.

Both come from the providers' decision tables and from the answers of real stores that the tests play (``tests/support/answers``).
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[1]
PAGE: Final = "troubleshooting/codes.md"
PLANET: Final = "https://docs.planet.com/develop/apis/destinations/"
"""What every finding's page is about: whether Planet would take the destination."""
CODE: Final = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[._-][A-Za-z0-9]+)*")
OURS: Final = frozenset({"dns", "refused", "tls", "timeout", "interrupted", "forbidden-address", "token-endpoint", "universe"})
"""What this package calls a missing answer: no store has said it."""
VAGUE: Final = frozenset(
    {"unexplained-refusal", "unrecognised-answer", "request-altered", "request-unsupported", "provider-error"}
)
"""Findings that explain no code for which there is a better one."""
FEW: Final = 1
"""A code that leads to more findings than this is explained by the list first: which of them it is, the code does not say."""
STORES: Final = {
    "amazon_s3": "Amazon S3",
    "s3_compatible": "S3-compatible",
    "oracle_cloud_storage": "Oracle",
    "google_cloud_storage": "Google",
    "azure_blob_storage": "Azure",
}
OWN: Final = {
    "Amazon S3": "https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html",
    "Oracle": "https://docs.oracle.com/iaas/Content/API/References/apierrors.htm",
    "Google": "https://cloud.google.com/storage/docs/json_api/v1/status-codes",
    "Azure": "https://learn.microsoft.com/rest/api/storageservices/blob-service-error-codes",
}
"""What each store says of its codes itself; the S3-compatible stores have a list each, or none."""
INTRODUCTION: Final = f"""# Look up a provider's error code

The code that a store, an SDK or Planet has shown you, and what this package makes of it. A code often has several causes: the sentence
beside it, and what was asked, decide. Paste the whole error instead, and the cause is told from all of it:

```console
$ planet-validator diagnose error.log
```

Made from the decision tables of the package and from the answers of real stores that its tests play. The stores' own lists:
{", ".join(f"[{store}]({page})" for store, page in OWN.items())}.
"""


def on_files(files: Any, config: Any) -> Any:
    """Add the list of codes."""
    from mkdocs.structure.files import File

    files.append(File.generated(config, PAGE, content=listed()))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Add to a finding's page where Planet's and the stores' own words are, and its codes, and make the search put that page first for them."""
    name = page.file.src_uri.removeprefix("findings/").removesuffix(".md")
    if not page.file.src_uri.startswith("findings/") or name == "index":
        return markdown
    told = by_finding().get(name, {})
    if not told:
        return f"{markdown.rstrip()}\n\n[What Planet asks for]({PLANET})\n"
    # The search weighs a page's tags above its title and its text.
    page.meta["tags"] = [code for code in told if len(by_code()[code]) <= FEW]
    lines = [
        f"- {f'[{store}]({OWN[store]})' if store in OWN else store}: {', '.join(f'`{code}`' for code in codes)}"
        for store, codes in _by_store(told).items()
    ]
    return (
        f"{markdown.rstrip()}\n\n## Codes that lead here\n\n"
        + "\n".join(lines)
        + f"\n\n[Every code](../{PAGE}) · [What Planet asks for]({PLANET})\n"
    )


@cache
def by_code() -> Mapping[str, Mapping[str, frozenset[str]]]:
    """The findings that each code leads to, and the types whose stores say it, in the order of the alphabet."""
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    sure = {code for _, code, _ in (*_ruled(), *_answered(sure=True))}
    unsure = (row for row in _answered(sure=False) if row[1] not in sure)
    for type_name, code, finding in (*_ruled(), *_answered(sure=True), *unsure):
        if CODE.fullmatch(code) and code not in OURS:
            found[code][finding].add(type_name)
    told = {code: sorted(set(found[code]) - VAGUE) or sorted(found[code]) for code in found}
    return {
        code: {finding: frozenset(found[code][finding]) for finding in told[code]}
        for code in sorted(found, key=lambda each: (each.casefold(), each))
    }


def by_finding() -> Mapping[str, Mapping[str, frozenset[str]]]:
    """The same, the other way about: the codes of each finding."""
    turned: dict[str, dict[str, frozenset[str]]] = defaultdict(dict)
    for code, findings in by_code().items():
        for finding, types in findings.items():
            turned[finding][code] = types
    return turned


def listed() -> str:
    """The page of all codes."""
    from validator.core.catalog import FINDINGS

    lines = [INTRODUCTION]
    for code, findings in by_code().items():
        lines.append(f"## {code}\n")
        for finding, types in findings.items():
            stores = ", ".join(store for name, store in STORES.items() if name in types)
            lines.append(f"- {stores}: [{finding}](../findings/{finding}.md), {FINDINGS[finding].title}")
        lines.append("")
    return "\n".join(lines)


def _ruled() -> Iterator[tuple[str, str, str]]:
    from validator.providers import find

    for type_name in STORES:
        provider = find(type_name)
        assert provider is not None  # noqa: S101 - a type of our own
        for rule in provider.rules:
            codes = rule.code if isinstance(rule.code, tuple) else (rule.code or "",)
            yield from ((type_name, code, rule.finding) for code in codes)


def _answered(*, sure: bool) -> Iterator[tuple[str, str, str]]:
    from validator.providers import find
    from validator.providers.base import HttpAnswer

    for type_name in STORES:
        provider = find(type_name)
        assert provider is not None  # noqa: S101 - a type of our own
        assert provider.read_answer is not None  # noqa: S101 - every type of ours reads answers
        for entry in json.loads((ROOT / "tests" / "support" / "answers" / f"{type_name}.json").read_text(encoding="utf-8")):
            headers = {key.lower(): value for key, value in entry["headers"].items()}
            token = entry["operation"] == "token"
            seen = provider.read_answer(HttpAnswer(entry["status"], headers=headers, body=entry["body"].encode(), token=token))
            # Where several findings would do, the corpus does not say which one the code means.
            if sure is (len(entry["expect"]) == 1 or entry["certainty"] == "confirmed"):
                yield from ((type_name, seen.code or "", finding) for finding in entry["expect"])


def _by_store(told: Mapping[str, frozenset[str]]) -> Mapping[str, list[str]]:
    lines = {store: [code for code, types in told.items() if name in types] for name, store in STORES.items()}
    return {store: codes for store, codes in lines.items() if codes}
