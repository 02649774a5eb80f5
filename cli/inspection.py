"""What `thidua doctor` looks at: an installation as plain facts, gathered without changing anything."""

import os
import shutil
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy import and_, bindparam, exists, or_, select

from api.installation import BLOBS, DATABASE, key_file
from api.passwords import is_password
from api.settings import Settings
from demo.load import PASSWORD
from demo.run import is_demo
from engine.privacy.sealing import count_sealed, unsealable
from engine.runtime.database import DRIVER, Statement, Transaction, has_wal_fix
from engine.runtime.offices import load_office
from engine.runtime.schema import history, instance, membership, person, second_factor
from engine.runtime.vault import Vault
from workflows.roles import ADMINISTRATOR

_ADMINISTRATORS = Statement(
    select(person.c.username, second_factor.c.confirmed_at)
    .join_from(membership, person, membership.c.person_id == person.c.id)
    .join(second_factor, second_factor.c.person_id == person.c.id, isouter=True)
    .where(
        person.c.active,
        membership.c.role == bindparam("role"),
        membership.c.valid_from <= bindparam("on"),
        or_(membership.c.valid_to.is_(None), membership.c.valid_to >= bindparam("on")),
    )
    .distinct()
    .order_by(person.c.username)
)
_PASSWORDS = Statement(
    select(person.c.username, person.c.password_hash)
    .where(person.c.active, person.c.password_hash != "")
    .order_by(person.c.id)
)
_LAST, _LATER = history.alias("last"), history.alias("later")
_LOOSE_HEADS = Statement(
    select(instance.c.id)
    .join_from(
        instance, _LAST, and_(_LAST.c.instance_id == instance.c.id, _LAST.c.seq == instance.c.version), isouter=True
    )
    .where(
        or_(
            _LAST.c.hash.is_(None),
            _LAST.c.hash != instance.c.history_hash,
            exists().where(_LATER.c.instance_id == instance.c.id, _LATER.c.seq > instance.c.version),
        )
    )
    .order_by(instance.c.id)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The facts. Modes are permission bits by path; a path that is not there is left out."""

    settings: Settings
    modes: Mapping[Path, int]
    is_key_beside_data: bool
    sealed: int
    unsealable: tuple[str, ...]
    is_key_file_good: bool
    has_wal_fix: bool
    is_demo: bool
    demo_passwords: tuple[str, ...]
    administrators: Mapping[str, bool]
    """Of those in office today, whether they have a second factor."""
    unconfirmed_law: int
    are_papers_writable: bool
    are_papers_on_same_filesystem: bool
    free_bytes: int
    loose_heads: tuple[int, ...]
    """Cases whose stored head is not their last history entry."""
    is_root: bool

    @property
    def key_file(self) -> Path:
        return key_file(self.settings)


def inspect(tx: Transaction, settings: Settings, today: date) -> Report:
    """The facts about the installation in the data folder, and in its database."""
    data, papers, keys = settings.data, settings.data / BLOBS, key_file(settings)
    vault, is_all_in_folder = vault_at(keys), not settings.database_url
    return Report(
        settings=settings,
        modes={path: stat.S_IMODE(path.stat().st_mode) for path in _places(data, papers, keys) if path.exists()},
        is_key_beside_data=is_all_in_folder and keys.resolve().is_relative_to(data.resolve()),
        sealed=count_sealed(tx),
        unsealable=tuple(unsealable(tx, vault)) if vault else (),
        is_key_file_good=vault is not None or not keys.exists(),
        has_wal_fix=not is_all_in_folder or has_wal_fix(DRIVER.sqlite_version_info),
        is_demo=is_demo(tx),
        demo_passwords=_with_demo_password(tx),
        administrators=_administrators(tx, today),
        unconfirmed_law=sum(not row.may_block and row.in_force(today) for row in load_office(tx).law.rows),
        are_papers_writable=not papers.exists() or os.access(papers, os.W_OK | os.X_OK),
        are_papers_on_same_filesystem=not (is_all_in_folder and papers.exists()) or _disk(papers) == _disk(data),
        free_bytes=shutil.disk_usage(data if is_all_in_folder or not papers.exists() else papers).free,
        loose_heads=tuple(row["id"] for row in tx.all(_LOOSE_HEADS)),
        is_root=os.geteuid() == 0,
    )


def _places(data: Path, papers: Path, keys: Path) -> tuple[Path, ...]:
    return data, data / DATABASE, papers, keys


def _disk(path: Path) -> int:
    return path.stat().st_dev


def vault_at(keys: Path) -> Vault | None:
    """The vault of the key file; None when there is none, or it cannot be read: looking makes no new one."""
    try:
        return Vault.at(keys) if keys.exists() else None
    except (ValueError, OSError):
        return None


def _with_demo_password(tx: Transaction) -> tuple[str, ...]:
    """Whose password is the demo's; a hash that several share is tried once."""
    rows = tx.all(_PASSWORDS)
    weak = {hashed for hashed in {row["password_hash"] for row in rows} if is_password(PASSWORD, hashed)}
    return tuple(row["username"] for row in rows if row["password_hash"] in weak)


def _administrators(tx: Transaction, today: date) -> dict[str, bool]:
    rows = tx.all(_ADMINISTRATORS, role=ADMINISTRATOR.code, on=today.isoformat())
    return {row["username"]: row["confirmed_at"] is not None for row in rows}
