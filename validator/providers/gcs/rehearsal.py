"""A delete or a write of Google's, asked under a generation that no object has."""

from __future__ import annotations

import contextlib
from typing import Final

from validator.core.model import Kind, Observation, Operation
from validator.providers.base import Unproven, is_own_name
from validator.providers.common.ahead import Ahead
from validator.providers.common.conditions import Belief, not_asked
from validator.providers.gcs.client import Connection
from validator.providers.gcs.errors import ConditionIgnored, by_permission, classify
from validator.providers.gcs.parameters import PERMISSIONS

NEVER: Final = 1
"""A generation that no object has: real ones are microseconds since 1970. A request under it is authorised and then refused."""

ASKED: Final = (*PERMISSIONS.values(), "storage.objects.list", "storage.buckets.get")
_DELETE: Final = PERMISSIONS[Operation.DELETE]


class BucketRehearsal:
    """The rehearsals of one run in one bucket. See :meth:`validator.providers.base.Bucket.rehearse`."""

    def __init__(self, ours: Connection) -> None:
        self.bucket = ours.bucket
        self.conditions = ours.conditions
        self.free = ours.free
        self.written = ours.written
        self.held: frozenset[str] | None = None
        """What testIamPermissions said; None before it was asked, and where it was refused."""
        self.refused: Observation | None = None
        """The refusal of testIamPermissions."""
        self.ahead = Ahead()
        self._how = ours.how
        self._authorize = ours.transport.authorize

    def rehearse(self, operation: Operation, key: str) -> None:
        """Ask under a generation that no object has. For DELETE there are two witnesses: where they disagree, Unproven."""
        own, beliefs = key in self.written and not self.conditions.documented, self.conditions
        if operation is Operation.WRITE and own:
            return self._test_writes(key)
        if operation is Operation.WRITE:
            if not beliefs.write.holds:
                raise NotImplementedError("this endpoint was not seen to refuse a write whose condition cannot hold")
            blob = self.bucket.blob(key)
            blob.upload_from_string(b"", content_type="text/plain", if_generation_match=NEVER, **self._how())
            with contextlib.suppress(Exception):
                blob.delete(if_generation_match=blob.generation, **self._how())
            raise ConditionIgnored("an upload under a generation that no object has was carried out")
        if not (beliefs.delete.holds or own or is_own_name(key) or key in self.free):
            raise not_asked(key, "endpoint")
        if beliefs.documented:  # together: neither changes anything, whatever the other says
            self._authorize()
            if self.held is None:
                self.ahead.ask("permissions", self._ask_permissions)
        else:
            self._ask_permissions()
        error = self._delete_nothing(key)
        if error is not None:
            try:
                raise self._judged(key, error)
            finally:
                del error  # it would hold itself, and the whole client with it
        if not (own or is_own_name(key) or key in self.free):  # else nothing lay there, or another came in between
            raise ConditionIgnored("a delete under a generation that no object has was carried out")
        self.written.pop(key, None)
        beliefs.delete = Belief.IGNORED
        return None

    def holds(self, permission: str) -> bool:
        """Whether testIamPermissions said so; what was asked ahead of it, and not needed since, is waited for."""
        self.ahead.answer("permissions", lambda: None)
        return permission in (self.held or ())

    def _delete_nothing(self, key: str) -> Exception | None:
        try:
            self.bucket.blob(key).delete(if_generation_match=NEVER, **self._how())
        except Exception as error:  # noqa: BLE001 - judged with what the other witness says
            return error
        return None

    def _judged(self, key: str, error: Exception) -> Exception:
        """The refusal itself, or that the other witness does not agree with it. Raises what keeps that one from being asked."""
        observation = classify(error)
        if observation.kind in (Kind.PRECONDITION, Kind.KEPT) and not self.conditions.documented:
            self.conditions.delete = Belief.SEEN
        allowed = observation.kind in (Kind.ABSENT, Kind.PRECONDITION, Kind.KEPT)
        named = observation.evidence.get("permission", _DELETE)
        denied = by_permission(observation) and named == _DELETE
        if not allowed and not denied:
            return error
        self.ahead.answer("permissions", self._ask_permissions)
        listed = None if self.held is None else _DELETE in self.held
        if listed is allowed or (listed is None and denied):
            return error
        why = self._disagreement(key, observation, listed=listed)
        why.__cause__ = error
        return why

    def _test_writes(self, key: str) -> None:
        """Our own object lies there: a write that must not find it, or must find another, has to be refused."""
        for name, generation in (("create", 0), ("write", NEVER)):
            if getattr(self.conditions, name).holds:
                continue
            blob = self.bucket.blob(key)
            try:
                blob.upload_from_string(b"", content_type="text/plain", if_generation_match=generation, **self._how())
            except Exception as error:
                kind = classify(error).kind
                if kind in (Kind.PRECONDITION, Kind.EXISTS):
                    setattr(self.conditions, name, Belief.SEEN)
                elif kind in (Kind.UNREACHABLE, Kind.TRANSIENT, Kind.FOREIGN):
                    raise  # it may have been carried out
            else:
                setattr(self.conditions, name, Belief.IGNORED)
                self.written[key] = int(blob.generation or 0)

    def _ask_permissions(self) -> None:
        """The second witness: what the account holds on the bucket. Needs no permission of its own."""
        if self.held is not None:
            return
        try:
            self.held = frozenset(self.bucket.test_iam_permissions(list(ASKED), **self._how()))
            self.refused = None
        except Exception as error:
            observation = classify(error)
            if (
                observation.kind in (Kind.UNREACHABLE, Kind.TRANSIENT, Kind.UNAUTHENTICATED, Kind.NO_BUCKET)
                or observation.status is None
            ):
                raise
            self.refused = observation  # the delete will say why, or nothing will be written

    def _disagreement(self, key: str, observation: Observation, *, listed: bool | None) -> Unproven:
        status = f"{observation.status} {observation.code}".strip()
        outcome = "permitted" if observation.kind is not Kind.DENIED else "refused"
        evidence = {"conditional_delete": f"{status} ({outcome})"}
        if listed is None:
            refused = self.refused
            answer = f"{refused.status} {refused.code}".strip() if refused else "no answer"
            evidence["test_iam_permissions"] = f"refused: {answer}"
            return Unproven(
                f"A delete of {key} that could not remove anything was {outcome} ({status}), but Google would not say what this account holds on the bucket ({answer}).",
                evidence,
            )
        evidence["test_iam_permissions"] = f"{_DELETE} is {'held' if listed else 'not held'}"
        return Unproven(
            f"Google's two answers about delete disagree. The account {'holds' if listed else 'does not hold'} storage.objects.delete on the bucket as a whole "
            f"(testIamPermissions), and a delete of {key} that could not remove anything was {outcome} ({status}). A grant with a condition on object names does that, "
            "a deny policy, or a grant that was changed in the last minutes.",
            evidence,
        )
