"""Commands on a database that is not at the newest revision: what they refuse, and what `thidua upgrade` says."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory

from api.installation import DATABASE
from cli.main import main
from engine.runtime.database import Database
from engine.runtime.schema import metadata
from migrations import chain

Run = Callable[..., tuple[int, str, str]]
NEWEST, NEXT = ScriptDirectory(str(chain.FOLDER)).get_current_head(), "9999"
LATER = '''
"""Nothing but the next number."""
revision, down_revision = "{next}", "{newest}"


def upgrade():
    pass
'''


@pytest.fixture
def database(empty: Callable[[], Database], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    """An empty database that the settings name."""
    for name in [name for name in os.environ if name.startswith("THIDUA_")]:
        monkeypatch.delenv(name)
    made = empty()
    if made.name == "postgresql":
        monkeypatch.setenv("THIDUA_DATABASE_URL", str(made.where))
    else:
        made = Database(tmp_path / DATABASE)
    return made


@pytest.fixture
def run(database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Exit code, output and complaint of a command on that database; the complaint without what it begins with."""

    def perform(*words: str) -> tuple[int, str, str]:
        code = main([*words, "--data", str(tmp_path)])
        said = capsys.readouterr()
        where = str(database.where).partition("?")[0]
        return code, said.out, said.err.removeprefix(f"thidua: {where}: ").removesuffix("\n")

    return perform


@pytest.fixture
def later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From then on the release has one revision more."""

    def go() -> None:
        folder = tmp_path / "chain"
        versions = shutil.copytree(chain.FOLDER, folder) / "versions"
        (versions / "r9999_next.py").write_text(LATER.format(next=NEXT, newest=NEWEST), encoding="utf-8")
        monkeypatch.setattr(chain, "FOLDER", folder)

    return go


@pytest.mark.parametrize("command", ["serve", "worker", "verify-history", "rotate-keys"])
def test_what_is_behind_is_not_worked_on(
    command: str, database: Database, run: Run, later: Callable[[], None], tmp_path: Path
) -> None:
    chain.upgrade(database)
    later()

    assert run(command, *(["--port", "1"] if command == "serve" else []))[::2] == (
        2, f"the database is at revision {NEWEST}, this release needs {NEXT}; run: thidua upgrade --data {tmp_path}",
    )  # fmt: skip


def test_an_upgrade_says_from_where_to_where(database: Database, run: Run, later: Callable[[], None]) -> None:
    chain.upgrade(database)
    later()

    said = [run("upgrade"), run("upgrade"), run("verify-history")]

    where = str(database.where).partition("?")[0]
    assert said[0] == (0, f"Đã nâng cấp {where}: {NEWEST} → {NEXT}.\n", "")
    assert said[1] == (0, f"{where} đã ở phiên bản mới nhất ({NEXT}): không có gì phải làm.\n", "")
    assert said[2][0] == 0


@pytest.mark.parametrize("command", ["upgrade", "worker", "verify-history"])
def test_what_is_ahead_is_left_alone(command: str, database: Database, run: Run) -> None:
    chain.upgrade(database)
    with database.write() as tx:
        tx.command("UPDATE alembic_version SET version_num = '0815'")

    assert run(command)[::2] == (
        2, f"the database is at revision 0815, which this release (up to {NEWEST}) does not know: a newer release has "
        "upgraded it; install that release",
    )  # fmt: skip


@pytest.mark.parametrize("command", ["upgrade", "worker", "verify-history"])
def test_tables_from_before_the_chain_are_refused(command: str, database: Database, run: Run) -> None:
    metadata.create_all(database.engine)

    code, _, complaint = run(command)

    assert code == 2
    assert complaint.startswith("the tables are of no release: they were made before databases could be upgraded")


def test_the_doctor_says_that_an_upgrade_is_due(database: Database, run: Run, later: Callable[[], None]) -> None:
    chain.upgrade(database)
    later()

    code, said, _ = run("doctor")

    assert code == 1
    assert "LỖI [schema]" in said
    assert "run: thidua upgrade" in said
