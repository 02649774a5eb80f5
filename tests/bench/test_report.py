"""What the bench prints and keeps."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bench.__main__ import main
from bench.measuring import Bench, Goal, Part, Row
from bench.report import keep, machine_of, number, text_of

ROWS = (
    Row(what="floor", on="SQLite", value=210.4, p99=1234.5, ratio=1.0, to="floor"),
    Row(what="engine", on="SQLite", value=300.0, p99=1200.0, ratio=0.7, to="floor",
        goals=(Goal("≥", 0.75), Goal("≤", 5, "tail"))),
    Row(what="peer", on="SQLite", goals=(Goal("≥", 5),), note="not measured: no such package"),
)  # fmt: skip
MEASURED = ((Part("action", "One durable action.", lambda bench: ROWS), ROWS),)
MACHINE = {"machine": "2 × a processor", "Python": "3.11"}


@pytest.mark.parametrize(
    ("figure", "said"), [(0.0712, "0.0712"), (0.75, "0.75"), (5.1, "5.1"), (99.96, "100"), (12345.6, "12,346")]
)
def test_number_has_three_digits_or_all_before_the_point(figure: float, said: str) -> None:
    assert number(figure) == said


def test_table_says_what_was_reached_and_what_was_not() -> None:
    lines = text_of(MEASURED, MACHINE).splitlines()

    assert "[action] One durable action." in lines
    floor, engine, peer = (
        next(line for line in lines if line.startswith(name)) for name in ("floor", "engine", "peer")
    )
    assert floor.split() == ["floor", "SQLite", "210", "µs", "1,234", "µs", "1", "×", "floor"]
    assert engine.endswith("0.7 ×  floor  ≥ 0.75: missed; p99/median ≤ 5: met (4)")
    assert peer.endswith("≥ 5: not measured")
    assert "    not measured: no such package" in lines
    assert lines[-2:] == ["machine: 2 × a processor", "Python: 3.11"]


def test_columns_stand_below_each_other() -> None:
    head, _, _, floor, engine = text_of(MEASURED, MACHINE).splitlines()[:5]

    assert head.index("on") == floor.index("SQLite") == engine.index("SQLite")
    assert floor.index("210 µs") + len("210 µs") == engine.index("300 µs") + len("300 µs")


def test_results_are_kept_as_text_and_as_json_with_date_and_machine(tmp_path: Path) -> None:
    readable = keep(MEASURED, MACHINE, datetime(2026, 11, 22, 19, 30, tzinfo=UTC), tmp_path / "results")

    kept = json.loads(readable.with_suffix(".json").read_text(encoding="utf-8"))
    assert readable.name == "2026-11-22-1930-action.txt"
    assert readable.read_text(encoding="utf-8").startswith("2026-11-22T19:30:00+00:00\n")
    assert (kept["at"], kept["machine"]) == ("2026-11-22T19:30:00+00:00", MACHINE)
    assert kept["parts"][0]["rows"][1]["goals"][0] == {"sign": "≥", "bound": 0.75, "of": "ratio"}


def test_machine_names_no_path(tmp_path: Path) -> None:
    machine = machine_of(Bench(tmp_path, 3, True, None))

    assert {"machine", "disk", "Python", "SQLite", "PostgreSQL", "source", "rounds"} <= set(machine)
    assert str(tmp_path) not in "".join(machine.values())


def test_an_action_is_measured_beside_its_floor(capsys: pytest.CaptureFixture[str]) -> None:
    """The figures are the machine's; that both sides wrote the same rows is checked by the part itself."""
    main(["action", "--quick", "--rounds", "1", "--on", "SQLite"])

    printed = capsys.readouterr().out
    assert [line.split("  ")[0] for line in printed.splitlines() if " floor" in line and "×" in line] == [
        "commit of one small row, one connection", "raw floor, a statement a round trip", "engine: one action",
    ]  # fmt: skip
    assert "history insert 1 (" in printed


def test_an_unknown_part_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        main(["actoin"])

    assert refused.value.code == 2
    assert "no such part: actoin" in capsys.readouterr().err
