"""Revision 0001: long work, and reminders that people send."""

from sqlalchemy import Column, Index, Integer, LargeBinary, Table, UniqueConstraint

from migrations.r0001.columns import Instant, Text, metadata, own_key, ref

Table(
    "job", metadata,
    own_key(),
    Column("kind", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("params", Text, nullable=False),
    ref("owner_id", "person"),
    Column("state", Text, nullable=False),
    Column("done", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    Column("turn", Integer, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("expires_at", Instant, nullable=False),
    Column("file_name", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("content", LargeBinary),
    Index(None, "expires_at"),
    Index(None, "owner_id", "id"),
    Index(None, "state", "turn", "id"),
)  # fmt: skip

Table(
    "job_row", metadata,
    own_key(),
    ref("job_id", "job"),
    Column("position", Integer, nullable=False),
    Column("what", Text, nullable=False),
    Column("input", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("sentence", Text, nullable=False),
    ref("instance_id", "instance", null=True),
    UniqueConstraint("job_id", "position"),
    Index(None, "job_id", "outcome", "position"),
)  # fmt: skip

Table(
    "nudge", metadata,
    own_key(),
    Column("key", Text, nullable=False),
    ref("instance_id", "instance"),
    ref("task_id", "user_task"),
    ref("actor_id", "person"),
    Column("role", Text, nullable=False),
    ref("mandate_id", "mandate", null=True),
    Column("at", Instant, nullable=False),
    UniqueConstraint("key"),
    Index(None, "instance_id"),
)  # fmt: skip
