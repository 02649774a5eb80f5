"""The demo with proposals in it, for pages that need the real processes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from sqlalchemy import select
from starlette.testclient import TestClient

from api.clock import DemoClock
from api.credentials import SESSION_COOKIE
from api.installation import Installation
from api.settings import Settings
from demo.run import demo_app, open_demo
from engine.runtime import accounts
from engine.runtime.database import Row, Statement, Transaction
from engine.runtime.queries import AWARD
from engine.runtime.recording import HEADLINE
from engine.runtime.schema import access, fact, instance, involvement, user_task
from engine.runtime.statements import insertion
from tests.api.office import PDF

CAMPAIGN = "1"
SHARED = (AWARD, HEADLINE, "subject_name")
"""The facts that tell no case from another."""
LETTER = {"number": "12/TTr-PGDDT", "signed_on": "2024-07-10"}
ACHIEVEMENT = {
    "title": "Dạy học ở điểm trường xa", "summary": "Nội dung thành tích đủ dài để xét. " * 2, "from_day": "2024-01-02",
    "to_day": "2024-06-30",
}  # fmt: skip
TO_THE_CHAIR = (
    ("chuyenvien", "receive", {}),
    ("chuyenvien2", "appraise", {"result": "pass", "reasons": "Đã đối chiếu hồ sơ và tiêu chuẩn."}),
    ("truongphong", "sign_appraisal", {}),
    ("thuky", "record_council", {
        "minutes_number": "BB-1", "met_on": "2024-07-10", "members": 9, "present": 8, "in_favour": 8,
    }),
)  # fmt: skip
"""How a proposal that was handed in comes before the chairman: who, which action, with what."""


@dataclass
class Busy:
    """The demo, on the morning of 10/7/2024 until its clock is moved."""

    place: Installation
    clock: DemoClock
    app: FastAPI
    api: TestClient
    logged_in: set[str] = field(default_factory=set)

    def browser(self, username: str) -> TestClient:
        """A browser of that person, who has just logged in."""
        client = TestClient(self.app)
        client.cookies.set(SESSION_COOKIE, self._secret(username))
        return client

    def propose(self, *names: str, who: str = "donvi1", head: str = "") -> list[str]:
        """A tờ trình with a proposal for each name; handed in when its head is named. Its key, then theirs."""
        above = self.start(who, "submissions", CAMPAIGN, round="rolling", decided_by="district")
        self.attach(who, f"submissions/{above}", "TO_TRINH", "BIEN_BAN")
        keys = [above]
        for n, name in enumerate(names):
            subject = {"kind": "individual", "identifier": f"{who}-{above}-{n}", "name": name}
            dossier = {"award": "GK", "subject": subject, "achievement": ACHIEVEMENT, "movement": "GPHP70"}
            keys.append(self.start(who, "award-proposals", above, **dossier))
            self.attach(who, f"award-proposals/{keys[-1]}", "BAO_CAO_THANH_TICH", "BAO_CAO_TOM_TAT")
        if head:
            self.act(head, f"submissions/{above}", "submit", **LETTER)
        return keys

    def bring_to_the_chair(self, *keys: str) -> None:
        """Take proposals that were handed in as far as the chairman's decision."""
        for key in keys:
            for who, action, form in TO_THE_CHAIR:
                self.act(who, f"award-proposals/{key}", action, **form)

    def start(self, who: str, collection: str, parent: str, **dossier: Any) -> str:
        """Begin a case; its key."""
        sent = {"parent": parent, "dossier": dossier}
        answer = self.api.post(f"/api/v1/{collection}", json=sent, headers=self._headers(who))
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def act(self, who: str, at: str, action: str, **form: Any) -> None:
        """Take an action on the case at "collection/key"."""
        headers = self._headers(who) | self._version(at)
        answer = self.api.post(f"/api/v1/{at}/actions/{action}", json=form or None, headers=headers)
        assert answer.status_code == 200, answer.text

    def attach(self, who: str, at: str, *kinds: str) -> None:
        """Attach a small paper of each kind."""
        for kind in kinds:
            sent: dict[str, Any] = {"data": {"kind": kind}, "files": {"file": (f"{kind}.pdf", PDF)}}
            headers = self._headers(who) | self._version(at)
            answer = self.api.post(f"/api/v1/{at}/attachments", headers=headers, **sent)
            assert answer.status_code == 200, answer.text

    def multiply(self, key: str, times: int) -> None:
        """That many more cases like the one of that key, of other subjects; with task, facts, duties, audience."""

        def copy(tx: Transaction) -> None:
            (case,) = tx.all(Statement(select(instance).where(instance.c.id == int(key))))
            around = {
                table: (insertion(table), tx.all(Statement(select(table).where(table.c.instance_id == int(key)))))
                for table in (user_task, fact, access, involvement)
            }
            new_case = insertion(instance)
            for _ in range(times):
                new = tx.insert(new_case, **_again(case, start_key=None))
                for new_row, rows in around.values():
                    for row in rows:
                        tx.insert(new_row, **_again(row, instance_id=new))

        self.place.engine.writer.call(copy)

    def _version(self, at: str) -> dict[str, str]:
        found = self.api.get(f"/api/v1/{at}", headers=self._headers("thanhtra")).json()
        return {"If-Match": f'"{found["version"]}"'}

    def _headers(self, username: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._secret(username)}"}

    def _secret(self, username: str) -> str:
        """The secret of a session of that person, their own name, without the slow hash."""

        def open_login(tx: Transaction) -> None:
            person = accounts.find_person(tx, username)
            assert person is not None
            accounts.open_login(tx, person["id"], username, self.place.engine.wall(), kind="session", name="test")

        if username not in self.logged_in:
            self.place.engine.writer.call(open_login)
            self.logged_in.add(username)
        return username


def _again(row: Row, **changed: Any) -> dict[str, Any]:
    """The values of a row for another one; a fact that tells cases apart tells the new one apart too."""
    values = {name: value for name, value in dict(row).items() if name != "id"}
    if "key" in values and values["key"] not in SHARED:
        values["text"] += f"/{changed['instance_id']}"
    return values | changed


@contextmanager
def open_busy(folder: Path) -> Iterator[Busy]:
    """The demo in that folder, loaded if it is empty, gone on with if it is one."""
    with open_demo(Settings(data=folder)) as (place, clock):
        app = demo_app(place, clock)
        yield Busy(place, clock, app, TestClient(app))
