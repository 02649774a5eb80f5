"""Four steps, one user task each, deadlines with reminders: the process that thidua and its peers are compared on."""

from pydantic import BaseModel, Field

from engine.definition import Begin, End, Phase, Process, Rung, Task, action, process, working_days
from workflows.roles import APPRAISER, CLERK, DISTRICT_CHAIR, PROPOSER

STEPS = ("submit", "appraise", "approve", "forward")
PERFORMERS = ("donvi1", "chuyenvien", "chutich", "vanthu")
"""Who takes each step: accounts of the model customer."""


class Proposal(BaseModel):
    subject: str = Field("", title="Nội dung")
    amount: int = Field(0, title="Số tiền", ge=0)


REMINDERS = (Rung(-1, (APPRAISER,)), Rung(1, (APPRAISER,), every=2))


# fmt: off
@process(
    code="four_steps", collection="four-steps", title="Bốn bước", prefix="BB",
    dossier=Proposal, headline=lambda proposal: proposal.subject or "Bốn bước", begin=Begin(by=(PROPOSER,)),
)
class FourSteps(Process):
    drafted   = Task("Dự thảo",       "Trình",     PROPOSER,       working_days(5), phase=Phase.DRAFTED, remind=REMINDERS, edits=("subject", "amount"), initial=True)
    submitted = Task("Đã trình",      "Thẩm định", APPRAISER,      working_days(5), phase=Phase.SUBMITTED, remind=REMINDERS)
    appraised = Task("Đã thẩm định",  "Duyệt",     DISTRICT_CHAIR, working_days(5), phase=Phase.APPRAISED, remind=REMINDERS)
    approved  = Task("Đã duyệt",      "Chuyển",    CLERK,          working_days(5), phase=Phase.APPROVED, remind=REMINDERS)
    forwarded = End("Đã chuyển",      phase=Phase.FORWARDED_TO_CITY)

    submit   = action("Trình",        drafted.to(submitted))
    appraise = action("Thẩm định",    submitted.to(appraised))
    approve  = action("Duyệt",        appraised.to(approved))
    forward  = action("Chuyển",       approved.to(forwarded))
# fmt: on
