"""Revision 0001: personal data and how long it is kept."""

from sqlalchemy import Column, Index, Table, UniqueConstraint

from migrations.r0001.columns import Instant, Text, metadata, own_key, ref, where

Table(
    "subject", metadata,
    own_key(),
    ref("instance_id", "instance"),
    Column("sealed_identity", Text, nullable=False, server_default=""),
    Column("identity_ending", Text, nullable=False, server_default=""),
    Column("identity_print", Text, nullable=False, server_default=""),
    Column("sealed_birth_date", Text, nullable=False, server_default=""),
    Column("updated_at", Instant, nullable=False),
    UniqueConstraint("instance_id"),
    Index(None, "identity_print"),
)  # fmt: skip

Table(
    "disclosure", metadata,
    own_key(),
    ref("instance_id", "instance", null=True),
    ref("unit_id", "unit", null=True),
    ref("person_id", "person"),
    Column("what", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", Instant, nullable=False),
)  # fmt: skip

Table(
    "legal_hold", metadata,
    own_key(),
    ref("instance_id", "instance"),
    ref("person_id", "person"),
    Column("reason", Text, nullable=False),
    Column("at", Instant, nullable=False),
    ref("released_by", "person", null=True),
    Column("release_reason", Text, nullable=False, server_default=""),
    Column("released_at", Instant),
    Index("uq_legal_hold_open", "instance_id", unique=True, **where("released_at IS NULL")),
)  # fmt: skip

Table(
    "archival", metadata,
    own_key(),
    ref("instance_id", "instance"),
    ref("person_id", "person"),
    Column("rule", Text, nullable=False),
    Column("citation", Text, nullable=False),
    Column("at", Instant, nullable=False),
    UniqueConstraint("instance_id"),
)  # fmt: skip
