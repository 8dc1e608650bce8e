"""Azurite, Microsoft's own stand-in for Azure Blob Storage, started on a free port and in memory, for the demo and for the tests.

Where it differs from the real cloud, and must not be taken for it (3.35.0, seen):
  * whatever is wrong with a token (expired, bad signature, unknown policy) answers 403 AuthorizationFailure without a detail, which on Azure
    means the firewall;
  * a conditional delete of an absent blob answers 412, where Azure's reference says 404;
  * ``sip``, the order of ``sp``, a double-escaped signature and fields set twice (token and policy) are let through;
  * ``c`` without ``w`` over a file answers AuthorizationPermissionMismatch, Azure says UnauthorizedBlobOverwrite;
  * the delete of a snapshot with a service SAS answers 403: it takes the snapshot into what such a token signs; an account SAS works;
  * soft delete, versions, immutability, legal holds, firewalls and throttling do not exist.
"""

from __future__ import annotations

import base64
import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any, Final, Self

from validator.core.errors import ValidatorError
from validator.demo.emulators.scenario import Scenario

ACCOUNT: Final = "planetdemo"
HOME: Final = Path(__file__).parent / "azurite"
"""Holds package.json and its lock; ``npm ci`` in it installs Azurite."""
PATIENCE: Final = 90.0
"""Seconds that Azurite may take to listen; one is usual."""

MAIN: Final = HOME / "node_modules" / "azurite" / "dist" / "src" / "blob" / "main.js"
_VERSION: Final = "2023-11-03"


def free_port() -> int:
    """A port of 127.0.0.1 for a process that must be told which. No system gives one of these to whoever asks for any."""
    while True:
        with socket.socket() as probe, contextlib.suppress(OSError):
            port = 20_000 + secrets.randbelow(12_000)
            probe.bind(("127.0.0.1", port))
            return port


class AzuriteMissing(ValidatorError):
    """Node or Azurite is not installed, or Azurite does not start; the message says which, and what to do."""


class Azurite:
    """``with Azurite() as azurite``: a running emulator with one account of its own, made up for this run. Nothing is kept on disk."""

    def __init__(self, account: str = ACCOUNT) -> None:
        self.account = account
        self.key = base64.b64encode(secrets.token_bytes(64)).decode()
        self.port = 0
        self._stack = contextlib.ExitStack()

    @property
    def url(self) -> str:
        """The account's URL: what ``--endpoint azure_blob_storage=`` takes."""
        return f"http://127.0.0.1:{self.port}/{self.account}"

    def __enter__(self) -> Self:
        node = shutil.which("node")
        if node is None:
            raise AzuriteMissing("node was not found: Azurite, the stand-in for Azure, needs Node.js 20 or newer")
        if not MAIN.is_file():
            raise AzuriteMissing(f"Azurite is not installed: run `npm ci` in {HOME} (or `make demo` in a checkout)")
        for _ in range(3):  # another process may still take the free port first
            with contextlib.ExitStack() as stack:
                folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="planet-validator-azurite-")))
                output = stack.enter_context((folder / "output.txt").open("w+", encoding="utf-8", errors="replace"))
                self._process = self._started(node, folder, output)
                stack.callback(_end, self._process)
                if self._listens():
                    self._stack = stack.pop_all()
                    return self
                output.seek(0)
                said = output.read().strip()[-200:]
        raise AzuriteMissing(f"Azurite did not start on a free port of 127.0.0.1 within {PATIENCE:.0f} s: {said}")

    def __exit__(self, *exc: object) -> None:
        self._stack.close()

    def _started(self, node: str, folder: Path, output: IO[str]) -> subprocess.Popen[bytes]:
        self.port = free_port()
        options = (
            "--inMemoryPersistence", "--disableTelemetry", "--silent", "--skipApiVersionCheck",
            "--blobHost", "127.0.0.1", "--blobPort", str(self.port),
        )  # fmt: skip
        return subprocess.Popen(  # noqa: S603 - node, found on the path, runs the file of our own lock
            (node, str(MAIN), *options),
            cwd=folder,
            env={**os.environ, "AZURITE_ACCOUNTS": f"{self.account}:{self.key}", "NODE_OPTIONS": ""},
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )

    def _listens(self) -> bool:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and self._process.poll() is None:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return True
            time.sleep(0.02)
        return False

    # ---- what tests and demo put into it -----------------------------------------------------------------------------

    def client(self, container: str) -> Any:
        """The SDK's own ContainerClient, signed in with the account's key: sees and does everything. Close it."""
        from azure.core.credentials import AzureNamedKeyCredential
        from azure.storage.blob import ContainerClient

        return ContainerClient(
            self.url, container, credential=AzureNamedKeyCredential(self.account, self.key), api_version=_VERSION
        )

    def make(self, container: str) -> str:
        """Make a container; its name."""
        with self.client(container) as client:
            client.create_container()
        return container

    def put(self, container: str, key: str, body: bytes) -> None:
        """Put a blob into a container, over whatever is there."""
        with self.client(container) as client:
            client.upload_blob(key, body, overwrite=True)

    def keys(self, container: str) -> Sequence[str]:
        """Every blob's name."""
        with self.client(container) as client:
            return [each.name for each in client.list_blobs()]

    def lease(self, container: str, key: str) -> None:
        """Take an endless lease on a blob."""
        with self.client(container) as client, client.get_blob_client(key) as blob:
            blob.acquire_lease()

    def policy(self, container: str, name: str, permissions: str | None) -> None:
        """Make a stored access policy for a year; with None, take every policy away."""
        from azure.storage.blob import AccessPolicy

        policies = {}
        if permissions is not None:
            policies[name] = AccessPolicy(permission=permissions, expiry=datetime.now(UTC) + timedelta(days=365))
        with self.client(container) as client:
            client.set_container_access_policy(policies)

    def sas(
        self,
        container: str,
        sp: str = "rwdl",
        *,
        days: float = 365,
        starts: float | None = None,
        si: str | None = None,
        spr: str | None = None,
    ) -> str:
        """A service SAS of the container. ``days`` and ``starts`` count from now; further fields as they stand.

        With ``si``, permissions and expiry are left to the policy.
        """
        from azure.storage.blob import generate_container_sas

        now = datetime.now(UTC)
        return generate_container_sas(
            self.account,
            container,
            self.key,
            permission=None if si else sp,
            expiry=None if si else now + timedelta(days=days),
            start=None if starts is None else now + timedelta(days=starts),
            policy_id=si,
            protocol=spr,
        )

    def request(self, name: str, container: str, token: str) -> dict[str, Any]:
        """A Destinations request for a container of this account."""
        return {
            "name": name,
            "type": "azure_blob_storage",
            "parameters": {"account": self.account, "container": container, "sas_token": token},
        }


def _end(process: subprocess.Popen[bytes]) -> None:
    """Stop it, and wait until it is gone."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=3)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextlib.contextmanager
def demo_scenarios() -> Iterator[Sequence[Scenario]]:
    """Good and broken destinations on a running Azurite. Raises AzuriteMissing where it cannot run."""
    with Azurite() as azurite:

        def scenario(
            container: str, title: str, lesson: str, token: str, finding: str | None, verdict: str = "fail"
        ) -> Scenario:
            request = azurite.request(f"azure: {title}", container, token)
            return Scenario(title, lesson, request, {"azure_blob_storage": azurite.url}, finding, verdict)

        for container in ("imagery", "no-delete", "escaped", "policy", "leased"):
            azurite.make(container)
        azurite.put("leased", "planetverify.txt", b"left here by an earlier check")
        azurite.lease("leased", "planetverify.txt")
        azurite.policy("policy", "planet", "rwl")
        yield (
            scenario(
                "imagery",
                "a SAS with everything that Planet needs",
                "Read, write, delete and list on one container: the file was written, read back, listed and deleted.",
                azurite.sas("imagery"),
                None,
                "pass",
            ),
            scenario(
                "no-delete",
                "a SAS that cannot delete",
                "The delete is asked for on a condition that cannot hold, before anything is written: Planet would leave its file behind.",
                azurite.sas("no-delete", "rwl"),
                "delete-denied",
            ),
            scenario(
                "policy",
                "a SAS whose stored access policy forgot delete",
                "Nothing in such a token tells what it may do; only the container's policy does. Asking finds out.",
                azurite.sas("policy", si="planet"),
                "delete-denied",
            ),
            scenario(
                "escaped",
                "a SAS that came through JSON",
                "Every & became u0026, as in a well-known example. The token is repaired; --fix writes it back.",
                azurite.sas("escaped").replace("&", "u0026"),
                "sas-escaped",
            ),
            scenario(
                "leased",
                "a leftover file under a lease",
                "An older planetverify.txt is there and nobody can overwrite or delete it, Planet neither. It is left alone.",
                azurite.sas("leased"),
                "object-held",
            ),
        )
