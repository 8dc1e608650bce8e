"""What ``policy`` asks of a provider: the least that a destination needs."""

from __future__ import annotations

from validator.core.values import Dataclass


class Wanted(Dataclass):
    """For whom and for what a grant is asked. A provider raises ValueError for what its store has no such thing of."""

    prefix: str = ""
    """The folder of the deliveries; the grant is then narrowed to it and to the verification file."""
    principal: str = ""
    """Who shall be granted: a user, its ARN, a service account, a group. Empty: as far as the parameters tell."""
    bucket_side: bool = False
    """The bucket's own side of a grant to somebody of another account."""
    encryption_key: str = ""
    """The key that the bucket encrypts with, where using it takes a permission of its own."""
    multipart: bool = False
    """Also the clean-up of unfinished uploads."""
    versions: bool = False
    """Also the removal of the verification file's versions."""

    def refuse(self, **reasons: str) -> None:
        """Raise ValueError with the reason, by a field's name, for the first that is wanted."""
        for name, why in reasons.items():
            if getattr(self, name):
                raise ValueError(why)


class Grant(Dataclass):
    """The least that a destination needs."""

    document: str
    """JSON: the cloud's own document."""
    commands: tuple[str, ...] = ()
    """Each can be pasted as it stands; ``grant.json`` holds the document."""
    notes: tuple[str, ...] = ()
    """What somebody who runs them has to know."""
