"""Answers in XML: read by a real parser, whose document types, entities, depth and size are bounded."""

from __future__ import annotations

import pytest

from validator.providers.common import xml
from validator.providers.common.xml import read

pytestmark = pytest.mark.no_cover  # measured: other tests go through next to all of these lines


def test_what_a_store_lists() -> None:
    root = read(
        b'\xef\xbb\xbf<?xml version="1.0"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Contents><Key> a&amp;b </Key>'
        b"<Size>1</Size><Owner><ID>x</ID></Owner></Contents><Contents><Key>c&#x1;&#9;</Key></Contents></ListBucketResult>"
    )
    assert root is not None
    assert (root.name, root.whole) == ("ListBucketResult", True)
    assert [each.leaves() for each in root.every("Contents")] == [
        {"Key": " a&b ", "Size": "1", "ID": "x"},
        {"Key": "c\ufffd\t"},
    ]
    assert root.first("Key") == " a&b "
    assert root.first("None") == ""


@pytest.mark.parametrize(
    "body",
    [b"", b" ", b"no", b"{}", b"\xff\xfe\x00", b"<", b"<!-- -->", b"<?xml version='1.0'?>", b"<!DOCTYPE html><html></html>"],
)
def test_what_is_no_document(body: bytes) -> None:
    assert read(body) is None


def test_entities_are_not_expanded() -> None:
    laughs = b"".join(b'<!ENTITY a%d "%s">' % (number, b"&a%d;" % (number - 1) * 10) for number in range(1, 12))
    for text in (
        b"<!DOCTYPE Error [<!ENTITY a0 'ha'>" + laughs + b"]><Error><Code>&a11;</Code></Error>",
        b"<!DOCTYPE Error SYSTEM 'file:///etc/passwd'><Error/>",
        b'<!DOCTYPE Error [<!ENTITY x SYSTEM "http://127.0.0.1:9/">]><Error>&x;</Error>',
    ):
        assert read(text) is None


@pytest.mark.parametrize(
    "text", [b"<Error><Code>A</Code><Mess", b"<Error><Code>A</Code><B>x</Error>", b"<Error><Code>A</Code></Error>trailing"]
)
def test_of_a_broken_document_stays_what_stood_before(text: bytes) -> None:
    root = read(text)
    assert root is not None
    assert root.leaves()["Code"] == "A"
    assert not root.whole or b"trailing" in text


@pytest.mark.parametrize(
    "text",
    [
        b"<a>" * 300_000, b"<a/>" * 200_000, b"<a>" + b"<b/>" * 200_000 + b"</a>", b"<Error" * 150_000, b"<Error>" * 150_000,
        b"<Error><" + b"a" * 900_000, b"<a " + b"b='c' " * 100_000 + b"/>", b"<a>" + b"&amp;" * 200_000 + b"</a>", b"&" * 900_000,
        b"<a>" + b"x" * 2_000_000 + b"</a>", b"<![CDATA[" * 100_000,
    ],
)  # fmt: skip
def test_large_documents_are_bounded(text: bytes) -> None:
    root = read(text)
    found = [] if root is None else list(root.every())
    assert len(found) <= xml.MOST
    assert sum(len(each.text) for each in found) <= xml.LARGEST
    depth, level = 0, [root] if root else []
    while level:
        depth += 1
        level = [child for each in level for child in each.children]
    assert depth <= xml.DEEPEST
