"""The package as a user gets it: built, installed without extras in a bare environment, and used there."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from email import message_from_bytes
from functools import cache
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.conftest import ROOT

pytestmark = [
    pytest.mark.no_cover,  # what it runs, it runs in other processes
    pytest.mark.together,
]

SDKS = ("botocore", "boto3", "google.cloud", "google.auth", "azure", "planet", "oci", "requests", "httpx", "urllib3")
HEAVY = (*SDKS, "pydantic", "yaml", "rich", "starlette", "moto", "jsonschema")


def _run(*command: str, cwd: Path | None = None, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(command, capture_output=True, text=True, cwd=cwd, check=False)
    assert done.returncode == code, f"{command}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    _run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT))
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_what_it_needs_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert "validator/py.typed" in names
    assert "validator/report.schema.json" in names
    assert "validator/findings/delete-denied.md" in names
    assert not [name for name in names if name.startswith(("tests/", "docs/")) or "node_modules" in name]


def needed(wanted: Requirement, extras: frozenset[str] = frozenset()) -> Iterator[Distribution]:
    """What a requirement brings, of what is installed here; with it what that requires, and so on."""
    found = distribution(wanted.name)
    assert wanted.specifier.contains(found.version, prereleases=True), f"{found.name} {found.version} is not {wanted}"
    yield found
    for each in map(Requirement, found.requires or ()):
        if each.marker is None or any(each.marker.evaluate({"extra": extra}) for extra in (extras or {""})):
            yield from needed(each, frozenset(each.extras))


@cache
def whole(folder: Path) -> bool:
    """Whether a folder is one distribution's own package: what is shared has no ``__init__.py``, or one that extends its path."""
    start = folder / "__init__.py"
    return start.exists() and "extend_path" not in start.read_text(encoding="utf-8")


def package_of(distribution_: Distribution, file: Path) -> Path:
    """The outermost package that holds a file, or the file itself."""
    outer = reversed([parent for parent in file.parents if parent.parts])
    return next((each for each in outer if whole(Path(str(distribution_.locate_file(each))))), file)


def bare_environment(folder: Path, wheel: Path) -> Path:
    """An environment that holds the wheel and what it requires without extras: linked, as each is installed here already."""
    _run(sys.executable, "-m", "venv", "--without-pip", str(folder))
    python = str(folder / "bin" / "python")
    place = Path(_run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").stdout.strip())
    [metadata] = [name for name in zipfile.ZipFile(wheel).namelist() if name.endswith(".dist-info/METADATA")]
    declared = message_from_bytes(zipfile.ZipFile(wheel).read(metadata)).get_all("Requires-Dist") or []
    plain = [each for each in map(Requirement, declared) if each.marker is None or each.marker.evaluate({"extra": ""})]
    for each in {found.name: found for wanted in plain for found in needed(wanted, frozenset(wanted.extras))}.values():
        # A package whole, with what it is compiled to; what shares its name with other distributions' packages, by its files.
        for file in {package_of(each, file) for file in each.files or () if ".." not in file.parts and file.suffix != ".pyc"}:
            (place / file).parent.mkdir(parents=True, exist_ok=True)
            (place / file).symlink_to(each.locate_file(file))
    pip = (sys.executable, "-m", "pip", "--python", python, "install", "-qq", "--disable-pip-version-check")
    _run(*pip, "--no-compile", "--no-index", "--no-deps", str(wheel))
    return folder


def test_a_bare_installation_works(wheel: Path, tmp_path: Path) -> None:
    environment = bare_environment(tmp_path / "bare", wheel)
    command = str(environment / "bin" / "planet-validator")
    assert "check" in _run(command, "--help", cwd=tmp_path).stdout
    assert "Why Planet rejects it" in _run(command, "explain", "delete-denied", cwd=tmp_path).stdout
    (tmp_path / "bad.json").write_text(json.dumps({"name": "n", "type": "amazon_s3", "parameters": {"bucket": "s3://b/x"}}))
    linted = _run(command, "lint", "-f", "json", "bad.json", cwd=tmp_path, code=1)
    assert "missing-parameter" in linted.stdout
    # Without the extras, what needs them says so in one line.
    said = _run(command, "serve", cwd=tmp_path, code=2).stderr
    assert "pip install" in said
    assert "Traceback" not in said
    # The demo runs on what is there, and says what it leaves out.
    shown = _run(command, "demo", "-q", cwd=tmp_path).stdout
    assert "Left out" in shown
    assert "pip install" in shown


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["explain", "delete-denied"], ["check", "--help"]])
def test_the_start_is_short(arguments: list[str]) -> None:
    code = f"import sys; sys.argv = ['planet-validator', *{arguments!r}]\nfrom validator.__main__ import main\ntry: main()\nexcept SystemExit: pass\nprint(*sys.modules, file=sys.stderr)"
    loaded = set(_run(sys.executable, "-c", code).stderr.split())
    assert not {name for name in loaded if name.split(".")[0] in HEAVY or name in HEAVY}


def test_lint_loads_no_sdk(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps({"name": "n", "type": "azure_blob_storage", "parameters": {"account": "a"}}))
    code = f"import sys; sys.argv = ['planet-validator', 'lint', {str(tmp_path)!r}]\nfrom validator.__main__ import main\ntry: main()\nexcept SystemExit: pass\nprint(*sys.modules, file=sys.stderr)"
    loaded = set(_run(sys.executable, "-c", code).stderr.split())
    assert not {name for name in loaded if name.split(".")[0] in SDKS}


def test_import_is_lazy_and_the_public_names_are_pinned() -> None:
    import validator

    assert set(validator.__all__) == {
        "BadSource", "CheckFailed", "Confidence", "Destination", "DestinationReport", "Diagnosed", "Diagnosis", "Finding", "Fix", "Loaded", "Operation", "Outcome", "Report",
        "Residue", "Secret", "Settings", "Severity", "Step", "Sweeping", "ValidatorError", "Verdict", "acheck", "check", "diagnose", "lint", "load", "partition", "planet", "sweep",
    }  # fmt: skip
    for name in validator.__all__:
        assert getattr(validator, name) is not None
    with pytest.raises(AttributeError):
        _ = validator.nothing
    code = "import sys, validator; print(*[m for m in sys.modules if m.startswith('validator.')])"
    assert _run(sys.executable, "-c", code).stdout.split() == [
        "validator.core",
        "validator.core.lazy",
        "validator.core.version",
    ]


def test_layers_are_kept() -> None:
    _run(str(Path(sys.executable).parent / "lint-imports"), "--no-logo", cwd=ROOT)


ABSENT = """
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {absent!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Absent())
from validator.cli.app import run
sys.exit(run({arguments!r}))
"""


@pytest.mark.parametrize(
    ("type_name", "extra", "absent", "parameters"),
    [
        (
            "amazon_s3",
            "s3",
            ("boto3", "botocore"),
            {
                "bucket": "imagery-in",
                "aws_region": "eu-central-1",
                "aws_access_key_id": "AKIAQEXAMPLE2EXAMPLE",
                "aws_secret_access_key": "EXAMPLE/" * 5,
            },
        ),
        (
            "azure_blob_storage",
            "azure",
            ("azure",),
            {
                "account": "acct1",
                "container": "imagery-in",
                "sas_token": f"sv=2023-11-03&sr=c&sp=rwdl&se=2099-01-01T00:00:00Z&sig={'EXAMPLEx' * 5}AAA%3D",
            },
        ),
    ],
)
def test_a_type_without_its_sdk_names_the_extra_and_is_judged_offline(
    tmp_path: Path, type_name: str, extra: str, absent: tuple[str, ...], parameters: dict[str, str]
) -> None:
    source = tmp_path / "dest.json"
    source.write_text(json.dumps({"name": "mine", "type": type_name, "parameters": parameters}))

    def ran(command: str) -> tuple[int, str]:
        code = ABSENT.format(absent=absent, arguments=[command, str(source), "--timeout", "5"])
        code = code if command == "check" else code.replace(", '--timeout', '5'", "")
        done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    code, said = ran("check")
    assert code == 2, said
    assert f"[{extra}]" in said
    assert "is not installed" in said
    assert "EXAMPLE/" not in said
    code, said = ran("lint")
    assert "is not installed" not in said
    assert "1 destination: " in said


def test_without_planets_sdk_a_create_names_the_extra(tmp_path: Path) -> None:
    source = tmp_path / "dest.json"
    source.write_text(json.dumps({"type": "s3_compatible", "parameters": {"bucket": "imagery-in"}}))
    code = ABSENT.format(absent=("planet",), arguments=["create", str(source)])
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stderr
    assert "[planet]" in done.stderr
