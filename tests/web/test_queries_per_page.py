"""What a list asks of the database does not depend on how much it shows, and no state machine is built for it."""

from collections.abc import Iterator

import pytest

from tests.web.busy import Busy, open_busy
from tests.web.statements import counted
from workflows.submission.process import Submission

PAGES = (
    ("donvi1", "/"),
    ("donvi1", "/?muc=da_nop"),
    ("chuyenvien", "/"),
    ("chutich", "/"),
    ("chuyenvien", "/hang-doi"),
    ("chuyenvien", "/hang-doi?cua=phong&sap=don_vi"),
    ("chuyenvien", "/ho-so?loai=award-proposals"),
    ("chuyenvien", "/ho-so?q=dang+anh&loai=award-proposals&khen=GK"),
    ("thanhtra", "/ho-so?loai=award-proposals&mo=1&sap=-nhan"),
    ("chutich", "/cho-ky"),
    ("truongphong", "/cho-ky"),
)


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[tuple[str, str], list[tuple[int, int]]]]:
    """For each page its number of statements and its length: with one proposal at each desk, and with a hundred."""
    with open_busy(tmp_path_factory.mktemp("busy") / "demo") as busy:
        _, at_the_chair, at_the_head, handed_in = busy.propose("Đặng Ánh", "Bùi Đô", "Vũ Đức", head="tt.donvi1")
        busy.bring_to_the_chair(at_the_chair)
        for who, action in (("chuyenvien", "receive"), ("chuyenvien2", "appraise")):
            form = {"result": "pass", "reasons": "Đã đối chiếu hồ sơ."} if action == "appraise" else {}
            busy.act(who, f"award-proposals/{at_the_head}", action, **form)
        found: dict[tuple[str, str], list[tuple[int, int]]] = {page: [] for page in PAGES}
        _look(busy, found)
        for key in (at_the_chair, at_the_head, handed_in):
            busy.multiply(key, 99)
        _look(busy, found)
        yield found


def _look(busy: Busy, found: dict[tuple[str, str], list[tuple[int, int]]]) -> None:
    for who, path in found:
        browser = busy.browser(who)
        with counted() as ran:
            page = browser.get(path)
        assert page.status_code == 200
        found[who, path].append((len(ran), len(page.text)))


@pytest.mark.parametrize("at", PAGES, ids=" ".join)
def test_a_page_asks_as_much_for_one_row_as_for_a_hundred(
    asked: dict[tuple[str, str], list[tuple[int, int]]], at: tuple[str, str]
) -> None:
    (few, short), (many, long) = asked[at]

    assert many == few
    assert long > short + 1000  # there was more to show


def test_the_counter_sees_statements_and_refuses_machines(asked: object) -> None:
    with counted() as ran, pytest.raises(AssertionError, match="state machine"):
        Submission()
    assert ran == []
