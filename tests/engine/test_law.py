"""Legal rows: which one is in force on a date, and which may block."""

from datetime import date

import pytest

from engine.office.law import LawBook, LegalRow, Mark, NoLawInForce


def row(value: int = 0, **more: object) -> LegalRow:
    return LegalRow("time_limit", "appraise", {"working_days": value}, "Điều 1", Mark.VERIFIED, **more)  # type: ignore[arg-type]


OLD = row(15, valid_from=date(2024, 1, 1), valid_to=date(2025, 6, 30))
NEW = row(10, valid_from=date(2025, 7, 1))
BOOK = LawBook((OLD, NEW, LegalRow("rule", "R-1", {}, "Điều 2", Mark.SEEN)))


@pytest.mark.parametrize(
    ("on", "found"),
    [
        (date(2023, 12, 31), None),
        (date(2024, 1, 1), OLD),
        (date(2025, 6, 30), OLD),  # the last day counts
        (date(2025, 7, 1), NEW),
        (date(2999, 1, 1), NEW),
    ],
)
def test_find_gives_the_row_in_force(on: date, found: LegalRow | None) -> None:
    assert BOOK.find("time_limit", "appraise", on) == found


def test_find_gives_none_when_law_has_ended() -> None:
    assert LawBook((OLD,)).find("time_limit", "appraise", date(2025, 7, 1)) is None


def test_find_prefers_the_row_that_began_last() -> None:
    later = row(5, valid_from=date(2025, 1, 1))

    assert LawBook((later, OLD)).find("time_limit", "appraise", date(2025, 3, 1)) == later


@pytest.mark.parametrize(("kind", "key"), [("rule", "appraise"), ("time_limit", "R-1"), ("vote", "GK")])
def test_find_is_by_kind_and_key(kind: str, key: str) -> None:
    assert BOOK.find(kind, key, date(2025, 1, 1)) is None


def test_get_gives_the_row_or_names_the_gap() -> None:
    assert BOOK.get("time_limit", "appraise", date(2025, 7, 1)) == NEW
    with pytest.raises(NoLawInForce, match="no row time_limit/appraise in force on 2023-12-31"):
        BOOK.get("time_limit", "appraise", date(2023, 12, 31))


@pytest.mark.parametrize(
    ("mark", "confirmed", "blocks"),
    [(Mark.VERIFIED, False, True), (Mark.DESIGN, False, True), (Mark.SEEN, False, False),
     (Mark.UNVERIFIED, False, False), (Mark.SEEN, True, True), (Mark.UNVERIFIED, True, True)],
)  # fmt: skip
def test_only_sure_or_confirmed_law_may_block(mark: Mark, confirmed: bool, blocks: bool) -> None:
    assert LegalRow("rule", "R-1", {}, "Điều 2", mark, confirmed=confirmed).may_block is blocks


def test_law_book_keeps_its_rows() -> None:
    rows = [OLD]
    book = LawBook(iter(rows))

    rows.clear()

    assert book.rows == (OLD,)
