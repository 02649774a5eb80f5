"""The law book at work: who may grant what on which day, what blocks and what only warns, and how votes count."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from engine.definition import Case, Mark
from engine.definition.decide import SYSTEM, Act, Decision, decide
from engine.errors import GuardUnmet, Reason
from engine.office.law import LawBook
from tests.workflows.cases import LAW, MODELS, TODAY, WARD, at, below_submission, confirmed, on, papers, proposal, rows
from workflows import law
from workflows.award_proposal import rules
from workflows.award_proposal.dossier import Appraisal, Result, Standing, Tally
from workflows.awards import Award, Level, Procedure, SimplifiedGround
from workflows.forms import Decision as Signed

MODEL = MODELS["award_proposal"]
LAST_DISTRICT_DAY, FIRST_WARD_DAY = date(2025, 6, 30), date(2025, 7, 1)


def take(case: Case[Any], action: str, form: Any = None) -> Decision:
    return decide(MODEL, case, Act(action, SYSTEM, {}, form))


def outcome(case: Case[Any], action: str, form: Any = None) -> tuple[list[str], list[str]]:
    """The codes of what blocks, else of what warns."""
    try:
        return [], [reason.code for reason in take(case, action, form).warnings]
    except GuardUnmet as refusal:
        return [reason.code for reason in refusal.reasons], []


# ── authority ────────────────────────────────────────────────────────────────────────────────────

DISTRICT_TIMES = {
    Award.LDTT: {"ward", "district"},
    Award.CSTDCS: {"district"},
    Award.TTLDTT: {"district"},
    Award.TDPVH: {"district"},
    Award.GDVH: {"ward"},
    Award.GK: {"ward", "district"},
    Award.BK_TINH: {"city"},
}
WARD_TIMES = {award: {"city"} if award is Award.BK_TINH else {"ward"} for award in Award}


def granting(award: Award, **given: Any) -> set[Level]:
    """The levels whose head may grant the award."""
    return {
        level
        for level in Level
        if rules.authority(proposal(award=award, ancestors=below_submission(decided_by=level), **given)) is None
    }


def signed(day: date) -> Signed:
    return Signed(number="15/QĐ-UBND", signed_on=day)


@pytest.mark.parametrize("award", Award)
@pytest.mark.parametrize(
    ("day", "expected"),
    [(TODAY, DISTRICT_TIMES), (LAST_DISTRICT_DAY, DISTRICT_TIMES), (FIRST_WARD_DAY, WARD_TIMES)],
)
def test_who_may_grant_an_award(award: Award, day: date, expected: dict[Award, set[str]]) -> None:
    assert granting(award, now=at(day)) == expected[award]


@pytest.mark.parametrize("award", Award)
def test_authority_is_judged_on_the_date_of_the_decision(award: Award) -> None:
    """A decision of 30/6/2025 that is recorded in July; one that is dated July before July has come."""
    in_july, in_june = at(date(2025, 7, 4)), at(date(2025, 6, 30))

    assert granting(award, now=in_july, decision=signed(LAST_DISTRICT_DAY)) == DISTRICT_TIMES[award]
    assert granting(award, now=in_june, decision=signed(FIRST_WARD_DAY)) == WARD_TIMES[award]


@pytest.mark.parametrize(
    ("level", "day", "told"),
    [
        ("district", FIRST_WARD_DAY, "Chủ tịch UBND quận không có thẩm quyền quyết định Giấy khen vào ngày 01/07/2025"),
        ("city", LAST_DISTRICT_DAY,
         "Chủ tịch UBND thành phố không có thẩm quyền quyết định Giấy khen vào ngày 30/06/2025"),
        ("ward", date(2023, 12, 31),
         "Chủ tịch UBND phường không có thẩm quyền quyết định Giấy khen vào ngày 31/12/2023"),
    ],
)  # fmt: skip
def test_who_has_no_authority_is_named_with_the_day(level: str, day: date, told: str) -> None:
    above = below_submission(decided_by=level)

    assert rules.authority(proposal(ancestors=above, decision=signed(day))) == told


def test_without_an_award_nobody_is_asked() -> None:
    assert rules.authority(proposal(award=None)) is None


def test_a_directed_proposal_is_the_districts() -> None:
    directed = proposal(award=Award.GDVH, ancestors={"campaign": below_submission()["campaign"]})

    assert rules.authority(directed) == (
        "Chủ tịch UBND quận không có thẩm quyền quyết định Gia đình văn hóa vào ngày 15/10/2024"
    )


def test_the_chairman_signs_what_was_in_his_power_on_that_day() -> None:
    case = on(proposal("cleared", received_at="2025-06-27T02:00:00Z"), date(2025, 7, 4))

    blocked = {
        day: outcome(case, "approve", {"number": "15/QĐ-UBND", "signed_on": day})[0]
        for day in ("2025-06-26", "2025-06-30", "2025-07-01")
    }

    assert blocked == {"2025-06-26": ["R-DECISION-DATE"], "2025-06-30": [], "2025-07-01": ["R-AUTHORITY"]}


# ── what blocks and what warns ───────────────────────────────────────────────────────────────────


def blocking(book: Iterable[Any]) -> set[str]:
    return {row.key.removeprefix("R-") for row in book if row.may_block and row.value["severity"] == "block"}


def test_which_rules_block() -> None:
    before, after = (rows("rule", day).values() for day in (LAST_DISTRICT_DAY, FIRST_WARD_DAY))

    always = {
        "SUBJECT-KIND", "AUTHORITY", "ONE-ACH-ONE-FORM", "DUP-ROUND", "FIELDS", "DOSSIER", "MINUTES", "DOSSIER-CITY",
        "CSTDCS-2022", "LDTT-RATING", "DECISION-DATE",
    }  # fmt: skip
    assert blocking(before) == always | {"DOSSIER-SIMPLIFIED", "SIMPLIFIED-GROUND"}
    assert blocking(after) == always


@pytest.mark.parametrize("day", [date(2024, 1, 1), LAST_DISTRICT_DAY, FIRST_WARD_DAY, date(2030, 1, 1)])
def test_every_rule_that_is_asked_has_its_row_that_day(day: date) -> None:
    asked = {rule.code for meta in MODEL.actions.values() for rule in meta.rules}

    assert asked - rows("rule", day).keys() == set()


def test_no_two_rows_of_a_key_hold_on_one_day() -> None:
    """A row ends the day before the next begins: without a gap and without an overlap."""
    spans: dict[tuple[str, str], list[tuple[date, date]]] = {}
    for row in law.ALL:
        spans.setdefault((row.kind, row.key), []).append((row.valid_from, row.valid_to or date.max))

    seams = [(one[1].toordinal() + 1 - two[0].toordinal()) for held in spans.values()
             for one, two in zip(sorted(held), sorted(held)[1:], strict=False)]  # fmt: skip
    assert (set(seams), len(seams)) == ({0}, 8)


def test_unverified_law_warns_and_blocks_once_it_is_confirmed() -> None:
    case = proposal(standing=Standing(under_review=True))

    assert outcome(case, "submit") == ([], ["R-DISCIPLINE"])
    assert outcome(replace(case, law=confirmed("rule", "R-DISCIPLINE")), "submit") == (["R-DISCIPLINE"], [])


def test_a_reason_names_the_law_and_how_sure_it_is() -> None:
    warned = take(proposal(standing=Standing(under_review=True)), "submit").warnings

    assert warned == (
        Reason(
            "R-DISCIPLINE",
            "Đối tượng đang trong quá trình xem xét, giải quyết",
            "Không khen thưởng khi đang xem xét kỷ luật, khiếu nại",
            "U",
        ),
    )


@pytest.mark.parametrize(("day", "blocks"), [(LAST_DISTRICT_DAY, True), (FIRST_WARD_DAY, False)])
def test_the_simplified_procedure_only_warns_under_the_new_decree(day: date, blocks: bool) -> None:
    simplified = {"procedure": Procedure.SIMPLIFIED, "simplified_ground": SimplifiedGround.SPONTANEOUS}
    case = proposal(**simplified, ancestors=below_submission(decided_by="ward"), unit=WARD, now=at(day))

    blocked, warned = outcome(case, "submit")

    assert (blocked, warned) == ((["R-DOSSIER-SIMPLIFIED"], []) if blocks else ([], ["R-DOSSIER-SIMPLIFIED"]))


# ── votes ────────────────────────────────────────────────────────────────────────────────────────

MAJORITY, FOUR_FIFTHS = ("vote_policy", "any"), ("vote_policy", Award.BK_TINH)


def tally(members: int, present: int, in_favour: int) -> Tally:
    return Tally(minutes_number="7/BB", met_on=TODAY, members=members, present=present, in_favour=in_favour)


@pytest.mark.parametrize(
    ("policy", "votes", "carried"),
    [
        (MAJORITY, (11, 8, 5), True),
        (MAJORITY, (11, 8, 4), False),  # half is not more than half
        (MAJORITY, (11, 7, 4), True),
        (MAJORITY, (11, 7, 3), False),
        (MAJORITY, (11, 0, 0), False),
        (MAJORITY, (1, 1, 1), True),
        (FOUR_FIFTHS, (11, 11, 9), True),
        (FOUR_FIFTHS, (11, 11, 8), False),
        (FOUR_FIFTHS, (11, 8, 8), False),  # all who came, and still below 80 % of all
        (FOUR_FIFTHS, (10, 8, 8), True),  # exactly 80 %
        (FOUR_FIFTHS, (10, 10, 7), False),
        (FOUR_FIFTHS, (5, 4, 4), True),
    ],
)
def test_votes_are_counted_in_whole_numbers(
    policy: tuple[str, str], votes: tuple[int, int, int], carried: bool
) -> None:
    assert rules.carried_by(tally(*votes), LAW.get(*policy, TODAY)) is carried


@pytest.mark.parametrize("votes", [(11, 8, 9), (11, 12, 5), (0, 0, 0), (11, 8, -1)])
def test_impossible_votes_are_refused(votes: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        tally(*votes)


CITY = below_submission(decided_by="city", round="closing_city")
FORM = {"minutes_number": "7/BB", "met_on": TODAY.isoformat(), "members": 11, "present": 8}


@pytest.mark.parametrize(
    ("award", "is_confirmed", "in_favour", "target", "warned"),
    [
        (Award.BK_TINH, False, 8, "council_reviewed", ["R-VOTE-RATIO"]),
        (Award.BK_TINH, False, 4, "not_passed", ["R-VOTE-RATIO"]),
        (Award.BK_TINH, True, 8, "not_passed", []),
        (Award.GK, False, 5, "council_reviewed", []),
        (Award.GK, True, 5, "council_reviewed", []),
        (Award.GK, False, 4, "not_passed", []),
    ],
)
def test_eighty_percent_of_all_members_bind_once_they_are_confirmed(
    award: Award, is_confirmed: bool, in_favour: int, target: str, warned: list[str]
) -> None:
    """Eleven members, eight of them present."""
    book = confirmed(*FOUR_FIFTHS) if is_confirmed else LAW
    case = proposal("appraised", award=award, ancestors=CITY, law=book)

    decision = take(case, "record_council", FORM | {"in_favour": in_favour})

    assert (decision.target, [reason.code for reason in decision.warnings]) == (target, warned)


def test_a_ratio_that_is_not_confirmed_is_named() -> None:
    case = proposal("appraised", award=Award.BK_TINH, tally=tally(11, 8, 8))

    assert rules.vote_ratio(case) == (
        "Số phiếu tán thành dưới 4/5 (80% tổng số thành viên, theo thực tiễn cấp tỉnh; chưa được xác nhận)"
    )
    assert rules.vote_ratio(replace(case, law=confirmed(*FOUR_FIFTHS))) is None
    assert rules.vote_ratio(proposal("appraised", award=Award.BK_TINH)) is None


# ── rows ─────────────────────────────────────────────────────────────────────────────────────────


def test_only_read_law_and_the_products_own_may_block() -> None:
    assert {row.mark: row.may_block for row in law.ALL} == {
        Mark.VERIFIED: True, Mark.DESIGN: True, Mark.UNVERIFIED: False,
    }  # fmt: skip
    assert [row.key for row in law.ALL if row.confirmed] == []


def test_the_stages_of_an_ordinary_case_fit_in_twenty_working_days_and_of_a_simplified_one_in_five() -> None:
    limits = {key: row.value["working_days"] for key, row in rows("time_limit", TODAY).items()}
    stages = ("appraise", "appraisal_signature", "chair_decision")

    ordinary = sum(limits[f"{stage}.ordinary"] for stage in stages) + limits["council"]
    simplified = sum(limits[f"{stage}.simplified"] for stage in (*stages, "intake_check"))

    assert (ordinary, simplified) == (20, 5)


def test_a_book_with_a_gap_refuses_to_decide() -> None:
    holes = LawBook(row for row in law.ALL if row.key != "R-DISCIPLINE")

    with pytest.raises(LookupError):
        take(proposal(law=holes, standing=Standing(under_review=True)), "submit")


def test_an_appraisal_says_what_it_found() -> None:
    form = Appraisal(result=Result.PASS, reasons="Hồ sơ đầy đủ, đúng đối tượng")
    case = proposal("received", documents=papers(), standing=Standing(under_review=True))

    assert (take(case, "appraise", form).target, outcome(case, "appraise", form)) == ("signing", ([], ["R-DISCIPLINE"]))
