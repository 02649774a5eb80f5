"""How the bench measures: in turn, medians of neighbouring rounds, what a goal is held against."""

from collections.abc import Callable

import pytest

from bench.measuring import Goal, Row, Times, in_turn, paired, percentile


def test_percentile_is_the_nearest_rank() -> None:
    hundred = range(1, 101)

    assert [percentile(hundred, p) for p in (1, 50, 99, 100)] == [1, 50, 99, 100]
    assert percentile([7.0], 99) == 7.0


def test_median_is_of_the_rounds_and_p99_of_all_calls() -> None:
    times = Times(((1.0, 1.0, 9.0), (2.0, 2.0, 2.0), (3.0, 3.0, 3.0)))

    assert (times.p50, times.p99) == (2.0, 9.0)


def test_ratio_is_the_median_of_neighbouring_rounds() -> None:
    """The machine was ten times slower in the second round: both sides had that, so the ratio has not."""
    floor = Times(((10.0, 10.0), (100.0, 100.0), (10.0, 10.0)))
    engine = Times(((20.0, 20.0), (200.0, 200.0), (5.0, 5.0)))

    assert engine.speed(floor) == 0.5
    assert floor.speed(floor) == 1.0


def test_subjects_take_turns_and_every_other_round_is_reversed() -> None:
    called: list[str] = []

    def subject(name: str) -> Callable[[], tuple[float, ...]]:
        def measure() -> tuple[float, ...]:
            called.append(name)
            return (float(len(called)),)

        return measure

    spent = in_turn({"a": subject("a"), "b": subject("b")}, rounds=3)

    assert called == ["a", "b", "b", "a", "a", "b"]
    assert spent["a"].rounds == ((1.0,), (4.0,), (5.0,))


def test_the_warming_up_is_not_counted() -> None:
    called: list[int] = []

    spent = paired({"a": lambda: called.append(1)}, rounds=2, times=10)

    assert [len(each) for each in spent["a"].rounds] == [10, 10]
    assert len(called) == 22


@pytest.mark.parametrize(
    ("goal", "figure", "met"),
    [(Goal("≥", 0.75), 0.75, True), (Goal("≥", 0.75), 0.749, False), (Goal("≤", 3, "tail"), 3.1, False)],
)
def test_goal_includes_its_bound(goal: Goal, figure: float, met: bool) -> None:
    assert goal.met(figure) is met


def test_row_knows_the_figure_that_a_goal_is_about() -> None:
    row = Row(what="x", value=100.0, p99=250.0, ratio=0.8)

    assert [row.figure(of) for of in ("ratio", "value", "tail")] == [0.8, 100.0, 2.5]
    assert Row(what="x", value=100.0).figure("tail") is None
