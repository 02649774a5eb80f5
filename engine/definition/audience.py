"""Who sees which field of a dossier. Pure."""

from collections.abc import Collection, Mapping
from typing import Any

from engine.definition.model import ProcessModel
from engine.definition.performing import seat
from engine.office.organisation import Unit


def hidden(
    model: ProcessModel,
    unit: Unit,
    authority: Unit,
    seats: Mapping[str, Unit],
    hats: Collection[tuple[str, int]],
    overseeing: Collection[str],
) -> frozenset[str]:
    """The private fields of a case that these people do not see.

    hats: what they act as. overseeing: the roles in which they see all cases of that authority.
    """

    def sees(field: str) -> bool:
        return any(
            role.code in overseeing or (role.code, seat(role, unit, authority, seats).id) in hats
            for role in model.private[field]
        )

    return frozenset(field for field in model.private if not sees(field))


def without(document: Mapping[str, Any], fields: Collection[str]) -> dict[str, Any]:
    """The document without these dotted fields; what holds them stays, whatever it is."""
    if not fields:
        return dict(document)
    left = {name: value for name, value in document.items() if name not in fields}
    for name, value in left.items():
        inner = [field.removeprefix(f"{name}.") for field in fields if field.startswith(f"{name}.")]
        if inner and isinstance(value, Mapping):
            left[name] = without(value, inner)
    return left
