"""Experiments after a failure: the same operation with one thing changed. They explain, and never turn a refusal into a pass."""

from __future__ import annotations

from validator import catalog
from validator.cleanup import Cleanup
from validator.conversation import Conversation
from validator.model import Finding
from validator.perform import Performance, new_body
from validator.providers.base import Experiment, Failure
from validator.record import Recorder, Seen


def explain(talk: Conversation, failure: Failure, seen: Seen) -> Finding | None:
    """Try what the provider proposes after ``failure``; the first that is granted is the explanation.

    What a trial left goes into ``seen``. Raises Interrupted, and whatever opening another connection raises.
    """
    trials = talk.ask(lambda: list(talk.bucket.experiments(failure)), retry=False)
    if not trials.granted:
        return None
    for trial in trials.value:
        if _try(talk, trial, failure.key, seen):
            advice = talk.provider.advise(trial.finding, talk.parameters, failure, talk.options)
            return catalog.finding(
                trial.finding,
                detail=trial.detail or advice.detail,
                evidence={**failure.observation.evidence, **advice.evidence, **trial.evidence},
                fix=advice.fix,
                patch=trial.patch,
                pointer=advice.pointer or (trial.patch[0].path if trial.patch else ""),
            )
    return None


def _try(talk: Conversation, trial: Experiment, key: str, seen: Seen) -> bool:
    with talk.provider.connect(trial.parameters, talk.options) as bucket:
        other = Conversation(talk.provider, trial.parameters, bucket, talk.options, talk.bounds)
        if not trial.performed:
            return other.ask(lambda: bucket.rehearse(trial.operation, key), retry=False).allowed
        record = Recorder(talk.provider, trial.parameters, talk.options)
        cleanup = Cleanup(other, record)
        body = new_body()
        answer, receipt = Performance(other, record, cleanup).write(key, body)
        if answer.may_have_written:
            cleanup.delete(key, receipt, body, "", written=answer.granted)
            seen.wrote = True
            seen.residue += record.seen.residue
            seen.findings += [each for each in record.seen.findings if each.name in ("residue-left", "versions-remain")]
            seen.interrupted |= record.seen.interrupted
        return answer.granted
