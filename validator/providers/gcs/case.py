"""What the texts about a refusal of Google's speak of: the bucket, the account, the project, and the answer."""

from __future__ import annotations

import shlex
from typing import Final

from validator.core import lazy
from validator.providers.common import case
from validator.providers.gcs import grants
from validator.providers.gcs.service_account import ServiceAccountKey

_PROJECT: Final = lazy.compile(
    r"\bprojects?(?:/|=|: ?| #?)'?((?:[a-z0-9.-]{1,60}:)?[a-z][a-z0-9]{0,29}(?:-[a-z0-9]{1,29}){1,8}|\d{6,20})\b"
)
"""A project in Google's own sentence: by its number, or by an id with a hyphen in it, which no word of a sentence is."""


class Case(case.Case):
    """What the texts speak of."""

    bucket: str
    key: ServiceAccountKey | None

    @property
    def email(self) -> str:
        """The service account, or a word that stands for it."""
        return grants.email_of(self.key)

    @property
    def who(self) -> str:
        """The account as a quoted argument."""
        return shlex.quote(self.email)

    @property
    def principal(self) -> str:
        """Whom Google saw, or else whose the key is."""
        return self.seen("principal") or self.email

    @property
    def place(self) -> str:
        """The bucket as a quoted argument."""
        return shlex.quote(f"gs://{self.bucket}")

    @property
    def address(self) -> str:
        """The object that was asked for as a quoted argument."""
        return shlex.quote(f"gs://{self.bucket}/{self.object}")

    @property
    def describe(self) -> str:
        """The command that shows the bucket's settings."""
        return f"gcloud storage buckets describe {self.place}"

    def update(self, option: str) -> str:
        """The command that changes one of them."""
        return f"gcloud storage buckets update {self.place} {option}"

    def keys(self, verb: str) -> str:
        """A command about the account's keys."""
        return f"gcloud iam service-accounts keys {verb} --iam-account={self.who}"

    @property
    def said(self) -> str:
        """What Google said, after a sentence; nothing where it said nothing."""
        return f" Google says: {self.message}" if self.message else ""

    @property
    def project(self) -> str:
        """The project that Google names, or else the service account's, or a word that stands for it."""
        named = _PROJECT.search(self.message)
        return named[1] if named else grants.project_of(self.email)

    @property
    def of_project(self) -> str:
        """What to say of that project, after a sentence."""
        sentence = grants.about_project(self.project, self.email)
        return f" {sentence}" if sentence else ""

    @property
    def of_account(self) -> str:
        """Where the word is explained that stands for the account; nothing where it is known."""
        return "" if self.key else f" {self.email} is the account that Planet is to use: gcloud iam service-accounts list."
