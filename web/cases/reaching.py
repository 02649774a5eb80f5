"""How pages reach a case, and what is said and where one goes after something was done to it."""

import json
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Path

from engine.definition.model import ProcessModel
from engine.definition.performing import Actor
from engine.errors import Refused
from engine.runtime import changes, commands, queries
from engine.runtime.database import Row
from engine.runtime.present import brief
from engine.runtime.queue import work_queue
from engine.runtime.service import Answer
from engine.runtime.work import Work
from web.doors import reasons_of
from web.given import number
from web.visits import Guest, Visit

CaseKey = Annotated[int, Path(ge=1, lt=2**63)]

NEXT_FIELD, QUEUE = "_next", "hang-doi"
"""A form carries `_next=hang-doi` when its author wants to go on with the next task of their queue."""
MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class At:
    """A case by its address."""

    collection: str
    case_id: int

    @property
    def page(self) -> str:
        return f"/{self.collection}/{self.case_id}"

    def model(self, guest: Guest) -> ProcessModel:
        """Its process.

        Raises:
            NotFound: there is none of that name.
        """
        return guest.engine.registry.collection(self.collection)

    def row(self, guest: Guest, work: Work, actor: Actor) -> Row:
        """The case as it is stored.

        Raises:
            NotFound: there is none, or the actor may not see it.
        """
        return commands.load(work, self.model(guest), self.case_id, actor)


def done(visit: Visit, at: At, answer: Answer, label: str) -> str:
    """What has happened to which case, how it stands now, and whom a mail tells; blocks."""
    case = json.loads(answer.body)
    with visit.look() as (work, _):
        told = changes.told_of(work.tx, at.case_id, case["version"])
    said = visit.tr(
        "{code}: đã thực hiện «{action}». Trạng thái hiện nay: {state}.",
        code=case["code"], action=visit.tr(label), state=visit.tr(case["state"]["label"]),
    )  # fmt: skip
    return f"{said} {_mailed(visit, told)}"


def _mailed(visit: Visit, told: list[str]) -> str:
    names = ", ".join(told[:MOST_NAMED])
    if len(told) > MOST_NAMED:
        return visit.tr("Báo qua thư cho {names} và {n} nơi khác.", names=names, n=len(told) - MOST_NAMED)
    return visit.tr("Báo qua thư cho {names}.", names=names) if told else visit.tr("Không có thư nào được gửi.")


def happened(visit: Visit, work: Work, row: Row, version: int, actor: Actor) -> list[dict[str, Any]]:
    """What has happened to a case after that version, each with the titles of the fields that it changed."""
    fields = work.registry.by_code[row["process"]].dossier.model_fields
    entries = changes.changes_since(work, row, version, actor)
    for entry in entries:
        titles = (info.title or name for name, info in fields.items() if name in entry["changes"])
        entry["fields"] = ", ".join(visit.tr(title) for title in titles)
    return entries


def next_task(visit: Visit, at: At) -> str:
    """The address of the next case that waits for this person, another one when there is; empty: none; blocks."""
    with visit.look() as (work, actor):
        waiting = work_queue(work, actor, None, 2)
        found = [task for task in waiting if task["instance_id"] != at.case_id] or waiting
        if not found:
            return ""
        case = brief(work, queries.cases_by_id(work.tx, [found[0]["instance_id"]])[found[0]["instance_id"]])
    return f"/{case['collection']}/{case['id']}"


@dataclass(frozen=True, slots=True)
class Because:
    """A reason of a refusal: about which case of a list, if about one, with its address."""

    about: str
    address: str
    reason: Any


def because(visit: Visit, refused: Refused) -> list[Because]:
    """The reasons of a refusal, those about lines with the addresses of the cases."""
    return [Because(about, _address(visit, about), reason) for about, reason in reasons_of(refused)]


def _address(visit: Visit, code: str) -> str:
    """Where the case with that code is; its code ends with its key."""
    prefix, key = code.partition("-")[0], code.rpartition("-")[2]
    model = next((model for model in visit.engine.registry.models if model.prefix == prefix), None)
    return f"/{model.collection}/{int(key)}" if model and number(key) is not None else ""
