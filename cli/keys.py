"""`thidua rotate-keys`: a new key for what lies sealed in the database."""

import argparse
from contextlib import closing

from sqlalchemy import text

from api import sharing
from api.installation import key_file
from api.settings import Settings
from cli.reaching import CannotStart, existing, opened
from engine.privacy.sealing import reseal
from engine.runtime.database import Statement, Transaction
from engine.runtime.vault import Unsealable

_OTHERS = Statement(
    text(
        "SELECT count(*) AS count FROM pg_stat_activity WHERE datname = current_database() "
        "AND application_name = 'thidua' AND pid <> pg_backend_pid()"
    )
)


def rotate_keys(_: argparse.Namespace, settings: Settings) -> int:
    """Add a key to the key file, then seal everything again with it in one transaction.

    In this order a crash in between leaves a file that opens both. The old keys stay in it, because the
    backups that were made with them need them. Nodes that run do not know the new key: they must be stopped.
    """
    _must_be_alone(settings)
    try:
        with opened(settings) as place:
            vault = place.engine.vault.rotated()
            vault.replace(key_file(settings))

            def seal_again(tx: Transaction) -> int:
                if settings.database_url:
                    sharing.renew(tx, vault)
                return reseal(tx, vault)

            count = place.engine.writer.call(seal_again)
    except Unsealable as wrong:
        raise CannotStart(str(wrong)) from wrong
    print(f"Đã niêm phong lại {count} giá trị bằng khóa mới. Cất giữ bản sao mới của {key_file(settings)}.")
    if settings.database_url:
        print("Chép tệp khóa đó sang mọi máy khác trước khi chạy lại.")
    return 0


def _must_be_alone(settings: Settings) -> None:
    with closing(existing(settings)) as database:
        if database.name == "sqlite":
            return  # the folder is locked
        with database.read() as tx:
            row = tx.one(_OTHERS)
    if row is not None and row["count"]:
        raise CannotStart(f"{row['count']} connections of other processes are open: stop every serve and worker first")
