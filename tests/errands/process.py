"""A drive of the district and the errands below it: ladders, a pause, a time-out, a number, effects both ways."""

from datetime import date
from typing import Any

from pydantic import BaseModel, Field

from engine.definition import (
    AT_DEADLINE,
    NO_DEADLINE,
    RESCHEDULE,
    Asked,
    Begin,
    Case,
    End,
    LegalRow,
    Mark,
    Phase,
    Process,
    Register,
    Role,
    Rule,
    Rung,
    Seat,
    Send,
    Start,
    Task,
    Tell,
    To,
    action,
    guard,
    process,
    timer,
    until,
    working_days,
)

OFFICER = Role("officer", "Cán bộ", led_by="head")
HEAD = Role("head", "Thủ trưởng")
DESK = Role("desk", "Chuyên viên", Seat.AUTHORITY)
CHAIR = Role("chair", "Chủ tịch", Seat.AUTHORITY)
ADMINISTRATOR = Role("admin", "Quản trị", Seat.AUTHORITY, sees_all=True)

LAW = (LegalRow("rule", "R-TEXT", {"severity": "block"}, "Quy định của hệ thống", Mark.DESIGN),)


BROKEN = "hỏng"  # the text of an errand over which the clock stumbles


class Extension(BaseModel):
    due_on: date
    ends_on: date | None = None  # stays when it is not named


class DriveDossier(BaseModel):
    title: str = ""
    ends_on: date | None = None
    due_on: date | None = None
    is_open: bool = True  # whether it collects
    wants: tuple[str, ...] = ()  # codes of the units that get an errand
    collected: str = ""


class ErrandDossier(BaseModel):
    text: str = Field("", max_length=100)
    own: bool = False  # the unit decides itself
    stays: bool = False  # the clock may not end it
    ready: bool = True
    number: str = ""
    tried_at: str = ""
    wants: tuple[str, ...] = ()  # parts that are asked for when it is asked about; none: all are open


def start_errands(case: Case[DriveDossier]) -> tuple[Start, ...]:
    return tuple(Start("errand", code, code, {"text": case.dossier.title}) for code in case.dossier.wants)


def untold(case: Case[ErrandDossier]) -> str | None:
    return None if case.dossier.text else "Chưa ghi nội dung"


def wanted(errand: ErrandDossier) -> tuple[Asked, ...] | None:
    return tuple(Asked(part, "Thiếu") for part in errand.wants) or None


LADDER = (Rung(-5, (OFFICER,)), Rung(-2, (OFFICER,)), Rung(0, (OFFICER, HEAD)), Rung(1, (HEAD, DESK), every=2))
CHECK = (Rung(-1, (DESK,)), Rung(0, (DESK,)))


# fmt: off
@process(
    code="drive", collection="drives", title="Đợt vận động", prefix="DV", dossier=DriveDossier,
    headline=lambda drive: drive.title or "Đợt vận động", begin=Begin(by=(DESK,)), everyone_sees=True,
)
class Drive(Process):
    draft   = Task("Dự thảo",        "Soạn",     DESK, NO_DEADLINE,      phase=Phase.DRAFTED, edits=("title", "ends_on", "due_on", "wants"), initial=True)
    running = Task("Đang thực hiện", "Theo dõi", DESK, until("ends_on"), phase=Phase.APPRAISED, edits=("is_open",))
    closed  = End("Đã kết thúc")

    launch  = action("Phát động",   draft.to(running), by=CHAIR, effects=start_errands)
    extend  = action("Gia hạn",     running.to(running), by=CHAIR, form=Extension, effects=lambda case: (Send(To.CHILDREN, RESCHEDULE),))
    collect = action("Thu nhận",    running.to(running, cond="collects"), stamp="collected")
    recall  = action("Thu hồi",     running.to(running), by=CHAIR, effects=lambda case: (Send(To.CHILDREN, "be_recalled", process="errand"),))
    invite  = action("Nhắc chung",  running.to(running), by=CHAIR, effects=lambda case: (Send(To.CHILDREN, "be_recalled", optional=True),))
    wind_up = action("Thu dọn",     running.to(closed), carried=True, carries="settle")
    finish  = action("Kết thúc",    running.to(closed), by=CHAIR, carries="settle")

    @guard("Đợt vận động chưa mở thu nhận")
    def collects(case: Case[Any]) -> bool:
        return bool(case.dossier.is_open)


@process(
    code="errand", collection="errands", title="Công việc", prefix="CV", dossier=ErrandDossier,
    headline=lambda errand: errand.text or "Công việc", watchers=(CHAIR,), papers={"REPORT": "Báo cáo"},
    begin=Begin(by=(OFFICER,), below={"drive": (OFFICER, CHAIR)}, cond=("not_secret",), own_authority=lambda errand: errand.own, given=("own",)),
)
class Errand(Process):
    drafted = Task("Đang làm",   "Làm",       OFFICER, until("drive.due_on"), phase=Phase.DRAFTED, remind=LADDER, edits=("text", "stays", "ready", "wants"), initial=True)
    checked = Task("Đang xét",   "Xét",       DESK,    working_days(10),      phase=Phase.SUBMITTED, remind=CHECK)
    resting = Task("Để đó",      "Chờ",       DESK,    NO_DEADLINE,           phase=Phase.SUBMITTED)
    asked   = Task("Hỏi lại",    "Trả lời",   OFFICER, working_days(5),       phase=Phase.SUBMITTED, pauses=True, edits=("text", "ready"), asked=wanted)
    done    = End("Xong")
    dropped = End("Bỏ", good=False)

    hand_in = action("Nộp",      drafted.to(checked, cond="is_ready"), number=Register("book", into="number", form="{number:02d}/{year}"),
                     rules=(Rule("R-TEXT", untold),), tells=(Tell("handed_in", (OFFICER, HEAD)),))
    rest    = action("Để lại",   checked.to(resting))
    ask     = action("Hỏi",      checked.to(asked) | resting.to(asked))
    answer  = action("Trả lời",  asked.to(checked))
    wake    = action("Tiếp tục", asked.to(resting), by=DESK)
    redo    = action("Làm lại",  checked.to(drafted))
    drop    = action("Bỏ",       drafted.to(dropped) | checked.to(dropped) | asked.to(dropped), by=(DESK, OFFICER))
    approve = action("Duyệt",    checked.to(done), effects=lambda case: (Send(To.PARENT, "collect", process="drive"),))
    nudge   = action("Báo trên", checked.to(checked), effects=lambda case: (Send(To.PARENT, "collect", optional=True),))
    plead   = action("Xin dừng",   checked.to(checked), effects=lambda case: (Send(To.PARENT, "wind_up", optional=True),))
    settle  = action("Chốt",     drafted.to(done, cond="is_ready") | checked.to(done), carried=True, number=Register("book", into="number", form="{number:02d}/{year}"))
    be_recalled = action("Bị thu hồi", drafted.to(drafted, cond="is_ready"), carried=True, stamp="tried_at")
    lapse   = timer("Hết hạn",   drafted.to(dropped, unless="kept"), at=AT_DEADLINE)

    @guard("Chưa sẵn sàng")
    def is_ready(case: Case[Any]) -> bool:
        return bool(case.dossier.ready)

    @guard("Không được giữ", otherwise="Công việc này phải giữ lại")
    def kept(case: Case[Any]) -> bool:
        if case.dossier.text == BROKEN:
            raise LookupError("as when the law has a gap")
        return bool(case.dossier.stays)

    @guard("Không nhập nội dung mật")
    def not_secret(case: Case[Any]) -> bool:
        return "mật" not in case.dossier.text
# fmt: on
