"""A proposal that names somebody: drafted in a ward, appraised by an office, granted or refused."""

from typing import Any

from pydantic import BaseModel, Field

from engine.definition import (
    NO_DEADLINE,
    Begin,
    End,
    LegalRow,
    Mark,
    Phase,
    Process,
    Role,
    Seat,
    Task,
    action,
    process,
)

PROPOSER = Role("proposer", "Cán bộ đề nghị")
PROPOSER_HEAD = Role("proposer_head", "Thủ trưởng")
APPRAISER = Role("appraiser", "Chuyên viên", Seat.AUTHORITY)
APPRAISAL_HEAD = Role("appraisal_head", "Trưởng phòng", Seat.AUTHORITY)
CLERK = Role("clerk", "Văn thư", Seat.AUTHORITY)
ADMINISTRATOR = Role("admin", "Quản trị", Seat.AUTHORITY, sees_all=True)
AUDITOR = Role("auditor", "Thanh tra", Seat.AUTHORITY, sees_all=True)
ROLES = (PROPOSER, PROPOSER_HEAD, APPRAISER, APPRAISAL_HEAD, CLERK, ADMINISTRATOR, AUDITOR)

LAW = (
    LegalRow("retention", "nomination.granted", {"years": 20, "from": "closed"}, "Quy chế lưu trữ", Mark.DESIGN),
    LegalRow("retention", "nomination.refused", {"years": 5, "from": "closed"}, "Chưa kiểm chứng", Mark.UNVERIFIED),
)


class Subject(BaseModel):
    name: str = Field(min_length=2, max_length=200)
    identifier: str
    position: str = ""
    birth_year: int | None = Field(None, ge=1900, le=2100)


class Proposal(BaseModel):
    subject: Subject | None = None
    award: str = "GK"
    note: str = ""


def nominees(proposal: Proposal) -> frozenset[str]:
    return frozenset({proposal.subject.identifier}) if proposal.subject else frozenset()


def headline(proposal: Proposal) -> str:
    return proposal.subject.name if proposal.subject else "Đề nghị"


# fmt: off
@process(
    code="nomination", collection="nominations", title="Đề nghị", prefix="DD", dossier=Proposal, headline=headline,
    begin=Begin(by=(PROPOSER,)), watchers=(CLERK,), nominees=nominees,
)
class Nomination(Process):
    drafted  = Task("Dự thảo",      "Lập hồ sơ",  PROPOSER,  NO_DEADLINE, phase=Phase.DRAFTED, edits=("subject", "award", "note"), initial=True)
    received = Task("Đã tiếp nhận", "Thẩm định",  APPRAISER, NO_DEADLINE, phase=Phase.SUBMITTED)
    signing  = Task("Chờ ký",       "Ký",         CLERK,     NO_DEADLINE, phase=Phase.APPRAISED)
    granted  = End("Được khen")
    refused  = End("Không được khen", good=False)

    submit    = action("Trình",   drafted.to(received))
    send_back = action("Trả lại", received.to(drafted))
    appraise  = action("Đạt",     received.to(signing))
    grant     = action("Ký",      signing.to(granted))
    refuse    = action("Không",   received.to(refused))


# A process that proposes nobody.
@process(
    code="memo", collection="memos", title="Ghi chú", prefix="GC", dossier=Proposal, headline=headline,
    begin=Begin(by=(PROPOSER,)),
)
class Memo(Process):
    open = Task("Mở", "Viết", PROPOSER, NO_DEADLINE, phase=Phase.DRAFTED, edits=("note",), initial=True)
    done = End("Xong")

    finish = action("Xong", open.to(done))


ALL: tuple[Any, ...] = (Nomination, Memo)
