"""A node that stops itself in the middle of its work, as a process of its own; whoever began it lets it go on.

Run by tests: python -m tests.paused <fire|send|talk> <database> <folder> [port of a mail server]
"""

import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

from bench.workers_drill import MAILS, Ledger
from bench.workers_office import HEAD, FileClock, opened
from engine.runtime.database import FAULTS, Transaction
from engine.runtime.service import Engine
from notifications import delivery, transport

CLOCK = "clock"


def stop() -> None:
    """Stand still until somebody says go on."""
    os.kill(os.getpid(), signal.SIGSTOP)


def fire(engine: Engine) -> None:
    """Fire what is due, and stop before the commit."""

    def hook(sql: str) -> None:
        if sql == "COMMIT":
            engine.database.hook = None
            stop()

    engine.database.hook = hook
    with suppress(*FAULTS):
        engine.fire_due()
        raise AssertionError("it could commit")


def send(engine: Engine, way: transport.Transport) -> None:
    """Claim a letter, and stop before the connection is made."""
    holds = delivery.holds

    def late(tx: Transaction, claim: delivery.Claim) -> bool:
        stop()
        return holds(tx, claim)

    delivery.holds = late
    delivery.deliver_due(engine, way, HEAD.sender, engine.clock(), 1)


def talk(engine: Engine, port: int) -> None:
    """Send a letter, and stop before its end."""
    in_time = transport._Session.must_be_in_time

    def late(session: transport._Session) -> None:
        stop()
        in_time(session)

    transport._Session.must_be_in_time = late  # type: ignore[method-assign]
    way = transport.SmtpTransport(
        host="127.0.0.1", port=port, starttls=False, timeouts=transport.Timeouts(talk_seconds=1)
    )
    delivery.deliver_due(engine, way, HEAD.sender, engine.clock(), 1)


def main() -> None:
    what, where, folder, *port = sys.argv[1:]
    place = where if where.startswith("postgresql:") else Path(where)
    with opened(place, Path(folder), FileClock(Path(folder) / CLOCK)) as engine:
        if what == "fire":
            fire(engine)
        elif what == "send":
            send(engine, Ledger(Path(folder) / MAILS))
        else:
            talk(engine, int(port[0]))


if __name__ == "__main__":
    main()
