"""Makes the site's navigation and its list of findings from what exists, so that neither can be forgotten."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

GUIDES = ("sources", "command-line", "ci", "emulators", "service", "sweep", "planet")
"""The order of a first reading; further guides follow by name."""


def on_config(config: Any) -> Any:
    """Write the navigation."""
    docs = Path(config.docs_dir)
    sections = {
        "Guides": _ordered(docs / "guides", GUIDES),
        "Providers": _ordered(docs / "providers", ()),
        "Findings": [page for page in _ordered(docs / "findings", ("index",)) if page.endswith("index.md")],
        "Decisions": _ordered(docs / "decisions", ("index",)),
    }
    nav: list[Any] = ["index.md"]
    nav += [{title: pages} for title, pages in sections.items() if pages]
    nav.insert(2, {"Notebooks": [f"notebooks/{path.stem}.md" for path in sorted((docs / "notebooks").glob("*.ipynb"))]})
    nav += [f"{name}.md" for name in ("library", "security", "contributing", "changelog") if (docs / f"{name}.md").exists()]
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
    """Put the outputs of a notebook's cells where they belong."""
    if not page.file.src_uri.startswith("notebooks/"):
        return html
    import base64

    def shown(match: re.Match[str]) -> str:
        return base64.urlsafe_b64decode(match[1] + "=" * (-len(match[1]) % 4)).decode()

    return re.sub(r"<p>OUTPUT-([\w-]+?)-END</p>", shown, html)


def _joined(text: str | list[str]) -> str:
    return text if isinstance(text, str) else "".join(text)


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Fill in the list of findings, and make links of the findings that other findings' pages name."""
    if page.file.src_uri == "findings/index.md":
        return markdown.replace("<!-- findings -->", findings())
    if page.file.src_uri.startswith("findings/"):
        return linked(markdown)
    return markdown


def linked(markdown: str) -> str:
    """The same text, with each finding's name in it (outside code blocks) linked to its page."""
    from validator.core.catalog import FINDINGS

    def link(match: re.Match[str]) -> str:
        return f"[{match[0]}]({match[1]}.md)" if match[1] in FINDINGS else match[0]

    lines = markdown.splitlines(keepends=True)
    return "".join(line if line.startswith("    ") else re.sub(r"`([a-z0-9-]+)`", link, line) for line in lines)


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


def _ordered(folder: Path, first: tuple[str, ...]) -> list[str]:
    names = sorted(path.stem for path in folder.glob("*.md"))
    order = [name for name in first if name in names] + [name for name in names if name not in first]
    return [f"{folder.name}/{name}.md" for name in order]


def _patterns(text: str) -> Any:
    from pathspec.gitignore import GitIgnoreSpec

    return GitIgnoreSpec.from_lines(text.splitlines())
