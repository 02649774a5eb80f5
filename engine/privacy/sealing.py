"""Every sealed column of the database: where its values lie, and how all of them get a new key."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Table, bindparam, select, update

from engine.errors import EngineError
from engine.runtime.database import Statement, Transaction
from engine.runtime.schema import second_factor, subject
from engine.runtime.vault import Unsealable, Vault

IDENTITY, BIRTH_DATE = "subject.identity", "subject.birth_date"


class KeysUnusable(EngineError):
    """What is sealed cannot be opened with the key file; the message says which file to bring back."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A column of sealed values; empty text is none. `owner`: the column that ends the name of the place."""

    table: Table
    column: str
    owner: str
    prefix: str

    def place(self, owner_id: int) -> str:
        return place(self.prefix, owner_id)


SEALED = (
    Sealed(subject, "sealed_identity", "instance_id", IDENTITY),
    Sealed(subject, "sealed_birth_date", "instance_id", BIRTH_DATE),
    Sealed(second_factor, "sealed_secret", "person_id", "second_factor"),
)


def place(prefix: str, owner_id: int) -> str:
    """Where a value is sealed for: table, column and whose row it is."""
    return f"{prefix}.{owner_id}"


def reseal(tx: Transaction, vault: Vault) -> int:
    """Seal with the vault's current key what was sealed with an older one; returns how many values.

    Raises:
        Unsealable: a value does not open; the caller's transaction must be left.
    """
    count = 0
    for column in SEALED:
        store = Statement(
            update(column.table)
            .where(column.table.c.id == bindparam("which"))
            .values({column.column: bindparam("new")})
        )
        for key, owner_id, sealed in _values(tx, column):
            if not vault.is_current(sealed):
                where = column.place(owner_id)
                tx.run(store, which=key, new=vault.seal(vault.open(sealed, where), where))
                count += 1
    return count


def open_vault(tx: Transaction, path: Path) -> Vault:
    """The vault of an installation; makes its keys only where nothing is sealed yet.

    Raises:
        KeysUnusable: there is no key file, and values that only its keys open; or the file is none.
    """
    if not path.exists() and count_sealed(tx):
        raise KeysUnusable(f"{path} is missing, and the database has values sealed with it: put the key file back")
    try:
        return Vault.at(path)
    except ValueError as wrong:
        raise KeysUnusable(f"{wrong}: put the key file back") from wrong


def count_sealed(tx: Transaction) -> int:
    """How many sealed values there are."""
    return sum(1 for column in SEALED for _ in _values(tx, column))


def unsealable(tx: Transaction, vault: Vault) -> Iterator[str]:
    """The places of the values that these keys do not open."""
    for column in SEALED:
        for _, owner_id, sealed in _values(tx, column):
            try:
                vault.open(sealed, column.place(owner_id))
            except Unsealable:
                yield column.place(owner_id)


def _values(tx: Transaction, column: Sealed) -> Iterator[tuple[int, int, str]]:
    """Key, owner and sealed text of every value."""
    table, value = column.table, column.table.c[column.column]
    rows = tx.all(Statement(select(table.c.id, table.c[column.owner], value).where(value != "").order_by(table.c.id)))
    yield from ((row["id"], row[column.owner], row[column.column]) for row in rows)
