"""What is offered, how a case begins, and what guards see of a case."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from engine.definition import Case, Document, Relative
from engine.definition.decide import Actor, Offer, check_begin, offers
from engine.errors import GuardUnmet, Reason
from engine.office.law import LawBook
from tests.engine.award_case import (
    ALMIGHTY,
    ANA,
    APPRAISER,
    BINH,
    CHI,
    DISTRICT,
    MODEL,
    OFFICE,
    PROPOSER,
    SEATS,
    WARD,
    Opinion,
    case_of,
    rule_row,
    take,
)

# ── Offers ───────────────────────────────────────────────────────────────────────────────────────


def offered(case: Case[Any], actor: Actor) -> dict[str, Offer]:
    return {offer.action: offer for offer in offers(MODEL, case, actor, SEATS)}


def test_offers_are_the_actions_of_the_state_without_its_timers() -> None:
    buttons = offered(case_of("submitted"), BINH)

    assert buttons == {
        "advise": Offer("advise", "Góp ý", Opinion, ((PROPOSER, WARD), (APPRAISER, OFFICE)), ()),
        "register": Offer("register", "Vào sổ", None, ((APPRAISER, OFFICE),), ()),
    }


def test_offers_tell_who_may_what_is_missing_and_what_warns() -> None:
    case = case_of("waiting", LawBook((rule_row("R-TITLE"), rule_row("R-LONG"))))

    buttons = offered(case, ANA)

    assert [reason.code for reason in buttons["decide"].reasons] == [
        "not_performer", "scored_well", "has_title", "has_days", "R-TITLE",
    ]  # fmt: skip
    assert buttons["decide"].reasons[0].sentence == "Việc «Quyết định» dành cho: Chủ tịch, Quận."
    assert [reason.code for reason in buttons["include"].reasons] == ["not_performer"]


def test_offers_show_warnings_of_an_open_action() -> None:
    buttons = offered(case_of("waiting", title="Một cái tên rất dài"), CHI)

    assert buttons["decide"].reasons == ()
    assert [reason.code for reason in buttons["decide"].warnings] == ["R-LONG"]


def test_a_closed_case_offers_nothing() -> None:
    assert offered(case_of("refused"), ALMIGHTY) == {}


@pytest.mark.parametrize("taken", ["rename", "register", "decide"])
def test_what_is_offered_is_not_refused(taken: str) -> None:
    state = next(state for state, name in MODEL.table if name == taken)
    case = case_of(state, title="Tên")

    assert offered(case, ALMIGHTY)[taken].reasons == ()
    assert take(taken, case, {"title": "Tên"}).action == taken


# ── Begin; the case ──────────────────────────────────────────────────────────────────────────────


def campaign(**more: Any) -> dict[str, Relative]:
    return {"campaign": Relative(1, "campaign", "PT-1", "running", "appraised", True, DISTRICT, **more)}


def test_begin_is_allowed_when_its_guards_hold() -> None:
    above = campaign(dossier={"round": "rolling"}, documents=(Document("BIEN_BAN", "b.pdf", "aa"),))
    case = replace(case_of(), ancestors=above, documents=(Document("TO_TRINH", "t.pdf", "bb"),))

    assert check_begin(MODEL, case) is None
    assert case.papers() == {"BIEN_BAN", "TO_TRINH"}


def test_begin_tells_every_unmet_guard() -> None:
    with pytest.raises(GuardUnmet) as refusal:
        check_begin(MODEL, case_of())

    assert refusal.value.params == {"action": "Lập đề nghị khen thưởng"}
    assert refusal.value.reasons == (
        Reason("round_open", "Đợt xét đã đóng"),
        Reason("has_unit_papers", "Thiếu biên bản"),
    )


@pytest.mark.parametrize(
    ("path", "value"),
    [("title", "Tên"), ("campaign.round", "rolling"), ("campaign.quota", None), ("submission.round", None)],
    ids=["own", "of an ancestor", "absent there", "of no ancestor"],
)
def test_field_finds_values_here_and_above(path: str, value: Any) -> None:
    case = replace(case_of(title="Tên"), ancestors=campaign(dossier={"round": "rolling"}))

    assert case.field(path) == value


def test_today_is_the_date_in_vietnam() -> None:
    assert replace(case_of(), now=datetime(2024, 7, 10, 17, tzinfo=UTC)).today == date(2024, 7, 11)
