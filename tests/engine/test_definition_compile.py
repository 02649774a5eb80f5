"""From the class to the table: what the process file says is what the compiled model holds."""

import inspect
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from engine.definition import (
    NO_DEADLINE,
    Begin,
    Case,
    End,
    Fact,
    Find,
    Outline,
    Phase,
    Process,
    ProcessModel,
    Role,
    Rung,
    Seat,
    Task,
    Tell,
    action,
    guard,
    process,
    timer,
    until,
    working_days,
)
from engine.definition.compile import conditions
from engine.definition.model import Branch, GuardUse, StateModel
from tests.engine.wrong import define, task
from tests.leave_request.process import HEAD, OFFICER, REMINDERS, Leave, LeaveRequest, Refusal

CLERK = Role("clerk", "Văn thư", Seat.AUTHORITY)
CHAIR = Role("chair", "Chủ tịch", Seat.AUTHORITY)
AUDITOR = Role("auditor", "Thanh tra", Seat.AUTHORITY, sees_all=True)
STARTER, DIRECTOR = Role("starter", "Người lập"), Role("director", "Người giao")
TOLD, REMINDED = Role("told", "Người được báo"), Role("reminded", "Người được nhắc")
LEAVE: ProcessModel = LeaveRequest.model_card


def test_process_keeps_what_the_decorator_was_told() -> None:
    told = {
        name: getattr(LEAVE, name)
        for name in ("code", "collection", "version", "title", "prefix", "dossier", "initial", "watchers", "papers",
                     "facts", "finds", "needs_children", "needs_units", "everyone_sees", "obligation", "outline",
                     "machine")
    }  # fmt: skip

    assert told == {
        "code": "leave_request", "collection": "leave-requests", "version": 1, "title": "Đơn xin nghỉ",
        "prefix": "DN", "dossier": Leave, "initial": "drafted", "watchers": (), "papers": {}, "facts": None,
        "finds": {}, "needs_children": False, "needs_units": False, "everyone_sees": False, "obligation": False,
        "outline": Outline(), "machine": LeaveRequest,
    }  # fmt: skip
    assert LEAVE.headline(Leave(reason="Về quê")) == "Về quê"
    assert LEAVE.room == Path(inspect.getfile(LeaveRequest)).parent


def test_process_compiles_the_table_in_the_order_of_the_file() -> None:
    has_days = LEAVE.guards["has_days"]

    assert list(LEAVE.table.items()) == [
        (("drafted", "submit"), (Branch("waiting", (GuardUse(has_days, True),)),)),
        (("waiting", "grant"), (Branch("granted", ()),)),
        (("waiting", "refuse"), (Branch("refused", ()),)),
    ]


def test_process_compiles_states() -> None:
    assert LEAVE.states["waiting"] == StateModel(
        id="waiting", status="Chờ duyệt", phase=Phase.SUBMITTED, final=False, good=True, todo="Duyệt đơn",
        owner=HEAD, due=working_days(2), remind=REMINDERS, edits=frozenset(), pauses=False, time_out="",
    )  # fmt: skip
    assert LEAVE.states["granted"].good is True
    assert LEAVE.states["refused"] == StateModel(
        id="refused", status="Không đồng ý", phase=Phase.CLOSED, final=True, good=False, todo="", owner=None,
        due=NO_DEADLINE, remind=(), edits=frozenset(), pauses=False, time_out="",
    )  # fmt: skip


def test_process_compiles_actions_with_their_line() -> None:
    refuse = LEAVE.actions["refuse"]
    source = inspect.getsource(inspect.getmodule(LeaveRequest)).splitlines()  # type: ignore[arg-type]

    assert (refuse.id, refuse.label, refuse.form, refuse.tells) == (
        "refuse", "Từ chối", Refusal, (Tell("refused", (OFFICER,)),),
    )  # fmt: skip
    assert source[refuse.line - 1].strip().startswith("refuse = action(")


@pytest.mark.parametrize("part", ["states", "actions", "guards", "table", "finds", "papers"])
def test_process_model_is_immutable(part: str) -> None:
    with pytest.raises(TypeError, match="does not support item assignment"):
        getattr(LEAVE, part)["new"] = None
    with pytest.raises(AttributeError):
        setattr(LEAVE, part, {})


def test_actions_from_answers_in_the_order_of_the_file() -> None:
    answers = {state: LEAVE.actions_from(state) for state in LEAVE.states}

    assert answers == {"drafted": ("submit",), "waiting": ("grant", "refuse"), "granted": (), "refused": ()}


class Letter(BaseModel):
    """The paper that something goes out with."""

    number: str = ""


class Empty(BaseModel):
    round: str = ""
    title: str = ""
    sent_at: str = ""
    letter: Letter | None = None


def no_facts(case: Case[Any]) -> tuple[Fact, ...]:
    return ()


FIND = Find("subject", lambda case: None)
OUTLINE = Outline(gist=("title", "letter.number"), handed_in="sent_at")


@process(
    code="full", collection="fulls", title="Đủ", prefix="D", dossier=Empty, headline=str, version=3,
    begin=Begin(by=(STARTER,), below={"campaign": (DIRECTOR,)}, cond=("open",), given=("round",)),
    facts=no_facts, finds={"same": FIND}, watchers=(AUDITOR,), papers={"QD": "Quyết định"},
    needs_children=True, needs_units=True, everyone_sees=True, obligation=True,
    outline=OUTLINE,
)  # fmt: skip
class Full(Process):
    later = Task("Sau", "Chờ", OFFICER, NO_DEADLINE, phase=Phase.DRAFTED, edits=("title",))
    held = Task(
        "Giữ",
        "Giữ",
        HEAD,
        until("campaign.ends_on"),
        phase=Phase.APPRAISED,
        remind=(Rung(1, (REMINDED,)),),
        pauses=True,
    )
    done = End("Xong")
    # Written against the direction in which the states stand.
    finish = action(
        "Xong", held.to(done, unless="shut"), by=(CHAIR, CLERK), form=Letter, into="letter", stamp="sent_at"
    )
    hold = action("Giữ", later.to(held, cond="open") | later.to(done), by=CLERK, tells=(Tell("held", (TOLD,)),))
    lapse = timer("Hết hạn", held.to(done), at=until("campaign.ends_on"))

    @guard("Đang đóng")
    def open(case: Case[Any]) -> bool:
        return True

    @guard("Đang mở", otherwise="Đang đóng", before_form=True)
    def shut(case: Case[Any]) -> bool:
        return False


FULL: ProcessModel = Full.model_card


def test_process_without_an_initial_state_starts_in_the_first() -> None:
    assert FULL.initial == "later"


def test_process_starts_where_it_is_told_to() -> None:
    @define
    class Second(Process):
        held = task()
        first = task(initial=True)
        done = End("Xong")
        hold = action("Giữ", first.to(held) | held.to(done))

    assert Second.model_card.initial == "first"


def test_process_keeps_everything_that_can_be_told() -> None:
    assert (FULL.version, FULL.facts, FULL.finds, FULL.watchers, FULL.papers) == (
        3, no_facts, {"same": FIND}, (AUDITOR,), {"QD": "Quyết định"},
    )  # fmt: skip
    assert (FULL.needs_children, FULL.needs_units, FULL.everyone_sees, FULL.obligation) == (True,) * 4
    assert FULL.outline == OUTLINE


def test_process_knows_the_letter_that_a_case_was_handed_in_with() -> None:
    assert (FULL.letter, LEAVE.letter) == ("letter", "")


def test_table_and_actions_follow_the_lines_of_the_actions() -> None:
    assert (list(FULL.actions), list(FULL.guards)) == (["finish", "hold", "lapse"], ["open", "shut"])
    assert list(FULL.table) == [("held", "finish"), ("later", "hold"), ("held", "lapse")]
    assert FULL.actions_from("held") == ("finish", "lapse")


def test_time_out_names_the_timer_that_leaves_the_state() -> None:
    assert {state.id: state.time_out for state in FULL.states.values()} == {"later": "", "held": "lapse", "done": ""}


def test_conditions_give_each_guard_with_the_answer_that_opens_it() -> None:
    transitions = {str(t.event): conditions(t) for state in Full.states for t in state.transitions if list(t.cond)}

    assert transitions == {"hold": [("open", True)], "finish": [("shut", False)]}


@pytest.mark.parametrize(
    ("state", "taken", "roles"),
    [
        ("later", "hold", (CLERK,)),  # one by=
        ("held", "finish", (CHAIR, CLERK)),  # several
        ("held", "lapse", (HEAD,)),  # none: the owner of the task
        ("done", "lapse", ()),  # nobody owns an end
    ],
)
def test_performers_are_those_named_or_the_owner(state: str, taken: str, roles: tuple[Role, ...]) -> None:
    assert FULL.performers(state, taken) == roles


def test_roles_are_all_that_a_definition_names() -> None:
    assert FULL.roles() == {OFFICER, HEAD, CLERK, CHAIR, AUDITOR, STARTER, DIRECTOR, TOLD, REMINDED}


def test_first_fields_are_those_given_and_those_that_the_first_task_edits() -> None:
    assert FULL.first_fields == {"round", "title"}


@pytest.mark.parametrize(("parent", "roles"), [(None, (STARTER,)), ("campaign", (DIRECTOR,)), ("ward_plan", ())])
def test_begin_tells_who_may_start_below_what(parent: str | None, roles: tuple[Role, ...]) -> None:
    assert FULL.begin.roles(parent) == roles


def test_guard_gives_its_reason_for_either_answer() -> None:
    shut = FULL.guards["shut"]

    assert [(shut.reason(wanted).code, shut.reason(wanted).sentence) for wanted in (True, False)] == [
        ("shut", "Đang mở"),
        ("shut", "Đang đóng"),
    ]
