"""How cases, tasks and history look from outside: the JSON that API answers and stored replays consist of."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from itertools import chain
from typing import Any

from engine.definition.audience import without
from engine.definition.case import Case
from engine.definition.decide import Offer, offers
from engine.definition.language import Role
from engine.definition.model import ProcessModel
from engine.definition.performing import Actor, Wish, objection
from engine.errors import DutySeparated, NotPerformer, OwnCase, Reason, TaskAssigned
from engine.instants import from_micros, local_date
from engine.office.organisation import Unit
from engine.runtime.database import Row
from engine.runtime.history import digits
from engine.runtime.notices import people_in
from engine.runtime.rights import hidden_from
from engine.runtime.snapshots import code_of, load_case
from engine.runtime.statements import OPEN_TASKS, PERSON
from engine.runtime.tasks import STATE
from engine.runtime.work import Work


def instant(micros: int | None) -> str | None:
    """An instant as RFC 3339 in UTC."""
    return from_micros(micros).isoformat().replace("+00:00", "Z") if micros is not None else None


def unit_json(work: Work, unit_id: int) -> dict[str, str]:
    unit = work.office.units[unit_id]
    return {"code": unit.code, "name": unit.name}


def brief(work: Work, row: Row) -> dict[str, Any]:
    """A case in a list: no dossier."""
    model = work.registry.by_code[row["process"]]
    return {
        "id": str(row["id"]),
        "code": code_of(model, row),
        "collection": model.collection,
        "headline": row["headline"],
        "state": {"id": row["state"], "label": model.states[row["state"]].status},
        "phase": row["phase"],
        "version": row["version"],
        "unit": unit_json(work, row["unit_id"]),
        "authority": unit_json(work, row["authority_id"]),
        "parent": str(row["parent_id"]) if row["parent_id"] else None,
        "created_at": instant(row["created_at"]),
        "updated_at": instant(row["updated_at"]),
        "closed_at": instant(row["closed_at"]),
    }


def whole(work: Work, row: Row, actor: Actor, tasks: list[Row] | None = None) -> dict[str, Any]:
    """A case with its dossier, as far as the actor sees it, and the task that waits.

    tasks: the open ones of its states, when they are known.
    """
    if tasks is None:
        tasks = [task for task in work.tx.all(OPEN_TASKS, which=row["id"]) if task["kind"] == STATE]
    running = next((task for task in tasks if task["clock"] == "running"), None)
    return {
        **brief(work, row),
        "dossier": without(json.loads(row["dossier"]), hidden_from(work, actor, row)),
        "task": task_json(work, running) if running else None,
    }


def task_json(work: Work, task: Row) -> dict[str, Any]:
    """A user task. `days_left`: working days until due (negative: late), or those kept while paused."""
    role = work.registry.roles.get(task["role"])
    return {
        "id": str(task["id"]),
        "instance": str(task["instance_id"]),
        "kind": task["kind"],
        "state": task["state"],
        "todo": task["todo"],
        "role": {"code": task["role"], "label": role.label if role else task["role"]},
        "unit": unit_json(work, task["unit_id"]),
        "assignee": _assignee(work, task),
        "clock": task["clock"],
        "due_on": task["due_on"],
        "due_at": instant(task["due_at"]),
        "due_source": _source(work, task["due_source"]),
        "days_left": days_left(work, task),
        "days_late": days_late(work, task),
        "opened_at": instant(task["opened_at"]),
        "closed_at": instant(task["closed_at"]),
    }


def _assignee(work: Work, task: Row) -> dict[str, str] | None:
    row = work.tx.one(PERSON, which=task["assignee_id"]) if task["assignee_id"] is not None else None
    return {"username": row["username"], "name": row["name"]} if row else None


def days_left(work: Work, task: Row) -> int | None:
    if task["clock"] != "running" or not task["due_on"]:
        return int(task["days_left"]) if task["days_left"] is not None else None
    return work.office.calendar.between(work.today, date.fromisoformat(task["due_on"]))


def _source(work: Work, source: str) -> str:
    """Where a due date comes from: the days that a law or setting gives, or the name of the field that holds it."""
    process, _, name = source.rpartition(".")
    model = work.registry.by_code.get(process)
    field = model.dossier.model_fields.get(name) if model else None
    return f"{field.title} ({model.title})" if model and field else source


def days_late(work: Work, task: Row) -> int | None:
    """By how many working days a closed task was done after its due date (0 or less: in time)."""
    if task["closed_at"] is None or not task["due_on"]:
        return None
    return work.office.calendar.between(date.fromisoformat(task["due_on"]), local_date(from_micros(task["closed_at"])))


VEILED = Reason("veiled", "Còn điều kiện chưa đạt, thuộc thông tin mà bạn không được xem.")
PERSONAL = frozenset(refusal.code for refusal in (NotPerformer, TaskAssigned, OwnCase, DutySeparated))
"""Reasons that speak against the person: somebody else may."""


def actions_json(work: Work, row: Row, actor: Actor, case: Case[Any] | None = None) -> list[dict[str, Any]]:
    """The actions that leave the state: allowed, or blocked with reasons; and who could take them.

    case: as `load_case` gives it, when it is loaded already.
    """
    model = work.registry.by_code[row["process"]]
    seats = work.office.seats(row["authority_id"], work.today)
    case, silent = case or load_case(work, row), unheard(work, row, actor)
    return [_offer(work, model, case, veiled(offer, silent), actor) for offer in offers(model, case, actor, seats)]


def is_personal(action: Mapping[str, Any]) -> bool:
    """Whether an action of `actions_json` is not for this person, whatever they fill in."""
    return any(reason["code"] in PERSONAL for reason in action["reasons"])


def is_open(model: ProcessModel, action: Mapping[str, Any]) -> bool:
    """Whether the page of an action of `actions_json` may be opened: it can be taken, or what is filled in there
    may meet what is not met yet.
    """
    guards = (model.guards.get(reason["code"]) for reason in action["reasons"])
    is_settled = any(guard is not None and guard.before_form for guard in guards)
    return action["allowed"] or (action["form"] is not None and not is_personal(action) and not is_settled)


def _offer(work: Work, model: ProcessModel, case: Case[Any], offer: Offer, actor: Actor) -> dict[str, Any]:
    who = [(role, unit, _able(work, model, case, offer, role, unit)) for role, unit in offer.performers]
    names = {one.name for *_, people in who for one in people if one.person_id != actor.person_id}
    remedy = {"remedy": _instead(model, case, offer, names)}
    return {
        "action": offer.action,
        "label": offer.label,
        "allowed": not offer.reasons,
        "reasons": [{**reason_json(reason), **(remedy if reason.code in PERSONAL else {})} for reason in offer.reasons],
        "warnings": [reason_json(reason) for reason in offer.warnings],
        "form": offer.form.model_json_schema() if offer.form else None,
        "signs": model.actions[offer.action].signs,
        "who": [
            {
                "role": {"code": role.code, "label": role.label},
                "unit": unit_json(work, unit.id),
                "people": list(dict.fromkeys(person.name for person in people)),
            }
            for role, unit, people in who
        ],
    }


def unheard(work: Work, row: Row, actor: Actor) -> frozenset[str]:
    """The codes of rules that tell of fields which the actor does not see."""
    hidden = hidden_from(work, actor, row)
    rules = chain(*(action.rules for action in work.registry.by_code[row["process"]].actions.values()))
    return frozenset(rule.code for rule in rules if hidden & set(rule.reads))


def veiled(offer: Offer, unheard: frozenset[str]) -> Offer:
    """The offer without what these rules tell; that there is something in the way is said without saying what."""
    told = tuple(reason for reason in offer.reasons if reason.code not in unheard)
    return replace(
        offer,
        reasons=told if len(told) == len(offer.reasons) else (*told, VEILED),
        warnings=tuple(warning for warning in offer.warnings if warning.code not in unheard),
    )


def _able(work: Work, model: ProcessModel, case: Case[Any], offer: Offer, role: Role, unit: Unit) -> list[Actor]:
    """Who holds the role there, or stands in, and is not kept from this case."""
    seats = work.office.seats(case.authority.id, work.today)
    return [
        person
        for person, capacity in people_in(work, model, role, unit)
        if capacity.mandate is None or capacity.mandate.covers(model.code, offer.action)
        if not objection(model, case, Wish(offer.action, offer.label, (role,), person, seats), capacity)
    ]


def _instead(model: ProcessModel, case: Case[Any], offer: Offer, others: set[str]) -> str:
    """What helps somebody who may not take the action themself."""
    if model.actions[offer.action].carried:
        above = next(iter(case.ancestors.values()), None)
        return f"Việc này đi cùng hồ sơ cấp trên: xem {above.code}." if above else ""
    if others:
        return f"Người làm được: {', '.join(sorted(others))}."
    return "Chưa có ai khác làm được: đề nghị quản trị giao vai trò cho người khác."


def reason_json(reason: Reason) -> dict[str, str]:
    return {
        "code": reason.code,
        "sentence": reason.sentence,
        "citation": reason.citation,
        "mark": reason.mark,
        "remedy": reason.remedy,
    }


def history_json(work: Work, row: Row, entry: Row, actor: Actor) -> dict[str, Any]:
    """One entry of a case's history, as far as the actor sees it; `entry` with the `actor_name`."""
    model = work.registry.by_code[row["process"]]
    action = model.actions.get(entry["action"])
    payload = json.loads(entry["payload"])
    return {
        "seq": entry["seq"],
        "at": instant(entry["at"]),
        "actor": entry["actor_name"],
        "role": _role_json(work, entry["role"]),
        "for": payload.get("for"),
        "action": entry["action"],
        "label": action.label if action else WORDS.get(entry["action"], entry["action"]),
        "from": entry["source"],
        "to": entry["target"],
        "changes": without(payload.get("dossier", {}), hidden_from(work, actor, row)),
        "attachment": payload.get("attachment"),
        "reason": payload.get("reason"),
        "assignee": payload.get("assignee"),
        "warnings": [told for told in payload.get("warnings", []) if told["code"] not in unheard(work, row, actor)],
        "request_id": entry["request_id"],
        "hash": digits(entry["hash"]),
    }


def _role_json(work: Work, code: str) -> dict[str, str] | None:
    role = work.registry.roles.get(code)
    return {"code": code, "label": role.label if role else code} if code else None


WORDS = {
    "start": "Lập hồ sơ",
    "edit": "Sửa hồ sơ",
    "attach": "Đính kèm giấy tờ",
    "assign": "Giao việc",
    "deadlines_changed": "Thời hạn thay đổi",
    "transfer": "Chuyển hồ sơ sang đơn vị khác",
    "set_subject": "Cập nhật dữ liệu cá nhân",
    "correct": "Cải chính thông tin",
    "hold": "Giữ hồ sơ",
    "release": "Thôi giữ hồ sơ",
    "archiving": "Đưa vào lưu trữ",
}
"""What the engine itself does to a case, in Vietnamese."""


def attachment_json(row: Row) -> dict[str, Any]:
    return {
        "id": str(row["id"]),
        "kind": row["kind"],
        "name": row["name"],
        "media_type": row["media_type"],
        "size": row["size"],
        "sha256": row["sha256"],
        "edition": row["edition"],
        "added_at": instant(row["added_at"]),
    }
