"""Walks a captured command to its end, broken off at every statement on the way; counts the break points."""

from collections.abc import Callable
from itertools import count
from pathlib import Path

from engine.runtime.service import Answer
from tests.break_off.breaking import Abort, Breaker, Content, Copy, Fault, copied
from tests.year.recording import Command


def walk(captured: Path, command: Command, folder: Path) -> int:
    """Prove that the command leaves all or nothing; returns at how many statements it was broken off.

    Raises:
        AssertionError: a broken-off transaction left something, or the end differs from that of a command
            that nothing disturbed.
    """
    breaker = Breaker()
    with copied(captured, folder / "undisturbed.db", command, breaker) as undisturbed:
        answer, wanted = undisturbed.perform(), undisturbed.content()
        assert (undisturbed.pending(), answer.status in (200, 201)) == (0, True)
    with copied(captured, folder / "broken.db", command, breaker) as broken:
        points = _main_transaction(broken, breaker, answer) + _effects(broken, breaker)
        breaker.arm(0)
        _same_end(broken, answer, wanted)
    with copied(captured, folder / "unheard.db", command, breaker) as unheard:
        _commits_without_a_word(unheard)
        _same_end(unheard, answer, wanted)
    return points


def _main_transaction(copy: Copy, breaker: Breaker, answer: Answer) -> int:
    """Break the command until it passes; its effects are left to be carried out."""
    before = copy.content()
    for at in count(1):
        breaker.arm(at)
        given = _answer_of(copy.perform)
        if breaker.passed:
            assert given == answer or copy.command.kind == "tick", "the answer was another one"
            return at - 1
        assert given is None, "a broken command was answered"
        assert copy.content() == before, f"statement {at} left something"
    raise AssertionError


def _effects(copy: Copy, breaker: Breaker) -> int:
    """Break each effect's own transaction in the same way, one effect after the other."""
    points = 0
    while left := copy.pending():
        before = copy.content()
        for at in count(1):
            breaker.arm(at)
            _answer_of(copy.engine.run_effects)
            if breaker.passed:
                break
            assert copy.content() == before, f"statement {at} of an effect left something"
            points += 1
        assert copy.pending() < left, "an effect was carried out and is still pending"
    return points


def _commits_without_a_word(copy: Copy) -> None:
    """Every commit is followed by an error, so that nobody knows of it."""
    copy.database.deaf = True
    assert _answer_of(copy.perform) is None, "a lost answer was heard"
    for _ in range(copy.pending()):
        _answer_of(copy.engine.run_effects)
    copy.database.deaf = False


def _same_end(copy: Copy, answer: Answer, wanted: Content) -> None:
    """What is left gets done once; a repeat of the command gets the first answer and changes nothing."""
    copy.finish()
    assert copy.content() == wanted, "the end differs"
    if copy.command.kind == "tick":
        assert copy.perform().body == "0", "a timer fired twice"
    else:
        assert copy.perform() == answer, "the repeat got another answer"
    assert copy.content() == wanted, "the repeat changed something"


def _answer_of(perform: Callable[[], Answer | None]) -> Answer | None:
    """What it answers; None when it broke."""
    try:
        return perform()
    except (Fault, Abort):
        return None
