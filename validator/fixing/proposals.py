"""``--fix``: makes the changes that findings propose, in the source files themselves.

For a command::

    edits = fix.propose(loaded.destinations, report, options=settings.options, references=references)
    for edit in edits:
        print(edit.diff)                 # a unified diff, secrets masked
        for each in edit.left: ...       # what is not changed, and why
    if not dry_run:
        changed = fix.apply(edits)       # the files that were written; load and check again if there are any
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from validator import providers
from validator.checking.batch import secrets_of
from validator.checking.lint import Examined, examine
from validator.core.errors import MissingExtra, ValidatorError
from validator.core.model import Confidence, Destination, DestinationReport, Finding, Outcome, Report, Secret
from validator.core.secret_shapes import MASK
from validator.fixing.file_changes import Edit, FileChanges, Key, key_of
from validator.providers.base import Options, Provider, declared
from validator.sources.surroundings import References


def propose(
    destinations: Sequence[Destination],
    report: Report | None = None,
    *,
    options: Callable[[str], Options] = lambda type_: Options(),
    references: References | None = None,
    checked: Mapping[Key, str] | None = None,
) -> tuple[Edit, ...]:
    """The edits that would make every confirmed finding's patch; one for each file with something to change or to leave.

    ``report`` adds what a check found out (its patches are redacted; lint's are made anew, since they may hold secrets).
    ``options`` gives what the check of a type was told, such as ``Settings.options``. ``checked`` says of the
    destinations that were checked as they would be after the change (:mod:`validator.fixing.trials`) why that does not pass, nothing where
    it does: what only a check proposes is left, unless it was.
    """
    reports = {key_of(each): each for each in (report.destinations if report else ())}
    by_file: dict[str, list[tuple[Destination, list[Finding]]]] = {}
    from_check: list[Finding] = []
    for destination in destinations:
        own, added = _findings(destination, options(destination.type), reports.get(key_of(destination)))
        if own or added:
            by_file.setdefault(destination.source, []).append((destination, [*own, *added]))
        from_check += added
    secrets = [secret for each in destinations for secret in secrets_of(each, _provider(each))]
    # A file that is named twice, by a link for instance, is changed once.
    once = {_identity(file): file for file in reversed(by_file)}
    edits = [
        FileChanges(file, asked, secrets, references or References(), from_check, checked or {}).edit()
        for file, asked in by_file.items()
        if once[_identity(file)] == file
    ]
    return tuple(each for each in edits if each.made or each.left)


def found_by_check(destination: Destination, report: DestinationReport, options: Options) -> list[Finding]:
    """Those findings of a destination's report whose patch only a check proposes."""
    return _findings(destination, options, report)[1]


def _identity(file: str) -> object:
    try:
        about = os.stat(file)  # noqa: PTH116 - "-" is no file
    except (OSError, ValueError):
        return file
    return about.st_dev, about.st_ino


def apply(edits: Sequence[Edit]) -> tuple[str, ...]:
    """Write the files, each in one step: a file is the old one or the new one, never a part. Returns those that changed.

    The old content stays beside a file as FILE.orig, unless git holds it: see :mod:`validator.fixing.rewrite`. Raises
    :class:`~validator.core.errors.ValidatorError`, after all others were written, for files that cannot be, or that have changed since
    they were read.
    """
    from validator.fixing import rewrite as _rewrite
    from validator.sources.git_index import held

    written: list[str] = []
    problems: list[str] = []
    for edit in edits:
        if not edit.made:
            continue
        before, after = (each.reveal().encode(edit.encoding) for each in (edit.before, edit.after))
        try:
            _rewrite.rewrite(edit.file, before, after, copy=not held(Path(edit.file), before))
        except ValidatorError as error:
            problems.append(str(error))
        else:
            written.append(edit.file)
    if problems:
        more = f" ({', '.join(written)} {'was' if len(written) == 1 else 'were'} changed)" if written else ""
        raise ValidatorError("; ".join(problems) + more)
    return tuple(written)


def _findings(
    destination: Destination, options: Options, report: DestinationReport | None
) -> tuple[list[Finding], list[Finding]]:
    """Findings whose patch is to be written, its values unredacted where that is possible: lint's, and those that a check adds."""
    examined = Examined(None, None, destination.problems)
    with contextlib.suppress(MissingExtra):
        examined = examine(destination, options)
    own = list(examined.findings)
    known = {(each.name, each.pointer) for each in own}
    if report is not None and any(step.outcome is Outcome.GRANTED and step.form != "trial" for step in report.steps):
        own = [each for each in own if not _unmakes(each, examined)]
    added = [each for each in (report.findings if report is not None else ()) if (each.name, each.pointer) not in known]
    return list(filter(_written, own)), [each for each in filter(_written, added) if not _redacted(each)]


def _written(finding: Finding) -> bool:
    return bool(finding.fix and finding.fix.patch) and finding.confidence is Confidence.CONFIRMED


def _redacted(finding: Finding) -> bool:
    return any(each.secret or MASK in str(each.value) for each in (finding.fix.patch if finding.fix else ()))


def _unmakes(finding: Finding, examined: Examined) -> bool:
    """Whether a patch would change a value with which the store was seen to grant something."""
    if examined.parameters is None or examined.provider is None or finding.fix is None:
        return False
    verbatim = {each.name for each in declared(examined.provider.Parameters) if each.metadata.get("verbatim")}
    for operation in finding.fix.patch:
        name = operation.path.removeprefix("/parameters/")
        if operation.op in ("replace", "add") and name not in verbatim and hasattr(examined.parameters, name):
            used = getattr(examined.parameters, name)
            if (used.reveal() if isinstance(used, Secret) else used) != operation.value and finding.name != "plaintext-secret":
                return True
    return False


def _provider(destination: Destination) -> Provider | None:
    with contextlib.suppress(MissingExtra):
        return providers.find(destination.type) if destination.type else None
    return None
