"""Tables of long work: what somebody has ordered, row by row, and what became of each row."""

from sqlalchemy import Column, Index, Integer, LargeBinary, Table, UniqueConstraint

from engine.runtime.schema.columns import Instant, Text, metadata, own_key, ref

job = Table(
    "job", metadata, own_key(),
    Column("kind", Text, nullable=False),  # start, act, export
    Column("title", Text, nullable=False),
    Column("params", Text, nullable=False),
    ref("owner_id", "person"),
    Column("state", Text, nullable=False),  # waiting, running, ready, failed, cancelled
    Column("done", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    Column("turn", Integer, nullable=False),  # who was served longest ago comes next
    Column("tries", Integer, nullable=False),  # of an export: each is made from the beginning
    Column("reason", Text, nullable=False),  # of a failure, for people
    Column("created_at", Instant, nullable=False),  # business clock, as people read it
    Column("ended_at", Instant),
    Column("expires_at", Instant, nullable=False),  # wall clock: then the job and its rows are deleted
    Column("file_name", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("content", LargeBinary),  # of an export, when it is ready
    Index(None, "state", "turn", "id"),
    Index(None, "owner_id", "id"),
    Index(None, "expires_at"),
)  # fmt: skip

job_row = Table(
    "job_row", metadata, own_key(),
    ref("job_id", "job"),
    Column("position", Integer, nullable=False),  # from 1
    Column("what", Text, nullable=False),  # what people call it
    Column("input", Text, nullable=False),
    Column("outcome", Text, nullable=False),  # waiting, done, refused, failed
    Column("sentence", Text, nullable=False),
    ref("instance_id", "instance", null=True),  # the case it is about, or that it has begun
    UniqueConstraint("job_id", "position"),
    Index(None, "job_id", "outcome", "position"),
)  # fmt: skip
