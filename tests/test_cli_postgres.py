"""The commands on PostgreSQL: an office is made once, many nodes open it, each proves that it has what they share."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.clock import wall_clock
from api.installation import BLOBS, DATABASE, KEYS, installation, whereabouts
from api.settings import Settings
from cli import commands
from cli.main import main
from engine.runtime.vault import Vault
from tests.databases import Home

PASSWORD, SECRET = "hòn đá cuội bên suối 58", "geheim-und-laut"
Thidua = Callable[..., tuple[int, str, str]]


@pytest.fixture
def address(home: Home, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An empty database; a server of ours does not look at the password, which is nowhere to be seen."""
    for name in [name for name in os.environ if name.startswith("THIDUA_")]:
        monkeypatch.delenv(name)
    assert home.server is not None
    with home.server.database() as made:
        scheme, _, rest = made.partition("://")
        user, _, place = rest.partition("@")
        address = f"{scheme}://{user.partition(':')[0]}:{SECRET}@{place}" if "password" not in made else made
        monkeypatch.setenv("THIDUA_DATABASE_URL", address)
        monkeypatch.setenv("THIDUA_ADMIN_PASSWORD", PASSWORD)
        yield address


@pytest.fixture
def node(tmp_path: Path) -> Path:
    """The folder of a node."""
    return tmp_path / "node"


@pytest.fixture
def thidua(address: str, node: Path, capsys: pytest.CaptureFixture[str]) -> Thidua:
    """Runs a command at that node; gives exit code, output and complaint."""

    def run(*words: str, at: Path = node) -> tuple[int, str, str]:
        code = main([*words, "--data", str(at)])
        said = capsys.readouterr()
        assert SECRET not in said.out + said.err
        return code, said.out, said.err

    return run


@pytest.fixture
def made(thidua: Thidua, node: Path, address: str) -> Path:
    """The folder of the node at which the office was made."""
    where = whereabouts(Settings(database_url=address))
    assert thidua("init", "--authority", "UBND quận Thử") == (
        0, f"Đã tạo {where}. Chạy tiếp: thidua serve --data {node}\n", "",
    )  # fmt: skip
    return node


def test_what_init_makes_is_served_by_many_nodes_while_commands_run(
    made: Path, address: str, thidua: Thidua, tmp_path: Path
) -> None:
    other = shutil.copytree(made, tmp_path / "other")
    (other / BLOBS / "unlike").mkdir()
    with ExitStack() as stack:
        places = [
            stack.enter_context(
                installation(Settings(data=at, database_url=address), clock=wall_clock, wall=wall_clock)
            )
            for at in (made, other)
        ]
        added = thidua("person", "add", "phuong1", "Cán bộ Phường", "phuong1@example.vn")
        clients = [TestClient(create_app(place.engine, place.settings)) for place in places]
        answers = [one.post("/api/v1/session", json={"username": "quantri", "password": PASSWORD}) for one in clients]

    assert added[0] == 0
    assert [answer.status_code for answer in answers] == [201, 201]
    assert not (made / DATABASE).exists()
    assert {path.name for path in made.iterdir()} == {BLOBS, KEYS}


def test_a_database_has_one_office(made: Path, thidua: Thidua, tmp_path: Path) -> None:
    code, _, complaint = thidua("init", "--authority", "UBND quận Khác", at=tmp_path / "another")

    assert code == 2
    assert complaint.endswith(" is not empty; choose another database with THIDUA_DATABASE_URL\n")


def test_an_office_whose_making_was_broken_off_is_made_again(thidua: Thidua) -> None:
    def break_off(*_: object, **__: object) -> None:
        raise OSError("no space left")

    with pytest.MonkeyPatch.context() as full:
        full.setattr(commands, "add_person", break_off)
        broken = thidua("init", "--authority", "UBND quận Thử")
    again = thidua("init", "--authority", "UBND quận Thử")

    assert broken[0] == 2
    assert again[0] == 0
    assert thidua("verify-history")[0] == 0


def test_an_empty_database_is_not_served(thidua: Thidua, node: Path) -> None:
    said = [thidua(command)[::2] for command in ("worker", "upgrade", "verify-history")]

    assert [code for code, _ in said] == [2, 2, 2]
    assert all(f"run: thidua init --data {node} --authority …" in complaint for _, complaint in said)


def test_a_node_without_the_papers_of_the_others_does_not_start(made: Path, thidua: Thidua, tmp_path: Path) -> None:
    other = tmp_path / "other"

    code, _, complaint = thidua("worker", at=other)

    assert code == 2
    assert complaint.startswith(f"thidua: {other / BLOBS} has not the papers of this installation")
    assert "papers_not_shared" in thidua("doctor", at=other)[1]


def test_a_node_without_the_keys_of_the_others_does_not_start(made: Path, thidua: Thidua) -> None:
    kept = (made / KEYS).read_bytes()
    (made / KEYS).unlink()
    without = thidua("worker"), thidua("doctor")
    left = (made / KEYS).exists()
    Vault.fresh().save(made / KEYS)
    foreign = thidua("worker"), thidua("doctor")
    (made / KEYS).write_bytes(kept)

    assert not left, "looking makes no keys"
    assert without[0][::2] == (
        2, f"thidua: {made / KEYS} is missing: all nodes of a database have the same keys; copy it from another one\n",
    )  # fmt: skip
    assert foreign[0][2].startswith(f"thidua: {made / KEYS} has not the newest keys of this database")
    assert ["keys_not_shared" in said[1][1] for said in (without, foreign)] == [True, True]
    assert "keys_not_shared" not in thidua("doctor")[1]


def test_keys_rotate_while_nobody_works_and_older_ones_do_not_fit(
    made: Path, address: str, thidua: Thidua, tmp_path: Path
) -> None:
    older = shutil.copytree(made, tmp_path / "older")
    with installation(Settings(data=made, database_url=address), clock=wall_clock, wall=wall_clock):
        at_work = thidua("rotate-keys")

    code, said, _ = thidua("rotate-keys")

    assert at_work[0] == 2
    assert "stop every serve and worker first" in at_work[2]
    assert (code, said.splitlines()[-1]) == (0, "Chép tệp khóa đó sang mọi máy khác trước khi chạy lại.")
    assert thidua("worker", at=older)[2].startswith(f"thidua: {older / KEYS} has not the newest keys")
    assert "keys_not_shared" not in thidua("doctor")[1]


def test_the_folder_of_another_office_is_not_taken_over(made: Path, thidua: Thidua, home: Home, tmp_path: Path) -> None:
    assert home.server is not None
    (made / BLOBS / "ab").mkdir()
    with home.server.database() as second, pytest.MonkeyPatch.context() as there:
        there.setenv("THIDUA_DATABASE_URL", second)
        code, _, complaint = thidua("init", "--authority", "UBND quận Khác")

    assert (code, "has the papers of another installation" in complaint) == (2, True)


def test_a_server_that_does_not_answer_is_named(
    address: str, thidua: Thidua, node: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THIDUA_DATABASE_URL", f"postgresql://thidua:{SECRET}@127.0.0.1:1/thidua")

    served, examined = thidua("worker"), thidua("doctor")

    assert served[0] == 2
    assert served[2].startswith("thidua: postgresql://thidua@127.0.0.1:1/thidua: connection failed")
    assert served[2].count("\n") == 1
    assert (examined[0], "LỖI [unreachable]" in examined[1]) == (1, True)


def test_the_doctor_finds_nothing_wrong_with_what_init_makes(made: Path, thidua: Thidua) -> None:
    found = {line.partition("[")[2].partition("]")[0] for line in thidua("doctor")[1].splitlines()[:-1]}

    of_server = {"old_server", "encoding", "clocks", "few_connections", "plain_database", "schema", "unreachable"}
    of_folder = {"papers_not_shared", "keys_not_shared", "keys_beside_data", "papers_elsewhere", "journal"}
    assert not found & (of_server | of_folder)
    assert "no_second_factor" in found
