"""What people had typed is there again: after a lost connection, an ended session, a stale second tab."""

import re

import pytest
from sqlalchemy import select

from engine.runtime.schema import instance
from tests.browser.house import House
from tests.browser.people import Person

PLAN, PLACE = 5, "/ward-plans/5/sua"  # of ward 4, sent back for completion
SCRIPTS = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "plain"])
WORDS = "Chỉ tiêu từng quý, kinh phí từ nguồn thi đua của phường."
FIELD, DATE = "Nội dung thi đua", "Đến ngày"


def dossier(house: House) -> str:
    found: str = house.one(select(instance.c.dossier).where(instance.c.id == PLAN))
    return found


def test_a_lost_connection_keeps_the_words_and_says_so(house: House) -> None:
    officer = Person(house.person("phuong4")).open(PLACE).fill(FIELD, WORDS)
    officer.page.context.set_offline(True)
    officer.press("Lưu")
    officer.page.wait_for_selector("#offline:not([hidden])")

    assert officer.main.get_by_label(FIELD).first.input_value() == WORDS
    officer.page.context.set_offline(False)
    officer.press("Lưu").until(lambda: WORDS in dossier(house))


@SCRIPTS
def test_an_ended_session_keeps_the_words_through_the_log_in(house: House, scripts: bool) -> None:
    officer = Person(house.person("phuong4", scripts=scripts)).open(PLACE).fill(FIELD, WORDS)
    house.end_sessions("phuong4")
    officer.press("Lưu").reads("Đăng nhập")
    officer.fill(re.compile("Tên đăng nhập|Tài khoản"), "phuong4").fill(re.compile("^Mật khẩu"), house.password)
    officer.press("Đăng nhập").until(lambda: officer.main.get_by_label(FIELD).count() > 0)

    assert officer.main.get_by_label(FIELD).first.input_value() == WORDS
    assert WORDS not in dossier(house)


@SCRIPTS
def test_a_stale_tab_keeps_both_peoples_words(house: House, scripts: bool) -> None:
    first = Person(house.person("phuong4", scripts=scripts)).open(PLACE).fill(FIELD, WORDS)
    second = Person(house.person("phuong4", scripts=scripts)).open(PLACE).fill("Tổ chức thực hiện", "Người khác viết.")
    second.press("Lưu").until(lambda: "Người khác viết." in dossier(house))
    first.press("Lưu").reads("hồ sơ đã được sửa ở nơi khác")

    assert first.main.get_by_label(FIELD).first.input_value() == WORDS
    assert WORDS not in dossier(house)
    first.press("Lưu").until(lambda: WORDS in dossier(house))
    assert "Người khác viết." in dossier(house)


@SCRIPTS
def test_what_is_wrong_is_said_beside_the_field_and_nothing_typed_is_lost(house: House, scripts: bool) -> None:
    officer = Person(house.person("phuong4", scripts=scripts)).open(PLACE).fill(FIELD, WORDS)
    officer.main.get_by_label(DATE).first.evaluate("(one) => { one.type = 'text'; one.value = '31/02/2025'; }")
    officer.press("Lưu").until(lambda: officer.main.locator("[aria-invalid=true]").count() > 0)

    assert officer.main.get_by_label(DATE).first.get_attribute("aria-invalid") == "true"
    assert officer.main.get_by_label(FIELD).first.input_value() == WORDS
    assert WORDS not in dossier(house)


def test_words_are_kept_while_they_are_typed(house: House) -> None:
    officer = Person(house.person("phuong4")).open(PLACE).fill(FIELD, WORDS)
    officer.page.wait_for_timeout(3000)
    again = Person(house.person("phuong4")).open(PLACE)

    assert again.main.get_by_label(FIELD).first.input_value() == WORDS
    assert WORDS not in dossier(house)
