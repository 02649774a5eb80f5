"""`thidua rotate-keys`: a new key for what lies sealed in the database."""

import argparse

from api.clock import wall_clock
from api.installation import DATABASE, InUse, installation
from api.settings import Settings
from cli.commands import CannotStart
from cli.inspection import key_file
from engine.privacy.sealing import reseal
from engine.runtime.vault import Unsealable


def rotate_keys(_: argparse.Namespace, settings: Settings) -> int:
    """Add a key to the key file, then seal everything again with it in one transaction.

    In this order a crash in between leaves a file that opens both. The old keys stay in it, because the
    backups that were made with them need them.
    """
    path = settings.data / DATABASE
    if not path.exists():
        raise CannotStart(f"{path} does not exist; name the data folder with --data")
    try:
        with installation(settings, clock=wall_clock, wall=wall_clock) as place:
            vault = place.engine.vault.rotated()
            vault.replace(key_file(settings))
            count = place.engine.writer.call(lambda tx: reseal(tx, vault))
    except (InUse, Unsealable) as wrong:
        raise CannotStart(str(wrong)) from wrong
    print(f"Đã niêm phong lại {count} giá trị bằng khóa mới. Cất giữ bản sao mới của {key_file(settings)}.")
    return 0
