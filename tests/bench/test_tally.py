"""The floor is held to write what the engine writes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bench.action import Acting, plan_of
from bench.floor import Floor, Sample, sample
from bench.raw import connect
from bench.stage import build
from bench.tally import Count, Unequal, Written, described, must_be_equal, written_by
from engine.runtime.database import Database
from migrations.chain import upgrade


def two_actions(perform: Callable[[], object]) -> Callable[[], None]:
    def twice() -> None:
        perform()
        perform()

    return twice


@contextmanager
def acting(where: Path) -> Iterator[Acting]:
    engine = build(where.parent, where)
    yield Acting(engine, plan_of(where))
    engine.close()


def of_the_engine(where: Path) -> tuple[Count, tuple[Sample, Sample]]:
    """What two actions write, and samples of their rows."""
    with acting(where) as act:
        two_actions(act)()
        act()
        first = sample(where, plan_of(where), act.key)
        act()
        samples = first, sample(where, plan_of(where), act.key)
        return written_by(two_actions(act), where), samples


def of_the_floor(where: Path, samples: tuple[Sample, Sample]) -> Count:
    build(where.parent, where).close()
    raw = connect(where)
    floor = Floor(raw, samples)
    two_actions(floor)()
    count = written_by(two_actions(floor), where)
    raw.close()
    return count


def test_floor_writes_the_rows_of_the_engine(tmp_path: Path) -> None:
    engine, samples = of_the_engine(tmp_path / "engine.db")
    floor = of_the_floor(tmp_path / "floor.db", samples)

    must_be_equal(engine, floor)
    assert {name: written.rows for name, written in floor.items()} == {
        "history insert": 2, "idempotency insert": 2, "instance update": 2, "notice insert": 2, "timer delete": 2,
        "timer insert": 2, "user_task insert": 2, "user_task update": 2,
    }  # fmt: skip


ROWS = {"history insert": Written(2, 1000)}


@pytest.mark.parametrize(
    "floor",
    [
        {}, {"history insert": Written(1, 1000)}, {"history insert": Written(2, 900)},
        {**ROWS, "fact insert": Written(1, 9)},
    ],
    ids=["nothing", "a row less", "smaller rows", "another table"],
)  # fmt: skip
def test_floor_that_writes_something_else_is_refused(floor: Count) -> None:
    with pytest.raises(Unequal, match="the engine wrote"):
        must_be_equal(ROWS, floor)


def test_names_may_differ_a_little_in_length() -> None:
    must_be_equal(ROWS, {"history insert": Written(2, 1010)})


def test_nothing_is_left_of_the_counting(tmp_path: Path) -> None:
    where = tmp_path / "thidua.db"
    upgrade(Database(where))
    raw = connect(where)
    before = raw.run("SELECT name FROM sqlite_master ORDER BY name")

    count = written_by(lambda: raw.run("INSERT INTO register (authority_id, name, year, last) SELECT 1, 'x', 2, 3 "
                                       "WHERE false"), where)  # fmt: skip

    assert count == {}
    assert raw.run("SELECT name FROM sqlite_master ORDER BY name") == before
    raw.close()


def test_rows_are_told_per_action() -> None:
    assert described({"notice insert": Written(4, 1600)}, actions=4) == "notice insert 1 (400 B)"
