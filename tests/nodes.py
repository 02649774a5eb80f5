"""Nodes as processes on one PostgreSQL, and a client that does what a proxy must: it sends requests only to nodes that
say that they are ready, and tries the next one when a connection is refused or the answer is 503. Nothing else is
tried again."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from itertools import count
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
PATIENCE_SECONDS = 60
LOOK_SECONDS = 0.1


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: Any


@dataclass
class Node:
    """`thidua <command>` on a port of its own; `settings`: as THIDUA_… variables."""

    command: str
    settings: Mapping[str, str]
    log: Path
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-W", "error", "-m", "cli.main", self.command, "--port", str(self.port)],
                cwd=ROOT, stdout=log, stderr=log,
                env={**{k: v for k, v in os.environ.items() if not k.startswith("THIDUA_")}, **self.settings},
            )  # fmt: skip

    def stop(self) -> None:
        """Ask it to end."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)

    def exit_code(self) -> int:
        """Its last word."""
        assert self.process is not None
        return self.process.wait(timeout=PATIENCE_SECONDS)

    def kill(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def is_ready(self) -> bool:
        try:
            return send(self.port, "GET", "/health/ready").status == 200
        except OSError:
            return False

    def await_ready(self) -> None:
        until = time.monotonic() + PATIENCE_SECONDS
        while not self.is_ready():
            assert time.monotonic() < until, self.log.read_text("utf-8")
            assert self.process is not None
            assert self.process.poll() is None, self.log.read_text("utf-8")
            time.sleep(LOOK_SECONDS)


def send(port: int, method: str, path: str, body: Any = None, **headers: str) -> Reply:
    """One request on a connection of its own.

    Raises:
        OSError: it was refused, or broken off.
    """
    line = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
    try:
        sent = {"Content-Type": "application/json"} if body is not None else {}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        line.request(method, path, json.dumps(body) if body is not None else None, sent)
        answer = line.getresponse()
        content, kind = answer.read(), answer.headers.get_content_type()
        told = json.loads(content) if content and kind.endswith("json") else content.decode()
        return Reply(answer.status, answer.headers, told)
    finally:
        line.close()


@dataclass
class Proxy:
    """Sends each request to a node that was ready a moment ago. `faults`: requests that were lost; `answers`: how
    often which status came back."""

    nodes: list[Node]
    ready: list[int] = field(default_factory=list)
    answers: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    tried_again: int = 0
    _turn: Any = field(default_factory=count)
    _ended: threading.Event = field(default_factory=threading.Event)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Reply | None:
        """The answer; None when the request was lost, which nobody may repeat."""
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            ports = self.ready
            if not ports:
                time.sleep(LOOK_SECONDS / 4)
                continue
            try:
                reply = send(ports[next(self._turn) % len(ports)], method, path, body, **headers)
            except ConnectionRefusedError:
                self.tried_again += 1
                continue
            except OSError as fault:
                self.faults.append(f"{method} {path}: {fault!r}")
                return None
            if reply.status != 503:
                self.answers[reply.status] += 1
                return reply
            self.tried_again += 1
        self.faults.append(f"{method} {path}: no node took it")
        return None

    @contextmanager
    def looking(self) -> Iterator[None]:
        """Ask the nodes whether they are ready, again and again, for as long as the block lasts."""
        watcher = threading.Thread(target=self._look)
        watcher.start()
        try:
            yield
        finally:
            self._ended.set()
            watcher.join()

    def _look(self) -> None:
        while not self._ended.wait(LOOK_SECONDS):
            self.ready = [node.port for node in self.nodes if node.is_ready()]
