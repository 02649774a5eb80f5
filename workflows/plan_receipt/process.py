"""Báo nhận kế hoạch (plan receipt): each addressee of the plan (Nơi nhận) says that it has received it."""

from pydantic import BaseModel, Field

from engine.definition import Begin, End, PastDay, Phase, Process, Rung, Task, action, process, within
from workflows.forms import Form
from workflows.roles import APPRAISER, RECORDS_OFFICER


class Received(Form):
    received_on: PastDay = Field(title="Ngày nhận")
    incoming_number: str = Field("", title="Số đến", max_length=40)


class ReceiptDossier(BaseModel):
    receipt: Received | None = Field(None, title="Báo nhận")


CHASE = (Rung(0, (RECORDS_OFFICER,)), Rung(2, (RECORDS_OFFICER,)), Rung(5, (RECORDS_OFFICER, APPRAISER)))


# fmt: off
@process(
    code="plan_receipt", collection="plan-receipts", title="Báo nhận kế hoạch", prefix="BN",
    dossier=ReceiptDossier, headline=lambda d: "Báo nhận kế hoạch phát động", begin=Begin(below={"campaign": ()}),
    watchers=(APPRAISER,),
)
class PlanReceipt(Process):
    sent     = Task("Đã gửi", "Báo đã nhận kế hoạch", RECORDS_OFFICER, within("plan_receipt"), phase=Phase.SUBMITTED, remind=CHASE, initial=True)
    received = End("Đã nhận")

    acknowledge = action("Báo đã nhận", sent.to(received), form=Received, into="receipt")
