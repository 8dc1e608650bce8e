"""Dates in headers and documents, where one decides something or is printed; and how one is written."""

from __future__ import annotations

from datetime import UTC, datetime


def http_date(text: str) -> datetime | None:
    """A date as RFC 9110 writes it, with a time zone always: ``-0000`` means UTC too. None for whatever is no date."""
    from email.utils import parsedate_to_datetime

    try:
        date = parsedate_to_datetime(text[:100])
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def stamp(moment: datetime) -> str:
    """The moment in UTC, as ISO 8601 writes it, to the second."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def iso_date(text: str) -> datetime | None:
    """A date as ISO 8601 writes it, in UTC where it names no zone. None for whatever is no date."""
    try:
        date = datetime.fromisoformat(text)
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
