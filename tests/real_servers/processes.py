"""Processes of a real server: started on loopback, waited for, and stopped with their folder."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

START_SECONDS = 120.0


class Missing(Exception):
    """A program that Debian's packages bring is not installed."""


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def accepts(port: int) -> bool:
    with socket.socket() as sock:
        sock.settimeout(1)
        return sock.connect_ex(("127.0.0.1", port)) == 0


class Server:
    """A folder of its own and the processes that write there; everything goes at the end."""

    programs: tuple[str, ...] = ()
    packages = ""

    def __init__(self) -> None:
        absent = [each for each in self.programs if shutil.which(each) is None]
        if absent:
            raise Missing(f"{', '.join(absent)} not found; as root: apt-get install --no-install-recommends {self.packages}")
        self.folder = Path(tempfile.mkdtemp(prefix="real-server-"))
        self.running: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exc: object) -> None:
        for process in reversed(self.running):
            process.send_signal(signal.SIGTERM)
        for process in reversed(self.running):
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self) -> None:
        raise NotImplementedError

    def spawn(self, name: str, *command: str) -> None:
        with (self.folder / f"{name}.log").open("wb") as log:
            environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "LANG": "C.UTF-8"}
            self.running.append(
                subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=environment, cwd=self.folder)
            )

    def run(self, *command: str) -> str:
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, cwd=self.folder)
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)}: {done.stderr[-2000:] or done.stdout[-2000:]}")
        return done.stdout

    def wait_for(self, what: str, ready: Callable[[], bool]) -> None:
        end = time.monotonic() + START_SECONDS
        while not ready():
            if time.monotonic() > end or any(each.poll() is not None for each in self.running):
                raise RuntimeError(f"{what} did not start:\n{self.logs()}")
            time.sleep(0.2)

    def logs(self) -> str:
        return "\n".join(
            f"{each.name}: {each.read_text(errors='replace')[-1500:]}" for each in sorted(self.folder.glob("*.log"))
        )
