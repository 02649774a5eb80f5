"""Eligibility and completeness of a proposal. Each rule answers None or a sentence; its legal row in
`workflows.law` says what it rests on and whether it blocks."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from engine.definition import Case, Fact, Find, LegalRow, Phase, Relative, Rule, fold, local_day
from workflows.award_proposal.dossier import AwardDossier, Rating, Tally
from workflows.award_proposal.publishing import public_facts
from workflows.awards import (
    Award,
    Commendation,
    Level,
    Paper,
    Procedure,
    SimplifiedGround,
)
from workflows.rounds import Round

FAILED = ("rejected", "returned", "withdrawn", "city_rejected")
UNSENT = ("drafted", "directed")

AwardCase = Case[AwardDossier]


# ── what the case says about itself ──────────────────────────────────────────────────────────
def level(case: AwardCase) -> Level:
    """Whose head decides: as the tờ trình says; a proposal that the chairman directed is the district's."""
    return Level(case.field("submission.decided_by") or Level.DISTRICT)


def headline(dossier: AwardDossier) -> str:
    award = dossier.award.label if dossier.award else "Đề nghị khen thưởng"
    return f"{award}: {dossier.subject.name}" if dossier.subject else award


def subject_in_round(case: AwardCase) -> str | None:
    """The key under which two proposals of one subject in one round meet."""
    return _round_key(case, case.dossier.subject.identifier) if case.dossier.subject else None


def name_in_round(case: AwardCase) -> str | None:
    subject = case.dossier.subject
    return _round_key(case, f"{subject.name}/{subject.birth_year or ''}") if subject else None


def achievement_key(case: AwardCase) -> str | None:
    subject, achievement = case.dossier.subject, case.dossier.achievement
    return f"{fold(subject.identifier)}/{fold(achievement.title)}" if subject and achievement else None


def plan_of_unit(case: AwardCase) -> str | None:
    campaign = case.ancestors.get("campaign")
    return f"{campaign.id}/{case.unit.code}" if campaign else None


def _round_key(case: AwardCase, who: str) -> str | None:
    """In the rolling round, which lasts the whole campaign, only the same achievement is a duplicate."""
    campaign, achievement = case.ancestors.get("campaign"), case.dossier.achievement
    in_round = case.field("submission.round") or Round.ROLLING
    about = fold(achievement.title) if achievement and in_round == Round.ROLLING else ""
    return f"{campaign.id}/{in_round}/{fold(who)}/{about}" if campaign else None


def facts(case: AwardCase) -> tuple[Fact, ...]:
    """What lists, search and duplicate checks ask about a proposal."""
    keys = {
        "subject_in_round": subject_in_round(case),
        "name_in_round": name_in_round(case),
        "achievement": achievement_key(case),
        "award": case.dossier.award,
        "subject_name": fold(case.dossier.subject.name) if case.dossier.subject else None,
    }
    return (*(Fact(key, text) for key, text in keys.items() if text), *public_facts(case))


FINDS = {
    "same_subject": Find("subject_in_round", subject_in_round),
    "same_name": Find("name_in_round", name_in_round),
    "same_achievement": Find("achievement", achievement_key),
    "own_plan": Find("plan_of", plan_of_unit),
}


# ── rules ────────────────────────────────────────────────────────────────────────────────────
def required_fields(case: AwardCase) -> str | None:
    d = case.dossier
    missing = [
        title
        for value, title in ((d.award, "hình thức"), (d.subject, "đối tượng"), (d.achievement, "thành tích"))
        if not value
    ]
    return f"Hồ sơ còn thiếu: {', '.join(missing)}" if missing else None


def subject_kind(case: AwardCase) -> str | None:
    award, subject = case.dossier.award, case.dossier.subject
    if award is None or subject is None:
        return None
    row = case.law.find("authority", award, case.today)
    if row is None or subject.kind in row.value["subjects"]:
        return None
    return f"{award.label} không dành cho {subject.kind.label}"


def authority(case: AwardCase) -> str | None:
    """Judged on the date of the decision when there is one, else today."""
    award = case.dossier.award
    if award is None:
        return None
    on = case.dossier.decision.signed_on if case.dossier.decision else case.today
    row = case.law.find("authority", award, on)
    if row is not None and row.value[level(case)]:
        return None
    head = f"Chủ tịch UBND {level(case).label}"
    return f"{head} không có thẩm quyền quyết định {award.label} vào ngày {on:%d/%m/%Y}"


def one_per_round(case: AwardCase) -> str | None:
    same = _alive(case.found.get("same_subject", ()))
    return f"Đối tượng đã được đề nghị trong cùng đợt: {_codes(same)}" if same else None


def same_name(case: AwardCase) -> str | None:
    known = {relative.id for relative in case.found.get("same_subject", ())}
    same = [r for r in _alive(case.found.get("same_name", ())) if r.id not in known]
    return f"Trùng họ tên và năm sinh với {_codes(same)}: hãy kiểm tra" if same else None


def one_achievement_one_form(case: AwardCase) -> str | None:
    same = [r for r in _alive(case.found.get("same_achievement", ())) if not _is_pending_in_city(r)]
    if not same or (level(case) is Level.CITY and case.dossier.justification):
        return None
    return f"Thành tích này đã được đề nghị hoặc khen thưởng: {_codes(same)}; một thành tích không khen nhiều lần"


def pending_higher(case: AwardCase) -> str | None:
    """The same achievement waits in the city while the district decides: choose one."""
    pending = [r for r in _alive(case.found.get("same_achievement", ())) if _is_pending_in_city(r)]
    return f"Thành tích này đang được đề nghị thành phố khen: {_codes(pending)}; hãy chọn một" if pending else None


def in_window(case: AwardCase) -> str | None:
    achievement = case.dossier.achievement
    first, last = _date(case.field("campaign.starts_on")), _date(case.field("campaign.ends_on"))
    if achievement is None or first is None or last is None:
        return None
    if first <= achievement.from_day <= achievement.to_day <= last:
        return None
    return f"Thành tích nằm ngoài thời gian thi đua {first:%d/%m/%Y} - {last:%d/%m/%Y}"


def movement_exists(case: AwardCase) -> str | None:
    """The plan's list is open ("và các phong trào khác"): an unknown name is only pointed out, and none is no fault."""
    code = case.dossier.movement
    if not code or case.law.find("movement", code, case.today) is not None:
        return None
    known = ", ".join(row.key for row in case.law.rows if row.kind == "movement" and row.in_force(case.today))
    return f"Phong trào «{code}» không có trong kế hoạch; các mã đã biết: {known}"


def papers_ordinary(case: AwardCase) -> str | None:
    if case.dossier.procedure is Procedure.SIMPLIFIED:
        return None
    return _missing(case, Paper.TO_TRINH, Paper.BAO_CAO_THANH_TICH)


def minutes(case: AwardCase) -> str | None:
    return None if case.dossier.procedure is Procedure.SIMPLIFIED else _missing(case, Paper.BIEN_BAN)


def papers_simplified(case: AwardCase) -> str | None:
    if case.dossier.procedure is Procedure.ORDINARY:
        return None
    return _missing(case, Paper.TO_TRINH, Paper.BAO_CAO_TOM_TAT)


def simplified_ground(case: AwardCase) -> str | None:
    d = case.dossier
    if d.procedure is Procedure.ORDINARY:
        if case.field("submission.commendation") == Commendation.SPONTANEOUS:
            return "Khen thưởng đột xuất đi theo thủ tục đơn giản"
        return None
    if level(case) is Level.CITY:
        return "Bằng khen trong đợt tổng kết không đi theo thủ tục đơn giản"
    if d.simplified_ground is None:
        return "Thủ tục đơn giản phải nêu thuộc trường hợp nào"
    if d.simplified_ground is SimplifiedGround.HEAD_DISCOVERED and d.direction is None:
        return "Trường hợp do người đứng đầu phát hiện phải do Chủ tịch khởi xướng"
    return None


def city_papers(case: AwardCase) -> str | None:
    """The city asks for the minutes of the proposing level's own council, before the chairman endorses."""
    return _missing(case, Paper.TO_TRINH, Paper.BAO_CAO_THANH_TICH, Paper.BIEN_BAN_HOI_DONG)


def emulation_fighter(case: AwardCase) -> str | None:
    """CSTĐCS: Lao động tiên tiến, and one of: task done excellently, recognised initiative or study."""
    d = case.dossier
    if d.award is not Award.CSTDCS:
        return None
    if d.standing.has_initiative and Paper.CHUNG_NHAN_SANG_KIEN not in case.papers():
        return f"Chưa đính kèm {Paper.CHUNG_NHAN_SANG_KIEN.label.lower()}"
    excellent = d.standing.rating is Rating.EXCELLENT
    if d.standing.is_advanced_worker and (excellent or d.standing.has_initiative):
        return None
    return (
        "Chiến sĩ thi đua cơ sở phải đạt Lao động tiên tiến và hoàn thành xuất sắc nhiệm vụ hoặc có sáng kiến, đề tài"
    )


def advanced_worker(case: AwardCase) -> str | None:
    if case.dossier.award is not Award.LDTT or case.dossier.standing.rating in (Rating.GOOD, Rating.EXCELLENT):
        return None
    return "Lao động tiên tiến phải hoàn thành tốt nhiệm vụ trở lên"


def no_discipline(case: AwardCase) -> str | None:
    return "Đối tượng đang trong quá trình xem xét, giải quyết" if case.dossier.standing.under_review else None


def participates(case: AwardCase) -> str | None:
    """A unit takes part in the campaign before it proposes; for a ward, its plan tells."""
    plans = [r for r in case.found.get("own_plan", ()) if r.process == "ward_plan"]
    waiting = [r for r in plans if r.state in ("to_start", "drafted", "signed", "waived", "cancelled")]
    return "Phường chưa gửi kế hoạch phát động phong trào thi đua" if waiting else None


def vote_policy(case: AwardCase) -> LegalRow:
    """The ratio that binds: the award's own row when it may block, else the general one."""
    own = case.law.find("vote_policy", case.dossier.award or "", case.today)
    return own if own is not None and own.may_block else case.law.get("vote_policy", "any", case.today)


def carried_by(tally: Tally, policy: LegalRow) -> bool:
    """Whether the votes reach the ratio: more than it when it is strict, at least it otherwise."""
    base = tally.members if policy.value["base"] == "members" else tally.present
    reached, wanted = tally.in_favour * policy.value["denominator"], base * policy.value["numerator"]
    return bool(reached > wanted if policy.value["strict"] else reached >= wanted)


def vote_ratio(case: AwardCase) -> str | None:
    """Says that the recorded tally stays below a ratio that is known but not confirmed."""
    d = case.dossier
    row = case.law.find("vote_policy", d.award or "", case.today)
    if d.tally is None or row is None or row.may_block or carried_by(d.tally, row):
        return None
    ratio = f"{row.value['numerator']}/{row.value['denominator']}"
    return f"Số phiếu tán thành dưới {ratio} ({row.citation}; chưa được xác nhận)"


def decision_date(case: AwardCase) -> str | None:
    """A decision is not dated before what it rests on: the receipt of the case and the council's meeting."""
    d = case.dossier
    if d.decision is None:
        return None
    received = local_day(d.received_at or d.submitted_at)
    rests_on = max(day for day in (received, d.tally.met_on if d.tally else received))
    if d.decision.signed_on < rests_on:
        return f"Ngày ký quyết định không được trước ngày {rests_on:%d/%m/%Y} (tiếp nhận hồ sơ, họp Hội đồng)"
    return None


def _alive(found: Iterable[Relative]) -> list[Relative]:
    """Proposals that were sent and have not failed."""
    return [r for r in found if r.state not in (*FAILED, *UNSENT)]


def _is_pending_in_city(found: Relative) -> bool:
    return found.phase == Phase.FORWARDED_TO_CITY or found.state == "endorsed"


def _codes(found: Iterable[Relative]) -> str:
    return ", ".join(f"{r.code} ({r.unit.name})" for r in found)


def _missing(case: AwardCase, *kinds: Paper) -> str | None:
    absent = [kind.label for kind in kinds if kind not in case.papers()]
    return f"Thiếu giấy tờ: {', '.join(absent)}" if absent else None


def _date(value: Any) -> date | None:
    return date.fromisoformat(value) if value else None


EMULATION_FIGHTER = Rule(
    "R-CSTDCS-2022", emulation_fighter, reads=("standing",), title="Tiêu chuẩn Chiến sĩ thi đua cơ sở"
)
ADVANCED_WORKER = Rule("R-LDTT-RATING", advanced_worker, reads=("standing",), title="Tiêu chuẩn Lao động tiên tiến")
NO_DISCIPLINE = Rule("R-DISCIPLINE", no_discipline, reads=("standing",), title="Không đang bị xem xét, khiếu nại")
AUTHORITY = Rule("R-AUTHORITY", authority, title="Đúng thẩm quyền quyết định")
SAME_NAME = Rule("R-DUP-NAME", same_name, title="Không trùng họ tên với hồ sơ khác")
ONE_ACHIEVEMENT = Rule("R-ONE-ACH-ONE-FORM", one_achievement_one_form, title="Thành tích chưa được khen")
PENDING_HIGHER = Rule("R-DUP-HIGHER", pending_higher, title="Không đang chờ thành phố khen")

ON_SUBMIT: tuple[Rule[Any], ...] = (
    Rule("R-FIELDS", required_fields, title="Đủ hình thức, đối tượng, thành tích"),
    Rule("R-SUBJECT-KIND", subject_kind, title="Hình thức hợp với đối tượng"),
    AUTHORITY,
    Rule("R-DUP-ROUND", one_per_round, title="Đối tượng chỉ một lần trong đợt"),
    SAME_NAME,
    ONE_ACHIEVEMENT,
    Rule("R-WINDOW", in_window, title="Thành tích trong thời gian thi đua"),
    Rule("R-MOVEMENT", movement_exists, title="Phong trào có trong kế hoạch"),
    Rule("R-PARTICIPATION", participates, title="Đơn vị đã phát động phong trào"),
    Rule("R-DOSSIER", papers_ordinary, title="Đủ tờ trình, báo cáo thành tích"),
    Rule("R-MINUTES", minutes, title="Có biên bản xét khen thưởng"),
    Rule("R-DOSSIER-SIMPLIFIED", papers_simplified, title="Đủ giấy tờ thủ tục đơn giản"),
    Rule("R-SIMPLIFIED-GROUND", simplified_ground, title="Đúng trường hợp thủ tục đơn giản"),
    EMULATION_FIGHTER,
    ADVANCED_WORKER,
    NO_DISCIPLINE,
)
ON_APPRAISAL: tuple[Rule[Any], ...] = (
    NO_DISCIPLINE,
    SAME_NAME,
    ONE_ACHIEVEMENT,
    PENDING_HIGHER,
    EMULATION_FIGHTER,
    ADVANCED_WORKER,
)
ON_SIGNATURE: tuple[Rule[Any], ...] = (NO_DISCIPLINE, SAME_NAME)
ON_ENDORSEMENT: tuple[Rule[Any], ...] = (
    Rule("R-DOSSIER-CITY", city_papers, title="Đủ giấy tờ thành phố yêu cầu"),
    NO_DISCIPLINE,
)
ON_ANSWER: tuple[Rule[Any], ...] = (EMULATION_FIGHTER, ADVANCED_WORKER)
ON_TALLY: tuple[Rule[Any], ...] = (Rule("R-VOTE-RATIO", vote_ratio, title="Đủ tỷ lệ phiếu tán thành"),)
ON_DECISION: tuple[Rule[Any], ...] = (
    AUTHORITY,
    ONE_ACHIEVEMENT,
    PENDING_HIGHER,
    Rule("R-DECISION-DATE", decision_date, title="Ngày quyết định không trước ngày tiếp nhận, họp Hội đồng"),
    NO_DISCIPLINE,
)
