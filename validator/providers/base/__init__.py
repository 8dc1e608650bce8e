"""The seam: what a destination type must bring, and nothing else. Provider authors import this package.

A provider is found by its Planet type through the entry-point group ``planet_validator.providers``; the entry point
names an object (usually a module-level instance called ``provider``) that satisfies :class:`Provider`. It imports its
SDK inside functions, never at module level, so that ``--help``, ``lint`` and ``explain`` load none.
"""

from __future__ import annotations

from validator.providers.base.asked import Failure, HttpAnswer, Options
from validator.providers.base.bucket import (
    NEVER_SENT,
    Bucket,
    Experiment,
    Found,
    KnowsRisks,
    KnowsUnsettled,
    Obstacle,
    Receipt,
    RehearsesAbort,
    SupportsMultipart,
    SupportsOverwrite,
    Unproven,
)
from validator.providers.base.leftovers import Gap, Remnant, RemnantKind, SupportsSweep, is_own_name, is_swept
from validator.providers.base.misplaced import misplaced_secrets
from validator.providers.base.owner import Explanation, Login, LoginFailed, SupportsLogin, SupportsOwner
from validator.providers.base.parameters import declared, flag, required, secret, text
from validator.providers.base.policy import Grant, SupportsPolicy, Wanted
from validator.providers.base.provider import Provider, SupportsAnswers
from validator.providers.base.rules import Advice, Rule

__all__ = [
    "NEVER_SENT",
    "Advice",
    "Bucket",
    "Experiment",
    "Explanation",
    "Failure",
    "Found",
    "Gap",
    "Grant",
    "HttpAnswer",
    "KnowsRisks",
    "KnowsUnsettled",
    "Login",
    "LoginFailed",
    "Obstacle",
    "Options",
    "Provider",
    "Receipt",
    "RehearsesAbort",
    "Remnant",
    "RemnantKind",
    "Rule",
    "SupportsAnswers",
    "SupportsLogin",
    "SupportsMultipart",
    "SupportsOverwrite",
    "SupportsOwner",
    "SupportsPolicy",
    "SupportsSweep",
    "Unproven",
    "Wanted",
    "declared",
    "flag",
    "is_own_name",
    "is_swept",
    "misplaced_secrets",
    "required",
    "secret",
    "text",
]
