"""The secrets in a source: found by the names of members, or by how they look."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from validator.core.model import Secret
from validator.core.secret_shapes import credentials_in
from validator.sources import mistakes


class SecretList(list[Secret]):
    """Everything of one destination that no report may show."""

    def below(self, key: str, value: Any) -> None:
        """Take in every secret below a key named like one."""
        waiting: list[tuple[bool, Any]] = [(mistakes.secret_name(key), value)]
        while waiting:
            secret, each = waiting.pop()
            if isinstance(each, Mapping):
                waiting += [(secret or mistakes.secret_name(name), item) for name, item in each.items()]
            elif isinstance(each, list):
                waiting += [(secret, item) for item in each]
            elif isinstance(each, Secret):
                self.append(each)
            elif secret and each is not None and not isinstance(each, bool):
                self.append(Secret(str(each)))

    def looking(self, *values: Any) -> None:
        """Take in what looks like a credential in what the destination does not keep: names of members included."""
        waiting = list(values)
        while waiting:
            each = waiting.pop()
            if isinstance(each, str):
                self += [Secret(each[start:end]) for start, end in credentials_in(each)]
            elif isinstance(each, Mapping):
                waiting += [*each.keys(), *each.values()]
            elif isinstance(each, list):
                waiting += each
