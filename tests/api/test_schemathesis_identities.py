"""Two officers of different wards, and an administrator: what is one's own is to others as if it were not there.

Every operation with a key in its path is aimed at something of ward 1 by who does not see it; the answer must be the
one that a key of nothing gets. Then its owner asks the same, so that the aim is known to be good.
"""

import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from schemathesis import Case, Response
from sqlalchemy import func, select

from api.settings import Settings
from engine.jobs.carrying_out import work_off
from engine.jobs.orders import export_cases, order
from engine.runtime.accounts import find_person, open_login
from engine.runtime.database import Statement, Transaction
from engine.runtime.notices import raise_incident
from engine.runtime.offices import add_mandate, add_membership, add_person
from engine.runtime.queries import CaseFilter
from engine.runtime.schema import incident, seat
from engine.runtime.service import Asking
from engine.runtime.snapshots import load_case
from engine.runtime.statements import INSTANCE
from notifications.door import Post, prove, run_due
from notifications.schema import message
from notifications.transport import Attempt, Outcome
from tests.api.office import PDF, REGISTRY, Office, attach, launch_campaign, open_office, start_leave, submit_leave
from tests.api.test_schemathesis import document, give_own_key
from tests.notifications.small_office import HEAD

MARK = "Chi phuong 1 biet"
NOTHING = str(2**50)
OPEN_TO_ALL = "definitions|units|legal-rows"  # of nobody in particular
WITHOUT_PAPERS = r"(leave-requests|campaigns)/\{id\}/attachments/"
PERSONAL = ("sessions", "tokens", "jobs")  # not even an administrator's
OWNERS = {"sessions": "an", "tokens": "an", "jobs": "an", "mandates": "binh"} | dict.fromkeys(
    ("incidents", "mails", "people", "memberships", "seats", "{collection}"), "quantri"
)  # else somebody with every role
NOT_THERE = "DELETE /api/v1/people/{id}/second-factor"  # nobody here has one
EXAMPLES = 3  # each is asked for two to five times
COUNT = itertools.count(1)
WORDS, EVERY_LEAVE = prove(REGISTRY), CaseFilter(("leave_request",))
LAST_MAIL = Statement(  # to the head of ward 1: a letter to somebody of both wards may speak of both
    select(func.max(message.c.id).label("key")).where(message.c.state == "failed", message.c.name == "Binh")
)
LAST_INCIDENT = Statement(select(func.max(incident.c.id).label("key")))
APPRAISERS_SEAT = Statement(select(seat.c.id).where(seat.c.role == "appraiser"))

aimed = document("positive", rf"^/api/v1/(?!{OPEN_TO_ALL}|{WITHOUT_PAPERS})[^/]+/\{{id\}}", EXAMPLES)
general = document("positive", r"^[^{]*$", EXAMPLES)


class Refusing:
    """A mail server that knows nobody."""

    def send(self, envelope_from: str, recipient: str, message: bytes) -> Attempt:
        return Attempt(Outcome.PERMANENT, "550 no such user")


@pytest.fixture(scope="module")
def door(module_folder: Path) -> Iterator[Office]:
    office = open_office(module_folder, Settings())
    yield office
    office.close()


@pytest.fixture(scope="module")
def ward(door: Office) -> "Ward":
    return Ward(door)


@pytest.fixture(scope="module")
def reached() -> Iterator[Counter[tuple[str, bool]]]:
    """How often the owner reached the thing, by operation; each must have been reached."""
    counted: Counter[tuple[str, bool]] = Counter()
    yield counted
    assert sorted(label for label, _ in counted if not counted[label, True] and label != NOT_THERE) == []


@aimed.parametrize()
def test_what_is_hidden_is_as_if_it_were_not_there(
    case: Case, door: Office, ward: "Ward", reached: Counter[tuple[str, bool]]
) -> None:
    kind = case.path.split("/")[3]
    target = ward.target(kind, case)
    aims = [("id", target)]
    if "attachment_id" in target:  # the paper, below a case that the stranger does see
        aims.append(("attachment_id", {**target, "id": ward.others_duty}))
    for who in ("chi", "quantri") if kind in PERSONAL else ("chi",):
        for name, parameters in aims:
            found = ask(door, who, case, parameters)
            nothing = ask(door, who, case, {**parameters, name: NOTHING})
            case.validate_response(found)
            assert found.status_code >= 400, f"{who} reached {parameters}"
            assert (found.status_code, code_of(found)) == (nothing.status_code, code_of(nothing))

    owned = ask(door, OWNERS.get(kind, "tat"), case, target)
    reached[case.operation.label, owned.status_code != 404] += 1


@general.parametrize()
def test_what_is_hidden_is_in_no_answer(case: Case, door: Office, ward: "Ward") -> None:
    assert MARK not in ask(door, "chi", case, {}).text


def test_the_owner_finds_the_mark_where_the_stranger_does_not(door: Office, ward: "Ward") -> None:
    ward.mandate()
    paths = ("leave-requests", "tasks", "tokens", "mandates")
    an, chi = (door.sitting(name) for name in ("an", "chi"))

    assert [path for path in paths if MARK not in an.get(f"/api/v1/{path}").text] == []
    assert [path for path in paths if MARK in chi.get(f"/api/v1/{path}").text] == []


def ask(door: Office, who: str, case: Case, parameters: dict[str, str]) -> Response:
    """The request as that person makes it, who has just logged in."""
    give_own_key(case)
    case.path_parameters = parameters
    return case.call(app=door.app, headers={"Authorization": f"Bearer {door.token(who, 'session')}"})


def code_of(answer: Response) -> str:
    """The problem's code; the sentence names the key that was asked for."""
    code: str = answer.json()["code"]
    return code


class Ward:
    """What ward 1 has, and its people; what a request may use up is made anew for it."""

    def __init__(self, door: Office) -> None:
        self.door, self.tat = door, door.client("tat")
        self.campaign, self.duty, self.others_duty = launch_campaign(self.tat)
        self.paper = attach(self.tat, self.duty, PDF, f"{MARK}.pdf")
        self.leave = start_leave(self.tat, reason=MARK)["id"]
        self.token()

    def target(self, kind: str, case: Case) -> dict[str, str]:
        """The parameters that lead the operation's path to a thing of that kind."""
        is_read, path = case.method == "GET", case.path
        if kind == "{collection}":
            return {"collection": "leave-requests", "id": start_leave(self.tat, reason=MARK)["id"]}
        if kind == "leave-requests":
            return {"id": self.leave if is_read else self._leave(path)}
        if kind == "duties":
            paper = {"attachment_id": self.paper} if "{attachment_id}" in path else {}
            return {"id": self.duty if is_read else launch_campaign(self.tat)[1], **paper}
        make = {
            "campaigns": self._draft, "sessions": self._session, "tokens": self.token, "mandates": self.mandate,
            "incidents": self._incident, "people": self._somebody, "memberships": self._membership,
            "seats": self._seat, "jobs": self._job, "mails": self._failed_mail,
        }[kind]  # fmt: skip
        return {"id": make()}

    def _leave(self, path: str) -> str:
        key: str = start_leave(self.tat, reason=MARK)["id"]
        if path.endswith(("/grant", "/refuse")):
            submit_leave(self.tat, key)
        return key

    def _draft(self) -> str:
        """A plan that its authority alone sees, until it is launched."""
        return str(self.tat.post("/api/v1/campaigns", json={"dossier": {"title": "Dự thảo"}}).json()["id"])

    def _session(self) -> str:
        return self._login("session")

    def token(self) -> str:
        return self._login("token")

    def _login(self, kind: str) -> str:
        secret, wall = f"{kind} of ward 1, {next(COUNT)}", self.door.clocks.wall
        key = self._person("an")
        return self._written(lambda tx: open_login(tx, key, secret, wall, kind=kind, name=MARK))

    def mandate(self) -> str:
        spans = {"since": date(2024, 7, 1), "until": date(2024, 7, 31)}
        people, unit = (self._person("binh"), self._person("an")), self._unit("P1")
        return self._written(lambda tx: add_mandate(tx, *people, "head", unit, capacity="KT.", paper=MARK, **spans))

    def _incident(self) -> str:
        def raised(tx: Transaction) -> int:
            work, row = self.door.engine.work(tx), tx.one(INSTANCE, which=int(self.leave))
            assert row is not None
            raise_incident(work, REGISTRY.by_code["leave_request"], load_case(work, row), f"{next(COUNT)}", MARK)
            last = tx.one(LAST_INCIDENT)
            assert last is not None
            return int(last["key"])

        return self._written(raised)

    def _job(self) -> str:
        """An export that is ready."""
        asking, wanted = Asking(self.door.token("an", "session")), export_cases(EVERY_LEAVE, "csv", MARK)
        placed = order(self.door.engine, asking, wanted).result()
        work_off(self.door.engine)
        return placed.location.rpartition("/")[2]

    def _failed_mail(self) -> str:
        submit_leave(self.tat, start_leave(self.tat, reason=MARK)["id"])
        run_due(self.door.engine, Post(WORDS, HEAD, Refusing()), self.door.engine.clock())
        with self.door.engine.database.read() as tx:
            row = tx.one(LAST_MAIL)
        assert row is not None
        return str(row["key"])

    def _somebody(self) -> str:
        return self._written(lambda tx: self._hired(tx)[0])

    def _membership(self) -> str:
        return self._written(lambda tx: self._hired(tx)[1])

    def _hired(self, tx: Transaction) -> tuple[int, int]:
        person = add_person(tx, f"moi{next(COUNT)}", MARK, mail="moi@example.vn")
        return person, add_membership(tx, person, self._unit("P1"), "officer", since=date(2024, 1, 1))

    def _seat(self) -> str:
        with self.door.engine.database.read() as tx:
            row = tx.one(APPRAISERS_SEAT)
        assert row is not None
        return str(row["id"])

    def _person(self, username: str) -> int:
        with self.door.engine.database.read() as tx:
            row = find_person(tx, username)
        assert row is not None
        return int(row["id"])

    def _unit(self, code: str) -> int:
        return self.door.engine.office.by_code[code].id

    def _written(self, write: Callable[[Transaction], int]) -> str:
        return str(self.door.engine.writer.call(write))
