"""The processes of the office, one room each. This tuple is the whole registration."""

from engine.definition import Process
from workflows.award_proposal.process import AwardProposal
from workflows.campaign.process import Campaign
from workflows.plan_receipt.process import PlanReceipt
from workflows.submission.process import Submission
from workflows.unit_obligation.process import UnitObligation
from workflows.ward_plan.process import WardPlan

ALL: tuple[type[Process], ...] = (Campaign, PlanReceipt, UnitObligation, WardPlan, Submission, AwardProposal)
