"""The options of each command, as argparse takes them. What is not given is None: ``_config`` settles it."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from typing import Any, Final, NoReturn

PROGRAM: Final = "planet-validator"

CODES: Final = (
    "Exit codes: 0 every destination passes, 1 at least one fails, 2 wrong usage or input, 3 could not tell (worth a retry), "
    "130 interrupted."
)


class Parser(argparse.ArgumentParser):
    """One command's options. A wrong one is a line on standard error and exit code 2."""

    def __init__(self, command: str, description: str, epilog: str = CODES) -> None:
        # What begins like an option is not taken for it: the day may come when there are two.
        super().__init__(prog=f"{PROGRAM} {command}".strip(), description=description, epilog=epilog, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        """Say what is wrong, and where to read more."""
        from validator.core.terminal_text import one_line

        sys.stderr.write(f"{PROGRAM}: {one_line(message)}\n{self.prog} --help tells more.\n")
        raise SystemExit(2)

    def value(self, *names: str, metavar: str, help: str) -> None:  # noqa: A002 - argparse's own word
        """An option with one value, as text."""
        self.add_argument(*names, metavar=metavar, help=help)

    def values(self, *names: str, metavar: str, help: str) -> None:  # noqa: A002 - argparse's own word
        """An option that may be given several times."""
        self.add_argument(*names, metavar=metavar, action="append", help=f"{help} Repeatable.")

    def switch(self, name: str, help: str) -> None:  # noqa: A002 - argparse's own word
        """An option that ``--no-...`` takes back, whatever the environment or a file says."""
        self.add_argument(name, action=argparse.BooleanOptionalAction, default=None, help=help)

    def flag(self, *names: str, help: str) -> None:  # noqa: A002 - argparse's own word
        """An option that is there or not."""
        self.add_argument(*names, action="store_true", help=help)


Options = Callable[[Parser], None]


def voice(parser: Parser) -> None:
    """How much is said, and in which colours."""
    parser.value("--color", metavar="WHEN", help="auto (default), always or never")
    parser.flag("-q", "--quiet", help="one line for each destination, and the count")
    parser.add_argument(
        "-v", "--verbose", action="count", default=0, help="evidence, limits, settings; twice: what the SDKs do"
    )


def sources(parser: Parser) -> None:
    """What ``check``, ``lint`` and later commands over sources share."""
    parser.add_argument("sources", nargs="+", metavar="SOURCE", help="a .json, .yaml or .toml file, a folder of them, or -")
    parser.flag("--fix", help="write the proposed changes back to the source, then look again")
    parser.flag("--dry-run", help="with --fix: show the changes alone, write nothing")
    reading(parser)


def reading(parser: Parser) -> None:
    """How sources are read, and what is said of them."""
    parser.value("-f", "--format", metavar="FORMAT", help="text (default), json, junit, sarif, github, markdown or html")
    parser.values(
        "-o", "--output", metavar="[FORMAT:]FILE",
        help="write the report to FILE; with FORMAT: besides the one on standard output.",
    )  # fmt: skip
    parser.switch("--strict", help="warnings fail")
    parser.values("--ignore", metavar="FINDING", help="leave this finding out.")
    parser.value("--expires-within", metavar="DAYS", help="warn of credentials that end sooner (default 14)")
    parser.values("--endpoint", metavar="TYPE=URL", help="another endpoint for a type, such as an emulator.")
    parser.values("--allow-env", metavar="NAME", help="resolve only these environment variables in a source.")
    parser.values("--allow-file", metavar="FOLDER", help="resolve only files below these folders.")
    parser.value("--env-file", metavar="FILE", help="resolve references from this file of NAME=value lines as well")
    parser.value("--config", metavar="FILE", help="settings from this file, not from planet-validator.toml or pyproject.toml")
    parser.add_argument(
        "--no-config", dest="config", action="store_const", const=os.devnull,
        help="read no settings file: for sources that others may change",
    )  # fmt: skip
    voice(parser)


def network(parser: Parser) -> None:
    """What commands share that ask a bucket."""
    parser.value("--timeout", metavar="SECONDS", help="for each destination, clean-up included (default 60)")
    parser.value("--jobs", metavar="N", help="destinations at a time (default 16)")
    parser.value("--ca-bundle", metavar="FILE", help="trust these CA certificates instead of the system's")


def check(parser: Parser) -> None:
    """Of ``check``."""
    sources(parser)
    network(parser)
    parser.value("--retries", metavar="N", help="further tries of what could not be decided, within --timeout (default 0)")
    parser.switch("--proceed", help="write even where it is not proven beforehand that the file can be removed")
    parser.switch("--multipart", help="also start and abort a multipart upload; only ever a warning")
    parser.values("--prefix", metavar="PREFIX", help="check below this prefix as well.")
    owner(parser)
    parser.value("--against", metavar="OLD", help="a rotation: fail only for what SOURCE lost compared with OLD")


def owner(parser: Parser) -> None:
    """What commands share that may read with the operator's own login."""
    parser.switch("--owner", help="after a failure, read with your own login (aws, gcloud, az, oci) what explains it")
    parser.value("--owner-profile", metavar="NAME", help="that profile of aws or oci; asks for --owner as well")


def sweep(parser: Parser) -> None:
    """Of ``sweep``."""
    parser.add_argument("sources", nargs="+", metavar="SOURCE", help="a .json, .yaml or .toml file, a folder of them, or -")
    parser.flag("--delete", help="remove what was listed, after a question: only files that look like the verification file")
    parser.flag("--yes", help="with --delete: do not ask")
    parser.flag("--everywhere", help="look below every prefix: needs the permission to list")
    parser.values("--prefix", metavar="PREFIX", help="look below this prefix as well.")
    parser.values("--force-key", metavar="KEY", help="look at this key as well, and remove it whatever it holds.")
    parser.add_argument(
        "--with", dest="owner_source", metavar="OWNER_SOURCE",
        help="look and remove with the credentials of this other source for the same buckets",
    )  # fmt: skip
    parser.flag("--owner", help="look and remove with your own login (aws, gcloud, az)")
    parser.value("--owner-profile", metavar="NAME", help="that profile of aws; asks for --owner as well")
    parser.value("--at-most", metavar="N", help="removals of one destination in one run (default 1000)")
    reading(parser)
    network(parser)


def policy(parser: Parser) -> None:
    """Of ``policy``."""
    parser.add_argument("source", nargs="?", metavar="SOURCE", help="a .json, .yaml or .toml file with the destination, or -")
    parser.value("--name", metavar="NAME", help="of the destination, where SOURCE holds several")
    parser.value("--type", metavar="TYPE", help="without SOURCE: Planet's name of the type")
    for name in ("bucket", "region", "endpoint", "namespace", "account", "container"):
        parser.value(f"--{name}", metavar=name.upper(), help=f"without SOURCE: the {name}, where the type has one")
    parser.value("--for", metavar="WHOM", help="the user or its ARN, the service account, or the group that is granted")
    parser.value("--prefix", metavar="PREFIX", help="narrow the grant to this folder, and the verification file")
    parser.flag("--bucket-policy", help="S3: the bucket's own side, for a user of another account (--for its ARN)")
    parser.value("--kms-key", metavar="ARN", help="amazon_s3: the KMS key that the bucket encrypts with")
    parser.flag("--multipart", help="also the clean-up of unfinished uploads, where that takes a permission")
    parser.flag("--versions", help="S3: also the removal of the verification file's old versions")
    parser.add_argument(
        "--as",
        choices=("json", "commands"),
        default="json",
        dest="form",
        help="the cloud's own document (default), or commands",
    )
    parser.values("--allow-env", metavar="NAME", help="resolve only these environment variables in a source.")
    parser.values("--allow-file", metavar="FOLDER", help="resolve only files below these folders.")


def create(parser: Parser) -> None:
    """Of ``create``."""
    parser.add_argument("source", metavar="SOURCE", help="a .json, .yaml or .toml file with one destination, or -")
    parser.flag("--default", help="make it the organisation's default destination")
    _handoff(parser)


def update(parser: Parser) -> None:
    """Of ``update``."""
    parser.add_argument("destination", metavar="DESTINATION_ID", help="its id, its pl:ref, or default")
    parser.add_argument("source", metavar="SOURCE", help="a .json, .yaml or .toml file with the new credentials, or -")
    parser.flag("--rename", help="give it the source's name as well: its reference changes")
    _handoff(parser)


def _handoff(parser: Parser) -> None:
    parser.flag("--dry-run", help="look and check alone: change nothing at Planet")
    parser.value("--planet-url", metavar="URL", help="another root of Planet's API (default https://api.planet.com)")
    reading(parser)
    network(parser)
    parser.value("--retries", metavar="N", help="further tries of what could not be decided, within --timeout (default 0)")
    parser.switch("--proceed", help="write even where it is not proven beforehand that the file can be removed")


def explain(parser: Parser) -> None:
    """Of ``explain``."""
    parser.add_argument("finding", nargs="?", metavar="FINDING", help="its name; none lists them all")
    parser.value("-f", "--format", metavar="FORMAT", help="text (default) or json")
    parser.value("--color", metavar="WHEN", help="auto (default), always or never")


def diagnose(parser: Parser) -> None:
    """Of ``diagnose``."""
    parser.add_argument(
        "file",
        nargs="?",
        default="-",
        metavar="FILE",
        help="a traceback, a log, a tool's message or a body; - (default) is standard input",
    )
    parser.value(
        "--type", metavar="TYPE", help="the destination type, where the text does not tell it (s3, gcs, azure and ocs will do)"
    )
    parser.value("-f", "--format", metavar="FORMAT", help="text (default) or json")
    voice(parser)


def schema(parser: Parser) -> None:
    """Of ``schema``."""
    parser.add_argument(
        "--of", choices=("source", "report"), default="source", help="what check reads (default), or what -f json writes"
    )


def serve(parser: Parser) -> None:
    """Of ``serve``."""
    parser.add_argument("--host", default="127.0.0.1", metavar="ADDRESS", help="address to listen on (default 127.0.0.1)")
    parser.add_argument("--port", type=_port, default=8080, metavar="PORT", help="default 8080; 0 picks a free one")
    parser.flag("--allow-private-endpoints", help="also check endpoints on private and loopback addresses")
    parser.values("--allowed-host", metavar="NAME", help="answer under this host name as well.")
    parser.values("--trusted-proxy", metavar="ADDRESS", help="believe this proxy, or network of them, whom it asks for.")
    parser.values("--endpoint", metavar="TYPE=URL", help="another endpoint for a type, such as an emulator.")
    parser.value("--timeout", metavar="SECONDS", help="for each destination, clean-up included (default 60)")
    parser.value("--jobs", metavar="N", help="destinations of one request at a time (default 8)")
    parser.value("--ca-bundle", metavar="FILE", help="trust these CA certificates instead of the system's")


def demo(parser: Parser) -> None:
    """Of ``demo``."""
    voice(parser)


def _port(text: str) -> int:
    number = int(text)
    if not 0 <= number <= 65535:
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return number


def settings(told: Any) -> dict[str, Any]:
    """What was given, by the names of ``_config.KEYS``."""
    return {name.replace("_", "-"): value for name, value in vars(told).items()}


def reads(told: Any) -> list[str]:
    """The files and folders that were named to be read, whatever the command calls them."""
    given = vars(told)
    named = [*(given.get("sources") or ()), *(given.get(name) for name in ("source", "against", "owner_source"))]
    return [each for each in named if each and each != "-"]
