"""What is swept: a destination and its owner's parameters, judged without a connection; and what its sweep has come to so far."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from validator.checking.batch import folder, redactor_of, secrets_of
from validator.checking.lint import examine
from validator.checking.record import ProbeResult
from validator.core import catalog
from validator.core.deadline import Deadline
from validator.core.errors import ValidatorError
from validator.core.model import VERIFICATION_FILE, Destination, Finding, Residue, Secret, Severity, Step
from validator.core.values import replace
from validator.providers.base import Leftover, Options, Provider
from validator.sweeping.listing import KeysListed
from validator.sweeping.wording import Identity

if TYPE_CHECKING:
    from validator.checking.assemble import Settings
    from validator.core.redaction import Redactor
    from validator.sweeping.options import Sweeping


class SweepSubject:
    """One destination, what is asked of it, and what is known: filled in by looking and removing, read by whoever tells of it."""

    def __init__(self, destination: Destination, settings: Settings, sweeping: Sweeping) -> None:
        self.destination = destination
        self.settings = settings
        self.sweeping = sweeping
        self.provider: Provider | None = None
        self.parameters: Any = None
        self.owner: Any = None
        """Parameters for the same bucket, out of another source."""
        self.usable = False
        """Whether its own credentials are worth sending."""
        self.target = ""
        self.redactor: Redactor | None = None
        self.findings: list[Finding] = []
        """What kept it from being looked at in full."""
        self.causes: list[Finding] = []
        """Why files stayed."""
        self.steps: list[Step] = []
        self.traces: list[Residue] = []
        """What the questions themselves have left."""
        self.limits: list[str] = []
        self.notes: list[str] = []
        self.looked = KeysListed()
        self.gone: list[Leftover] = []
        self.reasons: dict[Identity, str] = {}
        """Why what was to go did not."""
        self.interrupted = False
        self.cut_short = False
        """Nothing could be looked at."""
        self.spent = 0.0
        """Seconds."""

    def judge(self) -> None:
        """Read the parameters, and find the owner's: what keeps from looking, and what may be why files stayed. Raises ValidatorError."""
        options = self.options(None)
        examined = examine(self.destination, options)
        self.redactor = redactor_of(self.destination, examined.provider, (*self.settings.texts, *self.sweeping.force_keys))
        self.provider, self.parameters = examined.provider, examined.parameters
        # What is wrong with the source without keeping anybody from looking is check's to say.
        errors = [
            each
            for each in examined.findings
            if each.severity in (Severity.ERROR, Severity.UNKNOWN)
            and (not each.pointer or each.pointer.startswith(("/parameters", "/type")))
        ]
        if self.provider is None or self.parameters is None:
            unread = catalog.finding("unrecognised-answer", detail="The source gives no bucket to look at.")
            self.findings = [replace(each, severity=Severity.UNKNOWN) for each in errors] or [unread]
            return
        self.target = self.provider.object_uri(self.parameters, VERIFICATION_FILE, options)
        confirmed = self.provider.confirmed_by_rehearsal
        self.usable = not any(each.severity is Severity.ERROR and each.name not in confirmed for each in errors)
        if self.sweeping.owners:
            self.owner = self._owners_parameters(self.provider, options)
        self.causes = errors

    def _owners_parameters(self, provider: Provider, options: Options) -> Any:
        tried = []
        for each in self.sweeping.owners:
            if each.type != provider.name:
                continue
            examined = examine(each, options)
            if examined.parameters is None:
                continue
            target = provider.object_uri(examined.parameters, VERIFICATION_FILE, options)
            if target == self.target:
                for secret in secrets_of(each, provider):
                    self.hide(secret)
                return examined.parameters
            tried.append(target)
        held = f"; it holds {', '.join(tried)}" if tried else ""
        raise ValidatorError(f"--with: the owner's source holds no usable destination for {self.target}{held}")

    @property
    def by_other(self) -> bool:
        """Whether somebody else than the destination looks and removes."""
        return self.owner is not None or self.sweeping.login

    def hide(self, secret: str | Secret) -> None:
        """Mask this in everything that is told."""
        if self.redactor is not None:
            self.redactor.add(secret)
        self.settings.remember(secret)

    def options(self, deadline: Deadline | None) -> Options:
        """What a connection is opened with, within the time that is left."""
        return self.settings.options(self.destination.type, deadline.allowed if deadline else None, self.redactor)

    def collect(self, result: ProbeResult) -> None:
        """Take over what was asked and answered."""
        self.steps += result.steps
        self.notes += result.notes

    def keys(self) -> list[str]:
        """Where to look: the name at the root and below each prefix, and the keys that were given."""
        places = dict.fromkeys(("", folder(self.destination.path_prefix), *map(folder, self.settings.prefixes)))
        return list(dict.fromkeys([*(f"{place}{VERIFICATION_FILE}" for place in places), *self.sweeping.force_keys]))
