"""Long work: every row once whatever breaks off, with the owner's rights of that moment, stopped when asked."""

import itertools
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from api.logins import change_password
from engine.errors import ConfirmationNeeded, InvalidInput, NotFound
from engine.jobs import carrying_out, reading
from engine.jobs.carrying_out import AT_ONCE, carry_out_chunk, work_off
from engine.jobs.orders import (
    MOST_KEPT,
    MOST_OPEN,
    MOST_ROWS,
    Order,
    OrderedRow,
    act_on_cases,
    begin_cases,
    export_cases,
    order,
)
from engine.jobs.results import file_of
from engine.runtime.database import Database, Statement
from engine.runtime.history import verify
from engine.runtime.queries import CaseFilter
from engine.runtime.schema import instance, job_row, membership, person
from engine.runtime.schema import job as job_table
from engine.runtime.service import Asking, Engine
from tests.api.office import LEAVE, PASSWORD, Office, open_office, start_leave

ROWS = 45
AT_COMMIT = 0


@pytest.fixture
def office(folder: Path) -> Iterator[Office]:
    office = open_office(folder)
    yield office
    office.close()


def leaves(count: int = ROWS) -> Order:
    rows = [OrderedRow(f"Đơn {n}", {"dossier": LEAVE | {"days": n % 5 + 1}}) for n in range(1, count + 1)]
    return begin_cases("leave_request", None, "Lập đơn", rows)


def ordered(office: Office, wanted: Order, username: str = "an") -> int:
    answer = order(office.engine, Asking(office.token(username, "session")), wanted).result()
    return int(json.loads(answer.body)["id"])


def job(office: Office, key: int, username: str = "an") -> dict[str, Any]:
    with office.engine.look(office.token(username, "session")) as (work, actor):
        return {**reading.job_of(work, actor, key), "rows": reading.rows_of(work, key, 0, MOST_ROWS)}


def chunk(office: Office, key: int) -> None:
    office.engine.writer.call(lambda tx: carry_out_chunk(office.engine.work(tx), key))


def count(engine: Engine, table: Any = instance) -> int:
    with engine.database.read() as tx:
        row = tx.one(Statement(select(func.count().label("n")).select_from(table)))
    assert row is not None
    return int(row["n"])


def change(office: Office, statement: Any) -> None:
    office.engine.writer.call(lambda tx: tx.run(Statement(statement)))


def test_five_hundred_rows_are_all_done_once(office: Office) -> None:
    key = ordered(office, leaves(MOST_ROWS))

    work_off(office.engine)

    done = job(office, key)
    assert (done["state"], done["done"], done["outcomes"]["done"]) == ("ready", MOST_ROWS, MOST_ROWS)
    assert count(office.engine) == MOST_ROWS
    assert len({row["case"]["id"] for row in done["rows"]}) == MOST_ROWS


class Killed(BaseException):
    """The process dies."""


class Killer:
    """Lets a transaction die at its n-th statement, or when it commits."""

    def __init__(self) -> None:
        self.at: int | None = None
        self.seen = 0

    def __call__(self, sql: str) -> None:
        if self.at is None:
            return
        self.seen += 1
        if self.seen == self.at or (self.at == AT_COMMIT and sql == "COMMIT"):
            self.at = None
            raise Killed


def test_broken_off_in_every_chunk_nothing_is_done_twice_or_left_out(office: Office) -> None:
    key = ordered(office, leaves())
    killer, salts = Killer(), itertools.count()
    where, old = office.engine.database.where, office.engine

    def reopened() -> Engine:
        return Engine(
            Database(where, killer), old.registry, old.blobs, clock=old.clock, wall=old.wall, vault=old.vault,
            salt=lambda: next(salts).to_bytes(16),
        )  # fmt: skip

    def attempt(at: int | None) -> None:
        """A new process that dies at that statement; it lives when there is none."""
        engine, killer.at, killer.seen = reopened(), at, 0
        try:
            engine.writer.call(lambda tx: carry_out_chunk(engine.work(tx), key))
        finally:
            engine.close()

    for done in (0, 20, 40):
        for at in (3, 40, AT_COMMIT):
            with pytest.raises(Killed):
                attempt(at)
            assert count(old) == done, "a chunk that died has left something"
        attempt(None)

    after = job(office, key)
    assert (after["state"], after["done"], after["outcomes"]["done"]) == ("ready", ROWS, ROWS)
    assert len({row["case"]["id"] for row in after["rows"]}) == ROWS
    with old.database.read() as tx:
        assert list(verify(tx)) == []


def test_two_at_work_do_no_row_twice(office: Office) -> None:
    key = ordered(office, leaves(100))

    threads = [threading.Thread(target=work_off, args=(office.engine,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert count(office.engine) == 100
    assert job(office, key)["done"] == 100


def test_cancelled_it_stops_after_the_chunk_that_ran(office: Office) -> None:
    key = ordered(office, leaves())
    chunk(office, key)

    with office.engine.look(office.token("an", "session")) as (_, actor):
        pass
    office.engine.writer.call(lambda tx: reading.cancel(office.engine.work(tx), actor, key))
    work_off(office.engine)

    after = job(office, key)
    assert (after["state"], after["outcomes"]["done"], after["outcomes"]["waiting"]) == ("cancelled", 20, 25)
    assert count(office.engine) == AT_ONCE


def test_rows_after_the_loss_of_the_role_are_refused_and_say_so(office: Office) -> None:
    key = ordered(office, leaves())
    chunk(office, key)

    an = select(person.c.id).where(person.c.username == "an").scalar_subquery()
    change(office, update(membership).where(membership.c.person_id == an).values(valid_to="2024-07-09"))
    work_off(office.engine)

    after = job(office, key)
    assert (after["outcomes"]["done"], after["outcomes"]["refused"]) == (20, 25)
    assert after["rows"][20]["sentence"].startswith("Việc «Lập đơn xin nghỉ» dành cho")
    assert count(office.engine) == AT_ONCE


def test_work_of_a_closed_account_fails_with_the_reason(office: Office) -> None:
    key = ordered(office, leaves())
    chunk(office, key)

    change(office, update(person).where(person.c.username == "an").values(active=False))
    work_off(office.engine)
    change(office, update(person).where(person.c.username == "an").values(active=True))

    after = job(office, key)
    assert after["state"] == "failed"
    assert "bị khóa" in after["reason"]
    assert count(office.engine) == AT_ONCE


def test_a_case_that_has_changed_since_is_refused_and_not_acted_on(office: Office) -> None:
    client = office.client("an")
    keys = [int(start_leave(client)["id"]) for _ in range(2)]
    client.patch(
        f"/api/v1/leave-requests/{keys[1]}",
        content=json.dumps({"days": 4}),
        headers={"If-Match": '"1"', "Content-Type": "application/merge-patch+json"},
    )
    rows = [OrderedRow("Đơn", {"version": 1}, key) for key in keys]

    key = ordered(office, act_on_cases("leave_request", "submit", None, "Gửi", rows, signs=False))
    work_off(office.engine)

    outcomes = [(row["outcome"], row["case"]["id"]) for row in job(office, key)["rows"]]
    assert outcomes == [("done", str(keys[0])), ("refused", str(keys[1]))]
    assert client.get(f"/api/v1/leave-requests/{keys[1]}").json()["state"]["id"] == "drafted"


def test_a_row_that_the_engine_cannot_do_keeps_no_other_from_its_turn(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = carrying_out.beginning.start

    def broken(work: Any, model: Any, new: Any, actor: Any) -> Any:
        row = start(work, model, new, actor)
        if row["id"] >= 2:
            raise ZeroDivisionError
        return row

    monkeypatch.setattr(carrying_out.beginning, "start", broken)
    key = ordered(office, leaves(3))
    work_off(office.engine)

    after = job(office, key)
    assert [row["outcome"] for row in after["rows"]] == ["done", "failed", "failed"]
    assert "ZeroDivisionError" in after["rows"][1]["sentence"]
    assert after["state"] == "ready"


def test_signing_needs_a_fresh_confirmation_when_it_is_ordered(office: Office) -> None:
    secret = office.token("an", "session")
    office.clocks.wall += timedelta(minutes=6)
    rows = [OrderedRow("Đơn", {"version": 1}, 1)]
    wanted = act_on_cases("leave_request", "submit", None, "Gửi", rows, signs=True)

    with pytest.raises(ConfirmationNeeded):
        order(office.engine, Asking(secret), wanted).result()

    assert count(office.engine, job_row) == 0


def test_ordered_twice_with_one_key_it_is_one_job(office: Office) -> None:
    asking = Asking(office.token("an", "session"), "key", "print")

    answers = [order(office.engine, asking, leaves(2)).result() for _ in range(2)]

    assert answers[0] == answers[1]
    assert count(office.engine, job_row) == 2


@pytest.mark.parametrize("rows", [0, MOST_ROWS + 1])
def test_no_rows_and_too_many_rows_are_refused(office: Office, rows: int) -> None:
    with pytest.raises(InvalidInput):
        ordered(office, leaves(rows))


def test_nobody_fills_the_queue(office: Office) -> None:
    for _ in range(MOST_OPEN):
        ordered(office, leaves(1))

    with pytest.raises(InvalidInput):
        ordered(office, leaves(1))


def test_results_are_deleted_after_thirty_days(office: Office) -> None:
    key = ordered(office, leaves(1))
    work_off(office.engine)

    office.clocks.wall += timedelta(days=31)
    work_off(office.engine)

    with pytest.raises(NotFound):
        job(office, key)
    assert count(office.engine, job_row) == 0


def test_an_export_that_would_be_too_large_fails_and_says_so(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.jobs.exports.MOST_CASES", 1)
    client = office.client("an")
    for _ in range(2):
        start_leave(client)

    key = ordered(office, export_cases(CaseFilter(("leave_request",)), "csv", "Xuất"))
    work_off(office.engine)

    after = job(office, key)
    assert after["state"] == "failed"
    assert "thu hẹp" in after["reason"]


def test_an_export_stopped_before_its_turn_makes_no_file(office: Office) -> None:
    wanted = replace(export_cases(CaseFilter(("leave_request",)), "xlsx", "Xuất"), title="Xuất tất cả")
    key = ordered(office, wanted)
    with office.engine.look(office.token("an", "session")) as (_, actor):
        pass

    office.engine.writer.call(lambda tx: reading.cancel(office.engine.work(tx), actor, key))
    work_off(office.engine)

    assert (job(office, key)["state"], job(office, key)["file"]) == ("cancelled", "")


def test_an_exported_file_is_given_only_with_the_rights_it_was_ordered_with(office: Office) -> None:
    key = ordered(office, export_cases(CaseFilter(("leave_request",)), "csv", "Xuất"))
    work_off(office.engine)
    with office.engine.look(office.token("an", "session")) as (work, actor):
        assert file_of(work, actor, key).content
        with pytest.raises(InvalidInput):
            file_of(work, replace(actor, memberships=frozenset()), key)


def test_a_new_password_stops_what_was_ordered_before(office: Office) -> None:
    key = ordered(office, leaves(3))

    secret, new = office.token("an", "session"), "chín con trâu 42 leo đồi"
    change_password(office.engine, secret, PASSWORD, new, "", lambda *_: None)
    work_off(office.engine)

    assert (job(office, key)["state"], count(office.engine)) == ("cancelled", 0)


def test_of_too_many_jobs_the_oldest_that_ended_go(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.jobs.orders.MOST_OPEN", 100)
    keys = [ordered(office, leaves(1)) for _ in range(MOST_KEPT)]
    work_off(office.engine)

    ordered(office, leaves(1))

    with pytest.raises(NotFound):
        job(office, keys[0])
    assert job(office, keys[1])["state"] == "ready"


def test_work_goes_on_in_turns_so_that_what_was_just_served_comes_last(office: Office) -> None:
    first = ordered(office, leaves())
    export = ordered(office, export_cases(CaseFilter(("leave_request",)), "csv", "Danh sách"), "binh")
    work_off(office.engine, iter((True, False)).__next__)
    second = ordered(office, leaves(), "chi")

    with office.engine.database.read() as tx:
        turns = tx.all(Statement(select(job_table.c.id).order_by(job_table.c.turn)))

    assert [row["id"] for row in turns] == [export, first, second]
