"""Programs with a request in them, and what is read out of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.conftest import ROOT
from validator.core.model import Destination, Secret
from validator.sources.loader import References, load_all

NOTEBOOK = ROOT / "tests" / "examples" / "notebook"
TYPES = ("amazon_s3", "azure_blob_storage", "google_cloud_storage", "oracle_cloud_storage", "s3_compatible")


def read(text: str, name: str = "order.py", **told: Any) -> list[Destination]:
    Path(name).write_text(text)
    return list(load_all([name], references=References(**told)).destinations)


def read_as(name: str, text: str | bytes, **told: Any) -> list[Destination]:
    Path(name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return list(load_all([name], references=References(**told)).destinations)


def read_line(text: str, name: str = "line.txt", **told: Any) -> list[Destination]:
    """Of a script, or a line of one."""
    return read(text, name, **told)


def plain(destination: Destination) -> dict[str, Any]:
    return {key: each.reveal() if isinstance(each, Secret) else each for key, each in destination.parameters.items()}


def unresolved(destination: Destination) -> dict[str, str]:
    return {
        each.pointer.removeprefix("/parameters/"): each.detail
        for each in destination.problems
        if each.name == "unresolved-reference"
    }


REQUEST = """
d = {
    "name": "one of ours",
    "type": "amazon_s3",
    "parameters": {
        "bucket": bucket,
        "aws_region": "eu-west-1",
        "aws_access_key_id": "AKIAEXAMPLEEXAMPLE12",
        "aws_secret_access_key": os.environ["SECRET"],
    },
}
"""
ENV = {"SECRET": "EXAMPLE/" + "k" * 32}


def bucket(before: str, after: str = "") -> Any:
    """The bucket of the request between the two texts, or why it is not known."""
    (found,) = read(f"{before}{REQUEST}{after}", env=ENV)
    assert (found.name, found.type) == ("one of ours", "amazon_s3")
    return unresolved(found).get("bucket") or plain(found)["bucket"]


# ---- the false pass: names are used again ------------------------------------------------------------------------------


def cells() -> list[str]:
    """The notebook's five cells, each with a bucket and a key of its own under names that all of them use."""
    return [
        f"name = 'destination {number}'\n"
        f"bucket = 'imagery-{number}'\n"
        f"key = 'AKIAEXAMPLEEXAMPLE{number:02}'\n"
        "bucket_creds = {\n"
        '    "name": name,\n'
        '    "type": "amazon_s3",\n'
        '    "parameters": {"bucket": bucket, "aws_region": "eu-west-1", "aws_access_key_id": key,\n'
        f'        "aws_secret_access_key": "EXAMPLE{number}{"k" * 32}"}},\n'
        "}\n"
        "pl.destinations.create_destination(bucket_creds)\n"
        for number in range(5)
    ]


def indented(text: str) -> str:
    return "".join(f"    {line}\n" for line in text.splitlines())


def files() -> None:
    Path(".env").write_text("D=from-file\n")
    Path("b.txt").write_text("from-text\n")
    Path("b.json").write_text('{"bucket": "from-json"}')
    Path("key.json").write_text('{"type": "service_account", "private_key": "EXAMPLE"}\n')


GOOD = {
    "name": "s3 destination",
    "type": "amazon_s3",
    "parameters": {
        "bucket": "imagery-in",
        "aws_region": "eu-west-1",
        "aws_access_key_id": "AKIAEXAMPLEEXAMPLE12",
        "aws_secret_access_key": "EXAMPLE/" + "k" * 32,
    },
}


def notebook(*sources: str, **more: Any) -> str:
    found = [
        {"cell_type": "code", "execution_count": 1, "metadata": {}, "outputs": [], "source": each.splitlines(keepends=True)}
        for each in sources
    ]
    text = {"cell_type": "markdown", "metadata": {}, "source": ["# Ours\n", "bucket = 'not code'"]}
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [text, *found], **more}, indent=1)
