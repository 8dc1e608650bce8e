"""No regular expression of the package takes time that grows faster than the text, whatever the text is.

What is counted are the steps of a backtracking matcher (``pattern_steps``) on texts that are made from the pattern itself: each
repetition pumped, from each beginning, with an end that it does not accept. No time is measured.
"""

from __future__ import annotations

import ast
import inspect
import random
import re
from collections.abc import Callable, Iterable
from itertools import islice
from types import ModuleType

import pytest

from tests.support import pattern_texts
from tests.support.cases import Cases
from tests.support.pattern_steps import Counter
from tests.support.patterns import collect, modules
from validator import providers
from validator.core import decoding
from validator.core import strangers as foreign
from validator.core.fixed_words import _MESSAGE_LIMIT
from validator.core.values import fields
from validator.diagnosing import kept_answers, looks, tool_messages
from validator.providers import base
from validator.providers.base.in_text import ToolForm
from validator.providers.oracle import advice
from validator.providers.s3 import regions, vendors

pytestmark = pytest.mark.no_cover  # the patterns are tried, no line of the package runs

STEPS = 1_000_000
"""For a text that is cut to a length before it is matched: some tens of milliseconds of the real matcher."""

CUT = {"validator.providers.common.reachability": 253}
"""Modules that match whole names alone, and none that is longer than this."""

PARTS = 20
"""Tests that share the patterns of the source. They are collected when the first of these begins: not by each worker."""


def rules() -> Iterable[base.Rule]:
    for type_ in providers.types():
        yield from providers.find(type_).rules


def said(module: ModuleType, function: str) -> list[str]:
    """The texts that a function of the module is called with."""
    calls = [node for node in ast.walk(ast.parse(inspect.getsource(module))) if isinstance(node, ast.Call)]
    return [
        str(vars(module)[each.id] if isinstance(each, ast.Name) else ast.literal_eval(each))
        for node in calls
        if isinstance(node.func, ast.Name) and node.func.id == function
        for each in node.args[1:]
    ]


def tool_forms() -> list[ToolForm]:
    """How the tools of every provider, and Planet's, print an answer."""
    return [*(each for look in looks.of_types().values() for each in look.tools), tool_messages._PLANET]


# Where the pattern is not written beside the function: what it can be, whether it is looked for everywhere, the greatest length
# of the text (None: any).
ELSEWHERE: dict[str, tuple[Callable[[], Iterable[str]], bool, int | None]] = {
    "validator.core.strangers: pattern": (
        lambda: [pattern for table in (foreign._OURS, foreign._SERVERS, foreign._TEXTS) for pattern, _ in table],
        True,
        foreign._LIMIT,
    ),
    "validator.providers.oracle.advice: pattern": (lambda: said(advice, "_says"), True, None),
    "validator.providers.s3.regions: each.shape": (lambda: [each.shape for each in regions.PARTITIONS], False, None),
    "validator.providers.s3.regions: f'(?<![a-z0-9-]){region}(?![0-9a-z-]|\\\\.\\\\d)'": (
        lambda: [rf"(?<![a-z0-9-]){region}(?![0-9a-z-]|\.\d)" for region in list(regions.REGIONS)[:3]],
        True,
        None,
    ),
    "validator.providers.s3.regions: f'{_bare(region)}[a-f]'": (lambda: ["useast1[a-f]"], False, None),
    "validator.providers.s3.vendors: pattern": (
        lambda: [pattern for pattern, _ in vendors.OTHER_HOSTS],
        False,
        vendors.LONGEST_HOST,
    ),
    "validator.providers.s3.vendors: vendor.root": (
        lambda: [each.root for each in vendors.vendors()],
        False,
        vendors.LONGEST_HOST,
    ),
    "validator.diagnosing.tool_messages: form.pattern": (lambda: [each.pattern for each in tool_forms()], True, None),
    "validator.diagnosing.tool_messages: form.before": (
        lambda: [each.before for each in tool_forms() if each.before],
        True,
        1500,
    ),
    "validator.diagnosing.tool_messages: pattern": (lambda: [pattern for _, pattern in tool_messages._FAULTS], True, None),
    "validator.diagnosing.kept_answers: '|'.join([general, *(look.asks[each] for look in types if each in look.asks)])": (
        lambda: [each.pattern for each in kept_answers._asks().values()],
        True,
        None,
    ),
    "validator.providers.base.in_text: pattern": (
        lambda: [pattern for look in looks.of_types().values() for pattern, _ in look.statuses],
        False,
        None,
    ),
    "validator.providers.base.parameters: each.metadata['shape']": (
        lambda: [
            each.metadata["shape"]
            for type_ in providers.types()
            for each in fields(providers.find(type_).Parameters)
            if each.metadata.get("shape")
        ],
        False,
        None,
    ),
    "validator.providers.base.rules: text": (lambda: [each.text for each in rules() if each.text], True, _MESSAGE_LIMIT),
    "validator.providers.base.rules: want": (
        lambda: [want for each in rules() for want in each.evidence.values()],
        False,
        None,
    ),
    "validator.core.decoding: f'[0-9A-Fa-f]{{{least * 2},}}'": (lambda: ["[0-9A-Fa-f]{12,}"], True, None),
    "validator.core.decoding: f'[A-Za-z0-9+/_-]{{{least * 4 // 3},}}'": (lambda: ["[A-Za-z0-9+/_-]{8,}"], True, None),
    "validator.core.decoding: f'[\\\\t\\\\r\\\\n\\\\x20-\\\\x7e]{{{least},}}'.encode()": (
        lambda: [r"[\t\r\n\x20-\x7e]{6,}"],
        True,
        None,
    ),
}


def test_every_pattern_is_known() -> None:
    found, unknown = collect()
    assert len(found) > 150
    assert len({module.__name__ for module in modules()}) > 60
    assert sorted(set(unknown) - set(ELSEWHERE)) == [], "say in ELSEWHERE what these patterns can be"
    assert sorted(set(ELSEWHERE) - set(unknown)) == [], "these are gone from the source"
    assert decoding  # its patterns are made of a length


@pytest.mark.parametrize("part", range(PARTS))
def test_the_patterns_of_the_source(part: int, cases: Cases) -> None:
    for pattern in collect()[0][part::PARTS]:
        with cases(pattern.where):
            module = pattern.where.partition(":")[0]
            if module in CUT:
                found = pattern_texts.most(pattern.pattern, pattern.flags, scan=False, longest=CUT[module], limit=STEPS)
            else:
                found = pattern_texts.worst(pattern.pattern, pattern.flags, scan=pattern.scan)
            assert found is None, f"{pattern.where}: {pattern.pattern!r}: {found[1]}, on {found[0][:60]!r}"


@pytest.mark.parametrize("where", ELSEWHERE)
def test_a_pattern_of_a_table(where: str) -> None:
    made, scan, longest = ELSEWHERE[where]
    patterns = sorted(set(made()))
    assert patterns
    for pattern in patterns:
        found = pattern_texts.worst(pattern, re.IGNORECASE | re.DOTALL, scan=scan)
        if found is not None and longest is not None and longest <= 4096:
            found = pattern_texts.most(pattern, re.IGNORECASE | re.DOTALL, scan=scan, longest=longest, limit=STEPS)
        assert found is None, f"{where}: {pattern!r}: {found[1]}, on {found[0][:60]!r}"


# ---- the counter itself ----------------------------------------------------------------------------------------------

BAD = [
    (r"(a*)*b", False), (r"(?:\s*(?:#[^\n]*)?\n)*\s*x", False), (r"\s*,?\s*;", False), (r"\w+\d+x", False), (r"a*b", True),
    (r"(?:.+\.)?s3[.-].*amazonaws\.com", False), (r"<Error\b[^>]*>", True), (r"(.*?)</x>", True), (r"\s+$", True),
    (r"(a|a)*b", False), (r"(?:a{0,100}){0,100}b", False), (r"(?:[\w-]++\.){64}", True), (r"a++b", True), (r"^.*,.*,.*;", False),
]  # fmt: skip
GOOD = [
    (r"a*b", False), (r'"[^"]*"', True), (r"[\w-]+\.[\w-]+", False), (r"a{0,200}b", True), (r"^a*$", True), (r"[ \t]*+,", False),
    (r"(?:a|b)*+c", False), (r"x{1,8}y{0,3}", True), (r"(?i)abc|def", True), (r"a++", True), (r"<([a-z]{1,9})>x</\1>", True),
]  # fmt: skip


def test_bad_patterns_are_seen(cases: Cases) -> None:
    for pattern, scan in BAD:
        with cases(pattern):
            assert pattern_texts.worst(pattern, scan=scan)


def test_good_patterns_pass(cases: Cases) -> None:
    for pattern, scan in GOOD:
        with cases(pattern):
            assert pattern_texts.worst(pattern, scan=scan) is None


def test_the_counter_matches_as_re_does() -> None:
    """Or what it counts would be the steps of something else."""
    chance = random.Random(7)  # noqa: S311 - texts of a test
    patterns = [each.pattern for each in collect()[0] if isinstance(each.pattern, str) and not each.flags & re.VERBOSE]
    for pattern in chance.sample(patterns, 60) + [each for each, _ in GOOD]:
        adversary = pattern_texts.Adversary(pattern)
        counter = Counter(pattern, bound=10**9)
        for text in [each.of(12) for each in islice(adversary.texts(), 12)]:
            ends = []
            counter.text, counter.steps, counter.limit, counter.groups = text, 0, 10**6, {}
            ends.append(counter.start(0, lambda position: position))
            found = re.match(pattern, text)
            assert ends == [found.end() if found else -1], (pattern, text)
