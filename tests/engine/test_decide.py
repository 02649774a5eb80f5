"""The pure decision: who may, what is written, what is open, what follows; and that nothing else changes."""

from dataclasses import FrozenInstanceError, replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.definition import Case, LegalRow, Mark, Role, Send, Start, Tell, To, Unit
from engine.definition.decide import Act, Decision, decide, offers
from engine.definition.documents import merge, to_json
from engine.definition.performing import SYSTEM, Actor, Capacity, seat_of
from engine.errors import ActionNotAvailable, GuardUnmet, InvalidInput, NotPerformer, Reason
from engine.office.law import LawBook, NoLawInForce
from tests.engine.award_case import (
    ALMIGHTY,
    ANA,
    APPRAISER,
    BINH,
    CHAIR,
    CHI,
    DISTRICT,
    LETTER,
    MODEL,
    NOW,
    OFFICE,
    PROPOSER,
    SEATS,
    WARD,
    Award,
    AwardDossier,
    Change,
    Letter,
    Opinion,
    act,
    case_of,
    rule_row,
    take,
    unmet,
)
from tests.leave_request.process import LeaveRequest

# ── Allowed ──────────────────────────────────────────────────────────────────────────────────────


def test_decide_brings_everything_that_will_be_written() -> None:
    case = case_of(title="Chuyên đề", days=2)

    decision = take("submit", case, LETTER)

    letter = Letter(number="12/TTr", signed_on=date(2024, 7, 9))
    dossier = AwardDossier(title="Chuyên đề", days=2, letter=letter, sent_at=NOW)
    assert decision == Decision(
        action="submit",
        source="drafted",
        target="submitted",
        patch={"letter": LETTER, "sent_at": "2024-07-10T02:30:15.000250Z"},
        case=replace(case, state="submitted", dossier=dossier),
        tells=(Tell("submitted", (APPRAISER,)),),
        effects=(Start("receipt", "P3", "submitted", {"title": "Chuyên đề"}), Send(To.PARENT, "settle")),
        carries="submit",
        warnings=(),
        capacity=Capacity("head"),
    )


def test_a_case_with_other_values_is_another_case() -> None:
    case = case_of(title="Chuyên đề")

    moved = case.but(state="elsewhere", version=7)

    assert moved == replace(case, state="elsewhere", version=7)
    assert (case.state, case.version) == (case_of().state, case_of().version)
    with pytest.raises(AssertionError, match="no others"):
        case.but(stat="elsewhere")


def test_decide_without_anything_to_write_keeps_the_dossier() -> None:
    case = case_of("waiting", title="Chuyên đề")

    decision = take("decide", case)

    assert (decision.patch, decision.target, decision.effects) == ({}, "decided", ())
    assert decision.case.dossier is case.dossier


# ── Refused in another state ─────────────────────────────────────────────────────────────────────


def test_an_action_of_another_state_is_not_available() -> None:
    with pytest.raises(ActionNotAvailable) as refusal:
        take("decide", case_of("submitted"))

    assert refusal.value.params == {
        "action": "Quyết định", "state": "Đã trình", "available": "Góp ý, Vào sổ",
    }  # fmt: skip


def test_an_unknown_action_of_a_closed_case_is_not_available() -> None:
    with pytest.raises(ActionNotAvailable) as refusal:
        take("burn", case_of("refused"))

    assert refusal.value.params == {"action": "burn", "state": "Không khen", "available": "không có"}


# ── Who may ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("role", "unit"),
    [(PROPOSER, WARD), (APPRAISER, OFFICE), (CHAIR, DISTRICT)],
    ids=["own unit", "a seat of the authority", "the authority itself, without a seat"],
)
def test_seat_of_a_role(role: Role, unit: Unit) -> None:
    assert seat_of(role, case_of(), SEATS) == unit


@pytest.mark.parametrize(
    ("taken", "state", "memberships", "who"),
    [
        ("rename", "drafted", {("proposer", 2)}, "Cán bộ đề nghị, Phường 3"),  # the right role in another unit
        ("rename", "drafted", {("appraiser", 3)}, "Cán bộ đề nghị, Phường 3"),  # another role in the right unit
        ("rename", "drafted", set(), "Cán bộ đề nghị, Phường 3"),
        ("submit", "drafted", {("proposer", 3)}, "Thủ trưởng, Phường 3"),  # the owner, where by= names another
        ("register", "submitted", {("appraiser", 1)}, "Chuyên viên, Phòng Nội vụ"),  # not where the seat is
        ("register", "submitted", {("appraiser", 3)}, "Chuyên viên, Phòng Nội vụ"),  # own unit is no seat
        ("advise", "submitted", {("chair", 1)}, "Cán bộ đề nghị, Phường 3; Chuyên viên, Phòng Nội vụ"),
        ("decide", "waiting", {("chair", 2)}, "Chủ tịch, Quận"),
    ],
)
def test_an_action_is_refused_for_another_role(
    taken: str, state: str, memberships: set[tuple[str, int]], who: str
) -> None:
    stranger = Actor(99, "Người khác", frozenset(memberships))

    with pytest.raises(NotPerformer) as refusal:
        decide(MODEL, case_of(state), act(taken, stranger))

    assert refusal.value.params == {"action": MODEL.actions[taken].label, "who": who}


@pytest.mark.parametrize(
    ("taken", "state", "actor", "target"),
    [
        ("register", "submitted", BINH, "waiting"),
        ("decide", "waiting", CHI, "decided"),
        ("register", "submitted", SYSTEM, "waiting"),
        ("decide", "waiting", SYSTEM, "decided"),
        ("include", "waiting", SYSTEM, "decided"),  # a message
        ("lapse", "submitted", SYSTEM, "refused"),  # the clock
    ],
)
def test_an_action_is_open_to_its_performers_and_the_system(taken: str, state: str, actor: Actor, target: str) -> None:
    assert decide(MODEL, case_of(state, title="Tên"), act(taken, actor)).target == target


@pytest.mark.parametrize(
    ("taken", "state", "who"),
    [("lapse", "submitted", "hệ thống"), ("include", "waiting", "hồ sơ cấp trên (đi cùng tờ trình)")],
)
def test_timers_and_carried_actions_are_not_for_people(taken: str, state: str, who: str) -> None:
    with pytest.raises(NotPerformer) as refusal:
        take(taken, case_of(state))

    assert refusal.value.params == {"action": MODEL.actions[taken].label, "who": who}


@pytest.mark.parametrize(("taken", "state"), [("include", "waiting"), ("register", "submitted")])
def test_what_is_carried_along_asks_for_no_role(taken: str, state: str) -> None:
    nobody = Actor(99, "Người trình", frozenset())

    decision = decide(MODEL, case_of(state), act(taken, nobody, carried=Capacity("head")))

    assert decision.source == state


def test_the_performer_is_asked_before_form_and_guards() -> None:
    with pytest.raises(NotPerformer):
        decide(MODEL, case_of(), act("submit", ANA, {"number": "sai"}))


def test_actor_knows_its_units_and_the_system_is_nobody() -> None:
    assert (CHI.units, CHI.is_system, SYSTEM.units, SYSTEM.is_system) == ({1, 3}, False, frozenset(), True)


# ── Guards and rules ─────────────────────────────────────────────────────────────────────────────


def test_every_unmet_guard_is_told_once() -> None:
    assert unmet(case_of(), "submit", LETTER) == (
        Reason("has_title", "Chưa có tên"),
        Reason("has_days", "Chưa có số ngày"),
    )


def test_a_guard_that_holds_is_not_told() -> None:
    assert unmet(case_of(title="Tên"), "submit", LETTER) == (Reason("has_days", "Chưa có số ngày"),)


def test_unmet_reasons_gather_over_the_branches() -> None:
    assert unmet(case_of("waiting", law=LawBook((rule_row("R-TITLE", "warn"),))), "decide") == (
        Reason("scored_well", "Điểm đã đạt"),
        Reason("has_title", "Chưa có tên"),
        Reason("has_days", "Chưa có số ngày"),
    )


@pytest.mark.parametrize(
    ("fields", "target"),
    [
        ({"title": "Tên", "opinions": (Opinion(text="Kém", score=1),)}, "refused"),
        ({"title": "Tên", "days": 1}, "decided"),  # two are open: the first written wins
    ],
)
def test_the_first_open_branch_is_taken(fields: dict[str, Any], target: str) -> None:
    assert take("decide", case_of("waiting", **fields)).target == target


def test_guards_look_at_the_case_after_the_form() -> None:
    """A form that brings what a guard asks for opens it; one marked before_form is asked before."""
    two = (Opinion(text="Tốt", score=8),) * 2

    assert take("advise", case_of("submitted", opinions=two[:1]), {"text": "Khá", "score": 6}).target == "submitted"
    assert unmet(case_of("submitted", opinions=two), "advise", {"text": "Khá", "score": 6}) == (
        Reason("opinion_left", "Đã đủ hai góp ý"),
    )


@pytest.mark.parametrize(
    ("severity", "mark", "confirmed", "blocks"),
    [
        ("block", Mark.VERIFIED, False, True),
        ("block", Mark.DESIGN, False, True),
        ("block", Mark.SEEN, False, False),
        ("block", Mark.UNVERIFIED, False, False),
        ("block", Mark.SEEN, True, True),
        ("block", Mark.UNVERIFIED, True, True),
        ("warn", Mark.VERIFIED, True, False),
        ("warn", Mark.DESIGN, False, False),
    ],
)
def test_a_broken_rule_blocks_or_warns_as_its_legal_row_says(
    severity: str, mark: Mark, confirmed: bool, blocks: bool
) -> None:
    law = LawBook((rule_row("R-LONG", severity, mark, confirmed=confirmed),))
    case = case_of("waiting", law, title="Một cái tên rất dài")
    reason = Reason("R-LONG", "Tên dài 19 chữ", "Điều của R-LONG", mark)

    if blocks:
        assert unmet(case, "decide") == (reason,)
    else:
        assert take("decide", case).warnings == (reason,)


def test_rules_and_guards_are_told_together() -> None:
    assert unmet(case_of("waiting"), "decide")[-1:] == (
        Reason("R-TITLE", "Hồ sơ chưa có tên", "Điều của R-TITLE", "V"),
    )
    assert [reason.code for reason in unmet(case_of("waiting"), "decide")] == [
        "scored_well", "has_title", "has_days", "R-TITLE",
    ]  # fmt: skip


def test_a_rule_without_severity_warns() -> None:
    law = LawBook((LegalRow("rule", "R-LONG", {}, "Điều", Mark.VERIFIED),))

    warnings = take("decide", case_of("waiting", law, title="Một cái tên rất dài")).warnings

    assert [reason.code for reason in warnings] == ["R-LONG"]


def test_a_broken_rule_outside_all_law_is_a_gap_in_the_law_book() -> None:
    with pytest.raises(NoLawInForce):
        take("decide", case_of("waiting", LawBook(())))


# ── Nothing else changes ─────────────────────────────────────────────────────────────────────────

texts = st.text(max_size=12)
opinions = st.builds(Opinion, text=st.text(min_size=3, max_size=5), score=st.integers(0, 10), aside=st.none() | texts)
letters = st.builds(
    Letter,
    number=st.just("3/TTr"),
    signed_on=st.dates(),
    award=st.none() | st.builds(Award, code=texts, note=st.none() | texts),
    remark=st.none() | texts,
)
dossiers = st.builds(
    AwardDossier,
    title=texts,
    subtitle=st.none() | texts,
    days=st.integers(0, 5),
    opinions=st.lists(opinions, max_size=3).map(tuple),
    letter=st.none() | letters,
)
changes = st.builds(Change, title=texts, subtitle=st.none() | texts, days=st.none() | st.integers(-1, 6))
fitting = {Opinion: opinions, Letter: letters, Change: changes | changes.map(lambda form: form.model_dump())}
cases = st.builds(
    lambda dossier, state: replace(case_of(state), dossier=dossier), dossiers, st.sampled_from(sorted(MODEL.states))
)


@st.composite
def wishes(draw: st.DrawFn) -> tuple[Case[Any], Act]:
    """A case and a wish: mostly an action of its state with a form that fits, at times anything."""
    case = draw(cases)
    taken = draw(st.sampled_from(MODEL.actions_from(case.state) or tuple(MODEL.actions)))
    form = fitting.get(MODEL.actions[taken].form, st.none())  # type: ignore[arg-type]
    actor = st.sampled_from((ALMIGHTY, SYSTEM, ANA))
    carried = st.sampled_from((None, Capacity("head")))
    return case, Act(taken, draw(actor), SEATS, draw(form | opinions), draw(texts), draw(carried))


@pytest.mark.parametrize("part", [case_of(), ANA, act("rename"), take("rename", case_of(), {"title": "Tên"})])
def test_what_goes_in_and_comes_out_is_frozen(part: Any) -> None:
    for name in type(part).__dataclass_fields__:
        with pytest.raises(FrozenInstanceError):
            setattr(part, name, None)


@given(wishes())
def test_decide_and_offers_never_change_their_inputs(wished: tuple[Case[Any], Act]) -> None:
    case, wish = wished
    before = repr((case, wish))

    try:
        decision = decide(MODEL, case, wish)
    except (ActionNotAvailable, NotPerformer, InvalidInput, GuardUnmet):
        decision = None
    [*offers(MODEL, case, wish.actor, wish.seats)]

    assert repr((case, wish)) == before
    if decision is not None:
        assert AwardDossier.model_validate(merge(to_json(case.dossier), decision.patch)) == decision.case.dossier
        assert decision == decide(MODEL, case, wish)


def test_leave_request_is_decided_from_draft_to_answer() -> None:
    """The smallest process, taken through once."""
    model = LeaveRequest.model_card
    officer = Actor(1, "An", frozenset({("officer", 3)}))
    head = Actor(2, "Bình", frozenset({("head", 3)}))
    dossier = model.dossier(first_day=date(2024, 7, 11), days=2)
    drafted: Case[Any] = replace(case_of(), process="leave_request", dossier=dossier)

    waiting = decide(model, drafted, Act("submit", officer, {})).case
    refused = decide(model, waiting, Act("refuse", head, {}, {"answer": "Bận"}))

    assert (refused.target, refused.patch, refused.tells[0].kind) == ("refused", {"answer": "Bận"}, "refused")
