"""Makes the site's navigation and its list of findings from what exists, so that neither can be forgotten."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

Entry = tuple[str, str]
"""A title in the navigation, and its page."""

BEGIN: Sequence[Entry] = (
    ("Install", "start/install.md"),
    ("Amazon S3, from an empty account", "start/amazon_s3.md"),
    ("Google Cloud, from an empty project", "start/google_cloud_storage.md"),
    ("Azure, from an empty subscription", "start/azure_blob_storage.md"),
    ("Oracle Cloud, from an empty tenancy", "start/oracle_cloud_storage.md"),
    ("Another S3 store", "start/s3_compatible.md"),
    ("By hand, and with this", "start/by-hand.md"),
)
TROUBLE: Sequence[Entry] = (
    ("By symptom", "troubleshooting/index.md"),
    ("By error code", "troubleshooting/codes.md"),
    ("Every finding", "findings/index.md"),
    ("Ask what an error means", "guides/diagnose.md"),
    ("A planetverify.txt that stays", "guides/sweep.md"),
    ("What to allow: the policy", "guides/policy.md"),
    ("Look with the owner's login", "guides/owner.md"),
    ("Questions", "faq.md"),
)
USE: Sequence[Entry] = (
    ("What a source may be", "guides/sources.md"),
    ("The command line", "guides/command-line.md"),
    ("In CI", "guides/ci.md"),
    ("Create and update at Planet", "guides/planet.md"),
    ("In a notebook", "guides/notebook.md"),
    ("In Python", "library.md"),
    ("Many destinations, many machines", "guides/fleet.md"),
    ("Over HTTP", "guides/service.md"),
    ("Run the service larger", "guides/deployment.md"),
)
REFERENCE: Sequence[Entry] = (
    ("Amazon S3", "providers/amazon_s3.md"),
    ("Google Cloud Storage", "providers/google_cloud_storage.md"),
    ("Azure Blob Storage", "providers/azure_blob_storage.md"),
    ("Oracle Cloud Storage", "providers/oracle_cloud_storage.md"),
    ("S3-compatible stores", "providers/s3_compatible.md"),
    ("Python API", "reference.md"),
    ("Secrets, and what a pass cannot know", "security.md"),
    ("How fast it is", "performance.md"),
    ("What is public, what may change", "compatibility.md"),
    ("Words", "glossary.md"),
    ("What has changed", "changelog.md"),
)
CONTRIBUTE: Sequence[Entry] = (
    ("Change something", "contributing.md"),
    ("Add a destination type", "guides/provider.md"),
    ("Test on emulators", "guides/emulators.md"),
)
SECTIONS: Mapping[str, Sequence[Entry]] = {
    "Begin": BEGIN,
    "Something does not work": TROUBLE,
    "Use it": USE,
    "Look up": REFERENCE,
    "Contribute": CONTRIBUTE,
}
"""In the order of need. A page that is named nowhere goes to the section of its folder, under its own title."""
FOLDERS: Mapping[str, str] = {
    "start": "Begin",
    "troubleshooting": "Something does not work",
    "guides": "Use it",
    "providers": "Look up",
}


def on_config(config: Any) -> Any:
    """Write the navigation."""
    docs = Path(config.docs_dir)
    named = {page for entries in SECTIONS.values() for _, page in entries}
    nav: list[Any] = [{"Home": "index.md"}]
    for section, entries in SECTIONS.items():
        pages: list[Any] = [{title: page} for title, page in entries]
        for folder in (name for name, home in FOLDERS.items() if home == section):
            pages += [page for page in _pages(docs / folder) if page not in named]
        if section == "Use it":
            pages += [f"notebooks/{path.stem}.md" for path in sorted((docs / "notebooks").glob("*.ipynb"))]
        if section == "Contribute":
            pages.append({"Decisions": sorted(_pages(docs / "decisions"), key=lambda page: page != "decisions/index.md")})
        nav.append({section: pages})
    config.nav = nav
    # The pages of findings are reached through their list and the search: a hundred of them would bury the rest.
    config.not_in_nav = _patterns("findings/*.md\n!findings/index.md\n")
    return config


def on_files(files: Any, config: Any) -> Any:
    """Add a page for each finding, whose text the package holds and `explain` prints, and for each notebook, which lies beside it."""
    from mkdocs.structure.files import File

    from validator.core.catalog import FINDINGS

    for entry in FINDINGS.values():
        files.append(File.generated(config, f"findings/{entry.name}.md", content=entry.page))
    for path in sorted((Path(config.docs_dir) / "notebooks").glob("*.ipynb")):
        text = f"{notebook_page(path.read_text(encoding='utf-8'))}\n\n[The notebook itself]({path.name})\n"
        files.append(File.generated(config, f"notebooks/{path.stem}.md", content=text))
    return files


def notebook_page(text: str) -> str:
    """A notebook as Markdown: its code, and what its cells show. An output's HTML waits in the page for :func:`on_page_content`."""
    parts: list[str] = []
    for cell in json.loads(text)["cells"]:
        source = _joined(cell["source"])
        if cell["cell_type"] == "markdown":
            parts.append(source)
            continue
        parts.append(f"```python\n{source}\n```")
        parts += [shown for output in cell["outputs"] if (shown := _output(output))]
    return "\n\n".join(parts)


def _output(output: Any) -> str:
    data = output.get("data", {})
    if "text/html" in data:
        import base64

        return f"OUTPUT-{base64.urlsafe_b64encode(_joined(data['text/html']).encode()).decode().rstrip('=')}-END"
    text = _joined(output.get("text") or data.get("text/plain", ""))
    return f"```text\n{text.rstrip()}\n```" if text.strip() else ""


def on_page_content(html: str, page: Any, **_: Any) -> str:
    """Put the outputs of a notebook's cells where they belong, and take the docstrings' roles out of the reference."""
    if page.file.src_uri == "reference.md":
        return re.sub(r":\w+:<code>~?(?:[\w.]*\.)?(\w+)</code>", r"<code>\1</code>", html)
    if not page.file.src_uri.startswith("notebooks/"):
        return html
    import base64

    def shown(match: re.Match[str]) -> str:
        return base64.urlsafe_b64decode(match[1] + "=" * (-len(match[1]) % 4)).decode()

    return re.sub(r"<p>OUTPUT-([\w-]+?)-END</p>", shown, html)


def _joined(text: str | list[str]) -> str:
    return text if isinstance(text, str) else "".join(text)


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Fill in the list of findings, and make links of the findings that a page names."""
    if page.file.src_uri == "findings/index.md":
        return markdown.replace("<!-- findings -->", findings())
    if page.file.src_uri.startswith("findings/"):
        return linked(markdown)
    return linked(markdown, "../" * page.file.src_uri.count("/") + "findings/")


def linked(markdown: str, folder: str = "") -> str:
    """The same text, with each finding's name in it (outside code blocks, links and headings) linked to its page."""
    from validator.core.catalog import FINDINGS

    def link(match: re.Match[str]) -> str:
        return f"[{match[0]}]({folder}{match[1]}.md)" if match[1] in FINDINGS else match[0]

    fenced = False
    lines = []
    for line in markdown.splitlines(keepends=True):
        fenced ^= line.lstrip().startswith("```")
        bare = fenced or line.startswith(("    ", "#"))
        lines.append(line if bare else re.sub(r"(?<!\[)`([a-z0-9-]+)`", link, line))
    return "".join(lines)


def findings() -> str:
    """Every finding by area, as Markdown tables."""
    from validator.core.catalog import by_area

    lines: list[str] = []
    area = ""
    for entry in by_area():
        if entry.area != area:
            area = entry.area
            lines += ["", f"## {area[0].upper()}{area[1:]}", "", "| finding | severity | what is wrong |", "|---|---|---|"]
        lines.append(f"| [{entry.name}]({entry.name}.md) | {entry.severity} | {entry.title} |")
    return "\n".join(lines)


def _pages(folder: Path) -> list[str]:
    return sorted(f"{folder.name}/{path.name}" for path in folder.glob("*.md"))


def _patterns(text: str) -> Any:
    from pathspec.gitignore import GitIgnoreSpec

    return GitIgnoreSpec.from_lines(text.splitlines())
