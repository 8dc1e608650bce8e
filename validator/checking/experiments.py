"""Experiments after a failure: the same operation with one thing changed. They explain, and never turn a refusal into a pass."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from validator.checking.cleanup import Cleanup
from validator.checking.conversation import Attempt, Conversation
from validator.checking.ledger import Ledger
from validator.checking.perform import Performance, new_body, sibling_key
from validator.checking.record import ProbeResult, Recorder
from validator.core import catalog
from validator.core.model import Finding, Mode, Step
from validator.providers.base import Experiment, Failure

TOLD: Final = ("residue-left", "versions-remain", "retention-locked")
"""Findings of a trial that are the destination's as well."""


def explain(
    talk: Conversation, failure: Failure, result: ProbeResult, ledger: Ledger, watch: Callable[[Step], None]
) -> Finding | None:
    """Try what the provider proposes after ``failure``; the first that is granted is the explanation.

    What a trial made is in the ledger until it is gone, and is told in ``result``. Raises Interrupted.
    """
    trials = talk.ask(lambda: list(talk.bucket.experiments(failure)), retry=False)
    for trial in trials.value if trials.granted else ():
        if _try(talk, trial, failure.key, result, ledger):
            _tell(talk, trial, failure, result, watch)
            advice = talk.provider.explain_finding(trial.finding, talk.parameters, failure, talk.options)
            return catalog.finding(
                trial.finding,
                detail=trial.detail or advice.detail,
                evidence={**failure.observation.evidence, **advice.evidence, **trial.evidence},
                fix=advice.fix,
                patch=trial.patch,
                pointer=advice.pointer or (trial.patch[0].path if trial.patch else ""),
            )
    return None


def _tell(talk: Conversation, trial: Experiment, failure: Failure, result: ProbeResult, watch: Callable[[Step], None]) -> None:
    """The trial that was granted, as a step: it is what the finding rests on."""
    changed = ", ".join(dict.fromkeys(each.path.rpartition("/")[2] for each in trial.patch))
    Recorder(talk, watch=watch, result=result).step(
        trial.operation,
        failure.key,
        Mode.PERFORMED if trial.performed else Mode.REHEARSED,
        Attempt(0.0),
        f"a trial with {changed or 'one parameter'} changed, which the source does not say",
        form="trial",
        permission=talk.provider.permissions.get(trial.operation, ""),
    )


def _try(talk: Conversation, trial: Experiment, key: str, result: ProbeResult, ledger: Ledger) -> bool:
    opened = talk.ask(lambda: talk.provider.connect(trial.parameters, talk.options), retry=False)
    if not opened.granted:
        return False
    with opened.value as bucket:
        other = Conversation(talk.provider, trial.parameters, bucket, talk.options, talk.deadline)
        # A store that may ignore conditions would carry it out: on a name that nobody has.
        name = key if bucket.enforces_preconditions else sibling_key(key)
        if not trial.performed:
            try:
                return other.ask(lambda: bucket.rehearse(trial.operation, name), retry=False).allowed
            except NotImplementedError:
                return False
        # What it leaves is told; its steps and failures are not the destination's.
        record = Recorder(other, result=ProbeResult(residue=result.residue))
        cleanup = Cleanup(record, ledger)
        try:
            name = key if bucket.creates_exclusively else sibling_key(key)
            if name != key:
                # On a name beside, only what is refused there without the change shows that the change is what was missing.
                plain, _ = Performance(Recorder(talk, result=record.result), ledger, cleanup).write(
                    sibling_key(key), new_body()
                )
                if plain.granted:
                    return False
            answer, _ = Performance(record, ledger, cleanup).write(name, new_body())
            return answer.granted
        finally:
            cleanup.work_off()
            result.wrote |= record.result.wrote
            result.interrupted |= record.result.interrupted
            result.findings += [each for each in record.result.findings if each.name in TOLD]
