"""All processes of an installation together: found by name, and refused when they do not fit one another."""

from typing import Any

import pytest
from pydantic import BaseModel

import workflows.law
import workflows.roles
from engine.definition import (
    NO_DEADLINE,
    Begin,
    Case,
    End,
    LegalRow,
    Mark,
    Phase,
    Process,
    Role,
    Rule,
    Seat,
    Task,
    action,
    process,
    timer,
    until,
    within,
)
from engine.definition.deadlines import Due
from engine.definition.registry import Registry
from engine.errors import DefinitionError, NotFound

CLERK = Role("clerk", "Văn thư")
ADMINISTRATOR = Role("administrator", "Quản trị", Seat.AUTHORITY, sees_all=True)


class Dossier(BaseModel):
    kind: str = ""
    rounds: dict[str, str] = {}
    ends_on: str = ""


def broken(case: Case[Any]) -> str | None:
    raise AssertionError("a rule is not asked while the registry is built")


def made(code: str, *, due: Due = NO_DEADLINE, at: Due | None = None, owner: Role = CLERK, below: Any = None,
         carries: str = "", rules: tuple[Rule[Any], ...] = (), **names: str) -> type[Process]:  # fmt: skip
    """A process of one task; whatever is interesting about it is given."""

    class Made(Process):
        drafted = Task("Dự thảo", "Soạn", owner, due, phase=Phase.DRAFTED)
        done = End("Xong")
        finish = action("Xong", drafted.to(done), carries=carries, rules=rules)
        if at is not None:
            lapse = timer("Hết hạn", drafted.to(done), at=at)

    told = {"collection": f"{code}s", "title": code.title(), "prefix": code.upper()} | names
    return process(code=code, dossier=Dossier, headline=str, begin=Begin(below=below or {}), **told)(Made)  # type: ignore[arg-type]


def registry(*processes: type[Process], law: tuple[LegalRow, ...] = ()) -> Registry:
    return Registry(iter(processes), administrator=ADMINISTRATOR, law=law)


def refused(*processes: type[Process], law: tuple[LegalRow, ...] = ()) -> list[str]:
    with pytest.raises(DefinitionError) as refusal:
        registry(*processes, law=law)
    return str(refusal.value).split("; ")


def limit(key: str) -> LegalRow:
    return LegalRow("time_limit", key, {"working_days": 3}, "Điều 3", Mark.VERIFIED)


def line(cls: type[Process], taken: str = "finish") -> int:
    found: int = cls.model_card.actions[taken].line
    return found


# ── Look-ups ─────────────────────────────────────────────────────────────────────────────────────

CAMPAIGN = made("campaign")
PLAN = made("plan", below={"campaign": (CLERK,)})
DUTY = made("duty", below={"campaign": ()})


def test_registry_finds_processes_by_code_and_collection() -> None:
    found = registry(CAMPAIGN, PLAN)

    assert found.models == (CAMPAIGN.model_card, PLAN.model_card)
    assert found.by_code["plan"] is found.collection("plans") is PLAN.model_card


def test_an_unknown_collection_is_not_found() -> None:
    with pytest.raises(NotFound) as refusal:
        registry(CAMPAIGN).collection("plans")

    assert refusal.value.params == {"what": "loại hồ sơ «plans»"}


def test_registry_knows_what_may_lie_below() -> None:
    found = registry(CAMPAIGN, PLAN, DUTY)

    assert (found.below("campaign"), found.below("plan")) == ((PLAN.model_card, DUTY.model_card), ())


def test_registry_gathers_the_roles_and_the_administrator() -> None:
    assert registry(CAMPAIGN, PLAN).roles == {"administrator": ADMINISTRATOR, "clerk": CLERK}


# ── What does not fit ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("other", "wrong"),
    [
        (made("campaign", collection="others", prefix="O"), "code campaign is used twice"),
        (made("other", collection="campaigns"), "collection campaigns is used twice"),
        (made("other", prefix="CAMPAIGN"), "prefix CAMPAIGN is used twice"),
    ],
)
def test_names_are_used_once(other: type[Process], wrong: str) -> None:
    assert refused(CAMPAIGN, other) == [wrong]


@pytest.mark.parametrize(
    "other",
    [Role("clerk", "Thư ký"), Role("clerk", "Văn thư", Seat.AUTHORITY), Role("clerk", "Văn thư", sees_all=True)],
)
def test_a_role_is_described_once(other: Role) -> None:
    assert refused(CAMPAIGN, made("other", owner=other)) == ["role clerk is described twice"]


def test_the_administrator_is_described_once_too() -> None:
    assert refused(made("other", owner=Role("administrator", "Quản trị"))) == ["role administrator is described twice"]


def test_a_process_lies_below_one_that_exists() -> None:
    assert refused(PLAN) == ["plan: below campaign, which does not exist"]


@pytest.mark.parametrize(
    ("due", "wrong"),
    [
        (within("check"), "time limit check has no legal row"),
        (within("appraise"), "time limit appraise has no legal row"),  # only its suffixed keys have one
        (within("check", by="kind"), "time limit check has no legal row"),
        (until("campaign.begins_on"), "due at campaign.begins_on, which no process has"),
        (until("plan.ends_on"), "due at plan.ends_on, which no process has"),
    ],
)
def test_deadlines_refer_to_what_exists(due: Due, wrong: str) -> None:
    late, timed = made("late", due=due), made("timed", at=due)
    law = (limit("appraise.simplified"), LegalRow("rule", "check", {}, "Điều 1", Mark.VERIFIED))

    assert refused(CAMPAIGN, late, timed, law=law) == [
        f"late, drafted: {wrong}",
        f"timed, line {line(timed, 'lapse')}, «Hết hạn»: {wrong}",
    ]


@pytest.mark.parametrize(
    "due",
    [within("check"), within("appraise.simplified"), within("appraise", by="kind"), until("campaign.ends_on"),
     until("campaign.rounds", by="kind")],
)  # fmt: skip
def test_deadlines_that_refer_to_something_are_taken(due: Due) -> None:
    law = (limit("check"), limit("appraise.simplified"))

    assert len(registry(CAMPAIGN, made("late", due=due), made("timed", at=due), law=law).models) == 3


def test_a_rule_needs_a_legal_row() -> None:
    ruled = made("ruled", rules=(Rule("R-1", broken), Rule("R-2", broken)))

    assert refused(ruled, law=(LegalRow("rule", "R-1", {}, "Điều 1", Mark.VERIFIED), limit("R-2"))) == [
        f"ruled, line {line(ruled)}, «Xong»: rule R-2 has no legal row"
    ]


def test_what_an_action_carries_is_an_action_below() -> None:
    carrying = made("campaign", carries="submit")

    assert refused(carrying, PLAN, DUTY) == [
        f"campaign, line {line(carrying)}, «Xong»: carries submit, which no process below has"
    ]
    assert registry(made("campaign", carries="finish"), PLAN).models[0].actions["finish"].carries == "finish"


def test_the_processes_of_the_office_fit_together() -> None:
    found = Registry(workflows.ALL, administrator=workflows.roles.ADMINISTRATOR, law=workflows.law.ALL)

    assert [model.machine for model in found.models] == list(workflows.ALL)
