"""The organisation as a spreadsheet, out and in, over HTTP."""

from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from python_calamine import CalamineWorkbook
from starlette.testclient import TestClient
from xlsxwriter import Workbook

from engine.runtime.history import verify
from tests.api.office import Office, start_leave

SHEET = "/api/v1/organisation.xlsx"
UNITS = ("Mã", "Tên", "Loại", "Thư điện tử", "Mã định danh", "Nhóm nơi nhận", "Mã đơn vị cấp trên",
         "Mã cơ quan quyết định", "Từ ngày", "Đến ngày")  # fmt: skip
PEOPLE = ("Tên đăng nhập", "Họ và tên", "Thư điện tử", "Mã cán bộ", "Đang dùng")
ROLES = ("Tên đăng nhập", "Vai trò", "Mã đơn vị", "Từ ngày", "Đến ngày")


@pytest.fixture
def admin(office: Office) -> TestClient:
    return office.client("quantri")


def workbook(**sheets: list[tuple[Any, ...]]) -> bytes:
    """A workbook with these rows below the known headings."""
    file = BytesIO()
    titles = {"units": ("Đơn vị", UNITS), "people": ("Người", PEOPLE), "roles": ("Vai trò", ROLES)}
    with Workbook(file) as book:
        for name, rows in sheets.items():
            title, columns = titles[name]
            page = book.add_worksheet(title)
            for number, row in enumerate((columns, *rows)):
                page.write_row(number, 0, row)
    return file.getvalue()


def send(client: TestClient, content: bytes, *, dry_run: bool = False, name: str = "a.xlsx", **headers: str) -> Any:
    return client.post(
        SHEET, params={"dry_run": "true"} if dry_run else {}, files={"file": (name, content)}, headers=headers
    )  # fmt: skip


def pages(content: bytes) -> list[Any]:
    book = CalamineWorkbook.from_filelike(BytesIO(content))
    return [book.get_sheet_by_name(name) for name in book.sheet_names]


def unit(code: str, parent: str | None = "Q", kind: str = "ward", **more: Any) -> tuple[Any, ...]:
    given = {"Mã": code, "Tên": f"Đơn vị {code}", "Loại": kind, "Mã đơn vị cấp trên": parent, "Từ ngày": "01/07/2024"}
    return tuple((given | more).get(title) for title in UNITS)


DISTRICT = {
    "units": [unit("T1", parent="P3", kind="school"), unit("P3"), unit("P4", **{"Nhóm nơi nhận": "wards, leaders"})],
    "people": [("moi", "Người Mới", "moi@example.vn", "CB-01", "có"), ("cu", "Người Cũ", "cu@example.vn", None, None)],
    "roles": [("moi", "officer", "P3", "01/07/2024", None), ("cu", "head", "P3", "2024-07-01", "31/12/2024")],
}


def codes(client: TestClient) -> list[str]:
    return [one["code"] for one in client.get("/api/v1/units").json()["items"]]


def test_what_is_exported_and_taken_in_again_changes_nothing(admin: TestClient) -> None:
    send(admin, workbook(**DISTRICT))
    exported = admin.get(SHEET)

    again = send(admin, exported.content)

    assert exported.headers["content-type"].endswith("spreadsheetml.sheet")
    assert [page.height for page in pages(exported.content)] == [7, 11, 14]
    assert again.json() == {"dry_run": False, "added": 0, "changed": 0, "ended": 0, "changes": []}


def test_a_district_is_built_in_one_go(office: Office, admin: TestClient) -> None:
    taken = send(admin, workbook(**DISTRICT)).json()

    assert (taken["added"], taken["changed"], taken["ended"]) == (7, 0, 0)
    assert codes(admin) == ["Q", "P1", "P2", "P3", "P4", "T1"]  # the school after the ward it is below
    assert admin.get("/api/v1/units/P4").json()["groups"] == ["wards", "leaders"]
    assert start_leave(office.client("moi"))["unit"]["code"] == "P3"


def test_a_dry_run_tells_and_leaves_everything(office: Office, admin: TestClient) -> None:
    history = "/api/v1/administration/history"

    told = send(admin, workbook(**DISTRICT), dry_run=True).json()

    assert (told["dry_run"], told["added"]) == (True, 7)
    assert {"sheet": "Đơn vị", "row": 3, "what": "added", "name": "P3"} in told["changes"]
    assert (codes(admin), admin.get(history).json()["items"]) == (["Q", "P1", "P2"], [])
    assert send(admin, workbook(**DISTRICT)).json()["added"] == 7


def test_rows_that_differ_change_or_end(office: Office, admin: TestClient, an: TestClient) -> None:
    case = start_leave(an)["id"]
    rows = {
        "units": [unit("P2", **{"Từ ngày": "2020-01-01", "Đến ngày": "09/07/2024", "Thư điện tử": "P2@example.vn"})],
        "people": [("chi", "Chi Mới", "chi@example.vn", None, "không")],
        "roles": [("an", "officer", "P1", "2020-01-01", "31/07/2024")],
    }

    taken = send(admin, workbook(**rows)).json()

    assert [(change["what"], change["name"]) for change in taken["changes"]] == [
        ("changed", "P2"), ("changed", "chi"), ("ended", "an/officer/P1"), ("ended", "P2"),
    ]  # fmt: skip
    assert admin.get("/api/v1/units/P2").json()["valid_to"] == "2024-07-09"
    assert an.get(f"/api/v1/leave-requests/{case}").status_code == 200
    with office.engine.database.read() as tx:
        assert list(verify(tx)) == []


def test_every_wrong_cell_is_named_and_nothing_is_taken(admin: TestClient) -> None:
    rows = {
        "units": [unit("P3"), unit("P4", kind="planet"), unit("P 5"), unit("P6", **{"Từ ngày": "hôm nay"}),
                  unit("P1", kind="office", **{"Từ ngày": "2020-01-01"})],
        "people": [("an", None, "an@example.vn", None, "vâng"), ("x", "X", "no mail", None, None)],
        "roles": [("nobody", "officer", "P1", "2024-07-01", None), ("an", "emperor", "P1", "2024-07-01", None),
                  ("an", "officer", "P1", "2024-07-01", None)],
    }  # fmt: skip

    answer = send(admin, workbook(**rows))

    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "rows_refused")
    assert [(row["sheet"], row["row"], row["column"]) for row in problem["rows"]] == [
        ("Đơn vị", 3, "Loại"), ("Đơn vị", 4, "Mã"), ("Đơn vị", 5, "Từ ngày"), ("Đơn vị", 6, "Loại"),
        ("Người", 2, "Họ và tên"), ("Người", 2, "Đang dùng"), ("Người", 3, "Thư điện tử"),
        ("Vai trò", 2, "Tên đăng nhập"), ("Vai trò", 3, "Vai trò"), ("Vai trò", 4, ""),
    ]  # fmt: skip
    assert all(row["sentence"].endswith(".") for row in problem["rows"])
    assert not [row for row in problem["rows"] if "^" in row["sentence"]], "nobody reads patterns"
    said = {(row["sheet"], row["row"], row["column"]): row["sentence"] for row in problem["rows"]}
    assert "Các loại: " in said["Đơn vị", 3, "Loại"]
    assert "ward (Phường, xã, đặc khu)" in said["Đơn vị", 3, "Loại"]
    assert "head (Thủ trưởng)" in said["Vai trò", 3, "Vai trò"]
    assert said["Người", 2, "Họ và tên"] == "Chưa điền mục này."
    assert codes(admin) == ["Q", "P1", "P2"]
    assert send(admin, workbook(**rows), dry_run=True).json()["rows"] == problem["rows"]


def test_all_that_is_wrong_with_a_row_is_said_at_once(admin: TestClient) -> None:
    rows = {
        "units": [unit("P 3", parent="P9", kind="Phường", **{"Tên": None, "Thư điện tử": "p3", "Từ ngày": "mai"})],
        "people": [("Có Dấu", "X", "x", "C?B", "vâng")],
        "roles": [("nobody", "thư ký", "P9", "mai", "kia")],
    }

    found = [(row["sheet"], row["column"]) for row in send(admin, workbook(**rows)).json()["rows"]]

    assert sorted(found) == sorted(
        [("Đơn vị", name) for name in ("Mã", "Tên", "Loại", "Thư điện tử", "Mã đơn vị cấp trên", "Từ ngày")]
        + [("Người", name) for name in ("Tên đăng nhập", "Thư điện tử", "Mã cán bộ", "Đang dùng")]
        + [("Vai trò", name) for name in ROLES]
    )


def test_what_a_wrong_row_was_to_add_is_not_missed_as_well(admin: TestClient) -> None:
    rows = {
        "units": [unit("P3", kind="planet"), unit("T1", parent="P3", kind="school")],
        "people": [("moi", "Người Mới", "no mail", None, None)],
        "roles": [("moi", "officer", "P3", "01/07/2024", None), ("an", "emperor", "T1", "01/07/2024", None)],
    }

    problems = send(admin, workbook(**rows)).json()["rows"]

    assert [(row["sheet"], row["row"], row["column"]) for row in problems] == [
        ("Đơn vị", 2, "Loại"), ("Người", 2, "Thư điện tử"), ("Vai trò", 3, "Vai trò"),
    ]  # fmt: skip


def test_what_stands_on_an_unreadable_sheet_is_not_missed_as_well(admin: TestClient) -> None:
    sheets = workbook(units=[unit("P3", **{"Tên": "=1+1"})], roles=[("an", "officer", "P3", "01/07/2024", None)])

    assert [row["sheet"] for row in send(admin, sheets).json()["rows"]] == ["Đơn vị"]


def test_a_last_day_that_is_none_is_said_of_its_cell(admin: TestClient) -> None:
    rows = {
        "units": [unit("P3", **{"Đến ngày": "mai"})],
        "roles": [("an", "officer", "P1", "2020-01-01", "kia")],
    }

    problems = send(admin, workbook(**rows)).json()["rows"]

    assert sorted((row["sheet"], row["column"]) for row in problems) == [
        ("Vai trò", "Đến ngày"), ("Đơn vị", "Đến ngày"),
    ]  # fmt: skip


def test_units_that_name_each_other_are_said_to(admin: TestClient) -> None:
    problem = send(admin, workbook(units=[unit("P3", parent="P4"), unit("P4", parent="P3")])).json()

    assert {row["column"] for row in problem["rows"]} == {"Mã đơn vị cấp trên"}


def test_no_name_becomes_a_formula(admin: TestClient) -> None:
    admin.patch("/api/v1/units/P1", json={"name": "=HYPERLINK(0)"})
    content = admin.get(SHEET).content

    assert "=HYPERLINK(0)" in [cell for page in pages(content) for row in page.iter_rows() for cell in row]
    with ZipFile(BytesIO(content)) as archive:
        assert [name for name in archive.namelist() if "sheet" in name and b"<f" in archive.read(name)] == []
    assert send(admin, content).json()["changes"] == []


def test_a_repeat_with_the_same_key_is_the_same_answer(admin: TestClient) -> None:
    content = workbook(**DISTRICT)

    answers = [send(admin, content, **{"Idempotency-Key": "once"}) for _ in range(2)]
    other = send(admin, content, dry_run=True, **{"Idempotency-Key": "once"})

    assert [answer.json()["added"] for answer in answers] == [7, 7]
    assert other.json()["code"] == "idempotency_key_reused"


@pytest.mark.parametrize(
    ("content", "name", "status", "code"),
    [
        (b"", "a.xlsx", 415, "file_empty"),
        (b"Not a workbook", "a.xlsx", 415, "file_kind_refused"),
        (b"%PDF-1.4\n%%EOF\n", "a.pdf", 409, "workbook_unreadable"),
    ],
)
def test_what_is_no_spreadsheet_is_refused(
    admin: TestClient, content: bytes, name: str, status: int, code: str
) -> None:
    answer = send(admin, content, name=name)

    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_the_form_holds_one_file(admin: TestClient) -> None:
    assert admin.post(SHEET, json={}).status_code == 415
    assert set(admin.post(SHEET, files={"other": ("a.xlsx", b"x")}).json()["fields"]) == {"other", "file"}


@pytest.mark.parametrize("who", ["an", "lan", "khach"])
def test_only_administrators_take_the_organisation_out_or_in(office: Office, who: str) -> None:
    client = office.client(who)

    assert (client.get(SHEET).status_code, send(client, workbook(**DISTRICT)).status_code) == (403, 403)


def test_nothing_is_read_for_who_administers_nothing(office: Office) -> None:
    assert send(office.client("an"), b"Not a workbook").status_code == 403


def test_a_day_that_nobody_means_is_said_of_its_cell(admin: TestClient) -> None:
    rows = {
        "units": [unit("P1", **{"Từ ngày": "2020-01-01", "Đến ngày": "31/12/9999"})],
        "roles": [("an", "officer", "P1", "2020-01-01", "31/12/9999")],
    }

    answer = send(admin, workbook(**rows))

    assert answer.status_code == 422
    assert {(row["sheet"], row["column"]) for row in answer.json()["rows"]} == {
        ("Đơn vị", "Đến ngày"), ("Vai trò", "Đến ngày"),
    }  # fmt: skip


def test_a_ward_gains_nothing_by_spreadsheet_that_it_may_not_do_otherwise(office: Office, admin: TestClient) -> None:
    own = {"Mã cơ quan quyết định": "P3"}
    built = send(admin, workbook(
        units=[unit("P3", **own)], people=[("moi", "Người Mới", "moi@example.vn", None, None)],
        roles=[("moi", "admin", "P3", "01/07/2024", None)],
    ))  # fmt: skip
    assert built.status_code == 200
    moi = office.client("moi")

    lifted = send(moi, workbook(units=[unit("P3", parent=None, **own)]))
    taken = send(moi, workbook(roles=[("an", "officer", "P3", "01/07/2024", None)]))

    assert [answer.json()["code"] for answer in (lifted, taken)] == ["rows_refused"] * 2
    assert admin.get("/api/v1/units/P3").json()["parent"] == "Q"
    assert moi.get("/api/v1/administration/history").status_code == 403
