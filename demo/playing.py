"""A story is a table of steps; here each is taken on the installation, by its person at its hour.

What people do goes through the engine's own commands, so a step that is not allowed stops the story.
"""

import secrets
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

from api.clock import DemoClock
from api.installation import Installation
from engine.definition.model import ProcessModel
from engine.instants import LOCAL
from engine.office.files import FileKind
from engine.runtime.accounts import SESSION_KIND, find_person, open_login, revoke
from engine.runtime.beginning import NewCase
from engine.runtime.commands import Paper
from engine.runtime.database import Row, Transaction
from engine.runtime.service import Asking, Engine
from engine.runtime.statements import CHILDREN, INSTANCE
from workflows.awards import Paper as Kind

LONGEST = timedelta(minutes=5)
BETWEEN_STEPS = timedelta(minutes=2)
CAMPAIGN = "campaign"
MOST_BYTES = 100_000


@dataclass(frozen=True, slots=True)
class Step:
    """`who` takes `verb` on `case`, which is known by a name of the story's.

    verb: start, edit, attach, assign, or an action of the process. given: the dossier, the patch, the form, or
    {"kind": …}, {"to": username}. process and below: of what is started.
    """

    who: str
    verb: str
    case: str
    given: Mapping[str, Any] = field(default_factory=dict)
    process: str = ""
    below: str = CAMPAIGN
    unit: str | None = None


Steps = tuple[Step, ...]


def at_local_time(moment: str) -> datetime:
    """The instant of a local date and time like "2024-07-31 09:30"."""
    return datetime.strptime(moment, "%Y-%m-%d %H:%M").replace(tzinfo=LOCAL)


class Desk:
    """A session of a demo account for as long as the block lasts."""

    def __init__(self, engine: Engine, username: str) -> None:
        self.engine, self.username, self.secret = engine, username, secrets.token_hex(32)

    def __enter__(self) -> "Desk":
        def sit(tx: Transaction) -> tuple[int, int]:
            row = find_person(tx, self.username)
            assert row is not None, "a demo account"
            now = self.engine.wall()
            return open_login(tx, row["id"], self.secret, now, kind=SESSION_KIND, lasts=LONGEST), int(row["id"])

        self.session_id, self.person_id = self.engine.writer.call(sit)
        return self

    def __exit__(self, *_: Any) -> None:
        self.engine.writer.call(lambda tx: revoke(tx, self.session_id, self.person_id, self.engine.wall()))


class Player:
    """Takes the steps of a story on an installation whose campaign runs; a context, at whose end everybody leaves."""

    def __init__(self, place: Installation, clock: DemoClock, campaign_id: int) -> None:
        self._place, self._clock, self._engine = place, clock, place.engine
        self._people = ExitStack()
        self._desks: dict[str, Desk] = {}
        self._known = {CAMPAIGN: campaign_id}

    def __enter__(self) -> "Player":
        return self

    def __exit__(self, *_: Any) -> None:
        self._people.close()

    def at(self, moment: str, *steps: Step) -> None:
        """Let time pass until that local time, with whatever is due on the way; then take the steps."""
        self._place.ticker.advance(self._clock, at_local_time(moment))
        for step in steps:
            self._take(step)
            self._clock.move(self._clock() + BETWEEN_STEPS)

    def _take(self, step: Step) -> None:
        secret = self._desk(step.who).secret
        if step.verb == "start":
            model = self._engine.registry.by_code[step.process]
            parent = self._row(step.below)["id"] if step.below else None
            answer = self._engine.start(Asking(secret), model, NewCase(step.unit, parent, step.given)).result()
            self._known[step.case] = int(answer.location.rpartition("/")[2])
            return
        row = self._row(step.case)
        asking, model = Asking(secret, expected=row["version"]), self._engine.registry.by_code[row["process"]]
        self._change(step, asking, model, row["id"])

    def _change(self, step: Step, asking: Asking, model: ProcessModel, key: int) -> None:
        if step.verb == "edit":
            self._engine.edit(asking, model, key, step.given).result()
        elif step.verb == "attach":
            self._engine.attach(asking, model, key, self._paper(step.given["kind"])).result()
        elif step.verb == "assign":
            self._engine.assign(asking, model, key, step.given["to"]).result()
        else:
            self._engine.act(asking, model, key, step.verb, step.given or None).result()

    def _paper(self, kind: str) -> Paper:
        content = sheet(kind.replace("_", " "))
        blob = self._engine.blobs.write(BytesIO(content), MOST_BYTES)
        name = f"{Kind(kind).label}.{FileKind.PDF.extension}"
        return Paper(kind, name, FileKind.PDF.media_type, blob.size, blob.sha256)

    def _desk(self, who: str) -> Desk:
        if who not in self._desks:
            self._desks[who] = self._people.enter_context(Desk(self._engine, who))
        return self._desks[who]

    def _row(self, name: str) -> Row:
        """The case's row as it stands. The launch made the cases that are known as "process UNIT"."""
        with self._engine.database.read() as tx:
            if name not in self._known:
                children = tx.all(CHILDREN, which=self._known[CAMPAIGN])
                self._known |= {
                    f"{row['process']} {row['start_key']}": row["id"] for row in children if row["start_key"]
                }
            row = tx.one(INSTANCE, which=self._known[name])
        assert row is not None, "cases are never deleted"
        return row


def sheet(title: str) -> bytes:
    """A PDF of one page with that title (ASCII), as a stand-in for a signed paper."""
    text = f"BT /F1 20 Tf 72 740 Td ({title}) Tj 0 -30 Td /F1 12 Tf (Ban chay thu: noi dung minh hoa.) Tj ET".encode()
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text),
    )
    made, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"trailer\n<< /Size 5 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % len(made)
    return made + b"xref\n0 5\n0000000000 65535 f \n" + table + end
