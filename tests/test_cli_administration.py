"""Administration from the command line: the first hour of an office, and what it says when it cannot."""

import os
import sys
from contextlib import closing, suppress
from pathlib import Path
from signal import SIGPIPE
from subprocess import PIPE, Popen

import pytest

from api.clock import wall_clock
from api.installation import DATABASE, installation
from api.settings import Settings
from cli.main import main
from engine.instants import local_date
from engine.runtime.database import DRIVER
from tests.api.test_administration_spreadsheet import pages, unit, workbook
from workflows.roles import ALL

TODAY = f"{local_date(wall_clock()):%Y-%m-%d}"


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """A folder that `init` has just made."""
    for name in [name for name in os.environ if name.startswith("THIDUA_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("THIDUA_ADMIN_PASSWORD", "hòn đá cuội bên suối 58")
    folder = tmp_path / "data"
    assert main(["init", "--data", str(folder), "--authority", "UBND quận Thử"]) == 0
    capsys.readouterr()
    return folder


class Line:
    """Runs commands on a folder and gives what they said."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._folder, self._capsys = folder, capsys

    def __call__(self, *words: str | Path) -> tuple[int, str, str]:
        code = main([*map(str, words), "--data", str(self._folder)])
        said = self._capsys.readouterr()
        return code, said.out, said.err


@pytest.fixture
def thidua(data: Path, capsys: pytest.CaptureFixture[str]) -> Line:
    return Line(data, capsys)


def ward(tmp_path: Path) -> Path:
    """A spreadsheet with one ward and its officer."""
    since = {"Từ ngày": TODAY}
    path = tmp_path / "quan.xlsx"
    path.write_bytes(
        workbook(
            units=[unit("P1", parent="TOP", **since)],
            people=[("phuong1", "Cán bộ Phường", "phuong1@example.vn", None, None)],
            roles=[("phuong1", "ward_officer", "P1", TODAY, None)],
        )
    )
    return path


def test_a_spreadsheet_is_tried_taken_in_and_given_out(thidua: Line, tmp_path: Path) -> None:
    tried = thidua("organisation", "import", ward(tmp_path), "--dry-run")
    taken = thidua("organisation", "import", ward(tmp_path))
    again = thidua("organisation", "import", ward(tmp_path))
    thidua("organisation", "export", tmp_path / "ra.xlsx")

    assert tried[1].splitlines()[-1] == "Chạy thử, chưa ghi gì: sẽ thêm 3, sửa 0, kết thúc 0."
    assert taken[1].splitlines() == [
        "Đơn vị, dòng 2: thêm P1", "Người, dòng 2: thêm phuong1", "Vai trò, dòng 2: thêm phuong1/ward_officer/P1",
        "Đã thêm 3, sửa 0, kết thúc 0.",
    ]  # fmt: skip
    assert again == (0, "Đã thêm 0, sửa 0, kết thúc 0.\n", "")
    exported = pages((tmp_path / "ra.xlsx").read_bytes())
    assert [row[0] for row in exported[0].iter_rows()] == ["Mã", "TOP", "P1"]


def test_wrong_rows_are_named_and_nothing_is_taken(thidua: Line, tmp_path: Path) -> None:
    path = tmp_path / "sai.xlsx"
    path.write_bytes(workbook(units=[unit("P1", parent="TOP", **{"Từ ngày": TODAY}), unit("P2", parent="NONE")]))

    code, said, _ = thidua("organisation", "import", path)

    assert (code, said.splitlines()[0]) == (1, "Đơn vị, dòng 3, Mã đơn vị cấp trên: Không có đơn vị «NONE».")
    assert thidua("organisation", "import", ward(tmp_path))[1].endswith("Đã thêm 3, sửa 0, kết thúc 0.\n")


def test_a_person_is_added_given_a_role_and_a_link(thidua: Line, data: Path) -> None:
    added = thidua("person", "add", "thuky", "Thư ký Hội đồng", "thuky@example.vn")
    granted = thidua("role", "grant", "thuky", "council_secretary", "TOP")
    invited = thidua("person", "invite-link", "thuky")
    ended = thidua("role", "end", "thuky", "council_secretary", "TOP", "--last-day", TODAY)

    assert [code for code, *_ in (added, granted, invited, ended)] == [0] * 4
    assert "Thư ký Hội đồng Thi đua - Khen thưởng, UBND quận Thử" in granted[1]
    link = invited[1].splitlines()[1]
    assert link.startswith("http://127.0.0.1:8000/loi-moi#")
    assert link.rpartition("#")[2].encode() not in (data / "thidua.db").read_bytes()


def test_the_law_is_listed_and_confirmed(thidua: Line) -> None:
    listed = thidua("law", "list", "--kind", "time_limit")[1]
    unsure = next(line for line in listed.splitlines() if "time_limit/result_notice" in line)

    confirmed = thidua("law", "confirm", unsure.split()[0], "Quy chế 12, Điều 3")

    assert "chỉ cảnh báo" in unsure
    assert "đã xác nhận theo «Quy chế 12, Điều 3»" in confirmed[1]
    assert "chỉ cảnh báo" not in confirmed[1]


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("role", "grant", "nobody", "clerk", "TOP"), "there is no account nobody"),
        (("role", "grant", "quantri", "emperor", "TOP"), "vai trò «emperor». Các vai trò: administrator ("),
        (("role", "grant", "quantri", "clerk", "NONE"), "unit: Không có đơn vị «NONE»."),
        (("role", "end", "quantri", "clerk", "TOP", "--last-day", TODAY), "quantri does not hold clerk in TOP"),
        (("role", "end", "quantri", "administrator", "TOP", "--last-day", TODAY), "không còn ai quản trị"),
        (("person", "add", "Có Dấu", "X", "x@example.vn"), "username: Tên đăng nhập chỉ gồm chữ thường không dấu"),
        (("person", "add", "quantri", "X", "x@example.vn"), "Đã có tài khoản «quantri»"),
        (("person", "invite-link", "nobody"), "there is no account nobody"),
        (("law", "confirm", "999", "X"), "Không tìm thấy quy định số 999"),
        (("organisation", "import", "/nowhere.xlsx"), "No such file"),
    ],
)
def test_what_cannot_be_done_is_said_on_one_line(thidua: Line, words: tuple[str, ...], complaint: str) -> None:
    code, said, complained = thidua(*words)

    assert (code, said, complained.count("\n")) == (2, "", 1)
    assert complained.startswith("thidua: ")
    assert complaint in complained


def test_every_wrong_field_is_said_on_a_line(thidua: Line) -> None:
    code, _, complained = thidua("person", "add", "Có Dấu", "X", "no mail")

    assert (code, [line.split(":")[1] for line in complained.splitlines()]) == (2, [" username", " mail"])


def test_the_next_command_is_for_the_same_folder(thidua: Line, data: Path) -> None:
    added = thidua("person", "add", "thuky", "Thư ký", "thuky@example.vn")
    unknown = thidua("person", "invite-link", "nobody")

    assert added[1] == f"Đã thêm thuky. Chạy tiếp: thidua person invite-link thuky --data {data}\n"
    assert unknown[2].endswith(f"thidua person add nobody NAME MAIL --data {data}\n")


def test_a_reader_who_has_read_enough_is_no_fault(data: Path) -> None:
    command = [sys.executable, "-W", "error", "-m", "cli.main", "law", "list", "--data", str(data)]
    with Popen(command, stdout=PIPE, stderr=PIPE, text=True) as listing:
        assert listing.stdout is not None
        assert listing.stderr is not None
        listing.stdout.close()
        complained = listing.stderr.read()

    assert (listing.returncode, complained) == (128 + SIGPIPE, "")


def test_what_began_before_today_is_taken_in_when_init_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("THIDUA_ADMIN_PASSWORD", "hòn đá cuội bên suối 58")
    folder, sheet = tmp_path / "data", tmp_path / "quan.xlsx"
    main(["init", "--data", str(folder), "--authority", "UBND quận Thử", "--code", "DK", "--since", "2019-01-01"])
    sheet.write_bytes(workbook(
        units=[unit("P1", parent="DK", **{"Từ ngày": "01/07/2021"})],
        people=[("phuong1", "Cán bộ Phường", "phuong1@example.vn", None, None)],
        roles=[("phuong1", "ward_officer", "P1", "01/07/2021", None), ("quantri", "clerk", "DK", "01/01/2019", None)],
    ))  # fmt: skip

    code, said, complained = Line(folder, capsys)("organisation", "import", sheet)

    assert (code, said.splitlines()[-1], complained) == (0, "Đã thêm 4, sửa 0, kết thúc 0.", "")


@pytest.mark.parametrize("wrong", [("--since", "2999-01-01"), ("--since", "01/07/2021"), ("--code", "Q 1")])
def test_init_refuses_a_day_to_come_and_what_is_no_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: tuple[str, str]
) -> None:
    monkeypatch.setenv("THIDUA_ADMIN_PASSWORD", "hòn đá cuội bên suối 58")

    with suppress(SystemExit):
        assert main(["init", "--data", str(tmp_path / "data"), "--authority", "UBND quận Thử", *wrong]) == 2

    assert not (tmp_path / "data").exists()


def test_the_guide_lists_every_role() -> None:
    guide = (Path(__file__).parent.parent / "docs/howto/administer.md").read_text(encoding="utf-8")

    assert [role.code for role in ALL if f"| `{role.code}` | {role.label} |" not in guide] == []


def test_the_log_says_that_it_was_the_command_line(thidua: Line, data: Path) -> None:
    thidua("person", "add", "thuky", "Thư ký", "thuky@example.vn")

    with closing(DRIVER.connect(str(data / DATABASE))) as connection:
        logged = connection.execute("SELECT actor_id, what, subject FROM administration").fetchall()
    assert logged == [(None, "person.add", "thuky")]
    assert thidua("verify-history")[:2] == (
        0,
        f"Lịch sử của 0 hồ sơ, 1 mục nhật ký quản trị trong {data}: nguyên vẹn.\n",
    )


def test_verify_history_finds_a_log_that_was_tampered_with(thidua: Line, data: Path) -> None:
    thidua("person", "add", "thuky", "Thư ký", "thuky@example.vn")
    with installation(Settings(data=data), clock=wall_clock, wall=wall_clock) as place:
        place.engine.writer.call(lambda tx: tx.command("DELETE FROM setting WHERE name = 'administration.head'"))

    code, said, _ = thidua("verify-history")

    assert (code, said.splitlines()[0]) == (1, "administration: the head does not match the last entry")
