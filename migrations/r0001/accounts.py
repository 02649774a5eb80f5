"""Revision 0001: logging in, and what belongs to one person alone."""

from sqlalchemy import Boolean, Column, Index, Integer, Table, UniqueConstraint

from migrations.r0001.columns import Instant, Text, metadata, own_key, ref

Table(
    "session", metadata,
    own_key(),
    Column("token_hash", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False, server_default=""),
    ref("person_id", "person"),
    Column("created_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("confirmed_at", Instant, nullable=False),
    Column("scopes", Text, nullable=False, server_default=""),
    Column("device", Text, nullable=False, server_default=""),
    Column("revoked_at", Instant),
    UniqueConstraint("token_hash"),
)  # fmt: skip

Table(
    "login_attempt", metadata,
    own_key(),
    Column("username", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("forgiven", Boolean, nullable=False),
    Column("at", Instant, nullable=False),
    Index(None, "address", "at"),
    Index(None, "at"),
    Index(None, "username", "at"),
)  # fmt: skip

Table(
    "account_link", metadata,
    own_key(),
    Column("kind", Text, nullable=False),
    ref("person_id", "person"),
    Column("secret_hash", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
    UniqueConstraint("secret_hash"),
    Index(None, "person_id", "created_at"),
)  # fmt: skip

Table(
    "second_factor", metadata,
    own_key(),
    ref("person_id", "person"),
    Column("sealed_secret", Text, nullable=False),
    Column("last_step", Integer, nullable=False),
    Column("confirmed_at", Instant),
    UniqueConstraint("person_id"),
)  # fmt: skip

Table(
    "known_device", metadata,
    own_key(),
    ref("person_id", "person"),
    Column("secret_hash", Text, nullable=False),
    Column("seen_at", Instant, nullable=False),
    UniqueConstraint("person_id", "secret_hash"),
)  # fmt: skip

Table(
    "sign_on", metadata,
    own_key(),
    ref("person_id", "person"),
    Column("issuer", Text, nullable=False),
    Column("subject", Text, nullable=False),
    UniqueConstraint("issuer", "subject"),
    UniqueConstraint("person_id", "issuer"),
)  # fmt: skip

Table(
    "form_draft", metadata,
    own_key(),
    ref("person_id", "person"),
    Column("place", Text, nullable=False),
    Column("typed", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("at", Instant, nullable=False),
    UniqueConstraint("person_id", "place"),
)  # fmt: skip

Table(
    "saved_view", metadata,
    own_key(),
    ref("person_id", "person"),
    Column("path", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("query", Text, nullable=False),
    UniqueConstraint("person_id", "path", "name"),
)  # fmt: skip
