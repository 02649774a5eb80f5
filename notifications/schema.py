"""The outgoing mail: what was written to whom, and each try to send it. On the engine's own MetaData.

A message is rendered once; its bytes never change afterwards. An attempt is a row before it is made.
The notices that a message covers name it by `notice.message_id`.
"""

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, Table, UniqueConstraint

from engine.runtime.schema import Instant, Key, Text, metadata, notice

message = Table(
    "message", metadata,
    Column("id", Key, primary_key=True),
    Column("recipient", Text, nullable=False),  # person:id or unit:id, as on the notices
    Column("person_id", Key, ForeignKey("person.id")),
    Column("unit_id", Key, ForeignKey("unit.id")),
    Column("name", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("message_key", Text, nullable=False, unique=True),  # "n" and the smallest of its notices' keys
    Column("message_id", Text, nullable=False),  # the header, which follows from the key
    Column("instance_id", Key, ForeignKey("instance.id")),  # null: a digest of several cases
    Column("kind", Text, nullable=False),  # of its one notice, or "digest"
    Column("bytes", LargeBinary, nullable=False),  # empty when it could not be written
    Column("text", Text, nullable=False),  # for people who look at the mail on a page
    Column("fault", Text, nullable=False),  # why it could not be written; empty for a good one
    Column("state", Text, nullable=False),  # queued, sent, failed
    Column("created_at", Instant, nullable=False),
    Column("next_attempt_at", Instant),  # null: no attempt is to come
    Column("first_attempt_at", Instant),
    Column("settled_at", Instant),
    Column("attempts_before", Integer, nullable=False, server_default="0"),  # made before it was tried again
    Column("retried_by", Key, ForeignKey("person.id")),  # who last had it tried again
    Column("request_id", Text, nullable=False, server_default=""),  # it follows from; of several, the tick
    Index(None, "state", "next_attempt_at", "id"),
)  # fmt: skip

FOR_RETRIES = ("attempts_before", "retried_by")
"""What nobody sets on a new message."""

message_attempt = Table(
    "message_attempt", metadata,
    Column("id", Key, primary_key=True),
    Column("message_id", Key, ForeignKey("message.id"), nullable=False),
    Column("n", Integer, nullable=False),  # from 1
    Column("at", Instant, nullable=False),
    Column("outcome", Text),  # null: under way, or broken off by a crash
    Column("reply", Text, nullable=False),
    UniqueConstraint("message_id", "n"),
)  # fmt: skip

Index(None, notice.c.message_id)
