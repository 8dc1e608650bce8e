"""Starts the HTTP service for tests: in this process, or as the command that users start."""

from __future__ import annotations

import http.client
import json
import os
import re
import secrets
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import anyio

from tests.support.wire import wait_until
from validator.checking.assemble import Settings

ROOT = Path(__file__).resolve().parents[2]


async def _nothing() -> None:
    pass


# anyio loads its backend when something first runs in it, and pytest rewrites that once. Here, since Python 3.11 may fail with a SystemError where
# one thread parses (the service's) while another one does.
anyio.run(_nothing)


@dataclass
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Client:
    port: int
    token: str
    host: str = "127.0.0.1"

    def ask(
        self, method: str, path: str, body: Any = None, *, headers: Mapping[str, str] | None = None, token: bool = True
    ) -> Answer:
        sent = {"authorization": f"Bearer {self.token}"} if token else {}
        if body is not None and not isinstance(body, str | bytes):
            body = json.dumps(body)
            sent["content-type"] = "application/json"
        connection = http.client.HTTPConnection(self.host, self.port, timeout=120)
        try:
            connection.request(method, path, body, {**sent, **(headers or {})})
            answer = connection.getresponse()
            return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def check(self, source: Any) -> Any:
        answer = self.ask("POST", "/v1/checks", source)
        assert answer.status == 200, answer.body
        return answer.json

    def stream(self, source: Any) -> list[tuple[str, Any]]:
        answer = self.ask("POST", "/v1/checks", source, headers={"accept": "text/event-stream"})
        assert answer.status == 200, answer.body
        assert answer.headers["content-type"].startswith("text/event-stream")
        return [(m[1], json.loads(m[2])) for m in re.finditer(r"event: (\w+)\ndata: (.*)\n\n", answer.body.decode())]


class InProcess:
    """The service in a thread of this process: quick, and everything of it can be looked at."""

    def __init__(
        self, check: Settings | None = None, trusted: Sequence[str] = (), connections: int = 2048, **changes: Any
    ) -> None:
        from validator.service.app import ServiceSettings

        self.trusted = trusted
        self.connections = connections
        self.token = secrets.token_urlsafe(24)
        self.settings = ServiceSettings(token=self.token, check=check or Settings(timeout=60, jobs=8), **changes)

    def __enter__(self) -> Self:
        import uvicorn

        from validator.service import server as serve
        from validator.service.app import create_app

        self.app = create_app(self.settings)
        self.listening = serve._listen("127.0.0.1", 0)
        self.client = Client(self.listening.getsockname()[1], self.token)
        self.server = uvicorn.Server(serve.configuration(self.app, 15, self.connections, self.trusted))
        self.thread = threading.Thread(target=self.server.run, args=([self.listening],), daemon=True)
        self.thread.start()
        wait_until(lambda: self.server.started)
        return self

    def __exit__(self, *exc: object) -> None:
        self.server.should_exit = True
        self.thread.join(120)
        self.listening.close()
        assert not self.thread.is_alive()


@dataclass
class Served:
    """``planet-validator serve`` as a process of its own; ``said`` is all that it has printed so far."""

    options: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    script: Path | None = None
    said: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        self.token = "EXAMPLE-" + secrets.token_urlsafe(24)
        start = [str(self.script)] if self.script else ["-m", "validator"]
        self.process = subprocess.Popen(
            [sys.executable, *start, "serve", "--port", "0", *self.options],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            cwd=ROOT,
            text=True,
            env={**os.environ, "PLANET_VALIDATOR_TOKEN": self.token, "PYTHONPATH": str(ROOT), **self.environment},
        )
        self._reader = threading.Thread(target=self._listen, daemon=True)
        self._reader.start()
        wait_until(lambda: any("startup complete" in line for line in self.said) or self.process.poll() is not None, 120)
        assert self.process.poll() is None, self.said
        port = re.search(r"listening on http://\S+:(\d+)/", "".join(self.said))
        assert port, self.said
        self.client = Client(int(port[1]), self.token)
        return self

    def _listen(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.said.append(line)

    def memory(self) -> float:
        """Resident megabytes now."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1024

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(120)
        self._reader.join(60)  # or ``said`` may lack its last words
        return code

    def __exit__(self, *exc: object) -> None:
        try:
            self.stop()
        finally:
            self.process.kill()
            self.process.wait()
            self._reader.join(10)
            if self.process.stdout:
                self.process.stdout.close()
