"""The stage of the matrix: the model customer, one person for each role and place, one case for each state.

A case is brought to its state along the shortest way, without asking any guard; what is tried on it is undone.
"""

import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import bindparam, select, update

from demo.campaign import PLAN
from demo.organisation import SEATS, UNITS
from engine.definition.language import Role, Seat
from engine.definition.model import ProcessModel
from engine.definition.performing import SYSTEM, Actor
from engine.office.calendar import seed_days
from engine.runtime import accounts
from engine.runtime.beginning import NewCase, start
from engine.runtime.blobs import BlobStore
from engine.runtime.database import Row, Statement, Transaction
from engine.runtime.offices import add_membership, add_person, add_seat, add_unit, write_calendar, write_law
from engine.runtime.recording import grant_everyone
from engine.runtime.schema import instance, involvement, mandate, person, user_task
from engine.runtime.service import Answer, Asking, Engine
from engine.runtime.snapshots import load_case, stored_of
from engine.runtime.statements import INSTANCE, insertion
from engine.runtime.tasks import move_tasks
from engine.runtime.vault import Vault
from engine.runtime.work import Work
from tests.databases import new_database
from tests.rights.declared import DESK, REGISTRY, ways
from workflows import law

NOW = datetime(2024, 9, 4, 2, tzinfo=UTC)
SINCE = date(2020, 1, 1)
FAR, ELSEWHERE = "TPHP", "PYT"  # another authority; an office of the same one that has nothing to do with it
OWN_UNITS = {"campaign": "QDK", "ward_plan": "P1"}
SCHOOL = "TH1"
NOMINEE = "CB-NOMINEE"
PLACES = ("QDK", "P1", SCHOOL, ELSEWHERE, FAR)

REASON = {"reason": "Không đủ điều kiện theo quy định"}
DOSSIERS: dict[str, dict[str, Any]] = {
    "campaign": PLAN,
    "submission": {"round": "rolling", "commendation": "campaign", "decided_by": "district"},
    "unit_obligation": {"returned": [REASON], "excuse": REASON},
    "ward_plan": {"remarks": REASON, "returned": [{"items": ["Bổ sung mục tiêu"], **REASON}], "waiver": REASON},
    "award_proposal": {
        "submitted_at": "2024-09-02T02:00:00Z",
        "received_at": "2024-09-02T02:00:00Z",
        "award": "GK",
        "subject": {"kind": "individual", "name": "Đỗ Thị An", "birth_year": 1980, "identifier": NOMINEE},
        "standing": {"rating": "good"},
        "appraisal": {"result": "pass", "reasons": "Hồ sơ đầy đủ, đúng quy định"},
        "returned": {"reason": "Không đúng thẩm quyền của quận", "code": "wrong_authority"},
        "refusal": REASON,
        "withdrawal": REASON,
    },
}


@dataclass(frozen=True)
class Principal:
    """Somebody who asks: what they hold, and what speaks against them."""

    username: str
    role: str = ""
    unit: str = ""
    kind: str = "holder"  # holder, former, deputy, lame (a deputy for something else), everything
    duties: frozenset[tuple[str, str]] = frozenset()  # had on every case of a process
    is_nominee: bool = False


@dataclass(frozen=True)
class Place:
    """A case that waits in a state; `assigned`: its task is a colleague's."""

    model: ProcessModel
    state: str
    key: int
    unit: str
    assigned: bool


def right_places(role: Role) -> tuple[str, ...]:
    """Where the role is what some case needs."""
    return (DESK[role.code],) if role.seat is Seat.AUTHORITY else ("QDK", "P1", SCHOOL)


def _principals() -> Iterator[Principal]:
    for role in REGISTRY.roles.values():
        right = right_places(role)
        for unit in dict.fromkeys((*right, *PLACES)):
            yield Principal(f"{role.code}@{unit}", role.code, unit)
        for unit in right:
            for kind in ("former", "deputy", "lame"):
                yield Principal(f"{kind}.{role.code}@{unit}", role.code, unit, kind)
    yield Principal("nominee", kind="everything", is_nominee=True)
    for model in REGISTRY.models:
        for duty in model.separate:
            duties = frozenset({(model.code, duty.code)})
            yield Principal(f"had.{model.code}.{duty.code}", kind="everything", duties=duties)


_FIND = Statement(select(person.c.id).where(person.c.username == bindparam("which")))
_NEW_MANDATE, _INVOLVE = insertion(mandate), insertion(involvement)
_SET = Statement(
    update(instance)
    .where(instance.c.id == bindparam("which"))
    .values(state=bindparam("state"), phase=bindparam("phase"))
)
_ASSIGN = Statement(
    update(user_task)
    .where(user_task.c.instance_id == bindparam("which"), user_task.c.clock == "running")
    .values(assignee_id=bindparam("assignee_id"))
)

PRINCIPALS = tuple(_principals())


class UndoingEngine(Engine):
    """Does everything, gives the answer, and undoes it."""

    def _once(self, asking: Asking, change: Any, tx: Transaction) -> Answer:
        return undone(tx, lambda: super(UndoingEngine, self)._once(asking, change, tx))


def undone(tx: Transaction, perform: Callable[[], Any]) -> Any:
    """What it gives, or raises; and nothing of it stays."""
    tx.command("SAVEPOINT cell")
    try:
        return perform()
    finally:
        tx.command("ROLLBACK TO cell")
        tx.command("RELEASE cell")
        tx.follow_up.clear()


@dataclass(frozen=True)
class Stage:
    engine: Engine
    places: tuple[Place, ...]
    actors: dict[str, Actor]  # by user name


@contextmanager
def open_stage(folder: Path) -> Iterator[Stage]:
    database = new_database(folder, "rights")
    salts = itertools.count()
    with database.write() as tx:
        units = _fill(tx)
        people = {principal.username: _person(tx, principal, units) for principal in PRINCIPALS}
        colleagues = {role: _colleague(tx, REGISTRY.roles[role], units) for role in sorted(_owners())}
    engine = UndoingEngine(
        database, REGISTRY, BlobStore(folder / "papers"),
        vault=Vault.fresh(), clock=lambda: NOW, wall=lambda: NOW, salt=lambda: next(salts).to_bytes(16),
    )  # fmt: skip
    with database.write() as tx:
        work = engine.work(tx)
        places = tuple(_cases(work, people, colleagues))
        tx.command("DELETE FROM fact")  # all proposals are of one person: each would load all others as duplicates
        actors = {principal.username: engine.standing(work, principal.username) for principal in PRINCIPALS}
    try:
        yield Stage(engine, places, actors)
    finally:
        engine.close()


def _fill(tx: Transaction) -> dict[str, int]:
    keys: dict[str, int] = {}
    for u in UNITS:
        keys[u.code] = add_unit(
            tx, u.code, u.name, u.kind, mail=f"{u.code}@example.vn", since=SINCE, groups=u.groups,
            parent_id=keys.get(u.parent), authority_id=keys.get(u.authority),
        )  # fmt: skip
    for role, code in SEATS:
        add_seat(tx, keys["QDK"], role.code, keys[code], since=SINCE)
    write_calendar(tx, seed_days(2024, 2026), 0)
    write_law(tx, law.ALL)
    return keys


def _person(tx: Transaction, principal: Principal, units: dict[str, int]) -> int:
    staff_code = NOMINEE if principal.is_nominee else None
    key = add_person(tx, principal.username, principal.username, mail="x@example.vn", staff_code=staff_code)
    if principal.kind == "everything":
        for role in REGISTRY.roles.values():
            for unit in {*right_places(role), *PLACES}:
                add_membership(tx, key, units[unit], role.code, since=SINCE)
    elif principal.kind in ("deputy", "lame"):
        holder = tx.one(_FIND, which=f"{principal.role}@{principal.unit}")
        assert holder is not None, "holders come before their deputies"
        nothing = json.dumps([f"{model.code}.nothing" for model in REGISTRY.models])
        powers = "[]" if principal.kind == "deputy" else nothing
        tx.insert(
            _NEW_MANDATE, principal_id=holder["id"], deputy_id=key, role=principal.role, unit_id=units[principal.unit],
            powers=powers, capacity="KT.", paper="01/GUQ", valid_from="2024-09-01", valid_to="2024-09-30",
        )  # fmt: skip
    else:
        until = date(2024, 9, 3) if principal.kind == "former" else None
        add_membership(tx, key, units[principal.unit], principal.role, since=SINCE, until=until)
    accounts.open_login(tx, key, principal.username, NOW, kind="session", lasts=timedelta(hours=1))
    return key


def _owners() -> set[str]:
    return {state.owner.code for model in REGISTRY.models for state in model.states.values() if state.owner}


def _colleague(tx: Transaction, role: Role, units: dict[str, int]) -> int:
    key = add_person(tx, f"colleague.{role.code}", "Người khác", mail="x@example.vn")
    for unit in right_places(role):
        add_membership(tx, key, units[unit], role.code, since=SINCE)
    return key


def _cases(work: Work, people: dict[str, int], colleagues: dict[str, int]) -> Iterator[Place]:
    parents = {"campaign": _begun(work, REGISTRY.by_code["campaign"], None)}
    work.tx.run(_SET, which=parents["campaign"], state="running", phase="appraised")
    parents["submission"] = _begun(work, REGISTRY.by_code["submission"], parents["campaign"])
    for model in REGISTRY.models:
        above = parents.get(next(iter(model.begin.below), ""))
        for state, way in ways(model).items():
            for assigned in (False, True) if model.states[state].owner else (False,):
                key = _begun(work, model, above)
                _lead(work, model, key, way)
                for username, had in _had(model):
                    work.tx.run(_INVOLVE, instance_id=key, person_id=people[username], duty=had)
                owner = model.states[state].owner
                if assigned and owner:
                    work.tx.run(_ASSIGN, which=key, assignee_id=colleagues[owner.code])
                yield Place(model, state, key, OWN_UNITS.get(model.code, SCHOOL), assigned)


def _had(model: ProcessModel) -> Iterator[tuple[str, str]]:
    for principal in PRINCIPALS:
        yield from ((principal.username, duty) for process, duty in principal.duties if process == model.code)


def _begun(work: Work, model: ProcessModel, parent: int | None) -> int:
    unit = OWN_UNITS.get(model.code, SCHOOL)
    lenient = replace(model, begin=replace(model.begin, cond=()))
    row: Row = start(work, lenient, NewCase(unit, parent, DOSSIERS.get(model.code, {})), SYSTEM)
    return int(row["id"])


def _lead(work: Work, model: ProcessModel, key: int, way: tuple[str, ...]) -> None:
    for source, target in itertools.pairwise(way):
        state = model.states[target]
        work.tx.run(_SET, which=key, state=target, phase=state.phase)
        row = work.tx.one(INSTANCE, which=key)
        assert row is not None, "just begun"
        case = replace(load_case(work, row), state=target)
        move_tasks(work, model, case, source, stored_of(work, row))
        grant_everyone(work, model, case, source)
