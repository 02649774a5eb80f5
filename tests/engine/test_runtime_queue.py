"""The work queue: in the order of due dates, part by part, each part from an index."""

import random
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest
from sqlalchemy import select

from engine.runtime import listing, queries
from engine.runtime.database import Row, Statement
from engine.runtime.database.statement import Rendered
from engine.runtime.listing import Order, Sorting
from engine.runtime.offices import add_mandate
from engine.runtime.queries import CaseFilter, Whose
from engine.runtime.queue import BEYOND, place_of, work_queue
from engine.runtime.repeats import KEPT_FOR, forget_repeats
from engine.runtime.rights import visible
from engine.runtime.schema import idempotency, instance
from engine.runtime.statements import insertion
from tests.databases import rows
from tests.errands.office import RuntimeOffice, open_runtime

SAME_DAY = 1_720_600_000_000_000


@pytest.fixture
def office(folder: Path) -> Iterator[RuntimeOffice]:
    with open_runtime(folder) as office:
        yield office


def scattered(office: RuntimeOffice, count: int) -> list[int]:
    """Errands of ward 1 that are due on a few instants without order, some of them never; as the queue is to be."""
    rng = random.Random(count)
    keys = [office.start("an", "errand", text=f"Việc {n}") for n in range(count)]
    for key in keys:
        due = rng.choice((SAME_DAY, SAME_DAY, SAME_DAY - 1, SAME_DAY + 1, None))
        value = "NULL" if due is None else due
        office.force(f"UPDATE user_task SET due_at = {value} WHERE instance_id = {key}")
    tasks = office.ask("SELECT due_at, instance_id, id FROM user_task WHERE clock = 'running'")
    return [case for _, case, _ in sorted((BEYOND if due is None else due, case, key) for due, case, key in tasks)]


def test_the_parts_of_a_queue_are_the_whole_queue(office: RuntimeOffice) -> None:
    whole = scattered(office, 17)
    found: list[Row] = []
    with office.looking("an") as (work, actor):
        while part := work_queue(work, actor, place_of(found[-1]) if found else None, 4):
            found += part

    assert [row["instance_id"] for row in found] == whole
    assert found[-1]["due_at"] is None


def test_a_part_is_read_from_the_index_and_not_sorted(tmp_path: Path) -> None:
    with open_runtime(tmp_path) as office, office.looking("an") as (work, actor):
        asked = MagicMock()
        work_queue(replace(work, tx=asked), actor, None, 50)
        (statement,), values = asked.all.call_args
        explained = rows(office.engine.database, f"EXPLAIN QUERY PLAN {_filled(statement.sqlite, values)}")
    plan = [text for *_, text in explained]

    assert "SEARCH user_task USING INDEX ix_user_task_queue (unit_id=? AND role=? AND <expr>>?)" in plan
    assert [text for text in plan if "TEMP B-TREE" in text] == ["USE TEMP B-TREE FOR ORDER BY"]  # of one part a hat


def _filled(rendered: Rendered, values: dict[str, Any]) -> str:
    """The statement with its values in it."""
    known = {**rendered.defaults, **values}
    return re.sub(r":(\w+)", lambda name: repr(known[name[1]]), rendered.text)


@pytest.mark.parametrize("is_turned", [False, True])
@pytest.mark.parametrize("whose", [Whose.ROLES, Whose.NOBODY, Whose.UNITS, None])
def test_a_list_by_due_dates_is_the_same_whoever_it_is_for(
    office: RuntimeOffice, whose: Whose | None, is_turned: bool
) -> None:
    whole, sorting = scattered(office, 13), Sorting(Order.DUE, is_turned)
    found: list[Row] = []
    with office.looking("an") as (work, actor):
        wanted, place = CaseFilter(whose=whose), None
        while part := listing.rows(work, actor, wanted, sorting, place, 5):
            found += part
            place = listing.Place(part[-1]["place"], part[-1]["id"])

    assert [row["id"] for row in found] == (whole[::-1] if is_turned else whole)


@pytest.mark.parametrize("who", ["an", "chu", "lan", "ha", "khach"])
def test_the_newest_cases_are_those_that_one_may_see(office: RuntimeOffice, who: str) -> None:
    drive = office.drive("W1", "W2")
    office.checked()
    office.start("chi", "errand", text="Của phường khác")
    with office.looking(who) as (work, actor):
        seen = [row["id"] for row in work.tx.all(Statement(select(instance))) if visible(work, actor, row)]
        newest = [row["id"] for row in queries.cases(work, actor, CaseFilter(), 50)]
        part = [row["id"] for row in queries.cases(work, actor, CaseFilter(before=drive + 2), 50)]
        sorting = Sorting(Order.BEGUN, is_turned=True)
        oldest = [row["id"] for row in listing.rows(work, actor, CaseFilter(), sorting, None, 50)]

    assert newest == sorted(seen, reverse=True)
    assert part == [key for key in newest if key < drive + 2]
    assert oldest == newest[::-1]


def test_a_task_is_in_the_queue_once_however_many_mandates_lead_to_it(office: RuntimeOffice) -> None:
    case = office.start("an", "errand", text="Quét vôi")
    an, chi, w1 = (office.one(f"SELECT id FROM {t} WHERE {c} = ?", v) for t, c, v in (
        ("person", "username", "an"), ("person", "username", "chi"), ("unit", "code", "W1")))  # fmt: skip
    term = {"since": date(2024, 1, 1), "until": date(2024, 12, 31)}
    for powers in (["errand.hand_in"], ["errand.edit"]):
        with office.engine.database.write() as tx:
            add_mandate(tx, an, chi, "officer", w1, powers=powers, capacity="TL.", paper="1/UQ", **term)

    with office.looking("chi") as (work, actor):
        assert [row["instance_id"] for row in work_queue(work, actor, None, 9)].count(case) == 1


def test_answers_for_repeats_go_after_their_time_and_not_before(office: RuntimeOffice) -> None:
    now, new = office.clock[0], insertion(idempotency)
    cut = int((now - KEPT_FOR).timestamp() * 1_000_000)

    def keep(at: int, count: int, name: str) -> None:
        row = {"principal": "1", "fingerprint": "f", "status": 200, "body": "", "etag": "", "location": "", "at": at}
        with office.engine.database.write() as tx:
            for n in range(count):
                tx.insert(new, key=f"{name}{n}", **row)

    keep(cut - 1, 3, "old")
    keep(cut, 2, "young")

    assert (forget_repeats(office.engine.writer, now), forget_repeats(office.engine.writer, now)) == (3, 0)
    assert office.ask("SELECT DISTINCT at FROM idempotency") == [(cut,)]
