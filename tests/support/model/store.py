"""One bucket, whatever its cloud: every version, marker, lock and upload, and who made it. Knows no protocol."""

from __future__ import annotations

import copy
import hashlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

REAL = "planetverify.txt"

Conditions = Literal["honoured", "ignored", "refused"]
Versioning = Literal["off", "on", "suspended"]
Permission = Literal["write", "read", "list", "delete", "delete-version"]


class Refused(Exception):
    """The store's answer to a request that it did not carry out."""

    def __init__(
        self,
        why: Literal[
            "denied",
            "absent",
            "condition",
            "exists",
            "not-implemented",
            "locked",
            "full",
            "marker",
            "leased",
            "snapshots",
            "held",
        ],
    ) -> None:
        super().__init__(why)
        self.why = why


@dataclass
class Version:
    """One version of an object; a body of None is a delete marker."""

    id: str
    body: bytes | None
    ours: bool
    locked: bool = False
    number: int = 0
    """The how-manieth write of the store made it; 0 for what was there before."""
    shown: bool = False
    """Whether any answer to a check told of it."""

    @property
    def etag(self) -> str:
        return hashlib.md5(self.body or b"", usedforsecurity=False).hexdigest()


@dataclass
class ModelStore:
    """``versions`` maps a key to its versions, the current one last."""

    versioning: Versioning = "off"
    write_conditions: Conditions = "honoured"
    delete_conditions: Conditions = "honoured"
    denied: set[Permission] = field(default_factory=set)
    denied_on_real_name: set[Permission] = field(default_factory=set)
    """A policy that speaks of ``planetverify.txt`` alone."""
    retention: bool = False
    """Every new version is locked for years (object lock with default retention): deletes only add a marker."""
    amazons: bool = False
    """As Amazon's own: a conditional delete of a marker is refused with 412, not as of nothing."""
    tells_markers: bool = False
    """A look at a name under which a marker lies is told so, as S3 and Ceph do."""
    settings_denied: bool = False
    """Whether the bucket keeps versions may not be read."""
    mute: bool = False
    """It does not say that a lock is why it refuses, only that it refuses (Ceph)."""
    reading_for_conditions: bool = False
    """A condition by ETag takes the permission to read as well. S3 stores alone."""
    full: bool = False
    """Nothing more may be written."""
    snapshots: int = 0
    """Azure alone: of what lies under the real name; a plain delete of it is refused."""
    leased: bool = False
    """Azure alone: a lease is held on what lies under the real name; nobody else may write or delete it."""
    held: bool = False
    """Google and Azure: a hold keeps what lies under the real name; nobody may write or delete it."""
    soft_delete: bool = False
    """Google and Azure: what goes is kept as a copy that only a list which asks for it shows."""
    versions: dict[str, list[Version]] = field(default_factory=dict)
    uploads: dict[str, str] = field(default_factory=dict)
    """Begun by checks and not ended."""
    others_uploads: dict[str, str] = field(default_factory=dict)
    """Begun by others before; on Azure, blocks that no blob was made of yet."""
    copies: list[tuple[str, Version]] = field(default_factory=list)
    """What soft delete keeps."""
    count: int = 0
    written: set[str] = field(default_factory=set)
    """Names under which a check has written."""
    losses: list[str] = field(default_factory=list)
    """What a check destroyed or hid although others had made it."""
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    def __deepcopy__(self, memo: dict[int, object]) -> ModelStore:
        """By hand: a check's promises are held against four copies of its store."""
        return replace(
            self,
            denied=set(self.denied),
            denied_on_real_name=set(self.denied_on_real_name),
            versions={key: [replace(each) for each in versions] for key, versions in self.versions.items()},
            uploads=dict(self.uploads),
            others_uploads=dict(self.others_uploads),
            copies=[(key, replace(each)) for key, each in self.copies],
            written=set(self.written),
            losses=list(self.losses),
            lock=threading.RLock(),
        )

    # ---- what is there ------------------------------------------------------------------------------------------------

    def current(self, key: str) -> Version | None:
        last = (self.versions.get(key) or [None])[-1]
        return last if last is not None and last.body is not None else None

    def ours(self) -> Iterator[tuple[str, Version]]:
        """Everything that checks have made and not taken back."""
        for key, versions in self.versions.items():
            for each in versions:
                if each.ours:
                    yield key, each

    def others(self) -> dict[tuple[str, str], tuple[bytes | None, bool]]:
        """Everything that others have, with whether it is what a reader sees."""
        return {
            (key, each.id): (each.body, each is versions[-1])
            for key, versions in self.versions.items()
            for each in versions
            if not each.ours
        }

    # ---- what can be asked ---------------------------------------------------------------------------------------------

    def permit(self, permission: Permission, key: str) -> None:
        if permission in self.denied or (key == REAL and permission in self.denied_on_real_name):
            raise Refused("denied")

    def absent(self) -> Refused:
        """Who may not list is not told what is missing."""
        return Refused("denied" if "list" in self.denied else "absent")

    def read(self, key: str, version: str | None = None) -> Version:
        with self.lock:
            self.permit("read", key)
            found = self.current(key)
            if version is not None:
                found = next((each for each in self.versions.get(key, []) if each.id == version), None)
                if found is not None and found.body is None:
                    raise Refused("marker")
            if found is None:
                raise self.absent()
            found.shown = True
            return found

    def keys(self, prefix: str) -> list[str]:
        with self.lock:
            self.permit("list", "")
            return [key for key in sorted(self.versions) if key.startswith(prefix) and self.listed(key)]

    def listed(self, key: str) -> bool:
        """As ``show``. Of a name under which the check has written, a list of names does not show whose object lies there."""
        return self.current(key) is not None if key in self.written else self.show(key)

    def show(self, key: str) -> bool:
        """Whether an object is seen under ``key``; the check is told so."""
        there = self.current(key)
        if there is not None:
            there.shown = True
        return there is not None

    def lose(self, version: Version, text: str, *, guarded: bool) -> None:
        """A check destroys, or hides, what others made. What came after its last look, at a store that looks at no condition, it could
        not see: Planet's own check would have taken it as well.
        """
        if not version.ours and (guarded or version.shown or not version.number):
            self.losses.append(text)

    def put(
        self, key: str, body: bytes, *, only_new: bool = False, if_match: str | None = None, by_others: bool = False
    ) -> Version:
        with self.lock:
            if not by_others:
                self.permit("write", key)
            there = self.current(key)
            if only_new or if_match is not None:
                if self.write_conditions == "refused":
                    raise Refused("not-implemented")
                if self.write_conditions == "honoured":
                    self.show(key)
                    if only_new and there is not None:
                        raise Refused("exists")
                    if if_match is not None and there is None:
                        raise Refused("absent")
                    if if_match is not None and there is not None and if_match not in ("*", there.etag):
                        raise Refused("condition")
            self._kept(key, there)
            if self.full and not by_others:
                raise Refused("full")
            guarded = self.write_conditions == "honoured"
            return self._add(key, body, ours=not by_others, locked=self.retention, guarded=guarded)

    def delete(self, key: str, *, if_match: str | None = None, by_others: bool = False) -> Version | None:
        """Remove ``key``; the marker, where one was added."""
        with self.lock:
            if not by_others:
                self.permit("delete", key)
            there = self.current(key)
            if if_match is not None:
                if self.delete_conditions == "refused":
                    raise Refused("not-implemented")
                if self.delete_conditions == "honoured":
                    if if_match != "*" and self.reading_for_conditions:
                        self.permit("read", key)
                    self.show(key)
                    if there is None:
                        raise Refused("condition" if self.amazons and self.versions.get(key) else "absent")
                    if if_match not in ("*", there.etag):
                        raise Refused("condition")
            guarded = self.delete_conditions == "honoured"
            if self.versioning != "off":
                return self._add(key, None, ours=not by_others, locked=False, guarded=guarded)
            if there is not None and there.locked:
                raise Refused("locked")
            self._kept(key, there)
            if self.snapshots and key == REAL and there is not None:
                raise Refused("snapshots")
            if not by_others and there is not None:
                self.lose(there, f"{key} was deleted", guarded=guarded)
            self._keep(key, self.versions.pop(key, []))
            return None

    def _kept(self, key: str, there: Version | None) -> None:
        if key == REAL and there is not None and (self.leased or self.held):
            raise Refused("leased" if self.leased else "held")

    def delete_version(self, key: str, version: str) -> None:
        with self.lock:
            self.permit("delete-version", key)
            versions = self.versions.get(key, [])
            for each in versions:
                if each.id == version:
                    if each.locked:
                        raise Refused("locked")
                    if not each.ours:
                        self.losses.append(f"version {each.id} of {key} was deleted")
                    versions.remove(each)
                    break
            if not versions:
                self.versions.pop(key, None)

    def start_upload(self, key: str) -> str:
        with self.lock:
            self.permit("write", key)
            self.count += 1
            self.uploads[f"upload{self.count}"] = key
            return f"upload{self.count}"

    def abort_upload(self, upload: str) -> None:
        with self.lock:
            if self.uploads.pop(upload, None) is None and self.others_uploads.pop(upload, None) is None:
                raise Refused("absent")

    def _add(self, key: str, body: bytes | None, *, ours: bool, locked: bool, guarded: bool) -> Version:
        versions = self.versions.setdefault(key, [])
        self.count += 1
        made = Version(f"v{self.count}" if self.versioning == "on" else "null", body, ours, locked, self.count)
        # There is one null version at most: it is replaced, whatever else lies there.
        gone = versions[:] if self.versioning == "off" else [each for each in versions if each.id == made.id]
        hidden = self.current(key)
        if ours and body is not None:
            self.written.add(key)
        if ours:
            # Of a marker in place of a marker nothing is seen, as long as what lies below stays hidden: see play.faults.
            for each in [one for one in gone if one.body is not None]:
                self.lose(each, f"version {each.id} of {key} was overwritten", guarded=guarded)
            if hidden is not None and hidden not in gone:
                self.lose(hidden, f"version {hidden.id} of {key} was hidden", guarded=guarded)
        versions[:] = [each for each in versions if each not in gone]
        versions.append(made)
        self._keep(key, gone)
        return made

    def _keep(self, key: str, gone: list[Version]) -> None:
        if self.soft_delete:
            self.copies += [(key, each) for each in gone if each.body is not None]

    # ---- the truth -----------------------------------------------------------------------------------------------------

    def planet_would_pass(self) -> bool:
        """Planet's own check on a copy of this bucket: a plain PUT and a plain DELETE of the real name."""
        twin = copy.deepcopy(self)
        try:
            twin.put(REAL, b"Planet's own check")
            twin.delete(REAL)
        except Refused:
            return False
        return True
