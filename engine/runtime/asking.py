"""What a task asked to have put right, and what has been done about it since: read from the case's history."""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from pydantic import BaseModel

from engine.definition.case import Document
from engine.definition.documents import canonical, to_json
from engine.definition.model import ProcessModel
from engine.runtime.database import Row, Transaction
from engine.runtime.history import rebuild
from engine.runtime.statements import HISTORY

MARKS = "marks"
"""In the payload of an entry that opens a task which asks for something: `marks_of` the case at that moment."""


@dataclass(frozen=True, slots=True)
class Request:
    """The last time that a case was in a task which asks for something.

    before, after: the dossier as it was when the task opened, and when it ended, or now. papers: what was attached
    meanwhile: kind, name and sha256. is_open: it still waits for the answer.
    """

    state: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    papers: tuple[Mapping[str, str], ...]
    is_open: bool

    @property
    def changed(self) -> frozenset[str]:
        """The dossier fields and the kinds of paper that are not as they were."""
        names = self.before.keys() | self.after.keys()
        fields = {name for name in names if self.before.get(name) != self.after.get(name)}
        return frozenset(fields | {paper["kind"] for paper in self.papers})


def last_request(tx: Transaction, model: ProcessModel, instance_id: int) -> Request | None:
    """The last request on a case; None when its process has no such task, or it never was in one."""
    asking = {state.id for state in model.states.values() if state.asked}
    return _last(tx.all(HISTORY, which=instance_id), asking) if asking else None


def marks_of(dossier: BaseModel, papers: Iterable[Document]) -> dict[str, str]:
    """By which the parts of a case are known again: each dossier field by its value, each kind of paper by its number.

    The entry that opens a task which asks for something keeps them, so that nothing before it is ever read again.
    """
    fields = {name: sha256(canonical(value).encode()).hexdigest()[:16] for name, value in to_json(dossier).items()}
    return fields | {kind: str(number) for kind, number in Counter(paper.kind for paper in papers).items()}


def changed(
    model: ProcessModel, state: str, dossier: BaseModel, papers: Iterable[Document], opening: Row | None
) -> frozenset[str]:
    """Of what the state's task asks for, what is not as it was when it opened; opening: the entry that did that."""
    asked = model.asks(state, dossier) if opening is not None else None
    if opening is None or not asked:
        return frozenset()
    then, now = json.loads(opening["payload"]).get(MARKS, {}), marks_of(dossier, papers)
    return frozenset(one.part for one in asked if now.get(one.part) != then.get(one.part))


def _last(entries: list[Row], asking: Collection[str]) -> Request | None:
    opened = [n for n, entry in enumerate(entries) if entry["target"] in asking and entry["source"] != entry["target"]]
    if not opened:
        return None
    first = opened[-1]
    state = entries[first]["target"]
    left = (n for n, entry in enumerate(entries) if n > first and entry["target"] != state)
    end = next(left, len(entries))
    papers = (json.loads(entry["payload"]).get("attachment") for entry in entries[first + 1 : end])
    return Request(
        state,
        rebuild(entries[: first + 1])[1],
        rebuild(entries[:end])[1],
        tuple(paper for paper in papers if paper),
        end == len(entries),
    )
