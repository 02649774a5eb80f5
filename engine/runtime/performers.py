"""Who performs a verb on a stored case, or why they may not."""

from typing import Any

from engine.definition.case import Case
from engine.definition.language import Role
from engine.definition.model import ProcessModel
from engine.definition.performing import Actor, Wish, capacity_of, kept_from
from engine.errors import NotPerformer
from engine.runtime.recording import Deed
from engine.runtime.work import Work


def deed_of(
    work: Work, model: ProcessModel, case: Case[Any], verb: str, label: str, roles: tuple[Role, ...], actor: Actor
) -> Deed:
    """What the verb by that actor is, with the capacity in which they may.

    Raises:
        NotPerformer: as `capacity_of`.
    """
    seats = work.office.seats(case.authority.id, work.today)
    return Deed(verb, actor, capacity_of(model, case, Wish(verb, label, roles, actor, seats)))


def must_not_be_nominee(work: Work, model: ProcessModel, after: Case[Any], deed: Deed, label: str) -> None:
    """Nobody enters themself as the one who is proposed.

    Raises:
        OwnCase: the actor, or whom they act for, is.
    """
    seats = work.office.seats(after.authority.id, work.today)
    objection = kept_from(model, after, Wish(deed.verb, label, (), deed.actor, seats), deed.capacity)
    if objection is not None:
        raise objection


def must_have(label: str, roles: tuple[Role, ...], actor: Actor) -> None:
    """Refuse who holds none of the roles anywhere.

    Raises:
        NotPerformer: with the roles.
    """
    if not {role.code for role in roles} & {code for code, _ in actor.hats}:
        who = "; ".join(dict.fromkeys(role.label for role in roles)) or "hệ thống"
        raise NotPerformer(action=label, who=who)
