"""Where the people within reach are logged in, ending that, and what was guessed at their accounts."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, func, or_, select

from engine.administration.desk import Desk
from engine.errors import NotFound
from engine.instants import to_micros
from engine.runtime.accounts import IDLE, SESSION_KIND, revoke, revoke_all
from engine.runtime.administering import PERSON_ADDED, authority_of
from engine.runtime.database import Row, Statement
from engine.runtime.present import instant
from engine.runtime.schema import administration, login_attempt, mandate, membership, person, session, unit

LABEL = "Xem phiên đăng nhập"
WATCHED = timedelta(days=1)

p = bindparam
_OPEN = Statement(
    select(session, person.c.name.label("person"), person.c.username)
    .join_from(session, person)
    .where(
        session.c.revoked_at.is_(None),
        session.c.expires_at > p("now"),
        or_(session.c.kind != SESSION_KIND, session.c.seen_at > p("idle_since")),
    )
    .order_by(session.c.id.desc())
)
_ACTS = Statement(  # every person with the units in which they act, now or later
    select(membership.c.person_id, membership.c.unit_id)
    .where(or_(membership.c.valid_to.is_(None), membership.c.valid_to >= p("on")))
    .union(select(mandate.c.deputy_id, mandate.c.unit_id).where(mandate.c.valid_to >= p("on")))
)
_PEOPLE = Statement(select(person.c.id, person.c.username, person.c.name).order_by(person.c.id))
_ADDED = Statement(
    select(administration.c.subject).where(
        administration.c.what == PERSON_ADDED, administration.c.actor_id == p("actor_id")
    )
)
_UNITS = Statement(select(unit.c.id, unit.c.authority_id))
_GUESSES = Statement(
    select(
        login_attempt.c.username, func.count().label("n"), func.max(login_attempt.c.at).label("last"),
        func.count(login_attempt.c.address.distinct()).label("places"),
    )
    .where(login_attempt.c.at > p("since"), login_attempt.c.forgiven.is_(False))
    .group_by(login_attempt.c.username)
    .order_by(func.count().desc(), login_attempt.c.username)
)  # fmt: skip


def reached_people(desk: Desk) -> dict[int, Row]:
    """Everybody whom `Desk.must_reach_person` lets through, by key; asked for once for all.

    Raises:
        NotPerformer: the actor administers nothing.
    """
    desk.must_administer(LABEL)
    bodies = {row["id"]: authority_of(row) for row in desk.tx.all(_UNITS)}
    reached = {body for body in set(bodies.values()) if desk.reaches(body)}
    acts: dict[int, set[int]] = {}
    for row in desk.tx.all(_ACTS, on=desk.work.today.isoformat()):
        acts.setdefault(row["person_id"], set()).add(bodies[row["unit_id"]])
    own = desk.actor.person_id if desk.actor else None
    added = {row["subject"] for row in desk.tx.all(_ADDED, actor_id=own)} if own is not None else set()
    return {
        row["id"]: row
        for row in desk.tx.all(_PEOPLE)
        if (acts[row["id"]] <= reached if row["id"] in acts else desk.is_head or row["username"] in added)
    }


def open_logins(desk: Desk, wall_now: datetime) -> list[dict[str, Any]]:
    """The sessions and tokens that would still let somebody within reach in, the newest first.

    Raises:
        NotPerformer: the actor administers nothing.
    """
    reached = reached_people(desk)
    now, idle = to_micros(wall_now), to_micros(wall_now - IDLE)
    own = desk.login.session_id if desk.login else 0
    return [
        {
            "id": str(row["id"]),
            "person": {"id": str(row["person_id"]), "name": row["person"], "username": row["username"]},
            "is_session": row["kind"] == SESSION_KIND,
            "device": row["device"] or row["name"],
            "created_at": instant(row["created_at"]),
            "seen_at": instant(row["seen_at"]) if row["seen_at"] else None,
            "is_own": row["id"] == own,
        }
        for row in desk.tx.all(_OPEN, now=now, idle_since=idle)
        if row["person_id"] in reached
    ]


def guesses(desk: Desk, wall_now: datetime) -> list[dict[str, Any]]:
    """How often somebody guessed wrongly at an account within reach during the last day, most often first.

    Raises:
        NotPerformer: the actor administers nothing.
    """
    named = {row["username"]: row for row in reached_people(desk).values()}
    return [
        {
            "person": {"id": str(named[row["username"]]["id"]), "name": named[row["username"]]["name"]},
            "count": row["n"],
            "places": row["places"],
            "last_at": instant(row["last"]),
        }
        for row in desk.tx.all(_GUESSES, since=to_micros(wall_now - WATCHED))
        if row["username"] in named
    ]


def end_login(desk: Desk, person_id: int, session_id: int) -> dict[str, Any]:
    """End one session or token of somebody within reach.

    Raises:
        NotFound: no such person, or it is not theirs, or has ended.
        NotPerformer: the actor does not administer every authority that the person works for.
    """
    who = desk.must_reach_person(person_id, "Kết thúc phiên đăng nhập")
    revoke(desk.tx, session_id, person_id, desk.wall)
    desk.note("person.logins_end", who["username"], ended=1)
    return {"name": who["name"], "ended": 1}


def end_logins(desk: Desk, person_id: int) -> dict[str, Any]:
    """End all sessions and tokens of somebody within reach; of oneself all but the one in use.

    Raises:
        NotFound: no such person, or nothing of theirs is open.
        NotPerformer: as `end_login`.
    """
    who = desk.must_reach_person(person_id, "Kết thúc phiên đăng nhập")
    kept = desk.login.session_id if desk.login else 0
    ended = revoke_all(desk.tx, person_id, desk.wall, but=kept, tokens=True)
    if not ended:
        raise NotFound(what="phiên đăng nhập đang mở")
    desk.note("person.logins_end", who["username"], ended=ended)
    return {"name": who["name"], "ended": ended}
