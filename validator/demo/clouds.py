"""All five clouds and a Planet on this machine, for a notebook: with the credentials where a notebook looks for them, in the environment."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Any, Final, Self

from validator.demo.emulators import azurite, gcs, s3
from validator.demo.emulators.oracle import OracleEmulator
from validator.demo.emulators.planet import PlanetEmulator

if TYPE_CHECKING:
    from validator.checking.assemble import Settings

BUCKET: Final = "imagery-in"
ELSEWHERE: Final = "imagery-elsewhere"
"""Of the S3-compatible store, which is the same emulator."""


class LocalClouds:
    """``local = LocalClouds.start()`` begins it, ``local.close()`` ends it; also a context manager.

    ``environment`` is what is set in ``os.environ``; ``settings`` leads checks here, ``planet_client()`` a client of the SDK.
    """

    def __init__(self) -> None:
        self.environment: dict[str, str] = {}
        self._stack = contextlib.ExitStack()

    @classmethod
    def start(cls) -> Self:
        """Begin, in a notebook's first cell."""
        return cls().__enter__()

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            self.s3 = stack.enter_context(s3.S3Emulator())
            self.gcs, self.azure = stack.enter_context(gcs.StandIn()), stack.enter_context(azurite.Azurite())
            self.oracle = stack.enter_context(OracleEmulator())
            self.ca_bundle = self.oracle.ca_bundle
            self.endpoints = {
                "amazon_s3": self.s3.url, "s3_compatible": self.s3.url, "google_cloud_storage": self.gcs.url,
                "azure_blob_storage": self.azure.url, "oracle_cloud_storage": self.oracle.url,
            }  # fmt: skip
            self.planet = stack.enter_context(PlanetEmulator(self.endpoints, ca_bundle=self.ca_bundle, per_second=1000))
            stack.callback(self._forget)
            self._fill()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """End everything, and take the credentials out of the environment again."""
        self._stack.close()

    @property
    def settings(self) -> Settings:
        """Settings that lead a check to this machine."""
        from validator.checking.assemble import Settings

        return Settings(timeout=30.0, endpoints=self.endpoints, ca_bundle=self.ca_bundle)

    def planet_client(self) -> Any:
        """``planet.Planet()`` for the Planet of this machine."""
        from planet import Auth, Planet, Session

        return Planet(Session(auth=Auth.from_key(self.planet.key)), self.planet.url)

    def allow_delete(self) -> None:
        """What whoever owns the buckets does after reading the report: new credentials that may delete, for the same names."""
        self._set("S3", self.s3.user("planet", actions=s3.PLANET_NEEDS))
        self._set_value("AZURE_SAS_TOKEN", self.azure.sas(BUCKET))

    # ------------------------------------------------------------------------------------------------------------------

    def _fill(self) -> None:
        self.s3.bucket(BUCKET)
        self.s3.bucket(ELSEWHERE)
        self._set("S3", self.s3.user("planet-without-delete", actions=s3.PLANET_NEEDS[:2]))
        self._set("STORE", self.s3.user("planet-elsewhere", actions=s3.PLANET_NEEDS))
        account = self.gcs.account("planet").allow(*gcs.PLANET_NEEDS)
        self.gcs.bucket(BUCKET)
        self._set_value("GCS_CREDENTIALS", account.credentials())
        self.azure.make(BUCKET)
        self._set_value("AZURE_SAS_TOKEN", self.azure.sas(BUCKET, "rwl"))
        self.oracle.bucket(BUCKET)
        key = self.oracle.key()
        self._set_value("OCI_ACCESS_KEY_ID", key.access_key_id)
        self._set_value("OCI_SECRET_KEY", key.secret_key)

    def _set(self, name: str, key: Any) -> None:
        self._set_value(f"{name}_ACCESS_KEY_ID", key.access_key_id)
        self._set_value(f"{name}_SECRET_ACCESS_KEY", key.secret_access_key)

    def _set_value(self, name: str, value: str) -> None:
        self.environment[name] = os.environ[name] = value

    def _forget(self) -> None:
        for name, value in self.environment.items():
            if os.environ.get(name) == value:
                del os.environ[name]
