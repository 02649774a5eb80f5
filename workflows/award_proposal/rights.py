"""Who must be different persons on a proposal, who never acts on it, and who sees which field."""

from engine.definition import EDIT, START, Duty
from workflows.award_proposal.dossier import AwardDossier
from workflows.awards import SubjectKind
from workflows.roles import (
    APPRAISAL_HEAD,
    APPRAISER,
    AUDITOR,
    CITY_DESK,
    COUNCIL_MEMBER,
    COUNCIL_SECRETARY,
    DISTRICT_CHAIR,
    PROPOSER,
    PROPOSER_HEAD,
    WARD_CHAIR,
)

UNIT = (PROPOSER, PROPOSER_HEAD)
APPRAISING = (APPRAISER, APPRAISAL_HEAD)
JUDGING = (*APPRAISING, COUNCIL_SECRETARY, COUNCIL_MEMBER, DISTRICT_CHAIR, WARD_CHAIR, CITY_DESK)

# The unit's head signs the tờ trình and, in a ward, decides the ward's own awards: signing is not drafting.
SEPARATE = (
    Duty("draft", "lập", (START, EDIT, "supplement"), by=(PROPOSER,)),
    Duty(
        "appraise",
        "thẩm định",
        ("receive", "request_supplement", "send_back", "appraise", "sign_appraisal", "redo_appraisal", "reject"),
    ),
    Duty("decide", "quyết định", ("approve", "decline", "endorse")),
)

PRIVATE = {
    "subject.birth_year": (*UNIT, *JUDGING, AUDITOR),
    "standing": (*UNIT, *JUDGING, AUDITOR),  # ratings, and whether discipline is being looked into
    "appraisal": (*UNIT, *JUDGING, AUDITOR),
    "returned": (*UNIT, *JUDGING, AUDITOR),
    "refusal": (*UNIT, *JUDGING, AUDITOR),
    "withdrawal": (*UNIT, *JUDGING, AUDITOR),
}


def nominees(dossier: AwardDossier) -> frozenset[str]:
    """The staff code of the person who is proposed; a collective or household has none."""
    subject = dossier.subject
    return frozenset((subject.identifier,)) if subject and subject.kind is SubjectKind.INDIVIDUAL else frozenset()
