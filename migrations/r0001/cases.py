"""Revision 0001: cases, their tasks, timers, papers and history, and what follows from an action."""

from sqlalchemy import Column, Index, Integer, LargeBinary, PrimaryKeyConstraint, Table, UniqueConstraint, text

from migrations.r0001.columns import Instant, Key, Text, metadata, own_key, ref, where

Table(
    "instance", metadata,
    own_key(),
    ref("authority_id", "unit"),
    Column("process", Text, nullable=False),
    Column("definition_version", Integer, nullable=False),
    ref("unit_id", "unit"),
    ref("parent_id", "instance", null=True),
    Column("start_key", Text),
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
    Index("ix_instance_open", "process", "state", "authority_id", "unit_id", **where("closed_at IS NULL")),
    Index("ix_instance_open_unit", "unit_id", "id", **where("closed_at IS NULL")),
    Index(None, "process", "id"),
)  # fmt: skip

Table(
    "access", metadata,
    ref("instance_id", "instance"),
    ref("unit_id", "unit"),
    Column("relation", Text, nullable=False),
    PrimaryKeyConstraint("instance_id", "unit_id", "relation"),
    Index(None, "unit_id", "relation", "instance_id"),
    sqlite_with_rowid=False,
)  # fmt: skip

Table(
    "fact", metadata,
    own_key(),
    ref("instance_id", "instance"),
    Column("key", Text, nullable=False),
    Column("text", Text, nullable=False),
    UniqueConstraint("instance_id", "key"),
    Index(None, "key", "text"),
)  # fmt: skip

Table(
    "user_task", metadata,
    own_key(),
    ref("instance_id", "instance"),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("todo", Text, nullable=False),
    Column("role", Text, nullable=False),
    ref("unit_id", "unit"),
    ref("assignee_id", "person", null=True),
    Column("opened_at", Instant, nullable=False),
    Column("due_on", Text),
    Column("due_at", Instant),
    Column("due_source", Text, nullable=False, server_default=""),
    Column("clock", Text, nullable=False),
    Column("days_left", Integer),
    Column("closed_at", Instant),
    Index(None, "instance_id", "clock"),
    Index("ix_user_task_open", "clock", "due_at", **where("clock != 'closed'")),
    Index(
        "ix_user_task_queue", "unit_id", "role", text("coalesce(due_at, 4611686018427387904)"), "instance_id", "id",
        **where("clock = 'running'"),
    ),
)  # fmt: skip

Table(
    "timer", metadata,
    own_key(),
    ref("task_id", "user_task"),
    ref("instance_id", "instance"),
    Column("kind", Text, nullable=False),
    Column("day_offset", Integer, nullable=False),
    Column("due_at", Instant, nullable=False),
    UniqueConstraint("task_id", "kind"),
    Index(None, "due_at", "id"),
)  # fmt: skip

Table(
    "firing", metadata,
    own_key(),
    Column("key", Text, nullable=False),
    ref("instance_id", "instance"),
    ref("task_id", "user_task"),
    Column("scheduled_at", Instant, nullable=False),
    Column("fired_at", Instant, nullable=False),
    Column("outcome", Text, nullable=False),
    UniqueConstraint("key"),
)  # fmt: skip

Table(
    "attachment", metadata,
    own_key(),
    ref("instance_id", "instance"),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("edition", Integer, nullable=False),
    ref("added_by", "person"),
    Column("added_at", Instant, nullable=False),
    UniqueConstraint("instance_id", "kind", "edition"),
)  # fmt: skip

Table(
    "history", metadata,
    own_key(),
    ref("instance_id", "instance"),
    Column("seq", Integer, nullable=False),
    Column("at", Instant, nullable=False),
    ref("actor_id", "person", null=True),
    Column("role", Text, nullable=False),
    ref("mandate_id", "mandate", null=True),
    Column("action", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("request_id", Text, nullable=False, server_default=""),
    Column("payload", Text, nullable=False),
    Column("salt", LargeBinary, nullable=False),
    Column("payload_hash", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    UniqueConstraint("instance_id", "seq"),
    Index(None, "actor_id"),
)  # fmt: skip

Table(
    "involvement", metadata,
    ref("instance_id", "instance"),
    ref("person_id", "person"),
    Column("duty", Text, nullable=False),
    PrimaryKeyConstraint("instance_id", "person_id", "duty"),
    sqlite_with_rowid=False,
)  # fmt: skip

Table(
    "effect", metadata,
    own_key(),
    ref("history_id", "history"),
    Column("ordinal", Integer, nullable=False),
    ref("instance_id", "instance"),
    Column("kind", Text, nullable=False),
    Column("payload", Text, nullable=False),
    Column("state", Text, nullable=False),
    UniqueConstraint("history_id", "ordinal"),
    Index("ix_effect_pending", "instance_id", "id", **where("state = 'pending'")),
)  # fmt: skip

Table(
    "incident", metadata,
    own_key(),
    ref("instance_id", "instance"),
    Column("key", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("what", Text, nullable=False),
    ref("task_id", "user_task"),
    ref("effect_id", "effect", null=True),
    ref("late_task_id", "user_task", null=True),
    Column("resolved_at", Instant),
    Index("uq_incident_open", "key", unique=True, **where("resolved_at IS NULL")),
)  # fmt: skip

Table(
    "notice", metadata,
    own_key(),
    Column("event_key", Text, nullable=False),
    ref("instance_id", "instance"),
    ref("task_id", "user_task", null=True),
    ref("person_id", "person", null=True),
    ref("unit_id", "unit", null=True),
    Column("recipient", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("facts", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("not_before", Instant, nullable=False),
    Column("state", Text, nullable=False),
    Column("message_id", Key),
    Column("request_id", Text, nullable=False, server_default=""),
    UniqueConstraint("event_key", "recipient"),
    Index(None, "instance_id"),
    Index(None, "message_id"),
    Index("ix_notice_waiting", "not_before", "id", **where("state = 'waiting'")),
)  # fmt: skip

Table(
    "idempotency", metadata,
    own_key(),
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
