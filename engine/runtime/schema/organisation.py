"""Tables of what an office has: units, people, who holds what and when, the calendar, the law, settings."""

from sqlalchemy import DDL, Boolean, Column, Index, Integer, LargeBinary, Table, UniqueConstraint, event, true

from engine.runtime.schema.columns import Instant, Text, append_only, metadata, own_key, raises_edition, ref

unit_kind = Table(
    "unit_kind", metadata,  # levels are data: a three-level country and a two-level one are both just rows
    Column("code", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("rank", Integer, nullable=False),  # 1 is the highest level
)  # fmt: skip

unit = Table(
    "unit", metadata, own_key(),
    Column("code", Text, nullable=False, unique=True),
    Column("identifier", Text, unique=True),  # mã định danh of the electronic document system, when it has one
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("mail", Text, nullable=False),
    Column("groups", Text, nullable=False, server_default="[]"),  # addressee groups of the plan
    ref("parent_id", "unit", null=True),
    ref("authority_id", "unit", null=True),  # null: it is its own authority
    Column("valid_from", Text, nullable=False),
    Column("valid_to", Text),
)  # fmt: skip

succession = Table(
    "succession", metadata, own_key(),  # a split has several successors, a merger several predecessors
    ref("unit_id", "unit"),
    ref("successor_id", "unit"),
    Column("on_day", Text, nullable=False),  # the first day of the successor
    Column("paper", Text, nullable=False),  # the resolution or decision that says so
    UniqueConstraint("unit_id", "successor_id"),
)  # fmt: skip

person = Table(
    "person", metadata, own_key(),
    Column("username", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("mail", Text, nullable=False),
    Column("staff_code", Text, unique=True),  # mã cán bộ: by it a nominee is recognised
    Column("password_hash", Text, nullable=False),  # empty: nobody can log in with a password
    Column("active", Boolean, nullable=False, server_default=true()),
)  # fmt: skip

departure = Table(
    "departure", metadata, own_key(),  # who is about to leave; the row goes when the account is closed
    ref("person_id", "person"),
    Column("last_day", Text, nullable=False),
    ref("successor_id", "person", null=True),  # who takes over the assigned tasks then
    UniqueConstraint("person_id"),
)  # fmt: skip

membership = Table(
    "membership", metadata, own_key(),
    ref("person_id", "person"),
    ref("unit_id", "unit"),
    Column("role", Text, nullable=False),
    Column("valid_from", Text, nullable=False),
    Column("valid_to", Text),
    UniqueConstraint("person_id", "unit_id", "role", "valid_from"),
    Index(None, "unit_id", "role"),
)  # fmt: skip

seat = Table(
    "seat", metadata, own_key(),  # which unit holds a role for an authority
    ref("authority_id", "unit"),
    Column("role", Text, nullable=False),
    ref("unit_id", "unit"),
    Column("valid_from", Text, nullable=False),
    Column("valid_to", Text),
    UniqueConstraint("authority_id", "role", "valid_from"),
)  # fmt: skip

mandate = Table(
    "mandate", metadata, own_key(),  # from one date to another, the deputy acts in a role of the principal
    ref("principal_id", "person"),
    ref("deputy_id", "person"),
    Column("role", Text, nullable=False),
    ref("unit_id", "unit"),
    Column("powers", Text, nullable=False),  # JSON list of "process.action"; empty: all of the role's
    Column("capacity", Text, nullable=False),  # how the deputy signs: KT., TUQ., TL.
    Column("paper", Text, nullable=False),  # number and date of the paper that gives it
    Column("valid_from", Text, nullable=False),
    Column("valid_to", Text, nullable=False),
    Index(None, "deputy_id", "valid_to"),
    Index(None, "principal_id", "role", "unit_id"),
)  # fmt: skip

administration = Table(
    "administration", metadata, own_key(),  # append-only, one chain: every change of what the office has
    Column("seq", Integer, nullable=False, unique=True),
    Column("at", Instant, nullable=False),
    ref("actor_id", "person", null=True),  # null: the command line
    Column("what", Text, nullable=False),  # unit.add, membership.end, legal_row.confirm …
    Column("subject", Text, nullable=False),  # the code or name of what was changed
    Column("payload", Text, nullable=False),  # before and after, canonical JSON
    Column("salt", LargeBinary, nullable=False),
    Column("payload_hash", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),  # also over the hash of the entry before it
)  # fmt: skip
append_only(administration)

calendar_day = Table(
    "calendar_day", metadata, own_key(),
    Column("day", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("entered_at", Instant, nullable=False),  # the latest entry for a day holds
)  # fmt: skip

reference = Table(
    "reference", metadata, own_key(),  # legal rows
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("citation", Text, nullable=False),
    Column("mark", Text, nullable=False),
    Column("valid_from", Text, nullable=False),
    Column("valid_to", Text),
    ref("confirmed_by", "person", null=True),
    Column("confirmed_at", Instant),
    Column("confirmation", Text, nullable=False, server_default=""),  # the source that was read, when confirmed
    UniqueConstraint("kind", "key", "valid_from"),
)  # fmt: skip

register = Table(
    "register", metadata, own_key(),  # gapless legal numbers
    ref("authority_id", "unit"),
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

edition = Table(
    "edition", metadata,  # of all that is read once and kept in memory: a node whose number is another reads again
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("number", Integer, nullable=False),
)  # fmt: skip
FIRST_EDITION = "INSERT INTO edition (id, number) VALUES (1, 1)"
event.listen(edition, "after_create", DDL(FIRST_EDITION))  # type: ignore[no-untyped-call]
IN_EDITION: dict[Table, tuple[str, ...]] = {
    unit: (), seat: (), membership: (), mandate: (), calendar_day: (), reference: (),
    person: ("username", "name", "staff_code", "active"),
}  # fmt: skip
"""The tables of which memory keeps something, and the columns, where not all matter."""
for _table, _columns in IN_EDITION.items():
    raises_edition(_table, _columns)
