"""What each type says of how its answers look in text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache

from validator import providers
from validator.core.errors import MissingExtra
from validator.providers.base.in_text import InText


@cache
def of_types() -> Mapping[str, InText]:
    """By type: first those that answer in a form of their own, then those that share one; third parties' before ours, of
    which one takes any JSON of code and message for its own.
    """
    known: dict[str, InText] = {}
    # Whatever is wrong with a third party's package, an answer of another's store is read all the same.
    for names, tolerated in ((providers.third_party(), Exception), (providers.BUILT_IN, MissingExtra)):
        for name in names:
            with suppress(tolerated):
                provider = providers.find(name)
                if provider is not None and provider.in_text is not None:
                    known[name] = provider.in_text()
    return dict(sorted(known.items(), key=lambda each: not each[1].alone))


def of(name: str) -> InText:
    """What one type says; nothing, of one that says nothing."""
    return of_types().get(name) or InText(form="")


def speakers(form: str) -> Mapping[str, InText]:
    """The types that answer in a form; every type, where no document tells one."""
    if form in ("network", ""):
        return of_types()
    return {name: each for name, each in of_types().items() if form == each.form or form in each.also}


def sentences(form: str) -> Iterator[tuple[str, str]]:
    """Sentences of a form's stores, with their codes."""
    for each in of_types().values():
        if each.form == form:
            yield from each.sentences.items()
