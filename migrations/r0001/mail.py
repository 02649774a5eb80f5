"""Revision 0001: outgoing mail."""

from sqlalchemy import Column, Index, Integer, LargeBinary, Table, UniqueConstraint

from migrations.r0001.columns import Instant, Text, metadata, own_key, ref

Table(
    "message", metadata,
    own_key(),
    Column("recipient", Text, nullable=False),
    ref("person_id", "person", null=True),
    ref("unit_id", "unit", null=True),
    Column("name", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("message_key", Text, nullable=False),
    Column("message_id", Text, nullable=False),
    ref("instance_id", "instance", null=True),
    Column("kind", Text, nullable=False),
    Column("bytes", LargeBinary, nullable=False),
    Column("text", Text, nullable=False),
    Column("fault", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("next_attempt_at", Instant),
    Column("first_attempt_at", Instant),
    Column("settled_at", Instant),
    Column("attempts_before", Integer, nullable=False, server_default="0"),
    ref("retried_by", "person", null=True),
    Column("request_id", Text, nullable=False, server_default=""),
    UniqueConstraint("message_key"),
    Index(None, "state", "next_attempt_at", "id"),
)  # fmt: skip

Table(
    "message_attempt", metadata,
    own_key(),
    ref("message_id", "message"),
    Column("n", Integer, nullable=False),
    Column("at", Instant, nullable=False),
    Column("outcome", Text),
    Column("reply", Text, nullable=False),
    UniqueConstraint("message_id", "n"),
)  # fmt: skip
