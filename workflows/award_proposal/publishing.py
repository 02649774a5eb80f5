"""What the public reads of a proposal: once it is decided, and of persons and households only what they agreed to."""

from engine.definition import Case, Fact, Published, facts_of, local_day
from workflows.award_proposal.dossier import AwardDossier
from workflows.awards import SubjectKind

UNDECIDED_AGAIN = ("rejected", "returned", "withdrawn", "city_rejected")
UNNAMED = {SubjectKind.INDIVIDUAL: "Một cá nhân", SubjectKind.HOUSEHOLD: "Một hộ gia đình"}


def public_facts(case: Case[AwardDossier]) -> tuple[Fact, ...]:
    """The facts of the public register; none while no decision is in force."""
    shown = _published(case)
    return facts_of(shown) if shown else ()


def _published(case: Case[AwardDossier]) -> Published | None:
    d = case.dossier
    if d.decision is None or d.award is None or d.subject is None or case.state in UNDECIDED_AGAIN:
        return None
    is_named = d.public_consent or d.subject.kind is SubjectKind.COLLECTIVE
    told = d.achievement if is_named else None
    return Published(
        signed_on=d.decision.signed_on,
        number=d.decision.number,
        award=d.award,
        award_label=d.award.label,
        kind=d.subject.kind,
        kind_label=d.subject.kind.label,
        name=d.subject.name if is_named else "",
        unnamed="" if is_named else UNNAMED[d.subject.kind],
        title=told.title if told else "",
        summary=told.summary if told else "",
        is_exemplar=bool(d.public_consent and told),
        is_direct_worker=d.subject.is_direct_worker,
        is_individual=d.subject.kind is SubjectKind.INDIVIDUAL,
        campaign=str(case.field("campaign.title") or ""),
        handed_in_on=local_day(d.submitted_at) if d.submitted_at else None,
    )
