"""What the nodes of one PostgreSQL share beside it: the folder of the papers, and the keys. Each node proves that it
has the same ones before it works: with another folder papers would be lost, with other keys nobody could open what it
seals.

The proof of the folder is a file in it with the number of the installation; of the keys, a value sealed with the
newest of them. Number and value stand in the database.
"""

import secrets
from pathlib import Path

from sqlalchemy import bindparam, insert, select, update

from engine.privacy.sealing import KeysUnusable, open_vault
from engine.runtime.database import Statement, Transaction
from engine.runtime.schema import setting
from engine.runtime.vault import Unsealable, Vault

MARKER = "installation"
_NUMBER, _SEALED, _PLACE = "installation", "installation_sealed", "setting.installation"
_READ = Statement(select(setting.c.value).where(setting.c.name == bindparam("which")))
_NEW = Statement(insert(setting).values(name=bindparam("name"), value=bindparam("value")))
_CHANGE = Statement(update(setting).where(setting.c.name == bindparam("which")).values(value=bindparam("value")))


class NotShared(Exception):
    """The folder has not the papers of the other nodes; the message says what to do."""


def begin(tx: Transaction, papers: Path, keys: Path) -> None:
    """Make of these what all nodes of a new installation will share; makes the keys when there are none.

    Raises:
        NotShared: the folder is another installation's.
    """
    papers.mkdir(mode=0o700, exist_ok=True)
    if any(one.name != MARKER for one in papers.iterdir()):
        raise NotShared(f"{papers} has the papers of another installation; choose another folder")
    marker = papers / MARKER
    if not marker.exists():  # else an attempt before this one was broken off
        marker.write_text(secrets.token_hex(16), encoding="ascii")
    number = marker.read_text(encoding="ascii").strip()
    tx.run(_NEW, name=_NUMBER, value=number)
    tx.run(_NEW, name=_SEALED, value=open_vault(tx, keys).seal(number, _PLACE))


def must_have_papers(tx: Transaction, papers: Path) -> None:
    """Let only a node pass that has the papers of the others.

    Raises:
        NotShared: it has not.
    """
    if not has_papers(tx, papers):
        raise NotShared(
            f"{papers} has not the papers of this installation: mount the folder that all nodes share, "
            "or name the data folder with --data"
        )


def has_papers(tx: Transaction, papers: Path) -> bool:
    """Whether the folder is the one in which the papers of this database are."""
    marker = papers / MARKER
    return marker.exists() and marker.read_text(encoding="ascii").strip() == _value(tx, _NUMBER)


def shared_vault(tx: Transaction, keys: Path) -> Vault:
    """The vault that all nodes have.

    Raises:
        KeysUnusable: there is no key file, or it has not the newest keys of this database.
    """
    if not keys.exists():
        raise KeysUnusable(f"{keys} is missing: all nodes of a database have the same keys; copy it from another one")
    vault = open_vault(tx, keys)
    if not fits(tx, vault):
        raise KeysUnusable(f"{keys} has not the newest keys of this database: copy it from another node")
    return vault


def fits(tx: Transaction, vault: Vault) -> bool:
    """Whether these are the newest keys of the database."""
    try:
        return vault.open(_value(tx, _SEALED), _PLACE) == _value(tx, _NUMBER)
    except Unsealable:
        return False


def renew(tx: Transaction, vault: Vault) -> None:
    """From now on only a node that has these keys may work."""
    tx.change(_CHANGE, which=_SEALED, value=vault.seal(_value(tx, _NUMBER), _PLACE))


def _value(tx: Transaction, name: str) -> str:
    row = tx.one(_READ, which=name)
    return row["value"] if row else ""
