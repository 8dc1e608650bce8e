"""What the texts about a refusal of Google's speak of: the bucket, the account, the project, and the answer."""

from __future__ import annotations

import shlex
from typing import Final

from validator.core import lazy
from validator.core.values import Dataclass
from validator.providers.base import Failure
from validator.providers.gcs import grants
from validator.providers.gcs.service_account import ServiceAccountKey

_PROJECT: Final = lazy.compile(
    r"\bprojects?(?:/|=|: ?| #?)'?((?:[a-z0-9.-]{1,60}:)?[a-z][a-z0-9]{0,29}(?:-[a-z0-9]{1,29}){1,8}|\d{6,20})\b"
)
"""A project in Google's own sentence: by its number, or by an id with a hyphen in it, which no word of a sentence is."""


class Case(Dataclass):
    """What the texts speak of."""

    bucket: str
    key: ServiceAccountKey | None
    failure: Failure | None

    @property
    def email(self) -> str:
        """The service account, or a word that stands for it."""
        return grants.email_of(self.key)

    @property
    def who(self) -> str:
        """The account as a quoted argument."""
        return shlex.quote(self.email)

    @property
    def place(self) -> str:
        """The bucket as a quoted argument."""
        return shlex.quote(f"gs://{self.bucket}")

    def object(self) -> str:
        """The object that was asked for."""
        return self.failure.key if self.failure else "planetverify.txt"

    @property
    def code(self) -> str:
        """The answer's reason."""
        return self.failure.observation.code if self.failure else ""

    @property
    def message(self) -> str:
        """What Google said."""
        return self.failure.observation.message if self.failure else ""

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

    def seen(self, name: str) -> str:
        """A piece of evidence, or nothing."""
        return self.failure.observation.evidence.get(name, "") if self.failure else ""
