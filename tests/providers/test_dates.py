"""Dates of headers always have a time zone: two of them can be compared, whatever a store sends."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from validator.providers.common.dates import http_date


@pytest.mark.parametrize("zone", ["GMT", "-0000", "+0000", "UTC", "+0200", ""])
def test_a_date_can_be_compared(zone: str) -> None:
    found = http_date(f"Thu, 01 Jan 2026 00:00:00 {zone}".strip())
    assert found is not None
    assert found < datetime(2027, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "x",
        "Thu",
        "0",
        "Thu, 99 Jan 2026 00:00:00 GMT",
        "Thu, 01 Jan 99999999999999999999 00:00:00 GMT",
        "Thu, 01 Jan 2026 00:00:00 +9999999999",
        "1" * 100_000,
    ],
)
def test_what_is_no_date(text: str) -> None:
    assert http_date(text) is None
