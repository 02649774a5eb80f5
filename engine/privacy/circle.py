"""Whom the personal data of a nominee is for: the one list of roles, and who of them may do what with it."""

import re
import unicodedata
from typing import Any

from engine.definition.case import Case
from engine.definition.language import Role
from engine.definition.model import ProcessModel
from engine.definition.performing import Actor, Capacity, seat
from engine.errors import InvalidInput, NotFound, NotPerformer
from engine.runtime.database import Row
from engine.runtime.performers import deed_of
from engine.runtime.rights import overseen
from engine.runtime.work import Work

KEEPER = "proposer"  # of the own unit: collects the data, answers the person whose data it is
OWN_UNIT = (KEEPER, "proposer_head")
APPRAISING = ("appraiser", "appraisal_head")
CIRCLE = (*OWN_UNIT, *APPRAISING)

IDENTITY_NUMBER = r"(\d[\W_]*){12}"  # also as people write it, in groups


def has_nominee(model: ProcessModel) -> bool:
    """Whether the cases of the process propose somebody, whose data may be kept with them."""
    return model.nominees is not None


def roles(work: Work, codes: tuple[str, ...]) -> tuple[Role, ...]:
    """The roles of these codes that the installation has."""
    return tuple(work.registry.roles[code] for code in codes if code in work.registry.roles)


def is_in_circle(work: Work, row: Row, actor: Actor, codes: tuple[str, ...] = CIRCLE) -> bool:
    """Whether the actor holds one of the roles where the case needs it: in its unit, or at the seat for it."""
    unit, authority = work.office.units[row["unit_id"]], work.office.units[row["authority_id"]]
    seats, hats = work.office.seats(authority.id, work.today), actor.unlimited().hats
    return any((role.code, seat(role, unit, authority, seats).id) in hats for role in roles(work, codes))


def must_be_in_circle(work: Work, model: ProcessModel, row: Row, actor: Actor) -> None:
    """Keep the data of a nominee from everybody else who may see the case.

    Raises:
        NotFound: as if there were none; also for a process without nominees.
    """
    if not has_nominee(model) or not is_in_circle(work, row, actor):
        raise NotFound(what=f"dữ liệu cá nhân của {model.title.lower()} số {row['id']}")


def must_see_disclosures(work: Work, model: ProcessModel, row: Row, actor: Actor) -> None:
    """Who opened the data is for the unit that proposes, and for those who oversee the authority.

    Raises:
        NotFound: for everybody else.
    """
    overseeing = row["authority_id"] in overseen(work, actor)
    if not has_nominee(model) or not (overseeing or is_in_circle(work, row, actor, OWN_UNIT)):
        raise NotFound(what=f"nhật ký tiết lộ của {model.title.lower()} số {row['id']}")


def must_appraise(work: Work, actor: Actor, label: str) -> None:
    """Searching by identity number is for appraising offices.

    Raises:
        NotPerformer: the actor works in none.
    """
    if not any(code in APPRAISING for code, _ in actor.unlimited().hats):
        raise NotPerformer(action=label, who="; ".join(role.label for role in roles(work, APPRAISING)))


def may_open(work: Work, model: ProcessModel, case: Case[Any], actor: Actor, label: str) -> Capacity:
    """In which capacity the actor may read the data unmasked: the own unit's keeper, or the appraising
    office while the case's task is its own.

    Raises:
        NotPerformer: in none; TaskAssigned, OwnCase: kept from this case.
    """
    owner = model.states[case.state].owner
    holding = (owner.code,) if owner is not None and owner.code in APPRAISING else ()
    return deed_of(work, model, case, "disclose", label, roles(work, (KEEPER, *holding)), actor).capacity


def checked_reason(reason: str) -> str:
    """The reason, which is kept in the open and must not itself hold what it is the reason for.

    Raises:
        InvalidInput: there is an identity number in it.
    """
    if re.search(IDENTITY_NUMBER, unicodedata.normalize("NFKC", reason)):
        raise InvalidInput({"reason": "Không ghi số định danh vào lý do: lý do được lưu công khai trong nhật ký."})
    return reason.strip()
