"""A small country for the walk: two districts, offices, wards and schools, people; engine and oracle side by side.

Conditions and rules of the processes are taken out, so that whoever may act moves the case on.
"""

import copy
import itertools
import json
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import bindparam, select

from engine.administration.desk import Desk
from engine.definition.model import Branch, ProcessModel
from engine.definition.registry import Registry
from engine.instants import local_date
from engine.office.calendar import seed_days
from engine.runtime import accounts
from engine.runtime.blobs import BlobStore
from engine.runtime.database import Row, Statement, Transaction
from engine.runtime.effects import carry_out_left_over, left_over
from engine.runtime.offices import (
    add_membership,
    add_person,
    add_seat,
    add_unit,
    load_office,
    write_calendar,
    write_law,
)
from engine.runtime.schema import history, instance, person, unit
from engine.runtime.service import Engine
from engine.runtime.vault import Vault
from engine.runtime.work import Work
from tests.databases import new_database
from tests.rights import aftermath
from tests.rights.declared import REGISTRY
from tests.rights.oracle import Body, File, Held, Oracle, Seated, Somebody
from workflows import law

WALL = datetime(2024, 9, 4, 2, tzinfo=UTC)
SINCE = date(2020, 1, 1)
UNITS = (  # code, kind, above, authority ("": itself)
    ("TP", "city", "", ""), ("BTD", "city_office", "TP", "TP"), ("Q", "district", "TP", ""),
    ("K", "district", "TP", ""), ("PNV", "office", "Q", "Q"), ("VP", "office", "Q", "Q"),
    ("P1", "ward", "Q", "Q"), ("P2", "ward", "Q", "Q"), ("P3", "ward", "Q", "Q"), ("T1", "school", "Q", "Q"),
    ("T2", "school", "Q", "Q"), ("K1", "ward", "K", "K"),
)  # fmt: skip
SEATS = (
    ("appraiser", "PNV"), ("appraisal_head", "PNV"), ("council_secretary", "VP"), ("council_member", "VP"),
    ("district_chair", "Q"), ("clerk", "VP"), ("city_desk", "BTD"), ("administrator", "Q"), ("auditor", "PNV"),
)  # fmt: skip
LOCAL_ROLES = ("proposer", "proposer_head", "ward_officer", "ward_chair", "records_officer")
STEADY = (  # so that there is always work
    ("appraiser", "PNV"), ("appraiser", "PNV"), ("appraisal_head", "PNV"), ("council_secretary", "VP"),
    ("district_chair", "Q"), ("clerk", "VP"), ("administrator", "Q"), ("administrator", "TP"), ("auditor", "TP"),
    ("city_desk", "BTD"), ("administrator", "K"), ("appraiser", "K"),
    *((role, code) for code in ("P1", "P2", "T1", "K1") for role in ("proposer", "proposer_head")),
    *((role, code) for code in ("P1", "P2") for role in ("ward_officer", "ward_chair")),
)  # fmt: skip
DOUBLE = (  # who could have two duties on one case
    (("proposer", "T1"), ("appraiser", "PNV")), (("proposer", "P1"), ("district_chair", "Q")),
    (("proposer", "P2"), ("ward_chair", "P2"), ("appraisal_head", "PNV")),
    (("appraiser", "PNV"), ("district_chair", "Q")), (("proposer", "T1"), ("proposer_head", "T1")),
    (("ward_officer", "P1"), ("ward_chair", "P1"), ("appraiser", "PNV")),
    (("proposer_head", "T1"), ("clerk", "VP"), ("council_secretary", "VP")),
)  # fmt: skip
CROWD = (*((place,) for place in STEADY), *DOUBLE, (), (), ())

p = bindparam
_IDS = Statement(select(person.c.id, person.c.username))
_UNIT_IDS = Statement(select(unit.c.id, unit.c.code))
_NEWS = Statement(select(history).where(history.c.id > p("after")).order_by(history.c.id))
_CASE = Statement(select(instance).where(instance.c.id == p("which")))
_PLACES = Statement(select(instance.c.id, instance.c.unit_id, instance.c.authority_id))


def lenient(rng: random.Random) -> Registry:
    """The definitions without conditions and rules; which branch is taken is anybody's guess."""
    registry = copy.copy(REGISTRY)
    registry.models = tuple(_without_conditions(model, rng) for model in REGISTRY.models)
    registry.by_code = {model.code: model for model in registry.models}
    registry.by_collection = {model.collection: model for model in registry.models}
    return registry


def _without_conditions(model: ProcessModel, rng: random.Random) -> ProcessModel:
    table = {
        key: tuple(Branch(branch.target, ()) for branch in rng.sample(branches, len(branches)))
        for key, branches in model.table.items()
    }
    actions = {code: replace(action, rules=()) for code, action in model.actions.items()}
    return replace(model, table=table, actions=actions, begin=replace(model.begin, cond=()))


class Ground:
    """The database as each world finds it; what a world does is undone."""

    def __init__(self, folder: Path) -> None:
        self.database = new_database(folder, "walk")
        with self.database.write() as tx:
            self.oracle = _filled(tx)
        salts = itertools.count()
        self.engine = Engine(
            self.database, REGISTRY, BlobStore(folder / "papers"), vault=Vault.fresh(),
            clock=lambda: WALL, wall=lambda: WALL, salt=lambda: next(salts).to_bytes(16),
        )  # fmt: skip

    @contextmanager
    def world(self, rng: random.Random) -> Iterator["World"]:
        with self.database.write() as tx:
            tx.command("SAVEPOINT world")
            try:
                yield World(self.engine, tx, copy.deepcopy(self.oracle), rng)
            finally:
                tx.command("ROLLBACK TO world")
                tx.command("RELEASE world")

    def close(self) -> None:
        self.engine.close()


def _filled(tx: Transaction) -> Oracle:
    """The first rows, in the database and in the oracle."""
    oracle, keys = Oracle(local_date(WALL)), dict[str, int]()
    for code, kind, above, authority in UNITS:
        keys[code] = add_unit(
            tx, code, code, kind, mail="", since=SINCE, parent_id=keys.get(above), authority_id=keys.get(authority),
            groups=("wards",) if kind == "ward" else (),
        )  # fmt: skip
        oracle.units[code] = Body(authority or code, above)
    for role, code in SEATS:
        key = add_seat(tx, keys["Q"], role, keys[code], since=SINCE)
        oracle.seats.append(Seated(SINCE, authority="Q", role=role, unit=code, key=key))
    for number, places in enumerate(CROWD):
        _settle_down(tx, oracle, keys, f"p{number:02}", places)
    write_calendar(tx, seed_days(2024, 2026), 0)
    write_law(tx, law.ALL)
    return oracle


def _settle_down(
    tx: Transaction, oracle: Oracle, keys: dict[str, int], name: str, places: tuple[tuple[str, str], ...]
) -> None:
    oracle.people[name] = Somebody(staff_code=f"CB-{name}")
    key = add_person(tx, name, name, mail="x@example.vn", staff_code=f"cb-{name}")  # letter case does not matter
    accounts.open_login(tx, key, name, WALL, kind="session")
    for role, code in places:
        held = add_membership(tx, key, keys[code], role, since=SINCE)
        oracle.held.append(Held(SINCE, person=name, role=role, unit=code, key=held))


@dataclass
class World:
    """The engine in one transaction, and what the oracle believes of it."""

    engine: Engine
    tx: Transaction
    oracle: Oracle
    rng: random.Random
    told: list[str] = field(default_factory=list)
    now: datetime = WALL
    heard: int = 0

    def __post_init__(self) -> None:
        self.registry = lenient(self.rng)
        self.keys = {row["username"]: row["id"] for row in self.tx.all(_IDS)}
        self.names = {key: name for name, key in self.keys.items()}
        self.units = {row["id"]: row["code"] for row in self.tx.all(_UNIT_IDS)}
        self.secrets = {name: name for name in self.keys}
        self.salts = itertools.count()
        self.office = load_office(self.tx)

    @property
    def work(self) -> Work:
        return Work(self.tx, self.office, self.registry, self.now, lambda: next(self.salts).to_bytes(16))

    def actor(self, name: str) -> Any:
        """Who the secret of that person opens to."""
        login = accounts.login_of(self.tx, self.secrets[name], WALL)
        return accounts.actor_of(self.tx, login, local_date(self.now))

    def log_in(self, name: str) -> None:
        self.secrets[name] = f"{name}#{next(self.salts)}"
        accounts.open_login(self.tx, self.keys[name], self.secrets[name], WALL, kind="session")
        self.oracle.people[name].is_logged_in = True

    def row(self, key: int) -> Row:
        row = self.tx.one(_CASE, which=key)
        assert row is not None, "the oracle knows only cases that are there"
        return row

    def tell(self, what: str) -> None:
        self.told.append(f"{local_date(self.now):%d/%m} {what}")

    def administer(self, change: Callable[[Desk], Any]) -> Any:
        """A change of the office; raises what it refuses."""
        done = change(Desk(self.work, None, WALL))
        self.renew()
        return done

    def renew(self) -> None:
        self.office = load_office(self.tx)

    def pass_days(self, days: int) -> None:
        self.now += timedelta(days=days)
        self.oracle.today = local_date(self.now)

    # ── what has happened ────────────────────────────────────────────────────────────────────
    def follow(self) -> list[Row]:
        """Carry out the effects, and tell the oracle what the histories say; returns their new entries."""
        while [key for key in left_over(self.tx) if carry_out_left_over(self.work, key)]:
            pass
        return self.learn()

    def learn(self) -> list[Row]:
        news = self.tx.all(_NEWS, after=self.heard)
        for entry in news:
            self.heard = entry["id"]
            self._hear(entry)
        return news

    def moved_cases(self) -> None:
        """Tell the oracle which cases have another unit or authority now, and where the seats' tasks are."""
        for row in self.tx.all(_PLACES):
            file, place = self.oracle.files[row["id"]], (self.units[row["unit_id"]], self.units[row["authority_id"]])
            if (file.unit, file.authority) != place:
                aftermath.transferred(self.oracle, file, *place)
        aftermath.reseated(self.oracle)
        aftermath.sight_passed(self.oracle)

    def _hear(self, entry: Row) -> None:
        if not entry["source"]:
            aftermath.begun(self.oracle, self._file(entry))
        file = self.oracle.files[entry["instance_id"]]
        state, verb = file.state, entry["action"]
        above = self.oracle.files[file.parent] if file.parent is not None else None
        at = (above.process if above else "-") if verb == "start" else state
        aftermath.had_duty(file, verb, at, entry["role"] or "", self.answering(entry))
        if entry["source"]:
            aftermath.moved(self.oracle, file, entry["target"])
        file.nominee = self._nominee(self.row(file.key))

    def answering(self, entry: Row) -> frozenset[str]:
        """Who answers for what a history entry tells."""
        if entry["actor_id"] is None:
            return frozenset()
        given = [one.principal for one in self.oracle.given if one.key == entry["mandate_id"]]
        return frozenset({self.names[entry["actor_id"]], *given})

    def _file(self, entry: Row) -> File:
        row = self.row(entry["instance_id"])
        unit_code, authority = self.units[row["unit_id"]], self.units[row["authority_id"]]
        return File(row["id"], row["process"], unit_code, authority, row["parent_id"], entry["target"])

    @staticmethod
    def _nominee(row: Row) -> str:
        """The staff code of the individual that is proposed."""
        subject = json.loads(row["dossier"]).get("subject") or {}
        return str(subject["identifier"]) if subject.get("kind") == "individual" else ""
