"""Tables of personal data: who is proposed, who saw what of it, and how long a case is kept."""

from sqlalchemy import Column, ForeignKey, Index, Table, text

from engine.runtime.schema.columns import Instant, Key, Text, append_only, metadata, own_key, ref

OPEN = text("released_at IS NULL")

subject = Table(
    "subject", metadata, own_key(),  # birth date and identity number of a case's nominee live only here, sealed
    Column("instance_id", Key, ForeignKey("instance.id"), nullable=False, unique=True),
    Column("sealed_identity", Text, nullable=False, server_default=""),
    Column("identity_ending", Text, nullable=False, server_default=""),  # the last four digits
    Column("identity_print", Text, nullable=False, server_default=""),  # keyed hash: search without opening
    Column("sealed_birth_date", Text, nullable=False, server_default=""),
    Column("updated_at", Instant, nullable=False),
    Index(None, "identity_print"),
)  # fmt: skip

disclosure = Table(
    "disclosure", metadata, own_key(),  # append-only: who opened sealed data, exported or searched it, and why
    ref("instance_id", "instance", null=True),
    ref("unit_id", "unit", null=True),  # of a search, which belongs to no case: the appraising office of its maker
    ref("person_id", "person"),
    Column("what", Text, nullable=False),  # unmask, export, search
    Column("reason", Text, nullable=False),
    Column("at", Instant, nullable=False),
)  # fmt: skip
append_only(disclosure)

legal_hold = Table(
    "legal_hold", metadata, own_key(),  # while one is open, the case is not archived
    ref("instance_id", "instance"),
    ref("person_id", "person"),
    Column("reason", Text, nullable=False),
    Column("at", Instant, nullable=False),
    ref("released_by", "person", null=True),
    Column("release_reason", Text, nullable=False, server_default=""),
    Column("released_at", Instant),
    Index("uq_legal_hold_open", "instance_id", unique=True, sqlite_where=OPEN, postgresql_where=OPEN),
)  # fmt: skip

archival = Table(
    "archival", metadata, own_key(),  # append-only: archived under a retention rule, from then on only read
    Column("instance_id", Key, ForeignKey("instance.id"), nullable=False, unique=True),
    ref("person_id", "person"),
    Column("rule", Text, nullable=False),  # kind of legal row "retention": its key
    Column("citation", Text, nullable=False),
    Column("at", Instant, nullable=False),
)  # fmt: skip
append_only(archival)
