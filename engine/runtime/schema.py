"""The tables. Each "once" is a unique index, each "never" a constraint or a trigger.

Keys are BIGINTs drawn by the database, instants BIGINT microseconds UTC, legal dates ISO text in
Asia/Ho_Chi_Minh, documents canonical JSON text. `authority_id` is the body whose head decides.
"""

from sqlalchemy import (
    DDL,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    event,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Key = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows by itself only as INTEGER
Instant = BigInteger


def _id() -> Column[int]:
    return Column("id", Key, primary_key=True)


def _ref(name: str, table: str, *, null: bool = False) -> Column[int]:
    return Column(name, Key, ForeignKey(f"{table}.id"), nullable=null)


# ── what an office has ───────────────────────────────────────────────────────────────────────
unit = Table(
    "unit", metadata, _id(),
    Column("code", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("mail", Text, nullable=False),
    Column("groups", Text, nullable=False, server_default="[]"),  # addressee groups of the plan
    _ref("parent_id", "unit", null=True),
    _ref("authority_id", "unit", null=True),  # null: it is its own authority
    Column("valid_from", Text, nullable=False),
    Column("valid_to", Text),
)  # fmt: skip

person = Table(
    "person", metadata, _id(),
    Column("username", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("mail", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("active", Boolean, nullable=False, server_default="1"),
)  # fmt: skip

membership = Table(
    "membership", metadata, _id(),
    _ref("person_id", "person"),
    _ref("unit_id", "unit"),
    Column("role", Text, nullable=False),
    Column("valid_from", Text, nullable=False),
    Column("valid_to", Text),
    UniqueConstraint("person_id", "unit_id", "role", "valid_from"),
    Index(None, "unit_id", "role"),
)  # fmt: skip

seat = Table(
    "seat", metadata, _id(),  # which unit holds a role for an authority
    _ref("authority_id", "unit"),
    Column("role", Text, nullable=False),
    _ref("unit_id", "unit"),
    Column("valid_from", Text, nullable=False),
    Column("valid_to", Text),
    UniqueConstraint("authority_id", "role", "valid_from"),
)  # fmt: skip

calendar_day = Table(
    "calendar_day", metadata, _id(),
    Column("day", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("entered_at", Instant, nullable=False),  # the latest entry for a day holds
)  # fmt: skip

reference = Table(
    "reference", metadata, _id(),  # legal rows
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("citation", Text, nullable=False),
    Column("mark", Text, nullable=False),
    Column("valid_from", Text, nullable=False),
    Column("valid_to", Text),
    _ref("confirmed_by", "person", null=True),
    Column("confirmed_at", Instant),
    UniqueConstraint("kind", "key", "valid_from"),
)  # fmt: skip

register = Table(
    "register", metadata, _id(),  # gapless legal numbers
    _ref("authority_id", "unit"),
    Column("name", Text, nullable=False),
    Column("year", Integer, nullable=False),
    Column("last", Integer, nullable=False),
    UniqueConstraint("authority_id", "name", "year"),
)  # fmt: skip

setting = Table(
    "setting", metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)  # fmt: skip

session = Table(
    "session", metadata, _id(),
    Column("token_hash", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),  # session: ends by idling; token: ends on a date
    Column("name", Text, nullable=False, server_default=""),
    _ref("person_id", "person"),
    Column("created_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("revoked_at", Instant),
)  # fmt: skip

login_attempt = Table(
    "login_attempt", metadata, _id(),
    Column("username", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Index(None, "username", "at"),
)  # fmt: skip

# ── cases ────────────────────────────────────────────────────────────────────────────────────
instance = Table(
    "instance", metadata, _id(),
    _ref("authority_id", "unit"),
    Column("process", Text, nullable=False),
    Column("definition_version", Integer, nullable=False),
    _ref("unit_id", "unit"),
    _ref("parent_id", "instance", null=True),
    Column("start_key", Text),  # what a parent starts, it starts once
    Column("state", Text, nullable=False),
    Column("phase", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("headline", Text, nullable=False),
    Column("dossier", Text, nullable=False),
    Column("history_hash", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("closed_at", Instant),
    UniqueConstraint("parent_id", "process", "start_key"),
    Index(None, "process", "id"),
    Index(None, "parent_id", "process"),
)  # fmt: skip

access = Table(
    "access", metadata, _id(),  # which units see a case; unit = authority and relation "everyone": all its people
    _ref("instance_id", "instance"),
    _ref("unit_id", "unit"),
    Column("relation", Text, nullable=False),
    UniqueConstraint("instance_id", "unit_id", "relation"),
    Index(None, "unit_id", "relation", "instance_id"),
)  # fmt: skip

fact = Table(
    "fact", metadata, _id(),  # what lists, search and duplicates ask about a case
    _ref("instance_id", "instance"),
    Column("key", Text, nullable=False),
    Column("text", Text, nullable=False),
    UniqueConstraint("instance_id", "key"),
    Index(None, "key", "text"),
)  # fmt: skip

user_task = Table(
    "user_task", metadata, _id(),
    _ref("instance_id", "instance"),
    Column("kind", Text, nullable=False),  # state: the work of a state; incident: something to repair
    Column("state", Text, nullable=False),
    Column("todo", Text, nullable=False),
    Column("role", Text, nullable=False),
    _ref("unit_id", "unit"),
    _ref("assignee_id", "person", null=True),
    Column("opened_at", Instant, nullable=False),
    Column("due_on", Text),
    Column("due_at", Instant),
    Column("due_source", Text, nullable=False, server_default=""),
    Column("clock", Text, nullable=False),  # running, paused, closed
    Column("days_left", Integer),  # working days, while paused
    Column("closed_at", Instant),
    Index(None, "instance_id", "clock"),
    Index("ix_user_task_queue", "unit_id", "role", "clock", "due_at", "id"),
)  # fmt: skip

timer = Table(
    "timer", metadata, _id(),
    _ref("task_id", "user_task"),
    _ref("instance_id", "instance"),
    Column("kind", Text, nullable=False),  # rung: the next reminder; time_out: the move that the clock makes
    Column("day_offset", Integer, nullable=False),
    Column("due_at", Instant, nullable=False),
    UniqueConstraint("task_id", "kind"),
    Index(None, "due_at", "id"),
)  # fmt: skip

firing = Table(
    "firing", metadata, _id(),  # each timer fires once: the key is task, due date and rung
    Column("key", Text, nullable=False, unique=True),
    _ref("instance_id", "instance"),
    _ref("task_id", "user_task"),
    Column("scheduled_at", Instant, nullable=False),
    Column("fired_at", Instant, nullable=False),
    Column("outcome", Text, nullable=False),  # sent, skipped, moved, incident
)  # fmt: skip

attachment = Table(
    "attachment", metadata, _id(),
    _ref("instance_id", "instance"),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("edition", Integer, nullable=False),  # counts up per case and kind
    _ref("added_by", "person"),
    Column("added_at", Instant, nullable=False),
    UniqueConstraint("instance_id", "kind", "edition"),
)  # fmt: skip

history = Table(
    "history", metadata, _id(),  # append-only, chained per instance
    _ref("instance_id", "instance"),
    Column("seq", Integer, nullable=False),
    Column("at", Instant, nullable=False),
    _ref("actor_id", "person", null=True),
    Column("action", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("payload", Text, nullable=False),
    Column("salt", Text, nullable=False),
    Column("payload_hash", Text, nullable=False),
    Column("previous_hash", Text, nullable=False),
    Column("hash", Text, nullable=False),
    UniqueConstraint("instance_id", "seq"),
)  # fmt: skip

effect = Table(
    "effect", metadata, _id(),
    _ref("history_id", "history"),
    Column("ordinal", Integer, nullable=False),
    _ref("instance_id", "instance"),
    Column("kind", Text, nullable=False),  # start, send
    Column("payload", Text, nullable=False),
    Column("state", Text, nullable=False),  # pending, done, refused
    UniqueConstraint("history_id", "ordinal"),
    Index(None, "state", "id"),
)  # fmt: skip

incident = Table(
    "incident", metadata, _id(),  # something that the engine could not do; a task of the administrator
    _ref("instance_id", "instance"),
    Column("key", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("what", Text, nullable=False),
    _ref("task_id", "user_task"),  # the administrator's
    _ref("effect_id", "effect", null=True),  # the effect that was refused
    _ref("late_task_id", "user_task", null=True),  # the task whose time-out was refused
    Column("resolved_at", Instant),
    Index("uq_incident_open", "key", unique=True, sqlite_where=text("resolved_at IS NULL")),
)  # fmt: skip

notice = Table(
    "notice", metadata, _id(),  # somebody is to hear of something; a message is composed from due ones
    Column("event_key", Text, nullable=False),
    _ref("instance_id", "instance"),
    _ref("task_id", "user_task", null=True),
    _ref("person_id", "person", null=True),
    _ref("unit_id", "unit", null=True),  # the unit's own mail box, when the role has no holder
    Column("recipient", Text, nullable=False),  # person:id or unit:id
    Column("kind", Text, nullable=False),
    Column("facts", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("not_before", Instant, nullable=False),
    Column("state", Text, nullable=False),  # waiting, composed, dropped
    Column("message_id", Key),
    UniqueConstraint("event_key", "recipient"),
    Index(None, "state", "not_before"),
    Index(None, "instance_id"),
)  # fmt: skip

idempotency = Table(
    "idempotency", metadata, _id(),
    Column("principal", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("status", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Column("etag", Text, nullable=False),
    Column("location", Text, nullable=False),
    Column("at", Instant, nullable=False),
    UniqueConstraint("principal", "key"),
)  # fmt: skip

for _verb in ("UPDATE", "DELETE"):
    event.listen(
        history,
        "after_create",
        DDL(  # type: ignore[no-untyped-call]
            f"CREATE TRIGGER history_no_{_verb.lower()} BEFORE {_verb} ON history "
            "BEGIN SELECT RAISE(ABORT, 'history is append-only'); END"
        ).execute_if(dialect="sqlite"),
    )
