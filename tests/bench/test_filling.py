"""The copies that the bench fills a database with are cases like those that the engine made."""

from contextlib import closing
from pathlib import Path

from bench.filling import TABLES, fill
from bench.growth import Acting
from bench.raw import Raw, connect
from bench.stage import build

CASES = 40


def _rows(raw: Raw, table: str) -> int:
    return int(raw.run(f"SELECT count(*) AS n FROM {table}")[0]["n"])


def test_copies_refer_to_what_is_there_and_can_be_acted_on(tmp_path: Path) -> None:
    where = tmp_path / "thidua.db"
    engine = build(tmp_path, where)
    with closing(connect(where)) as raw:
        before = {table: _rows(raw, table) for table in TABLES}
        waiting = fill(engine, where, CASES, open_of_ten=5)
        added = {table: _rows(raw, table) - before[table] for table in TABLES}
        broken = raw.run("PRAGMA foreign_key_check")
    act = Acting(engine, waiting)
    for _ in range(3):
        act()
    engine.close()
    assert broken == []
    assert len(waiting) == CASES // 2
    assert added["instance"] == CASES + 2, "the copies, the campaign above them, and the finished template"
    assert added["history"] >= 5 * CASES // 2, "a finished case was begun and acted on four times"
    assert added["timer"] >= len(waiting), "each open plan has its next reminder"


def test_a_finished_case_is_closed(tmp_path: Path) -> None:
    where = tmp_path / "thidua.db"
    engine = build(tmp_path, where)
    waiting = fill(engine, where, CASES)
    engine.close()
    with closing(connect(where)) as raw:
        left = raw.run("SELECT count(*) AS n FROM instance WHERE process = 'four_steps' AND closed_at IS NULL")
        open_plans = raw.run(
            "SELECT count(*) AS n FROM user_task t JOIN instance i ON i.id = t.instance_id "
            "WHERE t.clock = 'running' AND i.id >= :first AND i.process = 'ward_plan'",
            {"first": waiting[0].case},
        )
    assert left[0]["n"] == 0
    assert open_plans[0]["n"] == len(waiting)
