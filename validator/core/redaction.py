"""The one way out for text that may hold a secret, in whatever encoding and however cut.

Two things are kept apart. What is *known* to be a secret (:meth:`Redactor.add`) is masked wherever it is repeated, decoded first. What only
*looks* like one is masked in sources alone (:meth:`Redactor.source`): a request id looks like a key as well. Known secrets that are
ordinary words, as bad passwords are, are masked as whole words in what others say, never in names, places and commands of ours.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from functools import cache
from typing import Any, Final, TypeVar

from validator.core import lazy
from validator.core.decoding import Compact, Span, folded, folded_mapped, plain, plain_mapped
from validator.core.model import PatchOperation, Secret
from validator.core.secret_parts import secret_parts
from validator.core.secret_shapes import (
    MASK,
    credentials_in,
    is_own_word,
    is_wordlike,
    masked,
    oddness,
    private_keys,
    web_tokens,
)
from validator.core.values import names, replace

T = TypeVar("T")

WINDOW: Final = 10
"""Characters. So much of a secret in a row is treated as the secret."""
GRAM: Final = 8
"""What is left of them at least where signs that are written in several ways are left out: what is looked for."""
SHORTEST: Final = 6
"""Characters. A shorter value is a word, not a secret: masking it would only garble the text."""
LONGEST: Final = 8192
"""Characters. No credential is longer: of such a value its two ends are enough."""
MOST: Final = 32_768
"""Characters of all secrets together that are kept whole; of what is added after them, the ends."""
END: Final = 128
"""Characters of such an end."""
DEEPEST: Final = 3
"""How often base64 or hexadecimal is undone within what they held."""
PHRASE: Final = 14
"""Characters. A secret of words that is as long as this is none of them by chance: parts of it are masked as well."""
OWN_WORDS: Final = (
    "planet-validator planetverify.txt grant.json https://storage.googleapis.com/ amazonaws.com "
    ".blob.core.windows.net/ .compat.objectstorage. .oraclecloud.com parameters/credentials parameters/access_key_id "
    "parameters/secret_access_key parameters/aws_access_key_id parameters/aws_secret_access_key parameters/customer_access_key_id "
    "parameters/customer_secret_key parameters/sas_token: the secret access key destinations"
)
"""What reports say of themselves: no part of a secret hides it."""
REMEMBERED: Final = 256
"""Texts of at most so many characters whose outcome is remembered, and how many: a report says the same things again and again."""

OURS: Final = frozenset(
    {
        "name", "type", "source", "pointer", "target", "endpoint_override", "key", "permission", "commands", "remove_command",
        "docs_url", "title", "path", "limits", "line",
    }
)  # fmt: skip
"""Fields of a report whose texts are our own or the user's names: no ordinary word is masked in them."""

_PLAIN: Final = (int, float, Enum)

_SIGNATURE: Final = lazy.compile(
    r"(?i)((?:\b|(?<=%26)|(?<=u0026))(?:sig|(?:x-(?:amz|goog)-)?signature|x-amz-security-token|accountkey|sharedaccesskey)(?:=|%(?:25)*3D))[^&\s\"'<>\\;]+"
)
_AUTHORIZATION: Final = lazy.compile(r"(?i)(authorization['\"]?\s{0,8}[:=]\s{0,8}['\"]?|\bbearer\s{1,8})(?!\*)[^\r\n'\"]{8,}")
_PEM_LINES: Final = lazy.compile(r"-----(?:BEGIN|END) [A-Z ]{0,40}-----")
_IN_ELEMENT: Final = lazy.compile(r"(?i)(<(?:signatureprovided|signature|sessiontoken|secretaccesskey)>)[^<]{8,}")
_PASS: Final = lazy.compile(r"/p/(?!\*\*\*/)[^/\s\"']{16,}(?=/n/)")
_GOOGLE_TOKEN: Final = lazy.compile(r"\bya29\.[\w.-]{20,}")


class Redactor:
    """Masks a set of secrets, and the forms that only a secret has, in text and in values.

    Args:
        secrets: what is known to be secret.
        public: values that are shown wherever they stand, such as a bucket's name: no ordinary word among the secrets hides one.
    """

    def __init__(self, secrets: Iterable[Secret | str] = (), public: Iterable[str] = ()) -> None:
        self._known: set[str] = set()
        self._windows: dict[str, bool] = {}
        """Every stretch of GRAM characters of a folded secret; False where it is ordinary text as well, such as an address."""
        self._blocks: list[str] = []
        """The folded secrets cut into blocks of half as many: each of these stretches holds one whole, wherever it begins. A list may grow
        while another thread goes through it.
        """
        self._words: set[str] = set()
        """Whole folded secrets that are ordinary words."""
        self._nobodys: set[str] = set()
        """Those of them that no text of ours holds: digits stand among their letters."""
        self._short: dict[int, set[str]] = {}
        """Whole folded secrets that are shorter than a window, by their length."""
        self._public: set[str] = set()
        """Whole folded values that are shown."""
        self._shown: set[str] = set()
        """Every stretch of GRAM characters of them that is ordinary text."""
        self._room = MOST
        self._least = GRAM
        self._done: dict[tuple[str, bool], str] = {}
        self.show(public)
        for secret in secrets:
            self.add(secret)

    def show(self, values: Iterable[str]) -> None:
        """Values that are shown wherever they stand from now on, as far as they are ordinary words."""
        for value in values:
            form = folded(plain(value[:LONGEST]))
            self._public.add(form)
            if form in self._words:
                self._words.discard(form)
                self._short.get(len(form), set()).discard(form)
            for window, ordinary in _grams(form):
                if ordinary:
                    self._shown.add(window)
                    if window in self._windows:
                        self._windows[window] = False
        self._done.clear()

    def add(self, secret: Secret | str) -> None:
        """Mask this secret from now on, in whatever encoding, and every part of it that is WINDOW characters long."""
        value = secret.reveal() if isinstance(secret, Secret) else secret
        if value in self._known:
            return
        self._known.add(value)
        self._done.clear()
        for part in secret_parts(value):
            for piece in self._kept(part):
                self._learn(piece)

    def _kept(self, part: str) -> Iterable[str]:
        size = END if len(part) > self._room else LONGEST // 2
        self._room -= min(len(part), 2 * size)
        return (part,) if len(part) <= 2 * size else (part[:size], part[-size:])

    def _learn(self, part: str) -> None:
        address = "://" in part
        part = _PEM_LINES.sub("", part) if "-----" in part else part
        # As it stands as well: what repeats a part of it may end within an escape.
        for form in {folded(plain(part)), folded(part)}:
            if len(form) < SHORTEST:
                continue
            word = len(form) < PHRASE and is_wordlike(part) and not address
            if word and form in self._public:
                continue
            if word:
                self._words.add(form)
                self._nobodys |= set() if is_own_word(part) else {form}
            if len(form) < WINDOW:
                self._short.setdefault(len(form), set()).add(form)
                self._least = min(self._least, len(form))
                continue
            self._blocks.extend(form[place : place + GRAM // 2] for place in range(0, len(form) - GRAM // 2 + 1, GRAM // 2))
            windows = dict.fromkeys([form[place : place + GRAM] for place in range(len(form) - GRAM + 1)], True)
            plain_ones = {window for window in windows if word or window in self._shown or _is_ours(window)}
            if address:
                plain_ones |= {window for window, ordinary in _grams(form) if ordinary}
            for window in plain_ones:
                del windows[window]
                self._windows.setdefault(window, False)
            self._windows |= windows

    def text(self, text: str, *, ours: bool = False) -> str:
        """The text with every secret, and every part of one, masked.

        Args:
            text: of any origin.
            ours: names, places and commands: what is an ordinary word stays, whatever else it may be.
        """
        if len(text) < SHORTEST:
            return text
        done = self._done.get((text, ours))
        if done is None:
            spans = list(self._spans(text, 0, ours=ours)) if self._windows or self._short else []
            done = _by_form(masked(text, spans))
            if len(text) <= REMEMBERED and len(self._done) < REMEMBERED:
                self._done[text, ours] = done
        return done

    def source(self, text: str) -> str:
        """A source's own text, or a part of it: what looks like a credential is masked too, known or not."""
        return self.text(masked(text, credentials_in(text)))

    def value(self, value: T) -> T:
        """The same value with every string in it masked: dataclasses, mappings and sequences included."""
        return self._value(value, ours=False)  # type: ignore[no-any-return]  # same shape as it came

    def _value(self, value: Any, *, ours: bool) -> Any:
        if type(value) is str:
            return self.text(value, ours=ours)
        if value is None or isinstance(value, _PLAIN):  # most of a report; the names of its words are our own
            return value
        if isinstance(value, Secret):
            return MASK
        if isinstance(value, Mapping):
            return {self._value(key, ours=ours): self._value(item, ours=ours) for key, item in value.items()}
        if isinstance(value, tuple | list):
            return type(value)(self._value(item, ours=ours) for item in value)
        if isinstance(value, PatchOperation) and value.secret:
            return replace(value, value=MASK)  # a repaired secret is a secret in no form that was known before
        changed = {}
        for name in names(value):
            before = getattr(value, name)
            after = self._value(before, ours=ours or name in OURS)
            if after is not before:
                changed[name] = after
        return replace(value, **changed) if changed else value

    # ---- finding -----------------------------------------------------------------------------------------------------

    def _spans(self, text: str, depth: int, *, ours: bool) -> Iterator[Span]:
        decoded = plain(text)
        if decoded != text:
            yield from self._plain_spans(text, depth, ours=ours)
        spans = list(self._plain_spans(decoded, depth, ours=ours))
        if depth < DEEPEST:
            compact = Compact(decoded)
            for held, back_from in compact.inner(self._least):
                spans += [compact.back(back_from(span)) for span in self._spans(held, depth + 1, ours=ours)]
        if spans:
            back = plain_mapped(text)
            yield from map(back.back, spans)

    def _plain_spans(self, text: str, depth: int, *, ours: bool) -> Iterator[Span]:
        """Where secrets stand in a text that is read as it is."""
        form = folded(text)
        places = None
        for span, whole in self._matches(form):
            places = places or folded_mapped(text)
            start, end = places.back(span)
            while not whole and end < len(text) and text[end] in "+-=":
                end += 1  # left out of what is compared, and part of the secret all the same
            if not whole and end - start < WINDOW:
                continue
            part = form[span[0] : span[1]]
            if (
                not whole
                or depth
                or _alone(text, start, end, word=part in self._words, ours=ours and part not in self._nobodys)
            ):
                yield start, end

    def _matches(self, form: str) -> Iterator[tuple[Span, bool]]:
        """Where folded secrets stand in a folded text, and whether each is whole and must stand alone."""
        windows = self._windows
        # A text that holds no block holds none of them. Where there are many blocks, to look at each place takes no longer.
        if windows and (2 * len(self._blocks) > len(form) or any(map(form.__contains__, self._blocks))):
            place, last = 0, len(form) - GRAM
            while place <= last:
                known = windows.get(form[place : place + GRAM])
                if known is None:
                    place += 1
                    continue
                end = place + 1
                odd = [place] if known else []
                while end <= last and (known := windows.get(form[end : end + GRAM])) is not None:
                    odd += [end] if known else []
                    end += 1
                span = (place, end + GRAM - 1)
                if odd:
                    hull = (odd[0], odd[-1] + GRAM)
                    # What is mostly a secret goes whole; an address of which a secret is a part stays.
                    yield (span if 2 * (hull[1] - hull[0]) >= span[1] - span[0] else hull), False
                elif form[span[0] : span[1]] in self._words:
                    yield span, True
                place = end
        for size, secrets in tuple(self._short.items()):
            for place in range(len(form) - size + 1):
                if form[place : place + size] in secrets:
                    yield (place, place + size), True


@cache
def _own_words() -> str:
    return folded(plain(OWN_WORDS))


def _is_ours(window: str) -> bool:
    """Whether a stretch of GRAM characters is ordinary text of ours."""
    return window in _own_words() and any(ordinary for _, ordinary in _grams(window))


def _grams(form: str) -> Iterator[tuple[str, bool]]:
    """Every stretch of GRAM characters of a folded text, and whether it may be part of an ordinary name or address."""
    oddities = oddness(form)
    odd = sum(oddities[: GRAM - 1])
    for place in range(len(form) - GRAM + 1):
        window = form[place : place + GRAM]
        yield window, odd <= 2 and not window.isdigit()
        if place + GRAM <= len(oddities):
            odd += oddities[place + GRAM - 1] - oddities[place]


def _alone(text: str, start: int, end: int, *, word: bool, ours: bool) -> bool:
    """Whether a stretch stands for itself: not part of a longer word, and, if it is a word, none that we have put there."""
    before, after = text[start - 1 : start] if start else "", text[end : end + 1]
    if word:
        return (
            not ours
            and not re.search(r"\s", text[start:end])
            and not re.match(r"[\w-]", before)
            and not re.match(r"[\w-]", after)
        )
    return not before.isalnum() and not after.isalnum()


def _by_form(text: str) -> str:
    """The text without what has the form of a credential and of nothing else, whoever's it is."""
    if "=" in text or "%" in text:
        text = _SIGNATURE.sub(rf"\1{MASK}", text)
    if "<" in text:
        text = _IN_ELEMENT.sub(rf"\1{MASK}", text)
    if "PRIVATE KEY" in text:
        text = masked(text, private_keys(text))
    if "/p/" in text:
        text = _PASS.sub(f"/p/{MASK}", text)
    if "eyJ" in text:
        text = masked(text, web_tokens(text))
    if "ya29" in text:
        text = _GOOGLE_TOKEN.sub(MASK, text)
    lowered = text.lower()
    if "authorization" in lowered or "bearer" in lowered:
        text = _AUTHORIZATION.sub(rf"\1{MASK}", text)
    return text


class RedactingFilter(logging.Filter):
    """Passes every log record through the redactor, formatted arguments included; of an exception its kind and its places.

    ``looking``: what looks like a credential is masked too, as in a source.
    """

    def __init__(self, redactor: Redactor, *, looking: bool = False) -> None:
        super().__init__()
        self._masked = redactor.source if looking else redactor.text

    def filter(self, record: logging.LogRecord) -> bool:
        """Mask in place; nothing is dropped."""
        record.msg = self._masked(record.getMessage())
        record.args = None
        if record.exc_info and record.exc_info[1] is not None:
            record.exc_text = traced(record.exc_info[1])
            record.exc_info = None
        return True


def traced(error: BaseException) -> str:
    """An exception as it may be shown: kinds and places, of its causes too; no message, which may quote anything."""
    import traceback

    lines: list[str] = []
    visited: set[int] = set()
    each: BaseException | None = error
    while each is not None and id(each) not in visited and len(visited) < 20:
        visited.add(id(each))
        kind = type(each)
        lines.append(f"{'caused by ' if lines else ''}{kind.__module__}.{kind.__qualname__}")
        places = traceback.extract_tb(each.__traceback__)[-30:]
        lines += (f"  {place.filename}:{place.lineno} in {place.name}" for place in places)
        each = each.__cause__ or (None if each.__suppress_context__ else each.__context__)
    return "\n".join(lines)
