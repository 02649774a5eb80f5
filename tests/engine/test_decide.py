"""The pure decision: who may, what is written, what is open, what follows; and that nothing else changes."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from engine.definition import (
    AT_DEADLINE,
    NO_DEADLINE,
    Begin,
    Case,
    Document,
    End,
    LegalRow,
    Mark,
    Phase,
    Process,
    ProcessModel,
    Register,
    Relative,
    Role,
    Rule,
    Seat,
    Send,
    Start,
    Task,
    Tell,
    To,
    Unit,
    action,
    guard,
    process,
    timer,
    working_days,
)
from engine.definition.decide import (
    SYSTEM,
    Act,
    Actor,
    Decision,
    Offer,
    apply_patch,
    check_begin,
    decide,
    offers,
    seat_of,
)
from engine.definition.documents import merge, to_json
from engine.errors import ActionNotAvailable, GuardUnmet, InvalidInput, NotPerformer, Reason
from engine.office.calendar import WorkingCalendar
from engine.office.law import LawBook, NoLawInForce
from tests.leave_request.process import LeaveRequest

NOW = datetime(2024, 7, 10, 2, 30, 15, 250, tzinfo=UTC)

WARD = Unit(3, "P3", "Phường 3", "ward", "p3@example.vn", 1, (), date(2024, 1, 1), None)
OFFICE = Unit(2, "PNV", "Phòng Nội vụ", "office", "pnv@example.vn", 1, (), date(2024, 1, 1), None)
DISTRICT = Unit(1, "Q", "Quận", "district", "q@example.vn", 1, (), date(2024, 1, 1), None)

PROPOSER = Role("proposer", "Cán bộ đề nghị")
PROPOSER_HEAD = Role("head", "Thủ trưởng")
APPRAISER = Role("appraiser", "Chuyên viên", Seat.AUTHORITY)
CHAIR = Role("chair", "Chủ tịch", Seat.AUTHORITY)
SEATS = {"appraiser": OFFICE}

ANA = Actor(11, "Ana", frozenset({("proposer", 3)}))
BINH = Actor(12, "Bình", frozenset({("appraiser", 2)}))
CHI = Actor(13, "Chi", frozenset({("chair", 1), ("head", 3)}))
ALMIGHTY = Actor(
    14, "Mọi vai", frozenset((role, unit) for role in ("proposer", "head", "appraiser", "chair") for unit in (1, 2, 3))
)


class Award(BaseModel):
    code: str
    note: str | None = None


class Opinion(BaseModel):
    text: str = Field(min_length=3)
    score: int = Field(ge=0, le=10)
    aside: str | None = None


class Letter(BaseModel):
    number: str = Field(pattern=r"^\d+/TTr$")
    signed_on: date
    award: Award | None = None
    remark: str | None = None


class Change(BaseModel):
    title: str
    subtitle: str | None = None
    days: int | None = None


class Dossier(BaseModel):
    title: str = ""
    subtitle: str | None = None
    days: int = Field(0, ge=0, le=5)
    opinions: tuple[Opinion, ...] = ()
    letter: Letter | None = None
    sent_at: datetime | None = None
    entry: str = ""


def untitled(case: Case[Any]) -> str | None:
    return None if case.dossier.title else "Hồ sơ chưa có tên"


def too_long(case: Case[Any]) -> str | None:
    return f"Tên dài {len(case.dossier.title)} chữ" if len(case.dossier.title) > 10 else None


def follow(case: Case[Any]) -> tuple[Start | Send, ...]:
    """Shows what effects are handed: the case after the form, in its new state."""
    return (Start("receipt", case.unit.code, case.state, {"title": case.dossier.title}), Send(To.PARENT, "settle"))


# fmt: off
@process(
    code="award", collection="awards", title="Đề nghị khen thưởng", prefix="KT", dossier=Dossier, headline=str,
    begin=Begin(by=(PROPOSER,), cond=("round_open", "has_unit_papers")),
)
class AwardCase(Process):
    drafted   = Task("Dự thảo",   "Lập hồ sơ", PROPOSER,  NO_DEADLINE,     phase=Phase.DRAFTED, edits=("title",))
    submitted = Task("Đã trình",  "Thẩm định", APPRAISER, working_days(3), phase=Phase.SUBMITTED)
    waiting   = Task("Chờ",       "Chờ",       APPRAISER, NO_DEADLINE,     phase=Phase.APPRAISED)
    decided   = End("Đã quyết định", phase=Phase.APPROVED)
    refused   = End("Không khen",    good=False)

    submit   = action("Trình",        drafted.to(submitted, cond=["has_title", "has_days"]), by=PROPOSER_HEAD,
                      form=Letter, into="letter", stamp="sent_at", carries="submit", effects=follow,
                      tells=(Tell("submitted", (APPRAISER,)),))
    rename   = action("Sửa tên",      drafted.to(drafted), form=Change)
    advise   = action("Góp ý",        submitted.to(submitted, cond="opinion_left"), by=(PROPOSER, APPRAISER),
                      form=Opinion, into="opinions")
    register = action("Vào sổ",       submitted.to(waiting), number=Register("book", into="entry"))
    decide   = action("Quyết định",   waiting.to(refused, unless="scored_well") | waiting.to(decided, cond="has_title")
                                    | waiting.to(drafted, cond="has_days"),
                      by=CHAIR, rules=(Rule("R-TITLE", untitled), Rule("R-LONG", too_long)))
    include  = action("Đưa vào đợt",  waiting.to(decided), carried=True)
    lapse    = timer("Quá hạn",       submitted.to(refused), at=AT_DEADLINE, effects=follow,
                     tells=(Tell("lapsed", (PROPOSER,)),))
# fmt: on

    @guard("Chưa có tên")
    def has_title(case: Case[Any]) -> bool:
        return bool(case.dossier.title)

    @guard("Chưa có số ngày")
    def has_days(case: Case[Any]) -> bool:
        return case.dossier.days > 0

    @guard("Đã đủ hai góp ý", before_form=True)
    def opinion_left(case: Case[Any]) -> bool:
        return len(case.dossier.opinions) < 2

    @guard("Điểm chưa đạt", otherwise="Điểm đã đạt")
    def scored_well(case: Case[Any]) -> bool:
        return all(opinion.score >= 5 for opinion in case.dossier.opinions)

    @guard("Đợt xét đã đóng")
    def round_open(case: Case[Any]) -> bool:
        return case.field("campaign.round") == "rolling"

    @guard("Thiếu biên bản")
    def has_unit_papers(case: Case[Any]) -> bool:
        return {"BIEN_BAN", "TO_TRINH"} <= case.papers()


MODEL: ProcessModel = AwardCase.model_card
LETTER = {"number": "12/TTr", "signed_on": "2024-07-09"}


def rule_row(code: str, severity: str = "block", mark: Mark = Mark.VERIFIED, **more: Any) -> LegalRow:
    return LegalRow("rule", code, {"severity": severity}, f"Điều của {code}", mark, **more)


LAW = LawBook((rule_row("R-TITLE"), rule_row("R-LONG", severity="warn")))


def case_of(state: str = "drafted", law: LawBook = LAW, **fields: Any) -> Case[Any]:
    return Case(
        id=7, code="KT-2024-00007", process="award", state=state, version=4, dossier=Dossier(**fields), unit=WARD,
        authority=DISTRICT, now=NOW, calendar=WorkingCalendar(), law=law,
    )  # fmt: skip


def act(taken: str, actor: Actor = ALMIGHTY, form: Any = None, **more: Any) -> Act:
    return Act(taken, actor, SEATS, form, **more)


def take(taken: str, case: Case[Any], form: Any = None, **more: Any) -> Decision:
    return decide(MODEL, case, act(taken, form=form, **more))


def unmet(case: Case[Any], taken: str, form: Any = None) -> tuple[Reason, ...]:
    with pytest.raises(GuardUnmet) as refusal:
        take(taken, case, form)
    return refusal.value.reasons


# ── Allowed ──────────────────────────────────────────────────────────────────────────────────────


def test_decide_brings_everything_that_will_be_written() -> None:
    case = case_of(title="Chuyên đề", days=2)

    decision = take("submit", case, LETTER)

    letter = Letter(number="12/TTr", signed_on=date(2024, 7, 9))
    dossier = Dossier(title="Chuyên đề", days=2, letter=letter, sent_at=NOW)
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
    )


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
        "action": "Quyết định", "state": "Đã trình", "available": "advise, register, lapse",
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
def test_an_action_is_open_to_its_performers_and_the_system(
    taken: str, state: str, actor: Actor, target: str
) -> None:
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

    decision = decide(MODEL, case_of(state), act(taken, nobody, carried=True))

    assert decision.source == state


def test_the_performer_is_asked_before_form_and_guards() -> None:
    with pytest.raises(NotPerformer):
        decide(MODEL, case_of(), act("submit", ANA, {"number": "sai"}))


def test_actor_knows_its_units_and_the_system_is_nobody() -> None:
    assert (CHI.units, CHI.is_system, SYSTEM.units, SYSTEM.is_system) == ({1, 3}, False, frozenset(), True)


# ── The form ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("taken", "form", "fields"),
    [
        ("submit", None, {"number": "Field required", "signed_on": "Field required"}),
        (
            "submit",
            {"number": "mười hai", "signed_on": "2024-07-09", "award": {}},
            {"number": "String should match pattern '^\\d+/TTr$'", "award.code": "Field required"},
        ),
        ("rename", Award(code="GK"), {"form": "Input should be a valid dictionary or instance of Change"}),
        ("rename", {"title": "Tên", "days": 9}, {"days": "Input should be less than or equal to 5"}),  # the dossier's
    ],
)
def test_a_form_that_does_not_fit_is_refused_field_by_field(taken: str, form: Any, fields: dict[str, str]) -> None:
    with pytest.raises(InvalidInput) as refusal:
        take(taken, case_of(), form)

    assert refusal.value.fields == fields


def test_a_form_may_come_filled() -> None:
    assert take("rename", case_of(), Change(title="Tên")).patch == {"title": "Tên"}


def test_a_form_field_by_field_leaves_what_it_does_not_give() -> None:
    decision = take("rename", case_of(title="Cũ", subtitle="Phụ", days=3), {"title": "Mới"})

    assert decision.patch == {"title": "Mới"}
    assert decision.case.dossier == Dossier(title="Mới", subtitle="Phụ", days=3)


def test_a_form_field_by_field_empties_what_it_gives_empty() -> None:
    case = case_of(title="Cũ", subtitle="Phụ", days=3)

    decision = take("rename", case, {"title": "Cũ", "subtitle": None, "days": None})

    assert decision.patch == {"subtitle": None, "days": None}
    assert decision.case.dossier == Dossier(title="Cũ")


def test_a_form_into_a_field_replaces_what_was_there() -> None:
    """What the earlier form said and this one leaves out must not survive in the merge."""
    before = Letter(number="1/TTr", signed_on=date(2024, 7, 1), award=Award(code="GK", note="cũ"), remark="cũ")
    form = {"number": "2/TTr", "signed_on": "2024-07-09", "award": {"code": "BK"}}

    decision = take("submit", case_of(title="Tên", days=1, letter=before), form)

    assert decision.case.dossier.letter == Letter(number="2/TTr", signed_on=date(2024, 7, 9), award=Award(code="BK"))
    assert decision.patch["letter"] == {**form, "award": {"code": "BK", "note": None}, "remark": None}


def test_a_form_into_a_tuple_is_appended() -> None:
    first = Opinion(text="Tốt", score=8)

    decision = take("advise", case_of("submitted", opinions=(first,)), {"text": "Khá", "score": 6})

    assert decision.case.dossier.opinions == (first, Opinion(text="Khá", score=6))
    assert decision.patch == {"opinions": [{"text": "Tốt", "score": 8}, {"text": "Khá", "score": 6}]}


def test_a_number_that_was_drawn_is_written() -> None:
    decision = take("register", case_of("submitted"), number="5/2024")

    assert (decision.patch, decision.case.dossier.entry) == ({"entry": "5/2024"}, "5/2024")


def test_apply_patch_refuses_what_is_no_dossier() -> None:
    with pytest.raises(InvalidInput) as refusal:
        apply_patch(Dossier, Dossier(), {"opinions": [{"text": "Ừ"}], "days": "nhiều"})

    assert sorted(refusal.value.fields) == ["days", "opinions.0.score", "opinions.0.text"]


# ── Guards and rules ─────────────────────────────────────────────────────────────────────────────


def test_every_unmet_guard_is_told_once() -> None:
    assert unmet(case_of(), "submit", LETTER) == (
        Reason("has_title", "Chưa có tên"),
        Reason("has_days", "Chưa có số ngày"),
    )


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


# ── Offers ───────────────────────────────────────────────────────────────────────────────────────


def offered(case: Case[Any], actor: Actor) -> dict[str, Offer]:
    return {offer.action: offer for offer in offers(MODEL, case, actor, SEATS)}


def test_offers_are_the_actions_of_the_state_without_its_timers() -> None:
    buttons = offered(case_of("submitted"), BINH)

    assert buttons == {
        "advise": Offer("advise", "Góp ý", Opinion, ()),
        "register": Offer("register", "Vào sổ", None, ()),
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
    Dossier,
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
    return case, Act(taken, draw(actor), SEATS, draw(form | opinions), draw(texts), draw(st.booleans()))


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
        assert Dossier.model_validate(merge(to_json(case.dossier), decision.patch)) == decision.case.dossier
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
