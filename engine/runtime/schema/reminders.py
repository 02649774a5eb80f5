"""Reminders that a person sends beside those of the ladder: who, when, about which task."""

from sqlalchemy import Column, Index, Table

from engine.runtime.schema.columns import Instant, Text, append_only, metadata, own_key, ref

nudge = Table(
    "nudge", metadata, own_key(),
    Column("key", Text, nullable=False, unique=True),  # task, due date and business date: once a day
    ref("instance_id", "instance"),
    ref("task_id", "user_task"),
    ref("actor_id", "person"),
    Column("role", Text, nullable=False),  # in which the actor acted
    ref("mandate_id", "mandate", null=True),
    Column("at", Instant, nullable=False),
    Index(None, "instance_id"),
)  # fmt: skip
append_only(nudge)
