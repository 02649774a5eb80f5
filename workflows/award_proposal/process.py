"""Đề nghị khen thưởng (award proposal): one subject, one award, from the unit's draft to the archive.

Legal basis: Luật Thi đua, khen thưởng 06/2022/QH15; Nghị định 98/2023/NĐ-CP. Read it in three parts.
STATES: who holds the file, what they must do, by when. ACTIONS: how it moves, and what must be filled in.
GUARDS: what must be true first. The rules with their citations are in rules.py.
"""

from typing import Any

from engine.definition import (
    AT_DEADLINE,
    Begin,
    Case,
    End,
    Outline,
    Phase,
    Process,
    Register,
    Rung,
    Send,
    Task,
    Tell,
    To,
    action,
    guard,
    process,
    timer,
    until,
    within,
)
from workflows.award_proposal.dossier import (
    DRAFT_FIELDS,
    Appraisal,
    AwardDossier,
    CityReceipt,
    Direction,
    Handover,
    Result,
    Returned,
    Tally,
)
from workflows.award_proposal.rights import PRIVATE, SEPARATE, UNIT, nominees
from workflows.award_proposal.rules import (
    FINDS,
    ON_ANSWER,
    ON_APPRAISAL,
    ON_DECISION,
    ON_ENDORSEMENT,
    ON_SIGNATURE,
    ON_SUBMIT,
    ON_TALLY,
    carried_by,
    facts,
    headline,
    level,
    vote_policy,
)
from workflows.award_proposal.supplement import SUPPLEMENT_FIELDS, Supplement, wanted
from workflows.awards import Level, Paper, Procedure, papers
from workflows.forms import Decision, Letter, Reason
from workflows.roles import (
    APPRAISAL_HEAD,
    APPRAISER,
    CITY_DESK,
    CLERK,
    COUNCIL_SECRETARY,
    DISTRICT_CHAIR,
    PROPOSER,
    PROPOSER_HEAD,
    WARD_CHAIR,
)

MOST_SUPPLEMENTS = 1  # at most once by default (Gia Lai ward practice, domain mark V)

INTAKE = (Rung(0, (APPRAISER,)), Rung(1, (APPRAISER, APPRAISAL_HEAD), every=2))
APPRAISAL_DUE = (
    Rung(-3, (APPRAISER,)),
    Rung(-1, (APPRAISER,)),
    Rung(0, (APPRAISER,)),
    Rung(1, (APPRAISER, APPRAISAL_HEAD), every=2),
)
SIGNATURE_DUE = (Rung(0, (APPRAISAL_HEAD,)), Rung(1, (APPRAISAL_HEAD,), every=2))
SUPPLEMENT_DUE = (Rung(-2, (PROPOSER, PROPOSER_HEAD)), Rung(0, (PROPOSER, PROPOSER_HEAD)))
DIRECTED_DUE = (Rung(-1, (PROPOSER,)), Rung(0, (PROPOSER, PROPOSER_HEAD)), Rung(1, (PROPOSER_HEAD, APPRAISER), every=2))
COUNCIL_DUE = (Rung(-1, (COUNCIL_SECRETARY,)), Rung(1, (COUNCIL_SECRETARY, APPRAISAL_HEAD), every=2))
DECISION_PENDING = (
    Rung(-2, (DISTRICT_CHAIR,)),
    Rung(0, (DISTRICT_CHAIR,)),
    Rung(1, (DISTRICT_CHAIR, APPRAISAL_HEAD), every=2),
)
WARD_DECISION = (Rung(-2, (WARD_CHAIR,)), Rung(0, (WARD_CHAIR,)), Rung(1, (WARD_CHAIR,), every=2))
RESULT_NOTICE = (Rung(-2, (CLERK,)), Rung(0, (CLERK,)), Rung(1, (CLERK, APPRAISER), every=2))
CITY_RECEIPT_MISSING = (Rung(0, (APPRAISER,)), Rung(5, (APPRAISER,), every=5))
CITY_PENDING = (Rung(0, (CITY_DESK, APPRAISER)), Rung(5, (APPRAISER,), every=5))


OUTLINE = Outline(
    gist=("achievement.title", "subject.position"), verdict="appraisal.result", grounds="appraisal.reasons",
    handed_in="submitted_at", goes_up=lambda case: level(case) is Level.CITY,
)  # fmt: skip


def settle_submission(case: Case[AwardDossier]) -> tuple[Send, ...]:
    """The tờ trình is settled with its last proposal."""
    return (Send(To.PARENT, "settle", process="submission", optional=True),)


# fmt: off
@process(
    code="award_proposal", collection="award-proposals", title="Đề nghị khen thưởng", prefix="KT",
    dossier=AwardDossier, headline=headline, facts=facts, finds=FINDS,
    begin=Begin(below={"submission": (PROPOSER,), "campaign": (DISTRICT_CHAIR,)}, cond=("parent_open",)),
    papers=papers(Paper.TO_TRINH, Paper.BAO_CAO_THANH_TICH, Paper.BAO_CAO_TOM_TAT, Paper.BIEN_BAN, Paper.BIEN_BAN_HOI_DONG, Paper.CHUNG_NHAN_SANG_KIEN, Paper.QUYET_DINH),
    separate=SEPARATE, nominees=nominees, private=PRIVATE, outline=OUTLINE,
)
class AwardProposal(Process):
    # ── STATES ──────────── status ────────────────────────── task ──────────────────────────────── held by ────────── deadline
    drafted              = Task("Dự thảo",                   "Lập hồ sơ đề nghị",                  PROPOSER,          until("campaign.ends_on"),                     phase=Phase.DRAFTED, edits=DRAFT_FIELDS, initial=True)
    directed             = Task("Chủ tịch chỉ đạo",          "Lập báo cáo tóm tắt theo chỉ đạo",   PROPOSER,          within("directed_report"),                     phase=Phase.DRAFTED, remind=DIRECTED_DUE, edits=DRAFT_FIELDS)
    submitted            = Task("Đã trình",                  "Kiểm tra thành phần hồ sơ",          APPRAISER,         within("intake_check", by="procedure"),        phase=Phase.SUBMITTED, remind=INTAKE)
    received             = Task("Đã tiếp nhận",              "Thẩm định thành tích",               APPRAISER,         within("appraise", by="procedure"),            phase=Phase.SUBMITTED, remind=APPRAISAL_DUE)
    supplement_requested = Task("Yêu cầu bổ sung",           "Bổ sung hồ sơ",                      PROPOSER,          within("supplement"),                          phase=Phase.SUBMITTED, remind=SUPPLEMENT_DUE, edits=SUPPLEMENT_FIELDS, asked=lambda d: wanted(d.supplements), pauses=True)
    signing              = Task("Chờ ký thẩm định",          "Ký kết quả thẩm định",               APPRAISAL_HEAD,    within("appraisal_signature", by="procedure"), phase=Phase.SUBMITTED, remind=SIGNATURE_DUE)
    appraised            = Task("Đã thẩm định: đạt",         "Đưa ra Hội đồng, ghi kết quả",       COUNCIL_SECRETARY, within("council"),                             phase=Phase.APPRAISED, remind=COUNCIL_DUE)
    cleared              = Task("Đã thẩm định: đủ điều kiện", "Xem xét, ký quyết định",            DISTRICT_CHAIR,    within("chair_decision", by="procedure"),      phase=Phase.APPRAISED, remind=DECISION_PENDING)
    not_passed           = Task("Đã thẩm định: không đạt",   "Kết luận và trả lời đơn vị",         APPRAISAL_HEAD,    within("appraisal_signature", by="procedure"), phase=Phase.APPRAISED, remind=SIGNATURE_DUE)
    council_reviewed     = Task("Hội đồng đã xét",           "Xem xét, ký quyết định",             DISTRICT_CHAIR,    within("chair_decision", by="procedure"),      phase=Phase.APPRAISED, remind=DECISION_PENDING)
    ward_review          = Task("Chờ Chủ tịch phường",       "Xem xét, ký quyết định của phường",  WARD_CHAIR,        within("chair_decision", by="procedure"),      phase=Phase.APPRAISED, remind=WARD_DECISION)
    approved             = Task("Đã có quyết định",          "Thông báo kết quả",                  CLERK,             within("result_notice"),                       phase=Phase.APPROVED, remind=RESULT_NOTICE)
    notified             = Task("Đã thông báo kết quả",      "Trao thưởng",                        APPRAISER,         within("handover"),                            phase=Phase.APPROVED)
    awarded              = Task("Đã trao thưởng",            "Lưu trữ hồ sơ",                      CLERK,             within("archiving"),                           phase=Phase.APPROVED)
    endorsed             = Task("Chủ tịch quận đã ký trình", "Chuyển hồ sơ lên thành phố",         CLERK,             within("forwarding"),                          phase=Phase.APPRAISED, remind=RESULT_NOTICE)
    forwarded_to_city    = Task("Đã chuyển thành phố",       "Tiếp nhận hồ sơ",                    CITY_DESK,         within("city_receipt"),                        phase=Phase.FORWARDED_TO_CITY, remind=CITY_RECEIPT_MISSING)
    city_received        = Task("Thành phố đã tiếp nhận",    "Xét tặng Bằng khen",                 CITY_DESK,         within("city_decision"),                       phase=Phase.FORWARDED_TO_CITY, remind=CITY_PENDING)
    city_supplement      = Task("Thành phố yêu cầu bổ sung", "Bổ sung hồ sơ cho thành phố",        PROPOSER,          within("supplement"),                          phase=Phase.FORWARDED_TO_CITY, remind=SUPPLEMENT_DUE, edits=SUPPLEMENT_FIELDS, asked=lambda d: wanted(d.city_supplements), pauses=True)
    city_approved        = Task("Thành phố tặng Bằng khen",  "Thông báo kết quả",                  CLERK,             within("result_notice"),                       phase=Phase.APPROVED, remind=RESULT_NOTICE)
    archived             = End("Đã lưu trữ")
    city_rejected        = End("Thành phố không tặng",       good=False)
    rejected             = End("Không được khen thưởng",     good=False)
    returned             = End("Trả lại",                    good=False)
    withdrawn            = End("Đã rút",                     good=False)

    # ── ACTIONS ────────────────────────────────────────────────────────────────────────────────────────────────────
    submit             = action("Trình hồ sơ",               drafted.to(ward_review, cond="ward_decides") | drafted.to(submitted, unless="ward_decides"), carried=True, stamp="submitted_at", rules=ON_SUBMIT)
    direct             = action("Giao đơn vị báo cáo",       drafted.to(directed, cond="below_campaign"), by=DISTRICT_CHAIR, form=Direction, into="direction", tells=(Tell("directed", UNIT),))
    present            = action("Trình theo chỉ đạo",        directed.to(submitted), by=PROPOSER_HEAD, form=Letter, into="letter", stamp="submitted_at", rules=ON_SUBMIT, signs=True)

    receive            = action("Tiếp nhận",                 submitted.to(received), stamp="received_at", number=Register("award_receipt", into="receipt_number", form="{number:03d}/TN-{year}"),
                                tells=(Tell("received", UNIT),))
    request_supplement = action("Yêu cầu bổ sung",           submitted.to(supplement_requested, cond="supplement_left") | received.to(supplement_requested, cond="supplement_left"),
                                by=APPRAISER, form=Supplement, into="supplements", tells=(Tell("supplement_requested", (PROPOSER_HEAD,)),))
    supplement         = action("Gửi bổ sung",               supplement_requested.to(submitted, cond="supplemented"), rules=ON_SUBMIT)
    lapse              = timer("Quá hạn bổ sung",            supplement_requested.to(returned), at=AT_DEADLINE, tells=(Tell("lapsed", UNIT),), effects=settle_submission)
    send_back          = action("Trả lại",                   submitted.to(returned), form=Returned, into="returned", tells=(Tell("returned", UNIT),), effects=settle_submission)

    appraise           = action("Trình kết quả thẩm định",   received.to(signing), form=Appraisal, into="appraisal", rules=ON_APPRAISAL)
    sign_appraisal     = action("Ký thẩm định",              signing.to(not_passed, unless="passed") | signing.to(appraised, cond="council_sits") | signing.to(cleared), rules=ON_SIGNATURE, signs=True)
    redo_appraisal     = action("Yêu cầu thẩm định lại",     signing.to(received) | not_passed.to(received), by=APPRAISAL_HEAD)
    reject             = action("Kết luận không đạt",        not_passed.to(rejected), form=Reason, into="refusal", tells=(Tell("rejected", UNIT),), effects=settle_submission, signs=True)

    record_council     = action("Ghi kết quả Hội đồng",      appraised.to(council_reviewed, cond="vote_passed") | appraised.to(not_passed, unless="vote_passed"), form=Tally, into="tally", rules=ON_TALLY)

    approve            = action("Ký quyết định",             council_reviewed.to(approved, unless="city_decides") | cleared.to(approved, unless="city_decides") | ward_review.to(approved),
                                form=Decision, into="decision", rules=ON_DECISION, tells=(Tell("approved", UNIT),), effects=settle_submission, signs=True)
    decline            = action("Không đồng ý",              council_reviewed.to(rejected) | cleared.to(rejected) | ward_review.to(rejected), form=Reason, into="refusal",
                                tells=(Tell("rejected", UNIT),), effects=settle_submission, signs=True)

    endorse            = action("Ký trình thành phố",        council_reviewed.to(endorsed, cond="city_decides"), by=DISTRICT_CHAIR, form=Letter, into="endorsement", rules=ON_ENDORSEMENT, tells=(Tell("endorsed", UNIT),), signs=True)
    forward            = action("Chuyển lên thành phố",      endorsed.to(forwarded_to_city), form=Letter, into="transmission", tells=(Tell("forwarded", UNIT),))
    city_receive       = action("Thành phố tiếp nhận",       forwarded_to_city.to(city_received), by=(CITY_DESK, APPRAISER), form=CityReceipt, into="city_receipt", tells=(Tell("city_received", (APPRAISER, PROPOSER)),))
    city_ask           = action("Thành phố yêu cầu bổ sung", city_received.to(city_supplement), by=(CITY_DESK, APPRAISER), form=Supplement, into="city_supplements", tells=(Tell("supplement_requested", (PROPOSER_HEAD, APPRAISER)),))
    city_answer        = action("Gửi bổ sung cho thành phố", city_supplement.to(city_received, cond="supplemented"), by=(PROPOSER, APPRAISER), rules=ON_ANSWER)
    city_approve       = action("Quyết định tặng Bằng khen", city_received.to(city_approved), by=(CITY_DESK, APPRAISER), form=Decision, into="decision", rules=ON_DECISION, tells=(Tell("approved", UNIT),), effects=settle_submission, signs=True)
    city_reject        = action("Không tặng Bằng khen",      city_received.to(city_rejected), by=(CITY_DESK, APPRAISER), form=Reason, into="refusal", tells=(Tell("rejected", UNIT),), effects=settle_submission, signs=True)

    notify             = action("Thông báo kết quả",         approved.to(notified) | city_approved.to(notified), tells=(Tell("result", UNIT),))
    confirm_award      = action("Xác nhận đã trao",          notified.to(awarded), form=Handover, into="handover", number=Register("award_book", into="register_number"))
    archive            = action("Lưu trữ",                   awarded.to(archived))
    withdraw           = action("Rút hồ sơ",                 drafted.to(withdrawn) | directed.to(withdrawn) | submitted.to(withdrawn) | supplement_requested.to(withdrawn) | ward_review.to(withdrawn),
                                by=PROPOSER_HEAD, form=Reason, into="withdrawal", tells=(Tell("withdrawn", (PROPOSER,)),), effects=settle_submission)
    # fmt: on

    # ── GUARDS ───────────────────────────────────────────────────────────────────────────────────
    @guard("Tờ trình đã nộp hoặc phong trào chưa triển khai", remedy="Lập tờ trình mới trong một đợt đang mở")
    def parent_open(case: Case[Any]) -> bool:
        above = next(iter(case.ancestors.values()))
        if above.process == "submission":
            return above.state == "drafted" and above.unit.id == case.unit.id
        return above.state in ("running", "closing")

    @guard("Chỉ hồ sơ do Chủ tịch khởi xướng mới được giao theo chỉ đạo", remedy="Hồ sơ thuộc tờ trình thì nộp cùng tờ trình")
    def below_campaign(case: Case[Any]) -> bool:
        return "submission" not in case.ancestors

    @guard("Hồ sơ này không do Chủ tịch UBND phường quyết định", otherwise="Hồ sơ này do Chủ tịch UBND phường quyết định", remedy="Trình theo tờ trình gửi quận")
    def ward_decides(case: Case[Any]) -> bool:
        return level(case) is Level.WARD

    @guard("Hình thức này do quận quyết định", otherwise="Hình thức này do thành phố quyết định: hãy ký trình thành phố", remedy="Ký quyết định của quận, không trình thành phố")
    def city_decides(case: Case[Any]) -> bool:
        return level(case) is Level.CITY

    @guard(f"Đã yêu cầu bổ sung {MOST_SUPPLEMENTS} lần: chỉ được yêu cầu một lần", before_form=True, remedy="Tiếp nhận để thẩm định, hoặc trả lại kèm lý do")
    def supplement_left(case: Case[Any]) -> bool:
        return len(case.dossier.supplements) < MOST_SUPPLEMENTS

    @guard("Chưa bổ sung gì so với phiếu yêu cầu", remedy="Sửa mục hoặc đính kèm giấy tờ mà phiếu nêu, rồi gửi", title="Đã bổ sung theo phiếu yêu cầu")
    def supplemented(case: Case[Any]) -> bool:
        return bool(case.changed)

    @guard("Chưa có kết quả thẩm định đạt", otherwise="Kết quả thẩm định là đạt", remedy="Ghi kết quả thẩm định trước")
    def passed(case: Case[Any]) -> bool:
        return case.dossier.appraisal is not None and case.dossier.appraisal.result is Result.PASS

    @guard("Thủ tục đơn giản không qua Hội đồng", remedy="Trình thẳng Chủ tịch theo thủ tục đơn giản")
    def council_sits(case: Case[Any]) -> bool:
        return case.dossier.procedure is Procedure.ORDINARY

    @guard("Số phiếu tán thành chưa đủ", otherwise="Số phiếu tán thành đã đủ", remedy="Ghi kết quả không đạt, hoặc đưa ra Hội đồng lần khác")
    def vote_passed(case: Case[Any]) -> bool:
        return case.dossier.tally is not None and carried_by(case.dossier.tally, vote_policy(case))
