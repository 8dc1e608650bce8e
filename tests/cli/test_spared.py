"""What a command's process leaves out of others' modules is there as soon as it is asked for, as ever."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import urllib3.util.url
from botocore import compat
from hypothesis import given
from hypothesis import strategies as st

from validator.cli.spared import LATER, NEVER, PATTERNS, Address, Pattern, Sparing, deferred

ADDRESSES = [
    *(value for value in vars(urllib3.util.url).values() if isinstance(value, re.Pattern) and "{1,4}" in value.pattern),
    compat.IPV6_ADDRZ_RE,
]
"""The patterns for which all this is."""


def in_a_command(program: str) -> str:
    """What this prints in a process of a command's."""
    program = f"from validator.__main__ import prepare\nprepare()\nimport sys\n{program}"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


USES = {
    "asyncio": "from asyncio.events import get_event_loop_policy\nimport asyncio\nassert asyncio.run(asyncio.sleep(0, 1)) == 1",
    "botocore.httpsession": "import botocore.httpsession as m\nm.URLLib3Session().close()",
    "botocore.vendored.six": "from botocore.vendored.six.moves import range as m\nm(1)",
    "bz2": "import bz2\nassert bz2.decompress(bz2.compress(b'a')) == b'a'",
    "calendar": "import calendar\nassert calendar.timegm((1970, 1, 2, 0, 0, 0)) == 86400",
    "cryptography.x509": "from cryptography.x509.oid import NameOID\nfrom cryptography import x509\nassert x509.oid.NameOID is NameOID",
    "dateutil.parser": "import dateutil.parser\nassert dateutil.parser.parse('2026-11-27').day == 27",
    "email.header": "import email.header as m\nassert m.decode_header('=?utf-8?q?a?=') == [(b'a', 'utf-8')]",
    "email.policy": "import email.policy as m\nassert m.default.max_line_length == 78",
    "email.quoprimime": "from email import quoprimime as m\nassert m.body_encode('=') == '=3D'",
    "google.rpc.error_details_pb2": "from google.rpc import error_details_pb2 as m\nassert m.ErrorInfo(reason='a').reason == 'a'",
    "gzip": "import gzip\nassert gzip.decompress(gzip.compress(b'a')) == b'a'",
    "ipaddress": "from ipaddress import ip_address\nassert ip_address('::1').is_loopback",
    "lzma": "import lzma\nassert lzma.decompress(lzma.compress(b'a')) == b'a'",
    "mimetypes": "import mimetypes\nassert mimetypes.guess_type('a.json')[0] == 'application/json'",
    "selectors": "import selectors\nselectors.DefaultSelector().close()",
    "stringprep": "import stringprep\nassert stringprep.in_table_c11(' ')\nassert 'ä.de'.encode('idna') == b'xn--4ca.de'",
    "subprocess": "import subprocess\nassert subprocess.run([sys.executable, '-c', 'pass'], check=True).returncode == 0",
    "tokenize": "from tokenize import *\nassert detect_encoding(iter([b'']).__next__)[0] == 'utf-8'",
}


@pytest.mark.parametrize("name", LATER)
def test_a_module_runs_when_it_is_asked(name: str) -> None:
    shown = f"print('__getattr__' in vars(sys.modules[{name!r}]))"
    assert in_a_command(f"import {name}\n{shown}\n{USES[name]}\n{shown}").split() == ["True", "False"]


ASKS = """
import ast, importlib, sys
before = set(sys.modules)
importlib.import_module(name)
for module in [each for each in sys.modules.values() if each.__name__ not in before and not f"{each.__name__}.".startswith(f"{name}.")]:
    if (getattr(module, "__file__", None) or "").endswith(".py"):
        todo = ast.parse(open(module.__file__, encoding="utf-8").read()).body
        while todo:
            node = todo.pop()
            if isinstance(node, ast.ImportFrom):
                stands = module.__name__.split(".")[: None if hasattr(module, "__path__") else -1]
                base = stands[: len(stands) - node.level + 1] if node.level else []
                package = ".".join([*base, *([node.module] if node.module else [])])
                if name in (package, *(f"{package}.{each.name}" for each in node.names)):
                    print(module.__name__)
            elif not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                todo += [each for each in ast.iter_child_nodes(node) if isinstance(each, (ast.stmt, ast.ExceptHandler))]
"""
"""Prints which of the modules that one imports takes something from it while it is loaded."""


@pytest.mark.no_cover  # in other processes
@pytest.mark.parametrize("name", LATER)
def test_nothing_that_a_module_imports_asks_anything_of_it(name: str) -> None:
    done = subprocess.run([sys.executable, "-c", f"name = {name!r}\n{ASKS}"], capture_output=True, text=True, check=True)
    assert done.stdout == ""


def test_what_is_never_run_holds_what_is_loaded() -> None:
    assert NEVER == ("urllib3.http2",)
    program = "from urllib3.http2 import probe\nprint(probe.acquire_and_get('a', 1), 'importlib.metadata' in sys.modules)"
    assert in_a_command(program) == "None False"


def test_patterns_are_made_as_ever_once_all_is_loaded() -> None:
    names = ", ".join(PATTERNS)
    program = f"""
import re
made = re.compile
import {names}
import urllib3.util.url as url
print(re.compile is made, type(re.compile("a")) is re.Pattern, type(url._IPV6_RE) is re.Pattern, isinstance(url._IPV6_RE, re.Pattern))
print(url.parse_url("HTTPS://u:p@[FE80::1%25eth0]:443/a b?c#d").url)
"""
    assert in_a_command(program).splitlines() == [
        "True True False True",
        str(urllib3.util.url.parse_url("HTTPS://u:p@[FE80::1%25eth0]:443/a b?c#d")),
    ]


def test_there_are_patterns_of_addresses() -> None:
    assert len(ADDRESSES) >= 4
    assert sum(type(deferred(each.pattern)) is Address for each in ADDRESSES) == len(ADDRESSES) - 1  # the host with its port


@pytest.mark.parametrize("real", ADDRESSES, ids=lambda each: each.pattern[:24])
@given(
    text=st.one_of(
        st.text(alphabet="0123456789abcf:.%[]", max_size=24),
        st.ip_addresses(v=6).map("[{}]".format),
        st.ip_addresses().map(str),
    )
)
def test_an_address_matches_as_ever(real: re.Pattern[str], text: str) -> None:
    ours, theirs = deferred(real.pattern, real.flags).match(text), real.match(text)
    assert (ours and ours.groups()) == (theirs and theirs.groups())


def test_a_pattern_is_one_to_whoever_asks() -> None:
    assert type(deferred("a")) is type(deferred(b"a")) is Pattern
    assert isinstance(deferred("a+"), re.Pattern)
    assert re.sub(deferred("a+"), "b", "aac") == "bc"
    assert re.compile(deferred("A", re.IGNORECASE)).fullmatch("a")
    assert deferred("(a)|b", flags=re.ASCII).groups == 1


def slow(folder: Path, first: str = "") -> ModuleType:
    """A module that takes a while to run, and counts how often it was."""
    file = folder / "slow.py"
    file.write_text(f"""
import sys, time
sys.runs = getattr(sys, "runs", 0) + 1
assert getattr(sys.modules[__name__], "absent", None) is None  # asked of itself on the way
{first}
time.sleep(0.05)
value = sys.runs
""")
    module = ModuleType("slow")
    vars(module)["__getattr__"] = Sparing("slow", str(file)).later(module)
    return module


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> Callable[[ModuleType], ModuleType]:
    monkeypatch.setattr(sys, "runs", 0, raising=False)

    def register(module: ModuleType) -> ModuleType:
        monkeypatch.setitem(sys.modules, "slow", module)
        return module

    return register


def test_two_threads_run_a_module_once(tmp_path: Path, registered: Callable[[ModuleType], ModuleType]) -> None:
    module, seen = registered(slow(tmp_path)), []
    threads = [threading.Thread(target=lambda: seen.append(module.value)) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert seen == [1] * 8
    with pytest.raises(AttributeError, match="absent"):
        _ = module.absent


def test_a_module_that_could_not_be_run_is_run_again(tmp_path: Path, registered: Callable[[ModuleType], ModuleType]) -> None:
    module = registered(slow(tmp_path, "if sys.runs == 1: raise ImportError('a part of it is not there')"))
    with pytest.raises(ImportError, match="not there"):
        _ = module.value
    assert module.value == 2


def test_patterns_are_made_as_ever_after_a_module_that_cannot_be_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "typer.py"
    broken.write_text("import re\nmade = re.compile('a')\nraise ValueError(type(made).__name__)")
    made: Callable[..., Any] = re.compile
    monkeypatch.setattr(re, "compile", made)  # whatever happens below
    with pytest.raises(ValueError, match="Pattern"):
        Sparing("typer", str(broken)).exec_module(ModuleType("typer"))
    assert re.compile is made
