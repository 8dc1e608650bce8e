"""One destination of a sweep, from the first look to its report; and how the whole is told."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from validator.checking.batch import folder, mendable, pointing, redactor_of, secrets_of
from validator.checking.conversation import Answer
from validator.checking.diagnosis import diagnose
from validator.checking.lint import examine
from validator.core import catalog
from validator.core.deadline import Bounds, Interrupted, Stop, TimedOut
from validator.core.model import (
    VERDICT_OF,
    VERIFICATION_FILE,
    Destination,
    DestinationReport,
    Finding,
    Fix,
    Kind,
    Mode,
    Observation,
    Operation,
    Residue,
    Secret,
    Severity,
    Step,
    ValidatorError,
    Verdict,
    worst,
)
from validator.providers.base import Bucket, Failure, LoginFailed, Options, Provider, Remnant, RemnantKind, SupportsLogin
from validator.sweeping import wording
from validator.sweeping.scanner import AGAIN, Looked, Sweeper
from validator.sweeping.wording import Identity, Teller, Under

if TYPE_CHECKING:
    from validator.checking.assemble import Settings
    from validator.core.redaction import Redactor
    from validator.sweeping.options import Sweeping

EXPLAINED: Final = 10
"""Files of one destination whose cause is asked for, with some requests each."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be removed from one bucket: what a person is asked about."""

    name: str
    target: str
    remnants: tuple[Remnant, ...]


class Run:
    """One destination, from the first look to its report."""

    def __init__(
        self, destination: Destination, settings: Settings, sweeping: Sweeping, stop: Stop, watch: Callable[[Step], None]
    ) -> None:
        self._destination = destination
        self._settings = settings
        self._sweeping = sweeping
        self._stop = stop
        self._watch = watch
        self._spent = 0.0
        self._provider: Provider | None = None
        self._parameters: Any = None
        self._owner: Any = None
        self._usable = False
        self._target = ""
        self._findings: list[Finding] = []
        self._causes: list[Finding] = []
        self._steps: list[Step] = []
        self._left: list[Residue] = []
        self._limits: list[str] = []
        self._notes: list[str] = []
        self._looked = Looked()
        self._reasons: dict[Identity, str] = {}
        self._interrupted = False
        self._cut_short = False
        self._redactor: Redactor | None = None
        self.gone: list[Remnant] = []

    # ---- offline -----------------------------------------------------------------------------------------------------

    def prepare(self) -> None:
        """Judge the parameters, and find the owner's. Raises ValidatorError."""
        options = self._options(None)
        examined = examine(self._destination, options)
        self._redactor = redactor_of(self._destination, examined.provider)
        self._provider, self._parameters = examined.provider, examined.parameters
        # What is wrong with the source without keeping anybody from looking is check's to say.
        errors = [
            each
            for each in examined.findings
            if each.severity in (Severity.ERROR, Severity.UNKNOWN)
            and (not each.pointer or each.pointer.startswith(("/parameters", "/type")))
        ]
        if self._provider is None or self._parameters is None:
            self._findings = [replace(each, severity=Severity.UNKNOWN) for each in errors] or [
                catalog.finding("unrecognised-answer", detail="The source gives no bucket to look at.")
            ]
            return
        self._target = self._provider.target(self._parameters, VERIFICATION_FILE, options)
        self._usable = not any(each.severity is Severity.ERROR and each.name != "sas-permission-missing" for each in errors)
        self._causes = errors
        if self._sweeping.owners:
            self._owner = self._owners_parameters(self._provider, options)

    def _owners_parameters(self, provider: Provider, options: Options) -> Any:
        seen = []
        for each in self._sweeping.owners:
            if each.type != provider.name:
                continue
            examined = examine(each, options)
            if examined.parameters is None:
                continue
            target = provider.target(examined.parameters, VERIFICATION_FILE, options)
            if target == self._target:
                for secret in secrets_of(each, provider):
                    self._hide(secret)
                return examined.parameters
            seen.append(target)
        held = f"; it holds {', '.join(seen)}" if seen else ""
        raise ValidatorError(f"--with: the owner's source holds no usable destination for {self._target}{held}")

    def _hide(self, secret: str | Secret) -> None:
        if self._redactor is not None:
            self._redactor.add(secret)
        self._settings.remember(secret)

    # ---- asking ------------------------------------------------------------------------------------------------------

    def look(self) -> None:
        """List, and ask why. Changes nothing."""
        with self._bounded() as bounds:
            self._look(bounds)

    def _look(self, bounds: Bounds) -> None:
        provider = self._provider
        if provider is None or self._parameters is None:
            return
        with contextlib.ExitStack() as stack:
            suspect = self._suspect(stack, bounds)
            looker = self._looker(stack, bounds) if self._owner is not None or self._sweeping.login else suspect
            if looker is None:
                if not any(each.severity is Severity.UNKNOWN for each in self._findings):
                    self._findings += [replace(each, severity=Severity.UNKNOWN) for each in self._causes]
                self._causes = []
                self._cut_short = True
                return
            try:
                self._looked = looker.look(self._keys(), VERIFICATION_FILE, everywhere=self._sweeping.everywhere)
                witnesses = self._ask_witness(suspect or looker)
                if suspect is not None:
                    self._explain(suspect, witnesses)
                else:
                    self._without_suspect()
                for one in {id(each): each for each in (suspect, looker) if each is not None}.values():
                    self._left += one.settle(VERIFICATION_FILE)
            except Interrupted:
                self._interrupted = True
            self._collect(suspect, looker)
        self._findings += self._looked.trouble
        self._limits += [f"not seen: {each.what}" for each in self._looked.gaps]

    def _keys(self) -> list[str]:
        places = dict.fromkeys(("", folder(self._destination.path_prefix), *map(folder, self._settings.prefixes)))
        return list(dict.fromkeys([*(f"{place}{VERIFICATION_FILE}" for place in places), *self._sweeping.force_keys]))

    def _ask_witness(self, sweeper: Sweeper) -> dict[str, Answer]:
        """For each key that could be neither read nor listed; what is still unknown then stays unknown."""
        witnesses: dict[str, Answer] = {}
        if self._looked.trouble:
            return witnesses
        for key in self._looked.unseen:
            sure, answer = sweeper.witness(key)
            if answer is None:
                self._findings.append(_blind(key))
            elif sure is None:
                self._limits.append(
                    f"that there is no {key} was concluded from a delete that cannot remove anything (it was answered as for an absent "
                    "file), not seen: likely, not certain"
                )
                self._looked.found.pop(key, None)
            else:
                self._looked.found.setdefault(key, Under(key)).presumed = sure
                witnesses[key] = answer
        return witnesses

    def _explain(self, suspect: Sweeper, witnesses: Mapping[str, Answer]) -> None:
        files = [
            each
            for each in self._looked.found.values()
            if each.presumed is not None or any(one.kind is RemnantKind.CURRENT for one in each.remnants)
        ]
        for under in files[:EXPLAINED]:
            for cause in suspect.explain(under, witnesses.get(under.key)):
                if not any(cause.name == each.name for each in self._causes):
                    self._causes.append(cause)
        if len(files) > EXPLAINED:
            self._limits.append(f"why it stayed was asked of the first {EXPLAINED} of {len(files):,} files")
        folders = [key.removesuffix(VERIFICATION_FILE) for key in self._keys()[1:] if key.endswith("/" + VERIFICATION_FILE)]
        if folders and any(each.name == "delete-denied" for each in self._causes):
            below = next((each for each in folders if suspect.below(each + VERIFICATION_FILE)), None)
            if below is not None:
                self._causes.append(
                    catalog.finding(
                        "prefix-only",
                        detail=f"Delete is granted below {below} and refused at the root, where Planet's check writes {VERIFICATION_FILE}.",
                        evidence={"prefix": below},
                    )
                )

    def _without_suspect(self) -> None:
        names = ", ".join(dict.fromkeys(each.name for each in self._causes))
        for under in self._looked.found.values():
            under.outlook = wording.Outlook(
                f"Why it stayed: {names}." if names else "",
                "Planet's next verification would fail before it writes anything." if names else "",
            )

    # ---- removing ----------------------------------------------------------------------------------------------------

    def plan(self) -> Plan:
        """What may be removed."""
        forced = self._sweeping.force_keys
        may = tuple(each for each in self._looked.remnants if not wording.obstacle(each, forced))
        return Plan(self._destination.name, self._target, may[: self._sweeping.most])

    def remove(self) -> None:
        """Remove what was listed, then look again: what is told to remain was seen to remain."""
        planned = {wording.identity(each) for each in self.plan().remnants}
        if not planned:
            return
        with self._bounded() as bounds, contextlib.ExitStack() as stack:
            other = self._owner is not None or self._sweeping.login
            sweeper = self._looker(stack, bounds) if other else self._suspect(stack, bounds)
            if sweeper is None:
                return
            listed = self._looked.remnants
            self.gone, self._reasons, refusals = sweeper.remove(listed, self._sweeping.force_keys, planned)
            self._causes += [each for each in refusals if not any(each.name == one.name for one in self._causes)]
            for under in self._looked.found.values() if refusals else ():
                under.outlook = wording.Outlook(
                    f"Why it stays: {', '.join(each.name for each in refusals)}.",
                    under.outlook.planet if other else "Planet's next verification would fail as well.",
                )
            self._interrupted |= sweeper.seen.interrupted
            with contextlib.suppress(Interrupted):
                self._left += sweeper.settle(VERIFICATION_FILE)
            self._look_again(sweeper)
            self._collect(sweeper)

    def _look_again(self, sweeper: Sweeper) -> None:
        before = self._looked
        went = {wording.identity(each) for each in self.gone}
        for under in before.found.values():
            under.remnants = [each for each in under.remnants if wording.identity(each) not in went]
        try:
            after = sweeper.look(self._keys(), VERIFICATION_FILE, everywhere=self._sweeping.everywhere)
        except Interrupted:
            self._interrupted = True
            return
        if after.trouble or (after.unseen and set(after.unseen) != set(before.unseen)):
            return  # what was answered to each removal has to do
        for key, under in before.found.items():
            under.remnants = after.found.pop(key).remnants if key in after.found else []
        before.found.update(after.found)

    # ---- connections -------------------------------------------------------------------------------------------------

    def _suspect(self, stack: contextlib.ExitStack, bounds: Bounds) -> Sweeper | None:
        """The destination's own credentials; None where they are not even worth sending."""
        provider = self._provider
        if provider is None or not self._usable:
            return None
        parameters, options = self._parameters, self._options(bounds)
        bucket = self._opened(stack, bounds, lambda: provider.connect(parameters, options))
        return None if bucket is None else self._sweeper(parameters, bucket, options, bounds)

    def _looker(self, stack: contextlib.ExitStack, bounds: Bounds) -> Sweeper | None:
        """The owner's: of another source, or the operator's login."""
        provider, options = self._provider, self._options(bounds)
        if provider is None:
            return None
        if self._owner is not None:
            parameters = self._owner
            bucket = self._opened(stack, bounds, lambda: provider.connect(parameters, options))
            return None if bucket is None else self._sweeper(parameters, bucket, options, bounds)
        parameters = self._parameters
        if not isinstance(provider, SupportsLogin):
            self._findings.append(_no_login(f"the type {provider.name} has no login of its own: use --with OWNER_SOURCE"))
            return None
        with_login: SupportsLogin = provider
        try:
            bucket = self._opened(
                stack, bounds, lambda: with_login.login(parameters, options, self._sweeping.profile, self._hide)
            )
        except LoginFailed as error:
            self._findings.append(_no_login(str(error)))
            return None
        return None if bucket is None else self._sweeper(parameters, bucket, options, bounds)

    def _opened(self, stack: contextlib.ExitStack, bounds: Bounds, connect: Callable[[], Bucket]) -> Bucket | None:
        provider = self._provider
        try:
            return stack.enter_context(bounds.run(connect))
        except (ValidatorError, LoginFailed):
            raise
        except Interrupted:
            self._interrupted = True
        except Exception as error:  # noqa: BLE001 - opening the connection may speak to the network as well
            seen = Observation(Kind.UNREACHABLE, code="timeout") if isinstance(error, TimedOut) else None
            if provider is not None:
                failure = Failure(Operation.READ, VERIFICATION_FILE, Mode.PERFORMED, seen or provider.observe(error))
                finding = diagnose(provider, self._parameters, failure, self._options(None))
                self._findings.append(replace(finding, severity=Severity.UNKNOWN))
        return None

    def _sweeper(self, parameters: Any, bucket: Bucket, options: Options, bounds: Bounds) -> Sweeper:
        assert self._provider is not None  # noqa: S101 - whoever opened the bucket has looked
        redactor = self._redactor
        watch: Callable[[Step], None] = lambda step: self._watch(redactor.value(step) if redactor else step)  # noqa: E731 - as short as it gets
        return Sweeper(self._provider, parameters, bucket, options, bounds, watch=watch)

    def _options(self, bounds: Bounds | None) -> Options:
        return self._settings.options(self._destination.type, bounds.allowed if bounds else None, self._redactor)

    @contextlib.contextmanager
    def _bounded(self) -> Iterator[Bounds]:
        """The time of this destination: looking and removing share it."""
        begun = time.monotonic()
        yield Bounds(max(1.0, self._settings.timeout - self._spent), self._stop, self._settings.clock)
        self._spent += time.monotonic() - begun

    def _collect(self, *sweepers: Sweeper | None) -> None:
        for each in {id(one): one for one in sweepers if one is not None}.values():
            self._steps += each.seen.steps
            self._notes += [
                f"{one.operation} {one.key} ({one.mode}): {one.observation.status or ''} {one.observation.code} {one.observation.message}".strip()
                for one in each.seen.failures
            ]

    # ---- telling -----------------------------------------------------------------------------------------------------

    @property
    def found(self) -> int:
        """Leftovers that were found, those that are gone by now included."""
        return self.remain + len(self.gone)

    @property
    def remain(self) -> int:
        """Leftovers that are still there; what goes by itself, and somebody's own file, are none."""
        return sum(
            (under.presumed is not None) + sum(map(self._weighs, under.remnants)) for under in self._looked.found.values()
        )

    def _weighs(self, remnant: Remnant) -> bool:
        ours = wording.looks_like_ours(remnant, self._sweeping.force_keys) is not False
        return ours and not wording.goes_by_itself(remnant)

    @property
    def goes_on(self) -> bool:
        """Whether another run would remove more."""
        return any(AGAIN in each for each in self._reasons.values())

    @property
    def left(self) -> bool:
        """Whether the questions themselves have left something."""
        return bool(self._left)

    @property
    def unsure(self) -> bool:
        """Whether something decisive could not be seen."""
        return self._cut_short or self._interrupted or any(each.severity is Severity.UNKNOWN for each in self._findings)

    def report(self) -> DestinationReport:
        """What is there now, and what it comes to."""
        findings = list(self._findings)
        residue: list[Residue] = []
        if self._provider is not None and self._parameters is not None:
            teller = Teller(self._provider, self._parameters, self._options(None), self._sweeping.force_keys, self._reasons)
            for under in sorted(self._looked.found.values(), key=lambda each: each.key):
                findings += teller.findings(under)
                residue += teller.residue(under)
                gone = [each for each in self.gone if each.key == under.key]
                if gone and not any(self._weighs(each) for each in under.remnants):
                    findings.append(teller.removed(under, gone))
        if self._interrupted and not any(each.name == "interrupted" for each in findings):
            findings.append(catalog.finding("interrupted"))
        findings += [_weighed(each, remain=self.remain) for each in self._causes]
        told = {(each.key, each.version_id) for each in residue}
        self._left = [each for each in dict.fromkeys(self._left) if (each.key, each.version_id) not in told]
        if self._left:
            findings.append(_own_traces(self._left))
        residue += self._left
        if len(residue) > wording.ROWS:
            self._limits.append(
                f"{len(residue) - wording.ROWS:,} more of the {len(residue):,} leftovers are not listed one by one"
            )
        report = self._finished(findings, residue[: wording.ROWS])
        return self._redactor.value(report) if self._redactor else report

    def _finished(self, findings: Sequence[Finding], residue: Sequence[Residue]) -> DestinationReport:
        destination = self._destination
        kept: list[Finding] = []
        for each in _each_once(findings):
            if each.name not in self._settings.ignore:
                fix = pointing(mendable(each, destination), destination)
                place = destination.place_of(each.pointer)
                kept.append(replace(each, line=place.line, within=place.within, fix=fix))
        kept.sort(key=lambda each: _ORDER.index(each.severity))
        return DestinationReport(
            name=destination.name,
            type=destination.type,
            source=destination.source,
            pointer=destination.pointer,
            target=self._target,
            verdict=worst([Verdict.PASS, *(VERDICT_OF[each.severity] for each in kept)]),
            steps=tuple(self._steps),
            findings=tuple(kept),
            residue=tuple(residue),
            limits=tuple(dict.fromkeys(self._limits)),
            endpoint_override=self._settings.endpoints.get(destination.type),
            duration_ms=round(self._spent * 1000, 1),
            notes=tuple(self._notes),
        )


_ORDER: Final = (Severity.ERROR, Severity.UNKNOWN, Severity.WARNING, Severity.INFO)


def _each_once(findings: Sequence[Finding]) -> Iterable[Finding]:
    told: dict[tuple[str, str], Finding] = {}
    for each in findings:
        told.setdefault((each.name, each.detail), each)
    return told.values()


def _weighed(cause: Finding, *, remain: int) -> Finding:
    """A cause fails only together with what it left; where nothing lies there, it is a warning of the next one."""
    if remain or cause.severity in (Severity.WARNING, Severity.INFO):
        return cause
    return replace(cause, severity=Severity.WARNING if cause.severity is Severity.ERROR else Severity.INFO)


def _blind(key: str) -> Finding:
    finding = catalog.finding(
        "list-denied",
        detail=f"Whether there is a {key} could not be told: these credentials may neither read nor list it (Planet needs neither), and a "
        "delete that cannot remove anything got no answer that tells.",
        evidence={"key": key},
        fix=Fix("Sweep with credentials that may list: --with OWNER_SOURCE, or --owner for your own login."),
    )
    return replace(finding, severity=Severity.UNKNOWN)


def _own_traces(left: Sequence[Residue]) -> Finding:
    return catalog.finding(
        "versions-remain",
        detail="Asking whether a delete is allowed left a trace under a made-up name, since this store keeps versions and knows no "
        "conditions, and these credentials may not remove it. Planet does not mind it.",
        evidence={"keys": ", ".join(dict.fromkeys(each.key for each in left))},
        fix=Fix("Remove it with the command below.", tuple(each.remove_command for each in left)),
    )


def _no_login(why: str) -> Finding:
    finding = catalog.finding("list-denied", detail=f"--owner: {why}.".replace("..", "."))
    return replace(finding, severity=Severity.UNKNOWN, title="there is no login of the owner's to look with")
