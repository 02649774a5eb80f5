"""The history of a case as a line of steps: who, as what, when, what was written down, and whom it concerns."""

from collections.abc import Mapping
from dataclasses import dataclass

from engine.definition.language import Action, Seat
from engine.definition.model import ProcessModel
from engine.definition.performing import Actor
from engine.runtime.case_view import recent_history
from engine.runtime.database import Row
from engine.runtime.present import history_json
from engine.runtime.work import Work
from web.cases.reading import Entry, readable

MOST = 50
NEWEST = 2**62
INSIDE, UNIT, PUBLIC = "nội bộ thẩm định", "đơn vị", "công khai"
"""Whom a step concerns: the authority's offices alone; the unit too; anybody, since the public look-up shows it."""


@dataclass(frozen=True, slots=True)
class Step:
    """One entry. what: the label of the action; to: the state that it led to, empty when it stayed."""

    seq: int
    at: str
    who: str | None
    role: str
    instead_of: Mapping[str, str] | None
    what: str
    to: str
    changes: tuple[Entry, ...]
    paper: str
    assignee: str
    reason: str
    warnings: tuple[Mapping[str, str], ...]
    audience: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """The newest steps first; older: the `seq` before which the next part begins, None when these are all."""

    steps: tuple[Step, ...]
    older: int | None


def timeline(work: Work, row: Row, actor: Actor, before: int = NEWEST) -> Timeline:
    """A part of what has happened to a case, as far as the actor sees it."""
    found = recent_history(work, row, before, MOST + 1)
    model = work.registry.by_code[row["process"]]
    steps = tuple(_step(work, model, row, entry, actor) for entry in found[:MOST])
    return Timeline(steps, found[MOST - 1]["seq"] if len(found) > MOST else None)


def _step(work: Work, model: ProcessModel, row: Row, entry: Row, actor: Actor) -> Step:
    told = history_json(work, row, entry, actor)
    moved = told["from"] != told["to"]
    return Step(
        told["seq"],
        told["at"],
        told["actor"],
        told["role"]["label"] if told["role"] else "",
        told["for"],
        told["label"],
        model.states[told["to"]].status if moved else "",
        readable(model.dossier, {name: value for name, value in told["changes"].items() if value is not None}),
        _paper(model, told["attachment"]),
        told["assignee"] or "",
        told["reason"] or "",
        tuple(told["warnings"]),
        _audience(work, model, entry),
    )


def _paper(model: ProcessModel, paper: Mapping[str, str] | None) -> str:
    return f"{model.papers.get(paper['kind'], paper['kind'])}: {paper['name']}" if paper else ""


def _audience(work: Work, model: ProcessModel, entry: Row) -> str:
    if entry["source"] == entry["target"]:
        role = work.registry.roles.get(entry["role"])
        return INSIDE if role is not None and role.seat is Seat.AUTHORITY else UNIT
    if not entry["source"]:
        return UNIT
    if model.states[entry["source"]].phase is not model.states[entry["target"]].phase:
        return PUBLIC
    return UNIT if _concerns_unit(work, model, entry) else INSIDE


def _concerns_unit(work: Work, model: ProcessModel, entry: Row) -> bool:
    """Whether somebody of the unit did it, is told of it, or has the case then."""
    action: Action | None = model.actions.get(entry["action"])
    told = [role for tell in action.tells for role in tell.to] if action else []
    did, owner = work.registry.roles.get(entry["role"]), model.states[entry["target"]].owner
    return any(role is not None and role.seat is Seat.OWN_UNIT for role in (did, owner, *told))
