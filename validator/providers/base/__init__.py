"""The seam: what a destination type must bring, and nothing else. Provider authors import this package.

A provider is found by its Planet type: a line of ``validator/providers/__init__.py``, or another package's entry point in the group
``planet_validator.providers``, names a :class:`Provider`, usually a module-level value called ``provider``. Its module imports the
SDK inside functions, never at module level, so that ``--help``, ``lint`` and ``explain`` load none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from validator.core import lazy
from validator.core.lazy import later
from validator.providers.base.asked import Failure, HttpAnswer, Options
from validator.providers.base.bucket import (
    NEVER_SENT,
    Bucket,
    Experiment,
    KnowsRisks,
    Receipt,
    RetentionBlocker,
    StoredObject,
    Unproven,
    is_own_name,
)
from validator.providers.base.parameters import (
    credentials,
    declared,
    flag,
    flags,
    instead_of,
    misplaced_secrets,
    other_names,
    places,
    required,
    secret,
    text,
)
from validator.providers.base.provider import Provider

if TYPE_CHECKING:
    from validator.providers.base.abilities import KnowsUnsettled, RehearsesAbort, SupportsMultipart, SupportsOverwrite
    from validator.providers.base.leftovers import Leftover, LeftoverKind, SupportsSweep, UnseenPart, is_swept
    from validator.providers.base.owner import Explanation, Login, LoginFailed
    from validator.providers.base.policy import Grant, Wanted
    from validator.providers.base.rules import Advice, Rule
else:  # what a check that passes needs nothing of
    __getattr__ = lazy.names(
        globals(),
        {
            "abilities": ("KnowsUnsettled", "RehearsesAbort", "SupportsMultipart", "SupportsOverwrite"),
            "leftovers": ("Leftover", "LeftoverKind", "SupportsSweep", "UnseenPart", "is_swept"),
            "owner": ("Explanation", "Login", "LoginFailed"),
            "policy": ("Grant", "Wanted"),
            "rules": ("Advice", "Rule"),
        },
    )

__all__ = [
    "NEVER_SENT",
    "Advice",
    "Bucket",
    "Experiment",
    "Explanation",
    "Failure",
    "Grant",
    "HttpAnswer",
    "KnowsRisks",
    "KnowsUnsettled",
    "Leftover",
    "LeftoverKind",
    "Login",
    "LoginFailed",
    "Options",
    "Provider",
    "Receipt",
    "RehearsesAbort",
    "RetentionBlocker",
    "Rule",
    "StoredObject",
    "SupportsMultipart",
    "SupportsOverwrite",
    "SupportsSweep",
    "Unproven",
    "UnseenPart",
    "Wanted",
    "credentials",
    "declared",
    "flag",
    "flags",
    "instead_of",
    "is_own_name",
    "is_swept",
    "later",
    "misplaced_secrets",
    "other_names",
    "places",
    "required",
    "secret",
    "text",
]
