"""How long closed cases are kept in daily use: what is due for archiving by which rule, and archiving it.

The rules are legal rows of kind `retention`, {"years": n, "from": "closed"}, by process and outcome. A rule
that nobody has confirmed only proposes. Archiving deletes nothing: the case can be read and not changed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_, select

from engine.definition.model import ProcessModel
from engine.definition.performing import Actor, Capacity
from engine.errors import NotPerformer
from engine.instants import end_of_day, from_micros, local_date, to_micros
from engine.office.law import LegalRow
from engine.privacy.holds import held_among, overseeing_labels
from engine.runtime.administering import Reach
from engine.runtime.database import Row, Statement
from engine.runtime.present import brief
from engine.runtime.recording import Deed, advance
from engine.runtime.rights import overseen
from engine.runtime.schema import archival, instance, legal_hold
from engine.runtime.snapshots import load_case
from engine.runtime.statements import insertion
from engine.runtime.work import Work

RETENTION = "retention"
GRANTED, REFUSED = "granted", "refused"
ARCHIVING = "archiving"
AT_ONCE = 100  # a writing transaction should not keep others waiting

_NEW_ARCHIVAL = insertion(archival)
_ARCHIVED = exists(select(archival.c.id).where(archival.c.instance_id == instance.c.id))
_HELD = exists(
    select(legal_hold.c.id).where(legal_hold.c.instance_id == instance.c.id, legal_hold.c.released_at.is_(None))
)


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule in force, and the final states of a process that it is for."""

    row: LegalRow
    model: ProcessModel
    states: tuple[str, ...]

    @property
    def years(self) -> int:
        return int(self.row.value["years"])

    def due_on(self, closed_on: date) -> date:
        """The first day on which a case closed that day is due: 29 February becomes 1 March."""
        year = closed_on.year + self.years
        try:
            return closed_on.replace(year=year)
        except ValueError:
            return date(year, 3, 1)

    def latest(self, today: date) -> date:
        """The last closing day that is due today."""
        try:
            return today.replace(year=today.year - self.years)
        except ValueError:
            return date(today.year - self.years, 2, 28)


def rules(work: Work) -> Iterator[Rule]:
    """The rules in force today, by process and outcome; "process.granted" goes before "process"."""
    for model in work.registry.models:
        ends = [state for state in model.states.values() if state.final]
        for outcome, is_good in ((GRANTED, True), (REFUSED, False)):
            keys = (f"{model.code}.{outcome}", model.code)
            found = next(filter(None, (work.office.law.find(RETENTION, key, work.today) for key in keys)), None)
            states = tuple(state.id for state in ends if state.good is is_good)
            if found is not None and states:
                yield Rule(found, model, states)


def due(work: Work, actor: Actor, before: int | None, limit: int) -> list[dict[str, Any]]:
    """The newest cases that are due for archiving, below that key, each with its rule and what happens to it.

    outcome: archive, confirm_rule (the rule is not confirmed: only a proposal), held.

    Raises:
        NotPerformer: the actor oversees no authority.
    """
    bodies = overseen(work, actor)
    if not bodies:
        raise NotPerformer(action="Xem hồ sơ đến hạn lưu trữ", who=overseeing_labels(work))
    known = list(rules(work))
    rows = _due(work, known, bodies, instance.c.id < before if before is not None else None, limit)
    return _items(work, known, rows)


def archive(work: Work, actor: Actor, *, dry_run: bool) -> dict[str, Any]:
    """Archive what is due by a confirmed rule and not held, a hundred at most; a dry run only says which.

    Raises:
        NotPerformer: the actor administers no authority.
    """
    reach = Reach(work, actor)
    reach.must_administer("Đưa hồ sơ vào lưu trữ")
    bodies = frozenset(filter(reach.reaches, overseen(work, actor)))
    known = list(rules(work))
    sure = [rule for rule in known if rule.row.may_block]
    rows = _due(work, sure, bodies, ~_HELD, AT_ONCE + 1)
    items = _items(work, sure, rows[:AT_ONCE])
    if not dry_run:
        for row in rows[:AT_ONCE]:
            _archive(work, _rule_of(sure, row), row, actor)
    return {"dry_run": dry_run, "items": items, "more": len(rows) > AT_ONCE}


def _archive(work: Work, rule: Rule, row: Row, actor: Actor) -> None:
    case = load_case(work, row)
    told = {"rule": rule.row.key, "citation": rule.row.citation}
    capacity = Capacity(work.registry.administrator.code)
    advance(work, rule.model, row, case, case, Deed(ARCHIVING, actor, capacity, more=told))
    work.tx.insert(_NEW_ARCHIVAL, instance_id=row["id"], person_id=actor.person_id, at=work.micros, **told)


def _due(
    work: Work, known: list[Rule], bodies: frozenset[int], further: ColumnElement[bool] | None, limit: int
) -> list[Row]:  # fmt: skip
    if not known:
        return []
    of_rules = (
        and_(
            instance.c.process == rule.model.code,
            instance.c.state.in_(rule.states),
            instance.c.closed_at < to_micros(end_of_day(rule.latest(work.today))),
        )
        for rule in known
    )
    query = select(instance).where(or_(*of_rules), instance.c.authority_id.in_(sorted(bodies)), ~_ARCHIVED)
    if further is not None:
        query = query.where(further)
    return work.tx.all(Statement(query.order_by(instance.c.id.desc()).limit(limit)))


def _items(work: Work, known: list[Rule], rows: list[Row]) -> list[dict[str, Any]]:
    held = held_among(work, (row["id"] for row in rows))
    return [_item(work, _rule_of(known, row), row, row["id"] in held) for row in rows]


def _item(work: Work, rule: Rule, row: Row, is_held: bool) -> dict[str, Any]:
    closed_on = local_date(from_micros(row["closed_at"]))
    outcome = "held" if is_held else "archive" if rule.row.may_block else "confirm_rule"
    return {
        "case": brief(work, row),
        "closed_on": closed_on.isoformat(),
        "due_on": rule.due_on(closed_on).isoformat(),
        "rule": {"key": rule.row.key, "years": rule.years, "citation": rule.row.citation, "mark": rule.row.mark},
        "outcome": outcome,
    }


def _rule_of(known: list[Rule], row: Row) -> Rule:
    return next(rule for rule in known if rule.model.code == row["process"] and row["state"] in rule.states)
