"""The fixed statements of the hot path, written in SQLAlchemy Core and rendered once.

Reads for lists and pages are built where they are asked (`queries`); everything that an action runs is here.
"""

from typing import Any

from sqlalchemy import (
    Table,
    Text,
    and_,
    bindparam,
    cast,
    delete,
    exists,
    func,
    insert,
    literal_column,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import Insert
from sqlalchemy.dialects.postgresql import insert as upsert

from engine.runtime.database import Statement
from engine.runtime.schema import (
    access,
    archival,
    attachment,
    edition,
    effect,
    fact,
    firing,
    history,
    idempotency,
    incident,
    instance,
    involvement,
    mandate,
    membership,
    notice,
    person,
    reference,
    register,
    session,
    timer,
    user_task,
)

p = bindparam


def insertion(table: Table, *, without: tuple[str, ...] = ()) -> Statement:
    """INSERT of all columns by name; `Transaction.insert` gives the key."""
    names = [c.name for c in table.columns if c.name not in ("id", *without)]
    return Statement(insert(table).values({name: p(name) for name in names}))


def ignoring(table: Table) -> Insert:
    """INSERT that leaves out a row which is there already: `ignoring(t).values(…)` or `.from_select(…)`.

    The clause is PostgreSQL's, and SQLite's too.
    """
    return upsert(table).on_conflict_do_nothing()


def _in_force(table: Table) -> Any:
    """Rows valid on the date :on; both ends belong to the row."""
    return and_(table.c.valid_from <= p("on"), or_(table.c.valid_to.is_(None), table.c.valid_to >= p("on")))


# ── standing ─────────────────────────────────────────────────────────────────────────────────
SESSION = Statement(  # who somebody is, and which edition of the office they see
    select(
        session.c.id,
        session.c.person_id,
        session.c.kind,
        session.c.scopes,
        session.c.seen_at,
        session.c.expires_at,
        session.c.confirmed_at,
        session.c.revoked_at,
        person.c.name.label("person_name"),
        person.c.username,
        person.c.staff_code,
        person.c.active,
        select(edition.c.number).scalar_subquery().label("edition"),
    )
    .join_from(session, person)
    .where(session.c.token_hash == p("token_hash"))
)
TOUCH_SESSION = Statement(update(session).where(session.c.id == p("which")).values(seen_at=p("seen_at")))
MEMBERSHIPS = Statement(
    select(membership.c.role, membership.c.unit_id).where(
        membership.c.person_id == p("person_id"), _in_force(membership)
    )
)
_PRINCIPAL = person.alias("principal")
_HELD = exists().where(
    membership.c.person_id == mandate.c.principal_id,
    membership.c.unit_id == mandate.c.unit_id,
    membership.c.role == mandate.c.role,
    _in_force(membership),
)
MANDATES = Statement(  # in force, of active people who hold the role themselves
    select(mandate, _PRINCIPAL.c.name.label("principal"), _PRINCIPAL.c.staff_code)
    .join_from(mandate, _PRINCIPAL, mandate.c.principal_id == _PRINCIPAL.c.id)
    .where(mandate.c.deputy_id == p("person_id"), _in_force(mandate), _PRINCIPAL.c.active, _HELD)
    .order_by(mandate.c.id)
)
HOLDERS = Statement(
    select(person.c.id, person.c.name, person.c.username, person.c.staff_code)
    .join_from(membership, person, membership.c.person_id == person.c.id)
    .where(
        membership.c.unit_id == p("unit_id"),
        membership.c.role == p("role"),
        _in_force(membership),
        person.c.active,
    )
    .order_by(person.c.id)
)
DEPUTIES = Statement(
    select(
        mandate,
        person.c.name.label("deputy"),
        person.c.staff_code.label("deputy_staff_code"),
        _PRINCIPAL.c.name.label("principal"),
        _PRINCIPAL.c.staff_code,
    )
    .join_from(mandate, person, mandate.c.deputy_id == person.c.id)
    .join(_PRINCIPAL, mandate.c.principal_id == _PRINCIPAL.c.id)
    .where(
        mandate.c.unit_id == p("unit_id"),
        mandate.c.role == p("role"),
        _in_force(mandate),
        person.c.active,
        _PRINCIPAL.c.active,
        _HELD,
    )
    .order_by(person.c.id)
)
_ASKING = select(cast(session.c.person_id, Text)).where(session.c.token_hash == p("token_hash"))
REPLAY = Statement(  # what was answered to this person under that key: asked together with who they are
    select(
        idempotency.c.fingerprint,
        idempotency.c.status,
        idempotency.c.body,
        idempotency.c.etag,
        idempotency.c.location,
    ).where(idempotency.c.principal == _ASKING.scalar_subquery(), idempotency.c.key == p("key"))
)
REMEMBER = insertion(idempotency)

# ── loading a case ───────────────────────────────────────────────────────────────────────────
INSTANCE = Statement(select(instance).where(instance.c.id == p("which")))
_UP = instance.alias("up")
_OWN = select(instance.c.id, instance.c.parent_id).where(instance.c.id == p("which")).cte("line", recursive=True)
_LINE = _OWN.union_all(select(_UP.c.id, _UP.c.parent_id).where(_UP.c.id == _OWN.c.parent_id))
_IN_LINE = select(_LINE.c.id)
LINE = Statement(select(instance).where(instance.c.id.in_(_IN_LINE)))  # the case and the cases above it, in no order
VISIBLE = Statement(select(access.c.unit_id, access.c.relation).where(access.c.instance_id == p("which")))
PERSON = Statement(select(person.c.id, person.c.username, person.c.name).where(person.c.id == p("which")))
INVOLVED = Statement(select(involvement.c.person_id, involvement.c.duty).where(involvement.c.instance_id == p("which")))
ATTACHMENTS = Statement(select(attachment).where(attachment.c.instance_id == p("which")).order_by(attachment.c.id))
PAPERS = Statement(  # of the case and of the cases above it
    select(attachment.c.instance_id, attachment.c.kind, attachment.c.name, attachment.c.sha256)
    .where(attachment.c.instance_id.in_(_IN_LINE))
    .order_by(attachment.c.id)
)
CHILDREN = Statement(select(instance).where(instance.c.parent_id == p("which")).order_by(instance.c.id))
STARTED = Statement(
    select(instance).where(
        instance.c.parent_id == p("parent_id"),
        instance.c.process == p("process"),
        instance.c.start_key == p("start_key"),
    )
)
FOUND = Statement(
    select(instance)
    .join_from(fact, instance)
    .where(fact.c.key == p("key"), fact.c.text == p("text"), instance.c.id != p("which"))
    .order_by(instance.c.id)
)
LEGAL_ROWS = Statement(select(reference).order_by(reference.c.id))

# ── writing a decision ───────────────────────────────────────────────────────────────────────
NEW_INSTANCE = insertion(instance)
ADVANCE = Statement(
    update(instance)
    .where(instance.c.id == p("which"))
    .values(
        state=p("state"),
        phase=p("phase"),
        version=p("version"),
        headline=p("headline"),
        dossier=p("dossier"),
        history_hash=p("history_hash"),
        updated_at=p("updated_at"),
        closed_at=p("closed_at"),
    )
)
ARCHIVAL = Statement(select(archival).where(archival.c.instance_id == p("which")))
NEW_HISTORY = insertion(history)
HISTORY = Statement(select(history).where(history.c.instance_id == p("which")).order_by(history.c.seq))
OPENING = Statement(  # the entry with which a case came into a state: none before it is read
    select(history.c.payload)
    .where(history.c.instance_id == p("which"), history.c.target == p("state"), history.c.source != p("state"))
    .order_by(history.c.seq.desc())
    .limit(1)
)
GRANT = Statement(ignoring(access).values(instance_id=p("instance_id"), unit_id=p("unit_id"), relation=p("relation")))
INVOLVE = Statement(
    ignoring(involvement).values(instance_id=p("instance_id"), person_id=p("person_id"), duty=p("duty"))
)
DROP_FACTS = Statement(delete(fact).where(fact.c.instance_id == p("which")))
NEW_FACT = insertion(fact)
NEW_ATTACHMENT = insertion(attachment)
COUNT_OF_KIND = Statement(
    select(func.count().label("n")).where(attachment.c.instance_id == p("which"), attachment.c.kind == p("kind"))
)
NUMBER = Statement(
    select(register.c.last).where(
        register.c.authority_id == p("authority_id"),
        register.c.name == p("name"),
        register.c.year == p("year"),
    )
)
NEW_REGISTER = insertion(register)
SET_NUMBER = Statement(
    update(register)
    .where(
        register.c.authority_id == p("which"),
        register.c.name == p("register"),
        register.c.year == p("in_year"),
    )
    .values(last=p("last"))
)

# ── tasks and timers ─────────────────────────────────────────────────────────────────────────
_RUNNING, _PAUSED, _STATE = (literal_column(text, Text) for text in ("'running'", "'paused'", "'state'"))
OPEN_TASKS = Statement(
    select(user_task)
    .where(user_task.c.instance_id == p("which"), user_task.c.clock.in_((_RUNNING, _PAUSED)))
    .order_by(user_task.c.id)
)
STILL_HOLDS = (  # the person of a task has its role, on the day `on`
    exists()
    .where(
        membership.c.person_id == person.c.id,
        membership.c.unit_id == user_task.c.unit_id,
        membership.c.role == user_task.c.role,
        _in_force(membership),
    )
    .correlate(person, user_task)
)
_WHOSE = (  # looked for only where there is one; joined, it would be searched for in all rows
    select(person.c.name).where(person.c.id == user_task.c.assignee_id, person.c.active, STILL_HOLDS).scalar_subquery()
)
TASKS = Statement(  # the open ones of states, in no order; with the name of whose each is, while they hold its role
    select(user_task, _WHOSE.label("assignee")).where(
        user_task.c.instance_id == p("which"),
        user_task.c.clock.in_((_RUNNING, _PAUSED)),
        user_task.c.kind == _STATE,
    )
)
NEW_TASK = insertion(user_task)
CLOSE_TASK = Statement(
    update(user_task)
    .where(user_task.c.id == p("which"))
    .values(clock=literal_column("'closed'"), days_left=null(), closed_at=p("closed_at"))
)
SET_CLOCK = Statement(
    update(user_task)
    .where(user_task.c.id == p("which"))
    .values(
        clock=p("clock"),
        due_on=p("due_on"),
        due_at=p("due_at"),
        due_source=p("due_source"),
        days_left=p("days_left"),
    )
)
NEW_TIMER = insertion(timer)
STOP_TIMERS = Statement(delete(timer).where(timer.c.task_id == p("which")))
NEXT_TIMER = Statement(select(func.min(timer.c.due_at).label("at")))
NEW_FIRING = insertion(firing)
FIRED = Statement(select(firing.c.key).where(firing.c.key == p("key")))

# ── effects, incidents, notices ──────────────────────────────────────────────────────────────
NEW_EFFECT = insertion(effect)
_CAUSE = select(history.c.request_id).where(history.c.id == effect.c.history_id).scalar_subquery()
_IS_PENDING = effect.c.state == literal_column("'pending'", Text)  # as the partial index says it
_PENDING = select(effect, _CAUSE.label("request_id")).where(_IS_PENDING)
NEXT_EFFECT = Statement(  # of an entry of the history; waits for who has it in hand
    _PENDING.where(effect.c.history_id == p("which")).order_by(effect.c.ordinal).limit(1).with_for_update(of=effect)
)
LEFT_EFFECT = Statement(_PENDING.where(effect.c.id == p("which")).with_for_update(of=effect, skip_locked=True))
LEFT_EFFECTS = Statement(  # of each case the first
    select(func.min(effect.c.id).label("id"))
    .where(_IS_PENDING)
    .group_by(effect.c.instance_id)
    .order_by(func.min(effect.c.id))
    .limit(100)
)
SETTLE_EFFECT = Statement(update(effect).where(effect.c.id == p("which")).values(state=p("state")))
LEAVE_EFFECT = Statement(update(effect).where(effect.c.id == p("which")).values(payload=p("payload")))
NEW_INCIDENT = insertion(incident)
INCIDENT = Statement(select(incident.c.id).where(incident.c.key == p("key"), incident.c.resolved_at.is_(None)))
NEW_NOTICE = insertion(notice)
IS_WAITING = notice.c.state == literal_column("'waiting'", Text)  # as the partial index says it
NEXT_NOTICE = Statement(select(func.min(notice.c.not_before).label("at")).where(IS_WAITING))
