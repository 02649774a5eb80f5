"""The law book's rows: looking, adding a dated one, confirming what nobody had verified."""

import json
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from sqlalchemy import bindparam, select, update

from engine.administration.desk import GIVES_POWER, Desk
from engine.administration.forms import Confirmation, NewLegalRow
from engine.administration.refusals import OfficeRefused
from engine.administration.roles import in_order, spoken
from engine.definition.deadlines import DueKind
from engine.definition.registry import Registry
from engine.errors import InvalidInput, NotFound
from engine.office.law import LegalRow, Mark
from engine.runtime import offices
from engine.runtime.database import Row, Statement, Transaction
from engine.runtime.present import instant
from engine.runtime.queries import count_by_state
from engine.runtime.schema import person, reference
from engine.runtime.work import Work

p = bindparam
_SHOWN = (
    select(reference, person.c.name.label("confirmed_by_name"))
    .outerjoin_from(reference, person, reference.c.confirmed_by == person.c.id)
    .order_by(reference.c.id)
)
_ALL, _ONE = Statement(_SHOWN), Statement(_SHOWN.where(reference.c.id == p("which")))
_OF_KIND = Statement(select(reference).where(reference.c.kind == p("kind")).order_by(reference.c.id))
_CONFIRM = Statement(
    update(reference)
    .where(reference.c.id == p("which"))
    .values(confirmed_by=p("by"), confirmed_at=p("at"), confirmation=p("source"))
)
_END = Statement(update(reference).where(reference.c.id == p("which")).values(valid_to=p("last_day")))
FOREVER = "9999-12-31"
RETENTION, MOST_YEARS = "retention", 200
RULE, BLOCK = "rule", "block"
"""The severity of a rule that stops an action once its row is sure."""


def rows(tx: Transaction, *, kind: str | None, on: date | None) -> list[dict[str, Any]]:
    """The rows of a kind that are in force on a date; None: any."""
    found = tx.all(_ALL)
    return [
        _shown(row)
        for row in found
        if kind in (None, row["kind"]) and (on is None or offices.legal_row(row).in_force(on))
    ]


def unconfirmed(tx: Transaction, on: date) -> list[dict[str, Any]]:
    """The rows in force that would do something were they confirmed: block, or let cases be archived."""
    return [
        row
        for row in rows(tx, kind=None, on=on)
        if not row["may_block"] and (row["kind"] == RETENTION or row["value"].get("severity") == BLOCK)
    ]


def one(work: Work, row_id: int) -> dict[str, Any]:
    """One row.

    Raises:
        NotFound: there is none.
    """
    row = work.tx.one(_ONE, which=row_id)
    if row is None:
        raise NotFound(what=f"quy định số {row_id}")
    return _shown(row)


def titles(registry: Registry) -> dict[str, str]:
    """In a few words what rows are about, by "kind/key": what a rule checks, which work a time limit is for, the
    process whose cases are kept. A key with a point in it may stand there by what is before the point."""
    found: dict[str, str] = {}
    for model in registry.models:
        found[f"{RETENTION}/{model.code}"] = model.title
        for state in model.states.values():
            if state.due.kind is DueKind.LEGAL_LIMIT:
                found.setdefault(f"time_limit/{state.due.path}", state.todo)
        for action in model.actions.values():
            found.update({f"{RULE}/{rule.code}": rule.title for rule in action.rules if rule.title})
    return found


def touched(work: Work, row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The actions that a rule stops or warns before, each with how many open cases stand before it today; of any
    other kind of row there are none. `row` as `one` gives it."""
    counts = count_by_state(work.tx) if row["kind"] == RULE else {}
    return [
        {
            "process": model.title,
            "action": action.label,
            "cases": sum(counts.get((model.code, state), 0) for state, verb in model.table if verb == name),
        }
        for model in work.registry.models
        for name, action in model.actions.items()
        if row["kind"] == RULE and any(rule.code == row["key"] for rule in action.rules)
    ]


def add(desk: Desk, new: NewLegalRow) -> dict[str, Any]:
    """A row from a day on; the one that was open for the same key ends the day before.

    Raises:
        NotPerformer: not an administrator with none above.
        OfficeRefused: `law_kind`, `law_shape` (processes read these values), `law_overlaps`, `day_too_early`.
        InvalidInput: no sensible number of years to keep cases.
    """
    desk.must_head("Thêm quy định")
    in_order(new.valid_from, new.valid_to)
    siblings = desk.tx.all(_OF_KIND, kind=new.kind)
    if not siblings:
        kinds = ", ".join(sorted({row["kind"] for row in desk.tx.all(_ALL)}))
        raise OfficeRefused("law_kind", kind=new.kind, kinds=kinds)
    same = [row for row in siblings if row["key"] == new.key]
    _must_have_shape(new.value, json.loads((same or siblings)[-1]["value"]))
    _must_be_years(new)
    first, last = new.valid_from.isoformat(), new.valid_to.isoformat() if new.valid_to else FOREVER
    for row in same:
        is_open_before = row["valid_to"] is None and row["valid_from"] < first
        if not is_open_before and row["valid_from"] <= last and (row["valid_to"] or FOREVER) >= first:
            raise OfficeRefused("law_overlaps", key=new.key, since=spoken(row["valid_from"]))
    for row in same:
        if row["valid_to"] is None and row["valid_from"] < first:
            desk.tx.run(_END, which=row["id"], last_day=(new.valid_from - timedelta(days=1)).isoformat())
    value = json.loads(new.model_dump_json(include={"value"}))["value"]
    legal = LegalRow(new.kind, new.key, value, new.citation, new.mark, new.valid_from, new.valid_to)
    offices.write_law(desk.tx, [legal])
    desk.note("legal_row.add", f"{new.kind}/{new.key}", after=new.model_dump(mode="json"))
    added = next(row for row in reversed(desk.tx.all(_ALL)) if (row["kind"], row["key"]) == (new.kind, new.key))
    return _shown(added)


def confirm(desk: Desk, row_id: int, confirmation: Confirmation) -> dict[str, Any]:
    """Stand for a row that nobody had verified, naming what was read; from now on it may block.

    Raises:
        NotFound: no such row.
        NotPerformer: not an administrator with none above.
        ConfirmationNeeded, ScopeMissing: see `GIVES_POWER`: from then on it stops everybody's cases.
        OfficeRefused: `needs_no_confirmation`, `confirmed_already`.
    """
    row = _existing(desk, row_id, "Xác nhận quy định")
    desk.must_allow(*GIVES_POWER)
    if row["mark"] in (Mark.VERIFIED, Mark.DESIGN):
        raise OfficeRefused("needs_no_confirmation", mark=row["mark"])
    if row["confirmed_at"] is not None:
        raise OfficeRefused("confirmed_already", confirmation=row["confirmation"])
    by = desk.actor.person_id if desk.actor else None
    desk.tx.run(_CONFIRM, which=row_id, by=by, at=desk.work.micros, source=confirmation.source)
    desk.note("legal_row.confirm", f"{row['kind']}/{row['key']}", source=confirmation.source, since=row["valid_from"])
    return _shown(_existing(desk, row_id, ""))


def withdraw(desk: Desk, row_id: int) -> dict[str, Any]:
    """Take a confirmation back: the row only warns again.

    Raises:
        NotFound, NotPerformer, ConfirmationNeeded, ScopeMissing: as `confirm`.
        OfficeRefused: `not_confirmed`.
    """
    row = _existing(desk, row_id, "Hủy xác nhận quy định")
    desk.must_allow(*GIVES_POWER)
    if row["confirmed_at"] is None:
        raise OfficeRefused("not_confirmed")
    desk.tx.run(_CONFIRM, which=row_id, by=None, at=None, source="")
    desk.note("legal_row.withdraw", f"{row['kind']}/{row['key']}", before=row["confirmation"], since=row["valid_from"])
    return _shown(_existing(desk, row_id, ""))


def _existing(desk: Desk, row_id: int, label: str) -> Row:
    desk.must_head(label)
    row = desk.tx.one(_ONE, which=row_id)
    if row is None:
        raise NotFound(what=f"quy định số {row_id}")
    return row


def _must_have_shape(value: Mapping[str, Any], pattern: Mapping[str, Any]) -> None:
    """The same members, each of the same type, as in the row that processes read today."""
    same = {name: type(one) if not isinstance(one, tuple) else list for name, one in value.items()}
    wanted = {name: type(one) for name, one in pattern.items()}
    if same != wanted:
        words = {bool: "true hoặc false", int: "số nguyên", str: "văn bản", list: "danh sách"}
        shape = ", ".join(f"{name}: {words[kind]}" for name, kind in wanted.items())
        raise OfficeRefused("law_shape", shape=shape)


def _must_be_years(new: NewLegalRow) -> None:
    """Archiving adds these years to a date."""
    years = new.value.get("years", 1)
    if new.kind == RETENTION and not (isinstance(years, int) and 1 <= years <= MOST_YEARS):
        raise InvalidInput({"value.years": f"Thời hạn lưu phải từ 1 đến {MOST_YEARS} năm."})


def _shown(row: Row) -> dict[str, Any]:
    legal = offices.legal_row(row)
    return {
        "id": str(row["id"]),
        "kind": legal.kind,
        "key": legal.key,
        "value": dict(legal.value),
        "citation": legal.citation,
        "mark": legal.mark,
        "valid_from": row["valid_from"],
        "valid_to": row["valid_to"],
        "may_block": legal.may_block,
        "confirmed_by": row["confirmed_by_name"],
        "confirmed_at": instant(row["confirmed_at"]),
        "confirmation": row["confirmation"],
    }
