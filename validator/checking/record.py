"""What was seen of one destination, step by step. It is written down here, and judged elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from validator.checking.conversation import Attempt, Conversation
from validator.core import catalog
from validator.core.model import Finding, Kind, Mode, Observation, Operation, Outcome, Residue, Severity, Step
from validator.core.values import Dataclass, field
from validator.providers.base import Failure


class ProbeResult(Dataclass, frozen=False):
    """Everything that was seen of one destination."""

    steps: list[Step] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    residue: list[Residue] = field(default_factory=list)
    performed: set[tuple[Operation, str]] = field(default_factory=set)
    """Operations carried out, with the place (the folder below which, "" is the root)."""
    places: list[str] = field(default_factory=list)
    """Where it was to be carried out: both write and delete have to be seen in each."""
    limits: list[str] = field(default_factory=list)
    accepted: bool = False
    """A look was answered as only an accepted key's is, before another request was refused as a stranger's."""
    wrote: bool = False
    interrupted: bool = False

    def tells_of(self, key: str, version: str | None) -> bool:
        """Whether this version, or file, is told as residue already."""
        return any((each.key, each.version_id) == (key, version) for each in self.residue)

    @property
    def notes(self) -> list[str]:
        """The provider's own words, a line for each failure."""
        answers = [(each, each.observation) for each in self.failures]
        return [
            f"{each.operation} {each.key} ({each.mode}): {said.status or ''} {said.code} {said.message}".strip()
            for each, said in answers
        ]


class Recorder:
    """Turns answers into steps, failures and findings."""

    def __init__(
        self,
        talk: Conversation,
        *,
        watch: Callable[[Step], None] = lambda step: None,
        result: ProbeResult | None = None,
    ) -> None:
        self.talk = talk
        self.watch = watch
        self.result = result if result is not None else ProbeResult()
        self._judged: tuple[Failure, Finding] | None = None
        """The failure that was judged last: what it comes to, and of what kind it is, is asked one after the other."""

    def step(
        self,
        operation: Operation,
        key: str,
        mode: Mode,
        answer: Attempt,
        note: str = "",
        *,
        outcome: Outcome | None = None,
        form: str = "",
        permission: str = "",
    ) -> None:
        """One step, told to whoever watches. ``outcome``: what came of it, where that is not what the answer alone says."""
        observation = answer.observation
        step = Step(
            operation=operation,
            key=key,
            mode=mode,
            permission=permission or (self.talk.provider.permissions.get(operation, "") if not form else "multipart"),
            outcome=outcome or self.outcome(answer, operation, key, mode),
            duration_ms=round(answer.seconds * 1000, 1),
            http_status=observation.status if observation else None,
            code=observation.code if observation else "",
            request_id=observation.request_id if observation else "",
            note=note or (str(answer.unproven) if answer.unproven else ""),
            form=form,
            kind=self._kind(answer, operation, key, mode),
        )
        self.result.steps.append(step)
        self.watch(step)

    def skip(self, operation: Operation, key: str, note: str) -> None:
        """A step that was left out, and why."""
        self.step(operation, key, Mode.PERFORMED, Attempt(0.0), note, outcome=Outcome.SKIPPED)

    def skip_rest(self, key: str, note: str) -> None:
        """Whatever was not asked in the folder of ``key``."""
        folder = key.rpartition("/")[0]
        done = {step.operation for step in self.result.steps if step.key.rpartition("/")[0] == folder}
        for operation in (Operation.WRITE, Operation.READ, Operation.LIST, Operation.DELETE):
            if operation in self.talk.provider.permissions and operation not in done:
                self.skip(operation, key, note)

    def fail(self, operation: Operation, key: str, mode: Mode, answer: Attempt, form: str = "") -> None:
        """A request that was not granted: the rules will say what it means."""
        if answer.unproven is not None:
            self.result.findings.append(
                catalog.finding("delete-unproven", detail=str(answer.unproven), evidence=answer.unproven.evidence)
            )
        elif answer.observation is not None:
            self.result.failures.append(Failure(operation, key, mode, answer.observation, form=form))

    def answered(
        self,
        operation: Operation,
        key: str,
        mode: Mode,
        answer: Attempt,
        note: str = "",
        *,
        form: str = "",
        permission: str = "",
    ) -> None:
        """The step of a request, and its failure where it was not granted."""
        outcome = self.outcome(answer, operation, key, mode)
        if outcome is not Outcome.GRANTED:
            self.fail(operation, key, mode, answer, form)
        self.step(operation, key, mode, answer, note, outcome=outcome, form=form, permission=permission)

    def outcome(self, answer: Attempt, operation: Operation, key: str, mode: Mode) -> Outcome:
        """A refusal is what a rule knows to be one; everything else that was not granted leaves the question open."""
        if answer.granted or (mode is Mode.REHEARSED and answer.allowed):
            return Outcome.GRANTED
        if answer.observation is None or answer.kind in (Kind.FOREIGN, Kind.TRANSIENT, Kind.UNREACHABLE):
            return Outcome.UNPROVEN
        finding = self.finding(answer.observation, operation, key, mode)
        return Outcome.UNPROVEN if finding.severity is Severity.UNKNOWN else Outcome.DENIED

    def _kind(self, answer: Attempt, operation: Operation, key: str, mode: Mode) -> Kind | None:
        """What the answer amounts to; a refusal of the account, the token or the address is none of a permission."""
        observation = answer.observation
        if observation is None or observation.kind is not Kind.DENIED:
            return answer.kind
        from validator.checking.diagnosis import concerns_whole

        name = self.finding(observation, operation, key, mode).name
        return Kind.OTHER if concerns_whole(name, self.talk.provider) else observation.kind

    def finding(self, observation: Observation, operation: Operation, key: str, mode: Mode) -> Finding:
        """What the rules make of an answer, with what was seen so far."""
        from validator.checking.diagnosis import diagnose

        failure = Failure(operation, key, mode, observation, frozenset(op for op, _ in self.result.performed))
        if self._judged is None or self._judged[0] != failure:
            self._judged = failure, diagnose(self.talk.provider, self.talk.parameters, failure, self.talk.options)
        return self._judged[1]

    def advised(
        self,
        name: str,
        detail: str,
        evidence: Mapping[str, str],
        *,
        failure: Failure | None = None,
        severity: Severity | None = None,
    ) -> Finding:
        """A finding with the provider's own fix for it, and with a weight of its own where the catalog's is not meant."""
        advice = self.talk.provider.explain_finding(name, self.talk.parameters, failure, self.talk.options)
        return catalog.finding(
            name,
            detail=detail,
            evidence={**evidence, **advice.evidence},
            fix=advice.fix,
            pointer=advice.pointer,
            severity=severity,
        )
