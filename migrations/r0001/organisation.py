"""Revision 0001: what an office has: units, people, roles, calendar, law, settings."""

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, Table, UniqueConstraint, true

from migrations.r0001.columns import Instant, Text, metadata, own_key, ref

Table(
    "unit_kind", metadata,
    Column("code", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("rank", Integer, nullable=False),
)  # fmt: skip

Table(
    "unit", metadata,
    own_key(),
    Column("code", Text, nullable=False),
    Column("identifier", Text),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("mail", Text, nullable=False),
    Column("groups", Text, nullable=False, server_default="[]"),
    ref("parent_id", "unit", null=True),
    ref("authority_id", "unit", null=True),
    Column("valid_from", Text, nullable=False),
    Column("valid_to", Text),
    UniqueConstraint("code"),
    UniqueConstraint("identifier"),
)  # fmt: skip

Table(
    "succession", metadata,
    own_key(),
    ref("unit_id", "unit"),
    ref("successor_id", "unit"),
    Column("on_day", Text, nullable=False),
    Column("paper", Text, nullable=False),
    UniqueConstraint("unit_id", "successor_id"),
)  # fmt: skip

Table(
    "person", metadata,
    own_key(),
    Column("username", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("mail", Text, nullable=False),
    Column("staff_code", Text),
    Column("password_hash", Text, nullable=False),
    Column("active", Boolean, nullable=False, server_default=true()),
    UniqueConstraint("staff_code"),
    UniqueConstraint("username"),
)  # fmt: skip

Table(
    "departure", metadata,
    own_key(),
    ref("person_id", "person"),
    Column("last_day", Text, nullable=False),
    ref("successor_id", "person", null=True),
    UniqueConstraint("person_id"),
)  # fmt: skip

Table(
    "membership", metadata,
    own_key(),
    ref("person_id", "person"),
    ref("unit_id", "unit"),
    Column("role", Text, nullable=False),
    Column("valid_from", Text, nullable=False),
    Column("valid_to", Text),
    UniqueConstraint("person_id", "unit_id", "role", "valid_from"),
    Index(None, "unit_id", "role"),
)  # fmt: skip

Table(
    "seat", metadata,
    own_key(),
    ref("authority_id", "unit"),
    Column("role", Text, nullable=False),
    ref("unit_id", "unit"),
    Column("valid_from", Text, nullable=False),
    Column("valid_to", Text),
    UniqueConstraint("authority_id", "role", "valid_from"),
)  # fmt: skip

Table(
    "mandate", metadata,
    own_key(),
    ref("principal_id", "person"),
    ref("deputy_id", "person"),
    Column("role", Text, nullable=False),
    ref("unit_id", "unit"),
    Column("powers", Text, nullable=False),
    Column("capacity", Text, nullable=False),
    Column("paper", Text, nullable=False),
    Column("valid_from", Text, nullable=False),
    Column("valid_to", Text, nullable=False),
    Index(None, "deputy_id", "valid_to"),
    Index(None, "principal_id", "role", "unit_id"),
)  # fmt: skip

Table(
    "administration", metadata,
    own_key(),
    Column("seq", Integer, nullable=False),
    Column("at", Instant, nullable=False),
    ref("actor_id", "person", null=True),
    Column("what", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("payload", Text, nullable=False),
    Column("salt", LargeBinary, nullable=False),
    Column("payload_hash", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    UniqueConstraint("seq"),
)  # fmt: skip

Table(
    "calendar_day", metadata,
    own_key(),
    Column("day", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("entered_at", Instant, nullable=False),
)  # fmt: skip

Table(
    "reference", metadata,
    own_key(),
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("citation", Text, nullable=False),
    Column("mark", Text, nullable=False),
    Column("valid_from", Text, nullable=False),
    Column("valid_to", Text),
    ref("confirmed_by", "person", null=True),
    Column("confirmed_at", Instant),
    Column("confirmation", Text, nullable=False, server_default=""),
    UniqueConstraint("kind", "key", "valid_from"),
)  # fmt: skip

Table(
    "register", metadata,
    own_key(),
    ref("authority_id", "unit"),
    Column("name", Text, nullable=False),
    Column("year", Integer, nullable=False),
    Column("last", Integer, nullable=False),
    UniqueConstraint("authority_id", "name", "year"),
)  # fmt: skip

Table(
    "setting", metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)  # fmt: skip

Table(
    "edition", metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("number", Integer, nullable=False),
)  # fmt: skip
