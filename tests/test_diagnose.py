"""The judgement in three steps, apart from any provider's table."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from validator.diagnose import diagnose
from validator.model import Confidence, Finding, Kind, Mode, Observation, Operation, Severity
from validator.providers import find
from validator.providers.base import Failure, Options


def judged(observation: Observation, operation: Operation = Operation.WRITE, **more: Any) -> Finding:
    provider = find("s3_compatible")
    assert provider is not None
    parameters = provider.Parameters(
        "imagery-in", "https://s3.example.com", "us-east-1", "EXAMPLEKEY", "EXAMPLE secret", use_path_style=True
    )
    return diagnose(
        provider, parameters, Failure(operation, "planetverify.txt", Mode.PERFORMED, observation, **more), Options()
    )


REFUSAL = Observation(Kind.DENIED, 403, "AccessDenied", "The moon stands in the seventh house")


def test_a_refusal_in_unknown_words_is_quoted_and_nothing_is_claimed() -> None:
    finding = judged(REFUSAL)
    assert finding.name == "unexplained-refusal"
    assert finding.severity is Severity.ERROR
    assert finding.confidence is Confidence.POSSIBLE
    assert finding.detail.startswith('"The moon stands in the seventh house".')
    assert finding.fix is not None
    assert not finding.fix.grant
    assert not finding.fix.commands


def test_a_long_sentence_is_cut_and_a_missing_one_is_said_to_be_missing() -> None:
    assert len(judged(replace(REFUSAL, message="no " * 5000)).detail) < 600
    assert "gives no reason" in judged(replace(REFUSAL, code="", message="")).detail
    assert judged(replace(REFUSAL, code="NoneOfYourBusiness", message="")).detail.startswith('"NoneOfYourBusiness".')


@pytest.mark.parametrize("operation", [Operation.READ, Operation.LIST])
def test_what_planet_does_not_do_only_warns(operation: Operation) -> None:
    assert judged(REFUSAL, operation).severity is Severity.WARNING
    assert judged(Observation(Kind.TRANSIENT, 503, "SlowDown"), operation).severity is Severity.UNKNOWN


def test_a_stranger_is_named_with_what_it_showed() -> None:
    seen = Observation(Kind.FOREIGN, 405, evidence={"answered_by": "a web server (nginx)", "page": "405 Not Allowed"})
    finding = judged(seen)
    assert finding.name == "not-object-storage"
    assert "a web server (nginx)" in finding.detail
    ours = judged(replace(seen, evidence={**seen.evidence, "side": "ours"}))
    assert ours.severity is Severity.UNKNOWN, "a proxy of ours is not on Planet's way"


def test_a_name_is_never_a_reason() -> None:
    quiet = replace(REFUSAL, message="Odd: object 'imagery-in/planetverify.txt' in bucket imagery-in.")
    loud = Observation(Kind.DENIED, 403, "AccessDenied", "Odd: object 'quota/storage cap exceeded' in bucket imagery-in.")
    assert judged(loud).name == judged(quiet).name == "unexplained-refusal"
