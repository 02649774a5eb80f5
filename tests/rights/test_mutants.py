"""The matrix notices when one right is changed in the code; `python -m tests.rights.mutants --seed` tries others."""

from pathlib import Path

from tests.rights.mutants import survivors
from tests.rights.stage import open_stage


def test_every_mutant_is_caught(folder: Path) -> None:
    with open_stage(folder) as stage:
        assert survivors(stage, count=100, seed=20241122) == []
