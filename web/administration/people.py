"""People: finding them, adding and inviting, what they hold from when to when, leaving."""

from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter

from api.installation import letterhead
from api.letters import invite, send_reset, tell_of_change
from engine.accounts import second_factor
from engine.administration import leaving, log, outlook, people, roles, sections
from engine.administration.desk import Desk
from engine.administration.forms import Closing, Leaving, NewMembership, NewPerson, PersonPatch
from engine.administration.mandates import mandates
from engine.definition.performing import Actor
from engine.errors import NotInvitable, NotPerformer
from engine.runtime import accounts
from engine.runtime.accounts import Scope
from engine.runtime.administering import Reach
from engine.runtime.work import Work
from notifications.door import AccountLetter
from web.administration.entries import entries_shown
from web.administration.rooms import ROOT, Deed, Done, Look, Sent, add_page, by_desk, by_work
from web.doors import page_router
from web.visits import Visit

A_PAGE, MOST_ENTRIES, MOST_SUCCESSORS = 50, 20, 200
NO_RESET = "tài khoản chưa có mật khẩu, không có địa chỉ thư, hoặc đã được gửi quá ba liên kết trong một giờ"


def people_routes() -> APIRouter:
    """GET and POST /quan-tri/nguoi-dung, /quan-tri/nguoi-dung/{id}; GET …/nguoi-dung/thieu-nguoi."""
    router = page_router()
    add_page(router, "/nguoi-dung", "people", _list, {"them": Deed(by_desk(_enter), _told_new, NewPerson, _to_person)})
    add_page(router, "/nguoi-dung/thieu-nguoi", "vacancies", _vacancies)
    add_page(
        router, "/nguoi-dung/{id}", "person", _one,
        {
            "sua": Deed(by_desk(_revise), _told_change, PersonPatch),
            "moi": Deed(by_work(_invite, Scope.ADMINISTER), _told_invited),
            "dat-lai": Deed(by_desk(_send_reset), _told_reset),
            "go-hai-lop": Deed(by_work(_take_factor, Scope.ADMINISTER), _told_no_factor),
            "giao": Deed(by_desk(_grant), _told_role, NewMembership),
            "thoi": Deed(by_desk(_end_role), _told_no_role, Closing),
            "nghi": Deed(by_desk(lambda desk, sent: people.leave(desk, sent.key(), sent.form)), _told_left, Leaving),
        },
    )  # fmt: skip
    return router


# ── looks ────────────────────────────────────────────────────────────────────────────────────────
def _list(look: Look) -> dict[str, Any]:
    asked = {name: look.asked(name) for name in ("q", "don_vi", "vai", "tinh_trang")}
    desk = look.desk
    found = people.people(
        desk, unit=asked["don_vi"] or None, role=asked["vai"] or None, text=asked["q"],
        active={"dang-dung": True, "da-dong": False}.get(asked["tinh_trang"]), after=look.before or 0, most=A_PAGE + 1,
    )  # fmt: skip
    reached = desk.reached_units
    return {
        "title": look.visit.tr("Người dùng"),
        "people": [_with_what_is_ahead(one, look.work.today.isoformat()) for one in found[:A_PAGE]],
        "asked": asked,
        "query": urlencode({name: value for name, value in asked.items() if value}),
        "next": found[A_PAGE - 1]["id"] if len(found) > A_PAGE else None,
        "units": [
            (one.code, f"{one.name} ({one.code})") for one in look.work.office.units.values() if one.id in reached
        ],
        "roles": [(role.code, look.visit.tr(role.label)) for role in look.work.registry.roles.values()],
    }


def _with_what_is_ahead(one: dict[str, Any], today: str) -> dict[str, Any]:
    """The person, of whose roles each says whether it holds today or later."""
    held = [{**role, "is_ahead": role["to"] is None or role["to"] >= today} for role in one["memberships"]]
    return {**one, "memberships": held}


def _one(look: Look) -> dict[str, Any]:
    desk, key = look.desk, look.key()
    people.must_see(desk, key)
    who, today = people.person_of(desk, key), look.work.today.isoformat()
    reached = desk.reached_units
    units = look.work.office.units.values()
    entries = log.entries(look.work.tx, None, MOST_ENTRIES, subject=who["username"]) if _reads_log(look) else []
    return {
        "title": who["name"],
        "person": who,
        "may_change": _may_change(desk, key),
        "has_factor": second_factor.has_second_factor(look.work.tx, key),
        "holds": [one for one in who["memberships"] if one["to"] is None or one["to"] >= today],
        "held": [one for one in who["memberships"] if one["to"] is not None and one["to"] < today],
        "mandates": [m for m in mandates(desk, on=None) if str(key) in (m["principal"]["id"], m["deputy"]["id"])],
        "planned": leaving.planned(look.work, key),
        "assigned": leaving.assigned(look.work, key),
        "units": [(u.code, f"{u.name} ({u.code})") for u in units if u.id in reached and u.exists(look.work.today)],
        "roles": [(role.code, look.visit.tr(role.label)) for role in look.work.registry.roles.values()],
        "colleagues": _colleagues(desk, who),
        "entries": entries_shown(look.visit, entries),
        "sends_mail": look.visit.request.app.state.sends_mail,
    }


def _may_change(desk: Desk, key: int) -> bool:
    try:
        desk.must_reach_to_invite(key, "")
    except NotPerformer:
        return False
    return True


def _reads_log(look: Look) -> bool:
    return sections.LOG in sections.open_to(look.work, look.actor)


def _colleagues(desk: Desk, who: dict[str, Any]) -> list[tuple[str, str]]:
    """Who could take over: active people, those of the same units first."""
    own = {one["unit"]["code"] for one in who["memberships"]}
    found: dict[str, dict[str, Any]] = {}
    for unit in (*sorted(own), None):
        for one in people.people(desk, unit=unit, active=True, after=0, most=MOST_SUCCESSORS):
            found.setdefault(one["id"], one)
    return [(one["id"], f"{one['name']} ({one['username']})") for one in found.values() if one["id"] != who["id"]]


def _vacancies(look: Look) -> dict[str, Any]:
    desk = look.desk
    desk.must_administer("Xem vai trò chưa có người giữ")
    return {"title": look.visit.tr("Vai trò chưa có người giữ"), "vacancies": outlook.vacancies(desk)}


# ── changes ──────────────────────────────────────────────────────────────────────────────────────
def _enter(desk: Desk, sent: Sent) -> Done:
    return people.enter(desk, sent.form)


def _to_person(done: Done) -> str:
    return f"{ROOT}/nguoi-dung/{done['id']}"


def _told_new(visit: Visit, done: Done) -> str:
    return visit.tr(
        "Đã thêm {name} ({username}). Tiếp theo: giao vai trò, rồi mời đặt mật khẩu.",
        name=done["name"], username=done["username"],
    )  # fmt: skip


def _revise(desk: Desk, sent: Sent) -> Done:
    """Only what differs is changed: the form shows everything."""
    key = sent.key()
    people.must_see(desk, key)
    now = people.person_of(desk, key)
    given = sent.form.given()
    return people.revise(desk, key, PersonPatch(**{name: value for name, value in given.items() if value != now[name]}))


def _told_change(visit: Visit, done: Done) -> str:
    if not done["active"]:
        return visit.tr("Đã ghi: tài khoản {name} đã đóng, mọi phiên đăng nhập đã kết thúc.", name=done["name"])
    return visit.tr("Đã ghi thay đổi của {name}.", name=done["name"])


def _invite(work: Work, actor: Actor, sent: Sent) -> Done:
    visit = sent.visit
    sends_mail = visit.request.app.state.sends_mail
    who = invite(visit.engine, letterhead(visit.settings), work, actor, sent.key(), sends_mail=sends_mail)
    log.append(work, actor.person_id, "person.invite", who["username"], {})
    return {"name": who["name"], "mail": who["mail"]}


def _told_invited(visit: Visit, done: Done) -> str:
    return visit.tr("Đã gửi lời mời đặt mật khẩu cho {name} tới {mail}; liên kết dùng được một ngày.", **done)


def _send_reset(desk: Desk, sent: Sent) -> Done:
    visit = sent.visit
    who = desk.must_reach_person(sent.key(), "Gửi liên kết đặt lại mật khẩu")
    if not send_reset(visit.engine, letterhead(visit.settings), desk.tx, who["username"]):
        raise NotInvitable(why=NO_RESET)
    desk.note("person.reset_link", who["username"])
    return {"name": who["name"], "mail": who["mail"]}


def _told_reset(visit: Visit, done: Done) -> str:
    return visit.tr("Đã gửi liên kết đặt lại mật khẩu cho {name} tới {mail}.", **done)


def _take_factor(work: Work, actor: Actor, sent: Sent) -> Done:
    engine = sent.visit.engine
    accounts.own_session(work.tx, sent.asking.secret, engine.wall(), fresh=True)
    who = Reach(work, actor).must_reach_person(sent.key(), "Gỡ xác thực hai lớp")
    second_factor.remove(work.tx, who["id"])
    tell_of_change(letterhead(sent.visit.settings), work, who["id"], AccountLetter.FACTOR_REMOVED)
    log.append(work, actor.person_id, "person.second_factor_remove", who["username"], {})
    return {"name": who["name"]}


def _told_no_factor(visit: Visit, done: Done) -> str:
    return visit.tr("Đã gỡ xác thực hai lớp của {name}; người đó được báo bằng thư.", name=done["name"])


def _grant(desk: Desk, sent: Sent) -> Done:
    return roles.grant(desk, sent.key(), sent.form)


def _told_role(visit: Visit, done: Done) -> str:
    return visit.tr(
        "Đã giao vai trò {role} tại {unit}.", role=visit.tr(done["role"]["label"]), unit=done["unit"]["name"]
    )


def _end_role(desk: Desk, sent: Sent) -> Done:
    return roles.end(desk, sent.key("about"), sent.form.last_day)


def _told_no_role(visit: Visit, done: Done) -> str:
    return visit.tr(
        "Vai trò {role} tại {unit} kết thúc sau ngày đã ghi, cùng giấy ủy quyền dựa vào đó.",
        role=visit.tr(done["role"]["label"]), unit=done["unit"]["name"],
    )  # fmt: skip


def _told_left(visit: Visit, done: Done) -> str:
    passed = ", ".join(f"{one['code']} → {one['given_to'] or visit.tr('người giữ vai trò')}" for one in done["tasks"])
    said = visit.tr(
        "Đã ghi {name} nghỉ. Vai trò kết thúc: {roles}; giấy ủy quyền kết thúc: {mandates}; việc đã bàn giao: {tasks}.",
        name=done["person"]["name"], roles=len(done["memberships_ended"]), mandates=done["mandates_ended"],
        tasks=passed or "0",
    )  # fmt: skip
    if not done["without_holder"]:
        return said
    empty = "; ".join(f"{visit.tr(one['role']['label'])}, {one['unit']['name']}" for one in done["without_holder"])
    return visit.tr("{said} Từ đó chưa có người giữ: {roles}.", said=said, roles=empty)
