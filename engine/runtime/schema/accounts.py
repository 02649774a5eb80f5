"""Tables of logging in: sessions and tokens, guesses, second factors, single-use links."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Table, UniqueConstraint

from engine.runtime.schema.columns import Instant, Key, Text, metadata, own_key, ref

session = Table(
    "session", metadata, own_key(),
    Column("token_hash", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),  # session: ends by idling; token: ends on a date
    Column("name", Text, nullable=False, server_default=""),
    ref("person_id", "person"),
    Column("created_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),  # 0: a token that was never used
    Column("expires_at", Instant, nullable=False),
    Column("confirmed_at", Instant, nullable=False),  # when password or code was last given; 0: never
    Column("scopes", Text, nullable=False, server_default=""),  # of a token, with blanks between; a session has all
    Column("device", Text, nullable=False, server_default=""),  # what the person recognises it by
    Column("revoked_at", Instant),
)  # fmt: skip

login_attempt = Table(
    "login_attempt", metadata, own_key(),  # a guess, written before it is looked at; the right one is taken out
    Column("username", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("origin", Text, nullable=False),  # device:id, session:id; empty: a stranger's
    Column("forgiven", Boolean, nullable=False),  # the right one followed: it counts for the day only
    Column("at", Instant, nullable=False),
    Index(None, "username", "at"),
    Index(None, "address", "at"),
    Index(None, "at"),
)  # fmt: skip

account_link = Table(
    "account_link", metadata, own_key(),  # an invitation or a reset of the password: used once, known by its hash
    Column("kind", Text, nullable=False),  # invitation, reset
    ref("person_id", "person"),
    Column("secret_hash", Text, nullable=False, unique=True),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),  # or when a newer one took its place
    Index(None, "person_id", "created_at"),
)  # fmt: skip

second_factor = Table(
    "second_factor", metadata, own_key(),
    Column("person_id", Key, ForeignKey("person.id"), nullable=False, unique=True),
    Column("sealed_secret", Text, nullable=False),  # by the vault
    Column("last_step", Integer, nullable=False),  # a code works once
    Column("confirmed_at", Instant),  # null: set up, never used
)  # fmt: skip

known_device = Table(
    "known_device", metadata, own_key(),  # from here the owner gets in although somebody else guesses
    ref("person_id", "person"),
    Column("secret_hash", Text, nullable=False),  # colleagues who share a computer share it
    Column("seen_at", Instant, nullable=False),
    UniqueConstraint("person_id", "secret_hash"),
)  # fmt: skip

sign_on = Table(
    "sign_on", metadata, own_key(),  # who somebody is at the provider of single sign-on
    ref("person_id", "person"),
    Column("issuer", Text, nullable=False),
    Column("subject", Text, nullable=False),
    UniqueConstraint("issuer", "subject"),
    UniqueConstraint("person_id", "issuer"),
)  # fmt: skip

form_draft = Table(
    "form_draft", metadata, own_key(),  # typed into a form of the pages and not yet sent
    ref("person_id", "person"),
    Column("place", Text, nullable=False),  # the address of the form
    Column("typed", Text, nullable=False),
    Column("version", Integer, nullable=False),  # of the case it was typed on; 0: none
    Column("at", Instant, nullable=False),
    UniqueConstraint("person_id", "place"),
)  # fmt: skip

saved_view = Table(
    "saved_view", metadata, own_key(),  # what somebody asked of a list, under a name of their own
    ref("person_id", "person"),
    Column("path", Text, nullable=False),  # the address of the list
    Column("name", Text, nullable=False),
    Column("query", Text, nullable=False),
    UniqueConstraint("person_id", "path", "name"),
)  # fmt: skip
