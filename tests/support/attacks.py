"""What the tests of the service under attack and under load send."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import Any

from tests.support.service_runner import InProcess, Served
from validator.checking.assemble import Settings
from validator.demo.emulators.s3 import Exchange, S3Emulator

CANARY = "CANARY/EXAMPLE+secret%41value=="


def compatible(url: str, **changes: Any) -> dict[str, Any]:
    parameters = {
        "bucket": "imagery-in",
        "endpoint": url,
        "region": "eu-central-1",
        "access_key_id": "EXAMPLEKEY1234567890",
        "secret_access_key": CANARY,
        "use_path_style": True,
    }
    return {"name": "other imagery", "type": "s3_compatible", "parameters": {**parameters, **changes}}


def settings(s3: S3Emulator, **changes: Any) -> Settings:
    return Settings(**{"timeout": 60, "endpoints": {"amazon_s3": s3.url}, **changes})


class Held:
    """Holds an emulator's answers of one method until it is told to let go."""

    def __init__(self, s3: S3Emulator, method: str) -> None:
        self.method = method
        self.reached = threading.Semaphore(0)
        self.let_go = threading.Event()
        s3.before_answer = self._wait

    def _wait(self, exchange: Exchange) -> None:
        if exchange.method == self.method:
            self.reached.release()
            self.let_go.wait(120)


def raw(port: int, *parts: bytes, seconds: float = 60.0) -> bytes:
    """What comes back until the service hangs up."""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as connection:
        with contextlib.suppress(ConnectionError):  # it may answer, and hang up, before all of it has come
            for part in parts:
                connection.sendall(part)
        received = b""
        with contextlib.suppress(ConnectionResetError):
            while chunk := connection.recv(65536):
                received += chunk
        return received


def head(service: InProcess | Served, *more: str, path: str = "/v1/lint") -> bytes:
    lines = [
        f"POST {path} HTTP/1.1",
        "host: localhost",
        f"authorization: Bearer {service.token}",
        "content-type: application/json",
        *more,
    ]
    return "\r\n".join([*lines, "", ""]).encode()
