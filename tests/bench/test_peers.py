"""How a peer is asked, and that one which fails is reported as failing."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bench.measuring import Bench
from bench.peers import comparison
from bench.peers.comparison import Subject
from bench.peers.contender import Broken, Contender


@contextmanager
def peer(folder: Path, *words: str, module: str = "tests.bench.fakes") -> Iterator[Contender]:
    contender = Contender(Path(sys.executable), module, folder / "peer.db", words, folder / "log")
    try:
        yield contender
    finally:
        contender.close()


def test_peer_answers_with_the_time_of_every_step(tmp_path: Path) -> None:
    with peer(tmp_path) as contender:
        alone, together = contender.cases(3), contender.cases(5, "together")

        assert contender.versions.startswith("pytest ")
        assert (len(alone), len(together)) == (12, 1)
        assert contender.check() == ""


def test_peer_that_lost_a_history_row_is_found_out(tmp_path: Path) -> None:
    with peer(tmp_path, "forgets") as contender:
        contender.cases(2)

        assert contender.check() == (
            "its database has {'finished': 2, 'history': 7}, not {'finished': 2, 'history': 8}"
        )


def test_peer_that_does_not_start_says_why(tmp_path: Path) -> None:
    with pytest.raises(Broken, match="RuntimeError: no such library"), peer(tmp_path, "dies"):
        pass


def test_peer_that_fails_in_a_step_says_why(tmp_path: Path) -> None:
    with peer(tmp_path, "breaks") as contender, pytest.raises(Broken, match="RuntimeError: the last step failed"):
        contender.cases(1)


def test_thidua_is_asked_like_its_peers(tmp_path: Path) -> None:
    with peer(tmp_path, module="bench.peers.thidua") as contender:
        spent = contender.cases(2)

        assert len(spent) == 8
        assert contender.check() == ""


FAKES = (
    Subject("fake", "tests.bench.fakes", goal={"SQLite": 0}),
    Subject("dead", "tests.bench.fakes", words=("dies",), goal={"SQLite": 5}),
    Subject("forgetful", "tests.bench.fakes", words=("forgets",)),
    Subject("missing", "tests.bench.fakes", requirements=("./no-such-package",)),
)


def test_peer_without_a_figure_is_reported_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparison, "PEERS", FAKES)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    thidua, fake, *others = comparison.measure(Bench(tmp_path, rounds=1, quick=True, server=None))

    assert thidua.value is not None
    assert fake.ratio is not None
    assert [(row.what, row.value, row.ratio) for row in others] == [
        ("dead", None, None), ("forgetful", None, None), ("missing", None, None),
    ]  # fmt: skip
    dead, forgetful, missing = (row.note for row in others)
    assert dead == "not measured: RuntimeError: no such library"
    assert forgetful.startswith("not valid: its database has {'finished': 3, 'history': 11}")
    assert missing.startswith("not measured: ERROR: ")
