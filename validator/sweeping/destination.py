"""One destination of a sweep: looking, asking why, removing, and looking again."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from validator.checking.conversation import Attempt
from validator.core import catalog
from validator.core.deadline import CancelToken, Deadline, Interrupted
from validator.core.model import VERIFICATION_FILE, Destination, Finding, Fix, Severity, Step
from validator.core.values import replace
from validator.providers.base import LeftoverKind
from validator.sweeping import wording
from validator.sweeping.access import Access
from validator.sweeping.options import RemovalPlan, Sweeping
from validator.sweeping.removal import remove
from validator.sweeping.scanner import LeftoverScanner
from validator.sweeping.subject import SweepSubject
from validator.sweeping.summary import Summary
from validator.sweeping.wording import KeyContents

if TYPE_CHECKING:
    from validator.checking.assemble import Settings

EXPLAINED: Final = 10
"""Files of one destination whose cause is asked for, with some requests each."""


class DestinationSweep:
    """One destination, from the first look to its report."""

    def __init__(
        self, destination: Destination, settings: Settings, sweeping: Sweeping, stop: CancelToken, watch: Callable[[Step], None]
    ) -> None:
        self.subject = SweepSubject(destination, settings, sweeping)
        self.summary = Summary(self.subject)
        self._stop = stop
        self._watch = watch

    def prepare(self) -> None:
        """Judge the parameters, and find the owner's. Raises ValidatorError."""
        self.subject.judge()

    # ---- looking -----------------------------------------------------------------------------------------------------

    def look(self) -> None:
        """List, and ask why. Changes nothing."""
        if self.subject.parameters is None:
            return
        with self._access() as access:
            suspect = access.suspect()
            looker = access.looker() if self.subject.by_other else suspect
            if looker is None:
                if not any(each.severity is Severity.UNKNOWN for each in self.subject.findings):
                    self.subject.findings += [replace(each, severity=Severity.UNKNOWN) for each in self.subject.causes]
                self.subject.causes = []
                self.subject.cut_short = True
                return
            try:
                self.subject.looked = looker.look(
                    self.subject.keys(), VERIFICATION_FILE, everywhere=self.subject.sweeping.everywhere
                )
                witnesses = self._ask_witness(suspect or looker)
                if suspect is not None:
                    self._explain(suspect, witnesses)
                else:
                    self._without_suspect()
            except Interrupted:
                self.subject.interrupted = True
            finally:
                for each in dict.fromkeys(filter(None, (suspect, looker))):
                    self._settle(each)
                    self.subject.collect(each.result)
        self.subject.findings += self.subject.looked.trouble
        self.subject.limits += [f"not seen: {each.what}" for each in self.subject.looked.unseen_parts]

    def _ask_witness(self, scanner: LeftoverScanner) -> dict[str, Attempt]:
        """For each key that could be neither read nor listed; what is still unknown then stays unknown."""
        witnesses: dict[str, Attempt] = {}
        if self.subject.looked.trouble:
            return witnesses
        for key in self.subject.looked.unseen:
            sure, answer = scanner.witness(key)
            if answer is None:
                self.subject.findings.append(_blind(key))
            elif sure is None:
                self.subject.limits.append(
                    f"that there is no {key} was concluded from a delete that cannot remove anything (it was answered as for an absent "
                    "file), not seen: likely, not certain"
                )
                self.subject.looked.files.pop(key, None)
            else:
                self.subject.looked.files.setdefault(key, KeyContents(key)).presumed = sure
                witnesses[key] = answer
        return witnesses

    def _explain(self, suspect: LeftoverScanner, witnesses: Mapping[str, Attempt]) -> None:
        files = [
            each
            for each in self.subject.looked.files.values()
            if each.presumed is not None or any(one.kind is LeftoverKind.CURRENT for one in each.leftovers)
        ]
        for under in files[:EXPLAINED]:
            for cause in suspect.explain(under, witnesses.get(under.key)):
                if not any(cause.name == each.name for each in self.subject.causes):
                    self.subject.causes.append(cause)
        if len(files) > EXPLAINED:
            self.subject.limits.append(f"why it stayed was asked of the first {EXPLAINED} of {len(files):,} files")
        if any(each.name == "delete-denied" for each in self.subject.causes):
            others = [key for key in self.subject.keys()[1:] if key.endswith("/" + VERIFICATION_FILE)]
            if below := next(filter(suspect.below, others), "").removesuffix(VERIFICATION_FILE):
                detail = (
                    f"Delete is granted below {below} and refused at the root, where Planet's check writes {VERIFICATION_FILE}."
                )
                self.subject.causes.append(catalog.finding("prefix-only", detail=detail, evidence={"prefix": below}))

    def _without_suspect(self) -> None:
        names = ", ".join(dict.fromkeys(each.name for each in self.subject.causes))
        for under in self.subject.looked.files.values():
            under.outlook = wording.KeyOutlook(
                f"Why it stayed: {names}." if names else "",
                "Planet's next verification would fail before it writes anything." if names else "",
            )

    # ---- removing ----------------------------------------------------------------------------------------------------

    def plan(self) -> RemovalPlan:
        """What may be removed."""
        forced = self.subject.sweeping.force_keys
        may = tuple(each for each in self.subject.looked.leftovers if not wording.blocked(each, forced))
        return RemovalPlan(self.subject.destination.name, self.subject.target, may[: self.subject.sweeping.most])

    def remove(self) -> None:
        """Remove what was listed, then look again: what is told to remain was seen to remain."""
        planned = {wording.identity(each) for each in self.plan().leftovers}
        if not planned:
            return
        with self._access() as access:
            other = self.subject.by_other
            scanner = access.looker() if other else access.suspect()
            if scanner is None:
                return
            listed = self.subject.looked.leftovers
            try:
                self.subject.gone, self.subject.reasons, refusals = remove(
                    scanner.record, listed, self.subject.sweeping.force_keys, planned
                )
            finally:
                self._settle(scanner)
            self.subject.causes += [each for each in refusals if not any(each.name == one.name for one in self.subject.causes)]
            for under in self.subject.looked.files.values() if refusals else ():
                under.outlook = wording.KeyOutlook(
                    f"Why it stays: {', '.join(each.name for each in refusals)}.",
                    under.outlook.planet if other else "Planet's next verification would fail as well.",
                    wording.beginning(refusals, owner=other),
                )
            self.subject.interrupted |= scanner.result.interrupted
            self._look_again(scanner)
            self.subject.collect(scanner.result)

    def _look_again(self, scanner: LeftoverScanner) -> None:
        before = self.subject.looked
        went = {wording.identity(each) for each in self.subject.gone}
        for under in before.files.values():
            under.leftovers = [each for each in under.leftovers if wording.identity(each) not in went]
        try:
            after = scanner.look(self.subject.keys(), VERIFICATION_FILE, everywhere=self.subject.sweeping.everywhere)
        except Interrupted:
            self.subject.interrupted = True
            return
        if after.trouble or (after.unseen and set(after.unseen) != set(before.unseen)):
            return  # what was answered to each removal has to do
        for key, under in before.files.items():
            under.leftovers = after.files.pop(key).leftovers if key in after.files else []
        before.files.update(after.files)

    def _settle(self, scanner: LeftoverScanner) -> None:
        """Whatever ended the questions: what they have made is taken back, or told."""
        self.subject.traces += scanner.cleanup_versions(VERIFICATION_FILE)

    @contextlib.contextmanager
    def _access(self) -> Iterator[Access]:
        """The connections of this destination, in its time: looking and removing share it."""
        settings, begun = self.subject.settings, time.monotonic()
        deadline = Deadline(max(1.0, settings.timeout - self.subject.spent), self._stop, settings.clock)
        with contextlib.closing(deadline), contextlib.ExitStack() as stack:
            yield Access(self.subject, self._watch, stack, deadline)
        self.subject.spent += time.monotonic() - begun


def _blind(key: str) -> Finding:
    return catalog.finding(
        "list-denied",
        detail=f"Whether there is a {key} could not be told: these credentials may neither read nor list it (Planet needs neither), and a "
        "delete that cannot remove anything got no answer that tells.",
        evidence={"key": key},
        fix=Fix("Sweep with credentials that may list: --with OWNER_SOURCE, or --owner for your own login."),
        severity=Severity.UNKNOWN,
    )
