"""The page of a case, read by those it is for: the unit, the desk that works on it, who may only look."""

import re
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from engine.instants import LOCAL
from engine.runtime.receipts import look_up
from tests.web.busy import Busy, open_busy
from tests.web.statements import counted

SLIP = [
    {"part": "achievement", "fault": "wrong_figures", "note": "Ghi rõ số hồ sơ"},
    {"part": "CHUNG_NHAN_SANG_KIEN", "fault": "missing"},
]


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the demo as it was just loaded."""
    folder = tmp_path_factory.mktemp("demo") / "loaded"
    with open_busy(folder):
        pass
    return folder


@pytest.fixture
def busy(loaded: Path, tmp_path: Path) -> Iterator[Busy]:
    shutil.copytree(loaded, tmp_path / "demo")
    with open_busy(tmp_path / "demo") as opened:
        yield opened


def page(busy: Busy, who: str, address: str) -> str:
    """The words of a page, its markup taken out and its spaces made single."""
    answer = busy.browser(who).get(address)
    assert answer.status_code == 200, answer.text
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text.partition("<main")[2]).split())


def edit(busy: Busy, who: str, key: str, **patch: object) -> None:
    headers = {"Authorization": f"Bearer {who}"}
    at = f"/api/v1/award-proposals/{key}"
    version = busy.api.get(at, headers=headers).json()["version"]
    answer = busy.api.patch(at, json=patch, headers={**headers, "If-Match": f'"{version}"'})
    assert answer.status_code == 200, answer.text


# ── everybody ────────────────────────────────────────────────────────────────────────────────────


def test_the_unit_reads_where_its_proposal_is_until_when_and_who_reminds_whom(busy: Busy) -> None:
    _, key = busy.propose("Đặng Ánh", head="tt.donvi1")

    text = page(busy, "donvi1", f"/award-proposals/{key}")

    assert "Kiểm tra thành phần hồ sơ: Phòng Nội vụ , Chuyên viên Phòng Nội vụ (Mai Văn Dung, Đỗ Thu Giang)" in text
    assert "Đã dùng 0 trên 3 ngày làm việc" in text
    assert "15/07/2024 08:00 (đúng hạn): Chuyên viên Phòng Nội vụ" in text
    stages = busy.browser("donvi1").get(f"/award-proposals/{key}").text.partition('class="stages"')[2]
    (now,) = re.findall(r'aria-current="step">\s*<span class="name">([^<]+)<', stages)
    assert now == "Đã trình"


def test_what_was_handed_in_has_the_code_that_the_public_look_up_takes(busy: Busy) -> None:
    _, key = busy.propose("Đặng Ánh", head="tt.donvi1")

    (code,) = re.findall(r"<code>(KT-[^<]+)</code>", busy.browser("donvi1").get(f"/award-proposals/{key}").text)
    with busy.place.engine.database.read() as tx:
        standing = look_up(busy.place.engine.work(tx), code)

    assert standing is not None
    assert standing.code == f"KT-2024-{int(key):05d}"


def test_what_cannot_be_done_says_why_what_helps_and_who_can(busy: Busy) -> None:
    _, key = busy.propose("Đặng Ánh")

    found = busy.browser("donvi1").get(f"/award-proposals/{key}").text

    (shut,) = re.findall(r"<button type=\"button\" disabled>Rút hồ sơ</button>(.*?)</li>\s*</ul>", found, re.DOTALL)
    assert "Việc «Rút hồ sơ» dành cho: Thủ trưởng đơn vị, Phòng Giáo dục và Đào tạo." in shut
    assert "Người làm được: Đặng Ngọc Dung." in shut
    assert f"/award-proposals/{key}/viec/withdraw" not in found


def test_the_head_is_offered_what_they_may_do(busy: Busy) -> None:
    above, *_ = busy.propose("Đặng Ánh")

    found = busy.browser("tt.donvi1").get(f"/submissions/{above}").text

    assert f'href="/submissions/{above}/viec/submit">Ký và trình</a>' in found


def test_a_dossier_is_read_in_words_and_its_papers_and_mails_stand_with_it(busy: Busy) -> None:
    _, key = busy.propose("Đặng Ánh", head="tt.donvi1")
    busy.place.ticker.advance(busy.clock, datetime(2024, 7, 11, 9, tzinfo=LOCAL))

    text = page(busy, "chuyenvien", f"/award-proposals/{key}")

    assert "Danh hiệu, hình thức Giấy khen" in text
    assert "Từ ngày 02/01/2024" in text
    assert "Báo cáo thành tích BAO_CAO_THANH_TICH.pdf bản 1" in text
    assert "Giấy tờ chung, của TTR-2024-" in text
    assert "Mai Văn Dung" in text.partition("Thư đã gửi về hồ sơ này")[2]
    assert "Máy chủ thư đã nhận 250" in text


def test_what_somebody_must_not_see_is_not_on_their_page(busy: Busy) -> None:
    _, key = busy.propose("Đặng Ánh", head="tt.donvi1")
    busy.bring_to_the_chair(key)
    busy.act("chutich", f"award-proposals/{key}", "approve", number="9/QĐ-UBND", signed_on="2024-07-10")

    assert "Điều kiện Đạt Lao động tiên tiến" in page(busy, "chutich", f"/award-proposals/{key}")
    seen = page(busy, "vanthu", f"/award-proposals/{key}")
    assert "Đạt Lao động tiên tiến" not in seen
    assert "Nhận xét, lý do" not in seen
    assert "Không đang bị xem xét" in page(busy, "chutich", f"/award-proposals/{key}")
    assert "Không đang bị xem xét" not in seen
    assert busy.browser("phuong1").get(f"/award-proposals/{key}").status_code == 404


def test_the_history_says_who_did_what_as_what_and_whom_it_concerns(busy: Busy) -> None:
    _, key = busy.propose("Đặng Ánh", head="tt.donvi1")
    busy.act("chuyenvien", f"award-proposals/{key}", "receive")

    text = page(busy, "donvi1", f"/award-proposals/{key}").partition("Diễn biến")[2]

    assert "Tiếp nhận → Đã tiếp nhận đơn vị 10/07/2024" in text
    assert "Mai Văn Dung, Chuyên viên Phòng Nội vụ" in text
    assert "Trình hồ sơ → Đã trình công khai" in text


def test_a_submission_lists_its_proposals_and_takes_new_ones_while_it_is_drafted(busy: Busy) -> None:
    above, key = busy.propose("Đặng Ánh")

    found = busy.browser("donvi1").get(f"/submissions/{above}").text
    assert f'href="/award-proposals/moi?parent={above}">Đề nghị mới</a>' in found
    assert f'href="/submissions/{above}/nhap-danh-sach"' in found
    assert found.index("/award-proposals/moi") < found.index("Sửa hồ sơ")  # the main job first
    editing = busy.browser("donvi1").get(f"/submissions/{above}/sua").text
    assert f'href="/award-proposals/moi?parent={above}">Đề nghị mới</a>' in editing
    assert "Giấy khen: Đặng Ánh" in found

    busy.act("tt.donvi1", f"submissions/{above}", "submit", number="12/TTr-PGDDT", signed_on="2024-07-10")
    found = busy.browser("donvi1").get(f"/submissions/{above}").text
    assert "nhap-danh-sach" not in found
    assert "Đề nghị mới: Tờ trình đã nộp hoặc phong trào chưa triển khai" in found
    late = busy.browser("donvi1").get(f"/award-proposals/moi?parent={above}")
    assert (late.status_code, "<textarea" in late.text) == (409, False)
    assert "Tờ trình đã nộp" in late.text
    assert f'href="/award-proposals/{key}"' in found


def test_many_lines_go_by_pages_and_none_is_left_out(busy: Busy) -> None:
    above, key = busy.propose("Đặng Ánh")
    busy.multiply(key, 70)
    browser = busy.browser("donvi1")

    first = browser.get(f"/submissions/{above}").text
    (further,) = re.findall(r'href="(/submissions/\d+\?sau=[^"#]+)', first)
    second = browser.get(further).text

    linked = [
        re.findall(r'<th scope="row" class="nowrap"><a href="(/award-proposals/\d+)"', one) for one in (first, second)
    ]
    assert [len(part) for part in linked] == [50, 21]
    assert len({*linked[0], *linked[1]}) == 71
    assert "Đề nghị khen thưởng, Dự thảo: 71" in page(busy, "donvi1", f"/submissions/{above}")


def test_however_much_there_is_the_page_asks_the_same(busy: Busy) -> None:
    above, key = busy.propose("Đặng Ánh")
    browser, address = busy.browser("donvi1"), f"/submissions/{above}"
    browser.get(address)
    with counted() as few:
        browser.get(address)
    busy.multiply(key, 100)
    for _ in range(5):
        busy.attach("donvi1", f"submissions/{above}", "BIEN_BAN")
    with counted() as many:
        assert browser.get(address).status_code == 200

    assert len(many) == len(few) <= 44


# ── the desk ─────────────────────────────────────────────────────────────────────────────────────


def test_who_works_on_it_has_the_work_beside_the_dossier_and_others_above_it(busy: Busy) -> None:
    _, key = busy.propose("Đặng Ánh", head="tt.donvi1")

    desk, unit = (busy.browser(who).get(f"/award-proposals/{key}").text for who in ("chuyenvien", "donvi1"))

    beside = '<aside aria-label="Việc của bạn trên hồ sơ này">'
    assert 'id="viec"' in desk.partition(beside)[2]
    assert beside not in unit
    assert 'id="viec"' in unit
    assert "Sang hồ sơ tiếp" in desk


def test_the_desk_sees_what_holds_and_what_is_like_it(busy: Busy) -> None:
    _, key, _ = busy.propose("Đặng Ánh", "Đặng Ánh", head="tt.donvi1")

    text = page(busy, "chuyenvien", f"/award-proposals/{key}")

    assert "Điều kiện đạt 14 trên 16" in text
    assert "! Lưu ý: Không trùng họ tên với hồ sơ khác Trùng họ tên và năm sinh với KT-2024-" in text
    assert re.search(r"Hồ sơ liên quan KT-2024-\d+ Giấy khen: Đặng Ánh", text)
    assert "trùng họ tên, năm sinh · Đã trình" in text


def test_the_next_case_is_the_next_of_the_queue_and_after_the_last_one_says_so(busy: Busy) -> None:
    _, first, second = busy.propose("Đặng Ánh", "Lê Hoa", head="tt.donvi1")
    browser = busy.browser("thuky")
    busy.bring_to_the_chair(second)
    busy.act("chutich", f"award-proposals/{second}", "decline", reason="Chưa đủ tiêu biểu.")
    for who, action, form in (
        ("chuyenvien", "receive", {}),
        ("chuyenvien2", "appraise", {"result": "pass", "reasons": "Đã đối chiếu hồ sơ và tiêu chuẩn."}),
        ("truongphong", "sign_appraisal", {}),
    ):
        busy.act(who, f"award-proposals/{first}", action, **form)

    assert browser.get("/hang-doi/tiep", follow_redirects=False).headers["location"] == f"/award-proposals/{first}"
    (onward,) = set(re.findall(r'href="(/hang-doi/tiep\?sau=\d+)"', browser.get(f"/award-proposals/{first}").text))
    after = browser.get(onward)
    assert after.url.path == "/hang-doi"
    assert "Không còn hồ sơ nào khác đang chờ bạn." in after.text


# ── the return slip ──────────────────────────────────────────────────────────────────────────────


def test_a_slip_opens_what_it_names_and_an_answer_without_a_change_is_shut(busy: Busy) -> None:
    _, key = busy.propose("Đặng Ánh", head="tt.donvi1")
    busy.act("chuyenvien", f"award-proposals/{key}", "request_supplement", items=SLIP)

    text = page(busy, "donvi1", f"/award-proposals/{key}")

    assert "chưa thay đổi Thành tích : sai số liệu. Ghi rõ số hồ sơ" in text
    assert "chưa thay đổi Chứng nhận sáng kiến, đề tài : thiếu" in text
    assert "Chưa bổ sung gì so với phiếu yêu cầu" in text
    assert 'id="main-form"' not in busy.browser("donvi1").get(f"/award-proposals/{key}/viec/supplement").text
    assert "Đồng hồ tạm dừng: Kiểm tra thành phần hồ sơ, Phòng Nội vụ; đã dùng 0 trên 3 ngày làm việc" in text


def test_after_the_answer_the_desk_compares_what_was_with_what_came(busy: Busy) -> None:
    _, key = busy.propose("Đặng Ánh", head="tt.donvi1")
    at = f"award-proposals/{key}"
    busy.act("chuyenvien", at, "request_supplement", items=SLIP)
    edit(busy, "donvi1", key, achievement={"summary": "Đã giải quyết 1.240 hồ sơ trong sáu tháng."})
    busy.act("donvi1", at, "supplement")

    found = busy.browser("chuyenvien").get(f"/{at}").text.partition('id="answered"')[2].partition("</section>")[0]

    assert re.findall(r"<th scope=\"row\">([^<]+)", found) == ["Tóm tắt", "Chứng nhận sáng kiến, đề tài"]
    assert "<del>Nội dung thành tích đủ dài để xét." in found
    assert "<ins>Đã giải quyết 1.240 hồ sơ trong sáu tháng.</ins>" in found
    assert "chưa thay đổi" in found  # the certificate


# ── the letters beforehand ───────────────────────────────────────────────────────────────────────


def test_the_letters_are_read_beforehand_and_nothing_has_happened(busy: Busy) -> None:
    _, key = busy.propose("Đặng Ánh", head="tt.donvi1")
    browser, place = busy.browser("chuyenvien"), f"/award-proposals/{key}"
    form = {f"items.0.{name}": value for name, value in SLIP[0].items()}
    history = page(busy, "chuyenvien", place).partition("Diễn biến")[2]

    letters = browser.post(f"{place}/viec/request_supplement/xem-thu", data=form)

    assert letters.status_code == 200
    assert f"[Thi đua] Cần bổ sung hồ sơ KT-2024-{int(key):05d} (hạn 17/07)" in letters.text
    assert "Kính gửi Đào Đức Cường," in letters.text
    assert page(busy, "chuyenvien", place).partition("Diễn biến")[2] == history
    again = browser.get(f"{place}/viec/request_supplement").text
    assert "xem-thu" in again
    assert SLIP[0]["note"] in again  # what was typed is kept


def test_letters_of_an_action_that_is_refused_are_none_and_say_why(busy: Busy) -> None:
    _, key = busy.propose("Đặng Ánh", head="tt.donvi1")
    place = f"/award-proposals/{key}/viec/request_supplement/xem-thu"

    empty = busy.browser("chuyenvien").post(place, data={})
    stranger = busy.browser("donvi1").post(place, data={f"items.0.{n}": v for n, v in SLIP[0].items()})

    assert (empty.status_code, stranger.status_code) == (422, 403)
    assert "Việc «Yêu cầu bổ sung» dành cho: Chuyên viên Phòng Nội vụ, Phòng Nội vụ." in stranger.text
