"""Tables of the cases: instances, their tasks, timers, papers, history, and what follows from an action."""

from sqlalchemy import Column, Index, Integer, LargeBinary, PrimaryKeyConstraint, Table, UniqueConstraint, text

from engine.runtime.schema.columns import Instant, Key, Text, append_only, metadata, own_key, ref

OPEN = text("resolved_at IS NULL")
NOT_ENDED, PENDING, WAITING = text("closed_at IS NULL"), text("state = 'pending'"), text("state = 'waiting'")
NOT_CLOSED, RUNNING = text("clock != 'closed'"), text("clock = 'running'")
BEYOND = 2**62
"""Where a task without a deadline stands among those that have one: behind them."""

instance = Table(
    "instance", metadata, own_key(),
    ref("authority_id", "unit"),
    Column("process", Text, nullable=False),
    Column("definition_version", Integer, nullable=False),
    ref("unit_id", "unit"),
    ref("parent_id", "instance", null=True),
    Column("start_key", Text),  # what a parent starts, it starts once
    Column("state", Text, nullable=False),
    Column("phase", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("headline", Text, nullable=False),
    Column("dossier", Text, nullable=False),
    Column("history_hash", LargeBinary, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("closed_at", Instant),
    UniqueConstraint("parent_id", "process", "start_key"),
    Index(None, "process", "id"),
    Index("ix_instance_open_unit", "unit_id", "id", sqlite_where=NOT_ENDED, postgresql_where=NOT_ENDED),
    Index(
        "ix_instance_open", "process", "state", "authority_id", "unit_id",
        sqlite_where=NOT_ENDED, postgresql_where=NOT_ENDED,
    ),
)  # fmt: skip

access = Table(
    "access", metadata,  # which units see a case; unit = authority and relation "everyone": all its people
    ref("instance_id", "instance"),
    ref("unit_id", "unit"),
    Column("relation", Text, nullable=False),
    PrimaryKeyConstraint("instance_id", "unit_id", "relation"),
    Index(None, "unit_id", "relation", "instance_id"),
    sqlite_with_rowid=False,
)  # fmt: skip

fact = Table(
    "fact", metadata, own_key(),  # what lists, search and duplicates ask about a case
    ref("instance_id", "instance"),
    Column("key", Text, nullable=False),
    Column("text", Text, nullable=False),
    UniqueConstraint("instance_id", "key"),
    Index(None, "key", "text"),
)  # fmt: skip

user_task = Table(
    "user_task", metadata, own_key(),
    ref("instance_id", "instance"),
    Column("kind", Text, nullable=False),  # state: the work of a state; incident: something to repair
    Column("state", Text, nullable=False),
    Column("todo", Text, nullable=False),
    Column("role", Text, nullable=False),
    ref("unit_id", "unit"),
    ref("assignee_id", "person", null=True),
    Column("opened_at", Instant, nullable=False),
    Column("due_on", Text),
    Column("due_at", Instant),
    Column("due_source", Text, nullable=False, server_default=""),
    Column("clock", Text, nullable=False),  # running, paused, closed
    Column("days_left", Integer),  # working days, while paused
    Column("closed_at", Instant),
    Index(None, "instance_id", "clock"),  # the open ones of a case, however many it has had
    Index(
        "ix_user_task_queue", "unit_id", "role", text(f"coalesce(due_at, {BEYOND})"), "instance_id", "id",
        sqlite_where=RUNNING, postgresql_where=RUNNING,
    ),
    Index("ix_user_task_open", "clock", "due_at", sqlite_where=NOT_CLOSED, postgresql_where=NOT_CLOSED),
)  # fmt: skip

timer = Table(
    "timer", metadata, own_key(),
    ref("task_id", "user_task"),
    ref("instance_id", "instance"),
    Column("kind", Text, nullable=False),  # rung: the next reminder; time_out: the move that the clock makes
    Column("day_offset", Integer, nullable=False),
    Column("due_at", Instant, nullable=False),
    UniqueConstraint("task_id", "kind"),
    Index(None, "due_at", "id"),
)  # fmt: skip

firing = Table(
    "firing", metadata, own_key(),  # each timer fires once: the key is task, due date and rung
    Column("key", Text, nullable=False, unique=True),
    ref("instance_id", "instance"),
    ref("task_id", "user_task"),
    Column("scheduled_at", Instant, nullable=False),
    Column("fired_at", Instant, nullable=False),
    Column("outcome", Text, nullable=False),  # sent, skipped, moved, incident
)  # fmt: skip

attachment = Table(
    "attachment", metadata, own_key(),
    ref("instance_id", "instance"),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("edition", Integer, nullable=False),  # counts up per case and kind
    ref("added_by", "person"),
    Column("added_at", Instant, nullable=False),
    UniqueConstraint("instance_id", "kind", "edition"),
)  # fmt: skip

history = Table(
    "history", metadata, own_key(),  # append-only, chained per instance
    ref("instance_id", "instance"),
    Column("seq", Integer, nullable=False),
    Column("at", Instant, nullable=False),
    ref("actor_id", "person", null=True),
    Column("role", Text, nullable=False),  # in which the actor acted; empty for the system
    ref("mandate_id", "mandate", null=True),  # the actor acted for somebody else
    Column("action", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("request_id", Text, nullable=False, server_default=""),  # what the change follows from
    Column("payload", Text, nullable=False),
    Column("salt", LargeBinary, nullable=False),
    Column("payload_hash", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),  # also over the hash of the entry before it
    UniqueConstraint("instance_id", "seq"),
    Index(None, "actor_id"),
)  # fmt: skip
append_only(history)

involvement = Table(
    "involvement", metadata,  # who has had which duty on a case: separation of duties asks it
    ref("instance_id", "instance"),
    ref("person_id", "person"),
    Column("duty", Text, nullable=False),
    PrimaryKeyConstraint("instance_id", "person_id", "duty"),
    sqlite_with_rowid=False,
)  # fmt: skip

effect = Table(
    "effect", metadata, own_key(),
    ref("history_id", "history"),
    Column("ordinal", Integer, nullable=False),
    ref("instance_id", "instance"),
    Column("kind", Text, nullable=False),  # start, send
    Column("payload", Text, nullable=False),
    Column("state", Text, nullable=False),  # pending, done, refused
    UniqueConstraint("history_id", "ordinal"),
    Index("ix_effect_pending", "instance_id", "id", sqlite_where=PENDING, postgresql_where=PENDING),
)  # fmt: skip

incident = Table(
    "incident", metadata, own_key(),  # something that the engine could not do; a task of the administrator
    ref("instance_id", "instance"),
    Column("key", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("what", Text, nullable=False),
    ref("task_id", "user_task"),  # the administrator's
    ref("effect_id", "effect", null=True),  # the effect that was refused
    ref("late_task_id", "user_task", null=True),  # the task whose time-out was refused
    Column("resolved_at", Instant),
    Index("uq_incident_open", "key", unique=True, sqlite_where=OPEN, postgresql_where=OPEN),
)  # fmt: skip

notice = Table(
    "notice", metadata, own_key(),  # somebody is to hear of something; a message is composed from due ones
    Column("event_key", Text, nullable=False),
    ref("instance_id", "instance"),
    ref("task_id", "user_task", null=True),
    ref("person_id", "person", null=True),
    ref("unit_id", "unit", null=True),  # the unit's own mail box, when the role has no holder
    Column("recipient", Text, nullable=False),  # person:id or unit:id
    Column("kind", Text, nullable=False),
    Column("facts", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("not_before", Instant, nullable=False),
    Column("state", Text, nullable=False),  # waiting, composed, dropped
    Column("message_id", Key),
    Column("request_id", Text, nullable=False, server_default=""),  # what it follows from
    UniqueConstraint("event_key", "recipient"),
    Index("ix_notice_waiting", "not_before", "id", sqlite_where=WAITING, postgresql_where=WAITING),
    Index(None, "instance_id"),
)  # fmt: skip

idempotency = Table(
    "idempotency", metadata, own_key(),
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
