"""The documentation: complete, true where it can be tried, and built without a warning."""

from __future__ import annotations

import html.parser
import json
import os
import re
import runpy
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.support.cases import Cases
from validator.cli.app import COMMANDS
from validator.core import catalog

DOCS = ROOT / "docs"
PAGES = sorted(catalog.FOLDER.glob("*.md"))
TEXTS = sorted(page for page in (ROOT / "README.md", ROOT / "CHANGELOG.md", *DOCS.rglob("*.md"), *PAGES))
HEADINGS = ["What happened", "Why Planet rejects it", "Fix", "Exceptions"]
REGISTRIES = re.compile(
    r"\b(pypi\.org|pythonhosted|registry\.npmjs|npmjs\.com|anaconda\.org|proxy\.golang|crates\.io|docker\.io)\b"
)


def _id(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_a_findings_page_has_its_form(cases: Cases) -> None:
    for page in PAGES:
        with cases(page.stem):
            known = catalog.FINDINGS[page.stem]
            text = known.page
            lines = text.splitlines()
            assert lines[0] == f"# {known.name}"
            assert lines[2] == f"**{known.severity}** · {known.title}"
            assert re.findall(r"^## (.+)$", text, re.MULTILINE) == HEADINGS
            for heading, body in zip(HEADINGS, re.split(r"^## .+$", text, flags=re.MULTILINE)[1:], strict=True):
                assert body.strip(), f"nothing stands below {heading}"
            assert 50 <= len(text.split()) <= 230
            assert not re.search(r"\bTEXT\b|TODO|FIXME|lorem", text)


def test_findings_that_a_page_names_exist(cases: Cases) -> None:
    for page in PAGES:
        with cases(page.stem):
            named = set(re.findall(r"`([a-z0-9]+(?:-[a-z0-9]+)+)`", page.read_text(encoding="utf-8")))
            ours = {name for name in named if name.split("-")[0] in {known.split("-")[0] for known in catalog.FINDINGS}}
            assert not ours - set(catalog.FINDINGS) - NOT_FINDINGS


NOT_FINDINGS = {"planet-validator", "s3-compatible", "s3-website"}
"""Words in code type that look like names of findings."""


def test_no_text_names_a_package_registry(cases: Cases) -> None:
    for page in TEXTS:
        with cases(_id(page)):
            assert not REGISTRIES.search(page.read_text(encoding="utf-8"))


def test_no_text_holds_what_looks_like_a_live_key(cases: Cases) -> None:
    for page in TEXTS:
        with cases(_id(page)):
            text = page.read_text(encoding="utf-8")
            assert not [key for key in re.findall(r"\bA(?:KIA|SIA)[A-Z2-7]{16}\b", text) if "EXAMPLE" not in key]
            assert "-----BEGIN PRIVATE KEY-----\nMI" not in text


def test_the_readmes_commands_are_in_the_makefile() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z-]+)", readme))
    assert {"demo", "test"} <= named
    assert named <= targets
    # Near the top: before anything has to be installed or read.
    assert readme.index("make demo") < readme.index("## Install")


def test_the_readmes_commands_are_commands() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ((?:`[a-z]+`(?:, )?)+) \|", readme.split("## Exit codes")[0], re.MULTILINE)
    listed = [name for row in rows for name in re.findall(r"[a-z]+", row)]
    assert sorted(listed) == sorted(COMMANDS)
    assert "docs/images/report.svg" in readme


def test_the_readme_says_where_things_are_in_ten_lines_that_are_true() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(readme.splitlines()) <= 120
    rows = [line for line in readme.split("## Where things are")[1].split("\n\n")[1].splitlines() if line.startswith("|")]
    assert len(rows) <= 10
    named = [name for row in rows[2:] for name in re.findall(r"`([a-z]+)`", row.split("|")[1])]
    rooms = [each.name for each in (ROOT / "validator").iterdir() if each.is_dir() and not each.name.startswith("__")]
    assert sorted(named) == sorted(rooms)


def test_the_readmes_exit_codes_are_the_commands_own() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    codes = re.findall(r"^\| (\d+) \|", readme.split("## Exit codes")[1], re.MULTILINE)
    assert codes == ["0", "1", "2", "3", "130"]


def test_the_picture_is_what_the_tool_prints() -> None:
    picture: dict[str, Any] = runpy.run_path(str(DOCS / "picture.py"))
    drawn = picture["drawn"]()
    assert drawn == picture["PICTURE"].read_text(encoding="utf-8"), "run: python docs/picture.py"
    assert "http" not in drawn.replace("http://www.w3.org/2000/svg", "").replace("https://www.textualize.io", "")


def _blocks(page: Path) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def test_the_librarys_examples_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from validator.demo.emulators.s3 import S3Emulator

    first, _, offline, pasted = _blocks(DOCS / "library.md")
    monkeypatch.chdir(tmp_path)
    with S3Emulator() as s3:
        s3.bucket("imagery-in")
        key = s3.user("planet", actions=["s3:PutObject", "s3:GetObject"])
        parameters = {
            "bucket": "imagery-in",
            "aws_region": "eu-central-1",
            "aws_access_key_id": key.access_key_id,
            "aws_secret_access_key": key.secret_access_key,
        }
        Path("destination.json").write_text(json.dumps({"name": "mine", "type": "amazon_s3", "parameters": parameters}))
        # The example speaks to Amazon; here its settings lead to the emulator, and nothing else is changed.
        routed = first.replace("Settings(", f"Settings(endpoints={{'amazon_s3': {s3.url!r}}}, ")
        with pytest.raises(SystemExit) as stopped:
            _execute(routed)
    assert stopped.value.code == 1
    said = capsys.readouterr().out
    assert said.startswith("fail: mine (")
    assert "delete-denied" in said
    _execute(pasted)
    assert "amazon_s3 bucket-not-found (" in capsys.readouterr().out
    assert key.secret_access_key not in said

    _execute(offline)
    assert "/parameters/bucket bucket-is-url" in capsys.readouterr().out


def _execute(code: str) -> None:
    exec(compile(code, "library.md", "exec"), {"__name__": "example"})  # noqa: S102 - our own documentation


@pytest.mark.parametrize(
    "first", ["import validator.checking.lint, validator.sources.loader", "from validator import Settings", "pass"]
)
def test_the_librarys_functions_stay_functions_although_modules_bear_their_names(first: str) -> None:
    code = f"{first}\nfrom validator import check, lint, load\nprint(callable(check), callable(lint), callable(load))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["True"] * 3, done.stderr


def test_the_changelog_has_its_form_and_is_part_of_the_site() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(r"^## \[(Unreleased|\d+\.\d+\.\d+)\]", text, re.MULTILINE)
    assert "### Added" in text
    assert '"CHANGELOG.md"' in (DOCS / "changelog.md").read_text(encoding="utf-8")


def test_the_licence_is_the_one_that_the_package_names() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert project["license"] == "Apache-2.0"
    assert "Apache License" in text
    assert "END OF TERMS AND CONDITIONS" in text


def test_decisions_are_numbered_without_gaps() -> None:
    numbers = sorted(int(page.stem[:4]) for page in (DOCS / "decisions").glob("[0-9]*.md"))
    assert numbers == list(range(1, len(numbers) + 1))
    for page in (DOCS / "decisions").glob("[0-9]*.md"):
        text = page.read_text(encoding="utf-8")
        assert text.startswith(f"# {page.stem[:4]}: ")
        assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Context", "Decision", "Consequences"]


def test_the_list_of_findings_holds_them_all() -> None:
    hooks: dict[str, Any] = runpy.run_path(str(DOCS / "hooks.py"))
    table = hooks["findings"]()
    for entry in catalog.FINDINGS.values():
        assert f"| [{entry.name}]({entry.name}.md) | {entry.severity} | {entry.title} |" in table
    assert "<!-- findings -->" in (DOCS / "findings" / "index.md").read_text(encoding="utf-8")


def test_findings_that_a_page_names_are_linked_outside_code() -> None:
    hooks: dict[str, Any] = runpy.run_path(str(DOCS / "hooks.py"))
    text = "See `clock-skew` and `clock-tower`.\n\n    echo `clock-skew`\n"
    fenced = "```console\n$ explain `clock-skew`\n```\n# `clock-skew`\n[`clock-skew`](x.md) `clock-skew`\n"
    assert hooks["linked"](fenced, "../findings/") == fenced.replace(
        ") `clock-skew`", ") [`clock-skew`](../findings/clock-skew.md)"
    )
    assert hooks["linked"](text) == "See [`clock-skew`](clock-skew.md) and `clock-tower`.\n\n    echo `clock-skew`\n"


class _Loads(html.parser.HTMLParser):
    """Collects what a browser would fetch from elsewhere by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        wanted = values.get("src") if tag in ("script", "img", "iframe", "source", "video") else None
        if tag == "link" and set((values.get("rel") or "").split()) & {
            "stylesheet",
            "preload",
            "preconnect",
            "icon",
            "modulepreload",
        }:
            wanted = values.get("href")
        if wanted and re.match(r"(?:https?:)?//", wanted):
            self.found.append(wanted)


def test_every_code_of_a_rule_leads_to_its_finding() -> None:
    from validator.providers import find

    codes: dict[str, Any] = runpy.run_path(str(DOCS / "codes.py"))
    told = codes["by_code"]()
    assert len(told) > 250
    page = codes["listed"]()
    for type_name in codes["STORES"]:
        provider = find(type_name)
        assert provider is not None
        for rule in provider.rules:
            for code in rule.code if isinstance(rule.code, tuple) else (rule.code,):
                if code and codes["CODE"].fullmatch(code) and code not in codes["OURS"]:
                    assert rule.finding in told[code] or rule.finding in codes["VAGUE"], code
                    assert f"\n## {code}\n" in page


def _searched(site: Path) -> None:
    """Every code is found: by the tag of the one finding that it means, or by its own section of the list."""
    codes: dict[str, Any] = runpy.run_path(str(DOCS / "codes.py"))
    entries = json.loads((site / "search" / "search_index.json").read_text(encoding="utf-8"))["docs"]
    tagged = {(tag, entry["location"]) for entry in entries for tag in entry.get("tags", ())}
    sections = {entry["title"] for entry in entries if entry["location"].startswith("troubleshooting/codes/#")}
    for code, findings in codes["by_code"]().items():
        assert code in sections
        pages = {location.split("/")[1] for tag, location in tagged if tag == code}
        assert pages == (set(findings) if len(findings) <= codes["FEW"] else set()), code


def test_every_findings_page_leads_to_what_planet_says() -> None:
    codes: dict[str, Any] = runpy.run_path(str(DOCS / "codes.py"))
    for entry in catalog.FINDINGS.values():
        page = SimpleNamespace(file=SimpleNamespace(src_uri=f"findings/{entry.name}.md"), meta={})
        assert codes["PLANET"] in codes["on_page_markdown"](entry.page, page)


def test_the_glossary_holds_every_word_of_a_report() -> None:
    from validator.core.model import Confidence, Kind, Mode, Operation, Outcome, Step
    from validator.formats import phrases

    asked = [
        Step(Operation.DELETE, "", mode, "", outcome, kind=kind)
        for mode in Mode
        for outcome in Outcome
        for kind in (None, *Kind)
    ]
    words = {*phrases.VERDICT_WORDS.values(), *phrases.SEVERITY_WORDS.values(), *map(str, Confidence)}
    words |= {word for step in asked for word in (phrases.outcome(step), phrases.mode(step))}
    text = (DOCS / "glossary.md").read_text(encoding="utf-8")
    assert {word for word in words if not re.search(rf"[*`]{word}[*`]", text)} == set()


def test_every_page_stands_in_the_navigation_once() -> None:
    hooks: dict[str, Any] = runpy.run_path(str(DOCS / "hooks.py"))
    pages = [page for entries in hooks["SECTIONS"].values() for _, page in entries]
    assert len(pages) == len(set(pages))
    made = {"troubleshooting/codes.md"}
    assert [page for page in pages if page not in made and not (DOCS / page).is_file()] == []


def site(tmp_path: Path) -> Path:
    """The documentation as it is published; where ``make docs`` has just built it, as ``.ci/run`` says, that one."""
    if "BUILT_SITE" in os.environ:
        return Path(os.environ["BUILT_SITE"])
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return tmp_path / "site"


@pytest.mark.long
def test_the_site_builds_without_a_warning_and_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    built = site(tmp_path)
    pages = sorted(built.rglob("*.html"))
    assert len(pages) > len(catalog.FINDINGS)
    elsewhere = {}
    for page in pages:
        loads = _Loads()
        loads.feed(page.read_text(encoding="utf-8"))
        if loads.found:
            elsewhere[page.name] = loads.found
    assert not elsewhere
    for name in catalog.FINDINGS:
        assert (built / "findings" / name / "index.html").is_file()
    _searched(built)
    reference = (built / "reference" / "index.html").read_text(encoding="utf-8")
    assert not re.search(r":(?:class|func|meth|attr|mod):", reference)
    import validator

    for name in set(validator.__all__) - {"planet"}:
        assert re.search(rf'id="[\w.]*\b{name}"', reference), name


def test_the_tests_that_the_threat_model_names_are_there() -> None:
    named = re.findall(r"`(tests/[\w./]+)`", (ROOT / "docs" / "security.md").read_text())
    assert len(set(named)) > 40
    for file, name in re.findall(r"`(tests/[\w./]+)::(\w+)`", (ROOT / "docs" / "security.md").read_text()):
        assert f"def {name}(" in (ROOT / file).read_text(), f"docs/security.md names {file}::{name}"
    for each in sorted(set(named)):
        path = ROOT / each
        assert path.exists(), f"docs/security.md names {each}"
        assert path.is_dir() or "def test_" in path.read_text(), each
