"""The settings: each declared once, with its option, its environment variable, its default, its help and its completion."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from validator.core.values import Dataclass

ENVIRONMENT: Final = "PLANET_VALIDATOR_"

REPORT: Final = "Report"
VERDICT: Final = "What is checked, and what fails"
NETWORK: Final = "Time and network"
SOURCES: Final = "Reading sources and settings"
LOGIN: Final = "Your own login"


class CliSetting(Dataclass):
    """One setting, wherever it is given."""

    name: str
    """As the option is called, without dashes before it."""
    default: Any
    read: Callable[[Any], Any]
    """Makes the value, or raises ValueError with what it must be."""
    help: str
    panel: str
    """Under which heading the option is listed."""
    metavar: str = ""
    """What stands for the value in the help; empty for a switch, which ``--no-...`` takes back."""
    short: tuple[str, ...] = ()
    """Shorter names of the option."""
    several: bool = False
    """Whether the option may be given several times."""
    in_file: bool = False
    """Whether a configuration file may give it."""
    complete: Callable[[str], list[str]] | None = None
    """What the shell proposes for what is typed so far."""

    @property
    def variable(self) -> str:
        """The environment variable of the same meaning."""
        return ENVIRONMENT + self.name.upper().replace("-", "_")


def _number(kind: type[int | float], least: float, what: str) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        try:
            number = kind(value) if not isinstance(value, bool) else None
        except (TypeError, ValueError):
            number = None
        if number is None or not least <= number <= 1e6 or (isinstance(value, float) and number != value):
            raise ValueError(what)
        return number

    return read


def _duration(value: Any) -> float:
    match = re.fullmatch(r"(\d{1,6}(?:\.\d{1,3})?)(s|m|h|)", value.strip()) if isinstance(value, str) else None
    if match is None:
        raise ValueError("a time such as 90s, 5m or 1h")
    return float(match[1]) * {"s": 1, "m": 60, "h": 3600, "": 1}[match[2]]


def _one_of(*choices: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if value not in choices:
            raise ValueError(f"one of {', '.join(choices)}")
        return str(value)

    return read


def _switch(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    known = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    if not isinstance(value, str) or value.strip().lower() not in known:
        raise ValueError("true or false")
    return known[value.strip().lower()]


def _split_list(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        value = [each.strip() for each in re.split(r"[,\n]", value)]
    if not isinstance(value, Sequence) or not all(isinstance(each, str) for each in value):
        raise ValueError("a list of strings")
    return tuple(each for each in value if each)


def _names(value: Any) -> tuple[str, ...]:
    # Each option is one name, which may hold a comma; a variable is parted as every list is.
    return _split_list(value) if isinstance(value, str) else tuple(value)


def _findings(value: Any) -> tuple[str, ...]:
    from validator.core import catalog

    names = _split_list(value)
    for name in names:
        if name not in catalog.FINDINGS:
            raise ValueError(f"names of findings; there is no {shown(name)}{meant(name, catalog.FINDINGS)}")
    return names


def meant(name: str, known: Iterable[str]) -> str:
    """``, is strict meant?``, or nothing where no name is close."""
    from difflib import get_close_matches

    close = get_close_matches(name[:40], known, n=1)
    return f", is {close[0]} meant?" if close else ""


def shown(name: str) -> str:
    """A name as a message may show it."""
    return name if len(name) <= 40 and name.isprintable() else repr(name[:40])


def _endpoints(value: Any) -> Mapping[str, str]:
    from validator import providers

    if isinstance(value, Mapping):
        value = [f"{name}={url}" for name, url in value.items()]
    endpoints = {}
    for each in _split_list(value):
        name, equals, url = each.partition("=")
        if not equals or not re.fullmatch(r"https?://[^\s/?#@]++(/[^\s?#]*+)?", url):
            raise ValueError("TYPE=URL, such as amazon_s3=http://127.0.0.1:9000")
        if not providers.known(providers.full_name(name)):
            raise ValueError(f"TYPE=URL, where TYPE is one of {', '.join(providers.types())}")
        endpoints[providers.full_name(name)] = url
    return endpoints


def _path(value: Any) -> str:
    if not isinstance(value, str) or not os.path.isfile(value):  # noqa: PTH113 - pathlib raises for a name that is too long
        raise ValueError("the path of a file that exists")
    return value


def among(*choices: str) -> Callable[[str], list[str]]:
    """A completion that proposes these."""
    return lambda incomplete: [each for each in choices if each.startswith(incomplete)]


def complete_types(incomplete: str) -> list[str]:
    """Destination types, short and whole."""
    from validator import providers

    return among(*providers.SHORT_TYPES, *providers.types())(incomplete)


def complete_findings(incomplete: str) -> list[str]:
    """Names of findings."""
    from validator.core import catalog

    return among(*catalog.FINDINGS)(incomplete)


FORMATS: Final = ("text", "json", "junit", "sarif", "github", "markdown", "html", "note")
WHEN: Final = ("auto", "always", "never")

# A file of the project belongs to whoever may change the project. So what decides where a credential goes, what is
# read, what is written and where, is never taken from it: see docs/decisions/0013-untrusted-places.md.
KEYS: Final[Mapping[str, CliSetting]] = {
    each.name: each
    for each in (
        CliSetting(
            "format", "text", _one_of(*FORMATS), "text (default), json, junit, sarif, github, markdown, html or note", REPORT,
            metavar="FORMAT", short=("-f",), complete=among(*FORMATS), in_file=True,
        ),
        CliSetting(
            "output", (), _split_list, "write the report to FILE; with FORMAT: besides the one on standard output", REPORT,
            metavar="[FORMAT:]FILE", short=("-o",), several=True,
        ),
        CliSetting("strict", False, _switch, "warnings fail", VERDICT, in_file=True),
        CliSetting(
            "select", (), _names, "only the destination of this name", VERDICT,
            metavar="NAME", several=True,
        ),
        CliSetting(
            "ignore", (), _findings, "leave this finding out", VERDICT,
            metavar="FINDING", several=True, complete=complete_findings, in_file=True,
        ),
        CliSetting(
            "expires-within", 14, _number(int, 0, "a number of days, 0 or more"),
            "warn of credentials that end sooner (default 14)", VERDICT, metavar="DAYS", in_file=True,
        ),
        CliSetting(
            "timeout", 60.0, _number(float, 0.1, "a number of seconds above 0"),
            "for each destination, clean-up included (default 60)", NETWORK, metavar="SECONDS", in_file=True,
        ),
        CliSetting("jobs", 16, _number(int, 1, "a number from 1"), "destinations at a time (default 16)", NETWORK, metavar="N", in_file=True),
        CliSetting(
            "retries", 0, _number(int, 0, "a number from 0"),
            "further tries of what could not be decided, within --timeout (default 0)", NETWORK, metavar="N", in_file=True,
        ),
        CliSetting(
            "wait", 0.0, _duration,
            "check again until it passes or this time (90s, 5m) ends, where time can change what was found", NETWORK,
            metavar="TIME",
        ),
        CliSetting("fail-fast", False, _switch, "begin no further destination once one has failed", VERDICT, in_file=True),
        CliSetting(
            "proceed", False, _switch, "write even where it is not proven beforehand that the file can be removed", VERDICT,
        ),
        CliSetting(
            "multipart", False, _switch, "also start and abort a multipart upload; only ever a warning", VERDICT,
        ),
        CliSetting(
            "prefix", (), _split_list, "also below this prefix", VERDICT,
            metavar="PREFIX", several=True,
        ),
        CliSetting(
            "color", "auto", _one_of(*WHEN), "auto (default), always or never", REPORT,
            metavar="WHEN", complete=among(*WHEN), in_file=True,
        ),
        CliSetting(
            "endpoint", {}, _endpoints, "another endpoint for a type, such as an emulator", NETWORK,
            metavar="TYPE=URL", several=True, complete=complete_types,
        ),
        CliSetting(
            "planet-url", None, str, "another root of Planet's API (default https://api.planet.com)", NETWORK,
            metavar="URL",
        ),
        CliSetting(
            "ca-bundle", None, _path, "trust these CA certificates instead of the system's", NETWORK,
            metavar="FILE",
        ),
        CliSetting(
            "owner", False, _switch, "after a failure, read with your own login (aws, gcloud, az, oci) what explains it", LOGIN,
        ),
        CliSetting(
            "owner-profile", None, str, "that profile of aws or oci; asks for --owner as well", LOGIN,
            metavar="NAME",
        ),
        CliSetting(
            "allow-env", None, _split_list, "resolve only these environment variables in a source", SOURCES,
            metavar="NAME", several=True,
        ),
        CliSetting(
            "allow-file", None, _split_list, "resolve only files below these folders", SOURCES,
            metavar="FOLDER", several=True,
        ),
        CliSetting(
            "env-file", None, _path, "resolve references from this file of NAME=value lines as well", SOURCES,
            metavar="FILE",
        ),
    )
}  # fmt: skip
