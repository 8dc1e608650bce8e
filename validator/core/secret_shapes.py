"""What a credential looks like: the forms that vendors give them, and randomness of a credential's length.

Only for what a source holds. What is known to be a secret is masked whatever it looks like (:mod:`validator.core.redaction`); this finds
secrets that stand where none belongs. Each pattern is linear: one repetition of one class after a fixed beginning.
"""

from __future__ import annotations

import re
import sys
from bisect import bisect
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Final

from validator.core import lazy

MASK: Final = "***"
"""Stands in a secret's place."""
LEAST: Final = 16
"""Letters and digits. Nothing shorter is taken for a credential by its randomness alone."""
LEAST_OF_ONE_CASE: Final = 25
"""The same for letters of one case: names of up to 24 are made of random ones (Azure's accounts, generated suffixes)."""

_FOLLOWERS: Final[Mapping[str, str]] = {
    "a": "bcdfgiklmnprstuvwyz", "b": "aeilorsuy", "c": "acehikloprstuy", "d": "adeilorsuy", "e": "abcdefglmnoprstvwxy",
    "f": "aefilortu", "g": "aehilnorsuy", "h": "aeiotuy", "i": "abcdefgklmnoprstvxz", "j": "aeou", "k": "aeioruy",
    "l": "adefiklostuvy", "m": "abeimnopsuy", "n": "acdefgiklnostuvy", "o": "bcdfgiklmnoprstuvwx", "p": "aehiloprstuy", "q": "u",
    "r": "abcdegiklmnoprstuvy", "s": "acehiklmnopqstuwy", "t": "acehilmorstuwy", "u": "abcdegilmnprstz", "v": "aeio",
    "w": "aehiors", "x": "aept", "y": "aeops", "z": "aeiou",
}  # fmt: skip
"""Which letters follow which in names and words: nine in ten pairs of them, four in ten of random letters."""

_WORDS: Final = lazy.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")
_CHUNK: Final = lazy.compile(r"[A-Za-z0-9]+")
_OWN: Final = lazy.compile(r"[A-Za-z]*[0-9]*")
_RUN: Final = lazy.compile(r"[A-Za-z0-9+/=_.~%-]{16,}")
_HEX: Final = lazy.compile(r"(?i)(?<![a-z0-9])[0-9a-f]{32,}(?![a-z0-9])")
_SIGN: Final = lazy.compile(r"[^A-Za-z0-9+/=_.~%-]")
"""What parts the runs above, and stands in passwords that a program made."""
_GAP: Final = 12
"""Characters between two strange stretches of one password at most, short ones between them included."""
_PIECE: Final = 5
"""Letters and digits. Shorter stretches, as of an IPv6 address, tell nothing."""
_EACH_CASE: Final = 3
"""Letters of either case at least."""
_UUID: Final = lazy.compile(r"(?i)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

_VENDORS: Final = lazy.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"(?i:A[KS]IA|AROA|AIDA|AGPA|AIPA|ANPA|ANVA|APKA|ABIA|ACCA|ASCA)[A-Za-z0-9]{16}(?![A-Za-z0-9])"  # Amazon
    r"|A[KS]IA[A-Z0-9]{12,}"
    r"|(?i:GOOG1)[A-Za-z0-9]{16,}|AIza[\w-]{30,}|ya29\.[\w.-]{10,}|1//[\w-]{20,}|GOCSPX-[\w-]{10,}"  # Google
    r"|DO[0-9A-Z]{18}(?![A-Za-z0-9])|do[op]_v1_[0-9a-f]{16,}"  # DigitalOcean
    r"|LTAI[A-Za-z0-9]{12,}|AKID[A-Za-z0-9]{13,}|SCW[A-Z0-9]{17}|EXO[0-9a-f]{20,}"  # Alibaba, Tencent, Scaleway, Exoscale
    r"|K00[0-9][A-Za-z0-9+/]{27}|00[0-9a-f]{23}(?![A-Za-z0-9])"  # Backblaze
    r"|YC[A-Z][\w-]{20,}|t(?:id|sec)_[\w-]{10,}"  # Yandex, Tigris
    r"|PLAK[0-9a-fA-F]{20,}"  # Planet
    r"|gh[oprsu]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[abeprs]-[\w-]{10,}|hvs\.[\w-]{20,}|[rs]k_live_\w{10,}"
    r")"
)
_OF_VENDORS: Final = (
    "akia", "asia", "aroa", "aida", "agpa", "aipa", "anpa", "anva", "apka", "abia", "acca", "asca", "goog1", "aiza", "ya29.", "1//", "gocspx-",
    "_v1_", "ltai", "akid", "scw", "exo", "k00", "tid_", "tsec_", "plak", "gho_", "ghp_", "ghr_", "ghs_", "ghu_", "github_pat_", "glpat-", "xox",
    "hvs.", "k_live_",
)  # fmt: skip
"""One of them is in each of these in lower case, but for those of DigitalOcean, Backblaze and Yandex: without any, nothing is compiled."""
_SHORTEST_OF_VENDORS: Final = 14
"""Characters: Tigris' ids are the shortest of them."""
_WEB_TOKEN: Final = lazy.compile(r"(?<![A-Za-z0-9])eyJ[\w-]{8,}+(?P<rest>\.[\w-]{8,}+(?:\.[\w-]++)?)?")
"""A JSON web token, or what begins like one: taken to its end as well, or each beginning in it would be tried again."""
_NAMED: Final = lazy.compile(
    r"(?i)(?<![a-z0-9])(?:sig|signature|x-(?:amz|goog|oss|obs)-(?:signature|credential|security-token)|accountkey|sharedaccesskey"
    r"|sharedaccesssignature|awsaccesskeyid|aws_access_key_id|googleaccessid|ossaccesskeyid|accesskeyid|q-signature|q-ak"
    r"|secret|token|passwd|password|pwd|apikey|api[_-]key|access[_-]key|secret[_-]key|private[_-]key)"
    r"[\"']?\s?(?:=|:|%3D|%253D)\s?[\"']?([^\s&;,\"'<>{}$]{6,})"
)
_OF_NAMES: Final = ("sig", "key", "secret", "token", "pass", "pwd", "credential", "accessid", "q-ak")
"""One of them is in the name of each of these secrets."""
_SCHEMES: Final = ("bearer", "basic", "api-key")
_BEARER: Final = lazy.compile(r"(?i)(?<![a-z0-9])(?:bearer|basic|api-key)\s{1,4}([\w.~+/=-]{12,})")
_PAR: Final = lazy.compile(r"/p/([^/\s\"']{8,})/n/")
_USERINFO: Final = lazy.compile(r"://[^\s/:@\"']{0,200}:([^\s/\"']{1,200})@")
_PEM: Final = lazy.compile(r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----")
_PEM_END: Final = lazy.compile(r"-----END [A-Z ]{0,40}PRIVATE KEY-----")
_ACCOUNT_IN_HOST: Final = lazy.compile(
    r"(?i)(?<![a-z0-9.-])(?:[a-z0-9-]+\.|pub-)?([0-9a-f]{32})\.(?:(?:eu|fedramp|us)\.)?(?:r2\.cloudflarestorage\.com|r2\.dev)"
)
"""Cloudflare's host names hold the account's id, which is no secret."""
_ORACLE_ID: Final = lazy.compile(r"(?<![a-z0-9])(ocid1\.[a-z0-9.-]{1,250})")
_DESTINATION: Final = lazy.compile(r"(?<![a-z0-9])(pl:destinations/[A-Za-z0-9-]{1,100})(?![A-Za-z0-9_+/=.~%-])")
"""Planet's reference to a stored destination: its name and a random id, which everyone in the organization sees."""
_ACCESS_POINT: Final = lazy.compile(r"(?<![A-Za-z0-9])([a-z0-9][a-z0-9-]{20,60}-s3alias)(?![A-Za-z0-9-])")
"""Amazon's alias of an access point: its name and random letters, which stand in every address of it."""
_PUBLIC: Final = (
    (_ACCOUNT_IN_HOST, ".r2."),
    (_ORACLE_ID, "ocid1."),
    (_DESTINATION, "pl:destinations/"),
    (_ACCESS_POINT, "-s3alias"),
)
"""What looks random and is no secret, with what it cannot do without in lower case (as in :func:`_all`)."""
_PASSWORD: Final = lazy.compile(r"(?=[^!@#$%^&*?~|+]*[!@#$%^&*?~|+])[\x21-\x7e]{8,128}")


def credentials_in(text: str) -> list[tuple[int, int]]:
    """The stretches of a source's string that look like a credential: start and end of each, in order, none overlapping."""
    if len(text) < 8:
        return []
    spans = [*_all(text)]
    if len(text) > LEAST and not (text.islower() or text.isupper()) and _SIGN.search(text):
        spans += _across_signs(text)
    if spans:
        lower = text.lower()
        public = [match.span(1) for pattern, needed in _PUBLIC if needed in lower for match in pattern.finditer(text)]
        spans = [*_outside(spans, public)] if public else spans
    return joined(spans)


def credential_parts(*texts: str) -> list[str]:
    """What of these looks like a credential."""
    return [text[start:end] for text in texts for start, end in credentials_in(text)]


def in_dotted_key(name: str, value: object) -> list[str]:
    """The parts of a key that looks like a credential: a bare key of TOML with dots in it is read as tables within tables."""
    parts = [name]
    while isinstance(value, Mapping) and len(value) == 1 and len(parts) < LEAST:
        inner, value = next(iter(value.items()))
        parts.append(str(inner))
    looking = credential_parts(".".join(parts)) if len(parts) > 1 else ()
    return [part for part in parts if any(part in each for each in looking)]


def web_tokens(text: str) -> Iterator[tuple[int, int]]:
    """Where JSON web tokens stand: start and end of each."""
    return (match.span() for match in _WEB_TOKEN.finditer(text) if match["rest"])


def joined(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The stretches in order, as one where they overlap or touch."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def masked(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """The text with these stretches masked."""
    parts, end = [], 0
    for start, stop in joined(spans):
        parts += [text[end:start], MASK]
        end = stop
    return "".join([*parts, text[end:]])


def private_keys(text: str) -> Iterator[tuple[int, int]]:
    """Where private keys in PEM stand, the last perhaps without its end: start and end of each."""
    position = 0
    while (begin := _PEM.search(text, position)) is not None:
        end = _PEM_END.search(text, begin.end())
        position = end.end() if end else len(text)
        yield begin.start(), position


def is_uuid(text: str) -> bool:
    """Whether the text is a UUID: a credential with some vendors, an ordinary id with most."""
    return _UUID.fullmatch(text) is not None


def _all(text: str) -> Iterator[tuple[int, int]]:
    # Most texts are short names: what a pattern cannot do without is looked for first, and most are never compiled.
    if "-----BEGIN " in text:
        yield from private_keys(text)
    if "eyJ" in text:
        yield from web_tokens(text)
    for pattern, needed in (
        (_NAMED, ("=" in text or ":" in text or "%" in text) and _may_hold(text, _OF_NAMES)),
        (_BEARER, any(map(str.isspace, text)) and _may_hold(text, _SCHEMES)),
        (_PAR, "/p/" in text),
        (_USERINFO, "://" in text and "@" in text),
    ):
        if needed:
            yield from (match.span(1) for match in pattern.finditer(text))
    if len(text) >= _SHORTEST_OF_VENDORS and (
        _may_hold(text, _OF_VENDORS) or "DO" in text or "YC" in text or ("00" in text and len(text) >= LEAST_OF_ONE_CASE)
    ):
        yield from (match.span() for match in _VENDORS.finditer(text))
    if len(text) >= 32:
        yield from (match.span() for match in _HEX.finditer(text) if _mixed(match[0]))
    if len(text) >= 16:
        for match in _RUN.finditer(text):
            yield from ((match.start() + start, match.start() + end) for start, end in _random(match[0]))


def _may_hold(text: str, needed: Iterable[str]) -> bool:
    """Whether one of these is in it, regardless of case: of what is not ASCII, more than one character may stand for a letter there."""
    lower = text.lower()
    return not text.isascii() or any(each in lower for each in needed)


def _mixed(text: str) -> bool:
    return re.search("[0-9]", text) is not None and re.search("[A-Za-z]", text) is not None


def _random(run: str) -> Iterator[tuple[int, int]]:
    """The random parts of a run of the characters that credentials are made of, separators between them included."""
    if _odd(run):
        yield 0, len(run)
        return
    # An address or a path: one of its parts may be a credential.
    for separators in ("/", "/.=%", "/.=%_~-"):
        parts = re.compile(f"[^{re.escape(separators)}]{{{LEAST},}}")
        spans = [match.span() for match in parts.finditer(run) if _odd(match[0])]
        if spans:
            yield from spans
            return


def _outside(spans: Iterable[tuple[int, int]], public: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Those that lie in no public stretch."""
    public = joined(public)
    for start, end in spans:
        before = bisect(public, (start, sys.maxsize)) - 1
        if before < 0 or end > public[before][1]:
            yield start, end


def _across_signs(text: str) -> Iterator[tuple[int, int]]:
    """Where random letters of both cases stand that signs or single blanks part: each part may be too short to look like a credential."""
    start = end = 0
    for match in _CHUNK.finditer(text):
        here = match.span()
        if here[1] - here[0] < _PIECE or match[0].isdigit() or _is_plain(match[0]):
            continue
        gap = text[end : here[0]]
        near = len(gap) <= _GAP and not ("&" in gap and "=" in gap)  # which stands between an address's fields
        if not end or not near or (len(gap) > 1 and any(map(str.isspace, gap))):
            if _is_parted(text[start:end]):
                yield start, end
            start = here[0]
        end = here[1]
    if _is_parted(text[start:end]):
        yield start, end


def _is_plain(chunk: str) -> bool:
    """Whether letters and digits are of one or more words, as names are written: ``PlanetScope2024``."""
    return is_own_word(chunk) and is_wordlike(chunk) and len(_WORDS.findall(chunk.rstrip("0123456789"))) <= 1 + len(chunk) // 5


def _is_parted(text: str) -> bool:
    """Whether a stretch is random letters of both cases that signs part."""
    if len(text) <= LEAST or min(sum(map(str.islower, text)), sum(map(str.isupper, text))) < _EACH_CASE:
        return False
    if not _SIGN.search(text) or not _odd(text):
        return False
    # Letters that are not ASCII part the names of most languages: digits among the others do not.
    return text.isascii() or any(not is_own_word(each) for each in _CHUNK.findall(text))


def _odd(text: str) -> bool:
    """Whether most of the text is made of no words and no numbers that stand alone."""
    length = odd = 0
    lower = upper = digit = False
    for chunk in _CHUNK.findall(text):
        length += len(chunk)
        pieces = _WORDS.findall(chunk)
        for index, piece in enumerate(pieces):
            if piece.isdigit():
                digit = True
                inside = 0 < index < len(pieces) - 1
                odd += len(piece) if (inside and len(piece) < 6) or (len(pieces) > 1 and len(piece) < 3) else 0
                continue
            lower = lower or not piece.isupper()
            upper = upper or not piece.islower()
            if len(piece) < 3:
                odd += len(piece) if len(pieces) > 1 else 0
            elif not is_word(piece):
                odd += len(piece)
    if length < LEAST or not (lower or upper):
        return False
    if not (lower and upper):
        # One case alone: names of stores and generated suffixes are made of it as well.
        capital_key = upper and digit and length == len(text) and odd >= (0.2 if length == 20 else 0.4) * length
        return capital_key or (length >= LEAST_OF_ONE_CASE and odd >= 0.55 * length and "-" not in text and "." not in text)
    return odd >= (0.45 if digit and length >= 20 else 0.55) * length


def looks_like_password(text: str) -> bool:
    """Whether a whole value looks chosen as a password: signs among letters and numbers that make no words."""
    if (
        not any(each in text for each in "!@#$%^&*?~|+")
        or not _PASSWORD.fullmatch(text)
        or "://" in text
        or re.search(r"\$\{|\{\{|^<|%[0-9A-Fa-f]{2}", text)
    ):
        return False
    bare = re.sub("[^A-Za-z0-9]", "", text)
    mixed = re.search("[a-z]", bare) and re.search("[A-Z]", bare)
    return bool(_mixed(bare) or mixed) and not is_wordlike(bare)


def is_word(text: str) -> bool:
    """Whether letters follow one another as in names and words."""
    text = text.lower()
    good = 0
    for letter, after in pairwise(text):
        if after in _FOLLOWERS.get(letter, ""):  # no generator: each word of each source is asked about
            good += 1
    return good >= 0.72 * (len(text) - 1)


def oddness(text: str) -> list[int]:
    """Of each two neighbours in a text in lower case, how little they look like a name or an address: 0, 1, or 3 for a sign."""
    return [
        0
        if after in _FOLLOWERS.get(letter, "") or letter in "/.:" or after in "/.:" or (letter.isdigit() and after.isdigit())
        else 1
        if letter.isalnum() and after.isalnum()
        else 3
        for letter, after in pairwise(text)
    ]


def is_wordlike(text: str) -> bool:
    """Whether a text, however short, may well be an ordinary word or name: words, and numbers at their ends."""
    chunks = _CHUNK.findall(text)
    if not re.search("[A-Za-z]", text):
        return False
    if sum(map(len, chunks)) < 0.6 * len(text) or re.search(r"[^\w.:/ -]", text):
        return False
    for chunk in chunks:
        pieces = _WORDS.findall(chunk)
        letters = [each for each in pieces if not each.isdigit()]
        if len(letters) > 1 + len(chunk) // 4 or len(pieces) - len(letters) > 2:
            return False
        if not all(len(each) < 3 or is_word(each) for each in letters):
            return False
    return True


def is_own_word(text: str) -> bool:
    """Whether a word-like text may stand in what we write ourselves: its digits, if it has any, follow its letters."""
    return all(_OWN.fullmatch(chunk) for chunk in _CHUNK.findall(text))
