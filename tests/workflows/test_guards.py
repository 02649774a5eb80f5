"""Every guard of every process: what opens it and what shuts it."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from engine.definition import Case
from engine.definition.decide import SYSTEM, offers
from tests.workflows.cases import (
    CAMPAIGN,
    MODELS,
    SCHOOL,
    TODAY,
    WARD,
    below_submission,
    case_of,
    papers,
    proposal,
    relative,
)
from workflows.award_proposal.dossier import Appraisal, Result, Tally
from workflows.award_proposal.supplement import Defect, Fault, Part, Supplement
from workflows.awards import Award, Level, Paper, Procedure
from workflows.campaign.dossier import CampaignDossier, ParentPlan
from workflows.forms import Letter
from workflows.rounds import Round
from workflows.submission.process import SubmissionDossier
from workflows.unit_obligation.process import ObligationDossier
from workflows.ward_plan.process import WardPlanDossier

LETTER = Letter(number="01/KH-UBND", signed_on=date(2024, 7, 10))
PLAN = CampaignDossier(
    title="70 năm", slogan="Thi đua", contents=("Tuyên truyền",),
    parent_plan=ParentPlan(number="157/KH-UBND", issued_on=date(2024, 7, 1), issuer="UBND thành phố"),
    starts_on=date(2024, 7, 10), ends_on=date(2025, 5, 13), ward_plans_due_on=date(2024, 7, 31),
    reports_due_on=date(2025, 5, 20), summary_due_on=date(2025, 6, 10),
)  # fmt: skip
WARD_PLAN = WardPlanDossier(
    purpose="Mục đích",
    contents="Nội dung",
    starts_on=date(2024, 7, 10),
    ends_on=date(2025, 5, 13),
    organisation="Tổ chức",
)
DUTY = ObligationDossier(activities="Đã triển khai", result="Đã xong")
UNPROVEN = Defect(part=Part.ACHIEVEMENT, fault=Fault.UNPROVEN)
PASSED, FAILED = (Appraisal(result=result, reasons="Hồ sơ đầy đủ, đúng") for result in (Result.PASS, Result.FAIL))
CITY = Round.CLOSING_CITY


def campaign(children: tuple[Any, ...] = (), **changed: Any) -> Case[Any]:
    return case_of("campaign", "running", PLAN.model_copy(update=changed), children=children, ancestors={})


def extended(earlier: CampaignDossier = PLAN, **changed: Any) -> Case[Any]:
    """As guards of the extension see it: with the dates of the form, and those before."""
    return replace(campaign(**changed), earlier=earlier)


def submission(
    lines: tuple[Any, ...] = (), *, above: str = "running", opened: tuple[str, ...] = ("rolling",), unit: Any = WARD,
    **given: Any,
) -> Case[Any]:  # fmt: skip
    ancestors = {"campaign": relative("campaign", above, CAMPAIGN | {"open_rounds": list(opened)})}
    dossier = SubmissionDossier.model_validate(given)
    return case_of("submission", "drafted", dossier, children=lines, ancestors=ancestors, unit=unit)


def ward_plan(*has: str, **changed: Any) -> Case[Any]:
    return case_of("ward_plan", "drafted", WARD_PLAN.model_copy(update=changed), documents=papers(*has))


def duty(*has: str, **changed: Any) -> Case[Any]:
    return case_of("unit_obligation", "assigned", DUTY.model_copy(update=changed), documents=papers(*has))


def child(process: str, state: str) -> Any:
    return relative(process, state)


def lines(*states: str) -> tuple[Any, ...]:
    return tuple(relative("award_proposal", state, key=n) for n, state in enumerate(states, start=1))


def below(state: str, unit: Any = WARD) -> dict[str, Any]:
    return {
        "submission": relative("submission", state, unit=unit),
        "campaign": relative("campaign", "running", CAMPAIGN),
    }


def votes(in_favour: int) -> Tally:
    return Tally(minutes_number="7/BB", met_on=TODAY, members=11, present=8, in_favour=in_favour)


def sent_back(*changed: str) -> Case[Any]:
    """A ward plan that was sent back, and what has changed since."""
    return replace(ward_plan(Paper.KE_HOACH), changed=frozenset(changed))


OPEN: dict[str, list[Case[Any]]] = {
    "campaign.plan_complete": [campaign()],
    "campaign.period_fits": [
        campaign(),
        campaign(ward_plans_due_on=date(2024, 7, 10)),
        campaign(ward_plans_due_on=date(2025, 5, 13)),
    ],
    "campaign.guidance_known": [
        campaign(),
        campaign(open_rounds=(Round.ROLLING, Round.CLOSING_DISTRICT)),
        campaign(open_rounds=(CITY,), city_guidance=LETTER),
    ],
    "campaign.end_moves_on": [
        campaign(),
        campaign(ends_on=TODAY),
        campaign(reports_due_on=date(2025, 5, 13), summary_due_on=date(2025, 5, 13)),
    ],
    "campaign.nothing_shortened": [
        campaign(),
        extended(),
        extended(ends_on=date(2025, 5, 20), reports_due_on=date(2025, 5, 27), summary_due_on=date(2025, 6, 17)),
        extended(PLAN.model_copy(update={"reports_due_on": None}), reports_due_on=date(2025, 5, 14)),
    ],
    "campaign.all_reported": [
        campaign(),
        campaign((child("ward_plan", "completed"), child("unit_obligation", "accepted"))),
        campaign((child("ward_plan", "waived"), child("unit_obligation", "excused"), child("plan_receipt", "sent"))),
    ],
    "campaign.nothing_open": [
        campaign(),
        campaign((child("ward_plan", "in_report"), child("submission", "settled"), child("plan_receipt", "sent"))),
    ],
    "submission.round_open": [
        submission(),
        submission(round=Round.CLOSING_DISTRICT, opened=("closing_district",), above="closing"),
        submission(round=CITY, opened=("closing_city",)),
    ],
    "submission.ward_decides_own": [
        submission(decided_by=Level.WARD),
        submission(decided_by=Level.WARD, round=Round.CLOSING_DISTRICT),
        submission(decided_by=Level.DISTRICT, unit=SCHOOL),
        submission(decided_by=Level.CITY, round=CITY, unit=SCHOOL),
    ],
    "submission.has_lines": [submission(lines("drafted")), submission(lines(*["drafted"] * 500))],
    "submission.all_decided": [
        submission(),
        submission(
            lines("approved", "notified", "archived", "rejected", "withdrawn", "city_approved", "city_rejected")
        ),
    ],
    "ward_plan.sections_written": [ward_plan()],
    "ward_plan.within_campaign": [ward_plan(), ward_plan(starts_on=date(2025, 5, 13))],
    "ward_plan.plan_attached": [ward_plan(Paper.KE_HOACH)],
    "ward_plan.improved": [sent_back("purpose")],
    "ward_plan.signed_again": [sent_back("KE_HOACH"), sent_back("purpose", "KE_HOACH")],
    "ward_plan.report_attached": [ward_plan(Paper.BAO_CAO_KET_QUA)],
    "unit_obligation.report_written": [duty(Paper.BAO_CAO_KET_QUA)],
    "award_proposal.parent_open": [
        proposal(),
        proposal(ancestors={"campaign": relative("campaign", "running")}),
        proposal(ancestors={"campaign": relative("campaign", "closing")}),
    ],
    "award_proposal.below_campaign": [proposal(ancestors={"campaign": relative("campaign", "running")})],
    "award_proposal.ward_decides": [proposal(ancestors=below_submission(decided_by="ward"))],
    "award_proposal.city_decides": [proposal(ancestors=below_submission(decided_by="city"))],
    "award_proposal.supplement_left": [proposal()],
    "award_proposal.supplemented": [proposal("supplement_requested", changed=frozenset({"achievement"}))],
    "award_proposal.passed": [proposal(appraisal=PASSED)],
    "award_proposal.council_sits": [proposal()],
    "award_proposal.vote_passed": [proposal(tally=votes(5)), proposal(award=Award.BK_TINH, tally=votes(5))],
}
SHUT: dict[str, list[Case[Any]]] = {
    "campaign.plan_complete": [
        campaign(title=""), campaign(slogan=""), campaign(contents=()), campaign(parent_plan=None),
        campaign(starts_on=None), campaign(ends_on=None), campaign(ward_plans_due_on=None),
    ],
    "campaign.period_fits": [
        campaign(ward_plans_due_on=date(2024, 7, 9)), campaign(ward_plans_due_on=date(2025, 5, 14)),
        campaign(starts_on=None), campaign(ends_on=None), campaign(ward_plans_due_on=None),
    ],
    "campaign.guidance_known": [campaign(open_rounds=(Round.ROLLING, CITY))],
    "campaign.end_moves_on": [
        campaign(ends_on=date(2024, 10, 14)),
        campaign(reports_due_on=date(2025, 5, 12)),
        campaign(summary_due_on=date(2025, 5, 19)),
    ],
    "campaign.nothing_shortened": [
        extended(ends_on=date(2025, 5, 12)), extended(ends_on=None), extended(reports_due_on=date(2025, 5, 19)),
        extended(summary_due_on=date(2025, 6, 9)),
    ],
    "campaign.all_reported": [
        campaign((child("ward_plan", "in_progress"),)), campaign((child("ward_plan", "to_start"),)),
        campaign((child("ward_plan", "completed"), child("unit_obligation", "reported"))),
    ],
    "campaign.nothing_open": [
        campaign((child("ward_plan", "completed"),)), campaign((child("submission", "submitted"),)),
        campaign((child("award_proposal", "directed"),)),
    ],
    "submission.round_open": [
        submission(opened=()),
        submission(opened=("closing_district",)),
        submission(above="closing"),  # the rolling round ends with the campaign's time
        submission(above="summarised", round=CITY, opened=("closing_city",)),
    ],
    "submission.ward_decides_own": [
        submission(decided_by=Level.WARD, unit=SCHOOL),
        submission(decided_by=Level.WARD, round=CITY),
        submission(decided_by=Level.DISTRICT, round=CITY),
        submission(decided_by=Level.CITY),
    ],
    "submission.has_lines": [submission(), submission(lines("withdrawn")), submission(lines(*["drafted"] * 501))],
    "submission.all_decided": [submission(lines("approved", "forwarded_to_city")), submission(lines("submitted"))],
    "ward_plan.sections_written": [
        ward_plan(purpose=""), ward_plan(contents=""), ward_plan(starts_on=None), ward_plan(ends_on=None),
        ward_plan(organisation=""),
    ],
    "ward_plan.within_campaign": [
        ward_plan(ends_on=date(2025, 5, 14)), ward_plan(ends_on=date(2024, 7, 9)),
        ward_plan(starts_on=None), ward_plan(ends_on=None),
    ],
    "ward_plan.plan_attached": [ward_plan(), ward_plan(Paper.BAO_CAO_KET_QUA)],
    "ward_plan.improved": [sent_back()],
    "ward_plan.signed_again": [sent_back("purpose")],
    "ward_plan.report_attached": [ward_plan(), ward_plan(Paper.KE_HOACH)],
    "unit_obligation.report_written": [
        duty(), duty(Paper.BAO_CAO_KET_QUA, activities=""), duty(Paper.BAO_CAO_KET_QUA, result=""),
    ],
    "award_proposal.parent_open": [
        proposal(ancestors=below("submitted")),
        proposal(ancestors=below("drafted", SCHOOL)),
        proposal(ancestors={"campaign": relative("campaign", "launched")}),
        proposal(ancestors={"campaign": relative("campaign", "summarised")}),
    ],
    "award_proposal.below_campaign": [proposal()],
    "award_proposal.ward_decides": [proposal(), proposal(ancestors=below_submission(decided_by="city"))],
    "award_proposal.city_decides": [proposal(), proposal(ancestors={"campaign": relative("campaign", "running")})],
    "award_proposal.supplement_left": [proposal(supplements=(Supplement(items=(UNPROVEN,)),))],
    "award_proposal.supplemented": [proposal("supplement_requested")],
    "award_proposal.passed": [proposal(), proposal(appraisal=FAILED)],
    "award_proposal.council_sits": [proposal(procedure=Procedure.SIMPLIFIED)],
    "award_proposal.vote_passed": [proposal(), proposal(tally=votes(4))],
}  # fmt: skip


def answers(name: str, cases: list[Case[Any]]) -> list[bool]:
    process, _, guard = name.partition(".")
    return [case.answer(MODELS[process].guards[guard]) for case in cases]


def test_every_guard_is_asked_both_ways() -> None:
    guards = {f"{code}.{name}" for code, model in MODELS.items() for name in model.guards}

    assert (set(OPEN), set(SHUT)) == (guards, guards)


@pytest.mark.parametrize("name", sorted(OPEN))
def test_a_guard_opens(name: str) -> None:
    assert answers(name, OPEN[name]) == [True] * len(OPEN[name])


@pytest.mark.parametrize("name", sorted(SHUT))
def test_a_guard_shuts(name: str) -> None:
    assert answers(name, SHUT[name]) == [False] * len(SHUT[name])


def test_a_form_cannot_name_an_unknown_round() -> None:
    with pytest.raises(ValueError, match="round"):
        submission(round="summer")


EMPTY = [(code, state) for code, model in MODELS.items() for state in model.states]


@pytest.mark.parametrize(
    ("process", "state"),
    [pytest.param(*place, id=".".join(place)) for place in EMPTY],
)
def test_what_may_be_done_can_be_asked_of_the_emptiest_case(process: str, state: str) -> None:
    """The list of actions is asked for before anything is filled in; a guard may find nothing anywhere."""
    above = {"award_proposal": below_submission()}.get(process, {"campaign": relative("campaign", "running", CAMPAIGN)})
    case = case_of(process, state, MODELS[process].dossier(), ancestors=above)

    offered = [offer.action for offer in offers(MODELS[process], case, SYSTEM, {})]

    people = [action for action in MODELS[process].actions_from(state) if MODELS[process].actions[action].at is None]
    assert offered == people
