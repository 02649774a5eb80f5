"""Reminders that are all due on one morning, and those that a week's downtime has left: taken down, fired, mailed.

Each is of a ward plan that waits for one officer, fifty for each of them. What was fired and written is counted in the
database afterwards: every reminder once, at most one letter a person and morning, none about a closed case.
"""

import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

from bench.filling import Waiting, fill
from bench.measuring import POSTGRESQL, SQLITE, Bench, Goal, Part, Row
from bench.raw import Raw, connect
from bench.serving import posted
from bench.stage import NOW, build, opened, sit
from engine.instants import to_micros
from engine.runtime.database import Database, is_conflict
from engine.runtime.offices import add_membership, add_person
from engine.runtime.service import Asking, Engine
from engine.runtime.timers import claim_rungs
from notifications.door import run_due
from workflows.roles import WARD_OFFICER

DUE, QUICK_DUE, MOST_DUE = 10_000, 500, 100_000
OF_ONE_PERSON = 50
WORKERS = 4
CLOSED_OF_TEN = 3
DUE_ON = "2024-07-24"
"""Ten working days after the stage's morning: the first reminder is due on that morning."""
PLANS = "(SELECT id FROM instance WHERE process = 'ward_plan' AND id >= :first)"
"""The copied ones."""
WEEK = timedelta(days=7)
DOWN = 60
"""What a week's downtime has left must be drained within so many seconds."""
CLAIMED = {SQLITE: Goal("≥", 50_000, "value"), POSTGRESQL: Goal("≥", 10_000, "value")}


class Wrong(Exception):
    """What was fired or written is not what it must be; says what."""


@dataclass(frozen=True, slots=True)
class Spent:
    """When a worker was done with each part, in seconds on the clock that all share, and how often it gave one up
    because of the others and began it again, as the ticker does."""

    began: float
    fired_at: float
    mailed_at: float
    given_up: int


def measure(bench: Bench) -> Iterator[Row]:
    """Rows of each database: taken down alone; the morning, one worker and four; after a week's downtime."""
    due = QUICK_DUE if bench.quick else MOST_DUE if bench.large else DUE
    stale = QUICK_DUE if bench.quick else DUE
    for place in bench.places:
        folder, where, _ = _reminders(bench, place, due)
        alone, many, later = bench.copy(where), bench.copy(where), bench.copy(where)
        yield _claims(place, folder, alone, due)
        yield from _morning(place, folder, many, due, 1)
        if place == SQLITE:
            yield Row(
                what=f"{due:,} reminders, {WORKERS} workers", on=place, note="One process has the file to itself."
            )
        else:
            yield from _morning(place, folder, later, due, WORKERS)
        yield from _after_downtime(bench, place, stale)


def _reminders(bench: Bench, place: str, due: int) -> tuple[Path, Path | str, Sequence[Waiting]]:
    """A database in which so many first reminders are due on the stage's morning, and nobody is connected to it."""
    where, folder = bench.empty(place), bench.subfolder()
    engine = build(folder, where)
    waiting = fill(engine, where, due, open_of_ten=10)
    engine.close()
    people = max(1, due // OF_ONE_PERSON)
    with closing(connect(where)) as raw:
        raw.run(f"DELETE FROM timer WHERE instance_id NOT IN {PLANS}", {"first": waiting[0].case})
        raw.run("UPDATE notice SET state = 'composed'")
        wards = [row["unit_id"] for row in raw.run("SELECT DISTINCT unit_id FROM instance WHERE process = 'ward_plan'")]
    database = Database(where)
    with database.write() as tx:
        for n in range(people):
            person = add_person(tx, f"bench{n}", f"Cán bộ {n}", mail=f"bench{n}@example.vn")
            add_membership(tx, person, wards[n % len(wards)], WARD_OFFICER.code, since=date(2024, 1, 1))
    database.close()
    with closing(connect(where)) as raw:
        _hand_out(raw, waiting[0].case, people)
        if isinstance(where, str):
            raw.run("VACUUM ANALYZE")
    return folder, where, waiting


def _hand_out(raw: Raw, first: int, people: int) -> None:
    """Give the plans from the key `first` on to the new officers in turn, each in the officer's ward, due that day."""
    newest = int(raw.run("SELECT max(id) AS id FROM person")[0]["id"])
    values = {"first": first, "people": people, "least": newest - people + 1, "on": DUE_ON, "now": to_micros(NOW)}
    raw.begin()
    for sql in (
        f"UPDATE user_task SET due_on = :on, assignee_id = :least + id % :people WHERE instance_id IN {PLANS}",
        "UPDATE user_task SET unit_id = (SELECT unit_id FROM membership WHERE person_id = user_task.assignee_id) "
        f"WHERE instance_id IN {PLANS}",
        "UPDATE instance SET unit_id = (SELECT unit_id FROM user_task WHERE instance_id = instance.id) "
        f"WHERE id IN {PLANS}",
        "UPDATE timer SET due_at = :now",
    ):
        raw.run(sql, values)
    raw.commit()


# ── taken down alone ─────────────────────────────────────────────────────────────────────────────
def _claims(place: str, folder: Path, where: Path | str, due: int) -> Row:
    engine = opened(folder, Database(where))
    begun, taken = time.perf_counter(), 0
    while count := engine.writer.claim(lambda tx: len(claim_rungs(tx, to_micros(NOW)))):
        taken += count
    seconds = time.perf_counter() - begun
    engine.close()
    _must_be("taken down", taken, due)
    return Row(
        what=f"{due:,} due timers taken down and deleted, nothing else", on=place, value=taken / seconds, unit="/s",
        goals=(CLAIMED[place],),
    )  # fmt: skip


# ── the morning ──────────────────────────────────────────────────────────────────────────────────
def _morning(place: str, folder: Path, where: Path | str, due: int, workers: int) -> Iterator[Row]:
    spent = _worked(folder, where, NOW, workers)
    _check_morning(where, due)
    began, fired_at = min(one.began for one in spent), max(one.fired_at for one in spent)
    mailed_at = max(one.mailed_at for one in spent)
    letters = -(-due // OF_ONE_PERSON)
    what = f"{due:,} reminders, {workers} worker{'s' * (workers > 1)}"
    yield Row(what=f"{what}: fired, with notice and firing", on=place, value=due / (fired_at - began), unit="/s")
    yield Row(
        what=f"{what}: notices composed and sent", on=place, value=due / (mailed_at - fired_at), unit="/s",
        note=f"as {letters:,} letters, one a person; begun again {sum(one.given_up for one in spent)} times, when "
        "another worker had come in between",
    )  # fmt: skip
    yield Row(what=f"{what}: until everything has left", on=place, value=mailed_at - began, unit="s")


def _worked(folder: Path, where: Path | str, at: datetime, workers: int) -> list[Spent]:
    """Let so many processes work until nothing is left: all fire, then all send."""
    spawning = multiprocessing.get_context("spawn")
    turn, told = spawning.Barrier(workers), spawning.Queue()
    processes = [spawning.Process(target=work, args=(folder, where, at, turn, told)) for _ in range(workers)]
    for process in processes:
        process.start()
    spent = [told.get() for _ in processes]
    for process in processes:
        process.join()
    if faults := [one for one in spent if isinstance(one, BaseException)]:
        raise faults[0]
    return spent


def work(folder: Path, where: Path | str, at: datetime, turn: Barrier, told: "Queue[Any]") -> None:
    """One worker process: at the instant `at` it fires what is due, then sends what is to be sent."""
    engine = opened(folder, Database(where))
    engine.clock = lambda: at
    post = posted(engine)
    try:
        turn.wait()
        began = time.monotonic()
        given_up = _again(engine.fire_due)
        fired_at = time.monotonic()
        turn.wait()
        given_up += _again(lambda: run_due(engine, post, at))
        told.put(Spent(began, fired_at, time.monotonic(), given_up))
    except BaseException as fault:
        turn.abort()
        told.put(fault)
    finally:
        engine.close()


def _again(perform: Callable[[], int]) -> int:
    """Perform until it is not given up any more; returns how often it was."""
    given_up = 0
    while True:
        try:
            perform()
            return given_up
        except Exception as fault:
            if not is_conflict(fault):
                raise
            given_up += 1


def _check_morning(where: Path | str, due: int) -> None:
    with closing(connect(where)) as raw:
        _must_be("firings kept", _count(raw, "firing WHERE outcome = 'sent'"), due)
        _must_be("notices of reminders", _count(raw, "notice WHERE kind = 'reminder'"), due)
        _must_be("notices left", _count(raw, "notice WHERE state = 'waiting'"), 0)
        _must_be("next reminders set", _count(raw, "timer"), due)
        _check_letters(raw)
        _must_be("letters", _count(raw, "message"), -(-due // OF_ONE_PERSON))


def _check_letters(raw: Raw) -> None:
    several = "(SELECT recipient FROM message GROUP BY recipient HAVING count(*) > 1) several"
    _must_be("people with more than one letter", _count(raw, several), 0)
    _must_be("letters not sent", _count(raw, "message WHERE state <> 'sent'"), 0)


# ── after a week's downtime ──────────────────────────────────────────────────────────────────────
def _after_downtime(bench: Bench, place: str, due: int) -> Iterator[Row]:
    """Some of the cases are closed before the first tick after the downtime, others between firing and mailing."""
    folder, where, waiting = _reminders(bench, place, due)
    engine = opened(folder, Database(where))
    engine.clock = lambda: NOW + WEEK
    post, closed = posted(engine), waiting[: due * CLOSED_OF_TEN // 10]
    before, between = closed[: len(closed) // 2], closed[len(closed) // 2 :]
    _close(engine, before)
    begun = time.perf_counter()
    fired = engine.fire_due()
    firing = time.perf_counter() - begun
    _close(engine, between)
    begun = time.perf_counter()
    run_due(engine, post, engine.clock())
    mailing = time.perf_counter() - begun
    engine.close()
    _must_be("fired after the downtime", fired, due - len(before))
    with closing(connect(where)) as raw:
        _check_downtime(raw, len(closed), due)
        letters = _count(raw, "message")
    yield Row(
        what=f"{due:,} timers a week late, 3 of 10 cases closed: drained", on=place, value=firing + mailing, unit="s",
        goals=(Goal("≤", DOWN, "value"),),
        note=f"fired in {firing:.1f} s, {letters:,} letters in {mailing:.1f} s; each case's latest reminder alone, "
        "nobody got two letters, nobody was reminded of a closed case",
    )  # fmt: skip


def _close(engine: Engine, cases: Sequence[Waiting]) -> None:
    """The head of the appraising office lets these wards off their plans."""
    secret, model = sit(engine, "truongphong"), engine.registry.by_code["ward_plan"]
    futures = [
        engine.act(
            Asking(secret, expected=2), model, one.case, "waive", {"reason": "Phường đã sáp nhập, không phải nộp."}
        )
        for one in cases
    ]
    for future in futures:
        future.result()


def _check_downtime(raw: Raw, closed: int, due: int) -> None:
    is_closed = "instance_id IN (SELECT id FROM instance WHERE process = 'ward_plan' AND closed_at IS NOT NULL)"
    _must_be("closed", _count(raw, "instance WHERE process = 'ward_plan' AND closed_at IS NOT NULL"), closed)
    told = f"notice WHERE kind IN ('reminder', 'escalation') AND state <> 'dropped' AND {is_closed}"
    _must_be("reminders of closed cases told", _count(raw, told), 0)
    _must_be("timers of closed cases", _count(raw, f"timer WHERE {is_closed}"), 0)
    late = f"notice WHERE kind = 'reminder' AND state = 'composed' AND NOT {is_closed}"
    _must_be("reminders told", _count(raw, late), due - closed)
    _must_be("notices left", _count(raw, "notice WHERE state = 'waiting'"), 0)
    _check_letters(raw)


def _count(raw: Raw, of: str) -> int:
    return int(raw.run(f"SELECT count(*) AS n FROM {of}")[0]["n"])


def _must_be(what: str, found: int, wanted: int) -> None:
    if found != wanted:
        raise Wrong(f"{what}: {found}, not {wanted}")


PART = Part(
    "morning",
    "Reminders that are due on one morning, fifty a person: taken down and deleted; fired, each with its notice, its "
    "firing and the next timer; told in one letter a person, handed to a mail server that takes everything at once. A "
    "worker is a process of its own. Everything is counted in the database afterwards.",
    measure,
)
