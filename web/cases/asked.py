"""What a return slip asks for: beside the fields that are open, and before and after for who checks the answer."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from engine.definition.audience import without
from engine.definition.case import Case
from engine.definition.model import ProcessModel
from engine.definition.performing import Actor
from engine.runtime.asking import last_request
from engine.runtime.database import Row
from engine.runtime.rights import hidden_from
from engine.runtime.work import Work
from web.cases.reading import Entry, readable


@dataclass(frozen=True, slots=True)
class Defect:
    """One line of a slip: the part (a dossier field, or a kind of paper), its label, what is wrong, done or not."""

    part: str
    label: str
    is_paper: bool
    fault: str
    note: str
    is_done: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """A single field within a part that is not as it was; None: it was empty, or is now."""

    label: str
    before: Entry | None
    after: Entry | None


@dataclass(frozen=True, slots=True)
class Answered:
    """A part that was asked for, and what came back: single fields that changed, or the names of new papers."""

    defect: Defect
    changes: tuple[Change, ...]
    papers: tuple[str, ...]


def asked_of(model: ProcessModel, case: Case[Any]) -> tuple[Defect, ...]:
    """What the open task of a case asks to have put right; empty when it asks for nothing in particular.

    The fields that may be changed then are `model.open_fields(case.state, case.dossier)`, the kinds of paper that may
    be attached `model.open_papers(…)`; anything else the engine refuses.
    """
    return _defects(model, case.state, case.dossier, case.changed)


def answered(work: Work, row: Row, actor: Actor) -> tuple[Answered, ...]:
    """The last slip of a case that has been answered, line by line; empty when there is none, or one is open."""
    model = work.registry.by_code[row["process"]]
    request = last_request(work.tx, model, row["id"])
    if request is None or request.is_open:
        return ()
    hidden = hidden_from(work, actor, row)
    before, after = without(request.before, hidden), without(request.after, hidden)
    asked = _defects(model, request.state, model.dossier.model_validate(dict(request.before)), request.changed)
    return tuple(
        Answered(
            defect,
            () if defect.is_paper else _changes(model, before, after, defect.part),
            tuple(paper["name"] for paper in request.papers if paper["kind"] == defect.part),
        )
        for defect in asked
    )


def _changes(model: ProcessModel, before: dict[str, Any], after: dict[str, Any], name: str) -> tuple[Change, ...]:
    """What differs in a dossier field, down to the single fields of a group."""
    was, now = (dict(_leaves(readable(model.dossier, dossier, {name}))) for dossier in (before, after))
    names = dict.fromkeys((*was, *now))
    return tuple(
        Change((now.get(one) or was[one]).label, was.get(one), now.get(one))
        for one in names
        if was.get(one) != now.get(one)
    )


def _leaves(entries: Iterable[Entry], prefix: str = "") -> Iterator[tuple[str, Entry]]:
    for entry in entries:
        if entry.below:
            yield from _leaves(entry.below, f"{prefix}{entry.name}.")
        else:
            yield prefix + entry.name, entry


def _defects(model: ProcessModel, state: str, dossier: Any, changed: frozenset[str]) -> tuple[Defect, ...]:
    return tuple(
        Defect(
            one.part,
            model.papers[one.part] if one.part in model.papers else _title(model, one.part),
            one.part in model.papers,
            one.fault,
            one.note,
            one.part in changed,
        )
        for one in model.asks(state, dossier) or ()
    )


def _title(model: ProcessModel, name: str) -> str:
    return model.dossier.model_fields[name].title or name
