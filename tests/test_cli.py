"""The command line: what each command does, what it says when it cannot, and how it stops."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from pydantic import BaseModel
from starlette.testclient import TestClient

from api.app import create_app
from api.clock import store_clock, wall_clock
from api.installation import DATABASE, installation, registry
from api.settings import Settings
from cli import commands
from cli.main import main
from engine.office.calendar import seed_days
from engine.runtime.database import DRIVER, Database
from tests.errands.office import WALL, open_runtime
from workflows import ALL, law

PASSWORD = "cá vàng bơi lội ao"
ROOT = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("THIDUA_")]:
        monkeypatch.delenv(name)


def run(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str, str]:
    """Exit code, output and complaint of a command."""
    code = main([str(argument) for argument in arguments])
    said = capsys.readouterr()
    return code, said.out, said.err


def init(folder: Path, monkeypatch: pytest.MonkeyPatch, *more: str, password: str = PASSWORD) -> int:
    monkeypatch.setenv("THIDUA_ADMIN_PASSWORD", password)
    return main(["init", "--data", str(folder), "--authority", "UBND quận Thử", *more])


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


@dataclass
class Running:
    """A demo in a process of its own. `temporary`: the only place where it may make temporary files."""

    process: subprocess.Popen[str]
    port: int
    temporary: Path

    def stop(self, number: signal.Signals) -> tuple[int, str]:
        """Exit code and complaint after a signal."""
        self.process.send_signal(number)
        _, complaint = self.process.communicate(timeout=60)
        return self.process.returncode, complaint


def begin_demo(temporary: Path, *arguments: str) -> Running:
    temporary.mkdir()
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "cli.main", "demo", "--port", str(port), *arguments],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "TMPDIR": str(temporary), "THIDUA_BASE_URL": "https://thidua.example.vn"},
    )  # fmt: skip
    return Running(process, port, temporary)


@pytest.fixture(scope="module", autouse=True)
def demos(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, Running, Path]]:
    """One demo that keeps nothing and one in a folder, without the story; the folder. They start while the other
    tests run."""
    room = tmp_path_factory.mktemp("demos")
    folder = room / "kept"
    running = begin_demo(room / "a"), begin_demo(room / "b", "--data", str(folder), "--empty")
    yield (*running, folder)
    for demo in running:
        demo.process.kill()
        demo.process.communicate()


# ── check ────────────────────────────────────────────────────────────────────────────────────────


def test_check_counts_every_definition(capsys: pytest.CaptureFixture[str]) -> None:
    code, said, _ = run(capsys, "check")

    models = [process.model_card for process in ALL]
    assert (code, said.splitlines()) == (
        0, [f"{m.code}: {len(m.states)} trạng thái, {len(m.actions)} việc, {len(m.table)} bước" for m in models],
    )  # fmt: skip


def test_check_refuses_a_field_that_no_form_has(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Measured(BaseModel):
        share: float = 0

    found = registry()
    odd = replace(found.models[0], dossier=Measured)
    found.models = (odd, *found.models[1:])
    monkeypatch.setattr(commands, "registry", lambda: found)

    code, _, said = run(capsys, "check")

    assert code == 2
    assert f"{odd.code}, hồ sơ: không trang nào có ô nhập cho kiểu này: share:" in said


# ── init ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """A folder that `init` has made."""
    folder = tmp_path / "deep" / "data"
    assert init(folder, monkeypatch) == 0
    assert capsys.readouterr().out == f"Đã tạo {folder / DATABASE}. Chạy tiếp: thidua serve --data {folder}\n"
    return folder


def test_what_init_makes_can_be_served(made: Path) -> None:
    settings = Settings(data=made)

    with installation(settings, clock=wall_clock, wall=wall_clock) as place:
        place.ticker.tick()
        client = TestClient(create_app(place.engine, settings))
        logged_in = client.post("/api/v1/session", json={"username": "quantri", "password": PASSWORD})
        rows, year = place.engine.office.law.rows, wall_clock().year

    assert (logged_in.status_code, logged_in.json()["memberships"]) == (
        201,
        [
            {
                "role": {"code": "administrator", "label": "Quản trị hệ thống"},
                "unit": {"code": "TOP", "name": "UBND quận Thử"},
            }
        ],
    )
    assert {(row.kind, row.key) for row in rows} == {(row.kind, row.key) for row in law.ALL}
    days = [day.day.isoformat() for day in seed_days(2024, year + 2)]
    with closing(DRIVER.connect(str(made / DATABASE))) as connection:
        assert [day for (day,) in connection.execute("SELECT day FROM calendar_day ORDER BY id")] == days
    assert made.stat().st_mode & 0o777 == 0o700


def test_init_names_the_administrator_as_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    init(tmp_path, monkeypatch, "--username", "hanh")

    with closing(DRIVER.connect(str(tmp_path / DATABASE))) as connection:
        assert connection.execute("SELECT username, active FROM person").fetchall() == [("hanh", 1)]


def test_init_leaves_a_folder_that_has_one_alone(
    made: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (made / DATABASE).read_bytes()

    assert init(made, monkeypatch, password="a new password") == 2
    assert capsys.readouterr().err == f"thidua: {made / DATABASE} exists already; choose another folder with --data\n"
    assert (made / DATABASE).read_bytes() == before


def test_init_wants_a_password_worth_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert init(tmp_path / "data", monkeypatch, password="ngắn lắm!") == 2
    assert capsys.readouterr().err == "thidua: Mật khẩu phải có ít nhất 12 ký tự; một câu ngắn dễ nhớ là tốt nhất.\n"
    assert not (tmp_path / "data").exists()


# ── verify-history ───────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def worked(tmp_path: Path) -> Path:
    """A folder with the history of two cases."""
    with open_runtime(tmp_path) as office:
        office.drive("W1")
    (tmp_path / "runtime.db").rename(tmp_path / DATABASE)
    return tmp_path


def test_a_whole_history_is_0(worked: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "verify-history", "--data", worked) == (
        0, f"Lịch sử của 2 hồ sơ, 0 mục nhật ký quản trị trong {worked}: nguyên vẹn.\n", "",
    )  # fmt: skip


def test_a_history_that_was_tampered_with_is_1(worked: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with closing(DRIVER.connect(str(worked / DATABASE))) as connection:
        connection.execute("UPDATE instance SET state = 'closed' WHERE id = 1")
        connection.commit()

    assert run(capsys, "verify-history", "--data", worked) == (
        1,
        "case 1: state or dossier differs from what the history tells\n"
        f"Lịch sử của 2 hồ sơ, 0 mục nhật ký quản trị trong {worked}: 1 lỗi.\n",
        "",
    )


# ── what cannot be done ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("command", ["backup", "restore", "bpmn"])
def test_a_command_that_is_not_there_yet_says_so(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, said, complaint = run(capsys, command)

    assert (code, said) == (2, "")
    assert complaint.startswith(f"thidua: {command} is not there yet: ")


@pytest.mark.parametrize(
    "arguments", [[], ["dance"], ["demo", "--port", "0"], ["demo", "--now", "2024-07-10"], ["demo", "--now", "today"],
                  ["init"], ["check", "--data", "x"]],
)  # fmt: skip
def test_a_wrong_command_line_is_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(arguments)

    assert (end.value.code, capsys.readouterr().out) == (2, "")


def test_bad_settings_are_named_before_anything_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("THIDUA_TICK_SECONDS", "often")
    monkeypatch.setenv("THIDUA_SMTP_STARTTLS", "perhaps")

    code, _, complaint = run(capsys, "serve", "--data", tmp_path)

    assert code == 2
    assert complaint.splitlines() == [
        "thidua: THIDUA_SMTP_STARTTLS: must be on or off",
        "THIDUA_TICK_SECONDS: must be a number of seconds from 0.1 to 86400",
    ]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_an_empty_folder_is_not_served(command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    more = ["--port", str(free_port())] if command == "serve" else []

    assert run(capsys, command, "--data", tmp_path, *more) == (
        2, "", f"thidua: there is nothing in {tmp_path}; run: thidua init --data {tmp_path} --authority …\n",
    )  # fmt: skip
    assert list(tmp_path.iterdir()) == []


def test_the_history_of_nothing_cannot_be_verified(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, complaint = run(capsys, "verify-history", "--data", tmp_path)

    assert (code, complaint) == (2, f"thidua: {tmp_path / DATABASE} does not exist; name the data folder with --data\n")


def test_a_file_that_is_no_database_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / DATABASE).write_bytes(b"not a database, but long enough to be looked at" * 100)

    assert run(capsys, "verify-history", "--data", tmp_path) == (
        2, "", f"thidua: {tmp_path / DATABASE}: file is not a database\n"
    )  # fmt: skip


def test_a_second_process_is_refused(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with installation(Settings(data=made), clock=wall_clock, wall=wall_clock):
        refused = [
            run(capsys, command, "--data", made, *more)
            for command, *more in (("serve", "--port", str(free_port())), ("worker",))
        ]

    assert refused == [(2, "", f"thidua: {made} is in use by another process; stop it first\n")] * 2


def test_a_port_that_is_taken_is_named(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        code, said, complaint = run(capsys, "serve", "--data", made, "--port", str(port))

    assert (code, said) == (2, "")
    assert re.fullmatch(
        rf"thidua: cannot listen on 127.0.0.1:{port} \(Address already in use.*\); try --port\n", complaint
    )


def test_a_demo_is_not_served_and_an_office_is_no_demo(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    demo = tmp_path / "demo"
    shutil.copytree(made, demo)
    database = Database(demo / DATABASE)
    with database.write() as tx:
        store_clock(tx, WALL)
    database.close()

    refused = [
        run(capsys, command, "--data", folder, "--port", str(free_port()))
        for command, folder in (("serve", demo), ("demo", made))
    ]

    assert refused == [
        (2, "", f"thidua: {demo} is a demo, whose passwords everybody knows; choose another folder\n"),
        (2, "", f"thidua: {made} holds no demo (or one whose loading was broken off): choose another folder\n"),
    ]


# ── the demo as a process ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_whoever_runs_a_process_is_answered_and_told(command: str, made: Path) -> None:
    port = free_port()
    words = [sys.executable, "-W", "error", "-m", "cli.main", command, "--data", str(made), "--port", str(port)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            with urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=60) as answer:
                ready = json.loads(answer.read())
            with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=60) as answer:
                figures = answer.read().decode()
            with pytest.raises(HTTPError) as nothing:
                urlopen(f"http://127.0.0.1:{port}/nothing", timeout=60)
            nothing.value.close()
        finally:
            process.send_signal(signal.SIGTERM)
            _, said = process.communicate(timeout=60)

    assert ready == {"status": "ready", "faults": []}
    assert "\nthidua_open_tasks 0.0\n" in figures
    logged = [json.loads(line) for line in said.splitlines()]
    assert [(line["event"], line["status"]) for line in logged] == ([("request", 404)] if command == "serve" else [])
    assert process.returncode == 0


def test_demos_answer_are_kept_apart_and_stop_in_order(
    demos: tuple[Running, Running, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    passing, kept, folder = demos
    for demo, wards_without_plan in ((passing, 1), (kept, 6)):
        assert demo.process.stdout is not None
        # A port on the command line leaves the public address alone, to which the links of mails lead.
        assert re.match(
            r"Thi đua \(bản chạy thử\): https://thidua.example.vn/ +đồng hồ:", demo.process.stdout.readline()
        )
        with urlopen(f"http://127.0.0.1:{demo.port}/demo", timeout=60) as page:
            assert (page.status, f"Chưa lập: {wards_without_plan}" in page.read().decode()) == (200, True)
    assert len(list(passing.temporary.iterdir())) == 1

    second = run(capsys, "demo", "--data", folder, "--port", str(free_port()))
    verified = run(capsys, "verify-history", "--data", folder)

    assert second == (2, "", f"thidua: {folder} is in use by another process; stop it first\n")
    assert verified == (0, f"Lịch sử của 67 hồ sơ, 0 mục nhật ký quản trị trong {folder}: nguyên vẹn.\n", "")
    assert [passing.stop(signal.SIGTERM), kept.stop(signal.SIGINT)] == [(0, ""), (0, "")]
    assert list(passing.temporary.iterdir()) == []
    with closing(DRIVER.connect(str(folder / DATABASE))) as connection:
        assert connection.execute("SELECT count(*) FROM instance").fetchall() == [(67,)]
